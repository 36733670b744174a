use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::stamp;

/// A part of a key that a template names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// `{account}`: whose archive it is; one or more characters other than `/`.
    Account,
    /// `{session}`: which run of the backup job; one or more characters other than `/`.
    Session,
    /// `{time}`: when the backup was made.
    Time(Form),
    /// `{any}`: any characters or none, `/` among them.
    Any,
}

/// How a time is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// RFC 3339 (`2026-11-23T01:30:00Z`) or the basic form of ISO 8601 (`20261123T013000Z`); seconds, time and
    /// offset may be absent.
    Standard,
    /// As strftime says.
    Strftime(String),
}

/// What a template read out of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// The text of `{account}`.
    pub account: Option<String>,
    /// The text of `{session}`.
    pub session: Option<String>,
    /// The moment that `{time}` states; without `{time}` the one that `{session}` does (`full-20261124233000`).
    pub time: Option<Timestamp>,
}

/// How keys are made, ready to read them: literal text with fields between.
///
/// Where a key can be read in several ways, each field from the left takes as little as possible. The work for
/// a key is bounded by its length squared for each field, whatever the key.
#[derive(Debug, Clone)]
pub struct Template {
    first: String,
    /// Each field with the literal text behind it, which is empty only at the end.
    fields: Vec<(Field, String)>,
    zone: TimeZone,
}

/// Why a key template can't be used. Every message ends with the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// No such field.
    #[error(
        "`{{{0}}}` is no field of a key template; write {{account}}, {{session}}, {{time}}, {{time:…}} or {{any}}"
    )]
    UnknownField(String),
    /// Where one ends and the other begins can't be told.
    #[error("`{{{0}}}` follows another field directly; put a text that separates them in between")]
    Adjacent(String),
    /// The same field twice.
    #[error("`{{{0}}}` stands twice in the key template; write {{any}} for the other")]
    Twice(String),
    /// A brace without its counterpart.
    #[error("a `{{` or `}}` of the key template at byte {0} has no counterpart; close the field")]
    Brace(usize),
    /// strftime that can't be used for reading.
    #[error(
        "`{form}` can't be used to read a time ({reason}); write it in strftime with date and time, such as %Y%m%d-%H%M%S"
    )]
    Form {
        /// What stands in the template.
        form: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A time zone that is not known on this machine.
    #[error(
        "the time zone `{0}` is not known here; write an IANA name such as Europe/Rome, or install tzdata"
    )]
    TimeZone(String),
}

/// Longest text that is tried as a time.
const LONGEST_TIME: usize = 64;

impl Template {
    /// Compiles `archives.key` and `archives.time_zone` of a policy.
    ///
    /// # Errors
    /// [`TemplateError`] names the first fault.
    pub fn compile(key: &str, time_zone: &str) -> Result<Self, TemplateError> {
        let zone = TimeZone::get(time_zone).map_err(|_| TemplateError::TimeZone(time_zone.to_owned()))?;
        let (first, mut rest) = literal(key, 0)?;
        let mut fields: Vec<(Field, String)> = Vec::new();
        while let Some(inside) = rest.strip_prefix('{') {
            let at = key.len() - rest.len();
            let (name, behind) = inside.split_once('}').ok_or(TemplateError::Brace(at))?;
            if fields.last().is_some_and(|(_, text)| text.is_empty()) {
                return Err(TemplateError::Adjacent(name.to_owned()));
            }
            let field = Field::read(name)?;
            if field != Field::Any && fields.iter().any(|(other, _)| other.same_kind(&field)) {
                return Err(TemplateError::Twice(name.to_owned()));
            }
            let (text, behind) = literal(behind, key.len() - behind.len())?;
            fields.push((field, text.to_owned()));
            rest = behind;
        }
        Ok(Self { first: first.to_owned(), fields, zone })
    }

    /// Whether keys state a time.
    #[must_use]
    pub fn has_time(&self) -> bool {
        self.fields.iter().any(|(field, _)| matches!(field, Field::Time(_)))
    }

    /// Reads a key; `None` if it is not made like this.
    #[must_use]
    pub fn read(&self, key: &str) -> Option<Parts> {
        let start = key.strip_prefix(&self.first).map(|_| self.first.len())?;
        let mut stages = vec![vec![Step { next: start, ..Step::default() }]];
        for number in 0..self.fields.len() {
            let steps = self.steps(number, key, stages.last()?);
            stages.push(steps);
        }
        let last = stages.last()?.iter().position(|step| step.next == key.len())?;
        Some(self.collect(key, &stages, last))
    }

    /// All places that one field and the text behind it can lead to, each by the way on which the fields before
    /// take the least: `from` is in that order, and the first way to a place is kept.
    fn steps(&self, number: usize, key: &str, from: &[Step]) -> Vec<Step> {
        let (field, text) = &self.fields[number];
        let last = number + 1 == self.fields.len();
        let mut reached = vec![false; key.len() + 1];
        let mut steps = Vec::new();
        for (origin, before) in from.iter().enumerate() {
            for end in field.ends(key, before.next, text, last) {
                let next = end + text.len();
                if !reached[next] {
                    let Some(time) = self.accepts(field, &key[before.next..end]) else { continue };
                    reached[next] = true;
                    steps.push(Step { origin, start: before.next, end, next, time });
                }
            }
        }
        steps
    }

    /// Whether a field may hold this text, and the time if it is one.
    fn accepts(&self, field: &Field, text: &str) -> Option<Option<Timestamp>> {
        match field {
            Field::Any => Some(None),
            Field::Account | Field::Session => (!text.is_empty() && !text.contains('/')).then_some(None),
            Field::Time(form) => form.read(text, &self.zone).map(Some),
        }
    }

    fn collect(&self, key: &str, stages: &[Vec<Step>], last: usize) -> Parts {
        let mut parts = Parts::default();
        let mut at = last;
        for ((field, _), steps) in self.fields.iter().zip(&stages[1..]).rev() {
            let step = &steps[at];
            let text = || Some(key[step.start..step.end].to_owned());
            match field {
                Field::Account => parts.account = text(),
                Field::Session => parts.session = text(),
                Field::Time(_) => parts.time = step.time,
                Field::Any => {}
            }
            at = step.origin;
        }
        if !self.has_time() {
            parts.time = parts.session.as_deref().and_then(|session| self.in_session(session));
        }
        parts
    }

    /// The time in a session's name.
    fn in_session(&self, session: &str) -> Option<Timestamp> {
        stamp::moment(stamp::in_name(session)?, &self.zone)
    }
}

/// One field of a key, read.
#[derive(Debug, Default)]
struct Step {
    /// The step of the stage before from which this one goes on.
    origin: usize,
    start: usize,
    end: usize,
    /// Where the next field begins.
    next: usize,
    time: Option<Timestamp>,
}

/// The text up to the next field.
fn literal(text: &str, offset: usize) -> Result<(&str, &str), TemplateError> {
    let end = text.find('{').unwrap_or(text.len());
    match text[..end].find('}') {
        Some(at) => Err(TemplateError::Brace(offset + at)),
        None => Ok(text.split_at(end)),
    }
}

impl Field {
    fn read(name: &str) -> Result<Self, TemplateError> {
        match name {
            "account" => Ok(Self::Account),
            "session" => Ok(Self::Session),
            "any" => Ok(Self::Any),
            "time" => Ok(Self::Time(Form::Standard)),
            other => match other.strip_prefix("time:") {
                Some(form) => Form::compile(form).map(Self::Time),
                None => Err(TemplateError::UnknownField(other.to_owned())),
            },
        }
    }

    fn same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Where this field may end if it begins at `start`, nearest first: before each `text`, the last field
    /// only at the end of the key.
    fn ends<'a>(
        &'a self,
        key: &'a str,
        start: usize,
        text: &'a str,
        last: bool,
    ) -> Box<dyn Iterator<Item = usize> + 'a> {
        if last {
            let end = key.len().saturating_sub(text.len());
            return Box::new((end >= start && key.ends_with(text)).then_some(end).into_iter());
        }
        let farthest = match self {
            Self::Any => key.len(),
            Self::Time(_) => start.saturating_add(LONGEST_TIME),
            Self::Account | Self::Session => key[start..].find('/').map_or(key.len(), |at| start + at),
        };
        let ends = key[start..].char_indices().map(move |(at, _)| start + at);
        Box::new(
            ends.take_while(move |end| *end <= farthest).filter(move |end| key[*end..].starts_with(text)),
        )
    }
}

impl Form {
    /// Takes strftime in, if a moment written with it can be read back to the same day.
    fn compile(form: &str) -> Result<Self, TemplateError> {
        let wrong = |reason: String| TemplateError::Form { form: form.to_owned(), reason };
        let sample = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 56);
        let broken = strtime::BrokenDownTime::from(&sample.to_zoned_datetime(TimeZone::UTC));
        let written = broken.to_string(form).map_err(|error| wrong(error.to_string()))?;
        let itself = Self::Strftime(form.to_owned());
        match itself.read(&written, &TimeZone::UTC) {
            Some(time) if time.duration_until(sample).abs() < SignedDuration::from_hours(24) => Ok(itself),
            _ => Err(wrong("it does not state year, month and day".to_owned())),
        }
    }

    /// The moment a text states; in `zone` where it states no offset. What a clock showed twice, when it was set
    /// back, is the first of the two. Moments before 1970 are none.
    fn read(&self, text: &str, zone: &TimeZone) -> Option<Timestamp> {
        if text.len() > LONGEST_TIME || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let time = match self {
            Self::Standard => match text.parse::<Timestamp>() {
                Ok(time) => time,
                Err(_) => zone.to_timestamp(text.parse::<DateTime>().ok()?).ok()?,
            },
            Self::Strftime(form) => {
                let broken = strtime::parse(form, text).ok()?;
                match broken.to_timestamp() {
                    Ok(time) => time,
                    Err(_) => zone.to_timestamp(civil(&broken)?).ok()?,
                }
            }
        };
        (time >= Timestamp::UNIX_EPOCH).then_some(time)
    }
}

/// Date and time; without a time it is the beginning of the day.
fn civil(broken: &strtime::BrokenDownTime) -> Option<DateTime> {
    let date = broken.to_date().ok()?;
    if broken.hour().is_none() {
        return Some(date.at(0, 0, 0, 0));
    }
    Some(date.to_datetime(broken.to_time().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(template: &str, key: &str) -> Option<(Option<String>, Option<String>, Option<String>)> {
        let parts = Template::compile(template, "UTC").unwrap().read(key)?;
        Some((parts.account, parts.session, parts.time.map(|time| time.to_string())))
    }

    fn some(
        account: &str,
        session: &str,
        time: &str,
    ) -> Option<(Option<String>, Option<String>, Option<String>)> {
        let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some((part(account), part(session), part(time)))
    }

    #[test]
    fn fields_are_read_out_of_keys() {
        let key = "full-20261123013000/info@example.org.tar.zst.age";
        assert_eq!(
            read("{session}/{account}.tar.zst.age", key),
            some("info@example.org", "full-20261123013000", "2026-11-23T01:30:00Z")
        );
        let key = "zimbra/info-desk-20261123-013000.tar.age";
        assert_eq!(
            read("zimbra/{account}-{time:%Y%m%d-%H%M%S}.tar.age", key),
            some("info-desk", "", "2026-11-23T01:30:00Z")
        );
    }

    #[test]
    fn keys_of_another_make_are_not_read() {
        for key in [
            "",
            "a",
            "a-20261123.tar.age",
            "20261123.tar",
            "-20261123.tar",
            "a-20261123.tar/",
            "x/a-20261123.tar",
            "a-20261323.tar",
        ] {
            assert_eq!(read("{account}-{time:%Y%m%d}.tar", key), None, "{key}");
        }
        assert!(read("{account}-{time:%Y%m%d}.tar", "a-20261123.tar").is_some());
    }

    #[test]
    fn the_standard_form_needs_no_description() {
        for time in [
            "2026-11-23T01:30:00Z",
            "20261123T013000Z",
            "2026-11-23T02:30:00+01:00",
            "2026-11-23T01:30",
            "20261123T0130",
        ] {
            assert_eq!(
                read("a/{time}.tar", &format!("a/{time}.tar")),
                some("", "", "2026-11-23T01:30:00Z"),
                "{time}"
            );
        }
        assert_eq!(read("{time}", "2026-11-23"), some("", "", "2026-11-23T00:00:00Z"));
        assert_eq!(read("{time}", "yesterday"), None);
    }

    #[test]
    fn the_first_field_takes_the_least() {
        assert_eq!(read("{account}-{session}.tar", "a-b-c.tar"), some("a", "b-c", ""));
        assert_eq!(read("{any}/{account}.tar", "x/y/z.tar"), some("z", "", ""));
        assert_eq!(
            read("{account}-{time:%Y%m%d}-{session}", "a-b-20261123-x-1"),
            some("a-b", "x-1", "2026-11-23T00:00:00Z")
        );
        // Two ways: the shorter account wins although the other way reaches the same place.
        assert_eq!(read("{account}a{session}b", "xaaaab"), some("x", "aaa", ""));
    }

    #[test]
    fn without_a_time_of_its_own_a_key_has_that_of_its_session() {
        let key = "full-20261124233000.tar.zst.age";
        let read = |template: &str| {
            Template::compile(template, "Europe/Rome")
                .unwrap()
                .read(key)
                .unwrap()
                .time
                .map(|time| time.to_string())
        };
        let expected = Some("2026-11-24T22:30:00Z".to_owned());
        assert_eq!(read("{session}.tar.zst.age"), expected);
        assert_eq!(read("{session}-{time:%Y%m%d%H%M%S}.tar.zst.age"), expected);
        assert_eq!(read("{any}.tar.zst.age"), None);
        assert_eq!(read("{account}.tar.zst.age"), None);
    }

    #[test]
    fn a_minus_is_no_year_before_christ() {
        assert_eq!(read("{account}-{time:%Y%m%d}", "a--20261123"), some("a-", "", "2026-11-23T00:00:00Z"));
    }

    #[test]
    fn a_clock_set_back_or_forward_still_gives_moments() {
        let template = Template::compile("{time:%Y%m%d-%H%M}", "Europe/Rome").unwrap();
        let read = |key: &str| template.read(key).unwrap().time.unwrap().to_string();
        assert_eq!(read("20261024-0230"), "2026-10-24T00:30:00Z");
        assert_eq!(read("20261025-0230"), "2026-10-25T00:30:00Z", "shown twice: the first");
        assert_eq!(read("20261025-0330"), "2026-10-25T02:30:00Z");
        assert_eq!(read("20270328-0230"), "2027-03-28T01:30:00Z", "never shown: an hour on");
    }

    #[test]
    fn faults_are_named() {
        let fault = |key: &str| Template::compile(key, "UTC").unwrap_err();
        assert_eq!(fault("{acount}.tar"), TemplateError::UnknownField("acount".to_owned()));
        assert_eq!(fault("{}"), TemplateError::UnknownField(String::new()));
        assert_eq!(fault("{account}{time}"), TemplateError::Adjacent("time".to_owned()));
        assert_eq!(fault("{account}/{account}"), TemplateError::Twice("account".to_owned()));
        assert_eq!(fault("{time}/{time:%Y%m%d}"), TemplateError::Twice("time:%Y%m%d".to_owned()));
        assert_eq!(fault("a{account"), TemplateError::Brace(1));
        assert_eq!(fault("a}"), TemplateError::Brace(1));
        assert_eq!(fault("{any}a}"), TemplateError::Brace(6));
        for form in ["{time:%H%M}", "{time:}", "{time:%}", "{time:%Y%E}", "{time:today}", "{time:%Y-%m}"] {
            assert!(matches!(fault(form), TemplateError::Form { .. }), "{form}");
        }
        assert_eq!(
            Template::compile("a", "Mars/Base").unwrap_err(),
            TemplateError::TimeZone("Mars/Base".to_owned())
        );
        for fine in [
            "",
            "a",
            "{any}/{any}",
            "{time:%s}",
            "{time:%FT%T%z}",
            "{time:%d.%m.%y}",
            "{time:%Y/%m/%d}/{account}",
        ] {
            assert!(Template::compile(fine, "UTC").is_ok(), "{fine}");
        }
    }

    #[test]
    fn a_hostile_key_costs_little() {
        let template = Template::compile("{account}a{any}a{session}a{any}a{time}b", "UTC").unwrap();
        assert_eq!(template.read(&"a".repeat(1024)), None);
    }

    proptest! {
        #[test]
        fn no_template_and_no_key_make_it_panic(template in "(\\{(account|session|time|any|time:(%[A-Za-z:.0-9]|.){0,6})\\}|.{0,3}){0,5}", key in ".{0,40}") {
            if let Ok(template) = Template::compile(&template, "Europe/Rome") {
                let _ = template.read(&key);
            }
        }

        #[test]
        fn what_a_template_describes_it_reads(account in "[a-z@.-]{1,12}", session in "[a-z0-9-]{1,8}", day in 1_i8..29) {
            let template = Template::compile("x/{account}/{session}_{time:%Y%m%d}.tar", "UTC").unwrap();
            let parts = template.read(&format!("x/{account}/{session}_202611{day:02}.tar")).unwrap();
            prop_assert_eq!(parts.account, Some(account));
            prop_assert_eq!(parts.session, Some(session));
            prop_assert_eq!(parts.time.unwrap().to_string(), format!("2026-11-{day:02}T00:00:00Z"));
        }
    }
}
