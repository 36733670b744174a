use super::{Violation, store};
use crate::policy::{Bucket, Policy, Store};

/// Judges the authority that stamps times, and the bucket for the second copy.
pub(super) fn judge(policy: &Policy, found: &mut Vec<Violation>) {
    if let Some(url) = &policy.evidence.timestamp_url {
        judge_url(url, found);
    }
    if let Some(bucket) = &policy.evidence.bucket {
        judge_bucket(bucket, policy, found);
    }
}

fn judge_bucket(bucket: &Bucket, policy: &Policy, found: &mut Vec<Violation>) {
    const SECTION: &str = "evidence.bucket";
    store::judge(SECTION, &bucket.store, found);
    let mut refuse = |key: &str, message: &str, hint: &str| {
        found.push(Violation::new(format!("{SECTION}.{key}"), message, hint));
    };
    if bucket.store.url.starts_with("file:///") {
        let hint = "write url = \"s3://bucket/prefix/\"; the folder of the records is `run.records`";
        refuse("url", "a folder has no Object Lock, and records are in a folder already", hint);
    }
    if policy.store.iter().chain(&policy.replica).any(|archives| lies_within(&bucket.store, archives)) {
        let hint = "write another bucket or a prefix beside that of the archives";
        refuse("url", "the records would lie among the archives", hint);
    }
    if bucket.mode.is_none() {
        let hint = "add mode = \"compliance\" (nobody can lift it) or mode = \"governance\"";
        refuse("mode", "`mode` is missing in [evidence.bucket]", hint);
    }
    if bucket.retention.is_none() {
        let hint = "add retention = \"1095d\", or as long as your rules ask for";
        refuse("retention", "`retention` is missing in [evidence.bucket]", hint);
    }
}

/// Whether what lies at `records` is listed with what lies at `archives`.
fn lies_within(records: &Store, archives: &Store) -> bool {
    let within = !archives.url.is_empty() && records.url.starts_with(&archives.url);
    within && records.endpoint == archives.endpoint
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
    use crate::policy::{Age, Evidence, Lock};

    fn keys(evidence: Evidence) -> Vec<String> {
        keys_of(&Policy { evidence, ..Policy::default() })
    }

    fn keys_of(policy: &Policy) -> Vec<String> {
        let mut found = Vec::new();
        judge(policy, &mut found);
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
            assert_eq!(keys(evidence).is_empty(), fine, "{url}");
        }
    }

    fn bucket(url: &str) -> Bucket {
        let store = Store { url: url.to_owned(), ..Store::default() };
        Bucket { store, mode: Some(Lock::Compliance), retention: Some(Age::days(1095)) }
    }

    fn keys_with(bucket: Bucket) -> Vec<String> {
        keys(Evidence { bucket: Some(bucket), ..Evidence::default() })
    }

    #[test]
    fn records_are_locked_in_a_bucket_for_a_time() {
        assert_eq!(keys_with(bucket("s3://b/p/")), [""; 0]);
        assert_eq!(keys_with(bucket("file:///x")), ["evidence.bucket.url"]);
        assert_eq!(keys_with(bucket("")), ["evidence.bucket.url"]);
        assert_eq!(keys_with(Bucket { mode: None, ..bucket("s3://b") }), ["evidence.bucket.mode"]);
        assert_eq!(keys_with(Bucket { retention: None, ..bucket("s3://b") }), ["evidence.bucket.retention"]);
    }

    #[test]
    fn records_do_not_lie_among_archives() {
        for (records, archives, fine) in [
            ("s3://b/", "s3://b/", false),
            ("s3://b/nightly/records/", "s3://b/nightly/", false),
            ("s3://b/records/", "s3://b/nightly/", true),
            ("s3://b/", "s3://b/nightly/", true),
            ("s3://c/", "s3://b/", true),
        ] {
            let evidence = Evidence { bucket: Some(bucket(records)), ..Evidence::default() };
            let store = Some(Store { url: archives.to_owned(), ..Store::default() });
            let mut policy = Policy { evidence, store, ..Policy::default() };
            assert_eq!(keys_of(&policy).is_empty(), fine, "{records} {archives}");
            policy.store.iter_mut().for_each(|store| store.endpoint = Some("https://h".to_owned()));
            assert_eq!(keys_of(&policy), [""; 0], "at another server");
        }
    }
}
