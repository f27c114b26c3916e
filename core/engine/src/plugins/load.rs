//! The step from a file to code: the only place where a library is loaded, and the engine's only `unsafe` about plugins.
//!
//! A library is never unloaded: its functions, its threads and what it lent may be anywhere.

use super::allow::Allow;
use super::copy::{Loadable, MOST, Places};
use super::error::{Cause, LoadError, one_line};
use super::file::Checked;
use super::folder;
use super::header::{self, Tables};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use mutoscope_plugin::abi::header::{Header, SYMBOL};
use mutoscope_plugin::host::Plugin;
use std::error::Error;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::path::Path;

/// A one-line reason is shown as it is; a longer one (abi_stable's has a thousand lines) goes to the log.
const LONGEST_REASON: usize = 200;

/// The means to load a library.
pub(super) struct Loader<'a> {
    pub places: &'a Places,
    pub allow: Allow,
    /// The bytes of all copies so far.
    pub copies: &'a mut u64,
}

/// Loads a library that has been checked; its header was read from its file.
pub(super) fn load(library: Checked, promised: &Header, loader: Loader<'_>) -> Result<Plugin, LoadError> {
    let path = library.path.clone();
    let wrong = |cause| LoadError::incompatible(&path, cause);
    // Kept mapped for the life of the process, whatever comes of it: see above.
    let handle = ManuallyDrop::new(loader.with_companions(library)?);
    let unsound = |what: &str| wrong(Cause::Tables(format!("{what} (its header was read from the file)")));
    let symbol =
        address(&handle, SYMBOL).ok_or_else(|| unsound("it has a plugin header and does not export it"))?;
    // SAFETY: the symbol lies in the library, which holds at least a header's bytes there if it is what its file said;
    // every bit pattern is a valid Header. A library that lies about this could do anything already: its
    // constructors have run.
    let header = unsafe { symbol.cast::<Header>().read_unaligned() };
    if header != *promised {
        return Err(unsound("the plugin header that it exports is another one"));
    }
    let root = address(&handle, Plugin::ROOT_SYMBOL).ok_or_else(|| unsound("it exports no tables"))?;
    // SAFETY: the address is that symbol's in a library that stays loaded; its header was checked when it was read from the
    // file, and is equal to the one in memory.
    unsafe { Plugin::loaded(header, root) }
        .map_err(|error| wrong(Cause::Tables(reason(&header, error.message()))))
}

impl Loader<'_> {
    /// Opens a library. The loader would look for `$ORIGIN` where the copy is; so a library that is missing is looked for
    /// beside the plugin itself, where a vendor's library usually lies, and loaded first: its name is then known.
    fn with_companions(self, library: Checked) -> Result<Library, LoadError> {
        let plugin = library.path.clone();
        let folder = plugin.canonicalize().ok().and_then(|path| Some(path.parent()?.to_owned()));
        // What is to be opened, the plugin itself first and last; what a companion needs comes before it.
        let (mut waiting, mut tried) = (vec![self.loadable(library)?], Vec::new());
        loop {
            let Some(next) = waiting.last() else {
                return Err(LoadError::incompatible(&plugin, Cause::Changing));
            };
            let (path, library) = (next.path(), next.library.clone());
            let words = match open(&path, RTLD_NOW | RTLD_LOCAL) {
                Ok(handle) => {
                    if let Some(loaded) = waiting.pop() {
                        *self.copies += loaded.copied;
                        loaded.keep();
                    }
                    if waiting.is_empty() {
                        return Ok(handle);
                    }
                    // Never unloaded, as the plugin itself.
                    std::mem::forget(handle);
                    continue;
                }
                Err(words) => words,
            };
            let name = missing(&words).filter(|name| !name.contains('/'));
            let beside = folder.as_ref().and_then(|folder| Some(folder.join(name?)));
            match beside {
                // One that was loaded and is missing still has another name inside.
                Some(beside) if beside.exists() && !tried.contains(&beside) => {
                    let companion = Checked::companion(&beside, self.allow)?;
                    tried.push(beside);
                    waiting.push(self.loadable(companion)?);
                }
                _ => return Err(refusal(&library, &path, &words)),
            }
        }
    }

    /// Makes ready what is loaded, after a look at where the loader would find what it needs.
    fn loadable(&self, library: Checked) -> Result<Loadable, LoadError> {
        let tables =
            header::tables(&library.file).map_err(|cause| LoadError::incompatible(&library.path, cause))?;
        if !self.allow.writable {
            strays(&tables).map_err(|how| LoadError::incompatible(&library.path, Cause::Strays(how)))?;
        }
        self.places.loadable(library, MOST.saturating_sub(*self.copies))
    }
}

/// Checks that the loader finds nothing of another user's. It looks by path, so a folder counts and not what is in it now; what
/// the system's own folders and `LD_LIBRARY_PATH` have is their owners' business.
fn strays(tables: &Tables) -> Result<(), String> {
    let is_loaded = |name: &str| open(Path::new(name), libc::RTLD_LAZY | libc::RTLD_NOLOAD).is_ok();
    let mut unloaded = tables.needed.iter().filter(|name| !is_loaded(name)).peekable();
    let first = unloaded.peek().map(|name| one_line(name));
    for path in unloaded.filter(|name| name.contains('/')) {
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        folder::closed(folder).map_err(|how| format!("it needs {}: {how}", one_line(path)))?;
    }
    let Some(first) = first else { return Ok(()) };
    for folder in &tables.folders {
        // Where the loader takes the copy to be there is never anything but descriptors.
        if ["$ORIGIN", "${ORIGIN}"].contains(&folder.trim_end_matches('/')) {
            continue;
        }
        let path = folder.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", "/proc/self/fd");
        let shown = one_line(folder);
        folder::closed(Path::new(&path))
            .map_err(|how| format!("it looks for {first} in `{shown}` (its RUNPATH): {how}"))?;
    }
    Ok(())
}

fn open(path: &Path, flags: i32) -> Result<Library, String> {
    // SAFETY: this runs the library's constructors, which is what the user asked for by naming the plugin (or one that
    // needs this library); that it is one for this machine, and whole, has been checked. One that is asked for by its name is
    // there already.
    unsafe { Library::open(Some(path), flags) }
        .map_err(|error| one_line(&error.source().map_or_else(|| error.to_string(), ToString::to_string)))
}

/// The address of a symbol; `None` if it is not there, or nowhere.
fn address(library: &Library, name: &str) -> Option<*const c_void> {
    // SAFETY: only the address is taken here; nothing is read through it.
    let symbol = unsafe { library.get::<*const c_void>(name) }.ok()?;
    let address = symbol.into_raw().cast_const();
    (!address.is_null()).then_some(address)
}

/// An error out of the loader's words. The path in them is the descriptor's, which nobody knows.
fn refusal(library: &Path, copy: &Path, words: &str) -> LoadError {
    let copy = copy.to_string_lossy();
    let words = words.strip_prefix(&format!("{copy}: ")).unwrap_or(words);
    let loader = words.replace(&format!("{copy})"), &format!("{})", super::name::shown(library)));
    match missing(words) {
        Some(missing) => {
            LoadError::MissingDependency { path: library.to_owned(), library: missing.to_owned(), loader }
        }
        None => LoadError::incompatible(library, Cause::Loader(loader)),
    }
}

/// The library that is missing, in the words of glibc and of musl.
fn missing(words: &str) -> Option<&str> {
    match words.split_once(": cannot open shared object file") {
        Some((library, _)) => Some(library),
        None => words.strip_prefix("Error loading shared library ")?.split(':').next(),
    }
}

fn reason(header: &Header, text: &str) -> String {
    let text = text.trim();
    if text.len() <= LONGEST_REASON && !text.contains('\n') {
        return one_line(text);
    }
    tracing::debug!("abi_stable on the plugin {}: {text}", header.name());
    let program = Header::new("", "", "", 0, false);
    format!(
        "its tables are laid out differently: built with SDK {} by {}, this program with SDK {} by {} (the details are \
         in the log, at level debug)",
        header.sdk(),
        header.rustc(),
        program.sdk(),
        program.rustc(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_becomes_one_line_with_both_versions() {
        let header = Header::new("x", "1.0.0", "", 1, false);
        assert_eq!(reason(&header, "  one of its tables is short\n"), "one of its tables is short");
        let line = reason(&header, &"Compared <this>:\n".repeat(1000));
        assert!(!line.contains('\n') && line.len() < 400, "{line}");
        assert_eq!(line.matches(&header.rustc()).count(), 2, "{line}");
    }
}
