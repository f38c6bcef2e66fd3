//! §5.3, Figure 7, and the optimization at the end of the section: finding where two logs agree.

use crate::cluster::{Cluster, is_append};

/// The leader's log for term 8 in Figure 7.
const LEADER: &[u64] = &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6];

/// The followers' logs, (a) to (f).
const FOLLOWERS: [&[u64]; 6] = [
    &[1, 1, 1, 4, 4, 5, 5, 6, 6],
    &[1, 1, 1, 4],
    &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    &[1, 1, 1, 4, 4, 4, 4],
    &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
];

/// Server 1 leads term 8; how many AppendEntries its follower, server 2, gets until the logs agree.
fn messages_to_repair(leader: &[u64], follower: &[u64]) -> usize {
    // The third server lets the first one win and then stays silent.
    let mut cluster = Cluster::with_logs(7, &[leader, follower, leader]);
    cluster.isolate(2);
    cluster.elect(1);
    cluster.rejoin(2);
    cluster.isolate(3);
    let goal = cluster.node(1).log().last();
    cluster.time_out(1);
    let mut messages = 0;
    while let Some(envelope) = cluster.network.first().cloned() {
        cluster.network.remove(0);
        messages += usize::from(is_append(&envelope));
        cluster.deliver(envelope);
        if cluster.match_index(1, 2) == goal.index {
            break;
        }
    }
    assert_eq!(cluster.server(2).log_terms(), cluster.server(1).log_terms());
    assert_eq!(cluster.node(2).log().last(), goal, "{follower:?} was not repaired");
    messages
}

/// "It is possible that any of scenarios (a–f) could occur in follower logs."
#[test]
fn the_logs_of_figure_7_are_repaired() {
    for follower in FOLLOWERS {
        messages_to_repair(LEADER, follower);
    }
}

/// All six at once, as in the figure.
#[test]
fn the_leader_of_figure_7_repairs_all_its_followers() {
    let mut logs = vec![LEADER];
    logs.extend(FOLLOWERS);
    let mut cluster = Cluster::with_logs(7, &logs);
    // (c) and (d) have more up-to-date logs and refuse; the four others elect.
    cluster.elect(1);
    cluster.heartbeats(1, 3);
    cluster.assert_converged();
    assert_eq!(cluster.server(7).log_terms(), [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8]);
}

/// "One AppendEntries RPC will be required for each term with conflicting entries, rather than one
/// RPC per entry." The first one is a heartbeat, since the leader's first message was lost. The
/// last one carries the entries.
#[test]
fn messages_are_needed_for_each_conflicting_term_not_for_each_entry() {
    let messages = FOLLOWERS.map(|follower| messages_to_repair(LEADER, follower));
    assert_eq!(messages, [2; 6]);
}

/// A thousand entries of one term are one step: a refusal, and the entries; those that the leader
/// found on its disk and its no-op may come in two messages, which saves a copy.
#[test]
fn a_long_divergent_log_is_repaired_in_few_messages() {
    let terms = |runs: &[(u64, usize)]| -> Vec<u64> {
        runs.iter().flat_map(|(term, length)| vec![*term; *length]).collect()
    };
    let leader = terms(&[(1, 10), (4, 30), (6, 30)]);
    // Never one entry at a time, whichever log is the longer.
    for follower in [
        terms(&[(1, 10), (2, 1000)]),
        terms(&[(1, 10), (2, 500), (3, 500)]),
        terms(&[(1, 10), (2, 300), (3, 300), (5, 300)]),
        terms(&[(1, 1000)]),
        terms(&[(1, 2)]),
        terms(&[]),
    ] {
        let messages = messages_to_repair(&leader, &follower);
        assert!(messages <= 3, "{messages} messages for {} entries", follower.len());
    }
}

/// Terms that alternate between the logs are the worst case: a step for each of the leader's terms.
#[test]
fn the_worst_case_is_a_message_for_each_term() {
    let leader: Vec<u64> = (1..=3).flat_map(|n| vec![2 * n; 50]).collect();
    let follower: Vec<u64> = (0..=3).flat_map(|n| vec![2 * n + 1; 40]).collect();
    let messages = messages_to_repair(&leader, &follower[..]);
    assert!(messages <= 3 + 2, "{messages} messages");
}
