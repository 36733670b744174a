//! gzip as Java's `GZIPOutputStream` writes it: ten bytes that say nothing, one member.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Magic, deflate, no flags, no date, no hint, and an operating system of 0, as Java wrote it before version 16.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0];

/// Compresses `content`.
///
/// # Errors
/// None that memory does not give.
pub fn write(content: &[u8], level: Compression) -> io::Result<Vec<u8>> {
    let mut crc = Crc::new();
    crc.update(content);
    let mut packer = DeflateEncoder::new(HEADER.to_vec(), level);
    packer.write_all(content)?;
    let mut packed = packer.finish()?;
    packed.extend_from_slice(&crc.sum().to_le_bytes());
    packed.extend_from_slice(&crc.amount().to_le_bytes());
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_header_says_nothing_and_the_trailer_holds() {
        let packed = write(b"content", Compression::fast()).unwrap();
        assert_eq!(packed[..10], HEADER);
        let mut content = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut content).unwrap();
        assert_eq!(content, b"content");
    }
}
