//! Membership change (§6, dissertation chapter 4).

use std::time::Duration;

use raft_core::{
    AppendEntries, Body, ChangeError, ElectionTrace, Entry, HeartbeatRound, Input, Instant,
    LogIndex, Membership, MembershipChange, MembershipTrace, NodeId, Outcome, Payload,
    PreVoteTrace, ProgressKind, Recovered, Refusal, RequestId, RoleKind, Snapshot, StepDownReason,
    Term, TermTrace, Trace,
};

use crate::builders::*;
use crate::cluster::{Cluster, Envelope};
use crate::server::Server;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

fn add(node: u64) -> MembershipChange {
    MembershipChange::AddVoter(NodeId(node))
}

fn remove(node: u64) -> MembershipChange {
    MembershipChange::Remove(NodeId(node))
}

fn replace(old: u64, new: u64) -> MembershipChange {
    MembershipChange::Replace { old: NodeId(old), new: NodeId(new) }
}

fn voters(ids: impl IntoIterator<Item = u64>) -> Membership {
    Membership::new(ids.into_iter().map(NodeId))
}

fn joint(old: impl IntoIterator<Item = u64>, new: impl IntoIterator<Item = u64>) -> Membership {
    voters(new).with_outgoing(old.into_iter().map(NodeId))
}

/// A cluster whose server 1 leads, and after it `non_members` that know of no cluster.
fn led(size: u64, non_members: u64) -> Cluster {
    let mut cluster = Cluster::joining(size, non_members, |_| {});
    cluster.elect(1);
    cluster
}

fn is_committed(cluster: &Cluster, id: u64, request: u64) -> bool {
    matches!(cluster.outcome(id, request), Some(Outcome::Committed(_)))
}

/// The memberships that a server had, in order.
fn adopted(cluster: &Cluster, id: u64) -> Vec<Membership> {
    let membership = |trace: &Trace| {
        let Trace::Membership(MembershipTrace::Adopted { membership, .. }) = trace else {
            return None;
        };
        Some(membership.clone())
    };
    cluster.server(id).traces.iter().filter_map(membership).collect()
}

fn membership_entry(index: u64, term: u64, membership: Membership) -> Entry {
    let payload = Payload::Membership(membership);
    Entry { index: LogIndex(index), term: Term(term), payload }
}

/// `AppendEntries` with these entries behind `prev`.
fn append_these(prev: Place, entries: Vec<Entry>, leader_commit: u64) -> Body {
    Body::AppendEntries(AppendEntries {
        prev_log_index: LogIndex(prev.0),
        prev_log_term: Term(prev.1),
        entries: entries.into(),
        leader_commit: LogIndex(leader_commit),
        round: HeartbeatRound(0),
    })
}

fn refused(refusal: Refusal) -> Option<Outcome> {
    Some(Outcome::Refused(refusal))
}

#[test]
fn a_server_is_added() {
    let mut cluster = led(3, 1);
    cluster.propose(1, "x");
    let request = cluster.change(1, add(4));
    cluster.live(SECOND);
    assert!(is_committed(&cluster, 1, request));
    let steps = [membership(3).with_learners([NodeId(4)]), membership(4)];
    assert_eq!(adopted(&cluster, 1), steps, "a learner first (dissertation §4.2.1)");
    assert_eq!(*cluster.node(4).membership(), membership(4));
    cluster.assert_converged();
}

#[test]
fn a_server_is_removed_in_one_step() {
    let mut cluster = led(3, 0);
    let request = cluster.change(1, remove(3));
    cluster.settle();
    assert!(is_committed(&cluster, 1, request));
    assert_eq!(adopted(&cluster, 1), [membership(2)]);
    assert_eq!(cluster.node(1).status().peers.len(), 1, "nothing more is sent to it");
}

/// The target of a transfer must hold the whole log (dissertation §3.10), so nothing is added to it
/// meanwhile; and a transfer that comes to nothing does not stop the change.
#[test]
fn the_next_step_waits_for_a_transfer_of_leadership() {
    let mut cluster = led(3, 1);
    cluster.isolate(2);
    let request = cluster.change(1, add(4));
    cluster.transfer(1, 2);
    cluster.settle();
    cluster.heartbeats(1, 2);
    let learning = membership(3).with_learners([NodeId(4)]);
    assert_eq!(adopted(&cluster, 1), std::slice::from_ref(&learning), "server 4 has caught up");
    cluster.live(SECOND);
    assert!(is_committed(&cluster, 1, request));
    assert_eq!(adopted(&cluster, 1), [learning, membership(4)]);
}

/// Two votes move at once, so the majorities of before and after need not meet: §6's joint
/// consensus.
#[test]
fn a_server_takes_the_place_of_another_through_a_joint_membership() {
    let mut cluster = led(3, 1);
    let request = cluster.change(1, replace(3, 4));
    cluster.live(SECOND);
    assert!(is_committed(&cluster, 1, request));
    let steps =
        [membership(3).with_learners([NodeId(4)]), joint(1..=3, [1, 2, 4]), voters([1, 2, 4])];
    assert_eq!(adopted(&cluster, 1), steps);
    assert_eq!(adopted(&cluster, 2), steps);
}

#[test]
fn the_whole_cluster_can_be_exchanged() {
    let mut cluster = led(3, 3);
    cluster.propose(1, "x");
    let nodes = (4..=6).map(NodeId).collect();
    let request = cluster.change(1, MembershipChange::SetVoters(nodes));
    cluster.live(2 * SECOND);
    assert!(is_committed(&cluster, 1, request));
    let leader = cluster.leader().expect("the new servers elect one");
    assert!(leader > 3);
    cluster.propose(leader, "y");
    cluster.live(SECOND);
    assert!((4..=6).all(|id| cluster.server(id).state == "x,y"));
}

/// §6: "log entries are replicated to all servers in both configurations", and "agreement (for
/// elections and entry commitment) requires separate majorities from both the old and new
/// configurations".
#[test]
fn a_joint_membership_commits_with_both_majorities_only() {
    let members = joint([1, 2, 3], [3, 4, 5]);
    for (answers, commits) in [
        (&[2, 3][..], false),
        (&[4, 5], false),
        (&[2, 4], false),
        (&[3], false),
        (&[3, 4], true),
        (&[2, 4, 5], true),
    ] {
        let mut server = joint_leader(&members);
        for id in answers {
            server.receive_at(Instant(150_000), *id, 2, success(2));
        }
        assert_eq!(server.commit_index() == 2, commits, "{answers:?}");
    }
}

/// Server 1 as leader of term 2 in this membership, elected by all.
fn joint_leader(members: &Membership) -> Server {
    let mut config = full_config(1, 3);
    config.membership = members.clone();
    let mut server = Server::start(config, disk(1, &[1]), Instant(0));
    let now = Instant(150_000);
    server.handle(now, Input::ForceElection);
    (2..=5).for_each(|id| server.receive_at(now, id, 1, pre_vote_reply(true)));
    (2..=5).for_each(|id| server.receive_at(now, id, 2, vote(true)));
    assert_eq!(server.node.role(), RoleKind::Leader);
    server
}

#[test]
fn a_joint_membership_elects_with_both_majorities_only() {
    for (votes, elects) in
        [(&[2, 3][..], false), (&[4, 5], false), (&[3], false), (&[2, 4, 5], true), (&[3, 4], true)]
    {
        let mut config = full_config(1, 3);
        config.membership = joint([1, 2, 3], [3, 4, 5]);
        let mut server = Server::start(config, disk(1, &[1]), Instant(0));
        let now = Instant(150_000);
        server.handle(now, Input::ForceElection);
        votes.iter().for_each(|id| server.receive_at(now, *id, 1, pre_vote_reply(true)));
        assert_eq!(server.node.role() == RoleKind::Candidate, elects, "pre-votes {votes:?}");
        (2..=5).for_each(|id| server.receive_at(now, id, 1, pre_vote_reply(true)));
        votes.iter().for_each(|id| server.receive_at(now, *id, 2, vote(true)));
        assert_eq!(server.node.role() == RoleKind::Leader, elects, "votes {votes:?}");
    }
}

/// §6: "Any server from either configuration may serve as leader." Server 2 leads on the way out;
/// when C-new is committed it steps down.
#[test]
fn a_server_on_its_way_out_can_lead_and_completes_the_change() {
    let mut cluster = joint_step_committed_by_dead_leader();
    cluster.handle(2, Input::ForceElection);
    cluster.live(2 * SECOND);
    let led = |trace: &Trace| matches!(trace, Trace::Election(ElectionTrace::BecameLeader { .. }));
    assert!(cluster.server(2).traces.iter().any(led), "only it could, at that moment");
    let leader = cluster.leader().expect("the rest elects one");
    assert!(leader > 2);
    assert_eq!(*cluster.node(leader).membership(), voters([3, 4, 5]));
}

/// Server 1 of servers 1, 2, 3 made way for 3, 4, 5: the joint entry is on all disks and it
/// crashed. Nobody has been heard for a while.
fn joint_step_committed_by_dead_leader() -> Cluster {
    let mut cluster = led(3, 2);
    cluster.change(1, MembershipChange::AddLearner(NodeId(4)));
    cluster.live(50 * MS);
    cluster.change(1, MembershipChange::AddLearner(NodeId(5)));
    cluster.live(200 * MS);
    cluster.change(1, MembershipChange::SetVoters([3, 4, 5].map(NodeId).to_vec()));
    cluster.deliver_where(|envelope| envelope.from == 1);
    cluster.crash(1);
    cluster.network.clear();
    assert!((2..=5).all(|id| cluster.node(id).membership().is_joint()));
    cluster.now = cluster.now + 150 * MS;
    cluster
}

/// A new leader finds the joint step in its log and takes the next one itself.
#[test]
fn a_new_leader_in_the_middle_completes_the_change() {
    let mut cluster = joint_step_committed_by_dead_leader();
    cluster.live(2 * SECOND);
    let leader = cluster.leader().expect("both majorities are well");
    assert_eq!(*cluster.node(leader).membership(), voters([3, 4, 5]));
    cluster.propose(leader, "x");
    cluster.live(SECOND);
    assert!((3..=5).all(|id| cluster.server(id).state == "x"));
}

/// The leader that began it cannot say how it ended.
#[test]
fn a_leader_that_is_deposed_in_the_middle_does_not_know_what_becomes_of_the_change() {
    let mut cluster = led(3, 1);
    let request = cluster.change(1, replace(3, 4));
    cluster.isolate(1);
    cluster.live(2 * SECOND);
    let outcome = cluster.outcome(1, request);
    assert!(matches!(outcome, Some(Outcome::Unknown { position: Some(_) })), "{outcome:?}");
}

/// Dissertation §4.1: no second change before the first is committed.
#[test]
fn a_change_waits_for_the_one_before() {
    let mut cluster = led(3, 2);
    cluster.change(1, remove(3));
    let second = cluster.change(1, remove(2));
    assert_eq!(cluster.outcome(1, second), refused(Refusal::ChangeInProgress));
    cluster.settle();
    cluster.isolate(4);
    cluster.change(1, add(4));
    cluster.settle();
    let third = cluster.change(1, remove(2));
    let reason = refused(Refusal::ChangeInProgress);
    assert_eq!(cluster.outcome(1, third), reason, "server 4 is being caught up");
}

/// A new leader may find one that is not committed.
#[test]
fn a_change_waits_for_that_of_another_leader() {
    let mut cluster = joint_step_committed_by_dead_leader();
    let disks: Vec<Recovered> = cluster.servers.iter().map(|server| server.disk.clone()).collect();
    cluster.live(2 * SECOND);
    let mut config = full_config(2, 3);
    config.settings.lease_reads = false;
    let mut server = Server::start(config, disks[1].clone(), Instant(0));
    server.handle(Instant(0), Input::ForceElection);
    (3..=5).for_each(|id| server.receive(id, 1, pre_vote_reply(true)));
    (3..=5).for_each(|id| server.receive(id, 2, vote(true)));
    server.handle(
        Instant(0),
        Input::ChangeMembership {
            request: RequestId(1),
            change: remove(3),
            contexts: Vec::new(),
            force: false,
        },
    );
    assert_eq!(server.outcome(1), refused(Refusal::ChangeInProgress));
}

/// Dissertation §4.1, the erratum: "a leader must not append a new configuration entry until it has
/// committed an entry from its current term".
#[test]
fn a_change_waits_for_an_entry_of_the_leaders_term() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.lead();
    let change = |request| Input::ChangeMembership {
        request: RequestId(request),
        change: remove(3),
        contexts: Vec::new(),
        force: false,
    };
    server.handle(Instant(0), change(1));
    assert_eq!(server.outcome(1), refused(Refusal::TermNotCommitted));
    server.receive(2, 1, success_in(1, 1));
    server.handle(Instant(0), change(2));
    assert_eq!(*server.node.membership(), membership(2));
}

#[test]
fn a_change_that_makes_no_sense_is_refused() {
    let mut cluster = led(3, 1);
    let request = cluster.change(1, add(3));
    let reason = Refusal::Change(ChangeError::AlreadyAVoter(NodeId(3)));
    assert_eq!(cluster.outcome(1, request), refused(reason));
    let request = cluster.change(2, remove(3));
    let leader = Some(NodeId(1));
    assert_eq!(cluster.outcome(2, request), Some(Outcome::NotLeader { leader }));
}

/// §6: "a server always uses the latest configuration in its log, regardless of whether the entry
/// is committed".
#[test]
fn a_membership_is_in_force_as_soon_as_it_is_in_the_log() {
    let mut server = Server::start(full_config(2, 3), Recovered::default(), Instant(0));
    let entries = vec![entry(1, 1), membership_entry(2, 1, membership(4))];
    server.receive(1, 1, append_these((0, 0), entries, 0));
    assert_eq!((server.commit_index(), server.node.membership_index()), (0, LogIndex(2)));
    assert_eq!(*server.node.membership(), membership(4));
    let mut cluster = led(3, 0);
    cluster.change(1, remove(3));
    assert_eq!(*cluster.node(1).membership(), membership(2), "at the leader too");
}

#[test]
fn a_membership_that_is_removed_from_the_log_is_not_in_force_any_more() {
    let mut server = Server::start(full_config(2, 3), Recovered::default(), Instant(0));
    let entries = vec![entry(1, 1), membership_entry(2, 1, membership(4)), entry(3, 1)];
    server.receive(1, 1, append_these((0, 0), entries, 0));
    server.receive(3, 2, append((2, 1), &[2], 0));
    assert_eq!(*server.node.membership(), membership(4), "its entry is kept");
    let is_rolled_back =
        |trace: &Trace| matches!(trace, Trace::Membership(MembershipTrace::RolledBack { .. }));
    assert!(!server.traces.iter().any(is_rolled_back));
    server.receive(3, 3, append((1, 1), &[3], 0));
    assert_eq!(*server.node.membership(), membership(3));
    assert_eq!(server.node.membership_index(), LogIndex(0));
    let rolled_back = Trace::Membership(MembershipTrace::RolledBack {
        index: LogIndex(0),
        membership: membership(3),
    });
    assert!(server.traces.contains(&rolled_back));
}

#[test]
fn a_restart_finds_the_membership_in_the_log() {
    let mut disk = disk(3, &[1]);
    disk.entries.push(membership_entry(2, 1, membership(4)));
    disk.entries.push(membership_entry(3, 1, joint(1..=4, [1, 2])));
    let mut server = Server::start(full_config(1, 3), disk, Instant(0));
    assert_eq!(*server.node.membership(), joint(1..=4, [1, 2]));
    assert_eq!(server.node.membership_index(), LogIndex(3));
    server.receive(2, 4, append((2, 1), &[4], 0));
    assert_eq!(*server.node.membership(), membership(4));
}

/// §7: a snapshot carries "the latest configuration in the log as of last included index".
#[test]
fn a_snapshot_carries_the_membership_as_of_its_end() {
    let mut server = Server::start(full_config(2, 3), Recovered::default(), Instant(0));
    let entries = vec![
        entry(1, 1),
        membership_entry(2, 1, membership(4)),
        entry(3, 1),
        membership_entry(4, 1, membership(5)),
    ];
    server.receive(1, 1, append_these((0, 0), entries, 3));
    let data = raft_core::Bytes::from(b"state");
    server.handle(
        Instant(0),
        Input::SnapshotTaken { through: LogIndex(1), data: data.clone().into() },
    );
    let stored = |server: &Server| server.disk.snapshot.clone().expect("a snapshot").membership;
    assert_eq!(stored(&server), membership(3));
    server.handle(Instant(0), Input::SnapshotTaken { through: LogIndex(3), data: data.into() });
    assert_eq!(stored(&server), membership(4), "not what is in force by now");
    assert_eq!(*server.node.membership(), membership(5));
    server.receive(3, 2, append((3, 1), &[2], 3));
    assert_eq!(*server.node.membership(), membership(4), "rolled back into the snapshot's");
    server.restart(Instant(0));
    assert_eq!(*server.node.membership(), membership(4));
}

#[test]
fn a_snapshot_keeps_both_halves_of_a_joint_membership() {
    let mut server = Server::start(full_config(2, 3), Recovered::default(), Instant(0));
    let half = joint(1..=3, [2, 3, 4]);
    server.receive(1, 1, append_these((0, 0), vec![membership_entry(1, 1, half.clone())], 1));
    server.take_snapshot(Instant(0));
    server.restart(Instant(0));
    assert_eq!(*server.node.membership(), half);
}

#[test]
fn an_installed_snapshot_says_who_belongs_to_the_cluster() {
    let mut server = Server::start(full_config(2, 3), Recovered::default(), Instant(0));
    let entries = vec![entry(1, 1), membership_entry(2, 1, membership(4))];
    server.receive(1, 1, append_these((0, 0), entries, 0));
    server.receive(3, 2, install(&snapshot(5, 2, 5, "state"), 0, 5));
    assert_eq!(*server.node.membership(), membership(5));
    assert_eq!(server.node.membership_index(), LogIndex(5));
    server.restart(Instant(0));
    assert_eq!(*server.node.membership(), membership(5));
}

/// The log agrees with the snapshot, so the entries after it are kept.
#[test]
fn a_membership_after_the_end_of_an_installed_snapshot_is_in_force() {
    let mut server = Server::start(full_config(2, 3), Recovered::default(), Instant(0));
    let entries = vec![entry(1, 1), membership_entry(2, 1, membership(4))];
    server.receive(1, 1, append_these((0, 0), entries, 0));
    server.receive(1, 1, install(&snapshot(1, 1, 3, "state"), 0, 5));
    assert_eq!(*server.node.membership(), membership(4));
    assert_eq!(server.node.membership_index(), LogIndex(2));
}

/// A server that joins hears the log from its beginning: until it hears who belongs to the cluster,
/// it must not replace the log by a snapshot that does not say so. It could not be read back.
#[test]
fn a_server_that_does_not_know_the_cluster_takes_no_snapshot() {
    let mut config = full_config(4, 3);
    (config.membership, config.settings.snapshot_threshold) = (Membership::empty(), 1);
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.receive(1, 1, append((0, 0), &[1, 1], 2));
    assert_eq!(server.snapshots_needed, []);
    server.take_snapshot(Instant(0));
    assert_eq!(server.disk.snapshot, None);
    let learner = membership(3).with_learners([NodeId(4)]);
    let entries = vec![membership_entry(3, 1, learner)];
    server.receive(1, 1, append_these((2, 1), entries, 3));
    assert_eq!(server.snapshots_needed, [LogIndex(3)]);
    server.take_snapshot(Instant(0));
    server.restart(Instant(0));
    assert_eq!(server.node.snapshot().map(Snapshot::position), Some(at(3, 1)));
}

/// §6: "the leader steps down … once it has committed the C-new log entry", and not before: it
/// "manages a cluster that does not include itself".
#[test]
fn a_removed_leader_stays_until_its_removal_is_committed() {
    let mut cluster = led(3, 0);
    cluster.change(1, remove(1));
    assert_eq!(*cluster.node(1).membership(), voters([2, 3]));
    cluster.deliver_where(|envelope| envelope.to == 2);
    cluster.deliver_where(|envelope| envelope.to == 1);
    assert_eq!(cluster.node(1).role(), RoleKind::Leader, "its own disk does not count");
    let request = cluster.propose(1, "x");
    cluster.settle();
    assert_eq!(cluster.node(1).role(), RoleKind::Follower);
    let stepped =
        Trace::Term(TermTrace::SteppedDown { term: Term(1), reason: StepDownReason::Removed });
    assert!(cluster.server(1).traces.contains(&stepped));
    let outcome = cluster.outcome(1, request);
    assert!(!matches!(outcome, Some(Outcome::Superseded { .. })), "{outcome:?}");
}

#[test]
fn a_leader_can_become_a_learner() {
    let mut cluster = led(3, 0);
    let request = cluster.change(1, MembershipChange::Demote(NodeId(1)));
    cluster.live(SECOND);
    assert!(is_committed(&cluster, 1, request));
    let leader = cluster.leader().expect("the rest elects one");
    cluster.propose(leader, "x");
    cluster.live(SECOND);
    cluster.assert_converged();
    assert_eq!(cluster.node(1).role(), RoleKind::Follower);
}

/// Dissertation §4.2.3: it hears no heartbeats, its elections come to nothing, and the leader
/// stays.
#[test]
fn a_removed_server_disturbs_nobody() {
    for pre_vote in [true, false] {
        let mut cluster = Cluster::joining(4, 0, |config| config.settings.pre_vote = pre_vote);
        cluster.elect(1);
        cluster.isolate(4);
        cluster.change(1, remove(4));
        cluster.live(50 * MS);
        let term = cluster.node(1).current_term();
        cluster.heal();
        cluster.live(10 * SECOND);
        assert_eq!((cluster.leader(), cluster.node(1).current_term()), (Some(1), term));
        assert_eq!(*cluster.node(4).membership(), membership(4), "it never heard of it");
    }
}

/// Dissertation §4.2.2, Figure 4.6: "a server that is not part of its own latest configuration
/// should still start new elections, as it might still be needed until the C-new entry is
/// committed".
#[test]
fn a_server_that_alone_holds_its_removal_starts_an_election() {
    let mut cluster = led(2, 0);
    cluster.change(1, remove(1));
    cluster.network.clear();
    cluster.crash(1);
    cluster.restart(1);
    assert_eq!(*cluster.node(1).membership(), voters([2]));
    assert!(cluster.node(2).log().len() < cluster.node(1).log().len(), "server 2 cannot win");
    cluster.live(3 * SECOND);
    assert_eq!(cluster.leader(), Some(2));
    assert_eq!(*cluster.node(2).membership(), voters([2]));
}

/// When it knows that its removal is committed, it is quiet. So are learners and non-members.
#[test]
fn who_has_no_vote_does_not_stand() {
    let mut cluster = led(3, 1);
    cluster.change(1, MembershipChange::AddLearner(NodeId(4)));
    cluster.live(100 * MS);
    cluster.change(1, MembershipChange::Demote(NodeId(3)));
    cluster.live(100 * MS);
    let quiet = |trace: &Trace| {
        !matches!(
            trace,
            Trace::PreVote(PreVoteTrace::Started { .. })
                | Trace::Election(ElectionTrace::Started { .. })
        )
    };
    cluster.crash(1);
    cluster.crash(2);
    let before = [3, 4].map(|id| cluster.server(id).traces.len());
    cluster.live(2 * SECOND);
    for (id, before) in [3, 4].into_iter().zip(before) {
        assert!(
            cluster.server(id).traces[before..].iter().all(quiet),
            "server {id} starts an election"
        );
    }
    let mut non_member = led(1, 1);
    non_member.live(2 * SECOND);
    assert!(non_member.server(2).traces.iter().all(quiet));
}

/// Dissertation §4.2.1: learners are "not yet counted towards majorities".
#[test]
fn learners_count_nowhere() {
    let members = membership(3).with_learners([4, 5].map(NodeId));
    let mut config = full_config(1, 3);
    config.membership = members;
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.campaign();
    [4, 5].into_iter().for_each(|id| server.receive(id, 0, pre_vote_reply(true)));
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
    server.receive(2, 0, pre_vote_reply(true));
    [4, 5].into_iter().for_each(|id| server.receive(id, 1, vote(true)));
    assert_eq!(server.node.role(), RoleKind::Candidate);
    server.receive(2, 1, vote(true));
    [4, 5].into_iter().for_each(|id| server.receive(id, 1, success_in(1, 1)));
    assert_eq!((server.commit_index(), server.node.status().lease_until), (0, None));
    assert_eq!(server.node.status().peers.len(), 4, "but they get the log");
    let asked: Vec<u64> = server
        .take_sent()
        .into_iter()
        .filter(|(_, message)| matches!(message.body, Body::RequestVote(_)))
        .map(|(to, _)| to)
        .collect();
    assert_eq!(asked, [2, 3]);
}

#[test]
fn a_learner_that_lags_is_not_promoted() {
    let mut cluster = Cluster::joining(3, 1, |config| config.settings.max_batch_entries = 2);
    cluster.elect(1);
    cluster.isolate(4);
    cluster.change(1, MembershipChange::AddLearner(NodeId(4)));
    for _ in 0..5 {
        cluster.propose(1, "x");
    }
    cluster.settle();
    let request = cluster.change(1, MembershipChange::Promote(NodeId(4)));
    let (node, match_index, last) = (NodeId(4), LogIndex(0), LogIndex(7));
    let reason = Refusal::NotCaughtUp { node, match_index, last };
    assert_eq!(cluster.outcome(1, request), refused(reason));
    cluster.heal();
    cluster.live(200 * MS);
    let request = cluster.change(1, MembershipChange::Promote(NodeId(4)));
    cluster.settle();
    assert!(is_committed(&cluster, 1, request));
    assert_eq!(*cluster.node(4).membership(), membership(4));
}

/// Dissertation §4.2.1: while it is caught up, the cluster needs it for nothing.
#[test]
fn a_new_server_is_caught_up_before_it_votes() {
    let mut cluster = Cluster::joining(2, 1, |config| config.settings.trailing_entries = 0);
    cluster.elect(1);
    cluster.isolate(3);
    let request = cluster.change(1, add(3));
    cluster.settle();
    for _ in 0..5 {
        let proposal = cluster.propose(1, "x");
        cluster.settle();
        assert!(is_committed(&cluster, 1, proposal), "without server 3");
    }
    cluster.take_snapshot(1);
    assert_eq!(cluster.outcome(1, request), None);
    assert!(cluster.node(1).membership().is_learner(NodeId(3)));
    cluster.heal();
    cluster.live(SECOND);
    assert!(is_committed(&cluster, 1, request));
    assert_eq!(cluster.server(3).restored.len(), 1, "by the snapshot, as it had to be");
    assert_eq!(*cluster.node(3).membership(), membership(3));
}

#[test]
fn a_new_server_that_does_not_come_along_is_given_up() {
    let mut cluster = led(3, 1);
    cluster.crash(4);
    let request = cluster.change(1, add(4));
    cluster.live(5 * SECOND);
    assert_eq!(cluster.outcome(1, request), None, "it is waited for");
    cluster.live(2 * SECOND);
    let reason = Refusal::CatchUpStalled { node: NodeId(4) };
    assert_eq!(cluster.outcome(1, request), refused(reason));
    let words = "node 4 makes no progress in receiving the log; it is a learner now";
    assert_eq!(reason.to_string(), words);
    assert!(cluster.node(1).membership().is_learner(NodeId(4)), "as it says");
    let next = cluster.change(1, remove(4));
    cluster.settle();
    assert!(is_committed(&cluster, 1, next), "and the next change may begin");
}

/// A learner that does not know yet that it was promoted votes all the same (dissertation §4.2.1):
/// else the others might be one vote short for ever.
#[test]
fn a_promoted_learner_votes_although_it_does_not_know_it() {
    let mut cluster = led(2, 1);
    cluster.change(1, MembershipChange::AddLearner(NodeId(3)));
    cluster.live(200 * MS);
    cluster.change(1, MembershipChange::Promote(NodeId(3)));
    cluster.deliver_where(|envelope| envelope.to == 2);
    cluster.network.clear();
    cluster.crash(1);
    assert!(cluster.node(3).membership().is_learner(NodeId(3)));
    assert_eq!(*cluster.node(2).membership(), membership(3));
    cluster.live(2 * SECOND);
    assert_eq!(cluster.leader(), Some(2));
}

/// §6: "servers accept AppendEntries requests from a leader that is not part of the server's
/// current configuration", and "also grant votes to candidates" of that kind.
#[test]
fn servers_that_an_old_membership_does_not_know_are_heard() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.receive(7, 1, append((0, 0), &[1], 0));
    assert_eq!(server.take_reply(), success(1));
    let later = Instant(1_000_000);
    server.receive_at(later, 8, 1, pre_vote(1, 1));
    assert_eq!(server.take_reply(), pre_vote_reply(true));
    server.receive_at(later, 8, 2, request_vote(1, 1));
    assert_eq!(server.take_reply(), vote(true));
}

#[test]
fn a_server_that_knows_no_cluster_follows_and_votes() {
    let mut config = full_config(4, 3);
    config.membership = Membership::empty();
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    for _ in 0..3 {
        let deadline = server.node.deadline();
        server.handle(deadline, Input::Timeout);
        server.handle(deadline, Input::ForceElection);
    }
    assert_eq!((server.node.role(), server.node.current_term()), (RoleKind::Follower, Term(0)));
    server.receive(1, 1, request_vote(0, 0));
    assert_eq!(server.take_reply(), vote(true));
}

/// A server that the leader's last step removes answers late, and there is more to send to it: it
/// is no peer any more.
#[test]
fn an_answer_that_ends_the_membership_of_its_sender_is_harmless() {
    let mut config = full_config(1, 3);
    config.settings.max_in_flight = 1;
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.lead();
    [2, 3].into_iter().for_each(|id| server.receive(id, 1, success_in(1, 1)));
    let change = MembershipChange::SetVoters(vec![NodeId(1)]);
    server.handle(
        Instant(0),
        Input::ChangeMembership {
            request: RequestId(1),
            change,
            contexts: Vec::new(),
            force: false,
        },
    );
    assert!(server.node.membership().is_joint());
    (2..5).for_each(|request| server.propose(request, "x"));
    server.receive(3, 1, success_in(1, 2));
    assert_eq!(*server.node.membership(), voters([1]));
    assert_eq!(
        server.outcome(1).map(|outcome| matches!(outcome, Outcome::Committed(_))),
        Some(true)
    );
    assert_eq!(server.node.status().peers, []);
}

/// Nine learners, and a tenth server is to become a voter: as a learner first it would be one too
/// many, and no server would accept the entry.
#[test]
fn a_change_whose_steps_need_too_many_learners_is_refused() {
    let mut cluster = Cluster::joining(3, 9, |config| {
        config.membership = membership(3).with_learners((4..=12).map(NodeId));
    });
    cluster.elect(1);
    let request = cluster.change(1, add(13));
    let reason = Refusal::Change(ChangeError::LearnerCount(10));
    assert_eq!(cluster.outcome(1, request), refused(reason));
    let proposal = cluster.propose(1, "x");
    cluster.settle();
    assert!(is_committed(&cluster, 1, proposal));
}

/// What a learner receives it gets like any other server, a snapshot too.
#[test]
fn a_learner_receives_what_all_receive() {
    let mut cluster = led(3, 1);
    cluster.propose(1, "x");
    cluster.settle();
    cluster.take_snapshot(1);
    cluster.change(1, MembershipChange::AddLearner(NodeId(4)));
    let is_piece = |envelope: &Envelope| matches!(envelope.message.body, Body::InstallSnapshot(_));
    cluster.settle();
    assert!(!cluster.network.iter().any(is_piece));
    cluster.live(200 * MS);
    cluster.propose(1, "y");
    cluster.live(200 * MS);
    assert_eq!(cluster.server(4).state, "x,y");
    assert_eq!(cluster.peer(1, 4).state, ProgressKind::Replicate);
    cluster.assert_converged();
}

/// The joint membership is committed, so the next leader takes the same last step (§6).
#[test]
fn a_change_that_another_leader_ends_is_not_superseded() {
    let mut cluster = Cluster::joining(3, 2, |config| {
        config.membership = membership(3).with_learners([4, 5].map(NodeId));
    });
    cluster.elect(1);
    cluster.heartbeats(1, 2);
    let wanted = [1, 4, 5].map(NodeId).to_vec();
    let change = cluster.change(1, MembershipChange::SetVoters(wanted.clone()));
    cluster.deliver_where(|e| e.from == 1);
    cluster.deliver_where(|e| e.to == 1);
    let target = cluster.node(1).membership().clone();
    assert!(!target.is_joint(), "the joint step is committed");
    cluster.isolate(1);
    cluster.live(Duration::from_secs(3));
    let leader = cluster.leader().expect("the others elect one");
    assert_ne!(leader, 1);
    assert_eq!(*cluster.node(leader).membership(), target);
    cluster.rejoin(1);
    cluster.live(Duration::from_secs(1));
    for id in [1, 4, 5] {
        let node = cluster.node(id);
        assert_eq!(*node.membership(), target, "{id}");
        assert!(node.membership_index() <= node.commit_index());
    }
    let outcome = cluster.outcome(1, change);
    assert!(
        !matches!(outcome, Some(Outcome::Superseded { .. })),
        "the change is complete, and its order was told {outcome:?}"
    );
}
