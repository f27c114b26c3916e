//! The libraries that a pipeline's plugins are loaded from.

use mutoscope_engine::plugins::{FileId, Files, Plugins};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files that count for what is loaded: those that were, and those that would have been if they had been there.
pub struct Libraries {
    /// The loader; `None` if libraries are of no interest.
    plugins: Option<Arc<Plugins>>,
    files: Vec<PathBuf>,
}

impl Libraries {
    /// None yet, of the plugins that these will load.
    pub fn of(plugins: Option<Arc<Plugins>>) -> Libraries {
        Libraries { plugins, files: Vec::new() }
    }

    /// The pipeline file has been read: gives the files that this looked at, as they were then, which count from now on.
    /// `None` if it looked at none: a file that is no YAML asks for no plugin, and those that it asked for before still
    /// count.
    pub fn have_been_read(&mut self) -> Option<Files> {
        let asked = self.plugins.as_ref()?.take_asked();
        if asked.is_empty() {
            return None;
        }
        self.files = asked.keys().cloned().collect();
        Some(asked)
    }

    /// The files that count.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// As they are now.
    pub fn look(&self) -> Files {
        self.files.iter().map(|file| (file.clone(), FileId::of(file).ok())).collect()
    }

    /// Returns whether each file that is another one than before is there, and could be loaded as far as its bytes say. A
    /// library is written in several steps.
    pub fn are_whole(&self, before: &Files, now: &Files) -> bool {
        let is_whole =
            |file: &Path| self.plugins.as_ref().is_none_or(|plugins| plugins.check_file(file).is_ok());
        different(before, now).all(|(file, _)| is_whole(file))
    }
}

/// Writes into the log which files are others than before.
pub fn tell(before: &Files, now: &Files) {
    for (file, id) in different(before, now) {
        match id {
            Some(_) => tracing::info!("{} was built anew", file.display()),
            None => tracing::info!("{} is gone", file.display()),
        }
    }
}

fn different<'a>(before: &'a Files, now: &'a Files) -> impl Iterator<Item = (&'a Path, &'a Option<FileId>)> {
    now.iter().filter(|(file, id)| before.get(*file) != Some(id)).map(|(file, id)| (file.as_path(), id))
}
