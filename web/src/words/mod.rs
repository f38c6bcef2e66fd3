//! Short texts that several panels share.

mod message_fields;

use raft_core::{Entry, Instant, Payload};
use raft_kv::{Command, Operation};
use raft_sim::{DelayRange, NodeState};

pub(crate) use message_fields::message_fields;

/// A node's state as one word, for attributes.
pub(crate) fn state_word(state: NodeState) -> &'static str {
    match state {
        NodeState::Running => "running",
        NodeState::Paused => "paused",
        NodeState::Crashed => "crashed",
        NodeState::Refused => "refused",
    }
}

/// Milliseconds with groups of thousands and one digit after the point: `12 345.6`.
pub(crate) fn milliseconds(at: Instant) -> String {
    let tenths = at.0 / 100;
    let whole = (tenths / 10).to_string();
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{}", tenths % 10)
}

/// A delay in milliseconds: `5–15 ms`.
pub(crate) fn delay(range: DelayRange) -> String {
    let figure = |duration: std::time::Duration| {
        let micros = duration.as_micros();
        if micros.is_multiple_of(1000) {
            format!("{}", micros / 1000)
        } else {
            format!("{:.1}", micros as f64 / 1000.0)
        }
    };
    if range.min == range.max {
        return format!("{} ms", figure(range.min));
    }
    format!("{}–{} ms", figure(range.min), figure(range.max))
}

/// An entry's payload, short enough for a cell: `x=1`, `no-op`, `voters 1 2 3`.
pub(crate) fn entry_words(entry: &Entry) -> String {
    let bytes = match &entry.payload {
        Payload::Command(bytes) => bytes,
        Payload::Membership(membership) => return format!("voters {membership}"),
        Payload::Noop => return "no-op".to_owned(),
    };
    match Command::decode(bytes) {
        Ok(Command { operation, .. }) => operation_words(&operation),
        Err(_) => format!("{} bytes", bytes.len()),
    }
}

fn operation_words(operation: &Operation) -> String {
    match operation {
        Operation::Set { key, value } => format!("{key}={value}"),
        Operation::Delete { key } => format!("−{key}"),
        Operation::Append { key, value } => format!("{key}+={value}"),
        Operation::Cas { key, value, .. } => format!("{key}?={value}"),
        Operation::Get { .. } | Operation::List { .. } => operation.to_string(),
    }
}

/// Bytes, short: `350 B`, `12 kB`.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..1000 => format!("{count} B"),
        1000..1_000_000 => format!("{} kB", count.div_ceil(1000)),
        _ => format!("{} MB", count.div_ceil(1_000_000)),
    }
}

/// `1 entry`, `2 entries`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests;
