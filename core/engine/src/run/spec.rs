//! Sources and sinks as the pipeline file has them.

use crate::config::KeyPath;
use crate::exclusive;
use mutoscope_plugin::host::{SinkKind, SourceKind};
use mutoscope_plugin::{FormatHint, SourceCaps};

/// A source as the file has it.
pub(crate) struct SourceSpec {
    pub(crate) plugin: String,
    pub(crate) kind: SourceKind,
    pub(crate) options: String,
    pub(crate) caps: SourceCaps,
    pub(crate) wanted: FormatHint,
    /// Its place in the file.
    pub(crate) origin: KeyPath,
}

impl SourceSpec {
    /// Returns whether they are one and the same.
    pub(crate) fn is_same(&self, other: &SourceSpec) -> bool {
        self.kind == other.kind && self.options == other.options
    }

    /// Returns whether two of them can hardly be open at once, because they hold the same device.
    pub(crate) fn conflicts(&self, other: &SourceSpec) -> bool {
        // By name, too: a library that was built anew is other code for the same device.
        let same = self.plugin == other.plugin || self.kind == other.kind;
        exclusive::conflict(same, &self.caps, &other.caps)
    }

    /// Returns whether both say that they hold the same device.
    pub(crate) fn shares(&self, other: &SourceSpec) -> bool {
        exclusive::shared(&self.caps, &other.caps).next().is_some()
    }
}

/// A sink as the file has it.
#[derive(Clone)]
pub(crate) struct SinkSpec {
    pub(crate) plugin: String,
    pub(crate) kind: SinkKind,
    pub(crate) options: String,
    pub(crate) observer: bool,
    /// Number and name of each stream that it serves.
    pub(crate) streams: Vec<(u32, String)>,
    /// Its place in the file.
    pub(crate) origin: KeyPath,
}
