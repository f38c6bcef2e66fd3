//! Reports events, violations and failures of the mirror; the last two also stop time.

use std::rc::Rc;

use raft_sim::{Event, Words};

use super::exec::ExecResult;
use super::storing::News;
use super::{Lab, Subscriber, Subscription};
use crate::ConsoleKind;
use crate::mirror::Mirror;

/// How the console begins to tell that a durable lab cannot go on.
pub(super) const STOPPED: &str = "The lab has stopped: the browser no longer stores its disks";

/// How the console begins to tell that the world holds more than it may.
pub(super) const FULL: &str = "Time stands still, and nothing is lost: a lab's limit is reached";

impl Lab {
    /// Hands the session's last events to the mirror, the trackers and the subscribers.
    pub(super) fn take_events(&mut self) {
        let mut ended = Vec::new();
        let is_mirrored = self.live == self.stored;
        let heard: Vec<Event> = match self.subscribers.is_empty() {
            true => Vec::new(),
            false => self.session().events().to_vec(),
        };
        for event in self.branches.head(self.live).events() {
            if let Some(mirror) = self.mirror.as_mut().filter(|_| is_mirrored) {
                mirror.observe(&event.kind);
            }
            ended.extend(self.operations.observe(event));
            self.recent.observe(event);
        }
        self.draw_events();
        for event in heard {
            self.hold(News::Event(event));
        }
        for answer in ended {
            self.console.say(answer.ended_at, ConsoleKind::Answer, Words::of(&answer));
            let listener = self.operation_listeners.remove(&(answer.client, answer.sequence));
            self.tell(listener, ExecResult::Answered(Box::new(answer)));
        }
    }

    /// Calls `subscriber` with every event from now on; in a durable lab, when the browser has
    /// stored what the event changed.
    pub fn subscribe(&mut self, subscriber: Subscriber) -> Subscription {
        self.last_subscription += 1;
        let subscription = Subscription(self.last_subscription);
        self.subscribers.insert(subscription, subscriber);
        subscription
    }

    /// Ends a subscription.
    pub fn unsubscribe(&mut self, subscription: Subscription) {
        self.subscribers.remove(&subscription);
    }

    /// Tells new violations in the console, and pauses, unless that breakpoint is off: the moment
    /// is worth looking at.
    pub(super) fn tell_violation(&mut self) {
        let results = self.session().checks().results();
        let broken: Vec<Words> =
            results.filter_map(|result| result.violation.as_ref()).map(Words::of).collect();
        if broken.len() > self.broken {
            let now = self.session().world().now();
            for words in broken.iter().skip(self.broken) {
                self.console.say(now, ConsoleKind::Error, words.clone());
            }
            if self.stops_at_violation() {
                self.pacer.set_running(false, self.is_waiting());
            }
        }
        self.broken = broken.len();
    }

    /// Tells in the console that the world holds more than it may, and pauses. The statement that
    /// waits fails, and its script ends; the world stays as it is. False if there is room.
    pub(super) fn tell_limit(&mut self) -> bool {
        let Some(limit) = self.capacity.exceeded(self.session().world()) else { return false };
        let words = format!("{FULL}: {limit}");
        self.branches.cancel(self.live);
        match self.waiting.take() {
            Some(waiting) => self.finish_statement(Some(waiting), Err(words)),
            None => self.console.say(self.session().world().now(), ConsoleKind::Error, words),
        }
        self.pacer.set_running(false, self.is_waiting());
        true
    }

    /// Why the mirror stores nothing any more; `None` while it does.
    pub(super) fn failure(&self) -> Option<Rc<str>> {
        self.live_mirror().and_then(Mirror::failure)
    }

    /// Tells the mirror's failure in the console, once, and pauses.
    pub(super) fn tell_failure(&mut self) {
        if let (Some(failure), false) = (self.failure(), self.failure_told) {
            self.failure_told = true;
            self.hide_not_stored();
            self.pacer.set_running(false, self.is_waiting());
            let (now, until) = (self.session().world().now(), self.stored_until);
            let mut words = format!("{STOPPED}: {failure}");
            if until < now {
                words.push_str(&format!(". What happened after {until} is not stored"));
            }
            self.console.say(now, ConsoleKind::Error, words);
            self.release();
        }
    }

    /// Continues in memory only. The database keeps what it has, for the next opening of the lab.
    pub fn continue_as_scratch(&mut self) {
        if self.mirror.take().is_some() {
            let now = self.session().world().now();
            self.failure_told = false;
            self.not_stored = None;
            self.release();
            self.console.say(now, ConsoleKind::Info, "From now on, nothing is stored.");
            self.changed();
        }
    }
}
