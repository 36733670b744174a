//! From arguments, environment and policy file to what the library needs.

use std::env;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tokio::runtime::{self, Runtime};

use super::args::{PolicyArgs, StoreArgs};
use super::{Failure, tell};
use crate::archive::decrypt::Keyring;
use crate::evidence::{self, Record, RecordError};
use crate::policy::{Keys, Loaded, Policy};
use crate::verdict::Rung;
use crate::verify::{self, Cancel, RunResult, Selection};

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
    source: Option<(PathBuf, String)>,
}

impl Setup {
    /// Reads the policy that was named, or takes the defaults.
    pub fn load(args: &PolicyArgs) -> Result<Self, Failure> {
        let (mut policy, source) = match &args.policy {
            Some(file) => {
                let Loaded { policy, digest, .. } = Policy::load(file).map_err(Failure::usage)?;
                (policy, Some((file.clone(), digest)))
            }
            None => (Policy::default(), None),
        };
        let credentials = env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let beside = args.policy.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        find_secrets(&mut policy, beside, credentials.as_deref());
        args.apply(&mut policy);
        find_secrets(&mut policy, Path::new(""), credentials.as_deref());
        let runtime =
            runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| {
                Failure::internal(format!(
                    "no threads for the network: {error}; look at this machine's limits (ulimit -u)"
                ))
            })?;
        Ok(Self { policy, runtime, cancel: Cancel::default(), credentials, source })
    }

    /// The keys, unless the rung that is asked for needs none.
    pub fn keyring(&self) -> Result<Keyring, Failure> {
        if self.policy.require.rung < Rung::Complete {
            return Keyring::load(&Keys::default(), None).map_err(Failure::usage);
        }
        Keyring::load(&self.policy.keys, self.credentials.as_deref()).map_err(Failure::usage)
    }

    /// The archives that were named, or the policy's selection.
    pub fn select(&self, named: &[String], store: &StoreArgs) -> Result<Selection, Failure> {
        let mut base = self.policy.store.clone().unwrap_or_default();
        store.apply(&mut base);
        let credentials = self.credentials.as_deref();
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
                () = self.cancel.cancelled() => Ok(Selection::interrupted()),
                selected = selecting => selected.map_err(Failure::usage),
            }
        })
    }

    /// Writes the record of `run` where the policy, the command line or the system says.
    pub fn keep_record(&self, run: &RunResult) -> Result<PathBuf, RecordError> {
        let folder = self.policy.run.records.clone().unwrap_or_else(default_records);
        let policy = self.source.as_ref().map(|(file, digest)| (file.as_path(), digest.as_str()));
        evidence::write(&Record::new(run, policy), &folder)
    }
}

/// A bare name is that of a systemd credential where there is one, else of a file in `beside`: the policy's
/// folder, or for an option the current one. So the same policy serves the timer and the hand.
fn find_secrets(policy: &mut Policy, beside: &Path, credentials: Option<&Path>) {
    let stores = policy.store.iter_mut().chain(&mut policy.replica);
    let of_stores = stores.filter_map(|store| store.credentials_file.as_mut());
    let of_keys = policy.keys.identities.iter_mut().chain(&mut policy.keys.passphrase_file);
    for path in of_stores.chain(of_keys) {
        let bare = path.components().count() == 1 && !path.starts_with(".") && path.is_relative();
        if bare && !credentials.is_some_and(|folder| folder.join(&*path).exists()) {
            *path = Path::new(".").join(beside).join(&*path);
        }
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

/// Ends the run at SIGINT or SIGTERM: it stops reading, keeps its record and exits with 130.
pub fn end_on_signals(setup: &Setup) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let _inside = setup.runtime.enter();
    let unable = |error| Failure::internal(format!("signals can't be watched: {error}; report this"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unable)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unable)?;
    let cancel = setup.cancel.clone();
    setup.runtime.spawn(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        tell("mailproof: interrupted; ending the run\n");
        cancel.cancel();
    });
    Ok(())
}

/// Indented JSON with a line break at its end.
pub fn pretty(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
