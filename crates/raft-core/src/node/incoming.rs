//! A leader's snapshot that is arriving in pieces (Figure 13, steps 2 to 4).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::files::IncomingFile;
use crate::fingerprint::{Fingerprint, Prints};
use crate::{
    Bytes, HeartbeatRound, InstallSnapshot, LogPosition, Membership, NodeId, Snapshot,
    SnapshotData, Term,
};

/// A leader's snapshot that is arriving in pieces.
#[derive(Clone, Debug)]
pub(super) struct IncomingSnapshot {
    pub(super) last_included: LogPosition,
    /// The leader's term: another leader's snapshot may be encoded differently.
    pub(super) term: Term,
    /// The leader.
    pub(super) from: NodeId,
    /// The round of its last piece.
    pub(super) round: HeartbeatRound,
    membership: Membership,
    /// The file that the driver writes; `None` if the bytes are kept here.
    pub(super) file: Option<IncomingFile>,
    /// The bytes from the start, if they are kept here.
    data: Vec<u8>,
    /// How many bytes from the start have arrived.
    received: u64,
    /// Pieces after a gap, by offset.
    beyond: BTreeMap<u64, Held>,
    /// The bytes of those.
    beyond_bytes: usize,
    /// The bytes of the whole snapshot, once its last piece has arrived.
    total: Option<u64>,
}

/// A piece after a gap.
#[derive(Clone, Hash, Debug)]
enum Held {
    Here(Bytes),
    /// So many bytes are in the driver's file.
    InFile(usize),
}

impl Held {
    fn len(&self) -> usize {
        match self {
            Self::Here(bytes) => bytes.len(),
            Self::InFile(bytes) => *bytes,
        }
    }
}

/// The effect of a piece.
#[derive(Debug)]
pub(super) struct Kept {
    /// Whether the bytes of the piece are held now.
    pub(super) is_held: bool,
    /// The bytes that were not held before, and their place. Some of them may have been.
    pub(super) news: Option<(u64, Bytes)>,
}

impl IncomingSnapshot {
    pub(super) fn new(
        request: &InstallSnapshot,
        (from, term): (NodeId, Term),
        file: Option<IncomingFile>,
    ) -> Self {
        Self {
            last_included: request.last_included(),
            term,
            from,
            round: request.round,
            membership: request.membership.clone(),
            file,
            data: Vec::new(),
            received: 0,
            beyond: BTreeMap::new(),
            beyond_bytes: 0,
            total: None,
        }
    }

    /// How many bytes have arrived, from the start and after a gap.
    pub(super) fn len(&self) -> u64 {
        self.received + self.beyond_bytes as u64
    }

    /// How many bytes are in the node's memory.
    pub(super) fn bytes_here(&self) -> usize {
        let is_here = self.file.is_none();
        self.data.len() + if is_here { self.beyond_bytes } else { 0 }
    }

    /// How many bytes from the start have arrived.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Whether all bytes have arrived.
    pub(super) fn is_complete(&self) -> bool {
        self.total == Some(self.received)
    }

    /// The whole snapshot, with its data in this file, or here.
    pub(super) fn into_snapshot(self, data: Option<SnapshotData>) -> Snapshot {
        Snapshot {
            last_included_index: self.last_included.index,
            last_included_term: self.last_included.term,
            membership: self.membership,
            data: data.unwrap_or_else(|| Bytes::from(self.data).into()),
        }
    }

    /// Keeps a piece. A piece after a gap waits for those before it, in at most `limit` bytes.
    pub(super) fn store(&mut self, request: &InstallSnapshot, limit: usize) -> Kept {
        let (offset, data) = (request.offset, &request.data);
        self.round = self.round.max(request.round);
        let end = offset + data.len() as u64;
        if request.done {
            self.total = Some(end);
        }
        if offset <= self.received {
            let skipped = (data.len() as u64).min(self.received - offset) as usize;
            let new = data.slice(skipped, data.len());
            let news = (!new.is_empty()).then(|| (self.received, new.clone()));
            self.extend(offset, self.held(data.clone()));
            self.join();
            return Kept { is_held: true, news };
        }
        let known = self.beyond.get(&offset).map_or(0, Held::len);
        if known >= data.len() {
            // It came before; or it is a question, whose answer is evidence about the pieces before
            // it.
            return Kept { is_held: true, news: None };
        }
        if self.beyond_bytes - known + data.len() > limit {
            return Kept { is_held: false, news: None };
        }
        self.beyond_bytes += data.len() - known;
        self.beyond.insert(offset, self.held(data.clone()));
        Kept { is_held: true, news: Some((offset, data.clone())) }
    }

    fn held(&self, data: Bytes) -> Held {
        match self.file {
            None => Held::Here(data),
            Some(_) => Held::InFile(data.len()),
        }
    }

    /// Adds the bytes that follow those from the start.
    fn extend(&mut self, offset: u64, piece: Held) {
        let end = offset + piece.len() as u64;
        if let Held::Here(data) = piece {
            let held = (self.received - offset) as usize;
            self.data.extend_from_slice(data.get(held..).unwrap_or_default());
        }
        self.received = self.received.max(end);
    }

    /// Adds the pieces that no gap separates any more.
    fn join(&mut self) {
        while let Some(first) = self.beyond.first_entry()
            && *first.key() <= self.received
        {
            let (offset, piece) = first.remove_entry();
            self.beyond_bytes -= piece.len();
            self.extend(offset, piece);
        }
    }
}

impl Fingerprint for IncomingSnapshot {
    fn print(&self, out: &mut Prints<'_>) {
        let Self {
            last_included,
            term,
            from,
            round,
            membership,
            file,
            data,
            received,
            beyond,
            beyond_bytes,
            total,
        } = self;
        out.name(*from);
        out.plain(&(last_included, term, round, data, received, beyond, beyond_bytes, total));
        membership.print(out);
        out.option(file.as_ref());
    }
}
