//! The options of a turn.

use mutoscope_codec::turn::Orientation;
use mutoscope_plugin::{Error, Result, options};

/// Turns and mirrors pictures: first the turn, then the mirrors, which mean left and right, top and bottom of the
/// turned picture.
#[options]
#[derive(Default)]
#[serde(default)]
pub struct Options {
    /// Degrees clockwise.
    #[schemars(extend("enum" = [0, 90, 180, 270]))]
    pub(crate) angle: u16,
    /// Mirror left and right.
    pub(crate) hflip: bool,
    /// Mirror top and bottom.
    pub(crate) vflip: bool,
}

impl Options {
    /// The one of the eight orientations that the options mean.
    ///
    /// # Errors
    /// The angle is not a quarter turn's.
    pub(crate) fn orientation(&self) -> Result<Orientation> {
        let turned = match self.angle {
            0 => Orientation::UPRIGHT,
            90 => Orientation { transpose: true, hflip: true, vflip: false },
            180 => Orientation { transpose: false, hflip: true, vflip: true },
            270 => Orientation { transpose: true, hflip: false, vflip: true },
            other => {
                let text = format!(
                    "{other} degrees are not a quarter turn: 0, 90, 180 or 270 (clockwise) is expected"
                );
                return Err(Error::option("angle", text));
            }
        };
        let Orientation { transpose, hflip, vflip } = turned;
        Ok(Orientation { transpose, hflip: hflip != self.hflip, vflip: vflip != self.vflip })
    }
}
