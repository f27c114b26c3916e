//! The price that the planner is told: microseconds of processor time for one frame.
//!
//! Measured on one core with 1920x1080 pictures, each figure the difference that its step made; they come within a
//! third of the whole for the combinations that occur. Without any step it is a copy.

use mutoscope_pixels::Shape;
use mutoscope_plugin::Format;

/// Microseconds a megapixel.
const COPY: f64 = 60.0;

pub(crate) fn microseconds(from: &Format, to: &Format) -> f64 {
    let (Some(from_shape), Some(to_shape)) = (Shape::of(from.kind), Shape::of(to.kind)) else { return 0.0 };
    let (from_across, _) = from.kind.chroma_subsampling();
    let (to_across, _) = to.kind.chroma_subsampling();
    let load = match from_shape {
        Shape::Planar { .. } | Shape::Grey => 0.0,
        Shape::Grey16 | Shape::SemiPlanar { .. } => 20.0,
        Shape::Packed(_) => 80.0,
        Shape::Rgb { .. } => 250.0,
        Shape::Bayer { .. } => 950.0,
    };
    let store = match to_shape {
        Shape::Grey | Shape::Grey16 => 0.0,
        Shape::Planar { .. } | Shape::SemiPlanar { .. } if to_across == 1 && from_across == 2 => 750.0,
        Shape::Planar { .. } | Shape::SemiPlanar { .. } => 20.0,
        Shape::Packed(_) => 100.0,
        Shape::Rgb { .. } => 120.0,
        Shape::Bayer { .. } => 350.0,
    };
    let change = match (from_shape.is_rgb(), to_shape.is_rgb()) {
        (true, true) => 250.0,
        (false, false) if from.matrix != to.matrix && !from_shape.is_grey() => 750.0,
        (false, false) if from.range != to.range => 130.0,
        _ => 0.0,
    };
    (COPY + load + store + change) * from.size().pixels() as f64 / 1e6
}
