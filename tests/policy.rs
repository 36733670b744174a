//! Policies as administrators write them: the ready ones, broken ones, hostile ones, and their documents.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mailproof::policy::{
    Age, Bytes, Incremental, LoadError, MAX_SIZE, Policy, Problems, Select, Template, schema,
};
use mailproof::verdict::Rung;
use serde_json::Value;

const READY: [&str; 7] =
    ["nightly", "weekly", "quarterly", "live", "live-zimbra", "rehearsal", "rehearsal-zimbra"];
/// For full and incremental sessions of zmbackup.
const ZMBACKUP: [&str; 2] = ["zmbackup-full", "zmbackup-inc"];

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(in_project(path)).unwrap()
}

fn problems_of(text: &str) -> Problems {
    Policy::parse(text, "p.toml").expect_err(text)
}

/// Checks that exactly one problem is found, at this place, and says so.
fn assert_one(text: &str, line: usize, column: usize, said: &str) {
    let problems = problems_of(text);
    let shown = problems.to_string();
    assert_eq!(problems.list.len(), 1, "{shown}");
    assert_eq!((problems.list[0].line, problems.list[0].column), (line, column), "{shown}");
    assert!(shown.contains(said), "{shown}");
}

// ---- broken policies

const BROKEN: &str = r#"rpo = "26h"
[store]
url = "s4://bucket/"
endpoint = "s3.example.org"
path_style = "yes"
regoin = "eu"
secret_access_key = "wJalrXUtnFEMI"
network = { retries = 101, connect_timeout = 10, "read timeout" = "1m" }
[[replica]]
endpoint = "https://s3.example.org"
[[replica]]
url = "s3:///prefix"
network.bandwidth = "50MB"
[archives]
time_zone = "Europe/Atlantis"
select = "newst"
encryption = true
[present]
rpoo = "26h"
every = "24 hours"
window = 35
shrink_percent = 101
lock = "none"
lock = "compliance"
[keys]
identities = ["~/key", 5, "AGE-SECRET-KEY-1QQQQ"]
passphrase_file = ""
passphrase = "hunter2"
max_work_factor = 0
plugins = "yubikey"
[require]
rung = "intact"
coverage_percent = 99.5
[limit]
members = 5
[limits]
ratio = -1
window_mib = 4096
unpacked_size = "16 TB B"
member_size = 0
[run]
parallel = 0
records = 26h
reread = maybe
warnings_exit =
"#;

#[test]
fn all_mistakes_of_a_policy_are_reported_at_once_with_their_places() {
    let expected = [
        (1, 1, "unknown key `rpo` outside any section", "`rpo` belongs in [present]"),
        (3, 7, "such an address is not supported", "s3://bucket/prefix/"),
        (4, 12, "the endpoint is no http:// or https:// address", "https://s3.example.org"),
        (5, 14, "`path_style` must be true or false, not text", "path_style = true"),
        (6, 1, "unknown key `regoin` in [store]", "did you mean `region`?"),
        (7, 1, "a secret stands in the policy: `secret_access_key`", "store.credentials_file"),
        (8, 23, "`retries`: `101` is out of range", "from 0 to 100"),
        (8, 46, "`connect_timeout` must be a length of time, not a whole number", "add a unit"),
        (8, 50, "unknown key `read timeout` in [store.network]", "did you mean `read_timeout`?"),
        (9, 1, "`url` is missing in [[replica]]", "add url"),
        (12, 7, "the address names no bucket", "s3://bucket/prefix/"),
        (13, 21, "`bandwidth`: `50MB` is not a rate", "50MB/s"),
        (15, 13, "this time zone is not known", "Europe/Rome"),
        (16, 10, "`select`: `newst` is none of the words", "did you mean \"newest\"?"),
        (17, 14, "`encryption` must be one word of a few, not true or false", "\"required\""),
        (19, 1, "unknown key `rpoo` in [present]", "did you mean `rpo`?"),
        (20, 9, "`every`: `24 hours` is not a length of time", "26h"),
        (21, 10, "`window` must be a length of time, not a whole number", "\"35d\""),
        (22, 18, "`shrink_percent`: `101` is out of range", "from 1 to 100"),
        (23, 8, "`lock`: `none` is none of the words", "governance"),
        (24, 1, "`lock` is there twice", "keep one"),
        (26, 15, "`~` and `$` are not expanded", "whole path"),
        (26, 24, "`identities` must be text, not a whole number", "in quotes"),
        (26, 27, "a secret stands in the policy", "keys.identities"),
        (27, 19, "`passphrase_file`: the text is empty", "take the line away"),
        (28, 1, "a secret stands in the policy: `passphrase`", "keys.passphrase_file"),
        (29, 19, "`max_work_factor`: `0` is out of range", "from 1 to 30"),
        (30, 11, "`plugins` must be a list, not text", "plugins = ["),
        (32, 8, "the rung `intact` is not available yet", "this version proves up to `restorable`"),
        (33, 20, "`coverage_percent` must be a whole number, not a number with a fraction", "= 100"),
        (34, 2, "unknown section `limit`", "did you mean `limits`?"),
        (37, 9, "`ratio`: `-1` is out of range", "from 1 to"),
        (38, 14, "`window_mib`: `4096` is out of range", "from 1 to 2048"),
        (39, 17, "`unpacked_size`: `TB B` is not a unit of bytes", "TiB"),
        (40, 15, "`member_size`: `0` is out of range", "from 1"),
        (42, 12, "`parallel`: `0` is out of range", "from 1"),
        (43, 11, "text must stand in quotes", "write \"…\""),
        (44, 10, "text must stand in quotes", "write"),
        (45, 16, "the value is missing", "behind the equals sign"),
    ];
    let problems = problems_of(BROKEN);
    let found: Vec<_> =
        problems.list.iter().map(|one| (one.line, one.column, one.message.as_str())).collect();
    let places: Vec<_> =
        expected.iter().map(|(line, column, message, _)| (*line, *column, *message)).collect();
    assert_eq!(found.len(), places.len(), "{problems}");
    for (problem, (line, column, message, hint)) in problems.list.iter().zip(expected) {
        assert_eq!((problem.line, problem.column), (line, column), "{problem}");
        assert!(problem.message.starts_with(message), "{message}\n{problem}");
        assert!(problem.hint.contains(hint), "{hint}\n{problem}");
    }
}

#[test]
fn no_secret_is_repeated() {
    let shown = problems_of(BROKEN).to_string();
    for secret in ["wJalr", "hunter2", "SECRET-KEY-1QQ"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    for broken in [
        "passphrase = hunter2",
        "passphrase = \"\"\"\nhunter2",
        "keys.passphrase = \"hunter2",
        "[keys\npassword = 'hunter2",
        "a = { token = \"hunter2\", b = }",
        "[x.y]\nz = [{ q = { api_key = \"hunter2\" } }]",
        "x = 'AGE-SECRET-KEY-1HUNTER2'",
        "AGE-SECRET-KEY-1HUNTER2",
        "AGE-SECRET-KEY-1HUNTER2 = 1",
        "[store]\nurl = 's3://b'\nendpoint = 'https://me:hunter2@h'",
    ] {
        let shown = problems_of(broken).to_string().to_lowercase();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_problem_shows_its_line_and_what_to_do() {
    let shown = problems_of("[present]\nrpoo = \"26h\"").to_string();
    let expected = "p.toml:2:1: unknown key `rpoo` in [present]\n    2 | rpoo = \"26h\"\n      | ^^^^\n   \
                    hint: did you mean `rpo`?";
    assert_eq!(shown, expected);
}

#[test]
fn one_mistake_is_reported_once() {
    assert_one("[store]\nurl = 5", 2, 7, "`url` must be text");
    assert_one("[keys]\nplugins = [\"\"]", 2, 12, "the text is empty");
    assert_one("[archives]\ntime_zone = \"\"", 2, 13, "the text is empty");
    assert_one("replica = [5]\nstore.url = 's3://b'", 1, 12, "write [[replica]] and its keys below it");
    assert_one("store = 1\n[[replica]]\nurl = \"s3://b\"", 1, 9, "write [store] and its keys below it");
    assert_one("[[store]]\nurl = \"s3://b\"", 1, 1, "write [store] and its keys below it");
    assert_one("[replica]\nurl = \"s3://b\"", 1, 1, "write [[replica]] with two brackets");
    assert_one("[store]\nurl = 's3://b'\nnetwork = 1", 3, 11, "write [store.network] and its keys below it");
    assert_one("[present]\nevery = \"36d\"\nwindow = 35", 3, 10, "add a unit");
    let bucket = "[evidence.bucket]\nurl = 's3://b'\nmode = 'compliance'\n";
    assert_one(bucket, 1, 1, "`retention` is missing in [evidence.bucket]");
    assert_one(&format!("{bucket}retention = '3y'"), 4, 13, "`3y` is not a length of time");
    assert_one(
        &format!("{bucket}retention = '3d'\nretain = 1"),
        5,
        1,
        "unknown key `retain` in [evidence.bucket]",
    );
    assert_one(
        "evidence.bucket.url = 'file:///x'\nevidence.bucket.mode = 'governance'\nevidence.bucket.retention = '1d'",
        1,
        23,
        "no Object Lock",
    );
}

#[test]
fn every_kind_of_broken_toml_has_its_line() {
    let fine = "[present]\nrpo = \"26h\"\n";
    for (broken, column, said) in [
        ("every = \"24h\nwindow", 13, "close what was opened"),
        ("every = ", 9, "the value is missing"),
        ("every = 24h", 9, "text must stand in quotes"),
        ("every", 6, "write key = value, or # before a remark"),
        ("every = = \"24h\"", 9, "this is not TOML: extra `=`"),
        ("every = \"24h\" \"25h\"", 15, "this is not TOML: "),
        ("rpo = \"27h\"", 1, "`rpo` is there twice"),
        ("[present]", 2, "`present` is there twice"),
        ("[run", 5, "close what was opened"),
        ("every = \"\\q\"", 11, "this is not TOML: "),
    ] {
        let text = format!("{fine}{}", broken.replace("\nwindow", ""));
        assert_one(&text, 3, column, said);
    }
}

// ---- unusual files

#[test]
fn an_empty_file_is_the_policy_of_all_defaults() {
    for text in ["", "\n", "\u{feff}", "# nothing\r\n"] {
        let policy = Policy::parse(text, "p").unwrap();
        assert!(policy.store.is_none());
        assert_eq!(policy.require.rung, Rung::Complete);
        assert_eq!(policy.limits.unpacked_size, Bytes(16 << 40));
    }
}

#[test]
fn byte_order_mark_and_crlf_change_nothing() {
    let policy = Policy::parse("\u{feff}[present]\r\nrpo = \"26h\"\r\n", "p").unwrap();
    assert_eq!(policy.present.rpo, Some(Age::seconds(93_600)));
    assert_one("\u{feff}rpoo = 1\r\n", 1, 1, "unknown key `rpoo`");
    assert_one("\u{feff}[present]\r\n\r\n  rpo = 1\r\n", 3, 9, "add a unit");
}

fn load(bytes: &[u8]) -> Result<mailproof::policy::Loaded, LoadError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.toml");
    fs::write(&file, bytes).unwrap();
    Policy::load(&file)
}

#[test]
fn what_is_no_text_is_refused_where_it_begins() {
    for (bytes, place, said) in [
        (b"a = 1\nb = \"\xff\"".as_slice(), ":2:6: ", "no UTF-8"),
        (b"# a\n\0", ":2:1: ", "no text file"),
        (b"\x28\xb5\x2f\xfd\0\0", ":1:2: ", "no UTF-8"),
        (b"\xff\xfe[\0", ":1:1: ", "no UTF-8"),
    ] {
        let shown = load(bytes).unwrap_err().to_string();
        assert!(shown.contains(place) && shown.contains(said) && shown.contains("hint: "), "{shown}");
    }
}

#[test]
fn a_huge_file_is_refused_and_never_cut() {
    let fits = "#".repeat(MAX_SIZE);
    assert!(load(fits.as_bytes()).is_ok());
    for text in [format!("{fits}#"), format!("\u{feff}{fits}"), format!("#{}", "ü".repeat(MAX_SIZE))] {
        let shown = load(text.as_bytes()).unwrap_err().to_string();
        assert!(shown.contains("too large") && shown.len() < 1000, "{}", &shown[..200]);
    }
}

#[test]
fn many_problems_are_cut_and_counted() {
    let text: String = (0..1000).map(|index| format!("key{index} = 1\n")).collect();
    let problems = problems_of(&text);
    assert_eq!((problems.list.len(), problems.omitted), (Problems::KEPT, 1000 - Problems::KEPT));
    assert_eq!(problems.list[99].line, 100);
    assert!(problems.to_string().ends_with("… and 900 more: mend these first, then check again"));
}

#[test]
fn hostile_files_end_soon_with_a_problem() {
    let wide = "a".repeat(MAX_SIZE - 10);
    for text in [
        "[".repeat(100_000),
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1", "{ b = ".repeat(50_000)),
        format!("{}c = 1", "b.".repeat(50_000)),
        format!("{wide} = 1"),
        format!("rpo = '{wide}'"),
        "a = 1\n".repeat(30_000),
        "x=1 ".repeat(50_000),
        "passphrase='x'\n".repeat(20_000),
        "[[replica]]\n".repeat(20_000),
        format!("a=[{}]", "{token='x'},".repeat(50_000)),
    ] {
        let shown = problems_of(&text).to_string();
        assert!(shown.len() < 100_000, "{}", shown.len());
    }
}

#[test]
fn a_missing_file_says_what_to_check() {
    for path in ["/nowhere/p.toml", env!("CARGO_MANIFEST_DIR")] {
        let shown = Policy::load(Path::new(path)).unwrap_err().to_string();
        assert!(shown.contains(path) && shown.contains("check the path"), "{shown}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(\\[{0,2}[a-z.]{0,9}\\]{0,2}|[a-z_.\"]{0,6} ?= ?[^a-z]{0,6}|\\PC{0,8}|[\u{0}-\u{ff}]{0,6}|\r?\n){0,20}") {
        if let Err(problems) = Policy::parse(&text, "p") {
            proptest::prop_assert!(!problems.list.is_empty());
            for problem in &problems.list {
                proptest::prop_assert!(problem.line >= 1 && problem.column >= 1 && !problem.hint.is_empty());
            }
        }
    }
}

// ---- ready policies

/// Keys as in `store.network.retries`, each list of sections counted once.
fn keys_of_schema(schema: &Value) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut open = vec![(String::new(), schema)];
    while let Some((path, schema)) = open.pop() {
        let section = if schema["items"]["type"] == "object" { &schema["items"] } else { schema };
        match section["properties"].as_object() {
            Some(properties) => open.extend(properties.iter().map(|(name, schema)| {
                (if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, schema)
            })),
            None => drop(keys.insert(path)),
        }
    }
    keys
}

/// A ready policy where every setting that is off is turned on.
fn all_on(text: &str) -> String {
    let off = |line: &&str| {
        line.starts_with('#')
            && line[1..].starts_with(|first: char| first.is_ascii_lowercase() || first == '[')
    };
    text.lines().map(|line| format!("{}\n", if off(&line) { &line[1..] } else { line })).collect()
}

#[test]
fn ready_policies_have_no_problem() {
    for name in READY {
        let loaded = Policy::load(&in_project(&format!("policies/{name}.toml")))
            .unwrap_or_else(|error| panic!("{error}"));
        let digest = blake3::hash(read(&format!("policies/{name}.toml")).as_bytes()).to_hex();
        assert_eq!(loaded.digest, digest.as_str());
        let rung = match name {
            "quarterly" => Rung::Meaningful,
            "live" | "live-zimbra" | "rehearsal" | "rehearsal-zimbra" => Rung::Restorable,
            _ => Rung::Complete,
        };
        assert_eq!(loaded.policy.require.rung, rung);
        assert_eq!(loaded.policy.archives.select == Select::Newest, !["weekly", "quarterly"].contains(&name));
        assert_eq!(loaded.policy.present.rpo, Some(Age::seconds(93_600)));
        assert_eq!(loaded.policy.replica.is_empty(), name != "quarterly");
    }
}

#[test]
fn the_policies_for_zmbackup_read_its_names() {
    let policies = ZMBACKUP.map(|name| {
        Policy::load(&in_project(&format!("policies/{name}.toml")))
            .unwrap_or_else(|error| panic!("{error}"))
            .policy
    });
    for (policy, session) in policies.iter().zip(["full", "inc"]) {
        assert_eq!(policy.require.rung, Rung::Meaningful);
        let url = &policy.store.as_ref().unwrap().url;
        assert!(url.ends_with(&format!("/{session}/")), "{url}");
        let template =
            Template::compile(policy.archives.key.as_ref().unwrap(), &policy.archives.time_zone).unwrap();
        let parts = template.read(&format!("{session}-20261122233000.tar.zst.age")).unwrap();
        assert_eq!(parts.session.as_deref(), Some(session));
        assert_eq!(parts.time.unwrap().to_string(), "2026-11-22T22:30:00Z");
    }
    let [full, inc] = &policies;
    assert_eq!((full.mailbox.incremental, inc.mailbox.incremental), (Incremental::Open, Incremental::Accept));
    assert!(full.present.rpo > inc.present.rpo);
}

/// What one policy leaves out, or another keeps elsewhere, no report and no review would see.
#[test]
fn ready_policies_keep_one_chain_under_one_key() {
    for name in READY.into_iter().chain(ZMBACKUP) {
        let policy = Policy::load(&in_project(&format!("policies/{name}.toml"))).unwrap().policy;
        assert_eq!(policy.run.records.as_deref(), Some(Path::new("/var/lib/mailproof/records")), "{name}");
        let key = policy.evidence.key_file.unwrap_or_default();
        assert_eq!(key.file_name().and_then(|name| name.to_str()), Some("record-key"), "{name}");
    }
}

#[test]
fn settings_that_are_off_in_ready_policies_can_be_turned_on() {
    for name in READY {
        let text = all_on(&read(&format!("policies/{name}.toml")));
        let text = ["s3.toml", "evidence-bucket"]
            .iter()
            .fold(text, |text, file| text.replace(&format!("credentials_file = \"{file}\"\n"), ""));
        Policy::parse(&text, name).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

#[test]
fn every_key_appears_in_a_ready_policy() {
    let mut shown = BTreeSet::new();
    for name in READY {
        let mut section = String::new();
        for line in all_on(&read(&format!("policies/{name}.toml"))).lines() {
            if line.starts_with('[') {
                section = line.trim_matches(['[', ']']).replace("replica", "store");
            } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
                shown.insert(format!("{section}.{key}"));
            }
        }
    }
    let keys: BTreeSet<_> =
        keys_of_schema(&schema()).into_iter().filter(|key| !key.starts_with("replica")).collect();
    assert_eq!(keys.difference(&shown).collect::<Vec<_>>(), Vec::<&String>::new());
}

// ---- schema and reference

#[test]
fn the_schema_in_docs_is_this_versions() {
    let stored: Value = serde_json::from_str(&read("docs/policy.schema.json")).unwrap();
    assert!(stored == schema(), "refresh it: cargo run -- policy schema > docs/policy.schema.json");
}

#[test]
fn ready_policies_fit_the_schema_and_broken_ones_do_not() {
    let schema = schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let json = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    for name in READY.into_iter().chain(ZMBACKUP) {
        let policy = json(&all_on(&read(&format!("policies/{name}.toml"))));
        let wrong: Vec<_> = validator.iter_errors(&policy).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
    for text in [
        "rpo = '26h'",
        "[store]",
        "[present]\nrpo = 26",
        "[present]\nrpo = '26'",
        "[present]\nlock = 'none'",
        "[run]\nparallel = 0",
        "[limits]\nmember_size = 0",
        "[limits]\nmember_size = '1 KB'",
        "[mailbox]\nshift = -1",
        "[keys]\nidentities = ['']",
    ] {
        assert!(!validator.is_valid(&json(text)), "{text}");
        problems_of(text);
    }
}

/// Rows of the tables in docs/policy.md: section, key, default, example.
fn rows() -> Vec<(String, String, String, String)> {
    let mut section = String::new();
    let mut rows = Vec::new();
    for line in read("docs/policy.md").lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.split('`').nth(1).unwrap_or_default().trim_matches(['[', ']']).to_owned();
        }
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        if let ["", key, default, _, example, ""] = cells.as_slice()
            && line.starts_with("| `")
        {
            rows.push((section.clone(), (*key).to_owned(), (*default).to_owned(), (*example).to_owned()));
        }
    }
    rows
}

#[test]
fn the_reference_names_every_key_with_its_default() {
    let schema = schema();
    let described: BTreeSet<_> = rows().iter().map(|(section, key, ..)| format!("{section}.{key}")).collect();
    let keys: BTreeSet<_> =
        keys_of_schema(&schema).into_iter().filter(|key| !key.starts_with("replica")).collect();
    assert_eq!(described, keys);
    for (section, key, default, _) in rows() {
        let pointer = format!("/properties/{}/properties/{key}", section.replace('.', "/properties/"));
        let expected = match schema.pointer(&pointer).unwrap().get("default") {
            Some(value) => value.to_string(),
            None if is_required(&schema, &section, &key) => "must be stated".to_owned(),
            None => "–".to_owned(),
        };
        assert_eq!(default, expected, "[{section}] {key}");
    }
}

fn is_required(schema: &Value, section: &str, key: &str) -> bool {
    let pointer = format!("/properties/{}/required", section.replace('.', "/properties/"));
    schema.pointer(&pointer).is_some_and(|names| names.as_array().unwrap().contains(&key.into()))
}

/// What a bucket for records must state, but for this key.
fn bucket_without(key: &str) -> String {
    let stated = ["url = \"s3://b\"\n", "mode = \"compliance\"\n", "retention = \"1d\"\n"];
    stated.into_iter().filter(|line| !line.starts_with(&format!("{key} = "))).collect()
}

#[test]
fn every_example_of_the_reference_is_valid() {
    for (section, key, _, example) in rows() {
        assert!(example.starts_with(&format!("{key} = ")), "{example}");
        let store = if section == "store" && key != "url" { "url = \"s3://b\"\n" } else { "" };
        let store = if section == "store.network" { "[store]\nurl = \"s3://b\"\n" } else { store };
        let live = "[live]\nurl = \"imaps://h\"\nuser = \"u\"\npassword_file = \"p\"\n";
        let plain = live.replace("imaps://h", "http://localhost");
        // On a Zimbra every key has a meaning; each is stated once.
        let rehearsal = "[rehearsal]\nto = \"http://localhost\"\naccount = \"sandbox@example.org\"\n\
                         allow = [\"sandbox@example.org\"]\npassword_file = \"p\"\n";
        let others = rehearsal.lines().filter(|line| !line.starts_with(&format!("{key} = ")));
        let others = others.filter(|line| key != "to" || !line.starts_with("password_file"));
        let others = others.fold(String::new(), |text, line| text + line + "\n");
        let text = match section.as_str() {
            "rehearsal" => others + &example,
            "rehearsal.network" => format!("{others}[{section}]\n{example}"),
            "store.network" => format!("{store}[{section}]\n{example}"),
            "evidence.bucket" => format!("[{section}]\n{}{example}", bucket_without(&key)),
            "evidence.bucket.network" => {
                format!("[evidence.bucket]\n{}[{section}]\n{example}", bucket_without(""))
            }
            "live.network" => format!("{live}[{section}]\n{example}"),
            "live" if key == "url" => format!("[live]\n{example}"),
            "live" => plain.replace(&format!("{key} = \"{}\"", &key[..1]), "") + &example,
            _ => format!("[{section}]\n{store}{example}"),
        };
        Policy::parse(&text, "example").unwrap_or_else(|problems| panic!("{problems}"));
    }
}
