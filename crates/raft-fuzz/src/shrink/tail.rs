//! The end of a script with an expectation that fails: the nodes that recover, the request to them,
//! and the time that they have.

use std::time::Duration;

use raft_script::{Order, Statement, When};

use super::Shrinker;
use crate::play::action;

impl Shrinker<'_> {
    /// Lets a client ask once and never give up, instead of asking several times, and says each
    /// moment only once.
    pub(super) fn ask_once(&mut self) {
        let first = self.open_range().end;
        let mut candidate = self.best.clone();
        let mut tail = candidate.split_off(first);
        tail.dedup();
        let mut now = None;
        for statement in &mut tail {
            let Statement::At { moment, statement: inner } = &*statement else { continue };
            let When::Absolute { time, step: None } = *moment else { continue };
            if now.replace(time) == Some(time) {
                *statement = Statement::clone(inner);
            }
        }
        let longest = tail.iter().filter_map(patience).max();
        if let (Some(Statement::Cluster(setup)), Some(longest)) = (candidate.first_mut(), longest) {
            setup.client_patience = setup.client_patience.max(longest);
        }
        candidate.extend(tail);
        self.prefer(candidate);
    }
}

impl Shrinker<'_> {
    /// Leaves out requests of the tail that are said several times in a row. The fewer there are,
    /// the more patience the client has, so that together they last as long as before.
    pub(super) fn ask_less_often(&mut self) {
        let from = self.open_range().end;
        let is_again = |place: usize| {
            let (before, here) = (&self.best[place - 1], &self.best[place]);
            place > from && action(before) == action(here) && is_request(here)
        };
        let again: Vec<usize> = (from + 1..self.best.len()).filter(|p| is_again(*p)).collect();
        let longest = self.best[from..].iter().filter_map(patience).max().unwrap_or_default();
        for left in 0..again.len() {
            let gone = &again[left..];
            let kept = self.best.iter().enumerate().filter(|(place, _)| !gone.contains(place));
            let mut candidate: Vec<Statement> = kept.map(|(_, kept)| kept.clone()).collect();
            if let Some(Statement::Cluster(setup)) = candidate.first_mut() {
                let each = longest / (left as u32 + 1) + Duration::from_millis(1);
                setup.client_patience = setup.client_patience.max(each);
            }
            if self.propose(candidate) {
                return;
            }
        }
    }
}

fn is_request(statement: &Statement) -> bool {
    matches!(action(statement), Statement::Order(Order::Request(_)))
}

/// Whether no client gives up before the last expectation ends: its requests together must last as
/// long as the longest expectation.
pub(super) fn is_patient(script: &[Statement]) -> bool {
    let Some(Statement::Cluster(setup)) = script.first() else { return true };
    let tail = &script[protected_from(script)..];
    let asks = tail.iter().filter(|statement| is_request(statement)).count();
    let times = u32::try_from(asks).unwrap_or(u32::MAX);
    let longest = tail.iter().filter_map(patience).max().unwrap_or_default();
    times == 0 || setup.client_patience.saturating_mul(times) >= longest
}

/// How long an expectation waits.
fn patience(statement: &Statement) -> Option<Duration> {
    if let Statement::Expect { within, .. } = statement { *within } else { None }
}

/// The number of statements that must stay as they are.
pub(super) fn protected(script: &[Statement]) -> usize {
    script.len() - protected_from(script)
}

/// The first statement that must stay as it is. If the script ends with an expectation, that is
/// `recover`, or else the expectation.
pub(super) fn protected_from(script: &[Statement]) -> usize {
    let Some((Statement::Expect { .. }, before)) = script.split_last() else { return script.len() };
    let is_recover =
        |statement: &Statement| matches!(action(statement), Statement::Order(Order::Recover(_)));
    before.iter().position(is_recover).unwrap_or(before.len())
}
