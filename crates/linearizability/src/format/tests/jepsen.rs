//! What Jepsen writes today: `history.edn` in all its forms, `history.txt`, independent keys.

use super::*;
use crate::operation::MapOperation;

const HISTORY: &str = "\
{:type :invoke, :f :write, :value 1, :process 0, :time 3291485317, :index 0}
{:type :ok, :f :write, :value 1, :process 0, :time 3295209422, :index 1}
{:type :invoke, :f :read, :value nil, :process 1, :time 3767733708, :index 2}
{:type :info, :f :start, :process :nemesis, :time 3767733709, :value nil, :index 3}
{:type :ok, :f :read, :value 1, :process 1, :time 3768133708, :index 4}
{:type :invoke, :f :cas, :value [1 2], :process 2, :time 3778133708, :index 5}
{:type :info, :f :cas, :value [1 2], :process 2, :time 3788133708, :error :timeout, :index 6}
";

const KEYED: &str = r#"; a comment
[#jepsen.history.Op{:index 0, :time 1, :type :invoke, :process 0, :f :write, :value [0 1]},
 #jepsen.history.Op{:index 1, :time 2, :type :invoke, :process 1, :f :read, :value ["a b" nil]}
 #jepsen.history.Op{:index 2, :time 3, :type :ok, :process 0, :f :write, :value [0 1]}
 #jepsen.history.Op{:type :info, :process :nemesis, :f :kill, :value {"n1" :killed, "n2" #{1 2}}}
 #jepsen.history.Op{:type :ok, :process 1, :f :read, :value ["a b" nil]}
 #jepsen.history.Op{:type :invoke, :process 0, :f :cas, :value [0 [1 :x]]}
 #jepsen.history.Op{:type :fail, :process 0, :f :cas, :value [0 [1 :x]],
                    :error #error {:cause "no \"leader\"\n", :via [(a b) \c 1/2 -1.5e3 ##NaN]}}
 #_{:type :ok, :process 7}]
"#;

fn shapes() -> Vec<String> {
    let tagged = HISTORY.replace("{:type", "#jepsen.history.Op{:type");
    let one_line = HISTORY.replace('\n', " ");
    vec![
        HISTORY.to_owned(),
        tagged.clone(),
        format!("[{HISTORY}]"),
        format!("[{tagged}]\n"),
        format!("({one_line})"),
        one_line,
        HISTORY.replace(", ", ",\n   "),
        HISTORY.replace(", ", " "),
        format!("; Jepsen\n#_{{:type :ok}}\n[\n  {}]", tagged.replace('\n', ",\n  ")),
        format!("\u{feff}\r\n{}", HISTORY.replace('\n', "\r\n")),
        format!("INFO starting\nlein run test\n{}", HISTORY.replacen('\n', "\nINFO noted\n", 3)),
    ]
}

fn without_lines(history: &History) -> Vec<(u64, String)> {
    let all = history.invocations().iter().enumerate();
    all.map(|(index, it)| (it.process, history.describe(index).to_string())).collect()
}

#[test]
fn a_history_is_read_in_every_form() {
    for text in shapes() {
        let history = read_all(&text, Format::Jepsen);
        assert_eq!(history.model(), Model::Register);
        let expected = [(0, "write 1"), (1, "read → 1"), (2, "cas 1 2: no answer")];
        let expected = expected.map(|(process, words)| (process, words.to_owned()));
        assert_eq!(without_lines(&history), expected, "{text}");
        let lines = text.lines().filter(|line| line.contains("INFO") || line.contains("lein"));
        assert_eq!(history.passed_over(), 1 + lines.count(), "{text}");
    }
    let lines = words(&read_all(HISTORY, Format::Jepsen));
    assert_eq!(lines, ["1-2 0: write 1", "3-5 1: read → 1", "6-7 2: cas 1 2: no answer"]);
}

#[test]
fn independent_keys_are_keys() {
    let history = read_all(KEYED, Format::Jepsen);
    assert_eq!((history.model(), history.passed_over()), (Model::Map, 1));
    assert_eq!(
        words(&history),
        ["2-4 0: set 0=1", "3-6 1: get \"a b\" → absent", "7-8 0: cas 0 1 :x: failed"]
    );
    let log = "0\t:invoke\t:write\t[k1 3]\n1 :invoke :read [k1 nil]\n:nemesis\t:info\t:start\tnil\n\
               0 :ok :write [k1 3]\n1 :ok :read [k1 3]\n2 :invoke :cas [k2 [3 4]]\n\
               2 :info :cas [k2 [3 4]] :timeout\nlein exited\n";
    for text in [log, &log.replace("\n", "\nINFO jepsen.core - at :ok\n")] {
        let history = read_all(text, Format::Jepsen);
        assert_eq!(history.model(), Model::Map);
        let words: Vec<String> = without_lines(&history).into_iter().map(|(_, it)| it).collect();
        assert_eq!(words, ["set k1=3", "get k1 → 3", "cas k2 3 4: no answer"]);
        assert_eq!(history.passed_over(), 2 + text.matches("INFO").count());
    }
    let field = "{:type :invoke :f :write :key :x :value 1 :process 0}";
    assert_eq!(without_lines(&read_all(field, Format::Jepsen))[0].1, "set :x=1: no answer");
}

#[test]
fn maps_and_lines_that_are_no_operation_of_a_client_are_passed_over() {
    for other in [
        "{:type :info, :f :kill, :process :nemesis, :value nil}",
        "{:type :invoke, :f :kill, :process nil}",
        "{:type :info, :f :kill, :process \"nemesis\"}",
        "{:type :log, :value \"hello\"}",
        "{:name \"etcd\", :concurrency 5}",
        "INFO  jepsen.core - everything is {:up true}",
        "\tat java.lang.Thread.run(Thread.java:745)",
    ] {
        let history = read_all(&format!("{HISTORY}{other}\n"), Format::Jepsen);
        assert_eq!((history.passed_over(), history.invocations().len()), (2, 3), "{other}");
    }
    for other in ["lein exited with 1", "INFO  jepsen.core - it is :ok", "INFO jepsen.util - 5 up"]
    {
        let expected = read_all(JEPSEN, Format::Jepsen);
        let history = read_all(&format!("{JEPSEN}{other}\n"), Format::Jepsen);
        assert_eq!(history.passed_over(), expected.passed_over() + 1, "{other}");
        assert_eq!(words(&history), words(&expected));
    }
}

#[test]
fn porcupine_and_jepsen_are_told_apart_by_their_operations() {
    let nemesis = HISTORY.lines().nth(3).unwrap_or_default();
    let with = |text: &str| detect(format!("{nemesis}\n{text}").as_bytes()).unwrap();
    assert_eq!(with(PORCUPINE), Format::Porcupine);
    assert_eq!(with(HISTORY), Format::Jepsen);
    assert_eq!(with("{:process 0, :f :pot, :key \"k\"}"), Format::Porcupine);
    assert_eq!(with(""), Format::Jepsen);
    assert_eq!(detect(b"# {:type :ok}\nhelios history 1").unwrap(), Format::Helios);
}

#[test]
fn transactions_of_elle_are_named() {
    for (value, model) in [
        ("[[:append 3 1] [:r 4 nil]]", "list-append"),
        ("[[:r 4 nil] [:append 3 1]]", "list-append"),
        ("[[:w 3 1] [:r 4 nil]]", "rw-register"),
        ("[7 [[:append 3 1]]]", "list-append"),
    ] {
        for function in [":txn", ":read", ":mop"] {
            let text = format!("{{:type :invoke, :f {function}, :value {value}, :process 0}}");
            let (line, column, message) = refused(&text, Format::Jepsen);
            let place = if function == ":txn" { function } else { value };
            assert_eq!((line, Some(column - 1)), (1, text.find(place)), "{message}");
            assert!(message.contains("transaction of Elle"), "{message}");
            assert!(message.contains(&format!("--model {model}`")), "{message}");
            assert_eq!(parse(text, None).unwrap_err().message, message);
        }
    }
    let (_, column, message) = refused("0 :invoke :txn [[:w 3 1]]", Format::Jepsen);
    assert!(column == 11 && message.contains("transaction of Elle"), "{message}");
}

#[test]
fn a_mistake_in_a_history_is_reported_with_its_place() {
    for (text, place, expected) in [
        ("{:type :invoke, :f :read, :process 0, :value 3}", "3}", "`nil`, because"),
        ("{:type :invoke, :f :write, :process 0, :value nil}", "nil}", "to write"),
        (
            "{:type :invoke, :f :write, :process 0, :value {1 2}}",
            "{1",
            "as the value of a register",
        ),
        ("{:type :invoke, :f :cas, :process 0, :value 1}", "1}", "the expected value and the new"),
        ("{:type :invoke, :f :add, :process 0, :value 1}", ":add", "sets, queues, counters"),
        ("{:type :invoke, :f :read, :process -1}", "-1", "the number of a process"),
        ("{:type :invoked, :f :read, :process 1}", ":invoked", "`:invoke`, `:ok`"),
        ("{:type :invoke, :f :read}", "{", "this map has no `:process`"),
        ("{:f :read, :process 0}", "{", "this map has no `:type`"),
        ("{:type :invoke, :process 0}", "{", "this map has no `:f`"),
        ("{:type :invoke, :type :ok}", ":type :ok", "every key once"),
        ("{:type :ok :f}", ":f", "a value after every key"),
        ("[ {:name \"a map\"} [1] ]", "[1]", "a map for each call"),
        ("[\n{:type :ok :f :read :process 0]", "]", "`}`"),
        ("[\n{:name 1}", "", "expected `]` for the bracket of line 1"),
        ("{:type \"ok}", "\"ok", "this string has no closing"),
        ("{:type \"\\q\"}", "\\q", "`\\\\`, `\\n`"),
        ("{:type \"\\ud83d\"}", "\\ud83d", "`\\uNNNN`"),
        ("{:type\n :ok # }", "# }", "a tag after `#`"),
        (":type :ok, :f :read, :process 0}", ":type", "`{`, a map for each call and each return"),
    ] {
        let error = jepsen_history::read(text.as_bytes()).expect_err(text);
        let before = &text[..text.rfind(place).unwrap_or_default()];
        let (line, start) =
            (before.matches('\n').count(), before.rfind('\n').map_or(0, |at| at + 1));
        let expected_place = (line + 1, before.len() - start + 1);
        assert_eq!((error.line, error.column), expected_place, "{text}: {error}");
        assert!(error.message.contains(expected), "{text}: {error}");
    }
    for (place, added, expected) in [
        ((8, 10), "{:process 9, :type :ok, :f :read, :value 1}", "no operation of this process"),
        ((8, 46), "{:type :invoke, :f :write, :process 9, :value [1 2]}", "no key, as in line 1"),
    ] {
        let (line, column, message) = refused(&format!("{HISTORY}{added}"), Format::Jepsen);
        assert!(message.contains(expected), "{message}");
        assert_eq!((line, column), (place.0, place.1 + 1), "{message}");
    }
    for (from, to, place, expected) in [
        (":ok, :f :write", ":ok, :f :read", (2, 16), "began another operation in line 1"),
        ("1, :process 0, :time 3295", "2, :process 0, :time 3295", (2, 31), "of line 1"),
        (":ok, :f :read, :value 1", ":ok, :f :read, :value [0 1]", (5, 30), "of line 3"),
    ] {
        let (line, column, message) = refused(&HISTORY.replace(from, to), Format::Jepsen);
        assert!(message.contains(expected), "{message}");
        assert_eq!((line, column), place, "{message}");
    }
    let keyless = KEYED.replacen(
        "[\"a b\" nil]}\n #jepsen.history.Op{:type :invoke",
        "nil}\n #j{:type :invoke",
        1,
    );
    assert!(refused(&keyless, Format::Jepsen).2.contains("of the operation of line 3"));
    let (line, _, message) = refused(&KEYED.replace("7}]", "7}"), Format::Jepsen);
    assert!(line == 11 && message.contains("expected `]` for the bracket of line 2"), "{message}");
}

#[test]
fn brackets_and_forms_are_bounded() {
    let deep = format!("{{:type {}", "[".repeat(1_000_000));
    assert!(refused(&deep, Format::Jepsen).2.contains("at most 64 deep"));
    let long = format!("{{:type [{}]}}", "1 ".repeat(MAX_LINE_BYTES));
    assert!(refused(&long, Format::Jepsen).2.contains("a form of at most"));
    // A vector may be longer than one form, though it is one line.
    let maps = HISTORY.lines().nth(3).unwrap_or_default().repeat(MAX_LINE_BYTES / 50);
    let history = read_all(&format!("[{}{maps}]", HISTORY.replace('\n', " ")), Format::Jepsen);
    assert_eq!(history.invocations().len(), 3);
    assert_eq!(history.passed_over(), 1 + MAX_LINE_BYTES / 50);
}

#[test]
fn different_values_stay_different() {
    let forms = [
        "1",
        "\"1\"",
        "-1",
        "\"-1\"",
        "1.0",
        "1/2",
        ":a",
        "\":a\"",
        "a",
        "\"a\"",
        "\"'a\"",
        "true",
        "\"true\"",
        "\"nil\"",
        "\"\\\"a\\\"\"",
        "\"\"",
        "\\a",
        "\"\\\\a\"",
        "\"\\ud83d\\ude00\"",
    ];
    let written = |form: &str| {
        let text = format!("{{:type :invoke :f :write :process 0 :value {form}}}");
        let history = read_all(&text, Format::Jepsen);
        let operation = &history.invocations()[0].operation;
        let MapOperation::Write { value, .. } = operation else { panic!("{operation:?}") };
        value.clone()
    };
    let values: std::collections::BTreeSet<_> = forms.iter().map(|form| written(form)).collect();
    assert_eq!(values.len(), forms.len(), "{values:?}");
    for same in ["+1", "1N", "01"] {
        assert_eq!(written(same), written("1"), "{same}");
    }
    assert_eq!(written("\"\\u0041\\101\\n\""), "AA\n".into());
    assert_eq!(written("\"\\ud83d\\ude00\""), "😀".into());
}

#[test]
fn no_map_makes_a_reader_panic() {
    let shapes = shapes();
    let mut texts: Vec<&str> = shapes.iter().map(String::as_str).collect();
    texts.extend([KEYED, KEYED, KEYED, "0 :invoke :cas [1 [2 3]]\n0 :ok :cas [1 [2 3]]\n"]);
    let (read, refused) = read_mutated(&texts, 30_000);
    assert!(read > 2_000 && refused > 10_000, "{read} {refused}");
}
