use raft_sim::Setup;

use super::*;
use crate::{Session, parse_line};

fn texts(text: &str, session: Option<&Session>) -> Vec<String> {
    complete(text, text.len(), session).into_iter().map(|completion| completion.text).collect()
}

#[test]
fn the_first_word_is_a_statement() {
    assert_eq!(texts("cr", None), ["crash"]);
    assert_eq!(
        texts("re", None),
        [
            "recover", "release", "remove", "replace", "replay", "reseed", "restart", "restore",
            "resume"
        ]
    );
    assert!(texts("", None).contains(&"cluster".to_owned()));
    assert_eq!(texts("at 5s cr", None), ["crash"]);
}

#[test]
fn nodes_are_those_for_which_the_statement_makes_sense() {
    let mut session = Session::new(Setup { nodes: 3, ..Setup::default() }).unwrap();
    session.start(&parse_line("crash 2").unwrap().unwrap()).unwrap();
    assert_eq!(texts("restart ", Some(&session)), ["2", "all", "others"]);
    assert_eq!(texts("pause any ", Some(&session)), ["follower"]);
    assert_eq!(texts("crash ", Some(&session)), ["1", "3", "leader", "any", "all", "others"]);
    assert!(!texts("", Some(&session)).contains(&"cluster".to_owned()), "the world exists");
}

#[test]
fn settings_of_one_node_are_completed() {
    assert_eq!(texts("nod", None), ["node"]);
    let session = Session::new(Setup { nodes: 3, ..Setup::default() }).unwrap();
    assert_eq!(texts("nod", Some(&session)), [""; 0], "the world exists");
    for begin in ["node 3 ", "restart 3 "] {
        let found = texts(begin, None);
        for text in ["pre-vote=on", "pre-vote=off", "batch=", "election=", "snapshot-bytes="] {
            assert!(found.contains(&text.to_owned()), "{begin}: {text} in {found:?}");
        }
        assert!(!found.iter().any(|text| text.starts_with("nodes=")), "{found:?}");
    }
    assert!(texts("restart 3 ", None).contains(&"alone".to_owned()));
    assert!(!texts("node 3 batch=1 ", None).contains(&"batch=".to_owned()));
    assert_eq!(texts("node 3 lease=o", None), ["lease=on", "lease=off"]);
}

#[test]
fn loads_marks_and_copies_of_disks_are_completed() {
    assert_eq!(texts("lo", None), ["load"]);
    assert_eq!(texts("load 500/s ", None), ["for=", "clients=", "size="]);
    assert_eq!(texts("load 500/s for=5s ", None), ["clients=", "size="]);
    assert_eq!(texts("load 500/s for=5s size=1KiB ", None), ["clients="]);
    assert_eq!(texts("mar", None), ["mark"]);
    assert_eq!(texts("disk 3 b", None), ["backup"]);
    assert_eq!(texts("disk 3 re", None), ["restore"]);
}

/// What a new server would be called, who can be promoted, and the words in between.
#[test]
fn changes_of_the_membership_are_completed() {
    let session = Session::new(Setup { nodes: 3, ..Setup::default() }).unwrap();
    assert_eq!(texts("add ", Some(&session)), ["4"]);
    assert_eq!(texts("add 4 ", Some(&session)), ["as", "force", "via="]);
    assert_eq!(texts("replace 2 ", Some(&session)), ["with"]);
    assert_eq!(texts("replace 2 with ", Some(&session)), ["4"]);
    assert_eq!(texts("promote ", Some(&session)), ["1", "2", "3"]);
    assert_eq!(texts("transfer ", Some(&session)), ["1", "2", "3", "leader", "any"]);
    assert_eq!(texts("get x read=l", Some(&session)), ["read=log", "read=lease", "read=local"]);
}

#[test]
fn the_cursor_may_stand_anywhere() {
    let text = "expect ro 3 über";
    for cursor in 0..=text.len() + 2 {
        complete(text, cursor, None);
    }
    let found = complete(text, 9, None);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text, "role");
}

/// What is offered as the next word is accepted as the next word: the parser stops later, or asks
/// for more.
#[test]
fn every_statement_offered_is_a_statement() {
    for statement in texts("", None) {
        let Err(error) = parse_line(&statement) else { continue };
        assert_eq!(error.column, statement.len() + 1, "{statement}: {error}");
    }
}

#[test]
fn every_condition_offered_is_a_condition() {
    for condition in texts("expect ", None) {
        let line = format!("expect {condition}");
        if let Err(error) = parse_line(&line) {
            assert_eq!(error.column, line.len() + 1, "{error}");
        }
    }
}

#[test]
fn conditions_on_peers_and_opposites_are_completed() {
    let session = Session::new(Setup { nodes: 3, ..Setup::default() }).unwrap();
    let texts = |text| texts(text, Some(&session));
    assert!(!texts("expect not ").contains(&"not".to_owned()), "only one");
    assert_eq!(texts("expect not no v"), ["value"]);
    assert_eq!(texts("expect vote 3 = n"), ["none"]);
    assert_eq!(texts("expect peer 3 o"), ["of"]);
    assert_eq!(texts("expect peer 3 state=r"), ["state=replicate"]);
    assert_eq!(
        texts("expect peer 3 match=1 "),
        [
            "state=probe",
            "state=replicate",
            "state=snapshot",
            "next=",
            "match=",
            "in-flight=",
            "and",
            "within"
        ]
    );
}

#[test]
fn kinds_of_messages_and_of_events_are_completed() {
    assert_eq!(texts("link 1 -> 3 h", None), ["hold"]);
    assert_eq!(texts("link 1 -> 3 hold Pre", None), ["PreVote", "PreVoteReply"]);
    assert_eq!(texts("link 1 -> 3 release Time", None), ["TimeoutNow"]);
    assert_eq!(texts("drop next Tim", None), ["TimeoutNow"]);
    assert_eq!(texts("deliver ", None), ["next", "message"]);
    assert_eq!(texts("expect traced became", None), ["became_leader"]);
    assert_eq!(texts("expect traced crashed s", None), ["since"]);
}

#[test]
fn rare_events_properties_and_further_conditions_are_completed() {
    assert_eq!(texts("expect hap", None), ["happened"]);
    assert_eq!(texts("expect happened two", None), ["two-leaders"]);
    assert_eq!(texts("expect happened two-leaders s", None), ["since"]);
    assert_eq!(texts("run until broken lease", None), ["lease-safety"]);
    assert_eq!(texts("run until broken lease-safety ", None), ["and", "within"]);
    for condition in ["broken", "leader", "term 2", "answer client 1 = done", "not joint"] {
        assert_eq!(texts(&format!("expect {condition} a"), None).last().unwrap(), "and");
        let further = texts(&format!("expect {condition} and not lead"), None);
        assert_eq!(further, ["leader"], "{condition}");
    }
}
