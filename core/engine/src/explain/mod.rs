//! The plan, told to a person: hop by hop, what was inserted and why, what it costs, what is still open. `text` is what it
//! looks like.

mod text;

use crate::config::Input;
use crate::plan::{Conversion, Stage, StreamPlan, Work};
use crate::prepare::{Guess, Possible, Prepared, SinkPart, SourceTree};
use mutoscope_plugin::{Format, PixelFormat, Scaling};
use serde::Serialize;

/// The plan, told to a person, or as JSON to a program.
#[derive(Serialize, Debug)]
pub struct Explanation {
    /// The streams, in the order of the file.
    pub streams: Vec<Explained>,
    /// The sinks, in the order of the file.
    pub sinks: Vec<SinkExplained>,
}

/// One stream.
#[derive(Serialize, Debug)]
pub struct Explained {
    /// Its name.
    pub name: String,
    /// Where its frames come from: a source's plugin, or another stream.
    pub input: String,
    /// Whether that is another stream.
    pub branches: bool,
    /// Frames per second, where the source says.
    pub fps: Option<f64>,
    /// How its frames are expected to go.
    #[serde(flatten)]
    pub route: Route,
    /// Whether the source was opened for this, and the route is for what it gave.
    pub asked: bool,
    /// What is a guess until the first frame.
    pub open: Option<String>,
    /// The routes for what else the source may give, where they differ; which one it is, is decided when the source opens.
    pub otherwise: Vec<Otherwise>,
}

/// How a stream's frames go.
#[derive(PartialEq, Serialize, Debug)]
pub struct Route {
    /// What comes in.
    pub format: String,
    /// The hops, in order.
    pub hops: Vec<Hop>,
    /// What goes out.
    pub output: String,
    /// Processor time for one frame, in microseconds, as the plugins declare it, without what siblings do.
    pub cost_us: f64,
}

/// Something else that a source may give.
#[derive(Serialize, Debug)]
pub struct Otherwise {
    /// What it gives.
    pub source: String,
    /// How the stream's frames go then.
    #[serde(flatten)]
    pub route: Option<Route>,
    /// Why there is none.
    #[serde(rename = "impasse", skip_serializing_if = "Option::is_none")]
    pub no_route: Option<String>,
}

/// One hop.
#[derive(PartialEq, Serialize, Debug)]
pub struct Hop {
    /// Its plugin.
    pub plugin: String,
    /// Where it stands in the file; none for what the planner put in.
    pub stage: Option<String>,
    /// In which way it works, if there is something to say.
    pub way: String,
    /// Why the planner put it in.
    pub why: Option<String>,
    /// What comes in.
    pub input: String,
    /// What goes out.
    pub output: String,
    /// Processor time for one frame, in microseconds, as the plugin declares it.
    pub cost_us: f64,
    /// Done once for this stream and its siblings.
    pub shared: bool,
    /// Behind the point where other streams branch off: only for sinks.
    pub for_sinks: bool,
}

/// One sink.
#[derive(Serialize, Debug)]
pub struct SinkExplained {
    /// Its plugin.
    pub plugin: String,
    /// What it takes.
    pub accepts: Vec<String>,
    /// The names of the streams that it serves.
    pub streams: Vec<String>,
}

impl Explanation {
    /// Explains a pipeline that was prepared, for the format that its sources are expected to give.
    pub fn of(prepared: &Prepared) -> Explanation {
        let pipeline = &prepared.pipeline;
        let mut streams = Vec::new();
        for (index, _) in pipeline.streams.iter().enumerate() {
            let tree = prepared.trees.iter().find(|tree| tree.plan.streams.contains_key(&index));
            let plan = tree.and_then(|tree| Some((tree, tree.plan.streams.get(&index)?)));
            streams.extend(plan.map(|(tree, plan)| stream(prepared, tree, index, plan)));
        }
        let sinks = pipeline.sinks.iter().zip(&prepared.sinks).map(|(sink, part)| SinkExplained {
            plugin: sink.stage.plugin.to_string(),
            accepts: part.accepts.kinds.iter().map(PixelFormat::to_string).collect(),
            streams: part.streams.iter().map(|stream| pipeline.streams[*stream].name.clone()).collect(),
        });
        Explanation { streams, sinks: sinks.collect() }
    }
}

fn stream(prepared: &Prepared, tree: &SourceTree, index: usize, plan: &StreamPlan) -> Explained {
    let stream = &prepared.pipeline.streams[index];
    let (input, branches) = match &stream.input {
        Input::Source(stage) => (stage.plugin.to_string(), false),
        Input::From(parent) => (prepared.pipeline.streams[parent.0].name.clone(), true),
    };
    let expected = route(prepared, index, plan);
    let others = tree.otherwise.iter().map(|possible| otherwise(prepared, index, possible));
    let otherwise: Vec<_> = others.filter(|other| other.route.as_ref() != Some(&expected)).collect();
    let guess = match tree.guess {
        Guess::Nothing | Guess::Asked => None,
        Guess::Size => Some("sizes are guesses: the source tells with its first frame"),
        Guess::Everything => Some("formats and sizes are guesses: the source tells with its first frame"),
    };
    let choice = (!otherwise.is_empty()).then(|| {
        format!(
            "which format it is, is decided when the source opens; it is asked for {}",
            tree.plan.input.kind
        )
    });
    let open: Vec<_> = choice.into_iter().chain(guess.map(str::to_owned)).collect();
    Explained {
        name: stream.name.clone(),
        input,
        branches,
        fps: tree.caps.fps,
        route: expected,
        asked: tree.guess == Guess::Asked,
        open: (!open.is_empty()).then(|| open.join("; ")),
        otherwise,
    }
}

fn otherwise(prepared: &Prepared, index: usize, possible: &Possible) -> Otherwise {
    let source = possible.format.to_string();
    match &possible.plan {
        Ok(plan) => {
            let route = plan.streams.get(&index).map(|plan| route(prepared, index, plan));
            Otherwise { source, route, no_route: None }
        }
        Err(no_route) => Otherwise { source, route: None, no_route: Some(no_route.to_string()) },
    }
}

fn route(prepared: &Prepared, index: usize, plan: &StreamPlan) -> Route {
    // Sinks that take the same are served by one tail.
    let mut tails: Vec<&Vec<Stage>> = Vec::new();
    plan.tails.iter().filter(|tail| !tail.is_empty()).for_each(|tail| {
        if !tails.contains(&tail) {
            tails.push(tail);
        }
    });
    let mut hops = Vec::new();
    for (at, stage) in plan.stages.iter().enumerate() {
        hops.push(hop(prepared, index, stage, &plan.stages[at + 1..], false));
    }
    for tail in tails {
        for (at, stage) in tail.iter().enumerate() {
            hops.push(hop(prepared, index, stage, &tail[at + 1..], true));
        }
    }
    let last = plan.tails.iter().flat_map(|tail| tail.last()).next();
    let output: Format = last.map_or(plan.output, Stage::output);
    // An empty sum of floats is -0.0.
    let own = hops.iter().filter(|hop| !hop.shared).map(|hop| hop.cost_us).sum::<f64>() + 0.0;
    Route { format: plan.input.to_string(), hops, output: output.to_string(), cost_us: own }
}

fn hop(prepared: &Prepared, stream: usize, stage: &Stage, after: &[Stage], for_sinks: bool) -> Hop {
    let transforms = &prepared.pipeline.streams[stream].transforms;
    let (plugin, file, why) = match &stage.work {
        Work::Transform(index) => {
            let stage = &transforms[*index];
            (stage.plugin.to_string(), Some(format!("transforms[{index}]")), None)
        }
        Work::Conversion(conversion) => {
            let next = after.iter().find_map(|stage| match &stage.work {
                Work::Transform(index) => Some((transforms[*index].plugin.to_string(), stage.mode.scaling)),
                Work::Conversion(_) => None,
            });
            let takes = |sink: &SinkPart| {
                sink.streams.contains(&stream) && sink.accepts.kinds.contains(&stage.output().kind)
            };
            // What no sink takes and no transform can ask for is there for the sake of what comes out of it.
            let finer = matches!(conversion, Conversion::To(_))
                && !(after.is_empty() && prepared.sinks.iter().any(takes));
            let why = if finer { finer_than_usual(stage) } else { why(conversion, next, stage) };
            (conversion.plugin().to_owned(), None, Some(why))
        }
    };
    let way = match &stage.work {
        Work::Conversion(conversion) if stage.mode.name.is_empty() => conversion.purpose(),
        _ => stage.mode.name.clone(),
    };
    Hop {
        plugin,
        stage: file,
        way,
        why,
        input: stage.input.to_string(),
        output: stage.output().to_string(),
        cost_us: stage.mode.cost_us,
        shared: stage.shared,
        for_sinks,
    }
}

/// Returns why a source's frames become planes with more chroma than they usually do.
fn finer_than_usual(stage: &Stage) -> String {
    format!(
        "what goes out has more chroma than the cheapest planes for {}, which are 4:2:0",
        stage.input.kind
    )
}

/// Returns why a conversion was put in: what comes next needs it.
fn why(conversion: &Conversion, next: Option<(String, Scaling)>, stage: &Stage) -> String {
    let (next, scaling) = match next {
        Some((plugin, scaling)) => (format!("`{plugin}`"), Some(scaling)),
        None => ("the sinks".to_owned(), None),
    };
    match conversion {
        Conversion::Decode { downscale: 1 } => format!("{next} works on pixels"),
        Conversion::Decode { .. } => match scaling {
            Some(Scaling::AtLeast(size)) => format!("{next} works on pixels and needs no more than {size}"),
            _ => format!("{next} works on pixels, and what follows needs no more of them"),
        },
        Conversion::Encode => format!("{next} take{} JPEG", if scaling.is_some() { "s" } else { "" }),
        Conversion::Convert => {
            format!("{} become what a JPEG holds: planes, BT.601, full range", stage.input.kind)
        }
        Conversion::To(kind) => format!("{next} want{} {kind}", if scaling.is_some() { "s" } else { "" }),
    }
}
