//! What a refusal means (RFC 5530 has the words in brackets; servers without them are known by their text).

use super::response::{Kind, Status};
use crate::legible::line;
use crate::live::Fault;

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Login,
    Folder,
    Other,
}

/// What a status that is not OK means.
pub(crate) fn meaning(status: &Status, asked: Asked) -> Fault {
    let detail = line(&status.told());
    let text = status.text.to_ascii_lowercase();
    match status.code_word().as_str() {
        "REFERRAL" => Fault::WrongHost { host: status.argument("REFERRAL").and_then(host) },
        "AUTHENTICATIONFAILED" | "EXPIRED" => Fault::Refused { detail },
        "AUTHORIZATIONFAILED" | "NOPERM" => Fault::NoRights { detail },
        "PRIVACYREQUIRED" => Fault::PlainText { detail },
        "UNAVAILABLE" | "INUSE" | "LIMIT" => Fault::Unavailable { detail, attempts: 1 },
        "NONEXISTENT" | "TRYCREATE" if asked == Asked::Folder => Fault::NoSuchFolder { detail },
        _ if text.contains("wrong host") => Fault::WrongHost { host: None },
        _ if text.contains("maintenance") => Fault::Maintenance,
        _ if status.kind == Kind::Bye => Fault::Unavailable { detail, attempts: 1 },
        _ if status.kind == Kind::Bad => Fault::Protocol { detail },
        _ if asked == Asked::Login => Fault::Refused { detail },
        _ if asked == Asked::Folder && tells_absence(&text) => Fault::NoSuchFolder { detail },
        _ => Fault::Denied { detail },
    }
}

fn tells_absence(text: &str) -> bool {
    ["not exist", "n't exist", "nonexistent", "no such", "not found"].iter().any(|words| text.contains(words))
}

/// The host of `imap://user;AUTH=*@host:port/…` (RFC 2221, RFC 5092).
fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let place = rest.split(['/', ' ']).next()?;
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    Some(line(host)).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind, code: &str, text: &str, asked: Asked) -> Fault {
        let code = Some(code.to_owned()).filter(|code| !code.is_empty());
        meaning(&Status { kind, code, text: text.to_owned() }, asked)
    }

    #[test]
    fn words_in_brackets_are_told_apart() {
        let of = |code, asked| of(Kind::No, code, "words", asked);
        assert!(matches!(of("AUTHENTICATIONFAILED", Asked::Login), Fault::Refused { .. }));
        assert!(matches!(of("AUTHORIZATIONFAILED", Asked::Login), Fault::NoRights { .. }));
        assert!(matches!(of("UNAVAILABLE", Asked::Login), Fault::Unavailable { attempts: 1, .. }));
        assert!(matches!(of("privacyrequired", Asked::Login), Fault::PlainText { .. }));
        assert!(matches!(of("NONEXISTENT", Asked::Folder), Fault::NoSuchFolder { .. }));
        assert!(matches!(of("ALERT", Asked::Login), Fault::Refused { detail } if detail == "[ALERT] words"));
        assert!(matches!(of("SERVERBUG", Asked::Other), Fault::Denied { .. }));
    }

    #[test]
    fn referrals_name_the_other_server() {
        for (url, expected) in [
            ("REFERRAL imap://user;AUTH=*@mail2.example.org/", Some("mail2.example.org")),
            ("REFERRAL imap://mail2.example.org:1143/INBOX", Some("mail2.example.org:1143")),
            ("REFERRAL imap://", None),
            ("REFERRAL nonsense", None),
        ] {
            let expected = Fault::WrongHost { host: expected.map(str::to_owned) };
            for kind in [Kind::No, Kind::Bye] {
                assert_eq!(of(kind, url, "elsewhere", Asked::Login), expected);
            }
        }
        assert_eq!(
            of(Kind::No, "", "LOGIN failed (wrong host)", Asked::Login),
            Fault::WrongHost { host: None }
        );
    }

    #[test]
    fn without_words_in_brackets_the_text_is_read() {
        let of = |kind, text, asked| of(kind, "", text, asked);
        assert!(matches!(
            of(Kind::No, "Mailbox doesn't exist: x", Asked::Folder),
            Fault::NoSuchFolder { .. }
        ));
        assert!(matches!(of(Kind::No, "Mailbox does not exist", Asked::Other), Fault::Denied { .. }));
        assert_eq!(of(Kind::No, "mailbox in Maintenance mode", Asked::Login), Fault::Maintenance);
        assert!(matches!(of(Kind::Bye, "Too many connections", Asked::Login), Fault::Unavailable { .. }));
        assert!(matches!(of(Kind::No, "LOGIN failed", Asked::Login), Fault::Refused { .. }));
        assert!(matches!(of(Kind::Bad, "what?", Asked::Login), Fault::Protocol { .. }));
    }
}
