use proptest::prelude::*;

use super::*;
use crate::demo::zimbra::{Export, Folder as MadeFolder, Item as MadeItem, Map};

/// A message's description with some of its text changed.
fn message(changes: &[(&str, &str)]) -> Result<Described, MetaError> {
    let text = r#"{"id":259,"type":5,"parent_id":-259,"folder_id":2,"index_id":0,"volume_id":0,"imap_id":260,
        "date":1457599624,"size":993,"blob_digest":"47DEQpj8HBSa+,TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","unread":1,
        "flags":129,"FlagStr":"sxu","subject":"Oggetto","metadata":"d1:f5:testo1:s9:a@b.test\u00e81:vi10ee",
        "mod_metadata":12,"mod_content":11,"change_date":1460095671,"sender":"","Path":"/Inbox/","TagStr":"",
        "TagNames":"","Ver":10}"#;
    let text = changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    parse(text.as_bytes())
}

fn folder_with(metadata: &str) -> Described {
    let text = r#"{"id":2,"type":1,"parent_id":1,"folder_id":1,"imap_id":-1,"date":1,"size":3,"unread":2,"flags":0,
        "mod_metadata":1,"mod_content":1,"change_date":1,"Path":"/Inbox","Ver":10,"metadata":"METADATA"}"#;
    parse(text.replace("METADATA", metadata).as_bytes()).unwrap()
}

#[test]
fn a_message_is_read() {
    let described = message(&[]).unwrap();
    let expected = Item {
        id: ItemId(259),
        folder: ItemId(2),
        kind: ItemKind::Message,
        size: 993,
        digest: Digest::parse("47DEQpj8HBSa+,TImW+5JCeuQeRkm5NMpJWZG3hSuFU=").ok(),
        date: 1_457_599_624,
        changed: 1_460_095_671,
        mod_metadata: 12,
        mod_content: 11,
        imap_id: 260,
        flags: Flags(129),
        unread: true,
        sound: false,
    };
    assert_eq!(described.meta, Meta::Item(expected));
    assert_eq!((described.undecodable, described.sender.as_deref()), (false, Some("a@b.testè")));
}

#[test]
fn a_folder_is_read() {
    let described = folder_with("d1:ai1e3:i4di1e4:i4dui1e4:mseqi7e2:szi3000e4:unxti300e1:vi10e2:vti5ee");
    let expected = Folder {
        id: ItemId(2),
        parent: ItemId(1),
        kind: ItemKind::Folder,
        path: "/Inbox".into(),
        items: 3,
        unread: 2,
        bytes: Some(3000),
        deleted: 1,
        next_uid: Some(300),
    };
    assert_eq!((described.meta, described.undecodable), (Meta::Folder(expected), false));
}

#[test]
fn less_than_no_unread_item_is_none() {
    let Meta::Item(item) = message(&[("\"unread\":1", "\"unread\":-1")]).unwrap().meta else { panic!() };
    assert!(!item.unread);
}

#[test]
fn the_sender_is_the_one_that_is_stated_first() {
    let sender = |changes: &[_]| message(changes).unwrap().sender;
    assert_eq!(sender(&[(r#""sender":"""#, r#""sender":"x@y.test""#)]).as_deref(), Some("x@y.test"));
    assert_eq!(sender(&[(r#""sender":"","#, "")]).as_deref(), Some("a@b.testè"));
    // In a search folder `s` is how results are sorted.
    assert_eq!(sender(&[(r#""type":5"#, r#""type":2"#)]), None);
}

#[test]
fn metadata_that_can_t_be_decoded_is_odd_and_no_more() {
    let described = folder_with("d2:szi3000e");
    assert!(described.undecodable);
    let Meta::Folder(folder) = described.meta else { panic!() };
    assert_eq!((folder.items, folder.bytes, folder.deleted), (3, None, 0));
    assert!(message(&[("d1:f5", "d1:f500")]).unwrap().undecodable);
    assert!(!folder_with("").undecodable);
    assert!(
        !message(&[(r#""metadata":"d1:f5:testo1:s9:a@b.test\u00e81:vi10ee","#, "")]).unwrap().undecodable
    );
}

#[test]
fn text_that_went_through_another_charset_is_decoded_all_the_same() {
    // `città` in UTF-8 read as ISO 8859-1 has six characters, and the length says five.
    let described = folder_with("d1:f5:citt\u{c3}\u{a0}2:szi7ee");
    let Meta::Folder(folder) = described.meta else { panic!() };
    assert_eq!((described.undecodable, folder.bytes), (false, Some(7)));
}

#[test]
fn a_halved_character_costs_nothing() {
    let described = message(&[("Oggetto", r"Oggetto \ud83d"), ("5:testo", r"5:test\ud83d")]).unwrap();
    assert_eq!((described.undecodable, described.sender.as_deref()), (false, Some("a@b.testè")));
}

#[test]
fn what_is_optional_may_be_missing() {
    for (text, instead) in [
        (r#""blob_digest":"47DEQpj8HBSa+,TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","#, ""),
        ("47DEQpj8HBSa+,TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", ""),
    ] {
        let described = message(&[(text, instead)]).unwrap();
        assert!(matches!(described.meta, Meta::Item(Item { digest: None, .. })));
    }
    message(&[
        (r#""subject":"Oggetto","#, ""),
        (r#""Path":"/Inbox/","TagStr":"","#, ""),
        (r#""volume_id":0,"#, ""),
    ])
    .unwrap();
    let described =
        message(&[(r#""imap_id":260"#, r#""imap_id":-1"#), ("\"date\":1457599624", "\"date\":-5")]);
    assert!(matches!(described.unwrap().meta, Meta::Item(Item { imap_id: 0, date: -5, .. })));
}

#[test]
fn what_is_needed_must_be_there_and_possible() {
    for (from, to, field) in [
        (r#""id":259"#, r#""id":0"#, "id"),
        (r#""id":259"#, r#""id":-259"#, "id"),
        (r#""id":259"#, r#""id":2147483648"#, "id"),
        (r#""id":259"#, r#""id":"259""#, "id"),
        (r#""id":259,"#, "", "id"),
        (r#""folder_id":2,"#, "", "folder_id"),
        (r#""type":5,"#, "", "type"),
        (r#""type":5"#, r#""type":300"#, "type"),
        (r#""size":993"#, r#""size":-1"#, "size"),
        (r#""size":993"#, r#""size":9223372036854775808"#, "size"),
        (r#""size":993"#, r#""size":993.5"#, "size"),
        (r#"3hSuFU="#, r#"3hSuF="#, "blob_digest"),
        (r#""mod_content":11"#, r#""mod_content":null"#, "mod_content"),
        (r#""date":1457599624,"#, "", "date"),
        (r#""Ver":10"#, r#""Ver":11"#, "Ver"),
    ] {
        assert_eq!(message(&[(from, to)]), Err(MetaError::Field(field)), "{to}");
    }
    message(&[(r#""size":993"#, r#""size":9223372036854775807"#)]).unwrap();
    assert_eq!(parse(b"<html>"), Err(MetaError::Json));
}

#[test]
fn a_path_without_end_is_cut() {
    let long = format!("/{}", "è".repeat(5000));
    let text =
        message(&[(r#""type":5"#, r#""type":1"#), (r#""Path":"/Inbox/""#, &format!(r#""Path":"{long}""#))]);
    let Meta::Folder(folder) = text.unwrap().meta else { panic!() };
    assert_eq!(folder.path.len(), 4095);
}

proptest! {
    #[test]
    fn what_the_demonstration_writes_is_read(
        number in 256..i32::MAX as u32,
        name: String,
        sender: String,
        body in prop::option::of(prop::collection::vec(any::<u8>(), 1..60)),
        kind in prop::sample::select(vec![5_u8, 6, 8, 9, 11, 14, 15, 16]),
        flags: u32,
        unread: bool,
        date in any::<i32>(),
        text in ".{0,30}",
        old: bool,
    ) {
        let kind = ItemKind::of(kind);
        let flags = flags & !Flags::DELETED & !(1 << 31);
        let metadata = Map::versioned().with("f", &*text).with("s", "a@example.test");
        let made = MadeItem {
            body, flags, unread, metadata, sender: sender.clone(), old_digest: old, date: date.into(),
            ..MadeItem::new(number, 300, kind, name.clone())
        };
        let mut export = Export { items: vec![made.clone()], ..Export::default() };
        export.options.old = old;
        export.folders.push(MadeFolder::new(300, 2, name));
        let members = export.members();
        let metas: Vec<_> = members.iter().filter(|member| member.name.ends_with(".meta")).collect();
        let described = parse(&metas.last().unwrap().content).unwrap();
        prop_assert!(!described.undecodable);
        let Meta::Item(item) = described.meta else { panic!() };
        prop_assert_eq!((item.id, item.folder, item.kind), (ItemId(number), ItemId(300), kind));
        prop_assert_eq!(item.digest.map(|digest| digest.to_string()), made.digest());
        prop_assert_eq!((item.size, item.flags, item.unread), (made.size(), Flags(flags), unread));
        prop_assert_eq!(item.date, i64::from(date));
        if !sender.is_empty() {
            prop_assert_eq!(described.sender, Some(sender));
        }
        for meta in metas.iter().rev().skip(1) {
            let described = parse(&meta.content).unwrap();
            let Meta::Folder(folder) = described.meta else { panic!() };
            let tally = export.tallies().get(&folder.id.0).copied().unwrap_or_default();
            prop_assert_eq!((folder.items, folder.unread), (tally.items, tally.unread));
            prop_assert_eq!(folder.bytes.unwrap_or(0), tally.bytes);
            prop_assert!(folder.path.starts_with('/'));
        }
    }

    #[test]
    fn nothing_panics(bytes: Vec<u8>, text in "[{}\"\\\\ud8cf:,0-9\\[\\]e.-]{0,80}") {
        let _ = parse(&bytes);
        let _ = parse(text.as_bytes());
        let _ = parse(format!("{{\"metadata\":\"{text}\",\"Ver\":10,\"type\":1}}").as_bytes());
    }
}
