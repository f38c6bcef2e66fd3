//! What the tests of the properties share: short names, and the assertion that a judge objects.

use raft_core::{LogIndex, LogPosition, Membership, NodeId, Term};
use raft_sim::Words;

use crate::property::Verdict;
use crate::shadows::log::PrefixHash;
use crate::shadows::quorum::NodeSet;

pub(crate) const N1: NodeId = NodeId(1);
pub(crate) const N2: NodeId = NodeId(2);
pub(crate) const N3: NodeId = NodeId(3);

pub(crate) fn prefix(term: u64, hash: u64) -> PrefixHash {
    PrefixHash { term: Term(term), hash }
}

pub(crate) fn at(index: u64, term: u64) -> LogPosition {
    LogPosition::new(LogIndex(index), Term(term))
}

pub(crate) fn voters(ids: impl IntoIterator<Item = u64>) -> Membership {
    Membership::new(ids.into_iter().map(NodeId))
}

pub(crate) fn nodes(ids: &[u64]) -> NodeSet {
    ids.iter().copied().map(NodeId).collect()
}

/// The judge found the planted contradiction, and its description has these words.
pub(crate) fn objects(verdict: Verdict, words: &[&str]) {
    let description = verdict.expect_err("a planted violation must be found");
    assert_names_things(&description);
    let description = description.to_string();
    for word in words {
        assert!(description.contains(word), "{word:?} is missing in {description:?}");
    }
}

/// The number of a node, a term, an entry or a client is a part of its own.
pub(crate) fn assert_names_things(words: &Words) {
    let plain = words.parts().iter().filter(|part| part.mention.is_none());
    for text in plain.map(|part| &part.text) {
        for noun in ["node ", "term ", "entry ", "client "] {
            let mut rests = text.split(noun).skip(1);
            let has_number = rests.any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            assert!(!has_number, "{text:?} of {words} has a number in plain words");
        }
    }
}
