//! How mail comes back: one message, one folder, one mailbox, everything; each by whole commands.

use super::plan::Row;
use super::target::{ADDRESS, Target, file_name, has_pseudonym};
use super::{Sight, paragraph, section};
use crate::policy::Live;
use crate::report::document::{Block, Section};
use crate::report::shell::Command;

/// Archives for which a command is written.
const MOST: usize = 40;
/// Mailboxes that are named in one command.
const MOST_NAMED: usize = 20;
/// Words that stand for what nobody knows beforehand.
const QUERY: &str = "from:SENDER subject:WORD after:2026-01-01";
const MESSAGE_ID: &str = "MESSAGE-ID";
const FOLDER: &str = "/Inbox";

/// The mailbox that commands are shown for, and the archives that bring it back.
struct Example<'a> {
    account: String,
    targets: Vec<Target<'a>>,
}

pub(super) fn preparation(sight: &Sight<'_>) -> Section {
    let (words, target) = (&sight.guide.restoring, Target::newest(sight));
    let mut blocks = vec![
        paragraph(words.prepare_intro),
        Block::Commands(vec!["install -d -m 0700 restored".to_owned()]),
        paragraph(words.prepare_then),
        Block::Commands(vec![
            target.under_policy("mailproof doctor").into(),
            target.under_policy("mailproof list").into(),
            target.command("mailproof show").then("--folders").into(),
        ]),
    ];
    if !target.real {
        blocks.push(paragraph(words.placeholder));
    }
    section("prepare", words.prepare, blocks)
}

pub(super) fn sections(sight: &Sight<'_>) -> Vec<Section> {
    let words = &sight.guide.restoring;
    let example = Example::of(sight);
    let [message, folder, account, everything] = words.titles;
    vec![
        section("restore-message", message, self::message(sight, &example)),
        section("restore-folder", folder, self::folder(sight, &example)),
        section("restore-mailbox", account, self::account(sight, &example)),
        section("restore-everything", everything, self::everything(sight)),
    ]
}

impl<'a> Example<'a> {
    /// A mailbox of the newest proven archive.
    fn of(sight: &'a Sight<'_>) -> Self {
        let row = sight.plans.newest();
        let name = row.and_then(|row| row.accounts.iter().find(|account| !has_pseudonym(account)));
        let rows: Vec<&Row> = match (name, row) {
            (Some(name), _) => sight.plans.of_account(name).collect(),
            (None, row) => row.into_iter().collect(),
        };
        let mut targets: Vec<Target<'a>> = rows.into_iter().map(|row| Target::of(sight, row)).collect();
        if targets.is_empty() {
            targets.push(Target::newest(sight));
        }
        Self { account: name.map_or(ADDRESS.to_owned(), String::clone), targets }
    }

    /// One command for each archive; where a file is made, its name has the archive's number.
    fn commands(&self, more: impl Fn(Command) -> Command, to: &str, ending: &str) -> Vec<String> {
        let several = self.targets.len() > 1 && !ending.is_empty();
        let each = self.targets.iter().enumerate().map(|(place, target)| {
            let number = if several { format!("-{}", place + 1) } else { String::new() };
            let command = target.command("mailproof restore").option("--account", &self.account);
            more(command).option("--to", &format!("{to}{number}{ending}")).into()
        });
        each.collect()
    }

    /// The same into a mail server.
    fn server_commands(&self, sight: &Sight<'_>, more: impl Fn(Command) -> Command) -> Vec<String> {
        let live = self.targets.first().and_then(|target| target.governing?.policy.live.as_ref());
        let live =
            live.or_else(|| sight.question.policies.iter().find_map(|policy| policy.policy.live.as_ref()));
        let (server, known) = server(live);
        let commands = self.targets.iter().map(|target| {
            let command = target.command("mailproof restore").option("--account", &self.account);
            let command = more(command).option("--to", &server);
            let same = target.governing.and_then(|governing| governing.policy.live.as_ref());
            match known && same.is_some_and(|same| live.is_some_and(|live| live.url == same.url)) {
                true => command.into(),
                false => command.option("--user", "ADMIN").option("--password-file", "PASSWORD-FILE").into(),
            }
        });
        commands.collect()
    }

    fn replaced(&self, sight: &Sight<'_>, words: &[&str]) -> Block {
        let archive = self.targets.iter().any(|target| !target.real).then_some("ARCHIVE");
        let all: Vec<&str> =
            archive.into_iter().chain([self.account.as_str()]).chain(words.iter().copied()).collect();
        paragraph((sight.guide.restoring.replace)(&all.join(", ")))
    }
}

/// The folder `Restored` on the mail server that the policy names, and whether it names one.
fn server(live: Option<&Live>) -> (String, bool) {
    let url = live.map(|live| live.url.trim_end_matches('/')).filter(|url| !url.starts_with("maildir:"));
    (format!("{}/Restored", url.unwrap_or("imaps://MAILSERVER")), url.is_some())
}

fn message(sight: &Sight<'_>, example: &Example<'_>) -> Vec<Block> {
    let words = &sight.guide.restoring;
    let to = format!("restored/{}", file_name(&example.account));
    let by_words = example.commands(|command| command.option("--query", QUERY), &format!("{to}-found"), "");
    let by_id = |command: Command| command.option("--message-id", MESSAGE_ID);
    vec![
        paragraph(words.intros[0]),
        Block::Commands([by_words, example.commands(by_id, &format!("{to}-message"), "")].concat()),
        paragraph(words.tgz),
        Block::Commands(example.commands(by_id, &format!("{to}-message"), ".tgz")),
        paragraph(words.server),
        Block::Commands(example.server_commands(sight, by_id)),
        example.replaced(sight, &["SENDER", "WORD", "2026-01-01", MESSAGE_ID]),
    ]
}

fn folder(sight: &Sight<'_>, example: &Example<'_>) -> Vec<Block> {
    let words = &sight.guide.restoring;
    let to = format!("restored/{}-folder", file_name(&example.account));
    let of_folder = |command: Command| command.option("--folder", FOLDER);
    let messages = |command: Command| of_folder(command).then("--kind message");
    vec![
        paragraph(words.intros[1]),
        paragraph(words.maildir),
        Block::Commands(example.commands(messages, &to, "")),
        paragraph(words.tgz),
        Block::Commands(example.commands(of_folder, &to, ".tgz")),
        paragraph(words.server),
        Block::Commands(example.server_commands(sight, messages)),
        example.replaced(sight, &[FOLDER]),
    ]
}

fn account(sight: &Sight<'_>, example: &Example<'_>) -> Vec<Block> {
    let words = &sight.guide.restoring;
    let to = format!("restored/{}", file_name(&example.account));
    let messages = |command: Command| command.then("--kind message");
    let mut blocks = vec![paragraph(words.intros[2])];
    if example.targets.len() > 1 {
        blocks.push(paragraph(words.several));
    }
    blocks.extend([
        paragraph(words.tgz),
        Block::Commands(example.commands(|command| command, &to, ".tgz")),
        paragraph(words.import),
        Block::Commands(imports(example, &to)),
        paragraph(words.server),
        Block::Commands(example.server_commands(sight, messages)),
        paragraph(words.maildir),
        Block::Commands(example.commands(messages, &to, "")),
        example.replaced(sight, &[]),
    ]);
    blocks
}

fn imports(example: &Example<'_>, to: &str) -> Vec<String> {
    let several = example.targets.len() > 1;
    let import = |place: usize| {
        let file = if several { format!("{to}-{}.tgz", place + 1) } else { format!("{to}.tgz") };
        let command = Command::new("zmmailbox -z -t 0").option("-m", &example.account);
        command.then("postRestURL '//?fmt=tgz&resolve=skip'").name(&file).into()
    };
    (0..example.targets.len()).map(import).collect()
}

fn everything(sight: &Sight<'_>) -> Vec<Block> {
    let words = &sight.guide.restoring;
    let rows = &sight.plans.rows;
    let mut sources: Vec<Command> = rows.iter().take(MOST).map(|row| source(sight, row)).collect();
    if sources.is_empty() {
        sources.push(Target::newest(sight).command("mailproof restore").then("--all-accounts"));
    }
    let more = rows.len().saturating_sub(MOST) as u64;
    let tgz = sources.iter().cloned().zip(1_usize..);
    let tgz = tgz
        .map(|(source, number)| source.option("--to", &format!("restored/everything-{number}.tgz")).into());
    let mut blocks = vec![paragraph(words.intros[3]), paragraph(words.tgz), Block::Commands(tgz.collect())];
    let maildir = sources.iter().cloned().zip(1_usize..);
    // Of several accounts each has a Maildir of its own in the folder, where what changed since finds it again.
    let maildir = maildir.map(|(source, number)| {
        let one = rows.get(number - 1).is_some_and(|row| takes_one(sight, row));
        let to = if one { format!("restored/everything-{number}") } else { "restored/everything".to_owned() };
        source.option("--to", &to).then("--kind message").into()
    });
    blocks.extend([paragraph(words.maildir), Block::Commands(maildir.collect())]);
    if more > 0 {
        blocks.push(paragraph((words.more)(sight.language, more)));
    }
    blocks.push(paragraph(words.one_by_one));
    blocks
}

fn takes_all(sight: &Sight<'_>, row: &Row) -> bool {
    let accounts = row.accounts.len();
    accounts >= sight.matter.copies[row.copy].accounts || row.is_veiled() || accounts > MOST_NAMED
}

fn takes_one(sight: &Sight<'_>, row: &Row) -> bool {
    row.accounts.len() == 1 && !takes_all(sight, row)
}

/// All mailboxes of an archive; where other archives have better ones of some, only those that are taken from it.
fn source(sight: &Sight<'_>, row: &Row) -> Command {
    let target = Target::of(sight, row);
    let command = target.command("mailproof restore");
    let accounts = &row.accounts;
    match takes_all(sight, row) {
        true => command.then("--all-accounts"),
        false => accounts.iter().fold(command, |command, account| command.option("--account", account)),
    }
}
