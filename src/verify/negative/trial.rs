//! One archive whose copies are damaged and read.

use std::ops::Range;
use std::sync::Arc;

use super::copy::DamagedCopy;
use super::draw::{self, Dice, Files};
use super::result::{Ending, NegativeControl};
use super::store::Damaged;
use crate::archive::storage::Object;
use crate::archive::unpack::Sink;
use crate::event::{Event, Observer, Tally};
use crate::mailbox::sample::Seed;
use crate::policy::{Damage, Policy};
use crate::verdict::{Finding, Severity, State, kinds};
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

const CHANGED: &str = "the archive that was proven `complete` does not pass when it is read again; look at it with `mailproof verify`";
const REPLACED: &str = "the archive was replaced or removed while its copies were read; run again";
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
        let object = tools
            .head(target, &target.key, &Arc::default())
            .map_err(|error| Trouble::new(super::STAGE, &error))?;
        let seed = restorable::seed(&policy.sample, &object)?;
        let mut files = Files::new(seed, policy.negative_controls.number as usize);
        let reading = undamaged(tools, target, &object, Some(&mut files))?;
        let payload = reading.decrypted.as_ref().and_then(|layer| layer.payload(object.size));
        let mut kinds = policy.negative_controls.kinds.clone();
        kinds.retain(|kind| payload.is_some() || !kind.is_of_stored_bytes());
        let unpacked = reading.decompressed.map_or(0, |layer| layer.unpacked);
        let payload = payload.unwrap_or_default();
        Ok(Self { tools, target, object, seed, kinds, payload, unpacked, files })
    }

    /// Whether everything that the policy names can be done to it.
    pub fn fits(&self) -> bool {
        let drawn = |kind: &Damage| self.draw(*kind, 0).is_some();
        !self.kinds.is_empty() && self.kinds.iter().all(drawn)
    }

    /// The archive's address.
    pub fn address(&self) -> String {
        self.target.address()
    }

    /// Does so many controls, one after the other, and says what became of each.
    ///
    /// # Errors
    /// Why nothing can be tried, or why nothing can be said: what looks like damage that was found may be the store's own,
    /// so the archive is read undamaged once more.
    pub fn controls(&self, number: u32, observer: &dyn Observer) -> Result<Vec<NegativeControl>, Trouble> {
        if self.kinds.is_empty() {
            return Err(Trouble::outside(super::STAGE, NOT_ENCRYPTED.to_owned()));
        }
        let controls: Vec<_> = (0..number as usize).map(|number| self.control(number, observer)).collect();
        if controls.iter().all(|control| matches!(control.ending, Ending::Detected(_))) {
            undamaged(self.tools, self.target, &self.object, None)?;
        }
        Ok(controls)
    }

    fn control(&self, number: usize, observer: &dyn Observer) -> NegativeControl {
        let damage = self.kinds[number % self.kinds.len()];
        let (at, ending) = match self.draw(damage, number) {
            Some((copy, at)) => (Some(at), self.watched(damage, copy, observer)),
            None => (None, Ending::Open(TOO_LITTLE.to_owned())),
        };
        NegativeControl { damage, at, ending }
    }

    /// The damaged copy of a control, and where its damage begins; nothing where the archive holds too little.
    fn draw(&self, damage: Damage, number: usize) -> Option<(DamagedCopy, u64)> {
        let mut dice = Dice::new(&self.seed, number);
        match damage.is_of_stored_bytes() {
            true => draw::of_stored(damage, self.payload.clone(), self.object.size, &mut dice),
            false => self.files.of(number)?.damage(damage, self.unpacked, &mut dice),
        }
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

/// Reads the archive as it is, which must pass.
fn undamaged(
    tools: Tools<'_>,
    target: &Target,
    object: &Object,
    files: Option<&mut Files>,
) -> Result<Reading, Trouble> {
    let onlooker = files.map(|files| files as &mut (dyn Sink + Send));
    let reading = reading::read(tools, target, object, &Arc::default(), onlooker);
    if let Some(trouble) = reading.troubles.first() {
        return Err(Trouble { stage: super::STAGE, ..trouble.clone() });
    }
    match judge::complete(&reading).state {
        State::Proven => Ok(reading),
        _ => Err(Trouble::outside(super::STAGE, CHANGED.to_owned())),
    }
}

/// A copy that is not disproven was taken for whole, unless the reading of it could not be done.
fn judged(reading: &Reading) -> Ending {
    if judge::complete(reading).state == State::Disproven {
        let mut failures = reading.findings.iter().filter(|finding| finding.severity == Severity::Failure);
        return failures.next().map_or(Ending::Missed, |finding| Ending::Detected(finding.kind.id));
    }
    // Another archive came in its place, or none any more: nothing is known of the copy.
    let replaced = |finding: &Finding| *finding.kind == kinds::STORAGE_OBJECT_CHANGED;
    let outside = reading.troubles.iter().find(|trouble| !trouble.internal);
    match outside {
        Some(trouble) => Ending::Open(trouble.message.clone()),
        None if reading.findings.iter().any(replaced) => Ending::Open(REPLACED.to_owned()),
        None => Ending::Missed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_finding_finds_damage() {
        assert_eq!(judged(&Reading::sound()), Ending::Missed);

        let mut failing = Reading::sound();
        failing.findings.push(Finding::new(&kinds::MANIFEST_MEMBER_CHANGED, "mail"));
        assert_eq!(judged(&failing), Ending::Detected("manifest-member-changed"));

        let mut warning = Reading::sound();
        warning.findings.push(Finding::new(&kinds::TAR_LINK_MEMBER, "mail"));
        assert_eq!(judged(&warning), Ending::Missed);

        let mut replaced = Reading::sound();
        replaced.findings.push(Finding::new(&kinds::STORAGE_OBJECT_CHANGED, "object"));
        replaced.whole = false;
        assert_eq!(judged(&replaced), Ending::Open(REPLACED.to_owned()));

        let mut unread = Reading::sound();
        unread.troubles.push(Trouble::outside("fetch", "the store is away".to_owned()));
        assert_eq!(judged(&unread), Ending::Open("the store is away".to_owned()));

        let mut fallen = Reading::sound();
        fallen.troubles.push(Trouble::internal("decrypt", "its thread panicked"));
        assert_eq!(judged(&fallen), Ending::Missed);
    }
}
