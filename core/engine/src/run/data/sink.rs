//! One instance of a sink, on a thread of its own: opened, told of its streams, given the newest frame of one after another.

use super::latest::FrameChannel;
use super::latest::{Next, Received};
use crate::lock::lock;
use crate::run::host::call_guard::{Call, CallGuard, Owner};
use crate::run::host::runtime::Runtime;
use crate::run::host::services::{Announcements, Role, Services};
use crate::run::host::stats::StageStats;
use crate::run::report::{Message, SinkEnd};
use crate::run::spec::SinkSpec;
use mutoscope_plugin::host::{Failure, Sink};
use mutoscope_plugin::{Frame, Freshness, StreamId, StreamInfo, Update};
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A sink's place: what the file wants of it, and where its frames wait. Instances come and go.
pub(crate) struct SinkHandle {
    pub(crate) sink: u32,
    pub(crate) frames: Arc<FrameChannel>,
    pub(crate) stats: Arc<StageStats>,
    spec: Mutex<SinkSpec>,
    /// Counts the changes of `spec`.
    version: AtomicU64,
}

/// How long a sink may take for a frame or a stream, and to open or to end.
const ALLOWED: Duration = Duration::from_secs(5);

impl SinkHandle {
    pub(crate) fn new(sink: u32, spec: SinkSpec) -> Arc<SinkHandle> {
        let frames = Arc::new(FrameChannel::new());
        let stats = StageStats::new(format!("sink {}", spec.plugin));
        let handle = SinkHandle { sink, frames, stats, spec: Mutex::new(spec), version: AtomicU64::new(0) };
        handle.spec().streams.iter().for_each(|(stream, _)| handle.frames.open(*stream));
        Arc::new(handle)
    }

    pub(crate) fn spec(&self) -> SinkSpec {
        lock(&self.spec).clone()
    }

    /// The file wants something else.
    pub(crate) fn request(&self, spec: SinkSpec) {
        spec.streams.iter().for_each(|(stream, _)| self.frames.open(*stream));
        *lock(&self.spec) = spec;
        self.version.fetch_add(1, Ordering::SeqCst);
        self.frames.wake();
    }

    /// Starts the thread of an instance.
    ///
    /// # Errors
    /// The system has no descriptors or threads left.
    pub(crate) fn start(self: &Arc<Self>, generation: u64, runtime: &Runtime) -> io::Result<Arc<CallGuard>> {
        let name = format!("sink {}", self.sink);
        let guard = runtime.calls.take(Owner::Sink { sink: self.sink, generation }, name.clone())?;
        let (handle, mine, theirs) = (self.clone(), guard.clone(), runtime.clone());
        let started = runtime.threads.spawn(&name, move || {
            let broken = Failure::new("its thread broke; this is a mistake in the program");
            let end = SinkEnd::Failed { failure: broken, opening: false };
            let mut on_exit = OnExit { handle, guard: mine, runtime: theirs, generation, end: Some(end) };
            let end = on_exit.run();
            on_exit.end = Some(end);
        });
        started.inspect_err(|_| runtime.calls.leave(&guard))?;
        Ok(guard)
    }
}

/// A sink's thread, which says so when it ends, however it ends.
struct OnExit {
    handle: Arc<SinkHandle>,
    guard: Arc<CallGuard>,
    runtime: Runtime,
    generation: u64,
    end: Option<SinkEnd>,
}

impl OnExit {
    fn run(&self) -> SinkEnd {
        let OnExit { handle, guard, runtime, .. } = self;
        let version = handle.version.load(Ordering::SeqCst);
        let spec = handle.spec();
        let streams = Arc::new(Mutex::new(Vec::new()));
        let role = Role::Sink {
            sink: handle.sink,
            streams: streams.clone(),
            observer: spec.observer,
            announcements: Announcements::held_back(),
        };
        let (services, stop) = (runtime.services.clone(), guard.stop.clone());
        let host = Arc::new(Services::new(services, stop, handle.stats.clone(), role));
        let open = || spec.kind.open(&spec.options, host.clone());
        let sink = match guard.with_deadline(&handle.stats, Call::Open, ALLOWED, open) {
            Ok(sink) => sink,
            Err(failure) => return SinkEnd::Failed { failure, opening: true },
        };
        let (generation, newest) = (self.generation, HashMap::new());
        let mut open = Open { handle, guard, sink, spec, version, generation, streams, newest };
        let added = open.streams_are(handle.spec().streams);
        let end = match added {
            Err(failure) => SinkEnd::Failed { failure, opening: true },
            Ok(()) => {
                host.release_announcements();
                runtime.reporter.send(Message::SinkOpened { sink: handle.sink, generation: self.generation });
                open.deliver(runtime)
            }
        };
        let Open { sink, .. } = open;
        guard.with_deadline(&handle.stats, Call::Drop, ALLOWED, || drop(sink));
        end
    }
}

/// An open sink.
struct Open<'a> {
    handle: &'a SinkHandle,
    guard: &'a CallGuard,
    sink: Sink,
    /// What it was last told.
    spec: SinkSpec,
    version: u64,
    generation: u64,
    /// The streams that it knows.
    streams: Arc<Mutex<Vec<u32>>>,
    /// The number of the newest live frame of each.
    newest: HashMap<u32, u64>,
}

impl Open<'_> {
    /// Hands frames over until there are no more, until it fails, or until it shall end.
    fn deliver(&mut self, runtime: &Runtime) -> SinkEnd {
        loop {
            let changed =
                || self.guard.stop.is_wanted() || self.handle.version.load(Ordering::SeqCst) != self.version;
            let done = match self.handle.frames.take(|_| true, changed) {
                Next::Stopped => return SinkEnd::Stopped,
                Next::Changed if self.guard.stop.is_wanted() => return SinkEnd::Stopped,
                Next::Changed => match self.changed(runtime) {
                    Ok(true) => Ok(()),
                    Ok(false) => return SinkEnd::Restart,
                    Err(failure) => Err(failure),
                },
                Next::Item(Received { stream, item, .. }) => self.receive(stream, item),
                Next::Drained(stream) => {
                    self.handle.frames.remove(stream);
                    let gone = self.remove(stream);
                    if gone.is_ok() && lock(&self.streams).is_empty() {
                        return SinkEnd::Finished;
                    }
                    gone
                }
            };
            if let Err(failure) = done {
                return SinkEnd::Failed { failure, opening: false };
            }
        }
    }

    fn receive(&mut self, stream: u32, frame: Frame) -> Result<(), Failure> {
        if !lock(&self.streams).contains(&stream) {
            return Ok(());
        }
        let newest = self.newest.entry(stream).or_default();
        if frame.freshness() == Freshness::LIVE {
            *newest = frame.sequence();
        } else if frame.sequence() < *newest {
            // It was to stand in for a live one, which has come at the same moment, before it.
            return Ok(());
        }
        let began = Instant::now();
        let receive = || self.sink.receive(StreamId(stream), frame);
        self.guard.with_deadline(&self.handle.stats, Call::Receive, ALLOWED, receive)?;
        self.handle.stats.worked(began.elapsed());
        Ok(())
    }

    /// The file wants something else: `false` if that needs a new instance.
    fn changed(&mut self, runtime: &Runtime) -> Result<bool, Failure> {
        self.version = self.handle.version.load(Ordering::SeqCst);
        let mut wanted = self.handle.spec();
        if wanted.kind != self.spec.kind || wanted.observer != self.spec.observer {
            return Ok(false);
        }
        if wanted.options != self.spec.options {
            let update = || self.sink.update(&wanted.options);
            match self.guard.with_deadline(&self.handle.stats, Call::Update, ALLOWED, update) {
                Ok(Update::Applied) => {
                    let (sink, generation) = (self.handle.sink, self.generation);
                    runtime.reporter.send(Message::SinkOpened { sink, generation });
                }
                Ok(Update::Restart) => return Ok(false),
                Err(failure) if failure.panicked => return Err(failure),
                Err(failure) => {
                    // It goes on as it is.
                    wanted.options.clone_from(&self.spec.options);
                    let sink = self.handle.sink;
                    runtime.reporter.send(Message::SinkRefused { sink, failure });
                }
            }
        }
        self.streams_are(wanted.streams.clone())?;
        self.spec = wanted;
        Ok(true)
    }

    /// Tells the sink of streams that came and streams that went.
    fn streams_are(&mut self, wanted: Vec<(u32, String)>) -> Result<(), Failure> {
        let known = lock(&self.streams).clone();
        for stream in known.iter().filter(|known| !wanted.iter().any(|(id, _)| id == *known)) {
            self.handle.frames.remove(*stream);
            self.remove(*stream)?;
        }
        for (id, name) in wanted.into_iter().filter(|(id, _)| !known.contains(id)) {
            // Before it is told, so that it may speak of the stream at once.
            lock(&self.streams).push(id);
            let stream = StreamInfo::new(StreamId(id), name);
            let add = || self.sink.add_stream(&stream);
            self.guard.with_deadline(&self.handle.stats, Call::Streams, ALLOWED, add)?;
        }
        Ok(())
    }

    fn remove(&mut self, stream: u32) -> Result<(), Failure> {
        let known = lock(&self.streams).contains(&stream);
        if known {
            let remove = || self.sink.remove_stream(StreamId(stream));
            self.guard.with_deadline(&self.handle.stats, Call::Streams, ALLOWED, remove)?;
            lock(&self.streams).retain(|known| *known != stream);
        }
        Ok(())
    }
}

impl Drop for OnExit {
    fn drop(&mut self) {
        self.runtime.calls.leave(&self.guard);
        let end = self.end.take().unwrap_or(SinkEnd::Stopped);
        let (sink, generation) = (self.handle.sink, self.generation);
        self.runtime.reporter.send(Message::SinkEnded { sink, generation, end });
    }
}
