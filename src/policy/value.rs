//! Quantities as people write them: `26h`, `2 TiB`, `50MB/s`.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// A length of time, written like `26h`, `35d` or `1h 30m`; a day is 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(pub Duration);

/// A number of bytes, written like `512 MiB` or `2TB`, or as a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A rate, written like `50MB/s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BytesPerSecond(pub u64);

impl Age {
    /// An age of so many seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// An age of so many days of 24 hours.
    #[must_use]
    pub const fn days(days: u64) -> Self {
        Self::seconds(days * 86_400)
    }
}

macro_rules! number_for_now {
    ($type:ident, $make:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number = u64::deserialize(deserializer).map_err(de::Error::custom)?;
                Ok($make(number))
            }
        }
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string" })
            }
        }
    };
}
number_for_now!(Age, Age::seconds);
number_for_now!(Bytes, Bytes);
number_for_now!(BytesPerSecond, BytesPerSecond);
