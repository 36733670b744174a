//! What to do, said once for all archives: the most serious first, then what concerns the most.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Paint, Style};
use crate::report::human;
use crate::verdict::{Finding, Findings, Named, Severity};
use crate::verify::RunResult;

/// A remedy and whom it concerns.
struct Step<'a> {
    /// The first finding that asks for it.
    first: &'a Finding,
    severity: Severity,
    archives: u64,
    /// The selection as a whole asks for it.
    selection: bool,
    /// What all that ask for it are about.
    named: Named<'a>,
}

/// Steps by kind and remedy.
#[derive(Default)]
struct Steps<'a>(BTreeMap<(&'static str, &'a str), Step<'a>>);

/// Renders the closing part, if there is something to do.
pub fn render(text: &mut String, run: &RunResult, style: Style) {
    let mut steps = Steps::default();
    steps.take(&run.findings, |step| step.selection = true);
    for archive in &run.archives {
        steps.take(&archive.findings, |step| step.archives += 1);
    }
    if steps.0.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", style.paint(Paint::Bold, "What to do"));
    for step in steps.in_order() {
        step.render(text, style);
    }
}

impl<'a> Steps<'a> {
    /// Takes the findings of one archive, or of the selection; `count` is called once for each step.
    fn take(&mut self, findings: &'a Findings, count: impl Fn(&mut Step<'a>)) {
        let mut asked: Vec<(&str, &str)> = Vec::new();
        for finding in findings.iter() {
            let key = (finding.kind.id, finding.remedy.as_str());
            let step = self.0.entry(key).or_insert(Step {
                first: finding,
                severity: finding.severity,
                archives: 0,
                selection: false,
                named: finding.named(),
            });
            step.named = step.named.common(finding.named());
            step.severity = step.severity.max(finding.severity);
            if !asked.contains(&key) {
                asked.push(key);
                count(step);
            }
        }
    }

    fn in_order(self) -> Vec<Step<'a>> {
        let mut steps: Vec<_> = self.0.into_values().collect();
        steps.sort_by_key(|step| (Reverse(step.severity), Reverse(step.archives)));
        steps
    }
}

impl Step<'_> {
    fn render(&self, text: &mut String, style: Style) {
        let severity = style.severity(self.severity);
        let id = style.paint(Paint::Bold, self.first.kind.id);
        let _ = writeln!(text, "    {severity} {id} ({}); cause: {}", self.concerned(), self.first.cause);
        let remedy = self.named.fill_in(&self.first.remedy);
        style.prose(text, 6, &human::clean(&remedy));
    }

    fn concerned(&self) -> String {
        let archives = match self.archives {
            1 => "1 archive".to_owned(),
            count => format!("{} archives", human::count(count)),
        };
        match (self.selection, self.archives) {
            (true, 0) => "the selection".to_owned(),
            (true, _) => format!("the selection and {archives}"),
            (false, _) => archives,
        }
    }
}
