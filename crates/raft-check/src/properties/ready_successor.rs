//! Ready Successor (dissertation §3.10): a leader tells only a server that can win to take over.
//!
//! A target whose log is not complete, or that has no vote, disturbs the leader and takes nothing
//! over. A leader that was removed tells the best voter that it knows.

use raft_core::{Bare, LogIndex, NodeId, RoleKind, Trace, TransferTrace};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Ready Successor",
    section: "dissertation §3.10",
    meaning: "The target of a transfer is told to start an election only if it is a voter, and has \
              acknowledged the leader's whole log.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct ReadySuccessor;

impl Checker for ReadySuccessor {
    fn traced(&mut self, leader: NodeId, trace: &Trace, cx: &mut Context<'_>) {
        let Trace::Transfer(TransferTrace::TimeoutNowSent { to }) = *trace else { return };
        let Some(core) = cx.world.node(leader).and_then(raft_sim::SimNode::core) else { return };
        let status = core.status();
        // The transfer may have ended in the same step, and the log may have grown.
        if core.role() != RoleKind::Leader || status.transfer_to != Some(to) {
            return;
        }
        let before = cx.shadows.node(leader).map(|node| node.log.last_index());
        let last = before.map_or(status.last_log.index, |last| last.min(status.last_log.index));
        let peer = status.peers.iter().find(|peer| peer.id == to);
        let told = Told {
            leader,
            to,
            is_voter: status.membership.is_voter(to),
            acknowledged: peer.map_or(LogIndex(0), |peer| peer.match_index),
            last,
        };
        cx.note(&PROPERTY, is_told(told));
    }
}

/// A leader tells a server to take over.
#[derive(Clone, Copy, Debug)]
struct Told {
    leader: NodeId,
    to: NodeId,
    is_voter: bool,
    /// The last entry that the server acknowledged.
    acknowledged: LogIndex,
    /// The end of the leader's log.
    last: LogIndex,
}

fn is_told(Told { leader, to, is_voter, acknowledged, last }: Told) -> Verdict {
    if !is_voter {
        return Err(words! { leader, " tells ", to, ", which has no vote, to take over" });
    }
    if acknowledged < last {
        return Err(words! {
            leader, " tells ", to, " to take over, whose log is known to be complete up to ",
            Bare(acknowledged), " only, of ", Bare(last)
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, objects};
    use super::*;

    #[test]
    fn a_target_that_cannot_win() {
        let last = LogIndex(7);
        let ready = Told { leader: N1, to: N2, is_voter: true, acknowledged: last, last };
        assert_eq!(is_told(ready), Ok(()));
        let no_voter = Told { is_voter: false, ..ready };
        objects(is_told(no_voter), &["node 1 tells node 2", "no vote"]);
        let lacks = Told { acknowledged: LogIndex(6), ..ready };
        objects(is_told(lacks), &["node 1 tells node 2", "up to 6 only, of 7"]);
    }
}
