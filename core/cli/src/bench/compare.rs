//! Two pipelines whose rounds were taken in turn: what the one costs beside the other, and which stage makes the difference.

use super::pipeline::Pipeline;
use super::units::{ms, spread};
use mutoscope_bench::{Spread, median, ratio};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The costs of one pipeline beside those of another.
#[derive(Serialize, Deserialize)]
pub struct Comparison {
    /// The one that it is compared with.
    pub first: String,
    pub other: String,
    /// Processor time for a frame of the source, all together: the other's by the first's, round by round.
    pub ratio: Option<Spread>,
    /// Stage by stage.
    pub stages: Vec<Difference>,
    /// The stage that makes most of the difference, if the rounds show one.
    pub blame: Option<String>,
}

/// The costs of a stage in both pipelines.
#[derive(Serialize, Deserialize)]
pub struct Difference {
    /// `camera: transforms[0] resize`
    pub stage: String,
    /// Processor time for a frame of the source, in microseconds; `None` where there is no such stage.
    pub first_us: Option<f64>,
    pub other_us: Option<f64>,
    /// Round by round, where both have it.
    pub ratio: Option<Spread>,
}

impl Comparison {
    pub fn of(first: &Pipeline, other: &Pipeline) -> Comparison {
        let (before, after) = (rounds(first), rounds(other));
        let mut names: Vec<&String> = before.stages.iter().map(|(name, _)| name).collect();
        names.extend(after.stages.iter().map(|(name, _)| name).filter(|name| before.stage(name).is_none()));
        let stages: Vec<_> = names
            .into_iter()
            .map(|name| {
                let (a, b) = (before.stage(name), after.stage(name));
                Difference {
                    stage: name.clone(),
                    first_us: a.and_then(median),
                    other_us: b.and_then(median),
                    ratio: a.zip(b).and_then(|(a, b)| ratio(a, b)),
                }
            })
            .collect();
        let ratio = ratio(&before.whole, &after.whole);
        let differs = ratio.is_some_and(|ratio| shows(&ratio));
        let most = stages.iter().filter(|stage| stage.ratio.is_none_or(|ratio| shows(&ratio)));
        let most = most.max_by(|a, b| a.by().abs().total_cmp(&b.by().abs()));
        let blame = most.filter(|_| differs).map(|most| most.stage.clone());
        Comparison { first: label(first), other: label(other), ratio, stages, blame }
    }
}

impl Difference {
    /// The additional cost of the other, in microseconds.
    fn by(&self) -> f64 {
        self.other_us.unwrap_or(0.0) - self.first_us.unwrap_or(0.0)
    }
}

/// Returns whether the rounds show a difference: most of them agree on the direction.
fn shows(ratio: &Spread) -> bool {
    let (low, high) = ratio.bounds();
    low > 1.0 || high < 1.0
}

fn label(pipeline: &Pipeline) -> String {
    pipeline.value.clone().unwrap_or_else(|| pipeline.file.clone())
}

/// Processor time for a frame, round by round.
struct Rounds {
    whole: Vec<f64>,
    stages: Vec<(String, Vec<f64>)>,
}

impl Rounds {
    fn stage(&self, name: &str) -> Option<&[f64]> {
        self.stages.iter().find(|(known, _)| known == name).map(|(_, rounds)| &rounds[..])
    }
}

/// All sources together: a frame of each.
fn rounds(pipeline: &Pipeline) -> Rounds {
    let sources = &pipeline.figures.sources;
    let count = sources.iter().map(|source| source.whole.rounds_us.len()).min().unwrap_or(0);
    let whole = (0..count).map(|round| sources.iter().map(|source| source.whole.rounds_us[round]).sum());
    let streams = sources.iter().flat_map(|source| &source.streams);
    let stages = streams.flat_map(|stream| {
        stream
            .stages
            .iter()
            .map(|stage| (format!("{}: {}", stream.name, stage.stage), stage.rounds_us.clone()))
    });
    Rounds { whole: whole.collect(), stages: stages.collect() }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = |ratio: &Option<Spread>| {
            ratio.map_or(String::new(), |ratio| format!("{:.3} {}", ratio.median, spread(ratio.spread)))
        };
        let time = |us: Option<f64>| us.map_or("-".into(), ms);
        writeln!(f, "\n{} beside {}: ms of processor time for a source's frame", self.other, self.first)?;
        let width = self.stages.iter().map(|stage| stage.stage.len()).chain([12]).max().unwrap_or(12);
        writeln!(f, "  {:width$}{:>10}{:>10}   ratio, round by round", "", "first", "this")?;
        for stage in &self.stages {
            let (a, b) = (time(stage.first_us), time(stage.other_us));
            writeln!(f, "  {:width$}{a:>10}{b:>10}   {}", stage.stage, ratio(&stage.ratio))?;
        }
        writeln!(f, "  {:width$}{:>10}{:>10}   {}", "all together", "", "", ratio(&self.ratio))?;
        match (&self.blame, &self.ratio) {
            (Some(stage), _) => writeln!(f, "  most of the difference is in {stage}"),
            (None, Some(total)) if shows(total) => writeln!(f, "  no single stage shows the difference"),
            _ => writeln!(f, "  the rounds show no difference"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_one_on_which_the_rounds_agree() {
        let of = |rounds: &[f64]| shows(&Spread::of(rounds).unwrap());
        assert!(of(&[1.2, 1.1, 1.3, 1.2]) && of(&[0.8, 0.9, 0.7]));
        assert!(!of(&[0.9, 1.2, 1.1, 0.8]));
    }
}
