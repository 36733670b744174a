use proptest::prelude::*;

use super::*;

/// What a test says as a server; behind its end the connection is closed.
impl Source for &[u8] {
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        // In small pieces, so that every word is cut somewhere.
        let count = self.len().min(buffer.len()).min(7);
        let (piece, rest) = self.split_at(count);
        buffer[..count].copy_from_slice(piece);
        *self = rest;
        if count == 0 { Err(Fault::unavailable("closed")) } else { Ok(count) }
    }
}

/// A server that says the same for ever.
struct Endless(&'static [u8]);

impl Source for Endless {
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        for (place, byte) in buffer.iter_mut().zip(self.0.iter().cycle()) {
            *place = *byte;
        }
        Ok(buffer.len())
    }
}

fn string(said: &str) -> Result<Option<Vec<u8>>, Fault> {
    Input::new(said.as_bytes()).string()
}

#[test]
fn a_string_is_the_same_however_it_is_written() {
    for said in ["\"a\\\"b\\\\\" ", "{4}\r\na\"b\\", "{4}\na\"b\\"] {
        assert_eq!(string(said).unwrap().unwrap(), b"a\"b\\", "{said}");
    }
    assert_eq!(string("INBOX\r\n").unwrap().unwrap(), b"INBOX");
    assert_eq!(string("nil)").unwrap(), None);
    assert_eq!(string("\"\" ").unwrap().unwrap(), b"");
    assert_eq!(string("{0}\r\n").unwrap().unwrap(), b"");
}

#[test]
fn strings_without_end_or_length_are_refused() {
    for said in
        ["\"a\r\n", "{}\r\n", "{-1}\r\nx", "{1+}\r\nx", "{99999999999999999999}\r\n", "{2} \r\nab", "{1}x"]
    {
        let fault = string(said).unwrap_err();
        assert!(matches!(fault, Fault::Protocol { .. } | Fault::Unavailable { .. }), "{said}: {fault:?}");
    }
    assert_eq!(string("{9}\r\nab"), Err(Fault::unavailable("closed")));
}

/// One way to take something from an endless server.
type Work = fn(&mut Input<Endless>) -> Result<(), Fault>;

#[test]
fn whatever_has_no_end_is_given_up() {
    for said in [&b"a"[..], b"\"", b"{", b"{1", b"(", b" ", b"\\", b"()", b"{1}\r\na"] {
        let mut input = Input::new(Endless(said));
        let works: [Work; 4] = [
            |input| input.word().map(|_| ()),
            |input| input.string().map(|_| ()),
            Input::skip,
            |input| input.rest().map(|_| ()),
        ];
        for work in works {
            input.begin();
            // Each either ends soon by itself, or with the budget.
            for _ in 0..=LONGEST {
                match work(&mut input) {
                    Ok(()) => {}
                    Err(Fault::Protocol { .. }) => break,
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
    }
    let mut input = Input::new(Endless(b"x"));
    assert_eq!(input.rest(), Err(Fault::protocol("a line without an end")));
}

#[test]
fn long_strings_are_handed_on_as_they_come() {
    let body = "x".repeat(3 * LONGEST);
    let said = format!("{{{}}}\r\n{body})", body.len());
    let mut input = Input::new(said.as_bytes());
    let (mut announced, mut came) = (None, Vec::new());
    let mut begin = |size| {
        announced = size;
        Ok(())
    };
    input.stream(&mut begin, &mut |bytes| came.extend_from_slice(bytes)).unwrap();
    assert_eq!(announced, Some(body.len() as u64));
    assert!(came == body.as_bytes());
    input.expect(b')').unwrap();
}

#[test]
fn a_string_that_is_refused_is_not_handed_on() {
    let mut input = Input::new(&b"{4294967296}\r\nabc"[..]);
    let refused = input.stream(&mut |_| Err(Fault::Gone), &mut |_| panic!("handed on"));
    assert_eq!(refused, Err(Fault::Gone));
}

#[test]
fn values_are_passed_over_whole() {
    for value in ["NIL", "(a (b \"c)\" {3}\r\n)( ()) NIL)", "\"x y\"", "{2}\r\n\r\n", "()", "12"] {
        let said = format!("{value} next");
        let mut input = Input::new(said.as_bytes());
        input.skip().unwrap();
        input.expect(b' ').unwrap();
        assert_eq!(input.next(), Ok(b'n'), "{value}");
    }
    for broken in ["(a\r\n", ")", "(\"a\r\n"] {
        assert!(Input::new(broken.as_bytes()).skip().is_err(), "{broken}");
    }
}

proptest! {
    #[test]
    fn any_bytes_end_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut input = Input::new(&bytes[..]);
        while let Ok(head) = input.head() {
            if matches!(head, super::super::response::Head::Numbered(..) | super::super::response::Head::Data(_)) && input.pass().is_err() {
                break;
            }
        }
    }

    #[test]
    fn every_string_survives(content in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut said = format!("{{{}}}\r\n", content.len()).into_bytes();
        said.extend_from_slice(&content);
        prop_assert_eq!(Input::new(&said[..]).string().unwrap().unwrap(), content);
    }
}
