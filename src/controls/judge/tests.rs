use super::*;
use crate::controls::Framework;
use crate::evidence::past::Aim;
use crate::evidence::{About, Action, Link, Objectives, Refusal, SignOff};
use crate::verdict::Rung;

const DAY: i64 = 24;

fn moment(day: i64) -> Timestamp {
    let start: Timestamp = "2026-01-01T03:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(DAY * day)
}

fn asked(more: &str) -> Requirement {
    let text = format!(
        "name = 'f'\ntitle = 'F'\n[[requirement]]\nid = 'r'\nclause = 'c'\nasks = 'a'\nsource = ['s']\n\
         step = 'mailproof rehearse'\nevery = '10d'\nevery_from = 'us'\nstale_after = '12d'\n{more}\n"
    );
    Framework::parse(&text, "f.toml").unwrap_or_else(|problems| panic!("{problems}")).requirement.remove(0)
}

/// A chain to which things are added day by day.
#[derive(Default)]
struct Chain(Ledger);

impl Chain {
    fn add(&mut self, kind: &str, day: i64, outcome: Outcome) -> &mut Entry {
        let number = self.0.entries.len() as u64 + 1;
        let link = Link::to(number, &number.to_be_bytes());
        self.0.entries.push(Entry {
            about: About { id: format!("id-{number}"), link },
            kind: kind.to_owned(),
            started: moment(day) - SignedDuration::from_mins(5),
            finished: moment(day),
            outcome,
            rung: Some(Rung::Complete),
            encrypted: true,
            aim: Aim { kind: kind.to_owned(), ..Aim::default() },
            objectives: Objectives::default(),
            sign_off: None,
            action: None,
        });
        self.0.entries.last_mut().unwrap()
    }

    fn passed(&mut self, kind: &str, day: i64) -> &mut Entry {
        self.add(kind, day, Outcome::Passed)
    }

    fn about(&self, number: usize) -> About {
        self.0.entries[number - 1].about.clone()
    }

    fn sign_off(&mut self, number: usize, day: i64) {
        let about = self.about(number);
        self.passed("sign-off", day).sign_off = SignOff::new(about, "Anna", None, "seen").ok();
    }

    fn open(&mut self, number: usize, day: i64, due: &str) {
        let about = self.about(number);
        let action = Action::open(about, "Bruno", due.parse().unwrap(), "mend it").unwrap();
        self.passed("action", day).action = Some(action);
    }

    fn close(&mut self, action: usize, run: usize, day: i64) {
        let (action, run) = (self.about(action), self.about(run));
        self.passed("action", day).action = Action::close(action, run, "mended").ok();
    }

    fn judge(&self, requirement: &Requirement, day: i64) -> Judged {
        judge(requirement, &self.0, moment(day))
    }

    fn says(&self, requirement: &Requirement, day: i64, state: State, why: &str) {
        let judged = self.judge(requirement, day);
        assert_eq!(judged.state, state, "{judged:#?}");
        assert!(judged.why.as_deref().unwrap_or_default().contains(why), "{judged:#?}");
    }
}

#[test]
fn an_answer_grows_old() {
    let requirement = asked("answered_by = ['verify']");
    let mut chain = Chain::default();
    chain.says(&requirement, 0, State::Missing, "no record of the kind verify");
    chain.passed("verify", 0);
    for (day, state) in [
        (0, State::Answered),
        (8, State::Answered),
        (9, State::DueSoon),
        (11, State::DueSoon),
        (12, State::Stale),
        (400, State::Stale),
    ] {
        assert_eq!(chain.judge(&requirement, day).state, state, "day {day}");
    }
    let judged = chain.judge(&requirement, 12);
    assert_eq!(judged.due, Some(moment(10).to_string()));
    assert_eq!(judged.good_until, Some(moment(12).to_string()));
    assert_eq!(judged.step.as_deref(), Some("mailproof rehearse"));
    assert_eq!(chain.judge(&requirement, 0).step, None, "there is nothing to do yet");
    chain.passed("verify", 11);
    let judged = chain.judge(&requirement, 12);
    assert_eq!((judged.state, judged.record.unwrap().record), (State::Answered, 2));
}

#[test]
fn without_a_time_of_its_own_it_is_stale_when_it_is_due() {
    let mut requirement = asked("answered_by = ['verify']");
    requirement.stale_after = None;
    let mut chain = Chain::default();
    chain.passed("verify", 0);
    assert_eq!(chain.judge(&requirement, 9).state, State::DueSoon);
    assert_eq!(chain.judge(&requirement, 10).state, State::Stale);
}

#[test]
fn only_what_passed_answers_and_what_did_not_is_told() {
    let requirement = asked("answered_by = ['verify', 'restore']");
    let mut chain = Chain::default();
    chain.add("verify", 0, Outcome::NotVerified);
    chain.says(&requirement, 0, State::Missing, "record 1 (verify of 2026-01-01) ended not-verified");
    chain.add("restore", 1, Outcome::Failed);
    chain.says(&requirement, 1, State::Missing, "record 2 (restore of 2026-01-02) ended failed");
    chain.passed("rehearse", 2);
    chain.says(&requirement, 2, State::Missing, "record 2");
    chain.passed("restore", 3);
    assert_eq!(chain.judge(&requirement, 3).since, None);
    chain.add("verify", 4, Outcome::Failed);
    chain.add("verify", 5, Outcome::NotVerified);
    chain.add("rehearse", 5, Outcome::Failed);
    let judged = chain.judge(&requirement, 5);
    assert_eq!((judged.state, judged.record.unwrap().record), (State::Answered, 4));
    assert_eq!(judged.since, Some(Since { failed: 1, not_verified: 1 }));
}

#[test]
fn the_nearest_record_says_what_it_lacks() {
    let requirement = asked(
        "answered_by = ['rehearse']\nrung = 'meaningful'\nencrypted = true\nmeasured = ['rto', 'rpo']\nreview = true",
    );
    let mut chain = Chain::default();
    chain.passed("rehearse", 0);
    chain.says(&requirement, 0, State::Missing, "record 1 (rehearse of 2026-01-01) proves `complete`");
    chain.passed("rehearse", 1).rung = None;
    chain.says(&requirement, 1, State::Missing, "record 2 (rehearse of 2026-01-02) proves no rung");
    let entry = chain.passed("rehearse", 2);
    (entry.rung, entry.encrypted) = (Some(Rung::Restorable), false);
    chain.says(&requirement, 2, State::Missing, "record 3 (rehearse of 2026-01-03) is not of encrypted");
    let entry = chain.passed("rehearse", 3);
    entry.rung = Some(Rung::Meaningful);
    entry.objectives.rto_measured_seconds = Some(60);
    chain.says(&requirement, 3, State::Missing, "record 4 (rehearse of 2026-01-04) measured no RTO against");
    let entry = chain.passed("rehearse", 4);
    let measured = Objectives {
        rto_target_seconds: Some(100),
        rto_measured_seconds: Some(60),
        rpo_target_seconds: Some(100),
        rpo_measured_seconds: Some(60),
    };
    (entry.rung, entry.objectives) = (Some(Rung::Meaningful), measured);
    chain.add("rehearse", 5, Outcome::Failed);
    chain.says(
        &requirement,
        5,
        State::Missing,
        "record 5 (rehearse of 2026-01-05) would answer it, and nobody",
    );
    assert!(chain.judge(&requirement, 5).step.unwrap().starts_with("mailproof evidence sign-off 5 "));
    chain.sign_off(6, 6);
    chain.says(&requirement, 6, State::Missing, "record 5");
    chain.sign_off(5, 7);
    let judged = chain.judge(&requirement, 7);
    assert_eq!((judged.state, judged.review.unwrap().by.as_str()), (State::Answered, "Anna"));
    assert_eq!(judged.due, Some(moment(14).to_string()), "the test counts, and not when it was looked at");
}

#[test]
fn what_is_due_is_told_by_what_a_newer_record_lacks() {
    let requirement = asked("answered_by = ['verify']\nreview = true");
    let mut chain = Chain::default();
    chain.passed("verify", 0);
    chain.sign_off(1, 1);
    chain.says(&requirement, 9, State::DueSoon, "");
    assert_eq!(chain.judge(&requirement, 9).why, None);
    chain.passed("verify", 10);
    chain.add("verify", 11, Outcome::Failed);
    for (day, state) in [(8, State::Answered), (11, State::DueSoon), (13, State::Stale)] {
        assert_eq!(chain.judge(&requirement, day).state, state, "day {day}");
    }
    let judged = chain.judge(&requirement, 13);
    assert!(judged.why.unwrap().starts_with("record 3 (verify of 2026-01-11) would answer it"));
    assert!(judged.step.unwrap().starts_with("mailproof evidence sign-off 3 "));
}

#[test]
fn a_sign_off_of_another_record_of_that_number_counts_for_nothing() {
    let requirement = asked("answered_by = ['verify']\nreview = true");
    let mut chain = Chain::default();
    chain.passed("verify", 0);
    chain.sign_off(1, 1);
    assert_eq!(chain.judge(&requirement, 1).state, State::Answered);
    if let Some(sign_off) = &mut chain.0.entries[1].sign_off {
        sign_off.about.link = Link::to(1, b"another file");
    }
    chain.says(&requirement, 1, State::Missing, "nobody signed it off");
}

#[test]
fn a_sign_off_can_be_what_is_asked() {
    let requirement = asked("answered_by = ['sign-off']");
    let mut chain = Chain::default();
    chain.passed("verify", 0);
    chain.says(&requirement, 0, State::Missing, "no record of the kind sign-off");
    chain.sign_off(1, 1);
    assert_eq!(chain.judge(&requirement, 1).record.unwrap().record, 2);
}

#[test]
fn what_no_record_answers_stays_with_others() {
    let text = "name = 'f'\ntitle = 'F'\n[[requirement]]\nid = 'r'\nclause = 'c'\nasks = 'a'\nsource = ['s']\n\
                leaves_open = ['the plan']\n";
    let requirement = Framework::parse(text, "f").unwrap().requirement.remove(0);
    let mut chain = Chain::default();
    chain.passed("verify", 0);
    let judged = chain.judge(&requirement, 0);
    assert_eq!((judged.state, judged.leaves_open), (State::Elsewhere, vec!["the plan".to_owned()]));
}

fn actions_alone() -> Requirement {
    let text = "name = 'f'\ntitle = 'F'\n[[requirement]]\nid = 'r'\nclause = 'c'\nasks = 'a'\nsource = ['s']\n\
                step = 'x'\nanswered_by = ['verify', 'rehearse']\nactions = true\n";
    Framework::parse(text, "f").unwrap().requirement.remove(0)
}

#[test]
fn a_failure_asks_for_an_action_until_a_run_of_its_kind_passes() {
    let requirement = actions_alone();
    let mut chain = Chain::default();
    chain.says(&requirement, 0, State::Missing, "there is no record");
    chain.passed("rehearse", 0);
    chain.says(&requirement, 0, State::Answered, "no action is overdue");
    chain.add("verify", 1, Outcome::Failed);
    chain.add("verify", 2, Outcome::Failed);
    chain.add("verify", 2, Outcome::NotVerified);
    chain.passed("rehearse", 3);
    chain.says(&requirement, 3, State::Missing, "record 3 failed");
    let step = chain.judge(&requirement, 3).step.unwrap();
    assert!(step.starts_with("mailproof evidence action open --for 3 "), "{step}");
    let mut mended = Chain(Ledger { entries: chain.0.entries.clone(), unread: Vec::new() });
    mended.passed("verify", 4);
    mended.says(&requirement, 4, State::Answered, "");
    chain.open(2, 4, "2026-01-10");
    chain.says(&requirement, 4, State::Answered, "");
}

#[test]
fn an_action_is_overdue_after_its_day_and_closed_by_a_later_run_that_passed() {
    let requirement = actions_alone();
    let mut chain = Chain::default();
    chain.passed("verify", 0);
    chain.add("verify", 1, Outcome::Failed);
    chain.open(2, 2, "2026-01-10");
    chain.says(&requirement, 9, State::Answered, "");
    chain.says(&requirement, 10, State::Missing, "action 3 of Bruno was due on 2026-01-10");
    chain.add("verify", 11, Outcome::Failed);
    chain.passed("verify", 12);
    for run in [1, 2, 3, 4] {
        let mut wrong = Chain(Ledger { entries: chain.0.entries.clone(), unread: Vec::new() });
        wrong.close(3, run, 13);
        wrong.says(&requirement, 13, State::Missing, "action 3");
    }
    chain.close(3, 5, 13);
    chain.says(&requirement, 13, State::Answered, "");
    assert_eq!(chain.0.actions()[0].closed.unwrap().note, "mended");
}

#[test]
fn a_run_that_began_before_the_action_shows_nothing() {
    let mut chain = Chain::default();
    chain.add("verify", 0, Outcome::Failed);
    chain.open(1, 1, "2026-01-10");
    chain.passed("verify", 2).started = moment(0);
    let refusal = chain.0.may_close(&chain.0.entries[2], &chain.0.entries[1]);
    assert_eq!(refusal, Err(Refusal::Older));
}

#[test]
fn a_test_without_its_actions_in_order_answers_nothing() {
    let requirement = asked("answered_by = ['verify']\nactions = true");
    let mut chain = Chain::default();
    chain.passed("verify", 0);
    chain.add("verify", 1, Outcome::Failed);
    chain.says(&requirement, 1, State::Missing, "record 2 failed");
    chain.open(2, 2, "2026-01-03");
    assert_eq!(chain.judge(&requirement, 2).record.unwrap().record, 1);
    chain.says(&requirement, 3, State::Missing, "action 3");
}

#[test]
fn a_part_answers_nothing_mends_no_whole_and_closes_no_action_of_another_part() {
    let part = |entry: &mut Entry| entry.aim.narrowed = vec!["ARCHIVE".to_owned()];
    let requirement = asked("answered_by = ['verify']");
    let mut chain = Chain::default();
    part(chain.passed("verify", 0));
    chain.says(&requirement, 1, State::Missing, "looked at a part of what its policy asks for (ARCHIVE)");

    let requirement = actions_alone();
    let mut chain = Chain::default();
    chain.add("verify", 1, Outcome::Failed);
    part(chain.passed("verify", 2));
    chain.says(&requirement, 3, State::Missing, "record 1 failed");
    chain.open(1, 3, "2026-01-10");
    part(chain.passed("verify", 4));
    chain.passed("rehearse", 4);
    chain.passed("verify", 5);
    let refusal = |run: usize| chain.0.may_close(&chain.0.entries[run - 1], &chain.0.entries[2]);
    for (run, told) in [(4, "it is `verify ARCHIVE`"), (5, "it is `rehearse`")] {
        let why = refusal(run).unwrap_err().to_string();
        assert!(why.contains(told) && why.contains("record 1, which showed the need, is `verify`"), "{why}");
    }
    assert_eq!(refusal(6), Ok(()));
}

#[test]
fn what_a_later_version_does_shows_a_need_and_meets_none() {
    let mut chain = Chain::default();
    chain.add("drill", 0, Outcome::Failed);
    chain.open(1, 1, "2026-01-10");
    chain.passed("verify", 2);
    chain.passed("drill", 2);
    chain.close(2, 3, 3);
    chain.close(2, 4, 3);
    let refusal = |run: usize| chain.0.may_close(&chain.0.entries[run - 1], &chain.0.entries[1]).unwrap_err();
    let why = refusal(3).to_string();
    assert!(why.contains("it is `verify`, and record 1, which showed the need, is `drill`"), "{why}");
    assert_eq!(refusal(4), Refusal::Unknown("drill".to_owned()));
    assert!(chain.0.actions()[0].closed.is_none());
    let runs: Vec<bool> = chain.0.entries.iter().map(Entry::is_run).collect();
    assert_eq!(runs, [true, false, true, true, false, false]);
}
