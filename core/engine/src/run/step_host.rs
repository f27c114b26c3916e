//! The threads, the memory and the deadlines of steppers.

use super::host::call_guard::{CallGuard, CallRegistry, Look, Owner};
use super::host::event::Events;
use super::host::pool::Pool;
use super::host::runtime::Runtime;
use super::host::services::{SharedServices, State};
use super::host::threads::Threads;
use super::report::Reporter;
use crate::prepare::Prepared;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Weak};
use std::time::Instant;

/// The threads, the memory and the deadlines of all [steppers](super::stepper::Stepper) of a pipeline, as in one that runs.
#[derive(Clone)]
pub struct StepHost {
    pool: Pool,
    pub(super) threads: Threads,
    pub(super) calls: Arc<CallRegistry>,
}

/// One thread of a [`StepHost`], and the deadlines of the calls that it makes.
#[derive(Clone)]
pub struct StepThread {
    pub(super) host: StepHost,
    pub(super) guard: Arc<CallGuard>,
}

impl StepHost {
    /// Creates one whose threads keep to as many cores as the file allows.
    #[must_use]
    pub fn new(cores: Option<NonZeroUsize>) -> StepHost {
        StepHost { pool: Pool::default(), threads: Threads::new(cores), calls: Arc::default() }
    }

    /// Starts a thread for the source of the stream `root`, on which `run` may make a stepper.
    ///
    /// # Errors
    /// The system has no room for it.
    pub fn spawn(
        &self,
        prepared: &Prepared,
        root: usize,
        run: impl FnOnce(&StepThread) + Send + 'static,
    ) -> io::Result<StepThread> {
        let name = &prepared.pipeline.streams[root].name;
        let guard = self.calls.take(Owner::Worker { stream: root as u32 }, name.clone())?;
        let thread = StepThread { host: self.clone(), guard };
        let own = thread.clone();
        self.threads.spawn(name, move || {
            run(&own);
            own.host.calls.leave(&own.guard);
        })?;
        Ok(thread)
    }

    /// Waits until `end` for all threads; returns the names of those that are still there then.
    pub fn wait(&self, end: Instant) -> Vec<String> {
        self.threads.wait(end)
    }

    /// Returns the services for the instances of one thread, with demand and events of their own.
    pub(super) fn services(&self) -> SharedServices {
        // Plugins are told that there is no state.
        let state: Weak<State> = Weak::<fn() -> String>::new();
        SharedServices { pool: self.pool.clone(), demand: Arc::default(), events: Events::new(drop), state }
    }

    pub(super) fn runtime(&self, reporter: Reporter) -> Runtime {
        Runtime::new(self.services(), self.threads.clone(), self.calls.clone(), reporter, 1)
    }
}

impl StepThread {
    /// Returns which stage is in a call that should have ended, and which one; for another thread to ask.
    #[must_use]
    pub fn overdue(&self) -> Option<String> {
        match self.guard.look(Instant::now()) {
            Look::Late(late) => Some(format!("{}: {}", late.stats.name, late.why)),
            Look::Idle | Look::Until(_) => None,
        }
    }
}
