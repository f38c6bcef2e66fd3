//! What each rule is for: a few inputs after which, without the rule, something goes wrong.
//!
//! Each row of the table below plays a scenario twice: with the rule switched off, and a property
//! is violated; with all rules in force, and none is. The scenarios are in the modules, the
//! harness and most of the properties are those of `tests/raft`.

#[path = "../raft/builders.rs"]
#[allow(dead_code, reason = "the harness is written for `tests/raft`")]
mod builders;
#[path = "../raft/cluster.rs"]
#[allow(dead_code, reason = "the harness is written for `tests/raft`")]
mod cluster;
#[path = "../raft/files.rs"]
mod files;
#[path = "../raft/invariants.rs"]
mod invariants;
#[path = "../raft/server.rs"]
#[allow(dead_code, reason = "the harness is written for `tests/raft`")]
mod server;

mod commits;
mod drivers;
mod elections;
mod leadership;
mod limits;
mod memberships;
mod moves;
mod reads;
mod replication;
mod snapshots;
mod stability;
mod switches;

use std::panic::{AssertUnwindSafe, catch_unwind};

use raft_core::{Bug, Bugs};

/// A test for each row: scenario, the rule that is switched off, what is then violated.
macro_rules! rows {
    ($($module:ident::$scenario:ident, $bug:ident => $violation:literal;)*) => {
        $(
            #[test]
            fn $scenario() {
                shows(Bug::$bug, $module::$scenario, $violation);
            }
        )*

        /// The switches that have a row.
        const SHOWN: &[Bug] = &[$(Bug::$bug,)*];
    };
}

rows! {
    elections::late_vote, StaleVotes => "both lead term 2";
    elections::voter_restarts, VoteForgotten => "both lead term 1";
    elections::voter_steps_down, StepDownClearsVote => "both lead term 2";
    elections::voter_asks_for_pre_votes, PreVoteClearsVote => "both lead term 1";
    elections::old_and_new_majority, ElectionByUnion => "both lead term 2";
    elections::advertised_log_is_lost, VoteRequestNotDurable => "lacks committed";
    elections::non_member_starts_an_election, NonVoterCampaigns => "both lead term 1";
    elections::vote_of_a_torn_write, RepeatedVoteSkipsLog => "lacks committed";
    elections::log_is_behind, VoteIgnoresLog => "lacks committed";
    commits::figure_8, CommitOldTerm => "by counting";
    commits::refusal_counts, HintIsMatch => "committed, but not durable";
    commits::tail_is_acknowledged, AckOwnTail => "committed, but not durable";
    commits::late_acknowledgement, MatchGoesBack => "on two disks of three and not committed";
    commits::middle_server_alone, CommitUnsorted => "committed, but not durable";
    memberships::new_half_alone, JointHalfCommit => "committed, but not durable";
    memberships::learners_alone, LearnersCount => "committed, but not durable";
    replication::acknowledged_log_is_lost, AckNotDurable => "committed, but not durable";
    replication::late_append, AppendTruncates => "committed, but was lost";
    replication::empty_heartbeat, CommitUnverified => "is committed there";
    replication::late_first_append, PrevZeroAccepted => "committed, but was lost";
    replication::probe_of_a_compacted_place, MissingTermIsZero => "left before what it promises";
    replication::late_heartbeat, CommitGoesBack => "the commit index of server 2 went back";
    snapshots::snapshot_of_an_older_term, SnapshotLowersTerm => "the term of server 2 went back";
    snapshots::late_snapshot, OldSnapshotInstalled => "the commit index of server 2 went back";
    snapshots::restart_between_the_steps, SnapshotLosesJoint => "and its log says";
    snapshots::membership_in_a_snapshot, MembershipSurvivesSnapshot => "and its log says";
    reads::no_server_confirms_it, ReadWithoutQuorum => "was committed";
    reads::new_leader_does_not_know, ReadBeforeTermCommit => "was committed";
    reads::late_answer, ReadTokenReused => "was committed";
    reads::too_few_servers_confirm_it, ReadQuorumShort => "was committed";
    reads::lease_of_who_handed_over, LeaseKeptInTransfer => "was committed";
    memberships::two_changes_from_one_membership, ChangeBeforeTermCommit => "lacks committed";
    memberships::promoted_in_ignorance, PromotedRefusesVote => "nobody leads";
    memberships::leader_is_removed, RemovedLeaderStays => "is no voter and leads";
    leadership::term_behind, PreVoteTermMismatch => "nobody leads";
    leadership::transfer, TransferNeedsPreVote => "does not take over";
    leadership::transfer_to_an_isolated_server, TransferNeverEnds => "takes no more commands";
    elections::longer_log_of_an_older_term, LogComparedByLength => "lacks committed";
    replication::window_opens_again, InFlightLeak => "does not catch up";
    replication::entries_behind_a_snapshot, ProbeNeverResumes => "does not catch up";
    replication::divergent_log, BacktrackStuck => "the network never comes to rest";
    leadership::bridge, LeaderWithoutQuorum => "nobody can commit";
    memberships::list_edited_by_hand, MembershipFromConfig => "and its log says";
    memberships::busy_leader_adds_a_voter, CatchUpByLength => "is not a voter";
    memberships::dead_learner_is_promoted, ChangeIgnoresLiveness => "takes no more commands";
    snapshots::link_is_slow, SnapshotFlood => "sent again without an answer";
    stability::only_learners_answer, CheckQuorumCountsLearners => "goes on as leader";
    stability::deaf_server_asks_for_pre_votes, PreVoteIgnoresLeader => "gets a pre-vote";
    stability::deaf_server_asks_for_votes, VoteIgnoresLeader => "deposes the leader";
    stability::refused_candidate, RefusedVoteRestartsTimer => "restarts the timer";
    stability::pre_vote_is_granted, PreVoteRestartsTimer => "restarts the timer";
    stability::learner_without_a_leader, LearnerCampaigns => "the learner enters term 2";
    limits::follower_that_is_silent, WindowIgnored => "messages are in flight";
    limits::follower_far_behind, BatchUnlimited => "entries in one message";
    limits::no_majority, UncommittedIgnored => "commands are accepted";
    limits::new_leader_without_a_majority, UncommittedForgotten => "what waits at 2";
    limits::one_command_after_the_other, UncommittedNeverFreed => "what waits at 1";
    limits::snapshot_of_a_deposed_leader, SnapshotPiecesKept => "bytes of a snapshot are kept";
    limits::many_entries, LogNeverCompacted => "the log is not compacted";
    limits::learner_misses_a_message, HeartbeatSkipsLearners => "does not catch up";
    replication::removed_and_committed, SupersededEarly => "was told that it never will be";
    commits::follower_restarts, StoredCommitBeyondLog => "CommitBeyondLog";
    leadership::disk_hangs, HungDiskLeadsOn => "the leader's disk hangs";
    snapshots::restart_with_entries_before_the_end, TrailingAppliedAgain => "skipped or repeated";
    drivers::one_report_for_three_writes, ReportsCountAlone => "three commands are on disk";
    drivers::state_machine_on_disk, AppliedAgain => "the first entry that is applied";
    drivers::snapshot_fails, SnapshotAskedOnce => "how often entry 5";
    leadership::request_is_lost, ForwardNeverGivenUp => "is never answered";
    drivers::snapshot_covers_a_proposal, SnapshotAnswersNothing => "the client of 1 hears None";
    reads::sole_voter, SoleVoterReadsHang => "the read is not answered";
    limits::large_entries, ByteLimitsIgnored => "bytes in one message";
    reads::clocks_drift, LeaseIgnoresDrift => "the lease lasts";
    elections::voter_restarts_during_a_lease, RestartForgetsLease => "server 3 gets the vote";
    leadership::own_vote_is_slow, SlowVoteGivenUp => "nobody leads";
    leadership::transfer_that_waits, TransferTakesProposals => "takes a command";
    stability::servers_start_together, TimeoutsEqual => "all timers elapse together";
    leadership::refused_command_is_repeated, ForwardNotRemembered => "it was refused";
    reads::lease_after_a_transfer, LeaseReturnsAfterTransfer => "was committed";
    commits::next_log_is_shorter, ProposalsNotSuperseded => "the client of 1 hears None";
    memberships::command_after_the_removal, RemovedLeaderSilent => "the client of 1 hears None";
    leadership::target_lacks_an_entry, TransferTooEarly => "told too early";
    leadership::target_is_removed, TransferToNonVoter => "to a server without a vote";
    memberships::removed_server_restarts, RemovalForgotten => "starts an election";
    stability::rounds_of_two_terms, AnsweredRoundKept => "does not answer at once";
}

#[test]
fn every_switch_has_one_row() {
    assert_eq!(SHOWN, Bug::ALL);
}

/// Plays the scenario with the rule switched off, which violates a property, and with all rules in
/// force, which violates none.
fn shows(bug: Bug, scenario: fn(Bugs), violation: &str) {
    let play = |bugs| {
        let played = catch_unwind(AssertUnwindSafe(|| scenario(bugs)));
        played.err().map(|panic| match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => (*panic.downcast::<&str>().expect("assertions say something")).to_owned(),
        })
    };
    assert_eq!(play(Bugs::NONE), None, "with all rules in force");
    let found = play(Bugs::NONE.with(bug)).unwrap_or_else(|| "nothing".to_owned());
    let (property, sources) = (bug.breaks(), bug.seen_in());
    assert!(
        found.contains(violation),
        "{bug} ({sources}) breaks {property}: {violation:?} was expected, and found was: {found}"
    );
}
