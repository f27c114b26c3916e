//! Pixel formats.

use std::fmt;

/// The layout of a frame's bytes, as a four-character code (V4L2's, where it has one).
///
/// A number and not an `enum`, so that a code from another build that this one does not know is a value
/// to be refused and not undefined behaviour.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PixelFormat(pub u32);

/// The three classes of kinds, which is what the planner thinks in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// A whole JPEG picture: one of the two currencies inside a pipeline.
    Jpeg,
    /// Planar 8-bit YUV or grey: the other currency.
    Planes,
    /// A layout that exists only at a source's edge and is converted to planes once.
    Raw,
}

/// Horizontal and vertical subsampling of a chroma plane, and how many planes there are.
pub(crate) struct Sampling {
    pub(crate) horizontal: u32,
    pub(crate) vertical: u32,
    pub(crate) planes: usize,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $class:ident;)+) => {
        impl PixelFormat {
            $($(#[$doc])* pub const $name: PixelFormat = PixelFormat::code($code);)+

            /// Every kind that this build knows, in the order of their description.
            pub const ALL: &'static [PixelFormat] = &[$(PixelFormat::$name),+];

            /// The class of this kind; `None` for a code that this build does not know.
            #[inline]
            pub fn class(self) -> Option<Class> {
                match self {
                    $(PixelFormat::$name => Some(Class::$class),)+
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// A JPEG picture (baseline or progressive), full-range BT.601 as in JFIF.
    JPEG = b"JPEG", Jpeg;
    /// Planar Y, Cb, Cr, chroma halved both ways (4:2:0); V4L2's `YU12`.
    I420 = b"YU12", Planes;
    /// Planar Y, Cb, Cr, chroma halved horizontally (4:2:2); V4L2's `422P`.
    I422 = b"422P", Planes;
    /// Planar Y, Cb, Cr, chroma halved vertically (4:4:0), as rotated 4:2:2 pictures have it.
    I440 = b"440P", Planes;
    /// Planar Y, Cb, Cr, chroma in full (4:4:4).
    I444 = b"444P", Planes;
    /// One plane of luma.
    GREY = b"GREY", Planes;
    /// Planar Y, Cr, Cb, 4:2:0.
    YV12 = b"YV12", Raw;
    /// Packed Y0 Cb Y1 Cr.
    YUYV = b"YUYV", Raw;
    /// Packed Cb Y0 Cr Y1.
    UYVY = b"UYVY", Raw;
    /// Packed Y0 Cr Y1 Cb.
    YVYU = b"YVYU", Raw;
    /// Packed Cr Y0 Cb Y1.
    VYUY = b"VYUY", Raw;
    /// A plane of Y and one of interleaved Cb, Cr, 4:2:0.
    NV12 = b"NV12", Raw;
    /// A plane of Y and one of interleaved Cr, Cb, 4:2:0.
    NV21 = b"NV21", Raw;
    /// A plane of Y and one of interleaved Cb, Cr, 4:2:2.
    NV16 = b"NV16", Raw;
    /// A plane of Y and one of interleaved Cb, Cr, 4:4:4.
    NV24 = b"NV24", Raw;
    /// Three bytes a pixel: red, green, blue.
    RGB24 = b"RGB3", Raw;
    /// Three bytes a pixel: blue, green, red.
    BGR24 = b"BGR3", Raw;
    /// Four bytes a pixel: red, green, blue, alpha.
    RGBA32 = b"AB24", Raw;
    /// Four bytes a pixel: blue, green, red, alpha.
    BGRA32 = b"AR24", Raw;
    /// One plane of 16-bit little-endian luma.
    Y16 = b"Y16 ", Raw;
    /// 8-bit Bayer mosaic, first lines B G B G / G R G R.
    BGGR8 = b"BA81", Raw;
    /// 8-bit Bayer mosaic, first lines G B G B / R G R G.
    GBRG8 = b"GBRG", Raw;
    /// 8-bit Bayer mosaic, first lines G R G R / B G B G.
    GRBG8 = b"GRBG", Raw;
    /// 8-bit Bayer mosaic, first lines R G R G / G B G B.
    RGGB8 = b"RGGB", Raw;
}

impl PixelFormat {
    /// The kind of a four-character code.
    pub const fn code(code: &[u8; 4]) -> PixelFormat {
        PixelFormat(u32::from_le_bytes(*code))
    }

    /// Returns whether this is planar 8-bit YUV or grey.
    pub fn is_planes(self) -> bool {
        self.class() == Some(Class::Planes)
    }

    /// The subsampling of chroma, `(horizontally, vertically)`, each 1 or 2: `(2, 2)` for 4:2:0.
    /// Formats without separate chroma samples (JPEG, grey, RGB, Bayer) answer `(1, 1)`.
    pub fn chroma_subsampling(self) -> (u32, u32) {
        let sampling = self.sampling();
        (sampling.horizontal, sampling.vertical)
    }

    #[inline]
    pub(crate) fn sampling(self) -> Sampling {
        let (horizontal, vertical, planes) = match self {
            PixelFormat::I420 | PixelFormat::YV12 => (2, 2, 3),
            PixelFormat::I422 => (2, 1, 3),
            PixelFormat::I440 => (1, 2, 3),
            PixelFormat::I444 => (1, 1, 3),
            PixelFormat::NV12 | PixelFormat::NV21 => (2, 2, 2),
            PixelFormat::NV16 => (2, 1, 2),
            PixelFormat::NV24 => (1, 1, 2),
            PixelFormat::YUYV | PixelFormat::UYVY | PixelFormat::YVYU | PixelFormat::VYUY => (2, 1, 1),
            _ => (1, 1, 1),
        };
        Sampling { horizontal, vertical, planes }
    }

    /// Bytes in one line of plane `index` of a picture `width` pixels wide, and the number of its lines
    /// in a picture of `height` lines. `None` for JPEG, for unknown codes and for planes that the kind
    /// does not have.
    #[inline]
    pub fn plane_shape(self, index: usize, width: u32, height: u32) -> Option<(usize, usize)> {
        let sampling = self.sampling();
        if index >= sampling.planes || matches!(self.class()?, Class::Jpeg) {
            return None;
        }
        let (width, height) = (width as usize, height as usize);
        let chroma_width = width.div_ceil(sampling.horizontal as usize);
        let chroma_height = height.div_ceil(sampling.vertical as usize);
        Some(match (index, sampling.planes) {
            (0, 2 | 3) => (width, height),
            (_, 3) => (chroma_width, chroma_height),
            (_, 2) => (2 * chroma_width, chroma_height),
            _ => (
                match self {
                    PixelFormat::YUYV | PixelFormat::UYVY | PixelFormat::YVYU | PixelFormat::VYUY => {
                        4 * chroma_width
                    }
                    PixelFormat::RGB24 | PixelFormat::BGR24 => 3 * width,
                    PixelFormat::RGBA32 | PixelFormat::BGRA32 => 4 * width,
                    PixelFormat::Y16 => 2 * width,
                    _ => width,
                },
                height,
            ),
        })
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            PixelFormat::I420 => return f.write_str("YUV 4:2:0"),
            PixelFormat::I422 => return f.write_str("YUV 4:2:2"),
            PixelFormat::I440 => return f.write_str("YUV 4:4:0"),
            PixelFormat::I444 => return f.write_str("YUV 4:4:4"),
            PixelFormat::GREY => return f.write_str("grey"),
            _ => {}
        }
        let bytes = self.0.to_le_bytes();
        if bytes.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
            f.write_str(String::from_utf8_lossy(&bytes).trim_end())
        } else {
            write!(f, "{:#010x}", self.0)
        }
    }
}

impl fmt::Debug for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for PixelFormat {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for PixelFormat {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        u32::deserialize(from).map(PixelFormat)
    }
}
