//! The stages of a stream, done to one frame after another by one worker.

use super::meter::{Meter, Metered};
use super::planning::ModeQuery;
use super::topology::{SharedFrame, StreamRef};
use crate::plan::{Chain, Excluded, Goal, PluginModes, Stage, Start, StreamPlan, Work};
use crate::run::host::call_guard::{Call, CallGuard};
use crate::run::host::demand::Watched;
use crate::run::host::runtime::Runtime;
use crate::run::host::services::{Role, Services};
use crate::run::host::stats::{StageStats, StreamStats};
use mutoscope_plugin::host::{Failure, Outcome, Transform, TransformKind};
use mutoscope_plugin::{Format, Frame, PixelFormat, Update};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One worker's instances of a stream's transforms, and of the conversions that plans have asked for so far.
pub(crate) struct Executor<M = ()> {
    runtime: Runtime,
    stats: Arc<StreamStats>,
    watched: Arc<Watched>,
    guard: Arc<CallGuard>,
    meter: M,
    /// The reading of the file that the frame in hand goes by, and the stream's place in it.
    of: Option<StreamRef>,
    instances: HashMap<Work, StageInstance>,
    detours: HashMap<Detour, Arc<[Stage]>>,
}

/// The deadline for a transform to open or to end.
const UNHURRIED: Duration = Duration::from_secs(10);

/// A detour from the plan: the start, the modes that failed, and the pixel format to reach.
#[derive(PartialEq, Eq, Hash)]
struct Detour {
    start: Start,
    excluded: Vec<Excluded>,
    goal: Vec<PixelFormat>,
}

/// The most detours of one frame.
const MOST_DETOURS: usize = 8;

/// A stage's instance, if there is one now.
struct StageInstance {
    kind: TransformKind,
    options: String,
    instance: Option<Transform>,
    stats: Arc<StageStats>,
}

/// The reason for which a frame was lost.
pub(crate) enum Lost {
    /// A transform held it back, which is its right.
    Gated,
    /// A stage on its way has failed, and is not tried again yet: no work was done.
    HeldOff,
    /// A stage was too slow, and is given up.
    Late,
    /// A stage failed.
    Failed(Failed),
}

/// A stage's failure.
pub(crate) struct Failed {
    /// The stage's name.
    pub(crate) stage: String,
    /// The transform's index, if it is one that the file names.
    pub(crate) transform: Option<usize>,
    /// Its message.
    pub(crate) failure: Failure,
    /// It could not even be opened.
    pub(crate) opening: bool,
}

impl Failed {
    /// There is no way on.
    fn no_route(message: impl Into<String>) -> Failed {
        Failed { stage: "plan".into(), transform: None, failure: Failure::new(message), opening: false }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.stage, self.failure)
    }
}

impl<M: Meter> Executor<M> {
    pub(crate) fn new(
        runtime: Runtime,
        stats: Arc<StreamStats>,
        watched: Arc<Watched>,
        guard: Arc<CallGuard>,
        meter: M,
    ) -> Executor<M> {
        let (instances, detours) = (HashMap::new(), HashMap::new());
        Executor { runtime, stats, watched, guard, meter, of: None, instances, detours }
    }

    /// Goes by this reading of the file from now on: what is the same stays, what has other options is offered them, what
    /// is not there any more ends.
    pub(crate) fn reconfigure(&mut self, of: &StreamRef) {
        if self.of.as_ref().is_some_and(|known| known.is_same(of)) {
            return;
        }
        self.of = Some(of.clone());
        self.detours.clear();
        let mut before = std::mem::take(&mut self.instances);
        let modes = &of.topology.prepared.modes;
        let wanted = &modes.transforms[of.at];
        // The very same first, wherever it stands now; then one of the same plugin, which may take its new options.
        let is_same = |stage_instance: &StageInstance, kind: &TransformKind, options: &str| {
            stage_instance.kind == *kind && stage_instance.options == options
        };
        for exact in [true, false] {
            for (index, (kind, options)) in wanted.iter().enumerate() {
                let work = Work::Transform(index);
                if self.instances.contains_key(&work) {
                    continue;
                }
                let mut fitting = before.iter().filter(|(work, stage_instance)| {
                    matches!(work, Work::Transform(_))
                        && if exact {
                            is_same(stage_instance, kind, options)
                        } else {
                            stage_instance.kind == *kind
                        }
                });
                let Some(old) = fitting.next().map(|(work, _)| work.clone()) else { continue };
                let Some(mut stage_instance) = before.remove(&old) else { continue };
                let name = self.name(&work);
                if stage_instance.stats.name != name {
                    stage_instance.stats = self.stats.stage(&name);
                }
                if !exact {
                    self.offer(&mut stage_instance, options, index);
                }
                self.instances.insert(work, stage_instance);
            }
        }
        let conversions = before.extract_if(|work, stage_instance| {
            matches!(work, Work::Conversion(conversion) if modes.converter(conversion) == Some(stage_instance.kind))
        });
        self.instances.extend(conversions);
        for (_, mut stage_instance) in before {
            self.end(&mut stage_instance);
        }
        let names: Vec<_> = (0..wanted.len()).map(|index| self.name(&Work::Transform(index))).collect();
        self.stats.retain_stages(|name| {
            !name.starts_with("transforms[") || names.iter().any(|known| known == name)
        });
    }

    /// Offers a stage_instance new options, and ends it if it cannot take them while it runs. If it refuses them it goes on with the
    /// old ones, and the user is told.
    fn offer(&self, stage_instance: &mut StageInstance, options: &str, index: usize) {
        stage_instance.options = options.to_owned();
        let Some(instance) = &mut stage_instance.instance else { return stage_instance.stats.reset() };
        let taken = self
            .guard
            .with_deadline(&stage_instance.stats, Call::Update, UNHURRIED, || instance.update(options));
        match taken {
            Ok(Update::Applied) => {}
            Ok(Update::Restart) => self.end(stage_instance),
            Err(failure) => {
                if failure.panicked {
                    self.end(stage_instance);
                }
                if let Some(of) = &self.of {
                    self.runtime.reporter.send(of.transform_refused(index, failure));
                }
            }
        }
    }

    fn end(&self, stage_instance: &mut StageInstance) {
        if let Some(instance) = stage_instance.instance.take() {
            self.guard.with_deadline(&stage_instance.stats, Call::Drop, UNHURRIED, || drop(instance));
        }
    }

    /// Ends all instances.
    pub(crate) fn close(mut self) {
        for (_, mut stage_instance) in std::mem::take(&mut self.instances) {
            self.end(&mut stage_instance);
        }
    }

    fn modes(&self) -> Option<(&PluginModes, usize)> {
        self.of.as_ref().map(|of| (&*of.topology.prepared.modes, of.at))
    }

    /// Returns how many transforms the stream has.
    fn transforms(&self) -> usize {
        self.modes().map_or(0, |(modes, at)| modes.transforms[at].len())
    }

    /// Makes the instances of the transforms that the file names, up to the first that cannot be had.
    pub(crate) fn open_transforms(&mut self) -> Result<(), Lost> {
        (0..self.transforms()).try_for_each(|index| self.stage_instance(&Work::Transform(index)).map(|_| ()))
    }

    /// From what came in to the branching point.
    pub(crate) fn run_to_output(&mut self, from: Arc<SharedFrame>, plan: &StreamPlan) -> Result<Frame, Lost> {
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
    pub(crate) fn run_to_sink(
        &mut self,
        frame: Frame,
        plan: &StreamPlan,
        tail: &[Stage],
    ) -> Result<Frame, Lost> {
        let goal = [tail.last().map_or(plan.output, Stage::output).kind];
        let at = Start { format: frame.format(), scaled: false, from: self.transforms() };
        if same(&at.format, &plan.output) {
            self.through(frame, tail, at, &goal)
        } else {
            let tail = self.replanned(at, &[], &goal)?;
            self.through(frame, &tail, at, &goal)
        }
    }

    /// A picture with which the stream's transforms have nothing to do, in one of these kinds.
    pub(crate) fn converted(&mut self, frame: Frame, kinds: &[PixelFormat]) -> Result<Frame, Lost> {
        let at = Start { format: frame.format(), scaled: false, from: self.transforms() };
        let stages = self.replanned(at, &[], kinds)?;
        self.through(frame, &stages, at, kinds)
    }

    /// The first stage, where siblings need the same: done by whoever comes first.
    fn shared_with_siblings(&mut self, from: &SharedFrame, first: &Stage) -> Result<Frame, Lost> {
        let Work::Conversion(conversion) = &first.work else {
            return Err(self.lost(&first.work, Failure::new("a transform cannot be shared"), false));
        };
        let (allowed, guard) = (self.allowed(), self.guard.clone());
        let own = self.stats.stage(&self.name(&first.work));
        // Whose own work has failed says so itself.
        let mut lost = None;
        let made = from.conversions.converted(
            conversion,
            allowed,
            || guard.stop.is_wanted(),
            || {
                let mut place = Some(from.frame.clone());
                let why = match (self.once(first, &mut place), place) {
                    (Ok(Outcome::Frame), Some(frame)) => return Ok(frame),
                    (Err(why), _) => why,
                    (Ok(_), _) => self.lost(&first.work, Failure::new("it gave no frame"), false),
                };
                let failure = match &why {
                    Lost::Failed(failed) => failed.failure.clone(),
                    Lost::HeldOff | Lost::Late | Lost::Gated => {
                        Failure::new("it has failed in another stream, and is not tried again yet")
                    }
                };
                lost = Some(why);
                Err(failure)
            },
        );
        match (made, lost) {
            (Some(Ok(frame)), _) => {
                own.well();
                Ok(frame)
            }
            (_, Some(lost)) => Err(lost),
            // A sibling has failed on this frame; that the frame is lost here, too, has to show.
            (Some(Err(failure)), None) => {
                own.damaged(&failure);
                Err(self.lost(&first.work, failure, false))
            }
            (None, None) if guard.stop.is_wanted() => Err(Lost::Late),
            (None, None) => {
                let seconds = allowed.as_secs_f64();
                let failure = Failure::new(format!(
                    "another stream has been at it, for both, and has not come back within {seconds:.1} s"
                ));
                own.damaged(&failure);
                Err(self.lost(&first.work, failure, false))
            }
        }
    }

    /// Through these stages; where one cannot do this frame, or gives something else than was planned, the rest of the
    /// way is planned anew from there.
    fn through(
        &mut self,
        frame: Frame,
        stages: &[Stage],
        mut at: Start,
        goal: &[PixelFormat],
    ) -> Result<Frame, Lost> {
        // Before any work is done: what is known to lead nowhere is not begun.
        if stages.iter().any(|stage| self.is_held_off(&stage.work)) {
            return Err(Lost::HeldOff);
        }
        let mut place = Some(frame);
        let mut planned = Cow::Borrowed(stages);
        let mut excluded: Vec<Excluded> = Vec::new();
        // Each detour has its reason in a plugin that did not do what it said. One that never does must not hold us.
        for _ in 0..MOST_DETOURS {
            let mut on_plan = true;
            for (index, stage) in planned.iter().enumerate() {
                let last = index + 1 == planned.len();
                match (self.once(stage, &mut place)?, &place) {
                    (Outcome::Frame, Some(frame)) => {
                        at.from += usize::from(matches!(stage.work, Work::Transform(_)));
                        (at.format, at.scaled) = (frame.format(), stage.scaled);
                        on_plan = same(&at.format, &stage.output()) || last && goal.contains(&at.format.kind);
                    }
                    (Outcome::NotThisWay, _) => {
                        excluded.push((stage.work.clone(), stage.mode.id));
                        on_plan = false;
                    }
                    (Outcome::Nothing | Outcome::Frame, _) => return Err(Lost::Gated),
                }
                if !on_plan {
                    break;
                }
            }
            if on_plan {
                return place.ok_or(Lost::Gated);
            }
            planned = Cow::Owned(self.replanned(at, &excluded, goal)?.to_vec());
        }
        let why = "its stages give other frames than they say, again and again";
        Err(Lost::Failed(Failed::no_route(why)))
    }

    /// The rest of the way for a frame that the plan does not fit.
    fn replanned(
        &mut self,
        start: Start,
        excluded: &[Excluded],
        goal: &[PixelFormat],
    ) -> Result<Arc<[Stage]>, Lost> {
        let detour = Detour { start, excluded: excluded.to_vec(), goal: goal.to_vec() };
        if let Some(stages) = self.detours.get(&detour) {
            return Ok(stages.clone());
        }
        let Some(of) = self.of.clone() else { return Err(Lost::HeldOff) };
        let query = ModeQuery::new(&of, &self.guard);
        let chain = Chain { modes: &query, stream: of.at, transforms: self.transforms(), excluded };
        let path = chain.cheapest(start, Goal::Kinds(goal));
        if query.is_incomplete() {
            // Which plugin it is, its account says.
            return Err(if self.guard.is_cancelled() { Lost::Late } else { Lost::HeldOff });
        }
        let path = path.map_err(|no_route| {
            Lost::Failed(Failed::no_route(format!("no way for {}: {no_route}", start.format)))
        })?;
        let stages: Arc<[Stage]> = path.stages.into();
        // Formats come from outside; what is remembered of them is bounded.
        if self.detours.len() >= 64 {
            self.detours.clear();
        }
        self.detours.insert(detour, stages.clone());
        Ok(stages)
    }

    /// Returns whether a stage has failed and is not to be tried yet, or does not take back what it has lent.
    fn is_held_off(&self, work: &Work) -> bool {
        if self.instances.get(work).is_some_and(|stage_instance| stage_instance.stats.is_stuck()) {
            return true;
        }
        let trouble = match self.instances.get(work) {
            Some(stage_instance) => stage_instance.stats.trouble(),
            None => self.stats.stage(&self.name(work)).trouble(),
        };
        trouble.is_some_and(|trouble| trouble.again.is_none_or(|again| Instant::now() < again))
    }

    /// One stage, once, on the frame in `place`.
    fn once(&mut self, stage: &Stage, place: &mut Option<Frame>) -> Result<Outcome, Lost> {
        let Some(frame) = place.as_ref() else { return Err(Lost::Gated) };
        let (sequence, times) = (frame.sequence(), frame.times());
        let (allowed, stream) = (self.allowed(), self.of.as_ref().map_or(0, |of| of.at));
        let (guard, meter) = (self.guard.clone(), self.meter.clone());
        let stage_instance = self.stage_instance(&stage.work)?;
        let (stats, Some(instance)) = (stage_instance.stats.clone(), &mut stage_instance.instance) else {
            return Err(Lost::HeldOff);
        };
        let memory = frame.buffer().as_slice().as_ptr();
        let (began, refused) = (Instant::now(), stats.memory_out.refused());
        let begun = meter.begin(frame);
        let outcome = guard.with_deadline(&stats, Call::Process, allowed, || {
            instance.process_in_place(stage.mode.id, place)
        });
        let answer = outcome.as_ref().map(|outcome| place.as_ref().filter(|_| *outcome == Outcome::Frame));
        meter.end(begun, Metered::new(&stats, stage, stream), answer);
        match outcome {
            Ok(outcome) => {
                let is_lent = |frame: &Frame| {
                    !frame.buffer().is_writable() && frame.buffer().as_slice().as_ptr() != memory
                };
                // First of all: what a plugin lends goes back on a thread of its own, whatever becomes of it.
                if outcome == Outcome::Frame && place.as_ref().is_some_and(is_lent) {
                    *place = place.take().map(|frame| self.runtime.lenders.wrap(frame, &stats));
                }
                if guard.is_cancelled() {
                    return Err(Lost::Late);
                }
                stats.worked(began.elapsed());
                // A transform that makes a new frame may forget to stamp it; the host knows better anyway.
                if let Some(frame) = place {
                    frame.stamp(sequence, times);
                }
                Ok(outcome)
            }
            Err(_) if guard.is_cancelled() => Err(Lost::Late),
            Err(failure) => {
                // No memory for it is nobody's fault here: the instance goes on with the next frame.
                let no_memory = stats.memory_out.refused() > refused;
                let ends = if failure.panicked {
                    stats.failed(&failure, true);
                    true
                } else {
                    stats.damaged(&failure) && !no_memory
                };
                if ends {
                    // Whatever state it is in, it is not called again; its drop is guarded like everything.
                    let ended = stage_instance.instance.take();
                    guard.with_deadline(&stats, Call::Drop, UNHURRIED, || drop(ended));
                }
                Err(self.lost(&stage.work, failure, false))
            }
        }
    }

    /// Returns how long a stage may take for one frame.
    fn allowed(&self) -> Duration {
        self.of.as_ref().map_or(UNHURRIED, |of| of.node().allowed)
    }

    /// The stage_instance for a stage with its instance, made if there is none.
    fn stage_instance(&mut self, work: &Work) -> Result<&mut StageInstance, Lost> {
        if !self.instances.contains_key(work) {
            let (kind, options) = self.code(work).map_err(|failure| self.lost(work, failure, false))?;
            let stats = self.stats.stage(&self.name(work));
            self.instances.insert(work.clone(), StageInstance { kind, options, instance: None, stats });
        }
        let held_off = self.is_held_off(work);
        let wanted = self.instances.get(work).filter(|stage_instance| stage_instance.instance.is_none());
        if let Some(stage_instance) = wanted {
            if held_off {
                return Err(Lost::HeldOff);
            }
            let role = Role::Transform { watched: self.watched.clone() };
            let (services, stop) = (self.runtime.services.clone(), self.guard.stop.clone());
            let host = Services::new(services, stop, stage_instance.stats.clone(), role);
            let open = || stage_instance.kind.open(&stage_instance.options, Arc::new(host));
            let opened = self.guard.with_deadline(&stage_instance.stats, Call::Open, UNHURRIED, open);
            let late = self.guard.is_cancelled();
            let instance = match opened {
                Ok(instance) => instance,
                Err(_) if late => return Err(Lost::Late),
                Err(failure) => {
                    stage_instance.stats.failed(&failure, false);
                    return Err(self.lost(work, failure, true));
                }
            };
            if let Some(stage_instance) = self.instances.get_mut(work) {
                stage_instance.instance = Some(instance);
            }
            // It ends like all others, in a call that is watched.
            if late {
                return Err(Lost::Late);
            }
        }
        self.instances.get_mut(work).ok_or(Lost::HeldOff)
    }

    /// A stage's plugin and options.
    fn code(&self, work: &Work) -> Result<(TransformKind, String), Failure> {
        let (modes, at) = self.modes().ok_or_else(|| Failure::new("there is no pipeline"))?;
        match work {
            Work::Transform(index) => Ok(modes.transforms[at][*index].clone()),
            Work::Conversion(conversion) => {
                let kind = modes.converter(conversion);
                let kind = kind
                    .ok_or_else(|| Failure::new(format!("the plugin `{}` is gone", conversion.plugin())))?;
                Ok((kind, serde_json::Value::Object(conversion.options()).to_string()))
            }
        }
    }

    /// A stage as people call it: `transforms[0] resize`, `jpeg (decode at 1/2)`.
    fn name(&self, work: &Work) -> String {
        match (work, &self.of) {
            (Work::Transform(index), Some(of)) => of.transform_name(*index),
            (Work::Transform(index), None) => format!("transforms[{index}]"),
            (Work::Conversion(conversion), _) => {
                format!("{} ({})", conversion.plugin(), conversion.purpose())
            }
        }
    }

    fn lost(&self, work: &Work, failure: Failure, opening: bool) -> Lost {
        let transform = match work {
            Work::Transform(index) => Some(*index),
            Work::Conversion(_) => None,
        };
        Lost::Failed(Failed { stage: self.name(work), transform, failure, opening })
    }
}

/// Returns whether a frame is what was planned. A JPEG's sampling is none of anybody's business but the decoder's.
fn same(is: &Format, planned: &Format) -> bool {
    let plain = |format: &Format| Format { sampling: PixelFormat(0), ..*format };
    plain(is) == plain(planned)
}
