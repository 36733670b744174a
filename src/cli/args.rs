//! Options that several commands share.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::policy::{Policy, Store};

/// The policy and what overrides it.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PolicyArgs {
    /// Policy file; without it the defaults hold (`mailproof policy schema` lists them).
    #[arg(short, long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Store")]
    pub store: StoreArgs,
    #[command(flatten, next_help_heading = "Keys")]
    pub keys: KeyArgs,
}

/// Where and how the store is reached; overrides the policy.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct StoreArgs {
    /// Base address of a store that is not Amazon's, for example https://s3.example.org.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Region of the store.
    #[arg(long)]
    region: Option<String>,
    /// Put the bucket into the path instead of the host name (`--path-style=false` for the opposite).
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    path_style: Option<bool>,
    /// PEM file with the certificate authority of the store.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Profile of the AWS configuration files.
    #[arg(long)]
    profile: Option<String>,
    /// File with access_key_id and secret_access_key (TOML, mode 0600); otherwise the usual AWS chain is asked.
    #[arg(long, value_name = "FILE")]
    credentials_file: Option<PathBuf>,
}

/// What opens the archives; overrides the policy.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct KeyArgs {
    /// age identity file or SSH private key; may be given several times.
    #[arg(short, long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// File with the passphrase of the archives or of an encrypted identity file.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl StoreArgs {
    /// Puts what was given on the command line over `store`.
    pub fn apply(&self, store: &mut Store) {
        let given = self.clone();
        replace(&mut store.endpoint, given.endpoint);
        replace(&mut store.region, given.region);
        replace(&mut store.path_style, given.path_style);
        replace(&mut store.ca_file, given.ca_file);
        replace(&mut store.profile, given.profile);
        replace(&mut store.credentials_file, given.credentials_file);
    }
}

impl PolicyArgs {
    /// Puts what was given on the command line over `policy`.
    pub fn apply(&self, policy: &mut Policy) {
        if let Some(store) = &mut policy.store {
            self.store.apply(store);
        }
        if !self.keys.identity.is_empty() {
            policy.keys.identities.clone_from(&self.keys.identity);
        }
        replace(&mut policy.keys.passphrase_file, self.keys.passphrase_file.clone());
    }
}

/// A moment, or the beginning of a day (UTC).
pub fn moment(text: &str) -> Result<Timestamp, String> {
    moment_or_day(text, Time::midnight())
}

/// A moment, or the end of a day (UTC).
pub fn end_of_day(text: &str) -> Result<Timestamp, String> {
    moment_or_day(text, Time::MAX)
}

fn moment_or_day(text: &str, clock: Time) -> Result<Timestamp, String> {
    let wrong = |_| "write a day such as 2026-11-25, or a moment such as 2026-11-25T03:00:00Z".to_owned();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let day: Date = text.parse().map_err(wrong)?;
    TimeZone::UTC.to_timestamp(day.to_datetime(clock)).map_err(wrong)
}

fn replace<T>(current: &mut Option<T>, given: Option<T>) {
    if given.is_some() {
        *current = given;
    }
}
