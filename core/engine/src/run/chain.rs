//! The stages of a stream, done to one frame after another by one worker.

use super::instance::{Instance, Role};
use super::pipeline::Shared;
use super::shared::Shared as Branching;
use super::source::Pause;
use super::stats::{PartStats, StreamStats};
use crate::plan::{Chain, Excluded, Goal, Stage, Start, StreamPlan, Work};
use mutoscope_plugin::host::{Failure, Processed, Transform};
use mutoscope_plugin::{Format, Frame, Kind};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// One worker's instances of a stream's transforms, and of the conversions that plans have asked for so far.
pub(super) struct Worker {
    stream: usize,
    /// The transforms' plugins by name, as the file has them.
    transforms: Vec<String>,
    shared: Shared,
    stats: Arc<StreamStats>,
    parts: HashMap<Work, Part>,
    detours: HashMap<Detour, Arc<[Stage]>>,
}

/// Where a plan had to be left: from here, not these ways, to this kind.
#[derive(PartialEq, Eq, Hash)]
struct Detour {
    start: Start,
    excluded: Vec<Excluded>,
    goal: Vec<Kind>,
}

/// How often one frame may leave the plan.
const MOST_DETOURS: usize = 8;

/// An instance, or the pause before the next attempt at one.
struct Part {
    instance: Option<Transform>,
    stats: Arc<PartStats>,
    pause: Pause,
    /// Not before then, and why.
    again: Option<(Instant, Failure)>,
}

/// Why a frame did not come through.
pub(super) enum Lost {
    /// A transform held it back, which is its right.
    Gated,
    /// A stage failed.
    Failed {
        /// The stage's name.
        stage: String,
        /// The transform's index, if it is one that the file names.
        transform: Option<usize>,
        /// What it said.
        failure: Failure,
        /// It could not even be opened.
        opening: bool,
    },
}

impl Worker {
    pub(super) fn new(
        stream: usize,
        transforms: Vec<String>,
        shared: Shared,
        stats: Arc<StreamStats>,
    ) -> Worker {
        Worker { stream, transforms, shared, stats, parts: HashMap::new(), detours: HashMap::new() }
    }

    /// From what came in to the branching point.
    pub(super) fn reach_branching_point(
        &mut self,
        from: Arc<Branching>,
        plan: &StreamPlan,
    ) -> Result<Frame, Lost> {
        let goal = [plan.output.kind];
        let mut stages = &plan.stages[..];
        let (mut at, mut expected) = (Start { format: plan.input, scaled: false, from: 0 }, plan.input);
        let frame = match stages {
            [first, rest @ ..] if first.shared => {
                (stages, at.scaled, expected) = (rest, first.scaled, first.output());
                self.shared_with_siblings(&from, first)?
            }
            _ => from.into_frame(),
        };
        at.format = frame.format();
        if same(&at.format, &expected) {
            self.through(frame, stages, at, &goal)
        } else {
            let stages = self.replanned(at, &[], &goal)?;
            self.through(frame, &stages, at, &goal)
        }
    }

    /// From the branching point to a sink.
    pub(super) fn reach_sink(
        &mut self,
        frame: Frame,
        plan: &StreamPlan,
        tail: &[Stage],
    ) -> Result<Frame, Lost> {
        let goal = [tail.last().map_or(plan.output, Stage::output).kind];
        let at = Start { format: frame.format(), scaled: false, from: self.transforms.len() };
        if same(&at.format, &plan.output) {
            self.through(frame, tail, at, &goal)
        } else {
            let tail = self.replanned(at, &[], &goal)?;
            self.through(frame, &tail, at, &goal)
        }
    }

    /// The first stage, where siblings need the same: done by whoever comes first.
    fn shared_with_siblings(&mut self, from: &Branching, first: &Stage) -> Result<Frame, Lost> {
        let Work::Conversion(conversion) = &first.work else {
            return Err(self.lost(&first.work, Failure::new("a transform cannot be shared"), false));
        };
        let made = from.converted(conversion, |frame| match self.once(first, frame) {
            Ok(Processed::Frame(frame)) => Ok(frame),
            Ok(_) | Err(Lost::Gated) => Err(Failure::new("it gave no frame")),
            Err(Lost::Failed { failure, .. }) => Err(failure),
        });
        made.map_err(|failure| self.lost(&first.work, failure, false))
    }

    /// Through these stages; where one cannot do this frame, or gives something else than was planned, the rest of the
    /// way is planned anew from there.
    fn through(
        &mut self,
        mut frame: Frame,
        stages: &[Stage],
        mut at: Start,
        goal: &[Kind],
    ) -> Result<Frame, Lost> {
        let mut planned = Cow::Borrowed(stages);
        let mut excluded: Vec<Excluded> = Vec::new();
        // Each detour has its reason in a plugin that did not do what it said. One that never does must not hold us.
        for _ in 0..MOST_DETOURS {
            let mut on_plan = true;
            for (index, stage) in planned.iter().enumerate() {
                let last = index + 1 == planned.len();
                match self.once(stage, frame)? {
                    Processed::Nothing => return Err(Lost::Gated),
                    Processed::Frame(done) => {
                        frame = done;
                        at.from += usize::from(matches!(stage.work, Work::Transform(_)));
                        (at.format, at.scaled) = (frame.format(), stage.scaled);
                        on_plan = same(&at.format, &stage.output()) || last && goal.contains(&at.format.kind);
                    }
                    Processed::NotThisWay(same) => {
                        frame = same;
                        excluded.push((stage.work.clone(), stage.way.id));
                        on_plan = false;
                    }
                }
                if !on_plan {
                    break;
                }
            }
            if on_plan {
                return Ok(frame);
            }
            planned = Cow::Owned(self.replanned(at, &excluded, goal)?.to_vec());
        }
        Err(Lost::Failed {
            stage: "plan".into(),
            transform: None,
            failure: Failure::new("its stages give other frames than they say, again and again"),
            opening: false,
        })
    }

    /// The rest of the way for a frame that the plan does not fit.
    fn replanned(
        &mut self,
        start: Start,
        excluded: &[Excluded],
        goal: &[Kind],
    ) -> Result<Arc<[Stage]>, Lost> {
        let detour = Detour { start, excluded: excluded.to_vec(), goal: goal.to_vec() };
        if let Some(stages) = self.detours.get(&detour) {
            return Ok(stages.clone());
        }
        let transforms = self.transforms.len();
        let chain = Chain { ways: &*self.shared.ways, stream: self.stream, transforms, excluded };
        let path = chain.cheapest(start, Goal::Kinds(goal)).map_err(|impasse| Lost::Failed {
            stage: "plan".into(),
            transform: None,
            failure: Failure::new(format!("no way for {}: {impasse}", start.format)),
            opening: false,
        })?;
        let stages: Arc<[Stage]> = path.stages.into();
        // Formats come from outside; what is remembered of them is bounded.
        if self.detours.len() >= 64 {
            self.detours.clear();
        }
        self.detours.insert(detour, stages.clone());
        Ok(stages)
    }

    /// One stage, once.
    fn once(&mut self, stage: &Stage, frame: Frame) -> Result<Processed, Lost> {
        let (sequence, times) = (frame.sequence(), frame.times());
        let part = self.part(&stage.work)?;
        let Some(instance) = &mut part.instance else {
            let why = part.again.as_ref().map(|(_, failure)| failure.clone());
            let why = why.unwrap_or_else(|| Failure::new("it is not open"));
            return Err(self.lost(&stage.work, why, false));
        };
        let began = Instant::now();
        let processed = instance.process(stage.way.id, frame);
        match processed {
            Ok(processed) => {
                part.stats.worked(began.elapsed());
                part.stats.recovered();
                // A transform that makes a new frame may forget to stamp it; the host knows better anyway.
                Ok(match processed {
                    Processed::Frame(frame) => {
                        Processed::Frame(frame.with_sequence(sequence).with_times(times))
                    }
                    other => other,
                })
            }
            Err(failure) => {
                part.stats.failed(&failure.message);
                if failure.panicked {
                    // Whatever state it is in, it is not called again; its drop is guarded like everything.
                    part.instance = None;
                    part.again = Some((Instant::now() + part.pause.next(), failure.clone()));
                }
                Err(self.lost(&stage.work, failure, false))
            }
        }
    }

    /// The instance for a stage, made if there is none.
    fn part(&mut self, work: &Work) -> Result<&mut Part, Lost> {
        if !self.parts.contains_key(work) {
            let stats = self.stats.stage(&self.name(work));
            let part = Part { instance: None, stats, pause: Pause::default(), again: None };
            self.parts.insert(work.clone(), part);
        }
        let wanted = self.parts.get(work).is_some_and(|part| {
            part.instance.is_none() && part.again.as_ref().is_none_or(|(again, _)| Instant::now() >= *again)
        });
        if wanted {
            let opened = self.open(work);
            if let (Some(part), Err(failure)) = (self.parts.get_mut(work), &opened) {
                part.stats.failed(&failure.message);
                part.again = Some((Instant::now() + part.pause.next(), failure.clone()));
            }
            let instance = opened.map_err(|failure| self.lost(work, failure, true))?;
            if let Some(part) = self.parts.get_mut(work) {
                part.instance = Some(instance);
            }
        }
        self.parts.get_mut(work).ok_or(Lost::Gated)
    }

    fn open(&self, work: &Work) -> Result<Transform, Failure> {
        let (kind, options) = match work {
            Work::Transform(index) => self.shared.ways.transforms[self.stream][*index].clone(),
            Work::Conversion(conversion) => {
                let kind = self.shared.ways.converter(conversion);
                let kind = kind
                    .ok_or_else(|| Failure::new(format!("the plugin `{}` is gone", conversion.plugin())))?;
                (kind, serde_json::Value::Object(conversion.options()).to_string())
            }
        };
        let stats = self.stats.stage(&self.name(work));
        let host = Instance {
            common: self.shared.common.clone(),
            stop: self.shared.stop.clone(),
            stats,
            role: Role::Transform { stream: self.stream },
        };
        kind.open(&options, Arc::new(host))
    }

    /// A stage as people call it: `transforms[0] resize`, `jpeg (decode at 1/2)`.
    fn name(&self, work: &Work) -> String {
        match work {
            Work::Transform(index) => format!("transforms[{index}] {}", self.transforms[*index]),
            Work::Conversion(conversion) => format!("{} ({})", conversion.plugin(), conversion.purpose()),
        }
    }

    fn lost(&self, work: &Work, failure: Failure, opening: bool) -> Lost {
        let transform = match work {
            Work::Transform(index) => Some(*index),
            Work::Conversion(_) => None,
        };
        Lost::Failed { stage: self.name(work), transform, failure, opening }
    }
}

/// Whether a frame is what was planned. A JPEG's sampling is none of anybody's business but the decoder's.
fn same(is: &Format, planned: &Format) -> bool {
    let plain = |format: &Format| Format { sampling: Kind(0), ..*format };
    plain(is) == plain(planned)
}
