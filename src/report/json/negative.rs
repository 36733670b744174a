//! What became of damage that was done on purpose, as JSON; part of `mailproof/result/v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::Damage;
use crate::verify::{self, Ending};

/// Copies of an archive that were damaged on purpose, to see that the damage is found.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NegativeControls {
    /// How many were asked for.
    pub wanted: u64,
    /// How many were found.
    pub detected: u64,
    /// How many were not: nothing that the run proves can be relied on unless this is 0. What is left could not be tried.
    pub missed: u64,
    /// The archive whose copies were damaged; absent where none was fit for it.
    pub archive: Option<String>,
    /// 64 hexadecimal digits; whoever has them damages the same places.
    pub seed: Option<String>,
    /// Each of them, in order.
    pub controls: Vec<NegativeControl>,
}

/// One copy that was damaged on purpose.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NegativeControl {
    /// What was done.
    pub damage: Damage,
    /// Where it begins: for `altered-content` and `lost-member` in the unpacked archive, else in the stored bytes.
    pub offset: Option<u64>,
    /// What became of it.
    pub result: NegativeResult,
    /// The finding by which it was noticed.
    pub found_as: Option<String>,
    /// Why it could not be tried.
    pub reason: Option<String>,
}

/// What became of a copy that was damaged on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NegativeResult {
    /// The damage was found.
    Detected,
    /// It was not.
    Missed,
    /// It could not be tried.
    NotTried,
}

impl From<&verify::NegativeControls> for NegativeControls {
    fn from(done: &verify::NegativeControls) -> Self {
        Self {
            wanted: u64::from(done.wanted),
            detected: done.detected() as u64,
            missed: done.missed() as u64,
            archive: done.archive.clone(),
            seed: done.seed.as_ref().map(ToString::to_string),
            controls: done.controls.iter().map(NegativeControl::from).collect(),
        }
    }
}

impl From<&verify::NegativeControl> for NegativeControl {
    fn from(control: &verify::NegativeControl) -> Self {
        let (result, found_as, reason) = match &control.ending {
            Ending::Detected(finding) => (NegativeResult::Detected, Some((*finding).to_owned()), None),
            Ending::Missed => (NegativeResult::Missed, None, None),
            Ending::Open(why) => (NegativeResult::NotTried, None, Some(why.clone())),
        };
        Self { damage: control.damage, offset: control.at, result, found_as, reason }
    }
}
