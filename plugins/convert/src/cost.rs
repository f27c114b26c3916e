//! What the planner is told of the price: microseconds of processor time for one frame.

use mutoscope_plugin::Format;

pub(crate) fn microseconds(from: &Format, to: &Format) -> f64 {
    let _ = to;
    0.3e-3 * from.size().pixels() as f64
}
