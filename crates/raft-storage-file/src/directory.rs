//! A directory of the operating system.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::FileSystem;

/// A directory of the operating system.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The directory itself, whose names are flushed by it.
    handle: File,
    /// Held as long as the directory is open.
    _lock: File,
}

impl Directory {
    /// Opens a directory, and makes it and those above it if they are not there.
    ///
    /// # Errors
    /// If it cannot be made or opened, or if another process has it open.
    pub fn open(path: &Path) -> io::Result<Self> {
        let missing: Vec<&Path> = path.ancestors().take_while(|part| !part.exists()).collect();
        fs::create_dir_all(path)?;
        for made in missing {
            // The name of a new directory is in the one above it.
            let above = made.parent().filter(|above| !above.as_os_str().is_empty());
            File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        let lock = File::create(path.join("lock"))?;
        lock.try_lock().map_err(|error| {
            let reason = format!("{} is in use: {error}", path.display());
            io::Error::new(io::ErrorKind::ResourceBusy, reason)
        })?;
        Ok(Self { path: path.to_owned(), handle: File::open(path)?, _lock: lock })
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

    fn create(&mut self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true).open(self.path.join(name))
    }

    fn open(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.path.join(name))
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn salt(&mut self) -> u64 {
        RandomState::new().hash_one(0)
    }

    fn sync_names(&mut self) -> io::Result<()> {
        self.handle.sync_all()
    }

    fn write_at(&mut self, mut file: &File, bytes: &[u8], place: u64) -> io::Result<()> {
        file.seek(SeekFrom::Start(place))?;
        file.write_all(bytes)
    }

    fn read(&self, mut file: &File) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn read_start(&self, mut file: &File, bytes: usize) -> io::Result<Vec<u8>> {
        let mut start = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.take(bytes as u64).read_to_end(&mut start)?;
        Ok(start)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}
