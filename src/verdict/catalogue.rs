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
    PRESENT_TIME_UNREAD "present-time-unread" Warning Configuration
        "Put the time into `archives.key` of the policy: `{session}-{time:%Y%m%d%H%M%S}.tar.zst.age` reads full-20261124233000.tar.zst.age; without it an old archive that is uploaded again counts as new."
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
        "The bytes are not those the store took a checksum of: use another version (`mailproof list --versions`) or replica, and have the store's disks checked."
    STORAGE_REREAD_DIFFERS "storage-reread-differs" Warning Transport
        "Two reads of one object gave different bytes: look at the network, the proxy and this machine's memory."

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
        "The object is not the one the checksum beside it was taken of: use another version (`mailproof list --versions`) or replica, and find out whether one of the two was uploaded again without the other."

    // age: age-encryption.org/v1
    AGE_ARMOR_MALFORMED "age-armor-malformed" Failure StorageRot
        "Restore the object from another version (`mailproof list --versions`) or replica; check that no text-mode transfer touched it."
    AGE_HEADER_MALFORMED "age-header-malformed" Failure StorageRot
        "Restore the object from another version (`mailproof list --versions`) or replica, or make the backup again."
    AGE_HEADER_MAC_MISMATCH "age-header-mac-mismatch" Failure Tampering
        "The header was altered after encryption: restore the object from another version (`mailproof list --versions`) or replica and find out who could write it."
    AGE_HEADER_TRUNCATED "age-header-truncated" Failure ProducerFault
        "The object ends inside the encryption header: the upload was cut; upload again."
    AGE_CHUNK_CORRUPT "age-chunk-corrupt" Failure StorageRot
        "Nothing from this point on can be restored from this copy: use another version (`mailproof list --versions`) or replica, and have the store's disks checked."
    AGE_CHUNK_MISPLACED "age-chunk-misplaced" Failure Tampering
        "A genuine piece stands in the wrong place: restore from another version (`mailproof list --versions`) or replica and find out who could write the object."
    AGE_TRUNCATED "age-truncated" Failure ProducerFault
        "Compare its size with the file that the job uploaded. If it is shorter, the upload was cut: upload again. If it is as long, its last bytes changed: use another version (`mailproof list --versions`) or replica."
    AGE_TRAILING_DATA "age-trailing-data" Failure Tampering
        "Bytes follow the authenticated end: restore from another version (`mailproof list --versions`) or replica and find out what appends to objects."

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

    // zip: APPNOTE.TXT 6.3
    ZIP_CORRUPT "zip-corrupt" Failure ProducerFault
        "A record or a body of the zip archive is damaged: check the producer's memory and disk, make the backup again."
    ZIP_CHECKSUM_MISMATCH "zip-checksum-mismatch" Failure ProducerFault
        "A body in the zip archive does not match its CRC-32 or size: check the producer's memory and disk, make the backup again."
    ZIP_TRUNCATED "zip-truncated" Failure ProducerFault
        "The zip archive stops before its end record: check the producer's exit code and the disk space, make the backup again."
    ZIP_TRAILING_DATA "zip-trailing-data" Failure ProducerFault
        "There is data behind the end record that no restore would see: don't append to zip archives, look at the producer."
    ZIP_DIRECTORY_MISMATCH "zip-directory-mismatch" Failure Tampering
        "The directory and the members say different things, so programs unpack different files: make the backup again; if it comes back, treat the archive as hostile."
    ZIP_UNSUPPORTED "zip-unsupported" Failure ProducerFault
        "This member can't be read here: make the zip archive with stored or deflated bodies, without encryption, links or volumes."

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
    MANIFEST_OTHER_PATHS "manifest-other-paths" Failure ProducerFault
        "The manifest was written from another place than the archive, so no restore can be checked with it: run `b3sum` in the folder that is packed (`cd FOLDER && find . -type f ! -name MANIFEST.b3 -exec b3sum {} + > MANIFEST.b3`), then make the archive there."
    MANIFEST_MEMBER_MISSING "manifest-member-missing" Failure ProducerFault
        "The file is listed but not in the archive, so it can't be restored: make the backup again."
    MANIFEST_MEMBER_EXTRA "manifest-member-extra" Failure Tampering
        "The file is in the archive but not listed. Is it the archive itself, packed into itself? Otherwise find out which program put it there; make manifest and archive in one step, and write the archive elsewhere."
    MANIFEST_MEMBER_CHANGED "manifest-member-changed" Failure ProducerFault
        "The content differs from the manifest: the file changed between hashing and archiving, or the archive was rebuilt; make the backup again from a snapshot."

    // export: a mailbox as Zimbra exports it (fmt=tgz, tar, zip)
    EXPORT_ERROR_PAGE "export-error-page" Failure ProducerFault
        "A page of the web server was saved in place of the export: check the account's name, the URL and the rights of the exporting account on the mail server, then export again."
    EXPORT_UNRECOGNISED "export-unrecognised" Failure ProducerFault
        "This is neither gzip, zip nor tar: look at what the backup job writes into this file, then export again."
    EXPORT_WRONG_SUFFIX "export-wrong-suffix" Warning ProducerFault
        "The file's name promises another format than it has, and an import that goes by the name fails: rename it, and mend the backup job."
    EXPORT_EMPTY "export-empty" Warning ProducerFault
        "An empty mailbox and a failed export look the same: compare with `zmmailbox -z -m ACCOUNT gms` on the mail server; if there is mail, export again."
    EXPORT_TRUNCATED "export-truncated" Failure ProducerFault
        "Everything behind this place is missing: look at the mail server's mailbox.log at the time of the export and at the job's exit code, then export again."
    EXPORT_DAMAGED "export-damaged" Failure ProducerFault
        "Nothing behind this place can be relied on: check how the file gets from the mail server into the archive (binary transfer, disk, memory), then export again."
    EXPORT_WITHOUT_DESCRIPTIONS "export-without-descriptions" Warning ProducerFault
        "Without descriptions neither digests nor counts can be checked, and an import loses flags, tags and dates: export with `fmt=tgz&meta=1`."
    EXPORT_DESCRIPTION_UNREADABLE "export-description-unreadable" Failure ProducerFault
        "An import refuses this item: look at the item on the mail server (`zmmailbox -z -m ACCOUNT getRestURL '/?id=ITEM'`), then export again."
    EXPORT_METADATA_UNDECODABLE "export-metadata-undecodable" Warning ProducerFault
        "Zimbra may still read what can't be read here; if the mail server's mailbox.log warns of it too, repair the item there."
    EXPORT_DESCRIPTION_MISSING "export-description-missing" Failure ProducerFault
        "An import refuses a body without its description: keep the export as the mail server wrote it, don't repack it; export again."
    EXPORT_BODY_MISSING "export-body-missing" Failure ProducerFault
        "The item is described and its content is not there: run `zmblobchk -m MAILBOX start` on the mail server, then export again."
    EXPORT_PAIRS_APART "export-pairs-apart" Warning ProducerFault
        "The export was unpacked and packed again: the content is there, and Zimbra imports a body only where it follows its description. Archive exports as the mail server wrote them; to import this one, pack it again with each `.meta` before its body."
    EXPORT_ITEM_FILLER "export-item-filler" Failure ProducerFault
        "The content is lost on the mail server and was replaced by a rescue tool: restore the item from an older backup."
    EXPORT_ITEM_BLANK "export-item-blank" Failure ProducerFault
        "The blob on the mail server is empty: run `zmblobchk -m MAILBOX start` there and restore the item from an older backup."
    EXPORT_ITEM_ERROR_PAGE "export-item-error-page" Failure ProducerFault
        "A page of a web server stands in place of the message: look at the item on the mail server, restore it from an older backup."
    EXPORT_ITEM_UNPARSABLE "export-item-unparsable" Warning ProducerFault
        "This is no mail: look at the item on the mail server; if it can't be opened there either, restore it from an older backup."
    EXPORT_ITEM_TOO_LARGE "export-item-too-large" Failure ProducerFault
        "Zimbra's tar can't hold items of 8 GiB and more, and what follows one is unreadable: export this account with `fmt=zip&meta=1`, or remove the item."
    EXPORT_ITEM_SIZE "export-item-size" Failure ProducerFault
        "The blob has another size than the database states: run `zmblobchk -m MAILBOX start` on the mail server, restore the item from an older backup."
    EXPORT_ITEM_DIGEST "export-item-digest" Failure ProducerFault
        "Is the blob itself wrong? `zmmailbox -z -m ACCOUNT getRestURL '/?id=ITEM' | sha256sum` on the mail server tells: if it prints what was observed, check that server's disks and restore the item from an older backup; if it prints what is expected, only this export is wrong, so export again."
    EXPORT_ITEM_DUPLICATE "export-item-duplicate" Failure ProducerFault
        "One number stands for two contents, as when exports are joined: keep exports apart and export again."
    EXPORT_OTHER_ACCOUNT "export-other-account" Warning ProducerFault
        "See whose mailbox this is: is the other address an alias or an identity of the account (`zmprov ga ACCOUNT mail zimbraMailAlias`)? If not, the job mixes up accounts."
    EXPORT_SAME_AS_OTHER "export-same-as-other" Failure ProducerFault
        "Two accounts have one export: compare both with `zmmailbox -z -m ACCOUNT gms` on the mail server, mend the job that exports them, then export again."
    EXPORT_ITEMS_MISSING "export-items-missing" Failure ProducerFault
        "Look for the account in the mail server's mailbox.log at the time of the export, run `zmblobchk -m MAILBOX start` there, then export again."
    EXPORT_COUNT_SHIFT "export-count-shift" Warning SourceChurn
        "If it stays after the next export, items are missing rather than deleted: run `zmblobchk -m MAILBOX start` on the mail server; exports with `lock=1` have no shift."
    EXPORT_BYTES_DIFFER "export-bytes-differ" Warning SourceChurn
        "If it stays after the next export, compare the folder with `zmmailbox -z -m ACCOUNT gf FOLDER`; exports with `lock=1` have no shift."
    EXPORT_TRASH_EXCLUDED "export-trash-excluded" Info Configuration
        "Zimbra leaves Trash and Junk out; to have them, set zimbraPrefIncludeTrashInSearch and zimbraPrefIncludeSpamInSearch to TRUE for the exporting account."

    // sessions: what zmbackup leaves
    SESSION_UNFINISHED "session-unfinished" Failure ProducerFault
        "The session was started and never completed: look at zmbackup's log on the mail server and run the backup again; archive a session only after its end."
    SESSION_FAILED "session-failed" Failure ProducerFault
        "zmbackup itself reports that accounts failed: look at its log on the mail server and run the session again."
    SESSION_EMPTY "session-empty" Failure ProducerFault
        "The session holds no file of any account: look at zmbackup's log on the mail server, run it again by hand and look into the folder."
    SESSION_STALE "session-stale" Failure ProducerFault
        "The packing goes on and zmbackup does not: look at its log and `zmbackup -l` on the mail server, run `zmbackup -f` there and pack again; and see that the policy states the mail server's `archives.time_zone`."
    SESSION_ABSENT "session-absent" Failure ProducerFault
        "The catalogue lists a completed session that should be here too: look at what the job packs, or remove the session with `zmbackup -d` if it was deleted by hand."
    SESSION_UNLISTED "session-unlisted" Warning ProducerFault
        "zmbackup does not know this session and won't restore it by itself: look at its log for the end of that run; the files can be restored by hand."
    SESSION_CATALOGUE_UNREADABLE "session-catalogue-unreadable" Warning ProducerFault
        "Check the catalogue on the mail server (`sqlite3 sessions.sqlite3 'PRAGMA integrity_check'`) and archive a copy made with `.backup`; without it failed accounts can't be told."
    SESSION_ACCOUNT_MISSING "session-account-missing" Failure ProducerFault
        "The catalogue says that the account was backed up, and none of its files is here: look at what the job packs, run the backup again."
    SESSION_ACCOUNT_FAILED "session-account-failed" Failure ProducerFault
        "The account's backup ended with an error, so its files may be partial: look for the account in zmbackup's log, run `zmbackup -f -a ACCOUNT`."
    SESSION_ACCOUNT_DROPPED "session-account-dropped" Warning ProducerFault
        "If these accounts were not deleted (`zmprov ga ACCOUNT mail`), the list of accounts came back short: look at LDAP and the blocked list of zmbackup, run `zmbackup -f -a ACCOUNT`."
    SESSION_MAIL_MISSING "session-mail-missing" Failure ProducerFault
        "The account's mail is not in the session: run `zmmailbox -z -m ACCOUNT getRestURL '//?fmt=tgz' > test.tgz` on the mail server, mend what it reports, run `zmbackup -f -a ACCOUNT`."
    SESSION_MAIL_EMPTY "session-mail-empty" Failure ProducerFault
        "The export has no byte, while even an empty mailbox has folders: run `zmmailbox -z -m ACCOUNT getRestURL '//?fmt=tgz' > test.tgz` on the mail server, mend what it reports, run `zmbackup -f -a ACCOUNT`."
    SESSION_MAIL_UNCERTAIN "session-mail-uncertain" Warning ProducerFault
        "No new mail and a failed export look alike here: compare with the live mailbox (`zmmailbox -z -m ACCOUNT search -t message 'after:-2d'`)."
    SESSION_DIRECTORY_MISSING "session-directory-missing" Failure ProducerFault
        "The account itself (its zimbraId, password, settings) is not in the session: run `zmbackup -f -a ACCOUNT` and look at its log for LDAP errors."
    SESSION_DIRECTORY_EMPTY "session-directory-empty" Failure ProducerFault
        "The LDAP search found nothing: check LDAPSERVER, LDAPADMIN and LDAPPASS in zmbackup.conf and that the account exists (`zmprov ga ACCOUNT`), run the backup again."
    SESSION_DIRECTORY_MALFORMED "session-directory-malformed" Failure ProducerFault
        "`ldapadd` would stop at this file: look at the disk space and at zmbackup's log, run the backup again."
    SESSION_DIRECTORY_INCOMPLETE "session-directory-incomplete" Failure ProducerFault
        "The entry lacks what a restore needs: check that LDAPADMIN in zmbackup.conf may read all attributes, run the backup again."
    SESSION_DIRECTORY_FOREIGN "session-directory-foreign" Failure ProducerFault
        "The file holds another account than its name says: compare with `zmprov ga ACCOUNT zimbraId mail` before anything is restored from it, run the backup again."
    SESSION_INCREMENTAL_GAP "session-incremental-gap" Failure ProducerFault
        "Mail that came between the sessions may be in neither: run `zmbackup -f` now, and let incremental sessions follow within a day."
    SESSION_BASE_MISSING "session-base-missing" Failure ProducerFault
        "An incremental session restores only what changed: run `zmbackup -f` and keep the full session as long as those that build on it."
    SESSION_WORK_FOLDER "session-work-folder" Warning ProducerFault
        "A run of zmbackup was killed and left its work behind: find out why in its log, run the session again and remove the folder."

    // Network Edition: sessions of Zimbra's own zmbackup
    NETWORK_EDITION_SESSION_ABORTED "network-edition-session-aborted" Failure ProducerFault
        "The session never ended and can't be restored: look at `zmbackupquery` and the free disk space on the mail server, run `zmbackup -f -a all` there."
    NETWORK_EDITION_ACCOUNTS_XML_MISSING "network-edition-accounts-xml-missing" Failure ProducerFault
        "zmrestore finds accounts by accounts.xml: copy /opt/zimbra/backup/accounts.xml along with the sessions."
    NETWORK_EDITION_ACCOUNT_MISSING "network-edition-account-missing" Failure ProducerFault
        "An account is listed and its files are not there: run `zmbackup -f -a ACCOUNT` on the mail server, and look at what the off-site job leaves out."
    NETWORK_EDITION_ACCOUNT_UNLISTED "network-edition-account-unlisted" Warning ProducerFault
        "The session does not list this account, so a restore may pass it over: look at `zmbackupquery -v --label LABEL` on the mail server, back the account up again."
    NETWORK_EDITION_ACCOUNT_INCOMPLETE "network-edition-account-incomplete" Failure ProducerFault
        "The account can't be restored from this session without these files: run `zmbackup -f -a ACCOUNT` on the mail server."
    NETWORK_EDITION_ACCOUNT_MISPLACED "network-edition-account-misplaced" Failure ProducerFault
        "zmrestore looks for the account elsewhere: don't rearrange sessions; copy /opt/zimbra/backup as it is."
    NETWORK_EDITION_BLOBS_MISSING "network-edition-blobs-missing" Failure ProducerFault
        "Messages of this account are not in the backup: compare with the session's folder on the mail server; if the file is missing there too, run `zmbackup -f -a ACCOUNT`."
    NETWORK_EDITION_BLOBS_ABSENT "network-edition-blobs-absent" Info Configuration
        "If messages are meant to be in the backup, look at zimbraBackupSkipBlobs and zimbraBackupSkipHsmBlobs (`zmprov gs SERVER`); if not, verify the copy of the blobs by itself."
    NETWORK_EDITION_SYSTEM_MISSING "network-edition-system-missing" Warning ProducerFault
        "Accounts can be restored, the server can't: run `zmbackup -f -a all` (or `-sys`) on the mail server."
    NETWORK_EDITION_LDAP_EMPTY "network-edition-ldap-empty" Failure ProducerFault
        "The dump of the directory holds no entry: run `/opt/zimbra/libexec/zmslapcat /tmp/x` on the mail server and look at its message, back up again."
    NETWORK_EDITION_REDOLOG_GAP "network-edition-redolog-gap" Failure ProducerFault
        "Nothing behind the gap can be played back: look for the log in the session and in /opt/zimbra/redolog/archive on the mail server; if it is lost, run a full backup now."
    NETWORK_EDITION_REDOLOG_OPEN "network-edition-redolog-open" Failure ProducerFault
        "The log was copied while the server wrote it: copy sessions only when zmbackup is done, never from /opt/zimbra/redolog."
    NETWORK_EDITION_REDOLOG_DAMAGED "network-edition-redolog-damaged" Failure ProducerFault
        "The log can't be played back to its end: compare with the session's folder on the mail server; if it is damaged there too, run a full backup now."
    NETWORK_EDITION_XML_BROKEN "network-edition-xml-broken" Failure ProducerFault
        "zmrestore can't read this file: compare with the session's folder on the mail server; if it is broken there too, run a full backup."
    NETWORK_EDITION_FULL_ELSEWHERE "network-edition-full-elsewhere" Info Configuration
        "These sessions restore only on top of a full session: see that it is in another archive and is verified as well."

    // store: a raw copy of /opt/zimbra/store and the dumps of its databases
    STORE_DUMP_UNREADABLE "store-dump-unreadable" Failure ProducerFault
        "The database can't be restored from this dump: look at the exit code of `mysqldump` and the disk space on the mail server, dump again, and check the file with `gzip -t` and `zcat FILE | tail -n 1`."
    STORE_DUMP_TRUNCATED "store-dump-truncated" Failure ProducerFault
        "`mysqldump` was stopped before its last line: run it by hand on the mail server with `set -o pipefail`, look at its messages and the disk space, dump again."
    STORE_DUMP_UNENDED "store-dump-unended" Warning Configuration
        "Nothing in the dump says that it is whole: leave `--skip-comments` and `--compact` out of the job, so that `mysqldump` ends it with `-- Dump completed`, and dump again."
    STORE_DUMP_MISNAMED "store-dump-misnamed" Warning ProducerFault
        "The dump is readable, but a restore script that trusts its name fails: mend the job's pipeline (`mysqldump … | gzip > X.sql.gz`) or the name."
    STORE_GROUP_MISSING "store-group-missing" Failure ProducerFault
        "Without this database the mailboxes in it are only files: dump with `mysqldump --single-transaction --all-databases`, or list `SHOW DATABASES LIKE 'mboxgroup%'` in the job instead of numbers."
    STORE_ROWS_MISSING "store-rows-missing" Failure ProducerFault
        "The dump lacks rows that the files tell of: run `zmblobchk --mailboxes MAILBOX start` on the mail server; if it calls few of them unexpected, dump again and look at the dump's options (`--where`, `--ignore-table`); if many, look for the rows in an older dump."
    STORE_FOLDER_MISSING "store-folder-missing" Failure ProducerFault
        "Zimbra can't show what lies in a folder without a row: compare with `SELECT id FROM mail_item WHERE mailbox_id = MAILBOX AND type IN (1, 2, 13)` in the mailbox's group on the mail server; if the rows are there, mend the job (`--where`, `--ignore-table`) and dump again, else take the folders from an older dump."
    STORE_DIGEST_MISSING "store-digest-missing" Failure ProducerFault
        "Zimbra can't open these items: run `zmdbintegrityreport -m` on the mail server and look at `SELECT id, type, size FROM mail_item WHERE mailbox_id = MAILBOX AND type IN (5, 8, 14, 16) AND blob_digest IS NULL`; restore them from an older backup."
    STORE_BLOB_MISSING "store-blob-missing" Failure ProducerFault
        "Run `zmblobchk --mailboxes MAILBOX start` on the mail server: if it names the item, the server itself lost the file; if not, the item came or went during a hot copy: dump the databases first and copy the store after, or copy from a snapshot."
    STORE_BLOB_REVISION "store-blob-revision" Failure ProducerFault
        "Zimbra would not find this file: run `zmblobchk --mailboxes MAILBOX start` on the mail server; if it finds nothing, the item was edited during a hot copy: copy from a snapshot."
    STORE_BLOB_SIZE "store-blob-size" Failure StorageRot
        "Run `zmblobchk --mailboxes MAILBOX start` on the mail server: if it reports the item, restore that file from an older backup; if not, the copy is bad: make it again."
    STORE_BLOB_DIGEST "store-blob-digest" Failure StorageRot
        "`zmblobchk` compares sizes only: compare the file on the mail server with the digest; restore it from an older backup if it differs there, too, else copy again."
    STORE_BLOB_GZIP "store-blob-gzip" Failure StorageRot
        "Run `gzip -t < FILE` on the mail server's file: if it is broken there, too, restore it from an older backup, else copy again."
    STORE_BLOB_UNEXPECTED "store-blob-unexpected" Warning SourceChurn
        "A hot copy may hold mail that was moved or deleted meanwhile; if `zmblobchk --mailboxes MAILBOX start` on the mail server calls it an unexpected blob, it is a left-over there; if it names nothing, leave it."

    // zextras: the path of Zextras, NG and Carbonio Backup
    ZEXTRAS_BLOB_DIFFERS "zextras-blob-differs" Failure StorageRot
        "The file is not what its name says, so no restore should use it: run `zxsuite backup doCoherencyCheck PATH` on the mail server (`carbonio backup …` on Carbonio), then `zxsuite backup doSmartScan start deep true`."
    ZEXTRAS_BLOB_GZIP "zextras-blob-gzip" Failure StorageRot
        "The file can't be unpacked: run `zxsuite backup doCoherencyCheck PATH` on the mail server (`carbonio backup …` on Carbonio), then `zxsuite backup doSmartScan start deep true`."
    ZEXTRAS_BLOB_EMPTY "zextras-blob-empty" Failure ProducerFault
        "The file holds nothing, as a full disk leaves it: look at the free space of the backup path, then run `zxsuite backup doSmartScan start deep true` on the mail server."

    // restorable: the live mailbox
    LIVE_MESSAGE_DIFFERS "live-message-differs" Failure StorageRot
        "One of the two was changed without a trace: bring the backup's back apart (`mailproof restore … --account ACCOUNT --item ITEM --to DIR`), look at both, and check the server's blob store (zmblobchk)."
    LIVE_MESSAGE_LOST "live-message-lost" Failure StorageRot
        "Nobody deleted it on the server: restore it from this backup (`mailproof restore … --account ACCOUNT --item ITEM --to DIR`), and look for what happened to the mailbox (zmblobchk, mailbox.log, the database)."
    LIVE_MESSAGE_WITHHELD "live-message-withheld" Warning StorageRot
        "Its file is missing or short on the mail server: check the blob store (zmblobchk start), and restore the message from this backup."
    LIVE_MESSAGE_SET_BACK "live-message-set-back" Warning SourceChurn
        "The mailbox was restored to an older state, or this is a standby that is behind: what is newer in this backup can be restored from it; compare with the primary server."
    LIVE_MESSAGE_NOT_IN_BACKUP "live-message-not-in-backup" Warning ProducerFault
        "Moved, copied or imported mail keeps its old date; if it was there when the backup was made, the backup left it out: run a full backup and compare again."
    LIVE_FOLDER_GONE "live-folder-gone" Warning SourceChurn
        "Ask whose mail it is whether it was deleted on purpose; if not, bring it back: `mailproof restore … --account ACCOUNT --folder FOLDER --to DIR`."
    LIVE_LINE_ENDS "live-line-ends" Info Configuration
        "Nothing: the mail server stores CRLF where the backup has bare line feeds, or the reverse; the content is the same."
    LIVE_MESSAGES_GONE "live-messages-gone" Info SourceChurn
        "Nothing if people deleted them; if nobody did, restore them from this backup."
    ACCEPTED_ACCOUNT_UNKNOWN "accepted-account-unknown" Info Configuration
        "Correct the address in `sample.accept_gone`, or take it out."

    // rehearsal: a restore into a sandbox, read back from there
    REHEARSAL_MESSAGE_NOT_RESTORED "rehearsal-message-not-restored" Failure Configuration
        "Run `mailproof verify` on the archive: if the item is sound there, the sandbox refused it, as stated; take another place for such mail (a Maildir or a tgz takes all), and see whether your way of restoring has the same limit."
    REHEARSAL_MESSAGE_MISSING "rehearsal-message-missing" Failure Configuration
        "The sandbox took the message and does not have it: look at its server's log, quota and filters, and whether anybody else works in it; rehearse again with `--keep`."
    REHEARSAL_MESSAGE_DIFFERS "rehearsal-message-differs" Failure Configuration
        "The sandbox gives back other bytes than it was given: look for filters, signatures or virus scanners that change mail, then for its disk; rehearse again with `--keep` and compare the message."
    REHEARSAL_MESSAGE_DOUBLED "rehearsal-message-doubled" Failure Configuration
        "The sandbox has the message more often than it was given: look whether anybody else works in it, or copies mail there; rehearse again."
    REHEARSAL_MESSAGE_UNEXPECTED "rehearsal-message-unexpected" Failure Configuration
        "Somebody else put mail into the folder of the run: keep people, deliveries and other jobs out of the sandbox, rehearse again."
    REHEARSAL_LINE_ENDS_CHANGED "rehearsal-line-ends-changed" Info Configuration
        "IMAP servers hand out every line with CR LF, whatever they were given; take a Maildir, a tgz or Zimbra itself where every byte counts (signatures are not harmed)."
    REHEARSAL_FLAGS_DIFFER "rehearsal-flags-differ" Warning Configuration
        "The mail is there and its marks are not (read, answered, flagged, draft): look whether the sandbox's server knows these flags and lets the account keep them."
    REHEARSAL_DATE_DIFFERS "rehearsal-date-differs" Warning Configuration
        "The mail is there and would be sorted wrongly, by another date of receipt: look whether the sandbox's server keeps the date it is given (INTERNALDATE), and its time zone."
    REHEARSAL_RTO_EXCEEDED "rehearsal-rto-exceeded" Failure Configuration
        "Find what is slow (the figures tell reading the archive, putting and reading back apart): restore from a nearer store, with more bandwidth, several accounts at once; or promise another time."
    REHEARSAL_RPO_EXCEEDED "rehearsal-rpo-exceeded" Failure ProducerFault
        "Mail of that long would be lost: look at when the backup job last ran and why not later, run it more often; or promise another loss."
    REHEARSAL_LEFTOVERS "rehearsal-leftovers" Info Configuration
        "Nothing is to be done; if no run was ended early, look who else rehearses into this sandbox: it is for one at a time."
    REHEARSAL_NOT_CLEANED "rehearsal-not-cleaned" Warning Configuration
        "Mail of the backup still lies in the sandbox: the next run takes it away; if not, remove the folder by hand."
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
