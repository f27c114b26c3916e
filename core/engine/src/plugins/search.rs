//! Where plugins are looked for, in which order.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// The variable of the environment that holds folders, separated by colons.
const VARIABLE: &str = "MUTOSCOPE_PLUGIN_PATH";
/// Where packages install plugins, below the user's own folder.
const INSTALLED: [&str; 2] = ["/usr/local/lib/mutoscope", "/usr/lib/mutoscope"];

/// The folders in which plugins are looked for; the first that has one wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchPath {
    folders: Vec<Folder>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where it is, absolute. It need not exist.
    pub path: PathBuf,
    /// Who named it.
    pub origin: FolderOrigin,
}

/// Who named a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderOrigin {
    /// `plugin_path` in the pipeline file.
    PipelineFile,
    /// `MUTOSCOPE_PLUGIN_PATH`.
    Environment,
    /// Beside the running program, where a build leaves them.
    Program,
    /// Where plugins are installed.
    Installed,
}

impl SearchPath {
    /// These folders and no others, in this order.
    pub fn new(folders: impl IntoIterator<Item = Folder>) -> SearchPath {
        let mut path = SearchPath::default();
        for folder in folders {
            path.add(folder.path, folder.origin);
        }
        path
    }

    /// Returns what the environment says: `MUTOSCOPE_PLUGIN_PATH`, the running program's folder and its `deps/`,
    /// `~/.local/lib/mutoscope`, `/usr/local/lib/mutoscope`, `/usr/lib/mutoscope`.
    pub fn from_env() -> SearchPath {
        SearchPath::from_parts(
            std::env::var_os(VARIABLE).as_deref(),
            // Linux answers with the file itself, also if the program was called by a link.
            std::env::current_exe().ok().as_deref(),
            std::env::home_dir().as_deref(),
        )
    }

    fn from_parts(variable: Option<&OsStr>, program: Option<&Path>, home: Option<&Path>) -> SearchPath {
        let mut path = SearchPath::default();
        for folder in variable.map(std::env::split_paths).into_iter().flatten() {
            path.add(folder, FolderOrigin::Environment);
        }
        if let Some(folder) = program.and_then(Path::parent) {
            path.add(folder.to_owned(), FolderOrigin::Program);
            path.add(folder.join("deps"), FolderOrigin::Program);
        }
        if let Some(home) = home.filter(|home| home.is_absolute()) {
            path.add(home.join(".local/lib/mutoscope"), FolderOrigin::Installed);
        }
        for folder in INSTALLED {
            path.add(folder.into(), FolderOrigin::Installed);
        }
        path
    }

    /// The same with a pipeline file's own `plugin_path` in front.
    #[must_use]
    pub fn preceded_by(&self, plugin_path: &[PathBuf]) -> SearchPath {
        let mut path = SearchPath::default();
        for folder in plugin_path {
            path.add(folder.clone(), FolderOrigin::PipelineFile);
        }
        for folder in &self.folders {
            path.add(folder.path.clone(), folder.origin);
        }
        path
    }

    /// The folders, first one first.
    pub fn folders(&self) -> &[Folder] {
        &self.folders
    }

    fn add(&mut self, path: PathBuf, origin: FolderOrigin) {
        // An empty entry means the working directory to a shell; here it is a slip of the pen, and code is loaded from it.
        if path.as_os_str().is_empty() {
            return;
        }
        let path = std::path::absolute(&path).unwrap_or(path);
        if !self.folders.iter().any(|folder| folder.path == path) {
            self.folders.push(Folder { path, origin });
        }
    }
}

impl fmt::Display for FolderOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FolderOrigin::PipelineFile => "plugin_path of the pipeline file",
            FolderOrigin::Environment => VARIABLE,
            FolderOrigin::Program => "beside the program",
            FolderOrigin::Installed => "installed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_file_environment_program_home_system() {
        let path = SearchPath::from_parts(
            Some(OsStr::new("/a::/b:/a")),
            Some(Path::new("/opt/bin/mutoscope")),
            Some(Path::new("/home/ada")),
        )
        .preceded_by(&["/pipelines/plugins".into(), "/b".into()]);
        let shown: Vec<_> = path
            .folders()
            .iter()
            .map(|folder| format!("{} ({})", folder.path.display(), folder.origin))
            .collect();
        assert_eq!(
            shown,
            [
                "/pipelines/plugins (plugin_path of the pipeline file)",
                "/b (plugin_path of the pipeline file)",
                "/a (MUTOSCOPE_PLUGIN_PATH)",
                "/opt/bin (beside the program)",
                "/opt/bin/deps (beside the program)",
                "/home/ada/.local/lib/mutoscope (installed)",
                "/usr/local/lib/mutoscope (installed)",
                "/usr/lib/mutoscope (installed)",
            ]
        );
    }

    #[test]
    fn a_relative_home_is_none() {
        let path = SearchPath::from_parts(None, None, Some(Path::new("")));
        assert_eq!(path.folders().len(), INSTALLED.len());
    }
}
