//! What all threads of a pipeline share.

use super::call_guard::CallRegistry;
use super::services::SharedServices;
use super::threads::Threads;
use crate::run::report::Reporter;
use std::sync::Arc;

/// What all threads of a pipeline share.
#[derive(Clone)]
pub(crate) struct Runtime {
    pub(crate) services: SharedServices,
    pub(crate) threads: Threads,
    pub(crate) calls: Arc<CallRegistry>,
    /// To the supervisor.
    pub(crate) reporter: Reporter,
    /// How many threads may work on one stream.
    pub(crate) most_workers: usize,
}
