//! The operational guide: what it names, what it never claims, and that its commands are what they look like.

use std::fs;
use std::path::PathBuf;

use mailproof::evidence::Objectives;
use mailproof::verdict::{Outcome, Rung, Severity, Standing, State};
use serde_json::{Value, json};

use super::made::{NIGHTLY, Night, archive, keep_by};
use super::{assert_says, words};
use crate::program::{self, BUCKET, Bench, Ended, bare, run};
use crate::{evidence, support};

mod commands;
mod doubtful;

const POLICY: &str = "[store]\nurl = \"s3://backups/\"\nendpoint = \"https://s3.example.org\"\nregion = \"eu-south-1\"\n\
    credentials_file = \"s3.toml\"\n[keys]\nidentities = [\"age-key.txt\"]\n[present]\nrpo = \"26h\"\n";

/// An installation: a policy, and its records in the folder `records` beside it.
struct Installation {
    folder: tempfile::TempDir,
}

impl Installation {
    fn new(policy: &str) -> Self {
        let folder = support::folder();
        let records = if policy.contains("[run]") { "" } else { "[run]\nrecords = \"records\"\n" };
        fs::write(folder.path().join("nightly.toml"), format!("{policy}{records}")).unwrap();
        Self { folder }
    }

    fn with(policy: &str, nights: Vec<Night>) -> Self {
        let installation = Self::new(policy);
        let own = installation.path("nightly.toml").display().to_string();
        let nights = nights.into_iter().map(|night| match night.policy.as_str() {
            NIGHTLY => Night { policy: own.clone(), ..night },
            _ => night,
        });
        keep_by(&installation.records(), Some(evidence::key(1)), nights.collect());
        installation
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn records(&self) -> PathBuf {
        self.path("records")
    }

    fn guide(&self, more: &[&str]) -> Ended {
        run(bare().args(["report", "runbook", "--policy"]).arg(self.path("nightly.toml")).args(more))
    }

    /// The guide as JSON, which must fit the schema of reports.
    fn told(&self, more: &[&str]) -> (Option<i32>, Value) {
        let ended = self.guide(&[more, &["--format", "json"]].concat());
        let document = program::json(&ended.stdout);
        program::fits(&document, "report");
        assert_eq!(document["exit_code"].as_i64(), ended.code.map(i64::from));
        (ended.code, document)
    }
}

/// All commands of a section.
fn commands(document: &Value, name: &str) -> Vec<String> {
    let blocks = super::section(document, name)["blocks"].as_array().unwrap();
    let commands = blocks.iter().filter(|block| block["block"] == "commands");
    let texts = commands.flat_map(|block| block["content"].as_array().unwrap());
    texts.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// All commands of the guide as text, as somebody would copy them.
fn copied(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        match line.strip_prefix("  $ ") {
            Some(first) => commands.push(first.to_owned()),
            None if goes_on => commands.last_mut().unwrap().push_str(&format!("\n{line}")),
            None => {}
        }
        goes_on = (goes_on || line.starts_with("  $ ")) && line.ends_with('\\');
    }
    commands
}

/// One night's archive of these accounts under this address.
fn night(day: &str, address: &str, accounts: &[(&str, State)]) -> Night {
    let accounts = accounts.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect();
    let archives = vec![archive(address, Some(Rung::Meaningful), Outcome::Passed, accounts)];
    Night { archives, ..Night::passed(day) }
}

/// The same, with a mailbox that does not hold what is stated of it.
fn damaged(day: &str, address: &str, accounts: &[(&str, State)]) -> Night {
    let mut night = night(day, address, accounts);
    let failed = Night::failed(day, "tar-missing-end-marker", Severity::Failure);
    let archive = &mut night.archives[0];
    (archive.rung, archive.outcome, night.outcome) = (Some(Rung::Complete), Outcome::Failed, Outcome::Failed);
    archive.rungs.clone_from(&failed.archives[0].rungs);
    archive.findings = failed.archives.into_iter().next().unwrap().findings;
    night
}

/// Names of strangers.
const HOSTILE: [&str; 5] = [
    "it's $(touch pwned)",
    "-rf",
    "a\ntouch pwned;\"`touch pwned`",
    "\u{202e}' ; touch pwned ; '",
    "--to=/etc/cron.d/x",
];

const BOTH: [(&str, State); 2] = [("anna@example.org", State::Proven), ("bruno@example.org", State::Proven)];

#[test]
fn the_last_proven_archive_of_each_mailbox_is_named_and_the_failure_since_comes_first() {
    let broken = [("anna@example.org", State::Disproven), ("bruno@example.org", State::Proven)];
    let installation = Installation::with(
        POLICY,
        vec![
            night("2026-11-28", "s3://backups/20261128-013000", &BOTH),
            damaged("2026-11-29", "s3://backups/20261129-013000", &broken),
        ],
    );
    let (code, document) = installation.told(&[]);
    assert_eq!((code, &document["outcome"]), (Some(0), &json!("failed")));
    let state = words(&document, "state");
    assert_says(
        &state,
        &[
            "The last run of at least one test found faults",
            "s3://backups/20261128-013000 – meaningful",
            "since 29 November 2026, 23:30 UTC",
            "(tar-missing-end-marker)",
            &format!(
                "verification, {}: 28 November 2026, 23:30 UTC (record 1)",
                installation.path("nightly.toml").display()
            ),
            "the end is missing",
        ],
    );
    // Anna's is in the older one, Bruno's in the newer.
    let rows = &super::section(&document, "state")["blocks"];
    let table = rows.as_array().unwrap().iter().find(|block| block["block"] == "table").unwrap();
    let cell = |row: usize, column: usize| table["content"]["rows"][row][column]["text"].as_str().unwrap();
    assert_eq!([cell(0, 0), cell(0, 4)], ["s3://backups/20261129-013000", "bruno@example.org"]);
    assert_eq!([cell(1, 0), cell(1, 4)], ["s3://backups/20261128-013000", "anna@example.org"]);
    let everything = commands(&document, "restore-everything");
    let policy = installation.path("nightly.toml").display().to_string();
    let mailbox = commands(&document, "restore-mailbox");
    let archive = "'s3://backups/20261128-013000' --account 'anna@example.org'";
    assert_eq!(
        mailbox[0],
        format!("mailproof restore --policy {policy} {archive} --to restored/anna@example.org.tgz")
    );
    assert!(everything[0].contains("20261128-013000 --account anna@example.org --to"), "{everything:#?}");
    assert!(everything[1].contains("20261129-013000 --account bruno@example.org --to"), "{everything:#?}");
    assert_says(&state, &["proven only for the mailboxes named here"]);
}

#[test]
fn a_look_that_could_not_say_anything_takes_no_proof_away_and_damage_does() {
    let address = "s3://backups/20261128-013000";
    let mut blind = Night::not_verified("2026-11-29", "the store does not answer");
    blind.archives[0].archive = address.to_owned();
    let installation = Installation::with(POLICY, vec![night("2026-11-28", address, &BOTH), blind]);
    let state = words(&installation.told(&[]).1, "state");
    assert_says(
        &state,
        &["looked at again on 29 November 2026", "s3://backups/20261128-013000 – meaningful"],
    );

    let mut rotten = damaged("2026-11-29", address, &BOTH);
    let standing = &mut rotten.archives[0].rungs[0];
    *standing =
        Standing { rung: Rung::Complete, state: State::Disproven, reason: Some("age-chunk".to_owned()) };
    rotten.archives[0].rung = Some(Rung::Present);
    let installation = Installation::with(POLICY, vec![night("2026-11-28", address, &BOTH), rotten]);
    let document = installation.told(&[]).1;
    assert_says(
        &words(&document, "state"),
        &["No proven archive", "anna@example.org – s3://backups/20261128-013000: Failed"],
    );
}

#[test]
fn what_changed_is_restored_behind_the_whole_archive_it_belongs_to() {
    let policy = format!("{POLICY}[archives]\nkey = \"{{session}}.tar.zst.age\"\n");
    let of = |day: &str, session: &str| night(day, &format!("s3://backups/{session}.tar.zst.age"), &BOTH);
    let installation = Installation::with(
        &policy,
        vec![
            of("2026-11-20", "inc-20261120233000"),
            of("2026-11-22", "full-20261122233000"),
            of("2026-11-23", "inc-20261123233000"),
            of("2026-11-24", "inc-20261124233000"),
        ],
    );
    let document = installation.told(&[]).1;
    let restores = commands(&document, "restore-mailbox");
    let tgz: Vec<&str> = restores
        .iter()
        .filter(|command| command.contains("--to restored/anna@example.org-"))
        .map(String::as_str)
        .collect();
    let order = ["full-20261122233000", "inc-20261123233000", "inc-20261124233000"];
    assert_eq!(tgz.len(), order.len(), "{restores:#?}");
    tgz.iter().zip(order).for_each(|(command, session)| assert!(command.contains(session), "{command}"));
    assert!(!document.to_string().contains("inc-20261120233000.tar.zst.age --"));
    assert_says(&words(&document, "state"), &["holds only what changed: restore the whole archive first"]);
}

#[test]
fn what_was_never_measured_or_tested_is_never_claimed() {
    let installation = Installation::new(POLICY);
    let (code, document) = installation.told(&[]);
    assert_eq!(
        (code, &document["outcome"], &document["chain"]),
        (Some(20), &json!("not-verified"), &json!("not-verified"))
    );
    assert_says(&words(&document, "state"), &["No record tells of a test", "nothing"]);
    assert_says(
        &words(&document, "measured"),
        &["RTO and RPO were never measured", "none: no record states"],
    );
    assert_says(&words(&document, "keys"), &["no record says that it ever opened an archive"]);
    assert_says(&words(&document, "schedule"), &["Never run, as far as records tell"]);
    assert_says(&words(&document, "contacts"), &["The policies name nobody", "Telephone, day and night"]);
    let account = commands(&document, "restore-mailbox");
    assert!(account[0].contains("'s3://backups/ARCHIVE' --account 'ADDRESS'"), "{account:#?}");

    let installation =
        Installation::with(POLICY, vec![Night::passed("2026-11-29"), Night::rehearsed("2026-11-30", 9_800)]);
    let document = installation.told(&[]).1;
    let measured = words(&document, "measured");
    assert_says(&measured, &["RTO): 2 h 43 min, target 4 h 0 min", "RPO): 19 h 0 min, target 24 h 0 min"]);
    assert_says(
        &measured,
        &["(an estimate, not a measurement)", "1 s for reading alone: 50.0 MB in 1 archive at 50.0 MB/s"],
    );
    assert!(!measured.contains("never measured"));
    assert_says(
        &words(&document, "keys"),
        &["opened s3://backups/2026-11-29 on 29 November 2026, 23:30 UTC (record 1)"],
    );
}

#[test]
fn a_figure_that_no_rehearsal_measured_is_called_so() {
    let mut rehearsed = Night::rehearsed("2026-11-30", 60);
    rehearsed.objectives = Some(Objectives { rto_measured_seconds: Some(60), ..Objectives::default() });
    let document = Installation::with(POLICY, vec![rehearsed]).told(&[]).1;
    assert_says(
        &words(&document, "measured"),
        &["RTO): 1 min 0 s, target none", "RPO): not measured, target none"],
    );
}

#[test]
fn a_broken_chain_comes_before_everything_and_nothing_passed() {
    let installation = Installation::with(
        POLICY,
        vec![Night::passed("2026-11-28"), Night::passed("2026-11-29"), Night::passed("2026-11-30")],
    );
    fs::remove_file(installation.records().join("000000002.json")).unwrap();
    let (code, document) = installation.told(&[]);
    assert_eq!(
        (code, &document["chain"], &document["outcome"]),
        (Some(10), &json!("broken"), &json!("not-verified"))
    );
    let text = installation.guide(&[]).stdout;
    assert!(text.starts_with("BROKEN CHAIN OF RECORDS: "), "{text}");
    assert_says(&text, &["The records can't be relied upon", "Stated up to (not proven): meaningful"]);
    assert!(!text.contains("Proven up to") && !text.contains("Newest proven"), "{text}");
    let page = installation.guide(&["--format", "html", "--language", "it"]).stdout;
    assert_says(&page, &["CATENA DELLE REGISTRAZIONI INTERROTTA", "Guida operativa: ripristino della posta"]);
}

#[test]
fn contacts_and_notes_of_the_policy_are_printed_as_they_stand() {
    let lines = "[runbook]\ncontacts = [\"Anna Rossi, backups, +39 06 555 0101\"]\nnotes = [\"The key is in the safe <3>.\"]\n";
    let installation = Installation::new(&format!("{POLICY}{lines}"));
    let document = installation.told(&[]).1;
    assert_says(&words(&document, "contacts"), &["Anna Rossi, backups, +39 06 555 0101", "safe <3>."]);
    assert!(!words(&document, "contacts").contains("sign-off"));
    assert_says(&installation.guide(&["--format", "html"]).stdout, &["The key is in the safe &lt;3&gt;."]);
}

#[test]
fn nothing_secret_and_no_pseudonym_stands_in_a_command() {
    let bench = Bench::new();
    bench.server.put(BUCKET, "anna@example.org.tar.zst.age", bench.specimen.archive().to_vec());
    support::secret_file(&bench.path(""), "pseudonyms", &"x".repeat(32));
    let policy = "[require]\nrung = \"meaningful\"\n[evidence]\npseudonyms_key_file = \"./pseudonyms\"\n";
    let policy = bench.policy("", policy);
    let archive = format!("s3://{BUCKET}/anna@example.org.tar.zst.age");
    assert_eq!(run(bench.command("verify").arg("--policy").arg(&policy).arg(archive)).code, Some(0));
    let guide = run(bench.command("report").args(["runbook", "--unsigned", "--policy"]).arg(&policy));
    let commands = copied(&guide.stdout).join("\n");
    assert!(guide.stdout.contains("s3://backups/p-") && !commands.contains("p-"), "{commands}");
    assert_says(&commands, &["'s3://backups/ARCHIVE'", "--account 'ADDRESS'"]);
    assert_says(&guide.stdout, &["(p-…) stand for addresses", "stay: ARCHIVE, ADDRESS"]);
    let key = fs::read_to_string(&bench.key).unwrap();
    assert!(!guide.stdout.contains(key.trim()) && guide.stdout.contains("key.txt"));
}

#[test]
fn five_thousand_archives_are_counted_and_the_newest_are_shown() {
    let archives = (0..5000).map(|number| {
        let account = format!("user{number:04}@example.org");
        archive(
            &format!("s3://backups/{account}/20261130-013000"),
            Some(Rung::Meaningful),
            Outcome::Passed,
            vec![(account, State::Proven)],
        )
    });
    let large = Night { archives: archives.collect(), ..Night::passed("2026-11-30") };
    let installation = Installation::with(POLICY, vec![large]);
    let page = installation.guide(&["--format", "html"]).stdout;
    assert_says(&page, &["and 4,940 more archives;", "and the same for 4,960 more archives"]);
    assert!(page.len() < 200_000, "{} bytes", page.len());
}

/// Whoever wants to look at the guide names a folder.
#[test]
#[ignore = "needs python3: run ./tests/run"]
fn another_parser_finds_the_guide_whole_and_harmless() {
    let broken = [
        ("anna@example.org", State::Disproven),
        ("bruno@example.org", State::Proven),
        ("carla@example.org", State::Proven),
    ];
    let sound = broken.map(|(name, _)| (name, State::Proven));
    let policy = format!(
        "{POLICY}[live]\nurl = \"https://mail.example.org/\"\nuser = \"admin@example.org\"\npassword_file = \"live-password\"\n"
    );
    let mut nights: Vec<Night> = (20..=29)
        .map(|day| {
            night(&format!("2026-11-{day}"), &format!("s3://backups/202611{day}-013000.tar.zst.age"), &sound)
        })
        .collect();
    nights.push(Night::rehearsed("2026-11-29", 9_800));
    nights.push(damaged("2026-11-30", "s3://backups/20261130-013000.tar.zst.age", &broken));
    let failing = Installation::with(&policy, nights);
    let [empty, hostile] = [Installation::new(POLICY), Installation::new(POLICY)];
    let strange = HOSTILE.map(|name| (name, State::Proven));
    keep_by(
        &hostile.records(),
        Some(evidence::key(1)),
        vec![night("2026-11-30", "s3://backups/<script>", &strange)],
    );
    let looked_at = std::env::var_os("PAGES").map(PathBuf::from);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/report/page.py");
    for (name, installation) in [("failing", &failing), ("empty", &empty), ("hostile", &hostile)] {
        for language in ["en", "it"] {
            let page = installation.path("page.html");
            fs::write(&page, installation.guide(&["--format", "html", "--language", language]).stdout)
                .unwrap();
            support::output(support::tool("python3").arg(script).arg(&page));
            if let Some(pages) = &looked_at {
                fs::copy(&page, pages.join(format!("{name}-{language}.html"))).unwrap();
                fs::write(
                    pages.join(format!("{name}-{language}.txt")),
                    installation.guide(&["--language", language]).stdout,
                )
                .unwrap();
            }
        }
    }
}
