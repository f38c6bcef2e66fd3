use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn all_kinds() -> [(ValueKind, &'static str); 8] {
    let (least, most) = (Duration::from_millis(1), SECOND);
    [
        (ValueKind::Number { least: 1, most: 9 }, "1,9,5"),
        (ValueKind::Duration { least, most }, "1ms,500ms,1s"),
        (ValueKind::Delay { least, most }, "1ms,1ms..1s,150ms..300ms"),
        (ValueKind::Size { most: 1 << 20 }, "0B,100B,64KiB,1MiB"),
        (ValueKind::Bandwidth, "off,64KiB/s,1GiB/s"),
        (ValueKind::Switch, "on,off"),
        (ValueKind::Word(&["all", "leader"]), "leader,all"),
        (ValueKind::Duration { least: Duration::ZERO, most }, "0s,20us"),
    ]
}

#[test]
fn what_is_printed_is_read_again() {
    for (kind, text) in all_kinds() {
        let values = parse_values(text, kind, 4).unwrap();
        let printed: Vec<String> = values.iter().map(SettingValue::to_string).collect();
        assert_eq!(printed.join(","), text);
    }
}

#[test]
fn other_texts_are_errors_that_say_where_and_what() {
    let (least, most) = (Duration::from_millis(1), SECOND);
    let number = ValueKind::Number { least: 1, most: 9 };
    for (kind, text, column, expected) in [
        (number, "5,10", 3, "expected a number from 1 to 9, found `10`"),
        (number, "", 1, "expected a number from 1 to 9, found the end of the line"),
        (number, "5,", 3, "expected a number from 1 to 9, found the end of the line"),
        (number, "5 6", 3, "expected the end of the line, found `6`"),
        (number, "1,2,3", 5, "expected at most 2 values, found `3`"),
        (ValueKind::Duration { least, most }, "2s", 1, "expected a duration from 1ms to 1s"),
        (ValueKind::Delay { least, most }, "0ms..5ms", 1, "expected a delay from 1ms to 1s"),
        (ValueKind::Delay { least, most }, "5ms..2s", 1, "expected a delay from 1ms to 1s"),
        (ValueKind::Delay { least, most }, "5..6", 1, "expected a delay of at most 60m such"),
        (ValueKind::Size { most: 10 }, "1KiB", 1, "expected a size of at most 10B"),
        (ValueKind::Word(&["all", "leader"]), "none", 1, "expected `all` or `leader`"),
    ] {
        let error = parse_values(text, kind, 2).unwrap_err();
        assert_eq!(error.column, column, "{text}");
        assert!(error.message().starts_with(expected), "{text}: {}", error.message());
    }
}
