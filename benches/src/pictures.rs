//! The pictures of a folder, in memory.

use std::path::Path;

/// The JPEG files of a folder, in order, in memory.
///
/// # Panics
/// If one cannot be read.
pub fn pictures(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jpg"));
    files.sort();
    files.iter().map(|file| std::fs::read(file).expect("a picture")).collect()
}
