//! The same without mailproof: with the tools that every administrator can install.

use super::target::Target;
use super::{Sight, paragraph, replaced};
use crate::policy::Store;
use crate::report::document::{Block, Section};
use crate::report::shell::Command;

/// Where the stored bytes are put.
const STORED: &str = "archive";

pub(super) fn section(sight: &Sight<'_>) -> Section {
    let words = &sight.guide.restoring;
    let target = Target::newest(sight);
    let mut blocks = vec![paragraph(words.by_hand_intro)];
    if let Some(file) = target.store().and_then(|store| store.credentials_file.as_ref()) {
        blocks.push(paragraph((words.by_hand_login)(&file.to_string_lossy())));
    }
    let passphrase = target.governing.and_then(|governing| governing.policy.keys.passphrase_file.as_ref());
    blocks.extend(passphrase.map(|file| paragraph((words.by_hand_passphrase)(&file.to_string_lossy()))));
    let stated = target.copy.is_some_and(|copy| copy.encryption.is_some() && copy.compression.is_some());
    if !stated {
        blocks.push(paragraph(words.layers_unknown));
    }
    let (fetch, stored) = fetch(&target);
    let mut commands: Vec<String> = fetch.into_iter().collect();
    commands.push("install -d -m 0700 restored/by-hand".to_owned());
    commands.push(unpack(&target, &stored));
    commands.push("(cd restored/by-hand && b3sum --check MANIFEST.b3)".to_owned());
    blocks.push(Block::Commands(commands));
    blocks.extend(replaced(sight, target.blanks().chain(target.key_by_hand())));
    blocks.push(paragraph(words.by_hand_then));
    super::section("by-hand", words.by_hand, blocks)
}

/// Brings the stored bytes here, if they are not, and says in which file they lie.
fn fetch(target: &Target<'_>) -> (Option<String>, String) {
    if target.archive.starts_with("s3://") {
        let store = target.store().cloned().unwrap_or_default();
        let command = target.named(Command::new("aws s3 cp"), &target.archive).then(STORED);
        return (Some(reached(command, &store).into()), STORED.to_owned());
    }
    (None, target.archive.strip_prefix("file://").unwrap_or(&target.archive).to_owned())
}

fn reached(command: Command, store: &Store) -> Command {
    let ca_file = store.ca_file.as_ref().map(|file| file.to_string_lossy().into_owned());
    command
        .option_if("--endpoint-url", store.endpoint.as_deref())
        .option_if("--region", store.region.as_deref())
        .option_if("--profile", store.profile.as_deref())
        .option_if("--ca-bundle", ca_file.as_deref())
}

/// Each layer that the record states; where it states none, the usual ones.
fn unpack(target: &Target<'_>, stored: &str) -> String {
    let named = |command: Command| match stored {
        STORED => command.name(stored),
        _ => target.named(command, stored),
    };
    let layer = |of: Option<&String>, usual: &str| of.map_or(usual.to_owned(), String::clone);
    let encryption = layer(target.copy.and_then(|copy| copy.encryption.as_ref()), "age");
    let compression = layer(target.copy.and_then(|copy| copy.compression.as_ref()), "zstd");
    let first = match encryption.as_str() {
        "none" => named(Command::new("cat")),
        _ => named(decrypted(target)),
    };
    let next = match compression.as_str() {
        "none" => first,
        "gzip" => first.then("| gzip -d"),
        _ => window(target, first.then("| zstd -d")),
    };
    next.then("| tar -x -C restored/by-hand").into()
}

fn decrypted(target: &Target<'_>) -> Command {
    let identities = target.governing.map_or(&[][..], |governing| &governing.policy.keys.identities);
    let command = identities
        .iter()
        .fold(Command::new("age -d"), |command, file| command.option("-i", &file.to_string_lossy()));
    match target.key_by_hand() {
        Some(key) => command.blank_option("-i", key),
        None => command,
    }
}

/// `zstd` refuses a window above 128 MiB unless it is told of it.
fn window(target: &Target<'_>, command: Command) -> Command {
    let window = target.governing.map_or(0, |governing| governing.policy.limits.window_mib);
    match window > 128 {
        true => command.then("--long=31"),
        false => command,
    }
}
