//! What all threads of a pipeline share.

use super::instance::Common;
use super::message::Tell;
use super::post::Posts;
use super::threads::Threads;
use std::sync::Arc;

/// What all threads of a pipeline share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) common: Common,
    pub(super) threads: Threads,
    pub(super) posts: Arc<Posts>,
    /// To the supervisor.
    pub(super) tell: Tell,
    /// How many threads may work on one stream.
    pub(super) most_workers: usize,
}
