//! Every run of the specification within small bounds keeps what Raft promises, and a rule that is
//! left out does not.

mod common;

use std::fs;

use common::{families, folder, look_at_all};
use raft_spec::SPECIFICATION;

#[test]
fn all_runs_of_all_families_keep_the_promises() {
    let names = families();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        let stats = look_at_all(&folder(), &name).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        println!("{name}: {} states, {:.1} s", stats.states_explored, stats.elapsed_secs);
        assert!(stats.states_explored > 500, "{name} has {} states", stats.states_explored);
    }
}

/// A rule that is left out of the specification, the family that shows it, and what is broken.
struct Mistake {
    rule: &'static str,
    instead: &'static str,
    family: &'static str,
    broken: &'static str,
}

const MISTAKES: [Mistake; 9] = [
    // The vote ignores the log.
    Mistake {
        rule: "  /\\ UpToDate(m.lastLogTerm, m.lastLogIndex, log[i])\n  /\\ votedFor'",
        instead: "  /\\ votedFor'",
        family: "replication",
        broken: "LeaderCompleteness is broken",
    },
    // Two votes in a term.
    Mistake {
        rule: "  /\\ votedFor[i] \\in {Nobody, m.from}\n",
        instead: "",
        family: "elections",
        broken: "ElectionSafety is broken",
    },
    // A vote is forgotten when a server starts again.
    Mistake {
        rule: "![i] = d.votedFor]",
        instead: "![i] = Nobody]",
        family: "crashes",
        broken: "ElectionSafety is broken",
    },
    // A vote leaves before it is on the disk.
    Mistake {
        rule: "  /\\ disk[i].term = m.term\n  /\\ m.voteGranted => disk[i].votedFor = m.to\n",
        instead: "  /\\ m.voteGranted => votedFor[i] = m.to\n",
        family: "crashes",
        broken: "ElectionSafety is broken",
    },
    // An entry is acknowledged before it is on the disk.
    Mistake {
        rule: "         /\\ Agree(disk[i].log, s.log, m.matchIndex)\n",
        instead: "",
        family: "recovery",
        broken: "CommittedIsDurable is broken",
    },
    // Entries of an older term are committed by counting (Figure 8).
    Mistake {
        rule: "  /\\ log[i][n].term = currentTerm[i]\n",
        instead: "",
        family: "old-entries",
        broken: "LeaderCompleteness is broken",
    },
    // The entry before the new ones is not compared.
    Mistake {
        rule: "  /\\ TermAt(log[i], m.prevLogIndex) = m.prevLogTerm\n",
        instead: "",
        family: "old-entries",
        broken: "LogMatching is broken",
    },
    // A joint membership decides with one half.
    Mistake {
        rule: "  /\\ m.outgoing = {} \\/ IsMajority(m.outgoing, servers)\n",
        instead: "",
        family: "memberships",
        broken: "LeaderCompleteness is broken",
    },
    // Majorities before and after a change have no server in common.
    Mistake {
        rule: "v.outgoing = {} /\\ Overlap(c, v)",
        instead: "v.outgoing = {}",
        family: "changes",
        broken: "LeaderCompleteness is broken",
    },
];

#[test]
fn a_rule_that_is_left_out_is_missed() {
    for (number, mistake) in MISTAKES.iter().enumerate() {
        let Mistake { rule, instead, family, broken } = mistake;
        assert_eq!(SPECIFICATION.matches(rule).count(), 1, "the specification has {rule:?} once");
        let process = std::process::id();
        let place = std::env::temp_dir().join(format!("helios-spec-{process}-{number}"));
        fs::create_dir_all(&place).expect("a folder can be made");
        fs::write(place.join("Raft.tla"), SPECIFICATION.replace(rule, instead)).expect("writable");
        fs::copy(folder().join("Model.tla"), place.join("Model.tla")).expect("writable");
        let found = look_at_all(&place, family);
        fs::remove_dir_all(&place).expect("it was made");
        assert_eq!(found.map(|stats| stats.states_explored), Err((*broken).to_owned()), "{rule}");
    }
}
