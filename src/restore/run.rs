//! One restore: an archive, what of it is wanted, and a place.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use super::Place;
use super::outcome::Restored;
use super::placing::Placing;
use super::recovery::{Ended, Handed, Recovery};
use super::selection::Selection;
use crate::archive::storage::Object;
use crate::event::{Event, Observer, Tally};
use crate::mailbox::{Contents, Reader};
use crate::network::Cancel;
use crate::verdict::Outcome;
use crate::verify::{self, Reading, Target, Tools, Trouble};

/// Restores what `selection` wants of an archive into `place`.
///
/// Never fails: what could not be done is told in the result. Damage ends nothing; all that is proven in spite of it comes
/// back.
pub fn run(
    tools: Tools<'_>,
    target: &Target,
    selection: Selection,
    place: &mut dyn Place,
    observer: &dyn Observer,
) -> Restored {
    let (began, tally) = (Instant::now(), Arc::new(Tally::default()));
    let mut restored = match tools.head(target, &target.key, &tally) {
        Ok(object) => {
            let archive = &target.address();
            observer.observe(&Event::ArchiveStarted { archive, size: object.size, tally: &tally });
            let restored = read(tools, target, &object, &tally, &Arc::new(selection), place);
            let outcome = if restored.is_complete() { Outcome::Passed } else { Outcome::Failed };
            observer.observe(&Event::ArchiveDone { archive, outcome });
            restored
        }
        Err(error) => {
            let reading = Reading {
                troubles: vec![Trouble::new("storage", &error)],
                whole: false,
                ..Reading::default()
            };
            Restored { reading, interrupted: tools.cancel.is_cancelled(), ..Restored::default() }
        }
    };
    if restored.restored + restored.already_there == 0 {
        place.withdraw();
    }
    restored.elapsed = began.elapsed();
    restored
}

/// Reads the archive to its end and puts into the place what is wanted of it.
fn read(
    tools: Tools<'_>,
    target: &Target,
    object: &Object,
    tally: &Arc<Tally>,
    selection: &Arc<Selection>,
    place: &mut dyn Place,
) -> Restored {
    // A place that takes nothing more ends the reading, and not the run around it.
    let ended = Cancel::default();
    let (sender, items) = sync_channel(0);
    let placing = Placing::new(place, tools.cancel, &ended, selection.items.clone());
    let (placed, mut reading, contents) = thread::scope(|scope| {
        let work = || placing.work(items);
        let working = thread::Builder::new().name("place".to_owned()).spawn_scoped(scope, work);
        let tools = Tools { cancel: &ended, ..tools };
        let (reading, contents) = look(tools, target, object, tally, selection, sender);
        (join(working), reading, contents)
    });
    let mut restored = placed.unwrap_or_else(|trouble| {
        reading.troubles.push(trouble);
        Restored::default()
    });
    restored.conclude(reading, contents, selection);
    restored
}

/// Reads the archive and hands on what is wanted of it.
fn look(
    tools: Tools<'_>,
    target: &Target,
    object: &Object,
    tally: &Arc<Tally>,
    selection: &Arc<Selection>,
    sender: SyncSender<Handed>,
) -> (Reading, Contents<Ended>) {
    let make = move |account: &str| Recovery::new(account, selection, &sender);
    let mut reader = Reader::new(tools.limits, verify::cores(), make);
    let reading = verify::read(tools, target, object, tally, Some(&mut reader));
    let contents = reader.finish(reading.whole);
    (reading, contents)
}

fn join(working: io::Result<ScopedJoinHandle<'_, Restored>>) -> Result<Restored, Trouble> {
    match working.map(ScopedJoinHandle::join) {
        Ok(Ok(restored)) => Ok(restored),
        Ok(Err(_)) => Err(Trouble::internal("restore", "the thread that restores panicked")),
        Err(error) => Err(Trouble::internal("restore", &format!("a thread could not be started: {error}"))),
    }
}
