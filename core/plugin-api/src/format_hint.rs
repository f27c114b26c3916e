//! The planner's wish to a source.

use crate::abi::crossing;
use crate::{PixelFormat, Size};

crossing! {
    /// The format that suits the plan best, for a source that can give several. A wish and not an order: the plan is made
    /// again for what the first frame turns out to be.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct FormatHint {
        kind: PixelFormat,
        width: u32,
        height: u32,
    }
}

impl FormatHint {
    /// No wish at all.
    pub const NOTHING: FormatHint = FormatHint { kind: PixelFormat(0), width: 0, height: 0 };

    /// This kind, of no more than the size that the chain can use.
    pub fn new(kind: Option<PixelFormat>, at_least: Option<Size>) -> FormatHint {
        let size = at_least.unwrap_or(Size::new(0, 0));
        FormatHint { kind: kind.unwrap_or(PixelFormat(0)), width: size.width, height: size.height }
    }

    /// The kind that makes the cheapest chain.
    pub fn kind(&self) -> Option<PixelFormat> {
        (self.kind != PixelFormat(0)).then_some(self.kind)
    }

    /// The chain has no use for a picture larger than this.
    pub fn size(&self) -> Option<Size> {
        (self.width > 0 && self.height > 0).then_some(Size::new(self.width, self.height))
    }
}
