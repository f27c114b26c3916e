//! The arrangement of bytes in each pixel format, for which loading and storing are written.

use crate::rgb::Order;
use mutoscope_plugin::{Class, PixelFormat};

/// The arrangement of a kind's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Luma, and two chroma planes: Cb is plane `cb`, Cr plane `cr`.
    Planar {
        /// The plane of Cb.
        cb: usize,
        /// The plane of Cr.
        cr: usize,
    },
    /// One plane of luma.
    Grey,
    /// One plane of 16-bit little-endian luma.
    Grey16,
    /// Luma, and one plane of chroma pairs: Cb first, or Cr first.
    SemiPlanar {
        /// Cb comes first.
        cb_first: bool,
    },
    /// Luma and chroma of two pixels in four bytes.
    Packed(Packing),
    /// Red, green and blue in `channels` bytes, blue first or red first.
    Rgb {
        /// Bytes a pixel.
        channels: usize,
        /// Blue comes first.
        blue_first: bool,
    },
    /// One colour a pixel; red stands in lines and columns of this parity.
    Bayer {
        /// 0: in even lines.
        red_line: usize,
        /// 0: in even columns.
        red_column: usize,
    },
}

/// The order of a packed pair of pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packing {
    /// Y0 Cb Y1 Cr.
    Yuyv,
    /// Cb Y0 Cr Y1.
    Uyvy,
    /// Y0 Cr Y1 Cb.
    Yvyu,
    /// Cr Y0 Cb Y1.
    Vyuy,
}

impl Shape {
    /// Of a kind; `None` for a JPEG and for kinds that this build does not know.
    pub fn of(kind: PixelFormat) -> Option<Shape> {
        Some(match kind {
            PixelFormat::GREY => Shape::Grey,
            PixelFormat::Y16 => Shape::Grey16,
            PixelFormat::YV12 => Shape::Planar { cb: 2, cr: 1 },
            PixelFormat::YUYV => Shape::Packed(Packing::Yuyv),
            PixelFormat::UYVY => Shape::Packed(Packing::Uyvy),
            PixelFormat::YVYU => Shape::Packed(Packing::Yvyu),
            PixelFormat::VYUY => Shape::Packed(Packing::Vyuy),
            PixelFormat::NV12 | PixelFormat::NV16 | PixelFormat::NV24 => Shape::SemiPlanar { cb_first: true },
            PixelFormat::NV21 => Shape::SemiPlanar { cb_first: false },
            PixelFormat::RGB24 => Shape::Rgb { channels: 3, blue_first: false },
            PixelFormat::BGR24 => Shape::Rgb { channels: 3, blue_first: true },
            PixelFormat::RGBA32 => Shape::Rgb { channels: 4, blue_first: false },
            PixelFormat::BGRA32 => Shape::Rgb { channels: 4, blue_first: true },
            PixelFormat::BGGR8 => Shape::Bayer { red_line: 1, red_column: 1 },
            PixelFormat::GBRG8 => Shape::Bayer { red_line: 1, red_column: 0 },
            PixelFormat::GRBG8 => Shape::Bayer { red_line: 0, red_column: 1 },
            PixelFormat::RGGB8 => Shape::Bayer { red_line: 0, red_column: 0 },
            kind if kind.class() == Some(Class::Planes) => Shape::Planar { cb: 1, cr: 2 },
            _ => return None,
        })
    }

    /// Returns whether its numbers are red, green and blue.
    pub fn is_rgb(self) -> bool {
        matches!(self, Shape::Rgb { .. } | Shape::Bayer { .. })
    }

    /// The bytes of a pixel of RGB.
    pub(crate) fn order(self) -> Order {
        match self {
            Shape::Rgb { channels, blue_first } => Order { channels, blue_first },
            _ => Order::RGB,
        }
    }

    /// Returns whether it is luma alone.
    pub fn is_grey(self) -> bool {
        matches!(self, Shape::Grey | Shape::Grey16)
    }
}

/// The planar kind that holds an input of this kind with nothing lost, or, where it has chroma in full only because
/// it is RGB, the one that is cheapest to encode and that cameras give themselves.
pub fn nearest_planes(kind: PixelFormat) -> PixelFormat {
    match kind {
        kind if kind.is_planes() => kind,
        PixelFormat::YUYV | PixelFormat::UYVY | PixelFormat::YVYU | PixelFormat::VYUY | PixelFormat::NV16 => {
            PixelFormat::I422
        }
        PixelFormat::NV24 => PixelFormat::I444,
        PixelFormat::Y16 => PixelFormat::GREY,
        _ => PixelFormat::I420,
    }
}
