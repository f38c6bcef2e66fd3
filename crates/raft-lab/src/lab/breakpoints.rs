//! Breakpoints: time pauses when a condition comes to hold at the end of the live branch.

use std::rc::Rc;

use raft_script::{Condition, parse_condition};
use serde::Serialize;

use super::Lab;
use crate::ConsoleKind;

/// The most breakpoints of a lab, without the first row.
const MAX_BREAKPOINTS: usize = 32;
/// The longest text of a condition, in bytes.
const MAX_TEXT: usize = 1000;
/// The number of the first row: a broken property pauses too.
const BROKEN_PROPERTY: u32 = 0;

/// A breakpoint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BreakpointView {
    /// Its number, from 1; 0 in the first row. Numbers are not used again.
    pub id: u32,
    /// Its condition. The first row is no condition of the language: “a property is broken”.
    pub text: Rc<str>,
    /// Whether it pauses.
    pub is_on: bool,
    /// Whether it held after the last step of the live branch; false while it is off.
    pub holds: bool,
}

/// The breakpoints of a lab.
#[derive(Default)]
pub(super) struct Breakpoints {
    /// In the order in which they were added.
    list: Vec<Breakpoint>,
    last_id: u32,
    /// Whether time passes on when a property is broken.
    ignores_violations: bool,
}

struct Breakpoint {
    id: u32,
    text: Rc<str>,
    condition: Condition,
    is_on: bool,
    /// Whether it held when it was last checked.
    holds: bool,
}

impl Breakpoints {
    /// Whether a broken property pauses.
    pub(super) fn stops_at_violation(&self) -> bool {
        !self.ignores_violations
    }

    fn place(&self, id: u32) -> Result<usize, String> {
        let place = self.list.iter().position(|breakpoint| breakpoint.id == id);
        place.ok_or_else(|| format!("there is no breakpoint {id}"))
    }
}

impl Lab {
    /// Adds a breakpoint: time pauses when the condition comes to hold. If it holds now, it must
    /// cease to hold first. Returns its number.
    ///
    /// # Errors
    /// With the place and the words expected there, if the text is no condition. If there are too
    /// many breakpoints.
    pub fn add_breakpoint(&mut self, text: &str) -> Result<u32, String> {
        if text.len() > MAX_TEXT {
            return Err(format!("a condition has at most {MAX_TEXT} bytes"));
        }
        let condition = parse_condition(text)
            .map_err(|error| format!("column {}: {}", error.column, error.message()))?;
        if self.breakpoints.list.len() >= MAX_BREAKPOINTS {
            return Err(format!("there are {MAX_BREAKPOINTS} breakpoints: remove one first"));
        }
        self.breakpoints.last_id += 1;
        let (id, text) = (self.breakpoints.last_id, condition.to_string().into());
        let holds = self.session().holds(&condition);
        self.breakpoints.list.push(Breakpoint { id, text, condition, is_on: true, holds });
        self.changed();
        Ok(id)
    }

    /// Switches a breakpoint on or off. If its condition holds when it is switched on, it must
    /// cease to hold first. Breakpoint 0 is the pause when a property is broken.
    ///
    /// # Errors
    /// If there is no breakpoint with this number.
    pub fn set_breakpoint(&mut self, id: u32, is_on: bool) -> Result<(), String> {
        if id == BROKEN_PROPERTY {
            self.breakpoints.ignores_violations = !is_on;
        } else {
            let place = self.breakpoints.place(id)?;
            let breakpoint = &mut self.breakpoints.list[place];
            if breakpoint.is_on != is_on {
                breakpoint.is_on = is_on;
                let head = self.branches.head(self.live);
                breakpoint.holds = is_on && head.holds(&breakpoint.condition);
            }
        }
        self.changed();
        Ok(())
    }

    /// Removes a breakpoint.
    ///
    /// # Errors
    /// If there is no breakpoint with this number, or it is the first row.
    pub fn remove_breakpoint(&mut self, id: u32) -> Result<(), String> {
        if id == BROKEN_PROPERTY {
            return Err("this breakpoint stays: it can be switched off".to_owned());
        }
        let place = self.breakpoints.place(id)?;
        self.breakpoints.list.remove(place);
        self.changed();
        Ok(())
    }

    /// Whether a broken property pauses now: not on the way to the moment of a link.
    pub(super) fn stops_at_violation(&self) -> bool {
        self.breakpoints.stops_at_violation() && self.arrival.is_none()
    }

    /// Pauses if a condition has come to hold since the last check, and tells which one. To be
    /// called after anything that may have changed the live branch. True if it paused.
    pub(super) fn check_breakpoints(&mut self) -> bool {
        self.observe_goals();
        if self.sets_stage() || self.arrival.is_some() {
            self.rearm_breakpoints();
            return false;
        }
        let head = self.branches.head(self.live);
        let mut has_fired = false;
        for breakpoint in self.breakpoints.list.iter_mut().filter(|breakpoint| breakpoint.is_on) {
            let held = breakpoint.holds;
            breakpoint.holds = head.holds(&breakpoint.condition);
            if breakpoint.holds && !held {
                let words = format!("Breakpoint {} holds: {}", breakpoint.id, breakpoint.text);
                self.console.say(head.world().now(), ConsoleKind::Info, words);
                has_fired = true;
            }
        }
        if has_fired {
            self.pacer.set_running(false, self.is_waiting());
        }
        has_fired
    }

    /// Another branch is live: a condition that holds there pauses when it comes to hold again.
    pub(super) fn rearm_breakpoints(&mut self) {
        let head = self.branches.head(self.live);
        for breakpoint in self.breakpoints.list.iter_mut().filter(|breakpoint| breakpoint.is_on) {
            breakpoint.holds = head.holds(&breakpoint.condition);
        }
    }

    /// The breakpoints: first the broken property, then the conditions in the order in which they
    /// were added.
    pub(super) fn breakpoint_views(&self) -> Rc<[BreakpointView]> {
        let first = BreakpointView {
            id: BROKEN_PROPERTY,
            text: "a property is broken".into(),
            is_on: self.breakpoints.stops_at_violation(),
            holds: self.breakpoints.stops_at_violation()
                && self.session().checks().violation().is_some(),
        };
        let view = |Breakpoint { id, text, is_on, holds, .. }: &Breakpoint| BreakpointView {
            id: *id,
            text: text.clone(),
            is_on: *is_on,
            holds: *holds,
        };
        std::iter::once(first).chain(self.breakpoints.list.iter().map(view)).collect()
    }

    /// The completions of a condition that is being typed, in the moment that the page shows.
    pub fn complete_condition(&self, text: &str) -> Vec<raft_script::Suggestion> {
        // A breakpoint waits for no longer than it is there.
        let mut offers = self.complete(&format!("expect {text}"));
        offers.retain(|offer| offer.text != "within");
        offers
    }
}
