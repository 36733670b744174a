//! Rules for stores: the address, the endpoint, and what belongs to which.

use super::Violation;
use crate::policy::section::place_name;
use crate::policy::{Policy, Store};

/// Where a store's address leads.
#[derive(PartialEq, Eq)]
enum Place {
    Bucket,
    Folder,
    Nowhere,
}

/// Judges one store; `section` is `store` or `replica[0]`.
pub(super) fn judge(section: &str, store: &Store, found: &mut Vec<Violation>) {
    let place = judge_url(section, &store.url, found);
    if place == Place::Folder {
        refuse_s3_settings(section, store, found);
    }
    if let Some(endpoint) = &store.endpoint
        && place != Place::Folder
        && let Some((message, hint)) = fault_of_endpoint(endpoint)
    {
        found.push(Violation::new(format!("{section}.endpoint"), message, hint));
    }
    if store.profile.is_some() && store.credentials_file.is_some() {
        let hint = "keep one of them";
        found.push(Violation::new(
            format!("{section}.profile"),
            "credentials come from `profile` and from `credentials_file`",
            hint,
        ));
    }
}

fn judge_url(section: &str, url: &str, found: &mut Vec<Violation>) -> Place {
    let mut refuse = |message: &str, hint: &str| {
        found.push(Violation::new(format!("{section}.url"), message, hint));
        Place::Nowhere
    };
    if let Some(path) = url.strip_prefix("s3://") {
        let bucket = path.split('/').next().unwrap_or_default();
        let plain = |character: char| character.is_ascii_alphanumeric() || ".-_:".contains(character);
        return match bucket {
            "" => refuse("the address names no bucket", "write s3://bucket/prefix/"),
            _ if !bucket.chars().all(plain) => {
                refuse("no bucket has such a name", "write s3://bucket/prefix/ with the bucket's name only")
            }
            _ => Place::Bucket,
        };
    }
    match url {
        "" => refuse(
            &format!("`url` is missing {}", place_name(section)),
            "add url = \"s3://bucket/prefix/\" or url = \"file:///path/\"",
        ),
        _ if url.starts_with("file:///") => Place::Folder,
        _ if url.starts_with("file:") => {
            refuse("the folder's path must be absolute", "write three slashes: file:///path/")
        }
        _ if url.starts_with("http://") || url.starts_with("https://") => refuse(
            "this is the address of a server, not of a bucket",
            "put it into `endpoint` and write url = \"s3://bucket/prefix/\"",
        ),
        _ if url.starts_with(['/', '.', '~']) => {
            refuse("a folder needs file:// before it", "write file:///path/")
        }
        _ => refuse("such an address is not supported", "write s3://bucket/prefix/ or file:///path/"),
    }
}

/// A folder has no network; a setting for one shows that another store was meant.
fn refuse_s3_settings(section: &str, store: &Store, found: &mut Vec<Violation>) {
    let stated = [
        ("endpoint", store.endpoint.is_some()),
        ("region", store.region.is_some()),
        ("path_style", store.path_style.is_some()),
        ("ca_file", store.ca_file.is_some()),
        ("profile", store.profile.is_some()),
        ("credentials_file", store.credentials_file.is_some()),
    ];
    for (name, _) in stated.into_iter().filter(|(_, stated)| *stated) {
        found.push(Violation::new(
            format!("{section}.{name}"),
            format!("`{name}` has no meaning for a folder (file://)"),
            "take the line away, or write url = \"s3://bucket/prefix/\"",
        ));
    }
}

/// What is wrong with an endpoint. The text itself is never repeated: it may hold a password.
fn fault_of_endpoint(endpoint: &str) -> Option<(&'static str, &'static str)> {
    let rest = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    let Some(rest) = rest else {
        return Some(("the endpoint is no http:// or https:// address", "write \"https://s3.example.org\""));
    };
    let host = rest.split('/').next().unwrap_or_default();
    match host {
        _ if host.contains('@') => Some((
            "a name or password stands in the address",
            "never put a secret into the policy: move it to a file and name it in `credentials_file`",
        )),
        "" => Some(("the endpoint names no server", "write \"https://s3.example.org\"")),
        _ if rest.contains(|character: char| "?#\\".contains(character) || character.is_whitespace()) => {
            Some((
                "no server has such an address",
                "write \"https://s3.example.org\", with :port if it has one",
            ))
        }
        _ => None,
    }
}

/// Judges the replicas, each for itself and beside the others.
pub(super) fn judge_replicas(policy: &Policy, found: &mut Vec<Violation>) {
    if policy.store.is_none() && !policy.replica.is_empty() {
        let hint = "add [store] with the archives that the replica must hold too";
        found.push(Violation::new("replica", "there is a replica but no store", hint).beside("store"));
    }
    let mut before: Vec<&Store> = policy.store.iter().collect();
    for (index, replica) in policy.replica.iter().enumerate() {
        let section = format!("replica[{index}]");
        judge(&section, replica, found);
        let same = |other: &&Store| other.url == replica.url && other.endpoint == replica.endpoint;
        if !replica.url.is_empty() && before.iter().any(same) {
            let hint = "name another bucket or server, or take the section away";
            found.push(Violation::new(
                format!("{section}.url"),
                "this is the same place as another store",
                hint,
            ));
        }
        before.push(replica);
    }
}
