//! The program itself, run as its users run it: arguments in, streams and an exit code out.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailproof::demo::damage::{self, Specimen};
use mailproof::demo::server::{Keeping, Server};
use secrecy::ExposeSecret;
use serde_json::Value;
use tempfile::TempDir;

use crate::support;

/// Where the tests' archives lie.
pub const BUCKET: &str = "backups";

/// A store with a sound archive named `sound`, its key, and a home of its own.
pub struct Bench {
    pub server: Server,
    pub specimen: Specimen,
    pub key: PathBuf,
    pub credentials: PathBuf,
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; absent after a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Bench {
    pub fn new() -> Self {
        let (server, folder) = (Server::start().unwrap(), support::folder());
        server.create_bucket(BUCKET, Keeping::Latest);
        let specimen = Specimen::new(11).unwrap();
        server.put(BUCKET, "sound", specimen.archive().to_vec());
        let key = support::secret_file(folder.path(), "key.txt", specimen.identity().expose_secret());
        let credentials = support::credentials_file(&server, folder.path());
        Self { server, specimen, key, credentials, folder }
    }

    /// A path in the bench's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn records(&self) -> PathBuf {
        self.path("records")
    }

    /// Puts the archive of one situation of the damage matrix under the situation's name.
    pub fn put(&self, situation: &str) {
        let case = damage::named(situation).expect(situation).make(&self.specimen).unwrap();
        case.store(&self.server, BUCKET, situation);
    }

    /// Writes a policy for the bucket: `network` for its store, `more` for its other sections.
    pub fn policy(&self, network: &str, more: &str) -> PathBuf {
        let text = format!(
            "[store]\nurl = \"s3://{BUCKET}/\"\nendpoint = \"{}\"\nregion = \"eu-south-1\"\n\
             credentials_file = \"./{}\"\nnetwork = {{ {network} }}\n\
             [keys]\nidentities = [\"./key.txt\"]\n[run]\nrecords = \"records\"\n{more}",
            self.server.endpoint(),
            self.credentials.file_name().unwrap().to_str().unwrap(),
        );
        let path = self.path("policy.toml");
        fs::write(&path, text).unwrap();
        path
    }

    /// The program, with this command and nothing of the surroundings but a home of its own.
    pub fn command(&self, command: &str) -> Command {
        let mut program = bare();
        program.arg(command).env("HOME", self.folder.path()).current_dir(self.folder.path());
        program
    }

    /// `mailproof verify` of archives in the bucket, with everything on the command line.
    pub fn verify(&self, keys: &[&str]) -> Command {
        let mut verify = self.command("verify");
        verify.arg("--identity").arg(&self.key).arg("--records").arg(self.records());
        self.reach(&mut verify).args(keys.iter().map(|key| format!("s3://{BUCKET}/{key}")));
        verify
    }

    /// Says on the command line how the store is reached.
    pub fn reach<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.args(["--region", "eu-south-1", "--endpoint", self.server.endpoint()]);
        command.arg("--credentials-file").arg(&self.credentials)
    }

    /// The records that were kept so far; whatever else lies in the folder is an error.
    pub fn kept(&self) -> Vec<Value> {
        records_in(&self.records()).iter().map(|path| record(path)).collect()
    }
}

/// The records in a folder, by their numbers; whatever else lies there and is no part of a chain is an error.
pub fn records_in(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = files_in(folder).into_iter().filter(|path| is_record(path)).collect();
    found.sort();
    found
}

/// All files in a folder.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn is_record(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    if name.starts_with('.')
        || ["head.json", "history.sqlite"].contains(&name)
        || [".json.sig", ".json.tsr"].iter().any(|ending| name.ends_with(ending))
    {
        return false;
    }
    let digits = name.strip_suffix(".json").unwrap_or_default();
    assert!(digits.len() == 9 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", path.display());
    true
}

/// What a record's envelope holds: the predicate of its statement.
pub fn record(path: &Path) -> Value {
    let mut statement = json(std::str::from_utf8(&payload(&fs::read(path).unwrap())).unwrap());
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    statement["predicate"].take()
}

/// The payload of an envelope.
pub fn payload(envelope: &[u8]) -> Vec<u8> {
    let envelope: Value = serde_json::from_slice(envelope).unwrap();
    STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap()
}

/// The program with an empty environment.
pub fn bare() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_mailproof"));
    program.env_clear().stdin(Stdio::null());
    program
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ended {
    ended(&command.output().unwrap())
}

fn ended(output: &Output) -> Ended {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is text");
    Ended { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Reads one JSON value.
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Holds a result to its schema in `docs`.
pub fn fits(value: &Value, schema: &str) {
    let path = format!("{}/docs/{schema}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let validator = jsonschema::validator_for(&json(&fs::read_to_string(path).unwrap())).unwrap();
    let errors: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
}

/// A run that goes on, and its events as they come.
pub struct Running {
    child: Child,
    events: BufReader<ChildStderr>,
    told: String,
}

impl Running {
    /// Starts a verification with `--events jsonl`.
    pub fn start(command: &mut Command) -> Self {
        let command = command.args(["--events", "jsonl"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let events = BufReader::new(child.stderr.take().unwrap());
        Self { child, events, told: String::new() }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the event of this name.
    pub fn until(&mut self, event: &str) {
        self.until_told(&format!("\"event\":\"{event}\""));
    }

    /// Waits for a line on stderr that holds this.
    pub fn until_told(&mut self, wanted: &str) {
        loop {
            let mut line = String::new();
            assert!(self.events.read_line(&mut line).unwrap() > 0, "no {wanted}: {}", self.told);
            self.told.push_str(&line);
            if line.contains(wanted) {
                return;
            }
        }
    }

    /// Sends a signal by name, such as `INT`.
    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        std::io::Read::read_to_string(&mut self.events, &mut self.told).unwrap();
        let mut ended = ended(&self.child.wait_with_output().unwrap());
        ended.stderr = self.told;
        ended
    }
}

/// Sends a signal by name to a process.
pub fn signal(pid: u32, name: &str) {
    support::output(Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]));
}
