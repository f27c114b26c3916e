//! What all threads of a bench have in common.

use crate::run::host::call_guard::CallRegistry;
use crate::run::host::event::Events;
use crate::run::host::pool::Pool;
use crate::run::host::runtime::Runtime;
use crate::run::host::services::{SharedServices, State};
use crate::run::host::threads::Threads;
use crate::run::report::Reporter;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// What all threads of a bench have in common: the memory for frames, as in a pipeline that runs.
#[derive(Clone)]
pub(super) struct Surroundings {
    pool: Pool,
    pub(super) threads: Threads,
    pub(super) calls: Arc<CallRegistry>,
}

impl Surroundings {
    /// With threads on as many cores as the file allows.
    pub(super) fn new(cores: Option<NonZeroUsize>) -> Surroundings {
        Surroundings { pool: Pool::default(), threads: Threads::new(cores), calls: Arc::default() }
    }

    /// What is shared by what works on one thread, which nobody outside has a word in.
    pub(super) fn runtime(&self, reporter: Reporter) -> Runtime {
        // Nothing lives that could tell the state: plugins are told that there is none.
        let state: Arc<State> = Arc::new(String::new);
        let services = SharedServices {
            pool: self.pool.clone(),
            demand: Arc::default(),
            events: Events::new(|_| {}),
            state: Arc::downgrade(&state),
        };
        let (threads, calls) = (self.threads.clone(), self.calls.clone());
        Runtime::new(services, threads, calls, reporter, 1)
    }
}
