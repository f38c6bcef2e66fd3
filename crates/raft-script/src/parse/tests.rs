use proptest::prelude::*;
use raft_core::NodeId;
use raft_sim::{LinkChange, Request};

use super::*;
use crate::statement::{Ends, Nodes, Order, Selector};
use crate::strategies::{action, statement};

fn one(text: &str) -> Statement {
    parse_line(text).unwrap_or_else(|error| panic!("{error}")).expect("a statement")
}

fn error(text: &str) -> ParseError {
    parse(text).expect_err(text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// DESIGN: `Display` and the parser are inverses.
    #[test]
    fn what_is_printed_is_parsed_back(statement in statement()) {
        let text = statement.to_string();
        prop_assert!(!text.contains('\n'), "{text}");
        match parse_line(&text) {
            Ok(parsed) => prop_assert_eq!(parsed, Some(statement), "{}", text),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    /// A script that is read and written again is the same, with its comments and blank lines.
    #[test]
    fn a_script_keeps_its_notes(
        parts in prop::collection::vec((action(), "(#[a-z \"]{0,9})?", any::<bool>()), 0..6)
    ) {
        let mut text = "# a title\n\n".to_owned();
        for (statement, comment, is_alone) in parts {
            text += &match is_alone {
                true => format!("{comment}\n{statement}\n"),
                false => format!("{statement} {comment}\n"),
            };
        }
        let script = parse(&text).unwrap();
        let written = script.to_string();
        let again = parse(&written).unwrap();
        let statements = |script: &Script| -> Vec<Statement> {
            script.statements.iter().map(|line| line.statement.clone()).collect()
        };
        prop_assert_eq!(statements(&again), statements(&script));
        prop_assert_eq!(again.to_string(), written);
        prop_assert_eq!(text.matches('#').count(), again.to_string().matches('#').count());
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}") {
        if let Err(error) = parse(&text) {
            let _ = error.to_string();
        }
    }

    /// Words of the language in any order reach deeper than any text.
    #[test]
    fn no_heap_of_words_makes_it_panic(
        words in prop::collection::vec(prop::sample::select(WORDS), 1..12),
    ) {
        let text = words.join(" ");
        match parse(&text) {
            Ok(script) => {
                for line in &script.without_notes().statements {
                    let printed = line.statement.to_string();
                    prop_assert_eq!(&one(&printed), &line.statement, "{}", printed);
                }
            }
            Err(error) => {
                prop_assert!(error.column <= text.chars().count() + 1);
                let _ = error.to_string();
            }
        }
    }
}

const WORDS: &[&str] = &[
    "cluster",
    "nodes",
    "=",
    "5",
    "seed",
    "disk",
    "2",
    "terms",
    "1",
    ",",
    "run",
    "until",
    "leader",
    "at",
    "+5ms",
    "10ms",
    "step",
    "set",
    "x",
    "via",
    "any",
    "follower",
    "client",
    "get",
    "list",
    "cas",
    "none",
    "crash",
    "all",
    "others",
    "lose",
    "partition",
    "|",
    "link",
    "->",
    "<->",
    "cut",
    "latency",
    "5ms..10ms",
    "loss",
    "10%",
    "expect",
    "no",
    "value",
    "log",
    "empty",
    "after",
    "3@1",
    "answer",
    "within",
    "term",
    ">=",
    "<=",
    "\"a b\"",
    "#",
    "drop",
    "message",
    "restore",
    "reorder",
    "on",
    "image",
    "\"\"",
    "among",
    "not",
    "committed",
    "9",
    "paper",
    "pre-vote",
    "off",
    "64KiB",
    "window",
    "bugs",
    "add",
    "as",
    "learner",
    "replace",
    "with",
    "voters",
    "transfer",
    "read",
    "quorum",
    "joint",
    "learners",
    "lease",
    "forget",
];

#[test]
fn short_forms_are_printed_in_full() {
    for (short, full) in [
        ("put x=1", "set x=1"),
        ("set x = 1 client=1", "set x=1"),
        ("set x=1 via=any", "set x=1"),
        ("get \"x\"", "get x"),
        ("cut 1 -> 3", "link 1 -> 3 cut"),
        ("link 1 -> 3 drop", "link 1 -> 3 cut"),
        ("restore 1<->3", "link 1 <-> 3 restore"),
        ("cut all", "link all cut"),
        ("step 1", "step"),
        ("run 0.5s", "run 500ms"),
        ("run 60s", "run 1m"),
        ("run until term 3", "run until term >= 3"),
        ("expect leader among 3", "expect leader 3"),
        ("expect pending 1", "expect pending client 1"),
        ("expect answer 1 = done", "expect answer client 1 = done"),
        ("link 1 -> 2 latency=7ms..7ms", "link 1 -> 2 latency=7ms"),
        ("link 1 -> 2 loss=2.50%", "link 1 -> 2 loss=2.5%"),
        ("cluster", "cluster nodes=5 seed=1"),
        ("expect log 2 = empty # still", "expect log 2 = empty"),
        ("get x read=log", "get x"),
        ("list client=2 read=local via=3", "list via=3 read=local client=2"),
        ("cluster pre-vote=off check-quorum=off lease=off", "cluster nodes=5 seed=1 paper"),
        ("cluster lease=off nodes=3", "cluster nodes=3 seed=1 lease=off"),
        ("cluster pre-vote=on drift=5.0% window=64", "cluster nodes=5 seed=1"),
        (
            "cluster uncommitted=1024KiB chunk=64B",
            "cluster nodes=5 seed=1 uncommitted=1MiB chunk=64B",
        ),
        ("add 6 as learner", "add 6 as learner"),
        ("expect no learners", "expect no learners"),
    ] {
        assert_eq!(one(short).to_string(), full);
        assert_eq!(one(full), one(short));
    }
}

#[test]
fn blank_lines_and_comments_are_notes_of_a_script() {
    for text in ["", "  \t ", "# crash 3", "   # x"] {
        assert_eq!(parse_line(text), Ok(None));
    }
    let script = parse("\n# a title\nheal\r\n\n  crash 1 # now\n").unwrap();
    let lines: Vec<_> =
        script.statements.iter().map(|l| (l.number, l.statement.to_string())).collect();
    let lines: Vec<_> = lines.iter().map(|(number, text)| (*number, text.as_str())).collect();
    let expected = [(1, ""), (2, "# a title"), (3, "heal"), (4, ""), (5, "# now"), (5, "crash 1")];
    assert_eq!(lines, expected);
    let said = script.without_notes();
    assert_eq!(said.statements.iter().map(|line| line.number).collect::<Vec<_>>(), [3, 5]);
}

#[test]
fn keys_are_any_bytes() {
    let text = r#"set "two words\x00\"" = "\\\n\xff#""#;
    let Statement::Order(Order::Request(Request {
        operation: raft_kv::Operation::Set { key, value },
        ..
    })) = one(text)
    else {
        panic!("a set");
    };
    assert_eq!(key.as_bytes(), b"two words\0\"");
    assert_eq!(value.as_bytes(), b"\\\n\xff#");
}

/// `none` in quotes is a value like any other.
#[test]
fn an_absent_key_differs_from_the_value_none() {
    assert_ne!(one("cas x absent 1"), one("cas x \"absent\" 1"));
    assert_eq!(one("cas x \"absent\" 1").to_string(), "cas x \"absent\" 1");
}

#[test]
fn signs_need_no_spaces() {
    let ends = Ends::Between {
        from: Nodes::These(vec![Selector::Node(NodeId(1))]),
        to: Nodes::These(vec![Selector::Node(NodeId(3)), Selector::Leader]),
        both_ways: false,
    };
    let expected = Statement::Order(Order::Link { ends, changes: vec![LinkChange::Cut] });
    assert_eq!(one("link 1->3 leader cut"), expected);
}

#[test]
fn an_error_names_line_column_what_was_found_and_what_was_expected() {
    let found = error("heal\n\ncrash leade");
    assert_eq!((found.line, found.column, found.found.as_str()), (3, 7, "leade"));
    assert_eq!(
        found.to_string(),
        "line 3, column 7: expected nodes: numbers from 1 to 18, `leader`, `any follower`, \
         `all` or `others`, found `leade`\n  |\n3 | crash leade\n  |       ^^^^^"
    );
}

#[test]
fn the_caret_stands_under_the_character_whatever_is_before_it() {
    let found = error("set \"żółć\"=1 vai=3");
    assert_eq!(found.column, 14);
    let text = found.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[2].chars().position(|c| c == 'v'), lines[3].chars().position(|c| c == '^'));
    let text = error("\tcrash\tx").to_string();
    assert!(text.ends_with("\n  | \t     \t^"), "{text:?}");
}

#[test]
fn the_end_of_the_line_is_a_place() {
    let found = error("crash # nobody");
    assert_eq!((found.column, found.found.as_str()), (6, ""));
    assert!(found.to_string().contains("found the end of the line"), "{found}");
}

/// A long line is shown around the place, and nothing in it can steer a terminal.
#[test]
fn the_line_is_shown_safely() {
    let text = format!("set x=\"{}\" \u{1b}[2J", "y".repeat(5000));
    let shown = error(&text).to_string();
    assert!(shown.lines().all(|line| line.chars().count() < 250), "{shown}");
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn what_cannot_be_is_refused() {
    for (text, column) in [
        ("frobnicate", 1),
        ("\"set\" x=1", 1),
        ("crash 0", 7),
        ("crash 19", 7),
        ("run 5", 5),
        ("run 25h", 5),
        ("run 1441m", 5),
        ("run 0.0001ms", 5),
        ("run until", 10),
        ("at 5s", 6),
        ("at 5s at 6s heal", 7),
        ("at 5s cluster", 7),
        ("at 5s disk 2 terms=1", 1),
        ("set x", 6),
        ("set x=1 client=0", 16),
        ("set x=1 via=2 via=3", 15),
        ("link 3 -> 4", 12),
        ("link 3 -> 4 latency=20ms..10ms", 21),
        ("link 3 -> 4 loss=101%", 18),
        ("link 3 -> 4 cut latency=5ms", 17),
        ("link 3 -> 4 loss=1% loss=2%", 21),
        ("link 3 4 cut", 10),
        ("disk 3", 7),
        ("disk 3 stall=61m", 14),
        ("disk 3 fsync=on", 14),
        ("disk 3 full=no", 13),
        ("disk 3 corrupt everything", 16),
        ("disk 3 corrupt entry 0", 22),
        ("disk 3 misdirect term", 22),
        ("disk 3 wipe 2", 13),
        ("crash 3 tear lose", 14),
        ("disk leader wipe=on", 17),
        ("disk leader terms=1", 13),
        ("disk 3 terms=2,1", 16),
        ("disk 3 terms=1,2 term=1", 23),
        ("disk 3 image=\"?\"", 14),
        ("partition 1 2 3 |", 18),
        ("expect happiness", 8),
        ("expect log 3 = 0", 16),
        ("expect term 3", 14),
        ("cluster nodes=12", 15),
        ("cluster nodes=3 nodes=4", 17),
        ("cluster heartbeat=1s", 9),
        ("cluster colour=red", 9),
        ("set x=\"1", 9),
        ("set x=\"\\q\"", 8),
        ("crash 1 > 2", 9),
    ] {
        let found = match parse(text) {
            Ok(script) if text == "expect term 3" => {
                assert_eq!(script.to_string(), "expect term >= 3\n");
                continue;
            }
            Ok(script) => panic!("{text} is {script}"),
            Err(found) => found,
        };
        assert_eq!(found.column, column, "{found}");
        assert!(!found.expected.is_empty());
    }
}

#[test]
fn what_cannot_be_asked_of_a_leader_is_refused() {
    for (text, column) in [
        ("set x=1 read=lease", 9),
        ("get x read=fast", 12),
        ("get x read=lease read=log", 18),
        ("cluster paper lease=on", 15),
        ("cluster lease=on paper", 18),
        ("cluster paper=on", 14),
        ("cluster pre-vote=yes", 18),
        ("cluster check-quorum=off", 1),
        ("cluster drift=51%", 9),
        ("cluster window=0", 9),
        ("cluster chunk=64", 15),
        ("cluster uncommitted=1025GiB", 21),
        ("add 6 learner", 7),
        ("add 6 as voter", 10),
        ("add leader", 5),
        ("replace 2", 10),
        ("replace 2 with any follower", 16),
        ("promote", 8),
        ("transfer 3 1", 12),
        ("transfer to 3", 10),
        ("voters 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1", 44),
        ("remove all", 8),
        ("expect no joint", 11),
        ("expect not learners", 20),
        ("expect voters", 14),
        ("expect role 3 voter", 15),
    ] {
        let found = error(text);
        assert_eq!(found.column, column, "{found}");
        assert!(!found.expected.is_empty());
    }
}

#[test]
fn the_world_is_described_before_it_exists() {
    assert!(parse("cluster nodes=3\ndisk 1 terms=1\ndisk 2 terms=1\nheal").is_ok());
    assert!(parse("disk 1 terms=1\nheal").is_ok());
    for text in [
        "heal\ncluster nodes=3",
        "heal\ndisk 1 terms=1",
        "disk 1 terms=1\ncluster",
        "cluster\ncluster",
    ] {
        assert_eq!(error(text).line, 2, "{text}");
    }
}

#[test]
fn limits_are_enforced() {
    let found = error(&"x".repeat(MAX_SCRIPT_BYTES + 1)).to_string();
    assert!(found.contains("a script of at most"), "{found}");
    let found = error(&format!("heal\n{}", "x".repeat(MAX_LINE_BYTES + 1))).to_string();
    assert!(found.starts_with("line 2") && found.contains("a line of at most"), "{found}");
    let found = error(&"heal\n".repeat(MAX_STATEMENTS + 1));
    assert_eq!(found.line, MAX_STATEMENTS + 1);
    let terms = vec!["1"; crate::limits::MAX_LOG_TERMS + 1].join(",");
    assert!(parse_line(&format!("disk 1 terms={terms}")).is_err());
    assert!(parse_line("step 1000001").is_err());
    assert!(parse_line("run until 99999999999m").is_err());
}

/// Without the feature there is nothing to switch, and the error says so; with it every name is
/// known.
#[test]
fn bugs_are_switches_of_builds_that_have_them() {
    #[cfg(not(feature = "bugs"))]
    {
        let found = error("cluster bugs=stale-votes");
        assert_eq!(found.column, 14);
        assert!(found.to_string().contains("this build has no switches for bugs"), "{found}");
        for line in ["break stale-votes", "mend stale-votes", "mend all", "at 1s break typo"] {
            let found = error(line);
            assert!(found.to_string().contains("this build has no switches for bugs"), "{found}");
        }
    }
    #[cfg(feature = "bugs")]
    {
        for bug in raft_sim::Switch::all() {
            let cluster = format!("cluster nodes=5 seed=1 bugs={bug}");
            for text in [cluster, format!("break {bug}"), format!("at 1s mend {bug}")] {
                assert_eq!(one(&text).to_string(), text);
            }
        }
        assert_eq!(one("mend all").to_string(), "mend all");
        for line in ["break typo", "break all", "mend", "mend stale-votes,stale-votes"] {
            error(line);
        }
        let found = error("cluster bugs=stale-votes,typo");
        assert_eq!(found.column, 26);
        assert!(found.to_string().contains("commit-old-term"), "{found}");
    }
}

#[test]
fn an_answer_that_no_client_gets_is_a_mistake() {
    let error = parse_line("expect answer client 1 = valeu 7 within 2s").unwrap_err();
    assert_eq!((error.column, error.found.as_str()), (26, "valeu 7"));
    assert!(error.message().contains("`value …`, `no value`"), "{error}");
    assert!(error.message().contains("`gave up`"), "{error}");
    let error = parse_line("run until not answer client 1 = \"ok\"").unwrap_err();
    assert_eq!(error.found, "\"ok\"");
    for answer in ["done", "value 7", "\"2 keys: a=1 b=2\"", "not swapped: the key is absent"] {
        parse_line(&format!("expect answer client 1 = {answer}")).unwrap();
    }
}

/// Some editors begin a file with it.
#[test]
fn a_byte_order_mark_is_passed_over() {
    let script = parse("\u{feff}cluster nodes=3\nrun 1s").unwrap();
    assert_eq!(script, parse("cluster nodes=3\nrun 1s").unwrap());
    let error = parse("\u{feff}clutter").unwrap_err();
    assert_eq!((error.line, error.column, error.found.as_str()), (1, 1, "clutter"));
}

/// Before everything but `cluster`, disks and other settings.
#[test]
fn settings_of_a_node_come_before_the_run() {
    let text = "cluster nodes=3\nnode 3 batch=1\ndisk 2 terms=1\nnode 2 lease=off election=1s..2s";
    assert!(parse(text).is_ok());
    for text in ["run 1s\nnode 3 batch=1", "node 3 batch=1\ncluster nodes=3"] {
        assert!(parse(text).is_err(), "{text}");
    }
    for (line, words) in [
        ("node 3", "a setting of one node: pre-vote"),
        ("node 3 seed=1", "a setting of one node: pre-vote"),
        ("restart 3 nodes=5", "a setting of one node: pre-vote"),
        ("node leader batch=1", "a node"),
        ("node 3 batch=1 batch=2", "`batch` only once"),
        ("at 1s node 3 batch=1", "before time passes"),
    ] {
        let error = parse_line(line).unwrap_err().to_string();
        assert!(error.contains(words), "{line}: {error}");
    }
}

/// An error about a bound names the setting and its value as the script wrote them.
#[test]
fn settings_out_of_bounds_are_named_as_in_the_script() {
    for (settings, place, words) in [
        ("batch=0", "batch=0", "batch is 0; it must be from 1 to 100000"),
        ("seed=2 chunk=1GiB", "chunk=1GiB", "chunk is 1GiB; it must be from 1B to 64MiB"),
        ("drift=60%", "drift=60%", "drift is 60%; it must be from 0% to 50%"),
        ("heartbeat=0s", "heartbeat=0s", "heartbeat is 0s; it must be from 1us to 60m"),
        ("timeout=0s", "timeout=0s", "timeout is 0s; it must be from 1ms to 60m"),
        ("report=60m gather=1ms", "report=60m", "report is 60m; it must be at most"),
        ("gather=60m", "gather=60m", "gather is 60m; it must be at most"),
        ("lease=on check-quorum=off", "lease=on", "lease=on needs check-quorum=on"),
        ("heartbeat=1s", "heartbeat=1s", "less than the shortest election timeout (150ms)"),
    ] {
        let error = parse_line(&format!("cluster nodes=3 {settings}")).unwrap_err();
        assert_eq!(error.found, place, "{error}");
        assert!(error.expected.contains(words), "{error}");
    }
}
