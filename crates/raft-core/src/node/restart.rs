//! Starting a server, for the first time or after a crash: the same path.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::durability::Durability;
use super::early::EarlyEntries;
use super::files::FilePause;
use super::snapshot::SnapshotRequest;
use super::{LARGEST_NUMBER, Node, Role};
use crate::rng::Rng;
use crate::{
    Bare, Config, ConfigError, Entry, ForwardId, HardState, HeartbeatRound, IncomingId, Instant,
    LifecycleTrace, Log, LogIndex, LogPosition, Membership, Output, Payload, Persist, PersistId,
    Say, Snapshot, Speaker, Term, Thing, print_as_said, say,
};

/// The state on a server's disk. The default is an empty disk: the server's first start.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recovered {
    /// The members that this server first started with
    /// ([`Persist::bootstrap`](crate::Persist::bootstrap)); `Some` of none for a server that
    /// started in order to join a cluster. `None` on an empty disk, and on one that was written
    /// before these were stored.
    pub bootstrap: Option<Membership>,
    /// The last stored term and vote.
    pub hard_state: HardState,
    /// The last stored snapshot.
    pub snapshot: Option<Snapshot>,
    /// The last stored [`SnapshotWrite::log_start`](crate::SnapshotWrite); `None` if none was
    /// stored: then the entries begin after the snapshot.
    pub log_start: Option<LogPosition>,
    /// The stored entries after `log_start`, in order. They reach the end of the snapshot at least.
    pub entries: Vec<Entry>,
    /// The last stored [`Persist::commit_index`](crate::Persist::commit_index), a lower bound: more
    /// may be committed. 0 if none was stored.
    pub commit_index: LogIndex,
    /// The last entry whose effect is in the state machine that the driver hands on, if that is on
    /// disk; 0 for a state machine that starts empty. After a start, entries up to here are not
    /// handed over by [`Output::Apply`] again, and a snapshot that ends here or before is not
    /// restored.
    pub applied: LogIndex,
}

/// Why a server refuses to start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RestartError {
    /// A setting, or the membership in the stored snapshot, is out of bounds.
    Config(ConfigError),
    /// [`Config::membership`] names members, but not those that this server first started with.
    /// Leave the list as it was, or empty: changes of the membership are in the log.
    OtherBootstrap {
        /// The members in the configuration.
        configured: Membership,
        /// The members that this server first started with; none if it was to join a cluster.
        stored: Membership,
    },
    /// An entry is missing: the stored log is damaged. Do not start from it.
    EntryMissing {
        /// The index that should come next.
        expected: LogIndex,
        /// The index that was found.
        found: LogIndex,
    },
    /// The terms of stored entries go down: the stored log is damaged. Do not start from it.
    TermsDecrease {
        /// The first entry whose term is lower than the one before it.
        at: LogPosition,
    },
    /// The stored log does not reach the snapshot, or starts after it, or contradicts it: the
    /// stored log is damaged. Do not start from it.
    SnapshotContradicted {
        /// The end of the snapshot.
        snapshot: LogPosition,
        /// The position before the first stored entry.
        log_start: LogPosition,
        /// The last stored entry.
        last_log: LogPosition,
    },
    /// The stored log holds an entry of a later term than the stored term: the term was lost, and
    /// with it, perhaps, a vote. Do not start from it.
    TermLost {
        /// The stored term.
        current_term: Term,
        /// The last stored entry.
        last_log: LogPosition,
    },
    /// The log ends before the stored commit index: entries that were committed are lost. Do not
    /// start from it.
    CommitBeyondLog {
        /// The stored commit index.
        commit_index: LogIndex,
        /// The last stored entry.
        last_log: LogPosition,
    },
    /// The state machine holds entries that the log does not: the log lost them, or the two are not
    /// of the same server. Do not start from them.
    AppliedBeyondLog {
        /// [`Recovered::applied`].
        applied: LogIndex,
        /// The last stored entry.
        last_log: LogPosition,
    },
    /// A stored number is absurdly large: the storage is damaged. Do not start from it.
    NumberTooLarge,
}

impl Recovered {
    /// Carries out a write, for disks that are values: in tests, examples and simulations.
    ///
    /// This is what [`Persist`] means: all of it is stored or nothing, in this order.
    pub fn store(&mut self, write: Persist) {
        if let Some(bootstrap) = write.bootstrap {
            self.bootstrap = Some(*bootstrap);
        }
        if let Some(hard_state) = write.hard_state {
            self.hard_state = hard_state;
        }
        if let Some(write) = write.snapshot {
            self.entries.retain(|entry| entry.index > write.log_start.index);
            (self.snapshot, self.log_start) = (Some(write.snapshot), Some(write.log_start));
        }
        if let Some(from) = write.truncate_from {
            self.entries.retain(|entry| entry.index < from);
        }
        self.entries.extend(write.entries.iter().cloned());
        self.commit_index = write.commit_index;
    }
}

/// The part of a [`ForwardId`] that all ids of one life of a server have in common.
const LIFE_BITS: u64 = u64::MAX << 32;

impl Node {
    /// Draws all later random numbers from this seed, for programs that look at several futures of
    /// one moment. What was drawn before stays: the timer that runs, and the ids of forwarded
    /// commands.
    pub fn reseed(&mut self, seed: u64) {
        self.rng = Rng::new(seed);
    }

    /// Tells its decisions with reasons from now on, or not ([`Config::trace`]).
    pub fn set_trace(&mut self, is_told: bool) {
        self.config.trace = is_told;
    }

    /// Draws election timeouts from this part of the range of the settings from now on, for
    /// programs in which people watch elections. A bound outside of the range is moved into it. The
    /// timer that runs stays.
    pub fn draw_timeouts_from(&mut self, min: Duration, max: Duration) {
        let settings = &self.config.settings;
        let (least, most) = (settings.election_timeout_min, settings.election_timeout_max);
        let within = |bound: Duration| bound.clamp(least, most).as_micros() as u64;
        self.election_timeout_micros = (within(min), within(max.max(min)));
    }

    /// Starts a server at the moment `now` from what its disk holds.
    ///
    /// # Errors
    /// When a setting is out of bounds, or the recovered state contradicts itself or the
    /// configuration.
    pub fn new(config: Config, recovered: Recovered, now: Instant) -> Result<Self, RestartError> {
        #[cfg(feature = "bugs")]
        let recovered = super::mutants::recover(&config, recovered);
        config.validate().map_err(RestartError::Config)?;
        let mut recovered = recovered;
        let entries = core::mem::take(&mut recovered.entries);
        let (log, memberships) = recover_log(&config, &recovered, entries)?;
        let Recovered { bootstrap: stored, hard_state, snapshot, commit_index, applied, .. } =
            recovered;
        let (end, last_log) = (end_of(snapshot.as_ref()), log.last());
        let current_term = hard_state.current_term;
        let mut rng = Rng::new(config.seed);
        let last_forward = ForwardId((rng.next() ^ now.0.rotate_left(32)) & LIFE_BITS);
        // The clock of the node begins at 0, so there is room for all later times.
        let (shown_now, now) = (now.0, Instant(0));
        let (min, max) =
            (config.settings.election_timeout_min, config.settings.election_timeout_max);
        let mut node = Self {
            election_timeout_micros: (min.as_micros() as u64, max.as_micros() as u64),
            now,
            shown_now,
            rng,
            current_term,
            voted_for: hard_state.voted_for,
            role: Role::Follower { leader: None },
            memberships,
            // All entries that a snapshot covers were committed and applied before it was taken
            // (§7). What was committed once, or applied, stays committed (§5.4).
            commit_index: end.index.max(commit_index).max(applied),
            last_applied: LogIndex(0),
            applied_term: log.term_at(end.index.max(applied)).unwrap_or(end.term),
            timer_started: now,
            deadline: now,
            unstored_vote: None,
            acked: (Term(0), HeartbeatRound(0)),
            leader_heard: None,
            is_needed: false,
            successor: None,
            durability: Durability::new(last_log.index),
            has_requests: false,
            proposed: Vec::new(),
            proposals: VecDeque::new(),
            readable: Vec::new(),
            forwarded: VecDeque::new(),
            last_forward,
            incoming_snapshot: None,
            last_incoming: IncomingId(0),
            replaced_files: Vec::new(),
            early: EarlyEntries::default(),
            snapshot_write: PersistId(0),
            file_pause: FilePause::default(),
            snapshot_request: SnapshotRequest::default(),
            alarms: (Term(0), Vec::new()),
            outputs: VecDeque::new(),
            log,
            snapshot,
            config,
        };
        node.begin(applied, stored.is_none());
        #[cfg(feature = "bugs")]
        super::mutants::announce(&mut node);
        Ok(node)
    }

    /// The first steps of a server whose state machine has applied the entries up to `applied`.
    fn begin(&mut self, applied: LogIndex, is_first_start: bool) {
        self.last_applied = rule!(self.applied_at_start(applied));
        if is_first_start {
            self.durability.add_bootstrap(self.config.membership.clone());
        }
        // Before the crash, this server may have answered a leader.
        rule!(self.distrust_leases());
        self.restart_election_timer();
        let end = self.snapshot_end();
        if let Some(snapshot) = self.snapshot.clone().filter(|_| applied < end.index) {
            self.outputs.push_back(Output::Restore(snapshot));
        }
        let (term, voted_for) = (self.current_term, self.voted_for);
        let (last_log, commit_index) = (self.log.last(), self.commit_index);
        self.trace(|| LifecycleTrace::Started {
            term,
            voted_for,
            snapshot: end,
            last_log,
            commit_index,
        });
        // A start asks for no snapshot because the log has many entries: the next entry that is
        // applied does.
        self.snapshot_request.not_before = self.commit_index.next();
        self.apply_committed();
    }

    /// Raft §7: the snapshot has the effects of the entries up to its end, also of those that the
    /// log keeps. The state machine has those up to `applied`.
    pub(super) fn applied_at_start(&self, applied: LogIndex) -> LogIndex {
        self.snapshot_end().index.max(applied)
    }
}

/// The log on disk and the memberships in it, if neither contradicts anything else there.
fn recover_log(
    config: &Config,
    recovered: &Recovered,
    entries: Vec<Entry>,
) -> Result<(Log, Vec<(LogIndex, Membership)>), RestartError> {
    let Recovered { bootstrap, hard_state, snapshot, log_start, commit_index, applied, .. } =
        recovered;
    let bootstrap = bootstrap_of(config, bootstrap.as_ref())?;
    if let Some(snapshot) = snapshot {
        snapshot.membership.validate().map_err(RestartError::Config)?;
    }
    let end = end_of(snapshot.as_ref());
    let log_start = log_start.unwrap_or(end);
    let current_term = hard_state.current_term;
    if current_term.0 > LARGEST_NUMBER || end.index.max(log_start.index).0 > LARGEST_NUMBER {
        return Err(RestartError::NumberTooLarge);
    }
    check_entries(log_start, &entries)?;
    let first = snapshot.as_ref().map_or(bootstrap, |snapshot| &snapshot.membership);
    let memberships = recover_memberships(end.index, first.clone(), &entries)?;
    let mut log = Log::new(log_start);
    log.append_recovered(entries);
    if log.term_at(end.index) != Some(end.term) {
        let (snapshot, last_log) = (end, log.last());
        return Err(RestartError::SnapshotContradicted { snapshot, log_start, last_log });
    }
    let (last_log, commit_index, applied) = (log.last(), *commit_index, *applied);
    if last_log.term > current_term {
        return Err(RestartError::TermLost { current_term, last_log });
    }
    if commit_index > last_log.index {
        return Err(RestartError::CommitBeyondLog { commit_index, last_log });
    }
    if applied > last_log.index {
        return Err(RestartError::AppliedBeyondLog { applied, last_log });
    }
    Ok((log, memberships))
}

fn end_of(snapshot: Option<&Snapshot>) -> LogPosition {
    snapshot.map_or(LogPosition::ORIGIN, Snapshot::position)
}

/// The members that the server first started with. [`Config::membership`] counts only if the disk
/// does not say: a list that was edited later must not make a majority of its own.
fn bootstrap_of<'a>(
    config: &'a Config,
    stored: Option<&'a Membership>,
) -> Result<&'a Membership, RestartError> {
    let configured = &config.membership;
    let Some(stored) = stored else { return Ok(configured) };
    if !stored.is_empty() {
        stored.validate().map_err(RestartError::Config)?;
    }
    if !configured.is_empty() && !configured.has_same_servers_as(stored) {
        let (configured, stored) = (configured.clone(), stored.clone());
        return Err(RestartError::OtherBootstrap { configured, stored });
    }
    Ok(stored)
}

/// Checks that the entries follow `base` and each other, and that their terms never go down.
fn check_entries(base: LogPosition, entries: &[Entry]) -> Result<(), RestartError> {
    let mut last = base;
    for entry in entries {
        let expected = last.index.next();
        if entry.index != expected {
            return Err(RestartError::EntryMissing { expected, found: entry.index });
        }
        if entry.term < last.term {
            return Err(RestartError::TermsDecrease { at: entry.position() });
        }
        last = entry.position();
    }
    Ok(())
}

/// Raft §6: a server uses the latest membership in its log, committed or not. `first` is the
/// snapshot's, which is in force at its end.
fn recover_memberships(
    end: LogIndex,
    first: Membership,
    entries: &[Entry],
) -> Result<Vec<(LogIndex, Membership)>, RestartError> {
    let mut memberships = vec![(end, first)];
    for entry in entries.iter().filter(|entry| entry.index > end) {
        if let Payload::Membership(membership) = &entry.payload {
            membership.validate().map_err(RestartError::Config)?;
            memberships.push((entry.index, membership.clone()));
        }
    }
    Ok(memberships)
}

impl<T: From<Thing>> Say<T> for RestartError {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::Config(error) => error.say(out),
            Self::OtherBootstrap { configured, stored } => {
                say!(
                    out; "the configuration lists the members ", configured,
                    ", but this server "
                )?;
                match stored.is_empty() {
                    true => say!(out; "first started without members, to join a cluster")?,
                    false => say!(out; "first started with the members ", stored)?,
                }
                say!(
                    out; ", as its disk says. Put that list back, or leave the list empty: a \
                     change of the membership at the leader adds and removes members, this list \
                     does not"
                )
            }
            Self::EntryMissing { expected, found } => {
                say!(
                    out; "the stored log is damaged: ", expected, " is missing, ", Bare(found),
                    " follows"
                )
            }
            Self::TermsDecrease { at } => say!(
                out; "the stored log is damaged: ", at, " has a lower term than the entry before it"
            ),
            Self::SnapshotContradicted { snapshot, log_start, last_log } => say!(
                out; "the stored log, from ", Bare(log_start), " to ", Bare(last_log),
                ", does not hold the end of the stored snapshot, ", Bare(snapshot),
                ": one of the two is damaged"
            ),
            Self::TermLost { current_term, last_log } => say!(
                out; "the stored ", current_term, " is older than the last stored ", last_log,
                ": a term, and perhaps a vote, was lost"
            ),
            Self::CommitBeyondLog { commit_index, last_log } => say!(
                out; "the stored log is damaged: entries up to ", Bare(commit_index),
                " were committed, but it ends at ", Bare(last_log)
            ),
            Self::AppliedBeyondLog { applied, last_log } => say!(
                out; "the state machine has applied entries up to ", Bare(applied),
                ", but the stored log ends at ", Bare(last_log),
                ": the log lost entries, or belongs to another server"
            ),
            Self::NumberTooLarge => {
                say!(out; "a stored term or index is absurdly large: the storage is damaged")
            }
        }
    }
}

print_as_said!(Thing: RestartError);

impl core::error::Error for RestartError {}
