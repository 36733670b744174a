/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A hard link to a member before it.
    HardLink {
        /// That member's name, as written.
        target: Vec<u8>,
    },
    /// A symbolic link.
    SymbolicLink,
    /// A device, pipe or socket.
    Special,
    /// A kind that can't be read here: sparse, multi-volume, vendor extensions.
    Unsupported,
}

/// One member of an archive, as its headers state it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, byte for byte as written, with extension headers applied. Never a path on this machine.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Bytes of its body; 0 also where they stand behind it alone, as in zip archives that were written as a stream.
    pub size: u64,
    /// Position in the archive, from 0, extension headers not counted.
    pub index: u64,
    /// Where its header begins, in bytes of the unpacked archive.
    pub offset: u64,
    /// Modification time in seconds since 1970; absent where the header holds nonsense.
    pub modified: Option<i64>,
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// All bytes that are stated came.
    Whole,
    /// The archive ended or was given up inside it.
    Cut,
}

/// Takes members in as they stream by. For each member: `begin`, any number of `data`, `end`.
pub trait Sink {
    /// A member begins.
    fn begin(&mut self, member: &Member);
    /// A piece of the current member's body, never empty.
    fn data(&mut self, bytes: &[u8]);
    /// The current member's body ended.
    fn end(&mut self, body: Body);
}
