//! The freshness of a frame: live, or in place of a live one.

use crate::abi::crossing;

crossing! {
    /// The freshness of a frame as a number; an unknown number counts as [`LIVE`](Freshness::LIVE).
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct Freshness {
        number: u32,
    }
}

impl Freshness {
    /// A picture as the camera took it. Every frame of a plugin is that; the other two are the host's.
    pub const LIVE: Freshness = Freshness { number: 0 };
    /// The last picture once more, because no newer one is let through (a closed gate) or has come yet.
    pub const HELD: Freshness = Freshness { number: 1 };
    /// The host's own picture, which says why there is no other.
    pub const PLACEHOLDER: Freshness = Freshness { number: 2 };

    /// `live`, `held` or `placeholder`.
    pub fn name(self) -> &'static str {
        match self {
            Freshness::HELD => "held",
            Freshness::PLACEHOLDER => "placeholder",
            _ => "live",
        }
    }
}

impl std::fmt::Display for Freshness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
