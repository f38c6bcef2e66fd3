//! Repeats On Evidence (§7): a leader sends a piece of its snapshot again only if it heard from the
//! server that lacks the piece.

use std::collections::BTreeMap;

use raft_core::{Bare, Body, LogIndex, NodeId, PieceNumber, Term};
use raft_sim::{words};

use super::{Checker, Context, MessageDelivered, MessageSent};
use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Repeats On Evidence",
    section: "§7",
    meaning: "A leader sends a piece of its snapshot to a server again only after it heard from \
              that server. Without an answer the link may only be slow, and repeats would fill it.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct RepeatsOnEvidence {
    /// The bytes that each leader sent to each server since it last heard from the server.
    unanswered: BTreeMap<(NodeId, NodeId), Unanswered>,
}

/// The pieces of one transfer that were sent since the server was heard.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Unanswered {
    term: Term,
    last_included: LogIndex,
    /// The number of the piece at each offset.
    numbers: BTreeMap<u64, PieceNumber>,
}

/// A leader sends bytes of its snapshot.
#[derive(Clone, Copy, Debug)]
struct PieceSent {
    leader: NodeId,
    to: NodeId,
    term: Term,
    last_included: LogIndex,
    offset: u64,
    /// The network may copy a piece; a piece that is sent again has another number.
    number: PieceNumber,
}

impl Checker for RepeatsOnEvidence {
    fn message_sent(&mut self, sent: MessageSent<'_>, cx: &mut Context<'_>) {
        let Body::InstallSnapshot(piece) = &sent.message.body else { return };
        // A piece of a file leaves when the driver has read it. The decision to send it came
        // before, and nothing says when.
        let is_in_files = cx.world.setup().driver.snapshot_files;
        // An empty piece is a question.
        if !piece.data.is_empty() && !is_in_files {
            let (leader, to, term) = (sent.from, sent.to, sent.message.term);
            let (last_included, offset) = (piece.last_included_index, piece.offset);
            let number = piece.number;
            let sent = PieceSent { leader, to, term, last_included, offset, number };
            let verdict = self.piece_sent(sent);
            cx.note(&PROPERTY, verdict);
        }
    }

    fn message_delivered(&mut self, delivered: MessageDelivered<'_>, _: &mut Context<'_>) {
        self.heard(delivered.to, delivered.from);
    }
}

impl RepeatsOnEvidence {
    fn piece_sent(&mut self, sent: PieceSent) -> Verdict {
        let PieceSent { leader, to, term, last_included, offset, number } = sent;
        let unanswered = self.unanswered.entry((leader, to)).or_default();
        if (unanswered.term, unanswered.last_included) != (term, last_included) {
            *unanswered = Unanswered { term, last_included, numbers: BTreeMap::new() };
        }
        let before = unanswered.numbers.insert(offset, number);
        match before.is_none_or(|before| before == number) {
            true => Ok(()),
            false => Err(words! {
                leader, " sends the snapshot through ", Bare(last_included), " to ", to,
                " again from byte {offset} on, and has not heard from ", to,
                " since it sent those bytes"
            }),
        }
    }

    /// The leader heard from a server.
    fn heard(&mut self, leader: NodeId, from: NodeId) {
        self.unanswered.remove(&(leader, from));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, N3, objects};
    use super::*;

    const FIRST: PieceSent = PieceSent {
        leader: N1,
        to: N2,
        term: Term(2),
        last_included: LogIndex(7),
        offset: 0,
        number: PieceNumber(1),
    };
    const AGAIN: PieceSent = PieceSent { number: PieceNumber(3), ..FIRST };

    #[test]
    fn a_piece_is_sent_again_without_an_answer() {
        let mut state = RepeatsOnEvidence::default();
        assert_eq!(state.piece_sent(FIRST), Ok(()));
        assert_eq!(state.piece_sent(FIRST), Ok(()), "a copy of the network's");
        assert_eq!(state.piece_sent(PieceSent { offset: 64, ..FIRST }), Ok(()));
        assert_eq!(state.piece_sent(PieceSent { to: N3, ..FIRST }), Ok(()));
        state.heard(N1, N3);
        objects(state.piece_sent(AGAIN), &["node 1", "through 7", "node 2 again", "byte 0"]);
    }

    #[test]
    fn an_answer_or_another_snapshot_or_term_allows_it() {
        let mut state = RepeatsOnEvidence::default();
        assert_eq!(state.piece_sent(FIRST), Ok(()));
        state.heard(N1, N2);
        assert_eq!(state.piece_sent(AGAIN), Ok(()));
        assert_eq!(state.piece_sent(PieceSent { term: Term(3), ..FIRST }), Ok(()));
        assert_eq!(state.piece_sent(PieceSent { last_included: LogIndex(9), ..FIRST }), Ok(()));
    }
}
