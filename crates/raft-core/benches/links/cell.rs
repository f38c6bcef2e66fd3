//! One transfer to a server that is behind, and its bounds.

use raft_core::{
    Bytes, Entry, HardState, LogIndex, Membership, Payload, Recovered, Snapshot, Term,
};

use super::world::{ENTRY_BYTES, Link, World};

/// Bytes of an entry's command.
const COMMAND: usize = 128;
/// No transfer takes longer: 50 × the ideal, and a minute.
const PATIENCE: u64 = 50;

/// What the link carries to the server that is behind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cargo {
    /// A snapshot of so many MiB.
    Snapshot(u64),
    /// So many entries.
    Entries(u64),
}

impl Cargo {
    fn bytes(self) -> u64 {
        match self {
            Self::Snapshot(mib) => mib << 20,
            Self::Entries(count) => count * (ENTRY_BYTES + COMMAND as u64),
        }
    }

    /// The disks of servers 1 and 3, which server 2 lacks.
    pub(crate) fn disk(self, members: &Membership) -> Recovered {
        let hard_state = HardState { current_term: Term(1), voted_for: None };
        let bootstrap = Some(members.clone());
        match self {
            Self::Snapshot(mib) => Recovered {
                bootstrap,
                hard_state,
                snapshot: Some(Snapshot {
                    last_included_index: LogIndex(1000),
                    last_included_term: Term(1),
                    membership: members.clone(),
                    data: Bytes::from(vec![1; (mib << 20) as usize]).into(),
                }),
                ..Recovered::default()
            },
            Self::Entries(count) => {
                let payload = Payload::Command(Bytes::from(vec![1; COMMAND]));
                let entry = |index| Entry {
                    index: LogIndex(index),
                    term: Term(1),
                    payload: payload.clone(),
                };
                let entries = (1..=count).map(entry).collect();
                Recovered { bootstrap, hard_state, entries, ..Recovered::default() }
            }
        }
    }
}

/// A cargo and the link that carries it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) cargo: Cargo,
    /// Bytes per second.
    pub(crate) rate: u64,
    /// One way, in milliseconds.
    pub(crate) latency: u64,
    /// In per cent, of the messages in both directions.
    pub(crate) loss: u64,
}

/// What a transfer took.
#[derive(Debug)]
pub(crate) struct Transfer {
    /// The bytes that were sent, over those of the cargo.
    pub(crate) bytes: f64,
    /// The time, over the ideal.
    pub(crate) time: f64,
    pub(crate) elections: u64,
    /// In microseconds.
    pub(crate) longest_silence: u64,
}

impl Cell {
    /// The microseconds that the link needs for the bytes of the cargo, and one latency.
    pub(crate) fn ideal(self) -> f64 {
        self.cargo.bytes() as f64 / self.rate as f64 * 1e6 + (self.latency * 1000) as f64
    }

    /// Carries the cargo of these disks.
    ///
    /// # Panics
    /// If the transfer does not end in time.
    pub(crate) fn transfer(self, members: &Membership, disk: &Recovered) -> Transfer {
        let link = Link::new(self.rate, self.latency * 1000, self.loss);
        let (mut world, ideal) = (World::new(members, disk, link), self.ideal());
        let took = world.run(ideal as u64 * PATIENCE + 60_000_000).unwrap_or_else(|| {
            let (sent, elections) = (world.sent_bytes, world.elections);
            panic!("{self:?} NEVER ends: {sent} bytes were sent, {elections} elections")
        });
        Transfer {
            bytes: world.sent_bytes as f64 / self.cargo.bytes() as f64,
            time: took as f64 / ideal,
            elections: world.elections,
            longest_silence: world.longest_silence,
        }
    }

    /// Where nothing is lost, a link is not flooded, and a leader that sends a snapshot stays.
    /// Entries are not sent in messages that suit a slow link: a long one may take it an election
    /// timeout. Where something is lost, only that is sent again.
    ///
    /// # Panics
    /// If the transfer is not within these bounds.
    pub(crate) fn check(self, transfer: &Transfer) {
        let most = if self.loss < 10 { 1.1 } else { 2.0 };
        assert!(transfer.bytes <= most, "{self:?}: {transfer:?}");
        if self.loss > 0 {
            return;
        }
        match self.cargo {
            Cargo::Snapshot(_) => {
                assert!(transfer.time <= 1.25, "{self:?}: {transfer:?}");
                assert_eq!(transfer.elections, 0, "{self:?}: there was an election");
            }
            // As far as the window fills the link: 64 messages of 100 entries.
            Cargo::Entries(_) if self.rate * 2 * self.latency / 1000 <= 1_000_000 => {
                assert!(transfer.time <= 1.25, "{self:?}: {transfer:?}");
            }
            Cargo::Entries(_) => {}
        }
    }
}
