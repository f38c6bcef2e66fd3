//! The name of each kind of event: short, and the same for ever, so that a script can ask for it.

use raft_core::{
    ClientTrace, CommitTrace, DiskTrace, ElectionTrace, LifecycleTrace, MembershipTrace,
    PreVoteTrace, ReadTrace, ReplicationTrace, SnapshotTrace, TermTrace, Trace, TransferTrace,
};

use super::EventKind;

/// Defines the names of the decisions of the core, and the list of them.
macro_rules! decisions {
    ($(
        $topic:ident($decision:ident) { $($(#[$when:meta])? $variant:ident => $name:literal,)* }
    )*) => {
        /// The names of the decisions of the core, by topic.
        const DECISIONS: &[&str] = &[$($($(#[$when])? $name,)*)* IGNORED];

        fn decision(trace: &Trace) -> &'static str {
            match trace {
                $(Trace::$topic(decision) => match decision {
                    $($(#[$when])? $decision::$variant { .. } => $name,)*
                },)*
                Trace::Ignored(_) => IGNORED,
            }
        }
    };
}

const IGNORED: &str = "ignored";

decisions! {
    Lifecycle(LifecycleTrace) {
        Started => "server_started",
        ClockWentBack => "clock_went_back",
        #[cfg(feature = "bugs")]
        RulesSwitchedOff => "rules_switched_off",
    }
    Term(TermTrace) {
        Advanced => "term_advanced",
        LeaderRecognized => "leader_recognized",
        SteppedDown => "stepped_down",
        LeaderForgotten => "leader_forgotten",
        LeaderNotForgotten => "leader_not_forgotten",
    }
    PreVote(PreVoteTrace) {
        Started => "pre_vote_started",
        Granted => "pre_vote_granted",
        Refused => "pre_vote_refused",
        Counted => "pre_vote_counted",
    }
    Election(ElectionTrace) {
        NotStarted => "election_not_started",
        Started => "election_started",
        VoteGranted => "vote_granted",
        VoteRefused => "vote_refused",
        VoteCounted => "vote_counted",
        BecameLeader => "became_leader",
    }
    Replication(ReplicationTrace) {
        Appended => "appended",
        EntriesAccepted => "entries_accepted",
        EntriesRefused => "entries_refused",
        Truncated => "truncated",
        Backtracked => "next_index_moved_back",
    }
    Commit(CommitTrace) {
        Committed => "committed",
        OldTermNotCounted => "old_term_not_counted",
        Learned => "commit_learned",
    }
    Client(ClientTrace) {
        ProposalRedirected => "proposal_redirected",
        ProposalRefused => "proposal_refused",
        RequestForwarded => "request_forwarded",
    }
    Read(ReadTrace) {
        ByLease => "read_by_lease",
        Waits => "read_waits",
        Confirmed => "read_confirmed",
        Refused => "read_refused",
    }
    Transfer(TransferTrace) {
        Started => "transfer_started",
        Refused => "transfer_refused",
        TimeoutNowSent => "timeout_now_sent",
        Ended => "transfer_ended",
        TimedOut => "transfer_timed_out",
        DiskHangs => "disk_hangs",
    }
    Membership(MembershipTrace) {
        ChangeStarted => "change_started",
        ChangeRefused => "change_refused",
        ChangeGivenUp => "change_given_up",
        Adopted => "membership_adopted",
        RolledBack => "membership_rolled_back",
    }
    Snapshot(SnapshotTrace) {
        Requested => "snapshot_requested",
        Compacted => "snapshot_compacted",
        Failed => "snapshot_failed",
        Ignored => "snapshot_ignored",
        Sent => "snapshot_sent",
        Asked => "snapshot_asked",
        Lost => "snapshot_lost",
        StartedOver => "snapshot_started_over",
        ChunkStored => "snapshot_chunk_stored",
        Abandoned => "snapshot_abandoned",
        Installed => "snapshot_installed",
    }
    Disk(DiskTrace) {
        WithheldDropped => "withheld_dropped",
        PersistedUnknown => "persisted_unknown",
    }
}

/// The names of the events of the world around the cores.
const AROUND: &[&str] = &[
    super::ACTED,
    "administered",
    "applied",
    "client_answered",
    "client_asked",
    "client_gave_up",
    "client_invoked",
    "client_must_retry",
    "request_arrived",
    "client_redirected",
    "client_replied",
    "client_timed_out",
    "clock_changed",
    "configured_alone",
    "reconfigured",
    "crashed",
    "delivered",
    "disk_changed",
    "disk_damaged",
    "disk_renewed",
    "dropped",
    "files_changed",
    "healed",
    "held",
    "link_changed",
    "load_started",
    "next_awaited",
    "partitioned",
    "partitioned_one_way",
    "paused",
    "read_served",
    "recovered",
    "reopened",
    "released",
    "replayed",
    "reseeded",
    "restart_refused",
    "restarted",
    "restored",
    "resumed",
    "rule_switched_off",
    "rules_switched_on",
    "sent",
    "server_added",
    "slowed",
    "started",
    "timeouts_set",
    "timer_elapsed",
    "write_durable",
    "write_failed",
    "write_issued",
    "write_torn",
    "writes_lost",
];

impl EventKind {
    /// The name of its kind, as [`Self::name`], but each decision of the core has a name of its
    /// own: `became_leader`, `crashed`, …
    pub fn full_name(&self) -> &'static str {
        match self {
            Self::Core { trace, .. } => decision(trace),
            Self::StateMachine { .. }
            | Self::Disk { .. }
            | Self::Process { .. }
            | Self::Message { .. }
            | Self::Network(_)
            | Self::Client { .. }
            | Self::Cluster(_)
            | Self::Acted { .. } => self.name(),
        }
    }

    /// Every [full name](Self::full_name): those of the decisions, then those of the other events.
    pub fn full_names() -> impl Iterator<Item = &'static str> {
        DECISIONS.iter().chain(AROUND).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_one_name() {
        let names: Vec<&str> = EventKind::full_names().collect();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(distinct.len(), names.len(), "two kinds have one name");
    }

    /// The events of the world say their names themselves: the list has all of them.
    #[test]
    fn the_list_has_every_name_of_the_topics() {
        let topics = [
            include_str!("client.rs"),
            include_str!("cluster.rs"),
            include_str!("disk.rs"),
            include_str!("message.rs"),
            include_str!("network.rs"),
            include_str!("process.rs"),
            include_str!("state_machine.rs"),
        ];
        let mut found = BTreeSet::new();
        for topic in topics {
            let (_, names) = topic.split_once("fn name(&self)").expect("each topic has names");
            let (names, _) = names.split_once("\n    }\n").expect("the end of the function");
            let quoted = names.split("=> \"").skip(1).filter_map(|name| name.split('"').next());
            found.extend(quoted);
        }
        assert!(found.len() > 30, "{found:?}");
        found.insert(crate::event::ACTED);
        assert_eq!(found, AROUND.iter().copied().collect());
    }
}
