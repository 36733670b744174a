use std::collections::{BTreeMap, BTreeSet};

use super::name::{self, Location, SessionName, account, export_of, ldif_of};
use super::{
    Accounts, Catalogue, CatalogueError, Content, Directory, Files, Folder, Listing, OVERHEAD, Place, Room,
    Session, Sessions, database, text,
};
use crate::archive::unpack::{Body, Kind, Member, Sink, shown};
use crate::mailbox::zimbra::ldif;
use crate::policy::Limits;

/// Why a database may list more than was seen.
const LOG: &str = "its write-ahead log or journal lies beside it and was not applied";

/// Takes in what zmbackup left in an archive.
#[derive(Debug)]
pub struct Collector {
    text_size: u64,
    room: Room,
    current: Current,
    folders: BTreeMap<Vec<u8>, Accounts>,
    /// Files in sessions that are neither exports nor LDIF.
    others: BTreeMap<Vec<u8>, u64>,
    /// Catalogues by the folder they lie in.
    catalogues: BTreeMap<Vec<u8>, Vec<Catalogue>>,
    /// Folders with a log of a database that was not written back.
    logs: BTreeSet<Vec<u8>>,
}

/// What is being read.
#[derive(Debug)]
enum Current {
    Nothing,
    Ldif { folder: Vec<u8>, account: Box<str>, size: u64, reader: Box<ldif::Reader> },
    Text { folder: Vec<u8>, source: String, reader: text::Reader },
    Database { folder: Vec<u8>, source: String, bytes: Vec<u8>, too_long: bool },
}

/// What a member is by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Ldif,
    Text,
    Database,
    Log,
    Session,
    /// A file in a session's folder that zmbackup does not make.
    Other,
}

impl Part {
    fn of(place: &Location<'_>) -> Option<Self> {
        let file = place.file;
        match file {
            b"sessions.txt" => Some(Self::Text),
            b"sessions.sqlite3" => Some(Self::Database),
            b"sessions.sqlite3-wal" | b"sessions.sqlite3-journal" => Some(Self::Log),
            _ if ldif_of(file).is_some() => Some(Self::Ldif),
            _ if SessionName::parse(file).is_some() => Some(Self::Session),
            // Exports are read by others.
            _ if export_of(file).is_some() => None,
            _ => SessionName::parse(name::split(&place.folder).1).map(|_| Self::Other),
        }
    }
}

impl Collector {
    /// Prepares to read an archive.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self::within(limits, Room::new())
    }

    /// The same, with another room for facts.
    pub(super) fn within(limits: &Limits, room: Room) -> Self {
        Self {
            text_size: limits.text_size.0,
            room,
            current: Current::Nothing,
            folders: BTreeMap::new(),
            others: BTreeMap::new(),
            catalogues: BTreeMap::new(),
            logs: BTreeSet::new(),
        }
    }

    /// Whether a member is one of zmbackup's, by its name: an LDIF, a catalogue, or the folder of a session.
    #[must_use]
    pub fn takes(&self, name: &[u8]) -> bool {
        Part::of(&Location::of(name)).is_some()
    }

    /// Whether a member lies in a session, where more is known of an empty export than from the export itself.
    #[must_use]
    pub fn is_in_session(name: &[u8]) -> bool {
        SessionName::parse(name::split(&Location::of(name).folder).1).is_some()
    }

    /// Whether every archive in this member's place is an account's export, whatever it is called: in a session of
    /// mail, zmbackup puts no other there.
    #[must_use]
    pub fn is_place_of_exports(name: &[u8]) -> bool {
        SessionName::parse(name::split(&Location::of(name).folder).1).is_some_and(|name| name.kind.has_mail())
    }

    /// An export of `size` stored bytes stands in the archive under this name; others read it.
    pub fn saw_export(&mut self, name: &[u8], size: u64) {
        let Location { folder, file } = Location::of(name);
        let Some(owner) = export_of(file) else { return };
        if let Some(files) = self.files(folder, account(owner)) {
            files.mail = Some(size);
        }
    }

    /// What was seen.
    #[must_use]
    pub fn finish(mut self) -> Sessions {
        self.leave(Body::Cut);
        let mut places = BTreeMap::new();
        for (path, catalogues) in std::mem::take(&mut self.catalogues) {
            let catalogues =
                catalogues.into_iter().map(|catalogue| self.with_log(&path, catalogue)).collect();
            place(&mut places, &path).catalogues = catalogues;
        }
        let (sessions, folders): (Vec<_>, Vec<_>) =
            self.folders.into_iter().partition(|(path, _)| SessionName::parse(name::split(path).1).is_some());
        for (path, accounts) in sessions {
            let (around, own) = name::split(&path);
            if let Some(name) = SessionName::parse(own) {
                let others = self.others.get(&path).copied().unwrap_or_default();
                place(&mut places, around).sessions.push(Session { name, accounts, others });
            }
        }
        let mut loose = Vec::new();
        for (path, accounts) in folders {
            let (around, own) = name::split(&path);
            let folder = Folder { path: shown(&path), accounts };
            match places.get_mut(around).filter(|_| name::is_work_folder(own)) {
                Some(place) => place.work_folders.push(folder),
                None => loose.push(folder),
            }
        }
        let mut places: Vec<_> = places.into_values().collect();
        places.iter_mut().for_each(|place| place.sessions.sort_by_key(|session| session.name));
        Sessions { places, loose, unkept: self.room.refused() }
    }

    /// Says of a database that its log may know more.
    fn with_log(&self, path: &[u8], mut catalogue: Catalogue) -> Catalogue {
        if let Ok(listing) = &mut catalogue.listing
            && catalogue.source.ends_with("sqlite3")
            && self.logs.contains(path)
        {
            listing.partial = Some(LOG);
        }
        catalogue
    }

    /// The files of an account in a folder; `None` if there is no room for more.
    ///
    /// Room is taken once for all files of an account, so that none of them is kept without the others.
    fn files(&mut self, folder: Vec<u8>, account: Box<str>) -> Option<&mut Files> {
        let is_new = !self.folder(&folder)?.contains_key(&account);
        if is_new {
            self.room.take(account.len().saturating_add(OVERHEAD))?;
        }
        Some(self.folder(&folder)?.entry(account).or_default())
    }

    /// The accounts in a folder; `None` if it is new and there is no room for it.
    fn folder(&mut self, folder: &[u8]) -> Option<&mut Accounts> {
        if !self.folders.contains_key(folder) {
            self.room.take(folder.len().saturating_add(OVERHEAD))?;
            self.folders.insert(folder.to_vec(), Accounts::new());
        }
        self.folders.get_mut(folder)
    }

    fn begin_file(&mut self, member: &Member, part: Part, place: Location<'_>) {
        let Location { folder, file } = place;
        let source = shown(&member.name);
        self.current = match part {
            Part::Ldif => {
                let owner = ldif_of(file).unwrap_or_default();
                let reader = Box::new(ldif::Reader::new(owner));
                Current::Ldif { folder, account: account(owner), size: member.size, reader }
            }
            Part::Text => Current::Text { folder, source, reader: text::Reader::new(self.half()) },
            Part::Database => {
                let too_long = member.size > self.text_size;
                Current::Database { folder, source, bytes: Vec::new(), too_long }
            }
            Part::Log => {
                // An empty one holds nothing that was not written back.
                let is_new = member.size > 0 && !self.logs.contains(&folder);
                if is_new && self.room.take(folder.len().saturating_add(OVERHEAD)).is_some() {
                    self.logs.insert(folder);
                }
                Current::Nothing
            }
            Part::Other => {
                // In a folder that is known, or is now: they are only counted.
                if self.folder(&folder).is_some() {
                    let count = self.others.entry(folder).or_default();
                    *count = count.saturating_add(1);
                }
                Current::Nothing
            }
            Part::Session => Current::Nothing,
        };
    }

    /// A link that is named like a file of zmbackup's.
    fn begin_link(&mut self, member: &Member, part: Part, place: Location<'_>) {
        let Location { folder, file } = place;
        match part {
            Part::Ldif => {
                let owner = account(ldif_of(file).unwrap_or_default());
                let directory = Directory { size: member.size, content: Content::Link };
                if let Some(files) = self.files(folder, owner) {
                    files.directory = Some(directory);
                }
            }
            Part::Text | Part::Database => {
                self.add(folder, shown(&member.name), Err(CatalogueError::Link));
            }
            Part::Log | Part::Session | Part::Other => {}
        }
    }

    /// Closes the current member.
    fn leave(&mut self, end: Body) {
        match std::mem::replace(&mut self.current, Current::Nothing) {
            Current::Nothing => {}
            Current::Ldif { folder, account, size, reader } => {
                self.end_ldif(folder, account, size, *reader, end)
            }
            Current::Text { folder, source, reader } => {
                self.add(folder, source, whole(end, reader.finish()));
            }
            Current::Database { folder, source, too_long: true, .. } => {
                self.add(folder, source, Err(CatalogueError::TooLong));
            }
            Current::Database { folder, source, bytes, .. } => {
                let listing = match end {
                    Body::Whole => database::read(bytes, self.half()),
                    Body::Cut => Err(CatalogueError::Cut),
                };
                self.add(folder, source, listing);
            }
        }
    }

    fn end_ldif(&mut self, folder: Vec<u8>, account: Box<str>, size: u64, reader: ldif::Reader, end: Body) {
        let summary = reader.finish();
        let kept = summary.own.iter().flat_map(|own| own.addresses.iter().chain(&own.zimbra_id));
        let length = kept.map(|text| text.len() + size_of::<Box<str>>()).sum();
        let Some(()) = self.files(folder.clone(), account.clone()).map(|_| ()) else { return };
        let content = match end {
            Body::Cut => Content::Cut,
            Body::Whole if self.room.take(length).is_none() => Content::Unkept,
            Body::Whole => Content::Whole(summary),
        };
        if let Some(files) = self.files(folder, account) {
            files.directory = Some(Directory { size, content });
        }
    }

    /// Room for a catalogue, which leaves as much for others.
    fn half(&self) -> Room {
        Room::of(self.room.left() / 2)
    }

    fn add(&mut self, folder: Vec<u8>, source: String, listing: Result<Listing, CatalogueError>) {
        let length = listing.as_ref().map_or(0, |listing| listing.size);
        let length = length.saturating_add(folder.len() + source.len() + OVERHEAD);
        if self.room.take(length).is_some() {
            self.catalogues.entry(folder).or_default().push(Catalogue { source, listing });
        }
    }
}

impl Sink for Collector {
    fn begin(&mut self, member: &Member) {
        self.leave(Body::Cut);
        let place = Location::of(&member.name);
        let Some(part) = Part::of(&place) else { return };
        match member.kind {
            Kind::File => self.begin_file(member, part, place),
            Kind::Directory => {
                let path = place.whole();
                if part == Part::Session {
                    // Without room it is counted as not kept.
                    let _ = self.folder(&path);
                }
            }
            _ => self.begin_link(member, part, place),
        }
    }

    fn data(&mut self, piece: &[u8]) {
        match &mut self.current {
            Current::Nothing | Current::Database { too_long: true, .. } => {}
            Current::Ldif { reader, .. } => reader.take(piece),
            Current::Text { reader, .. } => reader.take(piece),
            Current::Database { bytes, .. } => bytes.extend_from_slice(piece),
        }
    }

    fn end(&mut self, body: Body) {
        self.leave(body);
    }
}

/// The place of this path, which is made if it is new.
fn place<'a>(places: &'a mut BTreeMap<Vec<u8>, Place>, path: &[u8]) -> &'a mut Place {
    places.entry(path.to_vec()).or_insert_with(|| Place { path: shown(path), ..Place::default() })
}

/// A listing that ends where the archive does may lack lines.
fn whole(end: Body, listing: Result<Listing, CatalogueError>) -> Result<Listing, CatalogueError> {
    match end {
        Body::Whole => listing,
        Body::Cut => Err(CatalogueError::Cut),
    }
}
