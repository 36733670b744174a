//! A login that is kept alive.
//!
//! Input: credentials, or an administrator's session to borrow from. Output: calls made with a token that is valid.
//! Invariant: a token that expired is renewed once for each call; what the server refuses then is an error.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::address::Address;
use super::envelope::SoapFault;
use super::json::Listed;
use super::soap::{self, Call, Service};
use super::transport::Transport;
use crate::live::{Fault, LiveError};

/// Bytes of a token; Zimbra's have a few hundred.
const LONGEST_TOKEN: usize = 8 << 10;
/// Bytes of an answer to a login, which may hold preferences.
const LARGEST: usize = 1 << 20;

/// What all sessions of a server share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) transport: Transport,
    pub(super) users: Address,
    pub(super) administrators: Option<Address>,
}

/// Where tokens come from.
#[derive(Debug)]
pub(super) enum Source {
    Password {
        name: String,
        password: SecretString,
    },
    /// An administrator asks for a token of this account.
    Delegated {
        admin: Arc<Session>,
        account: String,
    },
}

/// One login.
#[derive(Debug)]
pub(crate) struct Session {
    server: Arc<Server>,
    service: Service,
    address: Address,
    source: Source,
    token: Mutex<Arc<SecretString>>,
}

impl Session {
    /// Logs in.
    pub(super) fn open(server: &Arc<Server>, service: Service, source: Source) -> Result<Self, LiveError> {
        let address = match service {
            Service::User => Some(&server.users),
            Service::Admin => server.administrators.as_ref(),
        };
        let missing = || Fault::Address { detail: "none is set for administrators".to_owned() };
        let address = address.ok_or_else(|| missing().of(server.users.as_str(), "login"))?.clone();
        let name = |fault: Fault| fault.of(address.as_str(), &source.asked());
        let token = server.transport.repeat(name, || source.token(server, service, &address))?;
        let token = Mutex::new(Arc::new(token));
        Ok(Self { server: Arc::clone(server), service, address, source, token })
    }

    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Makes a call, again where that may help; a fault that `ours` knows is the caller's business.
    pub(crate) fn call<R: DeserializeOwned>(
        &self,
        asked: &str,
        call: &Call,
        ours: impl Fn(&SoapFault) -> bool,
    ) -> Result<Result<R, SoapFault>, LiveError> {
        self.run(asked, |token| self.once(call, &ours, token))
    }

    /// Makes a call of which no fault is expected.
    pub(crate) fn ask<R: DeserializeOwned>(&self, asked: &str, call: &Call) -> Result<R, LiveError> {
        let answer = self.call(asked, call, |_| false)?;
        answer.map_err(|fault| fault.meaning().of(self.address.as_str(), asked))
    }

    fn once<R: DeserializeOwned>(
        &self,
        call: &Call,
        ours: impl Fn(&SoapFault) -> bool,
        token: &SecretString,
    ) -> Result<Result<R, SoapFault>, Fault> {
        match soap::call(&self.server.transport, &self.address, self.service, Some(token), call)? {
            Err(fault) if !ours(&fault) => Err(fault.meaning()),
            known => Ok(known),
        }
    }

    /// Does something that needs a token, again where that may help.
    pub(crate) fn run<T>(
        &self,
        asked: &str,
        mut act: impl FnMut(&SecretString) -> Result<T, Fault>,
    ) -> Result<T, LiveError> {
        let name = |fault: Fault| fault.of(self.address.as_str(), asked);
        self.server.transport.repeat(name, || self.attempt(&mut act))
    }

    /// Does it, and once more with a new token if the old one expired.
    fn attempt<T>(&self, act: &mut impl FnMut(&SecretString) -> Result<T, Fault>) -> Result<T, Fault> {
        let token = Arc::clone(&self.token.lock().unwrap_or_else(PoisonError::into_inner));
        match act(&token) {
            Err(Fault::Expired) => {
                let renewed = self.renewed(&token)?;
                act(&renewed)
            }
            done => done,
        }
    }

    /// Another token than `old`; that of another thread, if it was quicker.
    fn renewed(&self, old: &Arc<SecretString>) -> Result<Arc<SecretString>, Fault> {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&token, old) {
            *token = Arc::new(self.source.token(&self.server, self.service, &self.address)?);
        }
        Ok(Arc::clone(&token))
    }
}

impl Source {
    fn asked(&self) -> String {
        match self {
            Self::Password { name, .. } => format!("login as {name}"),
            Self::Delegated { account, .. } => format!("login for {account}"),
        }
    }

    fn token(&self, server: &Server, service: Service, address: &Address) -> Result<SecretString, Fault> {
        let answer: Result<Issued, SoapFault> = match self {
            Self::Password { name, password } => {
                let call = login(service, name, password);
                soap::call(&server.transport, address, service, None, &call)?
            }
            Self::Delegated { admin, account } => {
                let content = json!({"account": {"by": "name", "_content": account}});
                let call =
                    Call { name: "DelegateAuth", namespace: "urn:zimbraAdmin", content, largest: LARGEST };
                admin.attempt(&mut |token| admin.once(&call, |_| false, token))?
            }
        };
        match answer.map_err(SoapFault::meaning) {
            // Nobody was logged in before, so nothing can have expired.
            Err(Fault::Expired) => Err(Fault::Refused { detail: "no login is accepted".to_owned() }),
            answer => answer?.checked(),
        }
    }
}

fn login(service: Service, name: &str, password: &SecretString) -> Call {
    let password = password.expose_secret();
    let (namespace, content) = match service {
        Service::Admin => ("urn:zimbraAdmin", json!({"name": name, "password": password})),
        Service::User => {
            let account = json!({"by": "name", "_content": name});
            ("urn:zimbraAccount", json!({"account": account, "password": {"_content": password}}))
        }
    };
    Call { name: "Auth", namespace, content, largest: LARGEST }
}

#[derive(Deserialize)]
struct Issued {
    #[serde(default = "Listed::none", rename = "authToken")]
    tokens: Listed<Token, 1>,
    #[serde(default, rename = "twoFactorAuthRequired")]
    second_factor: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(rename = "_content", deserialize_with = "secret")]
    text: SecretString,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

impl Issued {
    fn checked(self) -> Result<SecretString, Fault> {
        if self.second_factor.is_some() {
            let detail =
                "a second factor is asked for: make an application passcode and give that".to_owned();
            return Err(Fault::Refused { detail });
        }
        let token = self.tokens.0.into_iter().next().map(|token| token.text);
        // It goes into a header as it is.
        let fits = |text: &str| {
            let legal = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
            !text.is_empty() && text.len() <= LONGEST_TOKEN && text.bytes().all(legal)
        };
        token
            .filter(|token| fits(token.expose_secret()))
            .ok_or_else(|| Fault::protocol("no token of a login that can be used"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(text: &str) -> Result<String, Fault> {
        let issued: Issued = serde_json::from_str(text).map_err(Fault::protocol)?;
        issued.checked().map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn a_token_is_what_a_header_can_hold() {
        assert_eq!(
            issued(r#"{"authToken":[{"_content":"0_ab_cd"}],"lifetime":7}"#),
            Ok("0_ab_cd".to_owned())
        );
        assert_eq!(issued(r#"{"authToken":{"_content":"0_ab"}}"#), Ok("0_ab".to_owned()));
        let long = format!(r#"{{"authToken":[{{"_content":"{}"}}]}}"#, "a".repeat(LONGEST_TOKEN + 1));
        for text in [
            "{}",
            r#"{"authToken":[]}"#,
            r#"{"authToken":[{"_content":""}]}"#,
            r#"{"authToken":[{"_content":"a; b"}]}"#,
            r#"{"authToken":[{"_content":"a\r\nCookie: b"}]}"#,
            r#"{"authToken":[{"_content":7}]}"#,
            r#"{"authToken":[{"_content":"a"},{"_content":"b"}]}"#,
            &long,
        ] {
            assert!(matches!(issued(text), Err(Fault::Protocol { .. })), "{}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn a_second_factor_is_a_refusal_that_says_what_to_do() {
        let fault = issued(r#"{"authToken":[{"_content":"a"}],"twoFactorAuthRequired":{"_content":true}}"#);
        let Err(Fault::Refused { detail }) = fault else { panic!("{fault:?}") };
        assert!(detail.contains("application passcode"));
    }
}
