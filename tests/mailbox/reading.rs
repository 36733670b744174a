//! Reads one export the way mailproof does: gzip, tar, descriptions and bodies.

use std::convert::Infallible;

use mailproof::archive::decompress::{Gunzip, GunzipError};
use mailproof::archive::unpack::tar::{Walked, Walker};
use mailproof::mailbox::zimbra::export::{Entry, Examiner, Export, SeenBody};
use mailproof::mailbox::zimbra::meta::{Described, MetaError};
use mailproof::mailbox::{Ending, Mailbox};
use mailproof::policy::Limits;
use mailproof::verdict::Findings;

/// One entry, kept for a test.
#[derive(Debug)]
pub struct Kept {
    pub name: Vec<u8>,
    pub described: Option<Result<Described, MetaError>>,
    pub body: Option<SeenBody>,
    pub err: bool,
    pub sound: bool,
}

/// Everything that was read of one export.
#[derive(Debug)]
pub struct Reading {
    pub entries: Vec<Kept>,
    pub mailbox: Mailbox,
    pub walked: Walked,
    /// Ids of what gzip and tar found.
    pub found: Vec<&'static str>,
}

#[derive(Default)]
struct Keeper(Vec<Kept>);

impl Examiner for Keeper {
    type Verdict = (Vec<Kept>, Mailbox);

    fn entry(&mut self, entry: &Entry<'_>) {
        self.0.push(Kept {
            name: entry.name.to_vec(),
            described: entry.described.cloned(),
            body: entry.body,
            err: entry.err,
            sound: entry.is_sound(),
        });
    }

    fn finish(self, mailbox: Mailbox) -> Self::Verdict {
        (self.0, mailbox)
    }
}

/// Reads a tgz or tar as far as its layers go.
pub fn read(bytes: &[u8]) -> Reading {
    let limits = Limits::default();
    let mut export = Export::new(Mailbox::default(), Keeper::default(), &limits);
    let mut walker = Walker::new(&limits);
    let mut findings = Findings::default();
    let mut faults = Vec::new();
    // A tar that can't be read any more does not hide what gzip says at its end.
    let mut walk = |piece: &[u8]| {
        let _ = walker.push(piece, &mut export, &mut findings);
        Ok::<(), Infallible>(())
    };
    // Pieces of an odd length, so that nothing depends on where they end.
    let mut pieces = bytes.chunks(4093);
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut gunzip = Gunzip::new();
        let pushed = pieces.try_for_each(|piece| gunzip.push(piece, &mut walk));
        let fault = match pushed {
            Ok(()) => gunzip.finish().err(),
            Err(GunzipError::Fault(fault)) => Some(fault),
        };
        faults.extend(fault.map(|fault| fault.kind().id));
    } else {
        let Ok(()) = pieces.try_for_each(walk);
    }
    let walked = walker.finish(&mut export, &mut findings);
    let found = findings.iter().map(|finding| finding.kind.id).chain(faults).collect();
    let (entries, mailbox) = export.finish(Ending::default(), bytes.len() as u64);
    Reading { entries, mailbox, walked, found }
}
