//! What does a call through the plugin boundary cost, against the same call made directly?
//!
//! ```text
//! cargo build --release && cargo bench -p mutoscope-benches --bench boundary
//! ```
//!
//! Five plugins that do nothing (a source that gives the same frame again, three transforms that pass it on, a sink that
//! drops it) are called by their traits and through the tables that cross, in turns. A loaded library's tables are such
//! tables. How long a library takes from `dlopen` to its first frame is measured with the source `simulated`.

use mutoscope_benches::median;
use mutoscope_engine::plugins::Plugins;
use mutoscope_plugin::host::Processed;
use mutoscope_plugin::testing::Stand;
use mutoscope_plugin::{
    Context, Format, Frame, Output, Result, Sink, Source, Stream, StreamId, Transform, options,
    serde_json::json,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// Frames in one round.
const FRAMES: u32 = 200_000;
const ROUNDS: usize = 15;
/// Calls that a frame makes: source, three transforms, sink.
const HOPS: f64 = 5.0;

/// Counts allocations.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is the system's allocator's own doing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps the contract; so below.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Nothing can be asked of them.
#[options]
struct Nothing {}

struct Again(Frame);
struct Pass;
struct Discard;

impl Source for Again {
    type Options = Nothing;

    fn open(_: Nothing, ctx: &Context) -> Result<Self> {
        Ok(Again(Frame::from_vec(Format::grey(64, 48), vec![0; 64 * 48], ctx.now())?))
    }

    fn next_frame(&mut self, _: &Context) -> Result<Option<Frame>> {
        Ok(Some(self.0.clone()))
    }
}

impl Transform for Pass {
    type Options = Nothing;

    fn open(_: Nothing, _: &Context) -> Result<Self> {
        Ok(Pass)
    }

    fn process(&mut self, frame: Frame, _: &Context) -> Result<Output> {
        Ok(frame.into())
    }
}

impl Sink for Discard {
    type Options = Nothing;

    fn open(_: Nothing, _: &Context) -> Result<Self> {
        Ok(Discard)
    }

    fn add_stream(&mut self, stream: Stream, ctx: &Context) -> Result<()> {
        ctx.set_demand(stream.id, 1);
        Ok(())
    }

    fn remove_stream(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
        ctx.set_demand(stream, 0);
        Ok(())
    }

    fn receive(&mut self, _: StreamId, frame: Frame, _: &Context) -> Result<()> {
        drop(frame);
        Ok(())
    }
}

mutoscope_plugin::export!(source: Again, transform: Pass, sink: Discard);

const CAMERA: StreamId = StreamId(1);

/// Runs a round: nanoseconds and allocations of one call.
fn round(mut frame: impl FnMut()) -> (f64, f64) {
    let (start, before) = (Instant::now(), ALLOCATIONS.load(Relaxed));
    (0..FRAMES).for_each(|_| frame());
    let calls = f64::from(FRAMES) * HOPS;
    let allocations = (ALLOCATIONS.load(Relaxed) - before) as f64;
    (start.elapsed().as_nanos() as f64 / calls, allocations / calls)
}

fn calls() {
    let (stand, plugin) = (Stand::new(), plugin());
    let context = stand.context();
    // What is called must not be seen through by the compiler, on this side as on the other.
    let mut again: Again = Source::open(Nothing {}, &context).expect("a source");
    let (mut passes, mut drops) = ([Pass, Pass, Pass], Discard);
    let directly = move || {
        let frame = black_box(&mut again).next_frame(&context).expect("a frame");
        let frame = black_box(&mut passes).iter_mut().fold(frame, |frame, pass| {
            match black_box(pass).process(black_box(frame?), &context) {
                Ok(Output::Frame(frame)) => Some(frame),
                _ => None,
            }
        });
        black_box(&mut drops).receive(CAMERA, black_box(frame.expect("a frame")), &context).expect("a sink");
    };
    let mut source = plugin.source().expect("a source").open("{}", stand.host()).expect("a source");
    let transform = plugin.transform().expect("a transform");
    let mut transforms: Vec<_> =
        (0..3).map(|_| transform.open("{}", stand.host()).expect("a transform")).collect();
    let mut sink = plugin.sink().expect("a sink").open("{}", stand.host()).expect("a sink");
    let through = move || {
        let frame = black_box(&mut source).next_frame().expect("a frame");
        let frame = transforms.iter_mut().fold(frame, |frame, transform| {
            match black_box(transform).process(0, black_box(frame?)) {
                Ok(Processed::Frame(frame)) => Some(frame),
                _ => None,
            }
        });
        black_box(&mut sink).receive(CAMERA, black_box(frame.expect("a frame"))).expect("a sink");
    };
    let (mut directly, mut through) = (directly, through);
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (round(&mut directly), round(&mut through))).collect();
    let of =
        |pick: fn(&((f64, f64), (f64, f64))) -> f64| median(&rounds.iter().map(pick).collect::<Vec<_>>());
    let (direct, crossed, more) = (of(|r| r.0.0), of(|r| r.1.0), of(|r| r.1.0 - r.0.0));
    println!("a call made directly        {direct:>7.1} ns");
    println!("a call through the boundary {crossed:>7.1} ns");
    println!("so much more                {more:>7.1} ns   (50 at most)");
    println!("a frame through all five    {:>7.1} ns", crossed * HOPS);
    let allocations = rounds.iter().map(|(_, (_, allocations))| *allocations).fold(0.0, f64::max);
    println!("allocations in a call       {allocations:>7.3}      (none)");
    assert!(allocations == 0.0, "a call through the boundary allocates");
}

fn loading() {
    let file = std::env::current_exe().expect("this program");
    let folder = file.parent().expect("its folder");
    let library = folder.join("libmutoscope_plugin_simulated.so");
    let options = json!({ "width": 64, "height": 48 }).to_string();
    let times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            // Each is copied and loaded anew: the program knows it again otherwise.
            let loaded =
                Plugins::from_env().expect("the environment").load_file(&library).expect("the plugin");
            let kind = loaded.plugin.source().expect("a source");
            let mut source = kind.open(&options, Stand::new().host()).expect("a source");
            black_box(source.next_frame().expect("a frame"));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    println!("dlopen to the first frame   {:>7.2} ms   ({ROUNDS} times)", median(&times));
}

fn main() {
    calls();
    loading();
}
