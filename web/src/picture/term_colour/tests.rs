use super::*;

#[test]
fn terms_take_turns_with_the_colours() {
    assert_eq!(term_class(Term(0)), "term-0");
    assert_eq!(term_class(Term(1)), "term-1");
    assert_eq!(term_class(Term(8)), "term-8");
    assert_eq!(term_class(Term(9)), "term-1");
    assert_eq!(term_class(Term(u64::MAX)), "term-7");
}

#[test]
fn neighbouring_terms_differ() {
    for term in 0..100 {
        assert_ne!(term_class(Term(term)), term_class(Term(term + 1)));
    }
}

#[test]
fn every_colour_is_defined() {
    let tokens = include_str!("../../../styles/tokens.css");
    for slot in 0..=TERM_COLOURS {
        for token in [format!("--term-{slot}:"), format!("--term-{slot}-edge:")] {
            assert!(tokens.contains(&token), "{token} is missing");
        }
    }
}
