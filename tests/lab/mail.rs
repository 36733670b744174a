//! What all mail servers of the lab have in common.

use std::io::Read;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;

use super::keeper::Keeper;
use super::{PATIENCE, PAUSE};

/// A running IMAP server on `localhost`, with users `user1` to `user14` (password `secret`), whose mailboxes `admin`
/// (`adminsecret`) may read.
#[derive(Debug)]
pub struct MailServer {
    /// In the clear, or encrypted by STARTTLS.
    pub imap_port: u16,
    /// Encrypted from the first byte.
    pub imaps_port: u16,
    /// PEM file of the authority behind its certificate, which is for `localhost` alone.
    pub authority: PathBuf,
    /// Ends the server's processes and removes its folder.
    pub(super) keeper: Keeper,
}

impl MailServer {
    /// Waits until the server greets.
    pub(super) fn await_greeting(self) -> Self {
        let deadline = Instant::now() + PATIENCE;
        while greeting(self.imap_port).is_err() {
            let hope = Instant::now() < deadline && self.keeper.all_running();
            assert!(
                hope,
                "no greeting from port {}; the server's log:\n{}",
                self.imap_port,
                self.keeper.log()
            );
            std::thread::sleep(PAUSE);
        }
        self
    }
}

fn greeting(port: u16) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.read_exact(&mut [0; 4])
}
