//! A sink on its thread: opened once, then given the newest frame of one stream after another.

use super::complaint::Complaint;
use super::instance::{Announcements, Instance, Role};
use super::pipeline::{Event, Shared};
use super::slots::Slots;
use super::source::Pause;
use super::stats::PartStats;
use super::stream::Outgoing;
use crate::prepare::SinkPart;
use mutoscope_plugin::host::{Failure, Sink, SinkKind};
use mutoscope_plugin::{Stream, StreamId};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// A sink and where its frames come from.
pub(super) struct SinkRunner {
    index: usize,
    plugin: String,
    kind: SinkKind,
    options: String,
    observer: bool,
    /// In the order of the mailbox's lanes.
    streams: Vec<Stream>,
    mailbox: Arc<Slots<Outgoing>>,
    stats: Arc<PartStats>,
}

impl SinkRunner {
    pub(super) fn new(
        index: usize,
        plugin: String,
        part: &SinkPart,
        names: Vec<String>,
        mailbox: Arc<Slots<Outgoing>>,
        stats: Arc<PartStats>,
    ) -> SinkRunner {
        let ids = part.streams.iter().map(|stream| StreamId(*stream as u32));
        SinkRunner {
            index,
            plugin,
            kind: part.sink,
            options: part.options.clone(),
            observer: part.accepts.observer,
            streams: ids.zip(names).map(|(id, name)| Stream { id, name }).collect(),
            mailbox,
            stats,
        }
    }

    fn open(&self, shared: &Shared) -> Result<Sink, Failure> {
        let host = Arc::new(Instance {
            common: shared.common.clone(),
            stop: shared.stop.clone(),
            stats: self.stats.clone(),
            role: Role::Sink {
                index: self.index,
                streams: self.streams.iter().map(|stream| stream.id.0 as usize).collect(),
                observer: self.observer,
                announcements: Announcements::held_back(),
            },
        });
        let mut sink = self.kind.open(&self.options, host.clone())?;
        for stream in &self.streams {
            sink.add_stream(stream)?;
        }
        host.tell_announcements();
        Ok(sink)
    }

    /// A sink that is gone has no viewers.
    fn forget_viewers(&self, shared: &Shared) {
        for stream in &self.streams {
            shared.common.demand.set(self.index, stream.id.0 as usize, 0);
        }
    }
}

/// Starts the thread; the last sink of all that opens says so.
pub(super) fn start(runner: SinkRunner, shared: Shared, closed: Arc<AtomicUsize>) -> io::Result<()> {
    let threads = shared.threads.clone();
    threads.spawn(&format!("sink {}", runner.index), move || run(&runner, &shared, &closed))
}

fn run(runner: &SinkRunner, shared: &Shared, closed: &AtomicUsize) {
    let sink = match runner.open(shared) {
        Ok(sink) => sink,
        Err(failure) => {
            // What a sink needs is there from the start (a port, a folder), or its file is wrong.
            shared.common.events.send(Event::SinkFailed { sink: runner.index, failure });
            return;
        }
    };
    if closed.fetch_sub(1, Ordering::SeqCst) == 1 {
        shared.common.events.send(Event::Ready);
    }
    let mut complaint = Complaint::default();
    let mut pause = Pause::default();
    let mut sink = Some(sink);
    while let Some(open) = sink.take() {
        let Err(failure) = deliver(open, runner, &mut complaint) else { break };
        // It panicked: it is gone, and a new one takes its place.
        runner.forget_viewers(shared);
        if let Some(text) = complaint.wrong(&failure.to_string()) {
            tracing::error!(plugin = runner.plugin, "sink failed: {text}");
        }
        while sink.is_none() && shared.stop.sleep(pause.next()) {
            match runner.open(shared) {
                Ok(open) => sink = Some(open),
                Err(failure) => {
                    runner.stats.failed(&failure.message);
                    if let Some(text) = complaint.wrong(&failure.to_string()) {
                        tracing::error!(plugin = runner.plugin, "sink cannot be opened again: {text}");
                    }
                }
            }
        }
    }
    runner.forget_viewers(shared);
}

/// Hands frames to an open sink until there are no more, or until it panics.
fn deliver(mut sink: Sink, runner: &SinkRunner, complaint: &mut Complaint) -> Result<(), Failure> {
    while let Some(taken) = runner.mailbox.take(|_| true) {
        let began = Instant::now();
        match sink.receive(runner.streams[taken.lane].id, taken.item) {
            Ok(()) => {
                runner.stats.worked(began.elapsed());
                runner.stats.recovered();
                if let Some(text) = complaint.well() {
                    tracing::info!(plugin = runner.plugin, "sink {text}");
                }
            }
            Err(failure) => {
                runner.stats.failed(&failure.message);
                if failure.panicked {
                    return Err(failure);
                }
                if let Some(text) = complaint.wrong(&failure.to_string()) {
                    tracing::error!(plugin = runner.plugin, "frame lost in sink: {text}");
                }
            }
        }
    }
    Ok(())
}
