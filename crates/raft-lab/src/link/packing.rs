//! Links without a browser: compressed in pure Rust.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::{LinkError, MAX_LINK_BYTES, MomentLink, fragment_of, packed_of};

/// The compression that makes the shortest text.
const BEST: u8 = 9;

impl MomentLink {
    /// The text after `#`. Not in a browser.
    ///
    /// # Errors
    /// If the run is too long for a link.
    pub fn to_fragment(&self) -> Result<String, LinkError> {
        fragment_of(&compress_to_vec(&self.to_bytes()?, BEST))
    }

    /// Reads the text after `#`. Not in a browser.
    ///
    /// # Errors
    /// If it is too long, no link, of another version, or damaged.
    pub fn from_fragment(fragment: &str) -> Result<Self, LinkError> {
        Self::from_bytes(&unpacked(&packed_of(fragment)?)?)
    }
}

/// Decompresses, and stops after the most bytes of a link.
pub(super) fn unpacked(packed: &[u8]) -> Result<Vec<u8>, LinkError> {
    let mut bytes = vec![0; MAX_LINK_BYTES];
    let mut decompressor = DecompressorOxide::new();
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(&mut decompressor, packed, &mut bytes, 0, flags);
    if status == TINFLStatus::HasMoreOutput {
        return Err(LinkError::TooLarge);
    }
    if status != TINFLStatus::Done || read != packed.len() {
        return Err(LinkError::Damaged);
    }
    bytes.truncate(written);
    Ok(bytes)
}
