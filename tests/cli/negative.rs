//! Damage done on purpose to copies of archives in a bucket: what is printed, kept and reported of it.

use mailproof::demo::server::{Fault, Times};
use serde_json::Value;

use super::result;
use crate::program::{Bench, json, run};

const SEVEN: &str = "[negative_controls]\nnumber = 7\n";

#[test]
fn what_was_found_is_printed_kept_and_reported() {
    let bench = Bench::new();
    let policy = bench.policy("", SEVEN);
    let (ended, printed) = result(bench.command("verify").arg("--policy").arg(&policy));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let done = &printed["negative_controls"];
    assert_eq!((&done["wanted"], &done["detected"], &done["missed"]), (&7.into(), &7.into(), &0.into()));
    assert_eq!(done["archive"], "s3://backups/sound");
    assert_eq!(bench.kept()[0]["result"]["negative_controls"], *done);

    let again = ["--seed", done["seed"].as_str().unwrap()];
    let mut named = bench.command("verify");
    let (_, repeated) = result(named.arg("--policy").arg(&policy).args(again).arg("s3://backups/sound"));
    assert_eq!(repeated["negative_controls"], *done, "the seed does the same damage");

    let text = run(bench.command("verify").arg("--policy").arg(&policy)).stdout;
    let told = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "negative controls: found 7 of 7 damages done on purpose to copies of s3://backups/sound (flipped-bit,";
    assert!(told.contains(expected), "{text}");

    let page = run(bench.command("report").args(["period", "--records"]).arg(bench.records()));
    let told = page.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("In 3 runs copies were damaged on purpose: 21 of 21 damages were found."),
        "{page:?}"
    );
    assert!(told.contains("a file left out, behind the encryption"), "{}", page.stdout);
}

#[test]
fn each_copy_is_announced_and_ended() {
    let bench = Bench::new();
    let policy = bench.policy("", SEVEN);
    let ended = run(bench.command("verify").arg("--policy").arg(&policy).args(["--events", "jsonl"]));
    let events: Vec<Value> = ended.stderr.lines().filter(|line| line.starts_with('{')).map(json).collect();
    let of = |name: &str| events.iter().filter(|event| event["event"] == *name).collect::<Vec<_>>();
    let (started, done) = (of("negative-control-started"), of("negative-control-done"));
    assert_eq!((started.len(), done.len()), (7, 7), "{}", ended.stderr);
    assert!(done.iter().all(|event| event["found_as"].is_string()), "{done:?}");
}

#[test]
fn a_body_that_breaks_is_resumed_in_a_damaged_copy_too() {
    let bench = Bench::new();
    let policy = bench.policy("", SEVEN);
    bench.server.inject("sound", Fault::CutBody { after: 5_000 }, Times::First(6));
    let (ended, printed) = result(bench.command("verify").arg("--policy").arg(&policy));
    assert_eq!((ended.code, &printed["negative_controls"]["detected"]), (Some(0), &7.into()), "{ended:?}");
}

#[test]
fn a_run_that_reads_nothing_damages_nothing() {
    let bench = Bench::new();
    let policy = bench.policy("", SEVEN);
    let (ended, printed) =
        result(bench.command("verify").arg("--policy").arg(&policy).args(["--rung", "present"]));
    assert_eq!((ended.code, printed.get("negative_controls")), (Some(0), None), "{ended:?}");
}
