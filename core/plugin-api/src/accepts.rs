//! The frames that a sink takes.

use crate::PixelFormat;
use serde::{Deserialize, Serialize};

/// The pixel formats that a sink takes, in the order of its preference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Accepts {
    /// The kinds of frames it takes; empty: whatever comes, nothing is converted for it.
    pub kinds: Vec<PixelFormat>,
    /// It only looks on: it is no viewer, and no work is done for it alone.
    pub observer: bool,
}

impl Accepts {
    /// JPEG pictures only: what is not JPEG is encoded before it arrives.
    pub fn jpeg() -> Accepts {
        Accepts::kinds([PixelFormat::JPEG])
    }

    /// Whatever comes.
    pub fn anything() -> Accepts {
        Accepts::kinds([])
    }

    /// Frames of these kinds, in the order of the sink's preference.
    pub fn kinds(kinds: impl IntoIterator<Item = PixelFormat>) -> Accepts {
        Accepts { kinds: kinds.into_iter().collect(), observer: false }
    }

    /// The same, as one who only looks on.
    pub fn observer(self) -> Accepts {
        Accepts { observer: true, ..self }
    }
}
