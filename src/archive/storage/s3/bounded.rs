//! Keeps a store from answering without end.
//!
//! Input: a connector. Output: the same, with a limit to every answer's body, and no trailer behind an object.
//! Invariant: what the SDK collects in memory is bounded. The bytes of an object are not collected; how many
//! there may be is known before, and the download counts them.

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt, Limited};

/// Bytes of a refusal; stores write a few hundred.
const LONGEST_REFUSAL: usize = 1 << 20;

/// Bytes of any other answer; a listing's page of 1000 keys, each of 1024 escaped bytes, takes about 7 MB.
const LONGEST_ANSWER: usize = 64 << 20;

/// A connector whose answers end with [`http_body_util::LengthLimitError`] where they grow too long.
#[derive(Debug)]
pub struct Bounded(pub SharedHttpConnector);

impl HttpConnector for Bounded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let reads_object = is_get_object(request.uri());
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            let limit = match answer.status().is_success() {
                true if reads_object => return Ok(answer.map(without_trailers)),
                true => LONGEST_ANSWER,
                false => LONGEST_REFUSAL,
            };
            Ok(answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, limit))))
        })
    }
}

/// The SDK's validation of an object's checksum panics on trailers (RFC 9112, section 7.1.2), so none reach it.
fn without_trailers(body: SdkBody) -> SdkBody {
    let data = |frame: Frame<Bytes>| Frame::data(frame.into_data().unwrap_or_default());
    SdkBody::from_body_1_x(body.map_frame(data))
}

/// Whether the SDK asks for an object's bytes: it says so in the query, and escapes what others put there.
fn is_get_object(uri: &str) -> bool {
    uri.split_once('?').is_some_and(|(_, query)| query.split('&').any(|pair| pair == "x-id=GetObject"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_read_of_an_object_is_one() {
        assert!(is_get_object("http://127.0.0.1:1/b/k?x-id=GetObject"));
        assert!(is_get_object("http://127.0.0.1:1/b/k?versionId=3&x-id=GetObject"));
        for other in
            ["", "/b/k", "/x-id=GetObject", "/b/k?retention", "/b?list-type=2&prefix=x-id%3DGetObject"]
        {
            assert!(!is_get_object(&format!("http://127.0.0.1:1{other}")), "{other}");
        }
    }
}
