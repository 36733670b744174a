//! How mail comes back: one message, one folder, one mailbox, everything; each by whole commands.

use super::everything::{self, import};
use super::example::Example;
use super::target::{Target, file_name};
use super::{Sight, away, paragraph, section};
use crate::report::document::{Block, Section};
use crate::report::shell::Command;

/// Words that stand for what nobody knows beforehand.
const QUERY: &str = "from:SENDER subject:WORD after:2026-01-01";
const MESSAGE_ID: &str = "MESSAGE-ID";
const FOLDER: &str = "/Inbox";

pub(super) fn preparation(sight: &Sight<'_>) -> Section {
    let (words, target) = (&sight.guide.restoring, Target::newest(sight));
    let mut blocks = vec![
        paragraph(words.prepare_intro),
        Block::Commands(vec!["install -d -m 0700 restored".to_owned()]),
        paragraph(words.prepare_then),
        Block::Commands(vec![
            target.open("mailproof doctor").into(),
            target.under_policy("mailproof list").into(),
            target.command("mailproof show").then("--folders").into(),
        ]),
    ];
    if !target.real {
        blocks.push(paragraph(words.placeholder));
    }
    if target.keyless() {
        blocks.push(paragraph(words.keyless));
    }
    blocks.extend(away::blocks(sight, &target));
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
        section("restore-everything", everything, everything::blocks(sight)),
    ]
}

fn message(sight: &Sight<'_>, example: &Example<'_>) -> Vec<Block> {
    let words = &sight.guide.restoring;
    let to = format!("restored/{}", file_name(&example.account));
    let by_words =
        example.commands(|command| command.blank_option("--query", QUERY), &format!("{to}-found"), "");
    let by_id = |command: Command| command.blank_option("--message-id", MESSAGE_ID);
    let mut blocks = vec![
        example.told(sight),
        paragraph(words.intros[0]),
        Block::Commands([by_words, example.commands(by_id, &format!("{to}-message"), "")].concat()),
        paragraph(words.tgz),
        Block::Commands(example.commands(by_id, &format!("{to}-message"), ".tgz")),
        paragraph(words.server),
        Block::Commands(example.server_commands(by_id)),
    ];
    blocks.extend(example.replaced(sight, &["SENDER", "WORD", "2026-01-01", MESSAGE_ID]));
    blocks
}

fn folder(sight: &Sight<'_>, example: &Example<'_>) -> Vec<Block> {
    let words = &sight.guide.restoring;
    let to = format!("restored/{}-folder", file_name(&example.account));
    let of_folder = |command: Command| command.blank_option("--folder", FOLDER);
    let messages = |command: Command| of_folder(command).then("--kind message");
    let mut blocks = vec![
        example.told(sight),
        paragraph(words.intros[1]),
        paragraph(words.maildir),
        Block::Commands(example.commands(messages, &to, "")),
        paragraph(words.tgz),
        Block::Commands(example.commands(of_folder, &to, ".tgz")),
        paragraph(words.server),
        Block::Commands(example.server_commands(messages)),
    ];
    blocks.extend(example.replaced(sight, &[FOLDER]));
    blocks
}

fn account(sight: &Sight<'_>, example: &Example<'_>) -> Vec<Block> {
    let words = &sight.guide.restoring;
    let to = format!("restored/{}", file_name(&example.account));
    let messages = |command: Command| command.then("--kind message");
    let mut blocks = vec![example.told(sight), paragraph(words.intros[2])];
    if example.is_in_parts() {
        blocks.push(paragraph(words.several));
    }
    blocks.extend([
        paragraph(words.tgz),
        Block::Commands(example.commands(|command| command, &to, ".tgz")),
        paragraph(words.import),
        Block::Commands(imports(example, &to)),
        paragraph(words.server),
        Block::Commands(example.server_commands(messages)),
        paragraph(words.maildir),
        Block::Commands(example.commands(messages, &to, "")),
    ]);
    blocks.extend(example.replaced(sight, &[]));
    blocks
}

fn imports(example: &Example<'_>, to: &str) -> Vec<String> {
    let import_of = |place: usize| {
        let number = if example.is_in_parts() { format!("-{}", place + 1) } else { String::new() };
        let command = Command::new("zmmailbox -z -t 0").blank_option("-m", &example.account);
        import(command).name(&format!("{to}{number}.tgz")).into()
    };
    (0..example.targets.len()).map(import_of).collect()
}
