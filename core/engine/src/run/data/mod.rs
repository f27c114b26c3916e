//! The way of a frame, from a source to the sinks.
//!
//! `source` (a thread that asks a plugin for frames) → `ingress` (numbers them and looks up the plan) → `process` (a stream:
//! admits a frame, runs its stages on an `executor`, delivers it) → the inputs of the branches, and the `sink`s' threads.
//! Between threads stands `latest`, a channel that holds one frame. The `topology` says who is connected with whom; each
//! frame carries the one by which it goes.

pub(super) mod conversions;
pub(super) mod executor;
pub(super) mod ingress;
pub(super) mod last_output;
pub(super) mod latest;
pub(super) mod meter;
pub(super) mod overload;
pub(super) mod plan_cache;
mod planning;
mod process;
pub(super) mod rate_limit;
pub(super) mod sequencer;
pub(super) mod sink;
pub(super) mod source;
pub(super) mod stall;
pub(super) mod stream;
pub(super) mod topology;
mod worker;
