//! The plugins of one program: where they are looked for, what is allowed, and which are loaded.

use super::allow::{Allow, UnknownWord};
use super::copy::Places;
use super::error::{Cause, LoadError, NotFound};
use super::file::{Checked, FileId};
use super::list::{self, Entry};
use super::load::{self, Loader};
use super::name::{LibraryRef, PluginName};
use super::search::SearchPath;
use crate::lock::lock;
use crate::names::nearest_plugin;
use mutoscope_plugin::host::Plugin;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The plugins of one program: where they are looked for, what is allowed, and which are loaded already.
///
/// Usable from several threads; a library is loaded once however often it is asked for, and anew when its file changed.
#[derive(Debug)]
pub struct Plugins {
    search: SearchPath,
    allow: Allow,
    places: Places,
    loaded: Mutex<State>,
    asked: Mutex<Files>,
    trial: Option<Trial>,
}

/// The plugins that are loaded.
#[derive(Debug, Default)]
struct State {
    plugins: HashMap<FileId, Loaded>,
    /// The bytes of all copies.
    copied: u64,
}

/// Loads a library where it can do no harm; gives how that ended if it ended the process that did it.
pub type Trial = fn(&Path) -> Result<(), String>;

/// Files, each as it was when it was looked at; `None` where there was none.
pub type Files = BTreeMap<PathBuf, Option<FileId>>;

/// A plugin that is loaded, and from which file.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The plugin.
    pub plugin: Plugin,
    /// The file it was found in.
    pub path: PathBuf,
    /// The state in which that file was: compare with [`FileId::of`] the path to see whether it was built anew.
    pub file: FileId,
}

impl Plugins {
    /// Plugins that are looked for on `search` and loaded from a private folder in one of `places`.
    pub fn new(search: SearchPath, allow: Allow, places: Places) -> Plugins {
        Plugins { search, allow, places, loaded: Mutex::default(), asked: Mutex::default(), trial: None }
    }

    /// The same, with each library loaded by `trial` first: one whose constructors crash is refused then.
    #[must_use]
    pub fn trying(self, trial: Trial) -> Plugins {
        Plugins { trial: Some(trial), ..self }
    }

    /// As the environment has it.
    ///
    /// # Errors
    /// `MUTOSCOPE_ALLOW` has a word that means nothing.
    pub fn from_env() -> Result<Plugins, UnknownWord> {
        Ok(Plugins::new(SearchPath::from_env(), Allow::from_env()?, Places::from_env()))
    }

    /// Returns where plugins are looked for.
    pub fn search(&self) -> &SearchPath {
        &self.search
    }

    /// The file of a plugin: the first on the search path, with a pipeline file's own `plugin_path` in front.
    /// Nothing is opened.
    ///
    /// # Errors
    /// [`LoadError::NotFound`]; a file that is named by its path is not looked for here.
    pub fn find(&self, plugin: &LibraryRef, plugin_path: &[PathBuf]) -> Result<PathBuf, LoadError> {
        let name = match plugin {
            LibraryRef::File(path) => return Ok(path.clone()),
            LibraryRef::Name(name) => name,
        };
        let search = self.search.preceded_by(plugin_path);
        let mut tried = Vec::new();
        for folder in search.folders() {
            let path = folder.path.join(name.file_name());
            self.note(&path);
            // A link that leads nowhere counts: it hides what comes after it, and its error should say so.
            if path.symlink_metadata().is_ok() {
                return Ok(path);
            }
            tried.push((path, Some(folder.origin)));
        }
        let there = list::names(&search);
        let texts: Vec<_> = there.iter().map(PluginName::to_string).collect();
        let nearest = nearest_plugin(name.as_str(), &texts).and_then(|near| PluginName::new(near).ok());
        Err(LoadError::NotFound(NotFound { name: Some(name.clone()), tried, nearest }))
    }

    /// Finds and loads a plugin.
    ///
    /// # Errors
    /// It is not there, or cannot be used by this program.
    pub fn load(&self, plugin: &LibraryRef, plugin_path: &[PathBuf]) -> Result<Loaded, LoadError> {
        self.load_file(&self.find(plugin, plugin_path)?)
    }

    /// Loads a library's file. **This runs its code.**
    ///
    /// # Errors
    /// It cannot be used by this program.
    pub fn load_file(&self, path: &Path) -> Result<Loaded, LoadError> {
        self.note(path);
        let (library, header) = Checked::plugin(path, self.allow)?;
        // Held while loading, so that two threads that want the same library get the same one.
        let mut loaded = lock(&self.loaded);
        let file = library.id;
        if let Some(known) = loaded.plugins.get(&file) {
            return Ok(known.clone());
        }
        if let Some(Err(why)) = self.trial.map(|trial| trial(path)) {
            return Err(LoadError::incompatible(path, Cause::Trial(why)));
        }
        let copies = &mut loaded.copied;
        let plugin =
            load::load(library, &header, Loader { places: &self.places, allow: self.allow, copies })?;
        let new = Loaded { plugin, path: path.to_owned(), file };
        loaded.plugins.insert(file, new.clone());
        tracing::debug!("loaded {:?} from {}", new.plugin, super::name::shown(path));
        Ok(new)
    }

    /// Checks a library's file as [`load_file`](Plugins::load_file) does, as far as that goes without loading it.
    ///
    /// # Errors
    /// It cannot be used by this program.
    pub fn check_file(&self, path: &Path) -> Result<(), LoadError> {
        Checked::plugin(path, self.allow).map(drop)
    }

    /// The files that were looked at since the last call, found or not, each as it was then: as long as they are all the
    /// same, looking for plugins and loading them gives the same.
    pub fn take_asked(&self) -> Files {
        std::mem::take(&mut lock(&self.asked))
    }

    fn note(&self, path: &Path) {
        // The first look counts: what changes between it and the next may have been seen by either.
        lock(&self.asked).entry(path.to_owned()).or_insert_with(|| FileId::of(path).ok());
    }

    /// Returns what is on the search path, with a pipeline file's own `plugin_path` in front, sorted by name. Told from files
    /// alone: nothing is loaded.
    pub fn list(&self, plugin_path: &[PathBuf]) -> Vec<Entry> {
        list::list(&self.search.preceded_by(plugin_path), self.allow)
    }
}
