//! Chains of transforms in the running engine, and the same library calls in a loop beside each: 1080p and 720p, 4:2:0 and 4:2:2,
//! the chains of `pipelines/`.
//!
//! `cargo bench -p mutoscope-benches --bench chains [-- FILTER]`.
//!
//! The engine's part holds what the loop does not have: the threads, the plan, the boundary, the sink. Whether the one is
//! dearer than the other by a few percent is told by `benches/peers/run`, where they take turns; here each has its own
//! two seconds.

use criterion::{BenchmarkId, Criterion};
use mutoscope_benches::{ByHand, Output, Pipeline, Planes, ProcessorTime, criterion, files, pictures};
use mutoscope_frames::{Sequence, sequence};
use std::path::{Path, PathBuf};
use std::time::Duration;
use turbojpeg::{Compressor, Decompressor, Subsamp, Transform, TransformOp, Transformer};

/// Pictures that go in.
struct Input {
    name: &'static str,
    folder: PathBuf,
    size: (usize, usize),
    subsamp: Subsamp,
}

const TEXT_HEIGHT: u32 = 24;

/// Frames that the engine is timed over, at least: its frames are counted from outside.
const LEAST: u64 = 20;

fn main() {
    let Some(mut criterion) = criterion() else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let full = (1920, 1080);
    let hd = sequence(Sequence::Hd720).expect("the pictures");
    let inputs = [
        Input {
            name: "1080p 4:2:0",
            folder: sequence(Sequence::FullHd80Yuv420).expect("the pictures"),
            size: full,
            subsamp: Subsamp::Sub2x2,
        },
        Input {
            name: "1080p 4:2:2",
            folder: sequence(Sequence::FullHd80Yuv422).expect("the pictures"),
            size: full,
            subsamp: Subsamp::Sub2x1,
        },
        Input {
            name: "720p 4:2:2",
            folder: in_422(&hd, scratch.path()),
            size: (1280, 720),
            subsamp: Subsamp::Sub2x1,
        },
        Input { name: "720p 4:2:0", folder: hd, size: (1280, 720), subsamp: Subsamp::Sub2x2 },
    ];
    for input in &inputs {
        let (small, text) = ((640, 360), Some(TEXT_HEIGHT));
        let stamp = format!("{{ plugin: timestamp, text_height: {TEXT_HEIGHT} }}");
        // pipelines/simulated.yaml
        let whole = Output { size: input.size, text_height: text };
        let by_hand = || Planes::new(input.size, input.subsamp, 1, &[whole]);
        compare(&mut criterion, "timestamp", input, &one(input, &stamp), by_hand);
        let transforms = format!("{{ plugin: resize, width: 640 }}, {stamp}");
        let by_hand =
            || Planes::new(input.size, input.subsamp, 2, &[Output { size: small, text_height: text }]);
        compare(&mut criterion, "resize, timestamp", input, &one(input, &transforms), by_hand);
        // pipelines/several-sizes.yaml
        let sizes = [(320, 180), (160, 90)];
        let outputs = sizes.map(|size| Output { size, text_height: None });
        let by_hand = || Planes::new(input.size, input.subsamp, 4, &outputs);
        compare(&mut criterion, "several sizes", input, &several(input, &sizes), by_hand);
        // pipelines/turned.yaml
        compare(&mut criterion, "turned", input, &one(input, "{ plugin: rotate, angle: 180 }"), Turned::new);
    }
    criterion.final_summary();
}

fn one(input: &Input, transforms: &str) -> String {
    let folder = &input.folder;
    format!(
        "threads: 1\nstreams:\n  made: {{ source: {{ plugin: lockstep, frames: {folder:?} }}, \
         transforms: [ {transforms} ] }}\nsink: {{ plugin: lockstep }}\n"
    )
}

fn several(input: &Input, sizes: &[(usize, usize)]) -> String {
    let (folder, count) = (&input.folder, sizes.len());
    let mut file = format!(
        "threads: 1\nstreams:\n  camera: {{ source: {{ plugin: lockstep, frames: {folder:?}, streams: {count} }} }}\n"
    );
    let mut names = Vec::new();
    for (index, (width, height)) in sizes.iter().enumerate() {
        // The first is the one that is counted.
        let name = if index == 0 { "made".to_owned() } else { format!("made-{index}") };
        let resize = format!("{{ plugin: resize, width: {width}, height: {height} }}");
        file += &format!("  {name}: {{ from: camera, transforms: [ {resize} ] }}\n");
        names.push(name);
    }
    file + &format!("sink: {{ plugin: lockstep, streams: [{}] }}\n", names.join(", "))
}

fn compare<H: ByHand>(
    criterion: &mut Criterion<ProcessorTime>,
    chain: &str,
    input: &Input,
    yaml: &str,
    by_hand: impl Fn() -> H,
) {
    let mut group = criterion.benchmark_group(chain);
    group.bench_function(BenchmarkId::new("engine", input.name), |bencher| {
        let pipeline = Pipeline::start(yaml, "made");
        bencher.iter_custom(|count| {
            let time = pipeline.time_per_frame(count.max(LEAST));
            Duration::from_nanos(time.as_nanos() as u64 * count)
        });
    });
    group.bench_function(BenchmarkId::new("by hand", input.name), |bencher| {
        let (pictures, mut work, mut index) = (pictures(&input.folder), by_hand(), 0);
        bencher.iter(|| {
            // The clock goes on once in so many pictures, as it does at 30 a second.
            let text = format!("2026-01-01 12:00:{:02}", index / 30 % 60);
            work.picture(&pictures[index % pictures.len()], &text);
            index += 1;
        });
    });
    group.finish();
}

/// A half turn of the coefficients.
struct Turned {
    transformer: Transformer,
    jpeg: Vec<u8>,
}

impl Turned {
    fn new() -> Turned {
        Turned { transformer: Transformer::new().expect("a transformer"), jpeg: Vec::new() }
    }
}

impl ByHand for Turned {
    fn picture(&mut self, jpeg: &[u8], _: &str) {
        let half_turn = Transform::op(TransformOp::Rot180);
        self.jpeg = self.transformer.transform_to_vec(&half_turn, jpeg).expect("a picture");
    }

    fn jpegs(&self) -> Vec<&[u8]> {
        vec![&self.jpeg]
    }
}

/// The same pictures in 4:2:2.
fn in_422(folder: &Path, scratch: &Path) -> PathBuf {
    let target = scratch.join("422");
    std::fs::create_dir(&target).expect("a folder");
    let mut decompressor = Decompressor::new().expect("a decompressor");
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_quality(80).expect("a quality");
    compressor.set_subsamp(Subsamp::Sub2x1).expect("a sampling");
    for file in files(folder) {
        let jpeg = std::fs::read(&file).expect("a picture");
        let header = decompressor.read_header(&jpeg).expect("a picture");
        let (width, height) = (header.width, header.height);
        let mut pixels = vec![0; 3 * width * height];
        let (pitch, format) = (3 * width, turbojpeg::PixelFormat::RGB);
        let image = turbojpeg::Image { pixels: &mut pixels[..], width, pitch, height, format };
        decompressor.decompress(&jpeg, image).expect("a picture");
        let image = turbojpeg::Image { pixels: &pixels[..], width, pitch, height, format };
        let jpeg = compressor.compress_to_vec(image).expect("a picture");
        std::fs::write(target.join(file.file_name().expect("a name")), jpeg).expect("a file");
    }
    target
}
