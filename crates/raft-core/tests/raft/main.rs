//! Raft as the paper states it, sentence by sentence, and its safety properties under random
//! faults.
//!
//! | file | what it tests |
//! |---|---|
//! | `server`, `files`, `cluster`, `invariants`, `builders` | the harness: a driver for one node, its files of snapshots, a network whose every step the test decides, what must always hold |
//! | `terms` | §5.1 |
//! | `elections`, `votes` | §5.2 |
//! | `restriction` | §5.4.1 |
//! | `follower`, `leader`, `figure7` | §5.3 |
//! | `commit`, `figure8` | §5.3, §5.4.2 |
//! | `flow` | pipelining, and recovery from the loss of any message |
//! | `early` | entries after a gap wait, and the leader repeats one message |
//! | `snapshots`, `streaming` | §7 |
//! | `links` | how many bytes and how much time a transfer over a link takes |
//! | `storing` | §7: the leader waits while a follower stores a snapshot, and not for ever |
//! | `in_files` | §7: snapshots in files of the driver |
//! | `trailing` | §7: entries that a log keeps before the end of its snapshot |
//! | `clients` | §8 |
//! | `forwarding` | §8, commands that a follower forwards |
//! | `prevote` | dissertation §9.6 |
//! | `quorum_check` | dissertation §6.2, §4.2.3 |
//! | `reads` | dissertation §6.4 |
//! | `leadership_transfer`, `hung_disk` | dissertation §3.10 |
//! | `slow_disks` | §5.6: disks slower than an election timeout |
//! | `clock` | a driver's clock that goes back |
//! | `membership` | §6, dissertation chapter 4 |
//! | `contexts` | the contexts of members: in each step of a change, in snapshots, on disk |
//! | `needed_learner` | a learner that starts an election (dissertation §4.2.2) |
//! | `catching_up` | dissertation §4.2.1: rounds, and what ends them |
//! | `availability` | dissertation §4.2: no change of the voters ends the cluster |
//! | `alarms` | what no correct server sends, and states that are too large |
//! | `limits` | the limits of what a node takes, sends and holds in memory |
//! | `values` | the types of messages and disks as values |
//! | `rules` | the page "Figure 2 → function" |
//! | `settings` | `Config` and `RestartError` |
//! | `restart` | what a server starts from, the first time and later |
//! | `safety`, `everything`, `nonsense` | property tests |

mod builders;
mod cluster;
mod files;
mod invariants;
mod server;

mod alarms;
mod availability;
mod catching_up;
mod clients;
mod clock;
mod commit;
mod contexts;
mod early;
mod elections;
mod everything;
mod figure7;
mod figure8;
mod fingerprints;
mod flow;
mod follower;
mod forwarding;
mod hung_disk;
mod in_files;

mod leader;
mod leadership_transfer;
mod limits;
mod links;
mod membership;
mod needed_learner;
mod nonsense;
mod prevote;
mod quorum_check;
mod reads;
mod restart;
mod restarted_peer;
mod restriction;
mod rules;
mod safety;
mod settings;
mod slow_disks;
mod snapshots;
mod storing;
mod streaming;
mod terms;
mod trailing;
mod values;
mod votes;
