//! §5.4.2, Figure 8: why a leader commits only entries of its own term by counting.

use raft_core::{Input, LogIndex, Recovered, RoleKind};

use crate::builders::disk;
use crate::cluster::{Cluster, Envelope};

/// Servers 1 to 5 as in the figure, after (b): S1 led term 2 and replicated index 2 to S2 only; S5
/// was elected for term 3 by S3, S4 and itself and holds another entry at index 2. Its entry is
/// in place of the command of the figure, and the no-ops of this implementation of the rest.
fn after_b() -> Cluster {
    let logs: [&[u64]; 5] = [&[1, 2], &[1, 2], &[1], &[1], &[1, 3]];
    let disks: Vec<Recovered> =
        logs.into_iter().zip([2, 2, 3, 3, 3]).map(|(terms, term)| disk(term, terms)).collect();
    Cluster::start(disks, |_| {})
}

/// (c): "S5 crashes; S1 restarts, is elected leader, and continues replication." Its term is 4, its
/// own entry is at index 3. The followers that get S1's entry of term 2, but not the one of
/// term 4, are S2 and S3.
fn after_c() -> Cluster {
    let mut cluster = after_b();
    cluster.crash(5);
    // The first campaign only brings S1 past term 3, which S3 and S4 have seen.
    cluster.handle(1, Input::ForceElection);
    cluster.network.clear();
    cluster.handle(1, Input::ForceElection);
    let is_vote = |envelope: &Envelope| envelope.message.name().starts_with("RequestVote");
    while cluster.network.iter().any(is_vote) {
        cluster.deliver_where(is_vote);
    }
    assert_eq!(cluster.node(1).role(), RoleKind::Leader);
    assert_eq!(cluster.node(1).current_term().0, 4);
    assert_eq!(cluster.server(1).log_terms(), [1, 2, 4]);
    cluster
}

/// Replicates S1's log to S2 and S3 up to index 2, without its entry of term 4.
fn replicate_the_entry_of_term_2(cluster: &mut Cluster) {
    for _ in 0..20 {
        for mut envelope in cluster.take(|envelope| envelope.to != 4) {
            if let raft_core::Body::AppendEntries(request) = &mut envelope.message.body {
                request.entries =
                    request.entries.iter().filter(|e| e.index <= LogIndex(2)).cloned().collect();
                if request.prev_log_index > LogIndex(2) {
                    continue;
                }
            }
            cluster.deliver(envelope);
        }
        cluster.network.retain(|envelope| envelope.to != 4);
        if cluster.network.is_empty() {
            cluster.time_out(1);
        }
        if cluster.match_index(1, 2) == LogIndex(2) && cluster.match_index(1, 3) == LogIndex(2) {
            break;
        }
    }
    cluster.network.clear();
    assert_eq!(cluster.server(3).log_terms(), [1, 2]);
}

/// "At this point, the log entry from term 2 has been replicated on a majority of the servers, but
/// it is not committed."
#[test]
fn in_c_the_entry_of_term_2_is_on_a_majority_but_not_committed() {
    let mut cluster = after_c();
    replicate_the_entry_of_term_2(&mut cluster);
    let holders = cluster.ids().filter(|id| cluster.server(*id).log_terms().get(1) == Some(&2));
    assert_eq!(holders.count(), 3);
    assert_eq!(cluster.node(1).commit_index(), LogIndex(0));
    assert!(cluster.server(1).applied.is_empty());
}

/// "If S1 crashes as in (d), S5 could be elected leader (with votes from S2, S3, and S4) and
/// overwrite the entry with its own entry from term 3." Nothing was committed, so nothing is lost.
#[test]
fn in_d_the_entry_of_term_2_is_overwritten() {
    let mut cluster = after_c();
    replicate_the_entry_of_term_2(&mut cluster);
    cluster.crash(1);
    cluster.restart(5);
    cluster.handle(5, Input::ForceElection);
    cluster.settle();
    cluster.elect(5);
    cluster.restart(1);
    cluster.heartbeats(5, 3);
    cluster.assert_converged();
    assert_eq!(cluster.server(1).log_terms()[..2], [1, 3]);
}

/// "However, if S1 replicates an entry from its current term on a majority of the servers before
/// crashing, as in (e), then this entry is committed (S5 cannot win an election)."
#[test]
fn in_e_the_entry_of_term_4_commits_both() {
    let mut cluster = after_c();
    cluster.isolate(4);
    cluster.settle();
    cluster.heartbeats(1, 3);
    assert_eq!(cluster.node(1).commit_index(), LogIndex(3));
    cluster.crash(1);
    cluster.rejoin(4);
    cluster.restart(5);
    for _ in 0..5 {
        cluster.handle(5, Input::ForceElection);
        cluster.settle();
        assert_ne!(cluster.node(5).role(), RoleKind::Leader);
    }
    cluster.elect(2);
    cluster.restart(1);
    cluster.heartbeats(2, 3);
    cluster.assert_converged();
    assert_eq!(cluster.server(5).log_terms()[..3], [1, 2, 4]);
}
