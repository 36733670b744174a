//! Members that should not be there, or not like this.

use super::{Case, Damage, Layer, PackError, Specimen, append};
use crate::demo::pack::File;
use crate::verdict::{Kind, Outcome, kinds};

const fn member(
    outcome: Outcome,
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Tar, outcome, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    member(Outcome::Failed, "tar-member-extra", &[&kinds::MANIFEST_MEMBER_EXTRA], |sound| {
        sound.with(&sound.members(&[File::new("planted.eml", "x")])?, &[])
    }),
    member(Outcome::Failed, "tar-member-missing", &[&kinds::MANIFEST_MEMBER_MISSING], |sound| {
        sound.with(&[], &[File::new("lost.eml", "x")])
    }),
    member(
        Outcome::Failed,
        "tar-member-renamed",
        &[&kinds::MANIFEST_MEMBER_MISSING, &kinds::MANIFEST_MEMBER_EXTRA],
        |sound| sound.with(&sound.members(&[File::new("new", "x")])?, &[File::new("old", "x")]),
    ),
    member(Outcome::Failed, "tar-member-changed", &[&kinds::MANIFEST_MEMBER_CHANGED], |sound| {
        sound.with(&sound.members(&[File::new("a.eml", "later")])?, &[File::new("a.eml", "sooner")])
    }),
    member(Outcome::Failed, "tar-member-twice", &[&kinds::TAR_DUPLICATE_MEMBER], |sound| {
        let file = File::new("a.eml", "x");
        let once = sound.members(std::slice::from_ref(&file))?;
        sound.with(&append(once.clone(), &once), &[file])
    }),
    member(Outcome::Failed, "tar-path-absolute", &[&kinds::TAR_PATH_UNSAFE], |sound| {
        with_name(sound, "/etc/cron.d/job")
    }),
    member(Outcome::Failed, "tar-path-upwards", &[&kinds::TAR_PATH_UNSAFE], |sound| {
        with_name(sound, "mail/../../etc/passwd")
    }),
    member(Outcome::Passed, "tar-path-control-character", &[&kinds::TAR_PATH_UNREADABLE], |sound| {
        with_name(sound, "bell\u{7}.eml")
    }),
    member(Outcome::Failed, "tar-hard-link-dangling", &[&kinds::TAR_LINK_DANGLING], |sound| {
        sound.with(&entry(&Raw::new(b"link").flag(b'1').link(b"nowhere")), &[])
    }),
    member(Outcome::Passed, "tar-symbolic-link", &[&kinds::TAR_LINK_MEMBER], |sound| {
        sound.with(&entry(&Raw::new(b"latest").flag(b'2').link(b"sessions.txt")), &[])
    }),
    member(Outcome::Passed, "tar-device", &[&kinds::TAR_SPECIAL_MEMBER], |sound| {
        sound.with(&entry(&Raw::new(b"dev/null").flag(b'3')), &[])
    }),
    member(Outcome::NotVerified, "tar-unsupported-member", &[&kinds::TAR_UNSUPPORTED_MEMBER], |sound| {
        let file = File::new("disk.img", "sparse");
        sound.with(&entry(&Raw::new(b"disk.img").flag(b'S').body(&file.content)), &[file])
    }),
];

/// A listed member of any name.
fn with_name(sound: &Specimen, name: &str) -> Result<Case, PackError> {
    sound.with(&entry(&Raw::new(name.as_bytes()).body(b"x")), &[File::new(name, "x")])
}

/// A member as it is to be written, whatever an archiver would say to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    name: &'a [u8],
    flag: u8,
    link: &'a [u8],
    body: &'a [u8],
    size: Option<u64>,
}

impl<'a> Raw<'a> {
    /// A file of this name, at most 100 bytes, without a body.
    pub(super) fn new(name: &'a [u8]) -> Self {
        Self { name, flag: b'0', link: b"", body: b"", size: None }
    }

    /// Gives it another type.
    pub(super) fn flag(mut self, flag: u8) -> Self {
        self.flag = flag;
        self
    }

    /// Gives it a target.
    pub(super) fn link(mut self, target: &'a [u8]) -> Self {
        self.link = target;
        self
    }

    /// Gives it a body.
    pub(super) fn body(mut self, body: &'a [u8]) -> Self {
        self.body = body;
        self
    }

    /// Lets its header state this size instead of the body's.
    pub(super) fn claims(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }
}

/// The header alone.
pub(super) fn header(raw: &Raw<'_>) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_size(raw.size.unwrap_or(raw.body.len() as u64));
    header.set_mode(0o640);
    header.set_mtime(1_795_388_400);
    let fields = header.as_old_mut();
    fields.linkflag = [raw.flag];
    copy(raw.name, &mut fields.name);
    copy(raw.link, &mut fields.linkname);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// The header and the padded body.
pub(super) fn entry(raw: &Raw<'_>) -> Vec<u8> {
    let mut bytes = append(header(raw), raw.body);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn copy(from: &[u8], into: &mut [u8]) {
    for (to, byte) in into.iter_mut().zip(from) {
        *to = *byte;
    }
}
