//! A whole disk as one piece of bytes: for share links and scripts.

use core::fmt;

use crate::{RecordBytes, RecordKey, Records};

/// An image larger than this is not read: it may come from anybody.
pub const LARGEST_IMAGE: usize = 16 << 20;

const IMAGE_VERSION: u8 = 1;

/// Why bytes are no image of a disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ImportError {
    /// There are too many of them.
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// There are too few of them.
    Truncated {
        /// How many.
        bytes: usize,
    },
    /// The image has a version that this program does not know.
    UnknownVersion {
        /// The version.
        found: u8,
    },
    /// The image is not what was exported.
    Checksum,
    /// The checksum is right, but no export looks like this.
    Malformed,
}

/// The disk as bytes: a version, a CRC-32 of what follows, and the records as postcard.
///
/// Records are kept as they are: a damaged disk stays damaged, so that it can be shown to others.
pub fn export(records: &Records) -> Vec<u8> {
    let list: Vec<(&RecordKey, &RecordBytes)> = records.iter().collect();
    let header = vec![IMAGE_VERSION, 0, 0, 0, 0];
    let mut image = postcard::to_extend(&list, header)
        .expect("records serialise, and a vector takes any number of bytes");
    let checksum = crc32fast::hash(&image[5..]);
    image[1..5].copy_from_slice(&checksum.to_le_bytes());
    image
}

/// The disk that [`export`] wrote.
///
/// Whether a node can start from it is for [`recover`](crate::recover) to say.
///
/// # Errors
/// When the bytes are not an image, or too many.
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
    let list: Vec<(RecordKey, RecordBytes)> = match postcard::take_from_bytes(content) {
        Ok((list, [])) => list,
        _ => return Err(ImportError::Malformed),
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

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes } => write!(
                f,
                "the disk image has {bytes} bytes, and {LARGEST_IMAGE} are the limit: \
                 take a snapshot on the node before exporting it"
            ),
            Self::Truncated { bytes } => {
                write!(f, "the disk image is cut off after {bytes} bytes: copy it again")
            }
            Self::UnknownVersion { found } => write!(
                f,
                "the disk image has version {found}, and this program knows only version \
                 {IMAGE_VERSION}: copy it again, or use the program that wrote it"
            ),
            Self::Checksum => f.write_str("the disk image is not what was exported: copy it again"),
            Self::Malformed => f.write_str(
                "the disk image has the right checksum, but no disk looks like this: \
                 export it again",
            ),
        }
    }
}

impl core::error::Error for ImportError {}

#[cfg(test)]
mod tests;
