//! A shell that outlives this process just long enough to end what was started for it.
//!
//! It reads commands from a pipe and starts each. When the pipe ends, and it does even after a
//! SIGKILL of this process, it ends exactly its own children and removes their folder. They are asked first, because
//! some have children of their own to end.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

const SCRIPT: &str = r#"
pids=
while IFS= read -r command; do
    sh -c "exec $command" </dev/null >>servers.log 2>&1 &
    pids="$pids $!"
    echo $!
done
if [ -n "$pids" ]; then
    kill -TERM $pids
    (sleep 5; kill -KILL $pids) &
    wait $pids
    kill $!
fi
cd / && rm -rf -- "$LAB_FOLDER"
"#;

/// A folder and the servers that work in it.
#[derive(Debug)]
pub struct Keeper {
    folder: PathBuf,
    /// Nobody waits for it: it ends after this process.
    _shell: Child,
    pipes: Mutex<Pipes>,
}

/// Commands to the shell, process ids back, and the process ids so far.
#[derive(Debug)]
struct Pipes {
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    pids: Vec<u32>,
}

impl Keeper {
    /// Makes a folder for `name` and watches over it; `environment` is what the servers see.
    pub fn new(name: &str, environment: &[(&str, &OsStr)]) -> Self {
        let prefix = format!("mailproof-{name}-");
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir().expect("a folder for the lab").keep();
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT])
            .current_dir(&folder)
            .env("LAB_FOLDER", &folder)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A Ctrl-C in the terminal must not take the keeper away before the servers.
            .process_group(0)
            .spawn()
            .expect("a shell for the lab");
        let commands = shell.stdin.take().expect("piped");
        let answers = BufReader::new(shell.stdout.take().expect("piped"));
        let pipes = Mutex::new(Pipes { commands, answers, pids: Vec::new() });
        Self { folder, _shell: shell, pipes }
    }

    /// The folder all commands run in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a server that stays in the foreground. `command` is one line for the shell.
    pub fn start(&self, command: &str) {
        assert!(!command.contains('\n'), "one line starts one server: {command:?}");
        let mut pipes = self.pipes.lock().unwrap();
        writeln!(pipes.commands, "{command}").expect("the keeper reads");
        let mut answer = String::new();
        pipes.answers.read_line(&mut answer).expect("the keeper answers");
        pipes.pids.push(answer.trim().parse().expect("a process id"));
    }

    /// Holds while every server that was started still runs.
    pub fn all_running(&self) -> bool {
        self.pipes.lock().unwrap().pids.iter().all(|pid| running(*pid))
    }

    /// What the servers said, for the message of a failed start.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("servers.log")).unwrap_or_else(|error| error.to_string())
    }
}

/// A server that has ended is a zombie until the keeper collects it.
fn running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with(['Z', 'X']))
}

/// Holds if `program` can be started.
pub fn installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdin(Stdio::null()).output().is_ok()
}
