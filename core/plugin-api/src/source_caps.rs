//! A source's formats, told without opening its device.

use crate::{Format, PixelFormat, Size};
use serde::{Deserialize, Serialize};

/// The formats that a source can give, in the order of its preference. Empty: unknown until the first frame.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceCaps {
    /// The kinds and sizes it may be asked for.
    pub formats: Vec<FormatCaps>,
    /// Pictures per second, where the options say it.
    pub fps: Option<f64>,
    /// It may come to its end (a film that is shown once). The end of any other source is a failure.
    #[serde(default)]
    pub may_end: bool,
    /// The paths of the devices that only one instance can hold at a time. Empty: none. `None`: not said, and
    /// then two instances of the plugin are never open at once while one takes the other's place.
    #[serde(default)]
    pub exclusive_devices: Option<Vec<String>>,
    /// Notes for the user on options that are valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// Something that a user should know of an option that is good: what is left out, or shown otherwise than it is written.
/// `check` and `run` show it with its place in the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Note {
    /// The option's path; empty where it is about all of them together.
    pub option: String,
    /// The text. Its first line says it, further lines add to it.
    pub text: String,
}

impl Note {
    /// A note on an option, by its path.
    pub fn new(option: impl Into<String>, text: impl Into<String>) -> Note {
        Note { option: option.into(), text: text.into() }
    }
}

/// One of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FormatCaps {
    /// The format of the frames. Without a size (0 by 0), the size is open until the first frame.
    pub format: Format,
}

impl FormatCaps {
    /// Frames of this format.
    pub fn new(format: Format) -> FormatCaps {
        FormatCaps { format }
    }

    /// Returns whether the size is known before the first frame.
    pub fn has_size(&self) -> bool {
        self.format.size().pixels() > 0
    }
}

impl SourceCaps {
    /// Nothing is known until the first frame.
    pub fn unknown() -> SourceCaps {
        SourceCaps::default()
    }

    /// JPEG pictures, of a size that is known or not.
    pub fn jpeg(size: Option<Size>) -> SourceCaps {
        SourceCaps::one(PixelFormat::JPEG, size)
    }

    /// One kind, BT.601 and full range.
    pub fn one(kind: PixelFormat, size: Option<Size>) -> SourceCaps {
        let size = size.unwrap_or(Size::new(0, 0));
        SourceCaps::format(Format::new(kind, size.width, size.height))
    }

    /// Exactly this format.
    pub fn format(format: Format) -> SourceCaps {
        SourceCaps::formats([format])
    }

    /// One of these formats, in the order of the source's preference.
    pub fn formats(formats: impl IntoIterator<Item = Format>) -> SourceCaps {
        SourceCaps { formats: formats.into_iter().map(FormatCaps::new).collect(), ..SourceCaps::default() }
    }

    /// The same at so many pictures per second.
    pub fn at(self, fps: f64) -> SourceCaps {
        SourceCaps { fps: Some(fps), ..self }
    }

    /// The same, from a source that may come to its end.
    pub fn may_end(self) -> SourceCaps {
        SourceCaps { may_end: true, ..self }
    }

    /// The same, from a source that opens these devices, each of which only one instance can have open at a time.
    pub fn exclusive<T: Into<String>>(self, devices: impl IntoIterator<Item = T>) -> SourceCaps {
        SourceCaps { exclusive_devices: Some(devices.into_iter().map(Into::into).collect()), ..self }
    }

    /// The same, from a source of which several instances may be open at a time.
    pub fn shareable(self) -> SourceCaps {
        SourceCaps { exclusive_devices: Some(Vec::new()), ..self }
    }

    /// The same, with something that the user should know of an option.
    pub fn note(mut self, option: impl Into<String>, text: impl Into<String>) -> SourceCaps {
        self.notes.push(Note::new(option, text));
        self
    }
}
