//! A stream on its threads: takes the newest frame, works on it, hands it on.

use super::executor::{Failed, Lost, Worker};
use super::last_output::{Picture, Shown};
use super::latest::{Next, Slots, Taken};
use super::meter::Meter;
use super::overload::{Load, Overload, Verdict};
use super::plan_cache::Plans;
use super::rate_limit::Pace;
use super::sequencer::Turnstile;
use super::shared_frame::Branching;
use super::topology::{Wired, Wiring};
use crate::config::OnFailure;
use crate::plan::StreamPlan;
use crate::run::host::call_guard::{Owner, Post};
use crate::run::host::demand::Watched;
use crate::run::host::lock::lock;
use crate::run::host::log_limit::Complaint;
use crate::run::host::runtime::Shared;
use crate::run::host::stats::StreamStats;
use crate::run::report::{Message, WorkerEnd};
use mutoscope_plugin::Frame;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What comes into a stream: a frame, and the stream's place in the wiring that the frame goes by.
pub(crate) struct Incoming {
    pub(crate) work: Todo,
    pub(crate) at: usize,
}

/// A frame to be worked on.
pub(crate) enum Todo {
    Planned(Arc<Branching>),
    /// Of a format that nobody has planned for yet. Planning asks plugins, which is done on the stream's thread and not on the
    /// source's.
    Unplanned {
        frame: Frame,
        wiring: Arc<Wiring>,
        plans: Arc<Plans>,
    },
}

impl Incoming {
    pub(crate) fn planned(branching: Arc<Branching>, at: usize) -> Incoming {
        Incoming { work: Todo::Planned(branching), at }
    }

    /// Whether each frame is worked on for itself; what is not planned may be.
    fn is_stateless(&self) -> bool {
        match &self.work {
            Todo::Planned(branching) => {
                branching.plan.streams.get(&self.at).is_none_or(StreamPlan::is_stateless)
            }
            Todo::Unplanned { .. } => true,
        }
    }
}

/// A stream: what its workers share. It stays the same while the file changes, as long as the file names it.
pub(crate) struct Crew {
    pub(crate) id: u32,
    pub(crate) name: String,
    /// Where its frames come in.
    pub(crate) lane: Slots<Incoming>,
    pub(crate) watched: Arc<Watched>,
    pub(crate) stats: Arc<StreamStats>,
    pub(crate) shown: Shown,
    pub(crate) overload: Overload,
    shared: Shared,
    /// Frames go to the children in order, and to the sinks in order; the one does not wait for the other.
    to_children: Turnstile,
    to_sinks: Turnstile,
    pace: Mutex<Pace>,
    complaint: Mutex<Complaint>,
    workers: AtomicUsize,
}

/// A frame as each of the sinks gets it, by their places in the plan.
type Made = Vec<(usize, Frame)>;

impl Todo {
    /// The frame with its plan; `None` if there is no way for it, or none now.
    fn planned(self, at: usize, post: &Post) -> Option<Arc<Branching>> {
        match self {
            Todo::Planned(branching) => Some(branching),
            Todo::Unplanned { frame, wiring, plans } => {
                let plan = plans.plan(&wiring, at, frame.format(), post)?;
                Some(Arc::new(Branching::new(frame, plan, wiring)))
            }
        }
    }
}

impl Crew {
    pub(crate) fn new(id: u32, name: String, shared: Shared) -> Arc<Crew> {
        let lane = Slots::new();
        lane.open(id);
        Arc::new(Crew {
            id,
            name,
            lane,
            watched: shared.common.demand.watched(id),
            stats: Arc::default(),
            shown: Shown::default(),
            overload: Overload::default(),
            shared,
            to_children: Turnstile::default(),
            to_sinks: Turnstile::default(),
            pace: Mutex::default(),
            complaint: Mutex::default(),
            workers: AtomicUsize::new(0),
        })
    }

    /// How many threads work on it.
    pub(crate) fn workers(&self) -> usize {
        self.workers.load(Ordering::SeqCst)
    }

    /// Its first thread, which makes its transforms at once: what is wrong with one (a pin that another program holds) is told at
    /// the start, and not when somebody comes to look on.
    ///
    /// # Errors
    /// The system has no descriptors or threads left; so below.
    pub(crate) fn start(self: &Arc<Self>, wiring: &Arc<Wiring>, at: usize) -> io::Result<()> {
        self.employ(Some((wiring.clone(), at)))
    }

    /// One thread more. The first is number 0; the others are its helpers.
    pub(crate) fn add_worker(self: &Arc<Self>) -> io::Result<()> {
        self.employ(None)
    }

    fn employ(self: &Arc<Self>, prepares: Option<(Arc<Wiring>, usize)>) -> io::Result<()> {
        let number = self.workers.fetch_add(1, Ordering::SeqCst);
        let name = if number == 0 { self.name.clone() } else { format!("{}/{number}", self.name) };
        let post = self.shared.posts.take(Owner::Worker { stream: self.id }, name.clone());
        let started = post.and_then(|post| {
            let crew = self.clone();
            self.shared.threads.spawn(&name, move || {
                let leaving = Leaving { crew, post, end: WorkerEnd::Condemned };
                leaving.work(number, prepares);
            })
        });
        started.inspect_err(|_| {
            self.workers.fetch_sub(1, Ordering::SeqCst);
        })
    }

    /// One of its threads is left behind: nobody waits for it.
    pub(crate) fn leave_behind(&self, post: &Post) {
        self.workers.fetch_sub(1, Ordering::SeqCst);
        let ticket = post.ticket.load(Ordering::SeqCst);
        if ticket != u64::MAX {
            self.to_children.skip(ticket);
            self.to_sinks.skip(ticket);
        }
    }

    /// Takes a frame in, from the one thread that all of them come from. One that nothing is to be done with goes
    /// straight on, unless a worker holds one that came before it: waking a worker for it would cost more than the rest.
    pub(crate) fn take_in(&self, incoming: Incoming) {
        let Incoming { work: Todo::Planned(branching), at } = &incoming else {
            return self.lane.put(self.id, incoming);
        };
        let wiring = &branching.wiring;
        let plan = branching.plan.streams.get(at);
        let nothing_to_do =
            plan.is_some_and(|plan| plan.stages.is_empty() && plan.tails.iter().all(Vec::is_empty));
        let none_before = || self.lane.taken_if_empty() == Some(self.to_sinks.through());
        if !(nothing_to_do && self.watched.total() > 0 && none_before()) {
            return self.lane.put(self.id, incoming);
        }
        let frame = &branching.frame;
        let (format, times) = (frame.format(), frame.times());
        if !self.shown.is_news(frame.sequence()) {
            return self.stats.lost();
        }
        if !lock(&self.pace).lets_through(times, wiring.max_fps(*at)) {
            return self.stats.over_rate();
        }
        let wired = &wiring.streams[*at];
        let watched = self.watched.own() > 0;
        if watched {
            wired.sinks.iter().for_each(|outlet| outlet.mailbox.put(self.id, frame.clone()));
        }
        for child in &wired.children {
            let incoming = Incoming::planned(branching.clone(), *child);
            let crew = &wiring.streams[*child].crew;
            crew.lane.put(crew.id, incoming);
        }
        self.stats.gave(format, times);
        self.shown.live(watched.then(|| Picture::Same(frame.clone())), frame.sequence());
    }

    /// One frame, from the lane to what comes after the stream.
    pub(crate) fn carry<M: Meter>(&self, worker: &mut Worker<M>, post: &Post, taken: Taken<Incoming>) {
        let Taken { item: Incoming { work, at }, ticket, .. } = taken;
        let Some(branching) = work.planned(at, post) else {
            self.to_children.pass(ticket, || ());
            self.to_sinks.pass(ticket, || ());
            return;
        };
        let (tree, wiring) = (branching.plan.clone(), branching.wiring.clone());
        let wired = &wiring.streams[at];
        let plan = tree.streams.get(&at);
        let times = branching.frame.times();
        let through = match plan {
            Some(plan) if lock(&self.pace).lets_through(times, wiring.max_fps(at)) => {
                worker.rewire(&wiring, at);
                // Handed over whole: the worker may write on a frame that nobody else holds.
                Some((plan, worker.reach_branching_point(branching, plan)))
            }
            _ => {
                drop(branching);
                self.stats.over_rate();
                None
            }
        };
        let Some((plan, result)) = through else {
            self.to_children.pass(ticket, || ());
            self.to_sinks.pass(ticket, || ());
            return;
        };
        let frame = result.map_err(|lost| self.regret(lost, &wiring, at)).ok();
        let to_children = |frame: &Frame| {
            let branching = Arc::new(Branching::new(frame.clone(), tree.clone(), wiring.clone()));
            for child in &wired.children {
                let crew = &wiring.streams[*child].crew;
                crew.lane.put(crew.id, Incoming::planned(branching.clone(), *child));
            }
        };
        self.to_children.pass(ticket, || {
            if let (Some(frame), false) = (&frame, wired.children.is_empty()) {
                to_children(frame);
            }
        });
        let Some(frame) = frame else {
            self.to_sinks.pass(ticket, || ());
            return;
        };
        let (format, sequence) = (frame.format(), frame.sequence());
        let watched = self.watched.own() > 0;
        let made = if watched { self.for_sinks(worker, frame, plan, &wiring, at) } else { Vec::new() };
        let to_sinks = || {
            if watched && made.is_empty() && !wired.sinks.is_empty() {
                return;
            }
            if !self.shown.is_news(sequence) {
                return self.stats.lost();
            }
            let first = made.first().map(|(_, frame)| frame.format());
            self.stats.gave(first.unwrap_or(format), times);
            let mut each = Vec::with_capacity(made.len());
            for (outlet, frame) in made {
                let outlet = &wired.sinks[outlet];
                outlet.mailbox.put(self.id, frame.clone());
                each.push((outlet.sink, frame));
            }
            self.shown.live(watched.then_some(Picture::Each(each)), sequence);
        };
        self.to_sinks.pass(ticket, to_sinks);
    }

    /// What the sinks get of a frame.
    fn for_sinks<M: Meter>(
        &self,
        worker: &mut Worker<M>,
        frame: Frame,
        plan: &StreamPlan,
        wiring: &Arc<Wiring>,
        at: usize,
    ) -> Made {
        let mut made: Made = Vec::new();
        let mut frame = Some(frame);
        for (outlet, tail) in plan.tails.iter().enumerate() {
            // Sinks that want the same get the same.
            let same = plan.tails[..outlet].iter().position(|before| before == tail);
            if let Some(known) = same {
                let known = made.iter().find(|(at, _)| *at == known).map(|(_, frame)| frame.clone());
                made.extend(known.map(|frame| (outlet, frame)));
                continue;
            }
            let last = outlet + 1 == plan.tails.len();
            let Some(frame) = (if last { frame.take() } else { frame.clone() }) else { break };
            match worker.reach_sink(frame, plan, tail) {
                Ok(frame) => made.push((outlet, frame)),
                Err(lost) => self.regret(lost, wiring, at),
            }
        }
        if !made.is_empty()
            && let Some(text) = lock(&self.complaint).well()
        {
            tracing::info!(stream = self.name, "{text}");
        }
        made
    }

    /// Logs what went wrong with a frame, unless the log has it.
    pub(crate) fn complain(&self, text: &str) {
        if let Some(text) = lock(&self.complaint).wrong(text) {
            tracing::error!(stream = self.name, "frame lost in {text}");
        }
    }

    fn regret(&self, lost: Lost, wiring: &Arc<Wiring>, at: usize) {
        match lost {
            Lost::Gated => {
                self.shown.gated();
                self.stats.gated();
            }
            Lost::HeldOff | Lost::Late => self.stats.lost(),
            Lost::Failed(failed) => {
                self.stats.lost();
                self.complain(&failed.to_string());
                self.draw_consequences(failed, wiring, at);
            }
        }
    }

    /// Makes the stream's transforms before there is a frame.
    fn prepare(&self, worker: &mut Worker, wiring: &Arc<Wiring>, at: usize) {
        worker.rewire(wiring, at);
        let Err(Lost::Failed(failed)) = worker.open_transforms() else { return };
        // What the file is to blame for is shown in the file.
        if failed.failure.option.is_empty()
            && let Some(text) = lock(&self.complaint).wrong(&failed.to_string())
        {
            tracing::error!(stream = self.name, "no start of {text}");
        }
        self.draw_consequences(failed, wiring, at);
    }

    fn draw_consequences(&self, failed: Failed, wiring: &Arc<Wiring>, at: usize) {
        let Failed { stage, transform, failure, opening } = failed;
        if let (true, false, Some(index)) = (opening, failure.option.is_empty(), transform) {
            let (wiring, failure) = (wiring.clone(), failure.clone());
            self.shared.tell.send(Message::TransformRefused { wiring, at, index, failure });
        }
        let attempts = self.stats.stage(&stage).trouble().map_or(0, |trouble| trouble.attempts);
        let most = match wiring.prepared.pipeline.streams[at].on_failure {
            OnFailure::Restart => return,
            OnFailure::Restarts(most) => most,
            OnFailure::Stop => 0,
        };
        if attempts > most {
            self.stats.stage(&stage).give_up();
            self.shared
                .tell
                .send(Message::StageGaveUp { stream: self.id, why: format!("{stage}: {failure}") });
        }
    }

    /// Another worker, as far as the file and the machine allow. `false` if there can be no other.
    fn help(self: &Arc<Self>) -> bool {
        if self.workers() >= self.shared.most_workers {
            return false;
        }
        match self.add_worker() {
            Ok(()) => tracing::debug!(stream = self.name, "{} threads work on it now", self.workers()),
            Err(error) => tracing::warn!(stream = self.name, "no further thread: {error}"),
        }
        true
    }
}

impl Wiring {
    fn max_fps(&self, at: usize) -> Option<f64> {
        self.prepared.pipeline.streams[at].max_fps
    }
}

/// A worker's thread, which says so when it ends, however it ends.
struct Leaving {
    crew: Arc<Crew>,
    post: Arc<Post>,
    end: WorkerEnd,
}

impl Leaving {
    fn work(mut self, number: usize, prepares: Option<(Arc<Wiring>, usize)>) {
        let (crew, post) = (self.crew.clone(), self.post.clone());
        let mut worker =
            Worker::new(crew.shared.clone(), crew.stats.clone(), crew.watched.clone(), post.clone(), ());
        let mut load = Load::new(crew.lane.replaced(crew.id));
        if let Some((wiring, at)) = prepares {
            crew.prepare(&mut worker, &wiring, at);
            if post.is_condemned() {
                return worker.close();
            }
        }
        self.end = loop {
            let taken = match crew.lane.take(|_| crew.watched.total() > 0, || post.stop.is_wanted()) {
                Next::Item(taken) => taken,
                Next::Drained(_) => break WorkerEnd::Drained,
                Next::News | Next::Stopped => break WorkerEnd::Stopped,
            };
            let began = Instant::now();
            let is_stateless = taken.item.is_stateless();
            post.ticket.store(taken.ticket, Ordering::SeqCst);
            crew.carry(&mut worker, &post, taken);
            post.ticket.store(u64::MAX, Ordering::SeqCst);
            if post.is_condemned() {
                break WorkerEnd::Condemned;
            }
            if number == 0 {
                match load.look(crew.lane.replaced(crew.id), began) {
                    Verdict::Open => {}
                    Verdict::Fine => crew.overload.keeps_up(&crew.name),
                    Verdict::TooMuch(excess) => {
                        if !(is_stateless && crew.help()) {
                            crew.overload.too_much(&crew.name, &crew.stats, excess);
                        }
                    }
                }
            }
            // Helpers work only where each frame is worked on for itself; a plan that is not so sends them home.
            if number > 0 && !is_stateless {
                break WorkerEnd::SentHome;
            }
        };
        worker.close();
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if self.end == WorkerEnd::Stopped {
            // Here, and not where the last one lets go of the stream: dropping a frame may be anybody's code.
            self.crew.shown.forget();
        }
        if !self.post.is_abandoned() {
            self.crew.workers.fetch_sub(1, Ordering::SeqCst);
        }
        let ticket = self.post.ticket.load(Ordering::SeqCst);
        if ticket != u64::MAX {
            // It ended in the middle of a frame: nobody shall wait for that.
            self.crew.to_children.skip(ticket);
            self.crew.to_sinks.skip(ticket);
        }
        self.crew.shared.posts.leave(&self.post);
        self.crew.shared.tell.send(Message::WorkerEnded { stream: self.crew.id, end: self.end });
    }
}

impl Wired {
    /// Sends a picture of the engine's own making, or the last one again, to the sinks.
    pub(crate) fn show(&self, of: impl Fn(u32) -> Option<Frame>) {
        for outlet in &self.sinks {
            if let Some(frame) = of(outlet.sink) {
                outlet.mailbox.put(self.crew.id, frame);
            }
        }
        self.crew.shown.sent();
    }
}
