//! A checked file and its plugins, joined: everything that can be known before a device is opened.
//!
//! Here the plugins get their word on the file (which offers, which ways, what a sink accepts), and a plan is
//! made, so that a file that could never work is refused before anything runs.

use crate::config::{self, Input, KeyPath, Pipeline, Report};
use crate::plan::{NoRoute, PluginModes, StreamNode, Tree, TreePlan, Work};
use crate::plugins::{LibraryRef, Loaded, Plugins};
use mutoscope_plugin::host::{Failure, SinkKind, SourceKind};
use mutoscope_plugin::{Accepts, Format, FormatHint, Note, PixelFormat, Scaling, Size, SourceCaps};
use std::path::PathBuf;
use std::sync::Arc;

/// A pipeline that can be started: nothing is open yet.
pub struct Prepared {
    /// The file.
    pub pipeline: Pipeline,
    /// The sources and the streams that stand on them, in the order of the file.
    pub trees: Vec<SourceTree>,
    /// The sinks, in the order of the file.
    pub sinks: Vec<SinkPart>,
    /// How the planner asks the transforms.
    pub modes: Arc<PluginModes>,
}

/// A source and the streams that stand on it.
pub struct SourceTree {
    /// The stream that has the source.
    pub stream: usize,
    /// The source's plugin.
    pub source: SourceKind,
    /// The file that it was loaded from.
    pub library: PathBuf,
    /// Its options, as JSON.
    pub options: String,
    /// What it says it can give.
    pub caps: SourceCaps,
    /// What the plan would like it to give.
    pub wanted: FormatHint,
    /// The streams.
    pub tree: Arc<Tree>,
    /// The plan for what it is expected to give.
    pub plan: TreePlan,
    /// What of that is a guess until the first frame.
    pub guess: Guess,
    /// What else it may give, and the way for that.
    pub otherwise: Vec<Possible>,
}

/// What a source may give, and the way for that.
pub struct Possible {
    /// The format, of a size that may be a guess.
    pub format: Format,
    /// The way, or why there is none.
    pub plan: Result<TreePlan, NoRoute>,
    /// What of the format is a guess.
    guess: Guess,
}

/// What of a plan is a guess until the first frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guess {
    /// Nothing: kind and size are known.
    Nothing,
    /// Nothing: the source was opened, and this is what it gave.
    Asked,
    /// The size.
    Size,
    /// Kind and size.
    Everything,
}

/// A sink.
pub struct SinkPart {
    /// Its plugin.
    pub sink: SinkKind,
    /// Its options, as JSON.
    pub options: String,
    /// What it takes.
    pub accepts: Accepts,
    /// The streams it serves.
    pub streams: Vec<usize>,
}

/// What is planned with where a source does not say what it will give.
const GUESS: Format = Format::jpeg(1280, 720).with_sampling(PixelFormat::I420);

/// Joins a file with its plugins.
///
/// # Errors
/// A plugin refuses an option, or there is no way through: shown at its place in the file, all of them together.
pub fn prepare(pipeline: Pipeline, plugins: &Plugins) -> Result<Prepared, Report> {
    let parts = Parts::load(&pipeline, plugins)?;
    let mut refused = Refused { pipeline: &pipeline, report: None };
    let mut trees = Vec::new();
    let Parts { sources, sinks, modes } = parts;
    let neighbours = Neighbours::of(&pipeline, &sinks);
    for (stream, source) in sources.into_iter().enumerate() {
        let Some((source, library, options)) = source else { continue };
        let Input::Source(stage) = &pipeline.streams[stream].input else { continue };
        let caps = match source.caps(&options) {
            Ok(caps) => caps,
            Err(failure) => {
                refused.failure(&stage.origin, &failure);
                continue;
            }
        };
        let tree = Arc::new(neighbours.tree(&pipeline, stream));
        match cheapest(&tree, &modes, &caps) {
            Ok((plan, guess, otherwise)) => {
                let wanted = wanted(&tree, &plan, &caps);
                let tree = SourceTree {
                    stream,
                    source,
                    library,
                    options,
                    caps,
                    wanted,
                    tree,
                    plan,
                    guess,
                    otherwise,
                };
                trees.push(tree);
            }
            Err(no_route) => refused.no_route(&no_route, &modes),
        }
    }
    match refused.report {
        Some(report) => Err(report),
        None => Ok(Prepared { pipeline, trees, sinks, modes: Arc::new(modes) }),
    }
}

impl Prepared {
    /// Returns what plugins have to say of options that are good, each at its place in the file.
    #[must_use]
    pub fn notes(&self) -> Report {
        let mut report = Report::default();
        let mut add = |origin: &KeyPath, notes: &[Note]| {
            for Note { option, text, .. } in notes {
                report.extend(self.pipeline.warn(origin, option, text));
            }
        };
        for tree in &self.trees {
            if let Input::Source(stage) = &self.pipeline.streams[tree.stream].input {
                add(&stage.origin, &tree.caps.notes);
            }
            for (stream, plan) in &tree.plan.streams {
                for stage in &plan.stages {
                    if let Work::Transform(index) = stage.work {
                        add(&self.pipeline.streams[*stream].transforms[index].origin, &stage.mode.notes);
                    }
                }
            }
        }
        report
    }
}

/// Every stage of a file with its plugin.
struct Parts {
    /// Each with the file that it was loaded from, and its options.
    sources: Vec<Option<(SourceKind, PathBuf, String)>>,
    sinks: Vec<SinkPart>,
    modes: PluginModes,
}

impl Parts {
    fn load(pipeline: &Pipeline, plugins: &Plugins) -> Result<Parts, Report> {
        let mut refused = Refused { pipeline, report: None };
        let mut load = |stage: &config::Stage| match load(pipeline, plugins, &stage.plugin) {
            Ok(loaded) => Some((loaded, stage.options.to_string())),
            Err(failure) => {
                refused.failure(&stage.origin, &failure);
                None
            }
        };
        let (mut sources, mut transforms) = (Vec::new(), Vec::new());
        for stream in &pipeline.streams {
            sources.push(match &stream.input {
                Input::Source(stage) => load(stage)
                    .and_then(|(loaded, options)| Some((loaded.plugin.source()?, loaded.path, options))),
                Input::From(_) => None,
            });
            let stages = stream.transforms.iter().map(&mut load);
            let stages =
                stages.flatten().filter_map(|(loaded, options)| Some((loaded.plugin.transform()?, options)));
            transforms.push(stages.collect());
        }
        let loaded: Vec<_> = pipeline.sinks.iter().map(|sink| load(&sink.stage)).collect();
        let mut sinks = Vec::new();
        for (sink, loaded) in pipeline.sinks.iter().zip(loaded) {
            let Some((loaded, options)) = loaded else { continue };
            let Some(kind) = loaded.plugin.sink() else { continue };
            match kind.accepts(&options) {
                Ok(accepts) => {
                    let streams = sink.streams.iter().map(|stream| stream.0).collect();
                    sinks.push(SinkPart { sink: kind, options, accepts, streams });
                }
                Err(failure) => refused.failure(&sink.stage.origin, &failure),
            }
        }
        // The converters may be missing: a file that needs none works without them.
        let converter = |name: &str| {
            let plugin = load_named(pipeline, plugins, name);
            plugin.map_err(|failure| tracing::debug!("no `{name}`: {failure}")).ok()?.plugin.transform()
        };
        let modes = PluginModes { transforms, jpeg: converter("jpeg"), convert: converter("convert") };
        match refused.report {
            Some(report) => Err(report),
            None => Ok(Parts { sources, sinks, modes }),
        }
    }
}

fn load(pipeline: &Pipeline, plugins: &Plugins, plugin: &config::PluginRef) -> Result<Loaded, Failure> {
    match plugin {
        config::PluginRef::Name(name) => load_named(pipeline, plugins, name),
        config::PluginRef::File(path) => plugins.load_file(path).map_err(said),
    }
}

fn load_named(pipeline: &Pipeline, plugins: &Plugins, name: &str) -> Result<Loaded, Failure> {
    let plugin = LibraryRef::parse(name, &pipeline.base_dir).map_err(said)?;
    plugins.load(&plugin, &pipeline.plugin_path).map_err(said)
}

fn said(error: impl ToString) -> Failure {
    Failure::new(error.to_string())
}

/// The streams that branch from each stream, and the kinds that each sink on it takes.
struct Neighbours<'a> {
    children: Vec<Vec<usize>>,
    sinks: Vec<Vec<&'a SinkPart>>,
}

impl<'a> Neighbours<'a> {
    fn of(pipeline: &Pipeline, sinks: &'a [SinkPart]) -> Neighbours<'a> {
        let streams = pipeline.streams.len();
        let mut found = Neighbours { children: vec![Vec::new(); streams], sinks: vec![Vec::new(); streams] };
        for (at, stream) in pipeline.streams.iter().enumerate() {
            if let Input::From(parent) = &stream.input {
                found.children[parent.0].push(at);
            }
        }
        for sink in sinks {
            sink.streams.iter().for_each(|stream| found.sinks[*stream].push(sink));
        }
        found
    }

    /// A stream and all that branches from it.
    fn tree(&self, pipeline: &Pipeline, root: usize) -> Tree {
        let mut tree = Tree::default();
        // Parents come before their children: the list grows while it is walked.
        let mut streams = vec![root];
        let mut at = 0;
        while let Some(stream) = streams.get(at).copied() {
            let first = streams.len();
            streams.extend(&self.children[stream]);
            tree.nodes.push(StreamNode {
                stream,
                transforms: pipeline.streams[stream].transforms.len(),
                children: (first..streams.len()).collect(),
                sinks: self.sinks[stream].iter().map(|sink| sink.accepts.kinds.clone()).collect(),
            });
            at += 1;
        }
        tree
    }
}

/// The plan for the offer that makes the cheapest one of those that lose the least, and those for the others.
fn cheapest(
    tree: &Tree,
    modes: &PluginModes,
    caps: &SourceCaps,
) -> Result<(TreePlan, Guess, Vec<Possible>), NoRoute> {
    if caps.formats.is_empty() {
        return Ok((tree.resolve(modes, GUESS)?, Guess::Everything, Vec::new()));
    }
    let formats = caps.formats.iter().map(|offer| match offer.has_size() {
        true => offer.format,
        false => offer.format.with_size(GUESS.size()),
    });
    let formats: Vec<Format> = formats.collect();
    let mut possible: Vec<Possible> = Vec::new();
    for (offer, format) in caps.formats.iter().zip(&formats) {
        let guess = if offer.has_size() { Guess::Nothing } else { Guess::Size };
        if possible.iter().all(|other| other.format != *format) {
            let plan = tree.resolve_among(modes, *format, &formats);
            possible.push(Possible { format: *format, plan, guess });
        }
    }
    let prices = possible.iter().map(|mode| match &mode.plan {
        Ok(plan) => (plan.losses, plan.cost_us),
        Err(_) => (u32::MAX, f64::INFINITY),
    });
    // The first of equals: offers stand in the order of the source's preference.
    let best = prices.enumerate().min_by(|(_, a), (_, b)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let best = best.map_or(0, |(at, _)| at);
    let Possible { plan, guess, .. } = possible.remove(best);
    Ok((plan?, guess, possible))
}

/// Returns what to tell the source: the kind that was planned with, and the largest picture that anything has a use for.
fn wanted(tree: &Tree, plan: &TreePlan, caps: &SourceCaps) -> FormatHint {
    let kind = (caps.formats.len() > 1).then_some(plan.input.kind);
    FormatHint::new(kind, useful_size(tree, plan))
}

/// The largest size that all streams of a tree together have a use for; `None` where one of them shows the picture as it
/// is.
fn useful_size(tree: &Tree, plan: &TreePlan) -> Option<Size> {
    // From the last to the first: children stand behind their parents, in rows as long as the file makes them.
    let mut sizes: Vec<Option<Size>> = vec![None; tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate().rev() {
        let Some(streams) = plan.streams.get(&node.stream) else { continue };
        let transforms = streams.stages.iter().filter(|stage| matches!(stage.work, Work::Transform(_)));
        let decided = transforms.map(|stage| stage.mode.scaling).find(|scaling| *scaling != Scaling::Free);
        sizes[at] = match decided {
            Some(Scaling::AtLeast(size)) => Some(size),
            Some(_) => None,
            None if !node.sinks.is_empty() => None,
            None => {
                let below = node.children.iter().map(|child| sizes[*child]);
                let larger = |a: Option<Size>, b: Option<Size>| {
                    let (a, b) = (a?, b?);
                    Some(Size::new(a.width.max(b.width), a.height.max(b.height)))
                };
                below.reduce(larger).flatten()
            }
        };
    }
    sizes.first().copied().flatten()
}

/// Collects what plugins refuse, each at its place in the file.
pub(crate) struct Refused<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) report: Option<Report>,
}

impl Refused<'_> {
    pub(crate) fn failure(&mut self, origin: &KeyPath, failure: &Failure) {
        if self.counted() {
            return;
        }
        self.add(self.pipeline.refuse(origin, &failure.option, &failure.message));
    }

    pub(crate) fn no_route(&mut self, no_route: &NoRoute, modes: &PluginModes) {
        if self.counted() {
            return;
        }
        let (stream, index) = match no_route {
            NoRoute::Transform { stream, index, .. } => (*stream, Some(*index)),
            NoRoute::Sink { stream, .. } => (*stream, None),
            NoRoute::Failed { stream, index, failure } => {
                let stream = &self.pipeline.streams[*stream];
                let origin = index.map_or(&stream.origin, |index| &stream.transforms[index].origin);
                return self.failure(origin, failure);
            }
        };
        let mut message = no_route.to_string();
        for (there, name) in [(modes.jpeg.is_some(), "jpeg"), (modes.convert.is_some(), "convert")] {
            if !there {
                message += &format!("\nthe plugin `{name}`, which could convert it, was not found");
            }
        }
        let stream = &self.pipeline.streams[stream];
        let origin = match index {
            Some(index) => &stream.transforms[index].origin,
            None => match &stream.input {
                Input::Source(stage) => &stage.origin,
                Input::From(_) => &stream.origin,
            },
        };
        self.add(self.pipeline.refuse(origin, "", &message));
    }

    /// The report has no room for another: it was counted.
    fn counted(&mut self) -> bool {
        let full = self.report.as_mut().filter(|report| report.is_full());
        full.map(|report| report.count(1)).is_some()
    }

    fn add(&mut self, report: Report) {
        match &mut self.report {
            Some(all) => all.extend(report),
            None => self.report = Some(report),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::StreamPlan;

    /// Streams in a row: as many as a file can name, and more, on less stack than any thread has.
    #[test]
    fn a_row_of_streams_is_no_recursion() {
        const ROW: usize = 100_000;
        let format = Format::jpeg(640, 480);
        let node = |at: usize| StreamNode {
            stream: at,
            transforms: 0,
            children: if at + 1 < ROW { vec![at + 1] } else { Vec::new() },
            sinks: Vec::new(),
        };
        let stream = |at: usize| {
            (at, StreamPlan { input: format, stages: Vec::new(), output: format, tails: Vec::new() })
        };
        let tree = Tree { nodes: (0..ROW).map(node).collect() };
        let plan =
            TreePlan { input: format, streams: (0..ROW).map(stream).collect(), cost_us: 0.0, losses: 0 };
        let work = move || useful_size(&tree, &plan);
        let size = std::thread::Builder::new().stack_size(64 << 10).spawn(work).unwrap().join().unwrap();
        assert_eq!(size, None);
    }
}
