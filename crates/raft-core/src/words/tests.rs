use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::{Bare, Range, Say, Section, Speaker, Thing};
use crate::{ElectionTrace, LogIndex, LogPosition, NodeId, Term, Trace, VoteRefusal};

/// Keeps what is said.
#[derive(Default)]
struct Kept {
    parts: Vec<(Option<Thing>, String)>,
}

impl Speaker<Thing> for Kept {
    fn plain(&mut self, words: fmt::Arguments<'_>) -> fmt::Result {
        self.parts.push((None, words.to_string()));
        Ok(())
    }

    fn name(&mut self, thing: Thing, words: fmt::Arguments<'_>) -> fmt::Result {
        self.parts.push((Some(thing), words.to_string()));
        Ok(())
    }
}

fn parts(of: &dyn Say<Thing>) -> Vec<(Option<Thing>, String)> {
    let mut kept = Kept::default();
    of.say(&mut kept).expect("it keeps everything");
    kept.parts
}

#[test]
fn a_decision_names_its_things() {
    let candidate = NodeId(1);
    let reason = VoteRefusal::LogBehind {
        candidate: LogPosition::new(LogIndex(3), Term(2)),
        own: LogPosition::new(LogIndex(4), Term(2)),
    };
    let trace = Trace::from(ElectionTrace::VoteRefused { candidate, term: Term(3), reason });
    let parts = parts(&trace);
    let named: Vec<_> = parts.iter().filter_map(|(thing, _)| *thing).collect();
    assert_eq!(
        named,
        vec![
            Thing::Node(candidate),
            Thing::Term(Term(3)),
            Thing::Entry(LogPosition::new(LogIndex(4), Term(2))),
            Thing::Entry(LogPosition::new(LogIndex(3), Term(2))),
            Thing::Section("§5.4.1"),
        ]
    );
    let words: String = parts.into_iter().map(|(_, words)| words).collect();
    assert_eq!(words, trace.to_string());
    assert_eq!(
        words,
        "refuses its vote to node 1 in term 3: its log is longer (own end 4@2, the candidate's \
         3@2) (§5.4.1)"
    );
}

#[test]
fn a_name_has_its_noun_unless_it_is_bare() {
    let words = |of: &dyn Say<Thing>| parts(of).into_iter().map(|(_, words)| words).collect();
    let cases: [(&dyn Say<Thing>, &str); 6] = [
        (&NodeId(1), "node 1"),
        (&Bare(NodeId(1)), "1"),
        (&LogPosition::new(LogIndex(4), Term(2)), "entry 4@2"),
        (&Range(LogIndex(4), LogIndex(4)), "entry 4"),
        (&Range(LogIndex(4), LogIndex(7)), "entries 4 to 7"),
        (&Section("§7"), " (§7)"),
    ];
    for (said, expected) in cases {
        let words: String = words(said);
        assert_eq!(words, expected);
    }
}
