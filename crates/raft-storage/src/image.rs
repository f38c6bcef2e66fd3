//! A whole disk as a sequence of bytes, for share links and scripts.

use crate::{RecordBytes, RecordKey, Records};

/// The largest image that is read, in bytes. Images come with links and scripts of unknown origin.
pub const LARGEST_IMAGE: usize = 16 << 20;

const IMAGE_VERSION: u8 = 1;

/// Why bytes are no image of a disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ImportError {
    /// The image is longer than [`LARGEST_IMAGE`].
    #[error(
        "the disk image has {bytes} bytes, and {LARGEST_IMAGE} are the limit: take a snapshot on \
         the node before exporting it"
    )]
    TooLarge {
        /// The image's length.
        bytes: usize,
    },
    /// The image is too short.
    #[error("the disk image is cut off after {bytes} bytes: copy it again")]
    Truncated {
        /// The image's length.
        bytes: usize,
    },
    /// The image is damaged, or another version of this program wrote it.
    #[error(
        "the disk image has version {found}, and this program knows only version \
         {IMAGE_VERSION}: copy it again, or use the program that wrote it"
    )]
    UnknownVersion {
        /// The image's first byte.
        found: u8,
    },
    /// The image is not the one that was exported.
    #[error("the disk image is not what was exported: copy it again")]
    Checksum,
    /// The checksum is right, but no export has this content.
    #[error("the disk image has the right checksum, but no disk looks like this: export it again")]
    Malformed,
}

/// The disk as bytes: a version, a CRC-32 of what follows, and the records as postcard.
///
/// Records are copied unchanged: a damaged disk stays damaged and can be shown to others.
pub fn export(records: &Records) -> Vec<u8> {
    let list: Vec<(RecordKey, &RecordBytes)> = records.iter().collect();
    let header = vec![IMAGE_VERSION, 0, 0, 0, 0];
    let mut image = postcard::to_extend(&list, header)
        .expect("records serialise, and a vector takes any number of bytes");
    let checksum = crc32fast::hash(&image[5..]);
    image[1..5].copy_from_slice(&checksum.to_le_bytes());
    image
}

/// The disk in an image of [`export`].
///
/// Only [`recover`](crate::recover) decides whether a node can start from it.
///
/// # Errors
/// [`ImportError`] if the bytes are not an image, or too many.
pub fn import(image: &[u8]) -> Result<Records, ImportError> {
    if image.len() > LARGEST_IMAGE {
        return Err(ImportError::TooLarge { bytes: image.len() });
    }
    let Some((&[version, c0, c1, c2, c3], content)) = image.split_first_chunk() else {
        return Err(ImportError::Truncated { bytes: image.len() });
    };
    if version != IMAGE_VERSION {
        return Err(ImportError::UnknownVersion { found: version });
    }
    if crc32fast::hash(content) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err(ImportError::Checksum);
    }
    let Ok((list, [])) = postcard::take_from_bytes::<Vec<(RecordKey, RecordBytes)>>(content) else {
        return Err(ImportError::Malformed);
    };
    if !list.is_sorted_by(|(key, _), (next, _)| key < next) {
        return Err(ImportError::Malformed);
    }
    let mut records = Records::default();
    for (key, record) in list {
        records.put(key, record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests;
