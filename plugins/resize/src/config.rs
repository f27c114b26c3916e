//! The options of a resize.

use crate::kernels;
use fast_image_resize::FilterType;
use mutoscope_plugin::{Error, Result, options};

/// The largest side that can be asked for.
pub(crate) const MAX_SIDE: u32 = 16_384;

/// Makes pictures smaller or larger. At least one of `width` and `height` is needed.
#[options]
pub struct Options {
    /// Pixels in a line of the result. Alone, the height follows, so that nothing is distorted.
    #[serde(default)]
    #[schemars(range(min = 1, max = 16384))]
    pub(crate) width: Option<u32>,
    /// Lines of the result. Alone, the width follows, so that nothing is distorted.
    #[serde(default)]
    #[schemars(range(min = 1, max = 16384))]
    pub(crate) height: Option<u32>,
    /// What happens when both sides are given and the picture has another aspect.
    #[serde(default)]
    pub(crate) fit: Fit,
    /// How new pixels are made from old ones; from quick to sharp.
    #[serde(default)]
    pub(crate) filter: Filter,
}

/// How a picture is fitted to a width and a height.
#[options]
#[derive(Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// As large as fits inside, with the aspect kept: one side may come out smaller than asked. No bars are added.
    #[default]
    Contain,
    /// Exactly the size, filled, with the aspect kept: what stands over is cut off evenly on both sides.
    Cover,
    /// Exactly the size, distorted if need be.
    Stretch,
}

/// fast_image_resize's filters under their own names. But for `nearest`, all widen with the scale, so that fine
/// patterns do not flicker in small pictures.
#[options]
#[derive(Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// `hamming` where both sides become smaller or stay, else `bilinear`.
    #[default]
    Auto,
    /// The nearest pixel: the quickest, jagged.
    Nearest,
    /// The mean of the pixels below.
    Box,
    /// Linear interpolation: smooth, without halos.
    Bilinear,
    /// Sharper than bilinear at the same cost in smaller pictures; larger ones come out a little stepped.
    Hamming,
    /// Cubic: sharp.
    CatmullRom,
    /// Cubic: between smooth and sharp.
    Mitchell,
    /// Soft: blurs noise.
    Gaussian,
    /// The sharpest and the slowest; light halos at hard edges.
    Lanczos3,
}

impl Filter {
    /// The library's filter; `None` for the nearest pixel. `shrinks`: no side becomes longer.
    pub(crate) fn kernel(self, shrinks: bool) -> Option<FilterType> {
        Some(match self {
            Filter::Nearest => return None,
            Filter::Auto if shrinks => kernels::hamming(),
            Filter::Auto => FilterType::Bilinear,
            Filter::Box => FilterType::Box,
            Filter::Bilinear => FilterType::Bilinear,
            Filter::Hamming => kernels::hamming(),
            Filter::CatmullRom => FilterType::CatmullRom,
            Filter::Mitchell => FilterType::Mitchell,
            Filter::Gaussian => FilterType::Gaussian,
            Filter::Lanczos3 => FilterType::Lanczos3,
        })
    }

    /// The reach of the filter to each side, in pixels of the smaller of the two pictures.
    pub(crate) fn reach(self) -> f64 {
        match self {
            Filter::Nearest => 0.0,
            Filter::Box => 0.5,
            Filter::Auto | Filter::Bilinear | Filter::Hamming => 1.0,
            Filter::CatmullRom | Filter::Mitchell => 2.0,
            Filter::Gaussian | Filter::Lanczos3 => 3.0,
        }
    }
}

impl Options {
    /// Checks the rule that the schema cannot say: one side at least. The ranges are checked again, as not every caller
    /// checks the schema.
    pub(crate) fn check(&self) -> Result<()> {
        if self.width.is_none() && self.height.is_none() {
            return Err(Error::option(
                "width",
                "a resize needs a width, a height or both, for example width: 640",
            ));
        }
        for (name, side) in [("width", self.width), ("height", self.height)] {
            if side.is_some_and(|side| !(1..=MAX_SIDE).contains(&side)) {
                return Err(Error::option(name, format!("a {name} may have 1 to {MAX_SIDE} pixels")));
            }
        }
        Ok(())
    }
}
