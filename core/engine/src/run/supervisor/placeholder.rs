//! The thread that draws placeholders, and shows held pictures again.

use crate::placeholder::{self, Notice};
use crate::run::data::executor::{Executor, Lost};
use crate::run::data::last_output::Picture;
use crate::run::data::topology::StreamRef;
use crate::run::host::call_guard::{CallGuard, Owner};
use crate::run::host::demand::Watched;
use crate::run::host::log_limit::LogLimit;
use crate::run::host::runtime::Runtime;
use crate::run::host::stats::StreamStats;
use mutoscope_plugin::{Format, Frame, Freshness, PixelFormat, Size, Times};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Instant;

/// Pictures that wait to be drawn.
const QUEUE: usize = 64;
/// The size of a placeholder before the first picture.
const SIZE: Size = Size { width: 640, height: 480 };

/// The thread that draws, once it is needed, and since when streams are looked at.
pub(super) struct Placeholders {
    runtime: Runtime,
    jobs: Option<SyncSender<Job>>,
    pub(super) watched: HashMap<u32, Instant>,
}

/// A picture to be shown on a stream.
pub(super) struct Job {
    pub(super) of: StreamRef,
    pub(super) content: Content,
}

pub(super) enum Content {
    /// The last picture again.
    Held,
    /// The reason for which there is none.
    Notice(Notice),
}

impl Placeholders {
    pub(super) fn new(runtime: Runtime) -> Placeholders {
        Placeholders { runtime, jobs: None, watched: HashMap::new() }
    }

    /// The thread is left behind.
    pub(super) fn forget(&mut self) {
        self.jobs = None;
    }

    pub(super) fn show(&mut self, job: Job) {
        // Counts as shown from here on, so that it is not asked for again and again.
        job.of.stream().last_output.sent();
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
        let guard = self.runtime.calls.take(Owner::Placeholders, "placeholders".into());
        let runtime = self.runtime.clone();
        let started = guard.and_then(|guard| {
            self.runtime.threads.spawn("placeholders", move || {
                PlaceholderRenderer::new(runtime.clone(), guard.clone()).draw_all(&todo);
                runtime.calls.leave(&guard);
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

/// Draws and encodes, on a thread of its own: an encoder is a plugin too.
struct PlaceholderRenderer {
    executor: Executor,
    guard: Arc<CallGuard>,
    /// The last picture of each stream in planes, with its number.
    planes: HashMap<u32, (u64, Frame)>,
    log_limit: LogLimit,
}

/// Planes that can be drawn on.
const PLANES: [PixelFormat; 5] =
    [PixelFormat::I420, PixelFormat::I422, PixelFormat::I444, PixelFormat::I440, PixelFormat::GREY];

impl PlaceholderRenderer {
    fn new(runtime: Runtime, guard: Arc<CallGuard>) -> PlaceholderRenderer {
        let (stats, watched) = (Arc::<StreamStats>::default(), Arc::<Watched>::default());
        let executor = Executor::new(runtime, stats, watched, guard.clone(), ());
        PlaceholderRenderer { executor, guard, planes: HashMap::new(), log_limit: LogLimit::default() }
    }

    fn draw_all(mut self, todo: &Receiver<Job>) {
        while let Ok(job) = todo.recv() {
            if self.guard.stop.is_wanted() {
                break;
            }
            if let Err(why) = self.draw(&job)
                && let Some(text) = self.log_limit.wrong(&why)
            {
                tracing::warn!("no placeholder: {text}");
            }
        }
        self.executor.close();
    }

    fn draw(&mut self, job: &Job) -> Result<(), String> {
        let Job { of, content } = job;
        let node = of.node();
        let last = node.stream.last_output.picture();
        let notice = match (content, last) {
            (Content::Held, Some(last)) => {
                node.show(|sink| Some(last.of(sink)?.clone().with_freshness(Freshness::HELD)));
                return Ok(());
            }
            (Content::Held, None) => return Ok(()),
            (Content::Notice(notice), last) => (notice, last),
        };
        let (notice, last) = notice;
        self.executor.reconfigure(of);
        let newest = node.stream.last_output.last_sequence();
        let format = last.as_ref().and_then(Picture::any).map(Frame::format);
        let size = format.or_else(|| planned(of)).map_or(SIZE, |format| format.size());
        let planes = last.as_ref().and_then(|last| self.planes(node.stream.id, last));
        let drawn = placeholder::draw(planes.as_ref(), size, notice, Times::now());
        let drawn = drawn.map_err(|error| error.to_string())?.with_sequence(newest.unwrap_or(0));
        let mut made: Vec<(&[PixelFormat], Frame)> = Vec::new();
        let accepted = of.topology.prepared.sinks.iter().filter(|sink| sink.streams.contains(&of.at));
        let accepted: Vec<&[PixelFormat]> = accepted.map(|sink| &sink.accepts.kinds[..]).collect();
        for kinds in &accepted {
            if !made.iter().any(|(known, _)| known == kinds) {
                let frame = self.executor.converted(drawn.clone(), kinds).map_err(why)?;
                made.push((kinds, frame.with_freshness(Freshness::PLACEHOLDER)));
            }
        }
        if node.stream.last_output.last_sequence() != newest {
            // While this was drawn a live one has come, and nobody wants it any more.
            return Ok(());
        }
        node.show(|sink| {
            let place = node.sinks.iter().position(|output| output.sink == sink)?;
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
        let planes = self.executor.converted(last.clone(), &PLANES).ok()?;
        self.planes.insert(stream, (last.sequence(), planes.clone()));
        Some(planes)
    }
}

/// Returns what a stream is expected to give.
fn planned(of: &StreamRef) -> Option<Format> {
    of.topology.tree(of.at)?.plan.streams.get(&of.at).map(|plan| plan.output)
}

fn why(lost: Lost) -> String {
    match lost {
        Lost::Failed(failed) => failed.to_string(),
        Lost::Gated | Lost::HeldOff | Lost::Late => "its conversion has failed".into(),
    }
}
