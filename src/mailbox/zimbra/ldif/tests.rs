use super::*;

const ANNA: &str = "dn: uid=anna,ou=people,dc=example,dc=org\n\
    objectClass: inetOrgPerson\n\
    objectClass: zimbraAccount\n\
    uid: anna\n\
    mail: anna@example.org\n\
    mail: a.bianchi@example.org\n\
    zimbraId: 0f3c5a52-0000-4000-a000-000000000001\n\
    zimbraMailHost: mail.example.org\n\
    zimbraMailDeliveryAddress: anna@example.org\n\
    cn: Anna\n\
    sn: Bianchi\n\
    userPassword:: e1NTSEE1MTJ9c2FsdA==\n\
    \n";

fn read(text: &[u8]) -> Summary {
    read_for("anna@example.org", text)
}

/// Reads in pieces of every length up to 7, which must make no difference.
fn read_for(owner: &str, text: &[u8]) -> Summary {
    let mut whole = Reader::new(owner.as_bytes());
    whole.take(text);
    let whole = whole.finish();
    for length in 1..8 {
        let mut reader = Reader::new(owner.as_bytes());
        text.chunks(length).for_each(|piece| reader.take(piece));
        assert_eq!(reader.finish(), whole, "in pieces of {length}");
    }
    whole
}

fn fault(text: &[u8]) -> Option<(u64, FaultKind)> {
    read(text).fault.map(|fault| (fault.line, fault.kind))
}

#[test]
fn an_account_is_known_by_its_attributes() {
    let summary = read(ANNA.as_bytes());
    assert_eq!((summary.entries, summary.fault), (1, None));
    let own = summary.own.unwrap();
    assert!(own.is_account && own.names_owner && own.has_password && own.has_mail_host);
    assert!(own.has_uid && own.has_name && own.has_surname && own.has_delivery_address);
    assert_eq!(own.zimbra_id.as_deref(), Some("0f3c5a52-0000-4000-a000-000000000001"));
    assert_eq!(own.addresses.join(" "), "anna@example.org a.bianchi@example.org");
}

#[test]
fn other_ways_to_write_the_same_are_the_same() {
    let plain = read(ANNA.as_bytes());
    let base64 = ANNA.replace("mail: anna@example.org", "mail:: YW5uYUBleGFtcGxlLm9yZw==");
    for text in [
        ANNA.replace('\n', "\r\n"),
        ANNA.replace("zimbraAccount", "zimbra\n Acc\n ount"),
        ANNA.replace("userPassword::", "user\n Password:\n : "),
        ANNA.replace(": ", ":"),
        ANNA.replace("mail:", "MAIL;x-primary:").replace("zimbraId", "ZIMBRAID"),
        base64,
        format!("version: 1\n\n# refldap://ldap.example.org\n#  folded\n  comment\n{ANNA}\n\n"),
        format!("{ANNA}# search result\n\n# numResponses: 2\n# numEntries: 1\n"),
    ] {
        assert_eq!(read(text.as_bytes()), plain, "{text}");
    }
}

#[test]
fn an_entry_is_closed_by_an_empty_line() {
    let twice = [ANNA, ANNA].concat();
    for whole in [ANNA, &twice, "", "# nothing\n", "version: 1\n", &ANNA.replace('\n', "\r\n")] {
        assert!(!read(whole.as_bytes()).unclosed, "{whole}");
    }
    // At every line's end an account's file can be cut.
    let ends = ANNA.match_indices('\n').map(|(at, _)| at + 1);
    for at in ends.filter(|at| *at < ANNA.len()) {
        let cut = read(&ANNA.as_bytes()[..at]);
        assert!(cut.unclosed && cut.fault.is_none(), "{at}");
        assert!(read([ANNA, &ANNA[..at]].concat().as_bytes()).unclosed, "{at}");
    }
    assert!(read(format!("{}# search result\n", ANNA.trim_end().to_owned() + "\n").as_bytes()).unclosed);
}

#[test]
fn the_accounts_own_entry_is_chosen_among_several() {
    let signature =
        "dn: zimbraSignatureName=s,uid=anna\nobjectClass: zimbraSignature\nmail: anna@example.org\n\n";
    let other = ANNA.replace("anna@example", "anne@example").replace("uid: anna", "uid: anne");
    let text = [signature, &other, ANNA, &other].concat();
    let summary = read(text.as_bytes());
    assert_eq!(summary.entries, 4);
    assert_eq!(summary.own, read(ANNA.as_bytes()).own);
    // Of two that come equally near, the first.
    let second = ANNA.replace("userPassword:: e1NTSEE1MTJ9c2FsdA==\n", "");
    assert!(read([ANNA, &second].concat().as_bytes()).own.unwrap().has_password);
    assert!(read_for("ANNA", ANNA.as_bytes()).own.unwrap().names_owner);
    assert!(!read_for("anna@example.com", ANNA.as_bytes()).own.unwrap().names_owner);
}

#[test]
fn what_is_missing_or_empty_is_not_there() {
    let bare = b"dn: uid=anna\nuserPassword:\nzimbraId: \nzimbraMailHost::\nuid:\ncn:\nsn:\nzimbraMailDeliveryAddress:\n\n";
    let bare = read(bare).own.unwrap();
    assert_eq!(bare, Entry::default());
    assert_eq!(read(b""), Summary::default());
    assert_eq!(read(b"# nothing found\n"), Summary::default());
}

#[test]
fn what_is_kept_is_harmless_on_a_terminal() {
    let text = "dn: a\nmail: o'brien@example.org\nmail: \u{1b}[2J\u{202e}\nmail: käthe@example.org\nzimbraId:: /w==\n";
    let own = read(text.as_bytes()).own.unwrap();
    assert_eq!(own.addresses.join(" "), "o'brien@example.org \\u{1b}[2J\\u{202e} käthe@example.org");
    assert_eq!(own.zimbra_id.as_deref(), Some("\\u{fffd}"));
}

#[test]
fn what_is_no_ldif_is_told_with_its_line() {
    use FaultKind::{Base64, Continuation, Form, NoName, Nul, Separator, Unfinished, Version};
    for (text, line, kind) in [
        (&b"<html>\n<body>\n"[..], 1, Form),
        (b"dn: a\nldap_bind: Invalid credentials (49)\n", 2, Form),
        (b"dn: a\n-\n", 2, Form),
        (b"dn: a\nmail: b\n\0\0\0\0\n", 3, Nul),
        (b"dn: a\nuserPassword:: e1NTSE\n", 2, Base64),
        (b"dn: a\nuserPassword:: e1=TSE12\n", 2, Base64),
        (b" dn: a\n", 1, Continuation),
        (b"mail: a\n", 1, NoName),
        (b"dn: a\n\nmail: a\n", 3, NoName),
        (b"dn: a\ndn: b\n", 2, Separator),
        (b"version: 2\ndn: a\n", 1, Version),
        (b"dn: a\nzimbraId: 0f3c", 2, Unfinished),
        (b"dn: a\r", 1, Unfinished),
    ] {
        assert_eq!(fault(text), Some((line, kind)), "{}", text.escape_ascii());
    }
}

#[test]
fn a_long_line_takes_no_memory_and_is_still_checked() {
    let mut reader = Reader::new(b"anna");
    reader.take(b"dn: a\njpegPhoto:: ");
    for _ in 0..100_000 {
        reader.take(b"QUJD");
    }
    assert!(reader.line.as_ref().is_some_and(|line| format!("{line:?}").len() < 10_000));
    reader.take(b"Q\nuserPassword:: ");
    reader.take(&[b'A'; 4000]);
    reader.take(b"\n");
    let summary = reader.finish();
    assert_eq!(summary.fault, Some(Fault { line: 2, kind: FaultKind::Base64 }));
    assert!(summary.own.unwrap().has_password);
}
