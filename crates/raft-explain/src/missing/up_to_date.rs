//! Why the log of a node lacks what its leader has.

use raft_core::{
    Bare, Body, Instant, LogIndex, Message, NodeId, PeerStatus, ProgressKind, SnapshotTrace,
};
use raft_sim::{
    Event, EventKind, InFlightMessage, LinkChange, MessageEvent, NodeState, ProcessEvent, SimNode,
    Words, words,
};

use super::leader::{self, stopped};
use crate::evidence::Evidence;
use crate::explanation::{Cause, Explanation, Finding};
use crate::facts::{Unfinished, remedies_of_both, unfinished};
use crate::missing::lacking;
use crate::question::Unanswerable;
use crate::said::{At, Named, Span, Took};
use crate::seen::{carries, link_change, lost_between, passing, process, snapshot};

/// Why the log of a node lacks what its leader has.
pub(super) fn not(run: &Evidence<'_>, node: NodeId) -> Result<Explanation, Unanswerable> {
    let Some(sim) = run.world.node(node) else { return Err(Unanswerable::NoSuchNode(node)) };
    let Some((leader, core)) = run.leader() else { return leader::none(run) };
    let status = core.status();
    let Some(peer) = status.peers.iter().find(|peer| peer.id == node).copied() else {
        let fact = match node == leader {
            true => words!("Node ", Bare(node), " leads: its own log is the one that counts."),
            false => words!("Node ", Bare(node), " is not a member, so nobody sends it entries."),
        };
        return Ok(Explanation::of(Finding::new(fact)));
    };
    let follower = Follower { run: *run, node, sim, leader, peer, last: status.last_log.index };
    Ok(Explanation::of(follower.lacks()))
}

/// A follower, as its leader sees it.
struct Follower<'a> {
    run: Evidence<'a>,
    node: NodeId,
    sim: &'a SimNode,
    leader: NodeId,
    peer: PeerStatus,
    /// The end of the leader's log.
    last: LogIndex,
}

impl<'a> Follower<'a> {
    fn lacks(&self) -> Finding {
        if self.peer.match_index >= self.last {
            return Finding::new(words! {
                "Node ", Bare(self.node), " is up to date: match_index is ",
                Bare(self.peer.match_index), ", the end of the leader's log."
            });
        }
        match (self.sim.state(), self.peer.state) {
            (NodeState::Crashed | NodeState::Refused, _) => self.is_down(),
            (NodeState::Paused, _) => self.is_paused(),
            (NodeState::Running, ProgressKind::Snapshot { received, total }) => {
                self.gets_snapshot(received, total)
            }
            (NodeState::Running, ProgressKind::Probe | ProgressKind::Replicate) => self.lags(),
        }
    }

    /// The first entry that the leader does not know to be on its disk.
    fn first_missing(&self) -> LogIndex {
        self.peer.match_index.next()
    }

    /// `match_index is 1, and the leader's log ends at 4`
    fn numbers(&self) -> Words {
        words! {
            "match_index is ", Bare(self.peer.match_index), ", and the leader's log ends at ",
            Bare(self.last)
        }
    }

    fn is_down(&self) -> Finding {
        let node = self.node;
        Finding::new(words!("Node ", Bare(node), " is down: ", self.numbers()))
            .section("§5.3")
            .because_all(stopped(&self.run, node))
            .needs(words!("`restart {node}`. The leader sends again, for as long as it leads."))
    }

    fn is_paused(&self) -> Finding {
        let node = self.node;
        let waiting = match self.arrival(self.first_missing()) {
            Some((at, message)) => {
                words!(Named(message), " reached it at ", At(at), " and waits there unhandled. ")
            }
            None => Words::default(),
        };
        Finding::new(words!("Node ", Bare(node), " is paused. ", waiting, self.numbers()))
            .section("§5.3")
            .because_all(stopped(&self.run, node))
            .needs(words! {
                "`resume {node}`. It then handles what waits, in order, and nothing has to be sent \
                 again."
            })
    }

    /// When the last message with an entry is due at the follower, or was.
    fn arrival(&self, index: LogIndex) -> Option<(Instant, &'a Message)> {
        self.run.record.iter().rev().find_map(|event| {
            let sent = passing(event, self.leader, self.node)?;
            let MessageEvent::Sent { arrives_at } = *sent.event else { return None };
            carries(sent.message, index).then_some((arrives_at, sent.message))
        })
    }

    fn gets_snapshot(&self, received: u64, total: u64) -> Finding {
        let Self { run, node, leader, .. } = self;
        let through = run.core(*leader).map_or(LogIndex(0), |core| core.status().snapshot.index);
        let holds = run.core(*node).map_or(0, |core| core.memory_usage().incoming_snapshot_bytes);
        let sent = run.last(|event| {
            let decision = snapshot(event, *leader);
            matches!(decision, Some(SnapshotTrace::Sent { peer, .. }) if peer == node)
        });
        let made = run.last(|event| {
            matches!(snapshot(event, *leader), Some(SnapshotTrace::Compacted { .. }))
        });
        let finding = Finding::new(words! {
            "Its snapshot is still under way. The leader has dropped the entries through ",
            Bare(through), ", which its snapshot covers. Of the snapshot's {total} bytes {holds} \
             have arrived, and the leader knows of {received}"
        })
        .section("§7")
        .because_all(run.led_by(sent))
        .because_all(run.led_by(made))
        .because_all(self.missed())
        .because_all(run.led_by(self.slow_link()));
        let pieces = run.world.in_flight().filter(|message| {
            (message.from, message.to) == (*leader, *node)
                && matches!(message.message.body, Body::InstallSnapshot(_))
        });
        match pieces.map(|message| message.arrives_at).max() {
            Some(at) => finding.needs(words! {
                "the last bytes under way, due at ", At(at),
                ", must be stored; then the entries after ", Bare(through), " follow."
            }),
            None => finding.needs("the rest of the snapshot must be sent and stored.".into()),
        }
    }

    /// Why it missed the entries that the leader has dropped since.
    fn missed(&self) -> Vec<Vec<Cause>> {
        let now = self.run.record.iter().next_back();
        now.map(|now| lacking(&self.run, self.node, self.first_missing(), now)).unwrap_or_default()
    }

    /// What made the link to the follower slow.
    fn slow_link(&self) -> Option<&'a Event> {
        self.run.last(|event| {
            matches!(
                link_change(event, self.leader, self.node),
                Some(LinkChange::Latency(_) | LinkChange::Bandwidth(Some(_)) | LinkChange::Clog(_))
            )
        })
    }

    /// It is up, and gets entries.
    fn lags(&self) -> Finding {
        if !self.sim.handling().is_zero() && !self.sim.handles_at_once(self.run.world.setup()) {
            return self.is_slow();
        }
        self.is_writing()
            .or_else(|| self.is_held())
            .or_else(|| self.window_is_full())
            .or_else(|| self.entry_is_lost())
            .or_else(|| self.does_not_answer())
            .unwrap_or_else(|| self.is_under_way())
    }

    /// It has the next entry in its memory.
    fn is_writing(&self) -> Option<Finding> {
        let (node, first) = (self.node, self.first_missing());
        let Unfinished { write, slowed } = unfinished(&self.run, node, first)?;
        let finding = Finding::new(words! {
            "Node ", Bare(node), " has ", first, " in its memory, and not on its disk: its write ",
            write.id().0, ", asked for at ", At(write.issued_at),
            ", is not done, and only what is on the disk is acknowledged. ", self.numbers()
        })
        .section("Figure 2");
        let needs = words!("that write, due at ", At(write.done_at), ".");
        Some(finding.because_all(self.run.led_by(slowed)).needs(needs))
    }

    /// Nothing passes between the leader and the follower.
    fn does_not_answer(&self) -> Option<Finding> {
        let Self { run, node, leader, .. } = self;
        let remedy = remedies_of_both(run, [(*leader, *node)].into_iter())?;
        let lost = run.last(|event| lost_between(event, *leader, *node).is_some());
        let finding = Finding::new(words! {
            "Nothing passes between ", leader, " and ", node,
            ", so the leader does not know which entries to send. ", self.numbers()
        })
        .section("§5.3");
        Some(finding.because_all(run.led_by(lost)).needs(words!(remedy, ".")))
    }

    /// As many messages are unanswered as may be.
    fn window_is_full(&self) -> Option<Finding> {
        let Self { run, node, leader, peer, last, .. } = self;
        let window = run.world.node(*leader).map_or(0, |node| node.settings().max_in_flight);
        if peer.in_flight < window || peer.next_index > *last {
            return None;
        }
        let first = self.first_missing();
        let sent = Span(first, LogIndex(peer.next_index.0 - 1));
        let finding = Finding::new(words! {
            "The window to ", node, " is full: the messages with ", sent,
            " are unanswered, and at most {window} may be. So ", peer.next_index,
            " has not been sent: next_index is ", Bare(peer.next_index), ", ", self.numbers()
        })
        .section("pipelining, dissertation §10.2.2")
        .because_all(run.led_by(self.slow_link()));
        Some(match self.arrival(first) {
            Some((at, _)) => finding.needs(words! {
                "an acknowledgement of ", first, ", which arrives at ", node, " at ", At(at), "."
            }),
            None => finding.needs("an acknowledgement.".into()),
        })
    }

    /// The message with the next entry is lost.
    fn entry_is_lost(&self) -> Option<Finding> {
        let (node, first) = (self.node, self.first_missing());
        let lost = lacking(&self.run, node, first, self.run.record.iter().next_back()?);
        let core = self.run.core(self.leader)?;
        let clock = self.run.world.node(self.leader)?.clock();
        let next = At(clock.when_it_shows(core.deadline()));
        let needs = match remedies_of_both(&self.run, [(self.leader, node)].into_iter()) {
            Some(remedy) => words!(remedy, ". The leader sends again after the next answer."),
            None => words! {
                "only time. The leader sends again after the answer to its next heartbeat, of ",
                next, "."
            },
        };
        let words = words!("Node ", Bare(node), " did not get ", first, ": ", self.numbers());
        (!lost.is_empty())
            .then(|| Finding::new(words).section("§5.3").because_all(lost).needs(needs))
    }

    /// The message with the next entry is held, or an answer of the follower.
    fn is_held(&self) -> Option<Finding> {
        let (leader, node) = (self.leader, self.node);
        let held = self.run.world.in_flight().find(|message| {
            let carries_it = carries(&message.message, self.first_missing());
            message.held_since().is_some()
                && ((message.from, message.to) == (node, leader)
                    || (message.from, message.to) == (leader, node) && carries_it)
        })?;
        let hold = self.run.last(|event| {
            let EventKind::Message { id, event, .. } = &event.kind else { return false };
            *id == held.id && *event == MessageEvent::Held
        });
        let InFlightMessage { id, from, to, ref message, .. } = *held;
        let words = words! {
            "Message {id} from ", from, " to ", to, " is held: ", Named(message), ". ",
            self.numbers()
        };
        let finding = Finding::new(words).section("§5.3").because_all(self.run.led_by(hold));
        Some(finding.needs(words!("`release message {id}`, or that the leader sends again.")))
    }

    /// The next entry, or its acknowledgement, has not arrived.
    fn is_under_way(&self) -> Finding {
        let missing = Span(self.first_missing(), self.last);
        let said = match self.arrival(self.first_missing()) {
            Some((at, _)) if at > self.run.now() => {
                words!(missing, " is under way to ", self.node, " and arrives at ", At(at), ". ")
            }
            Some((at, _)) => words! {
                missing, " reached ", self.node, " at ", At(at),
                ", and its acknowledgement has not come yet. "
            },
            None => Words::default(),
        };
        let finding = Finding::new(words!(said, self.numbers())).section("§5.3");
        finding.needs("only time.".into())
    }

    fn is_slow(&self) -> Finding {
        let node = self.node;
        let slowed = self
            .run
            .last(|event| matches!(process(event, node), Some(ProcessEvent::Slowed { .. })));
        let when = match self.arrival(self.last) {
            Some((at, _)) if at <= self.run.now() => {
                let missing = Span(self.first_missing(), self.last);
                words!(missing, " reached it, the last at ", At(at), ", but ")
            }
            Some(_) | None => Words::default(),
        };
        let waiting = self.sim.inbox_len();
        Finding::new(words! {
            "Node ", Bare(node), " is slow. ", when, "everything that it handles takes ",
            Took(self.sim.handling()), ", and {waiting} things wait their turn. ", self.numbers()
        })
        .section("§5.3")
        .because_all(self.run.led_by(slowed))
        .needs(words!("only time, or `slow {node} by=0s`."))
    }
}
