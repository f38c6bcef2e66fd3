//! Texts that are read, texts that are refused and where; no text makes a reader panic.

mod jepsen;

use super::*;
use crate::check::{Limits, Verdict, check};
use crate::history::{Completion, Model};
use crate::operation::Answer;

const JEPSEN: &str = "\
INFO  jepsen.core - Everything is up
INFO  jepsen.util - 0\t:invoke\t:write\t3
WARN  jepsen.util - nothing to see here
INFO  jepsen.util - 1   :invoke :read   nil
INFO  jepsen.util - :nemesis\t:info\t:start\tnil
INFO  jepsen.util - 0\t:ok\t:write\t3
INFO  jepsen.util - 1   :ok     :read   nil
INFO  jepsen.util - 2\t:invoke\t:cas\t[3 4]
INFO  jepsen.util - 2\t:fail\t:cas\t[3 4]
INFO  jepsen.util - 3\t:invoke\t:cas\t[nil -4]
INFO  jepsen.util - 3\t:info\t:cas\t:timed-out
\tat java.lang.Thread.run(Thread.java:745)
INFO  jepsen.util - 1\t:invoke\t:read\tnil
INFO  jepsen.util - 1\t:fail\t:read\t:timed-out
2026-01-02 10:11:12,345{GMT} INFO [jepsen worker 4] jepsen.util: 4\t:invoke\t:write\t5
";

const PORCUPINE: &str = r#"
{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}
{:process 3 :type :invoke :f :get :key "0" :value nil :time 12}
{:process 9, :type :ok, :f :append, :key "0", :value "x 9 0 y"}
{:type :ok, :process 3, :f :get, :key "0", :value ""}
{:process 3, :type :invoke, :f :put, :key "0", :value "a \"b\" \\ \u00e9"}
{:process 3, :type :info, :f :put, :key "0", :value :timed-out}
{:process 4, :type :invoke, :f :get, :key "1", :value nil}
{:process 4, :type :fail, :f :get, :key "1", :value nil}
"#;

const HELIOS: &str = r#"# made by hand
helios history 1
0.5s 1 invoke set x=1
0.500001s 2 invoke get "x"   # at the same time
0.6s 1 ok
1s 2 ok absent
1.1s 1 invoke append "a=b" "two words"
1.2s 1 ok 9
1.3s 1 invoke cas x 1 ""
1.4s 1 ok swapped
1.5s 1 invoke cas x absent "absent"
1.6s 1 ok kept ""
1.7s 1 invoke list
1.8s 1 ok x="" "a=b"="two words" more
1.9s 1 invoke list "a"
1.9s 1 ok "a=b"="two words"
2s 1 invoke delete x
2s 1 ok deleted
2.1s 1 invoke delete "\x00\n"
2.2s 1 fail the key is odd
2.3s 2 invoke get y
9.9s 2 unknown
"#;

fn read_all(text: &str, format: Format) -> History {
    let history = parse(text, Some(format)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(parse(text, None).as_ref(), Ok(&history), "the first line decides");
    history
}

fn words(history: &History) -> Vec<String> {
    let all = history.invocations().iter().enumerate();
    let words = all.map(|(index, invocation)| {
        let returned = invocation.returned.map_or(0, |moment| moment.line);
        let words = history.describe(index);
        format!("{}-{returned} {}: {words}", invocation.invoked.line, invocation.process)
    });
    words.collect()
}

#[test]
fn logs_of_jepsen_are_read() {
    let history = read_all(JEPSEN, Format::Jepsen);
    assert_eq!(history.model(), Model::Register);
    assert_eq!(
        words(&history),
        [
            "2-6 0: write 3",
            "4-7 1: read → nil",
            "8-9 2: cas 3 4: failed",
            "10-11 3: cas nil -4: no answer",
            "13-14 1: read: failed",
            "15-0 4: write 5: no answer",
        ]
    );
}

#[test]
fn histories_of_porcupine_are_read() {
    let history = read_all(PORCUPINE, Format::Porcupine);
    assert_eq!(history.model(), Model::Texts);
    assert_eq!(
        words(&history),
        [
            r#"2-4 9: append 0 "x 9 0 y""#,
            r#"3-5 3: get 0 → """#,
            r#"6-7 3: put 0="a \"b\" \\ é": no answer"#,
            "8-9 4: get 1: failed",
        ]
    );
}

#[test]
fn histories_of_this_crate_are_read() {
    let history = read_all(HELIOS, Format::Helios);
    assert_eq!(
        words(&history),
        [
            "3-5 1: set x=1",
            "4-6 2: get x → absent",
            r#"7-8 1: append "a=b" "two words" → 9 bytes"#,
            r#"9-10 1: cas x 1 "" → swapped"#,
            r#"11-12 1: cas x absent absent → not swapped, """#,
            r#"13-14 1: list → x="" "a=b"="two words" and more"#,
            r#"15-16 1: list a → "a=b"="two words""#,
            "17-18 1: delete x → deleted",
            r#"19-20 1: delete "\x00\x0a": failed"#,
            "21-22 2: get y: no answer",
        ]
    );
    let Completion::Answered(Answer::NotSwapped { .. }) = history.invocations()[4].completion
    else {
        panic!("kept");
    };
}

/// The place and the message of the mistake in a text.
fn refused(text: &str, format: Format) -> (usize, usize, String) {
    let error = parse(text, Some(format)).expect_err(text);
    (error.line, error.column, error.message)
}

#[test]
fn a_comment_may_follow_every_line() {
    for (call, answer, read) in [
        ("list", "x=1 more", "list → x=1 and more"),
        ("list", "more=1 more", "list → more=1 and more"),
        ("list", "more = 1", "list → more=1"),
        ("list m", "more", "list m → and more"),
        ("list", "", "list → nothing"),
        ("set x=1", "", "set x=1"),
        ("get x", "absent", "get x → absent"),
        ("append x y", "3", "append x y → 3 bytes"),
        ("cas x 1 2", "kept absent", "cas x 1 2 → not swapped, absent"),
        ("delete x", "deleted", "delete x → deleted"),
    ] {
        for comment in ["", "# why", "   # why", "\t#"] {
            let text = format!(
                "helios history 1 \n1s 1 invoke {call}{comment}\n1s 1 ok {answer}{comment}\n"
            );
            let history = parse(&text, None).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(words(&history), [format!("2-3 1: {read}")], "{text}");
        }
    }
    let wrong = "helios history 1\n1s 1 invoke list\n1s 1 ok more x=1";
    assert_eq!(refused(wrong, Format::Helios).1, 14);
}

#[test]
fn a_mistake_in_a_log_is_reported_with_its_place() {
    let invoke = "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n";
    for (text, line, column, words) in [
        ("INFO  jepsen.util - 0\t:invoke\t:read\tnil x", 1, 41, "the end of the line"),
        ("INFO  jepsen.util - x\t:invoke\t:read\tnil", 1, 21, "the number of a process"),
        ("INFO  jepsen.util - 0\t:invok\t:read\tnil", 1, 23, "`:invoke`, `:ok`"),
        ("INFO  jepsen.util - 0\t:invoke\t:raed\tnil", 1, 31, "`:read`, `:write`"),
        ("INFO  jepsen.util - 0\t:invoke\t:read\t3", 1, 37, "not known yet"),
        ("INFO  jepsen.util - 0\t:invoke\t:write\tnil", 1, 38, "a number"),
        ("INFO  jepsen.util - 0\t:invoke\t:write\t3x", 1, 38, "a whole number"),
        ("INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2", 1, 40, "`]`"),
        ("INFO  jepsen.util - 0\t:invoke\t:cas\t1 2", 1, 36, "`[`"),
        ("INFO  jepsen.util - 0\t:invoke", 1, 30, "`:read`"),
        ("INFO  jepsen.util - 0\t:ok\t:read\tnil", 1, 21, "no operation of this process is open"),
        ("nonsense", 1, 1, "a line of a log"),
        ("", 1, 1, "an operation"),
        (&format!("{invoke}{invoke}"), 2, 21, "the operation of line 1"),
        (&format!("{invoke}INFO  jepsen.util - 0\t:ok\t:write\t3"), 2, 21, "line 1"),
        (&format!("{invoke}INFO  jepsen.util - 0\t:ok\t:read\t?"), 2, 33, "or `nil`"),
    ] {
        let (at, from, message) = refused(text, Format::Jepsen);
        assert_eq!((at, from), (line, column), "{text:?}: {message}");
        assert!(message.contains(words), "{text:?}: {message}");
    }
    let write = "INFO  jepsen.util - 0\t:invoke\t:write\t3\nINFO  jepsen.util - 0\t:ok\t:write\t4";
    assert_eq!(refused(write, Format::Jepsen).1, 34);
}

#[test]
fn a_mistake_in_a_map_is_reported_with_its_place() {
    let invoke = "{:process 1, :type :invoke, :f :append, :key \"k\", :value \"v\"}\n";
    for (text, line, column, words) in [
        ("{:process 1", 1, 12, "a keyword"),
        ("{:process x}", 1, 11, "the number of a process"),
        ("{:process 1, :process 2}", 1, 14, "every key once"),
        ("{:process 1}", 1, 13, "`:type` in the map"),
        ("{:process 1, :type :invoke, :f :get, :key nil}", 1, 43, "a key"),
        ("{:process 1, :type :invoke, :f :put, :key \"k\", :value nil}", 1, 55, "a string"),
        ("{:process 1, :type :invoke, :f :pot, :key \"k\", :value \"\"}", 1, 32, "`:put`"),
        ("{:process 1, :type :invoke, :f :get, :key \"k}", 1, 46, "a closing `\"`"),
        ("{:process 1, :type :invoke, :f :get, :key \"\\q\"}", 1, 44, "`\\\\`"),
        ("{:process 1} x", 1, 14, "the end of the line"),
        ("[1]", 1, 1, "`{`"),
        (
            &format!("{invoke}{{:process 2, :type :ok, :f :get, :key \"k\", :value \"\"}}"),
            2,
            11,
            "no operation",
        ),
        (
            &format!("{invoke}{{:process 1, :type :ok, :f :append, :key \"k\", :value \"w\"}}"),
            2,
            11,
            "line 1",
        ),
    ] {
        let (at, from, message) = refused(text, Format::Porcupine);
        assert_eq!((at, from), (line, column), "{text:?}: {message}");
        assert!(message.contains(words), "{text:?}: {message}");
    }
}

#[test]
fn a_mistake_in_the_format_of_this_crate_is_reported_with_its_place() {
    for (text, column, words) in [
        ("0.1 1 invoke get x", 1, "a time in seconds"),
        ("0.1234567s 1 invoke get x", 1, "a time in seconds"),
        ("0.05s 1 invoke get x", 1, "not before"),
        ("0.1s one invoke get x", 6, "the number of a process"),
        ("0.1s 1 invokes get x", 8, "`invoke`, `ok`"),
        ("0.1s 1 invoke got x", 15, "`set`, `get`"),
        ("0.1s 1 invoke get", 18, "a key"),
        ("0.1s 1 invoke get x y", 21, "the end of the line"),
        ("0.1s 1 invoke set x", 20, "`=`"),
        ("0.1s 1 ok", 6, "no operation of this process is open"),
        ("0.1s 7 ok 1", 11, "`deleted` or `absent`"),
        ("0.1s 7 invoke get x", 6, "the operation of line 2"),
    ] {
        let text = format!("helios history 1\n0.1s 7 invoke delete k\n{text}");
        let (at, from, message) = refused(&text, Format::Helios);
        assert_eq!((at, from), (3, column), "{text:?}: {message}");
        assert!(message.contains(words), "{text:?}: {message}");
    }
    assert_eq!(refused("helios history 2", Format::Helios).0, 1);
    assert_eq!(
        refused("# nothing", Format::Helios).2.split(',').next(),
        Some("expected `helios history 1`")
    );
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_ignored() {
    for text in [JEPSEN, PORCUPINE, HELIOS] {
        let theirs = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(parse(theirs, None), parse(text, None));
    }
    let error = parse("\u{feff}helios history 2", None).unwrap_err();
    assert_eq!((error.line, error.column), (1, 1));
}

#[test]
fn other_bytes_than_text_and_long_lines_are_refused() {
    let error = parse(b"helios history 1\nab\xff\n", None).unwrap_err();
    assert_eq!((error.line, error.column), (2, 3));
    let long = format!("helios history 1\n# {}", "x".repeat(MAX_LINE_BYTES));
    assert_eq!(parse(long, None).unwrap_err().line, 2);
    assert_eq!(parse("\n\nwhat is this", None).unwrap_err().line, 3);
}

#[test]
fn an_error_names_a_place_and_nothing_in_it_can_steer_a_terminal() {
    let error = parse("helios history 1\n1s\t1 invoke got \u{1b}x", None).unwrap_err();
    let expected = "line 2, column 13: expected `set`, `get`, `delete`, `append`, `cas` or `list`, \
                    found `got`";
    assert_eq!((error.to_string().as_str(), error.width), (expected, 3));
    let error = parse("helios history 1\n1s 1 \u{1b}[2Jx", None).unwrap_err();
    assert!(error.message.ends_with("found `\u{fffd}[2Jx`"), "{error}");
}

/// A text with bytes and lines lost, doubled, exchanged or replaced.
fn mutated(text: &str, random: &mut u64) -> Vec<u8> {
    let mut below = |end: usize| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*random >> 33) as usize % end.max(1)
    };
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=below(4) {
        let at = below(bytes.len());
        match below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..(at + below(8)).min(bytes.len()), [])),
            2 => bytes.insert(at, below(256) as u8),
            3 => bytes.insert(at, b"{}[]:\"\\ \n\t=#,"[below(13)]),
            4 => {
                let piece: Vec<u8> = bytes[at..(at + below(30)).min(bytes.len())].to_vec();
                let to = below(bytes.len());
                drop(bytes.splice(to..to, piece));
            }
            5 if !bytes.is_empty() => bytes[at] ^= 1 << below(8),
            _ => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let (a, b) = (below(lines.len()), below(lines.len()));
                lines.swap(a, b);
                bytes = lines.join(&b'\n');
            }
        }
    }
    bytes
}

/// Reads mutated texts in all formats: how many are read, and how many are refused.
fn read_mutated(texts: &[&str], rounds: usize) -> (usize, usize) {
    let (mut read, mut refused, mut random) = (0, 0, 1);
    for round in 0..rounds {
        let text = texts[round % texts.len()];
        let bytes = mutated(text, &mut random);
        for format in [None, Some(Format::ALL[round / texts.len() % 3])] {
            match parse(&bytes, format) {
                Ok(history) => {
                    read += 1;
                    let verdict = check(&history, &mut Limits::new(1 << 24, &mut || true));
                    assert!(!matches!(verdict, Verdict::Unknown { .. }), "they are small");
                }
                Err(error) => {
                    refused += 1;
                    let lines = bytes.split(|byte| *byte == b'\n').count();
                    assert!((1..=lines).contains(&error.line) && error.column >= 1, "{error}");
                    assert!(!error.message.is_empty() && error.to_string().lines().count() == 1);
                }
            }
        }
    }
    (read, refused)
}

#[test]
fn no_text_makes_a_reader_panic() {
    let (read, refused) = read_mutated(&[JEPSEN, PORCUPINE, HELIOS], 30_000);
    assert!(read > 2_000 && refused > 10_000, "{read} {refused}");
}
