//! A stream on its threads: takes the newest frame, works on it, hands it on.

use super::chain::{Lost, Worker};
use super::complaint::Complaint;
use super::pipeline::{Event, Shared};
use super::shared::Shared as Branching;
use super::slots::{Slots, Taken};
use super::stats::StreamStats;
use super::turnstile::Turnstile;
use crate::plan::StreamPlan;
use mutoscope_plugin::{Frame, Times};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What comes into a stream: a frame, and what its siblings have made of it.
pub(super) type Incoming = Arc<Branching>;
/// What goes to a sink.
pub(super) type Outgoing = Frame;

/// Where a stream's frames go.
pub(super) struct Branch {
    /// The lanes of the streams that stand on this one.
    pub(super) children: Vec<Arc<Slots<Incoming>>>,
    /// Its lane in the mailbox of each sink that serves it, in the order of the plan's tails.
    pub(super) sinks: Vec<(Arc<Slots<Outgoing>>, usize)>,
}

/// A stream, what it works with, and where its frames go.
pub(super) struct StreamRunner {
    pub(super) stream: usize,
    pub(super) name: String,
    pub(super) transforms: Vec<String>,
    pub(super) max_fps: Option<f64>,
    pub(super) lane: Arc<Slots<Incoming>>,
    pub(super) branch: Branch,
    pub(super) stats: Arc<StreamStats>,
}

/// What the workers of one stream share.
pub(super) struct Crew {
    runner: StreamRunner,
    shared: Shared,
    /// Frames go to the children in order, and to the sinks in order; the one does not wait for the other.
    to_children: Turnstile,
    to_sinks: Turnstile,
    pace: Mutex<Pace>,
    complaint: Mutex<Complaint>,
    workers: AtomicUsize,
    /// Workers that are still at it: the last one closes what is behind.
    at_work: AtomicUsize,
}

/// Starts the stream's first worker.
pub(super) fn start(runner: StreamRunner, shared: Shared) -> io::Result<Arc<Crew>> {
    let pace = Mutex::new(Pace { period_ns: runner.max_fps.map(|fps| (1e9 / fps) as u64), due_ns: 0 });
    let crew = Arc::new(Crew {
        runner,
        shared,
        to_children: Turnstile::default(),
        to_sinks: Turnstile::default(),
        pace,
        complaint: Mutex::default(),
        workers: AtomicUsize::new(0),
        at_work: AtomicUsize::new(0),
    });
    add_worker(&crew)?;
    Ok(crew)
}

fn add_worker(crew: &Arc<Crew>) -> io::Result<()> {
    let number = crew.workers.fetch_add(1, Ordering::SeqCst);
    crew.at_work.fetch_add(1, Ordering::SeqCst);
    crew.runner.stats.worker_came();
    let mine = crew.clone();
    let name = if number == 0 { crew.runner.name.clone() } else { format!("{}/{number}", crew.runner.name) };
    crew.shared.threads.spawn(&name, move || {
        work(&mine, number);
        if mine.at_work.fetch_sub(1, Ordering::SeqCst) == 1 {
            mine.runner.branch.children.iter().for_each(|child| child.close(0));
            mine.runner.branch.sinks.iter().for_each(|(mailbox, lane)| mailbox.close(*lane));
        }
    })
}

fn work(crew: &Arc<Crew>, number: usize) {
    let StreamRunner { stream, name, transforms, lane, stats, .. } = &crew.runner;
    let mut worker = Worker::new(*stream, transforms.clone(), crew.shared.clone(), stats.clone());
    let mut overload = Overload::new(lane.replaced(0));
    let demand = &crew.shared.common.demand;
    while let Some(Taken { item: incoming, ticket, .. }) = lane.take(|_| demand.total(*stream) > 0) {
        let began = Instant::now();
        let tree = incoming.plan.clone();
        let plan = tree.streams.get(stream);
        let times = incoming.frame.times();
        let through = match plan {
            Some(plan) if lock(&crew.pace).lets_through(times) => {
                // Handed over whole: the worker may write on a frame that nobody else holds.
                Some((plan, worker.reach_branching_point(incoming, plan)))
            }
            _ => {
                stats.over_rate();
                None
            }
        };
        let Some((plan, result)) = through else {
            crew.to_children.pass(ticket, || ());
            crew.to_sinks.pass(ticket, || ());
            continue;
        };
        let frame = result.map_err(|lost| crew.regret(lost)).ok();
        crew.to_children.pass(ticket, || {
            if let (Some(frame), false) = (&frame, crew.runner.branch.children.is_empty()) {
                let branching = Arc::new(Branching::new(frame.clone(), tree.clone()));
                crew.runner.branch.children.iter().for_each(|child| child.put(0, branching.clone()));
            }
        });
        let delivered = frame.map(|frame| crew.for_sinks(&mut worker, frame, plan)).unwrap_or_default();
        crew.to_sinks.pass(ticket, || {
            for (at, frame) in delivered {
                let (mailbox, lane) = &crew.runner.branch.sinks[at];
                mailbox.put(*lane, frame);
            }
        });
        if number == 0 && overload.is_lasting(lane.replaced(0), began) && plan.is_stateless() {
            crew.help(name);
        }
        // Helpers work only where each frame is worked on for itself; a plan that is not so sends them home.
        if number > 0 && !plan.is_stateless() {
            crew.workers.fetch_sub(1, Ordering::SeqCst);
            return;
        }
    }
}

impl Crew {
    /// Takes a frame in, from the one thread that all of them come from. One that nothing is to be done with goes
    /// straight on, unless a worker holds one that came before it: waking a worker for it would cost more than the rest.
    pub(super) fn take_in(&self, incoming: Incoming) {
        let Crew { runner, shared, .. } = self;
        let plan = incoming.plan.streams.get(&runner.stream);
        let nothing_to_do =
            plan.is_some_and(|plan| plan.stages.is_empty() && plan.tails.iter().all(Vec::is_empty));
        let watched = shared.common.demand.total(runner.stream) > 0;
        let none_before = || runner.lane.taken_if_empty() == Some(self.to_sinks.through());
        if !(nothing_to_do && watched && none_before()) {
            return runner.lane.put(0, incoming);
        }
        let (format, times) = (incoming.frame.format(), incoming.frame.times());
        if !lock(&self.pace).lets_through(times) {
            return runner.stats.over_rate();
        }
        if shared.common.demand.own(runner.stream) > 0 {
            for (mailbox, lane) in &runner.branch.sinks {
                mailbox.put(*lane, incoming.frame.clone());
            }
        }
        runner.branch.children.iter().for_each(|child| child.put(0, incoming.clone()));
        runner.stats.gave(format, times);
    }

    /// What the sinks get of a frame: nothing if nobody looks on at the stream itself.
    fn for_sinks(&self, worker: &mut Worker, frame: Frame, plan: &StreamPlan) -> Vec<(usize, Frame)> {
        let (format, times) = (frame.format(), frame.times());
        if self.shared.common.demand.own(self.runner.stream) == 0 {
            self.runner.stats.gave(format, times);
            return Vec::new();
        }
        let mut made: Vec<(usize, Frame)> = Vec::new();
        let mut frame = Some(frame);
        for (at, tail) in plan.tails.iter().enumerate() {
            // Sinks that want the same get the same.
            let same = plan.tails[..at].iter().position(|before| before == tail);
            if let Some(known) = same {
                let known = made.iter().find(|(at, _)| *at == known).map(|(_, frame)| frame.clone());
                made.extend(known.map(|frame| (at, frame)));
                continue;
            }
            let last = at + 1 == plan.tails.len();
            let Some(frame) = (if last { frame.take() } else { frame.clone() }) else { break };
            match worker.reach_sink(frame, plan, tail) {
                Ok(frame) => made.push((at, frame)),
                Err(lost) => self.regret(lost),
            }
        }
        if let Some((_, frame)) = made.first() {
            self.runner.stats.gave(frame.format(), times);
            if let Some(text) = lock(&self.complaint).well() {
                tracing::info!(stream = self.runner.name, "{text}");
            }
        }
        made
    }

    fn regret(&self, lost: Lost) {
        match lost {
            Lost::Gated => self.runner.stats.gated(),
            Lost::Failed { stage, transform, failure, opening } => {
                self.runner.stats.lost();
                if let (true, false, Some(index)) = (opening, failure.option.is_empty(), transform) {
                    let stream = self.runner.stream;
                    let failure = failure.clone();
                    self.shared.common.events.send(Event::TransformRefused { stream, index, failure });
                }
                if let Some(text) = lock(&self.complaint).wrong(&format!("{stage}: {failure}")) {
                    tracing::error!(stream = self.runner.name, "frame lost in {text}");
                }
            }
        }
    }

    /// Another worker, as far as the file and the machine allow.
    fn help(self: &Arc<Self>, name: &str) {
        if self.workers.load(Ordering::SeqCst) < self.shared.most_workers {
            match add_worker(self) {
                Ok(()) => tracing::debug!(stream = name, "heavier than one core: one worker more"),
                Err(error) => tracing::warn!(stream = name, "no thread for another worker: {error}"),
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Whether a worker is busy all the time and frames are lost all the same.
struct Overload {
    seen: u64,
    taken: u32,
    since: Instant,
    busy: Duration,
}

impl Overload {
    /// Frames to judge by.
    const LOOK: u32 = 16;

    fn new(replaced: u64) -> Overload {
        Overload { seen: replaced, taken: 0, since: Instant::now(), busy: Duration::ZERO }
    }

    /// Asked once a frame, whose work `began` then; true when of the last 16 at least 4 more were lost, and not because
    /// the worker rested while nobody looked on.
    fn is_lasting(&mut self, replaced: u64, began: Instant) -> bool {
        self.taken += 1;
        self.busy += began.elapsed();
        if self.taken < Overload::LOOK {
            return false;
        }
        let lost = replaced - self.seen;
        let busy = self.busy.as_secs_f64() / self.since.elapsed().as_secs_f64().max(1e-9);
        *self = Overload::new(replaced);
        lost >= 4 && busy > 0.9
    }
}

/// `max_fps`.
struct Pace {
    period_ns: Option<u64>,
    due_ns: u64,
}

impl Pace {
    fn lets_through(&mut self, times: Times) -> bool {
        let Some(period) = self.period_ns else { return true };
        let now = times.monotonic_ns;
        // A camera is never quite on time: a frame that comes a tenth early is the one that was meant.
        if now + period / 10 < self.due_ns {
            return false;
        }
        // From when it was due, so that the mean is right; unless that is long past.
        self.due_ns = if now > self.due_ns + period { now + period } else { self.due_ns + period };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_fps_halves_what_comes_twice_as_fast_and_leaves_what_is_slow() {
        let through = |max_fps: f64, fps: f64| {
            let mut pace = Pace { period_ns: Some((1e9 / max_fps) as u64), due_ns: 0 };
            let frames =
                (0..300).map(|n| Times { monotonic_ns: 1 << 40 | (n as f64 / fps * 1e9) as u64, wall_ns: 0 });
            frames.filter(|times| pace.lets_through(*times)).count()
        };
        assert_eq!(through(15.0, 30.0), 150);
        assert_eq!(through(30.0, 30.0), 300);
        assert_eq!(through(60.0, 30.0), 300);
        assert!((98..=102).contains(&through(10.0, 30.0)));
        assert!((198..=202).contains(&through(20.0, 30.0)));
    }

    #[test]
    fn overload_is_what_lasts() {
        let mut steady = Overload::new(0);
        assert!((0..64).all(|_| !steady.is_lasting(3, steady.since)));
        let mut lossy = Overload::new(0);
        assert!(
            (0..16).any(|n| lossy.is_lasting(n, lossy.since)),
            "always at work, and every frame costs another"
        );
        let mut rested = Overload::new(0);
        rested.since -= Duration::from_secs(60);
        assert!((0..16).all(|n| !rested.is_lasting(n, Instant::now())), "what was lost at rest is no reason");
    }
}
