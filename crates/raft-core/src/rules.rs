//! Figure 2 → function: where each rule of the paper is.
//!
//! This module has no code. Files are in `crates/raft-core/src`; each function is the rule, with
//! its reason and its section beside it. A test looks that every function named here exists.
//!
//! In the code, `rule!(self.check_vote(..))` is the plain call `self.check_vote(..)`: with the
//! feature `bugs`, a planted bug of the same name in `node/mutants` may answer in its place.
//!
//! # Figure 2: state
//!
//! | paper | here |
//! |---|---|
//! | `currentTerm`, `votedFor`, `log[]` | fields of `Node` in `node.rs`; written by `node.rs`: `set_term_and_vote` and `log.rs`: `append`, `truncate_from`, `compact` |
//! | `commitIndex`, `lastApplied` | fields of `Node`; raised by `node/commit.rs`: `commit` and `apply_committed`, set by `node/snapshot.rs`: `install_snapshot` |
//! | `nextIndex[]`, `matchIndex[]` | `Progress` in `node/progress.rs`: `record_match`, `become_probe` |
//! | "updated on stable storage before responding to RPCs" | `node/durability.rs`: `needs` (the writes that a message needs), then `emit`, `flush`, `persisted` |
//!
//! # Figure 2: rules for servers
//!
//! | rule | function |
//! |---|---|
//! | All: "If commitIndex > lastApplied: apply" | `node/commit.rs`: `apply_committed` |
//! | All: "If RPC request or response contains term T > currentTerm: convert to follower" (§5.1) | `node/terms.rs`: `receive`, then `node/transitions.rs`: `enter_term` |
//! | Followers: "If election timeout elapses: convert to candidate" (§5.2) | `node.rs`: `time_out`, then `node/election.rs`: `campaign` |
//! | Candidates: "increment currentTerm, vote for self" | `node/transitions.rs`: `become_candidate` |
//! | Candidates: "reset election timer" | `node.rs`: `restart_election_timer` |
//! | Candidates: "send RequestVote RPCs to all other servers" | `node/election.rs`: `start_election`, `send_vote_request` |
//! | Candidates: "If votes received from majority of servers: become leader" | `node/quorum.rs`: `has_vote_quorum`, then `node/transitions.rs`: `become_leader` |
//! | Candidates: "If AppendEntries RPC received from new leader: convert to follower" | `node/follower.rs`: `recognize_leader`, then `node/transitions.rs`: `become_follower` |
//! | Leaders: "Upon election: send initial empty AppendEntries RPCs; repeat during idle periods" | `node/leader.rs`: `heartbeat_due`, `broadcast_heartbeat` |
//! | Leaders: "If command received from client: append entry to local log" (§5.3) | `node/commit.rs`: `propose`, then `node/leader.rs`: `append_proposed` |
//! | Leaders: "respond after entry applied to state machine" (§5.3) | `node/commit.rs`: `await_commit`, `answer_proposals` |
//! | Leaders: "If last log index ≥ nextIndex: send AppendEntries RPC" | `node/leader.rs`: `replicate_to` |
//! | Leaders: "If successful: update nextIndex and matchIndex" | `node/leader.rs`: `record_match` |
//! | Leaders: "If AppendEntries fails: decrement nextIndex and retry" | `node/leader.rs`: `backtrack`, `next_index_after_refusal` |
//! | Leaders: "a majority of matchIndex\[i\] ≥ N, and log\[N\].term == currentTerm: set commitIndex = N" (§5.3, §5.4.2) | `node/commit.rs`: `advance_commit`, with `node/quorum.rs`: `quorum_match_index` and `node/commit.rs`: `may_commit_by_counting` |
//!
//! # Figure 2: RequestVote RPC, receiver
//!
//! | rule | function |
//! |---|---|
//! | 1. "Reply false if term < currentTerm" (§5.1) | `node/terms.rs`: `refuse_stale` |
//! | 2. "If votedFor is null or candidateId" (§5.2) | `node/election.rs`: `check_vote`; `receive_request_vote` records the vote, `node/transitions.rs`: `enter_term` clears it |
//! | 2. "and candidate's log is at least as up-to-date as receiver's log, grant vote" (§5.4.1) | `node/election.rs`: `check_candidate_log` |
//!
//! # Figure 2: AppendEntries RPC, receiver
//!
//! | rule | function |
//! |---|---|
//! | 1. "Reply false if term < currentTerm" (§5.1) | `node/terms.rs`: `refuse_stale` |
//! | 2. "Reply false if log doesn't contain an entry at prevLogIndex whose term matches prevLogTerm" (§5.3) | `node/follower.rs`: `check_prev_log` |
//! | 3. "If an existing entry conflicts with a new one, delete the existing entry and all that follow it" (§5.3) | in this order: `node/follower.rs`: `first_conflict` finds it, `store_entries` refuses if it is committed, `remove_entries_from` deletes |
//! | 4. "Append any new entries not already in the log" | `node/follower.rs`: `store_entries` |
//! | 5. "set commitIndex = min(leaderCommit, index of last new entry)" | `node/follower.rs`: `commit_index_to_learn`, then `node/commit.rs`: `learn_commit` |
//!
//! # §5.6 to §8
//!
//! | rule | function |
//! |---|---|
//! | §5.6: an election timeout that is shorter than the time to store a vote | `node/election.rs`: `has_stored_vote`, `restart_timer_after_vote`, `receive_vote` |
//! | §6: a server uses the latest membership in its log, committed or not | `node/change.rs`: `adopt_membership`, `roll_back_memberships` |
//! | §6: joint consensus, a majority of the outgoing voters and one of the voters | `membership.rs`: `is_quorum`, `reached_by_quorum`; `node/change.rs`: `move_to_target`, `take_next_step` |
//! | §6: new servers join without a vote first | `node/change.rs`: `begin_change` |
//! | §6: a leader that is not in C-new steps down once C-new is committed | `node/change.rs`: `take_next_step` (once committed: steps down), with `is_removed` (not in C-new); `node.rs`: `as_leader` carries that out |
//! | §7, Figure 13: when to take a snapshot, and dropping the log | `node/snapshot.rs`: `request_snapshot_if_due`, `snapshot_taken`, `log_start_after`, `log_start_for_transfers` |
//! | §7, Figure 13: InstallSnapshot RPC, leader | `node/streaming.rs`: `start_snapshot`, `send_pieces` |
//! | §7, Figure 13: InstallSnapshot RPC, receiver | `node/snapshot.rs`: `receive_install_snapshot`, `store_chunk`, `install_snapshot`, `install_membership` |
//! | §8: a no-op at the start of a term | `node/transitions.rs`: `become_leader` |
//! | §8: clients are sent to the leader | `node/commit.rs`: `propose`; `node/forward.rs`: `forward_request` |
//!
//! # Dissertation
//!
//! | rule | function |
//! |---|---|
//! | §3.10: leadership transfer | `node/transfer.rs`: `transfer_leadership`, `advance_transfer`, `end_overdue_transfer` |
//! | §3.10: a leader hands over if its disk hangs | `node/hung_disk.rs`: `leave_hung_disk` |
//! | §4.1, erratum: no change before an entry of the leader's own term is committed | `node/change.rs`: `check_change`, `has_committed_in_term` |
//! | §4.2: a change of the voters does not end the cluster | `node/quorum.rs`: `check_voters_heard` |
//! | §4.2.1: new servers catch up | `node/catch_up.rs`: `advance` (the rounds), `has_caught_up`, `give_up_stalled_change`; `node/change.rs`: `advance_change`, `cancel_change` |
//! | §4.2.2: which server may start an election while the membership changes | `node/election.rs`: `is_promotable`, `is_needed_learner` |
//! | §4.2.3: leader stickiness | `node/election.rs`: `check_leader_stickiness` |
//! | §6.2: check-quorum | `node/leader.rs`: `heartbeat_due` steps down, if not `node/quorum.rs`: `is_quorum_active` (`is_active` has the time) |
//! | §6.4: reads without log entries | the four steps at the top of `node/reads.rs`: `read_as_leader`, `begin_round_for_reads`, `confirm_rounds`, `allow_read` |
//! | §6.4.1: leases | `node/reads.rs`: `may_read_at_once`, `lease_until`; `node/transfer.rs`: `lease_is_revoked` |
//! | §9.6: pre-vote | `node/election.rs`: `needs_pre_votes`, `ask_for_pre_votes`, `receive_pre_vote`, `start_election_if_pre_vote_won` |
//! | §10.2.2: several messages in flight, within a window | `node/leader.rs`: `has_room`, `batch` |
//! | §10.2.1: the leader writes in parallel with its followers | `node/leader.rs`: `send_append_entries`; `node/quorum.rs`: `match_index_of` |
