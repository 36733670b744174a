//! Help, manual, completions, policies.

use std::fs;

use crate::program::{Bench, bare, json, run};
use crate::support;

/// The commands that a help text lists.
fn listed(help: &str) -> Vec<String> {
    let (_, behind) = help.split_once("Commands:\n").unwrap_or_default();
    let lines = behind.lines().take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Every command with its help, with the commands inside it.
fn helps() -> Vec<(Vec<String>, String)> {
    let (mut open, mut all) = (vec![Vec::new()], Vec::new());
    while let Some(path) = open.pop() {
        let help = run(bare().args(&path).arg("--help"));
        assert_eq!(help.code, Some(0), "{path:?}: {}", help.stderr);
        let inner = listed(&help.stdout).into_iter().filter(|name| name != "help");
        open.extend(inner.map(|name| [path.clone(), vec![name]].concat()));
        all.push((path, help.stdout));
    }
    all
}

#[test]
fn every_command_has_an_example_in_its_help() {
    let helps = helps();
    assert!(helps.len() >= 9, "{:?}", helps.iter().map(|(path, _)| path).collect::<Vec<_>>());
    for (path, help) in helps.iter().filter(|(_, help)| listed(help).is_empty()) {
        let example = format!("  mailproof {}", path.join(" "));
        let (_, behind) = help.split_once("Example").unwrap_or_else(|| panic!("{path:?} has no example"));
        assert!(behind.contains(&example), "{path:?}: {behind}");
    }
}

#[test]
fn the_main_help_names_the_exit_codes() {
    let help = run(bare().arg("--help")).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let codes = "0 passed, 1 internal failure, 2 usage or configuration, 10 failed, 11 passed with warnings \
                 (where asked for), 20 not verified, 130 interrupted.";
    assert!(help.contains(codes), "{help}");
}

#[test]
fn options_are_in_kebab_case() {
    for (path, help) in helps() {
        let words = help.split(|letter: char| letter.is_whitespace() || letter == ',' || letter == '[');
        for option in words.filter(|word| word.starts_with("--")) {
            assert!(!option.split('=').next().unwrap().contains('_'), "{path:?}: {option}");
        }
    }
}

#[test]
fn man_pages_are_written_for_every_command() {
    let scratch = support::folder();
    let folder = scratch.path().join("share/man1");
    let ended = run(bare().arg("man").arg(&folder));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{}", ended.stderr);
    for (path, _) in helps() {
        let page = [vec!["mailproof".to_owned()], path].concat().join("-") + ".1";
        let text = fs::read_to_string(folder.join(&page)).expect(&page);
        assert!(text.contains(".TH"), "{page}");
    }
    let absent = run(bare().args(["man", "/dev/null/man1"]));
    assert!(
        absent.code == Some(2) && absent.stderr.contains("name a folder that can be written"),
        "{absent:?}"
    );
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = run(bare().args(["completions", shell]));
        assert_eq!(ended.code, Some(0));
        for word in ["verify", "doctor", "warnings-exit"] {
            assert!(ended.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn the_version_is_this_packages() {
    let ended = run(bare().arg("--version"));
    assert_eq!(ended.stdout, format!("mailproof {}\n", env!("CARGO_PKG_VERSION")));
}

// ---- policies

#[test]
fn a_good_policy_has_no_problems() {
    let bench = Bench::new();
    let ended = run(bench.command("policy").arg("check").arg(bench.policy("", "")));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("policy.toml: no problems (`mailproof doctor` looks for the files"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_bad_policy_has_all_its_problems_named_at_once() {
    let bench = Bench::new();
    let good = bench.policy("", "");
    let bad = bench.path("bad.toml");
    fs::write(&bad, "[present]\nrpoo = \"26h\"\nevery = 24\n").unwrap();
    let ended = run(bench.command("policy").arg("check").args([&good, &bad]));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stdout.contains("policy.toml: no problems"), "the good one is still said to be");
    for place in ["bad.toml:2:1", "bad.toml:3:9"] {
        assert!(ended.stderr.contains(place), "{place}: {}", ended.stderr);
    }
    let verified = run(bench.verify(&["sound"]).arg("--policy").arg(&bad));
    assert!(verified.code == Some(2) && verified.stderr.contains("bad.toml:2:1"), "{verified:?}");
    let absent = run(bench.command("policy").args(["check", "absent.toml"]));
    assert!(absent.code == Some(2) && absent.stderr.contains("absent.toml"), "{absent:?}");
}

#[test]
fn the_printed_schema_is_that_of_policies() {
    let printed = run(bare().args(["policy", "schema"]));
    assert!(json(&printed.stdout) == mailproof::policy::schema(), "the program prints another schema");
}
