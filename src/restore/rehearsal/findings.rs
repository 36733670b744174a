//! What a rehearsal finds. Messages are named by account, folder and item number only.

use std::time::Duration;

use jiff::Timestamp;

use super::figures::{RecoveryPoint, RecoveryTime};
use crate::legible::line;
use crate::mailbox::Item;
use crate::policy::Age;
use crate::restore::{LeftItem, Restored, Why};
use crate::verdict::{Finding, Severity, kinds};

/// A message that was put and is not there as it was.
pub(super) fn lost(account: &str, item: &Item, differs: bool) -> Finding {
    let place = item_place(account, item);
    let expected = format!("the {} bytes that were put there", item.size);
    if differs {
        let observed = "a message with other bytes in the same folder";
        return Finding::new(&kinds::REHEARSAL_MESSAGE_DIFFERS, place).expected(expected).observed(observed);
    }
    Finding::new(&kinds::REHEARSAL_MESSAGE_MISSING, place).expected(expected).observed("no such message")
}

pub(super) fn doubled(account: &str, item: &Item, put: u64, came: u64) -> Finding {
    let finding = Finding::new(&kinds::REHEARSAL_MESSAGE_DOUBLED, item_place(account, item));
    finding.expected(format!("{put} of it in its folder")).observed(format!("{came}"))
}

pub(super) fn unexpected(room: &str, count: u64) -> Finding {
    let finding = Finding::new(&kinds::REHEARSAL_MESSAGE_UNEXPECTED, format!("folder {}", line(room)));
    finding
        .expected("only what was restored")
        .observed(format!("{} that nobody put there", counted(count, "message")))
}

pub(super) fn flags(account: &str, item: &Item) -> Finding {
    let finding = Finding::new(&kinds::REHEARSAL_FLAGS_DIFFER, item_place(account, item));
    finding.expected("read, answered, flagged and draft as in the backup").observed("other flags")
}

pub(super) fn date(account: &str, item: &Item) -> Finding {
    let finding = Finding::new(&kinds::REHEARSAL_DATE_DIFFERS, item_place(account, item));
    let date = Timestamp::from_second(item.date).map_or("its date".to_owned(), |date| date.to_string());
    finding.expected(date).observed("another date of receipt")
}

pub(super) fn line_ends(count: u64, put: u64) -> Finding {
    let finding = Finding::new(&kinds::REHEARSAL_LINE_ENDS_CHANGED, format!("{count} of {put} messages"));
    finding
        .expected("lines that end as in the backup")
        .observed("the same text, with CR LF at each end of a line")
}

/// What was wanted and did not come back. What was not looked for, as the rehearsal ended before, is no finding.
pub(super) fn not_restored(restored: &Restored) -> impl Iterator<Item = Finding> {
    let place = |left: &LeftItem| format!("{}: folder {}, item {}", left.account, left.folder, left.item);
    let looked_for = restored.left.first.iter().filter(|left| !matches!(left.why, Why::Unanswered));
    looked_for.map(move |left| {
        let finding = Finding::new(&kinds::REHEARSAL_MESSAGE_NOT_RESTORED, place(left));
        finding.expected("in the sandbox").observed(left.why.to_string())
    })
}

pub(super) fn too_slow(time: &RecoveryTime, rto: Age) -> Option<Finding> {
    let (measured, target) = (time.elapsed_ms, target(rto));
    let finding =
        || Finding::new(&kinds::REHEARSAL_RTO_EXCEEDED, "restore").expected(format!("at most {rto}"));
    if measured > target {
        return Some(
            finding().observed(format!("{} until the last message was read back", duration(measured))),
        );
    }
    let whole = time.whole.filter(|whole| whole.estimate_ms > target)?;
    let observed = format!(
        "{} for the sample; the whole of {} messages would take about {}, by estimate",
        duration(measured),
        whole.messages,
        duration(whole.estimate_ms)
    );
    Some(finding().observed(observed).severity(Severity::Warning))
}

pub(super) fn too_old(point: &RecoveryPoint, rpo: Age) -> Option<Finding> {
    let target = target(rpo) / 1000;
    let finding =
        || Finding::new(&kinds::REHEARSAL_RPO_EXCEEDED, "backup").expected(format!("at most {rpo}"));
    let lost = duration(point.lost_seconds.saturating_mul(1000));
    (point.lost_seconds > target).then(|| finding().observed(format!("{lost}: {}", point.basis.words())))
}

/// A length of time as policies write it, rounded up to seconds.
fn duration(milliseconds: u64) -> String {
    Age(Duration::from_secs(milliseconds.div_ceil(1000))).to_string()
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// How messages are named.
fn item_place(account: &str, item: &Item) -> String {
    format!("{}: folder {}, item {}", line(account), item.folder, item.id)
}

fn target(Age(target): Age) -> u64 {
    u64::try_from(target.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn leftovers(count: usize) -> Finding {
    let finding = Finding::new(&kinds::REHEARSAL_LEFTOVERS, "sandbox").expected("nothing of earlier runs");
    finding.observed(format!("what {} left by an early end; it was taken away", counted(count as u64, "run")))
}

pub(super) fn not_cleaned(root: &str, why: &str) -> Finding {
    let finding = Finding::new(&kinds::REHEARSAL_NOT_CLEANED, format!("folder {}", line(root)));
    finding.expected("taken away").observed(line(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restore::rehearsal::{Basis, Whole};

    fn time(elapsed_ms: u64, whole: Option<Whole>) -> RecoveryTime {
        RecoveryTime {
            elapsed_ms,
            to_first_ms: None,
            to_last_ms: None,
            restore_ms: elapsed_ms,
            read_back_ms: 0,
            messages: 10,
            bytes: 10,
            whole,
        }
    }

    #[test]
    fn a_restore_that_takes_too_long_is_a_failure_and_an_estimate_a_warning() {
        let found = |time: &RecoveryTime| too_slow(time, Age::seconds(10)).map(|finding| finding.severity);
        assert_eq!(found(&time(10_000, None)), None);
        assert_eq!(found(&time(10_001, None)), Some(Severity::Failure));
        let whole = |estimate_ms| Some(Whole { messages: 100, bytes: 100, estimate_ms });
        assert_eq!(found(&time(1_000, whole(10_000))), None);
        assert_eq!(found(&time(1_000, whole(10_001))), Some(Severity::Warning));
    }

    #[test]
    fn a_loss_beyond_the_target_is_found_and_says_what_was_compared() {
        let point = RecoveryPoint::new(0, None, 3_601, Basis::Now, None).unwrap();
        assert_eq!(too_old(&point, Age::seconds(3_601)), None);
        let finding = too_old(&point, Age::seconds(3_600)).unwrap();
        assert!(
            finding.observed.starts_with("1h 1s: this moment against the backup"),
            "{}",
            finding.observed
        );
    }
}
