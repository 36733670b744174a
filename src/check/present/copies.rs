//! Other stores that must hold the same archives.

use std::collections::HashMap;

use crate::archive::storage::Object;
use crate::archive::storage::catalogue::Archive;
use crate::verdict::{Finding, Findings, Severity, kinds};

/// Another store and what it listed.
#[derive(Debug, Clone)]
pub struct Replica {
    address: String,
    /// By name below that store's prefix, or why nothing is known.
    objects: Result<HashMap<String, Object>, String>,
}

impl Replica {
    /// A store that answered. `prefix` is its own, which may differ from the first store's.
    #[must_use]
    pub fn listed(address: &str, prefix: &str, objects: Vec<Object>) -> Self {
        let name = |object: &Object| object.key.strip_prefix(prefix).unwrap_or(&object.key).to_owned();
        let objects = objects.into_iter().map(|object| (name(&object), object)).collect();
        Self { address: address.to_owned(), objects: Ok(objects) }
    }

    /// A store that could not be listed.
    #[must_use]
    pub fn silent(address: &str, why: &str) -> Self {
        Self { address: address.to_owned(), objects: Err(why.to_owned()) }
    }

    /// Why nothing is known of its copies.
    pub(super) fn silence(&self) -> Option<String> {
        self.objects.as_ref().err().map(|why| format!("the copies in {} are unknown: {why}", self.address))
    }
}

/// Says once of each store that nothing is known of it.
pub(super) fn unknown(replicas: &[Replica], findings: &mut Findings) {
    for replica in replicas {
        if let Err(why) = &replica.objects {
            let finding = Finding::new(&kinds::PRESENT_REPLICA_UNKNOWN, &replica.address);
            findings.push(finding.expected("a list of its objects").observed(why));
        }
    }
}

/// Compares one archive with its copies.
pub(super) fn judge(archive: &Archive, replicas: &[Replica], findings: &mut Findings) {
    for replica in replicas {
        let Ok(objects) = &replica.objects else { continue };
        let finding = match objects.get(&archive.name) {
            None => Some(missing(archive, replica)),
            Some(copy) => difference(&archive.object, copy, replica),
        };
        if let Some(finding) = finding {
            findings.push(finding);
        }
    }
}

fn missing(archive: &Archive, replica: &Replica) -> Finding {
    Finding::new(&kinds::PRESENT_REPLICA_MISSING, &archive.object.key)
        .expected(format!("a copy in {}", replica.address))
        .observed("none")
}

/// Sizes tell. ETags are compared only where both look like an MD5, and are then a warning: a store that encrypts
/// with managed keys gives equal content other ETags of the same look.
fn difference(object: &Object, copy: &Object, replica: &Replica) -> Option<Finding> {
    let finding = Finding::new(&kinds::PRESENT_REPLICA_DIFFERS, &object.key);
    if object.size != copy.size {
        let observed = format!("{} bytes in {}", copy.size, replica.address);
        return Some(finding.expected(format!("{} bytes", object.size)).observed(observed));
    }
    match (md5(object), md5(copy)) {
        (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other) => {
            let observed = format!("ETag {other} in {}", replica.address);
            Some(finding.severity(Severity::Warning).expected(format!("ETag {one}")).observed(observed))
        }
        _ => None,
    }
}

/// The ETag if it has the form of an MD5; that of an upload in parts depends on the size of the parts.
fn md5(object: &Object) -> Option<&str> {
    let etag = object.etag.as_deref()?;
    (etag.len() == 32 && etag.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(etag)
}
