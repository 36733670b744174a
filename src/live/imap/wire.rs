//! The connection to a server, encrypted or not.
//!
//! Input: bytes of commands. Output: bytes of answers. Invariant: no wait is endless, whatever the server does: each
//! ends when nothing of what was asked for came for too long, with the whole request's time, or with the run.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::dial::{GLANCE, dial};
use crate::live::{Fault, Slot, Terms};

/// A connection to a server.
pub(crate) struct Wire {
    stream: Stream,
    terms: Terms,
    /// When the request that is being answered must be over.
    deadline: Instant,
    /// How long the server was waited for since the last part of what was asked for.
    waited: Duration,
    /// Held as long as the connection is open.
    _slot: Slot,
}

enum Stream {
    Plain(TcpStream),
    Encrypted(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Wire {
    /// Connects, without encryption so far.
    pub(super) fn open(host: &str, port: u16, terms: &Terms) -> Result<Self, Fault> {
        let slot = terms.pace.connection(&terms.cancel)?;
        let socket = dial(host, port, terms)?;
        // A wait of the system must be short, so that the run can end in it.
        let slice = GLANCE.min(terms.patience.read).max(Duration::from_millis(1));
        let prepare = |socket: &TcpStream| {
            socket.set_nodelay(true)?;
            socket.set_read_timeout(Some(slice))?;
            socket.set_write_timeout(Some(slice))
        };
        prepare(&socket).map_err(Fault::unreachable)?;
        let deadline = Instant::now() + terms.patience.total;
        let (stream, terms) = (Stream::Plain(socket), terms.clone());
        Ok(Self { stream, terms, deadline, waited: Duration::ZERO, _slot: slot })
    }

    /// Encrypts the connection from here on. `host` is the name that the certificate must hold.
    pub(super) fn encrypt(self, config: Arc<ClientConfig>, host: &str) -> Result<Self, Fault> {
        let Stream::Plain(socket) = self.stream else {
            return Err(Fault::Tls { detail: "it is encrypted already".to_owned() });
        };
        let name = ServerName::try_from(host.to_owned()).map_err(untrusted)?;
        let connection = ClientConnection::new(config, name).map_err(untrusted)?;
        let stream = Stream::Encrypted(Box::new(StreamOwned::new(connection, socket)));
        let mut wire = Self { stream, ..self };
        wire.patiently(Stream::shake_hands)?;
        wire.progress();
        Ok(wire)
    }

    /// A request begins: its time is counted from now.
    pub(crate) fn begin(&mut self) {
        self.deadline = Instant::now() + self.terms.patience.total;
        self.progress();
    }

    /// A part of what was asked for came: whatever else the server says meanwhile is as good as silence.
    pub(crate) fn progress(&mut self) {
        self.waited = Duration::ZERO;
    }

    /// Sends all of `bytes`.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mut sent = 0;
        while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
            sent += self.patiently(|stream| stream.write(rest))?;
            self.progress();
        }
        self.patiently(Stream::flush)?;
        self.progress();
        Ok(())
    }

    /// Receives at least one byte into `buffer`.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        match self.patiently(|stream| stream.read(buffer))? {
            0 => Err(Fault::unavailable("the server ended the connection")),
            count => self.terms.pace.received(count, &self.terms.cancel).map(|()| count),
        }
    }

    /// Says goodbye without waiting for the answer.
    pub(super) fn leave(&mut self, bytes: &[u8]) {
        // The connection ends either way.
        let _ = self.stream.write(bytes).and_then(|_| self.stream.flush());
    }

    /// Tries again until `work` is done or a limit is passed.
    fn patiently<T>(&mut self, mut work: impl FnMut(&mut Stream) -> io::Result<T>) -> Result<T, Fault> {
        let begun = Instant::now();
        loop {
            self.look(begun)?;
            match work(&mut self.stream) {
                Err(error) if is_a_wait(&error) => {}
                result => {
                    self.waited = self.waited.saturating_add(begun.elapsed());
                    return result.map_err(|error| meaning(&error));
                }
            }
        }
    }

    /// Looks whether one may go on with a wait that began then.
    fn look(&self, begun: Instant) -> Result<(), Fault> {
        let (now, patience) = (Instant::now(), &self.terms.patience);
        if self.terms.cancel.is_cancelled() {
            Err(Fault::Interrupted)
        } else if now > self.deadline {
            Err(Fault::timed_out(format_args!("the whole answer took over {:?}", patience.total)))
        } else if self.waited.saturating_add(now.duration_since(begun)) > patience.read {
            let what = if self.waited.is_zero() { "silence" } else { "nothing of the answer came" };
            Err(Fault::timed_out(format_args!("{what} for {:?}", patience.read)))
        } else {
            Ok(())
        }
    }
}

impl Stream {
    fn shake_hands(&mut self) -> io::Result<()> {
        let Self::Encrypted(stream) = self else { return Ok(()) };
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Encrypted(stream) => stream.read(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Encrypted(stream) => stream.flush(),
        }
    }
}

fn is_a_wait(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

/// A broken connection may pass, a wrong certificate does not.
fn meaning(error: &io::Error) -> Fault {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => untrusted(error),
        None => Fault::unavailable(error),
    }
}

fn untrusted(error: impl std::fmt::Display) -> Fault {
    Fault::Tls { detail: crate::legible::line(&error.to_string()) }
}
