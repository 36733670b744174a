//! One archive read once, with what lies beside it.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use crate::archive::manifest::Reconciliation;
use crate::archive::storage::{Download, Object};
use crate::archive::unpack::Sink;
use crate::event::Tally;

use super::negative::DamagedCopy;
use super::select::Target;
use super::sidecar;
use super::stream::{Reading, Tools, read_through};

/// Reads an archive to its end and holds it against its manifest; `onlooker` is given every member.
pub fn read(
    tools: Tools<'_>,
    target: &Target,
    object: &Object,
    tally: &Arc<Tally>,
    onlooker: Option<&mut (dyn Sink + Send)>,
) -> Reading {
    read_as(tools, target, object, tally, None, onlooker)
}

/// The same, as if what is inside were the damaged `content`.
pub fn read_altered(
    tools: Tools<'_>,
    target: &Target,
    object: &Object,
    tally: &Arc<Tally>,
    content: &DamagedCopy,
) -> Reading {
    read_as(tools, target, object, tally, Some(content), None)
}

fn read_as(
    tools: Tools<'_>,
    target: &Target,
    object: &Object,
    tally: &Arc<Tally>,
    content: Option<&DamagedCopy>,
    onlooker: Option<&mut (dyn Sink + Send)>,
) -> Reading {
    let mut manifest = Reconciliation::new(tools.limits);
    let beside = sidecar::read(tools, target, tally, &mut manifest);
    let download = Download::start(Arc::clone(&target.store), object.clone(), Arc::clone(tally));
    let checksum = beside.checksum.as_ref();
    let mut reading = read_through(tools, download, checksum, manifest, content, onlooker, tally);
    let mut findings = beside.findings;
    findings.append(std::mem::take(&mut reading.findings));
    reading.findings = findings;
    reading.troubles.extend(beside.trouble);
    reading
}

/// How many exports of one archive are read at the same time.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
