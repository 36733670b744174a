//! Values as JSON that can be looked at: what would deceive in a line of text stands there as `\u` and its number.
//!
//! Input: values. Output: JSON of the same values. Invariant: whoever reads it as JSON gets every character as it was;
//! a terminal gets none that it would obey, and none that hides or reorders the text beside it.

use std::fmt::Write as _;

use serde::Serialize;

use crate::legible::deceives;

/// One line, without a line break.
///
/// # Errors
/// Those of the value; the types of this crate have none.
pub fn line(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value).map(escaped)
}

/// Several lines; ends with a line break.
///
/// # Errors
/// As [`line`].
pub fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(escaped(serde_json::to_string_pretty(value)?) + "\n")
}

/// What is not ASCII stands only in strings, where an escape means the same. Of ASCII, DEL alone is written as it is.
fn escaped(json: String) -> String {
    let unfit = |letter: char| letter >= '\u{7f}' && deceives(letter);
    if !json.contains(unfit) {
        return json;
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for letter in json.chars() {
        if unfit(letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a String can't fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_turns_text_around_is_written_as_its_number() {
        assert_eq!(line(&"a\u{202e}b\u{7f}\u{85}").unwrap(), r#""a\u202eb\u007f\u0085""#);
        assert_eq!(line(&"\u{e0041}").unwrap(), r#""\udb40\udc41""#);
        assert_eq!(line(&"Più: \"grandi\" 📧\n").unwrap(), r#""Più: \"grandi\" 📧\n""#);
        assert_eq!(pretty(&["\u{ad}"]).unwrap(), "[\n  \"\\u00ad\"\n]\n");
    }

    proptest! {
        #[test]
        fn every_text_survives_and_no_line_deceives(text: String, tail in "[\u{200b}-\u{206f}\\\\\u{e0000}-\u{e007f}]{0,5}") {
            let text = text + &tail;
            let json = line(&text).unwrap();
            prop_assert!(!json.contains(deceives));
            prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), Value::String(text));
        }
    }
}
