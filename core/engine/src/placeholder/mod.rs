//! The picture while there is no picture: the last one greyed, with what failed, since when, and what comes next.
//!
//! # Layout
//! `notice` (what is to be said, in words) → `page` (which lines of it fit, how large, and where) → `canvas` (the
//! ground, and the letters on it) → [`draw`] makes a frame of it. Nothing is kept from one picture to the next, since
//! there is one a second.

mod canvas;
mod notice;
mod page;
#[cfg(test)]
mod tests;

pub use notice::Notice;

use canvas::Canvas;
use jiff::tz::TimeZone;
use mutoscope_plugin::{Error, Format, Frame, Freshness, PixelFormat, Result, Size, Times};

/// Draws `notice` over `last`, or over plain grey of `size` where there is no last picture, or one without planes.
///
/// The picture has the size, sampling and colours of `last` (a plain one: `size`, 4:2:0 and the colours of a JPEG), the
/// time `now` and the number of `last`, and is marked as [`Freshness::PLACEHOLDER`]. One that is too small for legible
/// text has none.
///
/// # Errors
/// There is no last picture with planes, and `size` is not one that a frame can have.
pub fn draw(last: Option<&Frame>, size: Size, notice: &Notice, now: Times) -> Result<Frame> {
    // The machine's zone, or UTC where it has none, as in a bare container.
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    let mut canvas = match last.filter(|last| last.format().kind.is_planes()) {
        Some(last) => Canvas::greyed(last)?,
        // Asked before there is memory for it.
        None if size.pixels() > Format::MAX_PIXELS => {
            return Err(Error::new(format!("a picture of {size} is larger than any may be")));
        }
        None => Canvas::plain(Format::new(PixelFormat::I420, size.width, size.height))?,
    };
    canvas.write(&notice.words(now, &zone))?;
    let frame = canvas.into_frame(now)?.with_freshness(Freshness::PLACEHOLDER);
    Ok(frame.with_sequence(last.map_or(0, Frame::sequence)))
}
