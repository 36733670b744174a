use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, ETag, ListObjectVersionsInput, ListObjectVersionsOutput,
    ListObjectsV2Input, ListObjectsV2Output, Object, ObjectVersion,
};
use s3s::{S3Result, s3_error};

use super::api::State;
use super::bucket::{Bucket, Version, wire_time};
use super::fault::Operation;

/// What S3 gives at most in one answer.
const PAGE: usize = 1000;

/// One line of a listing.
enum Line<'a> {
    Object(&'a str, &'a Version),
    Prefix(String),
}

/// Answers `ListObjectsV2`.
pub(super) fn objects(state: &State, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
    state.meet(Operation::List, "", None)?;
    let mut buckets = state.buckets();
    let bucket = buckets.bucket(&input.bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
    let limit = page_limit(input.max_keys);
    let after = input.continuation_token.as_deref().or(input.start_after.as_deref());
    let mut lines = lines(bucket, input.prefix.as_deref(), input.delimiter.as_deref(), after, limit + 1);
    let truncated = limit > 0 && lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| truncated).map(line_name);
    let (objects, prefixes) = split(&lines);
    Ok(ListObjectsV2Output {
        key_count: i32::try_from(lines.len()).ok(),
        is_truncated: Some(truncated),
        next_continuation_token: next,
        contents: Some(objects),
        common_prefixes: Some(prefixes),
        name: Some(input.bucket),
        prefix: input.prefix,
        delimiter: input.delimiter,
        max_keys: i32::try_from(limit).ok(),
        continuation_token: input.continuation_token,
        start_after: input.start_after,
        ..Default::default()
    })
}

/// Answers `ListObjectVersions`: keys in order, of each key the newest version first.
pub(super) fn versions(state: &State, input: ListObjectVersionsInput) -> S3Result<ListObjectVersionsOutput> {
    state.meet(Operation::List, "", None)?;
    let mut buckets = state.buckets();
    let bucket = buckets.bucket(&input.bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
    let limit = page_limit(input.max_keys);
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let all = bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix)).flat_map(|(key, versions)| {
        versions.iter().rev().enumerate().map(move |(age, version)| (key, version, age == 0))
    });
    let (key_marker, id_marker) = (input.key_marker.as_deref(), input.version_id_marker.as_deref());
    let rest: Vec<_> = skip_to(all, key_marker, id_marker).take(limit + 1).collect();
    let page = &rest[..rest.len().min(limit)];
    let last = page.last().filter(|_| rest.len() > limit);
    Ok(ListObjectVersionsOutput {
        versions: Some(page.iter().filter_map(version_entry).collect()),
        delete_markers: Some(page.iter().filter_map(marker_entry).collect()),
        is_truncated: Some(last.is_some()),
        next_key_marker: last.map(|(key, _, _)| (*key).clone()),
        next_version_id_marker: last.map(|(_, version, _)| id_word(version)),
        max_keys: i32::try_from(limit).ok(),
        name: Some(input.bucket),
        prefix: input.prefix,
        key_marker: input.key_marker,
        version_id_marker: input.version_id_marker,
        ..Default::default()
    })
}

fn page_limit(max_keys: Option<i32>) -> usize {
    max_keys.and_then(|keys| usize::try_from(keys).ok()).map_or(PAGE, |keys| keys.min(PAGE))
}

fn lines<'a>(
    bucket: &'a Bucket,
    prefix: Option<&str>,
    delimiter: Option<&str>,
    after: Option<&str>,
    limit: usize,
) -> Vec<Line<'a>> {
    let prefix = prefix.unwrap_or_default();
    let mut lines = Vec::new();
    for (key, version) in bucket.current().filter(|(key, _)| key.starts_with(prefix)) {
        let line = match folder(key, prefix, delimiter) {
            Some(folder) => Line::Prefix(folder),
            None => Line::Object(key, version),
        };
        let name = line_name(&line);
        let repeated = lines.last().is_some_and(|last| line_name(last) == name);
        if repeated || after.is_some_and(|after| name.as_str() <= after) {
            continue;
        }
        lines.push(line);
        if lines.len() == limit {
            break;
        }
    }
    lines
}

/// The common prefix that stands for `key`, where a delimiter folds it.
fn folder(key: &str, prefix: &str, delimiter: Option<&str>) -> Option<String> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let rest = key.strip_prefix(prefix)?;
    let end = rest.find(delimiter)? + delimiter.len();
    Some(format!("{prefix}{}", &rest[..end]))
}

fn line_name(line: &Line<'_>) -> String {
    match line {
        Line::Object(key, _) => (*key).to_owned(),
        Line::Prefix(prefix) => prefix.clone(),
    }
}

fn split(lines: &[Line<'_>]) -> (Vec<Object>, Vec<CommonPrefix>) {
    let (mut objects, mut prefixes) = (Vec::new(), Vec::new());
    for line in lines {
        match line {
            Line::Object(key, version) => objects.push(object_entry(key, version)),
            Line::Prefix(prefix) => prefixes.push(CommonPrefix { prefix: Some(prefix.clone()) }),
        }
    }
    (objects, prefixes)
}

fn object_entry(key: &str, version: &Version) -> Object {
    Object {
        key: Some(key.to_owned()),
        size: Some(version.size()),
        e_tag: Some(ETag::Strong(version.etag.clone())),
        last_modified: Some(wire_time(version.modified)),
        ..Default::default()
    }
}

/// What stands behind the markers; a key marker alone skips the whole key.
fn skip_to<'a>(
    all: impl Iterator<Item = (&'a String, &'a Version, bool)>,
    key_marker: Option<&str>,
    id_marker: Option<&str>,
) -> impl Iterator<Item = (&'a String, &'a Version, bool)> {
    let mut found = false;
    all.filter(move |(key, version, _)| {
        let Some(marker) = key_marker else { return true };
        if key.as_str() != marker {
            return key.as_str() > marker;
        }
        let behind = found;
        found |= id_marker.is_some_and(|id| version.is_named(id));
        behind
    })
}

fn id_word(version: &Version) -> String {
    version.id.clone().unwrap_or_else(|| "null".to_owned())
}

fn version_entry((key, version, newest): &(&String, &Version, bool)) -> Option<ObjectVersion> {
    version.content.as_ref()?;
    Some(ObjectVersion {
        key: Some((*key).clone()),
        version_id: Some(id_word(version)),
        is_latest: Some(*newest),
        size: Some(version.size()),
        e_tag: Some(ETag::Strong(version.etag.clone())),
        last_modified: Some(wire_time(version.modified)),
        ..Default::default()
    })
}

fn marker_entry((key, version, newest): &(&String, &Version, bool)) -> Option<DeleteMarkerEntry> {
    version.content.is_none().then(|| DeleteMarkerEntry {
        key: Some((*key).clone()),
        version_id: Some(id_word(version)),
        is_latest: Some(*newest),
        last_modified: Some(wire_time(version.modified)),
        ..Default::default()
    })
}
