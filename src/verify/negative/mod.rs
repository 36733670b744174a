//! Negative controls: known damage is done to copies of a stream that was proven whole, and must be found.
//!
//! Input: the archives of a run. Output: what became of each damage.
//! Invariant: the copies take the way that archives take; what could not be tried counts neither as found nor as missed,
//! and unless the undamaged stream passes before and behind them, nothing is said of the damaged ones.

mod alter;
mod copy;
mod draw;
mod result;
mod store;
mod trial;

use crate::archive::decrypt::Encryption;
use crate::event::Observer;
use crate::policy::Policy;
use crate::verdict::{Rung, State};

use super::result::{ArchiveResult, Trouble};
use super::select::Target;
use super::stream::Tools;
pub use alter::run as alter;
pub use copy::DamagedCopy;
pub use result::{Ending, NegativeControl, NegativeControls};
use trial::Trial;

/// The stage's name in troubles.
const STAGE: &str = "negative-controls";

/// Does the damage that the policy asks for to copies of the smallest archive that the run proved `complete` and that is fit
/// for all of it; nothing where it asks for none.
pub fn run(
    policy: &Policy,
    tools: Tools<'_>,
    targets: &[Target],
    archives: &[ArchiveResult],
    observer: &dyn Observer,
) -> Option<NegativeControls> {
    let wanted = policy.asks_for_negative_controls().then_some(policy.negative_controls.number)?;
    let mut done =
        NegativeControls { wanted, archive: None, seed: None, controls: Vec::new(), trouble: None };
    let trial = match fittest(policy, tools, whole(targets, archives)) {
        Ok(Some(trial)) => trial,
        Ok(None) => {
            done.trouble = Some(Trouble::outside(STAGE, NONE_WHOLE.to_owned()));
            return Some(done);
        }
        Err((address, trouble)) => {
            (done.archive, done.trouble) = (Some(address), Some(trouble));
            return Some(done);
        }
    };
    done.archive = Some(trial.address());
    match trial.controls(wanted, observer) {
        Ok(controls) => (done.controls, done.seed) = (controls, Some(trial.seed)),
        Err(trouble) => done.trouble = Some(trouble),
    }
    Some(done)
}

const NONE_WHOLE: &str = "no archive was proven `complete`, so there was none to damage on purpose; mend what is said above and run again";

/// Archives that are read for one to which all that the policy names can be done.
const MOST_LOOKED_AT: usize = 5;

/// The first to which every kind of damage can be done, else the first of them.
fn fittest<'a>(
    policy: &Policy,
    tools: Tools<'a>,
    targets: Vec<&'a Target>,
) -> Result<Option<Trial<'a>>, (String, Trouble)> {
    let mut chosen: Option<Trial<'a>> = None;
    for target in targets.into_iter().take(MOST_LOOKED_AT) {
        let trial = Trial::begin(policy, tools, target).map_err(|trouble| (target.address(), trouble))?;
        if trial.fits() {
            return Ok(Some(trial));
        }
        chosen.get_or_insert(trial);
    }
    Ok(chosen)
}

/// The archives that were proven whole, encrypted ones before others and the smallest first; of another it says nothing that
/// damage is found.
fn whole<'a>(targets: &'a [Target], archives: &[ArchiveResult]) -> Vec<&'a Target> {
    let is_whole = |archive: &ArchiveResult| {
        archive
            .standings
            .iter()
            .any(|standing| standing.rung == Rung::Complete && standing.state == State::Proven)
    };
    let mut whole: Vec<_> = targets.iter().zip(archives).filter(|(_, archive)| is_whole(archive)).collect();
    // To stored bytes that nobody vouches for half of the damage can't be done.
    let encrypted =
        |archive: &ArchiveResult| matches!(archive.facts.encryption, Some(Encryption::Age { .. }));
    whole.sort_by_key(|(_, archive)| (!encrypted(archive), archive.facts.stored_bytes));
    whole.into_iter().map(|(target, _)| target).collect()
}
