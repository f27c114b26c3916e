//! A stream: the state that its workers, the supervisor and the branches share.

use super::last_output::LastOutput;
use super::latest::LatestChannel;
use super::overload::Overload;
use super::rate_limit::RateLimit;
use super::sequencer::Sequencer;
use crate::lock::lock;
use crate::run::host::call_guard::CallGuard;
use crate::run::host::demand::Watched;
use crate::run::host::log_limit::LogLimit;
use crate::run::host::runtime::Runtime;
use crate::run::host::stats::StreamStats;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// The state of a stream into which things of type `T` come. It stays the same while the file changes, as long as the file names
/// the stream.
pub(crate) struct StreamState<T> {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) input: LatestChannel<T>,
    pub(crate) watched: Arc<Watched>,
    pub(crate) stats: Arc<StreamStats>,
    pub(crate) last_output: LastOutput,
    pub(crate) overload: Overload,
    pub(super) runtime: Runtime,
    /// Two sequencers, so that branches do not wait for the conversions of the sinks.
    pub(super) to_children: Sequencer,
    pub(super) to_sinks: Sequencer,
    pub(super) rate_limit: Mutex<RateLimit>,
    pub(super) log_limit: Mutex<LogLimit>,
    pub(super) workers: AtomicUsize,
}

impl<T> StreamState<T> {
    pub(crate) fn new(id: u32, name: String, runtime: Runtime) -> Arc<StreamState<T>> {
        let input = LatestChannel::new();
        input.open(id);
        Arc::new(StreamState {
            id,
            name,
            input,
            watched: runtime.services.demand.watched(id),
            stats: Arc::default(),
            last_output: LastOutput::default(),
            overload: Overload::default(),
            runtime,
            to_children: Sequencer::default(),
            to_sinks: Sequencer::default(),
            rate_limit: Mutex::default(),
            log_limit: Mutex::default(),
            workers: AtomicUsize::new(0),
        })
    }

    /// Returns the number of threads that work on the stream.
    pub(crate) fn workers(&self) -> usize {
        self.workers.load(Ordering::SeqCst)
    }

    /// Gives up a worker that blocks: later frames do not wait for its ticket.
    pub(crate) fn leave_behind(&self, guard: &CallGuard) {
        self.workers.fetch_sub(1, Ordering::SeqCst);
        self.skip_ticket_of(guard);
    }

    pub(super) fn skip_ticket_of(&self, guard: &CallGuard) {
        let ticket = guard.ticket.load(Ordering::SeqCst);
        if ticket != u64::MAX {
            self.to_children.skip(ticket);
            self.to_sinks.skip(ticket);
        }
    }

    /// Logs the loss of a frame, unless the log has it.
    pub(crate) fn log_lost_frame(&self, text: &str) {
        if let Some(text) = lock(&self.log_limit).wrong(text) {
            tracing::error!(stream = self.name, "frame lost in {text}");
        }
    }
}
