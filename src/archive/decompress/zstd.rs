//! zstd (RFC 8878): frame after frame.

use zstd_safe::zstd_sys::ZSTD_ErrorCode as Code;
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use super::frame::{self, Header, Next};
use super::outlet::Outlet;
use super::{Compression, Finding, Findings, PipeReader, Stop, kinds, name_of};
use crate::archive::ArchiveError;
use crate::verdict::Kind;

/// The decoder's own limits, as powers of two.
const WINDOW_LOG: std::ops::RangeInclusive<u32> = 10..=31;

struct Decoder<'a, 'b> {
    context: DCtx<'static>,
    input: &'a mut PipeReader<Vec<u8>>,
    outlet: &'a mut Outlet<'b>,
    findings: &'a mut Findings,
    frames: u64,
    checksummed: u64,
    skippable: u64,
}

/// Decodes all frames; `magic` was read already.
pub(super) fn run(
    magic: [u8; 4],
    input: &mut PipeReader<Vec<u8>>,
    outlet: &mut Outlet<'_>,
    findings: &mut Findings,
) -> Result<Compression, Stop> {
    let context = context(outlet.limits().window_mib)?;
    let mut decoder = Decoder { context, input, outlet, findings, frames: 0, checksummed: 0, skippable: 0 };
    let mut next = frame::read_behind(magic, decoder.input)?;
    while decoder.take(next)? {
        next = frame::read(decoder.input)?;
    }
    let Decoder { frames, checksummed, skippable, .. } = decoder;
    Ok(Compression::Zstd { frames, checksummed, skippable })
}

fn context(window_mib: u32) -> Result<DCtx<'static>, Stop> {
    let window = u64::from(window_mib) << 20;
    let log = window.next_power_of_two().ilog2().clamp(*WINDOW_LOG.start(), *WINDOW_LOG.end());
    let mut context = DCtx::try_create().ok_or_else(|| no_memory("no zstd decoder"))?;
    context
        .set_parameter(DParameter::WindowLogMax(log))
        .map_err(|code| no_memory(zstd_safe::get_error_name(code)))?;
    Ok(context)
}

fn no_memory(what: &str) -> Stop {
    Stop::Error(ArchiveError::Decoder(what.to_owned()))
}

impl Decoder<'_, '_> {
    /// Takes what stands at a frame boundary; `false` at the end.
    fn take(&mut self, next: Next) -> Result<bool, Stop> {
        match next {
            Next::End => return Ok(false),
            Next::Frame(header) => self.frame(&header)?,
            Next::Skippable(size) => self.skip(u64::from(size))?,
            Next::Cut => return Err(self.truncated()),
            Next::Other(start) => return Err(self.trailing(&start)),
        }
        Ok(true)
    }

    fn frame(&mut self, header: &Header) -> Result<(), Stop> {
        self.frames += 1;
        self.checksummed += u64::from(header.has_checksum());
        self.judge(header)?;
        self.feed(header.bytes(), self.input.position())?;
        loop {
            let position = self.input.position();
            // The bytes stay borrowed from the pipe while they are decoded, so the rest is lent apart.
            let Self { context, input, outlet, findings, .. } = self;
            let bytes = input.fill()?;
            if bytes.is_empty() {
                return Err(self.truncated());
            }
            let step = step(context, bytes, position, outlet, findings)?;
            match step {
                Step::Fault(code) => return Err(self.fault(code, position)),
                Step::More => {
                    let amount = bytes.len();
                    input.advance(amount);
                }
                Step::Done(used) => {
                    input.advance(used);
                    return Ok(());
                }
            }
        }
    }

    /// Gives the decoder the header, which yields nothing yet.
    fn feed(&mut self, header: &[u8], position: u64) -> Result<(), Stop> {
        match step(&mut self.context, header, position, self.outlet, self.findings)? {
            Step::Fault(code) => Err(self.fault(code, position)),
            _ => Ok(()),
        }
    }

    fn judge(&mut self, header: &Header) -> Result<(), Stop> {
        let most = u64::from(self.outlet.limits().window_mib) << 20;
        if header.window() > most {
            let finding = self
                .finding(&kinds::ZSTD_WINDOW_TOO_LARGE)
                .expected(format!("a window of at most {most} bytes"))
                .observed(format!("a window of {} bytes", header.window()));
            return Err(self.outlet.give_up(self.findings, finding));
        }
        if header.dictionary() != 0 {
            let finding = self
                .finding(&kinds::ZSTD_DICTIONARY_NEEDED)
                .expected("no dictionary")
                .observed(format!("dictionary {}", header.dictionary()));
            return Err(self.outlet.give_up(self.findings, finding));
        }
        Ok(())
    }

    fn skip(&mut self, size: u64) -> Result<(), Stop> {
        self.skippable += 1;
        let mut left = size;
        while left > 0 {
            let bytes = self.input.fill()?;
            if bytes.is_empty() {
                return Err(self.truncated());
            }
            let amount = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
            self.input.advance(amount);
            left -= amount as u64;
        }
        Ok(())
    }

    fn finding(&self, kind: &'static Kind) -> Finding {
        Finding::new(kind, format!("zstd frame {}", self.frames + self.skippable))
    }

    fn truncated(&mut self) -> Stop {
        let finding = self
            .finding(&kinds::ZSTD_TRUNCATED)
            .expected("the end of the frame")
            .observed(format!("the end of the stream after {} bytes", self.input.position()));
        self.outlet.give_up(self.findings, finding)
    }

    fn trailing(&mut self, start: &[u8]) -> Stop {
        let what = name_of(start).map_or_else(|| format!("bytes {start:02x?}"), str::to_owned);
        let at = self.input.position() - start.len() as u64;
        let finding = Finding::new(&kinds::ZSTD_TRAILING_DATA, "zstd stream")
            .expected("another frame or the end")
            .observed(format!("{what} at byte {at}"));
        self.outlet.give_up(self.findings, finding)
    }

    /// Tells the decoder's errors apart by their code.
    fn fault(&mut self, code: usize, position: u64) -> Stop {
        let is = |kind| zstd_safe::is_error_kind(code, kind);
        let name = zstd_safe::get_error_name(code);
        if is(Code::ZSTD_error_memory_allocation) {
            return no_memory(name);
        }
        let (kind, expected) = if is(Code::ZSTD_error_checksum_wrong) {
            (&kinds::ZSTD_CHECKSUM_MISMATCH, "content that matches the frame's checksum")
        } else if is(Code::ZSTD_error_dictionary_wrong) {
            (&kinds::ZSTD_DICTIONARY_NEEDED, "no dictionary")
        } else if is(Code::ZSTD_error_frameParameter_windowTooLarge) {
            (&kinds::ZSTD_WINDOW_TOO_LARGE, "a window the decoder can hold")
        } else {
            (&kinds::ZSTD_CORRUPT, "a frame that can be decoded")
        };
        let observed = format!("{name} at or behind byte {position}");
        let finding = self.finding(kind).expected(expected).observed(observed);
        self.outlet.give_up(self.findings, finding)
    }
}

/// How a piece of a frame was decoded.
enum Step {
    /// All of it was used and the frame goes on.
    More,
    /// The frame ended after so many of its bytes.
    Done(usize),
    /// The decoder's error code.
    Fault(usize),
}

/// Decodes `bytes`, which stand at `position`, straight into the outlet's buffers.
fn step(
    context: &mut DCtx<'_>,
    bytes: &[u8],
    position: u64,
    outlet: &mut Outlet<'_>,
    findings: &mut Findings,
) -> Result<Step, Stop> {
    let mut source = InBuffer::around(bytes);
    loop {
        let room = outlet.room()?;
        let before = room.len();
        let result = context.decompress_stream(&mut OutBuffer::around_pos(room, before), &mut source);
        let added = room.len() - before;
        outlet.count(added, position + source.pos() as u64, findings)?;
        match result {
            Err(code) => return Ok(Step::Fault(code)),
            Ok(0) => return Ok(Step::Done(source.pos())),
            // The buffer is full. A frame's last byte is not used before all its output is out.
            Ok(_) if source.pos() < bytes.len() => {}
            Ok(_) => return Ok(Step::More),
        }
    }
}
