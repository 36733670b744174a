//! Time stamps: each is held to its record's bytes, to its own signature, and to the authorities that the auditor trusts.

use jiff::{SignedDuration, Timestamp};

use super::reason::{self, Fault, Reason, Stop};
use super::result::{TimeStamps, Vouching};
use super::walk::PLAUSIBLE;
use crate::evidence::folder;
use crate::evidence::place::Place;
use crate::evidence::record::StampState;
use crate::evidence::stamp::{Authorities, Token};
use crate::evidence::statement::Statement;

/// How far one clock of an authority is behind the other: they answer from several machines.
const APART: SignedDuration = SignedDuration::from_secs(1);

/// What is known of time stamps so far.
#[derive(Debug)]
pub(super) struct Stamps<'a> {
    place: &'a dyn Place,
    /// Whom the auditor trusts to vouch for an authority; without them nobody does.
    authorities: Option<&'a Authorities>,
    /// The record before that has a stamp, and its time.
    before: Option<(u64, Timestamp)>,
    pub seen: TimeStamps,
    pub warnings: Vec<String>,
}

impl<'a> Stamps<'a> {
    pub fn new(place: &'a dyn Place, authorities: Option<&'a Authorities>) -> Self {
        let vouching = if authorities.is_some() { Vouching::Authorities } else { Vouching::Nobody };
        let seen = TimeStamps { stamped: 0, missing: 0, without: 0, vouching };
        Self { place, authorities, before: None, seen, warnings: Vec::new() }
    }

    /// Judges what lies beside the record of this number and these bytes.
    pub fn judge(&mut self, number: u64, bytes: &[u8], statement: &Statement) -> Result<(), Stop> {
        match statement.time_stamp {
            None => self.seen.without += 1,
            Some(StampState::Missing) => self.seen.missing += 1,
            Some(StampState::Stamped) => {
                let time = self.time(number, bytes)?;
                self.seen.stamped += 1;
                self.watch_clock(number, time, statement.finished);
            }
        }
        Ok(())
    }

    /// The time of the stamp, if that holds.
    fn time(&self, number: u64, bytes: &[u8]) -> Result<Timestamp, Stop> {
        let name = folder::stamp_of(number);
        let fault = |why: String| Fault::new(Reason::TimeStamp, format!("{name}: {why}"));
        let answer = reason::read(self.place, &name, Reason::TimeStamp)?;
        let token = Token::read(&answer).map_err(fault)?;
        if !token.is_of(bytes) {
            return Err(fault("it is the time stamp of other bytes".to_owned()).into());
        }
        let checked = match self.authorities {
            Some(authorities) => token.check_by(authorities),
            None => token.check(),
        };
        checked.map_err(fault)?;
        Ok(token.time())
    }

    fn watch_clock(&mut self, number: u64, time: Timestamp, finished: Timestamp) {
        if time.duration_since(finished).abs() > PLAUSIBLE {
            self.warnings.push(format!(
                "record {number} says that it ended at {finished}, and its time stamp is of {time}; look at the machine's clock"
            ));
        }
        if let Some((before, earlier)) = self.before
            && earlier.duration_since(time) > APART
        {
            self.warnings.push(format!(
                "record {number} has a time stamp of {time}, and record {before} ahead of it one of {earlier}; ask the authority about its clocks"
            ));
        }
        self.before = Some((number, time));
    }
}
