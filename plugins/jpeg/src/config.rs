//! The options of JPEG work, and the task for a given input.

use mutoscope_plugin::{Error, Format, PixelFormat, Result, options};

/// The quality of a picture that is encoded where the file asks for none.
pub(crate) const DEFAULT_QUALITY: u32 = 85;

/// The denominators of the scales at which a JPEG can be decoded straight from its coefficients.
const DOWNSCALES: [u32; 4] = [1, 2, 4, 8];

/// Encodes, re-encodes and decodes JPEG.
#[options]
#[derive(Default)]
#[serde(default)]
pub struct Options {
    /// What comes out.
    pub(crate) to: To,
    /// JPEG quality on libjpeg's scale. Without it a JPEG passes through untouched, and planes are encoded at 85.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) quality: Option<u32>,
    /// Chroma subsampling of the JPEG. Without it, as the input has it.
    pub(crate) subsampling: Option<Subsampling>,
    /// With `to: planes`: decodes at 1/2, 1/4 or 1/8 of the size, which is quicker than decoding all of it.
    pub(crate) downscale: Downscale,
}

/// Which of the two currencies comes out.
#[options]
#[derive(Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
pub enum To {
    /// A JPEG picture.
    #[default]
    Jpeg,
    /// Planar 8-bit YUV or grey, as the JPEG has it inside.
    Planes,
}

/// Chroma subsampling, by its usual names.
#[options]
#[derive(Copy, PartialEq, Eq)]
pub enum Subsampling {
    /// Chroma halved both ways: the smallest, and what most cameras give.
    #[serde(rename = "4:2:0")]
    S420,
    /// Chroma halved horizontally.
    #[serde(rename = "4:2:2")]
    S422,
    /// Chroma halved vertically.
    #[serde(rename = "4:4:0")]
    S440,
    /// Chroma in full: coloured text and thin lines stay sharp.
    #[serde(rename = "4:4:4")]
    S444,
    /// No chroma.
    #[serde(rename = "grey")]
    Grey,
}

impl Subsampling {
    pub(crate) fn kind(self) -> PixelFormat {
        match self {
            Subsampling::S420 => PixelFormat::I420,
            Subsampling::S422 => PixelFormat::I422,
            Subsampling::S440 => PixelFormat::I440,
            Subsampling::S444 => PixelFormat::I444,
            Subsampling::Grey => PixelFormat::GREY,
        }
    }
}

/// 1, 2, 4 or 8.
#[options]
#[derive(Copy, PartialEq, Eq)]
#[serde(transparent)]
pub struct Downscale(#[schemars(extend("enum" = DOWNSCALES))] pub(crate) u32);

impl Default for Downscale {
    fn default() -> Self {
        Downscale(1)
    }
}

/// The work on a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Task {
    /// Nothing: it is what was asked for.
    Pass,
    /// From JPEG to planes of this kind, at 1/`downscale` of the size.
    Decode { kind: PixelFormat, downscale: u32 },
    /// From planes to JPEG of this sampling.
    Encode { kind: PixelFormat },
    /// From JPEG to JPEG of this sampling, by way of planes.
    Reencode { kind: PixelFormat },
}

impl Options {
    /// Checks the rules that the schema cannot say. Ranges are checked again, as not every caller checks the schema.
    ///
    /// # Errors
    /// The option that is refused, and the reason.
    pub(crate) fn check(&self) -> Result<()> {
        if self.quality.is_some_and(|quality| !(1..=100).contains(&quality)) {
            return Err(Error::option("quality", "a JPEG quality is a number from 1 to 100"));
        }
        if !DOWNSCALES.contains(&self.downscale.0) {
            return Err(Error::option(
                "downscale",
                "a JPEG can be decoded at 1/1, 1/2, 1/4 or 1/8: 1, 2, 4 or 8",
            ));
        }
        match self.to {
            To::Jpeg if self.downscale.0 != 1 => Err(Error::option(
                "downscale",
                "only decoding can scale down: say `to: planes` as well, or use the plugin `resize`",
            )),
            To::Planes if self.quality.is_some() => {
                Err(Error::option("quality", "planes have no JPEG quality: leave it out, or say `to: jpeg`"))
            }
            To::Planes if self.subsampling.is_some() => Err(Error::option(
                "subsampling",
                "planes come out as the JPEG has them: leave it out, or use the plugin `convert`",
            )),
            _ => Ok(()),
        }
    }

    /// The task of these options for frames of format `input`; `None` if that cannot be done.
    pub(crate) fn task(&self, input: &Format) -> Option<Task> {
        let asked = self.subsampling.map(Subsampling::kind);
        match self.to {
            To::Jpeg if input.kind == PixelFormat::JPEG => {
                let same = asked.is_none_or(|kind| kind == input.sampling) && self.quality.is_none();
                let kind = asked.unwrap_or(decoded_kind(input));
                Some(if same { Task::Pass } else { Task::Reencode { kind } })
            }
            // A JPEG holds BT.601 in full range and nothing else.
            To::Jpeg if input.kind.is_planes() && input.has_jpeg_colours() => {
                Some(Task::Encode { kind: asked.unwrap_or(input.kind) })
            }
            To::Planes if input.kind == PixelFormat::JPEG => {
                Some(Task::Decode { kind: decoded_kind(input), downscale: self.downscale.0 })
            }
            To::Planes if input.kind.is_planes() && self.downscale.0 == 1 => Some(Task::Pass),
            _ => None,
        }
    }
}

/// The pixel format to which a JPEG of this format is decoded: its own sampling, and 4:2:0 where that is unknown or not
/// planar (4:1:1, CMYK).
pub(crate) fn decoded_kind(jpeg: &Format) -> PixelFormat {
    if jpeg.sampling.is_planes() { jpeg.sampling } else { PixelFormat::I420 }
}
