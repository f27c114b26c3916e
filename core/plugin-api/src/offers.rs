//! What a source can give, told without opening its device.

use crate::{Format, Kind, Matrix, Range, Size};
use serde::{Deserialize, Serialize};

/// What a source can give, in the order of its preference. Empty: unknown until the first frame.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Offers {
    /// The kinds and sizes it may be asked for.
    pub formats: Vec<Offer>,
    /// Pictures per second, where the options say it.
    pub fps: Option<f64>,
}

/// One of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Offer {
    /// What the bytes will be.
    pub kind: Kind,
    /// Width and height, where they are known before the first frame.
    pub size: Option<Size>,
    /// The colour matrix of planes and of the packed kinds.
    pub matrix: Matrix,
    /// The range of planes and of the packed kinds.
    pub range: Range,
}

impl Offers {
    /// Nothing is known until the first frame.
    pub fn unknown() -> Offers {
        Offers::default()
    }

    /// JPEG pictures, of a size that is known or not.
    pub fn jpeg(size: Option<Size>) -> Offers {
        Offers::one(Kind::JPEG, size)
    }

    /// One kind, BT.601 and full range.
    pub fn one(kind: Kind, size: Option<Size>) -> Offers {
        let offer = Offer { kind, size, matrix: Matrix::BT601, range: Range::FULL };
        Offers { formats: vec![offer], fps: None }
    }

    /// Exactly this format.
    pub fn format(format: Format) -> Offers {
        let Format { kind, matrix, range, .. } = format;
        Offers { formats: vec![Offer { kind, size: Some(format.size()), matrix, range }], fps: None }
    }

    /// The same at so many pictures per second.
    pub fn at(self, fps: f64) -> Offers {
        Offers { fps: Some(fps), ..self }
    }
}
