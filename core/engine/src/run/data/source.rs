//! One instance of a source, on a thread of its own: opened, asked for frames, dropped.

use super::ingress::{Admission, Ingress};
use super::stall::StallDetector;
use super::topology::StreamRef;
use crate::lock::lock;
use crate::run::host::call_guard::{Call, CallGuard, Owner};
use crate::run::host::demand::Watched;
use crate::run::host::runtime::Runtime;
use crate::run::host::services::{Role, Services};
use crate::run::host::stats::StageStats;
use crate::run::report::{Message, SourceEnd};
use crate::run::spec::SourceSpec;
use mutoscope_plugin::Update;
use mutoscope_plugin::host::{Failure, LEFT_OUT, Source};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// One instance of a source.
pub(crate) struct SourceInstance {
    /// Later ones have higher numbers.
    pub(crate) generation: u64,
    pub(crate) guard: Arc<CallGuard>,
    pub(crate) spec: Arc<SourceSpec>,
    pub(crate) stats: Arc<StageStats>,
    /// The reading of the file that its frames go by from the first one on.
    pub(crate) stream_ref: Mutex<StreamRef>,
    pub(crate) ingress: Arc<Ingress>,
    warm_up: Duration,
    stream: u32,
    watched: Arc<Watched>,
    /// New options to be offered to it.
    new_spec: Mutex<Option<Arc<SourceSpec>>>,
    changed: AtomicBool,
}

/// A source that had no memory for a frame is asked again after so long, at the earliest.
const WITHOUT_MEMORY: Duration = Duration::from_millis(20);

/// The specification of an instance.
pub(crate) struct InstanceSpec<'a> {
    pub(crate) generation: u64,
    /// The stream's number, name, and how many look at it.
    pub(crate) stream: u32,
    pub(crate) name: &'a str,
    pub(crate) watched: Arc<Watched>,
    pub(crate) spec: Arc<SourceSpec>,
    pub(crate) stats: Arc<StageStats>,
    pub(crate) stream_ref: StreamRef,
    pub(crate) ingress: Arc<Ingress>,
    pub(crate) warm_up: Duration,
}

impl SourceInstance {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no descriptors or threads left.
    pub(crate) fn start(spec: InstanceSpec<'_>, runtime: &Runtime) -> io::Result<Arc<SourceInstance>> {
        let InstanceSpec { generation, stream, name, watched, spec, stats, stream_ref, ingress, warm_up } =
            spec;
        let name = format!("{name} source");
        let owner = Owner::Source { stream, generation };
        let guard = runtime.calls.take(owner, name.clone())?;
        let instance = Arc::new(SourceInstance {
            generation,
            guard: guard.clone(),
            spec,
            stats,
            stream_ref: Mutex::new(stream_ref),
            ingress,
            warm_up,
            stream,
            watched,
            new_spec: Mutex::default(),
            changed: AtomicBool::new(false),
        });
        let (mine, theirs) = (instance.clone(), runtime.clone());
        let started = runtime.threads.spawn(&name, move || {
            let broken = Failure::new("its thread broke; this is a mistake in the program");
            let end = SourceEnd::Failed { failure: broken, opening: false };
            let mut on_exit = OnExit { instance: mine.clone(), runtime: theirs.clone(), end: Some(end) };
            on_exit.end = Some(mine.run(&theirs));
        });
        started.inspect_err(|_| runtime.calls.leave(&guard))?;
        Ok(instance)
    }

    /// Offers it new options, before its next frame.
    pub(crate) fn offer(&self, spec: Arc<SourceSpec>) {
        *lock(&self.new_spec) = Some(spec);
        self.changed.store(true, Ordering::SeqCst);
    }

    /// Another reading of the file holds for it.
    pub(crate) fn set_stream_ref(&self, stream_ref: StreamRef) {
        *lock(&self.stream_ref) = stream_ref;
        self.changed.store(true, Ordering::SeqCst);
    }

    /// Returns how long it may be silent, if the file says it.
    fn timeout(&self) -> Option<Duration> {
        lock(&self.stream_ref).config().timeout
    }

    fn run(&self, runtime: &Runtime) -> SourceEnd {
        let mut stall = StallDetector::new(self.timeout(), self.spec.caps.fps);
        let role = Role::Source { watched: self.watched.clone(), wanted: self.spec.wanted };
        let (services, stop) = (runtime.services.clone(), self.guard.stop.clone());
        let host = Arc::new(Services::new(services, stop, self.stats.clone(), role));
        let open = || self.spec.kind.open(&self.spec.options, host);
        let mut source = match self.guard.with_deadline(&self.stats, Call::Open, stall.allowed(), open) {
            Ok(source) => source,
            Err(failure) => return SourceEnd::Failed { failure, opening: true },
        };
        let end = self.pass_on(&mut source, &mut stall, runtime);
        self.guard.with_deadline(&self.stats, Call::Drop, stall.allowed(), || drop(source));
        end
    }

    fn pass_on(&self, source: &mut Source, stall: &mut StallDetector, runtime: &Runtime) -> SourceEnd {
        let opened = Instant::now();
        // When the last good frame came, or this began.
        let mut last = opened;
        loop {
            if self.guard.stop.is_wanted() {
                return SourceEnd::Stopped;
            }
            if self.stats.is_stuck() {
                let failure = Failure::new("it does not take back the frames that it has lent");
                return SourceEnd::Failed { failure, opening: false };
            }
            if self.changed.swap(false, Ordering::SeqCst) {
                self.update(source, stall, runtime);
            }
            let (asked, refused) = (Instant::now(), self.stats.memory_out.refused());
            let next =
                self.guard.with_deadline(&self.stats, Call::Next, stall.allowed(), || source.next_frame());
            let frame = match next {
                Ok(Some(frame)) => runtime.lenders.wrap(frame, &self.stats),
                Ok(None) if self.guard.stop.is_wanted() => return SourceEnd::Stopped,
                Ok(None) if self.spec.caps.may_end => return SourceEnd::Ended,
                Ok(None) => {
                    let failure = Failure::new("it came to its end, which a live source does not");
                    return SourceEnd::Failed { failure, opening: false };
                }
                // It had no memory for a frame, which is not its fault: it is asked for the next one.
                Err(failure) if !failure.panicked && self.stats.memory_out.refused() > refused => {
                    self.stats.count(&format!("{LEFT_OUT}{failure}"), 1);
                    let silent = last.elapsed();
                    if silent >= stall.allowed() {
                        let failure = Failure::new(self.stats.no_frame_for(silent));
                        return SourceEnd::Failed { failure, opening: false };
                    }
                    if !self.guard.stop.sleep(WITHOUT_MEMORY) {
                        return SourceEnd::Stopped;
                    }
                    continue;
                }
                Err(failure) => return SourceEnd::Failed { failure, opening: false },
            };
            let now = Instant::now();
            last = now;
            stall.on_frame(now);
            // The wait for the camera is in it: a source is busy with that.
            self.stats.worked(asked.elapsed());
            if now - opened < self.warm_up {
                self.stats.counters.add("warm_up_frames", 1);
                continue;
            }
            // Here is no plugin's code: neither planning nor dropping an old frame is done on this thread.
            match self.ingress.admit(self.generation, &self.stream_ref, frame) {
                Admission::In => {}
                Admission::First => {
                    runtime
                        .reporter
                        .send(Message::Began { stream: self.stream, generation: self.generation });
                }
                Admission::Superseded if self.guard.stop.is_wanted() => return SourceEnd::Stopped,
                Admission::Superseded => return SourceEnd::Superseded,
            }
        }
    }

    fn update(&self, source: &mut Source, stall: &mut StallDetector, runtime: &Runtime) {
        stall.given = self.timeout();
        let Some(spec) = lock(&self.new_spec).take() else { return };
        let update = || source.update(&spec.options);
        let result = self.guard.with_deadline(&self.stats, Call::Update, stall.allowed(), update);
        if matches!(result, Ok(Update::Applied)) {
            *stall = StallDetector::new(self.timeout(), spec.caps.fps);
        }
        let result = result.map(|update| update == Update::Applied);
        let (stream, generation) = (self.stream, self.generation);
        runtime.reporter.send(Message::SourceUpdated { stream, generation, spec, result });
    }
}

/// Says that the thread has ended, however it does.
struct OnExit {
    instance: Arc<SourceInstance>,
    runtime: Runtime,
    end: Option<SourceEnd>,
}

impl Drop for OnExit {
    fn drop(&mut self) {
        self.runtime.calls.leave(&self.instance.guard);
        let end = self.end.take().unwrap_or(SourceEnd::Stopped);
        let (stream, generation) = (self.instance.stream, self.instance.generation);
        self.runtime.reporter.send(Message::SourceEnded { stream, generation, end });
    }
}
