use std::sync::Arc;

use bytes::Bytes;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum, Crc32};
use s3s::dto::{
    ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    ObjectLockLegalHoldStatus, ObjectLockMode, Range, StreamingBlob,
};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::api::State;
use super::body::{Slices, Turn};
use super::bucket::{Upload, Version, wire_time};
use super::fault::{Fault, Operation};
use super::lock;

/// The part of an object that an answer carries.
struct Part {
    bytes: Bytes,
    /// First byte, where a range was asked for.
    first: Option<usize>,
}

/// Answers a GET, with the fault it meets.
pub(super) fn get(state: &Arc<State>, input: &GetObjectInput) -> S3Result<GetObjectOutput> {
    let from = input.range.map(first_byte);
    let fault = state.meet(Operation::Get, &input.key, from)?;
    let version = find(state, &input.bucket, &input.key, input.version_id.as_deref())?;
    check_conditions(&version, input.if_match.as_ref(), input.if_none_match.as_ref())?;
    let whole = version.content.clone().unwrap_or_default();
    let part = spoil(fault, cut_out(&whole, input.range)?, &whole);
    let turn = turn(fault, state, input);
    Ok(GetObjectOutput {
        content_length: i64::try_from(part.bytes.len()).ok(),
        content_range: part.first.map(|first| content_range(first, part.bytes.len(), whole.len())),
        checksum_crc32: stated_checksum(&whole, fault),
        e_tag: Some(stated_etag(&version, fault)),
        body: Some(StreamingBlob::new(Slices::new(part.bytes, turn))),
        accept_ranges: Some("bytes".to_owned()),
        last_modified: Some(wire_time(version.modified)),
        object_lock_mode: lock_mode(&version),
        object_lock_retain_until_date: version.retention.map(|kept| wire_time(kept.until)),
        object_lock_legal_hold_status: legal_hold(&version),
        version_id: version.id,
        ..Default::default()
    })
}

/// Answers a HEAD, with the fault it meets.
pub(super) fn head(state: &State, input: &HeadObjectInput) -> S3Result<HeadObjectOutput> {
    state.meet(Operation::Head, &input.key, None)?;
    let version = find(state, &input.bucket, &input.key, input.version_id.as_deref())?;
    check_conditions(&version, input.if_match.as_ref(), input.if_none_match.as_ref())?;
    Ok(HeadObjectOutput {
        content_length: Some(version.size()),
        e_tag: Some(ETag::Strong(version.etag.clone())),
        accept_ranges: Some("bytes".to_owned()),
        last_modified: Some(wire_time(version.modified)),
        object_lock_mode: lock_mode(&version),
        object_lock_retain_until_date: version.retention.map(|kept| wire_time(kept.until)),
        object_lock_legal_hold_status: legal_hold(&version),
        version_id: version.id,
        ..Default::default()
    })
}

/// The version that is asked for, or the newest; never a delete marker.
pub(super) fn find(state: &State, bucket: &str, key: &str, id: Option<&str>) -> S3Result<Version> {
    let mut buckets = state.buckets();
    let bucket = buckets.bucket(bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
    let versions = bucket.objects.get(key).ok_or_else(|| s3_error!(NoSuchKey))?;
    let version = match id {
        Some(id) => versions.iter().find(|version| version.is_named(id)),
        None => versions.last(),
    };
    match version {
        Some(version) if version.content.is_some() => Ok(version.clone()),
        Some(_) if id.is_some() => Err(s3_error!(MethodNotAllowed)),
        None if id.is_some() => Err(s3_error!(NoSuchVersion)),
        _ => Err(s3_error!(NoSuchKey)),
    }
}

/// Refuses a read whose conditions do not hold (RFC 9110, section 13.1).
pub(super) fn check_conditions(
    version: &Version,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    if if_match.is_some_and(|condition| !holds(condition, version)) {
        return Err(s3_error!(PreconditionFailed));
    }
    if if_none_match.is_some_and(|condition| holds(condition, version)) {
        return Err(s3_error!(NotModified));
    }
    Ok(())
}

/// Holds if the condition names this version.
pub(super) fn holds(condition: &ETagCondition, version: &Version) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.value() == version.etag,
    }
}

/// The error with which a request is refused.
pub(super) fn refusal(status: u16) -> S3Error {
    let code = match status {
        403 => S3ErrorCode::AccessDenied,
        404 => S3ErrorCode::NoSuchKey,
        501 => S3ErrorCode::NotImplemented,
        503 => S3ErrorCode::SlowDown,
        _ => S3ErrorCode::InternalError,
    };
    let mut error = S3Error::with_message(code, "refused on purpose");
    if let Ok(status) = status.try_into() {
        error.set_status_code(status);
    }
    error
}

fn first_byte(range: Range) -> u64 {
    match range {
        Range::Int { first, .. } => first,
        Range::Suffix { .. } => 0,
    }
}

fn cut_out(whole: &Bytes, range: Option<Range>) -> S3Result<Part> {
    let Some(range) = range else { return Ok(Part { bytes: whole.clone(), first: None }) };
    let asked = range.check(whole.len() as u64).map_err(|_| s3_error!(InvalidRange))?;
    let first = usize::try_from(asked.start).unwrap_or(whole.len());
    let end = usize::try_from(asked.end).unwrap_or(whole.len());
    Ok(Part { bytes: whole.slice(first..end), first: Some(first) })
}

/// Applies the faults that change what is carried.
fn spoil(fault: Option<Fault>, part: Part, whole: &Bytes) -> Part {
    let Part { mut bytes, first } = part;
    match fault {
        Some(Fault::IgnoreRange) => Part { bytes: whole.clone(), first: None },
        Some(Fault::WrongRange) if !bytes.is_empty() => {
            Part { bytes: bytes.slice(1..), first: first.map(|first| first + 1) }
        }
        Some(Fault::ShortBody { by }) => {
            bytes.truncate(bytes.len().saturating_sub(usize::try_from(by).unwrap_or(usize::MAX)));
            Part { bytes, first }
        }
        Some(Fault::FlipByte { at }) => Part { bytes: flipped(bytes, first.unwrap_or(0), at), first },
        _ => Part { bytes, first },
    }
}

fn flipped(bytes: Bytes, first: usize, at: u64) -> Bytes {
    let position = usize::try_from(at).ok().and_then(|at| at.checked_sub(first));
    let mut copy = bytes.to_vec();
    match position.and_then(|position| copy.get_mut(position)) {
        Some(byte) => {
            *byte ^= 1;
            copy.into()
        }
        None => bytes,
    }
}

fn turn(fault: Option<Fault>, state: &Arc<State>, input: &GetObjectInput) -> Option<(u64, Turn)> {
    match fault? {
        Fault::CutBody { after } => Some((after, Turn::Cut)),
        Fault::StallBody { after } => Some((after, Turn::Stall)),
        Fault::Overwrite { after } => {
            let (state, bucket, key) = (Arc::clone(state), input.bucket.clone(), input.key.clone());
            let overwrite = move || {
                let upload = Upload::new("another backup, written while this one was read");
                state.buckets().bucket_or_new(&bucket).put(&key, upload);
            };
            Some((after, Turn::Do(Box::new(overwrite))))
        }
        _ => None,
    }
}

fn stated_etag(version: &Version, fault: Option<Fault>) -> ETag {
    match fault {
        Some(Fault::OtherEtag) => ETag::Strong(version.etag.chars().rev().collect()),
        _ => ETag::Strong(version.etag.clone()),
    }
}

fn stated_checksum(whole: &[u8], fault: Option<Fault>) -> Option<String> {
    match fault? {
        Fault::WholeChecksumOnRange => crc32(whole),
        Fault::WrongChecksum => crc32(b"another object"),
        _ => None,
    }
}

fn content_range(first: usize, length: usize, whole: usize) -> String {
    format!("bytes {first}-{}/{whole}", (first + length).saturating_sub(1))
}

fn crc32(bytes: &[u8]) -> Option<String> {
    let mut hasher = ChecksumHasher { crc32: Some(Crc32::new()), ..Default::default() };
    hasher.update(bytes);
    hasher.finalize().checksum_crc32
}

fn lock_mode(version: &Version) -> Option<ObjectLockMode> {
    version.retention.map(|kept| ObjectLockMode::from_static(lock::mode_word(kept.mode)))
}

fn legal_hold(version: &Version) -> Option<ObjectLockLegalHoldStatus> {
    version.legal_hold.then(|| ObjectLockLegalHoldStatus::from_static(ObjectLockLegalHoldStatus::ON))
}
