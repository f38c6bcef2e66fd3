//! Short texts that several panels share.

mod glossary;
mod sections;

use raft_lab::{Instant, NodeState};

pub(crate) use self::glossary::term;
pub(crate) use self::sections::{rules, with_links};

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
    format!("{}.{}", grouped(tenths / 10), tenths % 10)
}

/// A number with groups of thousands: `12 345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A delay in milliseconds, from its bounds in microseconds: `5–15 ms`.
pub(crate) fn delay(min: u64, max: u64) -> String {
    let figure = |micros: u64| {
        if micros.is_multiple_of(1000) {
            format!("{}", micros / 1000)
        } else {
            format!("{:.1}", micros as f64 / 1000.0)
        }
    };
    if min == max {
        return format!("{} ms", figure(min));
    }
    format!("{}–{} ms", figure(min), figure(max))
}

/// Bytes, short: `350 B`, `12 kB`.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..1000 => format!("{count} B"),
        1000..1_000_000 => format!("{} kB", count.div_ceil(1000)),
        _ => format!("{} MB", count.div_ceil(1_000_000)),
    }
}

/// The words with a capital letter.
pub(crate) fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `1 entry`, `2 entries`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests;
