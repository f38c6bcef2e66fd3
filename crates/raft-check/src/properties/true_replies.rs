//! True Replies (§8): a server tells a client, or an operator, only what is so.
//!
//! `Refused` and `NotLeader` promise that nothing was done. A client may ask again, so copies of
//! the command may be committed, but no more than it asked for without such an answer. `Unknown`
//! promises nothing. `Readable` is judged by Read Linearizability.

use std::collections::VecDeque;

use imbl::{OrdMap, Vector};
use raft_core::{
    ElectionTrace, LogIndex, LogPosition, Membership, MembershipChange, NodeId, Outcome, Term,
    Trace, TransferTrace,
};
use raft_kv::{ClientId, Sequence};
use raft_sim::{AdminRequest, ClientEvent, words};

use super::{Checker, CommandCommitted, Context};
use crate::property::{Property, Verdict};
use crate::shadows::Shadows;

pub(crate) static PROPERTY: Property = Property {
    name: "True Replies",
    section: "§8, dissertation §3.10, §4.1",
    meaning: "A server says that a request is committed, or superseded, only if it is; that a \
              membership change is complete only if its last membership is committed; that it \
              refuses a command only if that is never committed; and that \
              leadership was transferred only if it told that server to start an election.",
};

/// The replies of the step at hand, which are judged when all commits of the step are known.
#[derive(Clone, Default, Debug)]
pub(crate) struct TrueReplies {
    replies: VecDeque<Reply>,
    /// The servers that each leader told to start an election, in its latest term.
    told: OrdMap<NodeId, Vector<NodeId>>,
    /// The latest commands of clients, oldest first.
    commands: VecDeque<Asked>,
}

/// So many of the latest commands are kept.
const COMMANDS: usize = 64;

/// A command of a client.
#[derive(Clone, Debug)]
struct Asked {
    client: ClientId,
    sequence: Sequence,
    /// Its names in the log: a client whose session expired uses another one.
    names: Vec<(ClientId, Sequence)>,
    attempts: Attempts,
}

/// The attempts at a command of a client.
#[derive(Clone, Copy, Default, Debug)]
struct Attempts {
    asked: u32,
    /// How many were answered with `Refused` or `NotLeader`.
    refused: u32,
    committed: u32,
}

/// A server replies to a request.
#[derive(Clone, Debug)]
struct Reply {
    node: NodeId,
    outcome: Outcome,
    /// The request, if it is about leadership or membership.
    request: Option<AdminRequest>,
}

impl TrueReplies {
    fn asked(&mut self, client: ClientId, sequence: Sequence) -> Option<&mut Asked> {
        let mut commands = self.commands.iter_mut();
        commands.find(|asked| (asked.client, asked.sequence) == (client, sequence))
    }

    /// A command whose first attempt is not known any more is not judged.
    fn note_asked(
        &mut self,
        (client, sequence): (ClientId, Sequence),
        name: (ClientId, Sequence),
        attempt: u32,
    ) {
        if let Some(asked) = self.asked(client, sequence) {
            asked.attempts.asked += 1;
            if !asked.names.contains(&name) {
                asked.names.push(name);
            }
            return;
        }
        if attempt > 1 {
            return;
        }
        let attempts = Attempts { asked: 1, ..Attempts::default() };
        self.commands.push_back(Asked { client, sequence, names: vec![name], attempts });
        if self.commands.len() > COMMANDS {
            self.commands.pop_front();
        }
    }
}

impl Checker for TrueReplies {
    /// The message itself may wait for the disk longer than its sender leads.
    fn traced(&mut self, node: NodeId, trace: &Trace, _: &mut Context<'_>) {
        if let Trace::Election(ElectionTrace::BecameLeader { .. }) = trace {
            self.told.remove(&node);
        } else if let Trace::Transfer(TransferTrace::TimeoutNowSent { to }) = trace {
            self.told.entry(node).or_default().push_back(*to);
        }
    }

    fn client_event(
        &mut self,
        client: ClientId,
        sequence: Sequence,
        event: &ClientEvent,
        cx: &mut Context<'_>,
    ) {
        if let ClientEvent::Asked { attempt, .. } = *event {
            if let Some(name) = cx.world.client(client).map(|c| c.session_for(sequence)) {
                self.note_asked((client, sequence), name, attempt);
            }
        } else if let ClientEvent::Replied { node, outcome } = *event {
            self.replies.push_back(Reply { node, outcome, request: None });
            if let Outcome::Refused(_) | Outcome::NotLeader { .. } = outcome
                && let Some(asked) = self.asked(client, sequence)
            {
                asked.attempts.refused += 1;
                cx.note(&PROPERTY, attempts_fit(client, sequence, asked.attempts));
            }
        }
    }

    fn command_committed(&mut self, committed: CommandCommitted<'_>, cx: &mut Context<'_>) {
        let name = (committed.executed.client, committed.executed.sequence);
        // The number of a read without a log entry may be used again.
        let mut newest_first = self.commands.iter_mut().rev();
        if let Some(asked) = newest_first.find(|asked| asked.names.contains(&name)) {
            asked.attempts.committed += 1;
            cx.note(&PROPERTY, attempts_fit(asked.client, asked.sequence, asked.attempts));
        }
    }

    fn administered(
        &mut self,
        node: NodeId,
        request: &AdminRequest,
        outcome: Outcome,
        _: &mut Context<'_>,
    ) {
        self.replies.push_back(Reply { node, outcome, request: Some(request.clone()) });
    }

    fn step_ended(&mut self, cx: &mut Context<'_>) {
        while let Some(reply) = self.replies.pop_front() {
            let told = self.told.get(&reply.node);
            let told = told.into_iter().flatten().copied().collect();
            let seen = Seen::of(&reply, told, cx.shadows);
            cx.note(&PROPERTY, replied(&reply, &seen));
        }
    }
}

/// What is so, when a server replies.
#[derive(Clone, Debug)]
struct Seen {
    /// The first index of which it is known what is committed there.
    known_from: LogIndex,
    /// The term of the committed entry at the index of which the reply speaks, if there is one.
    committed: Option<Term>,
    /// The membership in that entry, if it holds one.
    membership: Option<Membership>,
    /// The term of the last committed entry.
    last_term: Term,
    /// The servers that this one told to start an election, in its latest term as a leader.
    told: Vec<NodeId>,
}

impl Seen {
    fn of(reply: &Reply, told: Vec<NodeId>, shadows: &Shadows) -> Self {
        let index = match reply.outcome {
            Outcome::Committed(position) | Outcome::Superseded { position } => position.index,
            Outcome::Readable { .. }
            | Outcome::Transferred { .. }
            | Outcome::Cancelled
            | Outcome::NotLeader { .. }
            | Outcome::Refused(_)
            | Outcome::Unknown { .. } => LogIndex(0),
        };
        let (at, membership) = shadows.committed.in_force_at(index);
        Self {
            known_from: shadows.ledger.base().next(),
            committed: shadows.ledger.get(index).map(|prefix| prefix.term),
            last_term: shadows.ledger.last().term,
            membership: (at == index).then(|| membership.clone()),
            told,
        }
    }
}

fn replied(reply: &Reply, seen: &Seen) -> Verdict {
    let Reply { node, outcome, request } = reply;
    match *outcome {
        Outcome::Committed(position) | Outcome::Superseded { position }
            if position.index < seen.known_from =>
        {
            Ok(())
        }
        Outcome::Committed(position) => {
            is_committed(*node, position, seen.committed)?;
            match request {
                Some(AdminRequest::ChangeMembership { change, .. }) => {
                    is_complete(*node, position, change, seen.membership.as_ref())
                }
                Some(AdminRequest::TransferLeadership { .. } | AdminRequest::CancelChange)
                | None => Ok(()),
            }
        }
        Outcome::Superseded { position } => match seen.committed {
            Some(term) if term != position.term => Ok(()),
            Some(_) => Err(words! {
                node, " said that another entry took the place of ", position,
                ", which is committed"
            }),
            // No later leader lacks the last committed entry, nor holds one of an earlier term
            // after it.
            None if seen.last_term > position.term => Ok(()),
            None => Err(words! {
                node, " said that another entry took the place of ", position,
                ", but no entry of a later term is committed: it may yet be this one"
            }),
        },
        Outcome::Transferred { to } if !seen.told.contains(&to) => Err(words! {
            node, " said that leadership was transferred to ", to,
            ", which it never told to start an election"
        }),
        Outcome::Transferred { .. }
        | Outcome::Cancelled
        | Outcome::Readable { .. }
        | Outcome::NotLeader { .. }
        | Outcome::Refused(_)
        | Outcome::Unknown { .. } => Ok(()),
    }
}

/// An attempt that was refused is not in the log, and each other one is there once at most.
fn attempts_fit(client: ClientId, sequence: Sequence, attempts: Attempts) -> Verdict {
    let Attempts { asked, refused, committed } = attempts;
    if committed + refused <= asked {
        return Ok(());
    }
    Err(words! {
        client, " asked for its command {sequence} {asked} times, {refused} times it was refused, \
         and {committed} copies are committed"
    })
}

pub(crate) fn is_committed(
    node: NodeId,
    position: LogPosition,
    committed: Option<Term>,
) -> Verdict {
    match committed {
        Some(term) if term == position.term => Ok(()),
        Some(term) => Err(words! {
            node, " said that ", position, " is committed, but ",
            LogPosition::new(position.index, term), " is"
        }),
        None => Err(words! { node, " said that ", position, " is committed; it is not" }),
    }
}

/// A change is complete with the entry of its last membership.
fn is_complete(
    node: NodeId,
    position: LogPosition,
    change: &MembershipChange,
    membership: Option<&Membership>,
) -> Verdict {
    let Some(membership) = membership else {
        return Err(words! {
            node, " said that the membership change (", change, ") is complete with ", position,
            ", which holds no membership"
        });
    };
    let is_learner = |node: &NodeId| membership.learners().contains(node);
    let is_done = match change {
        MembershipChange::AddLearner(added) => is_learner(added),
        MembershipChange::AddVoter(added) | MembershipChange::Promote(added) => {
            membership.voters().contains(added)
        }
        MembershipChange::Demote(demoted) => is_learner(demoted),
        MembershipChange::Remove(removed) => !membership.contains(*removed),
        MembershipChange::Replace { old, new } => {
            !membership.contains(*old) && membership.voters().contains(new)
        }
        MembershipChange::SetVoters(voters) => {
            let mut wanted = voters.clone();
            wanted.sort_unstable();
            wanted.dedup();
            wanted == membership.voters()
        }
    };
    match is_done && !membership.is_joint() {
        true => Ok(()),
        false => Err(words! {
            node, " said that the membership change (", change, ") is complete with ", position,
            ", whose membership is ", membership
        }),
    }
}

#[cfg(test)]
mod tests {
    use raft_core::Refusal;

    use super::super::testing::{N1, N2, N3, at, objects, voters};
    use super::*;

    fn seen(committed: Option<u64>) -> Seen {
        let committed = committed.map(Term);
        let last_term = Term(2);
        Seen { known_from: LogIndex(3), committed, last_term, membership: None, told: vec![N2] }
    }

    fn judge(outcome: Outcome, request: Option<AdminRequest>, seen: &Seen) -> Verdict {
        replied(&Reply { node: N1, outcome, request }, seen)
    }

    #[test]
    fn an_entry_that_is_not_committed_as_was_said() {
        let committed = |seen: &Seen| judge(Outcome::Committed(at(5, 2)), None, seen);
        assert_eq!(committed(&seen(Some(2))), Ok(()));
        objects(committed(&seen(None)), &["node 1 said", "5@2 is committed; it is not"]);
        objects(committed(&seen(Some(3))), &["5@2 is committed, but entry 5@3 is"]);
        let early = judge(Outcome::Committed(at(2, 2)), None, &seen(None));
        assert_eq!(early, Ok(()), "unknown: before the ledger begins");

        let outcome = Outcome::Superseded { position: at(5, 2) };
        let superseded = |seen: &Seen| judge(outcome, None, seen);
        assert_eq!(superseded(&seen(Some(3))), Ok(()));
        objects(superseded(&seen(Some(2))), &["5@2, which is committed"]);
        objects(superseded(&seen(None)), &["no entry of a later term is committed"]);
        assert_eq!(superseded(&Seen { last_term: Term(3), ..seen(None) }), Ok(()));
        let refused = Outcome::Refused(Refusal::ChangeInProgress);
        assert_eq!(judge(refused, None, &seen(None)), Ok(()));
    }

    #[test]
    fn a_refused_command_that_is_committed() {
        let judge = |asked, refused, committed| {
            attempts_fit(ClientId(3), Sequence(7), Attempts { asked, refused, committed })
        };
        assert_eq!(judge(1, 0, 1), Ok(()));
        assert_eq!(judge(2, 1, 1), Ok(()), "the client asked again");
        objects(judge(1, 1, 1), &["client 3 asked for its command 7", "1 copies"]);
        objects(judge(1, 0, 2), &["2 copies are committed"]);
        objects(judge(2, 1, 2), &["1 times it was refused"]);
    }

    #[test]
    fn a_change_that_is_not_complete() {
        let change = |change, membership| {
            let request = Some(AdminRequest::change_membership(change));
            let seen = Seen { membership, ..seen(Some(2)) };
            judge(Outcome::Committed(at(5, 2)), request, &seen)
        };
        let remove = MembershipChange::Remove(N3);
        assert_eq!(change(remove.clone(), Some(voters([1, 2]))), Ok(()));
        objects(change(remove.clone(), Some(voters([1, 2, 3]))), &["whose membership"]);
        objects(change(remove.clone(), None), &["holds no membership"]);
        let joint = voters([1, 2]).with_outgoing([N1, N2, N3]);
        objects(change(remove, Some(joint)), &["complete with entry 5@2"]);
        let set = MembershipChange::SetVoters(vec![N2, N1]);
        assert_eq!(change(set.clone(), Some(voters([1, 2]))), Ok(()));
        objects(change(set, Some(voters([1]))), &["is complete"]);
        let replace = MembershipChange::Replace { old: N1, new: N3 };
        assert_eq!(change(replace.clone(), Some(voters([2, 3]))), Ok(()));
        objects(change(replace, Some(voters([1, 2, 3]))), &["is complete"]);
    }

    #[test]
    fn a_transfer_to_a_server_that_was_not_told() {
        let transferred = |to| judge(Outcome::Transferred { to }, None, &seen(None));
        assert_eq!(transferred(N2), Ok(()));
        objects(transferred(N3), &["transferred to node 3, which it never told"]);
    }
}
