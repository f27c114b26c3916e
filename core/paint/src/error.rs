//! The crate's one error: opaque, so that a new reason breaks no caller.

use std::ops::RangeInclusive;
use std::{fmt, io, path::PathBuf};

/// The refusal of a font, a colour, a height or a picture; its text names the place and the way out.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    path: Option<PathBuf>,
}

/// The reasons, private: callers show them, they do not branch on them.
#[derive(Debug)]
pub(crate) enum ErrorKind {
    Read(io::Error),
    NotAFile,
    TooLarge { limit: usize },
    NotAFont,
    Woff,
    NoOutlines,
    NoLatin,
    Height { height: u32, allowed: RangeInclusive<u32> },
    Colour { text: String, names: String },
    Planes(String),
}

impl Error {
    /// The same error, with the file that it is about.
    pub(crate) fn at(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, path: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        match &self.kind {
            ErrorKind::Read(error) => write!(f, "cannot read the font: {error}"),
            ErrorKind::NotAFile => write!(f, "not a regular file: name a .ttf, .otf or .ttc file"),
            ErrorKind::TooLarge { limit } => {
                write!(f, "larger than the {} MiB allowed for a font", limit >> 20)
            }
            ErrorKind::NotAFont => {
                write!(f, "not a font, or broken: a .ttf, .otf or .ttc file is expected")
            }
            ErrorKind::Woff => {
                write!(f, "a web font (WOFF): convert it to .ttf or .otf first, for example with fonttools")
            }
            ErrorKind::NoOutlines => write!(
                f,
                "the font has no outlines (bitmaps only?) or is cut off: a scalable .ttf or .otf is expected"
            ),
            ErrorKind::NoLatin => {
                write!(f, "the font has neither digits nor Latin letters: choose one that has them")
            }
            ErrorKind::Height { height, allowed } => write!(
                f,
                "text height {height} is out of range: {} to {} pixels",
                allowed.start(),
                allowed.end()
            ),
            ErrorKind::Colour { text, names } => write!(
                f,
                "{text:?} is not a colour: #rgb, #rgba, #rrggbb, #rrggbbaa or one of {names} is expected"
            ),
            ErrorKind::Planes(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ErrorKind::Read(error) => Some(error),
            _ => None,
        }
    }
}
