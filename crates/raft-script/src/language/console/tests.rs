use std::collections::BTreeSet;

use super::*;
use crate::{ConsoleInput, complete, parse, parse_input, parse_line};

/// A script that would move in its own run makes no sense: the error says where the word belongs.
#[test]
fn a_script_has_no_command_of_a_console() {
    for line in ["back 3", "goto end", "at 5s back", "undo", "help"] {
        let error = parse(&format!("cluster\n{line}\n")).expect_err(line);
        let word = line.trim_start_matches("at 5s ").split(' ').next().unwrap_or_default();
        let message = format!(
            "expected a statement (`{word}` is a command of the console and of `helios debug` \
             only), found `{word}`"
        );
        assert_eq!((error.line, error.message()), (2, message));
    }
    assert!(parse_input("at 5s back").is_err());
}

#[test]
fn a_console_has_every_statement() {
    for line in ["run 2s", "set x=1", "expect leader", "at 5s crash 3"] {
        let statement = parse_line(line).expect("a statement").map(ConsoleInput::Statement);
        assert_eq!(parse_input(line), Ok(statement), "{line}");
    }
    assert_eq!(parse_input("  # a comment"), Ok(None));
}

/// Only `break` is both, and an unknown word is answered with all of them.
#[test]
fn commands_and_statements_have_different_names() {
    let names = STATEMENTS.iter().map(|word| word.name);
    let all: Vec<&str> = names.chain(CONSOLE.iter().map(|word| word.name)).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len() - 1);
    assert!(is_statement("break"));
    let error = parse_input("frob").expect_err("no word");
    for name in all {
        assert!(error.expected.contains(&format!(" {name}")), "{name}: {error}");
    }
    assert!(!complete("", 0, None).iter().any(|offer| offer.text == "back"), "not in a script");
}

#[test]
fn branches_are_named_by_number_or_by_name() {
    let command = |line: &str| {
        let Ok(Some(ConsoleInput::Command(command))) = parse_input(line) else { panic!("{line}") };
        command
    };
    let named = |name: &str| BranchName::Name(name.to_owned());
    assert_eq!(command("switch 12"), ConsoleCommand::Switch(BranchName::Number(12)));
    assert_eq!(command("switch \"12\""), ConsoleCommand::Switch(BranchName::Number(12)));
    assert_eq!(command("switch \"branch 2\""), ConsoleCommand::Switch(named("branch 2")));
    assert_eq!(command("switch \"branch 2\"").to_string(), "switch \"branch 2\"");
    let both = (named("a"), BranchName::Number(1));
    assert_eq!(command("diff a 1"), ConsoleCommand::Diff(Some(both)));
    for wrong in ["fork 3", "diff 1", "switch", "back 0", "goto event 0", "goto", "break remove"] {
        assert!(parse_input(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_diagram_has_a_format_and_a_time() {
    let drawing = |line: &str| {
        let Ok(Some(ConsoleInput::Command(command))) = parse_input(line) else { panic!("{line}") };
        assert_eq!(command.to_string(), line);
        let ConsoleCommand::Diagram(drawing) = command else { panic!("{line}") };
        drawing
    };
    let all = Drawing { format: DiagramFormat::Text, from: None, to: None };
    let (from, to) = (Some(Instant(1_000_000)), Some(Instant(1_500_000)));
    assert_eq!(drawing("diagram"), all);
    assert_eq!(drawing("diagram from 1s"), Drawing { from, ..all });
    let svg = Drawing { format: DiagramFormat::Svg, from, to };
    assert_eq!(drawing("diagram svg from 1s to 1500ms"), svg);
    for wrong in ["diagram png", "diagram from", "diagram to step 3", "diagram to 2s from 1s"] {
        assert!(parse_input(wrong).is_err(), "{wrong}");
    }
}

/// `break` begins a statement if a rule follows, and a command if a condition does.
#[test]
fn breaking_bugs_and_breakpoints_are_told_apart() {
    let conditions = CONDITIONS.iter().map(|word| word.name.split(' ').next().unwrap_or_default());
    for word in conditions.chain(["violation", "list", "remove"]) {
        assert_eq!(Switch::named(word), None, "a rule has the name of a condition");
    }
    for rule in Switch::all() {
        let line = format!("break {rule}");
        let statement = parse_line(&line).expect("a statement").map(ConsoleInput::Statement);
        assert_eq!(parse_input(&line), Ok(statement), "{line}");
    }
    for line in ["break leader", "break violation", "break list"] {
        let parsed = parse_input(line);
        assert!(matches!(parsed, Ok(Some(ConsoleInput::Command(_)))), "{line}: {parsed:?}");
    }
    let error = parse("cluster\nbreak leader\n").expect_err("a breakpoint");
    assert!(error.message().contains("a breakpoint, is a command of the console"), "{error}");
    let error = parse_input("break typo").expect_err("no rule");
    assert!(error.message().contains("no leader"), "{error}");
    let rules = if cfg!(feature = "bugs") { "commit-old-term" } else { "has no switches for bugs" };
    assert!(error.message().contains(rules), "{error}");
}
