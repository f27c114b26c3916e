//! The options of lights and gates.

use mutoscope_plugin::options;
use std::time::Duration;

/// A light on a pin: on while somebody looks on, or while the camera is well. It is no viewer itself.
#[options]
#[derive(PartialEq)]
pub struct LightOptions {
    /// The pin, by its GPIO number (17 is the eleventh on the header), not by its place. The header has 2 to 27, a Compute
    /// Module up to 45; what is above has the SD card.
    #[schemars(range(min = 0, max = 45))]
    pub pin: u8,

    /// When it is on.
    #[serde(default, rename = "while")]
    pub condition: While,

    /// On means low: for lights between the pin and 3.3 V, and for most relays.
    #[serde(default)]
    pub active_low: bool,
}

/// When a light is on.
#[options]
#[derive(Copy, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
pub enum While {
    /// While one of the sink's streams has a viewer.
    #[default]
    Watched,
    /// While all of the sink's streams are healthy, as `/healthz` has it: a camera that rests is.
    Live,
}

/// A gate: pictures pass while a pin is active (a motion sensor, a switch), and for a while after it.
#[options]
#[derive(PartialEq)]
pub struct GateOptions {
    /// The pin, by its GPIO number (17 is the eleventh on the header), not by its place. The header has 2 to 27, a Compute
    /// Module up to 45; what is above has the SD card.
    #[schemars(range(min = 0, max = 45))]
    pub pin: u8,

    /// Active means low: for a switch between the pin and ground, with `pull: up`.
    #[serde(default)]
    pub active_low: bool,

    /// The resistor inside the processor that the pin is given, for switches that leave it open.
    #[serde(default)]
    pub pull: Pull,

    /// For so many seconds after the pin was active pictures still pass.
    #[serde(default = "hold")]
    #[schemars(range(min = 0, max = 86400))]
    pub hold_s: f64,

    /// A level counts after it has lasted for so many milliseconds.
    #[serde(default = "debounce")]
    #[schemars(range(min = 0, max = 60000))]
    pub debounce_ms: u32,
}

/// A resistor inside the processor.
#[options]
#[derive(Copy, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Pull {
    /// None: the sensor drives the pin.
    #[default]
    Off,
    /// To 3.3 V.
    Up,
    /// To ground.
    Down,
}

fn hold() -> f64 {
    10.0
}

fn debounce() -> u32 {
    50
}

impl GateOptions {
    pub(crate) fn hold(&self) -> Duration {
        // The schema keeps it within a day; whatever else there might be is none.
        Duration::try_from_secs_f64(self.hold_s).unwrap_or_default()
    }

    pub(crate) fn debounce(&self) -> Duration {
        Duration::from_millis(self.debounce_ms.into())
    }
}
