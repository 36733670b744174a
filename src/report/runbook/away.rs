//! The way around a store that does not answer: the same object from elsewhere.

use super::target::{ADDRESS, Target};
use super::{Sight, paragraph, replaced};
use crate::policy::Store;
use crate::report::document::Block;
use crate::report::shell::Command;

/// What stands for a file that was brought here.
const COPY: &str = "COPY-OF-THE-ARCHIVE";

pub(super) fn blocks(sight: &Sight<'_>, target: &Target<'_>) -> Vec<Block> {
    let words = &sight.guide.restoring;
    let restore = || target.open("mailproof restore");
    let whose = |command: Command| command.blank_option("--account", ADDRESS).then("--to restored/copy.tgz");
    let mut commands = vec![String::from(whose(restore().blank(COPY)))];
    let replicas = target.governing.map_or(&[][..], |governing| &governing.policy.replica);
    let there = replicas.iter().map(|replica| {
        let command = reached(restore(), replica);
        String::from(whose(command.blank(&format!("{}{}", replica.url, key(target)))))
    });
    commands.extend(there);
    let blanks = replaced(sight, target.blanks().chain([COPY, ADDRESS]));
    [paragraph(words.away), Block::Commands(commands)].into_iter().chain(blanks).collect()
}

/// The archive's key below its store, the same in every replica.
fn key<'a>(target: &'a Target<'_>) -> &'a str {
    let url = target.store().map_or("", |store| &store.url);
    target.archive.strip_prefix(url).unwrap_or(&target.archive).trim_start_matches('/')
}

/// What the command line says of a store in place of the policy's.
fn reached(command: Command, store: &Store) -> Command {
    let path =
        |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
    command
        .option_if("--endpoint", store.endpoint.as_deref())
        .option_if("--region", store.region.as_deref())
        .option_if("--profile", store.profile.as_deref())
        .option_if("--ca-file", path(&store.ca_file).as_deref())
        .option_if("--credentials-file", path(&store.credentials_file).as_deref())
}
