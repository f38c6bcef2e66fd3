//! Durable Promises (Figure 2, §5.3): what a message promises is on its sender's disk.
//!
//! Figure 2 has servers update stable storage *before* they respond. The promises are the term of
//! any message, the entries that an acknowledgement claims, and the log that a candidate
//! advertises.

use raft_core::{
    AppendEntriesReply, Bare, Body, HeartbeatRound, InstallSnapshotReply, LogIndex, LogPosition,
    NodeId, Term,
};
use raft_sim::words;

use super::{Checker, Context, MessageSent};
use crate::property::{Property, Verdict};
use crate::shadows::log::PrefixHash;

pub(crate) static PROPERTY: Property = Property {
    name: "Durable Promises",
    section: "Figure 2, §5.3",
    meaning: "Before a server sends a message, the term of the message is on its disk, and so are \
              the log entries that the message acknowledges or with which the server asks for \
              votes; a server replies only to heartbeat rounds that its leader began.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct DurablePromises;

impl Checker for DurablePromises {
    fn term_sent(&mut self, from: NodeId, term: Term, cx: &mut Context<'_>) {
        let Some(sender) = cx.shadows.node(from) else { return };
        let durable_term = sender.disk.hard_state.current_term;
        cx.note(&PROPERTY, term_sent(TermSent { node: from, term, durable_term }));
    }

    fn message_sent(&mut self, sent: MessageSent<'_>, cx: &mut Context<'_>) {
        match &sent.message.body {
            Body::RequestVote(request) => {
                let (node, last_log) = (sent.from, request.last_log());
                let Some(sender) = cx.shadows.node(node) else { return };
                let best_durable = sender.disk.best;
                let seen = LogAdvertised { node, last_log, best_durable };
                cx.note(&PROPERTY, log_advertised(seen));
            }
            Body::AppendEntriesReply(reply) => match *reply {
                AppendEntriesReply::Success { match_index, round } => {
                    collect_round(sent, round, cx);
                    collect_acknowledgement(sent, match_index, cx);
                }
                AppendEntriesReply::Failure { round, .. }
                | AppendEntriesReply::Following { round } => collect_round(sent, round, cx),
            },
            Body::InstallSnapshotReply(reply) => match *reply {
                InstallSnapshotReply::Installed { match_index, round } => {
                    collect_round(sent, round, cx);
                    collect_acknowledgement(sent, match_index, cx);
                }
                InstallSnapshotReply::Continue { round, .. } => collect_round(sent, round, cx),
            },
            // Pre-votes promise nothing (dissertation §9.6). Votes are another property's.
            Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::RequestVoteReply(_)
            | Body::AppendEntries(_)
            | Body::InstallSnapshot(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => {}
        }
    }
}

/// A reply to a heartbeat round, if the leader could take it for one to a round of its own.
fn collect_round(sent: MessageSent<'_>, round: HeartbeatRound, cx: &mut Context<'_>) {
    let (node, leader, term) = (sent.from, sent.to, sent.message.term);
    let Some(asker) = cx.shadows.node(leader) else { return };
    let begun = match asker.round_sent {
        (of, begun) if of == term => begun,
        // It has sent nothing in that term, or it leads in a later one, if at all.
        (of, _) if of < term => HeartbeatRound(0),
        _ => return,
    };
    let seen = RoundAnswered { node, leader, term, round, begun };
    cx.note(&PROPERTY, round_answered(seen));
}

fn collect_acknowledgement(sent: MessageSent<'_>, match_index: LogIndex, cx: &mut Context<'_>) {
    let (from, leader, term) = (sent.from, sent.to, sent.message.term);
    let Some(node) = cx.shadows.node(from) else { return };
    // With a later term on disk the message is a late one. Its promise was kept once, and the
    // leader of the later term may have replaced the entries.
    if node.disk.hard_state.current_term != term || match_index < node.disk.log.base() {
        return;
    }
    let leading = cx.shadows.node(leader).filter(|node| node.leading == Some(term));
    let seen = LogAcknowledged {
        node: from,
        leader,
        match_index,
        durable: node.disk.log.get(match_index),
        durable_last: node.disk.log.last(),
        leaders: leading.and_then(|node| node.log.get(match_index)),
    };
    cx.note(&PROPERTY, log_acknowledged(seen));
}

/// A node sent a message of a term.
#[derive(Clone, Copy, Debug)]
pub struct TermSent {
    /// The node.
    pub node: NodeId,
    /// The term.
    pub term: Term,
    /// The term on the disk of the node.
    pub durable_term: Term,
}

pub(crate) fn term_sent(TermSent { node, term, durable_term }: TermSent) -> Verdict {
    if durable_term >= term {
        return Ok(());
    }
    Err(words! {
        node, " sent a message of ", term, " while the term on its disk is ", Bare(durable_term)
    })
}

/// A candidate asked for votes with a log.
#[derive(Clone, Copy, Debug)]
pub struct LogAdvertised {
    /// The node.
    pub node: NodeId,
    /// The last entry of the log that it claims to have.
    pub last_log: LogPosition,
    /// The most up-to-date position that its disk ever held.
    pub best_durable: LogPosition,
}

pub(crate) fn log_advertised(seen: LogAdvertised) -> Verdict {
    let LogAdvertised { node, last_log, best_durable } = seen;
    if best_durable.is_at_least_as_up_to_date_as(last_log) {
        return Ok(());
    }
    Err(words! {
        node, " asked for votes with a log that ends with ", Bare(last_log),
        ", but its disk never held more than ", Bare(best_durable)
    })
}

/// A node replied to a heartbeat round: it says that it followed after the round began.
#[derive(Clone, Copy, Debug)]
struct RoundAnswered {
    node: NodeId,
    leader: NodeId,
    term: Term,
    round: HeartbeatRound,
    /// The latest round of any request that the leader sent in that term.
    begun: HeartbeatRound,
}

fn round_answered(seen: RoundAnswered) -> Verdict {
    let RoundAnswered { node, leader, term, round, begun } = seen;
    if round <= begun {
        return Ok(());
    }
    Err(words! {
        node, " replied to heartbeat round ", round.0, " of ", leader, " in ", term,
        ", but the leader has only begun round ", begun.0
    })
}

/// A node acknowledged its leader's log up to an index.
#[derive(Clone, Copy, Debug)]
pub struct LogAcknowledged {
    /// The node.
    pub node: NodeId,
    /// The leader.
    pub leader: NodeId,
    /// The last entry that it acknowledges.
    pub match_index: LogIndex,
    /// What the node's disk holds there.
    pub durable: Option<PrefixHash>,
    /// The last entry on its disk.
    pub durable_last: LogPosition,
    /// What the leader's log holds there; `None` if that is not known.
    pub leaders: Option<PrefixHash>,
}

pub(crate) fn log_acknowledged(seen: LogAcknowledged) -> Verdict {
    let LogAcknowledged { node, leader, match_index, durable, durable_last, leaders } = seen;
    let Some(durable) = durable else {
        return Err(words! {
            node, " acknowledged entries up to ", Bare(match_index), " while its disk ends with ",
            Bare(durable_last)
        });
    };
    match leaders {
        Some(leaders) if leaders != durable => Err(words! {
            node, " acknowledged the log of ", leader, " up to ", Bare(match_index),
            ", but its own log differs: it has ", LogPosition::new(match_index, durable.term),
            " there"
        }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, at, objects, prefix};
    use super::*;

    #[test]
    fn promises_that_are_not_on_disk() {
        let sent = |term, durable_term| {
            term_sent(TermSent { node: N1, term: Term(term), durable_term: Term(durable_term) })
        };
        assert_eq!(sent(3, 3), Ok(()));
        assert_eq!(sent(3, 4), Ok(()));
        objects(sent(4, 3), &["message of term 4", "disk is 3"]);

        let advertised = |best_durable| {
            log_advertised(LogAdvertised { node: N1, last_log: at(5, 2), best_durable })
        };
        assert_eq!(advertised(at(5, 2)), Ok(()));
        assert_eq!(advertised(at(2, 3)), Ok(()));
        objects(advertised(at(4, 2)), &["ends with 5@2", "more than 4@2"]);

        let acknowledged = |durable, leaders| {
            log_acknowledged(LogAcknowledged {
                node: N2,
                leader: N1,
                match_index: LogIndex(5),
                durable,
                durable_last: at(4, 2),
                leaders,
            })
        };
        assert_eq!(acknowledged(Some(prefix(2, 1)), Some(prefix(2, 1))), Ok(()));
        assert_eq!(acknowledged(Some(prefix(2, 1)), None), Ok(()));
        objects(acknowledged(None, Some(prefix(2, 1))), &["up to 5", "ends with 4@2"]);
        objects(acknowledged(Some(prefix(2, 2)), Some(prefix(2, 1))), &["log of node 1", "5@2"]);

        let answered = |round| {
            let (round, begun) = (HeartbeatRound(round), HeartbeatRound(4));
            round_answered(RoundAnswered { node: N2, leader: N1, term: Term(3), round, begun })
        };
        assert_eq!(answered(4), Ok(()));
        let words = ["node 2 replied to heartbeat round 5 of node 1 in term 3", "round 4"];
        objects(answered(5), &words);
    }
}
