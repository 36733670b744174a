//! The records of commands: where they go, who signs them, what is said of them.

use std::{env, fs};

use super::bucket::warn_of;
use super::setup::Setup;
use super::{Failure, tell};
use crate::evidence::stamp::{Authorities, Authority};
use crate::evidence::{Basis, Chain, Depot, HEAD, Kept, Record, RecordError, SigningKey};
use crate::exit;
use crate::report::shell::quoted;
use crate::secret::SecretFile;

/// The chain that a command adds its record to.
pub struct Records {
    chain: Chain,
    depot: Option<Depot>,
    host: Option<String>,
    operator: Option<String>,
}

impl Records {
    /// Refuses to begin what would leave no record.
    pub fn prepare(setup: &Setup) -> Result<Self, Failure> {
        let records = Self::of(setup)?;
        let prepared = records.chain.prepare();
        prepared.map_err(|error| {
            let second = second_copy(setup, &error);
            Failure::usage(format!("nothing was read: {error}{second}"))
        })?;
        Ok(records)
    }

    /// Takes the folder and the keys that the policy names; nothing is looked at but these.
    pub fn of(setup: &Setup) -> Result<Self, Failure> {
        let file = setup.policy.evidence.key_file.as_deref();
        let file = file.map(|path| SecretFile::find(path, setup.credentials.as_deref()));
        let key = file.map(|file| SigningKey::load(&file)).transpose().map_err(Failure::usage)?;
        let host = rustix::system::uname().nodename().to_str().ok().map(str::to_owned);
        let chain = Chain::new(setup.records(), key).stamped_by(authority(setup)?);
        let chain = chain.with_pseudonyms(setup.pseudonyms()?);
        Ok(Self { chain, depot: depot(setup)?, host, operator: Some(operator()) })
    }

    /// The bucket that gets a second copy, where the policy names one.
    pub fn depot(&self) -> Option<&Depot> {
        self.depot.as_ref()
    }

    /// The chain itself.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Writes the record that `make` makes, and warns where it has no time stamp although the policy asks for one.
    pub fn keep(&self, setup: &Setup, make: impl FnOnce(&Basis<'_>) -> Record) -> Result<Kept, RecordError> {
        self.append(setup, self.made(setup, make))
    }

    /// What `make` makes of what is known here.
    pub fn made<T>(&self, setup: &Setup, make: impl FnOnce(&Basis<'_>) -> T) -> T {
        make(&Basis {
            policy: &setup.policy,
            source: setup.source(),
            host: self.host.as_deref(),
            operator: self.operator.as_deref(),
            narrowed: &setup.narrowed,
        })
    }

    /// Writes a record.
    pub fn append(&self, setup: &Setup, record: Record) -> Result<Kept, RecordError> {
        setup.begins_recording();
        let kept = self.chain.append(record)?;
        if let Some(why) = &kept.unstamped {
            tell(&format!("warning: the record has no time stamp: {why}\n"));
        }
        Ok(kept)
    }

    /// Says on stderr where the record is, brings up what the bucket lacks, and gives the command's exit code: without a record
    /// there is no pass. To be called when the result is printed, so that a bucket that does not answer holds nothing back.
    pub fn told(&self, kept: Result<Kept, RecordError>, aloud: bool, exit_code: u8) -> Result<u8, Failure> {
        let passed = matches!(exit_code, exit::PASSED | exit::PASSED_WITH_WARNINGS);
        match kept {
            Ok(kept) if aloud => tell(&format!("record: {}\n", kept.path.display())),
            Ok(_) => {}
            Err(error) => {
                let code = if passed { exit::INTERNAL } else { exit_code };
                return Err(Failure { code, message: error.to_string() });
            }
        }
        self.bring_up();
        Ok(exit_code)
    }

    /// Brings up what the bucket lacks. One that is away changes nothing of how a run ends: the record is kept, and what was
    /// left behind goes up the next time.
    pub fn bring_up(&self) {
        match self.depot.as_ref().map(|depot| depot.bring_up(self.chain.folder())) {
            Some(Ok(brought)) => warn_of(&brought.strays),
            Some(Err(error)) => tell(&format!("warning: {error}\n")),
            None => {}
        }
    }
}

/// Where what a broken chain lacks can be had back, for the end of a message.
fn second_copy(setup: &Setup, error: &RecordError) -> String {
    match (error, &setup.policy.evidence.bucket) {
        // A head lies in no bucket.
        (RecordError::Broken { folder, .. }, Some(bucket)) if folder.join(HEAD).exists() => format!(
            "; what is missing or altered may lie in {} still, and put back as it was it mends the chain (docs/evidence.md, \"A record is lost\")",
            bucket.store.url
        ),
        _ => String::new(),
    }
}

/// The authority that stamps records, where the policy names one; nothing is asked of it yet.
fn authority(setup: &Setup) -> Result<Option<Authority>, Failure> {
    let rules = &setup.policy.evidence;
    let Some(url) = &rules.timestamp_url else { return Ok(None) };
    let unusable = |why: String| Failure::usage(format!("`evidence.timestamp_ca_file`: {why}"));
    let vouching = rules.timestamp_ca_file.as_deref().map(fs::read).transpose();
    let vouching = vouching.map_err(|error| unusable(format!("{error}; check the path")))?;
    let vouching = vouching.map(|pem| Authorities::read(&pem)).transpose().map_err(unusable)?;
    let (runtime, cancel) = (setup.runtime.handle().clone(), setup.cancel.clone());
    let authority = Authority::new(url.clone(), vouching, runtime, cancel);
    authority.map(Some).map_err(|why| Failure::usage(format!("no connection can be prepared: {why}")))
}

/// The bucket for a second copy; nothing is asked of it yet.
fn depot(setup: &Setup) -> Result<Option<Depot>, Failure> {
    let Some(bucket) = &setup.policy.evidence.bucket else { return Ok(None) };
    let (runtime, cancel) = (setup.runtime.handle().clone(), setup.cancel.clone());
    let depot = Depot::open(bucket, setup.credentials.as_deref(), runtime, cancel).map_err(Failure::usage)?;
    let policy = setup.source().map(|(file, _)| quoted(&file.to_string_lossy()));
    Ok(Some(depot.of_policy(policy)))
}

/// Who runs this, by name and number; behind `sudo` also who called that.
fn operator() -> String {
    let named = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let number = rustix::process::getuid().as_raw();
    let user = listed(number).or_else(|| named("USER")).or_else(|| named("LOGNAME"));
    let user = user.map_or(String::new(), |name| name + " ");
    let caller = named("SUDO_USER").map_or(String::new(), |name| format!(", called by {name} through sudo"));
    format!("{user}(uid {number}){caller}")
}

/// The name in the system's own list of users, which knows better than the environment; users of a directory or of systemd
/// (`DynamicUser=`) are not in it.
fn listed(number: u32) -> Option<String> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    named_in(&users, number).map(str::to_owned)
}

/// The first user with that number (passwd(5): name, password, number and four more, divided by colons).
fn named_in(users: &str, number: u32) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(number)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_the_number_alone() {
        let users = "# users\nroot:x:0:0:root:/root:/bin/sh\n:x:7:7::/:\nbroken:x\nanna:x:1000:7:Anna:/home/anna:\ntoor:x:0:0:::\n";
        assert_eq!([0, 1000].map(|number| named_in(users, number)), [Some("root"), Some("anna")]);
        assert_eq!([7, 1].map(|number| named_in(users, number)), [None, None]);
    }
}
