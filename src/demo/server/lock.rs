use jiff::Timestamp;
use s3s::dto::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockLegalHold,
    ObjectLockLegalHoldStatus, ObjectLockRetention, ObjectLockRetentionMode, ObjectLockRule, PutObjectInput,
    TimestampFormat,
};
use s3s::{S3Result, s3_error};

use super::answer::find;
use super::api::State;
use super::bucket::{DefaultLock, Keeping, Retention, Upload, wire_time};
use super::fault::Operation;
use crate::policy::Lock;

/// The retention of one version.
pub(super) fn retention(
    state: &State,
    bucket: &str,
    key: &str,
    id: Option<&str>,
) -> S3Result<ObjectLockRetention> {
    state.meet(Operation::Lock, key, None)?;
    require_lock(state, bucket)?;
    let version = find(state, bucket, key, id)?;
    let kept = version.retention.ok_or_else(|| s3_error!(NoSuchObjectLockConfiguration))?;
    Ok(ObjectLockRetention {
        mode: Some(ObjectLockRetentionMode::from_static(mode_word(kept.mode))),
        retain_until_date: Some(wire_time(kept.until)),
    })
}

/// The legal hold of one version.
pub(super) fn legal_hold(
    state: &State,
    bucket: &str,
    key: &str,
    id: Option<&str>,
) -> S3Result<ObjectLockLegalHold> {
    state.meet(Operation::Lock, key, None)?;
    require_lock(state, bucket)?;
    let version = find(state, bucket, key, id)?;
    let status =
        if version.legal_hold { ObjectLockLegalHoldStatus::ON } else { ObjectLockLegalHoldStatus::OFF };
    Ok(ObjectLockLegalHold { status: Some(ObjectLockLegalHoldStatus::from_static(status)) })
}

/// The bucket's lock configuration.
pub(super) fn configuration(state: &State, bucket: &str) -> S3Result<ObjectLockConfiguration> {
    state.meet(Operation::Lock, "", None)?;
    let mut buckets = state.buckets();
    let bucket = buckets.bucket(bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
    let Keeping::Locked(default) = bucket.keeping else {
        return Err(s3_error!(ObjectLockConfigurationNotFoundError));
    };
    let rule = default.map(|lock| ObjectLockRule {
        default_retention: Some(DefaultRetention {
            days: Some(lock.days),
            mode: Some(ObjectLockRetentionMode::from_static(mode_word(lock.mode))),
            years: None,
        }),
    });
    Ok(ObjectLockConfiguration {
        object_lock_enabled: Some(ObjectLockEnabled::from_static(ObjectLockEnabled::ENABLED)),
        rule,
    })
}

/// The default lock that a configuration sets; years count 365 days, as S3 counts them.
pub(super) fn default_lock(configuration: Option<ObjectLockConfiguration>) -> S3Result<Option<DefaultLock>> {
    let rule = configuration.and_then(|configuration| configuration.rule);
    let Some(retention) = rule.and_then(|rule| rule.default_retention) else { return Ok(None) };
    let days = retention.days.or_else(|| retention.years.and_then(|years| years.checked_mul(365)));
    let mode = retention.mode.as_ref().and_then(|mode| mode_of(mode.as_str()));
    match (days, mode) {
        (Some(days), Some(mode)) if days > 0 => Ok(Some(DefaultLock { mode, days })),
        _ => Err(s3_error!(InvalidArgument)),
    }
}

/// Gives an upload the lock that its headers state.
pub(super) fn apply_headers(
    mut upload: Upload,
    input: &PutObjectInput,
    keeping: Keeping,
) -> S3Result<Upload> {
    let hold = input.object_lock_legal_hold_status.as_ref().map(ObjectLockLegalHoldStatus::as_str);
    let asks = input.object_lock_mode.is_some() || hold.is_some();
    if asks && !matches!(keeping, Keeping::Locked(_)) {
        return Err(s3_error!(InvalidRequest, "Bucket is missing Object Lock Configuration"));
    }
    if let Some(mode) = &input.object_lock_mode {
        let until = input.object_lock_retain_until_date.as_ref().and_then(time_of);
        let kept = mode_of(mode.as_str()).zip(until).ok_or_else(|| s3_error!(InvalidArgument))?;
        upload = upload.retained(kept.0, kept.1);
    }
    Ok(upload.legal_hold(hold == Some(ObjectLockLegalHoldStatus::ON)))
}

/// The retention that a request states.
pub(super) fn retention_of(stated: Option<&ObjectLockRetention>) -> S3Result<Option<Retention>> {
    let Some(stated) = stated else { return Ok(None) };
    let mode = stated.mode.as_ref().and_then(|mode| mode_of(mode.as_str()));
    let until = stated.retain_until_date.as_ref().and_then(time_of);
    let (mode, until) = mode.zip(until).ok_or_else(|| s3_error!(InvalidArgument))?;
    Ok(Some(Retention { mode, until }))
}

/// The word of a mode on the wire.
pub(super) fn mode_word(mode: Lock) -> &'static str {
    match mode {
        Lock::Governance => ObjectLockRetentionMode::GOVERNANCE,
        Lock::Compliance => ObjectLockRetentionMode::COMPLIANCE,
    }
}

fn mode_of(word: &str) -> Option<Lock> {
    [Lock::Governance, Lock::Compliance].into_iter().find(|mode| mode_word(*mode) == word)
}

fn time_of(time: &s3s::dto::Timestamp) -> Option<Timestamp> {
    let mut text = Vec::new();
    time.format(TimestampFormat::DateTime, &mut text).ok()?;
    std::str::from_utf8(&text).ok()?.parse().ok()
}

fn require_lock(state: &State, bucket: &str) -> S3Result<()> {
    let mut buckets = state.buckets();
    let bucket = buckets.bucket(bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
    match bucket.keeping {
        Keeping::Locked(_) => Ok(()),
        _ => Err(s3_error!(InvalidRequest, "Bucket is missing Object Lock Configuration")),
    }
}
