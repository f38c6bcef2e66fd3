use super::*;
use crate::watches::Change;

/// A history of writes, and one read at the end.
const HISTORY: &str = "helios history 1
0.1s 1 invoke set k=a
0.2s 1 ok
0.3s 2 invoke set k=b
0.4s 2 unknown broken
0.5s 3 invoke set k=c
0.6s 3 fail refused
0.7s 1 invoke cas k a d
0.8s 1 ok kept b
0.9s 1 invoke get k
1.0s 1 ok b
";

/// The changes of one key, with these values one after the other.
fn story(values: &[&str]) -> Told {
    let changes = (2..).zip(values).map(|(revision, value)| Change {
        revision,
        key: "k".to_owned(),
        value: Some((*value).to_owned()),
        version: revision - 1,
        create_revision: 2,
    });
    Told { changes: changes.collect(), ..Told::new("all".to_owned(), 1) }
}

fn seen(values: &[&str]) -> Seen {
    let last = values.last().copied().unwrap_or_default();
    Seen {
        story: story(values),
        keys: [("k".to_owned(), last.to_owned())].into(),
        followers: vec![story(values)],
        stretches: Vec::new(),
        hashes: [(1, Ok(7)), (2, Ok(7))].into(),
    }
}

fn judged(name: &str, history: &str, seen: &Seen) -> String {
    let name = format!("helios-trial-judge-{}-{name}", std::process::id());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, history).expect("there is room");
    let judgement = judge(&file, seen).expect("it is a history");
    std::fs::remove_file(file).expect("it is there");
    assert_eq!(judgement.undecided, Vec::<String>::new());
    judgement.broken.join("; ")
}

#[test]
fn what_was_promised_is_found_kept() {
    assert_eq!(judged("kept", HISTORY, &seen(&["a", "b"])), "");
}

#[test]
fn each_broken_promise_is_told() {
    let not_linearizable = HISTORY.replace("1.0s 1 ok b", "1.0s 1 ok a");
    let words = judged("stale", &not_linearizable, &seen(&["a", "b"]));
    assert!(words.contains("not linearizable") && words.contains("get k → a"), "{words}");

    let lost = judged("lost", HISTORY, &seen(&["b"]));
    assert!(lost.contains("line 2: set k=a was carried out 0 times"), "{lost}");
    let twice = judged("twice", HISTORY, &seen(&["a", "b", "b"]));
    assert!(twice.contains("line 4: set k=b") && twice.contains("2 times"), "{twice}");
    let refused = judged("refused", HISTORY, &seen(&["a", "c", "b"]));
    assert!(refused.contains("line 6: set k=c"), "{refused}");
    let swapped = judged("swapped", HISTORY, &seen(&["a", "b", "d"]));
    assert!(swapped.contains("line 8: cas k a d"), "{swapped}");

    let mut other = seen(&["a", "b"]);
    other.keys.clear();
    assert!(judged("keys", HISTORY, &other).contains("do not lead to the keys"));
    let mut other = seen(&["a", "b"]);
    other.hashes.insert(2, Ok(8));
    assert!(judged("hashes", HISTORY, &other).contains("different keys"));
    other.hashes.insert(2, Err("it is behind".to_owned()));
    assert!(judged("behind", HISTORY, &other).contains("server 2 does not have all changes"));
    let mut other = seen(&["a", "b"]);
    other.followers[0].changes.pop();
    assert!(judged("watch", HISTORY, &other).contains("it told 1 of 2 changes"));
}
