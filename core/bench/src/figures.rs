//! What there is to tell of a pipeline that was measured.

use crate::spread::Spread;
use serde::{Deserialize, Serialize};

/// A pipeline that was measured. Times are processor time of one core, in microseconds, where nothing else is said.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Figures {
    /// Its sources with what stands on each, in the order of the file.
    pub sources: Vec<SourceFigures>,
    /// Why allocations were not counted, if they were not.
    pub allocations_not_counted: Option<String>,
}

/// A source's frames, and what becomes of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SourceFigures {
    /// What was read.
    pub read: Read,
    /// The stream with the source, and those that branch from it, parents first.
    pub streams: Vec<StreamFigures>,
    /// All of them together.
    pub whole: Whole,
}

/// The frames that were measured with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Read {
    /// The source's plugin.
    pub plugin: String,
    /// How many were read; they are repeated as often as it takes.
    pub frames: usize,
    /// Why there are no more, if there are fewer than were asked for.
    pub cut_short: Option<String>,
    /// Those that were left out since they do not come through: which one, counted from 0, and why.
    pub left_out: Vec<(usize, String)>,
    /// Those for which the warm-up had no time: left out, too.
    pub untried: usize,
    /// Their formats.
    pub formats: Vec<String>,
    /// Frames per second, as the source says or as they came; `None` if neither is known.
    pub fps: Option<f64>,
    /// They came at this rate; the source does not say it.
    pub fps_was_measured: bool,
}

/// A stream's stages.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StreamFigures {
    /// Its name.
    pub name: String,
    /// In the order in which a frame comes to them.
    pub stages: Vec<StageFigures>,
    /// What is done once for it and its siblings, and counted with the one of this name: stage, stream.
    pub counted_elsewhere: Vec<(String, String)>,
}

/// A stage's work.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StageFigures {
    /// `transforms[0] resize`, `jpeg (decode at 1/2)`.
    pub stage: String,
    /// The file does not name it.
    pub inserted: bool,
    /// It is done once for this stream and its siblings.
    pub shared: bool,
    /// How many frames it worked on, in all rounds.
    pub frames: u64,
    /// How often it worked for each frame of the source.
    pub per_source_frame: f64,
    /// Processor time for a frame: the middle one of all, and how far those of the rounds lie apart.
    pub cpu_us: Spread,
    /// What 99 of 100 frames do not take longer than.
    pub cpu_p99_us: f64,
    /// The middle one of the times on the clock.
    pub wall_us: f64,
    /// Frames that one core does in a second, if it does nothing else.
    pub frames_per_s: f64,
    /// Bytes of a frame that comes in: a JPEG's length, or planes without padding.
    pub bytes_in: f64,
    /// Of one that goes out.
    pub bytes_out: f64,
    /// Calls of `malloc` and its siblings for a frame; `None` if they were not counted.
    pub allocations: Option<f64>,
    /// Bytes that these asked for.
    pub allocated_bytes: Option<f64>,
    /// Bytes for a frame that were copied since somebody else held the picture that the stage writes on.
    pub bytes_copied: f64,
    /// Its part of the whole, from 0 to 1.
    pub share: f64,
    /// Processor time for a frame of the source in each round: for comparisons.
    pub rounds_us: Vec<f64>,
}

/// A source's streams together.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Whole {
    /// How many frames of the source came through, in all rounds.
    pub frames: u64,
    /// Those that were lost in the measured rounds since a stage failed, and what it said last.
    pub lost: u64,
    /// The last failure.
    pub failure: Option<String>,
    /// Frames that transforms held back, which is their right.
    pub gated: u64,
    /// Processor time for a frame of the source, in the mean of a round.
    pub cpu_us: Spread,
    /// The same in each round: for comparisons.
    pub rounds_us: Vec<f64>,
    /// What of it the engine spends between the stages.
    pub between_us: f64,
    /// The engine's own allocations for a frame.
    pub between_allocations: Option<f64>,
    /// What of it threads spend that plugins have started: in no stage's figure.
    pub elsewhere_us: f64,
    /// From the source's ingress to the last sink's channel, on the clock: half of the frames take no longer.
    pub latency_p50_us: f64,
    /// 99 of 100 take no longer.
    pub latency_p99_us: f64,
    /// The part of the time on the clock in which the processor worked on it, from 0 to 1. Where it is small, stages wait,
    /// or others have the processor.
    pub state: f64,
    /// Source frames that one core takes through in a second.
    pub one_core_fps: Spread,
    /// The cores that were at it together: as many as the file and the machine allow.
    pub cores: usize,
    /// Source frames that all of them take through in a second, each with a chain of its own.
    pub all_cores_fps: Option<Spread>,
    /// The part of all cores that was to be had meanwhile, from 0 to 1.
    pub all_cores_at_work: Option<f64>,
    /// How many such cameras at the rate of this one all cores take, without viewers; `None` if the rate is not known.
    pub cameras: Option<f64>,
    /// Every stage works on each frame for itself: a single camera can use all cores. Otherwise it can use one for each
    /// stream.
    pub stateless: bool,
    /// Bytes of a frame that the source gives.
    pub bytes_in: f64,
    /// Bytes that come to the sinks for a frame of the source, all of them together.
    pub bytes_out: f64,
}

impl Figures {
    /// Returns what makes these figures less than they seem, line by line.
    pub fn warnings(&self) -> Vec<String> {
        self.sources.iter().flat_map(SourceFigures::warnings).collect()
    }
}

impl SourceFigures {
    /// The stage that most of the processor time goes to, with its stream.
    pub fn most(&self) -> Option<(&StreamFigures, &StageFigures)> {
        let stages =
            self.streams.iter().flat_map(|stream| stream.stages.iter().map(move |stage| (stream, stage)));
        stages.max_by(|(_, a), (_, b)| a.share.total_cmp(&b.share))
    }

    /// The figures whose rounds lie so far apart that they say little: of the whole, or of stages that are a part of it worth
    /// looking at.
    fn worthless(&self) -> Vec<String> {
        let stages =
            self.streams.iter().flat_map(|stream| &stream.stages).filter(|stage| stage.share >= 0.05);
        let stages = stages.map(|stage| (stage.stage.as_str(), stage.cpu_us));
        let all = self.whole.all_cores_fps.map(|fps| ("all cores", fps));
        let figures = [("all of it", self.whole.cpu_us)].into_iter().chain(stages).chain(all);
        let worthless = figures.filter(|(_, figure)| figure.is_worthless());
        worthless
            .map(|(what, figure)| format!("{what} (±{:.0} %)", figure.spread.unwrap_or(0.0) * 100.0))
            .collect()
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let whole = &self.whole;
        let percent = |stats: f64| format!("{:.0} %", stats * 100.0);
        let worthless = self.worthless();
        if !worthless.is_empty() {
            warnings.push(format!(
                "the rounds lie far apart, and these figures are worth little: {}. Close what else runs, or measure longer \
                 (`--seconds`)",
                worthless.join(", ")
            ));
        }
        if whole.cpu_us.spread.is_none() {
            let rounds = whole.rounds_us.len();
            warnings.push(format!(
                "only {rounds} round{} within the time, which show no spread: measure longer (`--seconds`)",
                if rounds == 1 { "" } else { "s" }
            ));
        }
        for (stream, stage) in
            self.streams.iter().flat_map(|stream| stream.stages.iter().map(move |s| (stream, s)))
        {
            if stage.wall_us > 1.5 * stage.cpu_us.median + 100.0 {
                warnings.push(format!(
                    "{} of `{}` takes {:.2} ms on the clock and {:.2} ms of a processor: it waits, or works in threads of \
                     its own, or the machine is busy; frames/s are reckoned from processor time",
                    stage.stage,
                    stream.name,
                    stage.wall_us / 1e3,
                    stage.cpu_us.median / 1e3
                ));
            }
        }
        if let Some(stats) = whole.all_cores_at_work.filter(|stats| *stats < 0.9) {
            warnings.push(format!(
                "only {} of {} cores' time was to be had for the rounds on all cores: something else runs, or stages wait",
                percent(stats),
                whole.cores
            ));
        }
        if whole.lost > 0 {
            warnings.push(format!(
                "{} frames were lost while it was measured, and are in no figure: {}",
                whole.lost,
                whole.failure.as_deref().unwrap_or("no reason is known")
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source with one stage, whose rounds are these.
    fn source(rounds: &[f64], wall_us: f64) -> SourceFigures {
        let cpu_us = Spread::of(rounds).unwrap();
        let stage = StageFigures {
            stage: "transforms[0] text".into(),
            inserted: false,
            shared: false,
            frames: 100,
            per_source_frame: 1.0,
            cpu_us,
            cpu_p99_us: 2.0 * cpu_us.median,
            wall_us,
            frames_per_s: 1e6 / cpu_us.median,
            bytes_in: 100.0,
            bytes_out: 100.0,
            allocations: Some(1.0),
            allocated_bytes: Some(8.0),
            bytes_copied: 0.0,
            share: 0.9,
            rounds_us: rounds.to_vec(),
        };
        let read = Read {
            plugin: "good".into(),
            frames: 10,
            cut_short: None,
            left_out: Vec::new(),
            untried: 0,
            formats: Vec::new(),
            fps: Some(10.0),
            fps_was_measured: false,
        };
        let whole = Whole {
            frames: 100,
            lost: 0,
            failure: None,
            gated: 0,
            cpu_us,
            rounds_us: rounds.to_vec(),
            between_us: 1.0,
            between_allocations: Some(3.0),
            elsewhere_us: 0.0,
            latency_p50_us: wall_us,
            latency_p99_us: wall_us,
            state: 1.0,
            one_core_fps: Spread { median: 1e6 / cpu_us.median, spread: cpu_us.spread },
            cores: 1,
            all_cores_fps: None,
            all_cores_at_work: None,
            cameras: None,
            stateless: true,
            bytes_in: 100.0,
            bytes_out: 100.0,
        };
        let camera =
            StreamFigures { name: "camera".into(), stages: vec![stage], counted_elsewhere: Vec::new() };
        SourceFigures { read, streams: vec![camera], whole }
    }

    #[test]
    fn figures_that_say_little_are_told_and_good_ones_are_not() {
        assert_eq!(source(&[1000.0, 1010.0, 990.0], 1000.0).warnings(), [""; 0]);
        let apart = source(&[1000.0, 2000.0, 500.0], 1000.0).warnings();
        assert!(apart[0].contains("all of it (±38 %), transforms[0] text (±38 %)"), "{apart:?}");
        let once = source(&[1000.0], 1000.0).warnings();
        assert!(once[0].contains("only 1 round within"), "{once:?}");
    }

    #[test]
    fn a_stage_that_waits_and_frames_that_were_lost_are_told() {
        let waits = source(&[1000.0, 1000.0, 1000.0], 9000.0).warnings();
        assert!(waits[0].contains("transforms[0] text of `camera` takes 9.00 ms on the clock"), "{waits:?}");
        let mut lost = source(&[1000.0, 1000.0, 1000.0], 1000.0);
        (lost.whole.lost, lost.whole.failure) = (3, Some("transforms[0] text: no font".into()));
        assert!(lost.warnings()[0].contains("3 frames were lost"), "{:?}", lost.warnings());
        lost.whole.all_cores_at_work = Some(0.5);
        lost.whole.cores = 2;
        assert!(lost.warnings()[0].contains("only 50 % of 2 cores' time"), "{:?}", lost.warnings());
    }
}
