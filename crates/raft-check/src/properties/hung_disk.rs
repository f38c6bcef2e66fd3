//! Hung Disk (dissertation §3.10): a leader whose disk hangs hands over.
//!
//! A node that is paused, slow, or whose clock was changed may have seen a write finish without
//! having handled that, so the time counts from the end of that.

use std::time::Duration;

use raft_core::{Body, Instant, LogIndex, Node, NodeId, PersistId, Status};
use raft_sim::{NodeClock, PendingWrite, words};

use super::{Checker, Context, MessageSent};
use crate::property::{Property, Verdict};
use crate::shadows::per_node::PerNode;
use crate::shadows::quorum::is_quorum;

pub(crate) static PROPERTY: Property = Property {
    name: "Hung Disk",
    section: "dissertation §3.10",
    meaning: "A leader begins to hand over before its disk has finished no write for four of the \
              longest election timeouts and two heartbeat intervals (one second more for each \
              16 MiB of a snapshot or of entries), if a quorum without it holds more of the log. \
              After a transfer that failed, the time begins anew.",
};

/// The clock of a node is read in whole microseconds.
const SLACK: Duration = Duration::from_micros(10);

#[derive(Clone, Default, Debug)]
pub(crate) struct HungDisk {
    leaders: PerNode<Option<Waiting>>,
}

/// A leader that waits for its disk. All times are of its own clock.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// The oldest write that is not durable.
    write: PersistId,
    clock: NodeClock,
    /// Since when that is so and no transfer is under way.
    since: Instant,
    /// The last time that the leader sent something. After a longer silence it did not run, and its
    /// own time begins when it runs again.
    seen: Instant,
    /// Since when a quorum without the leader holds more.
    ahead: Option<Instant>,
}

impl Checker for HungDisk {
    fn message_sent(&mut self, sent: MessageSent<'_>, cx: &mut Context<'_>) {
        if !matches!(sent.message.body, Body::AppendEntries(_)) {
            return;
        }
        let id = sent.from;
        let waiting = self.leaders.of(id);
        let (Some(prompt), Some(node)) = (cx.prompt(id), cx.world.node(id)) else {
            *waiting = None;
            return;
        };
        let Some(write) = node.disk().pending().next().map(PendingWrite::id) else {
            *waiting = None;
            return;
        };
        let (now, clock) = (prompt.now, *node.clock());
        let same = waiting.filter(|same| (same.write, same.clock) == (write, clock));
        let settings = node.settings();
        let same = same.filter(|same| now - same.seen <= settings.heartbeat_interval * 2 + SLACK);
        let state = waiting.insert(match same {
            Some(same) => Waiting { seen: now, ..same },
            None => Waiting { write, clock, since: now, seen: now, ahead: None },
        });
        // A write that began a moment ago says nothing yet; the grace below is longer.
        if now - state.since <= settings.heartbeat_interval {
            return;
        }
        let status = prompt.core.status();
        if status.transfer_to.is_some() {
            state.since = now;
        }
        let patience = settings.election_timeout_max * 4 + SLACK;
        if now - state.since <= patience {
            return;
        }
        let patience = patience + time_to_write(prompt.core, status.durable_index);
        if now - state.since <= patience {
            return;
        }
        state.ahead = match is_quorum_ahead(&status, now, settings.election_timeout_max) {
            true => state.ahead.or(Some(now)),
            false => None,
        };
        let grace = settings.heartbeat_interval * 2 + SLACK;
        let led = Led {
            leader: id,
            waited: now - state.since,
            ahead: state.ahead.map(|ahead| now - ahead),
            durable: status.durable_index,
            limits: (patience + grace, grace),
        };
        cx.note(&PROPERTY, leads_on(led));
    }

    fn started(&mut self, node: NodeId, _: &Node, _: &mut Context<'_>) {
        *self.leaders.of(node) = None;
    }
}

/// A disk has one second for each 16 MiB of a snapshot in its record, and of entries.
fn time_to_write(core: &Node, durable: LogIndex) -> Duration {
    let snapshot = core.snapshot().and_then(|taken| taken.data.bytes());
    let entries = core.log().iter_from(durable.next()).map(|entry| entry.payload.len() as u64);
    let bytes = snapshot.map_or(0, |bytes| bytes.len() as u64) + entries.sum::<u64>();
    Duration::from_micros(bytes * 1_000_000 / (16 << 20))
}

/// Whether voters that answered a moment ago are a quorum whose disks hold more than the leader's.
fn is_quorum_ahead(status: &Status, now: Instant, recent: Duration) -> bool {
    let peers = status.peers.iter();
    let ahead = peers.filter(|peer| {
        peer.match_index > status.durable_index && now - peer.last_contact <= recent
    });
    is_quorum(&status.membership, ahead.map(|peer| peer.id).collect())
}

/// A leader whose disk hangs sends something.
#[derive(Clone, Copy, Debug)]
struct Led {
    leader: NodeId,
    /// The time without a finished write and without a transfer.
    waited: Duration,
    /// How long a quorum without the leader has held more.
    ahead: Option<Duration>,
    /// The last entry on the leader's disk.
    durable: LogIndex,
    /// How long each of the two may last.
    limits: (Duration, Duration),
}

fn leads_on(Led { leader, waited, ahead, durable, limits }: Led) -> Verdict {
    if waited <= limits.0 || ahead.is_none_or(|ahead| ahead <= limits.1) {
        return Ok(());
    }
    Err(words! {
        leader, " goes on as leader, although its disk has finished no write for ",
        waited.as_millis(), " ms, and a quorum without it holds entries after ", durable
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, objects};
    use super::*;

    #[test]
    fn a_leader_that_stays_with_a_disk_that_hangs() {
        let ms = Duration::from_millis;
        let lead = |waited, ahead: Option<u64>| {
            let (limits, durable) = ((ms(1300), ms(100)), LogIndex(7));
            let (waited, ahead) = (ms(waited), ahead.map(ms));
            leads_on(Led { leader: N1, waited, ahead, durable, limits })
        };
        assert_eq!(lead(1300, Some(500)), Ok(()));
        assert_eq!(lead(1400, Some(100)), Ok(()));
        assert_eq!(lead(9000, None), Ok(()));
        objects(lead(1400, Some(101)), &["node 1", "1400 ms", "entry 7"]);
    }
}
