//! Every kind of finding there is. The id is the constant, the heading in `docs/findings.md`,
//! the fixture, the test and the metric label: one word leads to everything.

use super::finding::{Cause, Severity};

/// A kind of finding, with what is usually true of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// `<stage>-<what>`, kebab case, never changed once published.
    pub id: &'static str,
    /// How serious it is unless the policy or the situation says otherwise.
    pub severity: Severity,
    /// Where the fault lies unless the evidence says otherwise.
    pub cause: Cause,
    /// The next step.
    pub remedy: &'static str,
}

macro_rules! kinds {
    ($($constant:ident $id:literal $severity:ident $cause:ident $remedy:literal)+) => {
        /// The kinds, by name.
        pub mod kinds {
            use super::{Cause, Kind, Severity};
            $(
                #[doc = concat!("`", $id, "`")]
                pub static $constant: Kind = Kind {
                    id: $id,
                    severity: Severity::$severity,
                    cause: Cause::$cause,
                    remedy: $remedy,
                };
            )+
        }

        /// All kinds, in the order of the flow.
        pub static ALL: &[&Kind] = &[$(&kinds::$constant),+];
    };
}

kinds! {
    // present: the object in the store
    PRESENT_MISSING "present-missing" Failure ProducerFault
        "Look at the backup job's log on the mail server; run the backup again, then verify it."
    PRESENT_STALE "present-stale" Failure ProducerFault
        "Newer backups are missing: look at the backup job and its upload, run it again."
    PRESENT_GAP "present-gap" Warning ProducerFault
        "One or more scheduled backups never arrived: find out why that run failed and note it; the gap can't be filled afterwards."
    PRESENT_SHRUNK "present-shrunk" Warning ProducerFault
        "Compare what the job selected with the run before; a sudden drop usually means that mailboxes were left out."
    PRESENT_EMPTY_OBJECT "present-empty-object" Failure ProducerFault
        "The upload left an object of zero bytes: look at the disk space and the exit code of the backup job, run it again."
    PRESENT_FUTURE_TIME "present-future-time" Warning Configuration
        "Check the clock of the server that names the archives, or the time zone in the policy's key template."
    PRESENT_UNMATCHED_KEY "present-unmatched-key" Info Configuration
        "If these objects are backups, mend `archives.key` in the policy so that they are verified too."
    PRESENT_NOT_LOCKED "present-not-locked" Failure Configuration
        "Turn on Object Lock for the bucket and a default retention, or set the lock in the upload."
    PRESENT_RETENTION_SHORT "present-retention-short" Failure Configuration
        "Raise the bucket's default retention or the retention the upload sets."
    PRESENT_PROTECTION_UNKNOWN "present-protection-unknown" Warning Configuration
        "Allow s3:GetObjectRetention and s3:GetBucketObjectLockConfiguration to this identity, or use a store that supports Object Lock."
    PRESENT_REPLICA_MISSING "present-replica-missing" Failure ProducerFault
        "Look at the replication's status; copy the archive to the second store."
    PRESENT_REPLICA_DIFFERS "present-replica-differs" Failure StorageRot
        "Verify both copies with `mailproof verify`, keep the one that passes and copy it over the other."
    PRESENT_REPLICA_UNKNOWN "present-replica-unknown" Warning Configuration
        "Run `mailproof doctor` for the second store; nothing is known of the copies in it."

    // storage: the way from the store to here
    STORAGE_OBJECT_CHANGED "storage-object-changed" Warning SourceChurn
        "The object was overwritten or removed while it was read: verify again when the upload is done; use new keys for new backups, or versioning."
    STORAGE_CHECKSUM_MISMATCH "storage-checksum-mismatch" Failure StorageRot
        "The bytes are not those the store took a checksum of: use another version or replica, and have the store's disks checked."
    STORAGE_REREAD_DIFFERS "storage-reread-differs" Warning Transport
        "The first read showed damage and the second did not: look at the network, the proxy and this machine's memory."

    // archive: the layers that should be there
    ARCHIVE_NOT_ENCRYPTED "archive-not-encrypted" Failure ProducerFault
        "Encrypt with age before the upload, and treat what was uploaded in clear as disclosed; or set `archives.encryption = \"optional\"`."
    ARCHIVE_NOT_COMPRESSED "archive-not-compressed" Warning ProducerFault
        "Check the producer's pipeline; or set `archives.compression = \"optional\"`."
    ARCHIVE_EMPTY "archive-empty" Failure ProducerFault
        "The producer encrypted or compressed nothing: look at its exit codes (`set -o pipefail`), run it again."
    ARCHIVE_UNRECOGNISED "archive-unrecognised" Failure ProducerFault
        "This is not age, zstd, gzip or tar: look at what the producer uploads (an error page, another format)."
    ARCHIVE_CHECKSUM_MISMATCH "archive-checksum-mismatch" Failure StorageRot
        "The object is not the one the checksum beside it was taken of: use another version or replica, and find out whether one of the two was uploaded again without the other."

    // age: age-encryption.org/v1
    AGE_ARMOR_MALFORMED "age-armor-malformed" Failure StorageRot
        "Restore the object from another version or replica; check that no text-mode transfer touched it."
    AGE_HEADER_MALFORMED "age-header-malformed" Failure StorageRot
        "Restore the object from another version or replica, or make the backup again."
    AGE_HEADER_MAC_MISMATCH "age-header-mac-mismatch" Failure Tampering
        "The header was altered after encryption: restore the object from another version or replica and find out who could write it."
    AGE_HEADER_TRUNCATED "age-header-truncated" Failure ProducerFault
        "The object ends inside the encryption header: the upload was cut; upload again."
    AGE_CHUNK_CORRUPT "age-chunk-corrupt" Failure StorageRot
        "Nothing from this point on can be restored from this copy: use another version or replica, and have the store's disks checked."
    AGE_CHUNK_MISPLACED "age-chunk-misplaced" Failure Tampering
        "A genuine piece stands in the wrong place: restore from another version or replica and find out who could write the object."
    AGE_TRUNCATED "age-truncated" Failure ProducerFault
        "The object ends before its authenticated end: the upload was cut; upload again and check sizes after an upload."
    AGE_TRAILING_DATA "age-trailing-data" Failure Tampering
        "Bytes follow the authenticated end: restore from another version or replica and find out what appends to objects."

    // zstd: RFC 8878
    ZSTD_CORRUPT "zstd-corrupt" Failure ProducerFault
        "The compressed stream is damaged: check the producer's memory and disk, make the backup again."
    ZSTD_CHECKSUM_MISMATCH "zstd-checksum-mismatch" Failure ProducerFault
        "The compressed stream does not match its checksum: check the producer's memory and disk, make the backup again."
    ZSTD_TRUNCATED "zstd-truncated" Failure ProducerFault
        "The compressor was stopped before it finished: check its exit code and the disk space, make the backup again."
    ZSTD_TRAILING_DATA "zstd-trailing-data" Failure ProducerFault
        "Something that is not zstd follows the last frame: look at what the producer writes after the compressor."
    ZSTD_WINDOW_TOO_LARGE "zstd-window-too-large" Failure Configuration
        "If `zstd --long` was meant, raise `limits.window_mib` in the policy; a restore needs the same amount of memory."
    ZSTD_DICTIONARY_NEEDED "zstd-dictionary-needed" Failure ProducerFault
        "The archive can't be opened without a dictionary file that is not part of it: compress without a dictionary."

    // gzip: RFC 1952
    GZIP_CORRUPT "gzip-corrupt" Failure ProducerFault
        "The compressed stream is damaged: check the producer and the transfer mode, make the backup again."
    GZIP_CHECKSUM_MISMATCH "gzip-checksum-mismatch" Failure ProducerFault
        "The compressed stream does not match its checksum: check the producer and the transfer mode, make the backup again."
    GZIP_TRUNCATED "gzip-truncated" Failure ProducerFault
        "The compressor was stopped before it finished: check its exit code and the disk space, make the backup again."
    GZIP_TRAILING_DATA "gzip-trailing-data" Failure ProducerFault
        "Something that is not gzip follows the last member: look at what the producer writes after the compressor."

    // limits: hostile or simply too large
    LIMIT_RATIO "limit-ratio" Failure Tampering
        "The archive unpacks to far more than mail does: treat it as hostile, or raise `limits.ratio` if it is yours."
    LIMIT_UNPACKED_SIZE "limit-unpacked-size" Failure Configuration
        "Raise `limits.unpacked_size` in the policy if the archive is meant to be this large."
    LIMIT_MEMBERS "limit-members" Failure Configuration
        "Raise `limits.members` in the policy if the archive is meant to hold so many (about 80 bytes of memory each)."
    LIMIT_MEMBER_SIZE "limit-member-size" Failure Configuration
        "Raise `limits.member_size` in the policy if the member is meant to be this large."
    LIMIT_MANIFEST_SIZE "limit-manifest-size" Failure Configuration
        "Raise `limits.manifest_size` in the policy if the manifest is meant to be this large; else look at what the producer writes as MANIFEST.b3 or X.b3."
    LIMIT_PATH_LENGTH "limit-path-length" Failure Configuration
        "Raise `limits.path_length` in the policy if such names are meant to be there."
    LIMIT_EXTENSION_SIZE "limit-extension-size" Failure Tampering
        "No honest archiver writes extension headers this large: treat the archive as hostile."
    LIMIT_EXTENSIONS "limit-extensions" Failure Tampering
        "No honest archiver writes so many extension headers before one member: treat the archive as hostile."

    // tar: POSIX.1-2001 ustar and pax, GNU, Zimbra's own dialect
    TAR_EMPTY "tar-empty" Failure ProducerFault
        "The archive holds no file: look at what the producer selected, make the backup again."
    TAR_TRUNCATED_HEADER "tar-truncated-header" Failure ProducerFault
        "The archive ends inside a header: the archiver was stopped; check its exit code and the disk space."
    TAR_TRUNCATED_MEMBER "tar-truncated-member" Failure ProducerFault
        "The archive ends inside a file: the archiver was stopped; check its exit code and the disk space."
    TAR_MISSING_END_MARKER "tar-missing-end-marker" Failure ProducerFault
        "The archive stops without its end marker, so members may be missing: check the archiver's exit code, make the backup again."
    TAR_SINGLE_ZERO_BLOCK "tar-single-zero-block" Warning ProducerFault
        "One end block instead of two: check which program writes the archive."
    TAR_DATA_AFTER_END "tar-data-after-end" Failure ProducerFault
        "There is data behind the end marker that no restore would see: don't concatenate archives, look at the producer."
    TAR_HEADER_CHECKSUM "tar-header-checksum" Failure ProducerFault
        "A header is damaged and nothing behind it can be trusted: make the backup again."
    TAR_HEADER_MALFORMED "tar-header-malformed" Failure ProducerFault
        "A header holds values no archiver writes: make the backup again with GNU tar or bsdtar."
    TAR_SIZE_CONFLICT "tar-size-conflict" Failure Tampering
        "Two sizes are stated for one member, which different programs read differently: treat the archive as hostile."
    TAR_PAX_MALFORMED "tar-pax-malformed" Failure Tampering
        "An extended header is malformed, which different programs read differently: make the backup again with GNU tar or bsdtar."
    TAR_PAX_DUPLICATE_KEY "tar-pax-duplicate-key" Failure Tampering
        "An extended header states a value twice, which different programs read differently: treat the archive as hostile."
    TAR_PAX_UNSAFE_VALUE "tar-pax-unsafe-value" Failure Tampering
        "An extended header hides a NUL or a line break: treat the archive as hostile."
    TAR_EXTENSION_DANGLING "tar-extension-dangling" Failure ProducerFault
        "An extension header has no member behind it: the archive was cut or assembled wrongly; make the backup again."
    TAR_LONG_NAME_MALFORMED "tar-long-name-malformed" Failure Tampering
        "A long-name record is malformed: make the backup again with GNU tar or bsdtar."
    TAR_PATH_UNSAFE "tar-path-unsafe" Failure Tampering
        "A name leaves the folder it is restored into: do not extract this archive with other tools; find out who made it."
    TAR_PATH_UNREADABLE "tar-path-unreadable" Warning ProducerFault
        "A name is not valid UTF-8 or holds control characters: it is compared byte by byte, but a restore may name it differently."
    TAR_DUPLICATE_MEMBER "tar-duplicate-member" Failure ProducerFault
        "The same name occurs twice and a restore keeps only the last: don't append to archives, look at the producer."
    TAR_LINK_MEMBER "tar-link-member" Warning ProducerFault
        "A symbolic link holds no content: archive the file it points to (`tar --dereference`) if it belongs to the backup."
    TAR_LINK_DANGLING "tar-link-dangling" Failure ProducerFault
        "A hard link points to a member that is not before it in the archive, so its content is missing: make the backup again."
    TAR_SPECIAL_MEMBER "tar-special-member" Warning ProducerFault
        "Devices, pipes and sockets have no place in a mail backup: exclude them in the producer."
    TAR_UNSUPPORTED_MEMBER "tar-unsupported-member" Warning ProducerFault
        "This kind of member can't be verified: make the archive without sparse files, multiple volumes or vendor extensions."

    // manifest: b3sum lines
    MANIFEST_MISSING "manifest-missing" Warning ProducerFault
        "Before packing, run `find . -type f ! -name MANIFEST.b3 -exec b3sum {} + > MANIFEST.b3` in the folder, or upload that list beside the archive as X.b3."
    MANIFEST_MALFORMED "manifest-malformed" Failure ProducerFault
        "Write the manifest with b3sum (plain or --tag) and nothing else."
    MANIFEST_EMPTY "manifest-empty" Failure ProducerFault
        "The manifest lists no file: check the step of the producer that runs b3sum."
    MANIFEST_DUPLICATE_LINE "manifest-duplicate-line" Failure ProducerFault
        "The manifest lists a file twice: write it anew for each archive instead of appending."
    MANIFEST_LISTS_ITSELF "manifest-lists-itself" Info ProducerFault
        "Leave MANIFEST.b3 out of its own list; its line is ignored."
    MANIFEST_AMBIGUOUS "manifest-ambiguous" Failure ProducerFault
        "There is more than one manifest and they can't both be the truth: keep one, inside the archive or beside it."
    MANIFEST_UNREADABLE "manifest-unreadable" Failure StorageRot
        "The manifest beside the archive could not be opened: upload it again."
    MANIFEST_MEMBER_MISSING "manifest-member-missing" Failure ProducerFault
        "The file is listed but not in the archive, so it can't be restored: make the backup again."
    MANIFEST_MEMBER_EXTRA "manifest-member-extra" Failure Tampering
        "The file is in the archive but not listed. Is it the archive itself, packed into itself? Otherwise find out which program put it there; make manifest and archive in one step, and write the archive elsewhere."
    MANIFEST_MEMBER_CHANGED "manifest-member-changed" Failure ProducerFault
        "The content differs from the manifest: the file changed between hashing and archiving, or the archive was rebuilt; make the backup again from a snapshot."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_kebab_case_and_name_their_stage() {
        let mut seen = std::collections::HashSet::new();
        for kind in ALL {
            assert!(seen.insert(kind.id), "{} stands twice", kind.id);
            assert!(kind.id.contains('-'), "{}", kind.id);
            assert!(kind.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", kind.id);
            assert!(kind.remedy.ends_with('.'), "{} has no remedy", kind.id);
        }
    }
}
