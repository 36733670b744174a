use super::Violation;
use crate::policy::Evidence;

/// Judges the authority that stamps times.
pub(super) fn judge(evidence: &Evidence, found: &mut Vec<Violation>) {
    if let Some(url) = &evidence.timestamp_url {
        judge_url(url, found);
    }
}

/// The address stands in every record, so none is taken in which a secret may be; it is not repeated here either.
fn judge_url(url: &str, found: &mut Vec<Violation>) {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let unfit = |letter: char| "?#\\".contains(letter) || letter.is_whitespace() || letter.is_control();
    let message = match rest {
        None => "this is no http:// or https:// address",
        Some(_) if host.contains('@') => {
            "a name or password stands in the address, which every record repeats"
        }
        Some(_) if host.is_empty() => "the address names no server",
        Some(rest) if rest.contains(unfit) => "no authority has such an address",
        Some(_) => return,
    };
    found.push(Violation::new("evidence.timestamp_url", message, "write \"https://tsa.example.org/tsr\""));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(evidence: &Evidence) -> Vec<String> {
        let mut found = Vec::new();
        judge(evidence, &mut found);
        assert!(!format!("{found:?}").contains("hunter2"));
        found.into_iter().map(|violation| violation.key).collect()
    }

    #[test]
    fn an_authority_has_an_address_without_secrets() {
        for (url, fine) in [
            ("http://tsa.example.org", true),
            ("https://tsa.example.org:8443/tsr", true),
            ("http://[::1]:3161/", true),
            ("tsa.example.org", false),
            ("ftp://tsa.example.org", false),
            ("https://", false),
            ("https:///tsr", false),
            ("https://me:hunter2@tsa.example.org/", false),
            ("https://tsa.example.org/?key=hunter2", false),
            ("https://tsa example.org/", false),
        ] {
            let evidence = Evidence { timestamp_url: Some(url.to_owned()), ..Evidence::default() };
            assert_eq!(keys(&evidence).is_empty(), fine, "{url}");
        }
    }
}
