//! Where there is no picture, one that says why; where a gate is closed, the last one again.

use super::Supervisor;
use super::status::{Ailment, Condition, View};
use crate::placeholder::{self, Notice};
use crate::run::data::executor::{Lost, Worker};
use crate::run::data::last_output::Picture;
use crate::run::data::topology::Wiring;
use crate::run::host::call_guard::{Owner, Post};
use crate::run::host::demand::Watched;
use crate::run::host::log_limit::Complaint;
use crate::run::host::redact;
use crate::run::host::runtime::Shared;
use crate::run::host::stats::StreamStats;
use mutoscope_plugin::{Format, Frame, Freshness, Kind, Size, Times};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

/// A stream that has shown nothing for so long is shown something.
const SILENCE: Duration = Duration::from_millis(900);
/// A camera may take so long to start before the picture says that it does.
const START: Duration = Duration::from_secs(2);
/// Pictures that wait to be drawn.
const QUEUE: usize = 64;
/// What is shown before there was any picture.
const SIZE: Size = Size { width: 640, height: 480 };

/// The thread that draws, once it is needed, and since when streams are looked at.
pub(super) struct Standin {
    shared: Shared,
    jobs: Option<SyncSender<Job>>,
    watched: HashMap<u32, Instant>,
}

/// A picture to be shown on a stream.
struct Job {
    wiring: Arc<Wiring>,
    at: usize,
    shows: Shows,
}

enum Shows {
    /// The last picture again.
    Held,
    /// Why there is none.
    Notice(Notice),
}

impl Standin {
    pub(super) fn new(shared: Shared) -> Standin {
        Standin { shared, jobs: None, watched: HashMap::new() }
    }

    /// The thread is left behind.
    pub(super) fn forget(&mut self) {
        self.jobs = None;
    }

    fn show(&mut self, job: Job) {
        // Counts as shown from here on, so that it is not asked for again and again.
        job.wiring.streams[job.at].crew.shown.sent();
        if self.jobs.is_none() {
            self.jobs = self.start();
        }
        // What is more than can be drawn is left out.
        if let Some(Err(TrySendError::Disconnected(_))) = self.jobs.as_ref().map(|jobs| jobs.try_send(job)) {
            self.jobs = None;
        }
    }

    fn start(&self) -> Option<SyncSender<Job>> {
        let (jobs, todo) = sync_channel(QUEUE);
        let post = self.shared.posts.take(Owner::Standin, "placeholders".into());
        let shared = self.shared.clone();
        let started = post.and_then(|post| {
            self.shared.threads.spawn("placeholders", move || {
                Artist::new(shared.clone(), post.clone()).draw_all(&todo);
                shared.posts.leave(&post);
            })
        });
        match started {
            Ok(()) => Some(jobs),
            Err(error) => {
                tracing::warn!("no thread for placeholders: {error}");
                None
            }
        }
    }
}

impl Supervisor {
    /// Sees to it that every stream that is looked at shows something; `true` if that has to be looked at again soon.
    pub(super) fn stand_in(&mut self) -> bool {
        let view = self.board_view();
        let mut watched = false;
        for (at, wired) in view.wiring.streams.iter().enumerate() {
            let crew = &wired.crew;
            if crew.watched.own() == 0 {
                if self.standin.watched.remove(&crew.id).is_some() {
                    crew.shown.rested();
                }
                continue;
            }
            watched = true;
            let since = self.standin.watched.entry(crew.id).or_insert_with(Instant::now).elapsed();
            let silent = crew.shown.silent_for().map_or(since, |silent| silent.min(since));
            if let Some(shows) = self.what_shows(&view, at, silent) {
                self.standin.show(Job { wiring: view.wiring.clone(), at, shows });
            }
        }
        let wiring = &self.wiring;
        self.standin.watched.retain(|stream, _| wiring.position(*stream).is_some());
        watched
    }

    /// What a stream that was silent for so long shows, if anything.
    fn what_shows(&self, view: &View, at: usize, silent: Duration) -> Option<Shows> {
        if silent < SILENCE {
            return None;
        }
        let crew = &view.wiring.streams[at].crew;
        match view.condition(at) {
            Condition::Failed(ailment) => Some(Shows::Notice(notice(&crew.name, &ailment))),
            Condition::Starting if silent >= START || crew.shown.silent_for().is_some() => {
                let now = Times::now();
                let silent = i64::try_from(silent.as_nanos()).unwrap_or(0);
                let since = Times {
                    monotonic_ns: now.monotonic_ns.saturating_sub(silent.unsigned_abs()),
                    wall_ns: now.wall_ns - silent,
                };
                Some(Shows::Notice(Notice {
                    stream: crew.name.clone(),
                    what: "it is starting".into(),
                    since,
                    next_attempt: Some(Duration::ZERO),
                    attempts: 0,
                }))
            }
            Condition::Gated => Some(Shows::Held),
            Condition::Live => {
                let root = &view.wiring.streams[view.wiring.root(at)].crew;
                let period = crew.shown.period().max(self.seat_period(root.id)).unwrap_or_default();
                (silent > period * 5 / 2).then_some(Shows::Held)
            }
            Condition::Starting | Condition::Resting | Condition::Ended(_) => None,
        }
    }
}

fn notice(stream: &str, ailment: &Ailment) -> Notice {
    Notice {
        stream: stream.to_owned(),
        what: redact::text(&format!("{}: {}", ailment.stage, ailment.message)),
        since: ailment.since,
        next_attempt: ailment.next_attempt(),
        attempts: ailment.attempts,
    }
}

/// Draws and encodes, on a thread of its own: an encoder is a plugin too.
struct Artist {
    worker: Worker,
    post: Arc<Post>,
    /// The last picture of each stream in planes, with its number.
    planes: HashMap<u32, (u64, Frame)>,
    complaint: Complaint,
}

/// Planes that can be drawn on.
const PLANES: [Kind; 5] = [Kind::I420, Kind::I422, Kind::I444, Kind::I440, Kind::GREY];

impl Artist {
    fn new(shared: Shared, post: Arc<Post>) -> Artist {
        let (stats, watched) = (Arc::<StreamStats>::default(), Arc::<Watched>::default());
        let worker = Worker::new(shared, stats, watched, post.clone(), ());
        Artist { worker, post, planes: HashMap::new(), complaint: Complaint::default() }
    }

    fn draw_all(mut self, todo: &Receiver<Job>) {
        while let Ok(job) = todo.recv() {
            if self.post.stop.is_wanted() {
                break;
            }
            if let Err(why) = self.draw(&job)
                && let Some(text) = self.complaint.wrong(&why)
            {
                tracing::warn!("no placeholder: {text}");
            }
        }
        self.worker.close();
    }

    fn draw(&mut self, job: &Job) -> Result<(), String> {
        let Job { wiring, at, shows } = job;
        let wired = &wiring.streams[*at];
        let last = wired.crew.shown.picture();
        let notice = match (shows, last) {
            (Shows::Held, Some(last)) => {
                wired.show(|sink| Some(last.of(sink)?.clone().with_freshness(Freshness::HELD)));
                return Ok(());
            }
            (Shows::Held, None) => return Ok(()),
            (Shows::Notice(notice), last) => (notice, last),
        };
        let (notice, last) = notice;
        self.worker.rewire(wiring, *at);
        let newest = wired.crew.shown.last_sequence();
        let format = last.as_ref().and_then(Picture::any).map(Frame::format);
        let size = format.or_else(|| planned(wiring, *at)).map_or(SIZE, |format| format.size());
        let planes = last.as_ref().and_then(|last| self.planes(wired.crew.id, last));
        let drawn = placeholder::draw(planes.as_ref(), size, notice, Times::now());
        let drawn = drawn.map_err(|error| error.to_string())?.with_sequence(newest.unwrap_or(0));
        let mut made: Vec<(&[Kind], Frame)> = Vec::new();
        let accepted = wiring.prepared.sinks.iter().filter(|sink| sink.streams.contains(at));
        let accepted: Vec<&[Kind]> = accepted.map(|sink| &sink.accepts.kinds[..]).collect();
        for kinds in &accepted {
            if !made.iter().any(|(known, _)| known == kinds) {
                let frame = self.worker.converted(drawn.clone(), kinds).map_err(why)?;
                made.push((kinds, frame.with_freshness(Freshness::PLACEHOLDER)));
            }
        }
        if wired.crew.shown.last_sequence() != newest {
            // While this was drawn a live one has come, and nobody wants it any more.
            return Ok(());
        }
        wired.show(|sink| {
            let place = wired.sinks.iter().position(|outlet| outlet.sink == sink)?;
            made.iter().find(|(kinds, _)| *kinds == accepted[place]).map(|(_, frame)| frame.clone())
        });
        Ok(())
    }

    /// The last picture in planes; decoded once.
    fn planes(&mut self, stream: u32, last: &Picture) -> Option<Frame> {
        let last = last.any()?;
        if let Some((_, known)) = self.planes.get(&stream).filter(|(number, _)| *number == last.sequence()) {
            return Some(known.clone());
        }
        // One at a time: a picture in planes is large.
        self.planes.clear();
        let planes = self.worker.converted(last.clone(), &PLANES).ok()?;
        self.planes.insert(stream, (last.sequence(), planes.clone()));
        Some(planes)
    }
}

/// What a stream is expected to give.
fn planned(wiring: &Wiring, at: usize) -> Option<Format> {
    wiring.tree(at)?.plan.streams.get(&at).map(|plan| plan.output)
}

fn why(lost: Lost) -> String {
    match lost {
        Lost::Failed(failed) => failed.to_string(),
        Lost::Gated | Lost::HeldOff | Lost::Late => "its conversion has failed".into(),
    }
}
