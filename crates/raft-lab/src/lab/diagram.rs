//! The sequence diagram of the live branch, while somebody looks at it. Its events are computed
//! again from a checkpoint, bit by bit; from the end of the branch on, it grows with the run.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use raft_core::{Instant, Term};
use raft_diagram::{AxisPoint, Diagram, DiagramFormat, EdgeStretch, LaneId, Selection};
use raft_script::{BranchId, Place, Seek, Unreachable};
use raft_sim::{Event, EventNumber, NodeState, World};

use super::Lab;
use super::seeking::SLICE;
use crate::ConsoleKind;
use crate::diagram::{DiagramMaker, DiagramMoment, DiagramView, DiagramWindow};

/// The most events of a diagram that grows: when there are more, it forgets the oldest half. A
/// window that needs more becomes shorter.
pub(super) const MOST_EVENTS: usize = 200_000;
/// A run with at most so many events is drawn from its start: then the operations can be judged.
const WHOLE: u64 = 120_000;
/// The time before a window that is computed too, at least: what led there.
const BEFORE: Duration = Duration::from_millis(500);
/// The time after a window that is computed too: how what happens there ends.
const AFTER: Duration = Duration::from_millis(500);

/// The diagram of a stretch of a branch.
pub(super) struct Drawn {
    branch: BranchId,
    diagram: Diagram,
    /// It has every event from this time on.
    since: Instant,
    /// The way from the end of the stretch on; `None`: the diagram grows with the branch.
    rest: Option<Seek>,
    maker: RefCell<DiagramMaker>,
}

impl Lab {
    /// Whether the diagram that the page wants is not computed yet. Then ticks compute it, and time
    /// stands still meanwhile.
    pub fn is_drawing(&self) -> bool {
        self.window.diagram.as_ref().is_some_and(|window| {
            let edges = window.edges(self.shown_session().world().now());
            !self.drawn_near(edges.start).is_some_and(|drawn| drawn.reaches(edges.end + AFTER))
        })
    }

    /// Computes all of the diagram that the page wants, however long that takes.
    pub fn finish_drawing(&mut self) {
        while self.is_drawing() {
            self.draw_on();
        }
        self.changed();
    }

    /// The part of the diagram that the page shows, as text; with `is_whole` all that is computed.
    ///
    /// # Errors
    /// If there is no diagram, or the part is too large for the format; in words.
    pub fn export_diagram(&self, format: DiagramFormat, is_whole: bool) -> Result<String, String> {
        let window = self.window.diagram.as_ref().ok_or("No diagram is open.")?;
        let drawn = self.drawn.as_ref().ok_or("The diagram is not computed yet.")?;
        let cursor = self.shown_session().world().now();
        let edges = match is_whole {
            true => Instant(0)..Instant(u64::MAX),
            false => window.edges(cursor),
        };
        let only = window.only.and_then(|related| related.events(&drawn.diagram));
        let filter = window.filter(&drawn.diagram, only);
        let judge = || drawn.diagram.judge_operations(cursor, &mut self.patience());
        let verdict = drawn.reaches(cursor).then(judge);
        let selection = Selection { from: edges.start, until: edges.end, filter, verdict };
        drawn.diagram.export(format, &selection).map_err(|error| error.to_string())
    }

    /// The number of the world's steps with an event of the diagram.
    pub fn steps_of(&self, event: EventNumber) -> Option<u64> {
        self.drawn.as_ref().and_then(|drawn| drawn.diagram.step_of(event))
    }

    /// Whether a search may go on: for a second.
    pub(super) fn patience(&self) -> impl FnMut() -> bool {
        let clock = self.clock.clone();
        let out_of_time = clock() + Duration::from_secs(1);
        move || clock() < out_of_time
    }

    /// Goes on with the diagram for so long, or a little longer.
    pub(super) fn draw_for(&mut self, budget: Duration) {
        let out_of_time = (self.clock)() + budget;
        while self.is_drawing() {
            self.draw_on();
            if (self.clock)() >= out_of_time {
                break;
            }
        }
        self.changed();
    }

    /// Another moment is shown: a window without it follows it again.
    pub(super) fn bring_diagram(&mut self) {
        let cursor = self.shown_session().world().now();
        if let Some(window) = &mut self.window.diagram
            && !window.edges(cursor).contains(&cursor)
        {
            window.from = None;
        }
    }

    /// Hands the last events of the live branch to the diagram.
    pub(super) fn draw_events(&mut self) {
        let Some(drawn) = &mut self.drawn else { return };
        if self.window.diagram.is_none() || drawn.branch != self.live {
            self.drawn = None;
        } else if drawn.rest.is_none() {
            drawn.grow(self.branches.head(self.live).events());
            let since = drawn.since;
            let cursor = self.shown_session().world().now();
            if let Some(window) = &mut self.window.diagram {
                while window.from.is_none()
                    && window.edges(cursor).start < since
                    && window.span > DiagramWindow::LEAST_SPAN
                {
                    window.halve();
                }
            }
        }
    }

    /// Whether the next frame may have another verdict on the operations.
    pub(super) fn judges_again(&self) -> bool {
        let drawn = self.drawn.as_ref().filter(|_| self.window.diagram.is_some());
        drawn.is_some_and(|drawn| drawn.maker.borrow().judges_again())
    }

    pub(super) fn diagram_view(&self) -> Option<Rc<DiagramView>> {
        let window = self.window.diagram.as_ref()?;
        let cursor = self.shown_session().world().now();
        let edges = window.edges(cursor);
        let (found, end) = (self.drawn_near(edges.start), edges.end + AFTER);
        let reaches = |time| found.is_some_and(|drawn| drawn.reaches(time));
        let moment = DiagramMoment {
            cursor,
            end: self.session().world().now(),
            is_running: self.pacer.is_running(),
            is_complete: reaches(cursor),
        };
        let empty = Drawn::empty(self.live);
        let drawn = found.unwrap_or(&empty);
        let view = drawn.maker.borrow_mut().make(&drawn.diagram, window, moment, &self.clock);
        let computed = (!reaches(end)).then(|| drawn.percent(end));
        Some(Rc::new(DiagramView { computed, ..view }))
    }

    /// The diagram, if it is of the live branch and has this time, or comes to it.
    fn drawn_near(&self, from: Instant) -> Option<&Drawn> {
        let is_near = |drawn: &&Drawn| {
            drawn.branch == self.live && drawn.begins_before(from) && !self.is_far(drawn, from)
        };
        self.drawn.as_ref().filter(is_near)
    }

    /// Whether a checkpoint is nearer to the time than the end of the stretch is.
    fn is_far(&self, drawn: &Drawn, from: Instant) -> bool {
        let Some(rest) = drawn.rest.as_ref().filter(|_| !self.is_drawn_whole()) else {
            return false;
        };
        let checkpoint = self.branches.checkpoint_at(self.live, before(from));
        checkpoint.is_some_and(|checkpoint| checkpoint > rest.session().moment())
    }

    /// Whether the run is so short that it is drawn from its start.
    fn is_drawn_whole(&self) -> bool {
        self.session().world().event_count() <= WHOLE
    }

    /// Computes one slice of the diagram, or begins with it.
    fn draw_on(&mut self) {
        let Some(window) = &self.window.diagram else { return };
        let from = window.edges(self.shown_session().world().now()).start;
        let drawn = match self.drawn_near(from) {
            Some(_) => self.drawn.take().map(Ok),
            None => None,
        };
        let drawn = drawn.unwrap_or_else(|| self.begin_drawing(from));
        match drawn.and_then(|drawn| self.drawn_further(drawn)) {
            Ok(drawn) => {
                let is_full = drawn.diagram.event_count() > MOST_EVENTS;
                self.drawn = Some(drawn);
                if is_full && self.is_drawing() {
                    self.shorten_diagram();
                }
            }
            Err(error) => {
                self.window.diagram = None;
                self.say(ConsoleKind::Error, format!("There is no diagram: {error}"));
            }
        }
    }

    /// The window needs more events than a diagram has.
    fn shorten_diagram(&mut self) {
        let Some(window) = &mut self.window.diagram else { return };
        if window.span <= DiagramWindow::LEAST_SPAN {
            self.window.diagram = None;
            let words = format!("There is no diagram: a moment has over {MOST_EVENTS} events.");
            return self.say(ConsoleKind::Error, words);
        }
        window.halve();
        let words = "The diagram shows a shorter time: a longer one has too many events.";
        self.say(ConsoleKind::Info, words);
    }

    fn begin_drawing(&self, from: Instant) -> Result<Drawn, Unreachable> {
        let from = if self.is_drawn_whole() { Instant(0) } else { from };
        let start = self.branches.seek_time(self.live, before(from))?.session().clone();
        let mut drawn = Drawn::empty(self.live);
        drawn.since = start.world().now();
        drawn.begin_lanes(start.world());
        drawn.rest = Some(self.branches.seek_from(start, self.end_of_branch())?);
        Ok(drawn)
    }

    fn end_of_branch(&self) -> Place {
        Place { branch: self.live, moment: self.session().moment() }
    }

    fn drawn_further(&mut self, mut drawn: Drawn) -> Result<Drawn, Unreachable> {
        let Some(mut rest) = drawn.rest.take() else { return Ok(drawn) };
        let is_there =
            rest.advance_watched(SLICE, &mut |session| drawn.observe(session.events()))?;
        self.branches.remember(self.live, &mut rest);
        let end = self.end_of_branch();
        drawn.rest = match (is_there, rest.session().moment() == end.moment) {
            (true, true) => None,
            // The branch has become longer meanwhile.
            (true, false) => Some(self.branches.seek_from(rest.session().clone(), end)?),
            (false, _) => Some(rest),
        };
        Ok(drawn)
    }
}

/// The time from which a window is computed.
fn before(from: Instant) -> Instant {
    Instant(from.0.saturating_sub(BEFORE.as_micros() as u64))
}

impl Drawn {
    fn empty(branch: BranchId) -> Self {
        let (diagram, maker) = (Diagram::new(), RefCell::default());
        Self { branch, diagram, since: Instant(0), rest: None, maker }
    }

    /// What the nodes and clients are where the diagram begins.
    fn begin_lanes(&mut self, world: &World) {
        let Some(event) = EventNumber::new(world.event_count()) else { return };
        let since = AxisPoint { event, at: world.now() };
        for node in world.nodes() {
            let status = node.core().map(raft_core::Node::status);
            let edge = EdgeStretch {
                since,
                term: status.as_ref().map_or(Term(0), |status| status.current_term),
                role: status.as_ref().map(|status| status.role),
                is_paused: node.state() == NodeState::Paused,
            };
            self.diagram.begin_lane(LaneId::Node(node.id()), since, Some(edge));
        }
        for client in world.clients() {
            self.diagram.begin_lane(LaneId::Client(client.id()), since, None);
        }
    }

    /// Adds the events that it does not have.
    fn observe(&mut self, events: &[Event]) {
        let last = self.last().map(|last| last.event);
        for event in events.iter().filter(|event| Some(event.number) > last) {
            // The caller sees to it that there is room.
            let _ = self.diagram.observe(event);
        }
    }

    /// The same for the end of the branch. What is too much is forgotten.
    fn grow(&mut self, events: &[Event]) {
        if self.diagram.event_count() >= MOST_EVENTS {
            self.diagram.forget(MOST_EVENTS / 2);
            self.since = self.first().map_or(self.since, |first| first.at);
        }
        self.observe(events);
    }

    #[cfg(test)]
    pub(super) fn event_count(&self) -> usize {
        self.diagram.event_count()
    }

    #[cfg(test)]
    pub(super) fn is_whole(&self) -> bool {
        self.diagram.is_whole()
    }

    fn first(&self) -> Option<AxisPoint> {
        self.diagram.event_range().and_then(|(first, _)| self.diagram.point_of(first))
    }

    fn last(&self) -> Option<AxisPoint> {
        self.diagram.event_range().and_then(|(_, last)| self.diagram.point_of(last))
    }

    fn begins_before(&self, time: Instant) -> bool {
        self.diagram.is_whole() || self.since <= time
    }

    fn reaches(&self, time: Instant) -> bool {
        self.rest.is_none() || self.last().is_some_and(|last| last.at > time)
    }

    /// How much of the time up to another one is computed, in percent.
    fn percent(&self, until: Instant) -> u8 {
        let done = self.last().map_or(0, |last| last.at.0.saturating_sub(self.since.0));
        let all = until.0.saturating_sub(self.since.0);
        (done * 100).checked_div(all).map_or(0, |percent| percent.min(99) as u8)
    }
}
