//! The step from a file to code: the only place where a library is loaded, and the engine's only `unsafe` about plugins.
//!
//! A library is never unloaded: its functions, its threads and what it lent may be anywhere.

use super::allow::Allow;
use super::copy::Copy;
use super::error::{Cause, LoadError, one_line};
use super::file::{Checked, check_companion};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use mutoscope_plugin::abi::header::{Header, SYMBOL};
use mutoscope_plugin::host::Plugin;
use std::error::Error;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::path::Path;

/// A one-line reason is shown as it is; a longer one (abi_stable's has a thousand lines) goes to the log.
const LONGEST_REASON: usize = 200;

/// Loads the copy of a library that has been checked.
pub(super) fn load(library: &Checked, copy: &Copy, allow: Allow) -> Result<Plugin, LoadError> {
    let wrong = |cause| LoadError::incompatible(&library.path, cause);
    // Kept mapped for the life of the process, whatever comes of it: see above.
    let handle = ManuallyDrop::new(with_companions(library, copy, allow)?);
    let unsound = |what: &str| wrong(Cause::Tables(format!("{what} (its header was read from the file)")));
    let symbol =
        address(&handle, SYMBOL).ok_or_else(|| unsound("it has a plugin header and does not export it"))?;
    // SAFETY: the symbol lies in the library, which holds at least a header's bytes there if it is what its file said;
    // every bit pattern is a valid Header. A library that lies about this could do anything already: its
    // constructors have run.
    let header = unsafe { symbol.cast::<Header>().read_unaligned() };
    if header != library.header {
        return Err(unsound("the plugin header that it exports is another one"));
    }
    let root = address(&handle, Plugin::ROOT_SYMBOL).ok_or_else(|| unsound("it exports no tables"))?;
    // SAFETY: the address is that symbol's in a library that stays loaded; its header was checked when it was read from the
    // file, and is equal to the one in memory.
    unsafe { Plugin::loaded(header, root) }
        .map_err(|error| wrong(Cause::Tables(reason(&header, error.message()))))
}

/// Opens the copy. The loader would look for `$ORIGIN` where the copy is; so a library that is missing is looked for
/// beside the plugin itself, where a vendor's library usually lies, and loaded first: its name is then known.
fn with_companions(library: &Checked, copy: &Copy, allow: Allow) -> Result<Library, LoadError> {
    let folder = library.path.canonicalize().ok().and_then(|path| Some(path.parent()?.to_owned()));
    // What is to be opened, the copy itself first and last; what a companion needs comes before it.
    let (mut waiting, mut tried) = (vec![copy.path()], Vec::new());
    loop {
        let path = waiting.last().cloned().unwrap_or_else(|| copy.path());
        let words = match open(&path) {
            Ok(handle) if waiting.len() <= 1 => return Ok(handle),
            Ok(companion) => {
                // Never unloaded, as the plugin itself.
                std::mem::forget(companion);
                waiting.pop();
                continue;
            }
            Err(words) => words,
        };
        let name = missing(&words).filter(|name| !name.contains('/'));
        let beside = folder.as_ref().and_then(|folder| Some(folder.join(name?)));
        match beside {
            // One that was loaded and is missing still has another name inside.
            Some(beside) if beside.exists() && !tried.contains(&beside) => {
                check_companion(&beside, allow).map_err(|cause| LoadError::incompatible(&beside, cause))?;
                tried.push(beside.clone());
                waiting.push(beside);
            }
            _ => return Err(refusal(library, &copy.path(), &words)),
        }
    }
}

fn open(path: &Path) -> Result<Library, String> {
    // SAFETY: this runs the library's constructors, which is what the user asked for by naming the plugin (or one that
    // needs this library); that it is one for this machine, and whole, has been checked.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }
        .map_err(|error| one_line(&error.source().map_or_else(|| error.to_string(), ToString::to_string)))
}

/// The address of a symbol; `None` if it is not there, or nowhere.
fn address(library: &Library, name: &str) -> Option<*const c_void> {
    // SAFETY: only the address is taken here; nothing is read through it.
    let symbol = unsafe { library.get::<*const c_void>(name) }.ok()?;
    let address = symbol.into_raw().cast_const();
    (!address.is_null()).then_some(address)
}

/// What the loader's words mean. The path in them is the copy's, which nobody knows.
fn refusal(library: &Checked, copy: &Path, words: &str) -> LoadError {
    let copy = copy.to_string_lossy();
    let words = words.strip_prefix(&format!("{copy}: ")).unwrap_or(words);
    let loader = words.replace(&*copy, &super::error::shown(&library.path));
    match missing(words) {
        Some(missing) => {
            LoadError::MissingDependency { path: library.path.clone(), library: missing.to_owned(), loader }
        }
        None => LoadError::incompatible(&library.path, Cause::Loader(loader)),
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
