use std::path::PathBuf;

use super::args::StoreArgs;
use super::evidence::setup_of;
use super::records::Records;
use super::setup::Setup;
use super::{Failure, print};
use crate::archive::storage::{self, Location};
use crate::evidence::check::{self, Check, Question, Vault};
use crate::evidence::{Brought, DepotError, as_folder};
use crate::exit;
use crate::report::human;

/// Brings up the records that the bucket of [evidence.bucket] lacks.
///
/// Each run does so after its own record; this is for what was left behind while the bucket was away. Exit codes: 0 the
/// bucket has all of them, 10 another chain lies there, 20 records are left behind.
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
    let Brought { records: went, there } =
        depot.bring_up(records.chain().folder()).map_err(|error| failure(&error))?;
    let went = human::counted(went, "record", "records");
    print(&format!("{went} went to {}, which has all {}\n", depot.address(), human::count(there)))?;
    Ok(exit::PASSED)
}

fn failure(error: &DepotError) -> Failure {
    let code = match error {
        DepotError::OtherChain { .. } => exit::FAILED,
        DepotError::Interrupted => exit::INTERRUPTED,
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
    let Location::S3 { key, .. } = Location::parse(url).map_err(Failure::usage)? else {
        return Err(Failure::usage(format!("{url} is no bucket; write s3://bucket/prefix/")));
    };
    let vault = vault(&setup, url, &as_folder(&key), store)?;
    Ok(check::check_bucket(&vault, question))
}

fn vault(setup: &Setup, url: &str, prefix: &str, store: &StoreArgs) -> Result<Vault, Failure> {
    let policy = &setup.policy;
    let base = policy.evidence.bucket.as_ref().map(|bucket| &bucket.store).or(policy.store.as_ref());
    let mut settings = setup.reached(base, store);
    url.clone_into(&mut settings.url);
    let opening = storage::open_store(&settings, setup.credentials.as_deref());
    let store = setup.runtime.block_on(opening).map_err(Failure::usage)?;
    Vault::open(store, prefix, setup.runtime.handle())
        .map_err(|error| Failure { code: exit::NOT_VERIFIED, message: error.to_string() })
}
