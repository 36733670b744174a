//! From arguments, environment and policy file to what the library needs.

use std::convert::Infallible;
use std::env;
use std::path::{Component, Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use tokio::runtime::{self, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::args::{PolicyArgs, StoreArgs};
use super::{Failure, tell};
use crate::archive::decrypt::Keyring;
use crate::evidence::Pseudonyms;
use crate::evidence::past::Aim;
use crate::exit;
use crate::live::Server;
use crate::network::Cancel;
use crate::policy::{Keys, Live, Loaded, Policy, Store};
use crate::report::writing;
use crate::secret::SecretFile;
use crate::verdict::Rung;
use crate::verify::{self, Selection};

/// What every command that touches archives starts from.
pub struct Setup {
    /// The policy with the command line's overrides.
    pub policy: Policy,
    /// Drives the network.
    pub runtime: Runtime,
    /// Ends the run early.
    pub cancel: Cancel,
    /// Where systemd put the credentials of this unit.
    pub credentials: Option<PathBuf>,
    /// By what the command line asks for less than the policy does; empty where there is no policy.
    pub narrowed: Vec<String>,
    source: Option<(PathBuf, String)>,
    /// Set before the record is written.
    recording: Arc<AtomicBool>,
}

impl Setup {
    /// Reads the policy that was named, or takes the defaults.
    pub fn load(args: &PolicyArgs) -> Result<Self, Failure> {
        let (mut policy, source) = match &args.policy {
            Some(file) => {
                let Loaded { policy, digest, .. } = Policy::load(file).map_err(Failure::usage)?;
                (policy, Some((from_root(file), digest)))
            }
            None => (Policy::default(), None),
        };
        let credentials = env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let beside = source.as_ref().and_then(|(file, _)| file.parent()).unwrap_or(Path::new(""));
        find_secrets(&mut policy, beside, credentials.as_deref());
        args.apply(&mut policy);
        find_secrets(&mut policy, Path::new(""), credentials.as_deref());
        let runtime =
            runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| {
                Failure::internal(format!(
                    "no threads for the network: {error}; look at this machine's limits (ulimit -u)"
                ))
            })?;
        let (cancel, recording, narrowed) = Default::default();
        Ok(Self { policy, runtime, cancel, credentials, narrowed, source, recording })
    }

    /// Notes that the command line asks for less than the policy does, and by what.
    pub fn narrow(&mut self, narrowed: bool, by: impl Into<String>) {
        if narrowed && self.source.is_some() {
            self.narrowed.push(by.into());
        }
    }

    /// Notes that archives were named; where the policy names no store, that is the only way to say which.
    pub fn narrow_to(&mut self, archives: &[String]) {
        let selects = self.policy.store.as_ref().is_some_and(|store| !store.url.is_empty());
        self.narrow(selects && !archives.is_empty(), Aim::ARCHIVES);
    }

    /// The keys, unless the rung that is asked for needs none.
    pub fn keyring(&self) -> Result<Keyring, Failure> {
        if self.policy.require.rung < Rung::Complete {
            return Keyring::load(&Keys::default(), None).map_err(Failure::usage);
        }
        Keyring::load(&self.policy.keys, self.credentials.as_deref()).map_err(Failure::usage)
    }

    /// The mail server, where the rung that is asked for compares with one.
    pub fn server(&self) -> Result<Option<Server>, Failure> {
        if self.policy.require.rung < Rung::Restorable {
            return Ok(None);
        }
        if self.policy.live.is_none() {
            let message =
                "the rung `restorable` compares with a mail server: name one in the policy's section [live]";
            return Err(Failure::usage(message));
        }
        self.live()
    }

    /// The mail server that the policy names, if it names one.
    pub fn live(&self) -> Result<Option<Server>, Failure> {
        self.policy.live.as_ref().map(|live| self.server_of(live)).transpose()
    }

    /// The mail server that `live` names.
    pub fn server_of(&self, live: &Live) -> Result<Server, Failure> {
        let password = self.password(live.password_file.as_deref())?;
        let runtime = self.runtime.handle();
        Server::new(live, password, &self.policy.limits, &self.cancel, runtime).map_err(Failure::usage)
    }

    /// The password in a file that the policy names.
    pub fn password(&self, file: Option<&Path>) -> Result<Option<SecretString>, Failure> {
        let file = file.map(|path| SecretFile::find(path, self.credentials.as_deref()));
        file.map(|file| file.line()).transpose().map_err(Failure::usage)
    }

    /// The archives that were named, or the policy's selection.
    pub fn select(&self, named: &[String], store: &StoreArgs) -> Result<Selection, Failure> {
        let base = self.reached(self.policy.store.as_ref(), store);
        let credentials = self.credentials.as_deref();
        let began = Timestamp::now();
        let selecting = async {
            if named.is_empty() {
                verify::selected(&self.policy, credentials).await
            } else {
                verify::named(named, &base, credentials).await
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => Ok(Selection::interrupted(began)),
                selected = selecting => selected.map_err(Failure::usage),
            }
        })
    }

    /// How a store is reached: as the policy says, and the command line over it.
    pub fn reached(&self, base: Option<&Store>, args: &StoreArgs) -> Store {
        let mut store = base.cloned().unwrap_or_default();
        args.apply(&mut store);
        if let Some(file) = &mut store.credentials_file {
            find_secret(file, Path::new(""), self.credentials.as_deref());
        }
        store
    }

    /// Where the policy, the command line or the system says.
    pub fn records(&self) -> PathBuf {
        self.policy.run.records.clone().unwrap_or_else(default_records)
    }

    /// What stands for addresses of mailboxes in records, where the policy asks for that.
    pub fn pseudonyms(&self) -> Result<Option<Pseudonyms>, Failure> {
        let file = self.policy.evidence.pseudonyms_key_file.as_deref();
        let file = file.map(|path| SecretFile::find(path, self.credentials.as_deref()));
        file.map(|file| Pseudonyms::load(&file)).transpose().map_err(Failure::usage)
    }

    /// The policy file and its digest.
    pub(super) fn source(&self) -> Option<(&Path, &str)> {
        self.source.as_ref().map(|(file, digest)| (file.as_path(), digest.as_str()))
    }

    /// To be called before a record is written: from then on nobody says that there is none.
    pub(super) fn begins_recording(&self) {
        self.recording.store(true, Ordering::Relaxed);
    }
}

/// One file has one name in records, whatever folder it was called from; as it was typed where that folder is gone.
/// Links keep their names: that of `/etc/mailproof/nightly.toml` stays, whatever it points to.
pub fn from_root(file: &Path) -> PathBuf {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let turns_back = whole.components().any(|part| part == Component::ParentDir);
    match (
        whole.parent().filter(|_| turns_back).and_then(|folder| folder.canonicalize().ok()),
        whole.file_name(),
    ) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => whole,
    }
}

/// A bare name is that of a systemd credential where there is one, else of a file in `beside`: the policy's
/// folder, or for an option the current one. So the same policy serves the timer and the hand.
fn find_secrets(policy: &mut Policy, beside: &Path, credentials: Option<&Path>) {
    let evidence = &mut policy.evidence;
    let of_bucket = evidence.bucket.iter_mut().map(|bucket| &mut bucket.store);
    let stores = policy.store.iter_mut().chain(&mut policy.replica).chain(of_bucket);
    let of_stores = stores.filter_map(|store| store.credentials_file.as_mut());
    let of_keys = policy.keys.identities.iter_mut().chain(&mut policy.keys.passphrase_file);
    let of_live = policy.live.iter_mut().filter_map(|live| live.password_file.as_mut());
    let of_sandbox = policy.rehearsal.iter_mut().filter_map(|sandbox| sandbox.password_file.as_mut());
    let of_records = evidence.key_file.iter_mut().chain(&mut evidence.pseudonyms_key_file);
    let of_servers = of_live.chain(of_sandbox);
    of_stores
        .chain(of_keys)
        .chain(of_servers)
        .chain(of_records)
        .for_each(|path| find_secret(path, beside, credentials));
}

fn find_secret(path: &mut PathBuf, beside: &Path, credentials: Option<&Path>) {
    let bare = path.components().count() == 1 && !path.starts_with(".") && path.is_relative();
    if bare && !credentials.is_some_and(|folder| folder.join(&*path).exists()) {
        *path = Path::new(".").join(beside).join(&*path);
    }
}

/// `$STATE_DIRECTORY` (systemd `StateDirectory=`), else `$XDG_STATE_HOME/mailproof`, else below the home.
pub fn default_records() -> PathBuf {
    let from = |name: &str, below: &str| {
        env::var_os(name).filter(|value| !value.is_empty()).map(|base| Path::new(&base).join(below))
    };
    from("STATE_DIRECTORY", "records")
        .or_else(|| from("XDG_STATE_HOME", "mailproof/records"))
        .or_else(|| from("HOME", ".local/state/mailproof/records"))
        .unwrap_or_else(|| PathBuf::from("mailproof-records"))
}

/// How long the end waits for stderr to take a line; whoever reads it may stand still.
const PATIENCE: Duration = Duration::from_millis(500);

/// Ends the run at SIGINT, SIGTERM, or SIGHUP unless `nohup` was asked for: it stops reading, keeps its record and exits with 130. A second signal
/// ends the process at once, whatever it waits for. A file larger than the user may have (SIGXFSZ) ends nothing: the write
/// that meets the limit fails, and says so.
pub fn end_on_signals(setup: &Setup) -> Result<(), Failure> {
    let unable = |error| Failure::internal(format!("signals can't be watched: {error}; report this"));
    // Apart from the run's own, which at its end waits for a read that hangs.
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(unable)?;
    let inside = runtime.enter();
    let mut signals = Signals {
        interrupt: signal(SignalKind::interrupt()).map_err(unable)?,
        terminate: signal(SignalKind::terminate()).map_err(unable)?,
        hangup: (!ignores_hangup()).then(|| signal(SignalKind::hangup())).transpose().map_err(unable)?,
    };
    drop(signal(SignalKind::from_raw(Signals::TOO_LARGE)).map_err(unable)?);
    drop(inside);
    let (cancel, recording) = (setup.cancel.clone(), Arc::clone(&setup.recording));
    let watch = move || match runtime.block_on(signals.obey(&cancel, &recording)) {};
    thread::Builder::new().name("signals".to_owned()).spawn(watch).map_err(unable)?;
    Ok(())
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    const TOO_LARGE: i32 = rustix::process::Signal::XFSZ.as_raw();

    async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! { _ = self.interrupt.recv() => {}, _ = self.terminate.recv() => {}, () = hangup => {} }
    }

    async fn obey(&mut self, cancel: &Cancel, recording: &AtomicBool) -> Infallible {
        self.next().await;
        cancel.cancel();
        say("mailproof: interrupted; ending the run (once more ends it at once, without a record)\n").await;
        self.next().await;
        say(if recording.load(Ordering::Relaxed) {
            "mailproof: interrupted again; ended while or after the record was written\n"
        } else {
            "mailproof: interrupted again; ended without a record\n"
        })
        .await;
        leave()
    }
}

/// Whether whoever started this wants it to outlive the terminal (proc_pid_status(5), `SigIgn`).
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    ignored & 1 << (rustix::process::Signal::HUP.as_raw() - 1) != 0
}

async fn say(text: &'static str) {
    // Past its time the line is lost, and the end comes all the same.
    let _ = tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(move || tell(text))).await;
}

#[expect(clippy::exit, reason = "threads that hang can't be joined, so the process can't return from main")]
fn leave() -> Infallible {
    process::exit(i32::from(exit::INTERRUPTED))
}

/// Indented JSON with a line break at its end.
pub fn pretty(value: &impl Serialize) -> String {
    writing::pretty(value).unwrap_or_default()
}
