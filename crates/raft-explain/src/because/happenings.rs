//! What is not a decision of a node's core: answers, writes, faults.

use raft_core::Bare;
use raft_sim::{
    DiskEvent, Event, EventKind, ReadPolicy, StateMachineEvent, Words, WriteFailure, words,
};

use crate::evidence::Evidence;
use crate::explanation::Finding;
use crate::said::{At, capital};

impl Evidence<'_> {
    /// Such an event in its own words, with the rule behind it if there is one.
    pub(super) fn happening(&self, event: &Event) -> Finding {
        let finding = Finding::new(capital(&event.kind));
        if let EventKind::StateMachine {
            node,
            event: StateMachineEvent::ReadServed { read, index, .. },
        } = &event.kind
        {
            let leases = match self.world.node(*node).and_then(|node| node.lease_until()) {
                Some(until) => words!(", until ", At(until)),
                None => Words::default(),
            };
            let why = match read {
                ReadPolicy::Lease => words! {
                    "It holds a lease", leases, ", and until then no other server can be elected, \
                     so nothing later can be committed elsewhere"
                },
                ReadPolicy::Quorum => words! {
                    "A quorum has confirmed, after the read arrived, that the leader of that \
                     moment still led, and what was committed then, through ", Bare(index),
                    " at most, is applied here"
                },
                ReadPolicy::Local => "It asks nobody, so the answer may be old".into(),
                ReadPolicy::Log => return finding,
            };
            let section = if *read == ReadPolicy::Lease {
                "dissertation §6.4.1"
            } else {
                "dissertation §6.4"
            };
            return Finding::new(words!(finding.words, ". ", why)).section(section);
        }
        if let EventKind::Disk { event: DiskEvent::WriteFailed { failure, .. }, .. } = &event.kind {
            return Finding::new(words!(finding.words, ". ", after_failure(*failure)))
                .section("Figure 2");
        }
        finding
    }
}

/// Why a process stops when a write fails.
pub(crate) fn after_failure(failure: WriteFailure) -> &'static str {
    match failure {
        WriteFailure::Fsync => {
            "After that nobody knows what the disk holds, and a second flush may succeed without \
             the write, so the process stops and acknowledges nothing"
        }
        WriteFailure::Full => {
            "What a server promises has to be on its disk first, and there is no room for it, so \
             the process stops and acknowledges nothing"
        }
    }
}
