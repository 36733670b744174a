use super::*;
use proptest::prelude::*;

#[derive(Default)]
struct Seen(Vec<String>);

impl Taker for Seen {
    fn token(&mut self, token: Token<'_>) -> Rest {
        let (kind, bytes) = match token {
            Token::Word(bytes) => ("w", bytes),
            Token::Name(bytes) => ("n", bytes),
            Token::Text(bytes) => ("t", bytes),
            Token::Hex(bytes) => ("x", bytes),
            Token::Comment(bytes) => ("c", bytes),
            Token::Unexecuted(bytes) => ("u", bytes),
            Token::Mark(byte) => ("m", &[byte][..]),
        };
        self.0.push(format!("{kind}:{}", bytes.escape_ascii()));
        if token == Token::Word(b"DELIMITER") { Rest::Line } else { Rest::Sql }
    }
}

fn tokens(sql: &[u8], piece: usize) -> (Vec<String>, bool) {
    let (mut lexer, mut seen) = (Lexer::default(), Seen::default());
    sql.chunks(piece.max(1)).for_each(|piece| lexer.push(piece, &mut seen));
    let whole = lexer.finish(&mut seen);
    (seen.0, whole)
}

fn said(sql: &str) -> String {
    let (tokens, whole) = tokens(sql.as_bytes(), 3);
    assert!(whole, "{sql}");
    tokens.join(" ")
}

#[test]
fn strings_are_unescaped() {
    assert_eq!(said(r"'a\'b\\\n\0\Z\%''c'"), r"t:a\'b\\\n\x00\x1a%\'c");
    assert_eq!(said("'','\u{1f600}'"), r"t: m:, t:\xf0\x9f\x98\x80");
    assert_eq!(said(r#""it's \"x\"""#), r#"t:it\'s \"x\""#);
    assert_eq!(said("x'4a' X'' 0x4A _binary 'a'"), "x:4a x: w:0x4A w:_binary t:a");
    assert_eq!(said(r"`a``b\`"), r"n:a`b\\");
}

#[test]
fn numbers_and_names_are_words() {
    assert_eq!(said("(-1,NULL,1.5);"), "m:( w:-1 m:, w:NULL m:, w:1.5 m:) m:;");
    assert_eq!(said("zimbra.mailbox `a`.`b`"), "w:zimbra.mailbox n:a m:. n:b");
    assert_eq!(said("5- 3 --2 a-b"), "w:5 m:- w:3 m:- m:- w:2 w:a m:- w:b");
}

#[test]
fn comments_are_left_out_unless_a_server_executes_them() {
    assert_eq!(said("-- it's\n# a 'b\nx"), "c: it\\'s c: a \\'b w:x");
    assert_eq!(said("--\nx --"), "c: w:x c:");
    assert_eq!(said("/* ' */a/***/b /*/ ; */ c / d"), "w:a w:b w:c m:/ w:d");
    assert_eq!(said("/*!40101 SET a='*/' */; b"), "w:SET w:a m:= t:*/ m:; w:b");
    assert_eq!(said("/*M!999999\\- enable the sandbox mode */ a"), r"u:\\- enable the sandbox mode  w:a");
    assert_eq!(said("/*!99999 b **/ /*!99999*/ /* d */ e"), "u: b  u: w:e");
    assert_eq!(said("/*!90500 a */ /*M!120100 b */"), "w:a w:b");
    assert_eq!(said("/*M!100616 b*/ /*! c*/ * d"), "w:b w:c m:* w:d");
    assert_eq!(said("DELIMITER ;;\nx;"), "w:DELIMITER c: ;; w:x m:;");
}

#[test]
fn an_open_string_or_comment_is_no_end() {
    for sql in ["'a", "'a\\'", "`a", "/* a", "/*!40101 SET", "/", "\"", "/*!"] {
        assert!(!tokens(sql.as_bytes(), 9).1, "{sql}");
    }
}

#[test]
fn long_strings_are_cut() {
    let sql = format!("'{}\\n', 7", "a".repeat(2 << 20));
    let (tokens, whole) = tokens(sql.as_bytes(), 4096);
    assert!(whole);
    assert_eq!(tokens, [format!("t:{}", "a".repeat(KEPT)), "m:,".to_owned(), "w:7".to_owned()]);
}

proptest! {
    #[test]
    fn slicing_changes_nothing(sql in r"[-'`a1x/*!M\\ \n#;,().]{0,60}", piece in 1_usize..8) {
        prop_assert_eq!(tokens(sql.as_bytes(), piece), tokens(sql.as_bytes(), usize::MAX));
    }

    #[test]
    fn any_bytes_are_taken(sql in prop::collection::vec(any::<u8>(), 0..200), piece in 1_usize..8) {
        prop_assert_eq!(tokens(&sql, piece), tokens(&sql, usize::MAX));
    }
}
