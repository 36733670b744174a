use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Kind;

/// How serious a finding is. Ordered from harmless to serious.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Info,
    /// Look into it by daylight.
    Warning,
    /// The backup can't be relied on.
    Failure,
}

impl Severity {
    /// The word used in policies and results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where the fault most likely lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// On the way from the store to here; a second read may differ.
    Transport,
    /// The stored bytes are no longer those that were written.
    StorageRot,
    /// Somebody changed, swapped or replayed what is stored.
    Tampering,
    /// It was written like this.
    ProducerFault,
    /// The source changed while it was read.
    SourceChurn,
    /// Our own settings, or the store's.
    Configuration,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Transport => "transport",
            Self::StorageRot => "storage-rot",
            Self::Tampering => "tampering",
            Self::ProducerFault => "producer-fault",
            Self::SourceChurn => "source-churn",
            Self::Configuration => "configuration",
        })
    }
}

/// One statement about a backup: what is wrong with what, how serious, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind, which names the heading in `docs/findings.md`.
    pub kind: &'static Kind,
    /// The kind's severity, or another where the policy or the situation says so.
    pub severity: Severity,
    /// The kind's cause, or another where the evidence says so.
    pub cause: Cause,
    /// What it is about: an object, a layer, a member. Never a subject or other mail content.
    pub subject: String,
    /// What should have been there.
    pub expected: String,
    /// What was there.
    pub observed: String,
    /// The next step for the administrator, with ACCOUNT, FOLDER, ITEM and MAILBOX where one is meant.
    pub remedy: String,
    /// The account that it is about, where it is about one.
    pub account: Option<String>,
}

impl Finding {
    /// A finding of `kind` about `subject`, with the kind's severity, cause and remedy.
    pub fn new(kind: &'static Kind, subject: impl Into<String>) -> Self {
        Self {
            kind,
            severity: kind.severity,
            cause: kind.cause,
            subject: subject.into(),
            expected: String::new(),
            observed: String::new(),
            remedy: kind.remedy.to_owned(),
            account: None,
        }
    }

    /// The next step with the account, the folder and the item filled in, where they are known and can be pasted into a
    /// shell as they are.
    #[must_use]
    pub fn next_step(&self) -> Cow<'_, str> {
        self.named().fill_in(&self.remedy)
    }

    /// What of it a command can name.
    #[must_use]
    pub fn named(&self) -> Named<'_> {
        let mut parts = self.subject.split(": ");
        let account = self.account.as_deref().or_else(|| parts.find(|part| part.contains('@')));
        Named {
            account: account.filter(|account| is_plain(account)),
            folder: number_behind(&self.subject, ": folder "),
            item: number_behind(&self.subject, ", item "),
        }
    }

    /// States what should have been there.
    #[must_use]
    pub fn expected(mut self, what: impl Into<String>) -> Self {
        self.expected = what.into();
        self
    }

    /// States what was there.
    #[must_use]
    pub fn observed(mut self, what: impl Into<String>) -> Self {
        self.observed = what.into();
        self
    }

    /// Replaces the kind's usual cause.
    #[must_use]
    pub fn cause(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }

    /// Replaces the kind's usual next step.
    #[must_use]
    pub fn remedy(mut self, step: impl Into<String>) -> Self {
        self.remedy = step.into();
        self
    }

    /// Replaces the kind's usual severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// Holds for a name that no shell reads anything into.
fn is_plain(account: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@._+-".contains(&byte);
    account.bytes().all(plain) && account.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
}

/// The number that stands in `subject` behind `words`.
fn number_behind<'a>(subject: &'a str, words: &str) -> Option<&'a str> {
    let (_, rest) = subject.rsplit_once(words)?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end).filter(|number| !number.is_empty())
}

/// What a finding is about, as far as a command can name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Named<'a> {
    account: Option<&'a str>,
    folder: Option<&'a str>,
    item: Option<&'a str>,
}

impl<'a> Named<'a> {
    /// What both are about.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        let same = |one: Option<&'a str>, other| one.filter(|one| Some(*one) == other);
        Self {
            account: same(self.account, other.account),
            folder: same(self.folder, other.folder),
            item: same(self.item, other.item),
        }
    }

    /// Fills ACCOUNT, FOLDER and ITEM into a step, and says what MAILBOX is.
    #[must_use]
    pub fn fill_in(self, step: &str) -> Cow<'_, str> {
        let mut filled = Cow::Borrowed(step);
        for (place, name) in [("ACCOUNT", self.account), ("FOLDER", self.folder), ("ITEM", self.item)] {
            if let Some(name) = name.filter(|_| filled.contains(place)) {
                filled = Cow::Owned(filled.replace(place, name));
            }
        }
        match self.account.filter(|_| step.contains("MAILBOX")) {
            Some(account) => Cow::Owned(format!(
                "{filled} MAILBOX is the mailboxId that `zmprov getMailboxInfo {account}` prints."
            )),
            None => filled,
        }
    }
}

/// Findings in the order they were made, bounded: of each kind the first
/// [`Findings::KEPT_PER_KIND`] are kept and the rest are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    kept: Vec<Finding>,
    counts: Vec<(&'static Kind, u64)>,
    worst: Option<Severity>,
}

impl Findings {
    /// How many findings of one kind are kept in full.
    pub const KEPT_PER_KIND: u64 = 20;

    /// Takes a finding in.
    pub fn push(&mut self, finding: Finding) {
        self.worst = self.worst.max(Some(finding.severity));
        let count = match self.counts.iter_mut().find(|(kind, _)| *kind == finding.kind) {
            Some((_, count)) => count,
            None => {
                self.counts.push((finding.kind, 0));
                let last = self.counts.len() - 1;
                &mut self.counts[last].1
            }
        };
        *count += 1;
        if *count <= Self::KEPT_PER_KIND {
            self.kept.push(finding);
        }
    }

    /// Takes all of `other` in, behind what is here.
    pub fn append(&mut self, other: Self) {
        self.worst = self.worst.max(other.worst);
        let mut dropped = other.counts;
        for finding in other.kept {
            if let Some((_, count)) = dropped.iter_mut().find(|(kind, _)| *kind == finding.kind) {
                *count -= 1;
            }
            self.push(finding);
        }
        // What was only counted comes last, so that it takes no place from what was kept.
        for (kind, count) in dropped {
            if let Some((_, mine)) = self.counts.iter_mut().find(|(other, _)| *other == kind) {
                *mine += count;
            }
        }
    }

    /// Takes the first kept one of `kind` about `subject` out, to be judged anew.
    pub fn take(&mut self, kind: &Kind, subject: &str) -> Option<Finding> {
        let at = self.kept.iter().position(|finding| finding.kind == kind && finding.subject == subject)?;
        let taken = self.kept.remove(at);
        self.counts.iter_mut().filter(|(other, _)| *other == kind).for_each(|(_, count)| *count -= 1);
        self.counts.retain(|(_, count)| *count > 0);
        let all_kept = self.counts.iter().map(|(_, count)| *count).sum::<u64>() == self.kept.len() as u64;
        if all_kept {
            self.worst = self.kept.iter().map(|finding| finding.severity).max();
        }
        Some(taken)
    }

    /// The same findings as parts of `whole`, which then stands before each subject.
    #[must_use]
    pub fn within(self, whole: &str) -> Self {
        self.within_where(whole, |_| true)
    }

    /// The same findings, of which those with such a subject are parts of `whole`.
    #[must_use]
    pub fn within_where(mut self, whole: &str, such: impl Fn(&str) -> bool) -> Self {
        for finding in self.kept.iter_mut().filter(|finding| such(&finding.subject)) {
            finding.subject = format!("{whole}: {}", finding.subject);
        }
        self
    }

    /// The same findings, all about one account.
    #[must_use]
    pub fn about(mut self, account: &str) -> Self {
        for finding in &mut self.kept {
            finding.account = Some(account.to_owned());
        }
        self
    }

    /// The same findings with another next step.
    #[must_use]
    pub fn remedied(mut self, step: &str) -> Self {
        for finding in &mut self.kept {
            step.clone_into(&mut finding.remedy);
        }
        self
    }

    /// The same findings without those about which there is nothing to do.
    #[must_use]
    pub fn without_infos(&self) -> Self {
        let mut grave = Self { worst: self.worst, ..Self::default() };
        let is_info = |kind: &Kind| {
            !self.kept.iter().any(|finding| finding.kind == kind && finding.severity > Severity::Info)
        };
        grave.counts = self.counts.iter().copied().filter(|(kind, _)| !is_info(kind)).collect();
        grave.kept = self.kept.iter().filter(|finding| !is_info(finding.kind)).cloned().collect();
        grave
    }

    /// The findings kept in full, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.kept.iter()
    }

    /// How many findings of `kind` there were, kept or only counted.
    #[must_use]
    pub fn count(&self, kind: &Kind) -> u64 {
        self.counts.iter().find(|(other, _)| *other == kind).map_or(0, |(_, count)| *count)
    }

    /// Each kind and how many findings of it there were, in order of first appearance.
    pub fn counts(&self) -> impl Iterator<Item = (&'static Kind, u64)> + '_ {
        self.counts.iter().copied()
    }

    /// The most serious severity seen.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.worst
    }

    /// Holds if there was no finding at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.worst.is_none()
    }
}

impl Extend<Finding> for Findings {
    fn extend<T: IntoIterator<Item = Finding>>(&mut self, findings: T) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::kinds;

    #[test]
    fn many_of_a_kind_are_counted_and_few_are_kept() {
        let mut findings = Findings::default();
        for index in 0..50 {
            findings.push(Finding::new(&kinds::MANIFEST_MEMBER_MISSING, format!("member {index}")));
        }
        let mut all = Findings::default();
        all.append(findings.clone());
        all.append(findings);
        assert_eq!(all.count(&kinds::MANIFEST_MEMBER_MISSING), 100);
        assert_eq!(all.iter().count(), 20);
        assert_eq!(all.worst(), Some(Severity::Failure));
    }

    #[test]
    fn what_is_taken_out_no_longer_counts() {
        let mut findings = Findings::default();
        let warning = Finding::new(&kinds::EXPORT_OTHER_ACCOUNT, "anna@example.org");
        findings.push(warning.clone());
        assert_eq!(findings.take(&kinds::EXPORT_OTHER_ACCOUNT, "bob@example.org"), None);
        assert_eq!(findings.take(&kinds::EXPORT_OTHER_ACCOUNT, "anna@example.org"), Some(warning));
        assert_eq!((findings.is_empty(), findings.counts().count()), (true, 0));
    }

    #[test]
    fn the_next_step_names_what_the_subject_names() {
        let step = "`get ACCOUNT /?id=ITEM` or `gf FOLDER`.";
        let about = |subject: &str| Finding::new(&kinds::EXPORT_ITEM_DIGEST, subject).remedy(step);
        for (subject, filled) in [
            ("a@example.org: folder 5 (Sent), item 310", "`get a@example.org /?id=310` or `gf 5`."),
            ("full-1: a@example.org", "`get a@example.org /?id=ITEM` or `gf FOLDER`."),
            ("$(id)@example.org: folder x, item -1", step),
            ("member 7", step),
        ] {
            assert_eq!(about(subject).next_step(), filled, "{subject}");
        }
        let (one, other) = (about("a@b: folder 5, item 1"), about("a@b: folder 5, item 2"));
        assert_eq!(one.named().common(other.named()).fill_in(step), "`get a@b /?id=ITEM` or `gf 5`.");
    }

    #[test]
    fn the_next_step_names_the_account_where_a_shell_reads_nothing_into_it() {
        let step = |account: &str| {
            let finding =
                Finding::new(&kinds::EXPORT_EMPTY, "x").remedy("run `gms ACCOUNT` and `chk MAILBOX`.");
            Finding { account: Some(account.to_owned()), ..finding }.next_step().into_owned()
        };
        let filled = "run `gms o.n-e+1@example.org` and `chk MAILBOX`. \
                      MAILBOX is the mailboxId that `zmprov getMailboxInfo o.n-e+1@example.org` prints.";
        assert_eq!(step("o.n-e+1@example.org"), filled);
        for account in
            ["", "-rf", "a b@example.org", "$(id)@example.org", "a`b", "ä@example.org", "a;b", "a\nb"]
        {
            assert_eq!(step(account), "run `gms ACCOUNT` and `chk MAILBOX`.", "{account}");
        }
    }
}
