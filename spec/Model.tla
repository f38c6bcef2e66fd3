------------------------------- MODULE Model --------------------------------
(***************************************************************************)
(* Raft within bounds, for the checker: few servers, terms, entries and    *)
(* crashes, and one value.  Each .cfg beside this file is a family of      *)
(* runs.                                                                   *)
(*                                                                         *)
(* Three things are smaller than in Raft.tla, and none of them hides a     *)
(* run.  No message is lost: see Lose.  A write is one step: what is on    *)
(* the disk earlier allows all that it allows later.  A message has at     *)
(* most one entry: two messages say the same.                              *)
(***************************************************************************)
EXTENDS Raft

CONSTANTS
  MaxTerm,     \* no election beyond this term
  MaxLog,      \* no log longer than this
  MaxCrashes,  \* no more crashes than this
  Candidates,  \* the servers that start elections
  PreVotes,    \* whether there are pre-votes
  Snapshots,   \* whether there are snapshots
  Targets      \* the memberships to which leaders change

VARIABLE crashes

-----------------------------------------------------------------------------
(* The messages that a server may send.                                    *)

Requests(i) ==
  {[type |-> t, from |-> i, to |-> j, term |-> disk[i].term,
    lastLogIndex |-> Len(disk[i].log), lastLogTerm |-> LastTerm(disk[i].log)] :
     t \in (IF role[i] = "Candidate" THEN {"RequestVote"} ELSE {})
           \union (IF role[i] = "PreCandidate" THEN {"PreVote"} ELSE {}),
     j \in Server \ {i}}

Votes(i) ==
  {[type |-> "RequestVoteReply", from |-> i, to |-> j, term |-> disk[i].term,
    voteGranted |-> TRUE] : j \in {disk[i].votedFor} \ {i, Nobody}}

Entries(i) ==
  IF role[i] # "Leader" THEN {} ELSE
  {[type |-> "AppendEntries", from |-> i, to |-> j, term |-> currentTerm[i],
    prevLogIndex |-> n, prevLogTerm |-> TermAt(log[i], n),
    entries |-> SubSeq(log[i], n + 1, Min(n + 1, Len(log[i]))),
    leaderCommit |-> commitIndex[i]] : n \in snapshotIndex[i]..Len(log[i]), j \in Server \ {i}}

Acknowledgements(i) ==
  {[type |-> "AppendEntriesReply", from |-> i, to |-> j, term |-> currentTerm[i],
    success |-> TRUE, matchIndex |-> VerifiedIndex(i)] :
     j \in {m.from : m \in {n \in messages : n.type \in {"AppendEntries", "InstallSnapshot"}
                                               /\ n.to = i /\ n.term = currentTerm[i]}}}

SnapshotsOf(i) ==
  IF role[i] # "Leader" \/ snapshotIndex[i] = 0 THEN {} ELSE
  {[type |-> "InstallSnapshot", from |-> i, to |-> j, term |-> currentTerm[i],
    lastIncludedIndex |-> snapshotIndex[i],
    lastIncludedTerm |-> TermAt(log[i], snapshotIndex[i]),
    membership |-> MembershipOf(SubSeq(log[i], 1, snapshotIndex[i])),
    entries |-> SubSeq(log[i], 1, snapshotIndex[i])] : j \in Server \ {i}}

PreVoteReply(i, m) ==
  [type |-> "PreVoteReply", from |-> i, to |-> m.from, term |-> disk[i].term,
   voteGranted |-> TRUE]

-----------------------------------------------------------------------------
Store(i) ==
  /\ role[i] # "Down"
  /\ disk[i] # Memory(i)
  /\ disk' = [disk EXCEPT ![i] = Memory(i)]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
                 snapshotIndex, verified, candidateVars, matchIndex, writes, messages>>

SendNew(m) ==
  /\ m \notin messages
  /\ Send(m)

Elect(i) ==
  \/ i \in Candidates /\ currentTerm[i] < MaxTerm
       /\ IF PreVotes
          THEN StartElectionAfterPreVote(i) \/ (role[i] # "PreCandidate" /\ StartPreVote(i))
          ELSE StartElection(i)
  \/ BecomeLeader(i)
  \/ role[i] # "Leader" /\ StepDown(i)

Lead(i) ==
  \/ /\ Len(log[i]) < MaxLog
     /\ \/ AppendEntry(i, [term |-> currentTerm[i], kind |-> "noop", value |-> "none"])
        \/ \E v \in Targets : v # MembershipOf(log[i]) /\ ChangeMembership(i, v)
  \/ \E n \in 1..Len(log[i]) : AdvanceCommitIndex(i, n)

(* A message that changes nothing is not received again.                   *)
Receive(i, m) ==
  \/ m.term > currentTerm[i] /\ UpdateTerm(i, m)
  \/ /\ m.term = currentTerm[i]
     /\ \/ /\ m.type = "RequestVote"
           /\ votedFor[i] = Nobody
           /\ GrantVote(i, m)
        \/ /\ m.type = "RequestVoteReply"
           /\ m.from \notin votesGranted[i]
           /\ CountVote(i, m)
        \/ /\ m.type = "PreVoteReply"
           /\ m.from \notin preVotes[i]
           /\ CountPreVote(i, m)
        \/ /\ m.type = "AppendEntries"
           /\ \/ /\ VerifiedIndex(i) < m.prevLogIndex + Len(m.entries)
                 /\ AcceptEntries(i, m)
              \/ /\ commitIndex[i] < m.leaderCommit
                 /\ LearnCommit(i, m, Min(m.leaderCommit, VerifiedIndex(i)))
        \/ /\ m.type = "AppendEntriesReply"
           /\ matchIndex[i][m.from] < m.matchIndex
           /\ CountAcknowledgement(i, m)
        \/ /\ m.type = "InstallSnapshot"
           /\ InstallSnapshot(i, m)

Say(i) ==
  \/ \E m \in Requests(i) \union Votes(i) \union Entries(i) \union Acknowledgements(i)
              \union SnapshotsOf(i) : SendNew(m)
  \/ PreVotes /\ \E m \in messages : GrantPreVote(i, m) /\ SendNew(PreVoteReply(i, m))

KeepSnapshot(i) ==
  \/ Apply(i, SubSeq(log[i], lastApplied[i] + 1, Min(lastApplied[i] + 1, Len(log[i]))))
       /\ lastApplied[i] < commitIndex[i]
  \/ TakeSnapshot(i, lastApplied[i])

Fail(i) ==
  \/ crashes < MaxCrashes /\ crashes' = crashes + 1 /\ Crash(i)
  \/ crashes' = crashes /\ Restart(i, disk[i])

ModelNext ==
  \E i \in Server :
    \/ Fail(i)
    \/ /\ crashes' = crashes
       /\ \/ Elect(i)
          \/ Lead(i)
          \/ Store(i)
          \/ Say(i)
          \/ Snapshots /\ KeepSnapshot(i)
          \/ \E m \in {n \in messages : n.to = i} : Receive(i, m)

ModelInit == Init /\ crashes = 0

=============================================================================
