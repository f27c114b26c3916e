//! What a pipeline file says after `plugin:`: a name to be looked for, or a library's file.

use mutoscope_plugin::printable;
use std::fmt;
use std::path::{Path, PathBuf};

/// What every plugin library's file name starts with.
const PREFIX: &str = "libmutoscope_plugin_";
/// What it ends with.
const SUFFIX: &str = ".so";
/// Letters that a name may have: a file name has at most 255 bytes (`NAME_MAX`), and a header holds 63.
const MAX_LETTERS: usize = 200;

/// A plugin as a pipeline file names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LibraryRef {
    /// To be looked for on the search path.
    Name(PluginName),
    /// This file, absolute.
    File(PathBuf),
}

/// A plugin's name. `-` and `_` are the same in it; it is shown with `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PluginName(String);

/// A text that can be no plugin's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidName(String);

impl LibraryRef {
    /// Reads what stands after `plugin:`. A text with a `/` is a file, reckoned from `base` (the pipeline file's folder);
    /// any other is a name.
    ///
    /// # Errors
    /// It is neither: empty, or with letters that no plugin's name has.
    pub fn parse(text: &str, base: &Path) -> Result<LibraryRef, InvalidName> {
        if text.contains('\0') {
            return Err(InvalidName(text.to_owned()));
        }
        if text.contains('/') {
            return Ok(LibraryRef::File(base.join(text)));
        }
        PluginName::new(text).map(LibraryRef::Name)
    }
}

impl fmt::Display for LibraryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LibraryRef::Name(name) => name.fmt(f),
            LibraryRef::File(path) => f.write_str(&shown(path)),
        }
    }
}

impl PluginName {
    /// The name that `text` is, with `_` made `-`.
    ///
    /// # Errors
    /// It is empty, longer than a file name can be, or has other letters than `A-Z`, `a-z`, `0-9`, `-` and `_`.
    pub fn new(text: &str) -> Result<PluginName, InvalidName> {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        if text.is_empty() || text.len() > MAX_LETTERS || !text.chars().all(fits) {
            return Err(InvalidName(text.to_owned()));
        }
        Ok(PluginName(text.replace('_', "-")))
    }

    /// The name of the plugin that a library of this file name is; `None` for any other file, among them those that
    /// cargo leaves in `deps/` with a hash in their name.
    pub fn of_file(file_name: &str) -> Option<PluginName> {
        let inner = file_name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
        // A Rust library's file name never has a `-` of its own.
        if inner.contains('-') { None } else { PluginName::new(inner).ok() }
    }

    /// The name of its library's file: `libmutoscope_plugin_my_camera.so`.
    pub fn file_name(&self) -> String {
        format!("{PREFIX}{}{SUFFIX}", self.0.replace('-', "_"))
    }

    /// The name, with `-`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("a plugin's name is missing");
        }
        if self.0.len() > MAX_LETTERS {
            return write!(f, "a plugin's name has at most {MAX_LETTERS} letters");
        }
        write!(
            f,
            "{:?} is no plugin's name: letters, digits, `-` and `_` make one (and a path has a `/`)",
            self.0
        )
    }
}

impl std::error::Error for InvalidName {}

/// A path for people: without what a terminal could misunderstand, and always one line.
pub(super) fn shown(path: &Path) -> String {
    printable::line(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_a_slash_is_a_file_and_any_other_a_name() {
        let base = Path::new("/pipelines");
        let file = |path: &str| Ok(LibraryRef::File(path.into()));
        assert_eq!(LibraryRef::parse("./x.so", base), file("/pipelines/./x.so"));
        assert_eq!(LibraryRef::parse("/opt/x.so", base), file("/opt/x.so"));
        let name = |text: &str| LibraryRef::parse(text, base).unwrap();
        assert_eq!(name("my-camera"), name("my_camera"));
        assert_eq!(name("my_camera").to_string(), "my-camera");
        for wrong in ["", ".", "..", "my camera", "x.so", "käse", "a\nb", "a\0/b", &"x".repeat(201)] {
            let error = LibraryRef::parse(wrong, base).unwrap_err().to_string();
            assert!(error.contains("name") && !error.contains(['\n', '\0']), "{error}");
        }
    }

    #[test]
    fn a_name_and_its_file_belong_together() {
        let name = PluginName::new("my-camera").unwrap();
        assert_eq!(name.file_name(), "libmutoscope_plugin_my_camera.so");
        assert_eq!(PluginName::of_file("libmutoscope_plugin_my_camera.so"), Some(name));
        for other in [
            "libmutoscope_plugin_macros-0b1e57b0b00ede63.so",
            "libmutoscope_plugin_.so",
            "libmutoscope_plugin_x.so.1",
            "libmutoscope_plugin_x.rlib",
            "libserde_derive.so",
        ] {
            assert_eq!(PluginName::of_file(other), None, "{other}");
        }
    }
}
