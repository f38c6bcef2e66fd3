//! Every checker fires: for each property, what is allowed, and contradictions planted by hand.

use raft_core::{
    ElectionReason, HardState, HeartbeatRound, Instant, LogIndex, LogPosition, Membership, NodeId,
    Term,
};
use raft_kv::{ClientId, Sequence};
use raft_sim::ReadPolicy;

use super::commit_rule::{
    CommitBelieved, CommitLearned, LeaderCommitted, commit_believed, commit_learned,
    leader_committed,
};
use super::committed_durability::{HoldersCounted, holders_counted};
use super::config_safety::{
    Appended, Committed, InForce, InSnapshot, Leads, appended, committed, in_force, in_snapshot,
    leads_still,
};
use super::durable_promises::{
    LogAcknowledged, LogAdvertised, RoundAnswered, TermSent, log_acknowledged, log_advertised,
    round_answered, term_sent,
};
use super::election_quorum::{Elected, elected};
use super::election_safety::{ElectionSafety, LeaderSeen};
use super::exactly_once::{CommandCommitted, ContentsReached, ExactlyOnce};
use super::faithful_recovery::{
    PersistentState, Restarted, StartRefused, restarted, start_refused,
};
use super::leader_append_only::{LeaderLogChanged, leader_log_changed};
use super::leader_completeness::{LeaderCompared, leader_compared};
use super::lease_safety::{TwoLeaders, two_leaders};
use super::log_matching::{EntrySeen, LogMatching};
use super::monotonic_state::{
    MatchSeen, Progress, StateSeen, TermRecovered, match_seen, state_seen, term_recovered,
};
use super::prompt_transfer::{Asked, asked};
use super::read_linearizability::{ReadLinearizability, ReadSeen};
use super::state_machine_safety::{
    EntryApplied, SnapshotRestored, StateReached, entry_applied, snapshot_restored, state_reached,
};
use super::vote_durability::{VoteDurability, VoteHeld, VoteSent, vote_held};
use crate::property::{Judgement, Verdict};
use crate::quorum::NodeSet;
use crate::shadow::Mark;

const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);
const N3: NodeId = NodeId(3);

fn mark(term: u64, hash: u64) -> Mark {
    Mark { term: Term(term), hash }
}

fn at(index: u64, term: u64) -> LogPosition {
    LogPosition::new(LogIndex(index), Term(term))
}

fn voters(ids: impl IntoIterator<Item = u64>) -> Membership {
    Membership::new(ids.into_iter().map(NodeId))
}

fn nodes(ids: &[u64]) -> NodeSet {
    ids.iter().copied().map(NodeId).collect()
}

/// It fires, and says these things.
pub(super) fn fires(verdict: Verdict, words: &[&str]) {
    let description = verdict.expect_err("a planted violation must be found");
    for word in words {
        assert!(description.contains(word), "{word:?} is missing in {description:?}");
    }
}

#[test]
fn two_leaders_in_one_term() {
    let mut checker = ElectionSafety::default();
    let mut leader = |term, node| checker.leader_seen(LeaderSeen { term: Term(term), node });
    assert_eq!(leader(1, N1), Ok(()));
    assert_eq!(leader(1, N1), Ok(()));
    assert_eq!(leader(3, N2), Ok(()));
    // However much later.
    fires(leader(1, N2), &["node 2 leads in term 1", "node 1"]);
}

#[test]
fn a_leader_that_changes_its_log() {
    let change = |kept_through, last_now| {
        let (leader, term, last_before) = (N1, Term(3), at(7, 3));
        let kept_through = LogIndex(kept_through);
        let seen = LeaderLogChanged { leader, term, last_before, kept_through, last_now };
        leader_log_changed(seen)
    };
    assert_eq!(change(7, at(9, 3)), Ok(()));
    fires(change(5, at(7, 3)), &["node 1", "term 3", "behind entry 5"]);
    fires(change(6, at(6, 2)), &["behind entry 6"]);
    fires(change(7, at(8, 2)), &["8@2 of another term"]);
}

#[test]
fn logs_that_share_a_position_and_differ() {
    let mut checker = LogMatching::default();
    let mut entry =
        |node, index, mark| checker.entry_seen(EntrySeen { node, index: LogIndex(index), mark });
    assert_eq!(entry(N1, 5, mark(2, 77)), Ok(()));
    assert_eq!(entry(N2, 5, mark(2, 77)), Ok(()));
    assert_eq!(entry(N3, 5, mark(3, 78)), Ok(()), "another term is another entry");
    fires(entry(N3, 5, mark(2, 79)), &["nodes 3 and 1", "5@2"]);
}

#[test]
fn a_leader_without_a_committed_entry() {
    let compare = |held| {
        let (leader, term, index, committed) = (N2, Term(5), LogIndex(8), mark(3, 11));
        leader_compared(LeaderCompared { leader, term, index, committed, held })
    };
    assert_eq!(compare(Some(mark(3, 11))), Ok(()));
    fires(compare(None), &["node 2", "term 5", "without entry 8@3"]);
    fires(compare(Some(mark(4, 12))), &["8@3 is committed", "8@4"]);
    fires(compare(Some(mark(3, 12))), &["another log before it"]);
}

#[test]
fn a_node_that_applies_something_else() {
    let apply = |last_applied, committed| {
        let (node, position, applied) = (N1, at(4, 2), mark(2, 9));
        let last_applied = LogIndex(last_applied);
        entry_applied(EntryApplied { node, last_applied, position, applied, committed })
    };
    assert_eq!(apply(3, Some(mark(2, 9))), Ok(()));
    fires(apply(2, Some(mark(2, 9))), &["4@2 after entry 2"]);
    fires(apply(4, Some(mark(2, 9))), &["4@2 after entry 4"]);
    fires(apply(3, Some(mark(3, 8))), &["another entry is committed there: 4@3"]);
    fires(apply(3, Some(mark(2, 8))), &["another entry"]);
    fires(apply(3, None), &["not committed"]);
}

#[test]
fn a_snapshot_of_something_else() {
    let restore = |last_applied, committed| {
        let (node, snapshot, last_applied) = (N1, at(9, 2), LogIndex(last_applied));
        snapshot_restored(SnapshotRestored { node, last_applied, snapshot, committed })
    };
    assert_eq!(restore(4, Some(mark(2, 1))), Ok(()));
    fires(restore(10, Some(mark(2, 1))), &["went back", "9@2", "entry 10"]);
    fires(restore(4, Some(mark(3, 1))), &["committed there is 9@3"]);
    fires(restore(4, None), &["not committed"]);
}

#[test]
fn a_state_that_the_committed_entries_do_not_make() {
    let reach = |store_applied, expected| {
        let (node, last_applied, store_applied) = (N3, LogIndex(6), LogIndex(store_applied));
        state_reached(StateReached { node, last_applied, store_applied, digest: 42, expected })
    };
    assert_eq!(reach(6, Some(42)), Ok(()));
    assert_eq!(reach(6, None), Ok(()), "before the ledger begins nothing is known");
    fires(reach(5, Some(42)), &["up to 6", "entry 5"]);
    fires(reach(6, Some(43)), &["node 3", "after entry 6"]);
}

#[test]
fn a_second_vote_or_one_that_is_not_on_disk() {
    let mut checker = VoteDurability::default();
    let disk = |term, voted_for| HardState { current_term: Term(term), voted_for };
    let mut vote = |term, candidate, durable| {
        checker.vote_sent(VoteSent { voter: N1, term: Term(term), candidate, durable })
    };
    assert_eq!(vote(2, N2, disk(2, Some(N2))), Ok(()));
    assert_eq!(vote(2, N2, disk(3, None)), Ok(()), "a late copy");
    assert_eq!(vote(3, N3, disk(3, Some(N3))), Ok(()));
    // Although the disk says so: the first vote was heard.
    fires(vote(2, N3, disk(2, Some(N3))), &["for node 3 in term 2", "for node 2 before"]);
    fires(vote(4, N2, disk(4, None)), &["node 1", "holds no vote in term 4"]);
    fires(vote(5, N2, disk(5, Some(N1))), &["a vote for node 1"]);
    fires(vote(6, N2, disk(5, Some(N2))), &["in term 5"]);
}

#[test]
fn promises_that_are_not_on_disk() {
    let sent = |term, durable_term| {
        term_sent(TermSent { node: N1, term: Term(term), durable_term: Term(durable_term) })
    };
    assert_eq!(sent(3, 3), Ok(()));
    assert_eq!(sent(3, 4), Ok(()));
    fires(sent(4, 3), &["message of term 4", "disk is 3"]);

    let advertised =
        |best_durable| log_advertised(LogAdvertised { node: N1, last_log: at(5, 2), best_durable });
    assert_eq!(advertised(at(5, 2)), Ok(()));
    assert_eq!(advertised(at(2, 3)), Ok(()));
    fires(advertised(at(4, 2)), &["ends with 5@2", "more than 4@2"]);

    let acknowledged = |durable, leaders| {
        log_acknowledged(LogAcknowledged {
            node: N2,
            leader: N1,
            match_index: LogIndex(5),
            durable,
            durable_last: at(4, 2),
            leaders,
        })
    };
    assert_eq!(acknowledged(Some(mark(2, 1)), Some(mark(2, 1))), Ok(()));
    assert_eq!(acknowledged(Some(mark(2, 1)), None), Ok(()));
    fires(acknowledged(None, Some(mark(2, 1))), &["up to 5", "ends with 4@2"]);
    fires(acknowledged(Some(mark(2, 2)), Some(mark(2, 1))), &["log of node 1", "5@2"]);

    let answered = |round| {
        let (round, begun) = (HeartbeatRound(round), HeartbeatRound(4));
        round_answered(RoundAnswered { node: N2, leader: N1, term: Term(3), round, begun })
    };
    assert_eq!(answered(4), Ok(()));
    fires(answered(5), &["node 2 answered round 5 of node 1 in term 3", "round 4"]);
}

#[test]
fn a_node_that_starts_with_something_else() {
    let state = |term, voted_for, last_log| {
        let hard_state = HardState { current_term: Term(term), voted_for };
        PersistentState { hard_state, base: at(0, 0), last_log }
    };
    let disk = state(3, Some(N2), at(5, 3));
    let start = |started_with| restarted(Restarted { node: N1, disk, started_with });
    assert_eq!(start(disk), Ok(()));
    fires(start(state(3, None, at(5, 3))), &["node 1", "no vote", "a vote for node 2"]);
    fires(start(state(2, Some(N2), at(5, 3))), &["started with term 2"]);
    fires(start(state(3, Some(N2), at(4, 3))), &["ends with 4@3", "ends with 5@3"]);

    let refuse = |is_intact| {
        start_refused(StartRefused { node: N1, reason: "entry 7 is missing", is_intact })
    };
    assert_eq!(refuse(false), Ok(()));
    fires(refuse(true), &["node 1", "entry 7 is missing"]);
}

#[test]
fn a_vote_that_is_taken_back() {
    let state = |term, voted_for| HardState { current_term: Term(term), voted_for };
    let seen = |before, now| vote_held(VoteHeld { node: N1, before, now });
    assert_eq!(seen(state(3, None), state(3, Some(N2))), Ok(()));
    assert_eq!(seen(state(3, Some(N2)), state(3, Some(N2))), Ok(()));
    assert_eq!(seen(state(3, Some(N2)), state(4, None)), Ok(()), "a new term, a new vote");
    fires(seen(state(3, Some(N2)), state(3, None)), &["for node 2 in term 3", "takes that back"]);
    fires(seen(state(3, Some(N2)), state(3, Some(N3))), &["for node 2 in term 3"]);
}

#[test]
fn a_state_that_goes_back() {
    let progress = |term, commit, applied| Progress {
        hard_state: HardState { current_term: Term(term), voted_for: None },
        commit_index: LogIndex(commit),
        last_applied: LogIndex(applied),
    };
    let seen = |now| state_seen(StateSeen { node: N1, before: progress(3, 7, 6), now });
    assert_eq!(seen(progress(3, 7, 7)), Ok(()));
    fires(seen(progress(2, 7, 6)), &["term of node 1", "from 3 to 2"]);
    fires(seen(progress(3, 6, 6)), &["commit index", "from 7 to 6"]);
    fires(seen(progress(4, 8, 5)), &["last applied entry", "from 6 to 5"]);

    let recovered =
        |term| term_recovered(TermRecovered { node: N1, term: Term(term), sent: Term(3) });
    assert_eq!(recovered(3), Ok(()));
    fires(recovered(2), &["in term 2", "of term 3"]);
}

#[test]
fn a_commit_against_the_rule() {
    let commit = |held, holders: &[u64]| {
        let (leader, term, index) = (N1, Term(4), LogIndex(6));
        let membership = &voters(1..=5);
        let holders = nodes(holders);
        leader_committed(LeaderCommitted { leader, term, index, held, holders, membership })
    };
    assert_eq!(commit(Some(mark(4, 1)), &[1, 4, 5]), Ok(()));
    fires(commit(Some(mark(4, 1)), &[1, 2, 6, 7]), &["6@4", "nodes 1, 2, 6 and 7", "1 2 3 4 5"]);
    // Figure 8: all five disks hold it, and yet.
    fires(
        commit(Some(mark(2, 1)), &[1, 2, 3, 4, 5]),
        &["leader of term 4", "6@2 of an older term"],
    );
    fires(commit(None, &[]), &["does not hold"]);

    let believe = |held, committed| {
        commit_believed(CommitBelieved { node: N2, index: LogIndex(6), held, committed })
    };
    assert_eq!(believe(Some(mark(4, 1)), Some(mark(4, 1))), Ok(()));
    fires(believe(Some(mark(4, 1)), None), &["no leader has committed it"]);
    fires(believe(Some(mark(3, 2)), Some(mark(4, 1))), &["6@3", "6@4"]);
    fires(believe(None, Some(mark(4, 1))), &["without holding it"]);
}

#[test]
fn a_committed_entry_that_leaves_the_majority() {
    // In the joint step, and with a learner.
    let membership = voters([1, 4, 5]).with_outgoing([N1, N2, N3]).with_learners([NodeId(6)]);
    let count = |holders: &[u64], damaged: &[u64]| {
        let (committed, membership) = (at(6, 4), &membership);
        let (holders, damaged) = (nodes(holders), nodes(damaged));
        holders_counted(HoldersCounted { committed, holders, damaged, membership })
    };
    let broken = |judgement| match judgement {
        Judgement::Broken(words) => Err(words),
        other => panic!("{other:?}"),
    };
    assert_eq!(count(&[1, 2, 4], &[3]), Judgement::Holds);
    let words = ["6@4", "only the disks of nodes 1, 4, 5 and 6", "1 2 3 → 1 4 5"];
    fires(broken(count(&[1, 4, 5, 6], &[])), &words);
    fires(broken(count(&[1, 2, 3, 6], &[])), &["no quorum"]);
    // Damage excuses what it caused, and no more.
    fires(broken(count(&[1, 4], &[5])), &["only the disks of nodes 1 and 4"]);
    let Judgement::Excused(words) = count(&[1, 4], &[2]) else { panic!("it is the damage") };
    fires(Err(words), &["damage on the disks of node 2", "6@4", "nodes 1 and 4"]);
}

#[test]
fn a_leader_without_the_votes_of_a_quorum() {
    let elect = |voted: &[u64], membership: &Membership| {
        elected(Elected { leader: N1, term: Term(4), voters: nodes(voted), membership })
    };
    let learning = voters(1..=3).with_learners([NodeId(4)]);
    assert_eq!(elect(&[1, 3], &learning), Ok(()));
    fires(elect(&[1, 4], &learning), &["node 1", "term 4", "nodes 1 and 4", "1 2 3 + learner 4"]);
    let joint = voters([1, 4, 5]).with_outgoing([N1, N2, N3]);
    assert_eq!(elect(&[1, 2, 4], &joint), Ok(()));
    // A majority of the union, and of one half.
    fires(elect(&[1, 2, 3], &joint), &["1 2 3 → 1 4 5"]);
    fires(elect(&[], &Membership::empty()), &["no node"]);
}

#[test]
fn memberships_whose_quorums_do_not_meet() {
    let add = |is_from_committed, from: &Membership, to: &Membership| {
        let (leader, index, before) = (N1, LogIndex(7), LogIndex(3));
        appended(Appended {
            is_term_committed: true,
            leader,
            index,
            before,
            from,
            is_from_committed,
            to,
        })
    };
    let three = voters(1..=3);
    assert_eq!(add(true, &three, &voters(1..=4)), Ok(()));
    fires(add(false, &three, &voters(1..=4)), &["node 1", "entry 7", "entry 3", "not committed"]);
    fires(add(true, &three, &voters(1..=5)), &["1 2 3 4 5 after 1 2 3", "need not meet"]);
    let joint = voters(1..=5).with_outgoing([N1, N2, N3]);
    assert_eq!(add(true, &three, &joint), Ok(()));
    assert_eq!(add(true, &joint, &voters(1..=5)), Ok(()));

    let commit = |to| committed(Committed { index: LogIndex(7), from: &three, to });
    assert_eq!(commit(&joint), Ok(()));
    fires(commit(&voters([1, 2, 4])), &["entry 7 commits", "1 2 4 after 1 2 3"]);
}

#[test]
fn a_membership_before_an_entry_of_the_leaders_term_is_committed() {
    let (three, four) = (voters(1..=3), voters(1..=4));
    let add = |is_term_committed| {
        appended(Appended {
            leader: N1,
            index: LogIndex(7),
            before: LogIndex(3),
            from: &three,
            is_from_committed: true,
            is_term_committed,
            to: &four,
        })
    };
    assert_eq!(add(true), Ok(()));
    fires(add(false), &["node 1", "1 2 3 4 as entry 7", "before it had committed an entry"]);
}

#[test]
fn a_leader_whose_removal_is_committed() {
    let (all, without) = (voters(1..=3), voters(2..=3));
    let joint = without.with_outgoing([N1, N2, N3]);
    let lead = |membership, commit| {
        leads_still(Leads {
            node: N1,
            index: LogIndex(7),
            membership,
            commit_index: LogIndex(commit),
        })
    };
    assert_eq!(lead(&without, 6), Ok(()), "it manages the cluster until then");
    assert_eq!(lead(&joint, 7), Ok(()));
    assert_eq!(lead(&all, 7), Ok(()));
    fires(lead(&without, 7), &["node 1 leads", "2 3, committed as entry 7"]);
}

#[test]
fn a_follower_that_commits_what_was_not_compared() {
    let learn = |index| {
        commit_learned(CommitLearned { node: N2, index: LogIndex(index), compared: LogIndex(5) })
    };
    assert_eq!(learn(5), Ok(()));
    fires(learn(6), &["node 2", "entry 6", "up to entry 5 only"]);
}

#[test]
fn a_match_index_that_goes_back() {
    let see = |known| {
        match_seen(MatchSeen { leader: N1, peer: N2, most: LogIndex(5), known: LogIndex(known) })
    };
    assert_eq!(see(5), Ok(()));
    assert_eq!(see(6), Ok(()), "a snapshot was installed as well");
    fires(see(4), &["node 1", "node 2", "up to entry 4", "up to entry 5"]);
}

#[test]
fn a_node_that_goes_by_another_membership_than_its_log_says() {
    let (three, four) = (voters(1..=3), voters(1..=4));
    let follow = |believed| in_force(InForce { node: N2, believed, in_log: &four });
    assert_eq!(follow(&four), Ok(()));
    fires(follow(&three), &["node 2", "goes by the membership 1 2 3", "says 1 2 3 4"]);

    let joint = four.with_outgoing([N1, N2, N3]);
    let carry = |membership| {
        in_snapshot(InSnapshot { node: N2, snapshot: at(9, 2), membership, committed: &joint })
    };
    assert_eq!(carry(&joint), Ok(()));
    fires(carry(&four), &["node 2", "through 9@2", "is 1 2 3 4", "1 2 3 → 1 2 3 4"]);
}

#[test]
fn a_read_that_does_not_see_what_was_committed() {
    let mut checker = ReadLinearizability::default();
    checker.asked(ClientId(1), Sequence(3), LogIndex(8));
    let read = |checker: &ReadLinearizability, sequence, index, read| {
        let (sequence, index) = (Sequence(sequence), LogIndex(index));
        checker.read_seen(ReadSeen { node: N2, client: ClientId(1), sequence, read, index })
    };
    assert_eq!(read(&checker, 3, 8, ReadPolicy::Lease), Ok(()));
    fires(
        read(&checker, 3, 7, ReadPolicy::Quorum),
        &["node 2", "quorum read", "entry 7", "entry 8"],
    );
    fires(read(&checker, 3, 7, ReadPolicy::Lease), &["lease read of client 1"]);
    assert_eq!(read(&checker, 3, 7, ReadPolicy::Local), Ok(()), "it says that it may be stale");
    assert_eq!(read(&checker, 2, 7, ReadPolicy::Quorum), Ok(()), "nobody waits for this one");
    checker.asked(ClientId(1), Sequence(4), LogIndex(9));
    fires(read(&checker, 4, 8, ReadPolicy::Quorum), &["entry 9 was committed before"]);
}

#[test]
fn a_successor_that_asks_first() {
    let ask = |reason| asked(Asked { node: N2, term: Term(4), reason });
    assert_eq!(ask(ElectionReason::LeaderSilent), Ok(()));
    fires(ask(ElectionReason::Transfer), &["node 2", "told by its leader", "term 4"]);
}

#[test]
fn a_leader_beside_one_that_holds_a_lease() {
    let lead = |now, lease_until: Option<u64>| {
        two_leaders(TwoLeaders {
            now: Instant(now),
            earlier: N1,
            earlier_term: Term(2),
            lease_until: lease_until.map(Instant),
            later: N3,
            later_term: Term(4),
        })
    };
    assert_eq!(lead(5_000, None), Ok(()));
    assert_eq!(lead(5_000, Some(5_000)), Ok(()));
    fires(lead(5_000, Some(5_001)), &["node 3 leads in term 4", "node 1", "lease until 5.001ms"]);
}

#[test]
fn a_command_that_takes_effect_again() {
    let mut checker = ExactlyOnce::default();
    let mut commit = |sequence, index, after| {
        let (client, sequence, index) = (ClientId(1), Sequence(sequence), LogIndex(index));
        let verdict = checker.command_committed(CommandCommitted {
            client,
            sequence,
            index,
            before: 7,
            after,
        });
        (verdict, checker.first_entry(client, sequence).map(|first| first.0))
    };
    assert_eq!(commit(1, 4, 8), (Ok(()), Some(4)));
    assert_eq!(commit(1, 5, 7), (Ok(()), Some(4)), "again, and it changes nothing");
    fires(commit(1, 6, 8).0, &["entry 6", "command 1 of client 1", "again after entry 4"]);
    assert_eq!(commit(3, 7, 8), (Ok(()), Some(7)), "a new one");
    assert_eq!(commit(2, 8, 7), (Ok(()), None), "one that the client has given up");
    fires(commit(2, 9, 8).0, &["entry 9", "command 2", "although entry 7 holds its command 3"]);
    assert_eq!(commit(3, 10, 7), (Ok(()), Some(7)));

    let reach = |from, to, expected| {
        let (from, to) = (LogIndex(from), LogIndex(to));
        checker.contents_reached(ContentsReached { node: N2, from, to, digest: 8, expected })
    };
    assert_eq!(reach(3, 10, 8), Ok(()), "what the committed entries make");
    fires(
        reach(4, 5, 7),
        &["entry 5", "of client 1 again after entry 4", "on node 2", "entry 5 are"],
    );
    fires(reach(9, 12, 7), &["entry 10", "again after entry 7", "after entry 12"]);
    assert_eq!(reach(6, 7, 7), Ok(()), "no command is repeated there, so it is something else");
    assert_eq!(reach(10, 12, 7), Ok(()));
}

/// Each client counts by itself.
#[test]
fn commands_of_different_clients_are_different_commands() {
    let mut checker = ExactlyOnce::default();
    for client in [1, 2] {
        let (client, sequence, index) = (ClientId(client), Sequence(1), LogIndex(client));
        let seen = CommandCommitted { client, sequence, index, before: 7, after: 8 };
        assert_eq!(checker.command_committed(seen), Ok(()));
    }
}
