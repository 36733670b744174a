//! How everything comes back: one command for each archive that is needed.

use super::plan::Row;
use super::target::Target;
use super::{Sight, paragraph, replaced};
use crate::report::document::Block;
use crate::report::shell::Command;

/// Archives for which a command is written.
const MOST: usize = 40;
/// Mailboxes that are named in one command.
const MOST_NAMED: usize = 20;

/// What one command brings back.
struct Source<'a> {
    target: Target<'a>,
    /// Whose mail; none where it is that of all in the archive.
    accounts: &'a [String],
    /// Its place in the order, from 1.
    number: usize,
}

pub(super) fn blocks(sight: &Sight<'_>) -> Vec<Block> {
    let words = &sight.guide.restoring;
    let sources = sources(sight);
    let mut blocks = vec![
        paragraph(words.intros[3]),
        paragraph(words.tgz),
        each(&sources, Source::export),
        paragraph(words.import_all),
        each(&sources, Source::import),
        paragraph(words.maildir),
        each(&sources, Source::maildir),
    ];
    let more = sight.plans.rows.len().saturating_sub(MOST) as u64;
    if more > 0 {
        blocks.push(paragraph((words.more)(sight.language, more)));
    }
    blocks.extend(replaced(sight, sources.iter().flat_map(|source| source.target.blanks())));
    blocks.push(paragraph(words.one_by_one));
    blocks
}

fn each<'a>(sources: &'a [Source<'a>], command: impl Fn(&Source<'a>) -> Command) -> Block {
    Block::Commands(sources.iter().map(|source| command(source).into()).collect())
}

/// The archives in their order; where none is proven, one that stands for those that will be found.
fn sources<'a>(sight: &'a Sight<'_>) -> Vec<Source<'a>> {
    let rows = sight.plans.rows.iter().take(MOST).zip(1..);
    let mut sources: Vec<Source<'_>> = rows
        .map(|(row, number)| Source { target: Target::of(sight, row), accounts: named(sight, row), number })
        .collect();
    if sources.is_empty() {
        sources.push(Source { target: Target::newest(sight), accounts: &[], number: 1 });
    }
    sources
}

/// Where other archives have better ones of some mailboxes, only those that are taken from this one.
fn named<'a>(sight: &Sight<'_>, row: &'a Row) -> &'a [String] {
    let accounts = row.accounts.len();
    let all = accounts >= sight.matter.copies[row.copy].accounts || row.is_veiled() || accounts > MOST_NAMED;
    if all { &[] } else { &row.accounts }
}

impl Source<'_> {
    fn restore(&self) -> Command {
        let command = self.target.command("mailproof restore");
        match self.accounts {
            [] => command.then("--all-accounts"),
            accounts => {
                accounts.iter().fold(command, |command, account| command.option("--account", account))
            }
        }
    }

    fn export(&self) -> Command {
        self.restore().option("--to", &self.export_name())
    }

    /// A file of one mailbox; of several a folder with a file for each.
    fn export_name(&self) -> String {
        format!("restored/everything-{}.tgz", self.number)
    }

    fn import(&self) -> Command {
        match self.accounts {
            [one] => import(Command::new("zmmailbox -z -t 0").option("-m", one)).name(&self.export_name()),
            // Each file has the name of its mailbox.
            _ => {
                let each = Command::new("(cd").name(&self.export_name());
                let each = each.then("&& for file in *.tgz; do zmmailbox -z -t 0 -m \"${file%.tgz}\"");
                import(each).then("\"$file\"; done)")
            }
        }
    }

    /// Of several accounts each has a Maildir of its own in the folder, where what changed since finds it again.
    fn maildir(&self) -> Command {
        let to = match self.accounts {
            [_] => format!("restored/everything-{}", self.number),
            _ => "restored/everything".to_owned(),
        };
        self.restore().option("--to", &to).then("--kind message")
    }
}

/// Goes on with what Zimbra imports; the file comes behind it.
pub(super) fn import(command: Command) -> Command {
    command.then("postRestURL '//?fmt=tgz&resolve=skip'")
}
