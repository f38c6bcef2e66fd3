use super::*;

fn texts(console: &Console) -> Vec<(u64, &str)> {
    console.lines().iter().map(|line| (line.number, line.text.as_str())).collect()
}

#[test]
fn a_later_console_goes_on_and_says_what_is_to_know_only_once() {
    let mut earlier = Console::default();
    earlier.say(Instant(1), ConsoleKind::Info, "little room");
    earlier.say(Instant(2), ConsoleKind::Command, "crash 1");
    let mut later = Console::default();
    later.say(Instant(0), ConsoleKind::Info, "little room");
    later.say(Instant(0), ConsoleKind::Command, "crash 1");
    later.continue_from(earlier);
    assert_eq!(texts(&later), [(1, "little room"), (2, "crash 1"), (3, "crash 1")]);
}

#[test]
fn lines_and_their_lengths_are_bounded() {
    let mut console = Console::default();
    for _ in 0..=MAX_LINES {
        console.say(Instant(0), ConsoleKind::Reply, "x".repeat(MAX_TEXT + 1));
    }
    assert_eq!(console.lines().len(), MAX_LINES);
    assert_eq!(console.count(), MAX_LINES as u64 + 1);
    assert_eq!(console.lines()[0].text.chars().count(), MAX_TEXT + 1);
    assert!(console.lines()[0].text.ends_with('…'));
}
