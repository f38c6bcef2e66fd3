//! The last writes of a disk in time: when each was issued, and when it was durable or lost.

use raft_lab::{Instant, WriteResult, WriteView};
use yew::prelude::*;

use crate::words::{bytes, milliseconds};

/// The rows at first: the last writes.
const SHOWN: usize = 5;

#[derive(Properties, PartialEq)]
pub(super) struct WritesProps {
    /// The oldest first.
    pub(super) writes: Vec<WriteView>,
    pub(super) now: Instant,
}

#[component(Writes)]
pub(super) fn writes(props: &WritesProps) -> Html {
    let shows_all = use_state_eq(|| false);
    let all = &props.writes;
    let hidden = if *shows_all { 0 } else { all.len().saturating_sub(SHOWN) };
    let shown = &all[hidden..];
    let scale = Scale::of(shown, props.now);
    let on_all = {
        let (next, shows_all) = (!*shows_all, shows_all.setter());
        Callback::from(move |_: MouseEvent| shows_all.set(next))
    };
    html! {
        <section class="disk-writes" aria-label="Writes">
            <h3>
                { "Writes, the newest first" }
                if all.len() > SHOWN {
                    <button type="button" class="text-button" onclick={on_all}>
                        { if *shows_all { "fewer" } else { "more" } }
                    </button>
                }
            </h3>
            if all.is_empty() { <p class="disk-note">{ "No write is known at this moment." }</p> }
            <ol>
                { for shown.iter().rev().map(|write| view_write(write, scale)) }
            </ol>
        </section>
    }
}

fn view_write(write: &WriteView, scale: Scale) -> Html {
    let (left, width) = scale.place(write);
    let word = result_word(write.result);
    let title =
        format!("{}, issued at {} ms", bytes(write.bytes as u64), milliseconds(write.issued_at));
    html! {
        <li key={write.event.get()} class={format!("is-{word}")} {title}
            data-testid="disk-write" data-result={word}>
            <span class="write-id">{ write.id }</span>
            <span class="write-words">{ &write.words }</span>
            <span class="write-track" aria-hidden="true">
                <i style={format!("left:{left:.1}%;width:{width:.1}%")}></i>
            </span>
            <span class="write-end">{ end_words(write) }</span>
        </li>
    }
}

/// The end of a write in words: `on disk after 2.0 ms`.
fn end_words(write: &WriteView) -> String {
    let micros = write.ends_at.0.saturating_sub(write.issued_at.0);
    let time = milliseconds(Instant(micros));
    let words = match write.result {
        WriteResult::UnderWay if write.failure.is_some() => {
            return "under way, and will fail: the disk is full".to_owned();
        }
        WriteResult::UnderWay => {
            return format!("under way, due at {} ms", milliseconds(write.ends_at));
        }
        WriteResult::Durable => "✓ on disk",
        WriteResult::Failed => "✕ failed",
        WriteResult::Torn => "✕ torn",
        WriteResult::Lost => "✕ lost",
    };
    match &write.failure {
        None => format!("{words} after {time} ms"),
        Some(failure) => format!("{words} after {time} ms: {failure}"),
    }
}

fn result_word(result: WriteResult) -> &'static str {
    match result {
        WriteResult::UnderWay => "under-way",
        WriteResult::Durable => "durable",
        WriteResult::Failed => "failed",
        WriteResult::Torn => "torn",
        WriteResult::Lost => "lost",
    }
}

/// The time that the bars share.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Scale {
    from: u64,
    until: u64,
    now: u64,
}

impl Scale {
    /// From the first issue to the last end. Time that passes without a write is no part of it.
    fn of(writes: &[WriteView], now: Instant) -> Self {
        let from = writes.iter().map(|write| write.issued_at.0).min().unwrap_or(0);
        let until = writes.iter().map(|write| write.ends_at.0).max().unwrap_or(0);
        Self { from, until: until.max(from + 1), now: now.0 }
    }

    /// Where the bar of a write begins, and its width, in percent. A write under way has a bar up
    /// to now.
    fn place(self, write: &WriteView) -> (f64, f64) {
        let end = match write.result {
            WriteResult::UnderWay => self.now.min(write.ends_at.0),
            WriteResult::Durable | WriteResult::Failed | WriteResult::Torn | WriteResult::Lost => {
                write.ends_at.0
            }
        };
        let share = |time: u64| {
            time.saturating_sub(self.from) as f64 * 100.0 / (self.until - self.from) as f64
        };
        let left = share(write.issued_at.0);
        (left, (share(end) - left).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use raft_lab::EventNumber;

    use super::*;

    fn write(issued: u64, ends: u64, result: WriteResult) -> WriteView {
        WriteView {
            event: EventNumber::new(1).expect("it is no zero"),
            id: 1,
            words: "entry 1".to_owned(),
            bytes: 20,
            issued_at: Instant(issued),
            ends_at: Instant(ends),
            result,
            failure: None,
        }
    }

    #[test]
    fn bars_share_the_time_from_the_first_issue_to_the_last_end() {
        let writes =
            [write(1000, 2000, WriteResult::Durable), write(3000, 5000, WriteResult::UnderWay)];
        let scale = Scale::of(&writes, Instant(4000));
        assert_eq!(scale.place(&writes[0]), (0.0, 25.0));
        assert_eq!(scale.place(&writes[1]), (50.0, 25.0), "it has come so far");
        let later = Scale::of(&writes, Instant(9000));
        assert_eq!(later.place(&writes[1]), (50.0, 50.0));
        assert_eq!(Scale::of(&[], Instant(9)), Scale { from: 0, until: 1, now: 9 });
    }

    #[test]
    fn the_end_of_a_write_is_told_with_its_time() {
        let told = |result| end_words(&write(1000, 3000, result));
        assert_eq!(told(WriteResult::Durable), "✓ on disk after 2.0 ms");
        assert_eq!(told(WriteResult::Lost), "✕ lost after 2.0 ms");
        assert_eq!(told(WriteResult::UnderWay), "under way, due at 3.0 ms");
        let failure = Some("the disk is full".to_owned());
        let failed = WriteView { failure, ..write(1000, 3000, WriteResult::Failed) };
        assert_eq!(end_words(&failed), "✕ failed after 2.0 ms: the disk is full");
    }
}
