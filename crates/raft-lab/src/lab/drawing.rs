//! The sequence diagram of a time before the shown moment, as lines of the console.

use std::time::Duration;

use raft_core::Instant;
use raft_diagram::{Diagram, DiagramFilter, DiagramFull, Selection};
use raft_script::{Drawing, Moment, Place};
use raft_sim::Words;

use super::Lab;
use crate::console::MAX_TEXT;

/// The time that is drawn if none is named.
const DRAWN: Duration = Duration::from_millis(100);
/// The most steps that are computed again. A run that has no more is computed from its start, so
/// that its operations can be judged.
const MOST_STEPS: u64 = 100_000;
/// The steps before the drawn time that are looked at: what is under way at its beginning began in
/// them.
const STEPS_BEFORE: u64 = 2_000;
/// The most lines of a diagram.
const MOST_LINES: usize = 400;

impl Lab {
    /// The diagram, line by line.
    pub(super) fn diagram_lines(&self, drawing: Drawing) -> Result<Vec<Words>, String> {
        let now = self.shown_session().world().now();
        let until = drawing.to.map_or(now, |to| to.min(now));
        let from = drawing.from.unwrap_or(Instant(0) + (until - Instant(0)).saturating_sub(DRAWN));
        let diagram = self.observed(from, until)?;
        let verdict = Some(diagram.judge_operations(until, &mut self.patience()));
        let selection = Selection { from, until, filter: DiagramFilter::default(), verdict };
        let text = diagram.export(drawing.format, &selection).map_err(|error| error.to_string())?;
        console_lines(&text)
    }

    /// The events of a time of the live branch, computed again.
    pub(super) fn observed(&self, from: Instant, until: Instant) -> Result<Diagram, String> {
        let shown = self.shown_session();
        let end = match until < shown.world().now() {
            true => self.moment_at(until)?,
            false => shown.moment(),
        };
        let steps = match end.steps <= MOST_STEPS {
            true => end.steps,
            false => end.steps.saturating_sub(self.moment_at(from)?.steps) + STEPS_BEFORE,
        };
        if steps > MOST_STEPS {
            return Err(format!(
                "{steps} steps, and the diagram of a long run has at most {MOST_STEPS}: choose a \
                 shorter time"
            ));
        }
        let place = Place { branch: self.live, moment: end };
        let way = self.branches.seek_through(place, steps).map_err(|error| error.to_string())?;
        let (mut diagram, mut drawn) = (Diagram::new(), Ok(()));
        let watched = way.finish_watched(|session| {
            for event in session.events() {
                drawn = drawn.and_then(|()| diagram.observe(event));
            }
        });
        watched.map_err(|error| error.to_string())?;
        drawn.map_err(|full: DiagramFull| full.to_string())?;
        Ok(diagram)
    }

    fn moment_at(&self, time: Instant) -> Result<Moment, String> {
        let session = self.branches.at_time(self.live, time).map_err(|error| error.to_string())?;
        Ok(session.moment())
    }
}

fn console_lines(text: &str) -> Result<Vec<Words>, String> {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() > MOST_LINES {
        return Err(format!(
            "the diagram has {} lines, and the console shows at most {MOST_LINES}: choose a \
             shorter time with `from` and `to`",
            lines.len()
        ));
    }
    if lines.iter().any(|line| line.chars().count() > MAX_TEXT) {
        return Err(format!(
            "a line of the diagram is longer than the {MAX_TEXT} characters that the console \
             shows: choose another time, or txt"
        ));
    }
    Ok(lines.into_iter().map(|line| line.to_owned().into()).collect())
}
