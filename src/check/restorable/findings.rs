use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{BackupFolder, Comparison, Difference, Explanation, Identity, Missing, Number, folders};
use crate::check::meaningful::export::item_place;
use crate::mailbox::{Item, ItemId};
use crate::verdict::{Finding, Findings, kinds};

/// How a message is called: by its account, folder and number.
#[must_use]
pub fn place(account: &str, item: &Item) -> String {
    item_place(account, item)
}

/// What is to be said of one mailbox after its sample was compared. `folders` are those of the backup that may have
/// vanished; they alone are named by their path, all else by number.
#[must_use]
pub fn findings(
    account: &str,
    comparison: &Comparison,
    folders: &BTreeMap<ItemId, BackupFolder>,
) -> Findings {
    let mut findings = Findings::default();
    for (item, difference) in &comparison.messages {
        let explanation = comparison.explained.get(&item.id);
        if let Some(finding) = of_message(account, item, difference, comparison.identity, explanation) {
            findings.push(finding);
        }
    }
    for missing in &comparison.missing {
        findings.push(not_in_backup(account, missing));
    }
    findings.extend(folders::findings(account, comparison, folders));
    let line_ends = comparison.count("line-ends");
    if line_ends > 0 {
        let finding = Finding::new(&kinds::LIVE_LINE_ENDS, account);
        let compared = comparison.checked();
        let observed = format!("equal but for line ends: {line_ends} of {compared} that were compared");
        findings.push(finding.expected("the bytes of the backup").observed(observed));
    }
    let gone = comparison.count("missing-live");
    if gone > 0 {
        let finding = Finding::new(&kinds::LIVE_MESSAGES_GONE, account);
        let drawn = comparison.messages.len();
        findings.push(
            finding
                .expected(format!("{drawn} messages that were drawn from the backup"))
                .observed(format!("{gone} of them are not in the live mailbox any more")),
        );
    }
    findings.about(account)
}

fn of_message(
    account: &str,
    item: &Item,
    difference: &Difference,
    identity: Identity,
    explanation: Option<&Explanation>,
) -> Option<Finding> {
    let version = |unexplained: &str| match explanation {
        Some(explanation) => format!("another version: {explanation}"),
        None => unexplained.to_owned(),
    };
    let (kind, expected, observed) = match (difference, identity) {
        (Difference::Differs, Identity::Content) => (
            &kinds::LIVE_MESSAGE_DIFFERS,
            format!("the {} bytes of the backup", item.size),
            version("a message of its second with other bytes"),
        ),
        (Difference::Differs, Identity::Number) => (
            &kinds::LIVE_MESSAGE_DIFFERS,
            format!("the {} bytes of the backup, as its content did not change since", item.size),
            version("other bytes"),
        ),
        (Difference::Lost, _) => (
            &kinds::LIVE_MESSAGE_LOST,
            "the message, or the trace of its deletion".to_owned(),
            "neither".to_owned(),
        ),
        (Difference::SetBack, _) => (
            &kinds::LIVE_MESSAGE_SET_BACK,
            format!("content of change {} or newer", item.mod_content),
            "an older one: the mailbox is not as far as the backup".to_owned(),
        ),
        (Difference::Withheld(reason), _) => (
            &kinds::LIVE_MESSAGE_WITHHELD,
            format!("the {} bytes that the server lists", item.size),
            reason.clone(),
        ),
        _ => return None,
    };
    Some(Finding::new(kind, item_place(account, item)).expected(expected).observed(observed))
}

fn not_in_backup(account: &str, missing: &Missing) -> Finding {
    let date = missing.date.and_then(|date| Timestamp::from_second(date).ok());
    let date = date.map_or("at an unknown time".to_owned(), |date| format!("at {date}"));
    let (number, known_by) = match missing.number {
        Number::Uid(uid) => (format!("UID {uid}"), "no item with its bytes"),
        Number::Item(id, folder) => (format!("folder {folder}, item {id}"), "no such item"),
    };
    let subject = format!("{account}: a message of {} bytes that came {date} ({number})", missing.size);
    let finding = Finding::new(&kinds::LIVE_MESSAGE_NOT_IN_BACKUP, subject);
    finding.expected("in the backup, which is newer").observed(known_by)
}
