//! The bytes of an item over REST (`UserServlet.java`, `NativeFormatter.java`).

use bytes::Bytes;
use http::StatusCode;

use super::state::{Holder, Inner};

/// An item's bytes and what their headers state.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) id: u32,
    pub(super) bytes: Bytes,
    /// Bytes as the database knows them.
    pub(super) size: u64,
    pub(super) revision: u32,
}

/// Finds what `path` and `query` ask for. Without a valid token it is 401; what is missing, what has no readable file
/// and what is another's is 404, all alike.
pub(super) fn item(
    inner: &Inner,
    holder: Option<&Holder>,
    path: &str,
    query: Option<&str>,
) -> Result<Content, StatusCode> {
    let name = account(holder, path)?;
    let mailbox = inner.accounts.get(&name).ok_or(StatusCode::NOT_FOUND)?;
    let id = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("id=")));
    let id: u32 = id.and_then(|id| id.parse().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    let item = mailbox.items.get(&id).ok_or(StatusCode::NOT_FOUND)?;
    if item.fate == crate::demo::zimbra::Fate::Lost {
        return Err(StatusCode::NOT_FOUND);
    }
    let body = item.stored.as_ref().or(item.body.as_ref()).ok_or(StatusCode::BAD_REQUEST)?;
    let mut bytes = Bytes::copy_from_slice(body);
    bytes.truncate(usize::try_from(item.size()).unwrap_or(usize::MAX));
    Ok(Content { id, bytes, size: item.size(), revision: item.modified.1 })
}

/// Whose mailbox `path` names, if the holder of the token may know it.
pub(super) fn account(holder: Option<&Holder>, path: &str) -> Result<String, StatusCode> {
    let holder = holder.ok_or(StatusCode::UNAUTHORIZED)?;
    let name = path.trim_start_matches("/service").strip_prefix("/home/").unwrap_or_default();
    let name = decoded(name.trim_end_matches('/')).ok_or(StatusCode::BAD_REQUEST)?;
    if *holder != Holder::Admin && *holder != Holder::User(name.clone()) {
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(name)
}

/// Takes percent-encoding off (RFC 3986, section 2.1); a plus sign stands for itself.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = rest.get(2..)?;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_of_their_encoding() {
        assert_eq!(decoded("j%C3%B6rg+x%40example.org").as_deref(), Some("jörg+x@example.org"));
        for broken in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }
}
