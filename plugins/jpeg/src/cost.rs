//! What the planner is told of the price: microseconds of processor time for one frame.

use crate::config::{Task, decoded_kind};
use mutoscope_plugin::{Format, Kind};

pub(crate) fn microseconds(task: Task, input: &Format) -> f64 {
    let megapixels = input.size().pixels() as f64 / 1e6;
    let per_megapixel = match task {
        Task::Pass => 0.0,
        Task::Decode { kind, downscale } => decode(kind, downscale),
        Task::Encode { kind } => encode(kind),
        Task::Reencode { kind } => decode(decoded_kind(input), 1) + encode(kind),
    };
    per_megapixel * megapixels
}

fn decode(kind: Kind, downscale: u32) -> f64 {
    let _ = kind;
    match downscale {
        1 => 1600.0,
        2 => 1250.0,
        4 => 1100.0,
        _ => 1060.0,
    }
}

fn encode(kind: Kind) -> f64 {
    let _ = kind;
    2170.0
}
