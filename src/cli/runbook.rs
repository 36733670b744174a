use std::path::{Path, PathBuf};

use super::evidence::{Chain, setup_of, unreadable};
use super::report::{Output, written};
use super::{Failure, setup};
use crate::report::document::Document;
use crate::report::runbook::{self, Chained, Governing, HeldTo, Question};

/// Writes the operational guide: how mail is brought back, with real commands, from the policies and the last results.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mailproof report runbook --policy /etc/mailproof/nightly.toml
  mailproof report runbook --policy /etc/mailproof/nightly.toml /etc/mailproof/rehearsal.toml \\
    --trust allowed_signers --format html --output runbook.html --force")]
pub struct RunbookArgs {
    /// The policies of this installation; may be given several times.
    #[arg(short, long = "policy", value_name = "FILE", num_args = 1.., required = true)]
    policies: Vec<PathBuf>,
    /// Folder of the records; by default those of the policies or the system.
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// File of the keys that may sign, as `ssh-keygen -Y verify -f` takes it (`mailproof ssh-ed25519 AAAA…`).
    #[arg(long, value_name = "ALLOWED_SIGNERS")]
    trust: Option<PathBuf>,
    /// Let a chain pass that nobody signed.
    #[arg(long)]
    unsigned: bool,
    #[command(flatten)]
    pub output: Output,
}

impl RunbookArgs {
    pub fn document(&self) -> Result<Document, Failure> {
        let (mut policies, mut folders) = (Vec::new(), Vec::new());
        for file in &self.policies {
            let (governing, folder) = self.governing(file)?;
            policies.push(governing);
            folders.push(folder);
        }
        folders.sort();
        folders.dedup();
        let chains = folders.into_iter().map(|folder| self.chained(folder)).collect::<Result<_, _>>()?;
        let question = Question {
            policies,
            chains,
            language: self.output.language(),
            records: self.records.as_deref().map(setup::from_root),
            held_to: self.held_to(),
            written: written()?,
        };
        runbook::compose(&question)
            .map_err(|error| Failure::internal(format!("the records can't be listed: {error}; try again")))
    }

    fn held_to(&self) -> HeldTo {
        HeldTo { trust: self.trust.as_deref().map(setup::from_root), unsigned: self.unsigned }
    }

    /// The policy by a path that holds wherever the guide is read, and the folder of its records.
    fn governing(&self, file: &Path) -> Result<(Governing, PathBuf), Failure> {
        let setup = setup_of(Some(setup::from_root(file)), self.records.clone())?;
        let source = setup.source().map(|(file, digest)| (file.to_owned(), digest.to_owned()));
        let (file, digest) = source.unwrap_or_default();
        let folder = setup::from_root(&setup.records());
        Ok((Governing { file, digest, policy: setup.policy }, folder))
    }

    /// Where there is no folder yet nothing was run; the guide says so.
    fn chained(&self, folder: PathBuf) -> Result<Chained, Failure> {
        match std::fs::metadata(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Chained { folder, check: None });
            }
            Err(error) => return Err(unreadable(&folder, &error)),
            Ok(_) => {}
        }
        let check = Chain::held_to(self.trust.clone(), self.unsigned).check(&folder)?;
        Ok(Chained { folder, check: Some(check) })
    }
}
