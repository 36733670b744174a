use jiff::Timestamp;

use super::{Comparison, Difference};
use crate::check::meaningful::export::item_place;
use crate::verdict::{Finding, Findings, kinds};

/// What is to be said of one mailbox after its sample was compared. Names folders and items by number only.
#[must_use]
pub fn findings(account: &str, comparison: &Comparison) -> Findings {
    let mut findings = Findings::default();
    for (item, difference) in &comparison.messages {
        if *difference == Difference::Differs {
            let finding = Finding::new(&kinds::LIVE_MESSAGE_DIFFERS, item_place(account, item));
            let expected = format!("the {} bytes of the backup", item.size);
            let observed = match comparison.explained.get(&item.id) {
                Some(explanation) => format!("another version: {explanation}"),
                None => "a message of the same size and second with other bytes".to_owned(),
            };
            findings.push(finding.expected(expected).observed(observed));
        }
    }
    for missing in &comparison.missing {
        let date = missing.date.and_then(|date| Timestamp::from_second(date).ok());
        let date = date.map_or("at an unknown time".to_owned(), |date| format!("at {date}"));
        let subject =
            format!("{account}: a message of {} bytes that came {date} (UID {})", missing.size, missing.uid);
        let finding = Finding::new(&kinds::LIVE_MESSAGE_NOT_IN_BACKUP, subject);
        findings.push(finding.expected("in the backup, which is newer").observed("no item with its bytes"));
    }
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
    findings
}
