//! Measures the cost of a call through the plugin boundary, against the same call made directly.
//!
//! ```text
//! cargo bench -p mutoscope-benches --bench boundary             # 15 rounds
//! cargo bench -p mutoscope-benches --bench boundary -- 50       # 50 rounds
//! ```
//!
//! A frame goes through five plugins that do nothing (`benches/idle`: a source, three transforms, a sink), first by their
//! traits, then through the tables of their library, which the engine's loader has loaded. Both take turns. Then a pipeline
//! runs in the engine, with few and with many of these transforms: the cost of each further one there has the deadline, the
//! counters and the clocks in it, too. At last it is timed how long a library takes from its file to its first frame.
//!
//! It ends with status 1 where a call through the boundary costs more than 50 ns or allocates.

use mutoscope_bench::allocations;
use mutoscope_benches::{Pipeline, median};
use mutoscope_engine::plugins::{LibraryRef, Loaded, Plugins};
use mutoscope_frames::{Sequence, sequence};
use mutoscope_plugin::host::{self, Outcome};
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Context, Frame, Output, Sink, Source, StreamId, Transform};
use nothing::{Again, Discard, Options, Pass};
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

// The library's own code once more: a program cannot link two plugins, and the crate of the benches has one.
#[path = "../idle/src/nothing.rs"]
mod nothing;

/// The allowed additional cost of a call through the boundary over a direct one.
const ALLOWED_NS: f64 = 50.0;
/// Frames in one round.
const FRAMES: u32 = 200_000;
const TRANSFORMS: usize = 3;
/// Calls that a frame makes: source, transforms, sink.
const HOPS: f64 = TRANSFORMS as f64 + 2.0;
const CAMERA: StreamId = StreamId(1);

/// The plugins, called by their traits. What is called stands behind a `black_box`, so that the compiler does not see through it
/// here, as it cannot there.
struct Direct {
    context: Context,
    source: Again,
    transforms: [Pass; TRANSFORMS],
    sink: Discard,
}

impl Direct {
    fn open() -> Direct {
        let context = TestHost::new().context();
        Direct {
            source: Source::open(Options {}, &context).expect("a source"),
            transforms: [const { Pass }; TRANSFORMS],
            sink: Discard,
            context,
        }
    }

    fn frame(&mut self) {
        let mut frame = black_box(&mut self.source).next_frame(&self.context).ok().flatten();
        for transform in &mut self.transforms {
            let processed = frame.map(|frame| black_box(transform).process(black_box(frame), &self.context));
            frame = match processed {
                Some(Ok(Output::Frame(frame))) => Some(frame),
                _ => None,
            };
        }
        let frame: Frame = frame.expect("a frame");
        black_box(&mut self.sink).receive(CAMERA, black_box(frame), &self.context).expect("a sink");
    }
}

/// The plugins of the library, called as the engine calls them.
struct Crossing {
    source: host::Source,
    transforms: [host::Transform; TRANSFORMS],
    sink: host::Sink,
}

impl Crossing {
    fn open(Loaded { plugin, .. }: &Loaded) -> Crossing {
        let host = || TestHost::new().host();
        let transform = plugin.transform().expect("a transform");
        Crossing {
            source: plugin.source().expect("a source").open("{}", host()).expect("a source"),
            transforms: std::array::from_fn(|_| transform.open("{}", host()).expect("a transform")),
            sink: plugin.sink().expect("a sink").open("{}", host()).expect("a sink"),
        }
    }

    fn frame(&mut self) {
        let mut frame = black_box(&mut self.source).next_frame().ok().flatten();
        for transform in &mut self.transforms {
            let outcome = black_box(transform).process_in_place(0, black_box(&mut frame));
            assert_eq!(outcome, Ok(Outcome::Frame));
        }
        let frame: Frame = frame.expect("a frame");
        black_box(&mut self.sink).receive(CAMERA, black_box(frame)).expect("a sink");
    }
}

fn plugins() -> Plugins {
    Plugins::from_env().unwrap_or_else(|error| panic!("{error}"))
}

/// Loads the library, for new plugins from another copy.
fn load(plugins: &Plugins, name: &str) -> Loaded {
    let name = LibraryRef::parse(name, Path::new("")).unwrap_or_else(|error| panic!("{error}"));
    plugins.load(&name, &[]).unwrap_or_else(|error| panic!("{error}"))
}

/// Nanoseconds of a call, and how often the thread asked for memory in the whole round.
fn round(mut frame: impl FnMut()) -> (f64, u64) {
    let (before, start) = (allocations::asked(), Instant::now());
    (0..FRAMES).for_each(|_| frame());
    let time = start.elapsed();
    let allocations = allocations::asked().times - before.times;
    (time.as_nanos() as f64 / (f64::from(FRAMES) * HOPS), allocations)
}

/// From the least to the most.
fn range(values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    format!("{least:.1} to {:.1}", values.iter().copied().fold(0.0, f64::max))
}

/// Returns whether calls cost no more than they may.
fn calls(rounds: usize) -> bool {
    let (mut direct, mut crossing) = (Direct::open(), Crossing::open(&load(&plugins(), "idle")));
    allocations::start().unwrap_or_else(|why| panic!("allocations cannot be counted: {why}"));
    // The first are not measured: whatever is set up once is theirs.
    (0..1000).for_each(|_| (direct.frame(), crossing.frame()).1);
    let (mut directs, mut crossings, mut more, mut allocations) = (vec![], vec![], vec![], 0);
    for _ in 0..rounds {
        let (directly, _) = round(|| direct.frame());
        let (crossed, asked) = round(|| crossing.frame());
        directs.push(directly);
        crossings.push(crossed);
        more.push(crossed - directly);
        allocations += asked;
    }
    let times = |name: &str, values: &[f64]| {
        println!("{name:<44}{:>8.1} ns   ({})", median(values), range(values));
    };
    times("a call, made directly", &directs);
    times("a call through the boundary", &crossings);
    times(&format!("  more than directly ({ALLOWED_NS} at most)"), &more);
    let whole: Vec<_> = crossings.iter().map(|time| time * HOPS).collect();
    times("a frame through source, 3 transforms, sink", &whole);
    let frames = u64::from(FRAMES) * rounds as u64;
    println!("{:<44}{allocations:>8}      (of {frames} frames)", "  allocations (none)");
    median(&more) <= ALLOWED_NS && allocations == 0
}

/// Measures the processor time of a further transform for a frame in a pipeline that runs.
fn running(rounds: usize) {
    const MANY: usize = 100;
    let folder = sequence(Sequence::Hd720).expect("the pictures");
    let time = |transforms: usize| {
        let idle = vec!["{ plugin: idle }"; transforms].join(", ");
        let yaml = format!(
            "source: {{ plugin: lockstep, frames: {} }}\ntransforms: [{idle}]\nsink: {{ plugin: lockstep }}\n",
            folder.display()
        );
        let pipeline = Pipeline::start(&yaml, "camera");
        pipeline.time_per_frame(1000);
        pipeline.time_per_frame(5000).as_nanos() as f64
    };
    let further = |_| (time(TRANSFORMS + MANY) - time(TRANSFORMS)) / MANY as f64;
    let times: Vec<f64> = (0..rounds.div_ceil(3)).map(further).collect();
    println!(
        "{:<44}{:>8.1} ns   ({})",
        "a further transform in a running pipeline",
        median(&times),
        range(&times)
    );
}

fn loading(rounds: usize) {
    for name in ["idle", "simulated"] {
        let times: Vec<f64> = (0..rounds)
            .map(|_| {
                let start = Instant::now();
                let loaded = load(&plugins(), name);
                let source = loaded.plugin.source().expect("a source");
                let options = if name == "idle" { "{}" } else { r#"{"width": 64, "height": 48}"# };
                let mut source = source.open(options, TestHost::new().host()).expect("a source");
                black_box(source.next_frame().expect("a frame"));
                start.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        let what = format!("{name}: from its file to its first frame");
        println!("{what:<44}{:>8.0} µs   ({})", median(&times), range(&times));
    }
}

fn main() -> ExitCode {
    // A build of the benches, or a run of all tests, must not wait for this.
    if !std::env::args().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let rounds = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(15);
    let cheap = calls(rounds);
    running(rounds);
    loading(rounds);
    if cheap { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
