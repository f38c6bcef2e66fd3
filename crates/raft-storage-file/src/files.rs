//! What a disk needs of a file system.

use std::io;

/// The files of one directory.
pub trait FileSystem {
    /// An open file.
    type File: DiskFile;

    /// The names of all files, in any order.
    ///
    /// # Errors
    /// If the directory cannot be read.
    fn names(&self) -> io::Result<Vec<String>>;

    /// A new, empty file, in place of any with this name.
    ///
    /// # Errors
    /// If it cannot be made.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// A file that is there.
    ///
    /// # Errors
    /// If it cannot be opened.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Gives a file another name, in place of any with that name.
    ///
    /// # Errors
    /// If it cannot be renamed.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// If it cannot be removed.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// A number that nobody outside can guess. Each is another one.
    fn salt(&self) -> u64;

    /// What was created, renamed and removed before survives a loss of power from now on.
    ///
    /// # Errors
    /// If that is not known.
    fn sync_names(&self) -> io::Result<()>;
}

/// An open file.
pub trait DiskFile {
    /// Writes bytes at a place. The file grows if it ends before.
    ///
    /// # Errors
    /// If not all are written.
    fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<()>;

    /// All bytes.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read(&self) -> io::Result<Vec<u8>>;

    /// The first bytes, fewer if the file is shorter.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read_start(&self, bytes: usize) -> io::Result<Vec<u8>>;

    /// What was written before survives a loss of power from now on.
    ///
    /// # Errors
    /// If that is not known. A later call that succeeds says nothing about what was written before
    /// this one.
    fn sync(&self) -> io::Result<()>;
}
