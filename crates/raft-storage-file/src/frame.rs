//! The format of a segment: a header, then frames.
//!
//! ```text
//! header   bytes 0–7    "HELIOSRF"
//!          bytes 8–11   version
//!          bytes 12–15  CRC-32 of the header without these bytes
//!          bytes 16–23  number of the segment
//!          bytes 24–31  sequence number of its first frame
//!          bytes 32–39  length of the segment
//!          bytes 40–47  salt: a number that no client knows
//!
//! frame    bytes 0–3    length of the batch, never 0
//!          bytes 4–7    CRC-32 of the salt, and of bytes 0–3 and 8–31
//!          bytes 8–15   sequence number
//!          bytes 16–23  last sequence number that was flushed when the frame was made
//!          bytes 24–27  CRC-32 of the batch
//!          bytes 28–31  zeros
//!          from 32 on   the batch, and 0xFF; zeros up to a multiple of 8
//! ```
//!
//! All numbers are little-endian. A batch is the list of its writes: a tag, the key as postcard,
//! and for a record its length and bytes.

use raft_core::LogIndex;
use raft_storage::{RecordKey, Write, WriteBatch};

pub(crate) const VERSION: u32 = 1;
pub(crate) const HEADER: usize = 48;
const MAGIC: &[u8; 8] = b"HELIOSRF";
const FRAME: usize = 32;
/// A medium writes so many bytes whole or not at all.
const SECTOR: usize = 512;
/// Frames begin at multiples of this.
pub(crate) const ALIGN: usize = 8;

/// The first bytes of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub(crate) number: u64,
    /// The sequence number of its first frame.
    pub(crate) first: u64,
    pub(crate) capacity: u64,
    /// Part of each checksum, so no command can hold what looks like a frame.
    pub(crate) salt: u64,
}

/// Why bytes are no header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BadHeader {
    Damaged,
    Version(u32),
}

impl Header {
    pub(crate) fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.number.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.first.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.capacity.to_le_bytes());
        bytes[40..].copy_from_slice(&self.salt.to_le_bytes());
        let checksum = header_checksum(&bytes);
        bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, BadHeader> {
        let bytes = bytes.first_chunk::<HEADER>().ok_or(BadHeader::Damaged)?;
        let is_ours = &bytes[..8] == MAGIC && number_32(bytes, 12) == header_checksum(bytes);
        match (is_ours, number_32(bytes, 8)) {
            (false, _) => Err(BadHeader::Damaged),
            (true, VERSION) => Ok(Self {
                number: number_64(bytes, 16),
                first: number_64(bytes, 24),
                capacity: number_64(bytes, 32),
                salt: number_64(bytes, 40),
            }),
            (true, found) => Err(BadHeader::Version(found)),
        }
    }
}

fn header_checksum(bytes: &[u8; HEADER]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..12]);
    hasher.update(&bytes[16..]);
    hasher.finalize()
}

/// A frame that is whole.
pub(crate) struct Frame<'a> {
    pub(crate) sequence: u64,
    pub(crate) flushed: u64,
    batch: &'a [u8],
    /// The place after it.
    pub(crate) end: usize,
}

/// Appends a frame to a list of bytes.
pub(crate) fn push_frame(
    list: &mut Vec<u8>,
    (salt, sequence, flushed): (u64, u64, u64),
    batch: &WriteBatch,
) {
    let start = list.len();
    list.extend_from_slice(&[0; FRAME]);
    push_batch(list, batch);
    list.push(END);
    let body = start + FRAME;
    let (length, checksum) = ((list.len() - body) as u32, crc32fast::hash(&list[body..]));
    let head = &mut list[start..body];
    head[..4].copy_from_slice(&length.to_le_bytes());
    head[8..16].copy_from_slice(&sequence.to_le_bytes());
    head[16..24].copy_from_slice(&flushed.to_le_bytes());
    head[24..28].copy_from_slice(&checksum.to_le_bytes());
    let checksum = head_checksum(salt, head);
    head[4..8].copy_from_slice(&checksum.to_le_bytes());
    list.resize(list.len().next_multiple_of(ALIGN), 0);
}

/// The frame at a place, if it is whole.
pub(crate) fn read_frame(bytes: &[u8], place: usize, salt: u64) -> Option<Frame<'_>> {
    read_frame_if(bytes, (place, salt), |head, batch| number_32(head, 24) == crc32fast::hash(batch))
}

/// The frame at a place, if its first bytes are whole, and the rest is as it should be: by this
/// judgement of both.
pub(crate) fn read_frame_if(
    bytes: &[u8],
    (place, salt): (usize, u64),
    is_whole: fn(&[u8], &[u8]) -> bool,
) -> Option<Frame<'_>> {
    let length = read_length(bytes, place, salt)?;
    let body = place + FRAME;
    let (head, batch) = (&bytes[place..body], &bytes[body..body + length]);
    if !is_whole(head, batch) {
        return None;
    }
    let end = (body + length).next_multiple_of(ALIGN);
    let (sequence, flushed) = (number_64(head, 8), number_64(head, 16));
    Some(Frame { sequence, flushed, batch, end })
}

/// The length of the batch in the frame at a place, if its first bytes are whole.
fn read_length(bytes: &[u8], place: usize, salt: u64) -> Option<usize> {
    let head = bytes.get(place..place + FRAME)?;
    let length = number_32(head, 0) as usize;
    let has_room = length > 0 && length <= bytes.len() - place - FRAME;
    (has_room && number_32(head, 4) == head_checksum(salt, head)).then_some(length)
}

/// Whether the frame at a place, which is not whole, may be one whose write did not end. Then a
/// sector of it is as it was before: zeros.
pub(crate) fn may_be_torn(bytes: &[u8], place: usize, salt: u64) -> bool {
    let length = read_length(bytes, place, salt).unwrap_or(0);
    let end = (place + FRAME + length).min(bytes.len());
    let mut begin = place;
    while begin < end {
        let next = ((begin / SECTOR + 1) * SECTOR).min(end);
        if bytes[begin..next].iter().all(|byte| *byte == 0) {
            return true;
        }
        begin = next;
    }
    // No frame has room any more.
    begin == place
}

impl Frame<'_> {
    /// `None` if the bytes are no batch, although their checksum is right.
    pub(crate) fn batch(&self) -> Option<WriteBatch> {
        let (mut writes, mut rest) = (Vec::new(), self.batch.strip_suffix(&[END])?);
        while !rest.is_empty() {
            writes.push(take_write(&mut rest)?);
        }
        Some(WriteBatch { writes })
    }

    /// As much of the batch as can be read.
    pub(crate) fn beginning(&self) -> WriteBatch {
        let (mut writes, mut rest) = (Vec::new(), self.batch);
        while let Some(write) = take_write(&mut rest) {
            writes.push(write);
        }
        WriteBatch { writes }
    }
}

fn head_checksum(salt: u64, head: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&salt.to_le_bytes());
    hasher.update(&head[..4]);
    hasher.update(&head[8..]);
    hasher.finalize()
}

/// Ends a batch: the last sector of a frame that was written is not all zeros.
const END: u8 = 0xFF;
const PUT: u8 = 1;
const DELETE_ENTRIES: u8 = 2;
const DELETE_FILES: u8 = 3;
const DELETE: u8 = 4;

fn push_batch(list: &mut Vec<u8>, batch: &WriteBatch) {
    let start = list.len();
    for write in &batch.writes {
        match write {
            // The file has the record itself.
            Write::Put { key: RecordKey::SnapshotFile(_), .. } => {}
            Write::Put { key, record } => {
                list.push(PUT);
                push_key(list, *key);
                list.extend_from_slice(&(record.len() as u32).to_le_bytes());
                list.extend_from_slice(record);
            }
            Write::DeleteEntries { from, through } => {
                list.push(DELETE_ENTRIES);
                list.extend_from_slice(&from.0.to_le_bytes());
                list.extend_from_slice(&through.0.to_le_bytes());
            }
            Write::DeleteFiles => list.push(DELETE_FILES),
            Write::Delete { key } => {
                list.push(DELETE);
                push_key(list, *key);
            }
        }
    }
    if list.len() == start {
        // No frame is empty: zeros are what was never written.
        list.push(DELETE_ENTRIES);
        list.extend_from_slice(&[0; 16]);
    }
}

fn push_key(list: &mut Vec<u8>, key: RecordKey) {
    *list = postcard::to_extend(&key, std::mem::take(list))
        .expect("keys serialise, and a vector takes any number of bytes");
}

fn take_write(rest: &mut &[u8]) -> Option<Write> {
    let tag = take::<1>(rest)?[0];
    match tag {
        PUT => {
            let key = take_key(rest)?;
            let length = u32::from_le_bytes(*take::<4>(rest)?) as usize;
            let (record, after) = rest.split_at_checked(length)?;
            *rest = after;
            Some(Write::Put { key, record: record.to_vec().into() })
        }
        DELETE_ENTRIES => {
            let from = LogIndex(u64::from_le_bytes(*take::<8>(rest)?));
            let through = LogIndex(u64::from_le_bytes(*take::<8>(rest)?));
            Some(Write::DeleteEntries { from, through })
        }
        DELETE_FILES => Some(Write::DeleteFiles),
        DELETE => Some(Write::Delete { key: take_key(rest)? }),
        _ => None,
    }
}

fn take_key(rest: &mut &[u8]) -> Option<RecordKey> {
    let (key, after) = postcard::take_from_bytes(rest).ok()?;
    *rest = after;
    Some(key)
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(taken)
}

fn number_32(bytes: &[u8], place: usize) -> u32 {
    let taken = bytes[place..].first_chunk().expect("the caller has looked at the length");
    u32::from_le_bytes(*taken)
}

fn number_64(bytes: &[u8], place: usize) -> u64 {
    let taken = bytes[place..].first_chunk().expect("the caller has looked at the length");
    u64::from_le_bytes(*taken)
}
