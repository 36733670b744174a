//! From a host name to a session: connection, encryption, login.
//!
//! Invariant: no password goes over a connection that may not carry it, and nothing that was said before encryption
//! counts after it.

use std::sync::Arc;

use rustls::ClientConfig;

use super::access::{Access, Security};
use super::command::Command;
use super::refusal::{Asked, meaning};
use super::response::{Head, Kind, Status};
use super::session::{Session, Taken, nothing};
use super::wire::Wire;
use crate::live::{Fault, Terms};

/// What a server says it can do, in capitals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Abilities(Vec<String>);

impl Abilities {
    fn read(words: &str) -> Self {
        Self(words.split(' ').filter(|word| !word.is_empty()).map(str::to_ascii_uppercase).collect())
    }

    pub(crate) fn has(&self, ability: &str) -> bool {
        self.0.iter().any(|known| known == ability)
    }

    /// What stands behind `name=`.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|known| known.strip_prefix(name)?.strip_prefix('='))
    }
}

/// Connects and logs in.
pub(super) fn open(access: &Access, tls: &Arc<ClientConfig>, terms: &Terms) -> Result<Session, Fault> {
    access.allow()?;
    let (mut session, greeted) = connect(access, tls, terms)?;
    let abilities = match greeted {
        Some(abilities) => abilities,
        None => ask(&mut session)?,
    };
    log_in(&mut session, access, &abilities)?;
    Ok(session)
}

/// The session on a connection as it is to be, and what the server said of itself since.
fn connect(
    access: &Access,
    tls: &Arc<ClientConfig>,
    terms: &Terms,
) -> Result<(Session, Option<Abilities>), Fault> {
    let mut wire = Wire::open(access.bare_host(), access.port(), terms)?;
    if access.security == Security::Tls {
        wire = wire.encrypt(Arc::clone(tls), access.bare_host())?;
    }
    let mut session = Session::new(wire, terms.clone());
    let greeting = greet(&mut session)?;
    if access.security == Security::StartTls {
        return Ok((start_tls(session, access, tls)?, None));
    }
    Ok((session, greeting.argument("CAPABILITY").map(Abilities::read)))
}

fn greet(session: &mut Session) -> Result<Status, Fault> {
    match session.input.head()? {
        Head::Status(status) => match status.kind {
            Kind::Ok => Ok(status),
            Kind::Preauth => Err(Fault::protocol("the server lets anybody in without a login")),
            _ => Err(meaning(&status, Asked::Other)),
        },
        _ => Err(Fault::protocol("no greeting")),
    }
}

pub(super) fn ask(session: &mut Session) -> Result<Abilities, Fault> {
    let mut abilities = Abilities::default();
    session.run(Command::capability(), Asked::Other, &mut |input, head| match head {
        Head::Data(word) if word == b"CAPABILITY" => {
            abilities = Abilities::read(&input.rest()?);
            Ok(Taken::Aside)
        }
        _ => Ok(Taken::Not),
    })?;
    Ok(abilities)
}

/// Encrypts the connection. What the server said before may be anybody's words: it is forgotten, and bytes that came
/// before their time are an attack (CVE-2021-33515 was one).
fn start_tls(mut session: Session, access: &Access, tls: &Arc<ClientConfig>) -> Result<Session, Fault> {
    if !ask(&mut session)?.has("STARTTLS") {
        return Err(Fault::PlainText { detail: "the server does not offer STARTTLS".to_owned() });
    }
    session.run(Command::start_tls(), Asked::Other, &mut nothing)?;
    if session.input.unread() > 0 {
        let detail = "somebody speaks in the clear where encryption begins".to_owned();
        return Err(Fault::Tls { detail });
    }
    let Session { input, terms, .. } = session;
    Ok(Session::new(input.source.encrypt(Arc::clone(tls), access.bare_host())?, terms))
}

fn log_in(session: &mut Session, access: &Access, abilities: &Abilities) -> Result<(), Fault> {
    let login = &access.login;
    let command = if abilities.has("AUTH=PLAIN") {
        Command::plain(login, abilities.has("SASL-IR"))
    } else if abilities.has("LOGINDISABLED") {
        return Err(Fault::PlainText { detail: "the server wants no password on it".to_owned() });
    } else if login.mailbox.is_some() {
        let detail = "to read another's mailbox it must offer AUTH=PLAIN".to_owned();
        return Err(Fault::Denied { detail });
    } else {
        Command::login(login)
    };
    session.run(command, Asked::Login, &mut nothing).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abilities_are_known_however_they_are_written() {
        let abilities = Abilities::read(" IMAP4rev1  auth=plain SASL-IR");
        assert!(abilities.has("AUTH=PLAIN") && abilities.has("SASL-IR"));
        assert!(!abilities.has("AUTH") && !abilities.has(""));
    }
}
