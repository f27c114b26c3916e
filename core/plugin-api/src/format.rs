//! The format of a frame: its pixel format, its size, and the meaning of its numbers as colours.

use crate::abi::crossing;
use crate::pixel_format::PixelFormat;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Width and height in pixels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Size {
    /// Pixels in a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
}

impl Size {
    /// The size of `width` by `height` pixels.
    pub const fn new(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    /// The number of pixels.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// The coefficients that relate Y'CbCr to R'G'B'.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Matrix(pub u32);

impl Matrix {
    /// ITU-R BT.601: standard definition, and every JPEG (JFIF 1.02).
    pub const BT601: Matrix = Matrix(1);
    /// ITU-R BT.709: high definition.
    pub const BT709: Matrix = Matrix(2);
    /// ITU-R BT.2020, non-constant luminance.
    pub const BT2020: Matrix = Matrix(3);
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Matrix::BT601 => f.write_str("BT.601"),
            Matrix::BT709 => f.write_str("BT.709"),
            Matrix::BT2020 => f.write_str("BT.2020"),
            Matrix(other) => write!(f, "matrix {other}"),
        }
    }
}

/// The numbers that mean black and white.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Range(pub u32);

impl Range {
    /// 0 is black, 255 is white, chroma spans 0 to 255: JPEG.
    pub const FULL: Range = Range(1);
    /// 16 is black, 235 is white, chroma spans 16 to 240: what video devices usually give.
    pub const LIMITED: Range = Range(2);
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Range::FULL => f.write_str("full range"),
            Range::LIMITED => f.write_str("limited range"),
            Range(other) => write!(f, "range {other}"),
        }
    }
}

crossing! {
    /// The format of a frame: its pixel format, its size in pixels, and the meaning of its numbers as colours.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
    pub struct Format {
        /// The layout of the bytes.
        pub kind: PixelFormat,
        /// Pixels in a line.
        pub width: u32,
        /// Lines.
        pub height: u32,
        /// The relation of luma and chroma to colours. JPEG is always BT.601.
        pub matrix: Matrix,
        /// The numbers that mean black and white. JPEG is always full.
        pub range: Range,
        /// For a JPEG: the planar kind that it decodes to. `PixelFormat(0)`: not known yet, or not a JPEG.
        pub sampling: PixelFormat,
    }
}

impl Format {
    /// The largest width and height that a frame may have: JPEG's own limit.
    pub const MAX_SIDE: u32 = 65_500;

    /// The most pixels that a frame may have: above any camera's, and what bounds the memory for one frame.
    pub const MAX_PIXELS: u64 = 100_000_000;

    /// `kind` at `width` by `height`, BT.601 and full range (which is what a JPEG holds).
    pub const fn new(kind: PixelFormat, width: u32, height: u32) -> Format {
        Format { kind, width, height, matrix: Matrix::BT601, range: Range::FULL, sampling: PixelFormat(0) }
    }

    /// A JPEG picture of `width` by `height` pixels.
    pub const fn jpeg(width: u32, height: u32) -> Format {
        Format::new(PixelFormat::JPEG, width, height)
    }

    /// Full-range grey of `width` by `height` pixels, one byte a pixel.
    pub const fn grey(width: u32, height: u32) -> Format {
        Format::new(PixelFormat::GREY, width, height)
    }

    /// The same with another matrix and range.
    pub const fn with_colours(self, matrix: Matrix, range: Range) -> Format {
        Format { matrix, range, ..self }
    }

    /// The same in another size.
    pub const fn with_size(self, size: Size) -> Format {
        Format { width: size.width, height: size.height, ..self }
    }

    /// The same as another kind.
    pub const fn with_kind(self, kind: PixelFormat) -> Format {
        Format { kind, sampling: PixelFormat(0), ..self }
    }

    /// The same JPEG, known to decode to `sampling`.
    pub const fn with_sampling(self, sampling: PixelFormat) -> Format {
        Format { sampling, ..self }
    }

    /// Returns whether the colours are those of a JPEG: BT.601, full range.
    pub fn has_jpeg_colours(&self) -> bool {
        (self.matrix, self.range) == (Matrix::BT601, Range::FULL)
    }

    /// Width and height.
    pub const fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.size())?;
        if self.kind == PixelFormat::JPEG && self.sampling != PixelFormat(0) {
            // "YUV 4:2:0" of which the numbers say it all.
            let sampling = self.sampling.to_string();
            write!(f, " {}", sampling.trim_start_matches("YUV "))?;
        }
        if self.kind != PixelFormat::JPEG && !self.has_jpeg_colours() {
            write!(f, " ({}, {})", self.matrix, self.range)?;
        }
        Ok(())
    }
}
