//! The default filter's kernel, looked up.
//!
//! fast_image_resize asks for a kernel's value at each tap of each line and column, again for each plane of each frame.
//! With a sine and a cosine for each that was a fiftieth of what a whole chain takes from JPEG to JPEG.

use fast_image_resize::{Filter, FilterType};
use std::f64::consts::PI;
use std::sync::LazyLock;

/// Steps from 0 to 1. Between them the kernel is at most 2e-6 off the line from one to the next; taps are rounded to some
/// 1.5e-5.
const STEPS: usize = 1024;

/// The kernel at each step, and 0 from 1 on.
static STEPWISE: LazyLock<[f64; STEPS + 2]> =
    LazyLock::new(|| std::array::from_fn(|step| exact(step as f64 / STEPS as f64)));

/// A sinc in a Hamming window, one pixel to each side: what fast_image_resize has under this name.
pub(crate) fn hamming() -> FilterType {
    Filter::new("Hamming", looked_up, 1.0).map_or(FilterType::Hamming, FilterType::Custom)
}

fn exact(x: f64) -> f64 {
    match x {
        0.0 => 1.0,
        ..1.0 => (PI * x).sin() / (PI * x) * (0.54 + 0.46 * (PI * x).cos()),
        _ => 0.0,
    }
}

fn looked_up(x: f64) -> f64 {
    let at = x.abs().min(1.0) * STEPS as f64;
    let step = at as usize;
    let (here, next) = (STEPWISE[step], STEPWISE[step + 1]);
    here + (next - here) * (at - step as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_up_is_the_kernel() {
        for x in -1_200_000..=1_200_000 {
            let x = f64::from(x) / 1e6;
            let off = (looked_up(x) - exact(x.abs())).abs();
            assert!(off < 2e-6, "{off} at {x}");
        }
        assert_eq!((looked_up(0.0), looked_up(1.0), looked_up(1e9)), (1.0, 0.0, 0.0));
    }
}
