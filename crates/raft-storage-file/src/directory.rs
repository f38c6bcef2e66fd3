//! A directory of the operating system.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::{DiskFile, FileSystem};

/// A directory of the operating system.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The directory itself, whose names are flushed by it.
    handle: File,
}

impl Directory {
    /// Opens a directory, and makes it and those above it if they are not there.
    ///
    /// # Errors
    /// If it cannot be made or opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self { path: path.to_owned(), handle: File::open(path)? })
    }
}

impl FileSystem for Directory {
    type File = File;

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(&self.path)?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name().into_string().ok()));
        // No name of ours is anything but ASCII.
        names.filter_map(Result::transpose).collect()
    }

    fn create(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true).open(self.path.join(name))
    }

    fn open(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.path.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        self.handle.sync_all()
    }
}

impl DiskFile for File {
    fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<()> {
        let mut file = self;
        file.seek(SeekFrom::Start(place))?;
        file.write_all(bytes)
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let (mut file, mut bytes) = (self, Vec::new());
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
