use super::message::base64;
use super::random::Random;

/// Where `ldapsearch` breaks lines.
const COLUMNS: usize = 76;

/// The account's entry of the directory, in LDIF (RFC 2849) as `ldapsearch -LLL` writes it.
pub(super) fn account(random: &mut Random, account: &str) -> Vec<u8> {
    let (user, domain) = account.split_once('@').unwrap_or((account, "example.org"));
    let people = domain.split('.').map(|part| format!(",dc={part}")).collect::<String>();
    let name = user.replace('.', " ");
    let (high, low) = (random.draw(), random.draw());
    let id = format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff,
    );
    let password = format!("{{SSHA512}}{}", base64(&random.bytes(72)));
    let mut text = String::new();
    for (attribute, value) in [
        ("dn", format!("uid={user},ou=people{people}")),
        ("objectClass", "inetOrgPerson".to_owned()),
        ("objectClass", "zimbraAccount".to_owned()),
        ("objectClass", "amavisAccount".to_owned()),
        ("zimbraMailHost", "mail.example.org".to_owned()),
        ("zimbraMailTransport", "lmtp:mail.example.org:7025".to_owned()),
        ("zimbraMailDeliveryAddress", account.to_owned()),
        ("zimbraAccountStatus", "active".to_owned()),
        ("zimbraMailStatus", "enabled".to_owned()),
        ("zimbraId", id),
        ("zimbraCreateTimestamp", "20191102062818.876Z".to_owned()),
        ("zimbraNotes", format!("Perché {name} è qui")),
        ("mail", account.to_owned()),
        ("uid", user.to_owned()),
        ("cn", name.clone()),
        ("sn", name.rsplit(' ').next().unwrap_or_default().to_owned()),
        ("displayName", name),
    ] {
        push(&mut text, attribute, &value);
    }
    push_base64(&mut text, "userPassword", &password);
    text.push('\n');
    text.into_bytes()
}

/// What is not plain ASCII is written in base64.
fn push(text: &mut String, attribute: &str, value: &str) {
    if value.is_ascii() {
        push_folded(text, &format!("{attribute}: {value}"));
    } else {
        push_base64(text, attribute, value);
    }
}

fn push_base64(text: &mut String, attribute: &str, value: &str) {
    push_folded(text, &format!("{attribute}:: {}", base64(value.as_bytes())));
}

/// A line, continued behind a blank where it is too long.
fn push_folded(text: &mut String, line: &str) {
    let (first, mut rest) = line.split_at(line.len().min(COLUMNS));
    text.push_str(first);
    while !rest.is_empty() {
        let (next, behind) = rest.split_at(rest.len().min(COLUMNS - 1));
        text.push_str("\n ");
        text.push_str(next);
        rest = behind;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_folded_and_ends_with_an_empty_line() {
        let text = String::from_utf8(account(&mut Random::new(1), "anna.bianchi@example.org")).unwrap();
        assert!(
            text.starts_with(
                "dn: uid=anna.bianchi,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\n"
            )
        );
        assert!(text.ends_with("\n\n") && text.is_ascii());
        assert!(text.lines().all(|line| line.len() <= 76));
        let unfolded = text.replace("\n ", "");
        let password = unfolded.lines().find_map(|line| line.strip_prefix("userPassword:: ")).unwrap();
        // `{SSHA512}` and 96 characters.
        assert_eq!((password.len(), &password[..12]), (140, "e1NTSEE1MTJ9"));
        assert!(unfolded.contains("\nzimbraNotes:: UGVyY2jDqSBhbm5hIGJpYW5jaGkgw6ggcXVp\n"));
    }
}
