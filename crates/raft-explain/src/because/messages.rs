//! What happened to a message.

use raft_core::{AppendEntriesReply, Bare, Body, Message, Plain};
use raft_sim::{DiskEvent, Event, MessageEvent, Words, words};

use crate::evidence::Evidence;
use crate::explanation::Finding;
use crate::said::{At, Named, Took};
use crate::seen::{Passing, acknowledged, disk, passing};

pub(super) fn why(run: &Evidence<'_>, event: &Event) -> Finding {
    withheld(run, event).unwrap_or_else(|| other(event))
}

/// An acknowledgement that waited for the disk.
fn withheld(run: &Evidence<'_>, event: &Event) -> Option<Finding> {
    let Passing { from, to, message, .. } = Passing::of(event).filter(Passing::is_sent)?;
    let match_index = acknowledged(message)?;
    let durable = run.cause(event)?;
    let Some(DiskEvent::WriteDurable { .. }) = disk(durable, from) else { return None };
    let issued = run.cause(durable)?;
    let between = run.record.after(issued.number).take_while(|other| other.number < event.number);
    let followed = between.filter(|other| {
        passing(other, from, to)
            .is_some_and(|passing| passing.is_sent() && says_that_it_follows(passing.message))
    });
    let times: Vec<Words> = followed.map(|other| words!(At(other.at))).collect();
    let meanwhile = match times.is_empty() {
        true => Words::default(),
        false => words! {
            ". Meanwhile it did answer that it follows (", Words::joined(times, ", "),
            "), so the leader did not take a slow disk for a lost quorum"
        },
    };
    Some(
        Finding::new(words! {
            "Node ", Bare(from), " received ", match_index, " at ", At(issued.at),
            ", but an acknowledgement says that the entry is on disk, so it was withheld for ",
            Took(durable.at - issued.at), ", until the write was done", meanwhile
        })
        .section("Figure 2"),
    )
}

fn says_that_it_follows(message: &Message) -> bool {
    matches!(message.body, Body::AppendEntriesReply(AppendEntriesReply::Following { .. }))
}

fn other(event: &Event) -> Finding {
    let Some(Passing { from, to, message, event: what, .. }) = Passing::of(event) else {
        return Finding::new(Words::of(&event.kind));
    };
    let said = words!(Named(message), " from ", from, " to ", to);
    Finding::new(match what {
        MessageEvent::Dropped { sent_at, reason, .. } => {
            words!(said, " is lost: ", Plain(reason), ". It was sent at ", At(*sent_at))
        }
        MessageEvent::Sent { arrives_at } => {
            words!(said, " is sent, and takes ", Took(*arrives_at - event.at))
        }
        MessageEvent::Held
        | MessageEvent::Released { .. }
        | MessageEvent::Delivered
        | MessageEvent::Replayed { .. } => Words::of(&event.kind),
    })
}
