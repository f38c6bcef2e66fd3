------------------------------- MODULE Model --------------------------------
(***************************************************************************)
(* Raft within bounds, for the checker: few servers, terms, entries and    *)
(* crashes, and one value.  Each .cfg beside this file is a family of      *)
(* runs.                                                                   *)
(*                                                                         *)
(* The model has fewer steps than Raft.tla, and none that is missing hides *)
(* a run.  Every action asks for messages, votes and acknowledgements, and *)
(* none for their absence.  So no message is lost (see Lose), a message is *)
(* sent as soon as it may be, and votes and acknowledgements are counted   *)
(* at once: a server that has more of them may do all that it might do     *)
(* with less.  A write is one step: a disk that has more allows all that   *)
(* one with less does, but for a crash, and that may come before the       *)
(* write.  A message has at most one entry: two messages say the same.     *)
(***************************************************************************)
EXTENDS Raft

CONSTANTS
  MaxLog,      \* no log longer than this; if memberships change, only term 1 has a no-op
  MaxCrashes,  \* no more crashes than this
  Elections,   \* who may start elections, and of which terms: server and term
  PreVotes,    \* whether there are pre-votes
  Snapshots,   \* whether there are snapshots
  Targets,     \* the memberships to which leaders change
  FirstTerms   \* the term of the entry with which each server begins; 0: no entry

VARIABLE crashes

-----------------------------------------------------------------------------
(* The messages that a server may send.                                    *)

(* What is in memory may not be said yet: MaySend decides.                 *)
Requests(i) ==
  {[type |-> t, from |-> i, to |-> j, term |-> currentTerm[i],
    lastLogIndex |-> Len(log[i]), lastLogTerm |-> LastTerm(log[i])] :
     t \in (IF role[i] = "Candidate" THEN {"RequestVote"} ELSE {})
           \union (IF role[i] = "PreCandidate" THEN {"PreVote"} ELSE {}),
     j \in Server \ {i}}

Votes(i) ==
  {[type |-> "RequestVoteReply", from |-> i, to |-> j, term |-> currentTerm[i],
    voteGranted |-> TRUE] : j \in {votedFor[i]} \ {i, Nobody}}

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

ReplyToPreVote(i) ==
  {[type |-> "PreVoteReply", from |-> i, to |-> m.from, term |-> disk[i].term,
    voteGranted |-> TRUE] :
     m \in {n \in messages : /\ n.type = "PreVote"
                             /\ n.to = i
                             /\ n.term = currentTerm[i]
                             /\ UpToDate(n.lastLogTerm, n.lastLogIndex, log[i])}}

Unsaid ==
  {m \in UNION {Requests(i) \union Votes(i) \union Entries(i) \union Acknowledgements(i)
                 \union SnapshotsOf(i) \union ReplyToPreVote(i) :
                   i \in {j \in Server : role[j] # "Down"}} :
     m \notin messages /\ MaySend(m)}

SayAll ==
  /\ messages' = messages \union Unsaid
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
                 snapshotIndex, verified, candidateVars, matchIndex, diskVars>>

-----------------------------------------------------------------------------
(* Votes and acknowledgements that are to be counted.                      *)

Uncounted ==
  {m \in messages :
     /\ m.term = currentTerm[m.to]
     /\ \/ /\ m.type = "RequestVoteReply"
           /\ role[m.to] \in {"PreCandidate", "Candidate"}
           /\ m.from \notin votesGranted[m.to]
        \/ /\ m.type = "PreVoteReply"
           /\ role[m.to] = "PreCandidate"
           /\ m.from \notin preVotes[m.to]
        \/ /\ m.type = "AppendEntriesReply"
           /\ role[m.to] = "Leader"
           /\ matchIndex[m.to][m.from] < m.matchIndex}

CountNext ==
  LET m == CHOOSE n \in Uncounted : TRUE
  IN  CASE m.type = "RequestVoteReply"   -> CountVote(m.to, m)
        [] m.type = "PreVoteReply"       -> CountPreVote(m.to, m)
        [] m.type = "AppendEntriesReply" -> CountAcknowledgement(m.to, m)

-----------------------------------------------------------------------------
Store(i) ==
  /\ role[i] # "Down"
  /\ disk[i] # Memory(i)
  /\ disk' = [disk EXCEPT ![i] = Memory(i)]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
                 snapshotIndex, verified, candidateVars, matchIndex, writes, messages>>

Elect(i) ==
  \/ /\ <<i, currentTerm[i] + 1>> \in Elections
     /\ role[i] # "Leader"
     /\ IF PreVotes
        THEN StartElectionAfterPreVote(i) \/ (role[i] # "PreCandidate" /\ StartPreVote(i))
        ELSE StartElection(i)
  \/ BecomeLeader(i)

Lead(i) ==
  \/ /\ IF Targets = {} THEN Len(log[i]) < MaxLog ELSE Len(log[i]) = 0 /\ currentTerm[i] = 1
     /\ AppendEntry(i, [term |-> currentTerm[i], kind |-> "noop", value |-> "none"])
  \/ /\ Len(log[i]) < MaxLog
     /\ \E v \in Targets : v # MembershipOf(log[i]) /\ ChangeMembership(i, v)
  \/ \E n \in 1..Len(log[i]) : AdvanceCommitIndex(i, n)

(* A message that changes nothing is not received again.                   *)
Receive(i, m) ==
  \/ m.term > currentTerm[i] /\ UpdateTerm(i, m)
  \/ /\ m.term = currentTerm[i]
     /\ \/ /\ m.type = "RequestVote"
           /\ votedFor[i] # m.from
           /\ GrantVote(i, m)
        \/ /\ m.type \in {"AppendEntries", "InstallSnapshot"}
           /\ role[i] # "Leader"
           /\ StepDown(i)
        \/ /\ m.type = "AppendEntries"
           /\ \/ /\ VerifiedIndex(i) < m.prevLogIndex + Len(m.entries)
                 /\ AcceptEntries(i, m)
              \/ /\ commitIndex[i] < m.leaderCommit
                 /\ LearnCommit(i, m, Min(m.leaderCommit, VerifiedIndex(i)))
        \/ /\ m.type = "InstallSnapshot"
           /\ InstallSnapshot(i, m)

KeepSnapshot(i) ==
  \/ /\ lastApplied[i] < commitIndex[i]
     /\ Apply(i, SubSeq(log[i], lastApplied[i] + 1, lastApplied[i] + 1))
  \/ TakeSnapshot(i, lastApplied[i])

Fail(i) ==
  \/ crashes < MaxCrashes /\ crashes' = crashes + 1 /\ Crash(i)
  \/ crashes' = crashes /\ Restart(i, disk[i])

(* Nothing but a crash needs a disk that is behind.                        *)
Unstored ==
  {i \in Server : crashes = MaxCrashes /\ role[i] # "Down" /\ disk[i] # Memory(i)}

ModelNext ==
  IF Unstored # {} THEN Store(CHOOSE i \in Unstored : TRUE) /\ crashes' = crashes
  ELSE IF Unsaid # {} THEN SayAll /\ crashes' = crashes
  ELSE IF Uncounted # {} THEN CountNext /\ crashes' = crashes
  ELSE
  \E i \in Server :
    \/ Fail(i)
    \/ /\ crashes' = crashes
       /\ \/ Elect(i)
          \/ Lead(i)
          \/ Store(i)
          \/ Snapshots /\ KeepSnapshot(i)
          \/ \E m \in {n \in messages : n.to = i} : Receive(i, m)

(* What earlier leaders left behind.                                       *)
First(i) ==
  LET latest == CHOOSE t \in {FirstTerms[j] : j \in Server} : \A u \in {FirstTerms[j] : j \in Server} : u <= t
      entry == [term |-> FirstTerms[i], kind |-> "noop", value |-> "old"]
  IN  [Empty EXCEPT !.term = latest,
                    !.log = IF FirstTerms[i] = 0 THEN <<>> ELSE <<entry>>]

ModelInit == InitWith([i \in Server |-> First(i)]) /\ crashes = 0

=============================================================================
