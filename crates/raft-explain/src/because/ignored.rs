//! Messages without an effect.

use raft_core::{Bare, Body, IgnoreReason, IgnoredMessage, Message, NodeId, Term};
use raft_sim::{Event, MessageEvent, Words, words};

use super::Decision;
use crate::explanation::Finding;
use crate::said::{At, Named};
use crate::seen::{Passing, elected, election, steps_down};

impl<'a> Decision<'a> {
    pub(super) fn ignored(self, ignored: &IgnoredMessage) -> Finding {
        let Some(passing) = self.run.cause(self.event).and_then(Passing::of) else {
            return self.in_its_own_words();
        };
        let sent = match self.sending(&passing) {
            Some(sent) => words!(", sent at ", At(sent.at)),
            None => Words::default(),
        };
        let message = passing.message;
        let ignores = words! {
            "Node ", Bare(self.node), " ignores ", Named(message), " from ", passing.from, sent,
            ": "
        };
        match ignored.reason {
            IgnoreReason::StaleTerm { current } => Finding::new(words! {
                ignores, "it is of ", message.term, ", and the node is in ", current,
                ". What comes from a term that is over has no effect"
            })
            .section("§5.1")
            .because_all(self.beginning_of(current)),
            IgnoreReason::NotExpected => {
                Finding::new(words!(ignores, self.no_longer_open(message)))
            }
            IgnoreReason::AlreadyKnown => Finding::new(words! {
                ignores, "it says nothing new. A message may be late or arrive twice, and then it \
                 changes nothing"
            })
            .section("§5.5"),
            IgnoreReason::VoteNotStored => Finding::new(words! {
                ignores, ignored.reason, ", and until then a crash could make it forget for whom \
                 it voted"
            })
            .section("§5.6"),
            IgnoreReason::SecondLeader { .. } => {
                Finding::new(words!(ignores, ignored.reason, ". A term has one leader at most"))
                    .section("§5.2")
            }
            IgnoreReason::ConflictsWithCommitted { .. } => {
                Finding::new(words!(ignores, ignored.reason)).section("§5.4.3")
            }
            IgnoreReason::UnknownSender
            | IgnoreReason::Malformed
            | IgnoreReason::RoundUnknown { .. }
            | IgnoreReason::FileFailed
            | IgnoreReason::SnapshotTooLarge { .. }
            | IgnoreReason::AcknowledgedEntryLost { .. }
            | IgnoreReason::BeyondLog { .. } => Finding::new(words!(ignores, ignored.reason)),
        }
    }

    /// Why nothing waits for an answer any more.
    fn no_longer_open(self, answer: &Message) -> Words {
        let own = |found: Option<(NodeId, Term)>| found.filter(|it| it.0 == self.node);
        match &answer.body {
            Body::RequestVoteReply(_) => {
                let won = self.earlier(|event| own(elected(event)).is_some());
                won.and_then(|event| Some((event, own(elected(event))?.1))).map(|(event, term)| {
                    words! {
                        "the node has led ", term, " since ", At(event.at),
                        ", and more votes change nothing"
                    }
                })
            }
            Body::PreVoteReply(_) => {
                let begun = self.earlier(|event| own(election(event)).is_some());
                begun.and_then(|event| Some((event, own(election(event))?.1))).map(
                    |(event, term)| {
                        words! {
                            "the node started the election of ", term, " at ", At(event.at),
                            ", so its pre-vote is over"
                        }
                    },
                )
            }
            Body::AppendEntriesReply(_) | Body::InstallSnapshotReply(_) => {
                let ended = self.earlier(|event| steps_down(event, self.node));
                ended.map(|event| words!("the node has not led since ", At(event.at)))
            }
            Body::PreVote(_)
            | Body::RequestVote(_)
            | Body::AppendEntries(_)
            | Body::InstallSnapshot(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => None,
        }
        .unwrap_or_else(|| "its request was answered before, or was given up".into())
    }

    /// The event in which a message was sent.
    fn sending(self, arrived: &Passing<'_>) -> Option<&'a Event> {
        self.earlier(|event| {
            Passing::of(event).is_some_and(|it| {
                it.id == arrived.id && matches!(it.event, MessageEvent::Sent { .. })
            })
        })
    }
}
