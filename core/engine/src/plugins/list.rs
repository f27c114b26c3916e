//! What is on the search path, told from files alone.

use super::allow::Allow;
use super::error::LoadError;
use super::file::{Checked, FileId};
use super::name::PluginName;
use super::search::{FolderOrigin, SearchPath};
use mutoscope_plugin::abi::header::Header;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A library on the search path.
pub struct Entry {
    /// The name that a pipeline file calls it by.
    pub name: PluginName,
    /// Its file.
    pub path: PathBuf,
    /// Who named the folder.
    pub origin: FolderOrigin,
    /// Who it says it is, or why it cannot be loaded.
    pub header: Result<Header, LoadError>,
    /// The file of the same name that comes before it on the path and is taken instead.
    pub shadowed_by: Option<PathBuf>,
}

/// Every library on the path, sorted by name, first found first.
pub(super) fn list(search: &SearchPath, allow: Allow) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for folder in search.folders() {
        for (name, path) in libraries(&folder.path) {
            let first = entries.iter().find(|entry| entry.name == name).map(|entry| entry.path.clone());
            // Two folders of the path may be one, by a link; cargo links each library from `deps/` to beside the program.
            if first.as_deref().is_some_and(|first| same(first, &path)) {
                continue;
            }
            let header = Checked::plugin(&path, allow).map(|(_, header)| header);
            entries.push(Entry { name, path, origin: folder.origin, header, shadowed_by: first });
        }
    }
    // Stable: among equal names the order of the path stays.
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

/// The names of all libraries on the path; none of them is opened.
pub(super) fn names(search: &SearchPath) -> BTreeSet<PluginName> {
    search.folders().iter().flat_map(|folder| libraries(&folder.path)).map(|(name, _)| name).collect()
}

/// The plugin libraries in a folder, by their file names; none if it cannot be read, as most folders of the path are
/// usually not there.
fn libraries(folder: &Path) -> impl Iterator<Item = (PluginName, PathBuf)> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|file| Some((PluginName::of_file(file.file_name().to_str()?)?, file.path())))
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((FileId::of(a), FileId::of(b)), (Ok(a), Ok(b)) if a == b)
}
