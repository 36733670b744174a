use crate::mailbox::sample::Seed;
use crate::policy::Damage;
use crate::verify::Trouble;

/// What became of the damage that was done on purpose.
#[derive(Debug, Clone)]
pub struct NegativeControls {
    /// How many were asked for.
    pub wanted: u32,
    /// The archive whose copies were damaged; absent where none was fit for it.
    pub archive: Option<String>,
    /// What the places of the damage were drawn by; absent where nothing was drawn.
    pub seed: Option<Seed>,
    /// Each of them, in order; empty where nothing could be tried.
    pub controls: Vec<NegativeControl>,
    /// What kept all of them from being tried.
    pub trouble: Option<Trouble>,
}

/// One damaged copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NegativeControl {
    /// What was done.
    pub damage: Damage,
    /// Where it begins: of stored bytes from the object's first, of content from the unpacked archive's first.
    pub at: Option<u64>,
    /// What became of it.
    pub ending: Ending,
}

/// What became of one damaged copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It was found; the first finding of it.
    Detected(&'static str),
    /// It was not.
    Missed,
    /// It could not be tried.
    Open(String),
}

impl NegativeControls {
    /// How many were found.
    #[must_use]
    pub fn detected(&self) -> usize {
        self.count(|ending| matches!(ending, Ending::Detected(_)))
    }

    /// How many were not.
    #[must_use]
    pub fn missed(&self) -> usize {
        self.count(|ending| *ending == Ending::Missed)
    }

    fn count(&self, holds: impl Fn(&Ending) -> bool) -> usize {
        self.controls.iter().filter(|control| holds(&control.ending)).count()
    }

    /// Why they are no pass: damage that was not found, a fault of mailproof's own, or what could not be tried.
    #[must_use]
    pub fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = Vec::from_iter(self.trouble.clone());
        let open = self.controls.iter().find_map(|control| match &control.ending {
            Ending::Open(why) => Some((control.damage, why)),
            _ => None,
        });
        if let Some((damage, why)) = open {
            let told = format!("the control `{}` could not be tried: {why}", damage.as_str());
            troubles.push(Trouble::outside(super::STAGE, told));
        }
        troubles.extend(self.distrust());
        troubles
    }

    /// Why nothing that the run proved can be relied on; nothing where all damage that was done was found.
    #[must_use]
    pub fn distrust(&self) -> Option<Trouble> {
        let mut missed = self.controls.iter().filter(|control| control.ending == Ending::Missed);
        let first = missed.next()?;
        let told = format!(
            "{} of {} copies that were damaged on purpose passed (the first: `{}` at byte {} of {}), so nothing that this run \
             proves can be relied on",
            missed.count() + 1,
            self.controls.len(),
            first.damage.as_str(),
            first.at.unwrap_or_default(),
            self.archive.as_deref().unwrap_or_default(),
        );
        Some(Trouble::internal(super::STAGE, &told))
    }
}
