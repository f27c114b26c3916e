//! A source opened for one picture, and closed again: what it really gives, before anything runs.
//!
//! It has a thread of its own, which is left behind if a call does not return; so whoever asks is a process that can end then.

use crate::run::host::demand::Demand;
use crate::run::host::event::Events;
use crate::run::host::pool::Pool;
use crate::run::host::services::{Role, Services, SharedServices, State};
use crate::run::host::stats::StageStats;
use crate::run::host::stop::Stop;
use mutoscope_plugin::host::{Failure, Serve, SourceKind};
use mutoscope_plugin::{Format, FormatHint};
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

/// A source, and how it is to be opened.
pub(crate) struct Trial {
    pub(crate) source: SourceKind,
    /// Its options, as JSON.
    pub(crate) options: String,
    pub(crate) wanted: FormatHint,
    /// The time to open, and again to its first picture.
    pub(crate) allowed: Duration,
}

/// The time that a source has to stop and to close its device.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// Opens a source for one picture, and gives that one's format.
///
/// # Errors
/// It cannot be opened, gives no picture, or takes too long.
pub(crate) fn try_out(trial: Trial) -> Result<Format, Failure> {
    let no_room = |error: io::Error| Failure::new(format!("the system has no room for it: {error}"));
    let allowed = trial.allowed;
    let ((opened, open), (gave, first)) = (channel(), channel());
    let stop = Stop::new().map_err(no_room)?;
    let host = host(stop.clone(), trial.wanted);
    let thread = thread::Builder::new().name("source".into());
    thread.spawn(move || run(&trial, host, &opened, &gave)).map_err(no_room)?;
    let format = within(&open, allowed, "it has not opened")
        .and_then(|()| within(&first, allowed, "it is open, and has given no picture"));
    // Whoever asks next shall find the device free. What comes too late is not taken.
    stop.stop();
    let end = loop {
        if let Err(end) = first.recv_timeout(GRACE) {
            break end;
        }
    };
    if end == RecvTimeoutError::Timeout {
        tracing::debug!("the source has not ended within {:.1} s", GRACE.as_secs_f64());
    }
    format
}

/// Returns what a step came to, if it is there in time.
fn within<T>(step: &Receiver<Result<T, Failure>>, allowed: Duration, late: &str) -> Result<T, Failure> {
    step.recv_timeout(allowed).unwrap_or_else(|error| {
        Err(Failure::new(match error {
            RecvTimeoutError::Timeout => format!("{late} within {:.1} s", allowed.as_secs_f64()),
            RecvTimeoutError::Disconnected => "its thread broke; this is a mistake in the program".into(),
        }))
    })
}

type Tell<T> = Sender<Result<T, Failure>>;

fn run(trial: &Trial, host: Arc<dyn Serve>, opened: &Tell<()>, gave: &Tell<Format>) {
    // Nobody listens any more where a step took too long.
    let mut source = match trial.source.open(&trial.options, host) {
        Ok(source) => {
            let _ = opened.send(Ok(()));
            source
        }
        Err(failure) => return drop(opened.send(Err(failure))),
    };
    let first = source.next_frame().and_then(|frame| {
        let format = frame.map(|frame| frame.format());
        format.ok_or_else(|| Failure::new("it came to its end before its first picture"))
    });
    let _ = gave.send(first);
}

/// A program that has nothing but this source, at which one viewer looks.
fn host(stop: Stop, wanted: FormatHint) -> Arc<dyn Serve> {
    let demand = Arc::new(Demand::default());
    demand.reconfigure(&[(0, None)]);
    demand.set(0, 0, 1);
    let watched = demand.watched(0);
    let state: Weak<State> = Weak::<fn() -> String>::new();
    let services = SharedServices { pool: Pool::default(), demand, events: Events::new(drop), state };
    Arc::new(Services::new(services, stop, StageStats::new("source"), Role::Source { watched, wanted }))
}
