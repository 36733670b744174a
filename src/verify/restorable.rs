//! What the live mailboxes let one claim of an archive.

use aws_lc_rs::rand;

use super::result::{ArchiveResult, Trouble};
use crate::archive::storage::Object;
use crate::check::restorable;
use crate::compare::{Compared, MailboxSample};
use crate::mailbox::sample::Seed;
use crate::policy;
use crate::verdict::{Finding, Findings, Rung, Severity, Standing, State, kinds};

/// So many messages of a mailbox may be gone, whatever their share: people clean up.
const MOST_GONE: u64 = 10;
const ACCEPT: &str =
    "look what became of them; if its mail is deleted on purpose, name it in `sample.accept_gone`";

/// The seed that is to be used again, or one for this version of this object that nobody could know before.
pub fn seed(rules: &policy::Sample, object: &Object) -> Result<Seed, Trouble> {
    if let Some(bytes) = rules.seed {
        return Ok(Seed::from(bytes));
    }
    let mut nonce = [0; 32];
    rand::fill(&mut nonce).map_err(|_| Trouble::internal("compare", "the system gave no random numbers"))?;
    let mut identity = blake3::Hasher::new();
    for part in [Some(&object.key), object.etag.as_ref(), object.version.as_ref()] {
        identity.update(part.map_or(&[], |part| part.as_bytes())).update(&[0]);
    }
    Ok(Seed::new(identity.finalize().as_bytes(), &nonce))
}

/// What was found in the samples.
pub fn findings(compared: &Compared) -> Findings {
    let mut all = Findings::default();
    for MailboxSample { account, comparison, vanished, .. } in &compared.mailboxes {
        if let Ok(comparison) = comparison {
            all.append(restorable::findings(account, comparison, vanished));
        }
    }
    all
}

/// Accounts whose loss the policy accepts and that no archive of a run has; nothing where one was not compared, which may
/// have them.
pub fn unknown_accepted(rules: &policy::Sample, archives: &[ArchiveResult]) -> Findings {
    let mut findings = Findings::default();
    let compared: Option<Vec<&Compared>> = archives.iter().map(|archive| archive.compared.as_ref()).collect();
    let Some(compared) = compared.filter(|compared| !compared.is_empty()) else { return findings };
    let is_known = |name: &String| {
        let mut mailboxes = compared.iter().flat_map(|compared| &compared.mailboxes);
        mailboxes.any(|mailbox| mailbox.account.eq_ignore_ascii_case(name))
    };
    findings.extend(rules.accept_gone.iter().filter(|name| !is_known(name)).map(|name| {
        let finding = Finding::new(&kinds::ACCEPTED_ACCOUNT_UNKNOWN, name);
        finding.expected("an account of the archives").observed("none of them has it")
    }));
    findings
}

/// What kept mailboxes from being compared.
pub fn troubles(compared: &Compared) -> impl Iterator<Item = Trouble> {
    let failed = compared.mailboxes.iter().filter(|mailbox| !mailbox.closed);
    let failed = failed.filter_map(|mailbox| mailbox.comparison.as_ref().err());
    failed.map(|message| Trouble { stage: "compare", message: message.clone(), internal: false })
}

/// Judges the rung `restorable`, which stands on `meaningful`.
pub fn standing(compared: &Compared, standings: &[Standing]) -> Standing {
    let claim = |state, reason| Standing { rung: Rung::Restorable, state, reason };
    let open = |reason: String| claim(State::NotProven, Some(reason));
    if let Some(failure) = findings(compared).iter().find(|finding| finding.severity == Severity::Failure) {
        return claim(State::Disproven, Some(failure.kind.id.to_owned()));
    }
    if let Some(trouble) = troubles(compared).next() {
        return open(trouble.message);
    }
    if let Some(mailbox) = compared.mailboxes.iter().find(|mailbox| doubtful(mailbox) > 0) {
        let count = doubtful(mailbox);
        let messages = if count == 1 { "message" } else { "messages" };
        return open(format!(
            "{}: {count} {messages} could not be held against those of the server{}",
            mailbox.account,
            unsearched(mailbox).map(|reason| format!(": {reason}")).unwrap_or_default()
        ));
    }
    if compared.checked() == 0 {
        return open("no message was compared".to_owned());
    }
    if let Some(reason) = emptied(compared) {
        return open(reason);
    }
    if let Some(reason) = thinned(compared) {
        return open(reason);
    }
    let below = standings.iter().find(|standing| standing.rung == Rung::Meaningful);
    match below {
        Some(Standing { state: State::Proven, .. }) => claim(State::Proven, None),
        _ => open(format!("it stands on `{}`, which is not proven", Rung::Meaningful)),
    }
}

/// Why all of them together do not speak for a mailbox of which nothing is there any more, however small it was.
fn emptied(compared: &Compared) -> Option<String> {
    let is_emptied = |mailbox: &&MailboxSample| {
        let gone = mailbox.comparison.as_ref().is_ok_and(|comparison| {
            let gone = comparison.count("missing-live");
            gone > 0 && gone == comparison.messages.len() as u64
        });
        gone && !mailbox.accepted
    };
    let mut emptied = compared.mailboxes.iter().filter(is_emptied);
    let first = emptied.next()?;
    let others = match emptied.count() {
        0 => String::new(),
        others => format!(" (and so of {others} more)"),
    };
    Some(format!(
        "{}: no message of it that was drawn is in the live mailbox any more{others}; {ACCEPT}",
        first.account
    ))
}

/// Why the rest of a mailbox, or of all of them, of which each may be small, says too little: so much is gone or changed, for
/// all that the server tells, that nobody deletes in the time between two backups. What the policy accepts does not count.
fn thinned(compared: &Compared) -> Option<String> {
    let (mut all_gone, mut all_drawn) = (0, 0);
    let counted = compared.mailboxes.iter().filter(|mailbox| !mailbox.accepted);
    for mailbox in counted {
        let Ok(comparison) = &mailbox.comparison else { continue };
        let (gone, drawn) = gone(comparison);
        if are_many(gone, drawn) {
            let account = &mailbox.account;
            return Some(format!(
                "{account}: {gone} of {drawn} messages that were drawn are not in the live mailbox as they were; {ACCEPT}"
            ));
        }
        (all_gone, all_drawn) = (all_gone + gone, all_drawn + drawn);
    }
    are_many(all_gone, all_drawn).then(|| {
        format!("{all_gone} of {all_drawn} messages that were drawn are not in the live mailboxes as they were; {ACCEPT}")
    })
}

/// How many messages are gone or changed, for all that the server tells, of those that were drawn.
fn gone(comparison: &restorable::Comparison) -> (u64, u64) {
    let drawn = comparison.messages.len() as u64;
    (drawn - comparison.checked() - comparison.count("deleted-since"), drawn)
}

fn are_many(gone: u64, drawn: u64) -> bool {
    gone >= MOST_GONE && gone * 4 >= drawn
}

/// Why messages were not looked for to the end, where that is so.
fn unsearched(mailbox: &MailboxSample) -> Option<String> {
    let comparison = mailbox.comparison.as_ref().ok()?;
    let mut doubtful = comparison.messages.iter().filter(|(_, difference)| difference.is_doubtful());
    doubtful.find_map(|(_, difference)| difference.unverifiable())
}

fn doubtful(mailbox: &MailboxSample) -> u64 {
    mailbox.comparison.as_ref().map_or(0, restorable::Comparison::doubtful)
}
