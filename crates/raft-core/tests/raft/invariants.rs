//! What must hold after every input, whatever the network and the disks do (Figure 3).

use std::collections::BTreeMap;

use raft_core::{Bytes, Entry, LogIndex, LogPosition, Membership, NodeId, Payload, RoleKind, Term};

use crate::server::Server;

#[derive(Default)]
pub(crate) struct Invariants {
    leaders: BTreeMap<Term, NodeId>,
    /// A leader's log when it was last seen, by term.
    leader_logs: BTreeMap<Term, Vec<LogPosition>>,
    /// Every committed entry, and the term of the leader that committed it.
    committed: BTreeMap<LogIndex, (Entry, Term)>,
    /// The membership in which the last of them was committed.
    quorum: Membership,
    /// The membership that the servers were given, if they were given the same.
    configured: Option<Membership>,
    /// How many applied entries and restored snapshots of a server were looked at since its start.
    seen: BTreeMap<NodeId, Seen>,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    commits: usize,
    applied: usize,
    restored: usize,
    last_applied: LogIndex,
    term: Term,
    commit_index: LogIndex,
}

impl Invariants {
    /// `configured` is what the servers that do not join later were given.
    pub(crate) fn new(configured: Option<Membership>) -> Self {
        Self { configured, ..Self::default() }
    }

    /// A server restarted: it will apply its log again.
    pub(crate) fn forget_life(&mut self, id: u64) {
        self.seen.remove(&NodeId(id));
    }

    /// The last entry that any leader has committed.
    pub(crate) fn last_committed(&self) -> LogIndex {
        self.committed.keys().next_back().copied().unwrap_or_default()
    }

    pub(crate) fn check(&mut self, servers: &[Server]) {
        for server in servers.iter().filter(|server| server.is_up) {
            self.note_commits(server, servers);
        }
        for server in servers.iter().filter(|server| server.is_up) {
            if server.node.role() == RoleKind::Leader {
                self.check_leader(server);
                Self::check_uncommitted(server);
            }
            self.check_applied(server);
            self.check_membership(server);
        }
        self.check_committed_is_durable(servers);
        check_log_matching(servers);
    }

    /// Election Safety (§5.2), Leader Append-Only (§5.3), Leader Completeness (§5.4).
    fn check_leader(&mut self, server: &Server) {
        let (id, term) = (server.node.id(), server.node.current_term());
        let leader = *self.leaders.entry(term).or_insert(id);
        assert!(leader == id, "servers {leader} and {id} both lead term {term}");
        let log = positions(server);
        if let Some(before) = self.leader_logs.get(&term) {
            let kept = before.iter().all(|position| {
                position.index <= server.node.log().base().index
                    || server.node.log().term_at(position.index) == Some(position.term)
            });
            assert!(kept, "leader {id} of term {term} lost entries: {before:?}, now {log:?}");
        }
        self.leader_logs.insert(term, log);
        for (entry, committed_in) in self.committed.values() {
            let held = entry.index <= server.node.log().base().index
                || server.node.log().get(entry.index) == Some(entry);
            let must_hold = *committed_in < term;
            assert!(held || !must_hold, "leader {id} of term {term} lacks committed {entry:?}");
        }
    }

    /// What a leader counts against its limit is what is after the last applied entry.
    fn check_uncommitted(server: &Server) {
        let node = &server.node;
        let bytes = |entry: &Entry| 64 + entry.payload.len() as u64;
        let expected: u64 = node.log().iter_from(node.last_applied().next()).map(bytes).sum();
        assert_eq!(node.status().uncommitted_bytes, expected, "what waits at {}", node.id());
    }

    /// What a leader commits by counting stays committed (§5.4.2).
    fn note_commits(&mut self, server: &Server, servers: &[Server]) {
        let id = server.node.id();
        let seen = self.seen.entry(id).or_default();
        let commits = &server.commits[seen.commits..];
        seen.commits = server.commits.len();
        for commit in commits {
            let newest = commit.entries.last().expect("it commits something");
            let (position, term) = (newest.position(), commit.term);
            assert!(
                position.term == term,
                "leader {id} of term {term} committed {position} by counting (§5.4.2)"
            );
            let is_durable = is_on_quorum_of_disks(servers, &commit.membership, position);
            assert!(is_durable, "{position} is committed, but not durable");
            if position.index > self.last_committed() {
                self.quorum = commit.membership.clone();
            }
            for entry in &commit.entries {
                let (known, _) =
                    self.committed.entry(entry.index).or_insert_with(|| (entry.clone(), term));
                assert!(known == entry, "{known:?} was committed, and now {entry:?}");
            }
        }
    }

    /// Raft §6: a server uses the latest membership in its log, committed or not; before the first,
    /// or behind a snapshot, what was in force there.
    fn check_membership(&mut self, server: &Server) {
        let node = &server.node;
        let in_log = node.log().iter_from(LogIndex(0)).filter_map(membership_of).last();
        let base = node.log().base().index;
        let before = self.committed.range(..=base).map(|(_, (entry, _))| entry);
        let is_known = before.clone().count() as u64 == base.0;
        let first = match base {
            LogIndex(0) => server.disk.bootstrap.as_ref().or(Some(&server.config.membership)),
            _ if is_known => {
                before.filter_map(membership_of).next_back().or(self.configured.as_ref())
            }
            _ => None,
        };
        if let Some(expected) = in_log.or(first) {
            let (id, own) = (node.id(), node.membership());
            assert!(own == expected, "server {id} uses {own}, and its log says {expected}");
        }
    }

    /// State Machine Safety (§5.4.3): all apply the same, in order, once, and only what is
    /// committed.
    fn check_applied(&mut self, server: &Server) {
        let id = server.node.id();
        let seen = self.seen.entry(id).or_default();
        let (term, commit_index) = (server.node.current_term(), server.node.commit_index());
        assert!(term >= seen.term, "the term of server {id} went back");
        assert!(commit_index >= seen.commit_index, "the commit index of server {id} went back");
        (seen.term, seen.commit_index) = (term, commit_index);
        for snapshot in &server.restored[seen.restored..] {
            let included = self.committed.range(..=snapshot.last_included_index);
            let entries: Vec<&Entry> = included.map(|(_, (entry, _))| entry).collect();
            let is_known = entries.last().is_some_and(|e| e.position() == snapshot.position());
            assert!(is_known, "server {id} restored {snapshot:?}, of which no end is committed");
            if entries.len() as u64 == snapshot.last_included_index.0 {
                let state = Bytes::from(state_after(&entries).as_bytes());
                assert_eq!(snapshot.data, state.into());
            }
            assert!(snapshot.last_included_index > seen.last_applied, "an old snapshot");
            seen.last_applied = snapshot.last_included_index;
        }
        for entry in &server.applied[seen.applied..] {
            assert_eq!(entry.index, seen.last_applied.next(), "server {id} skipped or repeated");
            let committed = self.committed.get(&entry.index).map(|(entry, _)| entry);
            assert!(
                committed == Some(entry),
                "server {id} applied {entry:?}, but {committed:?} is committed there"
            );
            seen.last_applied = entry.index;
        }
        (seen.applied, seen.restored) = (server.applied.len(), server.restored.len());
    }

    /// A quorum of disks holds what is committed, at every moment after.
    fn check_committed_is_durable(&self, servers: &[Server]) {
        if let Some((entry, _)) = self.committed.values().next_back() {
            let position = entry.position();
            let is_held = is_on_quorum_of_disks(servers, &self.quorum, position);
            assert!(is_held, "{position} is committed, but was lost");
        }
    }
}

/// Log Matching (§5.3): where two logs hold the same position, they are the same up to there.
fn check_log_matching(servers: &[Server]) {
    for (place, left) in servers.iter().enumerate() {
        for right in &servers[place + 1..] {
            let (left, right) = (left.node.log(), right.node.log());
            let mut index = left.last().index.min(right.last().index);
            let first = left.first_index().max(right.first_index());
            let mut is_same = false;
            while index >= first {
                let (own, other) = (left.get(index), right.get(index));
                let same = own.map(Entry::position) == other.map(Entry::position);
                assert!(same || !is_same, "logs agree behind {index}, but not at it");
                assert!(!same || own == other, "{own:?} and {other:?} share a position");
                is_same = same;
                index = index.previous();
            }
        }
    }
}

fn membership_of(entry: &Entry) -> Option<&Membership> {
    let Payload::Membership(membership) = &entry.payload else { return None };
    Some(membership)
}

fn is_on_quorum_of_disks(servers: &[Server], of: &Membership, position: LogPosition) -> bool {
    let holds = |node: NodeId| {
        let server = servers.iter().find(|server| server.node.id() == node);
        server.is_some_and(|server| server.holds_on_disk(position))
    };
    of.is_quorum(holds)
}

fn positions(server: &Server) -> Vec<LogPosition> {
    server.node.log().iter_from(LogIndex(0)).map(Entry::position).collect()
}

/// The harness's state machine after these entries.
fn state_after(entries: &[&Entry]) -> String {
    let commands = entries.iter().filter_map(|entry| {
        let Payload::Command(command) = &entry.payload else { return None };
        Some(String::from_utf8_lossy(command).into_owned())
    });
    commands.collect::<Vec<_>>().join(",")
}
