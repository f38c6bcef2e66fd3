//! A request that a follower passed on to its leader.

use raft_core::{Bare, Body, ForwardId, LogIndex, Message, NodeId};
use raft_kv::ClientId;
use raft_sim::{Event, MessageEvent, PendingOperation, words};

use super::answers::{last_arrived, last_asked};
use super::reads;
use crate::evidence::Evidence;
use crate::explanation::Finding;
use crate::facts::fate;
use crate::said::{At, Named};
use crate::seen::{Passing, is_lost, passing};

/// Why there is no answer yet from the leader to which a follower passed a request on.
pub(super) fn waits(
    run: &Evidence<'_>,
    client: ClientId,
    pending: &PendingOperation,
) -> Option<Finding> {
    let request = Request::last(run, client)?;
    let finding = request.waits()?;
    if finding.needs.is_some() {
        return Some(finding);
    }
    let asks_again = At(last_asked(run, client)?.at + run.world.setup().client_timeout);
    let target = pending.target;
    Some(finding.needs(words! {
        "an answer of ", target, ", or the client's timer, at ", asks_again, "; then it asks again."
    }))
}

/// A request under the follower's name for it.
pub(super) struct Request<'a> {
    run: Evidence<'a>,
    /// It is sent.
    event: &'a Event,
    from: NodeId,
    to: NodeId,
    id: ForwardId,
}

impl<'a> Request<'a> {
    /// The last request of a client, if a follower passed it on.
    pub(super) fn last(run: &Evidence<'a>, client: ClientId) -> Option<Self> {
        let arrived = last_arrived(run, client)?;
        run.rest_of_step(arrived).find_map(|event| {
            let Passing { from, to, message, .. } = Passing::of(event).filter(Passing::is_sent)?;
            Some(Self { run: *run, event, from, to, id: asked(message)? })
        })
    }

    /// Where the request or its answer is, if the follower has not got the answer and applied what
    /// it says.
    fn waits(&self) -> Option<Finding> {
        let Some((reply, index)) = self.reply() else {
            return self
                .is_on_its_way(self.event)
                .or_else(|| reads::leader_waits(&self.run, self.to));
        };
        if let Some(finding) = self.is_on_its_way(reply) {
            return Some(finding);
        }
        let (index, applied) = (index?, self.run.core(self.from)?.last_applied());
        let said = words! {
            "Node ", Bare(self.from), " may answer when it has applied ", index,
            ", and it has applied entries through ", Bare(applied)
        };
        (applied < index).then(|| {
            let finding = Finding::new(said).section("dissertation §6.4");
            finding.because_all(self.run.causes(reply))
        })
    }

    /// The event in which the request reaches the leader.
    pub(super) fn arrival(&self) -> Option<&'a Event> {
        fate(&self.run, self.event).filter(|event| !is_lost(event))
    }

    /// The leader's answer, and the entry that the follower must apply first.
    fn reply(&self) -> Option<(&'a Event, Option<LogIndex>)> {
        self.run.record.after(self.event.number).find_map(|event| {
            let sent = passing(event, self.to, self.from).filter(|it| it.is_sent())?;
            let (id, index) = answered(sent.message)?;
            (id == self.id).then_some((event, index))
        })
    }

    /// A message of it is lost, or has not arrived.
    fn is_on_its_way(&self, sent: &'a Event) -> Option<Finding> {
        let Passing { message, from, to, event, .. } = Passing::of(sent)?;
        let MessageEvent::Sent { arrives_at } = *event else { return None };
        let passed = words!("Node ", Bare(self.from), " passed it on to its leader, ", self.to);
        let Some(end) = fate(&self.run, sent) else {
            let words = words!(passed, ". ", Named(message), " from ", from, " is under way");
            let needs = words!("only time: it is due at ", At(arrives_at), ".");
            return Some(Finding::new(words).section("§8").needs(needs));
        };
        Passing::of(end).filter(Passing::is_lost)?;
        let words = words! {
            passed, ", and ", Named(message), " from ", from, " to ", to, " is lost, at ",
            At(end.at), ". It is not sent again: the client's time-out covers that"
        };
        Some(Finding::new(words).section("§8").because_all(self.run.led_by(end)))
    }
}

/// The name of a request that is passed on.
fn asked(message: &Message) -> Option<ForwardId> {
    if let Body::ReadIndex(read) = &message.body {
        return Some(read.id);
    }
    let Body::Forward(forward) = &message.body else { return None };
    Some(forward.id)
}

/// The name of the request that is answered, and the entry that must be applied first.
fn answered(message: &Message) -> Option<(ForwardId, Option<LogIndex>)> {
    if let Body::ReadIndexReply(reply) = &message.body {
        return Some((reply.id, reply.result.ok()));
    }
    let Body::ForwardReply(reply) = &message.body else { return None };
    Some((reply.id, reply.result.ok().map(|position| position.index)))
}
