use std::fs;
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn loaded(bytes: &[u8]) -> Result<Pseudonyms, SecretError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(file.path(), bytes).unwrap();
    Pseudonyms::load(&SecretFile::find(file.path(), None))
}

fn pseudonyms() -> Pseudonyms {
    loaded(&[7; 32]).unwrap()
}

fn known(addresses: &[&str]) -> HashSet<String> {
    addresses.iter().map(|address| (*address).to_owned()).collect()
}

/// The text with `A` for Anna's pseudonym and `?` for any other.
fn veiled(text: &str, addresses: &[&str]) -> String {
    let pseudonyms = pseudonyms();
    let veiled = pseudonyms.veiled(text, &known(addresses)).unwrap_or_else(|| text.to_owned());
    let veiled = veiled.replace(&pseudonyms.of("anna@example.org"), "A");
    let mut shown = String::new();
    let mut rest = veiled.as_str();
    while let Some(at) = rest.find("p-") {
        shown.push_str(&rest[..at]);
        shown.push('?');
        rest = &rest[at + 2 + DIGITS..];
    }
    shown + rest
}

#[test]
fn a_pseudonym_is_the_same_for_one_secret_and_one_address_alone() {
    let (one, other) = (pseudonyms(), loaded(&[8; 40]).unwrap());
    assert_eq!(one.of("Anna@Example.ORG"), one.of("anna@example.org"));
    assert_ne!(one.of("anna@example.org"), one.of("bruno@example.org"));
    assert_ne!(one.of("anna@example.org"), other.of("anna@example.org"));
    assert_ne!(one.id(), other.id());
    let key = blake3::derive_key("mailproof 2026-11 pseudonyms of mailboxes in records v1", &[7; 32]);
    let digest = blake3::keyed_hash(&key, b"anna@example.org").to_hex();
    assert_eq!(one.of("anna@example.org"), format!("p-{}", &digest[..16]), "as docs/evidence.md says");
    assert!(!format!("{one:?}").contains("07"), "{one:?}");
}

#[test]
fn a_secret_that_can_be_guessed_is_refused() {
    let refused = loaded(&[7; 31]).unwrap_err().to_string();
    assert!(refused.contains("head -c 32 /dev/urandom"), "{refused}");
}

#[test]
fn an_address_is_found_whatever_stands_around_it() {
    for (text, wanted) in [
        ("anna@example.org", "A"),
        ("ANNA@Example.org: folder 2 (Inbox), item 294", "A: folder 2 (Inbox), item 294"),
        (
            "no account carla@x.it; there are anna@example.org, bruno@example.org.",
            "no account ?; there are A, ?.",
        ),
        ("s3://backups/anna@example.org.tar.zst.age", "s3://backups/A.tar.zst.age"),
        (
            "s3://b/zimbra/20261122-anna@example.org-20261122T2330.tar",
            "s3://b/zimbra/20261122-A-20261122T2330.tar",
        ),
        ("file:///srv/anna%40example.org/x", "file:///srv/A/x"),
        ("imaps://anna@example.org/Restored", "imaps://A/Restored"),
        (
            "'anna@example.org' <anna@example.org> \"anna@example.org\" (`anna@example.org`)",
            "'A' <A> \"A\" (`A`)",
        ),
        ("sales-anna@example.org", "?"),
        ("anna@example.org.it", "?"),
        ("anna@example.orgs", "?"),
        ("o'brien@example.org", "?"),
        ("müller@bücher.example", "?"),
        ("a@b@c @ @x y@ @", "?@c @ @x y@ @"),
        ("nothing here", "nothing here"),
        ("", ""),
    ] {
        assert_eq!(veiled(text, &["anna@example.org"]), wanted, "{text}");
    }
}

#[test]
fn what_nobody_called_a_mailbox_is_taken_without_the_ending_of_a_file() {
    for (text, wanted) in [
        ("anna@example.org.tar.zst.age", "A.tar.zst.age"),
        ("anna@example.org.tgz.err", "A.tgz.err"),
        ("x/anna@example.org-20261122233000.tar.zst.age", "x/A-20261122233000.tar.zst.age"),
        ("anna@example.org_20261122", "A_20261122"),
        ("anna@tar.example.org", "?"),
    ] {
        assert_eq!(veiled(text, &[]), wanted, "{text}");
    }
}

#[test]
fn a_whole_record_is_gone_through() {
    let mut value = json!({
        "archives": [{ "accounts": [{ "account": "Anna@Example.org", "source": "x/anna@example.org.extra.tgz" }] }],
        "scope": { "excluded": [{ "what": "anna@example.org", "why": ["of anna@example.org"] }] }, "count": 3, "none": null
    });
    let pseudonyms = pseudonyms();
    let anna = pseudonyms.of("anna@example.org");
    pseudonyms.veil(&mut value);
    let wanted = json!({
        "archives": [{ "accounts": [{ "account": anna, "source": format!("x/{anna}.extra.tgz") }] }],
        "scope": { "excluded": [{ "what": anna, "why": [format!("of {anna}")] }] }, "count": 3, "none": null
    });
    assert_eq!(value, wanted);
}

proptest! {
    #[test]
    fn no_address_is_left_and_what_is_veiled_stays(
        local in "[a-zA-Z0-9]([a-zA-Z0-9._+-]{0,8}[a-zA-Z0-9])?", domain in "[a-z]{1,6}(\\.[a-z]{2,5}){0,2}",
        before in "(\\PC{0,6}[ /:<(])?", after in "([ /:>),]\\PC{0,6})?", is_known: bool
    ) {
        let address = format!("{local}@{domain}");
        let text = format!("{before}{address}{after}");
        let known = if is_known { known(&[&address.to_lowercase()]) } else { HashSet::new() };
        let veiled = pseudonyms().veiled(&text, &known).unwrap();
        prop_assert!(!veiled.to_lowercase().contains(&address.to_lowercase()), "{text}: {veiled}");
        prop_assert!(veiled.contains(&pseudonyms().of(&address)) || without_known_ending(&domain), "{text}: {veiled}");
    }

    #[test]
    fn nothing_makes_it_panic(text in "(@|%40|[.-_]|\\PC|[a-z0-9]{1,7}|\\.tar){0,20}") {
        let _ = pseudonyms().veiled(&text, &known(&["a@b", "ä@ö.de"]));
    }
}

/// A domain that ends like a file is cut there.
fn without_known_ending(domain: &str) -> bool {
    ["tar", "tgz", "zip", "zst", "gz", "age", "b3", "xml", "eml", "err", "json", "ldif"]
        .iter()
        .any(|label| domain.split('.').skip(1).any(|part| part == *label))
}
