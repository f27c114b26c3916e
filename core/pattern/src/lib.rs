//! The test pattern: colour bars, a clock whose hand goes round in sixty frames, a grey ramp, and the frame's number,
//! as digits for people and as black and white blocks for programs ([`read_counter`]).
//!
//! What stands still is drawn once (`background`); a frame is a copy of it with hand and number on top. The same
//! number gives the same picture. Planes are 4:2:0, BT.601, full range: what a JPEG holds.

mod background;
mod counter;
mod dial;
mod digits;
mod geometry;

pub use background::BARS;
pub use counter::{MIN_HEIGHT, MIN_WIDTH, read_counter};

use background::Background;
use mutoscope_plugin::{Error, Format, Frame, PixelFormat, Result, Services, Times};

/// A test pattern of one size.
pub struct Pattern {
    format: Format,
    background: Background,
}

impl Pattern {
    /// A pattern of `width` by `height` pixels. The smallest is 1x1; below [`MIN_WIDTH`] by [`MIN_HEIGHT`] the blocks
    /// that [`read_counter`] reads are left out.
    ///
    /// # Errors
    /// The size is not one that a frame can have.
    pub fn new(width: u32, height: u32) -> Result<Pattern> {
        let format = Format::new(PixelFormat::I420, width, height);
        let sides = 1..=Format::MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) || format.size().pixels() > Format::MAX_PIXELS
        {
            return Err(Error::new(format!(
                "a test pattern of {width}x{height} is not a size that a frame can have"
            )));
        }
        Ok(Pattern { format, background: Background::new(format) })
    }

    /// Frame number `number`.
    ///
    /// # Errors
    /// There is no memory for it within the host's limit.
    pub fn draw(&self, number: u32, times: Times, services: &Services) -> Result<Frame> {
        let mut frame = Frame::pooled(self.format, times, services)?;
        let mut planes = frame.planes_mut(services)?;
        for (to, from) in planes.iter_mut().zip(self.background.planes()) {
            for (to, from) in to.rows_mut().zip(from.rows()) {
                to.copy_from_slice(from);
            }
        }
        let luma = &mut planes[0];
        dial::draw_hand(luma, number);
        counter::draw(luma, number);
        digits::draw(luma, number);
        drop(planes);
        Ok(frame)
    }
}
