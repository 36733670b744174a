//! Dovecot, as any user, in a folder of its own.

use std::path::Path;

use super::authority::Authority;
use super::keeper::Keeper;
use super::mail::MailServer;
use super::{free_port, open_to_all};

const IMAP: &str = "/usr/lib/dovecot/imap";

/// Starts Dovecot with the users `user1` to `user14` (password `secret`) and the administrator `admin` (`adminsecret`).
pub fn start() -> MailServer {
    assert!(Path::new(IMAP).exists(), "{IMAP} is missing: run ./tests/run, which installs dovecot-imapd");
    let keeper = Keeper::new("dovecot", &[]);
    let folder = keeper.folder().to_owned();
    // Its processes run as users that did not make the folder.
    open_to_all(&folder, 0o755);
    let authority = Authority::new(&folder);
    let (imap_port, imaps_port) = (free_port(), free_port());
    let users: String = (1..=14).map(|number| format!("user{number}:{{PLAIN}}secret::::::\n")).collect();
    let mail = folder.join("mail");
    std::fs::create_dir(&mail).unwrap();
    open_to_all(&mail, 0o777);
    for (name, content) in [
        ("users", users),
        ("masters", "admin:{PLAIN}adminsecret::::::\n".to_owned()),
        ("dovecot.conf", configuration(&folder, &authority, imap_port, imaps_port)),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
        open_to_all(&folder.join(name), 0o644);
    }
    keeper.start("/usr/sbin/dovecot -F -c dovecot.conf");
    MailServer { imap_port, imaps_port, authority: authority.authority, keeper }.await_greeting()
}

/// What a privileged Dovecot runs as; any other user runs all of it as itself.
fn identities() -> [String; 3] {
    let own = std::process::Command::new("id").arg("-un").output().unwrap().stdout;
    match String::from_utf8(own).unwrap().trim() {
        "root" => ["dovecot", "dovenull", "mail"].map(str::to_owned),
        user => [user; 3].map(str::to_owned),
    }
}

fn configuration(folder: &Path, authority: &Authority, imap_port: u16, imaps_port: u16) -> String {
    let folder = folder.display();
    let (certificate, key) = (authority.certificate.display(), authority.key.display());
    let [internal, login, mail] = identities();
    format!(
        "base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/servers.log
listen = 127.0.0.1
protocols = imap
default_internal_user = {internal}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
mail_uid = {mail}
mail_gid = {mail}
mail_home = {folder}/mail/%u
mail_location = sdbox:~/sdbox
mail_fsync = never
mail_max_userip_connections = 100
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = plain
auth_username_format = %Ln
auth_failure_delay = 0
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  master = yes
  args = {folder}/masters
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"
    )
}
