//! Negative controls: known damage is done to copies of a stream that was proven whole, and must be found.
//!
//! Input: the archives of a run. Output: what became of each damage.
//! Invariant: the copies take the way that archives take; what could not be tried counts neither as found nor as missed,
//! and unless the undamaged stream passes, nothing is said of the damaged ones.

mod alter;
mod copy;
mod draw;
mod result;
mod store;
mod trial;

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

/// Does the damage that the policy asks for to copies of the smallest archive that the run proved `complete`; nothing where
/// it asks for none.
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
    let Some(target) = smallest_whole(targets, archives) else {
        done.trouble = Some(Trouble::outside(STAGE, NONE_WHOLE.to_owned()));
        return Some(done);
    };
    done.archive = Some(target.address());
    match Trial::begin(policy, tools, target) {
        Ok(trial) => {
            done.controls = trial.controls(wanted, observer);
            done.seed = Some(trial.seed);
        }
        Err(trouble) => done.trouble = Some(trouble),
    }
    Some(done)
}

const NONE_WHOLE: &str = "no archive was proven `complete`, so there was none to damage on purpose; mend what is said above and run again";

/// The smallest archive that was proven whole; of another it says nothing that damage is found.
fn smallest_whole<'a>(targets: &'a [Target], archives: &[ArchiveResult]) -> Option<&'a Target> {
    let is_whole = |archive: &ArchiveResult| {
        archive
            .standings
            .iter()
            .any(|standing| standing.rung == Rung::Complete && standing.state == State::Proven)
    };
    let whole = targets.iter().zip(archives).filter(|(_, archive)| is_whole(archive));
    whole.min_by_key(|(_, archive)| archive.facts.stored_bytes).map(|(target, _)| target)
}
