//! What it means that a server does not take a message.

use crate::legible::line;
use crate::live::imap::response::{Kind, Status};

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It may be taken later: the connection is made anew.
    Passing,
    /// The mailbox is full, in words.
    Full(String),
    /// It concerns this message alone, in words.
    Message(String),
}

/// Tells why, from the word in brackets (RFC 5530; RFC 3501, section 7.1; RFC 4469 for TOOBIG).
pub(super) fn read(status: &Status) -> Refusal {
    let told = line(&status.told());
    let with = |step: &str| format!("the server does not take it ({told}); {step}");
    match status.code_word().as_str() {
        "UNAVAILABLE" | "INUSE" => Refusal::Passing,
        "OVERQUOTA" => {
            Refusal::Full(with("raise the mailbox's quota or make room, and run again: nothing is put twice"))
        }
        "TRYCREATE" | "NONEXISTENT" => {
            Refusal::Message(with("its folder went while it was restored: run again, and it is made anew"))
        }
        "LIMIT" | "TOOBIG" => Refusal::Message(with(
            "raise the server's limit of a message's size, or restore it to a Maildir or a tgz",
        )),
        "NOPERM" => Refusal::Message(with("let the account write there, or restore below another folder")),
        _ if status.kind == Kind::Bad => Refusal::Message(with("restore it to a Maildir or a tgz")),
        _ => Refusal::Message(with("look into the server's log, or restore it to a Maildir or a tgz")),
    }
}

/// Tells why a folder could not be made.
pub(super) fn of_folder(status: &Status) -> String {
    let told = line(&status.told());
    format!("its folder can't be made ({told}); make it by hand, or restore below another folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind, code: &str) -> Refusal {
        read(&Status { kind, code: Some(code.to_owned()), text: "no\u{1b}[2J".to_owned() })
    }

    #[test]
    fn each_refusal_has_its_next_step() {
        assert_eq!(of(Kind::No, "unavailable"), Refusal::Passing);
        let Refusal::Full(told) = of(Kind::No, "OVERQUOTA") else { panic!() };
        assert!(told.contains("([OVERQUOTA] no [2J)") && told.contains("quota"), "{told}");
        let cases = [("TRYCREATE", "run again"), ("LIMIT", "limit"), ("TOOBIG", "limit"), ("X", "log")];
        for (code, step) in cases {
            let Refusal::Message(told) = of(Kind::No, code) else { panic!("{code}") };
            assert!(told.contains(step), "{told}");
        }
        assert!(matches!(of(Kind::Bad, ""), Refusal::Message(told) if told.contains("Maildir")));
    }
}
