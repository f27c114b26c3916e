//! The way of a frame, from a source to the sinks.

pub(super) mod executor;
pub(super) mod ingress;
pub(super) mod last_output;
pub(super) mod latest;
pub(super) mod meter;
pub(super) mod mode_query;
pub(super) mod overload;
pub(super) mod plan_cache;
pub(super) mod rate_limit;
pub(super) mod sequencer;
pub(super) mod shared_frame;
pub(super) mod sink;
pub(super) mod source;
pub(super) mod stall;
pub(super) mod stream;
pub(super) mod topology;
