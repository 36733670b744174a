//! The files of requirements: the ready ones, broken ones, and their documents.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use mailproof::controls::{self, Framework, Requirement};
use mailproof::policy::Policy;
use serde_json::Value;

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn ready() -> Vec<Framework> {
    controls::ready()
        .unwrap_or_else(|problems| panic!("{problems}"))
        .into_iter()
        .map(|one| one.framework)
        .collect()
}

/// Compares a file with what it must be, or writes it.
fn is_this_versions(path: &str, text: &str) {
    if std::env::var_os("REFRESH").is_some() {
        fs::write(in_project(path), text).unwrap();
    }
    let stored = fs::read_to_string(in_project(path)).unwrap_or_default();
    assert!(stored == text, "refresh {path}: REFRESH=1 cargo test --test suite -- controls");
}

#[test]
fn every_ready_framework_says_where_it_is_from_and_what_to_do() {
    let files: BTreeSet<String> = fs::read_dir(in_project("policies/controls"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let names: BTreeSet<String> =
        ready().iter().map(|framework| format!("{}.toml", framework.name)).collect();
    assert_eq!(names, files, "a file has the name of its framework, and is part of the program");
    for framework in ready() {
        assert!(!framework.read.is_empty(), "{}: what was read is not stated", framework.name);
        for Requirement { id, source, step, answered_by, every, every_from, leaves_open, .. } in
            &framework.requirement
        {
            let name = format!("{}: {id}", framework.name);
            assert!(!source.is_empty() && !leaves_open.is_empty(), "{name}");
            assert_eq!(step.is_some(), !answered_by.is_empty(), "{name}");
            assert_eq!(every.is_some(), every_from.is_some(), "{name}");
        }
    }
}

#[test]
fn every_step_names_a_command_and_a_ready_policy() {
    for requirement in ready().iter().flat_map(|framework| &framework.requirement) {
        let Some(step) = &requirement.step else { continue };
        let (command, policy) = step.split_once(" --policy ").unwrap_or_else(|| panic!("{step}"));
        let known = ["mailproof verify", "mailproof rehearse", "mailproof evidence action list"];
        assert!(known.contains(&command), "{step}");
        let policy = Policy::load(&in_project("policies").join(policy)).unwrap().policy;
        if command == "mailproof verify" {
            assert!(
                Some(policy.require.rung) >= requirement.rung,
                "{step} proves too little: {}",
                requirement.id
            );
        }
    }
}

#[test]
fn a_number_is_called_stated_only_where_a_text_states_it() {
    let stated: Vec<(String, String, String)> = ready()
        .into_iter()
        .flat_map(|framework| {
            framework.requirement.into_iter().map(move |asked| (framework.name.clone(), asked))
        })
        .filter(|(_, asked)| asked.stated)
        .map(|(name, asked)| (name, asked.id, asked.every.unwrap().to_string()))
        .collect();
    let expected =
        [("dora", "art-11-6-a", "365d"), ("dora", "rts-40-tests", "365d"), ("cis-v8", "11.5", "92d")];
    let expected = expected.map(|(name, id, every)| (name.to_owned(), id.to_owned(), every.to_owned()));
    assert_eq!(stated, expected, "a further one needs a text that was read");
}

#[test]
fn the_schema_of_controls_files_in_docs_is_this_versions() {
    let schema = controls::file_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    is_this_versions("docs/controls.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, text) in controls::READY {
        let value: Value = toml::from_str(text).unwrap();
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn the_schema_of_gaps_in_docs_is_this_versions() {
    for (name, schema) in [("gaps", controls::schema()), ("actions", mailproof::report::actions::schema())] {
        assert!(jsonschema::meta::is_valid(&schema));
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        is_this_versions(&format!("docs/{name}.schema.json"), &text);
    }
}

#[test]
fn the_controls_in_docs_are_those_of_the_program() {
    let (begin, end) = ("cargo test --test suite -- controls -->\n", "<!-- end -->");
    let text = fs::read_to_string(in_project("docs/controls.md")).unwrap();
    let (head, rest) = text.split_at(text.find(begin).unwrap() + begin.len());
    let tail = &rest[rest.find(end).unwrap()..];
    let tables: String = ready().iter().map(table).collect();
    is_this_versions("docs/controls.md", &format!("{head}{tables}\n{tail}"));
}

fn table(framework: &Framework) -> String {
    let mut text = format!("\n### {}\n\n`{}`. {}\n\n", framework.title, framework.name, framework.read);
    text += "| id | where, and what | answered by | how often | what else an auditor asks for |\n|---|---|---|---|---|\n";
    for asked in &framework.requirement {
        let Requirement { id, clause, asks, leaves_open, .. } = asked;
        let _ = writeln!(
            text,
            "| `{id}` | {clause}. {asks} | {} | {} | {} |",
            answer(asked),
            frequency(asked),
            leaves_open.join("; ")
        );
    }
    text
}

fn answer(asked: &Requirement) -> String {
    let kinds: Vec<String> = asked.answered_by.iter().map(|kind| format!("`{}`", kind.as_str())).collect();
    if kinds.is_empty() {
        return "no record".to_owned();
    }
    let measured: Vec<&str> = asked.measured.iter().map(|objective| objective.as_str()).collect();
    let parts = [
        asked.rung.map(|rung| format!("rung `{rung}`")),
        asked.encrypted.then(|| "encrypted".to_owned()),
        (!measured.is_empty()).then(|| format!("{} against a target", measured.join(" and "))),
        asked.review.then(|| "signed off".to_owned()),
        asked.actions.then(|| "actions in order".to_owned()),
    ];
    let parts: Vec<String> = [kinds.join(" or ")].into_iter().chain(parts.into_iter().flatten()).collect();
    parts.join(", ")
}

fn frequency(asked: &Requirement) -> String {
    let Some(every) = asked.every else { return "–".to_owned() };
    let whose = if asked.stated { "**stated**" } else { "practice" };
    let stale = asked.stale_after.map_or(String::new(), |stale| format!(", stale after {stale}"));
    format!("{every}{stale}, {whose}: {}", asked.every_from.as_deref().unwrap_or_default())
}

const BROKEN: &str = "name = 'Our own'
title = ''
[[requirement]]
id = 'a'
clause = 'c'
asks = 'a'
source = ['s']
step = 'x'
answered_by = ['verfy']
every = '31d'
[[requirement]]
id = 'a'
clause = 'c'
asks = 'a'
source = ['s']
leaves_open = ['the plan']
every = '31d'
evry = 'x'
[[requirement]]
id = 'b'
clause = 'c'
asks = 'a'
answered_by = ['restore']
rung = 'complete'
measured = ['rto']
every = '31d'
stale_after = '1d'
[[requirement]]
clause = 'c'
asks = 'a'
source = ['s']
";

#[test]
fn every_problem_of_a_file_is_told_with_its_place() {
    let problems = Framework::parse(BROKEN, "ours.toml").unwrap_err();
    let told: Vec<(usize, &str)> = problems.list.iter().map(|one| (one.line, one.message.as_str())).collect();
    let shown = problems.to_string();
    for (line, said) in [
        (2, "the text is empty"),
        (9, "`verfy` is none of the words"),
        (18, "unknown key `evry` in [[requirement]]"),
    ] {
        assert!(told.iter().any(|(at, what)| *at == line && what.contains(said)), "{line} {said}: {shown}");
    }
    assert!(!shown.contains("a fault of mailproof"), "{shown}");
    assert!(shown.contains("did you mean \"verify\"?") && shown.contains("did you mean `every`?"), "{shown}");
}

#[test]
fn what_contradicts_itself_is_told_with_its_place() {
    let text =
        BROKEN.replace("verfy", "verify").replace("evry = 'x'\n", "").replace("title = ''", "title = 't'");
    let problems = Framework::parse(&text, "ours.toml").unwrap_err();
    let shown = problems.to_string();
    for (line, said) in [
        (1, "no name that --framework could take"),
        (3, "where the number is from is not stated"),
        (12, "this id is there twice"),
        (17, "`every` says something of records, and none answers this"),
        (18, "nobody can look up where this is asked"),
        (18, "the next step is not stated"),
        (23, "records of these kinds say nothing of this"),
        (24, "only a rehearsal measures this"),
        (26, "it is stale before it is due"),
        (27, "the requirement states no `id`"),
        (27, "no record answers this, and nothing else is named"),
    ] {
        let found = problems.list.iter().any(|one| one.line == line && one.message.contains(said));
        assert!(found, "{line} {said}: {shown}");
    }
    assert_eq!(Framework::parse("", "f").unwrap_err().list.len(), 3, "no name, no title, nothing asked");
}
