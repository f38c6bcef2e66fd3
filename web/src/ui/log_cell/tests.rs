use raft_lab::{ClientId, LogPosition, NodeId, Sequence};

use super::*;

fn entry(index: u64, words: &str, sequence: u64) -> Rc<EntryView> {
    Rc::new(EntryView {
        index: LogIndex(index),
        term: Term(2),
        words: words.to_owned(),
        client: Some(ClientId(4)),
        sequence: Some(Sequence(sequence)),
    })
}

/// A log of entries 3 to 6 after a snapshot through 2; entries 3 and 5 have the same command.
fn log() -> LogView {
    LogView {
        node: NodeId(1),
        is_on_disk: false,
        damage: None,
        snapshot: LogPosition::new(LogIndex(2), Term(1)),
        last: LogPosition::new(LogIndex(6), Term(2)),
        is_length_only: false,
        commit_index: LogIndex(4),
        last_applied: LogIndex(3),
        durable_index: LogIndex(5),
        match_index: Some(LogIndex(5)),
        next_index: Some(LogIndex(7)),
        entries: vec![
            entry(3, "x=1", 1),
            entry(4, "x=2", 2),
            entry(5, "x=1", 1),
            entry(6, "x=1", 3),
        ],
    }
}

fn label(index: u64) -> String {
    LogCellView::of(&log(), LogIndex(index)).label()
}

#[test]
fn a_cell_tells_how_far_its_entry_is() {
    assert_eq!(label(3), "x=1, term 2, command 1 of client 4, applied");
    assert_eq!(label(4), "x=2, term 2, command 2 of client 4, committed");
    assert_eq!(label(6), "x=1, term 2, command 3 of client 4, not on disk yet, not committed");
    assert_eq!(label(7), "no entry, next_index");
    assert_eq!(label(1), "in the snapshot, applied");
    assert_eq!(LogCellView::of(&log(), LogIndex(2)).words(), "snapshot");
}

#[test]
fn a_command_that_was_sent_again_says_so() {
    let repeated = LogCellView::of(&log(), LogIndex(5));
    assert!(repeated.is_repeated && repeated.label().contains("sent again"));
    assert!(!LogCellView::of(&log(), LogIndex(3)).is_repeated, "the first is no repetition");
    assert!(!LogCellView::of(&log(), LogIndex(6)).is_repeated, "another command says the same");
}

#[test]
fn a_log_on_the_disk_of_a_node_that_is_down_says_so() {
    let cell = LogCellView::of(&LogView { is_on_disk: true, ..log() }, LogIndex(4));
    assert!(cell.label().contains("on the disk of a node that is down"), "{}", cell.label());
}

#[test]
fn an_entry_of_which_only_the_place_is_known_has_no_words() {
    let log = LogView { is_length_only: true, entries: Vec::new(), ..log() };
    let cell = LogCellView::of(&log, LogIndex(6));
    assert!(cell.is_unknown && cell.entry.is_none());
    assert_eq!((cell.words(), cell.position()), ("?", None));
    assert!(cell.label().starts_with("an entry that is not known"), "{}", cell.label());
    assert!(!LogCellView::of(&log, LogIndex(7)).is_unknown, "after the end");
    assert!(!LogCellView::of(&log, LogIndex(2)).is_unknown, "in the snapshot");
}
