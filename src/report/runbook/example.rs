//! A mailbox that commands are shown for, and what whoever restores another one writes in its place.

use super::plan::Row;
use super::target::{ADDRESS, Target, has_pseudonym};
use super::{Sight, paragraph, replaced};
use crate::policy::Live;
use crate::report::document::Block;
use crate::report::shell::Command;

/// Words that stand for what no policy names.
const MAIL_SERVER: &str = "MAILSERVER";
const ADMINISTRATOR: &str = "ADMIN";
const PASSWORD_FILE: &str = "PASSWORD-FILE";

/// The mailbox, and the archives that bring it back.
pub(super) struct Example<'a> {
    pub account: String,
    pub targets: Vec<Target<'a>>,
    live: Option<&'a Live>,
}

impl<'a> Example<'a> {
    /// A mailbox of the newest proven archive.
    pub fn of(sight: &'a Sight<'_>) -> Self {
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
        let own = targets.first().and_then(|target| target.governing?.policy.live.as_ref());
        let live =
            own.or_else(|| sight.question.policies.iter().find_map(|policy| policy.policy.live.as_ref()));
        let live = live.filter(|live| !live.url.starts_with("maildir:"));
        Self { account: name.map_or(ADDRESS.to_owned(), String::clone), targets, live }
    }

    /// Several archives bring it back, one after the other.
    pub fn is_in_parts(&self) -> bool {
        self.targets.len() > 1
    }

    /// For whom the commands are written.
    pub fn told(&self, sight: &Sight<'_>) -> Block {
        paragraph((sight.guide.restoring.example)((self.account != ADDRESS).then_some(&self.account)))
    }

    /// One command for each archive; where a file is made, its name has the archive's number.
    pub fn commands(&self, more: impl Fn(Command) -> Command, to: &str, ending: &str) -> Vec<String> {
        let several = self.is_in_parts() && !ending.is_empty();
        let each = self.targets.iter().enumerate().map(|(place, target)| {
            let number = if several { format!("-{}", place + 1) } else { String::new() };
            more(self.restore(target)).option("--to", &format!("{to}{number}{ending}")).into()
        });
        each.collect()
    }

    fn restore(&self, target: &Target<'_>) -> Command {
        target.open("mailproof restore").blank(&target.archive).blank_option("--account", &self.account)
    }

    /// The same into a mail server.
    pub fn server_commands(&self, more: impl Fn(Command) -> Command) -> Vec<String> {
        let url = self.live.map_or("imaps://", |live| live.url.trim_end_matches('/'));
        let name = if self.live.is_some() { "" } else { MAIL_SERVER };
        let server = format!("{url}{name}/Restored");
        let commands = self.targets.iter().map(|target| {
            let command = more(self.restore(target));
            match self.logs_in(target) {
                true => command.option("--to", &server).into(),
                false => command
                    .blank_option("--to", &server)
                    .blank_option("--user", ADMINISTRATOR)
                    .blank_option("--password-file", PASSWORD_FILE)
                    .into(),
            }
        });
        commands.collect()
    }

    /// The policy of the archive says who logs in to that mail server.
    fn logs_in(&self, target: &Target<'_>) -> bool {
        let same = target.governing.and_then(|governing| governing.policy.live.as_ref());
        same.zip(self.live).is_some_and(|(same, live)| same.url == live.url)
    }

    /// What the reader replaces in these commands, `words` among it.
    pub fn replaced<'w>(&'w self, sight: &Sight<'_>, words: &[&'w str]) -> Option<Block> {
        let unknown = self.targets.iter().flat_map(Target::blanks);
        let nameless = self.live.is_none().then_some(MAIL_SERVER);
        let without_login = !self.targets.iter().all(|target| self.logs_in(target));
        let login = [ADMINISTRATOR, PASSWORD_FILE].into_iter().filter(|_| without_login);
        let own = [self.account.as_str()].into_iter().chain(words.iter().copied());
        replaced(sight, unknown.chain(own).chain(nameless).chain(login))
    }
}
