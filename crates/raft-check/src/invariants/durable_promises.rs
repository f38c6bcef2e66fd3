//! Durable Promises (Figure 2, §5.3): what a message promises is on its sender's disk.
//!
//! Figure 2 has servers update stable storage *before* they respond. A promise is the term of any
//! message, the entries that an acknowledgement claims, and the log that a candidate advertises.

use raft_core::{HeartbeatRound, LogIndex, LogPosition, NodeId, Term};

use crate::property::{Property, Verdict};
use crate::shadow::Mark;

pub(crate) static PROPERTY: Property = Property {
    name: "Durable Promises",
    section: "Figure 2, §5.3",
    meaning: "A server's term, and the log entries that it acknowledges or stands for election with, \
              are on its disk before a message says so; it answers only rounds that its leader began.",
};

/// A node sent a message of this term.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TermSent {
    pub(crate) node: NodeId,
    pub(crate) term: Term,
    pub(crate) durable_term: Term,
}

/// A node acknowledged its leader's log up to an index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogAcknowledged {
    pub(crate) node: NodeId,
    pub(crate) leader: NodeId,
    pub(crate) match_index: LogIndex,
    /// What the node's disk holds there.
    pub(crate) durable: Option<Mark>,
    /// The last entry on its disk.
    pub(crate) durable_last: LogPosition,
    /// What the leader's log holds there, if it is known.
    pub(crate) leaders: Option<Mark>,
}

/// A candidate told others which log it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogAdvertised {
    pub(crate) node: NodeId,
    pub(crate) last_log: LogPosition,
    /// The most up-to-date position that its disk ever held.
    pub(crate) best_durable: LogPosition,
}

/// A node answered a round of its leader's requests: it says that it followed after that began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoundAnswered {
    pub(crate) node: NodeId,
    pub(crate) leader: NodeId,
    pub(crate) term: Term,
    pub(crate) round: HeartbeatRound,
    /// The latest round of any request that the leader sent in that term.
    pub(crate) begun: HeartbeatRound,
}

pub(crate) fn round_answered(seen: RoundAnswered) -> Verdict {
    let RoundAnswered { node, leader, term, round, begun } = seen;
    if round <= begun {
        return Ok(());
    }
    Err(format!(
        "node {node} answered round {} of node {leader} in term {term}, which had only begun round {}",
        round.0, begun.0
    ))
}

pub(crate) fn term_sent(TermSent { node, term, durable_term }: TermSent) -> Verdict {
    if durable_term >= term {
        return Ok(());
    }
    Err(format!(
        "node {node} sent a message of term {term} while the term on its disk is {durable_term}"
    ))
}

pub(crate) fn log_acknowledged(seen: LogAcknowledged) -> Verdict {
    let LogAcknowledged { node, leader, match_index, durable, durable_last, leaders } = seen;
    let Some(durable) = durable else {
        return Err(format!(
            "node {node} acknowledged entries up to {match_index} while its disk ends with \
             {durable_last}"
        ));
    };
    match leaders {
        Some(mark) if mark != durable => Err(format!(
            "node {node} acknowledged the log of node {leader} up to {match_index}, but its own is \
             another: entry {} there",
            LogPosition::new(match_index, durable.term)
        )),
        _ => Ok(()),
    }
}

pub(crate) fn log_advertised(seen: LogAdvertised) -> Verdict {
    let LogAdvertised { node, last_log, best_durable } = seen;
    if best_durable.is_at_least_as_up_to_date_as(last_log) {
        return Ok(());
    }
    Err(format!(
        "node {node} asked for votes with a log that ends with {last_log}, but its disk never held \
         more than {best_durable}"
    ))
}
