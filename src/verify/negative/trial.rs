//! One archive whose copies are damaged and read.

use std::ops::Range;
use std::sync::Arc;

use super::copy::DamagedCopy;
use super::draw::{self, Dice, Files};
use super::result::{Ending, NegativeControl};
use super::store::Damaged;
use crate::archive::storage::Object;
use crate::event::{Event, Observer, Tally};
use crate::mailbox::sample::Seed;
use crate::policy::{Damage, Policy};
use crate::verdict::{Severity, State};
use crate::verify::reading;
use crate::verify::restorable;
use crate::verify::select::Target;
use crate::verify::stream::{Reading, Tools};
use crate::verify::{Trouble, judge};

/// An archive that passed undamaged, and what is known of it.
pub struct Trial<'a> {
    tools: Tools<'a>,
    target: &'a Target,
    object: Object,
    /// What places are drawn by.
    pub seed: Seed,
    /// The kinds that can be done to it, which take turns.
    kinds: Vec<Damage>,
    /// The stored bytes of which each is vouched for.
    payload: Range<u64>,
    /// Bytes of the unpacked archive.
    unpacked: u64,
    files: Files,
}

const CHANGED: &str =
    "the archive that was proven `complete` does not pass a second time; look at it with `mailproof verify`";
const NOT_ENCRYPTED: &str = "the kinds that the policy names damage stored bytes, and the archive is not encrypted with age, \
     which would vouch for each of them; add \"altered-content\" to `negative_controls.kinds`";
const TOO_LITTLE: &str =
    "the archive holds too little for it; take this kind out of `negative_controls.kinds`";

impl<'a> Trial<'a> {
    /// Reads the archive undamaged: what is said of damaged copies means something only where that one passes.
    ///
    /// # Errors
    /// Why nothing can be tried.
    pub fn begin(policy: &Policy, tools: Tools<'a>, target: &'a Target) -> Result<Self, Trouble> {
        let trouble = |why: &str| Trouble::outside(super::STAGE, why.to_owned());
        let tally = Arc::default();
        let object =
            tools.head(target, &target.key, &tally).map_err(|error| Trouble::new(super::STAGE, &error))?;
        let seed = restorable::seed(&policy.sample, &object)?;
        let mut files = Files::new(seed, policy.negative_controls.number as usize);
        let reading = reading::read(tools, target, &object, &tally, Some(&mut files));
        if let Some(trouble) = reading.troubles.first() {
            return Err(Trouble { stage: super::STAGE, ..trouble.clone() });
        }
        if judge::complete(&reading).state != State::Proven {
            return Err(trouble(CHANGED));
        }
        let payload = reading.decrypted.as_ref().and_then(|layer| layer.payload(object.size));
        let mut kinds = policy.negative_controls.kinds.clone();
        kinds.retain(|kind| payload.is_some() || !kind.is_of_stored_bytes());
        if kinds.is_empty() {
            return Err(trouble(NOT_ENCRYPTED));
        }
        let unpacked = reading.decompressed.map_or(0, |layer| layer.unpacked);
        let payload = payload.unwrap_or_default();
        Ok(Self { tools, target, object, seed, kinds, payload, unpacked, files })
    }

    /// Does so many controls, one after the other, and says what became of each.
    pub fn controls(&self, number: u32, observer: &dyn Observer) -> Vec<NegativeControl> {
        (0..number as usize).map(|number| self.control(number, observer)).collect()
    }

    fn control(&self, number: usize, observer: &dyn Observer) -> NegativeControl {
        let damage = self.kinds[number % self.kinds.len()];
        let mut dice = Dice::new(&self.seed, number);
        let copy = if damage.is_of_stored_bytes() {
            draw::of_stored(damage, self.payload.clone(), self.object.size, &mut dice)
        } else {
            let file = self.files.of(number);
            file.and_then(|file| file.damage(damage, self.unpacked, &mut dice))
        };
        let (at, ending) = match copy {
            Some((copy, at)) => (Some(at), self.watched(damage, copy, observer)),
            None => (None, Ending::Open(TOO_LITTLE.to_owned())),
        };
        NegativeControl { damage, at, ending }
    }

    fn watched(&self, damage: Damage, copy: DamagedCopy, observer: &dyn Observer) -> Ending {
        let (archive, tally) = (self.target.address(), Arc::default());
        let size = self.object.size;
        observer.observe(&Event::NegativeControlStarted { archive: &archive, damage, size, tally: &tally });
        let ending = judged(&self.read(damage, copy, &tally));
        let found_as = match &ending {
            Ending::Detected(finding) => Some(*finding),
            Ending::Missed | Ending::Open(_) => None,
        };
        observer.observe(&Event::NegativeControlDone { archive: &archive, damage, found_as });
        ending
    }

    /// Reads a copy as any archive is read.
    fn read(&self, damage: Damage, copy: DamagedCopy, tally: &Arc<Tally>) -> Reading {
        if !damage.is_of_stored_bytes() {
            return reading::read_altered(self.tools, self.target, &self.object, tally, &copy);
        }
        let store = Damaged::new(Arc::clone(&self.target.store), self.object.clone(), copy);
        let object = store.object();
        let target = Target { store: Arc::new(store), ..self.target.clone() };
        reading::read(self.tools, &target, &object, tally, None)
    }
}

/// A copy that is not disproven was taken for whole, unless the reading of it could not be done.
fn judged(reading: &Reading) -> Ending {
    if judge::complete(reading).state == State::Disproven {
        let mut failures = reading.findings.iter().filter(|finding| finding.severity == Severity::Failure);
        return failures.next().map_or(Ending::Missed, |finding| Ending::Detected(finding.kind.id));
    }
    match reading.troubles.iter().find(|trouble| !trouble.internal) {
        Some(trouble) => Ending::Open(trouble.message.clone()),
        None => Ending::Missed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Finding, kinds};

    #[test]
    fn only_a_finding_finds_damage() {
        assert_eq!(judged(&Reading::sound()), Ending::Missed);

        let mut failing = Reading::sound();
        failing.findings.push(Finding::new(&kinds::MANIFEST_MEMBER_CHANGED, "mail"));
        assert_eq!(judged(&failing), Ending::Detected("manifest-member-changed"));

        let mut warning = Reading::sound();
        warning.findings.push(Finding::new(&kinds::TAR_LINK_MEMBER, "mail"));
        assert_eq!(judged(&warning), Ending::Missed);

        let mut unread = Reading::sound();
        unread.troubles.push(Trouble::outside("fetch", "the store is away".to_owned()));
        assert_eq!(judged(&unread), Ending::Open("the store is away".to_owned()));

        let mut fallen = Reading::sound();
        fallen.troubles.push(Trouble::internal("decrypt", "its thread panicked"));
        assert_eq!(judged(&fallen), Ending::Missed);
    }
}
