//! radosgw: Ceph's S3 gateway above one monitor and one object daemon in memory, as any user.

use std::process::{Command, Stdio};

use super::keeper::{Keeper, installed};
use super::{PATIENCE, S3Server, await_answer, free_port};

/// Starts monitor, object daemon and gateway, and makes a user.
pub fn start() -> S3Server {
    for program in ["radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "monmaptool"] {
        assert!(installed(program), "{program} is missing: run ./tests/run, which installs radosgw");
    }
    let cluster = Cluster::new();
    cluster.start_monitor();
    cluster.start_disk();
    cluster.start_gateway();
    S3Server {
        endpoint: format!("http://127.0.0.1:{}", cluster.gateway_port),
        region: "default".to_owned(),
        access_key: "labaccess".to_owned(),
        secret_key: "labsecret".to_owned(),
        _keeper: cluster.keeper,
    }
}

/// The three daemons' folder, ports and identity.
struct Cluster {
    keeper: Keeper,
    monitor_port: u16,
    gateway_port: u16,
    fsid: String,
}

impl Cluster {
    fn new() -> Self {
        let keeper = Keeper::new("radosgw", &[("CEPH_CONF", "ceph.conf".as_ref())]);
        let cluster =
            Self { keeper, monitor_port: free_port(), gateway_port: free_port(), fsid: random_uuid() };
        std::fs::write(cluster.keeper.folder().join("ceph.conf"), cluster.configuration()).unwrap();
        for folder in ["mon", "osd"] {
            std::fs::create_dir(cluster.keeper.folder().join(folder)).unwrap();
        }
        cluster
    }

    /// No authentication inside, because everything stays on loopback; one copy of everything, in memory.
    fn configuration(&self) -> String {
        let Self { monitor_port, gateway_port, fsid, .. } = self;
        format!(
            "[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{monitor_port}
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
ms mon client mode = crc
auth cluster required = none
auth service required = none
auth client required = none
admin socket =
pid file =
run dir = .
crash dir = .
keyring = keyring
log to file = false
mon cluster log to file = false
mon data = mon
mon data avail crit = 1
mon data avail warn = 2
mon max pg per osd = 1000
mon allow pool size one = true
osd data = osd
osd objectstore = memstore
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 2
osd pool default pgp num = 2
osd pool default pg autoscale mode = off
memstore device bytes = 4294967296
rgw rados pool pg num min = 2
[client.rgw.lab]
rgw frontends = beast endpoint=127.0.0.1:{gateway_port}
rgw dynamic resharding = false
"
        )
    }

    fn start_monitor(&self) {
        let address = format!("[v2:127.0.0.1:{}/0]", self.monitor_port);
        self.run("monmaptool", &["--create", "--addv", "a", &address, "--fsid", &self.fsid, "monmap"]);
        self.run("ceph-mon", &["--mkfs", "-i", "a", "--monmap", "monmap"]);
        self.keeper.start("ceph-mon -f -i a");
    }

    /// The first call of `ceph` waits for the monitor.
    fn start_disk(&self) {
        let patience = PATIENCE.as_secs().to_string();
        let uuid = random_uuid();
        self.run("ceph", &["--connect-timeout", &patience, "osd", "new", &uuid, "0"]);
        self.run("ceph-osd", &["-i", "0", "--mkfs", "--osd-uuid", &uuid]);
        self.keeper.start("ceph-osd -f -i 0");
    }

    fn start_gateway(&self) {
        self.keeper.start("radosgw -f -n client.rgw.lab");
        await_answer(self.gateway_port, "/", &["HTTP/1.1 200", "HTTP/1.1 403"], &self.keeper);
        let keys = ["--access-key=labaccess", "--secret-key=labsecret"];
        let who = ["-n", "client.rgw.lab", "user", "create", "--uid=lab", "--display-name=lab"];
        self.run("radosgw-admin", &[&who[..], &keys[..]].concat());
    }

    /// Runs a command to its end in the cluster's folder.
    fn run(&self, program: &str, arguments: &[&str]) {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.keeper.folder())
            .env("CEPH_CONF", "ceph.conf")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let log = || self.keeper.log();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}\nthe servers' log:\n{}", log());
    }
}

fn random_uuid() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/uuid").expect("Linux").trim().to_owned()
}
