//! Bodies of items, beside plain mail.

use crate::demo::mailbox::Random;
use crate::demo::mailbox::message::base64;
use crate::mailbox::ItemKind;

/// Makes some of the messages what mail is in the wild: bare line feeds throughout or mixed, headers in eight bits.
pub fn roughened(random: &mut Random, message: Vec<u8>) -> Vec<u8> {
    match random.below(12) {
        0 => without_returns(&message, 0),
        // From some line on, as where a script appended to a message.
        1 => without_returns(&message, 5),
        2 => with_header(&message, "X-Nota: perché sì".as_bytes()),
        3 => with_header(&message, b"X-Nota: perch\xe9 s\xec"),
        _ => message,
    }
}

/// Without the carriage returns of the lines behind the first `kept`.
fn without_returns(message: &[u8], kept: usize) -> Vec<u8> {
    let mut bare = Vec::with_capacity(message.len());
    for (line, number) in message.split_inclusive(|byte| *byte == b'\n').zip(0..) {
        match line.strip_suffix(b"\r\n") {
            Some(text) if number >= kept => {
                bare.extend_from_slice(text);
                bare.push(b'\n');
            }
            _ => bare.extend_from_slice(line),
        }
    }
    bare
}

/// With one more header before the others.
fn with_header(message: &[u8], header: &[u8]) -> Vec<u8> {
    [header, b"\r\n", message].concat()
}

/// The date of what is no mail, by its number.
pub fn date(id: u32) -> i64 {
    1_700_000_000 + i64::from(id) * 3600
}

/// A contact as vCard (RFC 2426).
pub fn vcard(name: &str) -> String {
    let name = name.replace('\n', "\\n").replace(',', "\\,");
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nN:{name};;;;\r\nEND:VCARD\r\n")
}

/// An appointment or task as iCalendar (RFC 5545).
pub fn calendar(kind: ItemKind, subject: &str, uid: &str) -> String {
    let (component, when) = match kind {
        ItemKind::Task => ("VTODO", "DUE;VALUE=DATE:20261201"),
        _ => ("VEVENT", "DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z"),
    };
    format!(
        "BEGIN:VCALENDAR\r\nPRODID:Zimbra-Calendar-Provider\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\n\
         BEGIN:{component}\r\nUID:{uid}\r\nSUMMARY:{subject}\r\n{when}\r\nSEQUENCE:0\r\n\
         DTSTAMP:20261120T080000Z\r\nEND:{component}\r\nEND:VCALENDAR\r\n"
    )
}

/// What Zimbra keeps of an appointment or task: a message for each invitation, all in one (`CalendarItem.java`).
pub fn digest(random: &mut Random, id: u32, from: &str, subject: &str, calendar: &str) -> Vec<u8> {
    let boundary = format!("----=_Part_{}_{:x}", random.below(900), random.draw());
    let text = base64(calendar.as_bytes());
    let lines: Vec<&str> = (0..text.len()).step_by(76).map(|at| &text[at..text.len().min(at + 76)]).collect();
    format!(
        "Message-ID: <{id}.JavaMail.zimbra@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/digest; \r\n\tboundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: message/rfc822\r\ninvId: {}\r\n\r\n\
         From: {from}\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/calendar; name=meeting.ics; method=PUBLISH; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n\
         --{boundary}--\r\n",
        id - 1,
        crate::demo::mailbox::message::encoded_word(subject),
        lines.join("\r\n")
    )
    .into_bytes()
}

/// What Zimbra keeps of a contact with a photograph.
pub fn photograph(random: &mut Random) -> Vec<u8> {
    let boundary = format!("----=_Part_{:x}", random.draw());
    let picture = base64(&random.bytes(54));
    format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: image/jpeg; name=image.jpg\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; field=image; filename=image.jpg\r\n\r\n{picture}\r\n\
         --{boundary}--\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_taken_from_all_lines_or_from_the_later_ones() {
        let message = b"1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7".to_vec();
        assert_eq!(without_returns(&message, 0), b"1\n2\n3\n4\n5\n6\n7");
        assert_eq!(without_returns(&message, 5), b"1\r\n2\r\n3\r\n4\r\n5\r\n6\n7");
    }

    #[test]
    fn some_mail_is_rough_and_most_is_not() {
        let mut random = Random::new(1);
        let message = b"Subject: x\r\n\r\nText\r\n".to_vec();
        let mut kinds: Vec<_> = (0..300).map(|_| roughened(&mut random, message.clone())).collect();
        assert!(kinds.iter().filter(|made| **made == message).count() > 150);
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds.len(), 4);
        assert!(kinds.iter().any(|made| std::str::from_utf8(made).is_err()));
    }
}
