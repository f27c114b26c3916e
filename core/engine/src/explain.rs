//! The plan, told to a person: hop by hop, what was inserted and why, what it costs, what is still open.

use crate::config::Input;
use crate::plan::{Conversion, Stage, StreamPlan, Work};
use crate::prepare::{Guess, Prepared, SourceTree};
use mutoscope_plugin::{Format, Kind, Scaling};
use serde::Serialize;
use std::fmt;

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
    /// What comes in.
    pub format: String,
    /// Frames per second, where the source says.
    pub fps: Option<f64>,
    /// The hops, in order.
    pub hops: Vec<Hop>,
    /// What goes out.
    pub output: String,
    /// Processor time for one frame, in microseconds, as the plugins declare it, without what siblings do.
    pub cost_us: f64,
    /// What is a guess until the first frame.
    pub open: Option<String>,
}

/// One hop.
#[derive(Serialize, Debug)]
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
            accepts: part.accepts.kinds.iter().map(Kind::to_string).collect(),
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
    let open = match tree.guess {
        Guess::Nothing => None,
        Guess::Size => Some("sizes are guesses: the source tells with its first frame".to_owned()),
        Guess::Everything => {
            Some("formats and sizes are guesses: the source tells with its first frame".to_owned())
        }
    };
    let last = plan.tails.iter().flat_map(|tail| tail.last()).next();
    let output: Format = last.map_or(plan.output, Stage::output);
    // An empty sum of floats is -0.0.
    let own = hops.iter().filter(|hop| !hop.shared).map(|hop| hop.cost_us).sum::<f64>() + 0.0;
    Explained {
        name: stream.name.clone(),
        input,
        branches,
        format: plan.input.to_string(),
        fps: tree.offers.fps,
        hops,
        output: output.to_string(),
        cost_us: own,
        open,
    }
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
                Work::Transform(index) => Some((transforms[*index].plugin.to_string(), stage.way.scaling)),
                Work::Conversion(_) => None,
            });
            (conversion.plugin().to_owned(), None, Some(why(conversion, next, stage)))
        }
    };
    let way = match &stage.work {
        Work::Conversion(conversion) if stage.way.name.is_empty() => conversion.purpose(),
        _ => stage.way.name.clone(),
    };
    Hop {
        plugin,
        stage: file,
        way,
        why,
        input: stage.input.to_string(),
        output: stage.output().to_string(),
        cost_us: stage.way.cost_us,
        shared: stage.shared,
        for_sinks,
    }
}

/// Why a conversion was put in: what comes next needs it.
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

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, stream) in self.streams.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            stream.fmt(f)?;
        }
        for sink in &self.sinks {
            let takes = if sink.accepts.is_empty() { "anything".into() } else { sink.accepts.join(" or ") };
            write!(f, "\nsink {} takes {takes} of {}\n", sink.plugin, sink.streams.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from =
            if self.branches { format!("from `{}`", self.input) } else { format!("source {}", self.input) };
        let fps = self.fps.map(|fps| format!(" at {fps} frames/s")).unwrap_or_default();
        writeln!(f, "stream {}", self.name)?;
        writeln!(f, "  {:<58} {}{fps}", from, self.format)?;
        for hop in &self.hops {
            let what = match &hop.stage {
                Some(stage) => format!("{stage} {}", hop.plugin),
                None => format!("+ {}", hop.plugin),
            };
            let mut notes = vec![hop.way.clone()];
            notes.extend(hop.why.as_ref().map(|why| format!("because {why}")));
            if hop.shared {
                notes.push("once for all its siblings".into());
            }
            if hop.for_sinks {
                notes.push("only while a sink has viewers".into());
            }
            let notes: Vec<_> = notes.into_iter().filter(|note| !note.is_empty()).collect();
            writeln!(
                f,
                "  {what:<28} {:>8} ms                    {}",
                milliseconds(hop.cost_us),
                hop.output
            )?;
            if !notes.is_empty() {
                writeln!(f, "      {}", notes.join(", "))?;
            }
        }
        if self.hops.is_empty() {
            writeln!(f, "  passed on as it is: nothing is decoded, nothing is encoded")?;
        } else {
            write!(f, "  together about {} ms of one core for a frame", milliseconds(self.cost_us))?;
            if let Some(fps) = self.fps {
                write!(f, ", {:.0} % of a core at {fps} frames/s", self.cost_us * fps / 1e4)?;
            }
            writeln!(f)?;
        }
        if let Some(open) = &self.open {
            writeln!(f, "  {open}")?;
        }
        Ok(())
    }
}

fn milliseconds(us: f64) -> String {
    format!("{:.2}", us / 1000.0)
}
