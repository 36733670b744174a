//! Archives that are whole and hold mailboxes that are not: what only Zimbra's own statements reveal.

use flate2::Compression;

use super::{Case, Damage, Layer, PackError, Specimen, cut};
use crate::demo::pack::File;
use crate::demo::zimbra::{Export, Fate, Item, Member, gzip, tar};
use crate::policy::Policy;
use crate::verdict::{Kind, Outcome, Rung, kinds};

/// Messages of the account that is damaged.
const MESSAGES: u32 = 12;

pub(super) static SITUATIONS: &[Damage] = &[
    Damage::new(
        Layer::Mailbox,
        Outcome::Passed,
        "mailbox-sound",
        &[&kinds::EXPORT_TRASH_EXCLUDED],
        |sound| Ok(Case::stored(sound.archive().to_vec()).under(meaningful)),
    ),
    failed("mailbox-export-cut", &[&kinds::EXPORT_TRUNCATED], |sound| {
        changed(sound, ".tgz", |content| {
            let half = content.len() / 2;
            cut(content, half)
        })
    }),
    failed("mailbox-export-error-page", &[&kinds::EXPORT_ERROR_PAGE], |sound| {
        changed(sound, ".tgz", |_| b"<html><head><title>Error 404 Not Found</title></head>".to_vec())
    }),
    failed("mailbox-export-empty", &[&kinds::SESSION_MAIL_EMPTY], |sound| {
        changed(sound, ".tgz", |_| Vec::new())
    }),
    failed("mailbox-directory-empty", &[&kinds::SESSION_DIRECTORY_EMPTY], |sound| {
        changed(sound, ".ldiff", |_| Vec::new())
    }),
    failed("mailbox-directory-missing", &[&kinds::SESSION_DIRECTORY_MISSING], |sound| {
        let mut files = sound.files.clone();
        let first = files.iter().position(|file| file.name.ends_with(".ldiff")).unwrap_or(0);
        files.remove(first);
        packed(sound, &files)
    }),
    failed("mailbox-items-missing", &[&kinds::EXPORT_ITEMS_MISSING], |sound| {
        exported(sound, |export| {
            for item in export.items.iter_mut().take(5) {
                item.fate = Fate::Lost;
            }
        })
    }),
    failed("mailbox-items-lost-behind-new", &[&kinds::EXPORT_ITEMS_MISSING], |sound| {
        let stated = account().members();
        let mut later = account();
        later.items.iter_mut().take(5).for_each(|item| item.fate = Fate::Lost);
        later.items.extend((400..405).map(message));
        let folders =
            |members: &[Member]| members.iter().take_while(|member| member.kind.is_folder()).count();
        let came = later.members();
        let members = [&stated[..folders(&stated)], &came[folders(&came)..]].concat();
        replaced(sound, later.pack(&members)?)
    }),
    failed("mailbox-export-of-another", &[&kinds::EXPORT_SAME_AS_OTHER], |sound| {
        let mut exports = sound.files.iter().filter(|file| file.name.ends_with(".tgz"));
        let second = exports.nth(1).map(|file| file.content.clone()).unwrap_or_default();
        replaced(sound, second)
    }),
    Damage::new(Layer::Mailbox, Outcome::NotVerified, "mailbox-export-unpacked", &[], |sound| {
        let mut files = sound.files.clone();
        let members = account().members().into_iter();
        files.extend(
            members.map(|member| File::new(format!("exports/bruno/{}", member.name), member.content)),
        );
        packed(sound, &files)
    }),
    failed("mailbox-export-aborted", &[&kinds::EXPORT_ITEMS_MISSING], |sound| {
        exported(sound, |export| export.items[4].fate = Fate::Aborts)
    }),
    failed("mailbox-export-text-mode", &[&kinds::EXPORT_DAMAGED], |sound| {
        // What `ftp` does in its old default: CR LF becomes LF.
        changed(sound, ".tgz", |content| {
            let mut sent: Vec<u8> = Vec::new();
            for byte in content {
                if byte == b'\n' && sent.last() == Some(&b'\r') {
                    sent.pop();
                }
                sent.push(byte);
            }
            sent
        })
    }),
    failed("mailbox-export-gave-up", &[&kinds::EXPORT_TRUNCATED], |sound| {
        walked(sound, |mut members| {
            if let Some(body) = members.last_mut() {
                body.content.resize(40_000, b'x');
            }
            let tar = joined(&members);
            let end = tar.len() - 20_480;
            let mut tar = cut(tar, end);
            tar::end(&mut tar);
            tar
        })
    }),
    failed("mailbox-item-too-large", &[&kinds::EXPORT_DAMAGED, &kinds::EXPORT_ITEM_TOO_LARGE], |sound| {
        walked(sound, |mut members| {
            let last = members.len() - 2;
            let (before, behind) = members.split_at_mut(last);
            let description = &mut before[before.len() - 2].content;
            let place = super::find(description, b"\"size\":") + 7;
            description.splice(place..place, *b"99999999");
            let mut tar = joined(before);
            // The body's header states what has room of its size, and here is the beginning of what it leaves out.
            tar.extend_from_slice(&[b'x'; 1024]);
            tar.extend(joined(behind));
            tar::end(&mut tar);
            tar
        })
    }),
    Damage::new(
        Layer::Mailbox,
        Outcome::NotVerified,
        "mailbox-export-repacked",
        &[&kinds::EXPORT_PAIRS_APART],
        |sound| {
            walked(sound, |mut members| {
                members.sort_by_key(|member| !member.name.ends_with(".meta"));
                tar::write(&members, 0)
            })
        },
    ),
    failed("mailbox-item-rotten", &[&kinds::EXPORT_ITEM_DIGEST], |sound| {
        exported(sound, |export| {
            let item = &mut export.items[3];
            item.stored = item.body.clone().map(|body| super::flip(body, 60));
        })
    }),
    failed("mailbox-item-short", &[&kinds::EXPORT_ITEM_SIZE], |sound| {
        exported(sound, |export| {
            let item = &mut export.items[3];
            item.stored = item.body.clone().map(|body| cut(body, 70));
        })
    }),
    failed("mailbox-item-filler", &[&kinds::EXPORT_ITEM_FILLER], |sound| {
        exported(sound, |export| export.items[3].stored = Some(b"EMAIL_EMPTY_CONTENT".to_vec()))
    }),
    failed("mailbox-body-missing", &[&kinds::EXPORT_BODY_MISSING], |sound| {
        exported(sound, |export| export.items[3].fate = Fate::WithoutBody)
    }),
    failed("mailbox-description-missing", &[&kinds::EXPORT_DESCRIPTION_MISSING], |sound| {
        exported(sound, |export| export.items[3].fate = Fate::WithoutMeta)
    }),
    failed("mailbox-item-duplicate", &[&kinds::EXPORT_ITEM_DUPLICATE], |sound| {
        exported(sound, |export| {
            let again = Item { id: 260, ..message(999) };
            export.items.push(again);
        })
    }),
    Damage::new(Layer::Mailbox, Outcome::NotVerified, "mailbox-none", &[], |sound| {
        let files: Vec<File> =
            (0..4).map(|number| File::new(format!("notes/{number}.txt"), "no mail")).collect();
        packed(sound, &files)
    }),
];

const fn failed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Mailbox, Outcome::Failed, name, findings, make)
}

fn meaningful(policy: &mut Policy) {
    policy.require.rung = Rung::Meaningful;
}

/// `files`, packed with a manifest that lists just them.
fn packed(sound: &Specimen, files: &[File]) -> Result<Case, PackError> {
    Ok(Case::stored(sound.pack.build(files)?.encrypted).under(meaningful))
}

/// The sound files with another content of the first whose name ends so.
fn changed(sound: &Specimen, end: &str, change: fn(Vec<u8>) -> Vec<u8>) -> Result<Case, PackError> {
    let mut files = sound.files.clone();
    if let Some(file) = files.iter_mut().find(|file| file.name.ends_with(end)) {
        file.content = change(std::mem::take(&mut file.content));
    }
    packed(sound, &files)
}

/// The sound files with another export in place of the first.
fn exported(sound: &Specimen, damage: fn(&mut Export)) -> Result<Case, PackError> {
    let mut export = account();
    damage(&mut export);
    replaced(sound, export.write()?)
}

/// The same, with an export whose tar is written in another way.
fn walked(sound: &Specimen, write: fn(Vec<Member>) -> Vec<u8>) -> Result<Case, PackError> {
    replaced(sound, gzip::write(&write(account().members()), Compression::fast())?)
}

fn replaced(sound: &Specimen, export: Vec<u8>) -> Result<Case, PackError> {
    let mut files = sound.files.clone();
    if let Some(file) = files.iter_mut().find(|file| file.name.ends_with(".tgz")) {
        file.content = export;
    }
    packed(sound, &files)
}

/// The members in a tar without an end.
fn joined(members: &[Member]) -> Vec<u8> {
    let mut tar = Vec::new();
    members.iter().for_each(|member| tar::append(&mut tar, member, 0));
    tar
}

fn account() -> Export {
    Export { items: (257..257 + MESSAGES).map(message).collect(), ..Export::default() }
}

fn message(id: u32) -> Item {
    let body =
        format!("From: paul@example.test\r\nSubject: {id}\r\n\r\nThis is the text of message {id}.\r\n");
    Item::message(id, 2, format!("Message {id}"), body)
}
