//! What happened to a message.

use raft_core::{AppendEntriesReply, Bare, Body, Plain};
use raft_sim::{DiskEvent, Event, EventKind, MessageEvent, Words, words};

use crate::evidence::Evidence;
use crate::explanation::Finding;
use crate::facts::{At, Named, Took};

pub(super) fn why(run: &Evidence<'_>, event: &Event) -> Finding {
    withheld(run, event).unwrap_or_else(|| other(event))
}

/// An acknowledgement that waited for the disk.
fn withheld(run: &Evidence<'_>, event: &Event) -> Option<Finding> {
    let EventKind::Message { from, to, message, event: MessageEvent::Sent { .. }, .. } =
        &event.kind
    else {
        return None;
    };
    let Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. }) = message.body
    else {
        return None;
    };
    let durable = run.cause(event)?;
    let EventKind::Disk { event: DiskEvent::WriteDurable { .. }, .. } = durable.kind else {
        return None;
    };
    let issued = run.cause(durable)?;
    let followed = run.record.after(issued.number).filter(|other| {
        other.number < event.number
            && crate::facts::message(other, *from, *to).is_some_and(|(message, what)| {
                matches!(what, MessageEvent::Sent { .. })
                    && matches!(
                        message.body,
                        Body::AppendEntriesReply(AppendEntriesReply::Following { .. })
                    )
            })
    });
    let times: Vec<Words> = followed.map(|other| words!(At(other.at))).collect();
    let meanwhile = match times.is_empty() {
        true => Words::default(),
        false => words!(
            ". Meanwhile it did answer that it follows (",
            Words::joined(times, ", "),
            "), so the \
             leader did not take a slow disk for a lost quorum"
        ),
    };
    Some(
        Finding::new(words!(
            "Node ",
            Bare(from),
            " received ",
            match_index,
            " at ",
            At(issued.at),
            ", but an \
             acknowledgement says that the entry is on disk, so it was withheld for ",
            Took(durable.at - issued.at),
            ", until the write was done",
            meanwhile
        ))
        .section("Figure 2"),
    )
}

fn other(event: &Event) -> Finding {
    let EventKind::Message { from, to, message, event: what, .. } = &event.kind else {
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
        MessageEvent::Held | MessageEvent::Delivered | MessageEvent::Replayed { .. } => {
            Words::of(&event.kind)
        }
    })
}
