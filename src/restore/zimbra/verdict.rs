//! What Zimbra says of an import (`Formatter.updateClient`): a line of a script that calls back, because the status is
//! 200 even where everything was rejected.

use serde_json::Value;

use crate::legible::line;

/// The name that the line calls.
pub(super) const CALLBACK: &str = "x";
/// Letters of a code.
const LONGEST: usize = 80;
/// Codes that are not counted in a mailbox of this size or server.
const FULL: [&str; 2] = ["mail.QUOTA_EXCEEDED", "mail.DOMAIN_QUOTA_EXCEEDED"];

/// How an import went, in the server's view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Everything was taken, or was there.
    Taken,
    /// Something was not, for the first of the reasons given.
    Rejected {
        /// How it ended, and the code of the fault.
        words: String,
        /// Whether the mailbox is full.
        full: bool,
    },
    /// Nothing was said.
    Silent,
}

/// Reads the answer to an import.
pub(super) fn read(answer: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(answer);
    let called = text.split_once(&format!("window.parent.{CALLBACK}(")).map(|(_, rest)| rest.trim_start());
    let Some((word, rest)) = called.and_then(|rest| rest.strip_prefix('\'')?.split_once('\'')) else {
        return Verdict::Silent;
    };
    if word == "success" {
        return Verdict::Taken;
    }
    let rest = rest.trim_start().trim_start_matches(',');
    let fault = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next().and_then(Result::ok);
    let code = fault.as_ref().and_then(code).unwrap_or("without a reason");
    let words = line(&format!("{}: {code}", line(word)));
    Verdict::Rejected { words, full: FULL.contains(&code) }
}

/// The code of a fault of SOAP. Its text names paths, and those of documents are what users call them.
fn code(fault: &Value) -> Option<&str> {
    let code = fault.get("Fault").unwrap_or(fault).pointer("/Detail/Error/Code")?.as_str()?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._".contains(letter);
    Some(code).filter(|code| code.len() <= LONGEST && code.chars().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_it_went() {
        let called = |arguments: &str| {
            read(format!("<html><script>window.parent.x({arguments});</script></html>").as_bytes())
        };
        assert_eq!(called("'success'"), Verdict::Taken);
        let fault = r#"{"Code":{"Value":"soap:Sender"},"Reason":{"Text":"a\u001b[2J"},"Detail":{"Error":{"Code":"formatter.MISSING_BLOB","Trace":"t"}}}"#;
        for arguments in [format!("'warn', {fault}, {fault}"), format!("'fail',{{\"Fault\":{fault}}}")] {
            let Verdict::Rejected { words, full } = called(&arguments) else { panic!("{arguments}") };
            assert!(words.ends_with(": formatter.MISSING_BLOB") && !full, "{words}");
        }
        let full =
            called(&format!("'warn', {}", fault.replace("formatter.MISSING_BLOB", "mail.QUOTA_EXCEEDED")));
        assert!(matches!(full, Verdict::Rejected { full: true, .. }));
        for odd in ["nonsense".to_owned(), fault.replace("MISSING_BLOB", "Geheimer Betreff")] {
            let Verdict::Rejected { words, .. } = called(&format!("'warn', {odd}")) else { panic!("{odd}") };
            assert_eq!(words, "warn: without a reason");
        }
    }

    #[test]
    fn silence_is_no_consent() {
        for answer in ["", "<html>login</html>", "window.parent.y('success')", "window.parent.x(success)"] {
            assert_eq!(read(answer.as_bytes()), Verdict::Silent, "{answer}");
        }
    }
}
