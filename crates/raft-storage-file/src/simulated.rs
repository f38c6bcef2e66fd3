//! A simulated directory, with the faults that file systems have.
//!
//! What is written is seen at once, and survives a loss of power only after a flush. Without one,
//! any part of it may survive: each sector of 512 bytes by itself, the length of a file apart from
//! its bytes, each change of a name apart from the others.
//!
//! A directory is a value: a clone is another directory with the same files, and shares their
//! memory.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::Arc;

use imbl::OrdMap;

use crate::FileSystem;
use crate::frame::{HEADER, Header, read_frame};

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

/// A simulated directory.
#[derive(Clone, Debug, Default)]
pub struct SimulatedDirectory {
    /// Those with a name, and those that may have one after a crash.
    contents: OrdMap<u64, Content>,
    names: OrdMap<String, u64>,
    durable_names: OrdMap<String, u64>,
    /// The changes of names that are not flushed.
    changes: Vec<Change>,
    flushes: Flushes,
    /// The bytes that all files may have together.
    room: Option<u64>,
    /// How many more changes and flushes are carried out.
    left: Option<u64>,
    /// How many more flushes are.
    flushes_left: Option<u64>,
    /// How many files there were.
    made: u64,
    salts: u64,
}

/// A file of a [`SimulatedDirectory`].
#[derive(Clone, Copy, Debug)]
pub struct SimulatedFile(u64);

#[derive(Clone, Debug, Default)]
struct Content {
    bytes: Arc<Vec<u8>>,
    durable_length: usize,
    /// The sectors that are not what is on the medium.
    unflushed: BTreeMap<usize, Unflushed>,
}

/// What is on the medium in place of a sector.
#[derive(Clone, Debug)]
struct Unflushed {
    /// Without the zeros after the end that the file had.
    before: Vec<u8>,
    /// Whether a crash may leave the sector as it is: not if its flush failed.
    may_survive: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Set(String, u64),
    Remove(String),
}

impl SimulatedDirectory {
    /// The power fails. `survives` decides of each part that was not flushed whether it is on the
    /// medium. Files that were open are no more.
    pub fn crash(&mut self, mut survives: impl FnMut() -> bool) {
        for id in self.unflushed_contents() {
            if let Some(content) = self.contents.get_mut(&id) {
                content.crash(&mut survives);
            }
        }
        for change in std::mem::take(&mut self.changes) {
            if survives() {
                change.carry_out(&mut self.durable_names);
            }
        }
        self.names = self.durable_names.clone();
        self.forget_contents();
        self.kill();
    }

    /// The process was killed, and another one begins: what was written is there, flushed or not.
    pub fn kill(&mut self) {
        (self.flushes, self.left, self.flushes_left) = (Flushes::Work, None, None);
    }

    /// After so many more changes and flushes the power fails, or the process is killed: all later
    /// ones are errors without an effect, until [`crash`](Self::crash) or [`kill`](Self::kill).
    pub fn fail_after(&mut self, operations: u64) {
        self.left = Some(operations);
    }

    /// The same after so many more flushes: the next one is not carried out, and nothing later.
    pub fn fail_at_flush(&mut self, flushes: u64) {
        self.flushes_left = Some(flushes);
    }

    /// How many changes and flushes are left before the power fails, and how many flushes; `None`:
    /// it does not fail.
    pub fn left(&self) -> [Option<u64>; 2] {
        [self.left, self.flushes_left]
    }

    /// Whether flushes succeed from now on.
    pub fn set_flushes(&mut self, flushes: Flushes) {
        self.flushes = flushes;
    }

    /// Whether flushes succeed.
    pub fn flushes(&self) -> Flushes {
        self.flushes
    }

    /// How many bytes all files may have together before none grows any more; `None`: any number.
    pub fn set_room(&mut self, bytes: Option<u64>) {
        self.room = bytes;
    }

    /// Changes the bytes of a file on the medium, as a fault of the medium does. Nothing happens if
    /// there is no such file.
    pub fn damage(&mut self, name: &str, change: impl FnOnce(&mut [u8])) {
        let Some(id) = self.names.get(name) else { return };
        let Some(content) = self.contents.get_mut(id) else { return };
        change(Arc::make_mut(&mut content.bytes).as_mut_slice());
        content.durable_length = content.bytes.len();
        content.unflushed.clear();
    }

    /// The file that has these bytes, and the place in it: of the last file by name, and there the
    /// last place.
    pub fn find(&self, bytes: &[u8]) -> Option<(&str, usize)> {
        self.names.iter().rev().find_map(|(name, id)| {
            let all = &self.contents.get(id)?.bytes;
            let place = all.windows(bytes.len().max(1)).rposition(|found| found == bytes)?;
            Some((name.as_str(), place))
        })
    }

    /// The sectors of a file that have these places, in bytes, up to the end of the file.
    pub fn sectors(&self, name: &str, places: Range<usize>) -> Range<usize> {
        let id = self.names.get(name);
        let length = id.and_then(|id| self.contents.get(id)).map_or(0, |file| file.bytes.len());
        let begin = places.start / SECTOR * SECTOR;
        begin..places.end.next_multiple_of(SECTOR).min(length)
    }

    /// Whether a disk that is opened tells of zeros in place of these sectors of a file, if all
    /// that was flushed is in them: not in what was written last, which may be a write that did
    /// not end.
    pub fn zeros_are_told(&self, name: &str, sectors: Range<usize>) -> bool {
        let segments = || self.names.iter().filter(|(name, _)| name.ends_with(".log"));
        let last = segments().next_back().filter(|(last, _)| *last == name);
        let Some((_, id)) = last else { return true };
        let Some(content) = self.contents.get(id) else { return true };
        let bytes = content.bytes.as_slice();
        let Ok(Header { salt, .. }) = Header::read(bytes) else { return true };
        let mut frames = Vec::new();
        let mut place = HEADER;
        while let Some(frame) = read_frame(bytes, place, salt) {
            frames.push((place, frame.sequence, frame.flushed));
            place = frame.end;
        }
        let is_after = |frame: &&(usize, u64, u64)| frame.0 >= sectors.end;
        let ends = frames.iter().skip(1).map(|(begin, ..)| *begin).chain([place]);
        let hit = frames.iter().zip(ends).position(|(_, end)| end > sectors.start);
        match hit {
            None => false,
            // The first frame was flushed before the segment got its name.
            Some(0) => true,
            Some(hit) => {
                let (_, sequence, _) = frames[hit];
                frames.iter().filter(is_after).any(|(.., flushed)| *flushed >= sequence)
            }
        }
    }

    /// The bytes of the files that an earlier directory does not share.
    pub fn bytes_beyond(&self, earlier: &Self) -> u64 {
        let is_shared = |(id, content): &(&u64, &Content)| {
            let other = earlier.contents.get(*id);
            other.is_some_and(|other: &Content| Arc::ptr_eq(&other.bytes, &content.bytes))
        };
        let own = self.contents.iter().filter(|content| !is_shared(content));
        own.map(|(_, content)| content.bytes.len() as u64).sum()
    }

    fn unflushed_contents(&self) -> Vec<u64> {
        let is_unflushed = |content: &Content| {
            !content.unflushed.is_empty() || content.durable_length != content.bytes.len()
        };
        let unflushed = self.contents.iter().filter(|(_, content)| is_unflushed(content));
        unflushed.map(|(id, _)| *id).collect()
    }

    /// Nobody can open a file without a name.
    fn forget_contents(&mut self) {
        let Self { contents, names, durable_names, changes, .. } = self;
        let set = changes.iter().filter_map(|change| match change {
            Change::Set(_, id) => Some(id),
            Change::Remove(_) => None,
        });
        let all = names.values().chain(durable_names.values()).chain(set);
        let named: BTreeSet<u64> = all.copied().collect();
        let lost: Vec<u64> = contents.keys().filter(|id| !named.contains(id)).copied().collect();
        for id in lost {
            contents.remove(&id);
        }
    }

    fn change(&mut self, change: Change) {
        change.clone().carry_out(&mut self.names);
        self.changes.push(change);
    }

    fn content(&self, file: SimulatedFile) -> io::Result<&Content> {
        self.contents.get(&file.0).ok_or_else(|| ErrorKind::NotFound.into())
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
    /// If the power has failed, or does now.
    fn begin_flush(&mut self) -> io::Result<()> {
        match &mut self.flushes_left {
            None => {}
            Some(0) => self.left = Some(0),
            Some(flushes) => *flushes -= 1,
        }
        self.begin()
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

impl Change {
    fn carry_out(self, names: &mut OrdMap<String, u64>) {
        match self {
            Self::Set(name, id) => drop(names.insert(name, id)),
            Self::Remove(name) => drop(names.remove(&name)),
        }
    }
}

impl Content {
    fn write(&mut self, bytes: &[u8], place: usize) {
        let end = place + bytes.len();
        if end > place {
            for sector in place / SECTOR..=(end - 1) / SECTOR {
                let before = sector * SECTOR..((sector + 1) * SECTOR).min(self.bytes.len());
                let before = || self.bytes.get(before).unwrap_or_default().to_vec();
                let unflushed = self.unflushed.entry(sector);
                let unflushed =
                    unflushed.or_insert_with(|| Unflushed { before: before(), may_survive: true });
                unflushed.may_survive = true;
            }
        }
        let all = Arc::make_mut(&mut self.bytes);
        all.resize(all.len().max(end), 0);
        all[place..end].copy_from_slice(bytes);
    }

    fn crash(&mut self, survives: &mut impl FnMut() -> bool) {
        let all = Arc::make_mut(&mut self.bytes);
        let length = all.len();
        let mut left = self.durable_length;
        if left != length && survives() {
            left = length;
        }
        for (sector, unflushed) in std::mem::take(&mut self.unflushed) {
            let end = ((sector + 1) * SECTOR).min(length);
            if unflushed.may_survive && survives() {
                left = left.max(end);
                continue;
            }
            let begin = sector * SECTOR;
            let before = unflushed.before.len();
            all[begin..begin + before].copy_from_slice(&unflushed.before);
            all[begin + before..end].fill(0);
        }
        all.truncate(left);
        self.durable_length = left;
    }
}

impl FileSystem for SimulatedDirectory {
    type File = SimulatedFile;

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.names.keys().cloned().collect())
    }

    fn create(&mut self, name: &str) -> io::Result<SimulatedFile> {
        self.begin()?;
        self.made += 1;
        let id = self.made;
        self.contents.insert(id, Content::default());
        self.change(Change::Set(name.to_owned(), id));
        Ok(SimulatedFile(id))
    }

    fn open(&self, name: &str) -> io::Result<SimulatedFile> {
        let id = self.names.get(name).copied();
        Ok(SimulatedFile(id.ok_or(ErrorKind::NotFound)?))
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.begin()?;
        let id = *self.names.get(from).ok_or(ErrorKind::NotFound)?;
        self.change(Change::Set(to.to_owned(), id));
        self.change(Change::Remove(from.to_owned()));
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.begin()?;
        if !self.names.contains_key(name) {
            return Err(ErrorKind::NotFound.into());
        }
        self.change(Change::Remove(name.to_owned()));
        Ok(())
    }

    fn salt(&mut self) -> u64 {
        self.salts += 1;
        self.salts.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn sync_names(&mut self) -> io::Result<()> {
        self.begin_flush()?;
        let flushed = self.try_flush();
        let changes = std::mem::take(&mut self.changes);
        if flushed.is_ok() {
            changes.into_iter().for_each(|change| change.carry_out(&mut self.durable_names));
        }
        self.forget_contents();
        flushed
    }

    fn write_at(&mut self, file: &SimulatedFile, bytes: &[u8], place: u64) -> io::Result<()> {
        self.begin()?;
        let length = |id: &u64| self.contents.get(id).map_or(0, |content| content.bytes.len());
        let end = place as usize + bytes.len();
        let grows = end.saturating_sub(length(&file.0)) as u64;
        let used: usize = self.names.values().map(length).sum();
        if grows > 0 && self.room.is_some_and(|room| used as u64 + grows > room) {
            return Err(ErrorKind::StorageFull.into());
        }
        let content = self.contents.get_mut(&file.0).ok_or(ErrorKind::NotFound)?;
        content.write(bytes, place as usize);
        Ok(())
    }

    fn read(&self, file: &SimulatedFile) -> io::Result<Vec<u8>> {
        Ok(self.content(*file)?.bytes.to_vec())
    }

    fn read_start(&self, file: &SimulatedFile, bytes: usize) -> io::Result<Vec<u8>> {
        let all = &self.content(*file)?.bytes;
        Ok(all[..bytes.min(all.len())].to_vec())
    }

    fn sync(&mut self, file: &SimulatedFile) -> io::Result<()> {
        self.begin_flush()?;
        let flushed = self.try_flush();
        let content = self.contents.get_mut(&file.0).ok_or(ErrorKind::NotFound)?;
        match flushed {
            Ok(()) => {
                // What an earlier flush did not bring to the medium, this one does not either.
                content.unflushed.retain(|_, sector| !sector.may_survive);
                content.durable_length = content.bytes.len();
            }
            Err(_) => {
                content.unflushed.values_mut().for_each(|sector| sector.may_survive = false);
            }
        }
        flushed
    }
}
