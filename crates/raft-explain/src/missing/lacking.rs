//! Why a node does not have an entry.

use raft_core::{LogIndex, NodeId, Plain};
use raft_sim::{DropReason, Event, MessageEvent, words};

use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::Cause;
use crate::facts::fate;
use crate::said::Named;
use crate::seen::{Passing, carries};

/// Why the log of a node lacked an entry at an event: the last message with it that was lost, or
/// that was still under way.
pub(crate) fn lacking<'a>(
    run: &Evidence<'a>,
    node: NodeId,
    index: LogIndex,
    at: &Event,
) -> Vec<Vec<Cause>> {
    let with_it = |passing: &Passing<'_>| passing.to == node && carries(passing.message, index);
    let last = |fits: fn(&Passing<'_>) -> bool| {
        run.last_before(at.number, |event| {
            Passing::of(event).is_some_and(|passing| with_it(&passing) && fits(&passing))
        })
    };
    let lacks = words!(node, " lacks ", index);
    if let Some(event) = last(|passing| passing.is_lost())
        && let Some(Passing { message, event: MessageEvent::Dropped { reason, .. }, .. }) =
            Passing::of(event)
    {
        let why = match reason {
            DropReason::NodeDown => words!("is lost, ", node, " is down"),
            DropReason::Lost
            | DropReason::LinkCut
            | DropReason::Partitioned
            | DropReason::ByCommand
            | DropReason::QueueFull => words!("is lost: ", Plain(reason)),
        };
        return Chains::new(*run).led_by(lacks, event, words!(Named(message), " ", why)).finish();
    }
    let Some(sent) = last(|passing| passing.is_sent()) else { return Vec::new() };
    let Some(Passing { message, .. }) = Passing::of(sent) else { return Vec::new() };
    if fate(run, sent).is_some_and(|end| end.number < at.number) {
        return Vec::new();
    }
    run.led_by_as(sent, words!(lacks, ": ", Named(message), " is still under way"))
}
