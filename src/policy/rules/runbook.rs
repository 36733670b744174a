use super::Violation;
use crate::legible::deceives;
use crate::policy::Runbook;

/// Lines of one list, and characters of one line: more is no guide for somebody in a hurry.
const MOST_LINES: usize = 50;
const LONGEST: usize = 500;

/// Judges the lines that are printed as they stand.
pub(super) fn judge(runbook: &Runbook, found: &mut Vec<Violation>) {
    for (name, lines) in [("contacts", &runbook.contacts), ("notes", &runbook.notes)] {
        let key = format!("runbook.{name}");
        if lines.len() > MOST_LINES {
            let message = format!("{} lines are too many, {MOST_LINES} are printed at most", lines.len());
            found.push(Violation::new(key.as_str(), message, "name a document that has the rest"));
        }
        for (index, line) in lines.iter().enumerate() {
            judge_line(format!("{key}[{index}]"), line, found);
        }
    }
}

fn judge_line(key: String, line: &str, found: &mut Vec<Violation>) {
    let (message, hint) = match line {
        line if line.trim().is_empty() => ("this line is blank", "write it, or take it away"),
        line if line.chars().any(deceives) => (
            "a line break or an invisible character stands in this line",
            "write each line as a text of its own",
        ),
        line if line.chars().count() > LONGEST => {
            ("this line is too long to be read in a hurry", "write several lines")
        }
        _ => return,
    };
    found.push(Violation::new(key, message, hint));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(contacts: &[&str], notes: &[&str]) -> Vec<String> {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let mut found = Vec::new();
        judge(&Runbook { contacts: owned(contacts), notes: owned(notes) }, &mut found);
        found.into_iter().map(|violation| violation.key).collect()
    }

    #[test]
    fn what_is_printed_is_one_legible_line() {
        assert_eq!(keys(&["Anna Rossi, backups, +39 06 555 01"], &["The safe is in room 3."]), [""; 0]);
        let long = "x".repeat(LONGEST + 1);
        let expected = ["runbook.contacts[0]", "runbook.contacts[2]", "runbook.notes[0]"];
        assert_eq!(keys(&["a\nb", "c", " "], &[&long]), expected);
        assert_eq!(keys(&["gpj\u{202e}exe"], &[]), ["runbook.contacts[0]"]);
        assert_eq!(keys(&["x"; MOST_LINES + 1], &[]), ["runbook.contacts"]);
    }
}
