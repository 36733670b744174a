//! What became of checking a chain of records, for people.

use std::fmt::Write as _;

use super::human;
use crate::evidence::check::{Check, Holding, InBucket, KeySpan, TimeStamps, Trust, Vouching};

/// What is named of many.
const MOST_NAMED: usize = 10;

/// The report for people; ends with a line break.
#[must_use]
pub fn render(check: &Check) -> String {
    let mut text = String::new();
    headline(&mut text, check);
    broken(&mut text, check);
    signers(&mut text, check);
    stamps(&mut text, check.time_stamps);
    if let Some(bucket) = &check.bucket {
        in_bucket(&mut text, bucket);
    }
    for warning in check.warnings.iter().take(MOST_NAMED) {
        let _ = writeln!(text, "  warning: {warning}");
    }
    if check.not_in_chain > 0 {
        let _ = writeln!(text, "  not part of the chain: {} files", human::count(check.not_in_chain));
    }
    // Whoever noted the head of a chain that was cut off would take it for whole the next time.
    if let Some(head) = check.head.as_ref().filter(|_| check.outcome == Holding::Holds) {
        let _ = writeln!(text, "  head {}:{}", head.sequence, head.blake3);
        let why = match check.bucket {
            Some(_) => {
                "records that never came to the bucket, or whose locks have ended, can be missed only so"
            }
            None => {
                "a chain cut off together with its head.json can be found only so, or by a bucket with Object Lock"
            }
        };
        let _ = writeln!(text, "  note it and give it to --expect-head next time: {why}");
    }
    human::clean(&text).into_owned()
}

fn headline(text: &mut String, check: &Check) {
    let coverage = format!(
        "checked {} of {} records",
        human::count(check.coverage.checked),
        human::count(check.coverage.total)
    );
    let _ = match (check.outcome, &check.first_broken) {
        (Holding::Broken, Some(first)) => {
            writeln!(text, "BROKEN  record {} {}: {}; {coverage}", first.record, first.reason, first.detail)
        }
        (Holding::Holds, _) => {
            writeln!(text, "HOLDS  {coverage}; {} are signed", human::count(check.signed))
        }
        _ => writeln!(text, "NOT VERIFIED  {}; {coverage}", check.why.as_deref().unwrap_or_default()),
    };
    let _ = writeln!(text, "  in {}", check.folder);
}

fn broken(text: &mut String, check: &Check) {
    if check.broken_count > 1 {
        let reasons = check.reasons.iter().map(|(reason, count)| format!("{reason} {count}"));
        let reasons = reasons.collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "  {} faults in all: {reasons}", human::count(check.broken_count));
    }
    for broken in check.broken.iter().skip(1).take(MOST_NAMED) {
        let _ = writeln!(text, "    record {} {}: {}", broken.record, broken.reason, broken.detail);
    }
}

fn signers(text: &mut String, check: &Check) {
    for key in &check.keys {
        let _ = writeln!(text, "  {}", span(key));
    }
    let told = match check.trust {
        Trust::AllowedSigners => return,
        Trust::FirstRecord => {
            "the key was taken from the first record, so this proves only that the holder of one key made all of it: compare the fingerprint with one you have from elsewhere, or name a file of keys by --trust"
        }
        Trust::None => "not signed: whoever can write there can make all of it anew",
    };
    let _ = writeln!(text, "  {told}");
}

/// Which records a key was valid for, and which of them it signed.
fn span(key: &KeySpan) -> String {
    let KeySpan { fingerprint, first, last, signed } = key;
    let records = match first == last {
        true => format!("record {first}"),
        false => format!("records {first} to {last}"),
    };
    match (last + 1).saturating_sub(first + signed) {
        0 => format!("signed by {fingerprint}: {records}"),
        _ if *signed == 0 => format!("valid is {fingerprint} for {records}, and it signed none of them"),
        _ => format!("signed by {fingerprint}: {} of the {records}", human::count(*signed)),
    }
}

fn stamps(text: &mut String, stamps: TimeStamps) {
    let TimeStamps { stamped, missing, without, vouching } = stamps;
    // Who names an authority wants to know also that there is nothing of it.
    if stamped + missing == 0 && vouching == Vouching::Nobody {
        return;
    }
    let _ = writeln!(
        text,
        "  time stamps: {} hold, {} are missing as the authority gave none, for {} none was asked",
        human::count(stamped),
        human::count(missing),
        human::count(without)
    );
    if stamped > 0 && vouching == Vouching::Nobody {
        let told = "nobody vouches for the authority of the time stamps, so the times are worth no more than those of the machine: \
                    name its certificate by --timestamp-ca";
        let _ = writeln!(text, "  {told}");
    }
}

fn in_bucket(text: &mut String, InBucket { versions_unknown, repeated, locks }: &InBucket) {
    let records = locks.locked + locks.unlocked + locks.unknown;
    let modes = [
        (locks.compliance, "compliance"),
        (locks.governance, "governance"),
        (locks.legal_hold, "legal hold"),
    ];
    let modes = modes.into_iter().filter(|(count, _)| *count > 0);
    let modes: Vec<String> = modes.map(|(count, mode)| format!("{mode} {}", human::count(count))).collect();
    let until = locks.earliest_end.as_ref().map(|end| format!("; the first lock ends {end}"));
    let _ = writeln!(
        text,
        "  {} of {} records are locked{}{}{}",
        human::count(locks.locked),
        human::count(records),
        if modes.is_empty() { "" } else { ": " },
        modes.join(", "),
        until.unwrap_or_default()
    );
    if locks.unlocked > 0 {
        let _ = writeln!(
            text,
            "  warning: {} of them can be taken away by whoever may delete there; name a retention in [evidence.bucket], and a bucket with Object Lock",
            human::count(locks.unlocked)
        );
    }
    if let Some(why) = &locks.why_unknown {
        let _ = writeln!(text, "  whether {} are locked is not known: {why}", human::count(locks.unknown));
    }
    let versions = match versions_unknown {
        Some(why) => format!("whether something was written over records or deleted is not known: {why}"),
        None if *repeated > 0 => {
            format!("all versions were looked at; {} hold the same bytes once more", human::count(*repeated))
        }
        None => "all versions were looked at".to_owned(),
    };
    let _ = writeln!(text, "  {versions}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_said_to_have_signed_what_it_signed() {
        let told =
            |first, last, signed| span(&KeySpan { fingerprint: "SHA256:x".to_owned(), first, last, signed });
        assert_eq!(told(11, 11, 1), "signed by SHA256:x: record 11");
        assert_eq!(told(1, 10, 10), "signed by SHA256:x: records 1 to 10");
        assert_eq!(told(1, 10, 9), "signed by SHA256:x: 9 of the records 1 to 10");
        assert_eq!(told(11, 11, 0), "valid is SHA256:x for record 11, and it signed none of them");
    }
}
