-------------------------------- MODULE Raft --------------------------------
(***************************************************************************)
(* Raft, as the core of Helios runs it: elections with pre-votes,          *)
(* replication, commitment, durability, snapshots, and changes of the      *)
(* membership.  It says what others can see of a server.  How a server     *)
(* gets there (timers, windows, retries) is left to it.                    *)
(*                                                                         *)
(* Sections are those of the extended Raft paper; "D" is the dissertation. *)
(* Figure 2 of the paper has the names of the variables and messages.      *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Server,           \* the servers that may ever take part
  FirstMembership,  \* the membership before the first change
  Nobody            \* no server: the vote of a server that has none

VARIABLES
  (* Figure 2, persistent state.  Here it is what a server has in memory.   *)
  currentTerm,    \* the latest term that the server has seen
  votedFor,       \* the candidate that got its vote in that term, or Nobody
  log,            \* all entries, also those that a snapshot replaced
  (* Figure 2, volatile state.                                              *)
  role,           \* "Follower", "PreCandidate", "Candidate", "Leader", "Down"
  commitIndex,    \* the last entry that it knows to be committed
  lastApplied,    \* the last entry that its state machine has applied
  snapshotIndex,  \* the last entry that its snapshot includes (§7)
  verified,       \* a term, and up to where its log equals that of its leader
  preVotes,       \* who would vote for a pre-candidate (D §9.6)
  votesGranted,   \* who voted for a candidate
  matchIndex,     \* of a leader, for each server: its disk has the log up to here
  (* The disks, and the network.                                            *)
  disk,           \* what each server has on its disk
  writes,         \* the writes under way, in order: what each puts on the disk
  messages        \* messages that were sent and may yet arrive, any time

candidateVars == <<preVotes, votesGranted>>
diskVars == <<disk, writes>>
vars == <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
          snapshotIndex, verified, candidateVars, matchIndex, diskVars, messages>>

-----------------------------------------------------------------------------
(* Words.                                                                  *)

Min(a, b) == IF a < b THEN a ELSE b
Max(a, b) == IF a > b THEN a ELSE b

Range(s) == {s[k] : k \in 1..Len(s)}

(* The term of the entry at an index.  Before the first entry it is 0.     *)
TermAt(l, n) == IF n = 0 THEN 0 ELSE l[n].term
LastTerm(l) == TermAt(l, Len(l))

(* The first n entries of both logs are there, and are the same.           *)
Agree(a, b, n) ==
  /\ n <= Len(a)
  /\ n <= Len(b)
  /\ SubSeq(a, 1, n) = SubSeq(b, 1, n)

(* §6: the membership of the last entry that has one, committed or not.    *)
MembershipIndex(l) ==
  LET at == {n \in 1..Len(l) : l[n].kind = "membership"}
  IN  IF at = {} THEN 0 ELSE CHOOSE n \in at : \A k \in at : k <= n
MembershipOf(l) ==
  IF MembershipIndex(l) = 0 THEN FirstMembership ELSE l[MembershipIndex(l)].value

(* The membership before that one, while that one is not committed.        *)
MembershipBefore(l, committed) ==
  IF MembershipIndex(l) <= committed THEN MembershipOf(l)
  ELSE MembershipOf(SubSeq(l, 1, MembershipIndex(l) - 1))

Members(m) == m.voters \union m.outgoing \union m.learners
IsMajority(of, servers) == 2 * Cardinality(of \intersect servers) > Cardinality(of)

(* §6: in a joint membership, a majority of each set.                      *)
IsQuorum(m, servers) ==
  /\ IsMajority(m.voters, servers)
  /\ m.outgoing = {} \/ IsMajority(m.outgoing, servers)

(* Each majority of one membership has a server of each of the other.      *)
Overlap(a, b) ==
  (Cardinality(a.voters) \div 2) + 1 + (Cardinality(b.voters) \div 2) + 1
    > Cardinality(a.voters \union b.voters)

(* §5.4.1: the candidate's log is at least as up-to-date as this one.      *)
UpToDate(lastTerm, lastIndex, l) ==
  \/ lastTerm > LastTerm(l)
  \/ lastTerm = LastTerm(l) /\ lastIndex >= Len(l)

-----------------------------------------------------------------------------
(* What a write puts on the disk.  "verified" is not really there: it is   *)
(* how much of the log may be acknowledged when the write is done.         *)
Memory(i) ==
  [term |-> currentTerm[i], votedFor |-> votedFor[i], log |-> log[i],
   verified |-> verified[i], commitIndex |-> commitIndex[i],
   snapshotIndex |-> snapshotIndex[i]]

(* The disk, and what it will be after each write under way.               *)
States(i) == <<disk[i]>> \o writes[i]

Nothing == [term |-> 0, index |-> 0]

Empty ==
  [term |-> 0, votedFor |-> Nobody, log |-> <<>>, verified |-> Nothing,
   commitIndex |-> 0, snapshotIndex |-> 0]

VerifiedIndex(i) == IF verified[i].term = currentTerm[i] THEN verified[i].index ELSE 0

(* The first n entries of the server are on its disk.                      *)
IsStored(i, n) == Agree(disk[i].log, log[i], n)

(* What the server knows of itself counts once it is on its disk.          *)
OwnVote(i) == IF disk[i].term = currentTerm[i] /\ disk[i].votedFor = i THEN {i} ELSE {}

Electors(i) == votesGranted[i] \union OwnVote(i)

(* D §10.2.1: the leader writes in parallel with its followers.            *)
Holders(i, n) ==
  {j \in Server \ {i} : matchIndex[i][j] >= n} \union (IF IsStored(i, n) THEN {i} ELSE {})

-----------------------------------------------------------------------------
InitWith(state) ==
  /\ currentTerm = [i \in Server |-> state[i].term]
  /\ votedFor = [i \in Server |-> state[i].votedFor]
  /\ log = [i \in Server |-> state[i].log]
  /\ role = [i \in Server |-> "Follower"]
  /\ commitIndex = [i \in Server |-> state[i].commitIndex]
  /\ lastApplied = [i \in Server |-> state[i].snapshotIndex]
  /\ snapshotIndex = [i \in Server |-> state[i].snapshotIndex]
  /\ verified = [i \in Server |-> Nothing]
  /\ preVotes = [i \in Server |-> {}]
  /\ votesGranted = [i \in Server |-> {}]
  /\ matchIndex = [i \in Server |-> [j \in Server |-> 0]]
  /\ disk = state
  /\ writes = [i \in Server |-> <<>>]
  /\ messages = {}

Init == InitWith([i \in Server |-> Empty])

-----------------------------------------------------------------------------
(* Terms (§5.1).                                                           *)

(* "If RPC request or response contains term T > currentTerm: set          *)
(* currentTerm = T, convert to follower."                                  *)
UpdateTerm(i, m) ==
  /\ m \in messages
  /\ m.to = i
  /\ role[i] # "Down"
  /\ m.term > currentTerm[i]
  /\ currentTerm' = [currentTerm EXCEPT ![i] = m.term]
  /\ votedFor' = [votedFor EXCEPT ![i] = Nobody]
  /\ role' = [role EXCEPT ![i] = "Follower"]
  /\ votesGranted' = [votesGranted EXCEPT ![i] = {}]
  /\ preVotes' = [preVotes EXCEPT ![i] = {}]
  /\ UNCHANGED <<log, commitIndex, lastApplied, snapshotIndex, verified, matchIndex,
                 diskVars, messages>>

(* A server may always become a follower: it heard the leader of its term  *)
(* (§5.2), it heard no quorum (D §6.2), or it was removed (§6).  Its vote  *)
(* stays: it belongs to the term.                                          *)
StepDown(i) ==
  /\ role[i] \in {"PreCandidate", "Candidate", "Leader"}
  /\ role' = [role EXCEPT ![i] = "Follower"]
  /\ UNCHANGED <<currentTerm, votedFor, log, commitIndex, lastApplied, snapshotIndex,
                 verified, candidateVars, matchIndex, diskVars, messages>>

-----------------------------------------------------------------------------
(* Elections (§5.2, §5.4.1), with pre-votes (D §9.6).                      *)

(* Members start elections.  A learner may: it cannot count itself, and    *)
(* its log may be the only one that is late enough.  So may a server that  *)
(* an entry removes which is not yet committed (D §4.2.2).                 *)
MayStartElection(i) ==
  \/ i \in Members(MembershipOf(log[i]))
  \/ i \in Members(MembershipBefore(log[i], commitIndex[i]))

StartPreVote(i) ==
  /\ role[i] \in {"Follower", "PreCandidate", "Candidate"}
  /\ MayStartElection(i)
  /\ role' = [role EXCEPT ![i] = "PreCandidate"]
  /\ preVotes' = [preVotes EXCEPT ![i] = {i}]
  /\ UNCHANGED <<currentTerm, votedFor, log, commitIndex, lastApplied, snapshotIndex,
                 verified, votesGranted, matchIndex, diskVars, messages>>

(* A server says that it would vote.  It promises nothing.                 *)
GrantPreVote(i, m) ==
  /\ m \in messages
  /\ m.to = i
  /\ m.type = "PreVote"
  /\ role[i] # "Down"
  /\ m.term >= currentTerm[i]
  /\ UpToDate(m.lastLogTerm, m.lastLogIndex, log[i])
  /\ UNCHANGED vars

CountPreVote(i, m) ==
  /\ m \in messages
  /\ m.to = i
  /\ m.type = "PreVoteReply"
  /\ m.voteGranted
  /\ m.term = currentTerm[i]
  /\ role[i] = "PreCandidate"
  /\ preVotes' = [preVotes EXCEPT ![i] = @ \union {m.from}]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
                 snapshotIndex, verified, votesGranted, matchIndex, diskVars, messages>>

(* "On conversion to candidate: increment currentTerm, vote for self."     *)
StartElection(i) ==
  /\ role[i] \in {"Follower", "PreCandidate", "Candidate"}
  /\ MayStartElection(i)
  /\ currentTerm' = [currentTerm EXCEPT ![i] = @ + 1]
  /\ votedFor' = [votedFor EXCEPT ![i] = i]
  /\ role' = [role EXCEPT ![i] = "Candidate"]
  /\ votesGranted' = [votesGranted EXCEPT ![i] = {}]
  /\ preVotes' = [preVotes EXCEPT ![i] = {}]
  /\ UNCHANGED <<log, commitIndex, lastApplied, snapshotIndex, verified, matchIndex,
                 diskVars, messages>>

(* With pre-votes, a quorum would vote for it.                             *)
StartElectionAfterPreVote(i) ==
  /\ role[i] = "PreCandidate"
  /\ IsQuorum(MembershipOf(log[i]), preVotes[i])
  /\ StartElection(i)

(* RequestVote, receiver: "If votedFor is null or candidateId, and         *)
(* candidate's log is at least as up-to-date as receiver's log, grant      *)
(* vote."                                                                  *)
GrantVote(i, m) ==
  /\ m \in messages
  /\ m.to = i
  /\ m.type = "RequestVote"
  /\ role[i] # "Down"
  /\ m.term = currentTerm[i]
  /\ votedFor[i] \in {Nobody, m.from}
  /\ UpToDate(m.lastLogTerm, m.lastLogIndex, log[i])
  /\ votedFor' = [votedFor EXCEPT ![i] = m.from]
  /\ UNCHANGED <<currentTerm, log, role, commitIndex, lastApplied, snapshotIndex,
                 verified, candidateVars, matchIndex, diskVars, messages>>

(* A pre-candidate that was the candidate of its term still counts votes.  *)
CountVote(i, m) ==
  /\ m \in messages
  /\ m.to = i
  /\ m.type = "RequestVoteReply"
  /\ m.voteGranted
  /\ m.term = currentTerm[i]
  /\ role[i] \in {"PreCandidate", "Candidate"}
  /\ votesGranted' = [votesGranted EXCEPT ![i] = @ \union {m.from}]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
                 snapshotIndex, verified, preVotes, matchIndex, diskVars, messages>>

(* "If votes received from majority of servers: become leader."            *)
BecomeLeader(i) ==
  /\ role[i] \in {"PreCandidate", "Candidate"}
  /\ votedFor[i] = i
  /\ IsQuorum(MembershipOf(log[i]), Electors(i))
  /\ role' = [role EXCEPT ![i] = "Leader"]
  /\ matchIndex' = [matchIndex EXCEPT ![i] = [j \in Server |-> 0]]
  /\ UNCHANGED <<currentTerm, votedFor, log, commitIndex, lastApplied, snapshotIndex,
                 verified, candidateVars, diskVars, messages>>

-----------------------------------------------------------------------------
(* Log replication (§5.3).                                                 *)

(* "If command received from client: append entry to local log."  A no-op  *)
(* begins each term (§8).                                                  *)
AppendEntry(i, e) ==
  /\ role[i] = "Leader"
  /\ e.term = currentTerm[i]
  /\ e.kind \in {"noop", "command"}
  /\ log' = [log EXCEPT ![i] = Append(@, e)]
  /\ UNCHANGED <<currentTerm, votedFor, role, commitIndex, lastApplied, snapshotIndex,
                 verified, candidateVars, matchIndex, diskVars, messages>>

(* The follower's log after AppendEntries.  3: "If an existing entry       *)
(* conflicts with a new one, delete the existing entry and all that follow *)
(* it."  4: "Append any new entries not already in the log."               *)
LogAfter(l, m) ==
  LET last == m.prevLogIndex + Len(m.entries)
      both == (m.prevLogIndex + 1)..Min(last, Len(l))
      conflict == \E n \in both : l[n].term # m.entries[n - m.prevLogIndex].term
  IN  IF conflict \/ last > Len(l)
      THEN SubSeq(l, 1, m.prevLogIndex) \o m.entries
      ELSE l

(* 2: the log contains an entry at prevLogIndex whose term matches         *)
(* prevLogTerm.                                                            *)
AcceptEntries(i, m) ==
  /\ m \in messages
  /\ m.to = i
  /\ m.type = "AppendEntries"
  /\ m.term = currentTerm[i]
  /\ role[i] = "Follower"
  /\ m.prevLogIndex <= Len(log[i])
  /\ TermAt(log[i], m.prevLogIndex) = m.prevLogTerm
  /\ log' = [log EXCEPT ![i] = LogAfter(@, m)]
  /\ verified' = [verified EXCEPT ![i] =
                    [term |-> currentTerm[i],
                     index |-> Max(VerifiedIndex(i), m.prevLogIndex + Len(m.entries))]]
  /\ UNCHANGED <<currentTerm, votedFor, role, commitIndex, lastApplied, snapshotIndex,
                 candidateVars, matchIndex, diskVars, messages>>

(* "If successful: update nextIndex and matchIndex for follower."  A reply *)
(* may arrive late, twice or out of order.                                 *)
CountAcknowledgement(i, m) ==
  /\ m \in messages
  /\ m.to = i
  /\ m.type \in {"AppendEntriesReply", "InstallSnapshotReply"}
  /\ m.success
  /\ m.term = currentTerm[i]
  /\ role[i] = "Leader"
  /\ matchIndex' = [matchIndex EXCEPT ![i][m.from] = Max(@, m.matchIndex)]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
                 snapshotIndex, verified, candidateVars, diskVars, messages>>

-----------------------------------------------------------------------------
(* Commitment (§5.3, §5.4.2).                                              *)

(* "If there exists an N such that N > commitIndex, a majority of          *)
(* matchIndex[i] >= N, and log[N].term = currentTerm: set commitIndex =    *)
(* N."                                                                     *)
AdvanceCommitIndex(i, n) ==
  /\ role[i] = "Leader"
  /\ n > commitIndex[i]
  /\ n <= Len(log[i])
  /\ log[i][n].term = currentTerm[i]
  /\ IsQuorum(MembershipOf(log[i]), Holders(i, n))
  /\ commitIndex' = [commitIndex EXCEPT ![i] = n]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, lastApplied, snapshotIndex, verified,
                 candidateVars, matchIndex, diskVars, messages>>

(* 5: "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit,  *)
(* index of last new entry)."                                              *)
LearnCommit(i, m, n) ==
  /\ m \in messages
  /\ m.to = i
  /\ m.type = "AppendEntries"
  /\ m.term = currentTerm[i]
  /\ role[i] = "Follower"
  /\ n > commitIndex[i]
  /\ n <= m.leaderCommit
  /\ n <= VerifiedIndex(i)
  /\ commitIndex' = [commitIndex EXCEPT ![i] = n]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, lastApplied, snapshotIndex, verified,
                 candidateVars, matchIndex, diskVars, messages>>

(* "If commitIndex > lastApplied: increment lastApplied, apply             *)
(* log[lastApplied] to state machine."  Only entries on the disk.          *)
Apply(i, entries) ==
  /\ role[i] # "Down"
  /\ lastApplied[i] + Len(entries) <= commitIndex[i]
  /\ IsStored(i, lastApplied[i] + Len(entries))
  /\ SubSeq(log[i], lastApplied[i] + 1, lastApplied[i] + Len(entries)) = entries
  /\ lastApplied' = [lastApplied EXCEPT ![i] = @ + Len(entries)]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, snapshotIndex, verified,
                 candidateVars, matchIndex, diskVars, messages>>

-----------------------------------------------------------------------------
(* Membership changes (§6, D chapter 4).                                   *)

(* The next membership after c: only learners change, each majority of one *)
(* overlaps each of the other, or a joint membership is between both.      *)
MayFollow(c, v) ==
  IF c.outgoing = {}
  THEN \/ v.outgoing = {} /\ Overlap(c, v)
       \/ v.outgoing = c.voters
  ELSE v.outgoing = {} /\ v.voters = c.voters

(* One change at a time, and none before an entry of the leader's own term *)
(* is committed (D §4.1 and its erratum).                                  *)
ChangeMembership(i, v) ==
  /\ role[i] = "Leader"
  /\ MembershipIndex(log[i]) <= commitIndex[i]
  /\ TermAt(log[i], commitIndex[i]) = currentTerm[i]
  /\ v.voters # {}
  /\ MayFollow(MembershipOf(log[i]), v)
  /\ log' = [log EXCEPT
               ![i] = Append(@, [term |-> currentTerm[i], kind |-> "membership", value |-> v])]
  /\ UNCHANGED <<currentTerm, votedFor, role, commitIndex, lastApplied, snapshotIndex,
                 verified, candidateVars, matchIndex, diskVars, messages>>

-----------------------------------------------------------------------------
(* Snapshots (§7).  A snapshot stands for the entries that it includes, so *)
(* here a message with a snapshot has those entries.                       *)

TakeSnapshot(i, n) ==
  /\ role[i] # "Down"
  /\ n > snapshotIndex[i]
  /\ n <= lastApplied[i]
  /\ snapshotIndex' = [snapshotIndex EXCEPT ![i] = n]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied, verified,
                 candidateVars, matchIndex, diskVars, messages>>

(* Figure 13: "If existing log entry has same index and term as snapshot's *)
(* last included entry, retain log entries following it.  Discard the      *)
(* entire log."                                                            *)
LogWith(l, snapshot) ==
  IF Len(snapshot) <= Len(l) /\ TermAt(l, Len(snapshot)) = LastTerm(snapshot)
  THEN l ELSE snapshot

InstallSnapshot(i, m) ==
  /\ m \in messages
  /\ m.to = i
  /\ m.type = "InstallSnapshot"
  /\ m.term = currentTerm[i]
  /\ role[i] = "Follower"
  /\ Len(m.entries) > commitIndex[i]
  /\ log' = [log EXCEPT ![i] = LogWith(@, m.entries)]
  /\ commitIndex' = [commitIndex EXCEPT ![i] = Len(m.entries)]
  /\ lastApplied' = [lastApplied EXCEPT ![i] = Len(m.entries)]
  /\ snapshotIndex' = [snapshotIndex EXCEPT ![i] = Len(m.entries)]
  /\ verified' = [verified EXCEPT ![i] =
                    [term |-> currentTerm[i],
                     index |-> Max(VerifiedIndex(i), Len(m.entries))]]
  /\ UNCHANGED <<currentTerm, votedFor, role, candidateVars, matchIndex, diskVars,
                 messages>>

-----------------------------------------------------------------------------
(* Disks and crashes.  "Updated on stable storage before responding to     *)
(* RPCs" (Figure 2).                                                       *)

StartWrite(i) ==
  /\ role[i] # "Down"
  /\ writes' = [writes EXCEPT ![i] = Append(@, Memory(i))]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
                 snapshotIndex, verified, candidateVars, matchIndex, disk, messages>>

(* Writes become durable in order.                                         *)
EndWrite(i) ==
  /\ role[i] # "Down"
  /\ writes[i] # <<>>
  /\ disk' = [disk EXCEPT ![i] = Head(writes[i])]
  /\ writes' = [writes EXCEPT ![i] = Tail(@)]
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
                 snapshotIndex, verified, candidateVars, matchIndex, messages>>

(* A crash takes the memory.  What was being written may be on the disk.   *)
Crash(i) ==
  /\ role[i] # "Down"
  /\ role' = [role EXCEPT ![i] = "Down"]
  /\ UNCHANGED <<currentTerm, votedFor, log, commitIndex, lastApplied, snapshotIndex,
                 verified, candidateVars, matchIndex, diskVars, messages>>

(* The disk after a crash: as before the writes under way, as after some   *)
(* of them, or with a part of the next one: that removes entries first,    *)
(* and then adds some.  A state machine may have a disk of its own, so     *)
(* what it applied may be known.                                           *)
IsPartOf(l, before, after) ==
  /\ Agree(l, after, Len(l))
  /\ \A n \in (Len(l) + 1)..Len(before) : ~Agree(before, after, n)

MayRemain(i, d) ==
  /\ \E s \in Range(States(i)) : d.term = s.term /\ d.votedFor = s.votedFor
  /\ \E s \in Range(States(i)) : d.snapshotIndex = s.snapshotIndex
  /\ \/ \E s \in Range(States(i)) : d.log = s.log
     \/ \E k \in 1..Len(writes[i]) :
          IsPartOf(d.log, States(i)[k].log, States(i)[k + 1].log)
  /\ \/ \E s \in Range(States(i)) : d.commitIndex <= s.commitIndex
     \/ d.commitIndex <= lastApplied[i]
  /\ d.snapshotIndex <= Len(d.log)
  /\ d.commitIndex <= Len(d.log)

(* A server starts from its disk.                                          *)
Restart(i, d) ==
  /\ role[i] = "Down"
  /\ MayRemain(i, d)
  /\ currentTerm' = [currentTerm EXCEPT ![i] = d.term]
  /\ votedFor' = [votedFor EXCEPT ![i] = d.votedFor]
  /\ log' = [log EXCEPT ![i] = d.log]
  /\ role' = [role EXCEPT ![i] = "Follower"]
  /\ commitIndex' = [commitIndex EXCEPT ![i] = d.commitIndex]
  /\ lastApplied' = [lastApplied EXCEPT ![i] = d.snapshotIndex]
  /\ snapshotIndex' = [snapshotIndex EXCEPT ![i] = d.snapshotIndex]
  /\ preVotes' = [preVotes EXCEPT ![i] = {}]
  /\ votesGranted' = [votesGranted EXCEPT ![i] = {}]
  /\ verified' = [verified EXCEPT ![i] = Nothing]
  /\ disk' = [disk EXCEPT ![i] = [d EXCEPT !.verified = Nothing]]
  /\ writes' = [writes EXCEPT ![i] = <<>>]
  /\ UNCHANGED <<matchIndex, messages>>

-----------------------------------------------------------------------------
(* Messages.  What a message says must be on the disk of its sender.       *)

(* A candidate voted for itself, and its log ends there.                   *)
MayRequestVote(i, m) ==
  /\ disk[i].term = m.term
  /\ disk[i].votedFor = i
  /\ m.lastLogIndex = Len(disk[i].log)
  /\ m.lastLogTerm = LastTerm(disk[i].log)

(* Another question is whether it would win.  Nothing rests on it.         *)
MayPreVote(i, m) ==
  /\ disk[i].term = m.term
  /\ currentTerm[i] = m.term
  /\ m.lastLogIndex = Len(log[i])
  /\ m.lastLogTerm = LastTerm(log[i])

(* A vote is on the disk before it leaves.                                 *)
MayReplyToVote(i, m) ==
  /\ disk[i].term = m.term
  /\ m.voteGranted => disk[i].votedFor = m.to

(* Only the leader of the term sends entries, and they are those of its    *)
(* log.                                                                    *)
MayAppendEntries(i, m) ==
  /\ disk[i].term = m.term
  /\ role[i] = "Leader"
  /\ currentTerm[i] = m.term
  /\ m.prevLogIndex + Len(m.entries) <= Len(log[i])
  /\ m.prevLogTerm = TermAt(log[i], m.prevLogIndex)
  /\ m.entries = SubSeq(log[i], m.prevLogIndex + 1, m.prevLogIndex + Len(m.entries))
  /\ m.leaderCommit <= commitIndex[i]

(* An acknowledgement says that the log equalled the leader's up to        *)
(* matchIndex, and that those entries are on the disk.  What is committed  *)
(* is in the leader's log, too.                                            *)
MayAcknowledge(i, m) ==
  /\ disk[i].term = m.term
  /\ m.success =>
       \E s \in Range(States(i)) \union {Memory(i)} :
         /\ \/ s.verified.term = m.term /\ m.matchIndex <= s.verified.index
            \/ m.matchIndex <= s.commitIndex
         /\ Agree(disk[i].log, s.log, m.matchIndex)

MayInstallSnapshot(i, m) ==
  /\ disk[i].term = m.term
  /\ role[i] = "Leader"
  /\ currentTerm[i] = m.term
  /\ Len(m.entries) <= snapshotIndex[i]
  /\ m.entries = SubSeq(log[i], 1, Len(m.entries))
  /\ m.lastIncludedIndex = Len(m.entries)
  /\ m.lastIncludedTerm = LastTerm(m.entries)
  /\ "membership" \in DOMAIN m => m.membership = MembershipOf(m.entries)

MaySend(m) ==
  CASE m.type = "RequestVote"        -> MayRequestVote(m.from, m)
    [] m.type = "RequestVoteReply"   -> MayReplyToVote(m.from, m)
    [] m.type = "PreVote"            -> MayPreVote(m.from, m)
    [] m.type = "PreVoteReply"       -> disk[m.from].term = m.term
    [] m.type = "AppendEntries"      -> MayAppendEntries(m.from, m)
    [] m.type = "AppendEntriesReply" -> MayAcknowledge(m.from, m)
    [] m.type = "InstallSnapshot"    -> MayInstallSnapshot(m.from, m)
    [] m.type = "InstallSnapshotReply" -> MayAcknowledge(m.from, m)
    [] OTHER                         -> disk[m.from].term = m.term

Send(m) ==
  /\ role[m.from] # "Down"
  /\ MaySend(m)
  /\ messages' = messages \union {m}
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
                 snapshotIndex, verified, candidateVars, matchIndex, diskVars>>

(* The network may lose a message, and what it delivered does not come     *)
(* again.  Every other step asks for a message and never for its absence,  *)
(* so the model is checked without this one: whatever happens with fewer   *)
(* messages happens with more.                                             *)
Lose(m) ==
  /\ m \in messages
  /\ messages' = messages \ {m}
  /\ UNCHANGED <<currentTerm, votedFor, log, role, commitIndex, lastApplied,
                 snapshotIndex, verified, candidateVars, matchIndex, diskVars>>

-----------------------------------------------------------------------------
(* What a trace says of a state.                                           *)

LastLog(i) == <<Len(log[i]), LastTerm(log[i])>>
IsWritten(i) == disk[i] = Memory(i)
AreHolders(i, n, servers) == servers \subseteq Holders(i, n)

-----------------------------------------------------------------------------
(* What must always hold (Figure 3).                                       *)

(* Election Safety: at most one leader can be elected in a given term.     *)
(* A leader's messages tell of it later, too.                              *)
Leads ==
  {[term |-> currentTerm[i], leader |-> i] : i \in {j \in Server : role[j] = "Leader"}}
  \union {[term |-> m.term, leader |-> m.from] :
            m \in {n \in messages : n.type \in {"AppendEntries", "InstallSnapshot"}}}
ElectionSafety == \A a, b \in Leads : a.term = b.term => a.leader = b.leader

(* Log Matching: if two logs contain an entry with the same index and      *)
(* term, then the logs are identical in all entries up through it.         *)
LogMatching ==
  \A i, j \in Server :
    \A n \in 1..Min(Len(log[i]), Len(log[j])) :
      log[i][n].term = log[j][n].term => SubSeq(log[i], 1, n) = SubSeq(log[j], 1, n)

(* Leader Completeness: a committed entry is in the logs of the leaders of *)
(* all higher-numbered terms.                                              *)
LeaderCompleteness ==
  \A i, j \in Server :
    (role[i] = "Leader" /\ currentTerm[i] >= currentTerm[j])
      => Agree(log[i], log[j], commitIndex[j])

(* State Machine Safety: no other server applies another entry for the     *)
(* same index.                                                             *)
StateMachineSafety ==
  \A i, j \in Server : Agree(log[i], log[j], Min(commitIndex[i], commitIndex[j]))

(* A crash of all servers takes no committed entry: a quorum has it on     *)
(* disk.                                                                   *)
CommittedIsDurable ==
  \A i \in Server :
    IsQuorum(MembershipOf(SubSeq(log[i], 1, commitIndex[i])),
             {j \in Server : Agree(disk[j].log, log[i], commitIndex[i])})

(* Terms and commit indexes never go back while a server runs.             *)
Forward ==
  \A i \in Server : role[i] # "Down" /\ role'[i] # "Down" =>
    /\ currentTerm'[i] >= currentTerm[i]
    /\ commitIndex'[i] >= commitIndex[i]
    /\ currentTerm'[i] = currentTerm[i] => votedFor[i] \in {Nobody, votedFor'[i]}
AlwaysForward == [][Forward]_vars

=============================================================================
