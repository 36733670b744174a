//! Corrective actions as JSON (`mailproof/actions/v1`) and for people.
//!
//! `docs/actions.schema.json` is made from these types. Fields may be added in v1, never changed or taken away.

use std::fmt::Write as _;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::human;
use crate::evidence::check::{Check, Holding};
use crate::evidence::{About, Ledger, Tracked};
use crate::exit;

/// The name of this form.
pub const SCHEMA: &str = "mailproof/actions/v1";

/// The corrective actions of a chain.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Actions {
    /// Always `mailproof/actions/v1`.
    pub schema: &'static str,
    /// The version of mailproof.
    pub version: &'static str,
    /// The exit code of the process: 0, 20 where something is overdue, 10 where the chain is broken.
    pub exit_code: u8,
    /// The moment it was judged for (RFC 3339, UTC); what was recorded later does not count.
    pub at: String,
    /// The folder of the records.
    pub folder: String,
    /// Whether the chain holds; of a broken one no action is told.
    pub chain: Holding,
    /// How many are open, those that are overdue included.
    pub open: u64,
    /// How many are overdue.
    pub overdue: u64,
    /// How many are closed.
    pub closed: u64,
    /// Each of them, in the order in which they were opened.
    pub actions: Vec<Listed>,
}

/// One corrective action.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// The number of the record that opened it: the name of the action.
    pub action: u64,
    /// What became of it.
    pub state: State,
    /// The record that showed the need.
    pub about: About,
    /// Who does it.
    pub owner: String,
    /// By when.
    pub due: String,
    /// What.
    pub what: String,
    /// When it was opened (RFC 3339, UTC).
    pub opened: String,
    /// What closed it.
    pub closed: Option<Closed>,
}

/// What became of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is to be done.
    Open,
    /// It should have been done.
    Overdue,
    /// It was done, and a run since shows that it helped.
    Closed,
}

/// The end of an action.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Closed {
    /// The number of the record that closed it.
    pub record: u64,
    /// When (RFC 3339, UTC).
    pub time: String,
    /// The run that passed.
    pub by_record: About,
    /// What was done.
    pub note: String,
}

impl Actions {
    /// The actions in a chain, of which `check` says whether it holds.
    #[must_use]
    pub fn of(ledger: &Ledger, check: &Check, at: Timestamp) -> Self {
        let broken = check.outcome == Holding::Broken;
        let tracked = if broken { Vec::new() } else { ledger.actions() };
        let actions: Vec<Listed> = tracked.iter().map(|action| Listed::of(action, at)).collect();
        let count = |state| actions.iter().filter(|action| action.state == state).count() as u64;
        let (overdue, closed) = (count(State::Overdue), count(State::Closed));
        let exit_code = match (broken, overdue) {
            (true, _) => exit::FAILED,
            (false, 0) => exit::PASSED,
            (false, _) => exit::NOT_VERIFIED,
        };
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            exit_code,
            at: at.to_string(),
            folder: check.folder.clone(),
            chain: check.outcome,
            open: count(State::Open) + overdue,
            overdue,
            closed,
            actions,
        }
    }
}

impl Listed {
    fn of(action: &Tracked<'_>, at: Timestamp) -> Self {
        let state = match (&action.closed, action.is_overdue(at)) {
            (Some(_), _) => State::Closed,
            (None, true) => State::Overdue,
            (None, false) => State::Open,
        };
        let closed = action.closed.map(|closing| Closed {
            record: closing.entry.number(),
            time: closing.entry.finished.to_string(),
            by_record: closing.by_record.clone(),
            note: closing.note.to_owned(),
        });
        Self {
            action: action.opened.number(),
            state,
            about: action.about.clone(),
            owner: action.owner.to_owned(),
            due: action.due.to_string(),
            what: action.what.to_owned(),
            opened: action.opened.finished.to_string(),
            closed,
        }
    }
}

/// The report for people; ends with a line break.
#[must_use]
pub fn render(actions: &Actions) -> String {
    if actions.chain == Holding::Broken {
        return "BROKEN  the chain does not hold: look at it with `mailproof evidence verify`\n".to_owned();
    }
    let [open, overdue, closed] = [actions.open, actions.overdue, actions.closed].map(human::count);
    let mut text = format!("{open} open, {overdue} of them overdue; {closed} closed\n");
    if actions.chain == Holding::NotVerified && !actions.actions.is_empty() {
        text += "  nobody signed these records\n";
    }
    actions.actions.iter().for_each(|action| told_of(&mut text, action));
    human::clean(&text).into_owned()
}

fn told_of(text: &mut String, action: &Listed) {
    let state = match action.state {
        State::Open => "open",
        State::Overdue => "OVERDUE",
        State::Closed => "closed",
    };
    let Listed { action: number, about, owner, due, what, .. } = action;
    let _ = writeln!(text, "{state:<8} action {number}, {} by {due}", human::line(owner));
    let _ = writeln!(text, "    {}", human::line(what));
    let _ = writeln!(text, "    because of record {} ({})", about.link.sequence, human::line(&about.id));
    if let Some(Closed { record, by_record, note, .. }) = &action.closed {
        let run = by_record.link.sequence;
        let _ = writeln!(
            text,
            "    closed in record {record} by record {run}, which passed: {}",
            human::line(note)
        );
    }
}

/// The JSON Schema of [`Actions`] (draft 2020-12).
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Actions);
    schema.insert("$id".to_owned(), SCHEMA.into());
    schema.to_value()
}
