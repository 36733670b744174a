//! Extension headers that different programs read differently (pax, GNU long names).

use super::member::{Raw, entry};
use super::{Case, Damage, Layer, PackError, Specimen, append};
use crate::demo::pack::File;
use crate::verdict::{Kind, Outcome, kinds};

const fn failed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Tar, Outcome::Failed, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    failed("tar-pax-path-twice", &[&kinds::TAR_PAX_DUPLICATE_KEY], |sound| {
        let records = [pax_record(b"path", b"harmless.eml"), pax_record(b"path", b"other.eml")].concat();
        extended(sound, &ExtendedHeader::local(&records), "other.eml")
    }),
    failed("tar-pax-header-twice", &[&kinds::TAR_PAX_DUPLICATE_KEY], |sound| {
        let first = ExtendedHeader::local(&pax_record(b"path", b"harmless.eml"));
        let second = ExtendedHeader::local(&pax_record(b"path", b"other.eml"));
        extended(sound, &append(first, &second), "other.eml")
    }),
    failed("tar-pax-against-long-name", &[&kinds::TAR_PAX_DUPLICATE_KEY], |sound| {
        let long = long_name(b"harmless.eml\0");
        extended(
            sound,
            &append(long, &ExtendedHeader::local(&pax_record(b"path", b"other.eml"))),
            "other.eml",
        )
    }),
    failed("tar-pax-size-conflict", &[&kinds::TAR_SIZE_CONFLICT], smuggled),
    failed("tar-pax-nul-in-path", &[&kinds::TAR_PAX_UNSAFE_VALUE], |sound| {
        extended(sound, &ExtendedHeader::local(&pax_record(b"path", b"invoice.pdf\0.exe")), "invoice.pdf")
    }),
    failed("tar-pax-line-break-in-path", &[&kinds::TAR_PAX_UNSAFE_VALUE], |sound| {
        extended(sound, &ExtendedHeader::local(&pax_record(b"path", b"a\n9 path=b")), "a")
    }),
    failed("tar-pax-path-upwards", &[&kinds::TAR_PATH_UNSAFE], |sound| {
        extended(
            sound,
            &ExtendedHeader::local(&pax_record(b"path", b"../../root/.ssh/x")),
            "../../root/.ssh/x",
        )
    }),
    failed("tar-pax-length-wrong", &[&kinds::TAR_PAX_MALFORMED], |sound| {
        extended(sound, &ExtendedHeader::local(b"99 path=a.eml\n"), "plain.eml")
    }),
    failed("tar-pax-size-no-number", &[&kinds::TAR_PAX_MALFORMED], |sound| {
        extended(sound, &ExtendedHeader::local(&pax_record(b"size", b"-1")), "plain.eml")
    }),
    failed("tar-pax-path-for-all", &[&kinds::TAR_PAX_MALFORMED], |sound| {
        extended(sound, &ExtendedHeader::global(&pax_record(b"path", b"all.eml")), "all.eml")
    }),
    failed("tar-extension-dangling", &[&kinds::TAR_EXTENSION_DANGLING], |sound| {
        let dangling = ExtendedHeader::local(&pax_record(b"path", b"never.eml"));
        let members = sound.members(&sound.files)?;
        sound.parts(&[&members, &sound.manifest_member(&sound.manifest())?, &dangling])
    }),
    failed("tar-long-name-bytes-behind-nul", &[&kinds::TAR_LONG_NAME_MALFORMED], |sound| {
        extended(sound, &long_name(b"shown.eml\0hidden.eml"), "shown.eml")
    }),
    failed("tar-long-name-empty", &[&kinds::TAR_LONG_NAME_MALFORMED], |sound| {
        extended(sound, &long_name(b""), "plain.eml")
    }),
];

/// A listed member with `extensions` before it, whose own header calls it `plain.eml`.
fn extended(sound: &Specimen, extensions: &[u8], listed: &str) -> Result<Case, PackError> {
    let member = entry(&Raw::new(b"plain.eml").body(b"x"));
    sound.with(&append(extensions.to_vec(), &member), &[File::new(listed, "x")])
}

/// A member whose header states another size than its extended header: who obeys the header finds a
/// second member in what is the first one's body for the others.
fn smuggled(sound: &Specimen) -> Result<Case, PackError> {
    let inner = entry(&Raw::new(b"smuggled.eml").body(b"x"));
    let body = append(vec![b'x'; 512], &inner);
    let records = pax_record(b"size", body.len().to_string().as_bytes());
    let member = entry(&Raw::new(b"carrier.eml").body(&body).claims(512));
    sound.with(&append(ExtendedHeader::local(&records), &member), &[File::new("carrier.eml", body)])
}

/// Extended headers as they stand in a tar.
pub(super) struct ExtendedHeader;

impl ExtendedHeader {
    /// For the next member.
    pub(super) fn local(records: &[u8]) -> Vec<u8> {
        entry(&Raw::new(b"PaxHeaders/next").flag(b'x').body(records))
    }

    /// For all members behind it.
    pub(super) fn global(records: &[u8]) -> Vec<u8> {
        entry(&Raw::new(b"PaxHeaders/all").flag(b'g').body(records))
    }
}

/// GNU's record of a long name.
fn long_name(body: &[u8]) -> Vec<u8> {
    entry(&Raw::new(b"././@LongLink").flag(b'L').body(body))
}

/// One record, `LENGTH KEY=VALUE` and a line break; the length counts itself.
pub(super) fn pax_record(key: &[u8], value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length.to_string().len() + rest != length {
        length = length.to_string().len() + rest;
    }
    [length.to_string().as_bytes(), b" ", key, b"=", value, b"\n"].concat()
}
