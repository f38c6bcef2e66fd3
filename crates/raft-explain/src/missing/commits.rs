//! Why an entry is not committed.

use raft_core::{Bare, CommitTrace, LogIndex, Membership, Node, NodeId, Term, Trace};
use raft_sim::{NodeState, SimNode, Words, words};

use super::elections::next_election;
use super::leader::{self, stopped};
use crate::evidence::Evidence;
use crate::explanation::{Cause, Explanation, Finding};
use crate::facts::{Unfinished, first_of_own_term, remedies, unfinished};
use crate::missing::lacking;
use crate::question::Unanswerable;
use crate::said::{And, At, Capital, Named, Nodes, plural};
use crate::seen::{acknowledged, committed, decision, lost};

/// Why an entry is not committed.
pub(super) fn not(run: &Evidence<'_>, index: LogIndex) -> Result<Explanation, Unanswerable> {
    let cores = run.world.nodes().filter_map(|node| node.core());
    if cores.map(Node::commit_index).max().is_some_and(|commit| index <= commit) {
        return Ok(Explanation::of(is_committed(run, index)));
    }
    let Some((leader, core)) = run.leader() else {
        let mut explanation = leader::none(run)?;
        explanation.begin(words!("No server leads, and only a leader commits entries. "));
        return Ok(explanation);
    };
    let Some(term) = core.log().term_at(index) else {
        let last = core.log().last();
        return Err(Unanswerable::DidNotHappen(format!(
            "there is no entry {index}: the log of leader {leader} ends at {last}"
        )));
    };
    let waiting = Waiting { run: *run, leader, core, index, term };
    let count = waiting.count();
    Ok(Explanation::of(match term < core.current_term() && count.is_majority {
        true => waiting.is_of_older_term(&count),
        false => waiting.is_on_too_few(&count),
    }))
}

fn is_committed(run: &Evidence<'_>, index: LogIndex) -> Finding {
    let event = run
        .record
        .iter()
        .find(|event| committed(event).is_some_and(|(_, from, to)| from < index && index <= to));
    let words = match event {
        Some(event) => words!("Entry ", Bare(index), " is committed, since ", At(event.at), "."),
        None => words!("Entry ", Bare(index), " is committed."),
    };
    Finding::new(words).because_all(run.causes(event))
}

/// An entry of a leader that is not committed.
struct Waiting<'a> {
    run: Evidence<'a>,
    leader: NodeId,
    core: &'a Node,
    index: LogIndex,
    term: Term,
}

/// Where an entry is, as a leader can count it.
struct Count {
    /// The servers whose disk is known to the leader to hold it.
    known: Vec<NodeId>,
    /// The other voters whose disk holds it, although the leader was not told.
    untold: Vec<NodeId>,
    /// The voters without it.
    without: Vec<NodeId>,
    is_majority: bool,
    /// How many more are needed at least.
    more: usize,
    /// How many are counted of how many that are needed, in each set of voters.
    tally: Words,
}

impl<'a> Waiting<'a> {
    fn count(&self) -> Count {
        let Self { run, leader, core, index, term } = self;
        let status = core.status();
        let membership = core.membership();
        let is_known = |node: NodeId| match node == *leader {
            true => status.durable_index >= *index,
            false => status.peers.iter().any(|peer| peer.id == node && peer.match_index >= *index),
        };
        let on_disk =
            |node: NodeId| run.world.node(node).is_some_and(|node| is_on_disk(node, *index, *term));
        let outgoing =
            membership.outgoing().iter().filter(|node| !membership.voters().contains(node));
        let mut all: Vec<NodeId> = membership.voters().iter().chain(outgoing).copied().collect();
        all.sort_unstable();
        let (known, others): (Vec<NodeId>, Vec<NodeId>) =
            all.into_iter().partition(|node| is_known(*node));
        let (untold, without) =
            others.into_iter().partition(|node| node != leader && on_disk(*node));
        let is_majority = membership.is_quorum(is_known);
        let more = match membership.is_joint() {
            true => 1,
            false => membership.majority().saturating_sub(known.len()).max(1),
        };
        Count { known, untold, without, is_majority, more, tally: tally(membership, is_known) }
    }

    fn is_on_too_few(&self, count: &Count) -> Finding {
        let (index, untold) = (self.index, &count.untold);
        let place = match count.known.len() {
            0 => "on no disk that counts".into(),
            1 => words!("on one disk, that of ", Nodes(&count.known)),
            more => words!("on {more} disks, those of ", Nodes(&count.known)),
        };
        let mut sentences = vec![words!("Entry ", Bare(index), " is ", place, "; ", count.tally)];
        if !untold.is_empty() {
            let verb = plural(untold.len(), "has", "have");
            sentences.push(words! {
                Capital(untold), " {verb} it too, but a leader counts only what it is told"
            });
        }
        let mut chains: Vec<Vec<Cause>> = Vec::new();
        let mut needs: Vec<Words> = Vec::new();
        if let Some(Unfinished { write, slowed }) = unfinished(&self.run, self.leader, index) {
            sentences.push(words! {
                "The leader counts its own disk like any other, and its write ", write.id().0,
                ", asked for at ", At(write.issued_at), ", is not done (dissertation §10.2.1)"
            });
            chains.extend(self.run.led_by(slowed));
            needs.push(words!("that write, due at ", At(write.done_at)));
        }
        chains.extend(untold.iter().flat_map(|node| self.unheard(*node)));
        let others = count.without.iter().copied().filter(|node| *node != self.leader);
        let (writing, missing): (Vec<NodeId>, Vec<NodeId>) =
            others.partition(|node| unfinished(&self.run, *node, index).is_some());
        for (node, Unfinished { write, slowed }) in
            writing.iter().filter_map(|node| Some((*node, unfinished(&self.run, *node, index)?)))
        {
            sentences.push(words! {
                "Node ", Bare(node), " has it in its memory, and its write ", write.id().0,
                ", asked for at ", At(write.issued_at), ", is not done"
            });
            chains.extend(self.run.led_by(slowed));
            needs.push(words!("the write of ", node, ", due at ", At(write.done_at)));
        }
        chains.extend(missing.iter().flat_map(|node| self.lacks(*node)));
        needs.extend(self.needs_disks(&missing, count.more));
        needs.extend(self.needs_answers(untold));
        let section = if self.core.membership().is_joint() { "§6" } else { "§5.3" };
        Finding::new(Words::joined(sentences, ". "))
            .section(section)
            .because_all(chains)
            .needs(alternatives(needs, count.more))
    }

    /// Why a node does not have the entry.
    fn lacks(&self, node: NodeId) -> Vec<Vec<Cause>> {
        let state = self.run.world.node(node).map(SimNode::state);
        match (state, self.run.record.iter().next_back()) {
            (Some(NodeState::Crashed | NodeState::Refused | NodeState::Paused), _) => {
                stopped(&self.run, node)
            }
            (Some(NodeState::Running) | None, Some(end)) => {
                lacking(&self.run, node, self.index, end)
            }
            (Some(NodeState::Running) | None, None) => Vec::new(),
        }
    }

    /// More disks must hold it: what lets it pass, and how soon.
    fn needs_disks(&self, missing: &[NodeId], more: usize) -> Option<Words> {
        if missing.is_empty() {
            return None;
        }
        let some = match more {
            more if missing.len() <= more => String::new(),
            1 => "one of ".to_owned(),
            more => format!("{more} of "),
        };
        let undo = remedies(&self.run, missing.iter().map(|node| (self.leader, *node)));
        let soon = next_election(&self.run).filter(|(node, _)| missing.contains(node));
        let soon = match soon {
            Some((node, at)) if undo.is_some() => words! {
                ", and soon: the election timer of ", node, " elapses at ", At(at),
                ", and the leader of a later term puts its own entry in this place"
            },
            Some(_) | None => Words::default(),
        };
        let so = undo.map_or_else(Words::default, |undo| words!(", so ", undo));
        Some(words!("{some}", Nodes(missing), " must store it", so, soon))
    }

    /// The leader must be told.
    fn needs_answers(&self, untold: &[NodeId]) -> Option<Words> {
        if untold.is_empty() {
            return None;
        }
        Some(match remedies(&self.run, untold.iter().map(|node| (*node, self.leader))) {
            Some(undo) => words!(undo, ": the answer to the next heartbeat commits it"),
            None => "an acknowledgement that reaches the leader".into(),
        })
    }

    /// The acknowledgement of a node that did not reach the leader.
    fn unheard(&self, node: NodeId) -> Vec<Vec<Cause>> {
        let is_acknowledgement = |message| acknowledged(message).is_some_and(|it| it >= self.index);
        let found = self.run.record.iter().rev().find_map(|event| {
            let message = lost(event, node, self.leader).filter(|it| is_acknowledgement(it))?;
            Some((event, words!(Named(message), " of ", node, " is lost")))
        });
        found.map(|(event, said)| self.run.led_by_as(event, said)).unwrap_or_default()
    }

    fn is_of_older_term(&self, count: &Count) -> Finding {
        let Self { run, leader, core, index, term } = self;
        let current = core.current_term();
        let finding = Finding::new(words! {
            "Entry ", Bare(index), " is of an older term. Leader ", Bare(leader),
            " knows it on the disks of ", Nodes(&count.known), ", a majority, but it is of ", term,
            " and the leader leads ", current, ", and counting replicas commits only entries of \
             the leader's own term"
        })
        .section("§5.4.2, Figure 8");
        let told = run.last(|event| {
            matches!(
                decision(event, *leader),
                Some(Trace::Commit(CommitTrace::OldTermNotCounted { position, .. }))
                    if position.index >= *index
            )
        });
        let finding = finding.because_all(run.causes(told));
        let Some(own) = first_of_own_term(core) else { return finding };
        let has = |node: NodeId| {
            core.status().peers.iter().any(|peer| peer.id == node && peer.match_index >= own)
        };
        let without = count.known.iter().copied().filter(|node| node != leader && !has(*node));
        let chains = without.flat_map(|node| {
            run.record
                .iter()
                .next_back()
                .map(|end| lacking(run, node, own, end))
                .unwrap_or_default()
        });
        let needed = core.membership().majority();
        finding.because_all(chains.collect()).needs(words! {
            "the leader's own ", own, ", of ", current, ", on {needed} disks: that commits both."
        })
    }
}

/// Some of these have to happen: one, or more.
fn alternatives(needs: Vec<Words>, more: usize) -> Words {
    match more > 1 && needs.len() > 1 {
        true => words!("{more} disks more: ", Words::joined(needs, "; "), "."),
        false => words!(Words::joined(needs, ", or "), "."),
    }
}

/// Whether the disk of a node holds the entry.
fn is_on_disk(node: &SimNode, index: LogIndex, term: Term) -> bool {
    if let Some(core) = node.core() {
        return core.status().durable_index >= index && core.log().term_at(index) == Some(term);
    }
    node.recovered().is_ok_and(|disk| {
        disk.entries.iter().any(|entry| entry.index == index && entry.term == term)
    })
}

/// How many disks are needed, and in a joint membership how many each set of voters has.
fn tally(membership: &Membership, is_known: impl Fn(NodeId) -> bool) -> Words {
    if !membership.is_joint() {
        let (needed, of) = (membership.majority(), membership.voters().len());
        return words!("{needed} of {of} are needed");
    }
    let holds = |set: &[NodeId]| -> Vec<NodeId> {
        set.iter().copied().filter(|node| is_known(*node)).collect()
    };
    let has = |set: &[NodeId]| {
        let those = holds(set);
        match those.len() {
            0 => "none has it".into(),
            1 => words!("only ", Nodes(&those), " has it"),
            2.. => words!(Nodes(&those), " have it"),
        }
    };
    let (old, new) = (membership.outgoing(), membership.voters());
    words! {
        "the membership is joint, so two majorities are needed: of the old voters ", And(old), " ",
        has(old), ", of the new voters ", And(new), " ", has(new)
    }
}
