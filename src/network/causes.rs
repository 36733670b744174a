use std::error::Error;
use std::io;

use crate::legible::line;

/// The innermost two messages of an error: the outer ones only repeat that a call failed.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut messages: Vec<String> = causes(error).map(|cause| line(&cause.to_string())).collect();
    messages.dedup();
    let inner = messages.len().saturating_sub(2);
    messages[inner..].join(": ")
}

/// The first error of a kind among `error` and what caused it.
pub(crate) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// `error` and what caused it. [`io::Error::source`] leaves out the error it wraps, so that is asked for.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| match cause.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => cause.source(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_inside_an_io_error_is_found() {
        let tls = rustls::Error::General("bad".into());
        let wrapped = io::Error::other(io::Error::other(tls));
        assert!(find::<rustls::Error>(&wrapped).is_some());
        assert_eq!(chain(&wrapped), "unexpected error: bad");
    }
}
