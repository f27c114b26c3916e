//! One instance of a source, on a thread of its own: opened, asked for frames, dropped.

use super::ingress::{Feed, Passed, Seating};
use super::stall::Rhythm;
use crate::config::KeyPath;
use crate::holds;
use crate::run::host::call_guard::{Call, Owner, Post};
use crate::run::host::demand::Watched;
use crate::run::host::lender::lent;
use crate::run::host::lock::lock;
use crate::run::host::runtime::Shared;
use crate::run::host::services::{Instance, Role};
use crate::run::host::stats::Part;
use crate::run::report::Message;
use mutoscope_plugin::host::{Failure, LEFT_OUT, Source, SourceKind};
use mutoscope_plugin::{Offers, Update, Wanted};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A source as the file has it.
pub(crate) struct SourceSpec {
    pub(crate) plugin: String,
    pub(crate) kind: SourceKind,
    pub(crate) options: String,
    pub(crate) offers: Offers,
    pub(crate) wanted: Wanted,
    /// Where it stands in the file.
    pub(crate) origin: KeyPath,
}

impl SourceSpec {
    /// Whether they are one and the same.
    pub(crate) fn is_same(&self, other: &SourceSpec) -> bool {
        self.kind == other.kind && self.options == other.options
    }

    /// Whether two of them can hardly be open at once, because they hold the same device.
    pub(crate) fn conflicts(&self, other: &SourceSpec) -> bool {
        // By name, too: a library that was built anew is other code for the same device.
        let same = self.plugin == other.plugin || self.kind == other.kind;
        holds::conflict(same, &self.offers, &other.offers)
    }

    /// Whether both say that they hold the same device.
    pub(crate) fn shares(&self, other: &SourceSpec) -> bool {
        holds::shared(&self.offers, &other.offers).next().is_some()
    }
}

/// One instance of a source.
pub(crate) struct Life {
    /// Later ones have higher numbers.
    pub(crate) number: u64,
    pub(crate) post: Arc<Post>,
    pub(crate) spec: Arc<SourceSpec>,
    pub(crate) part: Arc<Part>,
    /// The reading of the file that its frames go by from the first one on.
    pub(crate) seat: Mutex<Seating>,
    pub(crate) feed: Arc<Feed>,
    warm_up: Duration,
    stream: u32,
    watched: Arc<Watched>,
    /// New options to be offered to it.
    order: Mutex<Option<Arc<SourceSpec>>>,
    ordered: AtomicBool,
}

/// How an instance came to its end.
#[derive(Debug)]
pub(crate) enum SourceEnd {
    /// It was asked to.
    Stopped,
    /// A newer one has its place.
    Superseded,
    /// There are no more frames, as it had said there might be.
    Ended,
    Failed {
        failure: Failure,
        /// Before it was open.
        opening: bool,
    },
}

/// A source that had no memory for a frame is asked again after so long, at the earliest.
const WITHOUT_MEMORY: Duration = Duration::from_millis(20);

/// What an instance is made from.
pub(crate) struct Birth<'a> {
    pub(crate) number: u64,
    /// The stream's number, name, and how many look at it.
    pub(crate) stream: u32,
    pub(crate) name: &'a str,
    pub(crate) watched: Arc<Watched>,
    pub(crate) spec: Arc<SourceSpec>,
    pub(crate) part: Arc<Part>,
    pub(crate) seat: Seating,
    pub(crate) feed: Arc<Feed>,
    pub(crate) warm_up: Duration,
}

impl Life {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no descriptors or threads left.
    pub(crate) fn start(birth: Birth<'_>, shared: &Shared) -> io::Result<Arc<Life>> {
        let Birth { number, stream, name, watched, spec, part, seat, feed, warm_up } = birth;
        let name = format!("{name} source");
        let owner = Owner::Source { stream, life: number };
        let post = shared.posts.take(owner, name.clone())?;
        let life = Arc::new(Life {
            number,
            post: post.clone(),
            spec,
            part,
            seat: Mutex::new(seat),
            feed,
            warm_up,
            stream,
            watched,
            order: Mutex::default(),
            ordered: AtomicBool::new(false),
        });
        let (mine, theirs) = (life.clone(), shared.clone());
        let started = shared.threads.spawn(&name, move || {
            let broken = Failure::new("its thread broke; this is a mistake in the program");
            let end = SourceEnd::Failed { failure: broken, opening: false };
            let mut leaving = Leaving { life: mine.clone(), shared: theirs.clone(), end: Some(end) };
            leaving.end = Some(mine.run(&theirs));
        });
        started.inspect_err(|_| shared.posts.leave(&post))?;
        Ok(life)
    }

    /// Offers it new options, before its next frame.
    pub(crate) fn order(&self, spec: Arc<SourceSpec>) {
        *lock(&self.order) = Some(spec);
        self.ordered.store(true, Ordering::SeqCst);
    }

    /// Another reading of the file holds for it.
    pub(crate) fn reseat(&self, seat: Seating) {
        *lock(&self.seat) = seat;
        self.ordered.store(true, Ordering::SeqCst);
    }

    /// How long it may be silent, if the file says it.
    fn timeout(&self) -> Option<Duration> {
        let seat = lock(&self.seat);
        seat.wiring.prepared.pipeline.streams[seat.at].timeout
    }

    fn run(&self, shared: &Shared) -> SourceEnd {
        let mut rhythm = Rhythm::new(self.timeout(), self.spec.offers.fps);
        let role = Role::Source { watched: self.watched.clone(), wanted: self.spec.wanted };
        let (common, stop) = (shared.common.clone(), self.post.stop.clone());
        let host = Arc::new(Instance::new(common, stop, self.part.clone(), role));
        let open = || self.spec.kind.open(&self.spec.options, host);
        let mut source = match self.post.during(&self.part, Call::Open, rhythm.allowed(), open) {
            Ok(source) => source,
            Err(failure) => return SourceEnd::Failed { failure, opening: true },
        };
        let end = self.pass_on(&mut source, &mut rhythm, shared);
        self.post.during(&self.part, Call::Drop, rhythm.allowed(), || drop(source));
        end
    }

    fn pass_on(&self, source: &mut Source, rhythm: &mut Rhythm, shared: &Shared) -> SourceEnd {
        let opened = Instant::now();
        // When the last good frame came, or this began.
        let mut last = opened;
        loop {
            if self.post.stop.is_wanted() {
                return SourceEnd::Stopped;
            }
            if self.part.is_stuck() {
                let failure = Failure::new("it does not take back the frames that it has lent");
                return SourceEnd::Failed { failure, opening: false };
            }
            if self.ordered.swap(false, Ordering::SeqCst) {
                self.update(source, rhythm, shared);
            }
            let (asked, refused) = (Instant::now(), self.part.memory_out.refused());
            let next = self.post.during(&self.part, Call::Next, rhythm.allowed(), || source.next_frame());
            let frame = match next {
                Ok(Some(frame)) => lent(frame, &self.part, shared),
                Ok(None) if self.post.stop.is_wanted() => return SourceEnd::Stopped,
                Ok(None) if self.spec.offers.may_end => return SourceEnd::Ended,
                Ok(None) => {
                    let failure = Failure::new("it came to its end, which a live source does not");
                    return SourceEnd::Failed { failure, opening: false };
                }
                // It had no memory for a frame, which is not its fault: it is asked for the next one.
                Err(failure) if !failure.panicked && self.part.memory_out.refused() > refused => {
                    self.part.count(&format!("{LEFT_OUT}{failure}"), 1);
                    let silent = last.elapsed();
                    if silent >= rhythm.allowed() {
                        let failure = Failure::new(self.part.no_frame_for(silent));
                        return SourceEnd::Failed { failure, opening: false };
                    }
                    if !self.post.stop.sleep(WITHOUT_MEMORY) {
                        return SourceEnd::Stopped;
                    }
                    continue;
                }
                Err(failure) => return SourceEnd::Failed { failure, opening: false },
            };
            let now = Instant::now();
            last = now;
            rhythm.beat(now);
            // The wait for the camera is in it: a source is busy with that.
            self.part.worked(asked.elapsed());
            if now - opened < self.warm_up {
                self.part.counters.add("warm_up_frames", 1);
                continue;
            }
            // Here is no plugin's code: neither planning nor dropping an old frame is done on this thread.
            match self.feed.pass(self.number, &self.seat, frame) {
                Passed::In => {}
                Passed::First => {
                    shared.tell.send(Message::Began { stream: self.stream, life: self.number });
                }
                Passed::Superseded if self.post.stop.is_wanted() => return SourceEnd::Stopped,
                Passed::Superseded => return SourceEnd::Superseded,
            }
        }
    }

    fn update(&self, source: &mut Source, rhythm: &mut Rhythm, shared: &Shared) {
        rhythm.given = self.timeout();
        let Some(spec) = lock(&self.order).take() else { return };
        let update = || source.update(&spec.options);
        let result = self.post.during(&self.part, Call::Update, rhythm.allowed(), update);
        if matches!(result, Ok(Update::Applied)) {
            *rhythm = Rhythm::new(self.timeout(), spec.offers.fps);
        }
        let result = result.map(|update| update == Update::Applied);
        let (stream, life) = (self.stream, self.number);
        shared.tell.send(Message::SourceUpdated { stream, life, spec, result });
    }
}

/// Says that the thread has ended, however it does.
struct Leaving {
    life: Arc<Life>,
    shared: Shared,
    end: Option<SourceEnd>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.shared.posts.leave(&self.life.post);
        let end = self.end.take().unwrap_or(SourceEnd::Stopped);
        let (stream, life) = (self.life.stream, self.life.number);
        self.shared.tell.send(Message::SourceEnded { stream, life, end });
    }
}
