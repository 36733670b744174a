//! Sound archives on a bad way from the store.

use super::{Case, Damage, Layer, PackError, Specimen};
use crate::demo::server::{Fault, Operation, Times};
use crate::policy::{Age, Network, Policy};
use crate::verdict::{Kind, Outcome, kinds};

/// Well inside the specimen, and well behind the first segment.
const MIDDLE: u64 = 150_000;
const BUSY: Fault = Fault::Refuse { operation: Operation::Get, status: 503 };

const fn network(
    outcome: Outcome,
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Network, outcome, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    network(Outcome::Passed, "network-cut-once", &[], |sound| {
        reading(sound, &[(Fault::CutBody { after: MIDDLE }, Times::First(1))])
    }),
    network(Outcome::Passed, "network-cut-often", &[], |sound| {
        reading(sound, &[(Fault::CutBody { after: 50_000 }, Times::First(4))])
    }),
    network(Outcome::Passed, "network-cut-at-start", &[], |sound| {
        reading(sound, &[(Fault::CutBody { after: 0 }, Times::First(1))])
    }),
    network(Outcome::NotVerified, "network-cut-always", &[], |sound| {
        let cut = (Fault::CutBody { after: 0 }, Times::Always);
        Ok(reading(sound, &[cut])?.under(impatient))
    }),
    network(Outcome::Passed, "network-busy-shortly", &[], |sound| reading(sound, &[(BUSY, Times::First(2))])),
    network(Outcome::NotVerified, "network-busy-always", &[], |sound| {
        Ok(reading(sound, &[(BUSY, Times::Always)])?.under(impatient))
    }),
    network(Outcome::NotVerified, "network-access-denied", &[], |sound| {
        let denied = Fault::Refuse { operation: Operation::Get, status: 403 };
        reading(sound, &[(denied, Times::Always)])
    }),
    network(Outcome::Passed, "network-stalled-once", &[], |sound| {
        let stall = (Fault::StallBody { after: MIDDLE }, Times::First(1));
        Ok(reading(sound, &[stall])?.under(impatient))
    }),
    network(Outcome::NotVerified, "network-stalled-always", &[], |sound| {
        let stall = (Fault::StallBody { after: 0 }, Times::Always);
        Ok(reading(sound, &[stall])?.under(impatient))
    }),
    network(Outcome::NotVerified, "network-range-wrong", &[], |sound| resumed(sound, Fault::WrongRange)),
    network(Outcome::NotVerified, "network-range-ignored", &[], |sound| resumed(sound, Fault::IgnoreRange)),
    network(Outcome::Passed, "network-whole-checksum-on-range", &[], |sound| {
        resumed(sound, Fault::WholeChecksumOnRange)
    }),
    network(
        Outcome::NotVerified,
        "network-overwritten-while-read",
        &[&kinds::STORAGE_OBJECT_CHANGED],
        |sound| reading(sound, &[(Fault::Overwrite { after: MIDDLE }, Times::First(1))]),
    ),
    network(Outcome::NotVerified, "network-other-etag", &[&kinds::STORAGE_OBJECT_CHANGED], |sound| {
        reading(sound, &[(Fault::OtherEtag, Times::Always)])
    }),
    network(Outcome::NotVerified, "network-body-short", &[&kinds::STORAGE_OBJECT_CHANGED], |sound| {
        reading(sound, &[(Fault::ShortBody { by: 1 }, Times::Always)])
    }),
    network(Outcome::Failed, "network-checksum-wrong", &[&kinds::STORAGE_CHECKSUM_MISMATCH], |sound| {
        reading(sound, &[(Fault::WrongChecksum, Times::Always)])
    }),
    network(Outcome::Passed, "network-checksum-wrong-once", &[&kinds::STORAGE_REREAD_DIFFERS], |sound| {
        reading(sound, &[(Fault::WrongChecksum, Times::First(1))])
    }),
    network(Outcome::Passed, "network-byte-flipped-once", &[&kinds::STORAGE_REREAD_DIFFERS], |sound| {
        reading(sound, &[(Fault::FlipByte { at: MIDDLE }, Times::First(1))])
    }),
];

/// The sound archive from a store with these faults.
fn reading(sound: &Specimen, faults: &[(Fault, Times)]) -> Result<Case, PackError> {
    let mut case = Case::stored(sound.layers.encrypted.clone());
    case.faults = faults.to_vec();
    Ok(case)
}

/// A body that breaks, and a fault of every answer to the resumption.
fn resumed(sound: &Specimen, fault: Fault) -> Result<Case, PackError> {
    reading(sound, &[(Fault::CutBody { after: MIDDLE }, Times::First(1)), (fault, Times::Always)])
}

/// Gives up soon, so that nobody waits for what never comes.
fn impatient(policy: &mut Policy) {
    let network = Network { read_timeout: Age::seconds(1), retries: 1, ..Network::default() };
    if let Some(store) = &mut policy.store {
        store.network = network;
    }
}
