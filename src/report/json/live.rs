//! What the live mailboxes say of an archive, as JSON; part of `mailproof/result/v1`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::restorable::Identity;
use crate::compare::{Compared, MailboxSample};
use crate::policy::Share;
use crate::verdict::Coverage;

/// Millionths of what is sure.
const CERTAIN: u32 = 1_000_000;

/// A sample of an archive's messages, compared with the live mailboxes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Live {
    /// 64 hexadecimal digits; whoever has them draws the same messages.
    pub seed: String,
    /// How many messages were compared, of how many.
    pub coverage: Coverage,
    /// What the sample says of all messages of the accounts that could be read; absent where one of them differs or is in
    /// doubt.
    pub statement: Option<Statement>,
    /// Each account, in the archive's order.
    pub accounts: Vec<LiveAccount>,
}

/// What a sample without a difference says of all it was drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// How sure, in millionths; 1000000 where all was drawn, which leaves nothing to chance.
    pub confidence_ppm: u32,
    /// Messages that could have been drawn.
    pub population: u64,
    /// Messages that were compared and are the same, byte for byte.
    pub same: u64,
    /// Messages that were compared and are the same but for line ends.
    pub line_ends: u64,
    /// No more of the population than so many differ.
    pub at_most: u64,
}

/// One account's part of a sample.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LiveAccount {
    /// Whose mailbox it is.
    pub account: String,
    /// Messages in the backup.
    pub population: u64,
    /// Messages that were to be compared.
    pub wanted: u64,
    /// How many of the drawn messages are `same`, `differs`, `changed-since`, `deleted-since`, `missing-live` (deleted
    /// or lost), `lost`, `set-back`, `withheld` or `unverifiable`.
    pub differences: BTreeMap<String, u64>,
    /// Those among the same that were moved, tagged or flagged since; absent where the server does not tell, as only Zimbra does.
    pub moved: Option<u64>,
    /// Messages of the live mailbox.
    pub live_messages: Option<u64>,
    /// Those among them that are older than the backup's newest and are not in it.
    pub missing_in_backup: Option<u64>,
    /// Older ones of which nobody looked whether they are in it, as too many look like none of it, or as the export holds a
    /// part of its mailbox by intent (an incremental one).
    pub not_looked_for: Option<u64>,
    /// The policy accepts that its mail is gone (`sample.accept_gone`).
    pub accepted_gone: bool,
    /// Why it could not be compared.
    pub error: Option<String>,
}

impl From<&Compared> for Live {
    fn from(compared: &Compared) -> Self {
        let statement = compared.statement.map(|said| Statement {
            confidence_ppm: said.confidence.map_or(CERTAIN, Share::millionths),
            population: said.population,
            same: said.checked.saturating_sub(compared.line_ends()),
            line_ends: compared.line_ends(),
            at_most: said.at_most,
        });
        Self {
            seed: compared.seed.to_string(),
            coverage: compared.coverage(),
            statement,
            accounts: compared.mailboxes.iter().map(LiveAccount::from).collect(),
        }
    }
}

impl From<&MailboxSample> for LiveAccount {
    fn from(sample: &MailboxSample) -> Self {
        let comparison = sample.comparison.as_ref().ok();
        let mut differences = BTreeMap::new();
        for (_, difference) in comparison.iter().flat_map(|comparison| &comparison.messages) {
            *differences.entry(difference.to_string()).or_default() += 1;
        }
        Self {
            account: sample.account.clone(),
            population: sample.population,
            wanted: sample.wanted,
            differences,
            moved: comparison
                .filter(|comparison| comparison.identity == Identity::Number)
                .map(|comparison| comparison.moved),
            live_messages: comparison.map(|comparison| comparison.live),
            missing_in_backup: comparison.map(|comparison| comparison.missing.len() as u64),
            not_looked_for: comparison.map(|comparison| comparison.not_looked),
            accepted_gone: sample.accepted,
            error: sample.comparison.as_ref().err().cloned(),
        }
    }
}
