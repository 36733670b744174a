mod records;

use jiff::Timestamp;

use super::args::PolicyArgs;
use super::setup::Setup;
use super::{Failure, fitted, print};
use crate::archive::decrypt::Keyring;
use crate::event::Tally;
use crate::exit;
use crate::live::Fault;
use crate::policy::Select;
use crate::report::human;
use crate::report::shell::quoted;
use crate::restore::rehearsal;
use crate::verify::{self, Inventory, Selection, Target, Tools};

/// Asks everything a verification needs, and says the next step for each answer.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exits with 0 if a verification can run, with 20 if something is in its way.

Example:
  mailproof doctor --policy /etc/mailproof/nightly.toml")]
pub struct Args {
    /// An archive to try; by default the newest of the policy's store.
    archive: Option<String>,
    /// Whose mailbox to ask the mail server of [live] for; by default that of the newest archive, where its key names one.
    #[arg(long, value_name = "ADDRESS")]
    account: Option<String>,
    #[command(flatten)]
    common: PolicyArgs,
}

pub fn run(args: Args) -> Result<u8, Failure> {
    let setup = Setup::load(&args.common)?;
    let policy = args.common.policy.as_ref().map(|file| quoted(&file.to_string_lossy()));
    let mut visit = Visit { setup: &setup, policy, account: args.account.clone(), well: true };
    visit.policy(&args)?;
    let keyring = visit.keys()?;
    let target = visit.store(&args)?;
    if let (Some(keyring), Some(target)) = (keyring, target) {
        visit.archive(&keyring, &target)?;
    }
    visit.live(&args)?;
    visit.sandbox()?;
    visit.records()?;
    Ok(if visit.well { exit::PASSED } else { exit::NOT_VERIFIED })
}

/// A walk from question to question.
struct Visit<'a> {
    setup: &'a Setup,
    /// The policy as a shell takes it.
    policy: Option<String>,
    /// Whose mailbox the mail server is asked for.
    account: Option<String>,
    well: bool,
}

impl Visit<'_> {
    fn good(&self, what: &str, answer: &str) -> Result<(), Failure> {
        print(&fitted(format!("ok       {what}: {}\n", human::clean(answer))))
    }

    fn bad(&mut self, what: &str, answer: &str) -> Result<(), Failure> {
        self.well = false;
        print(&fitted(format!("PROBLEM  {what}: {}\n", human::clean(answer))))
    }

    fn policy(&self, args: &Args) -> Result<(), Failure> {
        match &args.common.policy {
            Some(file) => self.good("policy", &format!("{} has no problems", file.display())),
            None => self.good("policy", "none given, the defaults hold"),
        }
    }

    fn keys(&mut self) -> Result<Option<Keyring>, Failure> {
        match Keyring::load(&self.setup.policy.keys, self.setup.credentials.as_deref()) {
            Ok(keyring) if keyring.is_empty() => {
                self.bad("keys", "none given; name an identity file with `keys.identities` in the policy or with --identity")?;
                Ok(None)
            }
            Ok(keyring) => {
                for held in keyring.describe() {
                    let public = held.public.as_deref().unwrap_or("");
                    self.good("key", &format!("{} from {} {public}", held.kind, held.file))?;
                }
                Ok(Some(keyring))
            }
            Err(error) => {
                self.bad("keys", &error.to_string())?;
                Ok(None)
            }
        }
    }

    fn store(&mut self, args: &Args) -> Result<Option<Target>, Failure> {
        match &args.archive {
            Some(archive) => self.named(archive, args),
            None => self.newest(),
        }
    }

    fn named(&mut self, archive: &String, args: &Args) -> Result<Option<Target>, Failure> {
        let selection = match self.setup.select(std::slice::from_ref(archive), &args.common.store) {
            Ok(selection) => selection,
            Err(failure) => {
                self.bad("store", &failure.message)?;
                return Ok(None);
            }
        };
        let Selection { mut targets, troubles, .. } = selection;
        for trouble in &troubles {
            self.bad("store", &trouble.message)?;
        }
        Ok(targets.pop())
    }

    fn newest(&mut self) -> Result<Option<Target>, Failure> {
        let Some(settings) = &self.setup.policy.store else {
            self.bad("store", "none given; write a [store] into the policy, or name an archive")?;
            return Ok(None);
        };
        let credentials = self.setup.credentials.as_deref();
        let tally = Tally::default();
        let inventory = verify::inventory(&self.setup.policy, settings, credentials, &tally);
        let problem = match self.setup.runtime.block_on(inventory) {
            Ok(Ok(inventory)) => return self.newest_of(&settings.url, &inventory),
            Ok(Err(trouble)) => trouble.message,
            Err(error) => error.to_string(),
        };
        self.bad("store", &problem)?;
        Ok(None)
    }

    fn newest_of(&mut self, url: &str, inventory: &Inventory) -> Result<Option<Target>, Failure> {
        let catalogue = &inventory.catalogue;
        let count: usize = catalogue.series.iter().map(|series| series.archives.len()).sum();
        let archives = human::counted(count as u64, "archive", "archives");
        self.good("store", &format!("{url} answers; {archives} in {} series", catalogue.series.len()))?;
        let Some((series, newest)) =
            catalogue.selected(Select::Newest).max_by_key(|(_, archive)| archive.time)
        else {
            self.bad(
                "archives",
                "there is none; look at `mailproof list` and at `archives.key` in the policy",
            )?;
            return Ok(None);
        };
        self.account = self.account.take().or_else(|| series.account.clone());
        let age = newest.time.map(|time| Timestamp::now().duration_since(time).as_millis());
        let age = age.and_then(|age| u64::try_from(age).ok()).map_or("unknown".to_owned(), human::duration);
        self.good("newest", &format!("{}, {}, age {age}", newest.name, human::size(newest.object.size)))?;
        let store = std::sync::Arc::clone(&inventory.store);
        Ok(Some(Target { store, key: newest.object.key.clone(), present: None, made: None, retries: 0 }))
    }

    fn archive(&mut self, keyring: &Keyring, target: &Target) -> Result<(), Failure> {
        let tools = Tools {
            keyring,
            limits: &self.setup.policy.limits,
            runtime: self.setup.runtime.handle(),
            cancel: &self.setup.cancel,
            live: None,
        };
        match verify::opens(tools, target) {
            Ok(()) => self.good(
                "opening",
                &format!("{} opens; `mailproof verify` reads it to its end", target.address()),
            ),
            Err(problem) => self.bad("opening", &format!("{}: {problem}", target.address())),
        }
    }

    fn live(&mut self, args: &Args) -> Result<(), Failure> {
        let Some(live) = &self.setup.policy.live else {
            let unasked = args.account.is_none();
            let problem = "no mail server is named; write a [live] into the policy, or leave --account out";
            return if unasked { Ok(()) } else { self.bad("live", problem) };
        };
        let server = match self.setup.server_of(live) {
            Ok(server) => server,
            Err(failure) => return self.bad("live", &failure.message),
        };
        let account = self.account.clone();
        let error = match (server.check(account.as_deref()), &account) {
            (Ok(Some(folders)), Some(account)) => {
                let folders = human::counted(folders, "folder", "folders");
                let answer = format!("{} answers; {account} has {folders}", server.address());
                return self.good("live", &answer);
            }
            (Ok(_), _) => {
                let step = "--account ADDRESS asks for a mailbox too";
                return self.good("live", &format!("{} answers and lets us in; {step}", server.address()));
            }
            (Err(error), _) => error,
        };
        let also = match (&error.fault, account) {
            (Fault::Refused { .. }, None) => {
                "; where the user may log in for others only, as Dovecot's master users, name one with --account"
            }
            (Fault::Unavailable { .. }, Some(_)) => {
                "; Dovecot also ends the connection where it knows no such account: check the account's name"
            }
            _ => "",
        };
        self.bad("live", &format!("{error}{also}"))
    }

    /// Asks of the sandbox all that a rehearsal asks before it writes.
    fn sandbox(&mut self) -> Result<(), Failure> {
        let Some(rules) = &self.setup.policy.rehearsal else { return Ok(()) };
        let mut sandbox = match super::rehearse::sandbox(self.setup, rules) {
            Ok(sandbox) => sandbox,
            Err(failure) => return self.bad("sandbox", &failure.message),
        };
        let live = self.setup.policy.live.as_ref();
        let of_account = self.account.iter().map(|account| rehearsal::may_hold(rules, live, account));
        if let Some(refusal) = of_account.into_iter().find_map(Result::err) {
            return self.bad("sandbox", &refusal.to_string());
        }
        match rehearsal::admit(&mut *sandbox, rules, live) {
            Ok(left) => self.good("sandbox", &admitted(sandbox.address(), &rules.account, left.len())),
            Err(refusal) => self.bad("sandbox", &refusal.to_string()),
        }
    }
}

/// What is known of a sandbox that is one.
fn admitted(address: &str, account: &str, left: usize) -> String {
    let left = match left {
        0 => "empty".to_owned(),
        left => format!(
            "empty but for {} of earlier rehearsals",
            human::counted(left as u64, "folder", "folders")
        ),
    };
    format!("{address} is marked for {account} and {left}")
}
