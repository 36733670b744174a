//! Time stamps: from an authority to the record, and what becomes of authorities and stamps that are none.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use mailproof::evidence::check::{Check, Holding, Question};
use mailproof::evidence::stamp::{Authorities, Authority as Stamping};
use mailproof::evidence::{Chain, Kept};
use mailproof::network::Cancel;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::authority::{Authority, answer, serve};
use super::command::{signing_with, verify_evidence};
use super::foreign::script;
use super::tampering::{CASES, Case, KEYS, copy_of};
use super::{allowed_signers, append, checked, file, first, hand_over, key, record, stamp, trusting};
use crate::program::{Bench, record as read, run};
use crate::support;

/// The key of an authority: small, and quick to make.
const SMALL: &str = "ec -pkeyopt ec_paramgen_curve:P-256";

/// A stamp of something else; `tests/evidence/stamp/README.md` says how it was made.
const OTHER: &[u8] = include_bytes!("stamp/token.tsr");

/// Far less than the program waits.
const SOON: Duration = Duration::from_secs(2);

/// A chain in `folder` whose records are stamped by whoever answers at `url`.
fn chain(folder: &Path, url: &str, vouching: Option<&Path>) -> Chain {
    signed_chain(folder, 1, url, vouching)
}

fn signed_chain(folder: &Path, signer: u8, url: &str, vouching: Option<&Path>) -> Chain {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Runtime::new().unwrap()).handle().clone();
    let vouching = vouching.map(|file| Authorities::read(&fs::read(file).unwrap()).unwrap());
    let authority = Stamping::new(url.to_owned(), vouching, runtime, Cancel::default()).unwrap();
    Chain::new(folder.to_owned(), Some(key(signer))).stamped_by(Some(authority.with_patience(SOON)))
}

fn appended(folder: &Path, url: &str) -> Kept {
    chain(folder, url, None).append(record()).unwrap()
}

fn vouched(folder: &Path, authority: &Authority) -> Check {
    let authorities = Authorities::read(&fs::read(authority.certificate()).unwrap()).unwrap();
    checked(folder, &Question { authorities: Some(authorities), ..trusting(&[1]) })
}

/// A record that has no stamp, and why; it is kept and verifies.
fn missing(kept: &Kept, url: &str) -> String {
    let folder = kept.path.parent().unwrap();
    let stated = read(&kept.path)["time_stamp"].clone();
    assert_eq!((&stated["authority"], &stated["state"]), (&url.into(), &"missing".into()), "{stated}");
    let why = kept.unstamped.as_ref().unwrap().to_string();
    assert_eq!(stated["why"], why.as_str());
    assert!(!stamp(folder, kept.link.sequence).exists());
    let check = checked(folder, &trusting(&[1]));
    assert_eq!((check.outcome, check.time_stamps.missing), (Holding::Holds, check.coverage.total));
    why
}

/// An address at which nobody answers.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

fn endless(stream: &mut TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    while stream.write_all(&[0x30; 4096]).is_ok() {}
}

/// One byte after the other, with just so much between them that no silence is long.
fn dripping(stream: &mut TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    while stream.write_all(&[0x30]).is_ok() {
        // Nothing comes from there: reading is the pause.
        let _ = std::io::Read::read(stream, &mut [0]);
    }
}

#[test]
fn whatever_an_authority_does_instead_the_record_is_kept_and_says_why_it_has_no_stamp() {
    type Answer = fn(&mut TcpStream);
    let servers: [(&str, Answer); 11] = [
        ("it says 500", |stream| answer(stream, "500 Oops", b"")),
        ("it says 503", |stream| answer(stream, "503 Later", b"")),
        ("it says 404", |stream| answer(stream, "404 Not Found", b"")),
        ("it says 302", |stream| answer(stream, "302 Found\r\nLocation: http://127.0.0.1:1/", OTHER)),
        ("no time stamp in DER", |stream| answer(stream, "200 OK", b"<html>welcome</html>")),
        ("no time stamp in DER", |stream| answer(stream, "200 OK", b"")),
        ("refused it (status 2", |stream| answer(stream, "200 OK", &[0x30, 5, 0x30, 3, 2, 1, 2])),
        ("there is no token", |stream| answer(stream, "200 OK", &[0x30, 5, 0x30, 3, 2, 1, 0])),
        ("stamps other bytes", |stream| answer(stream, "200 OK", OTHER)),
        ("larger than 64 KiB", endless),
        ("away after 3 attempt(s)", |stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n0");
        }),
    ];
    let folder = support::folder();
    let (url, why) = (nobody(), "away after 3 attempt(s)");
    assert!(missing(&appended(folder.path(), &url), &url).contains(why));
    for (said, answer) in servers {
        let url = serve(move |_, stream| answer(stream));
        let why = missing(&appended(folder.path(), &url), &url);
        assert!(why.contains(said), "{said}: {why}");
    }
}

#[test]
fn nobody_holds_a_run_by_silence_or_slowness() {
    let folder = support::folder();
    let silent: fn(&mut TcpStream) = |stream| drop(std::io::Read::read(stream, &mut [0]));
    for held in [silent, dripping] {
        let url = serve(move |_, stream| held(stream));
        let why = missing(&appended(folder.path(), &url), &url);
        assert!(why.contains("no whole answer within 2 s"), "{why}");
    }
}

#[test]
fn a_run_that_was_interrupted_does_not_wait() {
    let folder = support::folder();
    let cancel = Cancel::default();
    cancel.cancel();
    let runtime = Runtime::new().unwrap();
    let url = nobody();
    let authority = Stamping::new(url.clone(), None, runtime.handle().clone(), cancel).unwrap();
    let chain = Chain::new(folder.path().to_owned(), Some(key(1))).stamped_by(Some(authority));
    assert!(missing(&chain.append(record()).unwrap(), &url).contains("interrupted"));
}

#[test]
fn a_command_warns_of_a_record_without_its_stamp_and_ends_as_before() {
    let bench = Bench::new();
    let url = serve(|_, stream| answer(stream, "500 Oops", b""));
    let policy = signing_with(&bench, 1, &format!("timestamp_url = \"{url}\"\n"));
    let ended = run(bench.command("verify").args(["--format", "json", "--policy"]).arg(&policy));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("warning: the record has no time stamp: ") && ended.stderr.contains("500"));
    assert_eq!(bench.kept()[0]["time_stamp"]["state"], "missing");
    let (code, check) = verify_evidence(&bench, &[]);
    assert_eq!((code, &check["time_stamps"]["missing"]), (Some(0), &1.into()), "{check:#}");
}

#[test]
fn a_file_of_authorities_that_is_none_is_wrong_usage() {
    let bench = Bench::new();
    fs::write(bench.path("tsa.pem"), "hello").unwrap();
    let policy =
        signing_with(&bench, 1, "timestamp_url = \"http://127.0.0.1:1/\"\ntimestamp_ca_file = \"tsa.pem\"\n");
    let ended = run(bench.command("verify").arg("--policy").arg(&policy));
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("evidence.timestamp_ca_file"), "{}", ended.stderr);
    let ended = run(bench.command("evidence").args(["verify", ".", "--timestamp-ca", "tsa.pem"]));
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn every_record_gets_a_stamp_that_openssl_accepts() {
    let bench = Bench::new();
    let authority = Authority::new("rsa:2048");
    fs::copy(authority.certificate(), bench.path("tsa-ca.pem")).unwrap();
    let rules = format!("timestamp_url = \"{}\"\ntimestamp_ca_file = \"tsa-ca.pem\"\n", authority.serve());
    let policy = signing_with(&bench, 1, &rules);
    for _ in 0..2 {
        let ended = run(bench.command("verify").arg("--policy").arg(&policy));
        assert_eq!((ended.code, ended.stderr.contains("warning")), (Some(0), false), "{ended:?}");
    }
    for number in 1..=2 {
        let record = file(&bench.records(), number);
        assert_eq!(read(&record)["time_stamp"]["state"], "stamped");
        assert!(authority.accepts(&record));
    }
    let (code, check) = verify_evidence(&bench, &["--timestamp-ca", "tsa-ca.pem"]);
    let stamps = &check["time_stamps"];
    assert_eq!((code, &stamps["stamped"], &stamps["vouching"]), (Some(0), &2.into(), &"authorities".into()));
    let text = run(bench.command("evidence").arg("verify").arg("--policy").arg(&policy));
    assert_eq!(text.code, Some(0));
    assert!(text.stdout.contains("nobody vouches for the authority"), "{}", text.stdout);
    let report = |more: &[&str]| {
        let asked = ["period", "--records", "records", "--language", "en"];
        run(bench.command("report").args(asked).args(more)).stdout
    };
    assert!(report(&[]).contains("2 records have a time stamp by an authority that nobody vouched for"));
    let vouched = report(&["--timestamp-ca", "tsa-ca.pem"]);
    assert!(vouched.contains("2 records have a time stamp by the authority that was named"), "{vouched}");
    assert!(vouched.contains("--timestamp-ca tsa-ca.pem"), "{vouched}");
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn authorities_of_every_kind_of_key_are_understood() {
    for key in ["rsa:3072", "ec -pkeyopt ec_paramgen_curve:P-384", SMALL] {
        let (authority, folder) = (Authority::new(key), support::folder());
        let kept = chain(folder.path(), &authority.serve(), Some(&authority.certificate())).append(record());
        assert_eq!(kept.unwrap().unstamped, None, "{key}");
        assert_eq!(vouched(folder.path(), &authority).time_stamps.stamped, 1);
    }
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn a_stamp_of_another_question_or_another_authority_is_not_taken() {
    let (authority, stranger) = (Authority::new(SMALL), Authority::new(SMALL));
    let folder = support::folder();
    // The nonce is the last but one field of the question, behind it stands TRUE.
    let replayed = authority.clone();
    let url = serve(move |question, stream| {
        let mut question = question.to_vec();
        let nonce = question.len() - 4;
        question[nonce] ^= 1;
        answer(stream, "200 OK", &replayed.reply(&question));
    });
    assert!(missing(&appended(folder.path(), &url), &url).contains("answers another question"));
    let url = stranger.serve();
    let kept = chain(folder.path(), &url, Some(&authority.certificate())).append(record()).unwrap();
    assert!(missing(&kept, &url).contains("none of the authorities that are trusted"));
}

/// A chain of six records that this authority stamped.
fn stamped() -> &'static (Authority, TempDir) {
    static CHAIN: OnceLock<(Authority, TempDir)> = OnceLock::new();
    CHAIN.get_or_init(|| {
        let (authority, folder) = (Authority::new(SMALL), support::folder());
        let url = authority.serve();
        (0..6).for_each(|_| assert_eq!(appended(folder.path(), &url).unstamped, None));
        (authority, folder)
    })
}

fn copy() -> TempDir {
    let folder = support::folder();
    for entry in fs::read_dir(stamped().1.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

fn alter(folder: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let path = stamp(folder, 3);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

type Tampering = (&'static str, fn(&Path));

const TAMPERINGS: [Tampering; 10] = [
    ("without its stamp", |folder| fs::remove_file(stamp(folder, 3)).unwrap()),
    ("the stamp of another record", |folder| assert!(fs::copy(stamp(folder, 4), stamp(folder, 3)).is_ok())),
    ("another signature", |folder| alter(folder, |bytes| *bytes.last_mut().unwrap() ^= 1)),
    ("another time", |folder| {
        alter(folder, |bytes| {
            let at = bytes.windows(4).position(|part| part == [0x18, 0x0f, b'2', b'0']).unwrap();
            bytes[at + 4] ^= 1;
        });
    }),
    ("cut off", |folder| alter(folder, |bytes| bytes.truncate(bytes.len() - 1))),
    ("more behind it", |folder| alter(folder, |bytes| bytes.push(0))),
    ("of another digest than was asked for", |folder| {
        let reply = stamped().0.stamp_of("-sha512", &file(folder, 3));
        fs::write(stamp(folder, 3), reply).unwrap();
    }),
    ("a device", |folder| {
        fs::remove_file(stamp(folder, 3)).unwrap();
        std::os::unix::fs::symlink("/dev/zero", stamp(folder, 3)).unwrap();
    }),
    ("nothing", |folder| alter(folder, Vec::clear)),
    ("a folder", |folder| {
        fs::remove_file(stamp(folder, 3)).unwrap();
        fs::create_dir(stamp(folder, 3)).unwrap();
    }),
];

#[test]
#[ignore = "needs openssl, python3, ssh-keygen and b3sum: run ./tests/run"]
fn whatever_is_done_to_a_stamp_its_record_is_named_by_tool_and_script() {
    let authority = &stamped().0;
    let (ca, keys) = (authority.certificate(), support::folder());
    let trust = allowed_signers(keys.path(), &[1]);
    let trust = ["--trust", trust.to_str().unwrap()];
    let with_ca = [trust[0], trust[1], "--timestamp-ca", ca.to_str().unwrap()];
    for (name, tamper) in TAMPERINGS {
        let folder = copy();
        tamper(folder.path());
        for check in [checked(folder.path(), &trusting(&[1])), vouched(folder.path(), authority)] {
            assert_eq!(first(&check), Some((3, "time-stamp")), "{name}: {:?}", check.first_broken);
        }
        for arguments in [&trust[..], &with_ca] {
            let (told, code) = script(folder.path(), arguments);
            assert!(told.contains("BROKEN  record 3 time-stamp: "), "{name} {arguments:?}: {told}");
            assert_eq!(code, Some(10));
        }
    }
    for arguments in [&trust[..], &with_ca] {
        let (told, code) = script(stamped().1.path(), arguments);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains("time stamps: 6 hold, 0 are missing"), "{told}");
        assert_eq!(told.contains("nobody vouches"), arguments.len() == 2, "{told}");
    }
}

/// A chain as that of the matrix, each record stamped.
fn thousand(authority: &Authority) -> TempDir {
    let (folder, url) = (support::folder(), authority.serve());
    let by = |signer| signed_chain(folder.path(), signer, &url, None);
    let append = |signer, count| {
        (0..count).for_each(|_| assert_eq!(by(signer).append(record()).unwrap().unstamped, None));
    };
    append(KEYS[0], 499);
    assert_eq!(by(KEYS[0]).append(hand_over(KEYS[1])).unwrap().unstamped, None);
    append(KEYS[1], 500);
    folder
}

#[test]
#[ignore = "needs openssl, python3, ssh-keygen and b3sum: run ./tests/run"]
fn whatever_is_done_to_a_stamped_chain_tool_and_script_name_the_same_record() {
    let authority = Authority::new(SMALL);
    let (chain, keys) = (thousand(&authority), support::folder());
    let (ca, trust) = (authority.certificate(), allowed_signers(keys.path(), &KEYS[..2]));
    let trust = ["--trust", trust.to_str().unwrap(), "--timestamp-ca", ca.to_str().unwrap()];
    let authorities = Authorities::read(&fs::read(&ca).unwrap()).unwrap();
    let question = Question { authorities: Some(authorities), ..trusting(&KEYS[..1]) };
    let sound = checked(chain.path(), &question);
    assert_eq!((sound.outcome, sound.time_stamps.stamped), (Holding::Holds, 1000));
    assert_eq!(script(chain.path(), &trust).1, Some(0));
    // The script asks openssl for each stamp, some 10 s for each case; the whole takes eight minutes.
    let step = if std::env::var_os("WHOLE_MATRIX").is_some() { 1 } else { 8 };
    for (place, Case { name, tamper, record, reason }) in CASES.into_iter().enumerate() {
        let folder = copy_of(chain.path());
        tamper(folder.path());
        assert_eq!(first(&checked(folder.path(), &question)), Some((record, reason)), "{name}");
        if place % step != 0 {
            continue;
        }
        let (told, code) = script(folder.path(), &trust);
        assert!(told.contains(&format!("BROKEN  record {record} {reason}: ")), "{name}: {told}");
        assert_eq!(code, Some(10), "{name}");
    }
}

#[test]
#[ignore = "needs openssl, python3, ssh-keygen and b3sum: run ./tests/run"]
fn the_stamp_of_a_stranger_holds_only_where_nobody_asks_for_an_authority() {
    let (authority, stranger, folder) = (&stamped().0, Authority::new(SMALL), copy());
    fs::write(stamp(folder.path(), 3), stranger.stamp(&file(folder.path(), 3))).unwrap();
    assert_eq!(checked(folder.path(), &trusting(&[1])).outcome, Holding::Holds);
    assert_eq!(first(&vouched(folder.path(), authority)), Some((3, "time-stamp")));
    assert_eq!(first(&vouched(folder.path(), &stranger)), Some((1, "time-stamp")));
    assert_eq!(script(folder.path(), &[]).1, Some(0));
    let (told, _) = script(folder.path(), &["--timestamp-ca", authority.certificate().to_str().unwrap()]);
    assert!(told.contains("BROKEN  record 3 time-stamp: "), "{told}");
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn a_stamp_that_its_record_does_not_speak_of_says_nothing() {
    let (authority, folder) = (&stamped().0, support::folder());
    append(folder.path(), Some(key(1)), 2);
    fs::write(stamp(folder.path(), 1), b"nonsense").unwrap();
    // As a run leaves it that was killed; the next record has none.
    fs::write(stamp(folder.path(), 3), authority.stamp(&file(folder.path(), 1))).unwrap();
    append(folder.path(), Some(key(1)), 1);
    assert!(!stamp(folder.path(), 3).exists());
    let check = vouched(folder.path(), authority);
    assert_eq!((check.outcome, check.time_stamps.without, check.not_in_chain), (Holding::Holds, 3, 0));
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn a_record_whose_machine_had_another_time_is_a_warning() {
    let (authority, folder) = (&stamped().0, support::folder());
    let chain = chain(folder.path(), &authority.serve(), None);
    let mut late = record();
    late.finished = "2026-01-01T00:00:00Z".to_owned();
    chain.append(late).unwrap();
    let check = vouched(folder.path(), authority);
    assert_eq!((check.outcome, check.warnings.len()), (Holding::Holds, 1), "{:?}", check.warnings);
    assert!(check.warnings[0].contains("its time stamp is of"), "{:?}", check.warnings);
}
