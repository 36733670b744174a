use clap::ValueEnum;
use jiff::Timestamp;

use super::args::PolicyArgs;
use super::setup::{self, Setup};
use super::{Failure, fitted, print, tell};
use crate::event::Tally;
use crate::exit;
use crate::policy::{Lock, Select, Store};
use crate::report::inventory::Listing;
use crate::verify;

/// Lists the archives of a store: how old, how large, how protected, what was deleted.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof list --policy /etc/mailproof/nightly.toml
  mailproof list --locks s3://backups/zimbra/
  mailproof list --versions s3://backups/zimbra/")]
pub struct Args {
    /// s3://bucket/prefix/ or file:///path/; by default the policy's store.
    store: Option<String>,
    /// Ask for the lock of every archive (two calls each).
    #[arg(long)]
    locks: bool,
    /// Ask what the store keeps of overwritten and deleted archives (one call for each 1000 versions).
    #[arg(long)]
    versions: bool,
    /// How the list is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    common: PolicyArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub fn run(args: Args) -> Result<u8, Failure> {
    let mut setup = Setup::load(&args.common)?;
    if let Some(url) = &args.store {
        let mut store = Store { url: url.clone(), ..setup.policy.store.take().unwrap_or_default() };
        args.common.store.apply(&mut store);
        setup.policy.store = Some(store);
    }
    if args.locks {
        setup.policy.archives.select = Select::All;
        setup.policy.present.lock.get_or_insert(Lock::Governance);
    }
    let settings = setup.policy.store.clone().ok_or_else(|| {
        Failure::usage("there is no store to list; name one (s3://bucket/prefix/) or a policy with a [store]")
    })?;
    let credentials = setup.credentials.as_deref();
    let tally = Tally::default();
    let inventory = setup.runtime.block_on(verify::inventory(&setup.policy, &settings, credentials, &tally));
    match inventory.map_err(Failure::usage)? {
        Ok(inventory) => {
            let asking = || verify::history(&setup.policy, &settings, &inventory, &tally);
            let asked = args.versions.then(|| setup.runtime.block_on(asking())).transpose();
            let history = asked.map_err(Failure::usage)?;
            let listing = Listing::new(&inventory, history.as_ref(), Timestamp::now());
            print(&if args.format == Format::Json {
                setup::pretty(&listing)
            } else {
                fitted(listing.table())
            })?;
            Ok(exit::PASSED)
        }
        Err(trouble) => {
            tell(&format!("mailproof: {}\n", trouble.message));
            Ok(exit::NOT_VERIFIED)
        }
    }
}
