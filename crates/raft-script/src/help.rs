//! Every form of the language, one line each.

/// Every statement: its form, and what it means. Square brackets stand around what may be left out.
pub const HELP: &[(&str, &str)] = &[
    ("cluster nodes=5 seed=8", "how the world begins; only as the first statement"),
    (
        "        [paper]",
        "the protocol of the paper alone: pre-vote, check-quorum and lease are off",
    ),
    (
        "        [pre-vote=off]",
        "servers do not ask whether they could win before they stand for election",
    ),
    (
        "        [check-quorum=off] [lease=off]",
        "leaders stay without a quorum, and followers do not spare them; leaders hold no leases",
    ),
    ("        [drift=5%]", "how much clocks may run too fast or too slow: leases allow for that"),
    ("        [forward=on]", "followers pass commands on to the leader"),
    #[cfg(feature = "bugs")]
    (
        "        [bugs=stale-votes,commit-old-term]",
        "rules that are switched off, to show what they are for",
    ),
    (
        "        [heartbeat=50ms] [election=150ms..300ms]",
        "how often a leader is heard, and how long followers wait for it",
    ),
    (
        "        [batch=100] [window=64] [uncommitted=64MiB]",
        "entries in a message; messages under way to a node; what a leader takes before it commits",
    ),
    (
        "        [snapshot=10000] [chunk=64KiB]",
        "entries until a snapshot is taken; how much of it is in a message",
    ),
    (
        "        [latency=5ms..15ms] [shape=long-tail] [disk=1ms..4ms] [disk-shape=uniform]",
        "how long messages take, spread how (uniform, exponential, long-tail); and disk writes",
    ),
    (
        "        [timeout=1s] [patience=30s]",
        "how long a client waits before it asks again, and in all",
    ),
    ("        [down=2,3] [run=1]", "nodes that are not started; how many runs the disks have seen"),
    (
        "disk 2 terms=1,1,4 [term=5] [vote=3]",
        "what disk 2 holds at the beginning: a log of these terms; disks not described know the last term",
    ),
    (
        "disk 2 image=\"AAEC\"",
        "what disk 2 holds at the beginning, in base64, as exported sessions say it",
    ),
    ("run 2s", "let that much time pass"),
    ("run until 1500ms", "let time pass up to that moment"),
    ("run until leader [within 5s]", "let time pass until a condition holds, for 1m at most"),
    ("step [3]", "let one thing happen, or three"),
    ("at 1500ms crash 3", "run up to that moment, then do something"),
    (
        "at 1500ms after 320 steps crash 3",
        "the same, after exactly that many steps; exported sessions say it",
    ),
    ("at +500ms crash 3", "the same, counted from now"),
    (
        "set x=1 [via=leader] [client=2]",
        "a client writes; it retries until it has an answer; put is the same",
    ),
    ("get x", "a client reads, by an entry in the log like a write; list is the same"),
    (
        "get x [via=3] read=quorum, list read=lease",
        "the leader asks a quorum whether it still leads, or answers at once while its lease lasts",
    ),
    ("get x via=3 read=local", "what node 3 has applied; it may be old"),
    ("delete x", "a client deletes"),
    ("cas x 1 2", "a client replaces 1 by 2 if x is 1; none stands for an absent key"),
    ("append x y", "a client appends y to x"),
    ("list [prefix]", "a client lists keys"),
    (
        "crash 3 [lose|keep]",
        "cut the power: unfinished writes are lost or kept, or the seed decides",
    ),
    ("restart 3", "start a crashed node from its disk"),
    ("pause 3", "stop a node; what arrives waits"),
    ("resume 3", "let a paused node run on"),
    (
        "timeout 3",
        "let a node's election timeout elapse now; with leases on, not right after it heard the leader",
    ),
    ("forget 3", "let a node forget that it heard a leader; refused while leases are on"),
    ("transfer 3 [via=1]", "ask the leader, or another node, to hand leadership over to node 3"),
    ("add 6 as learner [via=1]", "a server joins: it receives the log and counts nowhere"),
    ("add 6, promote 6", "a server joins as a voter, once it has caught up; a learner votes"),
    ("demote 3, remove 3", "a voter becomes a learner; a server leaves the cluster"),
    ("replace 2 with 7, voters 1 2 7", "one server for another in one step; exactly these voters"),
    ("snapshot 3", "let a node take a snapshot and drop the log before it"),
    (
        "clock 3 drift=+200ppm, clock 3 drift=-5%, clock 3 jump=2s",
        "a node's clock runs too fast or too slow, or jumps ahead; drift=0% undoes the drift",
    ),
    (
        "slow 3 by=5ms",
        "a node handles one thing after the other, and each takes that long; by=0s undoes it",
    ),
    ("partition 1 2 | 3 4 5", "let the network fall apart; others stands for the nodes not named"),
    (
        "partition 1 2 3 | 3 4 5, partition 1 2 | 2 3 | 3 4 | 4 5 | 5 1",
        "nodes that share a group reach each other: a bridge, a ring of majorities",
    ),
    ("partition 1 2 -> 3 4 5", "nodes 3 4 5 hear nodes 1 2, but are not heard by them"),
    ("heal", "no partition, no cut links"),
    (
        "recover 1 2 3",
        "everything works again for these nodes, as at the beginning; all others crash for good",
    ),
    ("link 3 -> 4 cut", "nothing passes in that direction; <-> means both; restore undoes it"),
    (
        "link 3 -> 4 latency=10ms..20ms loss=10% duplicate=5% reorder=on",
        "how a link behaves; link all means every link",
    ),
    (
        "link 3 -> 4 latency=5ms..200ms shape=long-tail",
        "how latencies are spread over their range: uniform, exponential, long-tail",
    ),
    (
        "link 3 -> 4 bandwidth=64KiB/s queue=100",
        "how much passes, and how many messages may wait for it; bandwidth=off undoes it",
    ),
    ("link 3 -> 4 clog=2s", "for that long messages wait, and go on when it is over"),
    (
        "replay 3 -> 4 [back=5]",
        "a message that this link carried before, the fifth last, comes again",
    ),
    ("cut 1 <-> 3, restore 1 <-> 3", "short for link 1 <-> 3 cut, link 1 <-> 3 restore"),
    ("disk 3 latency=5ms..50ms", "how long writes take from now on"),
    ("disk 3 shape=long-tail", "how that is spread over its range"),
    ("disk 3 stall=2s", "no write becomes durable for that long"),
    (
        "disk 3 fsync=fail, disk 3 fsync=broken, disk 3 fsync=ok",
        "the next flush fails, every flush fails, none does: a node whose flush failed stops",
    ),
    (
        "disk 3 full=on, disk 3 full=off",
        "no room for another write: the node stops at the next one",
    ),
    (
        "disk 3 corrupt [entry 4|term|term-copy|snapshot|snapshot-mark|log-end]",
        "a bit of a record flips; the seed decides which, and of which record if none is named",
    ),
    ("disk 3 misdirect [entry 4 to entry 2]", "a record lies in another's place"),
    (
        "disk 3 wipe",
        "everything is gone from the disk of a node that is down; it never starts again",
    ),
    ("drop message 17", "a message that is under way does not arrive"),
    (
        "expect CONDITION [within 3s]",
        "fail if the condition does not hold now, or does not come to hold in time",
    ),
    ("  leader, leader 3, leader among 3 4 5, no leader", "who leads"),
    (
        "  role 3 follower, state 3 crashed",
        "follower, pre-candidate, candidate, leader; running, paused, crashed, refused",
    ),
    (
        "  voters 1 2 3, learners 6, no learners",
        "who belongs to the cluster, as the leader goes by it, committed or not",
    ),
    ("  joint, not joint", "whether the leader needs majorities of old and new voters"),
    ("  lease 3, no lease 3", "whether a node is a leader that may answer reads at once"),
    (
        "  term 3 = 2, term >= 2, commit 3 = 7",
        "a node's term or commit index, or the highest; =, >= or <=",
    ),
    ("  committed x=1, not committed x=1", "what the committed entries say"),
    ("  value 3 x=1, no value 3 x", "what a node has applied"),
    (
        "  log 3 = 1,1,2 [after 10@3]",
        "the terms of a node's log, and the last entry of its snapshot; or empty",
    ),
    ("  converged", "all running nodes hold the same log, all of it committed and applied"),
    ("  complete", "converged, and all that was ever committed is there"),
    (
        "  answer client 1 = value 7, pending client 1, idle",
        "a client's last answer, or that it waits; that none waits",
    ),
    ("  safe", "no property that must always hold was ever broken"),
    ("3, leader, any follower, all, others", "nodes: by number, by role, or many"),
    ("20us, 5ms, 2s, 0.5s, 1m", "durations"),
    (
        "\"two words\", \"\\x00\"",
        "keys and values that are no plain word are quoted; \\\" \\\\ \\n \\t \\r \\xNN",
    ),
    ("# a comment", "up to the end of the line"),
];

#[cfg(test)]
mod tests;
