//! The record of a run, and what must never stand in it: secrets and subjects.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use mailproof::demo::pack::{File, Pack};
use mailproof::demo::server::{Fault, Times};
use secrecy::ExposeSecret;

use super::{assert_fits, result};
use crate::program::{BUCKET, Bench, Running, files_in, payload, records_in, run};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_record_says_what_was_printed_and_only_its_owner_reads_it() {
    let bench = Bench::new();
    bench.put("tar-end-marker-missing");
    for key in ["sound", "tar-end-marker-missing", "nothing-here"] {
        let (_, printed) = result(&mut bench.verify(&[key]));
        let record = bench.kept().into_iter().find(|record| record["result"] == printed);
        let record = record.unwrap_or_else(|| panic!("no record of {key}"));
        assert_eq!(record["schema"], "mailproof/record/v1");
        assert!(record["id"].as_str().unwrap().ends_with(printed["outcome"].as_str().unwrap()));
        assert_fits(&record["result"]);
    }
    assert_eq!(mode(&bench.records()), 0o700);
    assert_eq!(records_in(&bench.records()).len(), 3);
    for file in files_in(&bench.records()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    for file in records_in(&bench.records()) {
        assert!(fs::read_to_string(&file).unwrap().ends_with("}\n"));
    }
}

#[test]
fn a_record_names_the_policy_it_was_made_under() {
    let bench = Bench::new();
    let policy = bench.policy("", "");
    let ended = run(bench.command("verify").arg("--policy").arg(&policy));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let digest = blake3::hash(&fs::read(&policy).unwrap()).to_hex();
    let record = bench.kept().remove(0);
    assert_eq!(record["policy"]["blake3"], digest.as_str());
    assert_eq!(record["policy"]["file"], policy.to_str().unwrap());
}

#[test]
fn a_policy_is_the_same_one_from_whatever_folder_it_is_called() {
    let bench = Bench::new();
    let policy = bench.policy("", "");
    let (folder, name) = (policy.parent().unwrap(), policy.file_name().unwrap());
    let mut calls = [bench.command("verify"), bench.command("verify")];
    calls[0].current_dir(folder).arg("--policy").arg(name);
    calls[1].current_dir(folder.parent().unwrap()).arg("--policy");
    calls[1].arg(Path::new(folder.file_name().unwrap()).join(name));
    for call in &mut calls {
        let ended = run(call);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let named: Vec<_> = bench.kept().iter().map(|record| record["policy"]["file"].clone()).collect();
    let whole = policy.to_str().unwrap();
    assert_eq!(named, [whole, whole]);
}

#[test]
fn records_lie_where_the_system_says() {
    let bench = Bench::new();
    for (name, below) in [("STATE_DIRECTORY", "records"), ("XDG_STATE_HOME", "mailproof/records")] {
        let base = bench.path(name);
        let mut verify = bench.command("verify");
        bench.reach(verify.arg("--identity").arg(&bench.key)).arg("s3://backups/sound").env(name, &base);
        assert_eq!(run(&mut verify).code, Some(0));
        assert_eq!(records_in(&base.join(below)).len(), 1, "{name}");
    }
}

#[test]
fn a_run_that_could_leave_no_record_does_not_begin() {
    let bench = Bench::new();
    fs::write(bench.records(), "a file where the folder should be").unwrap();
    let ended = run(&mut bench.verify(&["sound"]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("nothing was read: the record can't be written to"), "{}", ended.stderr);
}

/// The same command where no file grows beyond a few hundred bytes: the folder looks fine until the record is written.
fn on_a_full_disk(command: &Command) -> Command {
    let mut full = Command::new("sh");
    full.args(["-c", r#"ulimit -f 1; exec "$0" "$@""#]).arg(command.get_program());
    full.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => full.env(name, value),
            None => full.env_remove(name),
        };
    }
    full
}

#[test]
fn without_a_record_there_is_no_pass() {
    let bench = Bench::new();
    bench.put("tar-end-marker-missing");
    bench.put("age-other-key");
    for (key, code) in [("sound", 1), ("tar-end-marker-missing", 10), ("age-other-key", 20)] {
        let ended = run(&mut on_a_full_disk(&bench.verify(&[key])));
        assert_eq!(ended.code, Some(code), "{key}: {}", ended.stderr);
        assert!(ended.stderr.contains("the record can't be written to"), "{}", ended.stderr);
        assert_eq!(ended.stdout.is_empty(), code == 1, "all but a pass is still printed");
        assert!(records_in(&bench.records()).is_empty());
    }
}

// ---- secrets

/// What must not be seen: the key of the archives and the secret of the store, or a good part of either.
fn secrets(bench: &Bench) -> [String; 2] {
    let identity = bench.specimen.identity().expose_secret().to_owned();
    [identity["AGE-SECRET-KEY-1".len()..][..20].to_owned(), bench.server.secret_key()[..20].to_owned()]
}

#[test]
fn secrets_appear_nowhere() {
    let bench = Bench::new();
    for situation in ["age-other-key", "tar-end-marker-missing"] {
        bench.put(situation);
    }
    let policy = bench.policy("retries = 0", "");
    let mut shown = String::new();
    for key in ["sound", "age-other-key", "tar-end-marker-missing"] {
        for more in [&["-vvv"][..], &["--format", "json", "--events", "jsonl"]] {
            let ended = run(bench.verify(&[key]).args(more));
            shown.push_str(&(ended.stdout + &ended.stderr));
        }
    }
    let ended = run(bench.command("doctor").arg("-vvv").arg("--policy").arg(policy));
    shown.push_str(&(ended.stdout + &ended.stderr));
    for file in records_in(&bench.records()) {
        shown.push_str(&String::from_utf8(payload(&fs::read(file).unwrap())).unwrap());
    }
    assert!(shown.contains("s3://backups/sound") && shown.len() > 10_000, "{}", shown.len());
    for secret in secrets(&bench) {
        assert!(!shown.to_lowercase().contains(&secret.to_lowercase()), "{secret}");
    }
}

#[test]
fn other_processes_see_no_secret_of_a_run() {
    let bench = Bench::new();
    bench.server.inject("sound", Fault::StallBody { after: 1000 }, Times::Always);
    let mut running = Running::start(&mut bench.verify(&["sound"]));
    running.until("archive-started");
    for name in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{}/{name}", running.pid())).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.is_empty());
        for secret in secrets(&bench) {
            assert!(!text.contains(&secret), "{name}");
        }
    }
    running.signal("TERM");
    assert_eq!(running.end().code, Some(130));
}

// ---- subjects

#[test]
fn subjects_and_content_stay_in_the_archive() {
    let bench = Bench::new();
    let pack = Pack::new(vec![bench.specimen.recipient()]);
    let name = |folder: &str, end: &str| format!("{folder}/0000000257-Stipendio riservato{end}");
    let files = [
        File::new(name("Inbox", ".eml"), "Contenuto personale: one"),
        File::new(name("Inbox", ".eml.meta"), "Contenuto personale: two"),
        File::new("Sent/Stipendio riservato.eml", "Contenuto personale: three"),
        File::new(name("Drafts", ".eml.err"), "Contenuto personale: four"),
    ];
    // Every member differs from its line, one has no line, and one line has no member.
    let mut tar = pack.tar(&files).unwrap();
    let listed = tar.windows(10).rposition(|window| window == b"/000000025").unwrap();
    tar[listed + 1] = b'1';
    for at in positions(&tar, b"Contenuto personale") {
        tar[at] = b'c';
    }
    bench.server.put(BUCKET, "sensitive", pack.seal(tar).unwrap().encrypted);
    let mut seen = String::new();
    for more in [&["-vvv"][..], &["--format", "json", "--events", "jsonl"]] {
        let ended = run(bench.verify(&["sensitive"]).args(more));
        assert_eq!(ended.code, Some(10));
        seen.push_str(&(ended.stdout + &ended.stderr));
    }
    for file in records_in(&bench.records()) {
        seen.push_str(&String::from_utf8(payload(&fs::read(file).unwrap())).unwrap());
    }
    for kind in ["manifest-member-changed", "manifest-member-missing", "manifest-member-extra"] {
        assert!(seen.contains(kind), "{kind}");
    }
    assert!(seen.contains("item 257 (.eml)"), "{seen}");
    for part in ["tipendio", "riservato", "ontenuto", "personale"] {
        assert!(!seen.contains(part), "{part}");
    }
}

fn positions(bytes: &[u8], part: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(part.len()).enumerate();
    windows.filter(|(_, window)| *window == part).map(|(at, _)| at).collect()
}
