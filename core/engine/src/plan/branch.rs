//! Streams together: what branches from one frame shares what it has in common.
//!
//! A stream's chain ends at its branching point. From there its children's chains go on, and the conversions
//! that its sinks need (its *tail*). The cheapest whole is found by trying each format that the point can
//! have, and at each point each conversion that could be done once for all children instead of by each.

use super::chain::{Chain, Goal, Path, Start};
use super::{Conversion, Impasse, Stage, Tree, Ways, Work};
use mutoscope_plugin::Format;
use std::collections::BTreeMap;

/// What is done for every stream of a tree, for one format of its source.
#[derive(Clone, PartialEq, Debug)]
pub struct TreePlan {
    /// The source's format that it was made for.
    pub input: Format,
    /// By stream index.
    pub streams: BTreeMap<usize, StreamPlan>,
    /// Processor time for one frame through everything, in microseconds, as declared.
    pub cost_us: f64,
}

/// What is done for one stream.
#[derive(Clone, PartialEq, Debug)]
pub struct StreamPlan {
    /// What comes in from the source or from the parent's branching point.
    pub input: Format,
    /// The hops to the branching point, transforms and conversions.
    pub stages: Vec<Stage>,
    /// What there is at the branching point.
    pub output: Format,
    /// The hops from there to each sink.
    pub tails: Vec<Vec<Stage>>,
}

impl StreamPlan {
    /// Whether each frame is worked on for itself, so that several workers may share the stream.
    pub fn is_stateless(&self) -> bool {
        self.stages.iter().chain(self.tails.iter().flatten()).all(|stage| stage.way.stateless)
    }

    /// Processor time for one frame, in microseconds, as declared. What siblings share is counted with each.
    pub fn cost_us(&self) -> f64 {
        self.stages.iter().chain(self.tails.iter().flatten()).map(|stage| stage.way.cost_us).sum()
    }
}

/// A way for one node and all below it.
#[derive(Clone)]
struct Subtree {
    streams: BTreeMap<usize, StreamPlan>,
    cost_us: f64,
}

impl Tree {
    /// The cheapest plan for frames of this format.
    ///
    /// # Errors
    /// There is no way through: where.
    pub fn settle(&self, ways: &dyn Ways, input: Format) -> Result<TreePlan, Impasse> {
        let start = Start { format: input, scaled: false, from: 0 };
        let Subtree { streams, cost_us } = self.subtree(ways, 0, start)?;
        Ok(TreePlan { input, streams, cost_us })
    }

    fn subtree(&self, ways: &dyn Ways, node: usize, start: Start) -> Result<Subtree, Impasse> {
        let stream = &self.nodes[node];
        let chain = Chain { ways, stream: stream.stream, transforms: stream.transforms, excluded: &[] };
        // Without children the branching point can be anywhere: straight to what the sinks take.
        let ends = match (&stream.children[..], &stream.sinks[..]) {
            ([], [only]) => vec![chain.cheapest(start, Goal::Kinds(only))?],
            _ => chain.ends(start)?,
        };
        let mut best: Option<Subtree> = None;
        let mut impasse = None;
        for end in ends {
            match self.beyond_point(ways, node, start, end) {
                Ok(found) if best.as_ref().is_none_or(|best| found.cost_us < best.cost_us) => {
                    best = Some(found)
                }
                Ok(_) => {}
                Err(reason) => impasse = Some(reason),
            }
        }
        best.ok_or_else(|| {
            impasse.unwrap_or(Impasse::Sink { stream: stream.stream, offered: vec![start.format] })
        })
    }

    /// The tails and the children's chains, given how the stream reaches its branching point.
    fn beyond_point(
        &self,
        ways: &dyn Ways,
        node: usize,
        start: Start,
        end: Path,
    ) -> Result<Subtree, Impasse> {
        let stream = &self.nodes[node];
        let mut cost_us = end.cost_us;
        let done = Chain { ways, stream: stream.stream, transforms: stream.transforms, excluded: &[] };
        let point = Start { format: end.output, scaled: false, from: stream.transforms };
        let mut tails: Vec<Vec<Stage>> = Vec::new();
        for kinds in &stream.sinks {
            let tail = done.cheapest(point, Goal::Kinds(kinds))?;
            // Sinks that take the same are served with the same picture.
            if !tails.contains(&tail.stages) {
                cost_us += tail.cost_us;
            }
            tails.push(tail.stages);
        }
        let below = self.children(ways, node, end.output)?;
        cost_us += below.cost_us;
        let mut streams = below.streams;
        let plan = StreamPlan { input: start.format, stages: end.stages, output: end.output, tails };
        streams.insert(stream.stream, plan);
        Ok(Subtree { streams, cost_us })
    }

    /// The children's chains from a branching point: each for itself, or with one conversion done for all.
    fn children(&self, ways: &dyn Ways, node: usize, point: Format) -> Result<Subtree, Impasse> {
        let children = &self.nodes[node].children;
        let start = Start { format: point, scaled: false, from: 0 };
        let alone: Vec<Subtree> =
            children.iter().map(|child| self.subtree(ways, *child, start)).collect::<Result<_, _>>()?;
        let mut best = together(alone.clone().into_iter(), 0.0);
        if children.len() < 2 {
            return Ok(best);
        }
        for conversion in Conversion::candidates(&point, false, &[]) {
            let offered = ways.conversion(&conversion, &point);
            let failed = |failure| Impasse::Failed { stream: self.nodes[node].stream, index: None, failure };
            for way in offered.map_err(failed)? {
                let work = Work::Conversion(conversion.clone());
                let scaled = way.gives.size() != point.size();
                let first = Stage { work, way, input: point, scaled, shared: true };
                let from = Start { format: first.output(), scaled, from: 0 };
                let mut users = 0;
                let each = children.iter().zip(&alone).map(|(child, alone)| {
                    match self.subtree(ways, *child, from) {
                        Ok(mut with) if with.cost_us < alone.cost_us => {
                            users += 1;
                            if let Some(plan) = with.streams.get_mut(&self.nodes[*child].stream) {
                                plan.stages.insert(0, first.clone());
                                plan.input = point;
                            }
                            with
                        }
                        _ => alone.clone(),
                    }
                });
                let each: Vec<_> = each.collect();
                let whole = together(each.into_iter(), first.way.cost_us);
                if users > 1 && whole.cost_us < best.cost_us {
                    best = whole;
                }
            }
        }
        Ok(best)
    }
}

fn together(parts: impl Iterator<Item = Subtree>, cost_us: f64) -> Subtree {
    let mut whole = Subtree { streams: BTreeMap::new(), cost_us };
    for part in parts {
        whole.cost_us += part.cost_us;
        whole.streams.extend(part.streams);
    }
    whole
}
