//! What the doctor asks of records: the key, the chain from end to end, the authority for stamps, the bucket.

use std::path::Path;

use super::Visit;
use crate::archive::storage::Locking;
use crate::cli::records::Records;
use crate::cli::{Failure, evidence as command};
use crate::evidence::check::{self, Broken, Check, Holding, Question};
use crate::evidence::stamp::Authority;
use crate::evidence::{self, Depot, Readiness};
use crate::report::human;

impl Visit<'_> {
    /// Asks of the records all that a run asks before it begins, and whether the whole chain holds.
    pub(super) fn records(&mut self) -> Result<(), Failure> {
        let records = match Records::of(self.setup) {
            Ok(records) => records,
            Err(failure) => return self.bad("records", &failure.message),
        };
        let chain = records.chain();
        match chain.key() {
            Some(key) => self.good("record key", &format!("{:?} signs the records", key.public()))?,
            None => self.good("record key", "none given; records are chained and not signed")?,
        }
        if chain.folder().exists() {
            match chain.prepare() {
                Ok(()) => self.good("records", &format!("go to {}", chain.folder().display()))?,
                Err(error) => self.bad("records", &error.to_string())?,
            }
        } else {
            self.new_records(chain.folder())?;
        }
        if chain.folder().is_dir() {
            self.chain(chain.folder())?;
        }
        chain.authority().map_or(Ok(()), |authority| self.stamps(authority))?;
        records.depot().map_or(Ok(()), |depot| self.bucket(depot, chain.folder()))
    }

    /// A run looks at the end of the chain alone, so somebody has to look at all of it.
    fn chain(&mut self, folder: &Path) -> Result<(), Failure> {
        let question = Question { unsigned: true, ..Question::default() };
        let check = match check::check(folder, &question) {
            Ok(check) => check,
            Err(error) => return self.bad("record chain", &command::unreadable(folder, &error).message),
        };
        match (check.outcome, &check.first_broken) {
            (Holding::Broken, Some(first)) => self.bad("record chain", &self.told(&check, first)),
            (Holding::NotVerified, _) if check.coverage.total == 0 => Ok(()),
            (Holding::NotVerified, _) => self.bad("record chain", check.why.as_deref().unwrap_or_default()),
            _ => {
                let records = human::counted(check.coverage.checked, "record", "records");
                self.good("record chain", &format!("{records} from the first to the last, and it holds"))
            }
        }
    }

    fn told(&self, check: &Check, first: &Broken) -> String {
        let bucket = self.setup.policy.evidence.bucket.as_ref();
        let step = check.next_step(bucket.map(|bucket| bucket.store.url.as_str())).unwrap_or_default();
        format!("BROKEN  record {} {}: {}; {step}", first.record, first.reason, first.detail)
    }

    /// Asks the bucket for records what it lacks, and whether more could go there.
    fn bucket(&mut self, depot: &Depot, folder: &Path) -> Result<(), Failure> {
        let address = depot.address();
        let readiness = match depot.readiness(folder) {
            Ok(readiness) => readiness,
            Err(error) => return self.bad("record bucket", &error.to_string()),
        };
        if let Some(left) = &readiness.left {
            let problem = "the store kept an object whose checksum is of other bytes";
            self.bad(
                "record bucket",
                &format!("{left}: {problem}; its lock ends in two minutes, take it away then"),
            )?;
        }
        match &readiness.locking {
            Locking::On => {
                self.good("record bucket", &format!("{address} answers, has Object Lock on and lets us write"))?;
            }
            Locking::Off => self.bad(
                "record bucket",
                &format!("{address}: Object Lock is off; make a bucket with it (most stores turn it on only when a bucket is made)"),
            )?,
            Locking::Unknown(why) => self.bad(
                "record bucket",
                &format!("{address}: whether Object Lock is on is not known ({why}); allow s3:GetBucketObjectLockConfiguration"),
            )?,
        }
        self.there(&readiness)
    }

    /// What the bucket has of the chain, and what it lost.
    fn there(&mut self, readiness: &Readiness) -> Result<(), Failure> {
        let Readiness { lacks, has, taken, lost, strays, locking, .. } = readiness;
        let all = human::counted(lacks + has, "record", "records");
        let upload = match (&self.policy, locking) {
            (_, Locking::Off) => "nothing goes there before Object Lock is on".to_owned(),
            (Some(policy), _) => format!("run `mailproof evidence upload --policy {policy}`"),
            (None, _) => "run `mailproof evidence upload` with the policy that names it".to_owned(),
        };
        if !taken.is_empty() {
            let problem = format!(
                "{taken} not there though later ones are, so they were taken away; {upload}, which puts back what is missing and says so"
            );
            self.bad("records there", &problem)?;
        }
        if !lost.is_empty() {
            let problem = format!(
                "the folder lacks {lost}, of which files lie there; fetch what is missing (docs/evidence.md, \"A record is lost\")"
            );
            self.bad("records there", &problem)?;
        }
        if !strays.is_empty() {
            self.bad("records there", &strays.to_string())?;
        }
        match lacks {
            0 => self.good("records there", &format!("{all}, which is all that the folder has")),
            _ => self.bad("records there", &format!("it lacks {} of {all}; {upload}", human::count(*lacks))),
        }
    }

    fn stamps(&mut self, authority: &Authority) -> Result<(), Failure> {
        match authority.stamp(b"a question of mailproof doctor") {
            Ok(_) => self.good("time stamps", &format!("{} gives them", authority.url())),
            Err(why) => self.bad("time stamps", &format!("{}: {why}", authority.url())),
        }
    }

    /// Asks whether a folder can be made that is not there yet.
    fn new_records(&mut self, folder: &Path) -> Result<(), Failure> {
        // A relative path ends in an empty one, which stands for the folder we are in.
        let mut places = folder.ancestors().map(|place| Path::new(".").join(place));
        let existing = places.find(|place| place.exists());
        let writable = existing.is_some_and(|place| evidence::probe(&place).is_ok());
        let shown = folder.display();
        if writable {
            self.good("records", &format!("go to {shown}"))
        } else {
            self.bad(
                "records",
                &format!("{shown} can't be written; make it writable or name another with `run.records`"),
            )
        }
    }
}
