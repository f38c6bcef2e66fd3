//! A simulated directory, with the faults that file systems have.
//!
//! What is written is seen at once, and survives a loss of power only after a flush. Without one,
//! any part of it may survive: each sector of 512 bytes by itself, the length of a file apart from
//! its bytes, each change of a name apart from the others.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::rc::Rc;

use crate::{DiskFile, FileSystem};

/// Bytes that survive together or not at all.
const SECTOR: usize = 512;

/// Whether flushes succeed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Flushes {
    /// They do.
    #[default]
    Work,
    /// The next one fails. What it should have flushed counts as flushed from then on, and is not:
    /// so do Linux and others.
    FailOnce,
    /// All fail.
    Fail,
}

/// A simulated directory. Clones are the same directory.
#[derive(Clone, Debug, Default)]
pub struct SimulatedDirectory(Rc<RefCell<State>>);

/// A file of a [`SimulatedDirectory`].
#[derive(Clone, Debug)]
pub struct SimulatedFile {
    state: Rc<RefCell<State>>,
    id: usize,
}

#[derive(Clone, Debug, Default)]
struct State {
    files: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// The changes of names that are not flushed.
    changes: Vec<Change>,
    flushes: Flushes,
    /// The bytes that all files may have together.
    room: Option<u64>,
    /// How many more changes and flushes are carried out.
    left: Option<u64>,
    salts: u64,
}

#[derive(Clone, Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// The sectors that are not flushed.
    dirty: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
enum Change {
    Set(String, usize),
    Remove(String),
}

impl SimulatedDirectory {
    /// The power fails. `survives` decides of each part that was not flushed whether it is on the
    /// medium. All open files are gone.
    pub fn crash(&self, mut survives: impl FnMut() -> bool) {
        let mut state = self.0.borrow_mut();
        let State { files, names, durable_names, changes, .. } = &mut *state;
        for content in files.iter_mut() {
            let mut left = content.durable.clone();
            if content.bytes.len() != left.len() && survives() {
                left.resize(content.bytes.len(), 0);
            }
            for sector in std::mem::take(&mut content.dirty) {
                if survives() {
                    copy_sector(&content.bytes, &mut left, sector);
                }
            }
            (content.bytes, content.durable) = (left.clone(), left);
        }
        for change in std::mem::take(changes) {
            if survives() {
                change.carry_out(durable_names);
            }
        }
        names.clone_from(durable_names);
        (state.flushes, state.left) = (Flushes::Work, None);
    }

    /// The process was killed, and another one begins: what was written is there, flushed or not.
    pub fn kill(&self) {
        let mut state = self.0.borrow_mut();
        (state.flushes, state.left) = (Flushes::Work, None);
    }

    /// After so many more changes and flushes the power fails, or the process is killed: all later
    /// ones are errors without an effect, until [`crash`](Self::crash) or [`kill`](Self::kill).
    pub fn fail_after(&self, operations: u64) {
        self.0.borrow_mut().left = Some(operations);
    }

    /// Whether flushes succeed from now on.
    pub fn set_flushes(&self, flushes: Flushes) {
        self.0.borrow_mut().flushes = flushes;
    }

    /// How many bytes all files may have together; `None`: any number.
    pub fn set_room(&self, bytes: Option<u64>) {
        self.0.borrow_mut().room = bytes;
    }

    /// Changes the bytes of a file on the medium, as a fault of the medium does. Nothing happens if
    /// there is no such file.
    pub fn damage(&self, name: &str, change: impl FnOnce(&mut [u8])) {
        let mut state = self.0.borrow_mut();
        let Some(id) = state.names.get(name).copied() else { return };
        let content = &mut state.files[id];
        change(&mut content.bytes);
        content.durable.clone_from(&content.bytes);
    }

    fn file(&self, id: usize) -> SimulatedFile {
        SimulatedFile { state: self.0.clone(), id }
    }
}

impl Change {
    fn carry_out(self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Set(name, id) => drop(names.insert(name, id)),
            Self::Remove(name) => drop(names.remove(&name)),
        }
    }
}

impl State {
    fn change(&mut self, change: Change) {
        change.clone().carry_out(&mut self.names);
        self.changes.push(change);
    }

    /// # Errors
    /// If the power has failed.
    fn begin(&mut self) -> io::Result<()> {
        match &mut self.left {
            None => Ok(()),
            Some(0) => Err(io::Error::other("the power has failed")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    /// # Errors
    /// If flushes fail now.
    fn try_flush(&mut self) -> io::Result<()> {
        match self.flushes {
            Flushes::Work => return Ok(()),
            Flushes::FailOnce => self.flushes = Flushes::Work,
            Flushes::Fail => {}
        }
        Err(io::Error::other("the medium reports an error"))
    }
}

impl FileSystem for SimulatedDirectory {
    type File = SimulatedFile;

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.0.borrow().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<SimulatedFile> {
        let mut state = self.0.borrow_mut();
        state.begin()?;
        let id = state.files.len();
        state.files.push(Content::default());
        state.change(Change::Set(name.to_owned(), id));
        drop(state);
        Ok(self.file(id))
    }

    fn open(&self, name: &str) -> io::Result<SimulatedFile> {
        let id = self.0.borrow().names.get(name).copied();
        Ok(self.file(id.ok_or(ErrorKind::NotFound)?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.begin()?;
        let id = *state.names.get(from).ok_or(ErrorKind::NotFound)?;
        state.change(Change::Set(to.to_owned(), id));
        state.change(Change::Remove(from.to_owned()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.begin()?;
        if !state.names.contains_key(name) {
            return Err(ErrorKind::NotFound.into());
        }
        state.change(Change::Remove(name.to_owned()));
        Ok(())
    }

    fn salt(&self) -> u64 {
        let mut state = self.0.borrow_mut();
        state.salts += 1;
        state.salts.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.begin()?;
        let flushed = state.try_flush();
        let State { durable_names, changes, .. } = &mut *state;
        let changes = std::mem::take(changes);
        flushed?;
        changes.into_iter().for_each(|change| change.carry_out(durable_names));
        Ok(())
    }
}

impl DiskFile for SimulatedFile {
    fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        state.begin()?;
        let (begin, end) = (place as usize, place as usize + bytes.len());
        let used: usize = state.names.values().map(|id| state.files[*id].bytes.len()).sum();
        let grows = end.saturating_sub(state.files[self.id].bytes.len());
        if state.room.is_some_and(|room| (used + grows) as u64 > room) {
            return Err(ErrorKind::StorageFull.into());
        }
        let content = &mut state.files[self.id];
        if grows > 0 {
            content.bytes.resize(end, 0);
        }
        content.bytes[begin..end].copy_from_slice(bytes);
        if end > begin {
            content.dirty.extend(begin / SECTOR..=(end - 1) / SECTOR);
        }
        Ok(())
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        Ok(self.state.borrow().files[self.id].bytes.clone())
    }

    fn read_start(&self, bytes: usize) -> io::Result<Vec<u8>> {
        let state = self.state.borrow();
        let all = &state.files[self.id].bytes;
        Ok(all[..bytes.min(all.len())].to_vec())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        state.begin()?;
        let flushed = state.try_flush();
        let content = &mut state.files[self.id];
        let dirty = std::mem::take(&mut content.dirty);
        flushed?;
        content.durable.resize(content.bytes.len(), 0);
        for sector in dirty {
            copy_sector(&content.bytes, &mut content.durable, sector);
        }
        Ok(())
    }
}

fn copy_sector(from: &[u8], to: &mut Vec<u8>, sector: usize) {
    let begin = sector * SECTOR;
    let end = (begin + SECTOR).min(from.len());
    if to.len() < end {
        to.resize(end, 0);
    }
    to[begin..end].copy_from_slice(&from[begin..end]);
}
