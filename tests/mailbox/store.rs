//! Raw copies of a server, through the program; of a large server, whose memory depends on the number of rows and blobs.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use aws_lc_rs::digest::{SHA256, digest};
use mailproof::archive::unpack::{Body, Kind, Member, Sink};
use mailproof::check::meaningful::raw_store;
use mailproof::mailbox::Digest;
use mailproof::mailbox::zimbra::store::Store;
use mailproof::policy::Limits;

use crate::program::{Bench, json, run};

const MANY: u32 = 1_000_000;
/// Resident at most, in KiB.
const MOST: u64 = 300 << 10;
/// Rows of `zimbra.mailbox`, more than are remembered, and what they may take.
const MAILBOXES: u32 = 1_500_000;
const MOST_FOR_MAILBOXES: u64 = 64 << 10;
/// Items of one mailbox.
const EACH: u32 = 1000;
/// Says that this process is the one whose memory is measured.
const MEASURED: &str = "MAILPROOF_TEST_MEASURED";

const TABLE: &str = "USE `mboxgroup1`;\nCREATE TABLE `mail_item` (`mailbox_id` int, `id` int, `type` int, `folder_id` int, `size` bigint, \
                     `locator` text, `blob_digest` text, `mod_metadata` int, `change_date` int, `mod_content` int);\n";

struct Feed {
    store: Store,
    index: u64,
}

impl Feed {
    fn begin(&mut self, name: String, size: u64) {
        self.index += 1;
        let (offset, modified) = (self.index * 1024, Some(1_700_000_000));
        let name = name.into_bytes();
        assert!(self.store.takes(&name));
        self.store.begin(&Member { name, kind: Kind::File, size, index: self.index, offset, modified });
    }

    fn blob(&mut self, number: u32) {
        let (mailbox, item) = (number / EACH + 1, number % EACH + 257);
        let body = packed(number);
        self.begin(format!("./zimbra/store/0/{mailbox}/msg/0/{item}-{item}.msg"), body.len() as u64);
        self.store.data(&body);
        self.store.end(Body::Whole);
    }

    fn dump(&mut self) {
        self.begin("db/mboxgroup1.sql".to_owned(), u64::from(MANY) * 120);
        self.store.data(TABLE.as_bytes());
        let mut line = String::new();
        for number in 0..MANY {
            line.push_str(if line.is_empty() { "INSERT INTO `mail_item` VALUES " } else { "," });
            let (mailbox, item) = (number / EACH + 1, number % EACH + 257);
            if number.is_multiple_of(EACH) {
                write!(line, "({mailbox},2,1,2,0,NULL,NULL,1,1700000000,1),").unwrap();
            }
            let text = text(number);
            let stated = digest(&SHA256, text.as_bytes()).as_ref().try_into().unwrap();
            let (size, stated) = (text.len(), Digest::Sha256(stated).to_string());
            write!(line, "({mailbox},{item},5,2,{size},'1','{stated}',{item},1700000000,{item})").unwrap();
            if line.len() > 1 << 20 || number + 1 == MANY {
                line.push_str(";\n");
                self.store.data(line.as_bytes());
                line.clear();
            }
        }
        self.store.data(b"-- Dump completed\n");
        self.store.end(Body::Whole);
    }
}

fn text(number: u32) -> String {
    format!("Subject: {number}\r\n\r\nmail")
}

/// gzip of the text in one stored block (RFC 1951, 3.2.4), which costs the test no time.
fn packed(number: u32) -> Vec<u8> {
    let text = text(number);
    let length = u16::try_from(text.len()).unwrap();
    let mut crc = flate2::Crc::new();
    crc.update(text.as_bytes());
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(text.as_bytes());
    packed.extend(crc.sum().to_le_bytes());
    packed.extend(u32::from(length).to_le_bytes());
    packed
}

/// The highest resident memory of this process so far, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Every blob is gzip'd, and comes in another order than the rows: the most that one can need.
fn judge_a_million() {
    let mut feed = Feed { store: Store::new(&Limits::default()), index: 0 };
    // A factor without a divisor of the number of blobs visits each of them once, far from its neighbours.
    let shuffled = |number: u32| u32::try_from((u64::from(number) * 387_421 + 7) % u64::from(MANY)).unwrap();
    (0..MANY / 2).for_each(|number| feed.blob(shuffled(number)));
    feed.dump();
    (MANY / 2..MANY).for_each(|number| feed.blob(shuffled(number)));
    let meaning = raw_store::examine(&feed.store.finish(), true);
    assert!(meaning.findings.is_empty(), "{:?}", meaning.findings.iter().next());
    assert_eq!((meaning.coverage.checked, meaning.coverage.total), (u64::from(MANY), Some(u64::from(MANY))));
    println!("peak {} KiB", peak());
    assert!(peak() < MOST, "{} MiB", peak() >> 10);
}

/// A list of mailboxes that no server has: what is kept is bounded, and what is left out is said.
fn judge_many_mailboxes() {
    let mut feed = Feed { store: Store::new(&Limits::default()), index: 0 };
    feed.begin("db/zimbra.sql".to_owned(), u64::from(MAILBOXES) * 60);
    feed.store.data(b"USE zimbra;\nCREATE TABLE mailbox (id int, group_id int, account_id varchar(127));\n");
    for number in 1..=MAILBOXES {
        let row = format!(
            "INSERT INTO mailbox VALUES ({number},{},'{number:08x}-0000-4000-8000-{:0>12}');\n",
            (number - 1) % 100 + 1,
            number
        );
        feed.store.data(row.as_bytes());
    }
    feed.store.data(b"-- Dump completed\n");
    feed.store.end(Body::Whole);
    let meaning = raw_store::examine(&feed.store.finish(), true);
    assert!(meaning.findings.is_empty(), "{:?}", meaning.findings.iter().next());
    assert!(meaning.open.iter().any(|line| line.starts_with("1250000 rows and blobs")), "{:?}", meaning.open);
    println!("peak {} KiB", peak());
    assert!(peak() < MOST_FOR_MAILBOXES, "{} MiB", peak() >> 10);
}

/// Runs the test of this name in a process of its own, as other tests would count, too, if it ran among them.
fn alone(name: &str, judge: fn()) {
    if std::env::var_os(MEASURED).is_some() {
        return judge();
    }
    let name = format!("mailbox::store::{name}");
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let output =
        alone.args([&name, "--exact", "--ignored", "--nocapture"]).env(MEASURED, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("peak "),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[ignore = "takes half a minute: tests/run runs it"]
fn a_million_rows_and_a_million_blobs_need_little_memory() {
    alone("a_million_rows_and_a_million_blobs_need_little_memory", judge_a_million);
}

#[test]
#[ignore = "takes half a minute: tests/run runs it"]
fn a_list_of_mailboxes_needs_little_memory() {
    alone("a_list_of_mailboxes_needs_little_memory", judge_many_mailboxes);
}

/// A dump under a suffix that is not its own, and one that is what it says: from the store to the exit code.
#[test]
fn a_wrong_suffix_is_named_and_only_what_is_no_dump_fails() {
    let bench = Bench::new();
    let warning = [("store-dump-misnamed", "warning")];
    let failure = [("store-dump-unreadable", "failure")];
    for (situation, wanted, outcome, code) in [
        ("mailbox-store-sound", &[][..], "passed", 0),
        ("mailbox-store-dump-plain", &[], "passed", 0),
        ("mailbox-store-dump-not-packed", &warning, "passed", 0),
        ("mailbox-store-dump-packed", &warning, "passed", 0),
        ("mailbox-store-dump-zip", &failure, "failed", 10),
    ] {
        bench.put(situation);
        let mut verify = bench.verify(&[situation]);
        let ended = run(verify.args(["--rung", "meaningful", "--format", "json"]));
        let result = json(&ended.stdout);
        let archive = &result["archives"][0];
        let found: Vec<_> = archive["findings"].as_array().unwrap().iter().collect();
        let found: Vec<_> = found
            .iter()
            .map(|one| (one["id"].as_str().unwrap(), one["severity"].as_str().unwrap()))
            .collect();
        let said = (archive["outcome"].as_str(), ended.code);
        assert_eq!((found.as_slice(), said), (wanted, (Some(outcome), Some(code))), "{situation}");
    }
}
