//! Why a plugin cannot be loaded: one line each, with the way out beside it.

use super::name::{PluginName, shown};
use super::search::FolderOrigin;
use mutoscope_plugin::printable;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a plugin cannot be loaded. (That a plugin refuses its options is the fourth kind, and `config`'s.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// No such library.
    NotFound(NotFound),
    /// The library is there, and one that it needs is not.
    MissingDependency {
        /// The plugin's library.
        path: PathBuf,
        /// What it needs: `libvendor.so.2`.
        library: String,
        /// The loader's own words.
        loader: String,
    },
    /// The library is there and is not one that this program can use.
    Incompatible {
        /// The plugin's library, or what stands in its place.
        path: PathBuf,
        /// What is wrong with it.
        cause: Cause,
    },
}

/// What was looked for in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// The name; `None` if a file was named.
    pub name: Option<PluginName>,
    /// Every path that was tried, in order, with who named its folder.
    pub tried: Vec<(PathBuf, Option<FolderOrigin>)>,
    /// The plugin with the nearest name that is there.
    pub nearest: Option<PluginName>,
}

/// What is wrong with a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It cannot be read; the system's words.
    Unreadable(String),
    /// It is not a file: what it is instead.
    NoFile(&'static str),
    /// It has no bytes.
    Empty,
    /// It is larger than any plugin is.
    TooLarge {
        /// Its size in bytes.
        bytes: u64,
        /// The most that is read.
        limit: u64,
    },
    /// It is no library at all.
    NoLibrary(&'static str),
    /// It was built for another kind of machine.
    Architecture {
        /// What it was built for.
        plugin: String,
        /// What this program was built for.
        program: String,
    },
    /// It ends before its parts do.
    Truncated {
        /// Its size in bytes.
        bytes: u64,
        /// Where its parts end.
        needed: u64,
    },
    /// Its tables contradict each other.
    Damaged(&'static str),
    /// A library without a plugin's header.
    NoPlugin,
    /// Its header is damaged or one of another version; the SDK's words, with both versions.
    Header(String),
    /// Its panics cannot be contained.
    PanicAbort,
    /// Others than its owner or root may change it; how.
    Writable(String),
    /// It changed while it was copied.
    Changing,
    /// It needs libraries that the loader would look for where others can put theirs; where, and how.
    Strays(String),
    /// There is no place for a copy of it: each that was tried, and why not.
    NoPlace(Vec<(PathBuf, String)>),
    /// The loader refuses it; its words.
    Loader(String),
    /// Loading it ended the process that tried it; how.
    Trial(String),
    /// What was loaded is not what the file promised.
    Tables(String),
}

impl LoadError {
    pub(super) fn incompatible(path: &Path, cause: Cause) -> LoadError {
        LoadError::Incompatible { path: path.to_owned(), cause }
    }

    /// More about it, for below the line: what was tried, each a line.
    pub fn notes(&self) -> Vec<String> {
        match self {
            LoadError::NotFound(missing) if missing.name.is_some() => missing
                .tried
                .iter()
                .map(|(path, origin)| match origin {
                    Some(origin) => format!("tried {} ({origin})", shown(path)),
                    None => format!("tried {}", shown(path)),
                })
                .collect(),
            LoadError::MissingDependency { loader, .. } => vec![format!("the loader says: {loader}")],
            LoadError::Incompatible { cause: Cause::NoPlace(tried), .. } => {
                tried.iter().map(|(path, why)| format!("tried {}: {why}", shown(path))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The way out, in one line.
    pub fn help(&self) -> Option<String> {
        let rebuild =
            || Some(format!("build the plugin with mutoscope-plugin {}", env!("CARGO_PKG_VERSION")));
        let text = match self {
            LoadError::NotFound(NotFound { nearest: Some(nearest), .. }) => {
                return Some(format!("a plugin with a similar name is there: {nearest}"));
            }
            LoadError::NotFound(NotFound { name: Some(_), .. }) => {
                "`mutoscope plugins` lists what is there; `plugin_path` names a folder, a path with a `/` a file"
            }
            LoadError::NotFound(_) => "a relative path is reckoned from the pipeline file's folder",
            LoadError::MissingDependency { library, .. } => {
                return Some(format!(
                    "install the package that has {library}, or name its folder in LD_LIBRARY_PATH"
                ));
            }
            LoadError::Incompatible { path, cause } => match cause {
                Cause::NoFile("a folder") => {
                    return Some("name the library in it, or the folder in `plugin_path`".into());
                }
                Cause::Unreadable(_) | Cause::NoFile(_) | Cause::TooLarge { .. } | Cause::Tables(_) => {
                    return None;
                }
                Cause::Empty | Cause::Truncated { .. } | Cause::Damaged(_) => "build or copy it again",
                Cause::NoLibrary(_) | Cause::NoPlugin => {
                    "a plugin is a cdylib whose crate calls `mutoscope_plugin::export!`"
                }
                Cause::Architecture { program, .. } => {
                    return Some(format!("build the plugin for {program}"));
                }
                Cause::Header(_) => return rebuild(),
                Cause::PanicAbort => {
                    "build it with `panic = \"unwind\"`, or set MUTOSCOPE_ALLOW=panic-abort if its panics may end the program"
                }
                Cause::Writable(_) => {
                    return Some(format!(
                        "`chmod go-w {0}` or `chown root {0}`, or set MUTOSCOPE_ALLOW=writable-plugin",
                        shown(path)
                    ));
                }
                Cause::Changing => "wait until it is built or copied, and try again",
                Cause::Strays(_) => {
                    "link it with `-rpath,$ORIGIN` and put what it needs beside it, or set MUTOSCOPE_ALLOW=writable-plugin"
                }
                Cause::NoPlace(_) => {
                    "set TMPDIR to a folder of yours on a disk that is not mounted `noexec`; `/proc` must be mounted"
                }
                Cause::Loader(words) if words.contains("GLIBC") => {
                    "it was built on a newer system; build it on this one, or on the oldest that it shall run on"
                }
                Cause::Loader(_) => "`ldd -r` says what its symbols need",
                Cause::Trial(_) => {
                    "its code runs as soon as it is loaded: a debugger on `mutoscope plugins describe` with its path shows where it ends"
                }
            },
        };
        Some(text.into())
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::NotFound(NotFound { name: Some(name), .. }) => {
                write!(f, "there is no plugin `{name}` ({} on the search path)", name.file_name())
            }
            LoadError::NotFound(NotFound { tried, .. }) => {
                let path = tried.first().map(|(path, _)| shown(path)).unwrap_or_default();
                write!(f, "{path}: there is no such file")
            }
            LoadError::MissingDependency { path, library, .. } => {
                write!(f, "{}: it needs {library}, which is not on this machine", shown(path))
            }
            LoadError::Incompatible { path, cause } => write!(f, "{}: {cause}", shown(path)),
        }
    }
}

impl std::error::Error for LoadError {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Unreadable(why) => write!(f, "it cannot be read: {why}"),
            Cause::NoFile(what) => write!(f, "it is {what}, not a library's file"),
            Cause::Empty => f.write_str("it is empty"),
            Cause::TooLarge { bytes, limit } => {
                write!(f, "it has {} MiB, and a plugin at most {}", bytes >> 20, limit >> 20)
            }
            Cause::NoLibrary(why) => write!(f, "it is no library ({why})"),
            Cause::Architecture { plugin, program } => {
                write!(f, "the plugin was built for {plugin}, this program for {program}")
            }
            Cause::Truncated { bytes, needed } => {
                write!(f, "it is truncated: {bytes} bytes of at least {needed}")
            }
            Cause::Damaged(what) => write!(f, "it is damaged: {what}"),
            Cause::NoPlugin => f.write_str("it is a library, but no Mutoscope plugin (it has no plugin header)"),
            Cause::Header(why) | Cause::Tables(why) => f.write_str(why),
            Cause::PanicAbort => f.write_str(
                "it was built with panic=abort, so that a panic in it would end the program; this program contains \
                 panics only of panic=unwind",
            ),
            Cause::Writable(how) => write!(f, "{how}; whoever may write it could have any code run here"),
            Cause::Changing => f.write_str("it changed while it was read"),
            Cause::Strays(how) => write!(f, "{how}; whoever may write there could have any code run here"),
            Cause::NoPlace(_) => f.write_str("there is no place for the copy that it is loaded from"),
            Cause::Loader(words) => write!(f, "the loader refuses it: {words}"),
            Cause::Trial(how) => write!(f, "loading it ended the process that tried it: {how}"),
        }
    }
}

/// The text on one line.
pub(super) fn one_line(text: &str) -> String {
    printable::line(&text.trim().replace('\n', " ")).into_owned()
}
