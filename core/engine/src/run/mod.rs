//! A plan at work.
//!
//! Three rooms, each of which uses only those below it:
//!
//! - `supervisor`: one thread that decides. It starts, replaces and restarts what the file names, and shows placeholders.
//! - `data`: the way of a frame, from a source through the streams to the sinks.
//! - `host`: what a plugin may ask of the program, and what watches over its calls.
//!
//! `report` is what the threads below tell the supervisor. `pipeline` is the door for the program, and `trial` opens one source
//! for one picture. For who measures, `record` reads a source's frames, and a `stepper` takes one at a time through `data`, under
//! a meter, on a thread of the `step_host`.
//!
//! Nothing here is global: two pipelines live side by side in one process.
//!
//! # Locks
//!
//! One lock is held while others are taken: `data/ingress`'s state, so that two instances of a source cannot change places between
//! two frames of one. Under it come, in this order, the ingress's other fields and the instance's stream, the plan cache, and then the
//! locks of the stream that admits the frame, one at a time: rate limit, sequencer, channels (`data/latest`), last output, statistics.
//! `host/stats` resets what was left out under its backoff. Every other lock is held alone and for a few lines. No lock is held during
//! a call into a plugin, nor while memory that a plugin lent is dropped: a plugin may hang, and the supervisor must never wait for it.

mod data;
mod host;
mod pipeline;
pub mod record;
mod report;
mod spec;
mod step_host;
pub mod stepper;
mod supervisor;
mod trial;

pub(crate) use data::stall::time_to_start;
pub use host::event::Event;
pub use host::memory_limit::spare_address_space;
pub use pipeline::Running;
pub(crate) use trial::{GRACE, Trial, try_out};
