//! The reasons why a picture is not decoded.

use std::fmt;

/// A reason why a picture was not decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The header is no JPEG's, contradicts itself, or is cut off.
    Header(&'static str),
    /// The JPEG is of a kind that this crate leaves to other decoders.
    Unsupported(Unsupported),
    /// The picture's data is damaged. Another decoder would fill the gap with grey at best.
    Damaged(Damage),
    /// A plane of the caller's does not hold the picture, or there are neither one plane nor as many as components.
    Planes,
}

/// A kind of JPEG that is not decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Unsupported {
    /// Several scans that refine each other (SOF2).
    Progressive,
    /// Arithmetic coding (SOF9 to SOF15).
    Arithmetic,
    /// A lossless or hierarchical process (SOF3, SOF5 to SOF7).
    Lossless,
    /// Samples of so many bits instead of 8.
    Precision(u8),
    /// So many components instead of one or three. Four are CMYK.
    Components(u8),
    /// Red, green and blue instead of luma and chroma.
    Rgb,
    /// Sampling factors other than those of 4:2:0, 4:2:2, 4:4:0, 4:4:4, 4:1:1 and 4:4:1.
    Sampling,
    /// Several scans, each with a part of the components, or components in another order than the frame header's.
    Scans,
    /// A number of lines that only a DNL segment behind the scan tells.
    Lines,
}

/// A fault in a picture's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Damage {
    /// Bits that are no code of the Huffman table.
    Code,
    /// A run of zeros that leads past a block's 64 coefficients.
    Index,
    /// Bits that end before the last block does.
    Truncated,
    /// A restart marker that is missing or has the wrong number.
    Restart,
    /// A marker behind the scan that cannot stand there, or many bytes that belong to nothing in place of the end marker.
    End,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Header(reason) => write!(f, "the JPEG's header is damaged: {reason}"),
            Error::Unsupported(kind) => write!(f, "a JPEG with {kind} is not decoded"),
            Error::Damaged(damage) => write!(f, "the JPEG is damaged: {damage}"),
            Error::Planes => f.write_str("the planes do not hold the picture"),
        }
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsupported::Progressive => f.write_str("progressive scans"),
            Unsupported::Arithmetic => f.write_str("arithmetic coding"),
            Unsupported::Lossless => f.write_str("a lossless or hierarchical process"),
            Unsupported::Precision(bits) => write!(f, "samples of {bits} bits"),
            Unsupported::Components(count) => write!(f, "{count} components"),
            Unsupported::Rgb => f.write_str("red, green and blue components"),
            Unsupported::Sampling => f.write_str("unusual sampling factors"),
            Unsupported::Scans => f.write_str("several scans"),
            Unsupported::Lines => f.write_str("its height behind the picture"),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Damage::Code => "its data has a code that its tables lack",
            Damage::Index => "its data has more coefficients than a block",
            Damage::Truncated => "its data ends before the picture does",
            Damage::Restart => "a restart marker is missing or wrong",
            Damage::End => "other data stands where its end belongs",
        })
    }
}

impl std::error::Error for Error {}

impl From<Unsupported> for Error {
    fn from(kind: Unsupported) -> Error {
        Error::Unsupported(kind)
    }
}

impl From<Damage> for Error {
    fn from(damage: Damage) -> Error {
        Error::Damaged(damage)
    }
}
