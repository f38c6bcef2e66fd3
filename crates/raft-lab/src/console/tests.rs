use super::*;

fn texts(console: &Console) -> Vec<(u64, String)> {
    console.lines().iter().map(|line| (line.number, line.words.to_string())).collect()
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
    let expected = ["little room", "crash 1", "crash 1"].map(str::to_owned);
    assert_eq!(texts(&later), (1..).zip(expected).collect::<Vec<_>>());
}

#[test]
fn lines_and_their_lengths_are_bounded() {
    let mut console = Console::default();
    for _ in 0..=MAX_LINES {
        console.say(Instant(0), ConsoleKind::Reply, "x".repeat(MAX_TEXT + 1));
    }
    assert_eq!(console.lines().len(), MAX_LINES);
    assert_eq!(console.count(), MAX_LINES as u64 + 1);
    assert_eq!(console.lines()[0].words.to_string().chars().count(), MAX_TEXT + 1);
    assert!(console.lines()[0].words.to_string().ends_with('…'));
}
