//! The geometry of a resize.

use crate::config::{Fit, Options};
use mutoscope_plugin::{Error, Format, Result, Size};

/// The part of a picture that is taken, and the size in which it comes out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Geometry {
    /// The size of the result.
    pub(crate) output: Size,
    /// The smallest size of the whole picture, before `cover` cuts it, from which nothing of the result is lost.
    pub(crate) whole: Size,
    /// The part that is taken.
    pub(crate) part: Region,
}

/// A part of a picture or a plane, in its own pixels; edges may fall between pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Region {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Geometry {
    /// The geometry of `options`, which are checked, for a picture of size `input`.
    ///
    /// # Errors
    /// The side that follows from the aspect makes the result larger than a frame may be.
    pub(crate) fn new(options: &Options, input: Size) -> Result<Geometry> {
        let geometry = match (options.width, options.height) {
            (Some(width), Some(height)) => match options.fit {
                Fit::Contain => inside(input, width, height),
                Fit::Cover => filled(input, Size::new(width, height)),
                Fit::Stretch => whole(input, Size::new(width, height)),
            },
            (Some(width), None) => whole(input, Size::new(width, scaled(input.height, width, input.width))),
            (None, Some(height)) => {
                whole(input, Size::new(scaled(input.width, height, input.height), height))
            }
            (None, None) => whole(input, input),
        };
        let Size { width, height } = geometry.output;
        if width.max(height) > Format::MAX_SIDE || geometry.output.pixels() > Format::MAX_PIXELS {
            let given = if options.width.is_some() { "width" } else { "height" };
            return Err(Error::option(
                given,
                format!(
                    "makes {width}x{height} of a picture of {input}, more than the {} megapixels or the {} pixels a side that a \
                     frame may have; give both sides, or smaller ones",
                    Format::MAX_PIXELS / 1_000_000,
                    Format::MAX_SIDE
                ),
            ));
        }
        Ok(geometry)
    }

    /// Returns whether no side becomes longer.
    pub(crate) fn shrinks(&self) -> bool {
        f64::from(self.output.width) <= self.part.width && f64::from(self.output.height) <= self.part.height
    }

    /// The part of plane `index` that belongs to the result's plane, which has `to` samples (width and height) where the
    /// source's has `from`. `factors` are the luma samples for one of the plane's, each way.
    ///
    /// Chroma keeps its place under the luma to the fraction of a sample, also where a side is odd and the last chroma
    /// sample reaches over the picture's edge.
    pub(crate) fn of_plane(&self, factors: (u32, u32), from: (usize, usize), to: (usize, usize)) -> Region {
        let Region { left, top, width, height } = self.part;
        let (left, width) =
            along(left, width / f64::from(self.output.width), factors.0, from.0 as f64, to.0 as f64);
        let (top, height) =
            along(top, height / f64::from(self.output.height), factors.1, from.1 as f64, to.1 as f64);
        Region { left, top, width, height }
    }
}

/// One direction of [`Geometry::of_plane`]: `step` is the luma samples of the source for one of the result.
fn along(start: f64, step: f64, factor: u32, from: f64, to: f64) -> (f64, f64) {
    // Rounding errors must not make a whole number a fraction, which would cost a pass over the plane.
    let whole = |x: f64| if (x - x.round()).abs() < 1e-6 { x.round() } else { x };
    let start = whole(start / f64::from(factor)).clamp(0.0, from - 1.0);
    (start, whole(to * step).min(from - start))
}

/// `side * to / from`, rounded, at least 1: a side that follows another one from `from` to `to`.
fn scaled(side: u32, to: u32, from: u32) -> u32 {
    let (side, to, from) = (u64::from(side), u64::from(to), u64::from(from));
    u32::try_from((2 * side * to + from) / (2 * from)).unwrap_or(u32::MAX).max(1)
}

fn whole(input: Size, output: Size) -> Geometry {
    let part = Region { left: 0.0, top: 0.0, width: input.width.into(), height: input.height.into() };
    Geometry { output, whole: output, part }
}

/// As large as fits into `width` by `height`.
fn inside(input: Size, width: u32, height: u32) -> Geometry {
    let by_width = u64::from(width) * u64::from(input.height) <= u64::from(height) * u64::from(input.width);
    whole(
        input,
        if by_width {
            Size::new(width, scaled(input.height, width, input.width))
        } else {
            Size::new(scaled(input.width, height, input.height), height)
        },
    )
}

/// All of `output`, from the middle of the input.
fn filled(input: Size, output: Size) -> Geometry {
    let [w, h, to_w, to_h] =
        [input.width, input.height, output.width, output.height].map(|side| u64::from(side).max(1));
    // A hint only, so a picture like a thread may ask for less than it would take.
    let side = |exact: u64| exact.min(Format::MAX_SIDE.into()) as u32;
    if to_w * h >= to_h * w {
        let height = (to_h * w) as f64 / to_w as f64;
        let part = Region { left: 0.0, top: (h as f64 - height) / 2.0, width: w as f64, height };
        Geometry { output, whole: Size::new(output.width, side((h * to_w).div_ceil(w))), part }
    } else {
        let width = (to_w * h) as f64 / to_h as f64;
        let part = Region { left: (w as f64 - width) / 2.0, top: 0.0, width, height: h as f64 };
        Geometry { output, whole: Size::new(side((w * to_h).div_ceil(h)), output.height), part }
    }
}
