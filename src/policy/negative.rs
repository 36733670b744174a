use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Policy;
use crate::verdict::Rung;

/// Known damage that is done to copies of a stream, to see that it is found.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NegativeControls {
    /// How often a copy of the smallest archive that was proven `complete` is damaged and read; 0 is never. Each time the
    /// archive is read once more, and besides once undamaged before the first time and once after the last.
    #[schemars(range(max = 100))]
    pub number: u32,
    /// Kinds of damage, which take turns.
    pub kinds: Vec<Damage>,
}

/// A kind of damage. Those of the stored bytes are done to archives that are encrypted with age, which vouches for each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Damage {
    /// One stored bit is the other way round.
    FlippedBit,
    /// The stored bytes end early.
    CutEnd,
    /// A block of the stored bytes is left out.
    LostBlock,
    /// A block of the stored bytes comes twice.
    DoubledBlock,
    /// Two neighbouring blocks of the stored bytes changed places.
    SwappedBlocks,
    /// Behind decryption and decompression one bit of a file in the archive is the other way round.
    AlteredContent,
    /// Behind decryption and decompression one file of the archive is left out.
    LostMember,
}

impl Damage {
    /// Every kind, in the order in which they take turns: the layers above are reached soon.
    pub const ALL: [Self; 7] = [
        Self::FlippedBit,
        Self::AlteredContent,
        Self::CutEnd,
        Self::LostMember,
        Self::LostBlock,
        Self::DoubledBlock,
        Self::SwappedBlocks,
    ];

    /// The word in policies and results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FlippedBit => "flipped-bit",
            Self::CutEnd => "cut-end",
            Self::LostBlock => "lost-block",
            Self::DoubledBlock => "doubled-block",
            Self::SwappedBlocks => "swapped-blocks",
            Self::AlteredContent => "altered-content",
            Self::LostMember => "lost-member",
        }
    }

    /// Whether it is done to the bytes as they are stored, rather than to what is inside.
    #[must_use]
    pub fn is_of_stored_bytes(self) -> bool {
        !matches!(self, Self::AlteredContent | Self::LostMember)
    }
}

impl Policy {
    /// Whether copies are to be damaged: only where archives are read.
    #[must_use]
    pub fn asks_for_negative_controls(&self) -> bool {
        self.negative_controls.number > 0 && self.require.rung >= Rung::Complete
    }
}

impl Default for NegativeControls {
    fn default() -> Self {
        Self { number: 0, kinds: Damage::ALL.to_vec() }
    }
}
