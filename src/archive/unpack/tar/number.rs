//! Numbers in headers: octal text, base-256 (GNU, star) and the decimals of extended headers.

/// A field that holds no number, or one that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// Reads a numeric header field; `None` if it is blank.
///
/// Octal may stand behind spaces and ends at a space, a NUL or the end of the field; behind a NUL anything may
/// follow (POSIX.1-2001 ustar, and what Zimbra and old archivers write). A set high bit means base-256.
pub fn numeric(field: &[u8]) -> Result<Option<i64>, Malformed> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => base_256(field).map(Some),
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Result<Option<i64>, Malformed> {
    let start = field.iter().position(|byte| *byte != b' ').unwrap_or(field.len());
    let digits = field[start..].iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (number, rest) = field[start..].split_at(digits);
    let terminated = match rest.first() {
        None | Some(0) => true,
        Some(b' ') => rest.iter().all(|byte| matches!(byte, b' ' | 0)),
        Some(_) => false,
    };
    // Leading NULs are skipped by some readers and end the field for others.
    let ambiguous = digits == 0 && rest.iter().any(|byte| !matches!(byte, b' ' | 0));
    if !terminated || ambiguous {
        return Err(Malformed);
    }
    if digits == 0 {
        return Ok(None);
    }
    let add = |sum: i64, digit: &u8| sum.checked_mul(8)?.checked_add(i64::from(digit - b'0'));
    number.iter().try_fold(0, add).map(Some).ok_or(Malformed)
}

/// Two's complement, big-endian, with the highest bit as the mark.
fn base_256(field: &[u8]) -> Result<i64, Malformed> {
    let (first, rest) = field.split_first().ok_or(Malformed)?;
    let low = i64::from(first & 0x3f);
    let start = if first & 0x40 == 0 { low } else { low - 0x40 };
    let add = |sum: i64, byte: &u8| sum.checked_mul(256)?.checked_add(i64::from(*byte));
    rest.iter().try_fold(start, add).ok_or(Malformed)
}

/// Reads a number of an extended header: decimal digits and nothing else.
pub fn decimal(text: &[u8]) -> Result<u64, Malformed> {
    if text.is_empty() {
        return Err(Malformed);
    }
    let add = |sum: u64, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    };
    text.iter().try_fold(0, add).ok_or(Malformed)
}

/// Reads a time of an extended header, in whole seconds since 1970, rounded down.
pub fn time(text: &[u8]) -> Result<i64, Malformed> {
    let (negative, text) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let fraction = text.get(point + 1..).unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return Err(Malformed);
    }
    let seconds = i64::try_from(decimal(&text[..point])?).map_err(|_| Malformed)?;
    let rounded = i64::from(negative && fraction.iter().any(|digit| *digit != b'0'));
    Ok(if negative { -seconds - rounded } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_as_archivers_write_it() {
        assert_eq!(numeric(b"00000001212\0"), Ok(Some(0o1212)));
        assert_eq!(numeric(b"        650 "), Ok(Some(0o650)));
        assert_eq!(numeric(b" 12330\0 "), Ok(Some(0o12330)));
        assert_eq!(numeric(b"777777777777"), Ok(Some(0o777_777_777_777)));
        assert_eq!(numeric(b"12\0stale"), Ok(Some(0o12)));
        assert_eq!(numeric(b"\0\0\0\0"), Ok(None));
        assert_eq!(numeric(b"    "), Ok(None));
        assert_eq!(numeric(b""), Ok(None));
    }

    #[test]
    fn what_readers_disagree_on_is_no_octal() {
        for field in [&b"0000009\0"[..], b"-000001\0", b"12 34\0", b"\x00000012", b"1x", b"x", b" \x00 1"] {
            assert_eq!(numeric(field), Err(Malformed), "{field:?}");
        }
    }

    #[test]
    fn base_256_knows_its_sign_and_its_limits() {
        assert_eq!(numeric(b"\x80\0\0\0\0\0\0\x02\x40\0\0\0"), Ok(Some(9 << 30)));
        assert_eq!(numeric(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"), Ok(Some(-2)));
        assert_eq!(numeric(b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"), Ok(Some(i64::MAX)));
        assert_eq!(numeric(b"\x80\0\0\0\x80\0\0\0\0\0\0\0"), Err(Malformed));
        assert_eq!(numeric(b"\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), Err(Malformed));
    }

    #[test]
    fn decimals_are_digits_only() {
        assert_eq!(decimal(b"9663676416"), Ok(9 << 30));
        for text in [&b""[..], b"+1", b" 1", b"1 ", b"0x1", b"18446744073709551616"] {
            assert_eq!(decimal(text), Err(Malformed), "{text:?}");
        }
    }

    #[test]
    fn times_are_rounded_down() {
        assert_eq!(time(b"1351020344.999"), Ok(1_351_020_344));
        assert_eq!(time(b"-1.5"), Ok(-2));
        assert_eq!(time(b"-1.0"), Ok(-1));
        assert_eq!(time(b"7"), Ok(7));
        for text in [&b""[..], b".5", b"-", b"1e9", b"1.x", b"99999999999999999999"] {
            assert_eq!(time(text), Err(Malformed), "{text:?}");
        }
    }
}
