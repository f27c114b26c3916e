//! Full load for a long time: nothing grows.

use crate::crowd::look_on;
use crate::machine::Machine;
use crate::resources::Resources;
use crate::seen::PictureState;
use crate::viewer::{STYLES, look};
use crate::world::World;
use std::fmt::Write;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two samples.
const PERIOD: Duration = Duration::from_secs(10);

/// The streams: each is decoded, made smaller, written on, and encoded.
const STREAMS: [(&str, u32); 3] = [("one", 1), ("two", 2), ("three", 3)];

/// Share of the machine above which ages are due to other processes.
const QUIET: f64 = 0.2;

/// The result of a soak.
pub struct Soak {
    samples: Vec<Sample>,
    viewers: usize,
    wrong: Vec<String>,
}

/// The measurements of one moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Duration,
    resources: Resources,
    frames: usize,
    /// Share of the machine that others took.
    others: f64,
    /// The age of frames when they came: the median, and what one in a hundred exceeded. In milliseconds.
    age: [f64; 2],
}

/// Ages of the frames that came since they were last taken, in milliseconds.
#[derive(Default)]
struct Ages(Mutex<Vec<f64>>);

/// Runs for `time` with `viewers` viewers, and one more on each stream that checks what it gets.
///
/// # Panics
///
/// The server does not start.
pub fn run(time: Duration, viewers: usize) -> Soak {
    let world = &World::start(pipeline);
    let ages = &Ages::default();
    let samples = thread::scope(|scope| {
        for (name, _) in STREAMS {
            scope.spawn(move || {
                let result = look(world, name, STYLES[0], |seen| {
                    if let (Some(PictureState::Live), Some(captured)) = (seen.kind, seen.captured) {
                        ages.lock().push(1000.0 * (seen.wall - captured));
                    }
                    Ok(())
                });
                if let Err(why) = result
                    && !world.is_ending()
                {
                    world.findings.wrong(format!("{name}: {why}"));
                }
            });
        }
        scope.spawn(|| look_on(world, &STREAMS.map(|(name, _)| name), viewers));
        let samples = samples(world, ages, time);
        world.end();
        world.stop();
        samples
    });
    Soak { samples, viewers, wrong: world.findings.all() }
}

fn samples(world: &World, ages: &Ages, time: Duration) -> Vec<Sample> {
    let mut samples = Vec::new();
    // What comes while everything starts is not the load that is looked at.
    let period = PERIOD.min(time / 12);
    if !world.sleep(period) {
        return samples;
    }
    ages.lock().clear();
    let (start, mut before) = (Instant::now(), Machine::now(world));
    while start.elapsed() < time && world.sleep(period) {
        let mut ages = std::mem::take(&mut *ages.lock());
        ages.sort_by(f64::total_cmp);
        let share = |share: f64| ages.get((ages.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
        let (at, resources) = (start.elapsed(), Resources::of(world));
        let machine = Machine::now(world);
        let others = machine.taken_since(&before);
        before = machine;
        let sample = Sample { at, resources, frames: ages.len(), others, age: [share(0.5), share(0.99)] };
        eprintln!("{}", sample.line());
        samples.push(sample);
    }
    samples
}

fn pipeline(_: &Path) -> String {
    let mut text = String::from("streams:\n");
    for (name, camera) in STREAMS {
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "  {name}:
    source: {{ plugin: faulty, stage: {name}, id: {camera}, width: 1280, height: 720, fps: 15, jpeg: true }}
    transforms: [ {{ plugin: resize, width: 640 }}, {{ plugin: timestamp }}, {{ plugin: jpeg, quality: 80 }} ]
"
        );
    }
    text + "sink: { plugin: mjpeg, listen: 127.0.0.1:0 }\n"
}

impl Soak {
    /// Returns whether the last third is as the first: memory within a tenth and 8 MiB, not a thread nor a descriptor more
    /// (but for two that come and go), ages within half as much again and 20 ms, as far as others left the machine alone.
    pub fn is_flat(&self) -> bool {
        self.growth().is_empty() && self.wrong.is_empty() && !self.samples.is_empty()
    }

    /// Lists what has grown from the first third to the last.
    fn growth(&self) -> Vec<String> {
        let third = self.samples.len().div_ceil(3);
        let (first, last) = (&self.samples[..third], &self.samples[self.samples.len() - third..]);
        let mut grown = Vec::new();
        let mut compare = |what: &str, value: &dyn Fn(&Sample) -> Option<f64>, factor: f64, more: f64| {
            let before = median(first.iter().filter_map(value).collect());
            let after = median(last.iter().filter_map(value).collect());
            // No number: no frame came, or there was no quiet moment.
            if after.is_nan() || before.is_nan() || after > before * factor + more {
                grown.push(format!("{what}: {before:.1} in the first third, {after:.1} in the last"));
            }
        };
        compare("memory (MiB)", &|sample| Some(sample.resources.memory as f64 / 1024.0), 1.1, 8.0);
        compare("threads", &|sample| Some(sample.resources.threads as f64), 1.0, 2.0);
        compare("descriptors", &|sample| Some(sample.resources.descriptors as f64), 1.0, 2.0);
        compare("median age (ms)", &|sample| sample.is_quiet().then_some(sample.age[0]), 1.5, 20.0);
        compare(
            "age of one in a hundred (ms)",
            &|sample| sample.is_quiet().then_some(sample.age[1]),
            1.5,
            20.0,
        );
        grown
    }

    /// As it is shown.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{} streams of 1280x720, made smaller, written on and encoded; {} clients\n\n",
            STREAMS.len(),
            self.viewers + STREAMS.len()
        );
        text.push_str(
            "| time | memory | threads | descriptors | frames looked at | age, median | age, 99 % |\n",
        );
        text.push_str("|---:|---:|---:|---:|---:|---:|---:|\n");
        for sample in &self.samples {
            let _ = writeln!(text, "{}", sample.line());
        }
        let verdict = if self.is_flat() { "flat" } else { "NOT flat" };
        let _ = writeln!(text, "\nThe last third against the first: {verdict}.");
        for line in self.growth().iter().chain(&self.wrong) {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}

impl Sample {
    /// Returns whether others left the machine alone.
    fn is_quiet(&self) -> bool {
        self.others < QUIET
    }

    fn line(&self) -> String {
        let Resources { memory, threads, descriptors } = self.resources;
        let [median, most] = self.age;
        let (minutes, seconds) = (self.at.as_secs() / 60, self.at.as_secs() % 60);
        format!(
            "| {minutes}:{seconds:02} | {} MiB | {threads} | {descriptors} | {} | {median:.1} ms | {most:.1} ms | {:.0} % |",
            memory >> 10,
            self.frames,
            100.0 * self.others
        )
    }
}

impl Ages {
    fn lock(&self) -> MutexGuard<'_, Vec<f64>> {
        // A list of numbers is whole at any time.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Not the mean: a single sample may fall into a moment at which the machine had other things to do.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soak(memory: impl Fn(u64) -> u64, age: impl Fn(u64) -> f64) -> Soak {
        let samples = (0..30).map(|index| Sample {
            at: PERIOD * index as u32,
            resources: Resources { memory: memory(index) << 10, threads: 20, descriptors: 90 },
            frames: 450,
            others: 0.0,
            age: [age(index), 2.0 * age(index)],
        });
        Soak { samples: samples.collect(), viewers: 50, wrong: Vec::new() }
    }

    #[test]
    fn what_grows_is_not_flat() {
        assert!(soak(|index| 80 + index % 3, |_| 15.0).is_flat());
        // A moment at which the machine had other things to do.
        assert!(soak(|_| 80, |index| if index == 28 { 900.0 } else { 15.0 }).is_flat());
        let leak = soak(|index| 80 + 2 * index, |_| 15.0);
        assert!(!leak.is_flat() && leak.text().contains("memory (MiB)"), "{}", leak.text());
        assert!(!soak(|_| 80, |index| 15.0 + 5.0 * index as f64).is_flat());
        assert!(!soak(|_| 80, |_| f64::NAN).is_flat(), "no frame came");
        let mut busy = soak(|_| 80, |index| 15.0 + 5.0 * index as f64);
        busy.samples.iter_mut().skip(1).step_by(2).for_each(|sample| sample.age = [15.0, 30.0]);
        busy.samples.iter_mut().step_by(2).for_each(|sample| sample.others = 0.9);
        assert!(busy.is_flat(), "{}", busy.text());
        busy.samples.iter_mut().for_each(|sample| sample.others = 0.9);
        assert!(!busy.is_flat(), "nobody can tell");
    }
}
