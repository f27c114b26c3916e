//! For benchmarks: a camera that gives the next picture when every stream has delivered the last one, and the sink where they
//! arrive. The engine then works without a pause and without a loss, so that the processor time of a whole process,
//! divided by its pictures, is the price of one.
//!
//! ```yaml
//! source: { plugin: lockstep, frames: frames/porch, count: 300 }
//! transforms: [ { plugin: resize, width: 320 } ]
//! sink: { plugin: lockstep }
//! ```
//!
//! # Layout
//! `camera` (the source: pictures from memory) and `arrival` (the sink) meet at the `turn`, which both have because they
//! are of one library.

#![forbid(unsafe_code)]

mod arrival;
mod camera;
mod turn;

mutoscope_plugin::export!(source: camera::Camera, sink: arrival::Arrival);
