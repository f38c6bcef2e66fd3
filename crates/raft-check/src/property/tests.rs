use super::*;

static A: Property = Property { name: "A", section: "§1", meaning: "a" };
static B: Property = Property { name: "B", section: "§2", meaning: "b" };

fn standing(board: &Board, property: &Property) -> String {
    let result = board.results().find(|result| result.property.name == property.name).unwrap();
    match result.standing() {
        Standing::Holds => "holds".to_owned(),
        Standing::Suspended(suspension) => suspension.to_string(),
        Standing::Broken(violation) => violation.to_string(),
    }
}

fn excused(words: &str) -> Judgement {
    Judgement::Excused(words.to_owned())
}

#[test]
fn what_is_suspended_is_said_to_be_and_cannot_be_broken_meanwhile() {
    let mut board = Board::new(&[&A, &B]);
    board.now(Instant(1_000), 7);
    board.judge(&A, excused("a disk is gone"));
    board.now(Instant(2_000), 8);
    board.judge(&A, excused("another one is, too"));
    board.note(&A, Err("a contradiction".to_owned()));
    assert_eq!(standing(&board, &A), "suspended since 1.000ms, because a disk is gone");
    assert_eq!(standing(&board, &B), "holds");
    assert_eq!(board.first(), None);

    board.judge(&A, Judgement::Holds);
    assert_eq!(standing(&board, &A), "holds");
    let words = board.results().next().unwrap().suspension.as_ref().unwrap().to_string();
    assert_eq!(words, "was suspended from 1.000ms to 2.000ms, because a disk is gone");

    board.note(&A, Err("a contradiction".to_owned()));
    assert_eq!(standing(&board, &A), "A (§1) is broken at 2.000ms: a contradiction");
}

#[test]
fn what_no_fault_excuses_is_broken_even_while_suspended() {
    let mut board = Board::new(&[&A, &B]);
    board.judge(&A, excused("a disk is gone"));
    board.judge(&A, Judgement::Broken("too little is left".to_owned()));
    assert_eq!(board.first().map(|first| first.property), Some(&A));
    // What is broken stays broken.
    board.judge(&A, excused("a disk is gone"));
    assert_eq!(standing(&board, &A), "A (§1) is broken at 0.000ms: too little is left");
}
