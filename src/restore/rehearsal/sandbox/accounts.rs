use std::collections::VecDeque;

use crate::policy::Rehearsal;
use crate::restore::{KnownFolder, Place, PlaceError, Put, Recovered, Settled};

/// Places that may be open at a time: each may keep a connection, and with more than there may be the next waits for ever.
pub(super) fn most_open(rules: &Rehearsal) -> usize {
    usize::try_from(rules.server().connections).map_or(usize::MAX, |connections| connections.max(1))
}

/// Opens the place of an account.
type Opening<'a> = Box<dyn FnMut(&str) -> Result<Box<dyn Place + 'a>, PlaceError> + Send + 'a>;

/// A place for each account of an archive; those that were used least lately are closed when others come.
pub(super) struct Accounts<'a> {
    most_open: usize,
    opening: Opening<'a>,
    open: VecDeque<(Box<str>, Box<dyn Place + 'a>)>,
    answers: Vec<Settled>,
}

impl<'a> Accounts<'a> {
    pub(super) fn new(
        most_open: usize,
        opening: impl FnMut(&str) -> Result<Box<dyn Place + 'a>, PlaceError> + Send + 'a,
    ) -> Self {
        Self { most_open, opening: Box::new(opening), open: VecDeque::new(), answers: Vec::new() }
    }

    fn of(&mut self, account: &str) -> Result<&mut (dyn Place + 'a), PlaceError> {
        let known = self.open.iter().position(|(open, _)| **open == *account);
        let entry = match known.and_then(|place| self.open.remove(place)) {
            Some(entry) => entry,
            None => {
                if self.open.len() >= self.most_open
                    && let Some((_, mut oldest)) = self.open.pop_front()
                {
                    oldest.finish()?;
                    self.answers.append(&mut oldest.settled());
                }
                (account.into(), (self.opening)(account)?)
            }
        };
        self.open.push_back(entry);
        match self.open.back_mut() {
            Some((_, newest)) => Ok(&mut **newest),
            None => Err(PlaceError("no place for an account; report this".to_owned())),
        }
    }
}

impl Place for Accounts<'_> {
    fn folder(&mut self, known: &KnownFolder<'_>) -> Result<(), PlaceError> {
        self.of(known.account)?.folder(known)
    }

    fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError> {
        self.of(item.account)?.put(item)
    }

    fn finish(&mut self) -> Result<(), PlaceError> {
        self.open.iter_mut().try_for_each(|(_, place)| place.finish())
    }

    fn settled(&mut self) -> Vec<Settled> {
        let mut answers = std::mem::take(&mut self.answers);
        answers.extend(self.open.iter_mut().flat_map(|(_, place)| place.settled()));
        answers
    }
}
