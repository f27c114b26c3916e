//! The price that the planner is told: microseconds of processor time for one frame.
//!
//! Measured on one core with 1920x1080 pictures at quality 80 to 85. Entropy coding costs by the pixel, transforms by the
//! sample, of which 4:2:0 has one and a half a pixel.

use crate::config::{Task, decoded_kind};
use mutoscope_plugin::{Format, PixelFormat};

pub(crate) fn microseconds(task: Task, input: &Format) -> f64 {
    let a_megapixel = match task {
        Task::Pass => 0.0,
        Task::Decode { kind, downscale } => decode(kind, downscale),
        Task::Encode { kind } => encode(kind) + resample(input.kind, kind),
        Task::Reencode { kind } => {
            let between = if kind == PixelFormat::GREY { kind } else { decoded_kind(input) };
            decode(between, 1) + resample(between, kind) + encode(kind)
        }
    };
    a_megapixel * input.size().pixels() as f64 / 1e6
}

/// Samples a pixel.
fn samples(kind: PixelFormat) -> f64 {
    let (across, down) = kind.chroma_subsampling();
    if kind == PixelFormat::GREY { 1.0 } else { 1.0 + 2.0 / f64::from(across * down) }
}

fn decode(kind: PixelFormat, downscale: u32) -> f64 {
    let (a_pixel, a_sample) = match downscale {
        1 => (550.0, 700.0),
        2 => (650.0, 400.0),
        4 => (650.0, 310.0),
        _ => (650.0, 270.0),
    };
    a_pixel + a_sample * samples(kind)
}

fn encode(kind: PixelFormat) -> f64 {
    600.0 + 1050.0 * samples(kind)
}

/// Chroma in another subsampling.
fn resample(from: PixelFormat, to: PixelFormat) -> f64 {
    if from == to || to == PixelFormat::GREY { 0.0 } else { 60.0 + 60.0 * samples(to) }
}
