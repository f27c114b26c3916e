//! The files of one test.

use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder for the files of one test, deleted at its end.
#[derive(Debug)]
pub struct Folder {
    // Deleted when this is dropped.
    _temporary: TempDir,
    path: PathBuf,
}

impl Folder {
    /// An empty folder.
    ///
    /// # Panics
    /// The system gives none; so below, wherever files are written.
    #[expect(clippy::new_without_default, reason = "what is made is on the disk")]
    pub fn new() -> Folder {
        let temporary = TempDir::new().expect("a temporary folder");
        // As the program sees it, so that its messages can be compared.
        let path = temporary.path().canonicalize().expect("a folder that was just made");
        Folder { _temporary: temporary, path }
    }

    /// A folder with one file.
    pub fn with(name: &str, content: impl AsRef<[u8]>) -> Folder {
        let folder = Folder::new();
        folder.put(name, content);
        folder
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file, and the folders that it lies in; gives its path.
    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().expect("a file in this folder")).expect("a writable folder");
        std::fs::write(&path, content).expect("a writable folder");
        path
    }

    /// Returns a file's content; nothing while it is not there.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path.join(name)).unwrap_or_default()
    }
}
