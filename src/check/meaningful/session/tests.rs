use super::*;
use crate::archive::unpack::{Body, Kind as MemberKind};
use crate::mailbox::zimbra::zmbackup::fixture::{Archive, database, ldif, row, text};
use crate::verdict::Severity::{self, Failure, Info, Warning};
use crate::verdict::{Coverage, Unit};

const FULL: &str = "full-20261122230000";
const INC: &str = "inc-20261123230000";

/// What is said where nobody knows when the archive was made.
fn sessions(facts: &Sessions) -> Meaning {
    super::sessions(facts, &Timing::default())
}

/// Each finding as severity, id and subject.
fn judged(archive: Archive) -> Vec<(Severity, &'static str, String)> {
    let meaning = sessions(&archive.finish());
    assert!(meaning.open.is_empty(), "{:?}", meaning.open);
    listed(&meaning)
}

pub(super) fn listed(meaning: &Meaning) -> Vec<(Severity, &'static str, String)> {
    let findings = meaning.findings.iter();
    findings.map(|finding| (finding.severity, finding.kind.id, finding.subject.clone())).collect()
}

/// What `judged` yields for one finding.
pub(super) fn one(
    severity: Severity,
    id: &'static str,
    subject: &str,
) -> Vec<(Severity, &'static str, String)> {
    vec![(severity, id, subject.to_owned())]
}

fn anna(session: &str) -> String {
    format!("session {session}: anna@example.org")
}

fn sound(archive: Archive) {
    assert_eq!(judged(archive), []);
}

/// A catalogue in SQLite.
fn rows(rows: &[String]) -> Vec<u8> {
    database(&format!("{{tables}}{}", rows.concat()))
}

#[test]
fn a_full_session_without_a_catalogue_is_sound() {
    sound(Archive::new().folder(FULL).account(FULL, "anna").account(FULL, "bob"));
    sound(Archive::new());
    // Only its files, without the folder.
    sound(Archive::new().export("anna@example.org.tgz", 9).file("anna@example.org.ldiff", ldif("anna")));
}

#[test]
fn a_session_with_its_catalogue_is_sound() {
    let catalogue = text(&[(FULL, &["anna", "bob"])]);
    sound(Archive::new().account(FULL, "anna").account(FULL, "bob").file("sessions.txt", &catalogue));
    let database = rows(&[row(FULL, "FINISHED", false, &["anna", "bob"])]);
    sound(Archive::new().account(FULL, "anna").account(FULL, "bob").file("sessions.sqlite3", database));
}

#[test]
fn sessions_of_ldif_alone_and_of_mail_alone_are_sound() {
    for kind in ["alias", "distlist", "ldap", "signature", "domain"] {
        let session = format!("{kind}-20261122230000");
        sound(Archive::new().directory(&session, "anna"));
    }
    let list =
        "dn: uid=all,ou=people,dc=example,dc=org\nobjectClass: zimbraDistributionList\nmail: all@x\n\n";
    sound(Archive::new().file("distlist-20261122230000/everyone@example.org.ldiff", list));
    sound(Archive::new().export("mbox-20261122230000/anna@example.org.tgz", 9));
    sound(Archive::new().export("serverconfig-20261122230000/mail.example.org.zip", 9));
    sound(Archive::new().folder("serverconfig-20261122230000"));
}

#[test]
fn an_account_without_mail_is_told() {
    let archive = || Archive::new().account(FULL, "bob").directory(FULL, "anna");
    assert_eq!(judged(archive()), one(Failure, "session-mail-missing", &anna(FULL)));
    // The tool's own word for it changes nothing: it removes empty exports and calls them done.
    for accounts in [&["anna", "bob"][..], &["bob"]] {
        let archive = archive().file("sessions.txt", text(&[(FULL, accounts)]));
        assert_eq!(judged(archive), one(Failure, "session-mail-missing", &anna(FULL)));
    }
    let mailbox = "mbox-20261122230000";
    let archive = Archive::new()
        .export(&format!("{mailbox}/bob@example.org.tgz"), 9)
        .file("sessions.txt", text(&[(mailbox, &["anna", "bob"])]));
    assert_eq!(judged(archive), one(Failure, "session-mail-missing", &anna(mailbox)));
}

#[test]
fn an_export_of_zero_bytes_is_told() {
    for session in [FULL, "mbox-20261122230000"] {
        let archive =
            Archive::new().directory(session, "anna").export(&format!("{session}/anna@example.org.tgz"), 0);
        assert_eq!(judged(archive), one(Failure, "session-mail-empty", &anna(session)));
    }
    // Of no session: the export is judged by itself.
    sound(Archive::new().export("anna@example.org.tgz", 0));
}

#[test]
fn no_new_mail_in_an_incremental_session_can_not_be_told_from_a_failure() {
    let catalogue = text(&[(FULL, &["anna", "bob", "eva"]), (INC, &["anna", "bob", "eva"])]);
    let archive = Archive::new()
        .account(INC, "bob")
        .directory(INC, "anna")
        .directory(INC, "eva")
        .export(&format!("{INC}/eva@example.org.tgz"), 0)
        .file("sessions.txt", catalogue);
    let meaning = sessions(&archive.finish());
    assert_eq!(listed(&meaning), one(Warning, "session-mail-uncertain", &format!("session {INC}")));
    let finding = meaning.findings.iter().next().unwrap();
    assert_eq!(finding.observed, "none of 2 accounts: anna@example.org, eva@example.org");
    // It may be lawful, and nobody looked at any mail: it proves nothing and counts for nothing.
    assert!(meaning.open.len() == 1 && meaning.open[0].contains("anna@example.org"), "{:?}", meaning.open);
    assert_eq!(meaning.coverage, Coverage::none(Unit::Items));
    // Where the catalogue lacks the account, its export failed.
    let archive = Archive::new()
        .account(INC, "bob")
        .directory(INC, "anna")
        .file("sessions.txt", text(&[(FULL, &["anna", "bob"]), (INC, &["bob"])]));
    assert_eq!(judged(archive), one(Failure, "session-mail-missing", &anna(INC)));
}

#[test]
fn an_account_without_its_directory_is_told() {
    let export = |session: &str| format!("{session}/anna@example.org.tgz");
    let archive = Archive::new().account(FULL, "bob").export(&export(FULL), 9);
    assert_eq!(judged(archive), one(Failure, "session-directory-missing", &anna(FULL)));
    let full = text(&[(FULL, &["anna", "bob"]), (INC, &["anna", "bob"])]);
    let archive = Archive::new().account(INC, "bob").export(&export(INC), 9).file("sessions.txt", &full);
    assert_eq!(judged(archive), one(Failure, "session-directory-missing", &anna(INC)));
    // zmbackup 2.0 saves mail alone in incremental sessions.
    let rows = rows(&[row(FULL, "FINISHED", true, &["anna"]), row(INC, "FINISHED", true, &["anna"])]);
    sound(Archive::new().export(&export(INC), 9).file("sessions.sqlite3", rows));
}

#[test]
fn an_ldif_that_restores_no_account_is_told() {
    let whole = ldif("anna");
    let without = |line: &str| {
        let lines = whole.lines().filter(|other| !other.starts_with(line));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    for (content, severity, id) in [
        (String::new(), Failure, "session-directory-empty"),
        ("# nothing\n".to_owned(), Failure, "session-directory-empty"),
        (without("dn:"), Failure, "session-directory-malformed"),
        (whole[..whole.len() - 20].to_owned(), Failure, "session-directory-malformed"),
        ("\0".repeat(4096), Failure, "session-directory-malformed"),
        (without("zimbraId"), Failure, "session-directory-incomplete"),
        (without("uid:"), Failure, "session-directory-incomplete"),
        (without("zimbraMailDeliveryAddress"), Failure, "session-directory-incomplete"),
        (without("cn:"), Failure, "session-directory-incomplete"),
        (without("sn:"), Failure, "session-directory-incomplete"),
        (without("objectClass: zimbraAccount"), Failure, "session-directory-incomplete"),
        (without("userPassword"), Warning, "session-directory-incomplete"),
        (ldif("bob"), Failure, "session-directory-foreign"),
    ] {
        let archive = |session: &str| {
            Archive::new()
                .file(&format!("{session}/anna@example.org.ldiff"), &content)
                .export(&format!("{session}/anna@example.org.tgz"), 9)
        };
        assert_eq!(judged(archive(FULL)), one(severity, id, &anna(FULL)), "{content:?}");
        assert_eq!(judged(archive("zimbra")), one(severity, id, "folder zimbra: anna@example.org"));
    }
    // What else is LDIF on a mail server is no account's.
    sound(Archive::new().file("opt/zimbra/data/ldap/schema.ldif", "dn: cn=schema\nobjectClass: top\n\n"));
}

#[test]
fn an_ldif_that_is_cut_at_the_end_of_a_line_is_never_fine() {
    let whole = ldif("anna");
    let judged = |content: &str| {
        let archive = Archive::new().file(&format!("{FULL}/anna@example.org.ldiff"), content);
        sessions(&archive.export(&format!("{FULL}/anna@example.org.tgz"), 9).finish())
    };
    let ends: Vec<_> = whole.match_indices('\n').map(|(at, _)| at + 1).collect();
    let (last, cuts) = ends.split_last().unwrap();
    assert_eq!(*last, whole.len());
    for at in cuts {
        let meaning = judged(&whole[..*at]);
        assert!(meaning.open.len() == 1 && meaning.open[0].contains("empty line"), "{at}: {meaning:?}");
    }
    // All attributes are there and nobody can say so.
    assert_eq!(listed(&judged(&whole[..whole.len() - 1])), []);
    // What `ldapsearch` adds without `-LLL` is legal.
    let full =
        format!("version: 1\n\n#\n# filter: (uid=anna)\n\n{whole}# search result\n\n# numEntries: 1\n");
    let meaning = judged(&full);
    assert!(meaning.findings.is_empty() && meaning.open.is_empty(), "{meaning:?}");
}

#[test]
fn where_not_all_was_kept_nothing_is_called_missing() {
    let (first, between, late) = ("full-20261108230000", "full-20261115230000", "inc-20261127230000");
    let lists = text(&[
        (first, &["anna"]),
        (between, &["anna"]),
        (FULL, &["anna", "bob"]),
        (INC, &["anna"]),
        (late, &["anna"]),
    ]);
    let archive =
        Archive::new().account(first, "anna").account(FULL, "anna").account(late, "anna").folder(INC);
    let mut facts = archive.file("sessions.txt", lists).finish();
    let ids: Vec<_> = listed(&sessions(&facts)).into_iter().map(|(_, id, _)| id).collect();
    for id in ["session-account-missing", "session-empty", "session-absent", "session-incremental-gap"] {
        assert!(ids.contains(&id), "{id}: {ids:?}");
    }
    facts.unkept = 3;
    let meaning = sessions(&facts);
    assert_eq!((listed(&meaning), meaning.open.len()), (vec![], 1), "{:?}", meaning.open);
}

#[test]
fn reasons_without_end_are_not_kept() {
    let cut = ldif("anna").trim_end().to_owned() + "\n";
    let file = |number| format!("{FULL}/account{number}@example.org.ldiff");
    let archive = (0..300).fold(Archive::new(), |archive, number| archive.file(&file(number), &cut));
    assert_eq!(sessions(&archive.finish()).open.len(), 100);
}

#[test]
fn an_account_with_another_address_first_is_its_own() {
    let alias = ldif("anna").replace("mail:", "mail: a.bianchi@example.org\nmail:");
    sound(
        Archive::new()
            .account(FULL, "bob")
            .file(&format!("{FULL}/anna@example.org.ldiff"), alias)
            .export(&format!("{FULL}/anna@example.org.tgz"), 9),
    );
}

#[test]
fn two_accounts_with_one_id_are_told() {
    let twin = ldif("bob").replace("bob@example.org", "anna@example.org\nmail: bob@example.org");
    let archive = Archive::new()
        .account(FULL, "bob")
        .file(&format!("{FULL}/anna@example.org.ldiff"), twin)
        .export(&format!("{FULL}/anna@example.org.tgz"), 9);
    let bob = format!("session {FULL}: bob@example.org");
    assert_eq!(judged(archive), one(Failure, "session-directory-foreign", &bob));
    // The same account in two sessions has the same id.
    let catalogue = text(&[(FULL, &["anna"]), (INC, &["anna"])]);
    sound(Archive::new().account(FULL, "anna").account(INC, "anna").file("sessions.txt", catalogue));
}

#[test]
fn an_option_that_was_taken_for_an_account_is_told_once() {
    let archive = Archive::new().file(&format!("{FULL}/-all.ldiff"), "");
    let meaning = sessions(&archive.finish());
    assert_eq!(listed(&meaning), one(Failure, "session-directory-empty", &format!("session {FULL}: -all")));
    assert!(meaning.findings.iter().next().unwrap().remedy.contains("call `zmbackup -f` without it"));
}

#[test]
fn a_session_that_was_not_completed_is_told() {
    let started = format!("SESSION: {FULL} started on x\n");
    let unfinished = one(Failure, "session-unfinished", &format!("session {FULL}"));
    assert_eq!(judged(Archive::new().account(FULL, "anna").file("sessions.txt", started)), unfinished);
    for (status, severity, id) in
        [("IN PROGRESS", Failure, "session-unfinished"), ("FAILED", Failure, "session-failed")]
    {
        let rows = rows(&[row(FULL, status, true, &["anna"])]);
        let archive = Archive::new().account(FULL, "anna").file("sessions.sqlite3", &rows);
        assert_eq!(judged(archive), one(severity, id, &format!("session {FULL}")));
        // The text of zmbackup 1.2 calls every session finished.
        let both = Archive::new().account(FULL, "anna").file("sessions.txt", text(&[(FULL, &["anna"])]));
        let told = judged(both.file("sessions.sqlite3", &rows));
        assert_eq!(told.first().map(|(_, told, _)| *told), (status == "FAILED").then_some(id));
        // Where the session is not in the archive, none of its files is affected.
        let archive = Archive::new().file("sessions.sqlite3", &rows);
        assert_eq!(judged(archive), one(Warning, id, &format!("session {FULL}")));
    }
}

#[test]
fn an_account_that_failed_is_told_by_its_missing_line() {
    let archive = || Archive::new().account(FULL, "anna").account(FULL, "bob");
    let failed = one(Failure, "session-account-failed", &anna(FULL));
    assert_eq!(judged(archive().file("sessions.txt", text(&[(FULL, &["bob"])]))), failed);
    let rows = rows(&[row(FULL, "FINISHED", false, &["bob"])]);
    assert_eq!(judged(archive().file("sessions.sqlite3", &rows)), failed);
    // A log beside the database may hold the line.
    let meaning =
        sessions(&archive().file("sessions.sqlite3", &rows).file("sessions.sqlite3-wal", "x").finish());
    assert_eq!(listed(&meaning), []);
    assert!(meaning.open[0].contains("write-ahead log"), "{:?}", meaning.open);
}

#[test]
fn an_account_that_is_listed_and_not_there_is_told() {
    let catalogue = text(&[(FULL, &["anna", "bob"])]);
    let archive = Archive::new().account(FULL, "bob").file("sessions.txt", catalogue);
    assert_eq!(judged(archive), one(Failure, "session-account-missing", &anna(FULL)));
}

#[test]
fn a_session_without_files_is_told() {
    assert_eq!(
        judged(Archive::new().folder(FULL)),
        one(Failure, "session-empty", &format!("session {FULL}"))
    );
    let catalogue = text(&[(FULL, &["anna"]), (INC, &["anna"])]);
    let quiet = sessions(&Archive::new().folder(INC).file("sessions.txt", catalogue).finish());
    assert_eq!(listed(&quiet)[0], (Warning, "session-empty", format!("session {INC}")));
    assert_eq!((quiet.open.len(), quiet.coverage), (2, Coverage::none(Unit::Items)));
    // Files of another kind are there, and nobody can say what is in them.
    let meaning = sessions(&Archive::new().file(&format!("{FULL}/anna@example.org.tgz.gpg"), "x").finish());
    assert_eq!(listed(&meaning), []);
    assert!(meaning.open[0].contains("1 files and none that zmbackup makes"), "{:?}", meaning.open);
}

#[test]
fn a_session_between_others_must_be_there() {
    let [first, second, third] = ["full-20261108230000", "full-20261115230000", FULL];
    let catalogue = text(&[(first, &["anna"]), (second, &["anna"]), (third, &["anna"])]);
    let archive =
        Archive::new().account(first, "anna").account(third, "anna").file("sessions.txt", &catalogue);
    assert_eq!(judged(archive), one(Failure, "session-absent", &format!("session {second}")));
    // An archive of one session brings the catalogue of all, and a catalogue may be saved by itself.
    sound(Archive::new().account(second, "anna").file("sessions.txt", &catalogue));
    sound(Archive::new().file("sessions.txt", &catalogue));
}

#[test]
fn a_session_the_catalogue_does_not_list_is_told() {
    let catalogue = text(&[("full-20261101230000", &["anna"])]);
    let archive = Archive::new().account(FULL, "anna").file("sessions.txt", catalogue);
    assert_eq!(judged(archive), one(Warning, "session-unlisted", &format!("session {FULL}")));
}

#[test]
fn a_catalogue_that_can_not_be_read_leaves_sessions_unjudged() {
    let login = "<!DOCTYPE html>\n<html><head><title>Zimbra Web Client Sign In</title></head></html>\n";
    let jetty = "HTTP ERROR 404\nPowered by Jetty://\n";
    for name in ["sessions.sqlite3", "sessions.txt"] {
        for (content, observed) in [
            ("", "it is empty"),
            (login, "it is the page of a web server: a login, an error"),
            (jetty, "it is the page of a web server: a login, an error"),
            ("no such file\n", "it is not a catalogue of zmbackup"),
            ("\n\n", "it is not a catalogue of zmbackup"),
        ] {
            let meaning = sessions(&Archive::new().account(FULL, "anna").file(name, content).finish());
            assert_eq!(listed(&meaning), one(Warning, "session-catalogue-unreadable", name), "{content}");
            assert_eq!(meaning.findings.iter().next().unwrap().observed, observed);
            assert!(meaning.open.len() == 1 && meaning.open[0].contains(observed), "{:?}", meaning.open);
        }
    }
    let odd = format!("{}garbage\n", text(&[(FULL, &["anna"])]));
    let meaning = sessions(&Archive::new().account(FULL, "anna").file("sessions.txt", odd).finish());
    assert_eq!(listed(&meaning), one(Warning, "session-catalogue-unreadable", "sessions.txt"));
    assert!(meaning.open.len() == 1 && meaning.open[0].contains("1 lines or rows"), "{:?}", meaning.open);
}

#[test]
fn work_that_was_left_behind_is_told() {
    let archive = Archive::new().account(FULL, "anna").directory("aB3d", "anna");
    assert_eq!(judged(archive), one(Warning, "session-work-folder", "folder aB3d"));
    sound(Archive::new().account("mail", "anna"));
    sound(Archive::new().account(FULL, "anna").account("mails", "anna"));
}

/// Sessions that are all in the archive, with the account `anna`, and their catalogue.
fn sequence(names: &[&str], catalogue: bool) -> Archive {
    let archive = names.iter().fold(Archive::new(), |archive, name| archive.account(name, "anna"));
    let sessions: Vec<_> = names.iter().map(|name| (*name, &["anna"][..])).collect();
    if catalogue { archive.file("sessions.txt", text(&sessions)) } else { archive }
}

#[test]
fn an_incremental_session_reaches_back_to_the_midnight_before_the_last() {
    let full = "full-20261120010000";
    for (session, severity) in [
        ("inc-20261121010000", None),
        ("inc-20261121235959", None),
        // After midnight it no longer reaches back to one o'clock of the day before the last.
        ("inc-20261122000000", Some(Warning)),
        ("inc-20261122015959", Some(Warning)),
        ("inc-20261122020001", Some(Failure)),
    ] {
        let found = judged(sequence(&[full, session], true));
        let expected =
            severity.map(|severity| (severity, "session-incremental-gap", format!("session {session}")));
        assert_eq!(found, Vec::from_iter(expected), "{session}");
    }
    // Without a catalogue another archive may hold what lies between.
    let found = judged(sequence(&[full, "inc-20261127010000"], false));
    assert_eq!(found, one(Warning, "session-incremental-gap", "session inc-20261127010000"));
}

#[test]
fn zmbackup_two_counts_from_the_last_session() {
    let inc = "inc-20261127010000";
    let rows = rows(&[
        row("full-20261120010000", "FINISHED", true, &["anna"]),
        row(inc, "FINISHED", true, &["anna"]),
    ]);
    sound(Archive::new().account(inc, "anna").file("sessions.sqlite3", rows));
}

#[test]
fn an_account_that_was_skipped_has_a_gap_of_its_own() {
    let names = ["full-20261120230000", "inc-20261121230000", "inc-20261122230000", "inc-20261123230000"];
    let last = names[3];
    let catalogue = text(&[
        (names[0], &["anna", "bob"]),
        (names[1], &["bob"]),
        (names[2], &["bob"]),
        (last, &["anna", "bob", "new"]),
    ]);
    let archive = Archive::new()
        .account(last, "anna")
        .account(last, "bob")
        .account(last, "new")
        .file("sessions.txt", catalogue);
    assert_eq!(judged(archive), one(Failure, "session-incremental-gap", &anna(last)));
}

#[test]
fn an_unfinished_session_fills_no_gap() {
    let (full, broken, last) = ("full-20261120010000", "inc-20261121010000", "inc-20261122010000");
    let mut catalogue = text(&[(full, &["anna"]), (last, &["anna"])]);
    catalogue.push_str(&format!("SESSION: {broken} started on x\n"));
    let found = judged(Archive::new().account(last, "anna").file("sessions.txt", catalogue));
    assert_eq!(
        found,
        [
            (Warning, "session-unfinished", format!("session {broken}")),
            (Warning, "session-incremental-gap", format!("session {last}")),
        ]
    );
}

#[test]
fn an_incremental_session_needs_a_full_one_before_it() {
    let (first, second) = ("inc-20261121230000", "inc-20261122230000");
    let missing = |severity| one(severity, "session-base-missing", &format!("session {first}"));
    assert_eq!(judged(sequence(&[first], true)), missing(Failure));
    // An archive of one session; the full one lies in another.
    assert_eq!(judged(sequence(&[first], false)), missing(Info));
    let both = judged(sequence(&[first, second], false));
    assert!(both.iter().all(|(severity, id, _)| (*severity, *id) == (Warning, "session-base-missing")));
    assert_eq!(both.len(), 2);
    // The oldest ones outlive their full session by some days when old sessions are removed.
    assert_eq!(judged(sequence(&[first, FULL, INC], true)), missing(Info));
    // The full one is listed and lies in another archive.
    let catalogue = text(&[("full-20261120230000", &["anna"]), (first, &["anna"])]);
    sound(Archive::new().account(first, "anna").file("sessions.txt", catalogue));
}

#[test]
fn what_was_cut_or_is_a_link_is_not_judged_and_said() {
    let name = format!("{FULL}/anna@example.org.ldiff");
    let link = MemberKind::HardLink { target: Vec::new() };
    for (kind, end, words) in
        [(MemberKind::File, Body::Cut, "not read to its end"), (link, Body::Whole, "is a link")]
    {
        let archive = Archive::new()
            .member(&name, kind, ldif("anna").as_bytes(), end)
            .export(&format!("{FULL}/anna@example.org.tgz"), 9);
        let meaning = sessions(&archive.finish());
        assert_eq!(listed(&meaning), []);
        assert!(meaning.open[0].contains(words), "{:?}", meaning.open);
    }
}

#[test]
fn two_servers_in_one_archive_are_told_apart() {
    let archive = Archive::new()
        .account(&format!("mx1/{FULL}"), "anna")
        .directory(&format!("mx2/{FULL}"), "anna")
        .file("mx1/sessions.txt", text(&[(FULL, &["anna"])]));
    let subject = format!("session mx2/{FULL}: anna@example.org");
    assert_eq!(judged(archive), one(Failure, "session-mail-missing", &subject));
}
