//! A source on its thread: opened, asked for frames, opened again when it fails.

use super::complaint::Complaint;
use super::instance::{Instance, Role};
use super::pipeline::{Event, Shared};
use super::shared::Shared as Branching;
use super::slots::Slots;
use super::stats::PartStats;
use super::stream::{Crew, Incoming};
use crate::plan::{Tree, TreePlan};
use mutoscope_plugin::host::{Failure, Source, SourceKind};
use mutoscope_plugin::{Format, Frame, Wanted};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A source and where its frames go.
pub(super) struct SourceRunner {
    pub(super) stream: usize,
    pub(super) name: String,
    pub(super) plugin: String,
    pub(super) kind: SourceKind,
    pub(super) options: String,
    pub(super) wanted: Wanted,
    pub(super) tree: Arc<Tree>,
    /// Where frames go.
    pub(super) crew: Arc<Crew>,
    /// To be closed when there are no more.
    pub(super) lane: Arc<Slots<Incoming>>,
    pub(super) stats: Arc<PartStats>,
}

/// How a session with an open source ended.
enum Outcome {
    /// The pipeline stops, or the stream has come to its end.
    Ended,
    Failed(Failure),
}

pub(super) fn start(runner: SourceRunner, shared: Shared) -> io::Result<()> {
    let threads = shared.threads.clone();
    threads.spawn(&format!("{} source", runner.name), move || run(&runner, &shared))
}

fn run(runner: &SourceRunner, shared: &Shared) {
    let mut frames = Numbered { next: 0, planner: Planner::new(runner.tree.clone()) };
    let mut pause = Pause::default();
    let mut complaint = Complaint::default();
    let mut ever_opened = false;
    while !shared.stop.is_wanted() {
        let host = Arc::new(Instance {
            common: shared.common.clone(),
            stop: shared.stop.clone(),
            stats: runner.stats.clone(),
            role: Role::Source { stream: runner.stream, wanted: runner.wanted },
        });
        let outcome = match runner.kind.open(&runner.options, host) {
            Ok(mut source) => {
                ever_opened = true;
                frames.pass_on(&mut source, runner, shared, &mut complaint)
            }
            Err(failure) if !failure.option.is_empty() && !ever_opened => {
                shared.common.events.send(Event::SourceRefused { stream: runner.stream, failure });
                break;
            }
            Err(failure) => Outcome::Failed(failure),
        };
        let Outcome::Failed(failure) = outcome else { break };
        if shared.stop.is_wanted() {
            break;
        }
        runner.stats.failed(&failure.message);
        let wait = pause.next();
        if let Some(text) = complaint.wrong(&failure.to_string()) {
            tracing::error!(
                stream = runner.name,
                plugin = runner.plugin,
                "source failed: {text}; next attempt in {:.1} s",
                wait.as_secs_f64()
            );
        }
        if !shared.stop.sleep(wait) {
            break;
        }
    }
    runner.lane.close(0);
}

/// Numbers frames through all the source's lives.
struct Numbered {
    next: u64,
    planner: Planner,
}

impl Numbered {
    fn pass_on(
        &mut self,
        source: &mut Source,
        runner: &SourceRunner,
        shared: &Shared,
        complaint: &mut Complaint,
    ) -> Outcome {
        loop {
            if shared.stop.is_wanted() {
                return Outcome::Ended;
            }
            let asked = Instant::now();
            let frame = match source.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => return Outcome::Ended,
                Err(failure) => return Outcome::Failed(failure),
            };
            // The wait for the camera is in it: a source is busy with that.
            runner.stats.worked(asked.elapsed());
            runner.stats.recovered();
            if let Some(text) = complaint.well() {
                tracing::info!(stream = runner.name, plugin = runner.plugin, "source {text}");
            }
            let frame = frame.with_sequence(self.next);
            self.next += 1;
            if let Some(plan) = self.planner.plan(&frame, shared, &runner.name) {
                runner.crew.take_in(Arc::new(Branching::new(frame, plan)));
            }
        }
    }
}

/// Plans for each format that turns up.
struct Planner {
    tree: Arc<Tree>,
    known: HashMap<Format, Option<Arc<TreePlan>>>,
    complaint: Complaint,
}

impl Planner {
    /// Formats whose plans are remembered: a folder of mixed pictures has a few, a hostile source any number.
    const MOST: usize = 64;

    fn new(tree: Arc<Tree>) -> Planner {
        Planner { tree, known: HashMap::new(), complaint: Complaint::default() }
    }

    fn plan(&mut self, frame: &Frame, shared: &Shared, name: &str) -> Option<Arc<TreePlan>> {
        let format = frame.format();
        if let Some(plan) = self.known.get(&format) {
            return plan.clone();
        }
        if self.known.len() >= Planner::MOST {
            self.known.clear();
        }
        let plan = match self.tree.settle(&*shared.ways, format) {
            Ok(plan) => {
                tracing::debug!(
                    stream = name,
                    "settled for {format}: {:.1} ms per frame",
                    plan.cost_us / 1000.0
                );
                Some(Arc::new(plan))
            }
            Err(impasse) => {
                if let Some(text) = self.complaint.wrong(&impasse.to_string()) {
                    tracing::error!(stream = name, "no way through for {format}: {text}");
                }
                None
            }
        };
        self.known.insert(format, plan.clone());
        plan
    }
}

/// Growing pauses between attempts, with a little chance in them, so that two that failed together do not try together.
#[derive(Default)]
pub(super) struct Pause {
    failures: u32,
    last: Option<Instant>,
}

impl Pause {
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(30);
    /// Failures that are farther apart are not one trouble: the pauses start again from the first.
    const APART: Duration = Duration::from_secs(90);

    pub(super) fn next(&mut self) -> Duration {
        self.next_at(Instant::now())
    }

    fn next_at(&mut self, now: Instant) -> Duration {
        if self.last.is_some_and(|last| now - last > Pause::APART) {
            self.failures = 0;
        }
        let pause = (Pause::FIRST * 2u32.saturating_pow(self.failures.min(16))).min(Pause::LONGEST);
        (self.failures, self.last) = (self.failures + 1, Some(now));
        // A hash of nothing with random keys is the standard library's one source of chance.
        let chance = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0u8) % 256;
        pause.mul_f64(0.875 + chance as f64 / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_start_again_after_a_good_time() {
        let (mut pause, start) = (Pause::default(), Instant::now());
        let pauses: Vec<_> = (0..20).map(|n| pause.next_at(start + Duration::from_secs(30 * n))).collect();
        assert!(pauses[0] < Duration::from_secs(1) && pauses[3] > Duration::from_secs(3));
        assert!(pauses.iter().all(|pause| *pause <= Pause::LONGEST.mul_f64(1.125)));
        assert!(pause.next_at(start + Duration::from_secs(3600)) < Duration::from_secs(1));
    }
}
