//! Losses on the way: chroma, bits, and a JPEG that is decoded only to be encoded again.
//!
//! A loss is asked for if it shows in what goes out: a JPEG in 4:2:0 has lost the chroma of an RGB source, and the file (or the
//! default) wants it so. If 4:4:4 goes out, a stage in 4:2:0 on the way has lost what nobody gave up. The planner takes the
//! cheapest way among those with the least of that.

use super::{Conversion, Stage, Work};
use mutoscope_plugin::{Format, PixelFormat};
use std::cmp::Ordering;
use std::ops::{Add, AddAssign};

/// The detail of the source's frame that is still there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Fidelity {
    /// Chroma samples for four pixels: 4 is 4:4:4, 1 is 4:2:0, 0 is grey.
    chroma: u8,
    /// Bits of luma.
    bits: u8,
    /// A conversion has made a JPEG of it, and nothing has decoded that.
    encoded: bool,
}

/// The chroma samples for four pixels and the bits of luma that a format has room for; `None` where they are not known.
fn capacity(format: &Format) -> Option<(u8, u8)> {
    let kind = if format.kind == PixelFormat::JPEG { format.sampling } else { format.kind };
    kind.class()?;
    let chroma = match kind {
        PixelFormat::GREY | PixelFormat::Y16 => 0,
        // A mosaic has one red and one blue for four pixels.
        PixelFormat::BGGR8 | PixelFormat::GBRG8 | PixelFormat::GRBG8 | PixelFormat::RGGB8 => 1,
        _ => {
            let (across, down) = kind.chroma_subsampling();
            (4 / (across * down)) as u8
        }
    };
    Some((chroma, if kind == PixelFormat::Y16 { 16 } else { 8 }))
}

impl Fidelity {
    /// All the detail that a frame of this format can have.
    pub(super) fn of(format: &Format) -> Fidelity {
        let (chroma, bits) = capacity(format).unwrap_or((4, 16));
        Fidelity { chroma, bits, encoded: false }
    }

    /// The detail of the better of this and a format.
    pub(super) fn or(self, format: &Format) -> Fidelity {
        let (chroma, bits) = capacity(format).unwrap_or((0, 0));
        Fidelity { chroma: self.chroma.max(chroma), bits: self.bits.max(bits), ..self }
    }

    /// The detail that is left behind a stage. Where a format does not tell, nothing is known to be lost.
    pub(super) fn after(self, stage: &Stage) -> Fidelity {
        let encoded = match stage.work {
            Work::Conversion(Conversion::Encode) => true,
            Work::Conversion(_) => false,
            Work::Transform(_) => self.encoded,
        };
        let (Some(before), Some(after)) = (capacity(&stage.input), capacity(&stage.output())) else {
            return Fidelity { encoded, ..self };
        };
        let chroma = if after.0 < before.0 { self.chroma.min(after.0) } else { self.chroma };
        let bits = if after.1 < before.1 { self.bits.min(after.1) } else { self.bits };
        Fidelity { chroma, bits, encoded }
    }

    /// Returns whether this is at least as good as the other in everything.
    pub(super) fn covers(&self, other: &Fidelity) -> bool {
        self.chroma >= other.chroma && self.bits >= other.bits && self.encoded <= other.encoded
    }

    /// The loss in a frame of format `out` that has this detail, where there was `came` at first. A JPEG's sampling is what was
    /// asked for; of several raw kinds that are `wanted`, the one with the most chroma is.
    pub(super) fn lost(&self, came: &Fidelity, out: &Format, wanted: &[PixelFormat]) -> u32 {
        let Some((chroma, bits)) = capacity(out) else { return 0 };
        let raw = wanted.iter().filter(|kind| ![out.kind, **kind].contains(&PixelFormat::JPEG));
        let others = raw.filter_map(|kind| Some(capacity(&out.with_kind(*kind))?.0));
        let chroma = others.fold(chroma, u8::max).min(came.chroma);
        u32::from(chroma.saturating_sub(self.chroma)) + u32::from(self.bits < bits.min(came.bits))
    }
}

/// The price of a way: what it loses unasked, and among equals the processor time.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Price {
    /// Losses that nobody asked for: chroma samples of four pixels, bits, JPEGs that are encoded again.
    pub(super) losses: u32,
    /// Microseconds for one frame, as declared.
    pub(super) cost_us: f64,
}

impl Price {
    /// The price of one stage, for a frame with this detail.
    pub(super) fn of(stage: &Stage, kept: &Fidelity) -> Price {
        let decoded = matches!(stage.work, Work::Conversion(Conversion::Decode { .. }));
        Price { losses: u32::from(decoded && kept.encoded), cost_us: stage.mode.cost_us.max(0.0) }
    }

    /// The same with more losses.
    pub(super) fn losing(self, losses: u32) -> Price {
        Price { losses: self.losses.saturating_add(losses), ..self }
    }

    pub(super) fn is_below(&self, other: &Price) -> bool {
        self.total_cmp(other) == Ordering::Less
    }

    pub(super) fn total_cmp(&self, other: &Price) -> Ordering {
        self.losses.cmp(&other.losses).then(self.cost_us.total_cmp(&other.cost_us))
    }
}

impl Add for Price {
    type Output = Price;

    fn add(self, other: Price) -> Price {
        Price { cost_us: self.cost_us + other.cost_us, ..self.losing(other.losses) }
    }
}

impl AddAssign for Price {
    fn add_assign(&mut self, other: Price) {
        *self = *self + other;
    }
}
