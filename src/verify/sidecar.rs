//! What lies beside an archive `X`: its manifest as `X.b3`, or encrypted as `X.b3.age`; or as `X.b3` the checksum
//! of the archive itself, as `b3sum X` writes it.

use std::sync::Arc;
use std::thread;

use crate::archive::ArchiveError;
use crate::archive::decrypt;
use crate::archive::manifest::{Parser, Reconciliation};
use crate::archive::pipe::{PipeReader, Stop, pipe};
use crate::archive::storage::{Download, StorageError};
use crate::event::Tally;
use crate::verdict::{Finding, Findings, kinds};

use super::checksum::{Checksum, Intake};
use super::result::Trouble;
use super::select::Target;
use super::stream::{self, Tools};

/// What an archive's key is followed by in the key of its manifest.
const ENDINGS: [&str; 2] = [".b3", ".b3.age"];

/// What lay beside an archive, apart from the lines of its manifest.
#[derive(Debug, Default)]
pub struct Beside {
    /// Findings about the files there.
    pub findings: Findings,
    /// The checksum of the archive itself.
    pub checksum: Option<Checksum>,
    /// What kept us from looking.
    pub trouble: Option<Trouble>,
}

/// Reads what lies beside `target`, if anything does, and takes manifests into `manifest`.
///
/// A store that refuses to say whether there is one (403) counts as having none: without the right to list, stores
/// answer so for objects that do not exist. What had to be repeated is counted in `tally`, the archive's.
pub fn read(tools: Tools<'_>, target: &Target, tally: &Tally, manifest: &mut Reconciliation) -> Beside {
    let mut beside = Beside::default();
    for ending in ENDINGS {
        if let Err(trouble) = read_one(tools, target, ending, tally, manifest, &mut beside) {
            beside.trouble = Some(trouble);
            break;
        }
    }
    beside
}

fn read_one(
    tools: Tools<'_>,
    target: &Target,
    ending: &str,
    tally: &Tally,
    manifest: &mut Reconciliation,
    beside: &mut Beside,
) -> Result<(), Trouble> {
    let key = format!("{}{ending}", target.key);
    let object = match tools.head(target, &key, tally) {
        Ok(object) => object,
        Err(ArchiveError::Storage(StorageError::NotFound { .. } | StorageError::AccessDenied { .. })) => {
            return Ok(());
        }
        Err(error) => return Err(Trouble::new("manifest", &error)),
    };
    let limit = tools.limits.manifest_size;
    if object.size > limit.0 {
        manifest.manifest_too_large(&key, object.size, limit);
        return Ok(());
    }
    let own = Arc::new(Tally::default());
    let download = Download::start(Arc::clone(&target.store), object, Arc::clone(&own));
    let taken = take(tools, &key, download, manifest, beside);
    tally.add_repetitions(&own);
    taken
}

fn take(
    tools: Tools<'_>,
    key: &str,
    download: Download,
    manifest: &mut Reconciliation,
    beside: &mut Beside,
) -> Result<(), Trouble> {
    let (stored_in, stored_out) = pipe(stream::SEGMENTS);
    let (plain_in, plain_out) = pipe(stream::BUFFERS);
    let mut inside = Findings::default();
    let ended = thread::scope(|scope| {
        let fetched = scope.spawn(move || {
            let mut findings = Findings::default();
            let result = stored_in
                .feed(|output| stream::fetch(tools, download, |bytes| output.send(bytes), &mut findings));
            (result, findings)
        });
        let opened = scope.spawn(move || {
            let mut findings = Findings::default();
            let result = plain_in.feed(|output| {
                decrypt::run(PipeReader::new(stored_out), output, tools.keyring, &mut findings)
            });
            (result.map(|_| ()), findings)
        });
        let parsed = parse(tools, PipeReader::new(plain_out), Intake::new(key, manifest));
        let parsed = parsed.map(|checksum| beside.checksum = beside.checksum.take().or(checksum));
        let mut results = vec![parsed];
        for thread in [fetched, opened] {
            let (result, findings) = thread.join().unwrap_or((Err(Stop::Broken), Findings::default()));
            inside.append(findings);
            results.push(result);
        }
        results
    });
    conclude(key, ended, &inside, &mut beside.findings)
}

/// Gives the checksum of the archive, if that is what lies there.
fn parse(
    tools: Tools<'_>,
    mut input: PipeReader<Vec<u8>>,
    mut intake: Intake<'_>,
) -> Result<Option<Checksum>, Stop> {
    let mut parser = Parser::new(tools.limits.path_length);
    loop {
        let bytes = match input.fill() {
            Ok(bytes) => bytes,
            Err(stop) => {
                intake.abandon();
                return Err(stop);
            }
        };
        let amount = bytes.len();
        if amount == 0 {
            break;
        }
        parser.feed(bytes, |number, line| intake.take(number, line));
        input.advance(amount);
    }
    parser.finish(|number, line| intake.take(number, line));
    Ok(intake.end())
}

/// Damage of the manifest's own encryption becomes one finding about the manifest; that it was overwritten meanwhile is no
/// damage.
fn conclude(
    key: &str,
    ended: Vec<Result<(), Stop>>,
    inside: &Findings,
    findings: &mut Findings,
) -> Result<(), Trouble> {
    if let Some(changed) = inside.iter().find(|finding| *finding.kind == kinds::STORAGE_OBJECT_CHANGED) {
        findings.push(Finding { subject: key.to_owned(), ..changed.clone() });
        return Ok(());
    }
    if let Some(first) = inside.iter().next() {
        let observed = format!("{}: {}", first.kind.id, first.observed);
        findings.push(
            Finding::new(&kinds::MANIFEST_UNREADABLE, key).expected("a readable manifest").observed(observed),
        );
        return Ok(());
    }
    for stop in ended.into_iter().filter_map(Result::err) {
        match stop {
            Stop::Error(error) => return Err(Trouble::new("manifest", &error)),
            Stop::Broken => return Err(Trouble::internal("manifest", "a thread ended without an end")),
            Stop::Upstream | Stop::Downstream | Stop::Finding => {}
        }
    }
    Ok(())
}
