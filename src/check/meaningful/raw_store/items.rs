//! Item by item: each row's file, each file's row.

use std::collections::BTreeSet;

use super::groups::{dumped, group_of};
use super::pairs::{Pairs, namesakes};
use super::rowless::Rowless;
use super::volumes::Volumes;
use super::{Meaning, View, name_of_mailbox, stated};
use crate::mailbox::zimbra::content::Content;
use crate::mailbox::zimbra::store::{Blob, Body, Facts, Row, Sides, State};
use crate::verdict::{Cause, Coverage, Finding, Kind, Severity, Unit, kinds};

/// Compares all rows with their files.
pub(super) fn examine(view: &View<'_>, meaning: &mut Meaning) {
    let facts = view.facts;
    let (rowless, used, tally) = (Rowless::new(facts), Vec::new(), Tally::default());
    let volumes = Volumes::new(facts);
    let mut judge = Judge { view, meaning, dumped: dumped(facts), rowless, volumes, used, tally };
    for sides in facts.items() {
        judge.item(sides);
    }
    judge.rowless.finish(judge.meaning);
    judge.volumes.finish(judge.meaning);
    let Tally { checked, doubled, missing, unread, newer, unjudged } = judge.tally;
    let total = view.rows_complete.then(|| stated(facts).saturating_sub(doubled));
    meaning.coverage = Coverage { checked, total, unit: Unit::Items };
    for (count, what) in [
        (
            missing,
            "rows have no file in what was read; the archive was not read to its end or holds more than limits.members",
        ),
        (
            unread,
            "blobs could not be read: the archive was cut inside them, or their kind of member holds no content",
        ),
        (unjudged, "blobs have no row in what was read of the dumps, which is not all"),
        (
            newer,
            "blobs are newer than the dump, as a copy of a running server has them; no row says what they should be",
        ),
    ] {
        if count > 0 {
            meaning.open.push(format!("{count} {what}."));
        }
    }
    strays(facts, meaning);
}

/// Names blobs whose gzip is broken, where no row says what they should be.
pub(super) fn examine_gzip(facts: &Facts, meaning: &mut Meaning) {
    for at in facts.items().flat_map(|sides| sides.blobs) {
        let Some(blob) = facts.blobs.get(*at) else { continue };
        if let State::Broken(fault) = blob.state {
            let finding =
                Finding::new(&kinds::STORE_BLOB_GZIP, name_of_blob(facts, blob)).severity(Severity::Warning);
            let observed =
                format!("broken gzip ({}), or by chance a message that begins like gzip", fault.kind().id);
            meaning.findings.push(finding.expected("gzip that unpacks").observed(observed));
        }
    }
}

fn strays(facts: &Facts, meaning: &mut Meaning) {
    if facts.strays > 0 {
        let finding = Finding::new(&kinds::STORE_BLOB_UNEXPECTED, "files among the blobs");
        let observed = format!("{} others, such as {}", facts.strays, facts.stray_names.join(", "));
        meaning.findings.push(finding.expected("names like 257-2.msg").observed(observed));
    }
}

#[derive(Default)]
struct Tally {
    checked: u64,
    /// Rows that stand in two dumps.
    doubled: u64,
    /// Rows without a file, of which nothing can be said.
    missing: u64,
    unread: u64,
    newer: u64,
    /// Blobs without a row, of which nothing can be said.
    unjudged: u64,
}

struct Judge<'a, 'b> {
    view: &'a View<'a>,
    meaning: &'b mut Meaning,
    dumped: BTreeSet<u32>,
    rowless: Rowless<'a>,
    volumes: Volumes<'a>,
    /// Which blobs of the item belong to a row; used again for the next item.
    used: Vec<bool>,
    tally: Tally,
}

impl<'a> Judge<'a, '_> {
    fn item(&mut self, sides: Sides<'a>) {
        let facts = self.view.facts;
        self.rowless.add_rows(sides.mailbox, sides.rows.len(), self.meaning);
        self.used.clear();
        self.used.resize(sides.blobs.len(), false);
        let mut left = Vec::new();
        let mut last = None;
        for row in sides.rows.iter().filter_map(|at| facts.rows.get(*at)) {
            if last == Some(row) {
                self.tally.doubled += 1;
            } else if !self.by_name(row, sides) {
                left.push(row);
            }
            last = Some(row);
        }
        if !left.is_empty() {
            self.without_files(left, sides);
        }
        for (at, used) in sides.blobs.iter().zip(std::mem::take(&mut self.used)) {
            match facts.blobs.get(*at) {
                Some(blob) if !used => self.without_row(blob),
                _ => {}
            }
        }
    }

    /// Compares a row with the files that bear its name; `false` if there is none.
    fn by_name(&mut self, row: &Row, sides: Sides<'_>) -> bool {
        let facts = self.view.facts;
        // A file may lie on two volumes while it is moved; one that fits is enough.
        let mut best: Option<Option<Body>> = None;
        let mut placed = false;
        for place in namesakes(facts, row, sides.blobs) {
            let at = sides.blobs[place];
            let body = facts.blobs.body(at);
            self.used[place] = true;
            let fits = body.is_some_and(|body| fits(row, &body));
            if best.is_none() || fits {
                best = Some(body);
            }
            placed |= fits && facts.blobs.get(at).is_some_and(|blob| self.volumes.may_hold(row, blob));
        }
        self.volumes.note(row, placed || !best.flatten().is_some_and(|body| fits(row, &body)));
        match best {
            Some(Some(body)) if body.is_read() && body.state != State::OverLimit => self.compare(row, &body),
            Some(Some(body)) if fits(row, &body) => self.tally.checked += 1,
            Some(Some(body)) if body.state == State::OverLimit => {
                let finding = Finding::new(&kinds::LIMIT_RATIO, self.name(row)).expected(expected(row));
                self.meaning
                    .findings
                    .push(finding.observed(format!("more, out of {} bytes", body.stored.size)));
                self.tally.unread += 1;
            }
            Some(Some(_)) => self.tally.unread += 1,
            // A hard link to a file that is not in the archive: its content is missing.
            Some(None) => self.missing(row, "a hard link to a file that is not in the archive"),
            None => return false,
        }
        true
    }

    fn compare(&mut self, row: &Row, body: &Body) {
        self.tally.checked += 1;
        if fits(row, body) {
            return;
        }
        let reading = body.unpacked.unwrap_or(body.stored);
        let (kind, observed) = match body.state {
            State::Broken(fault) => (
                &kinds::STORE_BLOB_GZIP,
                format!("{} bytes of broken gzip ({})", body.stored.size, fault.kind().id),
            ),
            _ if reading.size == row.size => (&kinds::STORE_BLOB_DIGEST, observed(row, &reading)),
            _ => (&kinds::STORE_BLOB_SIZE, observed(row, &reading)),
        };
        self.push(kind, row, observed);
    }

    /// No file bears the names of these rows; such with another revision may be theirs. Those with the content that a row
    /// states come first, and of the rest the one of the highest revision.
    fn without_files(&mut self, left: Vec<&Row>, sides: Sides<'_>) {
        let facts = self.view.facts;
        let mut pairs = Pairs::new(left);
        for (place, at) in sides.blobs.iter().enumerate() {
            if !self.used[place] && facts.blobs.body(*at).is_some_and(|body| pairs.take(place, &body)) {
                self.used[place] = true;
            }
        }
        let mut free = (0..sides.blobs.len()).rev();
        for (row, fitting) in pairs.finish() {
            let place = fitting.or_else(|| free.by_ref().find(|place| !self.used[*place]));
            let Some(place) = place else {
                self.missing(row, "no file");
                continue;
            };
            self.used[place] = true;
            if let Some(blob) = facts.blobs.get(sides.blobs[place]) {
                self.revised(row, blob, fitting.is_some());
            }
        }
    }

    fn revised(&mut self, row: &Row, blob: &Blob, same: bool) {
        let content = if same { "the content the row states" } else { "another content" };
        let revision = blob.revision().map_or("none".to_owned(), |revision| revision.to_string());
        self.tally.checked += u64::from(same);
        let finding = self
            .finding(&kinds::STORE_BLOB_REVISION, row)
            .observed(format!("revision {revision} with {content}"));
        let finding = if self.is_newer(blob) { finding.cause(Cause::SourceChurn) } else { finding };
        self.meaning.findings.push(finding);
    }

    fn missing(&mut self, row: &Row, observed: &str) {
        if !self.view.blobs_complete {
            self.tally.missing += 1;
            return;
        }
        let volume = self.view.facts.volumes.get(&row.volume);
        let path = volume.map_or(String::new(), |path| format!(" ({})", crate::archive::unpack::shown(path)));
        let observed = format!("{observed}; the row places it on volume {}{path}", row.volume);
        let finding = self.finding(&kinds::STORE_BLOB_MISSING, row).observed(observed);
        // A row that is younger than every file can't have its file in the copy.
        let churn = row.changed > self.view.facts.newest_blob;
        self.meaning.findings.push(if churn { finding.cause(Cause::SourceChurn) } else { finding });
    }

    fn without_row(&mut self, blob: &Blob) {
        let facts = self.view.facts;
        let mailbox = facts.mailboxes.get(blob.mailbox);
        let (rows, listed) = mailbox.map_or((0, false), |mailbox| (mailbox.rows, mailbox.listed));
        let covered = mailbox.is_some_and(|mailbox| self.dumped.contains(&group_of(blob.mailbox, mailbox)));
        if rows == 0 && !self.view.rows_complete {
            self.tally.unjudged += 1;
        } else if rows == 0 && listed && !covered {
            // Its group has a finding of its own.
        } else if self.is_newer(blob) {
            self.tally.newer += 1;
        } else if !self.view.rows_complete {
            self.tally.unjudged += 1;
        } else if covered {
            self.rowless.add_blob(blob);
        }
    }

    /// Holds for what was written after the dump: a change number, or else a time, that the dump does not know yet.
    fn is_newer(&self, blob: &Blob) -> bool {
        let facts = self.view.facts;
        let rows = facts.mailboxes.get(blob.mailbox).filter(|mailbox| mailbox.rows > 0);
        match rows.zip(blob.revision()) {
            Some((mailbox, revision)) => revision > mailbox.change,
            None => u64::from(blob.modified) > facts.newest_change,
        }
    }

    fn push(&mut self, kind: &'static Kind, row: &Row, observed: String) {
        let finding = self.finding(kind, row).observed(observed);
        self.meaning.findings.push(finding);
    }

    fn finding(&self, kind: &'static Kind, row: &Row) -> Finding {
        Finding::new(kind, self.name(row))
            .expected(expected(row))
            .remedy(kind.remedy.replace("MAILBOX", &row.mailbox.to_string()))
    }

    fn name(&self, row: &Row) -> String {
        let folder = match row.folder {
            0 => String::new(),
            folder => format!("folder {folder}, "),
        };
        format!(
            "{}: {folder}item {}, revision {}",
            name_of_mailbox(self.view.facts, row.mailbox),
            row.item,
            row.revision
        )
    }
}

pub(super) fn fits(row: &Row, body: &Body) -> bool {
    let digest = row.digest();
    body.readings().any(|reading| reading.size == row.size && reading.is(&digest))
}

fn expected(row: &Row) -> String {
    format!("{} bytes with the digest {}", row.size, row.digest())
}

fn observed(row: &Row, reading: &Content) -> String {
    format!("{} bytes with the digest {}", reading.size, reading.digest(&row.digest()))
}

pub(super) fn name_of_blob(facts: &Facts, blob: &Blob) -> String {
    let revision =
        blob.revision().map_or("without revision".to_owned(), |revision| format!("revision {revision}"));
    format!("{}: item {}, {revision}", name_of_mailbox(facts, blob.mailbox), blob.item)
}
