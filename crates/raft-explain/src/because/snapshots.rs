//! Snapshots that are sent in pieces (§7).

use raft_core::{Bare, Body, InstallSnapshot, LogPosition, NodeId, SnapshotTrace};
use raft_sim::{Event, ProcessEvent, Words, words};

use super::Decision;
use crate::explanation::Finding;
use crate::said::At;
use crate::seen::{Passing, entered, passing, process, snapshot};

impl<'a> Decision<'a> {
    pub(super) fn snapshot(self, decision: &SnapshotTrace) -> Finding {
        match decision {
            SnapshotTrace::Lost { peer, last_included, bytes } => {
                self.pieces_lost(*peer, *last_included, *bytes)
            }
            SnapshotTrace::Asked { peer, last_included } => {
                self.asks_how_much(*peer, *last_included)
            }
            SnapshotTrace::StartedOver { peer, .. } => {
                let restarted = self.earlier(|event| {
                    matches!(process(event, *peer), Some(ProcessEvent::Restarted))
                });
                self.in_its_own_words().because_all(self.run.led_by(restarted))
            }
            SnapshotTrace::Abandoned { last_included, received } => {
                self.abandons(*last_included, *received)
            }
            SnapshotTrace::Requested { .. }
            | SnapshotTrace::Compacted { .. }
            | SnapshotTrace::Failed { .. }
            | SnapshotTrace::Ignored { .. }
            | SnapshotTrace::Sent { .. }
            | SnapshotTrace::ChunkStored { .. }
            | SnapshotTrace::Installed { .. } => self.in_its_own_words(),
        }
    }

    /// The follower answered a later piece, and not these.
    fn pieces_lost(self, peer: NodeId, last_included: LogPosition, bytes: u64) -> Finding {
        let Self { run, event, node } = self;
        let lost = self.last_piece(peer, Passing::is_lost);
        let piece = |(_, piece): &(&Event, &InstallSnapshot)| {
            words! {
                ". Piece ", piece.number.0, ", from byte ", piece.offset, ", is lost"
            }
        };
        let which = lost.as_ref().map_or_else(Words::default, piece);
        Finding::new(words! {
            "Node ", Bare(node), " sends {bytes} bytes of the snapshot through ",
            Bare(last_included), " to ", peer, " again. Pieces have numbers, and the answer of ",
            At(event.at), " is to a later piece, which the follower keeps", which
        })
        .section("§7")
        .because_all(run.causes(event))
        .because_all(run.led_by(lost.map(|(event, _)| event)))
    }

    /// The follower answered no piece for a while.
    fn asks_how_much(self, peer: NodeId, last_included: LogPosition) -> Finding {
        let answer = self.earlier(|event| {
            passing(event, peer, self.node).is_some_and(|it| {
                it.is_delivered() && matches!(it.message.body, Body::InstallSnapshotReply(_))
            })
        });
        let since = match answer {
            Some(event) => words!("its last answer came at ", At(event.at)),
            None => "it has answered no piece".into(),
        };
        let lost = self.last_piece(peer, Passing::is_lost).map(|(event, _)| event);
        Finding::new(words! {
            "Node ", Bare(self.node), " asks ", peer, " how much of the snapshot through ",
            Bare(last_included), " it holds: ", since,
            ", and pieces, or their answers, may be lost. It sends no bytes again before it knows"
        })
        .section("§7")
        .because_all(self.run.led_by(lost))
    }

    /// The last piece to a follower with such a fate.
    fn last_piece(
        self,
        peer: NodeId,
        fits: fn(&Passing<'a>) -> bool,
    ) -> Option<(&'a Event, &'a InstallSnapshot)> {
        self.run.record.before(self.event.number).find_map(|event| {
            let it = passing(event, self.node, peer).filter(&fits)?;
            let Body::InstallSnapshot(piece) = &it.message.body else { return None };
            Some((event, piece))
        })
    }

    /// Pieces that can never be installed.
    fn abandons(self, last_included: LogPosition, received: u64) -> Finding {
        let discards = words! {
            "Node ", Bare(self.node), " discards {received} bytes of the snapshot through ",
            Bare(last_included), ": "
        };
        let same_step = self.run.record.before(self.event.number);
        let mut same_step = same_step.take_while(|event| event.step == self.event.step);
        let later_term = same_step.find_map(|event| {
            let (node, term) = entered(event)?;
            (node == self.node).then_some(term)
        });
        let begun = self.earlier(|event| {
            matches!(snapshot(event, self.node), Some(SnapshotTrace::ChunkStored { .. }))
        });
        match later_term {
            Some(term) => Finding::new(words! {
                discards, "they came from a leader of an earlier term than ", term,
                ". Another leader has its own snapshot, and cannot know what has arrived"
            })
            .section("§7")
            .because_all(self.beginning_of(term)),
            None => Finding::new(words! {
                discards, "its entries came in another way, or another snapshot is arriving"
            })
            .section("§7"),
        }
        .because_all(self.run.led_by(begun))
    }
}
