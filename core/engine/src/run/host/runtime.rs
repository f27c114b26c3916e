//! The services that all threads of a pipeline share.

use super::call_guard::CallRegistry;
use super::lender::Lenders;
use super::services::SharedServices;
use super::threads::Threads;
use crate::run::report::Reporter;
use std::sync::Arc;

/// The services that all threads of a pipeline share.
#[derive(Clone)]
pub(crate) struct Runtime {
    pub(crate) services: SharedServices,
    pub(crate) threads: Threads,
    pub(crate) calls: Arc<CallRegistry>,
    pub(crate) lenders: Arc<Lenders>,
    /// To the supervisor.
    pub(crate) reporter: Reporter,
    /// The most threads that may work on one stream.
    pub(crate) most_workers: usize,
}

impl Runtime {
    pub(crate) fn new(
        services: SharedServices,
        threads: Threads,
        calls: Arc<CallRegistry>,
        reporter: Reporter,
        most_workers: usize,
    ) -> Runtime {
        let lenders = Arc::new(Lenders::new(calls.clone(), threads.clone()));
        Runtime { services, threads, calls, lenders, reporter, most_workers }
    }
}
