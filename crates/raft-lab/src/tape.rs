//! What the line of a run shows: who led when, and what happened.

use std::rc::Rc;

use raft_core::{NodeId, Term};
use raft_script::{Branch, Mark, MarkKind};
use serde::Serialize;

/// The most bands, and the most marks, of a tape. A line on a screen shows no more.
const MOST: u64 = 400;

/// What the line of a run shows.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct TapeView {
    /// The times of leaders, in the order of their beginnings. Two may lead at once: then the term
    /// of one is over.
    pub bands: Rc<[BandView]>,
    /// What happened, in order.
    pub marks: Rc<[MarkView]>,
}

/// The time of a leader.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BandView {
    /// The leader.
    pub node: u64,
    /// Its term.
    pub term: u64,
    /// The number of steps at its beginning.
    pub from: u64,
    /// The number of steps at its end; `None` if it still leads.
    pub to: Option<u64>,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MarkView {
    /// The number of steps after it.
    pub steps: u64,
    /// `leader`, `down`, `up`, `network` or `broken`.
    pub kind: &'static str,
    /// What it is, in words.
    pub words: String,
}

impl TapeView {
    /// The tape of a branch, for a line of limited width.
    pub(crate) fn of(branch: &Branch) -> Self {
        let end = branch.head().moment().steps.max(1);
        let mut bands: Vec<BandView> = Vec::new();
        let mut marks: Vec<MarkView> = Vec::new();
        for Mark { moment, kind } in branch.marks() {
            let steps = moment.steps;
            if let MarkKind::Leads { node, term } = kind {
                // One that is too short to be seen gives way.
                if bands.last().is_some_and(|last| place(last.from, end) == place(steps, end)) {
                    bands.pop();
                }
                bands.push(band(*node, *term, steps));
            } else if let MarkKind::LeadsNoMore(node) = kind {
                let open = |band: &&mut BandView| band.node == node.0 && band.to.is_none();
                if let Some(band) = bands.iter_mut().rev().find(open) {
                    band.to = Some(steps);
                }
            }
            let Some((kind, words)) = in_words(*kind) else { continue };
            // Of several at one place, the first is shown, but nothing hides a broken property.
            let is_hidden = |last: &MarkView| place(last.steps, end) == place(steps, end);
            match marks.last_mut().filter(|last| is_hidden(last)) {
                Some(last) if kind == BROKEN => *last = MarkView { steps, kind, words },
                Some(_) => {}
                None => marks.push(MarkView { steps, kind, words }),
            }
        }
        Self { bands: bands.into(), marks: marks.into() }
    }
}

const BROKEN: &str = "broken";

/// The place on the line.
fn place(steps: u64, end: u64) -> u64 {
    // The product of two numbers of steps fits: nobody runs so many.
    steps.saturating_mul(MOST) / end
}

fn band(node: NodeId, term: Term, from: u64) -> BandView {
    BandView { node: node.0, term: term.0, from, to: None }
}

fn in_words(kind: MarkKind) -> Option<(&'static str, String)> {
    match kind {
        MarkKind::Leads { node, term } => {
            Some(("leader", format!("node {node} leads in term {term}")))
        }
        MarkKind::LeadsNoMore(_) => None,
        MarkKind::Down(node) => Some(("down", format!("node {node} goes down"))),
        MarkKind::Up(node) => Some(("up", format!("node {node} starts"))),
        MarkKind::Network => Some(("network", "the network changes".to_owned())),
        MarkKind::Broken => Some((BROKEN, "a property is broken".to_owned())),
    }
}
