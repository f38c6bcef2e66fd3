//! `link` as text.

use std::fmt;

use raft_sim::LinkChange;

use crate::statement::Ends;
use crate::units::{Delay, Percent, Size, Span};

pub(super) fn write_link(
    f: &mut fmt::Formatter<'_>,
    ends: &Ends,
    changes: &[LinkChange],
) -> fmt::Result {
    match ends {
        Ends::All => f.write_str("link all")?,
        Ends::Between { from, to, both_ways } => {
            let arrow = if *both_ways { "<->" } else { "->" };
            write!(f, "link {from} {arrow} {to}")?;
        }
    }
    changes.iter().try_for_each(|change| write_change(f, change))
}

fn write_change(f: &mut fmt::Formatter<'_>, change: &LinkChange) -> fmt::Result {
    match change {
        LinkChange::Cut => f.write_str(" cut"),
        LinkChange::Restore => f.write_str(" restore"),
        LinkChange::Latency(range) => write!(f, " latency={}", Delay(*range)),
        LinkChange::Shape(shape) => write!(f, " shape={shape}"),
        LinkChange::Loss { per_million } => write!(f, " loss={}", Percent(*per_million)),
        LinkChange::Duplication { per_million } => {
            write!(f, " duplicate={}", Percent(*per_million))
        }
        LinkChange::Reordering(true) => f.write_str(" reorder=on"),
        LinkChange::Reordering(false) => f.write_str(" reorder=off"),
        LinkChange::Bandwidth(Some(bytes)) => write!(f, " bandwidth={}/s", Size(*bytes)),
        LinkChange::Bandwidth(None) => f.write_str(" bandwidth=off"),
        LinkChange::QueueLimit(limit) => write!(f, " queue={limit}"),
        LinkChange::Clog(time) => write!(f, " clog={}", Span(*time)),
    }
}
