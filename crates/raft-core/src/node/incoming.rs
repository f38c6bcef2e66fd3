//! A leader's snapshot that is arriving in pieces (Figure 13, steps 2 to 4).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::{Bytes, InstallSnapshot, LogPosition, Term};

/// A leader's snapshot that is arriving in pieces.
#[derive(Clone, Debug)]
pub(super) struct IncomingSnapshot {
    pub(super) last_included: LogPosition,
    /// The leader's term: another leader's snapshot may be encoded differently.
    pub(super) term: Term,
    /// The bytes from the start.
    data: Vec<u8>,
    /// Pieces after a gap, by offset.
    beyond: BTreeMap<u64, Bytes>,
    /// The bytes of those.
    beyond_bytes: usize,
    /// The bytes of the whole snapshot, once its last piece has arrived.
    total: Option<u64>,
}

impl IncomingSnapshot {
    pub(super) fn new(last_included: LogPosition, term: Term) -> Self {
        let (data, beyond) = (Vec::new(), BTreeMap::new());
        Self { last_included, term, data, beyond, beyond_bytes: 0, total: None }
    }

    /// How many bytes are held, from the start and after a gap.
    pub(super) fn len(&self) -> usize {
        self.data.len() + self.beyond_bytes
    }

    /// How many bytes from the start have arrived.
    pub(super) fn received(&self) -> u64 {
        self.data.len() as u64
    }

    /// Whether all bytes have arrived.
    pub(super) fn is_complete(&self) -> bool {
        self.total == Some(self.received())
    }

    /// The whole snapshot.
    pub(super) fn into_data(self) -> Bytes {
        Bytes::from(self.data)
    }

    /// Keeps a piece. A piece after a gap waits for those before it, in at most `limit` bytes.
    /// Whether the bytes of the piece are held now.
    pub(super) fn store(&mut self, request: &InstallSnapshot, limit: usize) -> bool {
        let (offset, data) = (request.offset, &request.data);
        let end = offset + data.len() as u64;
        if request.done {
            self.total = Some(end);
        }
        if offset <= self.received() {
            self.extend(offset, data);
            self.join();
            return true;
        }
        if data.is_empty() {
            // A question: the answer to it is evidence about the pieces before it.
            return true;
        }
        let known = self.beyond.get(&offset).map_or(0, |held| held.len());
        if known >= data.len() {
            return true;
        }
        if self.beyond_bytes - known + data.len() > limit {
            return false;
        }
        self.beyond_bytes += data.len() - known;
        self.beyond.insert(offset, data.clone());
        true
    }

    /// Adds the bytes that follow those from the start.
    fn extend(&mut self, offset: u64, data: &[u8]) {
        let held = (self.received() - offset) as usize;
        self.data.extend_from_slice(data.get(held..).unwrap_or_default());
    }

    /// Adds the pieces that no gap separates any more.
    fn join(&mut self) {
        while let Some(first) = self.beyond.first_entry()
            && *first.key() <= self.data.len() as u64
        {
            let (offset, data) = first.remove_entry();
            self.beyond_bytes -= data.len();
            self.extend(offset, &data);
        }
    }
}
