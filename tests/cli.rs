//! The command line keeps its promises to scripts: exit codes, what goes to which stream, the form of the result.

mod commands;
mod kept;
mod live;
mod negative;
mod show;
mod store;

use std::fs;
use std::process::{Command, Stdio};

use mailproof::demo::server::{Fault, Operation, Times};
use mailproof::report::json;
use serde_json::Value;

use crate::program::{BUCKET, Bench, Ended, bare, run};
use crate::{program, support};

/// Runs and reads the JSON result, which must fit its schema.
fn result(command: &mut Command) -> (Ended, Value) {
    let ended = run(command.args(["--format", "json"]));
    let result = program::json(&ended.stdout);
    assert_fits(&result);
    assert_eq!(result["exit_code"].as_i64(), ended.code.map(i64::from));
    (ended, result)
}

fn stored_schema() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/result.schema.json");
    program::json(&fs::read_to_string(path).unwrap_or_default())
}

fn assert_fits(result: &Value) {
    let schema = stored_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(result).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{result:#}");
}

// ---- exit codes

#[test]
fn exit_codes_say_how_it_went() {
    let bench = Bench::new();
    for (situation, code, outcome) in [
        ("sound", 0, "passed"),
        ("sound-single-end-block", 0, "passed"),
        ("tar-end-marker-missing", 10, "failed"),
        ("age-other-key", 20, "not-verified"),
    ] {
        bench.put(situation);
        let (ended, result) = result(&mut bench.verify(&[situation]));
        assert_eq!(ended.code, Some(code), "{situation}: {}", ended.stdout);
        assert_eq!(result["outcome"], outcome, "{situation}");
    }
}

#[test]
fn warnings_have_an_exit_code_of_their_own_where_asked_for() {
    let bench = Bench::new();
    bench.put("sound-single-end-block");
    let (ended, result) = result(bench.verify(&["sound-single-end-block"]).arg("--warnings-exit"));
    assert_eq!((ended.code, result["outcome"].as_str()), (Some(11), Some("passed")));
    let sound = run(bench.verify(&["sound"]).arg("--warnings-exit"));
    assert_eq!(sound.code, Some(0), "without a warning it is a pass like any other");
}

#[test]
fn what_is_not_there_fails() {
    let bench = Bench::new();
    let (ended, result) = result(&mut bench.verify(&["nothing-here"]));
    assert_eq!(ended.code, Some(10));
    assert_eq!(result["archives"][0]["findings"][0]["id"], "present-missing");
}

#[test]
fn usage_and_configuration_are_code_2_and_name_the_next_step() {
    let bench = Bench::new();
    let mut usages = vec![
        bench.command("verify"),
        bench.command("verfy"),
        bench.verify(&["sound"]),
        bench.verify(&["sound"]),
        bench.verify(&[""]),
        bench.command("list"),
        bench.command("verify"),
    ];
    usages[6].arg(env!("CARGO_MANIFEST_DIR"));
    usages[2].args(["--rung", "intact"]);
    usages[3].args(["--policy", "absent.toml"]);
    for usage in &mut usages {
        let ended = run(usage);
        assert_eq!(ended.code, Some(2), "{usage:?}: {ended:?}");
        assert!(ended.stdout.is_empty() && !ended.stderr.is_empty(), "{usage:?}");
    }
    assert!(bench.kept().is_empty(), "nothing was examined");
}

#[test]
fn an_empty_store_is_not_verified() {
    let bench = Bench::new();
    bench.server.delete(program::BUCKET, "sound");
    let policy = bench.policy("", "");
    let (ended, result) = result(bench.command("verify").arg("--policy").arg(policy));
    assert_ne!(ended.code, Some(0));
    assert_eq!(result["archives"].as_array().unwrap().len(), 0);
    assert_eq!(result["coverage"]["checked"], 0);
}

// ---- the result

#[test]
fn the_result_schema_in_docs_is_this_versions() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/result.schema.json");
    let text = serde_json::to_string_pretty(&json::schema()).unwrap() + "\n";
    if std::env::var_os("REFRESH").is_some() {
        fs::write(path, &text).unwrap();
    }
    let stored = fs::read_to_string(path).unwrap_or_default();
    assert!(
        stored == text,
        "refresh it: REFRESH=1 cargo test --test suite the_result_schema_in_docs_is_this_versions"
    );
}

#[test]
fn the_schema_is_a_schema_and_refuses_other_results() {
    let schema = stored_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let bench = Bench::new();
    let (_, sound) = result(&mut bench.verify(&["sound"]));
    for (pointer, wrong) in [
        ("/outcome", Value::from("fine")),
        ("/archives/0/coverage/checked", Value::from("all")),
        ("/archives/0/rung", Value::from("top")),
        ("/findings", Value::Null),
    ] {
        let mut other = sound.clone();
        *other.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&other), "{pointer}");
    }
}

#[test]
fn the_result_has_the_fields_scripts_rely_on() {
    let bench = Bench::new();
    bench.put("tar-end-marker-missing");
    let (_, result) = result(&mut bench.verify(&["tar-end-marker-missing"]));
    assert_eq!(result["schema"], "mailproof/result/v1");
    let archive = &result["archives"][0];
    assert_eq!(archive["archive"], "s3://backups/tar-end-marker-missing");
    assert_eq!((&archive["rung"], &archive["outcome"]), (&"present".into(), &"failed".into()));
    assert_eq!(archive["coverage"]["unit"], "members");
    assert!(archive["coverage"]["checked"].is_u64(), "{archive}");
    let finding = &archive["findings"][0];
    for field in ["id", "severity", "cause", "subject", "expected", "observed", "remedy"] {
        assert!(finding[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {finding}");
    }
}

#[test]
fn every_repeated_call_is_counted_once_and_where_it_belongs() {
    let bench = Bench::new();
    bench.server.put(BUCKET, "sound.b3", bench.specimen.manifest());
    for (key, operation) in [
        ("", Operation::List),
        // What protects it is asked for first, which begins with a HEAD.
        ("sound", Operation::Head),
        ("sound", Operation::Lock),
        ("sound", Operation::Get),
        ("sound.b3", Operation::Head),
        ("sound.b3", Operation::Get),
        ("sound.b3.age", Operation::Head),
    ] {
        bench.server.inject(key, Fault::Refuse { operation, status: 503 }, Times::First(1));
    }
    bench.server.inject("sound", Fault::CutBody { after: 100_000 }, Times::First(1));
    let policy = bench.policy("", "[present]\nlock = \"governance\"\n");
    let (_, result) = result(bench.command("verify").arg("--policy").arg(&policy));
    assert_eq!(result["retries"], 1);
    let facts = &result["archives"][0]["facts"];
    assert_eq!((facts["retries"].as_u64(), facts["resumes"].as_u64()), (Some(6), Some(1)), "{facts}");

    bench.server.clear();
    let busy = |operation| Fault::Refuse { operation, status: 503 };
    bench.server.inject("", busy(Operation::List), Times::First(2));
    bench.server.inject("sound", busy(Operation::Head), Times::First(1));
    let ended = run(bench.command("verify").arg("--policy").arg(&policy));
    assert!(ended.stdout.contains("2 calls repeated to list the store\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("1 call repeated\n"), "{}", ended.stdout);
}

#[test]
fn calls_that_were_repeated_in_vain_are_counted_too() {
    let bench = Bench::new();
    let busy = |operation| Fault::Refuse { operation, status: 503 };
    bench.server.inject("sound", busy(Operation::Head), Times::Always);
    let policy = bench.policy("retries = 1", "");
    let (_, away) = result(bench.command("verify").arg("--policy").arg(&policy));
    assert_eq!(
        (&away["outcome"], &away["archives"][0]["facts"]["retries"]),
        (&"not-verified".into(), &1.into())
    );
    bench.server.inject("", busy(Operation::List), Times::Always);
    let (_, away) = result(bench.command("verify").arg("--policy").arg(&policy));
    assert_eq!((&away["outcome"], &away["retries"]), (&"not-verified".into(), &1.into()));
}

#[test]
fn a_checksum_beside_the_archive_that_holds_is_told() {
    let bench = Bench::new();
    for (situation, told) in [("object-checksum-beside", true), ("object-checksum-beside-differs", false)] {
        bench.put(situation);
        let (_, result) = result(&mut bench.verify(&[situation]));
        let checksum = &result["archives"][0]["facts"]["checksum"];
        assert_eq!(checksum.as_str(), told.then_some("blake3-beside"), "{situation}");
        let ended = run(&mut bench.verify(&[situation]));
        assert_eq!(ended.stdout.contains("the stored bytes equal the checksum beside them"), told);
    }
    bench.put("manifest-missing-checksum-beside");
    let ended = run(&mut bench.verify(&["manifest-missing-checksum-beside"]));
    let words: Vec<_> = ended.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains("the checksum of the archive itself"), "{}", ended.stdout);
}

#[test]
fn several_archives_keep_their_order_and_the_worst_decides() {
    let bench = Bench::new();
    for situation in ["tar-end-marker-missing", "age-other-key"] {
        bench.put(situation);
    }
    // The first one is the slowest, so that without order it would be the last.
    let fault = mailproof::demo::server::Fault::CutBody { after: 1000 };
    bench.server.inject("sound", fault, mailproof::demo::server::Times::First(1));
    let orders = [
        ["sound", "tar-end-marker-missing", "age-other-key", "sound"],
        ["age-other-key", "sound", "sound", "tar-end-marker-missing"],
    ];
    for order in orders {
        let (ended, result) = result(bench.verify(&order).args(["--parallel", "3"]));
        let listed: Vec<_> = result["archives"].as_array().unwrap().iter().collect();
        let names: Vec<_> = listed.iter().map(|archive| archive["archive"].as_str().unwrap()).collect();
        assert_eq!(names, order.map(|key| format!("s3://backups/{key}")));
        let outcome = |key: &str| match key {
            "sound" => "passed",
            "tar-end-marker-missing" => "failed",
            _ => "not-verified",
        };
        for (archive, key) in listed.iter().zip(order) {
            assert_eq!(archive["outcome"], outcome(key), "{key}");
        }
        assert_eq!((ended.code, result["outcome"].as_str()), (Some(10), Some("failed")));
    }
    let (ended, _) = result(bench.verify(&["sound", "age-other-key"]).args(["--parallel", "2"]));
    assert_eq!(ended.code, Some(20));
}

// ---- streams

#[test]
fn stdout_has_the_result_and_stderr_the_rest() {
    let bench = Bench::new();
    let (json, _) = result(&mut bench.verify(&["sound"]));
    assert_eq!(json.stderr, "", "quiet where nobody watches");
    let (loud, _) = result(bench.verify(&["sound"]).arg("-vv"));
    assert!(!loud.stderr.is_empty(), "-vv logs");
    let text = run(&mut bench.verify(&["sound"]));
    assert!(text.stdout.starts_with("PASSED") && !text.stdout.contains("record:"), "{}", text.stdout);
    assert!(text.stderr.starts_with("record: ") && text.stderr.lines().count() == 1, "{}", text.stderr);
}

#[test]
fn events_are_lines_of_json_up_to_the_last() {
    let bench = Bench::new();
    bench.put("tar-end-marker-missing");
    let (ended, _) = result(bench.verify(&["tar-end-marker-missing", "sound"]).args(["--events", "jsonl"]));
    let events: Vec<_> = ended.stderr.lines().map(program::json).collect();
    for event in &events {
        assert_eq!(event["schema"], "mailproof/event/v1");
        assert!(event["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{event}");
        assert!(event["archive"].as_str().unwrap().starts_with("s3://backups/"), "{event}");
    }
    let of = |key: &str| -> Vec<_> {
        let address = format!("s3://backups/{key}");
        let mine = events.iter().filter(|event| event["archive"] == *address);
        mine.map(|event| event["event"].as_str().unwrap()).collect()
    };
    assert_eq!(of("sound"), ["archive-started", "archive-done"]);
    assert_eq!(
        of("tar-end-marker-missing"),
        ["archive-started", "reread-started", "finding-made", "archive-done"]
    );
}

#[test]
fn no_colour_where_no_terminal_is() {
    let bench = Bench::new();
    for command in [&mut bench.verify(&["sound"]), bench.verify(&["sound"]).env("NO_COLOR", "1")] {
        let ended = run(command);
        assert!(!(ended.stdout + &ended.stderr).contains('\x1b'), "{command:?}");
    }
}

/// Runs the command on a terminal of its own and gives all that appears there.
fn on_a_terminal(command: &Command) -> String {
    let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_str().unwrap());
    let line: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).map(quoted).collect();
    let mut script = support::tool("script");
    let environment = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    script.args(["--quiet", "--return", "--command", &line.join(" "), "/dev/null"]).envs(environment);
    String::from_utf8(support::output(&mut script)).unwrap()
}

#[test]
#[ignore = "needs script (util-linux): tests/run installs it"]
fn colour_on_a_terminal_unless_refused() {
    let bench = Bench::new();
    let mut verify = bench.verify(&["sound"]);
    let shown = on_a_terminal(verify.arg("--quiet").env("TERM", "xterm"));
    assert!(shown.contains("\x1b[32;1mPASSED"), "{shown}");
    for refused in ["1", "please"] {
        let shown = on_a_terminal(verify.env("NO_COLOR", refused));
        assert!(shown.contains("PASSED") && !shown.contains('\x1b'), "{shown}");
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let bench = Bench::new();
    let mut manual = bare();
    manual.args(["policy", "schema"]);
    let mut completions = bare();
    completions.args(["completions", "bash"]);
    let mut help = bare();
    help.arg("--help");
    for command in [&mut bench.verify(&["sound"]), &mut manual, &mut completions, &mut help] {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{command:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
    assert_eq!(bench.kept().len(), 1, "the record is kept whoever reads");
}

#[test]
fn a_full_disk_behind_stdout_is_a_failure() {
    let bench = Bench::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = bench.verify(&["sound"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("could not be printed"));
}
