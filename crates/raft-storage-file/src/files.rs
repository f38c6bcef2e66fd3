//! What a disk needs of a file system.

use std::io;

/// The files of one directory.
pub trait FileSystem {
    /// An open file of it.
    type File;

    /// The names of all files, in any order.
    ///
    /// # Errors
    /// If the directory cannot be read.
    fn names(&self) -> io::Result<Vec<String>>;

    /// A new, empty file, in place of any with this name.
    ///
    /// # Errors
    /// If it cannot be made.
    fn create(&mut self, name: &str) -> io::Result<Self::File>;

    /// A file that is there.
    ///
    /// # Errors
    /// If it cannot be opened.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Gives a file another name, in place of any with that name.
    ///
    /// # Errors
    /// If it cannot be renamed.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// If it cannot be removed.
    fn remove(&mut self, name: &str) -> io::Result<()>;

    /// A number that nobody outside can guess. Each is another one.
    fn salt(&mut self) -> u64;

    /// What was created, renamed and removed before survives a loss of power from now on.
    ///
    /// # Errors
    /// If that is not known.
    fn sync_names(&mut self) -> io::Result<()>;

    /// Writes bytes at a place of a file. The file grows if it ends before.
    ///
    /// # Errors
    /// If not all are written.
    fn write_at(&mut self, file: &Self::File, bytes: &[u8], place: u64) -> io::Result<()>;

    /// All bytes of a file.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read(&self, file: &Self::File) -> io::Result<Vec<u8>>;

    /// The first bytes of a file, fewer if it is shorter.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read_start(&self, file: &Self::File, bytes: usize) -> io::Result<Vec<u8>>;

    /// What was written to a file before survives a loss of power from now on.
    ///
    /// # Errors
    /// If that is not known. A later call that succeeds says nothing about what was written before
    /// this one.
    fn sync(&mut self, file: &Self::File) -> io::Result<()>;
}
