use std::path::PathBuf;
use std::sync::Arc;

use super::args::StoreArgs;
use super::evidence::setup_of;
use super::records::Records;
use super::setup::Setup;
use super::{Failure, fitted, print, tell};
use crate::archive::storage::{Location, S3Store};
use crate::evidence::check::{self, Check, Question, Vault};
use crate::evidence::{Brought, DepotError, Strays, as_folder};
use crate::exit;
use crate::report::human;
use crate::report::shell::quoted;

/// Brings up the records that the bucket of [evidence.bucket] lacks.
///
/// Each run does so after its own record; this is for what was left behind while the bucket was away. Exit codes: 0 the
/// bucket lists all of them, 10 something is wrong there (another chain or other bytes, records that were taken away and are
/// put back, records that the folder lacks), 20 records are left behind.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mailproof evidence upload --policy /etc/mailproof/nightly.toml")]
pub struct UploadArgs {
    /// Policy that names the bucket and the folder of the records.
    #[arg(short, long, value_name = "FILE")]
    policy: PathBuf,
    /// Folder of the records.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
}

pub fn upload(args: &UploadArgs) -> Result<u8, Failure> {
    let setup = setup_of(Some(args.policy.clone()), args.records.clone())?;
    let records = Records::of(&setup)?;
    let Some(depot) = records.depot() else {
        return Err(Failure::usage(
            "the policy names no bucket for records; write [evidence.bucket] into it",
        ));
    };
    let Brought { records: went, there, strays } =
        depot.bring_up(records.chain().folder()).map_err(|error| failure(&error))?;
    warn_of(&strays);
    print(&fitted(brought(&depot.address(), went, there, &quoted(&args.policy.to_string_lossy()))))?;
    Ok(exit::PASSED)
}

/// Says what was left where it lies; records went on to go up.
pub fn warn_of(strays: &Strays) {
    if !strays.is_empty() {
        tell(&format!("warning: {strays}\n"));
    }
}

/// What is known of a bucket after records went there: what it lists, and of what was read how much.
fn brought(address: &str, went: u64, there: u64, policy: &str) -> String {
    let went = human::counted(went, "record", "records");
    let read = format!("`mailproof evidence verify {address} --policy {policy}` reads");
    let there = match there {
        0 => return format!("{went} went to {address}; the folder has none\n"),
        _ => format!(
            "lists all {}; the last one was read back and is ours; {read} them all",
            human::count(there)
        ),
    };
    format!("{went} went to {address}, which {there}\n")
}

fn failure(error: &DepotError) -> Failure {
    let code = match error {
        DepotError::OtherChain { .. } | DepotError::WasMissing { .. } | DepotError::FolderLacks { .. } => {
            exit::FAILED
        }
        DepotError::Interrupted { .. } => exit::INTERRUPTED,
        _ => exit::NOT_VERIFIED,
    };
    Failure { code, message: error.to_string() }
}

/// Checks the chain in the bucket at `url`, reached as the policy's bucket for records is, else as its archives are, and as
/// the command line says.
pub fn check_at(
    url: &str,
    policy: Option<PathBuf>,
    store: &StoreArgs,
    question: &Question,
) -> Result<Check, Failure> {
    let setup = setup_of(policy, None)?;
    let Location::S3 { bucket, key } = Location::parse(url).map_err(Failure::usage)? else {
        return Err(Failure::usage(format!("{url} is no bucket; write s3://bucket/prefix/")));
    };
    let vault = vault(&setup, bucket, &as_folder(&key), store)?;
    Ok(check::check_bucket(&vault, question))
}

fn vault(setup: &Setup, bucket: String, prefix: &str, store: &StoreArgs) -> Result<Vault, Failure> {
    let policy = &setup.policy;
    let base = policy.evidence.bucket.as_ref().map(|bucket| &bucket.store).or(policy.store.as_ref());
    let settings = setup.reached(base, store);
    let opening = S3Store::open(bucket, &settings, setup.credentials.as_deref());
    let store = setup.runtime.block_on(opening).map_err(Failure::usage)?.of_records();
    Vault::open(Arc::new(store), prefix, setup.runtime.handle())
        .map_err(|error| Failure { code: exit::NOT_VERIFIED, message: error.to_string() })
}
