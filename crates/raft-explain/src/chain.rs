//! Chains of causes: from an effect back to a statement, a timer or a fault.
//!
//! Hops that say nothing are folded: the sending of what arrives, a write that took no longer than
//! writes take, a request on its way. What was decided in a step is put before what was sent in it,
//! because the world knows only which event the step handled. Beside the way, a chain of its own
//! says why something was late, lost or silent.

mod beside;
mod decided;
mod silence;

use raft_core::{
    ElectionReason, ElectionTrace, Instant, Message, NodeId, PersistId, PreVoteTrace, Trace,
};
use raft_kv::ClientId;
use raft_sim::{
    ClientEvent, ClusterEvent, DiskEvent, Event, EventKind, EventNumber, MessageEvent,
    ProcessEvent, Words, words,
};

pub(crate) use self::silence::unheard;
use crate::evidence::{Evidence, Given};
use crate::explanation::{Cause, Explanation};
use crate::facts::link;
use crate::said::{At, Named, Took, statement_words};
use crate::seen::{asks_for_votes, decided, decision, elected, election, is_lost};

const MOST: usize = Explanation::LONGEST_CHAIN;

/// The links at the end of a chain that are never left out.
const LAST: usize = 3;

/// Chains that are being made.
pub(crate) struct Chains<'a> {
    run: Evidence<'a>,
    /// The way from the effect, and then what is beside it.
    ways: Vec<Vec<Cause>>,
    /// What is beside the way that is being walked; it comes after it.
    beside: Vec<Vec<Cause>>,
    /// Whether it looks at what is beside.
    looks_beside: bool,
}

/// The way of one chain.
struct Way<'a> {
    links: Vec<Cause>,
    /// The event whose cause is looked for.
    at: &'a Event,
    /// What was sent because of a decision that is not a link yet.
    sought: Option<&'a Message>,
    /// What happened again and again: its link, how often before, and when first.
    repeated: Vec<(usize, usize, Instant)>,
}

impl<'a> Way<'a> {
    fn from(at: &'a Event, links: Vec<Cause>) -> Self {
        Self { links, at, sought: None, repeated: Vec::new() }
    }

    /// Adds a link, unless it is the last one already.
    fn push(&mut self, link: Cause) {
        if self.links.last().is_none_or(|last| last.event != link.event) {
            self.links.push(link);
        }
    }

    /// Adds a link, or counts it if it only repeats one.
    fn push_or_count(&mut self, link: Cause) {
        let Some(place) = self.links.iter().position(|known| known.words == link.words) else {
            self.links.push(link);
            return;
        };
        match self.repeated.iter_mut().find(|(at, ..)| *at == place) {
            Some((_, count, first)) => (*count, *first) = (*count + 1, link.at),
            None => self.repeated.push((place, 1, link.at)),
        }
    }

    /// The links: what repeats itself is said once, and the middle of a long way not at all.
    fn finish(mut self) -> Vec<Cause> {
        for (place, count, first) in self.repeated {
            let link = &mut self.links[place];
            let count = count + 1;
            link.words = words!(link.words, ", for the last of {count} times since ", At(first));
        }
        let all = self.links.len();
        if all <= MOST {
            return self.links;
        }
        let last = self.links.split_off(all - LAST);
        let left_out = self.links.split_off(MOST - LAST - 1);
        if let Some(next) = left_out.into_iter().next() {
            let count = all - MOST + 1;
            self.links.push(Cause {
                words: words! {
                    "{count} steps are left out, of which this is the last: ", next.words
                },
                ..next
            });
        }
        self.links.extend(last);
        self.links
    }
}

impl<'a> Chains<'a> {
    pub(crate) fn new(run: Evidence<'a>) -> Self {
        Self { run, ways: Vec::new(), beside: Vec::new(), looks_beside: true }
    }

    pub(crate) fn finish(self) -> Vec<Vec<Cause>> {
        self.ways
    }

    /// The causes of an event, without the event itself.
    pub(crate) fn of(self, event: &'a Event) -> Self {
        self.walk(Way::from(event, Vec::new()))
    }

    /// The event, and then its causes.
    pub(crate) fn from(self, event: &'a Event, words: Words) -> Self {
        self.walk(Way::from(event, vec![link(event, words)]))
    }

    /// A link that no event makes, and then this event and its causes.
    pub(crate) fn led_by(self, words: Words, event: &'a Event, event_words: Words) -> Self {
        let effect = Cause { event: None, ..link(event, words) };
        self.walk(Way::from(event, vec![effect, link(event, event_words)]))
    }

    /// One chain, with nothing beside it: these links, of which the last one is of this event, and
    /// then its causes.
    fn alone(&self, links: Vec<Cause>, event: &'a Event) -> Vec<Cause> {
        let mut alone = Self { looks_beside: false, ..Self::new(self.run) };
        let mut way = Way::from(event, links);
        while alone.go_on(&mut way) {}
        way.finish()
    }

    fn walk(mut self, mut way: Way<'a>) -> Self {
        while self.go_on(&mut way) {}
        let links = way.finish();
        if !links.is_empty() {
            self.ways.push(links);
        }
        self.ways.append(&mut self.beside);
        self
    }

    /// Adds the next link. Returns whether there may be more: each is of an earlier event.
    fn go_on(&mut self, way: &mut Way<'a>) -> bool {
        if let Some((given, event)) = self.given(way.at) {
            self.end_with_statement(way, &given, event);
            return false;
        }
        if let Some(earlier) = self.earlier_decision(way.at) {
            way.links.push(link(earlier, Words::of(&earlier.kind)));
            way.at = earlier;
            return true;
        }
        let Some(number) = way.at.cause else { return false };
        let Some(cause) = self.run.event(number) else {
            way.links.push(self.older(number));
            return false;
        };
        if let Some((given, event)) = self.given(cause).filter(|_| !is_lost(cause)) {
            self.end_with_statement(way, &given, event);
            return false;
        }
        self.step_to(way, cause)
    }

    /// The statement that made an event at once. A message is lost because of a fault, and not
    /// because of the statement that sent it.
    fn given(&self, event: &'a Event) -> Option<(Given, &'a Event)> {
        let of = |event: &'a Event| Some((self.run.statements.of(event.number)?, event));
        match is_lost(event) {
            true => of(self.fault_of_loss(event)?),
            false => of(event),
        }
    }

    /// The end of a chain at an event that is not in the record.
    fn older(&self, number: EventNumber) -> Cause {
        let first = self.run.record.iter().next();
        let given = self.run.statements.of(number);
        let words = match &given {
            Some(given) => statement_words(given),
            None => words!(number, ", which is older than what is kept here"),
        };
        Cause {
            words,
            at: given
                .as_ref()
                .map(|given| given.at)
                .or(first.map(|event| event.at))
                .unwrap_or_default(),
            event: Some(number),
            step: first.map_or(0, |event| event.step),
            line: given.map(|given| given.line),
        }
    }

    fn end_with_statement(&self, way: &mut Way<'a>, given: &Given, event: &Event) {
        // The election that a statement starts is decided in the step of the statement.
        let decided = way.sought.and_then(|sought| {
            self.decided(event, sought).or_else(|| self.decided(way.at, sought))
        });
        if let Some(decided) = decided {
            way.push(link(decided, Words::of(&decided.kind)));
        }
        way.links.push(Cause {
            words: statement_words(given),
            at: given.at,
            event: Some(event.number),
            step: event.step,
            line: Some(given.line),
        });
    }

    /// A decision that led to this one by more than one step: the election before its victory, and
    /// the pre-votes before the election.
    fn earlier_decision(&self, event: &Event) -> Option<&'a Event> {
        if let Some(won) = elected(event) {
            return self.run.last_before(event.number, |event| election(event) == Some(won));
        }
        let (node, trace) = decided(event)?;
        let Trace::Election(ElectionTrace::Started { reason: ElectionReason::PreVotesWon, .. }) =
            trace
        else {
            return None;
        };
        self.run.last_before(event.number, |event| {
            matches!(decision(event, node), Some(Trace::PreVote(PreVoteTrace::Started { .. })))
        })
    }

    /// Goes to the cause, and says it if it says anything.
    fn step_to(&mut self, way: &mut Way<'a>, cause: &'a Event) -> bool {
        match &cause.kind {
            EventKind::Message { message, event, .. } => {
                return self.step_to_message(way, cause, message, event);
            }
            EventKind::Disk { node, event } => self.step_to_write(way, cause, *node, event),
            EventKind::Process { node, event: ProcessEvent::TimerElapsed { set_at } } => {
                self.end_with_timer(way, cause, *node, *set_at);
                return false;
            }
            EventKind::Client { client, event, .. } => {
                self.step_to_client(way, cause, *client, event);
            }
            EventKind::Core { .. }
            | EventKind::StateMachine { .. }
            | EventKind::Process { .. }
            | EventKind::Network(_)
            | EventKind::Cluster(
                ClusterEvent::ServerAdded { .. }
                | ClusterEvent::Administered { .. }
                | ClusterEvent::LoadStarted { .. }
                | ClusterEvent::Recovered { .. }
                | ClusterEvent::RuleSwitchedOff { .. }
                | ClusterEvent::RulesSwitchedOn { .. }
                | ClusterEvent::Reseeded { .. },
            ) => {
                way.links.push(link(cause, Words::of(&cause.kind)));
            }
            EventKind::Acted { .. } => {}
        }
        way.at = cause;
        true
    }

    /// Says what happened to an operation, unless it only passes on its way.
    fn step_to_client(
        &self,
        way: &mut Way<'a>,
        cause: &'a Event,
        client: ClientId,
        event: &ClientEvent,
    ) {
        match event {
            ClientEvent::Invoked { .. }
            | ClientEvent::Asked { .. }
            | ClientEvent::Arrived { is_up: true, .. } => {}
            ClientEvent::TimedOut { .. } => {
                let asked = self.run.cause(cause);
                let waited = asked.map_or_else(Default::default, |asked| cause.at - asked.at);
                let words = words!(client, "'s timer elapses, ", Took(waited), " after it asked");
                way.push_or_count(link(cause, words));
            }
            ClientEvent::Arrived { is_up: false, .. }
            | ClientEvent::Replied { .. }
            | ClientEvent::Redirected { .. }
            | ClientEvent::MustRetry { .. }
            | ClientEvent::Answered { .. }
            | ClientEvent::GaveUp => way.push_or_count(link(cause, Words::of(&cause.kind))),
        }
    }

    fn step_to_message(
        &mut self,
        way: &mut Way<'a>,
        cause: &'a Event,
        message: &'a Message,
        event: &MessageEvent,
    ) -> bool {
        match event {
            MessageEvent::Delivered => {
                self.say_decision(way);
                let EventKind::Message { to, .. } = &cause.kind else { return false };
                way.links.push(link(cause, words!(Named(message), " reaches ", to)));
                if self.looks_beside {
                    self.look_beside_message(cause);
                }
                way.sought = Some(message);
            }
            MessageEvent::Sent { .. } => way.sought = Some(message),
            MessageEvent::Dropped { .. }
            | MessageEvent::Held
            | MessageEvent::Released { .. }
            | MessageEvent::Replayed { .. } => {
                way.links.push(link(cause, Words::of(&cause.kind)));
            }
        }
        way.at = cause;
        if matches!(event, MessageEvent::Sent { .. }) {
            self.say_decision(way);
        }
        true
    }

    /// Says what was decided in the step of the present event, if something was sent because of it.
    fn say_decision(&self, way: &mut Way<'a>) {
        let Some(sought) = way.sought else { return };
        if let Some(decided) = self.decided(way.at, sought) {
            way.push(link(decided, Words::of(&decided.kind)));
            way.sought = None;
            way.at = decided;
        }
    }

    fn step_to_write(
        &mut self,
        way: &mut Way<'a>,
        cause: &'a Event,
        node: NodeId,
        event: &DiskEvent,
    ) {
        match event {
            DiskEvent::WriteDurable { id } => self.say_slow_write(way, cause, node, *id),
            DiskEvent::WriteIssued { .. } => {
                way.at = cause;
                self.say_decision(way);
                return;
            }
            DiskEvent::WriteFailed { .. }
            | DiskEvent::WriteTorn { .. }
            | DiskEvent::WritesLost { .. }
            | DiskEvent::Damaged { .. }
            | DiskEvent::Renewed { .. }
            | DiskEvent::FilesChanged { .. }
            | DiskEvent::Changed { .. } => way.links.push(link(cause, Words::of(&cause.kind))),
        }
        way.at = cause;
    }

    /// Says that a write is durable, if it took longer than writes take.
    fn say_slow_write(
        &mut self,
        way: &mut Way<'a>,
        durable: &'a Event,
        node: NodeId,
        id: PersistId,
    ) {
        let Some(issued) = self.run.cause(durable) else { return };
        let took = durable.at - issued.at;
        if took > self.run.world.setup().disk_latency.max {
            let words = words! {
                "write ", id.0, " of ", node, " is durable, ", Took(took), " after it was asked for"
            };
            way.links.push(link(durable, words));
            if self.looks_beside {
                self.look_beside_write(durable, issued, node);
            }
        }
    }

    fn end_with_timer(
        &mut self,
        way: &mut Way<'a>,
        cause: &'a Event,
        node: NodeId,
        set_at: Instant,
    ) {
        if let Some(decided) = way.sought.and_then(|sought| self.decided(way.at, sought)) {
            way.links.push(link(decided, Words::of(&decided.kind)));
        }
        let is_election = self.starts_election(cause, node);
        let kind = if is_election { "election" } else { "heartbeat" };
        let after = Took(cause.at - set_at);
        let words = words!("the {kind} timer of ", node, " elapses, ", after, " after it was set");
        way.links.push(link(cause, words));
        if is_election && self.looks_beside {
            self.look_beside_silence(cause, node);
        }
    }

    /// Whether a timer's elapsing made the node ask for votes or pre-votes.
    fn starts_election(&self, timer: &Event, node: NodeId) -> bool {
        self.run.rest_of_step(timer).any(|event| asks_for_votes(event, node))
    }
}
