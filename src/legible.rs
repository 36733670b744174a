//! Which characters of a stranger's text may stand in a line that people read.
//!
//! Input: a character. Output: whether it deceives. What becomes of it is the business of who shows the text; what
//! servers say in answer to us goes through [`line()`].

/// Longest text of a server that is passed on, in characters.
const LONGEST: usize = 200;

/// A stranger's text as one short line without control, invisible and bidirectional characters.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|letter| if deceives(letter) { ' ' } else { letter }).take(LONGEST).collect()
}

/// Holds for what a terminal obeys and for what hides or reorders the text beside it: control characters
/// (Unicode `Cc`), line separators, and the invisible and directional ones of Unicode TR 36.
pub(crate) fn deceives(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{FEFF}')
        || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
        || matches!(letter, '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_obeyed_hidden_or_turned_around_deceives() {
        let controls = ['\0', '\n', '\r', '\t', '\u{1B}', '\u{7F}', '\u{85}', '\u{9B}'];
        let separators = ['\u{2028}', '\u{2029}'];
        let invisible = ['\u{AD}', '\u{180E}', '\u{200B}', '\u{200D}', '\u{2060}', '\u{2064}', '\u{FEFF}'];
        let turning = ['\u{61C}', '\u{200E}', '\u{200F}', '\u{202A}', '\u{202E}', '\u{2066}', '\u{2069}'];
        let retired = ['\u{206A}', '\u{206F}', '\u{FFF9}', '\u{FFFB}', '\u{E0001}', '\u{E007F}'];
        for letter in [&controls[..], &separators, &invisible, &turning, &retired].concat() {
            assert!(deceives(letter), "{}", letter.escape_unicode());
        }
    }

    #[test]
    fn what_a_server_says_becomes_one_short_line() {
        assert_eq!(line("a\r\nb\u{202E}c\u{1B}[2J"), "a  b c [2J");
        assert_eq!(line(&"ä".repeat(1000)), "ä".repeat(LONGEST));
    }

    #[test]
    fn what_people_write_does_not() {
        for letter in "aZ0 \\\"…—äßжא日😀\u{A0}\u{301}\u{FFFD}".chars() {
            assert!(!deceives(letter), "{}", letter.escape_unicode());
        }
    }
}
