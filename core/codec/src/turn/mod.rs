//! The eight orientations of a picture: on a JPEG's coefficients, and on planes.

mod any;
mod lossless;
mod orientation;
mod planes;

pub use any::Turner;
pub use lossless::{Lossless, MAX_PIXELS};
pub use orientation::Orientation;
pub use planes::turn;
