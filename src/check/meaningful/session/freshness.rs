//! The newest session in an archive is as new as the archive.
//!
//! A job that packs what lies there goes on when zmbackup has stopped: each night an archive with the name of that night
//! and the same old mail. Its own time tells.

use super::listing::Listed;
use super::timing::Stale;
use super::{Around, subject};
use crate::check::meaningful::Meaning;
use crate::check::{length, moment};
use crate::mailbox::zimbra::zmbackup::{Place, SessionName, Status};
use crate::verdict::{Finding, Severity, kinds};

/// Judges a folder of sessions.
pub(super) fn judge(place: &Place, listed: &Listed<'_>, around: &Around<'_>, meaning: &mut Meaning) {
    let Some(newest) = newest(place, listed) else { return };
    let Some(stale) = around.timing.judge(newest.started) else { return };
    let Stale { made, age, limit, severity } = stale;
    // What lies beside the folder in use, without a catalogue, may be what somebody put away.
    let in_use = around.alone || listed.known;
    let severity = if in_use { severity } else { Severity::Warning };
    let source = if made.by_name { "by its name" } else { "by the store's clock" };
    let finding = Finding::new(&kinds::SESSION_STALE, subject(around.path, newest));
    meaning.findings.push(
        finding
            .expected(format!(
                "a completed session of at most {} before the archive's own time, {} {source}",
                length(limit),
                moment(made.at)
            ))
            .observed(format!("the newest began {} before", length(age)))
            .severity(severity),
    );
}

/// The newest session that is in the archive and was not left unfinished: of those with mail, if there are any.
/// Of a catalogue alone the newest that it calls completed.
fn newest(place: &Place, listed: &Listed<'_>) -> Option<SessionName> {
    let status = |name: &SessionName| listed.sessions.get(name).map(|row| row.status);
    let here = place.sessions.iter().map(|session| session.name);
    let here: Vec<_> = here.filter(|name| status(name) != Some(Status::InProgress)).collect();
    let elsewhere = || {
        let completed = |name: &SessionName| status(name) == Some(Status::Finished);
        listed.sessions.keys().copied().filter(completed).collect()
    };
    let known: Vec<_> = if here.is_empty() { elsewhere() } else { here };
    let with_mail = known.iter().filter(|name| name.kind.has_mail()).max();
    with_mail.or(known.iter().max()).copied()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{listed, one};
    use super::super::{Made, Timing, sessions};
    use crate::mailbox::zimbra::zmbackup::fixture::{Archive, text};
    use crate::policy::{Age, Policy};
    use crate::verdict::Severity::{self, Failure, Warning};

    /// 23:30 in Rome on the 22nd, the 23rd and the 24th.
    const NIGHTS: [&str; 3] = ["full-20261122233000", "full-20261123233000", "full-20261124233000"];

    fn policy() -> Policy {
        let mut policy = Policy::default();
        policy.archives.time_zone = "Europe/Rome".to_owned();
        policy.present.rpo = Some("26h".parse().unwrap());
        policy
    }

    fn made(at: &str) -> Made {
        Made { at: at.parse().unwrap(), by_name: true, newest: true }
    }

    /// Each finding about an archive that was made then.
    fn found(archive: Archive, policy: &Policy, made: Made) -> Vec<(Severity, &'static str, String)> {
        listed(&sessions(&archive.finish(), &Timing::of(policy, Some(made))))
    }

    fn stale(severity: Severity, session: &str) -> Vec<(Severity, &'static str, String)> {
        one(severity, "session-stale", &format!("session {session}"))
    }

    fn with(sessions: &[&str], catalogue: &[&str]) -> Archive {
        let archive = sessions.iter().fold(Archive::new(), |archive, name| archive.account(name, "anna"));
        let lines: Vec<_> = catalogue.iter().map(|name| (*name, &["anna"][..])).collect();
        if lines.is_empty() { archive } else { archive.file("sessions.txt", text(&lines)) }
    }

    #[test]
    fn an_archive_of_a_session_from_long_before_is_told() {
        let old = "full-20261118233000";
        let now = made("2026-11-24T22:30:00Z");
        for catalogue in [&[][..], &[old]] {
            assert_eq!(found(with(&[old], catalogue), &policy(), now), stale(Failure, old));
        }
        let meaning = sessions(&with(&[old], &[]).finish(), &Timing::of(&policy(), Some(now)));
        let finding = meaning.findings.iter().next().unwrap();
        assert_eq!(finding.observed, "the newest began 6 d 0 h before");
        assert!(
            finding.expected.contains("at most 1 d 2 h before the archive's own time, 2026-11-24T22:30:00Z"),
            "{}",
            finding.expected
        );
        // A catalogue alone is as old as the newest session it calls completed.
        assert_eq!(found(with(&[], &[old]), &policy(), now), stale(Failure, old));
        // The archive of a session is as old as that, however long ago it was.
        assert_eq!(found(with(&[old], &[old]), &policy(), made("2026-11-18T22:30:00Z")), []);
        assert_eq!(found(with(&[old], &[]), &policy(), made("2026-11-20T00:30:00Z")), []);
        assert_eq!(found(with(&[old], &[]), &policy(), made("2026-11-20T00:30:01Z")), stale(Failure, old));
    }

    #[test]
    fn how_old_it_may_be_is_what_the_policy_says() {
        let made = made("2026-11-24T22:30:00Z");
        for (rpo, every, session, told) in [
            (Some("2d"), None, "full-20261122233000", false),
            (Some("2d"), None, "full-20261122232959", true),
            (None, Some("24h"), "full-20261123113000", false),
            (None, Some("24h"), "full-20261123112959", true),
            (None, None, "full-20261122233000", false),
            (None, None, "full-20261122232959", true),
        ] {
            let mut policy = policy();
            let age = |text: Option<&str>| text.map(|text| text.parse::<Age>().unwrap());
            (policy.present.rpo, policy.present.every) = (age(rpo), age(every));
            let expected = if told { stale(Failure, session) } else { vec![] };
            assert_eq!(found(with(&[session], &[]), &policy, made), expected, "{session}");
        }
    }

    #[test]
    fn the_clock_of_the_store_is_a_day_less_certain_and_says_nothing_of_copies() {
        let session = NIGHTS[0];
        let written = |at: &str, newest| Made { by_name: false, newest, ..made(at) };
        let (in_time, late) = ("2026-11-25T00:30:00Z", "2026-11-25T00:30:01Z");
        assert_eq!(found(with(&[session], &[]), &policy(), written(in_time, true)), []);
        assert_eq!(found(with(&[session], &[]), &policy(), written(late, true)), stale(Failure, session));
        assert_eq!(found(with(&[session], &[]), &policy(), written(late, false)), stale(Warning, session));
        let late = written("2026-12-24T00:00:00Z", true);
        assert_eq!(found(with(&[session], &[]), &Policy::default(), late), stale(Warning, session));
    }

    #[test]
    fn only_completed_sessions_and_those_with_mail_are_fresh() {
        let (old, now) = ("full-20261118233000", made("2026-11-24T22:30:00Z"));
        let directory = |name: &str| with(&[old], &[]).directory(name, "anna");
        assert_eq!(found(directory("ldap-20261124233000"), &policy(), now), stale(Failure, old));
        let ldap = Archive::new().directory("ldap-20261124233000", "anna");
        assert_eq!(found(ldap, &policy(), now), []);
        let lines = format!("{}SESSION: {} started on x\n", text(&[(old, &["anna"])]), NIGHTS[2]);
        let archive = with(&[old, NIGHTS[2]], &[]).file("sessions.txt", lines);
        assert!(found(archive, &policy(), now).contains(&stale(Failure, old)[0]));
    }

    #[test]
    fn of_several_servers_each_must_be_fresh() {
        let now = made("2026-11-24T22:30:00Z");
        let old = "mx2/full-20261118233000";
        let both = || Archive::new().account(&format!("mx1/{}", NIGHTS[2]), "anna").account(old, "anna");
        let listed = both().file("mx2/sessions.txt", text(&[("full-20261118233000", &["anna"])]));
        assert_eq!(found(listed, &policy(), now), stale(Failure, old));
        // Without a catalogue it may be what somebody put away.
        assert_eq!(found(both(), &policy(), now), stale(Warning, old));
    }

    #[test]
    fn a_session_that_was_completed_before_the_packing_must_be_there() {
        let absent = |severity| one(severity, "session-absent", &format!("session {}", NIGHTS[2]));
        let archive = || with(&NIGHTS[..2], &NIGHTS);
        assert_eq!(found(archive(), &policy(), made("2026-11-24T22:30:00Z")), absent(Failure));
        // It may have been completed while the archive was packed.
        assert_eq!(found(archive(), &policy(), made("2026-11-24T22:29:59Z")), absent(Warning));
        let by_store = |at: &str| Made { by_name: false, ..made(at) };
        assert_eq!(found(archive(), &policy(), by_store("2026-11-25T01:00:00Z")), absent(Warning));
        let late = found(archive(), &policy(), by_store("2026-11-25T22:30:00Z"));
        assert_eq!(late, absent(Failure));
        assert_eq!(listed(&sessions(&archive().finish(), &Timing::default())), absent(Warning));
    }

    #[test]
    fn one_session_by_itself_brings_the_catalogue_of_all() {
        let now = made("2026-11-24T22:30:00Z");
        let last = NIGHTS[2];
        assert_eq!(found(with(&[last], &NIGHTS), &policy(), now), []);
        let first = made("2026-11-22T22:30:00Z");
        assert_eq!(found(with(&NIGHTS[..1], &NIGHTS), &policy(), first), []);
        // What is being made while the archive is packed is not completed, and what is of another kind is packed apart.
        let running = format!(
            "{}SESSION: {last} started on x\n",
            text(&[(NIGHTS[0], &["anna"]), (NIGHTS[1], &["anna"])])
        );
        let meaning = found(
            with(&NIGHTS[..2], &[]).file("sessions.txt", running),
            &policy(),
            made("2026-11-24T22:35:00Z"),
        );
        assert_eq!(meaning, one(Warning, "session-unfinished", &format!("session {last}")));
        let others = ["full-20261122233000", "full-20261123233000", "inc-20261124120000"];
        assert_eq!(found(with(&NIGHTS[..2], &others), &policy(), now), []);
    }
}
