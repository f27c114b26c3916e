//! A pipeline about to be measured, round by round.

use crate::aggregate::Rounds;
use crate::allocations;
use crate::bench_pipeline::Tried;
use crate::bench_thread::BenchThread;
use crate::figures::{Figures, Read, SourceFigures};
use crate::recording::{Recording, Recordings};
use crate::trouble::Trouble;
use mutoscope_engine::config::Input;
use mutoscope_engine::prepare::Prepared;
use mutoscope_engine::run::record::Limits;
use mutoscope_engine::run::stepper::StepHost;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A pipeline about to be measured, round by round: rounds of several can be taken in turn, so that what disturbs one
/// disturbs all.
pub struct Bench {
    prepared: Arc<Prepared>,
    host: StepHost,
    cores: usize,
    sources: Vec<Measured>,
    /// Why allocations are not counted.
    uncounted: Option<&'static str>,
}

/// A source with what stands on it.
struct Measured {
    /// Its place among the trees of the pipeline.
    tree: usize,
    recording: Arc<Recording>,
    /// The first works alone, the others with it. They come when they are wanted.
    bench_threads: Vec<BenchThread>,
    tried: Tried,
    rounds: Rounds,
}

impl Bench {
    /// Reads the frames of a pipeline's sources into memory, and opens its transforms. No sink is opened.
    ///
    /// # Errors
    /// A source gives no frame, or there are no threads to be had.
    pub fn new(
        prepared: Arc<Prepared>,
        limits: &Limits,
        recordings: &mut Recordings,
    ) -> Result<Bench, Trouble> {
        let threads = prepared.pipeline.threads;
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let host = StepHost::new(threads);
        let mut sources = Vec::new();
        for (at, tree) in prepared.trees.iter().enumerate() {
            let recording = recordings.get(&prepared, tree, limits, &host)?;
            let bench_threads = vec![BenchThread::start(&prepared, tree.stream, &recording, &host)?];
            sources.push(Measured {
                tree: at,
                recording,
                bench_threads,
                tried: Tried::default(),
                rounds: Rounds::default(),
            });
        }
        let cores = threads.map_or(cores, |threads| threads.get().min(cores));
        Ok(Bench { prepared, host, cores, sources, uncounted: None })
    }

    /// Returns how many frames were read.
    pub fn frames(&self) -> usize {
        self.sources.iter().map(|source| source.recording.frames.len()).sum()
    }

    /// Takes each frame through once, for about so long; those that fail are left out from then on.
    ///
    /// # Errors
    /// A plugin refuses its options, no frame comes through, or a call does not return.
    pub fn warm_up(&mut self, time: Duration) -> Result<(), Trouble> {
        let each = self.each(time);
        for source in &mut self.sources {
            source.tried = source.bench_threads[0].try_all(each)?;
        }
        // Now that all libraries are there which plugins load when they are opened.
        self.uncounted = allocations::start().err();
        Ok(())
    }

    /// A round on one core, of about so long.
    ///
    /// # Errors
    /// A call does not return.
    pub fn round(&mut self, time: Duration) -> Result<(), Trouble> {
        let each = self.each(time);
        for source in &mut self.sources {
            source.bench_threads[0].start_sample(each, true);
            source.rounds.alone.push(source.bench_threads[0].sampled()?);
        }
        Ok(())
    }

    /// A round on all cores, of about so long: as many chains side by side.
    ///
    /// # Errors
    /// A call does not return, or there are no threads to be had.
    pub fn round_on_all(&mut self, time: Duration) -> Result<(), Trouble> {
        let each = self.each(time);
        for source in &mut self.sources {
            while source.bench_threads.len() < self.cores {
                let stream = self.prepared.trees[source.tree].stream;
                let bench_thread = BenchThread::start(&self.prepared, stream, &source.recording, &self.host)?;
                bench_thread.play(source.tried.good.clone());
                // What is opened and planned with the first frames is not measured.
                bench_thread.start_sample(each / 10, false);
                bench_thread.sampled()?;
                source.bench_threads.push(bench_thread);
            }
            let bench_threads = &source.bench_threads[..self.cores];
            bench_threads.iter().for_each(|bench_thread| bench_thread.start_sample(each, false));
            let samples: Result<Vec<_>, _> = bench_threads.iter().map(BenchThread::sampled).collect();
            source.rounds.together.push(samples?);
        }
        Ok(())
    }

    fn each(&self, time: Duration) -> Duration {
        time / u32::try_from(self.sources.len()).unwrap_or(1).max(1)
    }

    /// Returns what was measured so far.
    pub fn figures(&self) -> Figures {
        let counted = self.uncounted.is_none();
        let sources = self.sources.iter().map(|source| {
            let tree = &self.prepared.trees[source.tree];
            SourceFigures {
                read: source.read(&self.prepared, tree.stream),
                streams: source.rounds.streams(&self.prepared, tree, counted),
                whole: source.rounds.whole(tree, source.recording.fps, self.cores, counted),
            }
        });
        Figures { sources: sources.collect(), allocations_not_counted: self.uncounted.map(str::to_owned) }
    }

    /// Ends everything; gives the names of threads that do not end.
    pub fn end(self) -> Vec<String> {
        let Bench { host, sources, .. } = self;
        drop(sources);
        host.wait(Instant::now() + PATIENCE)
    }
}

/// How long it is waited for threads that do not end.
const PATIENCE: Duration = Duration::from_secs(2);

impl Measured {
    fn read(&self, prepared: &Prepared, stream: usize) -> Read {
        let plugin = match &prepared.pipeline.streams[stream].input {
            Input::Source(stage) => stage.plugin.to_string(),
            Input::From(_) => String::new(),
        };
        Read {
            plugin,
            frames: self.recording.frames.len(),
            cut_short: self.recording.cut_short.clone(),
            left_out: self.tried.bad.clone(),
            untried: self.tried.untried,
            formats: self.recording.formats().iter().map(ToString::to_string).collect(),
            fps: self.recording.fps,
            fps_was_measured: self.recording.fps.is_some() && self.recording.fps_was_measured,
        }
    }
}
