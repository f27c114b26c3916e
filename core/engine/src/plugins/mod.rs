//! Plugin libraries: found by name, checked as files, loaded, described.
//!
//! # Layout
//!
//! A pipeline file names a plugin ([`LibraryRef`]); the [`SearchPath`] turns a name into a file; the file is opened once
//! and its [`header`] read, all without loading anything; then what of it is mapped is copied, and the copy loaded by its
//! descriptor. [`Plugins`] is the one value that does all of it and remembers what it has loaded. Next stop:
//! `config`, which asks a plugin for its options' schema, then `plan`, which asks it what it can do.
//!
//! Nothing here is global: what comes from the environment is read by `from_env` constructors and passed on. All
//! `unsafe` is in `load.rs`.

mod allow;
mod catalogue;
mod copy;
mod error;
mod file;
mod folder;
pub mod header;
mod library;
mod list;
mod load;
mod name;
mod options;
mod search;
mod show;

pub use allow::{Allow, UnknownWord};
pub use copy::Places;
pub use error::{Cause, LoadError, NotFound};
pub use file::FileId;
pub use library::{Files, Loaded, Plugins, Trial};
pub use list::Entry;
pub use name::{InvalidName, LibraryRef, PluginName};
pub use options::OptionDescription;
pub use search::{Folder, FolderOrigin, SearchPath};
pub use show::{Description, KindDescription};
