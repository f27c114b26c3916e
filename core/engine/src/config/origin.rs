//! The text of a pipeline file, from wherever it comes, within limits.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use mutoscope_plugin::host::without_passwords;

use crate::config::diagnostics::report::Report;
use crate::config::waiting;

/// The largest pipeline file, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// Where a pipeline file comes from.
#[derive(Clone)]
pub enum Origin {
    /// A file; relative paths in it are relative to its folder.
    File(PathBuf),
    /// Standard input; relative paths are relative to the current directory.
    StandardInput,
    /// A text that is part of the program; relative paths are relative to the current directory.
    BuiltIn {
        /// What messages call it.
        name: String,
        /// The pipeline.
        text: String,
    },
}

// A text may hold secrets.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Origin").field(&self.name()).finish()
    }
}

impl Origin {
    /// A command line's word for a file: `-` is standard input.
    #[must_use]
    pub fn from_argument(argument: &Path) -> Origin {
        match argument.to_str() {
            Some("-") => Origin::StandardInput,
            _ => Origin::File(argument.to_owned()),
        }
    }

    /// Returns what messages call it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Origin::File(path) => without_passwords(&path.display().to_string()).into_owned(),
            Origin::StandardInput => "standard input".into(),
            Origin::BuiltIn { name, .. } => name.clone(),
        }
    }

    /// The folder that relative paths start at, absolute.
    pub(crate) fn folder(&self) -> Result<PathBuf, Report> {
        let folder = match self {
            Origin::File(path) => path.parent().filter(|p| !p.as_os_str().is_empty()),
            _ => None,
        };
        std::path::absolute(folder.unwrap_or(Path::new(".")))
            .map_err(|e| Report::about(&self.name(), format!("its folder is not known: {e}"), Vec::new()))
    }

    /// Reads the text; a byte order mark is left out.
    pub(crate) fn text(&self) -> Result<String, Report> {
        let bytes = match self {
            Origin::File(path) => self.checked(waiting::read(&open(path)?, MOST_BYTES))?,
            Origin::StandardInput => self.checked(read(io::stdin().lock()))?,
            Origin::BuiltIn { text, .. } => self.checked(read(text.as_bytes()))?,
        };
        let text = String::from_utf8(bytes)
            .map_err(|e| self.not_text(e.as_bytes(), e.utf8_error().valid_up_to()))?;
        if let Some(at) = text.find('\0') {
            return Err(self.not_text(text.as_bytes(), at));
        }
        Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
    }

    fn checked(&self, read: io::Result<Vec<u8>>) -> Result<Vec<u8>, Report> {
        let bytes = read.map_err(|error| {
            let helps = match error.kind() {
                ErrorKind::TimedOut => vec!["write the pipeline to a file, and name that".into()],
                _ => Vec::new(),
            };
            Report::about(&self.name(), format!("cannot be read: {}", words(&error)), helps)
        })?;
        if bytes.len() as u64 > MOST_BYTES {
            let help = "a pipeline file is a few lines of YAML; is this a picture or a video?";
            return Err(Report::about(
                &self.name(),
                "larger than 1 MiB, not read further",
                vec![help.into()],
            ));
        }
        Ok(bytes)
    }

    fn not_text(&self, bytes: &[u8], at: usize) -> Report {
        let kind = match bytes {
            [0xff, 0xd8, ..] => "a JPEG picture",
            [0x89, b'P', b'N', b'G', ..] => "a PNG picture",
            [0x7f, b'E', b'L', b'F', ..] => "a program or a library",
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "text in UTF-16",
            _ if bytes[at] == 0 => "a binary file",
            _ => "text in another encoding",
        };
        let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let message =
            format!("not UTF-8 text: it looks like {kind} (byte 0x{:02x} on line {line})", bytes[at]);
        let help = match kind {
            "text in UTF-16" | "text in another encoding" => "save the file as UTF-8",
            _ => "a pipeline file is YAML text; `mutoscope run` takes the file, the pictures are named in it",
        };
        Report::about(&self.name(), message, vec![help.into()])
    }
}

fn read(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn open(path: &Path) -> Result<File, Report> {
    let name = Origin::File(path.to_owned()).name();
    let file = waiting::open(path).map_err(|e| {
        let helps =
            if e.kind() == ErrorKind::NotFound { neighbour(path).into_iter().collect() } else { Vec::new() };
        Report::about(&name, words(&e), helps)
    })?;
    match file.metadata() {
        Ok(about) if about.is_dir() => Err(Report::about(
            &name,
            "this is a folder; a pipeline file is wanted",
            inside(path).into_iter().collect(),
        )),
        _ => Ok(file),
    }
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file".into(),
        ErrorKind::PermissionDenied => "you may not read this file".into(),
        _ => error.to_string(),
    }
}

/// For a missing file: another in its folder whose name is near.
fn neighbour(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = files(folder)?;
    let stem =
        |name: &str| Path::new(name).file_stem().and_then(OsStr::to_str).unwrap_or_default().to_owned();
    let stems: Vec<String> = names.iter().map(|name| stem(name)).collect();
    let near = crate::names::nearest(path.file_stem()?.to_str()?, stems.iter().map(String::as_str))?;
    let name = names.iter().find(|name| stem(name) == near)?;
    Some(format!("did you mean `{}`?", path.with_file_name(name).display()))
}

fn inside(folder: &Path) -> Option<String> {
    let first = files(folder)?.into_iter().find(|name| name.ends_with(".yaml") || name.ends_with(".yml"))?;
    Some(format!("in it is `{}`", folder.join(first).display()))
}

/// The names in a folder, sorted; the first thousand are enough for a hint.
fn files(folder: &Path) -> Option<Vec<String>> {
    let entries = folder.read_dir().ok()?.take(1000);
    let mut names: Vec<_> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Some(names)
}
