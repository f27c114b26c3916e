//! The pictures of a folder.

use std::path::{Path, PathBuf};

/// The JPEG files of a folder, in order.
///
/// # Panics
/// If the folder cannot be read.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jpg"));
    files.sort();
    files
}

/// The same in memory.
///
/// # Panics
/// If one cannot be read.
pub fn pictures(folder: &Path) -> Vec<Vec<u8>> {
    files(folder).iter().map(|file| std::fs::read(file).expect("a picture")).collect()
}
