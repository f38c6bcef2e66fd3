//! Votes and elections (§5.2, §5.4.1, dissertation §9.6).

use std::time::Duration;

use raft_core::{
    Bare, Body, ElectionReason, ElectionRefusal, ElectionTrace, LogPosition, Message, NodeId,
    PreVoteTrace, Term, Trace, VoteRefusal,
};
use raft_sim::{ClockChange, Event, EventKind, ProcessEvent, Words, words};

use super::Decision;
use crate::explanation::{Cause, Finding};
use crate::facts::{heard, rules_off, shortest_timeout};
use crate::missing::lacking;
use crate::said::{At, Nodes, Took};
use crate::seen::{Passing, entered, process, vote};

/// A request for a vote, or for a pre-vote.
#[derive(Clone, Copy)]
struct Asked {
    candidate: NodeId,
    term: Term,
    is_pre_vote: bool,
}

impl<'a> Decision<'a> {
    pub(super) fn election(self, decision: &ElectionTrace) -> Finding {
        let node = self.node;
        match decision {
            ElectionTrace::VoteRefused { candidate, term, reason } => {
                let asked = Asked { candidate: *candidate, term: *term, is_pre_vote: false };
                self.refused(asked, *reason)
            }
            ElectionTrace::Started { term, reason, .. } => {
                let said = words!("Node ", Bare(node), " starts an election in ", term, ": ");
                Finding::new(words!(said, self.asks(*reason))).section("§5.2")
            }
            ElectionTrace::BecameLeader { term, voters } => Finding::new(words! {
                "Node ", Bare(node), " leads ", term, ": ", Nodes(voters),
                " voted for it, and that is a majority"
            })
            .section("§5.2")
            .because_all(self.votes(*term, voters)),
            ElectionTrace::NotStarted { reason } => self.not_started(*reason),
            ElectionTrace::VoteGranted { candidate, term } => {
                let votes = words! {
                    "Node ", Bare(node), " votes for ", candidate, " in ", term,
                    ": it has given its vote to nobody else in this term"
                };
                Finding::new(words!(votes, self.log_of_candidate())).section("§5.2, §5.4.1")
            }
            ElectionTrace::VoteCounted { .. } => self.in_its_own_words(),
        }
    }

    pub(super) fn pre_vote(self, decision: &PreVoteTrace) -> Finding {
        let node = self.node;
        match decision {
            PreVoteTrace::Refused { candidate, term, reason } => {
                let asked = Asked { candidate: *candidate, term: *term, is_pre_vote: true };
                self.refused(asked, *reason)
            }
            PreVoteTrace::Started { term, reason, .. } => {
                let said = words!("Node ", Bare(node), " asks for pre-votes for ", term, ": ");
                Finding::new(words!(said, self.asks(*reason))).section("dissertation §9.6")
            }
            PreVoteTrace::Granted { candidate, term } => {
                let spared = Took(shortest_timeout(&self.run, node));
                let would = words! {
                    "Node ", Bare(node), " would vote for ", candidate, " in ", term,
                    ": it has heard no leader for ", spared, ", the shortest election timeout"
                };
                let words = words!(would, self.log_of_candidate(), ". This is no promise");
                Finding::new(words).section("dissertation §9.6")
            }
            PreVoteTrace::Counted { .. } => self.in_its_own_words(),
        }
    }

    /// The log of the candidate beside that of the voter.
    fn log_of_candidate(self) -> Words {
        let asked = self.run.cause(self.event).and_then(Passing::of);
        let theirs = asked.and_then(|asked| last_log_of(asked.message));
        let own = self.run.core(self.node).map(|core| core.log().last());
        let Some((theirs, own)) = theirs.zip(own) else { return Words::default() };
        if theirs.is_at_least_as_up_to_date_as(own) {
            return words! {
                ", and the candidate's log, which ends at ", Bare(theirs),
                ", is at least as up to date as its own, which ends at ", Bare(own)
            };
        }
        match rules_off(&self.run, self.event).filter(|_| self.log_is_that_of_then()) {
            Some(rules) => words! {
                ", but the candidate's log, which ends at ", Bare(theirs),
                ", is less up to date than its own, which ends at ", Bare(own),
                ": Raft does not allow it, a rule is switched off ({rules})"
            },
            // Its own log is longer since.
            None => words!(", and the candidate's log ends at ", Bare(theirs)),
        }
    }

    /// Whether the node's log has not changed since the event.
    fn log_is_that_of_then(self) -> bool {
        let changes = |event: &Event| {
            matches!(
                &event.kind,
                EventKind::Core { node, trace: Trace::Replication(_) | Trace::Snapshot(_) }
                    if *node == self.node
            )
        };
        !self.run.record.after(self.event.number).any(changes)
    }

    /// An order to start an election was refused.
    fn not_started(self, reason: ElectionRefusal) -> Finding {
        let finding = self.in_its_own_words();
        let ElectionRefusal::LeaderIsAlive { .. } = reason else { return finding };
        let Some(heard) = heard(&self.run, self.node, self.event) else { return finding };
        let spared = Took(shortest_timeout(&self.run, self.node));
        let ago = Took(self.event.at - heard.at);
        Finding::new(words! {
            finding.words, ". It heard it at ", At(heard.at), ", ", ago,
            " ago, and the shortest election timeout is ", spared
        })
        .section("dissertation §6.4.1")
    }

    fn refused(self, asked: Asked, reason: VoteRefusal) -> Finding {
        let what = if asked.is_pre_vote { "its pre-vote" } else { "its vote" };
        let refuses =
            words!("Node ", Bare(self.node), " refuses {what} to ", asked.candidate, ": ");
        match reason {
            VoteRefusal::LogBehind { candidate, own } => {
                Finding::new(words!(refuses, behind(self.node, candidate, own)))
                    .section("§5.4.1")
                    .because_all(lacking(&self.run, asked.candidate, own.index, self.event))
            }
            VoteRefusal::AlreadyVoted { voted_for } => {
                self.has_voted(refuses, asked.term, voted_for)
            }
            VoteRefusal::StaleTerm { current } => self.is_stale(refuses, asked.term, current),
            VoteRefusal::LeaderIsAlive { leader } => {
                Finding::new(words!(refuses, self.spares(leader, asked)))
                    .section("dissertation §4.2.3")
            }
        }
    }

    fn has_voted(self, refuses: Words, term: Term, voted_for: NodeId) -> Finding {
        let voted = self.earlier(|event| vote(event, self.node) == Some((voted_for, term)));
        let when = voted.map_or_else(Words::default, |vote| words!(", at ", At(vote.at)));
        let finding = Finding::new(words! {
            refuses, "it already voted in ", term, ", for ", voted_for, when,
            ". A server gives one vote in a term, first come, first served"
        })
        .section("§5.2");
        match voted {
            Some(voted) => {
                let said = words!(self.node, " votes for ", voted_for);
                finding.because_all(self.run.led_by_as(voted, said))
            }
            None => finding,
        }
    }

    fn is_stale(self, refuses: Words, term: Term, current: Term) -> Finding {
        let node = self.node;
        let entered = self.earlier(|event| entered(event) == Some((node, current)));
        let since = entered.map_or_else(Words::default, |e| words!(" since ", At(e.at)));
        let finding = Finding::new(words! {
            refuses, "the request is stale, it asks for ", term, ", and ", node, " has been in ",
            current, since
        })
        .section("§5.1");
        match entered {
            Some(entered) => {
                let said = words!(node, " enters ", current);
                finding.because_all(self.run.led_by_as(entered, said))
            }
            None => finding,
        }
    }

    /// A server that heard a leader a moment ago spares it.
    fn spares(self, leader: Option<NodeId>, asked: Asked) -> Words {
        let node = self.node;
        let spared = Took(shortest_timeout(&self.run, node));
        let stays = match asked.is_pre_vote {
            true => Words::default(),
            false => words! {
                ". Such a request is refused before its term is looked at, so ", node,
                " does not enter ", asked.term
            },
        };
        if leader == Some(node) {
            return words!("it leads, and a quorum answered it within ", spared, stays);
        }
        match (leader, heard(&self.run, node, self.event)) {
            (Some(leader), Some(last)) => words! {
                "its leader is alive. It heard ", leader, " at ", At(last.at), ", ",
                Took(self.event.at - last.at),
                " ago, and spares it for the shortest election timeout, ", spared, stays
            },
            (Some(_), None) | (None, _) => words! {
                "it heard a leader, or answered one before a restart, less than the shortest \
                 election timeout ago, ", spared, stays
            },
        }
    }

    /// Why it asks for votes or pre-votes.
    fn asks(self, reason: ElectionReason) -> Words {
        if reason != ElectionReason::LeaderSilent {
            return words!(reason);
        }
        let Some(last) = heard(&self.run, self.node, self.event) else {
            return "it heard no leader for its election timeout, and never one before".into();
        };
        let passed = self.event.at - last.at;
        match self.jumped_since(last) {
            Some(by) => words! {
                "by its own clock it heard no leader for ", Took(passed + by), ". In truth ",
                Took(passed), " had passed since the last message of a leader, at ", At(last.at)
            },
            None => words! {
                "it heard no leader for its election timeout. The last message of one came at ",
                At(last.at), ", ", Took(passed), " before"
            },
        }
    }

    /// How far the node's clock jumped ahead since an event.
    fn jumped_since(self, from: &Event) -> Option<Duration> {
        let between = self.run.record.after(from.number);
        let between = between.take_while(|event| event.number < self.event.number);
        let jumps = between.filter_map(|event| {
            let ProcessEvent::ClockChanged { change } = process(event, self.node)? else {
                return None;
            };
            let ClockChange::Jump(by) = change else { return None };
            Some(*by)
        });
        let all: Duration = jumps.sum();
        (!all.is_zero()).then_some(all)
    }

    /// How the votes came.
    fn votes(self, term: Term, voters: &[NodeId]) -> Vec<Vec<Cause>> {
        let others = voters.iter().copied().filter(|voter| *voter != self.node);
        let votes = others.filter_map(|voter| {
            let vote = self.earlier(|event| vote(event, voter) == Some((self.node, term)))?;
            Some(self.run.led_by_as(vote, words!(voter, " votes for ", self.node)))
        });
        votes.flatten().collect()
    }
}

/// The end of the candidate's log in a request for a vote or a pre-vote.
fn last_log_of(message: &Message) -> Option<LogPosition> {
    if let Body::RequestVote(asked) = &message.body {
        return Some(LogPosition::new(asked.last_log_index, asked.last_log_term));
    }
    let Body::PreVote(asked) = &message.body else { return None };
    Some(LogPosition::new(asked.last_log_index, asked.last_log_term))
}

/// A log that is less up to date.
fn behind(voter: NodeId, theirs: LogPosition, own: LogPosition) -> Words {
    let rule = match theirs.term == own.term {
        true => "The last terms are equal, so the longer log is more up to date",
        false => "The log that ends in the later term is more up to date",
    };
    words! {
        "the candidate's log is behind, it ends at ", Bare(theirs), ", and that of ", voter, " at ",
        Bare(own), ". {rule}, and a voter refuses a log that is less up to date than its own"
    }
}
