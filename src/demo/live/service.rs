//! From a request over HTTP to its answer, with the fault it meets.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, ETAG, HeaderName, HeaderValue, LOCATION};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::admin::{self, Answer};
use super::body::{End, Pieces};
use super::envelope::{self, Form};
use super::fault::{Fault, IMPORT, Seen};
use super::import;
use super::mail;
use super::rest;
use super::state::{Holder, Inner, State};

/// Bytes of a request; whoever sends more is refused.
const LONGEST: usize = 16 << 20;
/// Bytes of an import.
const LARGEST_IMPORT: usize = 256 << 20;
const USER_PATH: &str = "/service/soap";
const ADMIN_PATH: &str = "/service/admin/soap";
/// Cookies that hold a token.
const COOKIES: [&str; 2] = ["ZM_AUTH_TOKEN=", "ZM_ADMIN_AUTH_TOKEN="];

/// Answers one request.
pub(super) async fn serve(state: Arc<State>, request: Request<Incoming>) -> Response<Pieces> {
    let path = request.uri().path().trim_end_matches('/').to_owned();
    match (request.method(), path.as_str()) {
        (&Method::POST, USER_PATH | ADMIN_PATH) => {
            let (parts, body) = request.into_parts();
            match Limited::new(body, LONGEST).collect().await {
                Ok(body) => call(&state, &parts, path == ADMIN_PATH, &body.to_bytes()),
                Err(_) => status(StatusCode::PAYLOAD_TOO_LARGE),
            }
        }
        (&Method::GET, path) if path.starts_with("/home/") || path.starts_with("/service/home/") => {
            let (parts, _) = request.into_parts();
            content(&state, &parts)
        }
        (&Method::POST, path) if path.starts_with("/home/") || path.starts_with("/service/home/") => {
            let (parts, body) = request.into_parts();
            match Limited::new(body, LARGEST_IMPORT).collect().await {
                Ok(body) => import(&state, &parts, &body.to_bytes()),
                Err(_) => status(StatusCode::PAYLOAD_TOO_LARGE),
            }
        }
        _ => status(StatusCode::NOT_FOUND),
    }
}

/// Answers a call of SOAP.
fn call(state: &State, parts: &http::request::Parts, admin: bool, body: &[u8]) -> Response<Pieces> {
    let Some(request) = envelope::Request::read(body) else {
        let fault = Err(("service.PARSE_ERROR", "the request can't be read".to_owned()));
        return soap(Form::Json, fault);
    };
    let token = request.token.clone().or_else(|| cookie(parts));
    let met = {
        let mut inner = state.lock();
        let seen = seen(&inner, &request.call.name, parts, token.as_deref());
        inner.faults.seen.push(seen);
        inner.faults.meet(Some(&request.call.name))
    };
    let answer = match &met {
        Some(Fault::Soap(code)) => Err((*code, "refused on purpose".to_owned())),
        Some(Fault::WrongHost(host)) => {
            Err(("service.WRONG_HOST", format!("operation sent to wrong host (you want '{host}')")))
        }
        Some(Fault::Expired) => {
            state.lock().expire(token.as_deref());
            Err(("service.AUTH_EXPIRED", "auth credentials have expired".to_owned()))
        }
        met if stands_in(met.as_ref()) => Err(("service.FAILURE", "something else answers".to_owned())),
        _ => dispatch(state, &request, admin, token.as_deref()),
    };
    spoiled(soap(request.form, answer), met)
}

fn dispatch(state: &State, request: &envelope::Request, admin: bool, token: Option<&str>) -> Answer {
    if request.call.name == "AuthRequest" {
        return if admin { admin::login(state, &request.call) } else { mail::login(state, &request.call) };
    }
    let mut inner = state.lock();
    let holder = inner.holder(token);
    match (admin, token, holder) {
        (_, None, _) => Err(("service.AUTH_REQUIRED", "no valid authtoken present".to_owned())),
        (_, Some(_), None) => Err(("service.AUTH_EXPIRED", "auth credentials have expired".to_owned())),
        (true, _, Some(Holder::Admin)) => admin::answer(&mut inner, &request.call),
        (true, ..) => {
            Err(("service.PERM_DENIED", "permission denied: need adequate admin auth token".to_owned()))
        }
        (false, _, Some(Holder::User(name))) => mail::answer(&mut inner, &name, &request.call),
        (false, ..) => {
            Err(("account.NO_SUCH_ACCOUNT", "no such account: the administrator has no mail".to_owned()))
        }
    }
}

/// Answers the question for an item's bytes.
fn content(state: &State, parts: &http::request::Parts) -> Response<Pieces> {
    let mut inner = state.lock();
    let token = cookie(parts);
    let seen = seen(&inner, "GET", parts, token.as_deref());
    inner.faults.seen.push(seen);
    let met = inner.faults.meet(None);
    if met == Some(Fault::Expired) {
        inner.expire(token.as_deref());
    }
    let holder = inner.holder(token.as_deref());
    let response = match rest::item(&inner, holder.as_ref(), parts.uri.path(), parts.uri.query()) {
        Ok(body) => {
            let mut response = Response::new(Pieces::new(body.bytes));
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            headers.insert(ETAG, HeaderValue::from(body.revision));
            headers.insert(HeaderName::from_static("x-zimbra-itemid"), HeaderValue::from(body.id));
            // The database's size, whatever the file holds.
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.size));
            response
        }
        Err(refusal) => status(refusal),
    };
    spoiled(response, met)
}

/// Takes in an export.
fn import(state: &State, parts: &http::request::Parts, packed: &[u8]) -> Response<Pieces> {
    let mut inner = state.lock();
    let token = cookie(parts);
    let seen = seen(&inner, IMPORT, parts, token.as_deref());
    inner.faults.seen.push(seen);
    let met = inner.faults.meet(Some(IMPORT));
    if met == Some(Fault::Expired) {
        inner.expire(token.as_deref());
    }
    let takes = !stands_in(met.as_ref());
    let keeping = match met {
        Some(Fault::Import(keeping)) => Some(keeping),
        _ => None,
    };
    let holder = inner.holder(token.as_deref());
    let response = match rest::account(holder.as_ref(), parts.uri.path()) {
        Err(refusal) => status(refusal),
        Ok(name) => match inner.accounts.get_mut(&name) {
            None => status(StatusCode::NOT_FOUND),
            Some(mailbox) if takes => {
                let query = parts.uri.query().unwrap_or_default();
                let said = import::take(mailbox, query, packed, keeping);
                let mut response = Response::new(Pieces::new(said));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
                response
            }
            Some(_) => Response::new(Pieces::new("")),
        },
    };
    spoiled(response, met)
}

/// Whether the fault answers in the server's place, which then does nothing.
fn stands_in(met: Option<&Fault>) -> bool {
    matches!(met, Some(Fault::Refuse(_) | Fault::Redirect(_) | Fault::Answer(_)))
}

fn seen(inner: &Inner, call: &str, parts: &http::request::Parts, token: Option<&str>) -> Seen {
    let account = inner.holder(token).map(|holder| match holder {
        Holder::Admin => "admin".to_owned(),
        Holder::User(name) => name,
    });
    let address = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    Seen { call: call.to_owned(), address, cookie: cookie(parts).is_some(), account }
}

fn cookie(parts: &http::request::Parts) -> Option<String> {
    let cookies = parts.headers.get(COOKIE)?.to_str().ok()?;
    let mut tokens =
        cookies.split("; ").filter_map(|cookie| COOKIES.iter().find_map(|name| cookie.strip_prefix(name)));
    tokens.next().map(str::to_owned)
}

fn soap(form: Form, answer: Answer) -> Response<Pieces> {
    let code = if answer.is_ok() { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    let kind = match form {
        Form::Json => "text/javascript; charset=utf-8",
        Form::Xml => "text/xml; charset=utf-8",
    };
    let mut response = Response::new(Pieces::new(envelope::answer(form, answer)));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A refusal with a page for people, as Jetty sends one.
fn status(code: StatusCode) -> Response<Pieces> {
    let page = format!("<html><body><h2>HTTP ERROR {}</h2></body></html>", code.as_u16());
    let mut response = Response::new(Pieces::new(page));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// Applies the faults that concern how an answer is sent.
fn spoiled(mut response: Response<Pieces>, met: Option<Fault>) -> Response<Pieces> {
    let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let length: u64 = length.unwrap_or_else(|| http_body::Body::size_hint(response.body()).lower());
    match met {
        Some(Fault::Refuse(code)) => status(StatusCode::from_u16(code).unwrap_or_default()),
        Some(Fault::Redirect(to)) => {
            let mut redirect = status(StatusCode::FOUND);
            if let Ok(to) = HeaderValue::from_str(&to) {
                redirect.headers_mut().insert(LOCATION, to);
            }
            redirect
        }
        Some(Fault::Answer(bytes)) => Response::new(Pieces::new(Bytes::from(bytes))),
        Some(Fault::Cut(after)) => stated(response, length).map(|body| body.ending(after, End::Cut)),
        Some(Fault::Stall(after)) => stated(response, length).map(|body| body.ending(after, End::Stall)),
        Some(Fault::Longer(by)) => {
            stated(response, length.saturating_add(by)).map(|body| body.ending(usize::MAX, End::Cut))
        }
        Some(Fault::NoLength) => {
            response.headers_mut().remove(CONTENT_LENGTH);
            response.map(Pieces::unmeasured)
        }
        Some(Fault::Pieces(length)) => response.map(|body| body.in_pieces_of(length)),
        _ => response,
    }
}

fn stated(mut response: Response<Pieces>, length: u64) -> Response<Pieces> {
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}
