//! The competitors, run as an administrator would run them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::measure::peak_of;

/// Packs `mail` with its manifest first; returns the archive.
pub fn pack(mail: &Path, work: &Path) -> PathBuf {
    let key = work.join("key.txt");
    run(&format!("age-keygen -o {} 2>/dev/null && chmod 600 {0}", key.display()));
    let archive = work.join("mail.tar.zst.age");
    run(&format!(
        "cd {mail} && find . -type f -printf '%P\\n' | sort > {work}/list && xargs -d '\\n' b3sum < {work}/list > {work}/MANIFEST.b3 && \
         tar -cf - -C {work} MANIFEST.b3 -C {mail} -T {work}/list | zstd -q -3 | age -r \"$(age-keygen -y {key})\" > {archive}",
        mail = mail.display(),
        work = work.display(),
        key = key.display(),
        archive = archive.display(),
    ));
    archive
}

/// The archive without its encryption.
pub fn decrypted(archive: &Path, work: &Path) -> PathBuf {
    let compressed = work.join("mail.tar.zst");
    run(&format!("age -d -i {}/key.txt {} > {}", work.display(), archive.display(), compressed.display()));
    compressed
}

/// Verifies with mailproof up to `rung`; returns the peak of its resident memory in KiB.
pub fn mailproof(binary: &str, archive: &Path, work: &Path, rung: &str) -> u64 {
    let mut command = Command::new(binary);
    command.args(["verify", "--quiet", "--rung", rung, "--identity"]).arg(work.join("key.txt"));
    peak_of(command.arg("--records").arg(work.join("records")).arg(archive))
}

/// Unpacks into a fresh folder, which the caller removes, and checks the manifest there.
pub fn by_hand(archive: &Path, work: &Path) -> TempDir {
    unpacked(archive, work, "")
}

/// The same, and the checksum of every export.
pub fn exports_by_hand(archive: &Path, work: &Path) -> TempDir {
    unpacked(archive, work, "&& gzip -t *.tgz")
}

fn unpacked(archive: &Path, work: &Path, more: &str) -> TempDir {
    let into = tempfile::tempdir_in(work).unwrap();
    run(&format!(
        "age -d -i {work}/key.txt {archive} | zstd -q -dc | tar -xf - -C {into} && cd {into} && b3sum --quiet --check MANIFEST.b3 {more}",
        into = into.path().display(),
        work = work.display(),
        archive = archive.display(),
    ));
    into
}

/// A repository of `mail`, if rustic is installed.
pub fn rustic_repository(mail: &Path, work: &Path) -> Option<PathBuf> {
    let repository = work.join("rustic");
    Command::new("rustic").arg("--version").output().ok()?;
    rustic(&repository, &format!("init && {} backup {}", rustic_command(&repository), mail.display()));
    Some(repository)
}

/// Reads and checks every pack of the repository.
pub fn rustic_check(repository: &Path) {
    rustic(repository, "check --read-data");
}

fn rustic(repository: &Path, what: &str) {
    run(&format!("{} {what}", rustic_command(repository)));
}

fn rustic_command(repository: &Path) -> String {
    format!("rustic --no-progress --no-cache --password bench -r {} --log-level error", repository.display())
}

fn run(script: &str) {
    let status =
        Command::new("bash").args(["-o", "pipefail", "-c", script]).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "ended with {status}: {script}");
}
