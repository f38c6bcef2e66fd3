//! What a client does, and what it is told (§8).

use raft_core::{Bare, NodeId};
use raft_kv::{ClientId, Sequence};
use raft_sim::{ClientEvent, Event, ProcessEvent, RetryReason, Words, words};

use crate::evidence::Evidence;
use crate::explanation::{Cause, Finding};
use crate::facts::heard;
use crate::missing::Ended;
use crate::said::{At, Took, capital};
use crate::seen::{Passing, operation, process};

pub(super) fn why(run: &Evidence<'_>, event: &Event) -> Finding {
    let its_words = || Finding::new(capital(&event.kind));
    let Some((client, sequence, what)) = operation(event) else { return its_words() };
    let told = Told { run: *run, event, client, sequence };
    match what {
        ClientEvent::TimedOut { node } => told.timed_out(*node).unwrap_or_else(its_words),
        ClientEvent::Redirected { node, leader } => told.redirected(*node, *leader),
        ClientEvent::MustRetry { node, reason } => told.must_retry(*node, reason),
        ClientEvent::Answered { .. } | ClientEvent::GaveUp => told.ended(what).why(),
        ClientEvent::Invoked { .. }
        | ClientEvent::Asked { .. }
        | ClientEvent::Arrived { .. }
        | ClientEvent::Replied { .. } => its_words(),
    }
}

/// What a client is told about its operation, or is not told in time.
struct Told<'a> {
    run: Evidence<'a>,
    event: &'a Event,
    client: ClientId,
    sequence: Sequence,
}

impl<'a> Told<'a> {
    fn ended(&self, end: &'a ClientEvent) -> Ended<'a> {
        let Self { run, event, client, sequence } = *self;
        Ended { run, client, sequence, event, end }
    }

    /// The last thing of a kind that happened to the operation before.
    fn last(&self, fits: impl Fn(&ClientEvent) -> bool) -> Option<(&'a Event, &'a ClientEvent)> {
        self.run.record.before(self.event.number).find_map(|event| {
            let (client, sequence, what) = operation(event)?;
            let is_its = (client, sequence) == (self.client, self.sequence);
            (is_its && fits(what)).then_some((event, what))
        })
    }

    /// No answer came within the time-out.
    fn timed_out(&self, node: NodeId) -> Option<Finding> {
        let (asked, _) = self.last(|what| matches!(what, ClientEvent::Asked { .. }))?;
        let arrived = self.last(|what| matches!(what, ClientEvent::Arrived { .. }));
        let arrived = arrived.filter(|(event, _)| event.number > asked.number);
        let fate = match arrived {
            Some((event, ClientEvent::Arrived { is_up: false, .. })) => words! {
                "The request came to ", node, " at ", At(event.at), ", which was down, and a \
                 server that is down does not even refuse"
            },
            Some((event, _)) => words! {
                "The request came to ", node, " at ", At(event.at), ", which did not answer it"
            },
            None => "The request has not arrived".into(),
        };
        let waits = Took(self.run.world.setup().client_timeout);
        let finding = Finding::new(words! {
            "Client ", Bare(self.client), " asked ", node, " at ", At(asked.at),
            " and got no answer within its time-out, ", waits, ". ", fate,
            ". The command may be carried out or not, so the client asks another server, with the \
             same number"
        });
        Some(finding.section("§8").because_all(self.silence(node, asked)))
    }

    /// Why a node did not answer what it was asked in this event.
    fn silence(&self, node: NodeId, asked: &Event) -> Vec<Vec<Cause>> {
        let stopped = self.run.last_before(self.event.number, |event| {
            matches!(process(event, node), Some(ProcessEvent::Crashed | ProcessEvent::Paused))
        });
        let is_over = |stopped: &&Event| {
            let mut after = self.run.record.after(stopped.number);
            after.any(|event| {
                event.number < asked.number
                    && matches!(
                        process(event, node),
                        Some(ProcessEvent::Restarted | ProcessEvent::Resumed)
                    )
            })
        };
        let lost = || {
            let mut after = self.run.record.after(asked.number);
            after.find(|event| {
                Passing::of(event).is_some_and(|passing| passing.is_lost() && passing.from == node)
            })
        };
        self.run.led_by(stopped.filter(|stopped| !is_over(stopped)).or_else(lost))
    }

    /// A node that does not lead names the leader, if it knows one.
    fn redirected(&self, node: NodeId, leader: Option<NodeId>) -> Finding {
        let Some(leader) = leader else {
            return Finding::new(words! {
                "Node ", Bare(node), " does not lead and knows no leader, so ",
                self.asks_again()
            })
            .section("§8");
        };
        let last = heard(&self.run, node, self.event);
        let last = last.filter(|event| Passing::of(event).is_some_and(|it| it.from == leader));
        let since = match last {
            Some(event) => words!(", which it last heard at ", At(event.at)),
            None => Words::default(),
        };
        Finding::new(words! {
            "Node ", Bare(node), " does not lead: it follows ", leader, since,
            ". A server that is no leader names the one that it knows, and the client asks that \
             one next"
        })
        .section("§8")
    }

    fn must_retry(&self, node: NodeId, reason: &RetryReason) -> Finding {
        Finding::new(words! {
            "Node ", Bare(node), " did not carry it out: ", reason, ". So ", self.asks_again()
        })
        .section("§8")
    }

    /// `client 1 asks again after a pause, 100 ms`
    fn asks_again(&self) -> Words {
        let pause = Took(self.run.world.setup().client_pause());
        words! {
            self.client, " asks again after a pause, ", pause,
            ", because at once it would find the same state"
        }
    }
}
