//! Whether an archive opens at all: its first bytes, through every layer.

use std::sync::Arc;
use std::thread;

use crate::archive::decompress;
use crate::archive::decrypt;
use crate::archive::pipe::{PipeReader, Stop, pipe};
use crate::archive::storage::Download;
use crate::archive::unpack::tar::looks_like_tar;
use crate::verdict::Findings;

use super::select::Target;
use super::stream::{self, Tools};

/// Reads the beginning of an archive through decryption and decompression to its first tar header, and no further.
///
/// # Errors
/// What stands in the way, ending with the next step.
pub fn opens(tools: Tools<'_>, target: &Target) -> Result<(), String> {
    let tally = Arc::default();
    let object = tools.head(target, &target.key, &tally).map_err(|error| error.to_string())?;
    let download = Download::start(Arc::clone(&target.store), object, tally);
    let (stored_in, stored_out) = pipe(1);
    let (plain_in, plain_out) = pipe(1);
    let (tar_in, tar_out) = pipe(1);
    thread::scope(|scope| {
        let fetched = scope.spawn(move || {
            let mut findings = Findings::default();
            let result = stored_in
                .feed(|output| stream::fetch(tools, download, |bytes| output.send(bytes), &mut findings));
            (result, findings)
        });
        let decrypted = scope.spawn(move || {
            let mut findings = Findings::default();
            let result = plain_in.feed(|output| {
                decrypt::run(PipeReader::new(stored_out), output, tools.keyring, &mut findings)
            });
            (result.map(drop), findings)
        });
        let decompressed = scope.spawn(move || {
            let mut findings = Findings::default();
            let result = tar_in.feed(|output| {
                decompress::run(PipeReader::new(plain_out), output, tools.limits, &mut findings)
            });
            (result.map(drop), findings)
        });
        let first = first_header(PipeReader::new(tar_out));
        [fetched, decrypted, decompressed]
            .into_iter()
            .map(|stage| stage.join().unwrap_or((Err(Stop::Broken), Findings::default())))
            .try_for_each(|(result, findings)| told(result, &findings))?;
        if first {
            Ok(())
        } else {
            Err("what is inside is not a tar archive; run `mailproof verify` on it".to_owned())
        }
    })
}

/// Leaves the pipe behind, so that the stages before it stop.
fn first_header(mut input: PipeReader<Vec<u8>>) -> bool {
    let mut block = [0; 512];
    input.read_full(&mut block).is_ok_and(|filled| looks_like_tar(&block[..filled]))
}

fn told(result: Result<(), Stop>, findings: &Findings) -> Result<(), String> {
    if let Some(finding) = findings.iter().next() {
        return Err(format!("{} ({}); {}", finding.kind.id, finding.observed, finding.remedy));
    }
    match result {
        Ok(()) | Err(Stop::Upstream | Stop::Downstream | Stop::Finding) => Ok(()),
        Err(stop @ (Stop::Error(_) | Stop::Broken)) => Err(stop.to_string()),
    }
}
