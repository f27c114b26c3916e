//! From what was done in each round to what there is to tell.

use crate::figures::{StageFigures, StreamFigures, Whole};
use crate::reading::Spent;
use crate::sample::{Sample, StageSample};
use crate::spread::{Spread, median, quantile, sorted};
use mutoscope_engine::prepare::{Prepared, SourceTree};

/// The rounds of one source's streams.
#[derive(Default)]
pub(crate) struct Rounds {
    /// On one core.
    pub(crate) alone: Vec<Sample>,
    /// On all cores: each round's samples, one of each thread.
    pub(crate) together: Vec<Vec<Sample>>,
}

const NOTHING: Spread = Spread { median: 0.0, spread: None };

fn us(ns: u64) -> f64 {
    ns as f64 / 1e3
}

impl Rounds {
    fn source_frames(&self) -> u64 {
        self.alone.iter().map(|sample| sample.frames.len() as u64).sum()
    }

    fn cpu_ns(&self) -> u64 {
        self.alone.iter().map(Sample::cpu_ns).sum()
    }

    /// Stream by stream, the stages.
    pub(crate) fn streams(
        &self,
        prepared: &Prepared,
        tree: &SourceTree,
        counted: bool,
    ) -> Vec<StreamFigures> {
        let nodes = tree.tree.nodes.iter();
        let mut streams: Vec<StreamFigures> = nodes
            .map(|node| {
                let name = prepared.pipeline.streams[node.stream].name.clone();
                let stages = self.names(node.stream).into_iter();
                let stages = stages.filter_map(|name| self.stage(node.stream, &name, counted)).collect();
                StreamFigures { name, stages, counted_elsewhere: Vec::new() }
            })
            .collect();
        // What siblings need, too, is done by whichever comes first.
        let shared = |stream: &StreamFigures| -> Vec<String> {
            stream.stages.iter().filter(|stage| stage.shared).map(|stage| stage.stage.clone()).collect()
        };
        let done: Vec<Vec<String>> = streams.iter().map(shared).collect();
        for node in &tree.tree.nodes {
            for (first, stage) in
                node.children.iter().flat_map(|child| done[*child].iter().map(move |s| (*child, s)))
            {
                let name = streams[first].name.clone();
                let wants = |child: &&usize| {
                    let plan = tree.plan.streams.get(&tree.tree.nodes[**child].stream);
                    plan.is_some_and(|plan| plan.stages.iter().any(|stage| stage.shared))
                };
                for child in node.children.iter().filter(|child| !done[**child].contains(stage)).filter(wants)
                {
                    streams[*child].counted_elsewhere.push((stage.clone(), name.clone()));
                }
            }
        }
        streams
    }

    /// The names of a stream's stages, as they came first.
    fn names(&self, stream: usize) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for stage in
            self.alone.iter().flat_map(|sample| &sample.stages).filter(|stage| stage.stream == stream)
        {
            if !names.contains(&stage.name) {
                names.push(stage.name.clone());
            }
        }
        names
    }

    fn stage(&self, stream: usize, name: &str, counted: bool) -> Option<StageFigures> {
        let of = |sample: &'_ Sample| {
            sample.stages.iter().position(|stage| stage.stream == stream && stage.name == name)
        };
        let samples: Vec<&StageSample> =
            self.alone.iter().filter_map(|sample| of(sample).map(|at| &sample.stages[at])).collect();
        let first = samples.first()?;
        let calls: Vec<&Spent> = samples.iter().flat_map(|sample| &sample.calls).collect();
        let count = calls.len() as f64;
        let times =
            |of: fn(&Spent) -> u64| sorted(&calls.iter().map(|call| us(of(call))).collect::<Vec<_>>());
        let cpu = times(|call| call.cpu_ns);
        let per_round: Vec<f64> = samples
            .iter()
            .filter_map(|sample| median(&sample.calls.iter().map(|call| us(call.cpu_ns)).collect::<Vec<_>>()))
            .collect();
        let cpu_us = Spread { median: quantile(&cpu, 0.5)?, ..Spread::of(&per_round)? };
        let sum = |of: fn(&Spent) -> u64| calls.iter().map(|call| of(call)).sum::<u64>();
        let whole: u64 = sum(|call| call.cpu_ns);
        let (gave, bytes_out) = samples
            .iter()
            .fold((0, 0), |(gave, bytes), sample| (gave + sample.gave.0, bytes + sample.gave.1));
        let rounds_us = self.alone.iter().filter(|sample| !sample.frames.is_empty()).map(|sample| {
            let calls = of(sample).map_or(&[][..], |at| &sample.stages[at].calls);
            us(calls.iter().map(|call| call.cpu_ns).sum()) / sample.frames.len() as f64
        });
        Some(StageFigures {
            stage: name.to_owned(),
            inserted: first.inserted,
            shared: first.shared,
            frames: calls.len() as u64,
            per_source_frame: count / self.source_frames().max(1) as f64,
            cpu_us,
            cpu_p99_us: quantile(&cpu, 0.99)?,
            wall_us: quantile(&times(|call| call.wall_ns), 0.5)?,
            frames_per_s: 1e6 / cpu_us.median.max(1e-3),
            bytes_in: samples.iter().map(|sample| sample.bytes_in).sum::<u64>() as f64 / count,
            bytes_out: bytes_out as f64 / (gave.max(1)) as f64,
            allocations: counted.then(|| sum(|call| call.asked.times) as f64 / count),
            allocated_bytes: counted.then(|| sum(|call| call.asked.bytes) as f64 / count),
            bytes_copied: samples.iter().map(|sample| sample.bytes_copied).sum::<u64>() as f64 / count,
            share: whole as f64 / self.cpu_ns().max(1) as f64,
            rounds_us: rounds_us.collect(),
        })
    }

    /// All streams together.
    pub(crate) fn whole(&self, tree: &SourceTree, fps: Option<f64>, cores: usize, counted: bool) -> Whole {
        let frames: Vec<_> = self.alone.iter().flat_map(|sample| &sample.frames).collect();
        let count = frames.len().max(1) as f64;
        let latency = sorted(&frames.iter().map(|frame| us(frame.whole.wall_ns)).collect::<Vec<_>>());
        let rounds_us: Vec<f64> = self.alone.iter().filter_map(mean_us).collect();
        let cpu_us = Spread::of(&rounds_us).unwrap_or(NOTHING);
        let sum = |of: fn(&Spent) -> u64| frames.iter().map(|frame| of(&frame.whole)).sum::<u64>();
        let between = |of: fn(&Spent) -> u64| {
            frames.iter().map(|frame| of(&frame.whole).saturating_sub(of(&frame.stages))).sum::<u64>()
        };
        let elsewhere = self.alone.iter().map(|sample| sample.elsewhere_ns).sum::<u64>();
        let own = sum(|spent| spent.cpu_ns);
        // What plugins' own threads do is not seen thread by thread; on all cores it is as much for a frame as on one.
        let more = 1.0 + elsewhere as f64 / own.max(1) as f64;
        let all_cores: Vec<f64> =
            self.together.iter().filter_map(|samples| together_fps(samples, more)).collect();
        let all_cores_fps = Spread::of(&all_cores);
        let state = self.together.iter().flatten().map(state).collect::<Vec<_>>();
        let all = self.alone.iter().chain(self.together.iter().flatten());
        Whole {
            frames: frames.len() as u64,
            lost: all.clone().map(|sample| sample.lost).sum(),
            failure: all.clone().rev().find_map(|sample| sample.failure.clone()),
            gated: self.alone.iter().map(|sample| sample.gated).sum(),
            cpu_us,
            between_us: us(between(|spent| spent.cpu_ns)) / count,
            between_allocations: counted.then(|| between(|spent| spent.asked.times) as f64 / count),
            elsewhere_us: us(elsewhere) / count,
            latency_p50_us: quantile(&latency, 0.5).unwrap_or(0.0),
            latency_p99_us: quantile(&latency, 0.99).unwrap_or(0.0),
            state: own as f64 / sum(|spent| spent.wall_ns).max(1) as f64,
            one_core_fps: Spread::of(&rounds_us.iter().map(|us| 1e6 / us).collect::<Vec<_>>())
                .unwrap_or(NOTHING),
            cores,
            all_cores_fps,
            all_cores_at_work: median(&state),
            cameras: all_cores_fps.zip(fps).map(|(all, fps)| all.median / fps),
            stateless: tree.plan.streams.values().all(mutoscope_engine::plan::StreamPlan::is_stateless),
            bytes_in: self.alone.iter().map(|sample| sample.bytes_in).sum::<u64>() as f64 / count,
            bytes_out: self.alone.iter().map(|sample| sample.out.1).sum::<u64>() as f64 / count,
            rounds_us,
        }
    }
}

/// Processor time for a frame, in the mean; `None` if none came through.
fn mean_us(sample: &Sample) -> Option<f64> {
    (!sample.frames.is_empty()).then(|| us(sample.cpu_ns()).max(1e-3) / sample.frames.len() as f64)
}

/// The part of the time on the clock in which the processor worked.
fn state(sample: &Sample) -> f64 {
    let sum = |of: fn(&Spent) -> u64| sample.frames.iter().map(|frame| of(&frame.whole)).sum::<u64>() as f64;
    sum(|spent| spent.cpu_ns) / sum(|spent| spent.wall_ns).max(1.0)
}

/// Frames per second of all threads, each of which had a core for as much time as it worked.
fn together_fps(samples: &[Sample], more: f64) -> Option<f64> {
    let each = samples.iter().map(|sample| Some(1e6 / (mean_us(sample)? * more)));
    each.sum::<Option<f64>>().filter(|fps| *fps > 0.0)
}
