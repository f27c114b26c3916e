//! The eight ways in which a picture can lie.

use mutoscope_plugin::{Format, PixelFormat, Size};

/// One of the eight ways in which a picture can lie: transposed (rows become columns) or not, and then mirrored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Orientation {
    /// Rows become columns: the pixel at (x, y) goes to (y, x).
    pub transpose: bool,
    /// Left and right change places, after the transposition.
    pub hflip: bool,
    /// Top and bottom change places, after the transposition.
    pub vflip: bool,
}

impl Orientation {
    /// As it is.
    pub const UPRIGHT: Orientation = Orientation { transpose: false, hflip: false, vflip: false };

    /// The format of the turned picture: sides change places, and so do the directions of chroma's subsampling.
    pub fn format(self, input: Format) -> Format {
        if !self.transpose {
            return input;
        }
        let Format { kind, width, height, sampling, .. } = input;
        Format { kind: transposed(kind), sampling: transposed(sampling), ..input }
            .with_size(Size::new(height, width))
    }

    /// Returns whether a JPEG of this size and sampling can be turned block by block. Blocks that the right or the bottom
    /// edge cuts through cannot come to lie at the left or at the top: there is nothing to fill them up with.
    pub fn keeps_blocks_whole(self, sampling: PixelFormat, size: Size) -> bool {
        let (horizontal, vertical) = sampling.chroma_subsampling();
        // Which directions of the picture as it comes are turned round.
        let (x, y) = if self.transpose { (self.vflip, self.hflip) } else { (self.hflip, self.vflip) };
        (!x || size.width.is_multiple_of(8 * horizontal)) && (!y || size.height.is_multiple_of(8 * vertical))
    }
}

/// The kind of a transposed picture.
fn transposed(kind: PixelFormat) -> PixelFormat {
    match kind {
        PixelFormat::I422 => PixelFormat::I440,
        PixelFormat::I440 => PixelFormat::I422,
        other => other,
    }
}
