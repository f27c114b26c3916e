//! The options of a timestamp.

use mutoscope_paint as paint;
use mutoscope_plugin::{Error, Result, options};

/// Writes the time of capture on pictures.
#[options]
#[serde(default)]
pub struct Options {
    /// What is written, with strftime's codes: `%Y-%m-%d %H:%M:%S`; `%.3f` adds milliseconds, `%Z` the zone, `\n` or `%n`
    /// starts a new line; `\\n` is a backslash and an n. Put it in quotes.
    pub(crate) format: String,
    /// The IANA name of a time zone, such as `Europe/Berlin` or `UTC`; the machine's own if absent.
    pub(crate) time_zone: Option<String>,
    /// In which corner.
    pub(crate) position: Position,
    /// Pixels between the text and the picture's edges.
    #[schemars(range(min = 0, max = 16384))]
    pub(crate) margin: u32,
    /// Height of a line in pixels. A thirtieth of the picture's, and at least 12, if absent.
    #[schemars(range(min = 6, max = 512))]
    pub(crate) text_height: Option<u32>,
    /// A .ttf, .otf or .ttc file; a font that comes with the program (DejaVu Sans Mono Bold: Latin, digits, signs) if
    /// absent.
    #[schemars(extend("format" = "path"))]
    pub(crate) font: Option<String>,
    /// The letters: `#rrggbb`, `#rrggbbaa`, or a name such as `white`. Put a `#` in quotes.
    pub(crate) colour: String,
    /// The rim round the letters, or `none`; if absent, dark round light letters and light round dark ones, so that the
    /// text is legible on any picture.
    pub(crate) outline: Option<String>,
    /// The box behind the text, or `none`.
    pub(crate) background: String,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            format: "%Y-%m-%d %H:%M:%S".into(),
            time_zone: None,
            position: Position::TopLeft,
            margin: 8,
            text_height: None,
            font: None,
            colour: "white".into(),
            outline: None,
            background: "none".into(),
        }
    }
}

/// A corner of the picture.
#[options]
#[derive(Copy)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// The upper left corner.
    TopLeft,
    /// The upper right corner.
    TopRight,
    /// The lower left corner.
    BottomLeft,
    /// The lower right corner.
    BottomRight,
}

impl From<Position> for paint::Position {
    fn from(position: Position) -> paint::Position {
        match position {
            Position::TopLeft => paint::Position::TopLeft,
            Position::TopRight => paint::Position::TopRight,
            Position::BottomLeft => paint::Position::BottomLeft,
            Position::BottomRight => paint::Position::BottomRight,
        }
    }
}

impl Options {
    /// The font that the letters come from, read from the file each time.
    ///
    /// # Errors
    /// The file cannot be read or is no usable font.
    pub(crate) fn font(&self) -> Result<paint::Font> {
        match &self.font {
            None => Ok(paint::Font::bundled()),
            Some(path) => paint::Font::read(path).map_err(|error| Error::option("font", error.to_string())),
        }
    }
}
