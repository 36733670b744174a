//! A manifest that lies beside its archive: `X.b3`, or encrypted as `X.b3.age`.

use std::sync::Arc;
use std::thread;

use crate::archive::ArchiveError;
use crate::archive::decrypt;
use crate::archive::manifest::{Parser, Reconciliation};
use crate::archive::pipe::{PipeReader, Stop, pipe};
use crate::archive::storage::{Download, StorageError};
use crate::event::Tally;
use crate::verdict::{Finding, Findings, kinds};

use super::result::Trouble;
use super::select::Target;
use super::stream::{self, Tools};

/// What an archive's key is followed by in the key of its manifest.
const ENDINGS: [&str; 2] = [".b3", ".b3.age"];

/// Reads the manifests beside `target`, if there are any, into `manifest`.
///
/// A store that refuses to say whether there is one (403) counts as having none: without the right to list, stores
/// answer so for objects that do not exist. What had to be repeated is counted in `tally`, the archive's.
pub fn read(
    tools: Tools<'_>,
    target: &Target,
    tally: &Tally,
    manifest: &mut Reconciliation,
    findings: &mut Findings,
) -> Result<(), Trouble> {
    for ending in ENDINGS {
        let key = format!("{}{ending}", target.key);
        let object = match tools.head(target, &key, tally) {
            Ok(object) => object,
            Err(ArchiveError::Storage(StorageError::NotFound { .. } | StorageError::AccessDenied { .. })) => {
                continue;
            }
            Err(error) => return Err(Trouble::new("manifest", &error)),
        };
        let limit = tools.limits.manifest_size;
        if object.size > limit.0 {
            manifest.manifest_too_large(&key, object.size, limit);
            continue;
        }
        manifest.manifest_begins(&key);
        let own = Arc::new(Tally::default());
        let download = Download::start(Arc::clone(&target.store), object, Arc::clone(&own));
        let taken = take(tools, &key, download, manifest, findings);
        tally.add_repetitions(&own);
        taken?;
    }
    Ok(())
}

fn take(
    tools: Tools<'_>,
    key: &str,
    download: Download,
    manifest: &mut Reconciliation,
    findings: &mut Findings,
) -> Result<(), Trouble> {
    let (stored_in, stored_out) = pipe(stream::SEGMENTS);
    let (plain_in, plain_out) = pipe(stream::BUFFERS);
    let mut inside = Findings::default();
    let ended = thread::scope(|scope| {
        let fetched = scope.spawn(move || {
            let mut findings = Findings::default();
            let result =
                stream::feeding(stored_in, |output| stream::fetch(tools, download, output, &mut findings));
            (result, findings)
        });
        let opened = scope.spawn(move || {
            let mut findings = Findings::default();
            let result = stream::feeding(plain_in, |output| {
                decrypt::run(PipeReader::new(stored_out), output, tools.keyring, &mut findings)
            });
            (result.map(|_| ()), findings)
        });
        let parsed = parse(tools, PipeReader::new(plain_out), manifest);
        let mut results = vec![parsed];
        for thread in [fetched, opened] {
            let (result, findings) = thread.join().unwrap_or((Err(Stop::Broken), Findings::default()));
            inside.append(findings);
            results.push(result);
        }
        results
    });
    conclude(key, ended, &inside, findings)
}

fn parse(
    tools: Tools<'_>,
    mut input: PipeReader<Vec<u8>>,
    manifest: &mut Reconciliation,
) -> Result<(), Stop> {
    let mut parser = Parser::new(tools.limits.path_length);
    loop {
        let bytes = input.fill()?;
        let amount = bytes.len();
        if amount == 0 {
            break;
        }
        parser.feed(bytes, |number, line| manifest.take(number, line));
        input.advance(amount);
    }
    parser.finish(|number, line| manifest.take(number, line));
    manifest.manifest_ends();
    Ok(())
}

/// Damage of the manifest's own encryption becomes one finding about the manifest.
fn conclude(
    key: &str,
    ended: Vec<Result<(), Stop>>,
    inside: &Findings,
    findings: &mut Findings,
) -> Result<(), Trouble> {
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
