//! Durable batches of log entries a second: the files of this repository, and three stores that
//! others use for logs of Raft.
//!
//! Each commit takes some entries of a log with their term and vote, and returns when they survive
//! a loss of power. All take turns in short rounds, in directories beside each other, so whatever
//! else the machine and its disk do meets all; of each, the median round counts. Keys and values
//! are what the store needs: the index, and the record with its checksum.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use raft_core::{Entry, HardState, LogIndex, Payload, Persist, Term};
use raft_engine::{Config, Engine, LogBatch};
use raft_storage::{Write, WriteBatch};
use raft_storage_file::{Directory, FileDisk, Options};
use redb::{Durability, ReadableDatabase, TableDefinition};

type Fallible<T> = Result<T, Box<dyn Error>>;

const ROUND: Duration = Duration::from_millis(250);
const ROUNDS: usize = 9;
const LOADS: [(usize, usize); 4] = [(1, 128), (16, 128), (64, 128), (16, 4096)];
const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");

/// Something that makes a batch durable.
trait Store {
    fn commit(&mut self, batch: &WriteBatch) -> Fallible<()>;
}

impl Store for FileDisk<Directory> {
    fn commit(&mut self, batch: &WriteBatch) -> Fallible<()> {
        self.append(batch)?;
        self.flush()?;
        Ok(())
    }
}

/// The records of a batch, by a number each.
fn records(batch: &WriteBatch) -> impl Iterator<Item = (u64, &[u8])> {
    batch.writes.iter().enumerate().filter_map(|(place, write)| match write {
        Write::Put { key: raft_storage::RecordKey::Entry(index), record } => {
            Some((index.0 + 100, &record[..]))
        }
        Write::Put { record, .. } => Some((place as u64 % 100, &record[..])),
        Write::DeleteEntries { .. } | Write::DeleteFiles | Write::Delete { .. } => None,
    })
}

struct Fjall(Database, Keyspace);

impl Store for Fjall {
    fn commit(&mut self, batch: &WriteBatch) -> Fallible<()> {
        let mut writes = self.0.batch().durability(Some(PersistMode::SyncData));
        for (key, record) in records(batch) {
            writes.insert(&self.1, key.to_be_bytes(), record);
        }
        Ok(writes.commit()?)
    }
}

impl Store for Engine {
    fn commit(&mut self, batch: &WriteBatch) -> Fallible<()> {
        let mut writes = LogBatch::default();
        for (key, record) in records(batch) {
            writes.put(1, key.to_be_bytes().to_vec(), record.to_vec())?;
        }
        self.write(&mut writes, true)?;
        Ok(())
    }
}

impl Store for redb::Database {
    fn commit(&mut self, batch: &WriteBatch) -> Fallible<()> {
        let mut writes = self.begin_write()?;
        writes.set_durability(Durability::Immediate)?;
        let mut table = writes.open_table(TABLE)?;
        for (key, record) in records(batch) {
            table.insert(key, record)?;
        }
        drop(table);
        Ok(writes.commit()?)
    }
}

/// A log that grows by batches.
struct Log {
    last: u64,
    entries: usize,
    bytes: usize,
}

impl Log {
    fn next(&mut self) -> WriteBatch {
        let payload = vec![self.last as u8 | 1; self.bytes];
        let entries = (1..=self.entries as u64).map(|place| Entry {
            index: LogIndex(self.last + place),
            term: Term(1),
            payload: Payload::Command(payload.clone().into()),
        });
        let persist = Persist {
            hard_state: Some(HardState { current_term: Term(1), voted_for: None }),
            entries: entries.collect::<Vec<_>>().into(),
            ..Persist::default()
        };
        self.last += self.entries as u64;
        WriteBatch::from_persist(&persist)
    }
}

fn main() -> Fallible<()> {
    let root = env::temp_dir().join(format!("helios-disks-{}", std::process::id()));
    let root = env::args().nth(1).map_or(root, Into::into);
    println!("| entries a commit | bytes each | files of Helios | raft-engine | fjall | redb |");
    println!("|---:|---:|---:|---:|---:|---:|");
    for (entries, bytes) in LOADS {
        let folder = root.join(format!("{entries}-{bytes}"));
        fs::create_dir_all(&folder)?;
        let mut stores = stores(&folder)?;
        let mut logs: Vec<Log> = stores.iter().map(|_| Log { last: 0, entries, bytes }).collect();
        let mut rates: Vec<Vec<f64>> = stores.iter().map(|_| Vec::new()).collect();
        for _ in 0..ROUNDS {
            for ((store, log), rates) in stores.iter_mut().zip(&mut logs).zip(&mut rates) {
                let (begun, mut commits) = (Instant::now(), 0_u32);
                while begun.elapsed() < ROUND {
                    store.commit(&log.next())?;
                    commits += 1;
                }
                rates.push(f64::from(commits) / begun.elapsed().as_secs_f64());
            }
        }
        let medians: Vec<f64> = rates.iter_mut().map(|rates| median(rates)).collect();
        let others =
            medians[1..].iter().map(|rate| format!("{rate:.0}/s ({:.1}×)", medians[0] / rate));
        let others: Vec<String> = others.collect();
        println!("| {entries} | {bytes} | {:.0}/s | {} |", medians[0], others.join(" | "));
    }
    fs::remove_dir_all(&root)?;
    Ok(())
}

fn stores(folder: &Path) -> Fallible<Vec<Box<dyn Store>>> {
    let files = Directory::open(&folder.join("helios"))?;
    let (ours, ..) = FileDisk::open(files, Options::default())?;
    let dir = folder.join("raft-engine").to_string_lossy().into_owned();
    let engine = Engine::open(Config { dir, ..Config::default() })?;
    let fjall = Database::builder(folder.join("fjall")).open()?;
    let keyspace = fjall.keyspace("log", KeyspaceCreateOptions::default)?;
    let redb = redb::Database::create(folder.join("redb"))?;
    let _ = redb.begin_read()?;
    Ok(vec![Box::new(ours), Box::new(engine), Box::new(Fjall(fjall, keyspace)), Box::new(redb)])
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
