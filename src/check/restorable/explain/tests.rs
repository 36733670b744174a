use super::*;

const MAIL: &[u8] =
    b"Received: one\r\n\tfolded\r\nReceived: two\r\nMessage-ID: <a@b>\r\nContent-Type: text/plain\r\n\r\nhello\r\nworld\r\n";

fn said(live: &[u8]) -> String {
    Explanation::of(MAIL, live).to_string()
}

fn replaced(from: &str, to: &str) -> Vec<u8> {
    let mail = String::from_utf8(MAIL.to_vec()).unwrap();
    assert!(mail.contains(from));
    mail.replace(from, to).into_bytes()
}

#[test]
fn each_difference_has_its_words() {
    assert_eq!(said(&replaced("\r\n", "\n")), "other line ends");
    assert_eq!(
        said(&replaced("Received: one", "X-Spam: yes\r\nReceived: one")),
        "header fields added in the live copy: x-spam; the body is the same"
    );
    assert_eq!(
        said(&replaced("Received: one", "Received: new\r\nReceived: one")),
        "header fields added in the live copy: received; the body is the same"
    );
    assert_eq!(
        said(&replaced("Message-ID: <a@b>\r\n", "")),
        "header fields missing in the live copy: message-id; the body is the same"
    );
    assert_eq!(
        said(&replaced("folded", "unfolded")),
        "header fields changed in the live copy: received; the body is the same"
    );
    assert_eq!(said(&replaced("world\r\n", "")), "the live body lacks its last 6 bytes");
    assert_eq!(said(&replaced("world\r\n", "world\r\nmore")), "the backup's body lacks its last 4 bytes");
    assert_eq!(said(&replaced("hello", "hallo")), "the body differs from byte 1 on");
    let rebuilt = String::from_utf8(replaced("text/plain", "text/html")).unwrap().replace("hello", "<p>");
    assert_eq!(
        said(rebuilt.as_bytes()),
        "header fields changed in the live copy: content-type; the body was rebuilt from byte 0 on"
    );
}

/// Where the empty line between head and body was lost, the body's words stand where names of fields do.
#[test]
fn words_of_the_body_are_no_names_of_fields() {
    let mail = b"From: a\r\nX-Own: 1\r\n\r\nDiagnose-HIV: positiv\r\nPIN-4711: 2\r\n";
    let joined = b"From: a\r\nX-Own: 2\r\nDiagnose-HIV: positiv\r\nPIN-4711: 2\r\n";
    let told = Explanation::of(mail, joined);
    assert_eq!((&told.added, &told.changed), (&vec!["others".to_owned()], &vec!["x-own".to_owned()]));
    assert_eq!(Explanation::of(joined, mail).missing, ["others"]);
    assert!(told.to_string().starts_with(
        "header fields added in the live copy: some whose names are not shown, as they could be text of the mail; "
    ));
    let both = Explanation::of(mail, &[b"X-Spam: 1\r\n", &joined[..]].concat());
    assert!(both.to_string().starts_with(
        "header fields added in the live copy: x-spam, and some whose names are not shown; header fields changed"
    ));
}

/// A head without an end is no head, and what is behind 256 KiB of it is told as body.
#[test]
fn a_head_has_an_end() {
    let lines = b"aaaaa: b\r\n".repeat(100_000);
    let told = Explanation::of(&lines, &lines[..lines.len() - 20]);
    assert_eq!(told.body, Body::LiveCut(18));
    assert!(told.added.is_empty() && told.missing.is_empty() && told.changed.is_empty());
}

#[test]
fn other_line_ends_are_said_last() {
    let bare = |bytes: Vec<u8>| bytes.into_iter().filter(|byte| *byte != b'\r').collect::<Vec<u8>>();
    let hallo = bare(replaced("hello", "hallo"));
    assert_eq!(said(&hallo), "the body differs from byte 1 on; other line ends");
}

#[test]
fn both_kinds_of_line_ends_on_both_sides_are_line_ends() {
    let ends = Explanation::of(b"a: b\r\n\n1\r\n2\n", b"a: b\n\r\n1\n2\r\n");
    assert!(ends.only_line_ends(), "{ends}");
}

#[test]
fn moved_fields_are_the_same_fields() {
    let moved = b"Message-ID: <a@b>\r\nReceived: one\r\n\tfolded\r\nReceived: two\r\nContent-Type: text/plain\r\n\r\nhello\r\nworld\r\n";
    assert_eq!(said(moved), "the order of the fields");
}

#[test]
fn line_ends_alone_are_told_apart() {
    assert!(Explanation::of(MAIL, &replaced("\r\n", "\n")).only_line_ends());
    assert!(
        !Explanation::of(MAIL, &replaced("Received: one", "Delivered-To: x\r\nReceived: one"))
            .only_line_ends()
    );
    assert!(!Explanation::of(MAIL, &replaced("hello", "hallo")).only_line_ends());
}

#[test]
fn nothing_of_the_content_is_repeated() {
    let hostile = b"Secret offer of 5 % \x1b[2J: x\r\nno colon here\r\n: nameless\r\n\r\n\x00\xff";
    let text = Explanation::of(hostile, b"").to_string() + &Explanation::of(b"", hostile).to_string();
    assert!(!text.contains("offer") && !text.contains("colon") && !text.contains('\u{1b}'), "{text}");
    for cut in 0..MAIL.len() {
        let text = said(&MAIL[..cut]);
        assert!(!text.is_empty() && !text.contains("hello"), "{text}");
    }
}
