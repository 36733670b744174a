use super::facts::Facts;
use super::kept::Kept;
use super::place::{AccountPart, Part, Place, place};
use super::{ldap, redolog, xml};
use crate::archive::unpack::{Body, Kind, Member, Sink, shown, zip};
use crate::mailbox::zimbra::room::Room;
use crate::policy::Limits;
use crate::verdict::{Finding, Findings, kinds};

/// Bytes of accounts that are looked at in a file that is no list of them.
const SCRATCH: usize = 1 << 20;

/// Reads the members of session trees. A [`Sink`], so that the archive's walker can feed it.
pub struct Collector {
    limits: Limits,
    kept: Kept,
    /// The name of the current member.
    name: Vec<u8>,
    current: Current,
}

/// What is being read.
enum Current {
    Nothing,
    Xml {
        bytes: Vec<u8>,
        too_long: bool,
    },
    Zip(Box<ZipReading>),
    Redolog(redolog::Reading),
    Ldap(Box<ldap::Reading>),
    /// Its content is not looked at.
    Counted,
}

struct ZipReading {
    walker: zip::Walker,
    files: Files,
    findings: Findings,
}

/// Counts the files of a zip; their bytes have been checked when they come here.
#[derive(Default)]
struct Files(u64);

impl Sink for Files {
    fn begin(&mut self, member: &Member) {
        self.0 += u64::from(member.kind == Kind::File);
    }
    fn data(&mut self, _: &[u8]) {}
    fn end(&mut self, _: Body) {}
}

impl Collector {
    /// A collector at the beginning of an archive.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self::within(limits, Room::new())
    }

    /// The same, with another room for facts.
    pub(super) fn within(limits: &Limits, room: Room) -> Self {
        Self { limits: limits.clone(), kept: Kept::new(room), name: Vec::new(), current: Current::Nothing }
    }

    /// Whether the member called `name` lies in a session tree.
    #[must_use]
    pub fn takes(&self, name: &[u8]) -> bool {
        place(name).is_some()
    }

    /// What was seen.
    #[must_use]
    pub fn finish(self) -> Facts {
        self.kept.finish()
    }

    /// Notes that the current member is there.
    fn note(&mut self, kind: &Kind) {
        let is_file = matches!(kind, Kind::File | Kind::HardLink { .. });
        match place(&self.name) {
            None => {}
            Some(Place::AccountsXml) if is_file => {
                self.kept.facts.accounts_xml.get_or_insert_default();
            }
            Some(Place::AccountsXml) => {}
            Some(Place::Unfinished(label)) => self.kept.note_unfinished(label, is_file),
            Some(Place::Session { label, below_sessions, part }) => {
                self.kept.facts.below_sessions |= below_sessions;
                // What finds no room is counted there.
                let _ = self.kept.note(label, &part, is_file);
            }
        }
    }

    /// How the current member, a file, is read.
    fn reading(&self, size: u64) -> Current {
        let is_xml = self.name.ends_with(b".xml");
        match place(&self.name) {
            Some(Place::AccountsXml) => self.xml(size),
            Some(Place::Session { part: Part::Ldap, .. }) => {
                Current::Ldap(Box::new(ldap::Reading::new(&self.limits)))
            }
            Some(Place::Session { part: Part::Redolog(_), .. }) => {
                Current::Redolog(redolog::Reading::default())
            }
            Some(Place::Session { .. }) if is_xml => self.xml(size),
            Some(Place::Session { .. }) if self.name.ends_with(b".zip") => {
                Current::Zip(Box::new(ZipReading {
                    // Names of documents and contacts are what people wrote.
                    walker: zip::Walker::new(&self.limits).inside_export(),
                    files: Files::default(),
                    findings: Findings::default(),
                }))
            }
            _ => Current::Counted,
        }
    }

    /// Counts a link to what would have been looked into.
    fn pass_link(&mut self) -> Current {
        match self.reading(0) {
            Current::Counted => {}
            Current::Redolog(reading) => {
                self.end_redolog(reading, false);
                self.kept.facts.unread.links += 1;
            }
            _ => self.kept.facts.unread.links += 1,
        }
        Current::Nothing
    }

    fn xml(&self, size: u64) -> Current {
        Current::Xml { bytes: Vec::new(), too_long: size > self.limits.text_size.0 }
    }

    fn end_xml(&mut self, bytes: &[u8]) {
        let mut scratch = Room::of(SCRATCH);
        let room = match place(&self.name) {
            Some(Place::AccountsXml | Place::Session { part: Part::SessionXml, .. }) => &mut self.kept.room,
            // Of any other file no more than an address outlives this.
            _ => &mut scratch,
        };
        let listed = match xml::read(bytes, room) {
            Ok(listed) => listed,
            Err(broken) => {
                let finding = Finding::new(&kinds::NETWORK_EDITION_XML_BROKEN, self.subject());
                let finding = finding.expected("well-formed XML");
                return self
                    .kept
                    .facts
                    .faults
                    .push(finding.observed(format!("{}, at byte {}", broken.why, broken.at)));
            }
        };
        match place(&self.name) {
            Some(Place::AccountsXml) => self.kept.facts.accounts_xml = Some(listed),
            Some(Place::Session { label, part: Part::SessionXml, .. }) => {
                if let Some(session) = self.kept.session(label) {
                    session.listed = listed;
                }
            }
            Some(Place::Session { label, part: Part::Account(folder, AccountPart::Ldap), .. }) => {
                if let Some(email) = listed.into_iter().find_map(|listed| listed.email) {
                    let _ = self.kept.state_email(label, &folder, email);
                }
            }
            _ => {}
        }
    }

    fn end_zip(&mut self, mut reading: ZipReading, whole: bool) {
        if whole {
            reading.walker.finish(&mut reading.files, &mut reading.findings);
        } else {
            reading.walker.abandon(&mut reading.files);
        }
        let subject = self.subject();
        self.kept.facts.faults.append(reading.findings.within(&subject));
        if let Some(Place::Session { label, part: Part::Account(folder, AccountPart::BlobZip(_)), .. }) =
            place(&self.name)
            && let Some(account) = self.kept.account(label, &folder)
        {
            account.packed_blobs += reading.files.0;
        }
    }

    fn end_ldap(&mut self, reading: ldap::Reading, whole: bool) {
        let (dump, fault) = reading.end(whole, || self.subject());
        if let Some(fault) = fault {
            self.kept.facts.faults.push(fault);
        }
        if let Some(Place::Session { label, .. }) = place(&self.name)
            && let Some(session) = self.kept.session(label)
        {
            session.ldap = Some(dump);
        }
    }

    fn end_redolog(&mut self, reading: redolog::Reading, whole: bool) {
        if let Some(Place::Session { label, part: Part::Redolog(name), .. }) = place(&self.name) {
            let _ = self.kept.note_log(label, reading.end(name, whole));
        }
    }

    /// Names the current member in a finding.
    fn subject(&self) -> String {
        subject(&self.name)
    }
}

fn subject(name: &[u8]) -> String {
    let start = name.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let file = shown(&name[start..]);
    match place(name) {
        Some(Place::Session { label, part: Part::Account(folder, _), .. }) => {
            format!("session {label}: account {}: {file}", folder.account())
        }
        Some(Place::Session { label, .. }) => format!("session {label}: {file}"),
        _ => file,
    }
}

impl Sink for Collector {
    fn begin(&mut self, member: &Member) {
        self.name.clone_from(&member.name);
        self.note(&member.kind);
        self.current = match member.kind {
            Kind::File => self.reading(member.size),
            Kind::HardLink { .. } => self.pass_link(),
            _ => Current::Nothing,
        };
    }

    fn data(&mut self, piece: &[u8]) {
        let Self { current, name, limits, .. } = self;
        match current {
            Current::Nothing | Current::Counted | Current::Xml { too_long: true, .. } => {}
            // A size may stand behind the body.
            Current::Xml { bytes, too_long } if (bytes.len() + piece.len()) as u64 > limits.text_size.0 => {
                *bytes = Vec::new();
                *too_long = true;
            }
            Current::Xml { bytes, .. } => bytes.extend_from_slice(piece),
            Current::Zip(reading) => {
                // What is broken is said by its finding.
                let _ = reading.walker.push(piece, &mut reading.files, &mut reading.findings);
            }
            Current::Redolog(reading) => reading.take(piece),
            Current::Ldap(reading) => reading.take(piece, || subject(name)),
        }
    }

    fn end(&mut self, body: Body) {
        let whole = body == Body::Whole;
        let current = std::mem::replace(&mut self.current, Current::Nothing);
        self.kept.facts.unread.cut += u64::from(!whole && !matches!(current, Current::Nothing));
        match current {
            Current::Nothing | Current::Counted => {}
            Current::Xml { too_long: true, .. } => self.kept.facts.unread.too_long += 1,
            Current::Xml { bytes, .. } if whole => self.end_xml(&bytes),
            Current::Xml { .. } => {}
            Current::Redolog(reading) => self.end_redolog(reading, whole),
            Current::Zip(reading) => self.end_zip(*reading, whole),
            Current::Ldap(reading) => self.end_ldap(*reading, whole),
        }
    }
}
