//! Files of snapshots that are written beside the batches, so that no vote waits for them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use raft_core::{Bytes, SnapshotFile};
use raft_storage::FileRecord;

use crate::disk::{draft_name, snapshot_name};

/// The files of snapshots in the directory of a [`FileDisk`](crate::FileDisk), which may be used at
/// the same time. A file that is stored here is found when the disk is opened.
#[derive(Clone, Debug)]
pub struct SnapshotFiles {
    path: PathBuf,
}

/// A file that is being written. It has no name before it is whole.
#[derive(Debug)]
pub struct SnapshotDraft {
    files: SnapshotFiles,
    handle: u64,
    file: File,
}

/// So many bytes are copied at once.
const PIECE: usize = 256 << 10;

impl SnapshotFiles {
    /// The files in a directory that is open.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Stores data of this length under a handle that no file of this directory ever had. It is on
    /// stable storage when this returns.
    ///
    /// # Errors
    /// It cannot be stored, or `write` gives another number of bytes. Nothing is left of it.
    pub fn store(
        &self,
        (handle, bytes): (u64, u64),
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<SnapshotFile> {
        let new = self.draft_path(handle);
        let stored = File::create(&new).and_then(|file| {
            let mut to = Recording {
                to: BufWriter::with_capacity(PIECE, &file),
                record: FileRecord::new(handle, bytes),
                left: bytes,
            };
            to.to.write_all(&to.record.head())?;
            write(&mut to)?;
            if to.left > 0 {
                return Err(io::Error::other("the data are shorter than was said"));
            }
            let Recording { to, record, .. } = to;
            to.into_inner().map_err(io::IntoInnerError::into_error)?;
            let (head, described) = record.finish();
            (&file).seek(SeekFrom::Start(0))?;
            (&file).write_all(&head)?;
            file.sync_data()?;
            fs::rename(&new, self.path.join(snapshot_name(handle)))?;
            self.sync_names()?;
            Ok(described)
        });
        if stored.is_err() {
            let _ = fs::remove_file(&new);
        }
        stored
    }

    /// Begins a file whose length is not known yet.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn begin(&self, handle: u64) -> io::Result<SnapshotDraft> {
        let path = self.draft_path(handle);
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(SnapshotDraft { files: self.clone(), handle, file })
    }

    /// A part of the data of a file.
    ///
    /// # Errors
    /// It cannot be read, or is shorter.
    pub fn read(&self, file: SnapshotFile, part: Range<u64>) -> io::Result<Bytes> {
        let mut opened = File::open(self.path.join(snapshot_name(file.handle)))?;
        let head = FileRecord::new(file.handle, file.bytes).head().len() as u64;
        opened.seek(SeekFrom::Start(head + part.start))?;
        let mut bytes = vec![0; usize::try_from(part.end - part.start).map_err(io::Error::other)?];
        opened.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }

    /// Removes a file. It may be gone already.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self, file: SnapshotFile) -> io::Result<()> {
        match fs::remove_file(self.path.join(snapshot_name(file.handle))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn draft_path(&self, handle: u64) -> PathBuf {
        self.path.join(draft_name(&snapshot_name(handle)))
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

impl SnapshotDraft {
    /// Writes a part of the data, in any order.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(bytes)
    }

    /// Stores the file. All its bytes were written.
    ///
    /// # Errors
    /// It cannot be stored, or is shorter.
    pub fn finish(mut self, stored_as: u64, bytes: u64) -> io::Result<SnapshotFile> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut from = (&self.file).take(bytes);
        self.files.store((stored_as, bytes), |to| io::copy(&mut from, to).map(drop))
    }
}

impl Drop for SnapshotDraft {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.files.draft_path(self.handle));
    }
}

/// Passes bytes on, and computes the checksums of a record.
struct Recording<W> {
    to: W,
    record: FileRecord,
    left: u64,
}

impl<W: Write> Write for Recording<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.left = self
            .left
            .checked_sub(written as u64)
            .ok_or_else(|| io::Error::other("the data are longer than was said"))?;
        self.record.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use raft_core::{NodeId, SnapshotData};
    use raft_storage::{WriteBatch, recover};

    use super::*;
    use crate::{Directory, FileDisk, Options};

    fn directory(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("helios-snapshots-{}-{name}", std::process::id()))
    }

    #[test]
    fn a_file_is_found_when_the_disk_is_opened_and_is_read_in_parts() {
        let path = directory("found");
        let (disk, ..) =
            FileDisk::open(Directory::open(&path).unwrap(), Options::default()).unwrap();
        let files = SnapshotFiles::new(&path);
        let data: Vec<u8> = (0..70_000_u32).map(|number| number as u8).collect();
        let stored = files.store((9, data.len() as u64), |to| to.write_all(&data)).unwrap();
        assert_eq!((stored.handle, stored.bytes), (9, 70_000));
        assert_eq!(*files.read(stored, 300..600).unwrap(), data[300..600]);
        assert!(files.read(stored, 69_999..70_001).is_err());
        drop(disk);
        let (_, records, _) =
            FileDisk::open(Directory::open(&path).unwrap(), Options::default()).unwrap();
        assert_eq!(*records.data(&SnapshotData::File(stored)).unwrap(), data[..]);
        assert_eq!(recover(NodeId(1), &records).unwrap(), raft_core::Recovered::default());
        files.remove(stored).unwrap();
        files.remove(stored).unwrap();
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn parts_in_any_order_become_a_file_and_what_is_too_short_does_not() {
        let path = directory("draft");
        let (mut disk, ..) =
            FileDisk::open(Directory::open(&path).unwrap(), Options::default()).unwrap();
        let files = SnapshotFiles::new(&path);
        let mut draft = files.begin(100).unwrap();
        draft.write_at(b"world", 5).unwrap();
        draft.write_at(b"hello", 0).unwrap();
        let stored = draft.finish(101, 10).unwrap();
        assert_eq!(*files.read(stored, 0..10).unwrap(), *b"helloworld");
        let mut draft = files.begin(102).unwrap();
        draft.write_at(b"hello", 0).unwrap();
        assert!(draft.finish(103, 6).is_err());
        disk.append(&WriteBatch::default()).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["0000000000000001.log", "0000000000000065.snapshot", "lock"]);
        fs::remove_dir_all(path).unwrap();
    }
}
