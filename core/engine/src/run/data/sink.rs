//! One instance of a sink, on a thread of its own: opened, told of its streams, given the newest frame of one after another.

use super::latest::{Next, Taken};
use super::topology::Mailbox;
use crate::config::KeyPath;
use crate::run::host::call_guard::{Call, Owner, Post};
use crate::run::host::lock::lock;
use crate::run::host::runtime::Shared;
use crate::run::host::services::{Announcements, Instance, Role};
use crate::run::host::stats::Part;
use crate::run::report::Message;
use mutoscope_plugin::host::{Failure, Sink, SinkKind};
use mutoscope_plugin::{Frame, Freshness, Stream, StreamId, Update};
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A sink as the file has it.
#[derive(Clone)]
pub(crate) struct SinkSpec {
    pub(crate) plugin: String,
    pub(crate) kind: SinkKind,
    pub(crate) options: String,
    pub(crate) observer: bool,
    /// Number and name of each stream that it serves.
    pub(crate) streams: Vec<(u32, String)>,
    /// Where it stands in the file.
    pub(crate) origin: KeyPath,
}

/// A sink's place: what the file wants of it, and where its frames wait. Instances come and go.
pub(crate) struct Desk {
    pub(crate) sink: u32,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) part: Arc<Part>,
    spec: Mutex<SinkSpec>,
    /// Counts the changes of `spec`.
    version: AtomicU64,
}

/// How an instance came to its end.
#[derive(Debug)]
pub(crate) enum SinkEnd {
    /// It was asked to.
    Stopped,
    /// All its streams have ended.
    Finished,
    /// It can take its new options only from the start.
    Restart,
    Failed {
        failure: Failure,
        /// Before it was open.
        opening: bool,
    },
}

/// How long a sink may take for a frame or a stream, and to open or to end.
const ALLOWED: Duration = Duration::from_secs(5);

impl Desk {
    pub(crate) fn new(sink: u32, spec: SinkSpec) -> Arc<Desk> {
        let mailbox = Arc::new(Mailbox::new());
        let part = Part::new(format!("sink {}", spec.plugin));
        let desk = Desk { sink, mailbox, part, spec: Mutex::new(spec), version: AtomicU64::new(0) };
        desk.spec().streams.iter().for_each(|(stream, _)| desk.mailbox.open(*stream));
        Arc::new(desk)
    }

    pub(crate) fn spec(&self) -> SinkSpec {
        lock(&self.spec).clone()
    }

    /// The file wants something else.
    pub(crate) fn wish(&self, spec: SinkSpec) {
        spec.streams.iter().for_each(|(stream, _)| self.mailbox.open(*stream));
        *lock(&self.spec) = spec;
        self.version.fetch_add(1, Ordering::SeqCst);
        self.mailbox.wake();
    }

    /// Starts the thread of an instance.
    ///
    /// # Errors
    /// The system has no descriptors or threads left.
    pub(crate) fn start(self: &Arc<Self>, life: u64, shared: &Shared) -> io::Result<Arc<Post>> {
        let name = format!("sink {}", self.sink);
        let post = shared.posts.take(Owner::Sink { sink: self.sink, life }, name.clone())?;
        let (desk, mine, theirs) = (self.clone(), post.clone(), shared.clone());
        let started = shared.threads.spawn(&name, move || {
            let broken = Failure::new("its thread broke; this is a mistake in the program");
            let end = SinkEnd::Failed { failure: broken, opening: false };
            let mut leaving = Leaving { desk, post: mine, shared: theirs, life, end: Some(end) };
            let end = leaving.run();
            leaving.end = Some(end);
        });
        started.inspect_err(|_| shared.posts.leave(&post))?;
        Ok(post)
    }
}

/// A sink's thread, which says so when it ends, however it ends.
struct Leaving {
    desk: Arc<Desk>,
    post: Arc<Post>,
    shared: Shared,
    life: u64,
    end: Option<SinkEnd>,
}

impl Leaving {
    fn run(&self) -> SinkEnd {
        let Leaving { desk, post, shared, .. } = self;
        let version = desk.version.load(Ordering::SeqCst);
        let spec = desk.spec();
        let streams = Arc::new(Mutex::new(Vec::new()));
        let role = Role::Sink {
            sink: desk.sink,
            streams: streams.clone(),
            observer: spec.observer,
            announcements: Announcements::held_back(),
        };
        let (common, stop) = (shared.common.clone(), post.stop.clone());
        let host = Arc::new(Instance::new(common, stop, desk.part.clone(), role));
        let open = || spec.kind.open(&spec.options, host.clone());
        let sink = match post.during(&desk.part, Call::Open, ALLOWED, open) {
            Ok(sink) => sink,
            Err(failure) => return SinkEnd::Failed { failure, opening: true },
        };
        let (life, newest) = (self.life, HashMap::new());
        let mut open = Open { desk, post, sink, spec, version, life, streams, newest };
        let added = open.streams_are(desk.spec().streams);
        let end = match added {
            Err(failure) => SinkEnd::Failed { failure, opening: true },
            Ok(()) => {
                host.tell_announcements();
                shared.tell.send(Message::SinkOpened { sink: desk.sink, life: self.life });
                open.deliver(shared)
            }
        };
        let Open { sink, .. } = open;
        post.during(&desk.part, Call::Drop, ALLOWED, || drop(sink));
        end
    }
}

/// An open sink.
struct Open<'a> {
    desk: &'a Desk,
    post: &'a Post,
    sink: Sink,
    /// What it was last told.
    spec: SinkSpec,
    version: u64,
    life: u64,
    /// The streams that it knows.
    streams: Arc<Mutex<Vec<u32>>>,
    /// The number of the newest live frame of each.
    newest: HashMap<u32, u64>,
}

impl Open<'_> {
    /// Hands frames over until there are no more, until it fails, or until it shall end.
    fn deliver(&mut self, shared: &Shared) -> SinkEnd {
        loop {
            let news =
                || self.post.stop.is_wanted() || self.desk.version.load(Ordering::SeqCst) != self.version;
            let done = match self.desk.mailbox.take(|_| true, news) {
                Next::Stopped => return SinkEnd::Stopped,
                Next::News if self.post.stop.is_wanted() => return SinkEnd::Stopped,
                Next::News => match self.news(shared) {
                    Ok(true) => Ok(()),
                    Ok(false) => return SinkEnd::Restart,
                    Err(failure) => Err(failure),
                },
                Next::Item(Taken { stream, item, .. }) => self.receive(stream, item),
                Next::Drained(stream) => {
                    self.desk.mailbox.remove(stream);
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
        self.post.during(&self.desk.part, Call::Receive, ALLOWED, receive)?;
        self.desk.part.worked(began.elapsed());
        Ok(())
    }

    /// The file wants something else: `false` if that needs a new instance.
    fn news(&mut self, shared: &Shared) -> Result<bool, Failure> {
        self.version = self.desk.version.load(Ordering::SeqCst);
        let mut wanted = self.desk.spec();
        if wanted.kind != self.spec.kind || wanted.observer != self.spec.observer {
            return Ok(false);
        }
        if wanted.options != self.spec.options {
            let update = || self.sink.update(&wanted.options);
            match self.post.during(&self.desk.part, Call::Update, ALLOWED, update) {
                Ok(Update::Applied) => {
                    let (sink, life) = (self.desk.sink, self.life);
                    shared.tell.send(Message::SinkOpened { sink, life });
                }
                Ok(Update::Restart) => return Ok(false),
                Err(failure) if failure.panicked => return Err(failure),
                Err(failure) => {
                    // It goes on as it is.
                    wanted.options.clone_from(&self.spec.options);
                    let sink = self.desk.sink;
                    shared.tell.send(Message::SinkRefused { sink, failure });
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
            self.desk.mailbox.remove(*stream);
            self.remove(*stream)?;
        }
        for (id, name) in wanted.into_iter().filter(|(id, _)| !known.contains(id)) {
            // Before it is told, so that it may speak of the stream at once.
            lock(&self.streams).push(id);
            let stream = Stream { id: StreamId(id), name };
            let add = || self.sink.add_stream(&stream);
            self.post.during(&self.desk.part, Call::Streams, ALLOWED, add)?;
        }
        Ok(())
    }

    fn remove(&mut self, stream: u32) -> Result<(), Failure> {
        let known = lock(&self.streams).contains(&stream);
        if known {
            let remove = || self.sink.remove_stream(StreamId(stream));
            self.post.during(&self.desk.part, Call::Streams, ALLOWED, remove)?;
            lock(&self.streams).retain(|known| *known != stream);
        }
        Ok(())
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.shared.posts.leave(&self.post);
        let end = self.end.take().unwrap_or(SinkEnd::Stopped);
        let (sink, life) = (self.desk.sink, self.life);
        self.shared.tell.send(Message::SinkEnded { sink, life, end });
    }
}
