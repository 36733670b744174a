//! Opens connections.
//!
//! Input: host and port. Output: a connected socket. Invariant: it ends in time, name resolution included.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::live::{Fault, Terms};

/// Longest time for which nobody looks whether the run is to end.
pub(super) const GLANCE: Duration = Duration::from_millis(500);

/// Connects to the first address of `host` that answers.
///
/// The system's own calls for this can't be ended early, so they work on a thread that nobody has to wait for.
pub(super) fn dial(host: &str, port: u16, terms: &Terms) -> Result<TcpStream, Fault> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let (host, deadline) = (host.to_owned(), Instant::now() + terms.patience.connect);
    let work = move || {
        // Where nobody waits any more, the socket is closed again.
        let _ = sender.send(connect(&host, port, deadline));
    };
    thread::Builder::new().name("dial".to_owned()).spawn(work).map_err(Fault::unreachable)?;
    loop {
        if terms.cancel.is_cancelled() {
            return Err(Fault::Interrupted);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left.min(GLANCE)) {
            Ok(result) => return result.map_err(Fault::unreachable),
            Err(RecvTimeoutError::Timeout) if !left.is_zero() => {}
            Err(_) => return Err(Fault::unreachable("it took too long")),
        }
    }
}

/// Each address gets its part of the time that is left, so that one that swallows packets does not take it all.
fn connect(host: &str, port: u16, deadline: Instant) -> io::Result<TcpStream> {
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for (address, tries) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let left = deadline.saturating_duration_since(Instant::now());
        let part = left / u32::try_from(tries).unwrap_or(u32::MAX);
        match TcpStream::connect_timeout(address, part.max(Duration::from_millis(1))) {
            Ok(socket) => return Ok(socket),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
