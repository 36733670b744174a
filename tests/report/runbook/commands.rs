//! The commands of the guide, in a real shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mailproof::verdict::State;

use super::{HOSTILE, POLICY, commands, copied, night};
use crate::program::{self, BUCKET, Bench, bare, run};
use crate::report::made::keep_by;
use crate::{evidence, support};

/// Programs that do nothing but note how they were called, each call in a file of its own: those of a pipe run at once.
const STUB: &str = "#!/bin/sh\nprintf '%s\\0' \"${0##*/}\" \"$@\" > \"$TAKEN/${0##*/}-$$\"\n";
const STUBS: &str = "mailproof aws age zstd gzip tar cat install zmmailbox systemctl journalctl b3sum";

fn stubs(folder: &Path) -> PathBuf {
    let bin = folder.join("bin");
    fs::create_dir(&bin).unwrap();
    // Written by another process: what this one has open for writing while a test beside forks can't be run.
    let script =
        format!("printf '%s' \"$STUB\" > stub; chmod 755 stub; for name in {STUBS}; do cp stub $name; done");
    support::output(Command::new("/bin/sh").arg("-ec").arg(script).env("STUB", STUB).current_dir(&bin));
    bin
}

/// How programs were called by these commands.
fn calls(commands: &[String]) -> Vec<Vec<String>> {
    let folder = support::folder();
    let (bin, here, taken) = (stubs(folder.path()), folder.path().join("here"), folder.path().join("taken"));
    fs::create_dir_all(here.join("restored/by-hand")).unwrap();
    fs::create_dir_all(here.join("restored/everything-1.tgz")).unwrap();
    fs::create_dir(&taken).unwrap();
    for command in commands {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(command).env_clear().env("PATH", &bin).env("TAKEN", &taken).current_dir(&here);
        let output = shell.output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{command}: {output:?}");
    }
    assert_eq!(program::files_in(&here), [here.join("restored")], "a command did more than it says");
    let noted = program::files_in(&taken).into_iter().map(|file| fs::read_to_string(file).unwrap());
    noted.map(|call| call.split_terminator('\0').map(str::to_owned).collect()).collect()
}

#[test]
fn names_of_strangers_are_words_of_a_command_and_nothing_of_them_is_run() {
    for name in HOSTILE {
        let address = format!("s3://backups/{name}");
        let hostile = POLICY.replace("https://s3.example.org", "https://s3.example.org/$(touch pwned)");
        let hostile = hostile
            .replace("age-key.txt", "./it's `touch pwned`.txt")
            .replace("$(touch pwned)", "touch+pwned");
        let folder = support::folder();
        let odd = folder.path().join("it's $(touch pwned)");
        fs::create_dir(&odd).unwrap();
        let policy = odd.join("-nightly.toml");
        fs::write(&policy, format!("{hostile}[run]\nrecords = \"records\"\n")).unwrap();
        keep_by(
            &odd.join("records"),
            Some(evidence::key(1)),
            vec![night("2026-11-30", &address, &[(name, State::Proven)])],
        );
        let guide = run(bare().args(["report", "runbook"]).arg("--policy").arg(&policy));
        assert_eq!(guide.code, Some(0), "{}", guide.stderr);
        let calls = calls(&copied(&guide.stdout));
        let restores: Vec<_> =
            calls.iter().filter(|call| call.starts_with(&["mailproof".into(), "restore".into()])).collect();
        assert!(restores.len() > 8, "{calls:#?}");
        let stated = |call: &[String], option: &str, value: &str| {
            call.windows(2).any(|two| two == [option, value]) || call.contains(&format!("{option}={value}"))
        };
        for call in restores {
            if call.contains(&"COPY-OF-THE-ARCHIVE".to_owned()) {
                continue;
            }
            assert!(stated(call, "--policy", &policy.display().to_string()), "{call:?}");
            assert!(call.contains(&address), "{call:?}");
            let to = call.iter().skip_while(|word| *word != "--to").nth(1).unwrap();
            assert!(to.starts_with("restored/") && !to.contains("..") || to.contains("MAILSERVER"), "{to}");
            assert!(
                call.contains(&"--all-accounts".to_owned()) || stated(call, "--account", name),
                "{call:?}"
            );
        }
        assert!(calls.iter().any(|call| call[0] == "aws" && call.contains(&address)));
        assert!(
            calls
                .iter()
                .any(|call| call[0] == "age"
                    && call.iter().any(|word| word.ends_with("it's `touch pwned`.txt")))
        );
    }
}

#[test]
fn every_command_is_understood_and_those_that_restore_do() {
    let bench = Bench::new();
    let policy = bench.policy("", "[require]\nrung = \"meaningful\"\n[live]\nurl = \"imaps://127.0.0.1:1/\"\nuser = \"u\"\npassword_file = \"./credentials.toml\"\n");
    let verified = run(bench.command("verify").arg("--policy").arg(&policy));
    assert_eq!(verified.code, Some(0), "{}", verified.stdout);
    let guide = run(bench.command("report").args(["runbook", "--unsigned", "--policy"]).arg(&policy));
    assert_eq!(guide.code, Some(0), "{}", guide.stderr);
    let commands = copied(&guide.stdout);
    let own: Vec<&String> = commands.iter().filter(|command| command.starts_with("mailproof ")).collect();
    assert!(own.len() > 15, "{own:#?}");
    fs::create_dir(bench.path("restored")).unwrap();
    fs::write(bench.path("COPY-OF-THE-ARCHIVE"), bench.specimen.archive()).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_mailproof")).parent().unwrap();
    let mut restored = 0;
    for command in own {
        let command = &command.replace("ADDRESS", "anna.bianchi@example.org");
        let mut shell = Command::new("/bin/sh");
        shell
            .arg("-c")
            .arg(command)
            .env_clear()
            .env("PATH", program)
            .env("HOME", bench.path(""))
            .current_dir(bench.path(""));
        let ended = run(&mut shell);
        assert!(!ended.stderr.contains("try '--help'"), "{command}: {}", ended.stderr);
        let names_all = !["SENDER", "MESSAGE-ID", "imaps://"].iter().any(|word| command.contains(word));
        if command.starts_with("mailproof restore") && names_all {
            assert_eq!(ended.code, Some(0), "{command}: {}{}", ended.stdout, ended.stderr);
            restored += 1;
        }
    }
    assert_eq!(restored, 7, "a copy, and a folder, a mailbox and everything, each as Maildir and tgz");
    assert!(bench.path("restored/everything").is_dir());
    assert!(commands.iter().any(|command| command.contains(&format!("s3://{BUCKET}/sound"))));
}

#[test]
#[ignore = "needs age, zstd, b3sum: run ./tests/run"]
fn the_way_without_mailproof_opens_the_archive() {
    let bench = Bench::new();
    let store = bench.path("it's a store");
    fs::create_dir(&store).unwrap();
    fs::write(store.join("night 1"), bench.specimen.archive()).unwrap();
    let policy = bench.path("folder.toml");
    let text = format!(
        "[store]\nurl = \"file://{}/\"\n[keys]\nidentities = [\"./key.txt\"]\n[run]\nrecords = \"records\"\n",
        store.display()
    );
    fs::write(&policy, text).unwrap();
    assert_eq!(run(bench.command("verify").arg("--policy").arg(&policy)).code, Some(0));
    let guide = run(bench
        .command("report")
        .args(["runbook", "--unsigned", "--format", "json", "--policy"])
        .arg(&policy));
    let commands = commands(&program::json(&guide.stdout), "by-hand");
    assert_eq!(commands.len(), 3, "nothing is fetched from a folder: {commands:#?}");
    let mut shell = support::tool("sh");
    let told = support::output(shell.arg("-ec").arg(commands.join("\n")).current_dir(bench.path("")));
    let listed = String::from_utf8(told).unwrap();
    assert_eq!(
        listed.lines().filter(|line| line.ends_with(": OK")).count(),
        bench.specimen.files().len(),
        "{listed}"
    );
}
