//! A plan at work.
//!
//! Three rooms, each of which uses only those below it:
//!
//! - `supervisor`: one thread that decides. It starts, replaces and restarts what the file names, and shows placeholders.
//! - `data`: the way of a frame, from a source through the streams to the sinks.
//! - `host`: what a plugin may ask of the program, and what watches over its calls.
//!
//! `report` is what the threads below tell the supervisor. `pipeline` is the door for the program, `trial` opens one source for
//! one picture, and `bench` takes recorded frames through `data`, one after another, under a `meter`.
//!
//! Nothing here is global: two pipelines live side by side in one process.

pub mod bench;
mod data;
mod host;
mod pipeline;
mod report;
mod spec;
mod supervisor;
mod trial;

pub(crate) use data::stall::time_to_start;
pub use host::event::Event;
pub use host::memory_limit::spare_address_space;
pub use pipeline::Running;
pub(crate) use trial::{GRACE, Trial, try_out};
