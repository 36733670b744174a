//! What is wrong with a name. Names are only ever compared and shown; this says what another
//! program would do with them.

/// Why a restore would leave its folder, if it would.
pub fn unsafe_reason(name: &[u8]) -> Option<&'static str> {
    if name.is_empty() {
        Some("an empty name")
    } else if name[0] == b'/' {
        Some("an absolute name")
    } else if name.contains(&0) {
        Some("a name with a NUL")
    } else if name.split(|byte| *byte == b'/').any(|component| component == b"..") {
        Some("a name with a `..` component")
    } else {
        None
    }
}

/// Why a name would be written differently elsewhere, if it would.
pub fn unreadable_reason(name: &[u8]) -> Option<&'static str> {
    if name.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return None;
    }
    match std::str::from_utf8(name) {
        Err(_) => Some("bytes that are not UTF-8"),
        Ok(name) if name.chars().any(char::is_control) => Some("control characters"),
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder() {
        for name in [&b""[..], b"/etc/passwd", b"..", b"a/../b", b"a/..", b"a\0b"] {
            assert!(unsafe_reason(name).is_some(), "{name:?}");
        }
        for name in [&b"a"[..], b"./a/", b"./", b"..a/b..", b"a/.../b", b"Re_ well... ok"] {
            assert_eq!(unsafe_reason(name), None, "{name:?}");
        }
    }

    #[test]
    fn names_that_are_no_plain_text() {
        for name in [&b"a\xff"[..], b"a\nb", b"\x7f", "\u{85}".as_bytes()] {
            assert!(unreadable_reason(name).is_some(), "{name:?}");
        }
        for name in ["Ärger 漢字 👍", "a b", ""] {
            assert_eq!(unreadable_reason(name.as_bytes()), None, "{name}");
        }
    }
}
