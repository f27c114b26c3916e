//! `mutoscope bench FILE…`.
//!
//! # Layout
//!
//! What is measured is a [`subject`]: a file, or one value of a [`sweep`] over one. [`Bench::run`] reads their frames and takes
//! their rounds in turn, with a [`progress`] bar; what comes of it is a [`record`], which `--json` prints as it is. For people,
//! [`table`] shows the stages of each and [`whole`] the rest, with the [`units`] that they share; [`compare`] tells several apart,
//! [`against`] this record from an older one.

mod against;
mod compare;
mod pipeline;
mod progress;
mod record;
mod regression;
mod subject;
mod sweep;
mod table;
mod units;
mod whole;

use crate::exit::{Exit, failed, print, usage};
use crate::file::{Sets, plugins, show};
use against::Against;
use clap::Args;
use mutoscope_bench::{Limits, Machine, Recordings, Trouble};
use progress::Progress;
use record::{Record, Settings};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use subject::Subject;
use sweep::Sweep;

/// Arguments of `bench`.
#[derive(Args)]
pub struct Bench {
    /// The pipeline files; `-` is standard input. The rounds of several are taken in turn, and compared with the first.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    sets: Sets,
    /// Measure one file with each of these values, e.g. `transforms[0].width=320,640,1280`. Commas within brackets, braces and
    /// quotes belong to a value.
    #[arg(long, value_name = "PATH=VALUE,VALUE…")]
    sweep: Option<String>,
    /// How long to measure each file or value, in seconds. A stage that takes long for a frame makes it longer, at most twice
    /// as long and one round.
    #[arg(long, value_name = "S", default_value_t = 8.0)]
    seconds: f64,
    /// How many rounds on one core; on all cores there are half as many.
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// How many of a source's frames to read into memory, within 10 s and 256 MiB; they are repeated as often as it takes.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    frames: u32,
    /// As JSON: every figure, and the machine that it was taken on.
    #[arg(long)]
    json: bool,
    /// Compare with what `--json` printed before, on the same machine. Exit status 3 if anything costs more now: processor time
    /// by more than a tenth and twice the spread, allocations and copies at all.
    #[arg(long, value_name = "FILE.json")]
    against: Option<PathBuf>,
}

/// The time that a source may take for its frames.
const READ: Duration = Duration::from_secs(10);
/// How much memory its frames may take.
const MOST_BYTES: usize = 256 << 20;
/// How long the frames are tried at least: once each, if that does not take longer.
const WARM_UP: Duration = Duration::from_secs(2);

impl Bench {
    pub fn run(&self) -> Result<Exit, Exit> {
        if !(0.1..=3600.0).contains(&self.seconds) {
            return Err(usage("`--seconds` takes a number from 0.1 to 3600"));
        }
        let sweep = self.sweep.as_deref().map(Sweep::parse).transpose().map_err(usage)?;
        if sweep.is_some() && self.files.len() > 1 {
            return Err(usage("`--sweep` is for one FILE"));
        }
        let before = self.against.as_deref().map(Against::read).transpose().map_err(failed)?;
        let machine = Machine::this();
        if let Some(before) = &before {
            before.fits(&machine).map_err(failed)?;
        }
        let subjects = self.subjects(sweep.as_ref())?;
        let mut record = Record {
            bench: record::VERSION,
            settings: Settings { seconds: self.seconds, rounds: self.rounds, frames: self.frames },
            machine,
            sweep: sweep.as_ref().map(|sweep| sweep.path.clone()),
            pipelines: Vec::new(),
            comparisons: Vec::new(),
            regressions: None,
        };
        // A failed bench may have threads at work that use memory that the end of the process would take away; so may threads
        // that do not end.
        let left = self.measure(&subjects, &mut record).map_err(|exit| -> Exit { exit.at_once() })?;
        record.compare();
        if let Some(before) = &before {
            record.regressions = Some(before.regressions(&record).map_err(failed)?);
        }
        if self.json {
            let json = serde_json::to_string_pretty(&record).map_err(failed)?;
            print(format_args!("{json}\n"))?;
        } else {
            print(self.shown(&record))?;
        }
        let slower = record.regressions.as_ref().is_some_and(|found| !found.is_empty());
        let exit = if slower { Exit::Slower } else { Exit::Done };
        if left { exit.at_once() } else { Ok(exit) }
    }

    fn subjects(&self, sweep: Option<&Sweep>) -> Result<Vec<Subject>, Exit> {
        let plugins = Arc::new(plugins()?);
        let mut subjects: Vec<Subject> = Vec::new();
        for file in &self.files {
            let subject = Subject::new(file, self.sets.clone(), &plugins, &subjects);
            match sweep {
                None => subjects.push(subject.load()?),
                Some(sweep) => {
                    for value in &sweep.values {
                        subjects.push(subject.with(&sweep.path, value).load()?);
                    }
                }
            }
        }
        Ok(subjects)
    }

    /// Measures all of them; `true` if threads are left that do not end.
    fn measure(&self, subjects: &[Subject], record: &mut Record) -> Result<bool, Exit> {
        let on_all = self.rounds.div_ceil(2);
        let steps = subjects.len() * (2 + self.rounds + on_all) as usize;
        let mut progress = Progress::new(steps);
        let limits = Limits { frames: self.frames as usize, bytes: MOST_BYTES, time: READ };
        let (mut recordings, mut benches) = (Recordings::default(), Vec::new());
        for subject in subjects {
            progress.step(&format!("{}: reading frames", subject.name()));
            let bench = mutoscope_bench::Bench::new(subject.prepared()?, &limits, &mut recordings);
            benches.push(bench.map_err(|trouble| in_trouble(subject, trouble))?);
        }
        let whole = Duration::from_secs_f64(self.seconds);
        for (subject, bench) in subjects.iter().zip(&mut benches) {
            progress.step(&format!("{}: warm-up with {} frames", subject.name(), bench.frames()));
            bench.warm_up(whole.mul_f64(0.1).max(WARM_UP)).map_err(|trouble| in_trouble(subject, trouble))?;
        }
        let began = Instant::now();
        // In turn, so that what disturbs one disturbs all. Frames that take long make rounds longer: then there are fewer.
        let all = whole * u32::try_from(subjects.len()).unwrap_or(u32::MAX);
        let mut rounds =
            |count: u32, what: &str, part: f64, end: Duration, on_all: bool| -> Result<(), Exit> {
                for round in 1..=count {
                    for (subject, bench) in subjects.iter().zip(&mut benches) {
                        progress.step(&format!("{}: round {round} of {count} on {what}", subject.name()));
                        let time = whole.mul_f64(part) / count;
                        let done = if on_all { bench.round_on_all(time) } else { bench.round(time) };
                        done.map_err(|trouble| in_trouble(subject, trouble))?;
                    }
                    if began.elapsed() > end {
                        break;
                    }
                }
                Ok(())
            };
        rounds(self.rounds, "one core", 0.65, all.mul_f64(1.5), false)?;
        rounds(on_all, "all cores", 0.25, all * 2, true)?;
        progress.end();
        let mut left = false;
        for (subject, bench) in subjects.iter().zip(benches) {
            record.pipelines.push(subject.recorded(bench.figures()));
            for thread in bench.end() {
                tracing::warn!("the thread `{thread}` of {} does not end", subject.name());
                left = true;
            }
        }
        Ok(left)
    }

    fn shown(&self, record: &Record) -> String {
        let mut text = format!("{}\n", units::machine(&record.machine));
        // Writing to a String does not fail; so everywhere below this.
        let _ = record.machine.warnings().iter().try_for_each(|line| writeln!(text, "warning: {line}"));
        if record.sweep.is_some() {
            text += &sweep::shown(record);
        } else {
            for pipeline in &record.pipelines {
                text += &table::shown(pipeline);
            }
            record.comparisons.iter().for_each(|comparison| text += &comparison.to_string());
        }
        if let Some(regressions) = &record.regressions {
            text += &against::shown(regressions, self.against.as_deref());
        }
        text += &table::notes(record);
        if record.machine.debug_build {
            text += "warning: a debug build measured this: see above\n";
        }
        text
    }
}

/// Shows why a pipeline cannot be measured.
fn in_trouble(subject: &Subject, trouble: Trouble) -> Exit {
    match trouble {
        Trouble::Refused(report) => {
            show(&report);
            Exit::File
        }
        Trouble::Failed(why) => failed(format!("{}: {why}", subject.name())),
    }
}
