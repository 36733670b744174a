//! The bytes of an item over REST (`UserServlet.java`, `NativeFormatter.java`).
//!
//! Input: an item's number. Output: its blob byte for byte, in pieces. Invariant: a body is whole only if exactly as many
//! bytes came as the server announced.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use secrecy::{ExposeSecret, SecretString};

use super::address::percent_encoded;
use super::soap::refused;
use super::transport::Answer;
use super::{Mailbox, Presence};
use crate::legible::line;
use crate::live::{BodyPart, Fault, LiveError};
use crate::mailbox::ItemId;

/// How the reading of a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// All bytes came.
    Whole {
        /// Change number of the content, where the answer tells it.
        mod_content: Option<u32>,
    },
    /// There is no such item any more.
    Gone,
    /// The item is listed and not handed out: its file is missing on the server, or the login may not read it. The
    /// server says the same for both.
    Withheld,
}

impl Mailbox {
    /// Hands the body of an item to `each`, which must not ask the same server for anything. A body that breaks is read
    /// again from its beginning; [`BodyPart::End`] comes behind the last byte, once, or [`BodyPart::Gone`].
    ///
    /// # Errors
    /// [`LiveError`] if it can't be read to its end, [`Fault::Unavailable`] also where fewer bytes come than the server
    /// announced every time: its file is then shorter than its database knows.
    pub fn body(&self, id: ItemId, each: &mut dyn FnMut(BodyPart<'_>)) -> Result<Delivery, LiveError> {
        let asked = format!("item {id} of {}", self.account());
        let came = self.session.run(&asked, |token| self.read(id, token, each))?;
        let delivery = came.map_or_else(|| self.missing(id), Ok)?;
        match delivery {
            Delivery::Whole { .. } => each(BodyPart::End),
            Delivery::Gone => each(BodyPart::Gone),
            Delivery::Withheld => {}
        }
        Ok(delivery)
    }

    /// Reads a body once; nothing if the server has none to give.
    fn read(
        &self,
        id: ItemId,
        token: &SecretString,
        each: &mut dyn FnMut(BodyPart<'_>),
    ) -> Result<Option<Delivery>, Fault> {
        let transport = &self.session.server().transport;
        let answer = transport.send(self.request(id, token)?)?;
        match answer.status() {
            200 => receive(answer, transport.terms().limits.body, each).map(Some),
            404 => Ok(None),
            status => Err(refused(status, answer.header("location").map(line).as_deref())),
        }
    }

    fn request(&self, id: ItemId, token: &SecretString) -> Result<HttpRequest, Fault> {
        let address = self.session.address();
        let uri = address.at(&format!("/home/{}/?id={id}", percent_encoded(self.account())));
        let mut request =
            HttpRequest::get(uri).map_err(|_| Fault::protocol("no request can be made for this address"))?;
        let cookie = format!("ZM_AUTH_TOKEN={}", token.expose_secret());
        let set = request.headers_mut().try_insert("cookie", cookie).is_ok();
        if set { Ok(request) } else { Err(Fault::protocol("the token of the login can't be sent")) }
    }

    /// Tells what is gone from what is not handed out, as the status is the same.
    fn missing(&self, id: ItemId) -> Result<Delivery, LiveError> {
        let mut delivery = Delivery::Withheld;
        self.messages(&[id], &mut |_, presence| {
            if presence == Presence::Absent {
                delivery = Delivery::Gone;
            }
        })?;
        Ok(delivery)
    }
}

/// Hands a body on and holds it against its announced length.
fn receive(
    mut answer: Answer<'_>,
    largest: u64,
    each: &mut dyn FnMut(BodyPart<'_>),
) -> Result<Delivery, Fault> {
    let (size, mod_content) = (length(&answer)?, answer.header("etag").and_then(revision));
    if size > largest {
        return Err(Fault::protocol(format!("a body of {size} bytes, and {largest} are the limit")));
    }
    each(BodyPart::Begin(size));
    let mut left = size;
    loop {
        let bytes = match answer.next() {
            Ok(Some(bytes)) => bytes,
            Ok(None) if left == 0 => return Ok(Delivery::Whole { mod_content }),
            Ok(None) => return Err(broken(size, left)),
            // The connection's own words say nothing of how far it came.
            Err(Fault::Unavailable { .. }) => return Err(broken(size, left)),
            Err(fault) => return Err(fault),
        };
        left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            Fault::protocol(format!("more than the {} bytes of the body that were announced", size))
        })?;
        each(BodyPart::Bytes(&bytes));
    }
}

fn broken(size: u64, left: u64) -> Fault {
    Fault::unavailable(format!("the body ended after {} of {size} bytes", size - left))
}

fn length(answer: &Answer<'_>) -> Result<u64, Fault> {
    let length = answer.header("content-length").and_then(|text| text.parse().ok());
    length.ok_or_else(|| Fault::protocol("no length of the body is stated"))
}

/// The change number in an `ETag`, which a proxy may have made a weak one (RFC 9110, section 8.8.3).
fn revision(etag: &str) -> Option<u32> {
    etag.trim().trim_start_matches("W/").trim_matches('"').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_number_stands_in_the_etag() {
        for etag in ["257", "\"257\"", "W/\"257\""] {
            assert_eq!(revision(etag), Some(257), "{etag}");
        }
        for etag in ["", "\"\"", "257-gzip", "-1", "99999999999"] {
            assert_eq!(revision(etag), None, "{etag}");
        }
    }
}
