//! An event of a running pipeline, for the program.

use crate::config::Report;
use std::sync::Arc;

/// An event of a running pipeline, for the program.
#[derive(Clone, Debug)]
pub enum Event {
    /// A sink says where it can be reached.
    Announced {
        /// The number of the sink, in the order of creation.
        sink: u32,
        /// `http://127.0.0.1:8080/`
        at: String,
    },
    /// A plugin refuses its options, now that it was opened with them.
    Refused {
        /// The report to show.
        report: Report,
        /// Nothing has run yet: the file is wrong. Otherwise what ran before goes on.
        fatal: bool,
    },
    /// A sink could not be opened at the start, for a reason that is not in the file (a port in use).
    SinkFailed {
        /// Its plugin.
        sink: String,
        /// Its message.
        message: String,
    },
    /// All sinks are open.
    Ready,
    /// All streams have come to their end, and the sinks have got their last frames.
    Finished {
        /// The streams that ended because they failed, each with the reason.
        failed: Vec<(String, String)>,
    },
}

/// The receiver of events.
#[derive(Clone)]
pub(crate) struct Events(Arc<dyn Fn(Event) + Send + Sync>);

impl Events {
    pub(crate) fn new(to: impl Fn(Event) + Send + Sync + 'static) -> Events {
        Events(Arc::new(to))
    }

    pub(crate) fn send(&self, event: Event) {
        (self.0)(event);
    }
}
