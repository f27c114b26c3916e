//! What all threads of a pipeline share.

use super::call_guard::Posts;
use super::services::Common;
use super::threads::Threads;
use crate::run::report::Tell;
use std::sync::Arc;

/// What all threads of a pipeline share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) common: Common,
    pub(crate) threads: Threads,
    pub(crate) posts: Arc<Posts>,
    /// To the supervisor.
    pub(crate) tell: Tell,
    /// How many threads may work on one stream.
    pub(crate) most_workers: usize,
}
