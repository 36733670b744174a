//! The last stage of the stream: walks the tar, hashes every member, compares it with the manifest.
//!
//! Input: plaintext. Output: what the manifest and the archive say of each other.
//! Invariant: whatever damage is found here, the layers before are drained to their authenticated end.

use super::decompress::name_of;
use super::manifest::{self, Parser, Reconciled, Reconciliation};
use super::pipe::{PipeReader, Stop};
use super::unpack::tar::{Walked, Walker, looks_like_tar};
use super::unpack::{Body, Kind, Member, Naming, Sink};
use crate::event::Tally;
use crate::policy::{Bytes, Limits};
use crate::verdict::{Finding, Findings, kinds};

/// A tar record.
const RECORD: usize = 512;

/// What the last stage saw.
#[derive(Debug)]
pub struct Examined {
    /// The walk, where the plaintext is a tar archive.
    pub walked: Option<Walked>,
    /// The manifest against the archive.
    pub reconciled: Reconciled,
    /// Whether the plaintext was read to its end, and if not, why.
    pub ended: Result<(), Stop>,
}

/// Walks `input` to its end and compares what it holds with the manifest.
///
/// `reconciliation` may already hold the lines of a manifest beside the archive; `onlooker` is given every member as well.
pub fn run<'a>(
    mut input: PipeReader<Vec<u8>>,
    reconciliation: Reconciliation,
    limits: &Limits,
    tally: &'a Tally,
    onlooker: Option<&'a mut dyn Sink>,
    findings: &mut Findings,
) -> Examined {
    let mut walker = Walker::new(limits);
    if reconciliation.naming() == Naming::Inside {
        walker = walker.inside_export();
    }
    let mut comparer = Comparer::new(reconciliation, limits, tally, onlooker);
    let walk = walk(&mut input, &mut walker, &mut comparer, findings);
    if walker.naming() == Naming::Inside {
        comparer.reconciliation.is_inside_export();
    }
    let (walked, ended) = match walk {
        Ok(Walk::Whole) => (Some(walker.finish(&mut comparer, findings)), Ok(())),
        Ok(Walk::GivenUp) => (Some(walker.abandon(&mut comparer)), input.drain().and(Err(Stop::Finding))),
        Ok(Walk::NotTar) => (None, input.drain().and(Err(Stop::Finding))),
        Err(stop) => (Some(walker.abandon(&mut comparer)), Err(stop)),
    };
    let marked = walked.as_ref().is_some_and(|walked| walked.ended);
    let reconciled = comparer.conclude(ended.is_ok(), marked, findings);
    Examined { walked, reconciled, ended }
}

/// How a walk ended.
enum Walk {
    /// The plaintext reached its end.
    Whole,
    /// Damage behind which nothing can be trusted.
    GivenUp,
    /// Not a tar archive at all.
    NotTar,
}

fn walk(
    input: &mut PipeReader<Vec<u8>>,
    walker: &mut Walker,
    comparer: &mut Comparer<'_>,
    findings: &mut Findings,
) -> Result<Walk, Stop> {
    let mut first = [0; RECORD];
    let filled = input.read_full(&mut first)?;
    let first = &first[..filled];
    if !looks_like_tar(first) {
        findings.push(unrecognised(first));
        return Ok(Walk::NotTar);
    }
    let mut flow = walker.push(first, comparer, findings);
    while flow.is_continue() {
        let bytes = input.fill()?;
        if bytes.is_empty() {
            return Ok(Walk::Whole);
        }
        flow = walker.push(bytes, comparer, findings);
        let amount = bytes.len();
        Tally::add(&comparer.tally.unpacked, amount as u64);
        input.advance(amount);
    }
    Ok(Walk::GivenUp)
}

fn unrecognised(first: &[u8]) -> Finding {
    let observed = match name_of(first) {
        Some(name) => name.to_owned(),
        None if first.len() < RECORD => format!("{} bytes of something unknown", first.len()),
        None => "something unknown".to_owned(),
    };
    Finding::new(&kinds::ARCHIVE_UNRECOGNISED, "content").expected("a tar archive").observed(observed)
}

/// Hashes each member and hands it to the comparison; reads the manifest where it is a member.
struct Comparer<'a> {
    reconciliation: Reconciliation,
    tally: &'a Tally,
    /// Behind a pointer, so that what looks on is no part of the loop over members.
    onlooker: Option<&'a mut dyn Sink>,
    path_length: u32,
    manifest_size: Bytes,
    current: Current,
    /// Of the current file; both are used again for the next, as there may be millions.
    name: Vec<u8>,
    hasher: blake3::Hasher,
}

/// What is being read.
enum Current {
    Nothing,
    File,
    Manifest(Parser),
}

impl<'a> Comparer<'a> {
    fn new(
        reconciliation: Reconciliation,
        limits: &Limits,
        tally: &'a Tally,
        onlooker: Option<&'a mut dyn Sink>,
    ) -> Self {
        Self {
            reconciliation,
            tally,
            onlooker,
            path_length: limits.path_length,
            manifest_size: limits.manifest_size,
            current: Current::Nothing,
            name: Vec::new(),
            hasher: blake3::Hasher::new(),
        }
    }

    fn begin_manifest(&mut self, size: u64) {
        const SOURCE: &str = "MANIFEST.b3 in the archive";
        if size > self.manifest_size.0 {
            return self.reconciliation.manifest_too_large(SOURCE, size, self.manifest_size);
        }
        self.reconciliation.manifest_begins(SOURCE);
        self.current = Current::Manifest(Parser::new(self.path_length));
    }

    /// Ends the comparison. Where the plaintext reached its end, what is not there is missing; but of a manifest
    /// that never came while the archive lacks its end marker, nothing can be said.
    fn conclude(self, plaintext_ended: bool, marked: bool, findings: &mut Findings) -> Reconciled {
        let told = marked || self.reconciliation.has_manifest();
        if plaintext_ended && told {
            self.reconciliation.finish(findings)
        } else {
            self.reconciliation.abandon(findings)
        }
    }
}

impl Sink for Comparer<'_> {
    fn begin(&mut self, member: &Member) {
        if let Some(onlooker) = &mut self.onlooker {
            onlooker.begin(member);
        }
        self.current = Current::Nothing;
        match &member.kind {
            Kind::File if manifest::is_manifest(&member.name) => self.begin_manifest(member.size),
            Kind::File => {
                self.name.clone_from(&member.name);
                self.hasher.reset();
                self.current = Current::File;
            }
            Kind::HardLink { target } => self.reconciliation.saw_link(member.index, &member.name, target),
            Kind::SymbolicLink | Kind::Special => self.reconciliation.saw_symlink(&member.name),
            Kind::Directory => self.reconciliation.saw_folder(&member.name),
            Kind::Unsupported => self.reconciliation.unverifiable(&member.name),
        }
    }

    fn data(&mut self, bytes: &[u8]) {
        if let Some(onlooker) = &mut self.onlooker {
            onlooker.data(bytes);
        }
        match &mut self.current {
            Current::Nothing => {}
            Current::File => {
                self.hasher.update(bytes);
            }
            Current::Manifest(parser) => {
                parser.feed(bytes, |number, line| self.reconciliation.take(number, line));
            }
        }
    }

    fn end(&mut self, body: Body) {
        if let Some(onlooker) = &mut self.onlooker {
            onlooker.end(body);
        }
        let current = std::mem::replace(&mut self.current, Current::Nothing);
        if body == Body::Cut {
            return;
        }
        Tally::add(&self.tally.members, 1);
        match current {
            Current::Nothing => {}
            Current::File => {
                self.reconciliation.saw(&self.name, &self.hasher.finalize());
            }
            Current::Manifest(parser) => {
                parser.finish(|number, line| self.reconciliation.take(number, line));
                self.reconciliation.manifest_ends();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::unpack::Member;

    fn member(name: &str, kind: Kind) -> Member {
        Member { name: name.into(), kind, size: 0, index: 0, offset: 0, modified: None }
    }

    /// What is said of members in this order, each listed in the manifest if it is a file.
    fn said(members: &[(&str, Kind)]) -> Vec<&'static str> {
        let (limits, tally) = (Limits::default(), Tally::default());
        let mut manifest = Reconciliation::new(&limits);
        manifest.manifest_begins("beside");
        for (number, (name, _)) in (1..).zip(members.iter().filter(|(_, kind)| *kind == Kind::File)) {
            manifest.expect(name.as_bytes(), &blake3::hash(b""), number);
        }
        manifest.manifest_ends();
        let mut comparer = Comparer::new(manifest, &limits, &tally, None);
        for (name, kind) in members {
            comparer.begin(&member(name, kind.clone()));
            comparer.end(Body::Whole);
        }
        let mut findings = Findings::default();
        comparer.conclude(true, true, &mut findings);
        findings.counts().map(|(kind, _)| kind.id).collect()
    }

    #[test]
    fn folders_may_come_again_and_hold_members() {
        let folder = || Kind::Directory;
        assert!(
            said(&[("./", folder()), ("./d/", folder()), ("d/a", Kind::File), ("d/", folder())]).is_empty()
        );
    }

    #[test]
    fn what_a_restore_would_lose_is_found() {
        let duplicate = "tar-duplicate-member";
        for (members, id) in [
            (&[("a", Kind::File), ("a/", Kind::Directory)], duplicate),
            (&[("a/", Kind::Directory), ("a", Kind::File)], duplicate),
            (&[("a", Kind::File), ("a", Kind::Special)], duplicate),
            (&[("a", Kind::File), ("a/b", Kind::File)], duplicate),
            (&[("a/b/c", Kind::File), ("a", Kind::File)], duplicate),
            (&[("d", Kind::SymbolicLink), ("d/f", Kind::File)], "tar-path-unsafe"),
            (&[("d/f", Kind::File), ("d", Kind::Special)], "tar-path-unsafe"),
        ] {
            assert!(said(members).contains(&id), "{members:?}: {:?}", said(members));
        }
        for other in ["d//a", "d/./a", ".//d/a"] {
            let found = said(&[("d/a", Kind::File), (other, Kind::File)]);
            assert!(found.contains(&duplicate), "{other}: {found:?}");
        }
    }
}
