//! Entries of the leader that arrived before those between them and the end of this log (§5.3).
//!
//! If a message is lost, those after it arrive all the same. A follower keeps them, as if the
//! network had delayed them: once the gap is closed they are handled, and the leader repeats one
//! message instead of a window.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Node;
use crate::fingerprint::Prints;
use crate::{AppendEntries, Entries, Entry, LogIndex, LogPosition, Term};

/// Bytes that an entry counts, beside its payload.
const ENTRY_BYTES: usize = super::commit::ENTRY_BYTES as usize;

/// Entries that wait for those before them. All are of the leader of one term, with which the log
/// was compared: before that, a leader sends one message at a time to find where the logs agree.
#[derive(Clone, Debug, Default)]
pub(super) struct EarlyEntries {
    /// The last term in which the follower accepted a request of the leader.
    term: Term,
    /// By the index before the first entry, with the term there. At most
    /// [`max_in_flight`](crate::Settings::max_in_flight) messages.
    messages: BTreeMap<LogIndex, (Term, Entries)>,
    /// Bytes of the entries, at most
    /// [`max_in_flight_bytes`](crate::Settings::max_in_flight_bytes).
    bytes: usize,
}

impl EarlyEntries {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The logs agree somewhere, in this term.
    #[inline]
    pub(super) fn note_agreement(&mut self, term: Term) {
        self.term = term;
    }

    /// Bytes of the entries.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The term counts only if it is the present one.
    pub(super) fn print(&self, current: Term, out: &mut Prints<'_>) {
        let Self { term, messages, bytes } = self;
        out.plain(&(*term == current, bytes, messages.len()));
        for (before, (term, entries)) in messages {
            out.plain(&(before, term));
            out.list(entries.iter());
        }
    }

    /// The first message, if its entries follow one at or before `index`.
    fn take_through(&mut self, index: LogIndex) -> Option<(LogPosition, Entries)> {
        let first = self.messages.first_entry().filter(|first| *first.key() <= index)?;
        let (before, (term, entries)) = first.remove_entry();
        self.bytes -= bytes_of(&entries);
        Some((LogPosition::new(before, term), entries))
    }
}

fn bytes_of(entries: &Entries) -> usize {
    entries.payload_bytes() + ENTRY_BYTES * entries.len()
}

impl Node {
    /// Keeps entries after a gap, if there is room. They are not acknowledged.
    #[cold]
    pub(super) fn keep_early_entries(&mut self, request: &AppendEntries) {
        let (settings, early) = (&self.config.settings, &mut self.early);
        if early.term != self.current_term || request.entries.is_empty() {
            return;
        }
        let with_it = early.bytes + bytes_of(&request.entries);
        let has_room = early.messages.len() < settings.max_in_flight
            && with_it <= settings.max_in_flight_bytes;
        let before = request.prev_log_index;
        if has_room && !early.messages.contains_key(&before) {
            early.messages.insert(before, (request.prev_log_term, request.entries.clone()));
            early.bytes = with_it;
        }
    }

    /// The log is the leader's up to `match_index`: adds the entries that waited for that. How many
    /// those are.
    #[cold]
    pub(super) fn join_early_entries(&mut self, match_index: LogIndex) -> usize {
        let last = self.log.last();
        if last.index != match_index {
            return 0;
        }
        let (mut last, mut joined) = (last, Vec::new());
        while let Some((prev_log, entries)) = self.early.take_through(last.index) {
            // How many of them the log holds. A leader's log only grows in its term (§5.3).
            let held = (last.index.0 - prev_log.index.0) as usize;
            let at_last = match held.checked_sub(1) {
                None => Some(prev_log.term),
                Some(place) => entries.get(place).map(|entry| entry.term),
            };
            if at_last == Some(last.term) {
                joined.extend(entries.iter().skip(held).cloned());
                last = joined.last().map_or(last, Entry::position);
            }
        }
        let count = joined.len();
        self.append_from_leader(joined.into());
        count
    }

    /// Entries of an earlier term are of no use any more.
    pub(super) fn forget_early_entries(&mut self) {
        if self.early.term != self.current_term {
            self.early = EarlyEntries::default();
        }
    }
}
