//! A change of the voters must not end the cluster (dissertation §4.2).

use std::time::Duration;

use raft_core::{MembershipChange, MembershipTrace, NodeId, Outcome, Refusal, Trace, Unheard};

use crate::builders::*;
use crate::cluster::Cluster;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

fn not_heard(heard: u8, needed: u8, unheard: &[u64]) -> Option<Outcome> {
    let unheard = unheard.iter().copied().map(NodeId).collect::<Unheard>();
    Some(Outcome::Refused(Refusal::VotersNotHeard { heard, needed, unheard }))
}

fn is_committed(cluster: &Cluster, request: u64) -> bool {
    matches!(cluster.outcome(1, request), Some(Outcome::Committed(_)))
}

/// Server 1 leads these voters and learners; then some of the servers are down for a while.
fn led_without(voters: u64, learners: u64, down: &[u64]) -> Cluster {
    let members = membership(voters).with_learners((voters + 1..=voters + learners).map(NodeId));
    let mut cluster = Cluster::joining(voters, learners, |config| {
        config.membership = members.clone();
        config.settings.check_quorum = false;
        config.settings.lease_reads = false;
    });
    cluster.elect(1);
    cluster.live(200 * MS);
    down.iter().for_each(|id| cluster.crash(*id));
    cluster.live(SECOND);
    cluster
}

/// After it, no server could be elected, and no later change could repair that.
#[test]
fn a_learner_that_is_down_is_not_promoted() {
    let mut cluster = led_without(1, 1, &[2]);
    let promote = MembershipChange::Promote(NodeId(2));
    let request = cluster.change(1, promote.clone());
    assert_eq!(cluster.outcome(1, request), not_heard(1, 2, &[2]));
    let refused = |trace: &Trace| {
        let Trace::Membership(MembershipTrace::ChangeRefused { reason, .. }) = trace else {
            return false;
        };
        reason.to_string()
            == "2 of the new voters are a majority, and 1 answered within an election timeout; \
                node 2 did not"
    };
    assert!(cluster.server(1).traces.iter().any(refused));
    let proposal = cluster.propose(1, "x");
    cluster.settle();
    assert!(is_committed(&cluster, proposal), "nothing was changed");
    cluster.restart(2);
    cluster.live(200 * MS);
    let request = cluster.change(1, promote);
    cluster.settle();
    assert!(is_committed(&cluster, request), "server 2 answers again");
}

/// Every change of the voters, in one step or through a joint membership.
#[test]
fn a_change_needs_a_majority_of_the_new_voters_that_is_heard() {
    let voters =
        |ids: &[u64]| MembershipChange::SetVoters(ids.iter().copied().map(NodeId).collect());
    let node = NodeId(1);
    let replace = |old, new| MembershipChange::Replace { old: NodeId(old), new: NodeId(new) };
    for (change, outcome) in [
        (MembershipChange::Remove(NodeId(2)), not_heard(2, 3, &[4, 5])),
        (MembershipChange::Remove(node), not_heard(2, 3, &[4, 5])),
        (MembershipChange::Demote(NodeId(3)), not_heard(2, 3, &[4, 5])),
        (MembershipChange::Promote(NodeId(6)), not_heard(3, 4, &[4, 5, 6])),
        (MembershipChange::AddVoter(NodeId(6)), not_heard(3, 4, &[4, 5, 6])),
        (replace(3, 6), not_heard(2, 3, &[4, 5, 6])),
        (voters(&[1, 4, 5]), not_heard(1, 2, &[4, 5])),
        (voters(&[4]), not_heard(0, 1, &[4])),
        (voters(&[1, 2, 4, 5]), not_heard(2, 3, &[4, 5])),
    ] {
        let mut cluster = led_without(5, 1, &[4, 5, 6]);
        let request = cluster.change(1, change.clone());
        assert_eq!(cluster.outcome(1, request), outcome, "{change}");
        assert_eq!(*cluster.node(1).membership(), membership(5).with_learners([NodeId(6)]));
    }
    for change in [
        MembershipChange::Remove(NodeId(5)),
        MembershipChange::Demote(NodeId(4)),
        replace(4, 6),
        voters(&[1, 2, 3]),
        voters(&[1, 2, 4]),
        MembershipChange::Remove(NodeId(6)),
    ] {
        let mut cluster = led_without(5, 1, &[4, 5, 6]);
        let request = cluster.change(1, change.clone());
        cluster.live(SECOND);
        assert!(is_committed(&cluster, request), "{change}: {:?}", cluster.outcome(1, request));
    }
}

/// Sometimes it is right: the servers are about to be started.
#[test]
fn a_forced_change_is_made_all_the_same() {
    let mut cluster = led_without(1, 1, &[2]);
    let request = cluster.force_change(1, MembershipChange::Promote(NodeId(2)));
    assert_eq!(*cluster.node(1).membership(), membership(2));
    cluster.live(SECOND);
    assert_eq!(cluster.outcome(1, request), None);
    cluster.restart(2);
    cluster.live(SECOND);
    assert!(is_committed(&cluster, request));
}

/// At the start of a term the leader has heard from nobody: silence is not taken for an answer.
#[test]
fn a_new_leader_counts_only_servers_that_answered_it() {
    let mut cluster = led_without(5, 0, &[4, 5]);
    cluster.transfer(1, 2);
    cluster.settle();
    let request = cluster.change(2, MembershipChange::Remove(NodeId(3)));
    assert_eq!(cluster.outcome(2, request), not_heard(2, 3, &[4, 5]));
}

/// New servers answer while they are caught up, so they count when the change begins; whether they
/// still answer counts when they are to vote.
#[test]
fn new_servers_that_fall_silent_do_not_become_voters() {
    let mut cluster = Cluster::joining(3, 3, |_| {});
    cluster.elect(1);
    cluster.isolate(6);
    let change = MembershipChange::SetVoters([4, 5, 6].map(NodeId).to_vec());
    let request = cluster.change(1, change);
    cluster.live(200 * MS);
    cluster.crash(4);
    cluster.crash(5);
    cluster.live(SECOND);
    assert_eq!(cluster.outcome(1, request), None, "server 6 is not caught up");
    cluster.heal();
    cluster.live(SECOND);
    assert_eq!(cluster.outcome(1, request), not_heard(1, 2, &[4, 5]));
    let learners = membership(3).with_learners([4, 5, 6].map(NodeId));
    assert_eq!(*cluster.node(1).membership(), learners, "they stay learners");
    let reason = Refusal::VotersNotHeard {
        heard: 1,
        needed: 2,
        unheard: [4, 5].map(NodeId).into_iter().collect(),
    };
    let given_up = Trace::Membership(MembershipTrace::ChangeGivenUp { reason });
    assert!(cluster.server(1).traces.contains(&given_up));
}

/// Forced, the votes move to servers that are silent by then.
#[test]
fn a_forced_change_waits_for_the_log_only() {
    let mut cluster = Cluster::joining(3, 2, |_| {});
    cluster.elect(1);
    cluster.isolate(5);
    let change = MembershipChange::SetVoters([4, 5].map(NodeId).to_vec());
    cluster.force_change(1, change);
    cluster.live(200 * MS);
    cluster.crash(4);
    cluster.live(SECOND);
    cluster.heal();
    cluster.live(SECOND);
    assert!(cluster.node(5).membership().is_joint(), "{}", cluster.node(5).membership());
}

#[test]
fn the_words_name_the_first_few() {
    let words =
        |ids: std::ops::RangeInclusive<u64>| ids.map(NodeId).collect::<Unheard>().to_string();
    assert_eq!(words(4..=4), "node 4");
    assert_eq!(words(4..=6), "nodes 4, 5, 6");
    assert_eq!(words(1..=9), "nodes 1, 2, 3, 4, 5 and 4 more");
}
