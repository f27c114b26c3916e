//! A device that a source could open.

use serde::{Deserialize, Serialize};

/// A device that a source could open, as `mutoscope devices` lists it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Device {
    /// The name for people: the card's name.
    pub name: String,
    /// The plugin's options that open it, without the word `plugin`: `{"device": "/dev/video0"}`.
    pub options: serde_json::Value,
    /// Whatever else is worth knowing (driver, formats, sizes, rates, controls), by name.
    #[serde(default)]
    pub details: serde_json::Map<String, serde_json::Value>,
}

impl Device {
    /// A device by its name, and the options that open it.
    pub fn new(name: impl Into<String>, options: serde_json::Value) -> Device {
        Device { name: name.into(), options, details: serde_json::Map::new() }
    }

    /// The same, with what else is worth knowing.
    pub fn details(self, details: serde_json::Map<String, serde_json::Value>) -> Device {
        Device { details, ..self }
    }
}
