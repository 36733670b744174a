use super::*;
use crate::demo::zimbra::{Export as Made, Fate, Item as MadeItem, Member as MadeMember};
use crate::mailbox::{Ending, Form};

/// Name, whether its description can be read, bytes of its body, whether `.err` follows, whether it is sound.
type Short = (String, Option<bool>, Option<u64>, bool, bool);

/// What an examiner was handed, in short.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    entries: Vec<Short>,
    mailbox: (usize, usize, u64),
    errors: Vec<MetaError>,
    bodies: Vec<SeenBody>,
    apart: u64,
    /// Numbers of the items, and whether they are sound.
    items: Vec<(u32, bool)>,
}

impl Examiner for Seen {
    type Verdict = Self;

    fn entry(&mut self, entry: &Entry<'_>) {
        let name = String::from_utf8(entry.name.to_vec()).unwrap();
        let described = entry.described.map(Result::is_ok);
        self.entries.push((name, described, entry.body.map(|body| body.size), entry.err, entry.is_sound()));
        self.errors.extend(entry.described.and_then(|described| described.clone().err()));
        self.bodies.extend(entry.body);
    }

    fn finish(mut self, mailbox: Mailbox) -> Self {
        self.mailbox = (mailbox.folders.len(), mailbox.items.len(), mailbox.bodies);
        self.apart = mailbox.apart;
        self.items = mailbox.items.iter().map(|item| (item.id.0, item.sound)).collect();
        self
    }
}

/// Hands members over in pieces of `piece` bytes; the last of them is cut if `cut`.
fn hand(members: &[MadeMember], piece: usize, cut: bool, limits: &Limits) -> Seen {
    hand_to(Seen::default(), members, piece, cut, limits)
}

fn hand_to<E: Examiner>(
    examiner: E,
    members: &[MadeMember],
    piece: usize,
    cut: bool,
    limits: &Limits,
) -> E::Verdict {
    let mut export = Export::new(Mailbox { form: Form::Tar, ..Mailbox::default() }, examiner, limits);
    for (made, index) in members.iter().zip(1..) {
        let cut = cut && index == members.len();
        let member = Member {
            name: made.name.clone().into_bytes(),
            kind: Kind::File,
            size: made.content.len() as u64 + u64::from(cut),
            index: index as u64,
            offset: 0,
            modified: None,
        };
        export.begin(&member);
        made.content.chunks(piece).for_each(|piece| export.data(piece));
        export.end(if cut { Body::Cut } else { Body::Whole });
    }
    export.finish(Ending::default(), 0)
}

fn read(members: &[MadeMember]) -> Seen {
    hand(members, 7, false, &Limits::default())
}

fn members(items: Vec<MadeItem>) -> Vec<MadeMember> {
    let mut export = Made { items, ..Made::default() };
    export.options.folders = false;
    export.members()
}

fn mail(id: u32) -> MadeItem {
    MadeItem::message(id, 2, "Prova", vec![b'm'; 100])
}

fn entry(name: &str, described: Option<bool>, body: Option<u64>, err: bool, sound: bool) -> Short {
    (name.to_owned(), described, body, err, sound)
}

const FIRST: &str = "Inbox/0000000257-Prova.eml";
const SECOND: &str = "Inbox/0000000258-Prova.eml";

#[test]
fn a_description_and_the_body_behind_it_are_one_entry() {
    let seen = read(&members(vec![mail(257), mail(258)]));
    let sound = |name| entry(name, Some(true), Some(100), false, true);
    assert_eq!(seen.entries, [sound(FIRST), sound(SECOND)]);
    assert_eq!(seen.mailbox, (0, 2, 2));
}

#[test]
fn descriptions_may_follow_each_other() {
    let contact = |id, name| MadeItem::new(id, 7, ItemKind::Contact, name);
    let seen = read(&members(vec![contact(257, "a"), contact(258, ""), mail(259)]));
    let names: Vec<_> = seen.entries.iter().map(|entry| entry.0.as_str()).collect();
    assert_eq!(names, ["Contacts/a", "Contacts/", "Inbox/0000000259-Prova.eml"]);
    assert!(seen.entries.iter().all(|entry| entry.4));
    let seen = read(&Made::default().members());
    assert_eq!((seen.entries.len(), seen.mailbox), (15, (15, 0, 0)));
    assert!(seen.entries.iter().all(|entry| entry.4));
}

#[test]
fn halves_that_are_apart_find_each_other_by_name() {
    let whole = members(vec![mail(257), MadeItem { old_digest: true, ..mail(258) }]);
    let order = |order: &[usize]| read(&order.iter().map(|at| whole[*at].clone()).collect::<Vec<_>>());
    let pair = |name| entry(name, Some(true), Some(100), false, true);
    for (turns, apart) in
        [([0, 1, 2, 3], 0), ([0, 2, 1, 3], 2), ([1, 0, 3, 2], 2), ([3, 1, 0, 2], 2), ([2, 0, 1, 3], 1)]
    {
        let mut seen = order(&turns);
        seen.entries.sort();
        assert_eq!(
            (&seen.entries[..], seen.mailbox, seen.apart),
            (&[pair(FIRST), pair(SECOND)][..], (0, 2, 2), apart)
        );
    }
}

#[test]
fn what_is_alone_stays_so() {
    let whole = members(vec![mail(257), mail(258)]);
    let order =
        |order: &[usize]| read(&order.iter().map(|at| whole[*at].clone()).collect::<Vec<_>>()).entries;
    let lonely_meta = |name| entry(name, Some(true), None, false, false);
    let lonely_body = |name| entry(name, None, Some(100), false, false);
    let pair = entry(FIRST, Some(true), Some(100), false, true);
    // The body of another item.
    assert_eq!(order(&[0, 3]), [lonely_meta(FIRST), lonely_body(SECOND)]);
    // The body twice, behind its description or before it.
    assert_eq!(order(&[0, 1, 1]), [pair.clone(), lonely_body(FIRST)]);
    assert_eq!(order(&[1, 1, 0]), [lonely_body(FIRST), pair]);
    // Told at the end, but for the last entry, which a cut may explain.
    let sound = entry(SECOND, Some(true), Some(100), false, true);
    assert_eq!(order(&[0, 2, 3]), [lonely_meta(FIRST), sound]);
}

#[test]
fn an_item_keeps_its_place_whenever_its_body_comes() {
    let whole = members(vec![mail(257), mail(258)]);
    let order: Vec<_> = [0, 2, 3, 1].iter().map(|at| whole[*at].clone()).collect();
    assert_eq!(read(&order).items, [(257, true), (258, true)]);
    assert_eq!(read(&order[..3]).items, [(257, false), (258, true)]);
}

#[test]
fn an_err_belongs_to_the_body_before_it() {
    let mut whole = members(vec![MadeItem { stored: Some(vec![b'm'; 60]), ..mail(257) }, mail(258)]);
    assert_eq!(whole[2].name, format!("{FIRST}.err"));
    let seen = read(&whole);
    assert_eq!(seen.entries[0], entry(FIRST, Some(true), Some(100), true, false));
    assert_eq!(seen.entries[1], entry(SECOND, Some(true), Some(100), false, true));
    assert_eq!((seen.bodies[0].trailing_spaces, seen.bodies[1].trailing_spaces, seen.mailbox.2), (40, 0, 2));
    // Behind another body it is a body of its own, and so it is if it has bytes.
    let stray = whole.remove(2);
    whole.push(stray);
    assert_eq!(read(&whole).entries[2], entry(&format!("{FIRST}.err"), None, Some(0), false, false));
    let mut filled = whole[..2].to_vec();
    filled.push(MadeMember { content: b"x".to_vec(), ..whole[4].clone() });
    assert_eq!(read(&filled).entries[1], entry(&format!("{FIRST}.err"), None, Some(1), false, false));
}

#[test]
fn names_of_documents_may_end_like_descriptions() {
    let document = |id, name: &str| MadeItem {
        body: Some(vec![b'd'; 10]),
        ..MadeItem::new(id, 16, ItemKind::Document, name)
    };
    let seen = read(&members(vec![document(257, "x.meta"), document(258, "x"), document(259, "x.err")]));
    let sound = |name| entry(name, Some(true), Some(10), false, true);
    assert_eq!(seen.entries, [sound("Briefcase/x.meta"), sound("Briefcase/x"), sound("Briefcase/x.err")]);
    // A contact has no body that could have this name.
    let contact = |id, name| MadeItem::new(id, 7, ItemKind::Contact, name);
    let seen = read(&members(vec![contact(257, "x.meta"), contact(258, "x")]));
    let names: Vec<_> = seen.entries.iter().map(|entry| (entry.0.as_str(), entry.4)).collect();
    assert_eq!(names, [("Contacts/x.meta", true), ("Contacts/x", true)]);
}

#[test]
fn zimbra_7_tells_equal_names_apart_by_a_count() {
    let mut export = Made { items: vec![mail(257), mail(258)], ..Made::default() };
    export.items.iter_mut().for_each(|item| item.old_digest = true);
    export.options.old = true;
    let seen = read(&export.members());
    let sound = |name| entry(name, Some(true), Some(100), false, true);
    assert_eq!(seen.entries[15..], [sound("Inbox/Prova.eml"), sound("Inbox/Prova-01.eml")]);
    assert!(matches!(seen.bodies[0].digest, Digest::Sha1(_)));
}

#[test]
fn bodies_are_held_to_what_is_stated() {
    let sound = |item: MadeItem| read(&members(vec![item])).entries[0].4;
    assert!(sound(mail(257)));
    assert!(sound(MadeItem { old_digest: true, ..mail(257) }));
    assert!(!sound(MadeItem { stored: Some(vec![b'x'; 100]), ..mail(257) }));
    assert!(!sound(MadeItem { stated_digest: Some("2jmj7l5rSw0yVb,vlWAYkK,YBwk=".to_owned()), ..mail(257) }));
    assert!(!sound(MadeItem { fate: Fate::WithoutBody, ..mail(257) }));
    let mut longer = members(vec![mail(257)]);
    longer[1].content.push(b' ');
    assert!(!read(&longer).entries[0].4);
    longer[1].content.truncate(99);
    assert!(!read(&longer).entries[0].4);
}

#[test]
fn what_is_cut_or_too_long_is_said() {
    let limits = Limits::default();
    let whole = members(vec![mail(257)]);
    let cut = hand(&whole, 7, true, &limits);
    assert_eq!((cut.entries[0].4, cut.bodies[0].whole), (false, false));
    let cut = hand(&whole[..1], 7, true, &limits);
    assert_eq!((cut.errors, cut.mailbox), (vec![MetaError::Cut], (0, 0, 0)));
    let mut limits = Limits::default();
    limits.text_size.0 = 20;
    let seen = hand(&whole, 7, false, &limits);
    assert_eq!(seen.errors, [MetaError::TooLong]);
    assert_eq!(seen.entries, [entry(FIRST, Some(false), Some(100), false, false)]);
}

#[test]
fn spaces_are_counted_across_pieces() {
    let mut whole = members(vec![mail(257)]);
    for (body, spaces) in [("a   b", 0), ("a b          ", 10), ("          ", 10), ("", 0)] {
        whole[1].content = body.as_bytes().to_vec();
        for piece in [1, 3, 100] {
            let seen = hand(&whole, piece, false, &Limits::default());
            assert_eq!(seen.bodies[0].trailing_spaces, spaces, "{body:?} in pieces of {piece}");
        }
    }
}

#[test]
fn only_files_count() {
    let mut export = Export::new(Mailbox::default(), Seen::default(), &Limits::default());
    for kind in [Kind::Directory, Kind::SymbolicLink, Kind::HardLink { target: Vec::new() }, Kind::Special] {
        let member =
            Member { name: b"Inbox.meta".to_vec(), kind, size: 0, index: 0, offset: 0, modified: None };
        export.begin(&member);
        export.end(Body::Whole);
    }
    assert_eq!(export.finish(Ending::default(), 0), Seen::default());
}

/// Takes the bodies of messages, and those of which no description came yet.
#[derive(Default)]
struct Taker(Vec<(String, Option<u32>, usize, bool)>);

impl Examiner for Taker {
    type Verdict = Self;

    const TAKES_BODIES: bool = true;

    fn takes(&mut self, described: Option<&Described>, size: u64) -> bool {
        size == 100
            && described
                .is_none_or(|described| matches!(&described.meta, Meta::Item(item) if item.id.0 != 258))
    }

    fn body(&mut self, taken: TakenBody<'_>) {
        let id = taken.described.map(|described| match &described.meta {
            Meta::Item(item) => item.id.0,
            Meta::Folder(folder) => folder.id.0,
        });
        let stated = !taken.text.is_empty() && meta::parse(taken.text).as_ref().ok() == taken.described;
        assert_eq!(stated, id.is_some(), "the description's own words come with what they say");
        assert!(taken.has(taken.seen.digest) == taken.seen.whole);
        self.0.push((
            String::from_utf8_lossy(taken.name).into_owned(),
            id,
            taken.bytes.len(),
            taken.seen.whole,
        ));
    }

    fn entry(&mut self, _: &Entry<'_>) {}

    fn finish(self, _: Mailbox) -> Self {
        self
    }
}

fn taken(order: &[usize], cut: bool) -> Vec<(String, Option<u32>, usize, bool)> {
    let members = members(vec![mail(257), mail(258), mail(259)]);
    let ordered: Vec<_> = order.iter().map(|at| members[*at].clone()).collect();
    hand_to(Taker::default(), &ordered, 7, cut, &Limits::default()).0
}

#[test]
fn bodies_are_taken_as_they_are_asked_for() {
    let third = "Inbox/0000000259-Prova.eml".to_owned();
    let first = (FIRST.to_owned(), Some(257), 100, true);
    assert_eq!(taken(&[0, 1, 2, 3, 4, 5], false), [first.clone(), (third.clone(), Some(259), 100, true)]);
    assert_eq!(taken(&[0, 1], true), [], "what is announced with another size is not asked for");
    // Description and body apart: 259 before its description, 257 behind it.
    assert_eq!(taken(&[0, 5, 2, 1, 3, 4], false), [(third, None, 100, true), first]);
}
