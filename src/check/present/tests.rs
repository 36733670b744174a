use super::*;
use crate::archive::storage::Object;
use crate::policy::{Age, Archives, Lock};

const DAY: u64 = 86_400;
const PLACE: Place<'_> = Place { address: "s3://b/backup/", template: Some("{account}-{time}.age") };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-23T08:00:00Z")
}

/// An object `a-TIME.age` with its size; written when its name says.
fn object(account: &str, time: &str, size: u64) -> Object {
    Object {
        key: format!("backup/{account}-{time}.age"),
        size,
        modified: time.parse().ok(),
        etag: None,
        version: None,
    }
}

fn daily(days: impl IntoIterator<Item = u32>) -> Vec<Object> {
    days.into_iter().map(|day| object("a", &format!("2026-11-{day:02}T01:30:00Z"), 1000)).collect()
}

fn catalogue(objects: Vec<Object>) -> Catalogue {
    let archives = Archives { key: Some("{account}-{time}.age".to_owned()), ..Archives::default() };
    Catalogue::new(objects, "backup/", &archives).unwrap()
}

fn policy() -> Present {
    Present { rpo: Some(Age::seconds(26 * 3600)), every: Some(Age::days(1)), ..Present::default() }
}

fn judged(objects: Vec<Object>, policy: &Present) -> Presence {
    present(PLACE, &catalogue(objects), &Fetched::default(), policy, Select::Newest, now())
}

/// All findings as `id`, those of the whole first.
fn ids(presence: &Presence) -> Vec<&'static str> {
    let mut all: Vec<_> = presence.findings.iter().collect();
    for series in &presence.series {
        all.extend(series.findings.iter());
        all.extend(series.archives.iter().flat_map(|archive| archive.findings.iter()));
    }
    all.into_iter().map(|finding| finding.kind.id).collect()
}

fn state(presence: &Presence) -> State {
    presence.series[0].archives.last().unwrap().standing.state
}

#[test]
fn a_fresh_archive_every_day_is_proven() {
    let presence = judged(daily(1..=23), &policy());
    assert!(ids(&presence).is_empty(), "{presence:?}");
    assert_eq!(presence.series[0].archives.len(), 1);
    let standing = &presence.series[0].archives[0].standing;
    assert_eq!((standing.state, &standing.reason), (State::Proven, &None));
}

#[test]
fn an_empty_selection_is_missing() {
    assert_eq!(ids(&judged(Vec::new(), &policy())), ["present-missing"]);
    let mut other = object("a", "2026-11-23T01:30:00Z", 1);
    other.key = "backup/elsewhere".to_owned();
    assert_eq!(ids(&judged(vec![other], &policy())), ["present-missing", "present-unmatched-key"]);
}

#[test]
fn what_is_missing_is_told_with_the_place_and_what_lies_there() {
    let told = |keys: &[&str]| {
        let named =
            |key: &&str| Object { key: format!("backup/{key}"), ..object("a", "2026-11-23T01:30:00Z", 1) };
        let presence = judged(keys.iter().map(named).collect(), &policy());
        let finding = presence.findings.iter().next().unwrap().clone();
        assert_eq!((finding.kind.id, finding.subject.as_str()), ("present-missing", "s3://b/backup/"));
        (finding.observed, finding.expected, finding.remedy)
    };
    let (observed, _, remedy) = told(&[]);
    assert_eq!(observed, "0 objects that could be one");
    assert!(remedy.starts_with("Check `store.url`"), "{remedy}");
    let (observed, expected, remedy) = told(&["x.zst", "y.zst", "x.zst.b3"]);
    let others = "2 objects of other names, for example backup/x.zst, 1 that only accompany archives";
    assert_eq!(
        (observed.as_str(), expected.as_str()),
        (others, "archives with keys like {account}-{time}.age")
    );
    assert!(remedy.starts_with("Mend `archives.key`"), "{remedy}");
}

#[test]
fn an_age_just_above_the_limit_is_told_apart_from_it() {
    let presence = judged(vec![object("a", "2026-11-22T05:03:00Z", 1)], &policy());
    let finding = presence.series[0].findings.iter().next().unwrap();
    assert!(finding.observed.starts_with("the newest is 26 h 57 min old"), "{}", finding.observed);
    let presence = judged(vec![object("a", "2026-11-01T05:03:00Z", 1)], &policy());
    let finding = presence.series[0].findings.iter().next().unwrap();
    assert!(finding.observed.starts_with("the newest is 22 d 2 h 57 min old"), "{}", finding.observed);
}

#[test]
fn unmatched_keys_are_counted_and_harm_nothing() {
    let mut objects = daily(1..=23);
    for number in 0..50 {
        let mut stray = object("a", "2026-11-23T01:30:00Z", 1);
        stray.key = format!("backup/stray {number}");
        objects.push(stray);
    }
    let presence = judged(objects, &policy());
    assert_eq!(presence.findings.count(&kinds::PRESENT_UNMATCHED_KEY), 50);
    assert_eq!(presence.findings.worst(), Some(Severity::Info));
    assert_eq!(state(&presence), State::Proven);
}

#[test]
fn a_day_in_a_name_that_no_template_reads_is_told_once() {
    let judged = |template: Option<&str>, keys: [&str; 2], policy: &Present| {
        let objects =
            keys.map(|key| Object { key: format!("backup/{key}"), ..object("a", "2026-11-23T01:30:00Z", 9) });
        let archives = Archives { key: template.map(str::to_owned), ..Archives::default() };
        let catalogue = Catalogue::new(objects.into(), "backup/", &archives).unwrap();
        ids(&present(PLACE, &catalogue, &Fetched::default(), policy, Select::Newest, now()))
    };
    let dated = ["zimbra-2026-11-22.tar", "zimbra-2026-11-23.tar"];
    assert_eq!(judged(Some("{any}.tar"), dated, &policy()), ["present-time-unread"]);
    assert_eq!(judged(None, dated, &policy()), ["present-time-unread"]);
    assert_eq!(judged(Some("{any}.tar"), dated, &Present::default()), [""; 0]);
    assert_eq!(judged(Some("{any}.tar"), ["a.tar", "b-12.tar"], &policy()), [""; 0]);
    assert_eq!(judged(Some("zimbra-{time:%Y-%m-%d}.tar"), dated, &policy()), [""; 0]);
    let sessions = ["full-20261122233000.tar", "full-20261122000000.tar"];
    assert_eq!(judged(Some("{session}.tar"), sessions, &policy()), [""; 0]);
    assert_eq!(judged(Some("{any}.tar"), sessions, &policy()), ["present-time-unread"]);
}

#[test]
fn an_archive_older_than_the_rpo_is_stale() {
    let presence = judged(daily(1..=21), &policy());
    assert_eq!(ids(&presence), ["present-stale"]);
    assert_eq!(state(&presence), State::Disproven);
    let finding = presence.series[0].findings.iter().next().unwrap();
    assert_eq!(finding.expected, "at most 26h old");
    assert_eq!(finding.observed, "the newest is 54 h 30 min old, of 2026-11-21T01:30:00Z");
}

#[test]
fn exactly_the_rpo_is_fresh() {
    let objects = vec![object("a", "2026-11-22T06:00:00Z", 1)];
    assert!(ids(&judged(objects, &policy())).is_empty());
    let objects = vec![object("a", "2026-11-22T05:59:59Z", 1)];
    assert_eq!(ids(&judged(objects, &policy())), ["present-stale"]);
}

#[test]
fn an_empty_newest_archive_does_not_refresh_the_series() {
    let mut objects = daily(1..=21);
    objects.push(object("a", "2026-11-23T01:30:00Z", 0));
    let presence = judged(objects, &policy());
    assert_eq!(ids(&presence), ["present-stale", "present-empty-object"]);
    assert_eq!(state(&presence), State::Disproven);
}

#[test]
fn each_series_is_judged_by_itself() {
    let mut objects = daily(1..=23);
    objects.push(object("b", "2026-11-20T01:30:00Z", 1));
    let presence = judged(objects, &policy());
    assert!(presence.series[0].findings.is_empty());
    assert_eq!(presence.series[1].findings.count(&kinds::PRESENT_STALE), 1);
    assert_eq!(presence.series[1].account.as_deref(), Some("b"));
}

#[test]
fn a_missing_night_is_a_gap_and_no_failure() {
    let presence = judged(daily((1..=23).filter(|day| *day != 10)), &policy());
    assert_eq!(ids(&presence), ["present-gap"]);
    assert_eq!(state(&presence), State::Proven);
    let finding = presence.series[0].findings.iter().next().unwrap();
    assert_eq!(finding.observed, "none for 2 d 0 h, from 2026-11-09T01:30:00Z to 2026-11-11T01:30:00Z");
}

#[test]
fn a_late_night_is_no_gap() {
    let mut objects = daily((1..=23).filter(|day| *day != 10));
    objects.push(object("a", "2026-11-10T13:29:00Z", 1000));
    assert!(ids(&judged(objects, &policy())).is_empty());
}

#[test]
fn a_gap_before_the_window_is_forgotten_and_the_first_archive_ends_none() {
    let policy = Present { window: Age::days(10), ..policy() };
    assert!(
        ids(&judged(daily([1, 2, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]), &policy))
            .is_empty()
    );
    assert_eq!(ids(&judged(daily([2, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]), &policy)), ["present-gap"]);
}

#[test]
fn the_time_since_the_newest_is_a_gap_only_without_an_rpo() {
    let policy = Present { rpo: None, ..policy() };
    assert_eq!(ids(&judged(daily(1..=20), &policy)), ["present-gap"]);
    assert!(ids(&judged(daily(1..=23), &policy)).is_empty());
}

#[test]
fn a_day_of_25_or_23_hours_is_no_gap() {
    for days in [["20261024", "20261025", "20261026"], ["20270327", "20270328", "20270329"]] {
        let archives = Archives {
            key: Some("{time:%Y%m%d-%H%M}".to_owned()),
            time_zone: "Europe/Rome".to_owned(),
            ..Archives::default()
        };
        let make = |day: &&str| Object {
            key: format!("{day}-0230"),
            size: 1,
            modified: None,
            etag: None,
            version: None,
        };
        let catalogue = Catalogue::new(days.iter().map(make).collect(), "", &archives).unwrap();
        let last = catalogue.series[0].archives[2].time.unwrap();
        let now = last + SignedDuration::from_hours(25);
        let presence = present(PLACE, &catalogue, &Fetched::default(), &policy(), Select::All, now);
        assert!(ids(&presence).is_empty(), "{presence:?}");
    }
}

#[test]
fn a_sudden_drop_is_seen_against_the_median() {
    let policy = Present { shrink_percent: Some(50), ..policy() };
    let with_last = |size: u64| {
        let mut objects = daily(18..=22);
        objects[2].size = 1;
        objects.push(object("a", "2026-11-23T01:30:00Z", size));
        judged(objects, &policy)
    };
    assert_eq!(ids(&with_last(499)), ["present-shrunk"]);
    assert_eq!(state(&with_last(499)), State::Proven);
    assert!(ids(&with_last(500)).is_empty());
    assert!(ids(&with_last(u64::MAX)).is_empty());
}

#[test]
fn the_first_archive_has_nothing_to_shrink_from() {
    let policy = Present { shrink_percent: Some(50), ..policy() };
    assert!(ids(&judged(daily([23]), &policy)).is_empty());
}

#[test]
fn an_incremental_backup_is_not_measured_by_a_full_one() {
    let archives = Archives { key: Some("{session}-{time:%Y%m%d}.age".to_owned()), ..Archives::default() };
    let make = |(name, size): (&str, u64)| Object {
        key: name.to_owned(),
        size,
        modified: None,
        etag: None,
        version: None,
    };
    let objects = [
        ("full-20261120.age", 9000),
        ("inc-20261121.age", 90),
        ("inc-20261122.age", 80),
        ("inc-20261123.age", 85),
    ];
    let catalogue = Catalogue::new(objects.into_iter().map(make).collect(), "", &archives).unwrap();
    let policy = Present { shrink_percent: Some(50), ..policy() };
    assert!(ids(&present(PLACE, &catalogue, &Fetched::default(), &policy, Select::All, now())).is_empty());
}

#[test]
fn a_time_in_the_future_is_a_warning_and_proves_no_freshness() {
    let mut objects = daily(1..=23);
    objects.push(object("a", "2026-11-23T08:05:00Z", 1000));
    assert!(ids(&judged(objects.clone(), &policy())).is_empty());
    objects.push(object("a", "2026-11-23T09:00:00Z", 1000));
    let presence = judged(objects, &policy());
    assert_eq!(ids(&presence), ["present-future-time"]);
    assert_eq!(state(&presence), State::NotProven);
    let presence = judged(vec![object("a", "2026-11-24T01:30:00Z", 1000)], &policy());
    assert_eq!((ids(&presence), state(&presence)), (vec!["present-future-time"], State::NotProven));
}

#[test]
fn without_any_time_freshness_is_not_proven() {
    let mut timeless = object("a", "x", 1);
    timeless.key = "backup/x".to_owned();
    let catalogue = Catalogue::new(vec![timeless], "backup/", &Archives::default()).unwrap();
    let unstated = Present::default();
    let presence = present(PLACE, &catalogue, &Fetched::default(), &unstated, Select::Newest, now());
    assert_eq!(state(&presence), State::Proven);
    let presence = present(PLACE, &catalogue, &Fetched::default(), &policy(), Select::Newest, now());
    assert_eq!((ids(&presence), state(&presence)), (vec![], State::NotProven));
}

#[test]
fn a_policy_that_asks_for_nothing_finds_nothing() {
    assert!(ids(&judged(daily([1, 9]), &Present::default())).is_empty());
}

fn locked(mode: &str, until: &str, legal_hold: bool) -> Protection {
    Protection::Locked {
        mode: (!mode.is_empty()).then(|| mode.to_owned()),
        until: until.parse().ok(),
        legal_hold,
    }
}

/// The findings about an archive of 2026-11-23T01:30:00Z under this protection, and the standing.
fn protected(
    protection: Option<Protection>,
    lock: Option<Lock>,
    days: Option<u64>,
) -> (Vec<&'static str>, State) {
    let mut fetched = Fetched::default();
    if let Some(protection) = protection {
        fetched.protections.insert("backup/a-2026-11-23T01:30:00Z.age".to_owned(), protection);
    }
    let policy = Present { lock, retention: days.map(|days| Age::seconds(days * DAY)), ..Present::default() };
    let presence = present(PLACE, &catalogue(daily([23])), &fetched, &policy, Select::Newest, now());
    (ids(&presence), state(&presence))
}

#[test]
fn no_lock_is_not_locked_where_one_is_asked_for() {
    let unlocked = || Some(Protection::Unlocked);
    assert_eq!(
        protected(unlocked(), Some(Lock::Governance), None),
        (vec!["present-not-locked"], State::Disproven)
    );
    assert_eq!(protected(unlocked(), None, Some(30)), (vec!["present-not-locked"], State::Disproven));
    assert_eq!(protected(unlocked(), None, None), (vec![], State::Proven));
}

#[test]
fn compliance_is_more_than_governance() {
    let until = "2027-01-01T00:00:00Z";
    let found = |mode: &str, lock: Lock| protected(Some(locked(mode, until, false)), Some(lock), None).0;
    assert_eq!(found("GOVERNANCE", Lock::Compliance), ["present-not-locked"]);
    assert!(found("GOVERNANCE", Lock::Governance).is_empty());
    assert!(found("COMPLIANCE", Lock::Governance).is_empty());
    assert!(found("COMPLIANCE", Lock::Compliance).is_empty());
}

#[test]
fn a_legal_hold_has_no_end_but_no_mode() {
    let hold = || Some(locked("", "", true));
    assert_eq!(protected(hold(), None, Some(3650)), (vec![], State::Proven));
    assert_eq!(protected(hold(), Some(Lock::Compliance), None).0, ["present-not-locked"]);
}

#[test]
fn a_lock_must_last_from_when_the_archive_was_written() {
    let found =
        |until: &str| protected(Some(locked("COMPLIANCE", until, false)), Some(Lock::Compliance), Some(30)).0;
    assert_eq!(found("2026-12-22T01:30:00Z"), ["present-retention-short"]);
    assert!(found("2026-12-23T01:30:00Z").is_empty());
    assert!(found("2026-12-23T01:29:00Z").is_empty(), "counted from the beginning of the upload");
}

#[test]
fn a_lock_that_ended_as_agreed_is_fine_and_one_that_should_hold_is_not() {
    let mut fetched = Fetched::default();
    let old = locked("COMPLIANCE", "2026-11-08T01:30:00Z", false);
    fetched.protections.insert("backup/a-2026-11-01T01:30:00Z.age".to_owned(), old);
    let found = |retention| {
        let policy = Present { lock: Some(Lock::Compliance), retention, ..Present::default() };
        ids(&present(PLACE, &catalogue(daily([1])), &fetched, &policy, Select::Newest, now()))
    };
    assert!(found(Some(Age::days(7))).is_empty());
    assert_eq!(found(None), ["present-not-locked"]);
}

#[test]
fn what_a_store_will_not_tell_is_unknown_and_never_no_lock() {
    let unknown = (vec!["present-protection-unknown"], State::NotProven);
    let denied = Some(Protection::Unknown("AccessDenied".to_owned()));
    assert_eq!(protected(denied, Some(Lock::Governance), None), unknown);
    assert_eq!(protected(None, Some(Lock::Governance), None), unknown);
    assert_eq!(protected(Some(locked("COMPLIANCE", "", false)), None, Some(1)), unknown);
}

fn replicated(replica: Replica, etag: Option<&str>) -> (Vec<&'static str>, State, Option<Severity>) {
    let fetched = Fetched { replicas: vec![replica], ..Fetched::default() };
    let mut objects = daily([22, 23]);
    objects[1].etag = etag.map(str::to_owned);
    let presence = present(PLACE, &catalogue(objects), &fetched, &Present::default(), Select::Newest, now());
    let worst = presence.series[0].archives[0].findings.worst();
    (ids(&presence), state(&presence), worst)
}

fn copy(size: u64, etag: Option<&str>) -> Replica {
    let mut object = object("a", "2026-11-23T01:30:00Z", size);
    object.key = object.key.replace("backup/", "second/copy/");
    object.etag = etag.map(str::to_owned);
    Replica::listed("s3://second/copy/", "second/copy/", vec![object])
}

#[test]
fn copies_are_found_under_another_prefix_and_compared() {
    let failure = Some(Severity::Failure);
    assert_eq!(replicated(copy(1000, None), None), (vec![], State::Proven, None));
    assert_eq!(
        replicated(copy(999, None), None),
        (vec!["present-replica-differs"], State::Disproven, failure)
    );
    let none = Replica::listed("s3://second/", "", Vec::new());
    assert_eq!(replicated(none, None), (vec!["present-replica-missing"], State::Disproven, failure));
}

#[test]
fn etags_count_only_where_they_can_be_compared() {
    let one = "0123456789abcdef0123456789abcdef";
    let other = "fedcba9876543210fedcba9876543210";
    let found = |here: &str, there: &str| replicated(copy(1000, Some(there)), Some(here));
    assert_eq!(found(one, other), (vec!["present-replica-differs"], State::Proven, Some(Severity::Warning)));
    assert!(found(one, &one.to_uppercase()).0.is_empty());
    assert!(found(one, &format!("{other}-12")).0.is_empty(), "uploaded in parts");
    assert!(found("18f-1000", other).0.is_empty(), "of a folder");
}

#[test]
fn a_store_that_can_not_be_listed_is_said_once_and_proves_nothing() {
    let silent = Replica::silent("s3://second/", "connection refused");
    assert_eq!(replicated(silent, None), (vec!["present-replica-unknown"], State::NotProven, None));
}
