//! Single stages (resize with each filter, timestamp, jpeg), and the bare library call beside each.
//!
//! `cargo bench -p mutoscope-benches --bench stages [-- FILTER]`.
//!
//! The plugin's part is a call through the boundary's tables, with memory from a pool; the bare one has its memory from
//! the start.

use criterion::{BenchmarkId, Criterion};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use mutoscope_benches::{Host, ProcessorTime, criterion, pictures};
use mutoscope_engine::plugins::{LibraryRef, Plugins};
use mutoscope_frames::{Sequence, sequence};
use mutoscope_paint::{Encoding, Font, Painter, PictureMut, PlaneMut, Position, Style, Subsampling};
use mutoscope_plugin::host::{Processed, Transform};
use mutoscope_plugin::{Buffer, Frame, Times};
use std::path::Path;
use std::sync::Arc;
use turbojpeg::{
    Compressor, Decompressor, ScalingFactor, Subsamp, YuvImage, compressed_buf_len, yuv_pixels_len,
};

const FULL: (usize, usize) = (1920, 1080);
const SMALL: (usize, usize) = (1280, 720);
const TEXT_HEIGHT: u32 = 24;

fn main() {
    let Some(mut criterion) = criterion() else { return };
    let jpegs = [
        ("4:2:0", Subsamp::Sub2x2, Sequence::FullHd80Yuv420),
        ("4:2:2", Subsamp::Sub2x1, Sequence::FullHd80Yuv422),
    ]
    .map(|(name, subsamp, kind)| {
        (name, subsamp, pictures(&sequence(kind).expect("the pictures")).swap_remove(0))
    });
    for (name, subsamp, jpeg) in &jpegs {
        decode(&mut criterion, name, *subsamp, jpeg);
        encode(&mut criterion, name, *subsamp, jpeg);
    }
    resize(&mut criterion, &jpegs[0].2);
    timestamp(&mut criterion, &jpegs[0].2);
    criterion.final_summary();
}

/// An instance from the plugin's own library, opened as in the engine.
fn open(plugin: &str, host: &Arc<Host>, options: &str) -> Transform {
    let plugins = Plugins::from_env().unwrap_or_else(|error| panic!("{error}"));
    let reference = LibraryRef::parse(plugin, Path::new("")).unwrap_or_else(|error| panic!("{error}"));
    let loaded = plugins.load(&reference, &[]).unwrap_or_else(|error| panic!("{error}"));
    let transform = loaded.plugin.transform().expect("a transform").open(options, host.clone());
    transform.unwrap_or_else(|failure| panic!("{options}: {failure}"))
}

fn process(transform: &mut Transform, frame: Frame) -> Frame {
    match transform.process(0, frame) {
        Ok(Processed::Frame(frame)) => frame,
        Ok(_) => panic!("no frame"),
        Err(failure) => panic!("{failure}"),
    }
}

fn jpeg_frame(jpeg: &[u8]) -> Frame {
    Frame::from_jpeg(Buffer::from_vec(jpeg.to_vec()), Times::now()).expect("a JPEG")
}

/// The picture as planes one after another without gaps, at 1/`downscale`.
fn planes(jpeg: &[u8], subsamp: Subsamp, downscale: usize) -> Vec<u8> {
    let (mut decompressor, mut pixels) = at_scale(subsamp, downscale);
    decompress(&mut decompressor, jpeg, subsamp, downscale, &mut pixels);
    pixels
}

fn at_scale(subsamp: Subsamp, downscale: usize) -> (Decompressor, Vec<u8>) {
    let mut decompressor = Decompressor::new().expect("a decompressor");
    decompressor.set_scaling_factor(ScalingFactor::new(1, downscale)).expect("a scale");
    let (width, height) = (FULL.0.div_ceil(downscale), FULL.1.div_ceil(downscale));
    (decompressor, vec![0; yuv_pixels_len(width, 1, height, subsamp).expect("a length")])
}

fn decompress(turbo: &mut Decompressor, jpeg: &[u8], subsamp: Subsamp, downscale: usize, pixels: &mut [u8]) {
    let (width, height) = (FULL.0.div_ceil(downscale), FULL.1.div_ceil(downscale));
    let image = YuvImage { pixels, width, align: 1, height, subsamp };
    turbo.decompress_to_yuv(jpeg, image).expect("a picture");
}

fn decode(criterion: &mut Criterion<ProcessorTime>, name: &str, subsamp: Subsamp, jpeg: &[u8]) {
    let mut group = criterion.benchmark_group(format!("jpeg, decode {name}"));
    for downscale in [1, 2, 4, 8] {
        group.bench_function(BenchmarkId::new("plugin", format!("1/{downscale}")), |bencher| {
            let host = Host::new();
            let options = format!(r#"{{ "to": "planes", "downscale": {downscale} }}"#);
            let mut decode = open("jpeg", &host, &options);
            let frame = jpeg_frame(jpeg);
            bencher.iter(|| process(&mut decode, frame.clone()));
        });
        group.bench_function(BenchmarkId::new("turbojpeg", format!("1/{downscale}")), |bencher| {
            let (mut turbo, mut pixels) = at_scale(subsamp, downscale);
            bencher.iter(|| decompress(&mut turbo, jpeg, subsamp, downscale, &mut pixels));
        });
    }
    group.finish();
}

fn encode(criterion: &mut Criterion<ProcessorTime>, name: &str, subsamp: Subsamp, jpeg: &[u8]) {
    let mut group = criterion.benchmark_group(format!("jpeg, encode {name}"));
    group.bench_function("plugin", |bencher| {
        let host = Host::new();
        let frame = decoded(&host, jpeg);
        let mut encode = open("jpeg", &host, "{}");
        bencher.iter(|| process(&mut encode, frame.clone()));
    });
    group.bench_function("turbojpeg", |bencher| {
        let mut turbo = Compressor::new().expect("a compressor");
        turbo.set_quality(85).expect("a quality");
        turbo.set_subsamp(subsamp).expect("a sampling");
        let pixels = planes(jpeg, subsamp, 1);
        let mut jpeg = vec![0; compressed_buf_len(FULL.0, FULL.1, subsamp).expect("a length")];
        bencher.iter(|| {
            let (width, height) = FULL;
            let image = YuvImage { pixels: &pixels[..], width, align: 1, height, subsamp };
            turbo.compress_yuv_to_slice(image, &mut jpeg).expect("a JPEG")
        });
    });
    group.finish();
}

/// The picture's planes in a frame.
fn decoded(host: &Arc<Host>, jpeg: &[u8]) -> Frame {
    let mut decode = open("jpeg", host, r#"{ "to": "planes" }"#);
    process(&mut decode, jpeg_frame(jpeg))
}

/// 1080p to 720p, 4:2:0.
fn resize(criterion: &mut Criterion<ProcessorTime>, jpeg: &[u8]) {
    let mut group = criterion.benchmark_group("resize 1080p to 720p");
    let filters = [
        ("nearest", None),
        ("box", Some(FilterType::Box)),
        ("bilinear", Some(FilterType::Bilinear)),
        ("hamming", Some(FilterType::Hamming)),
        ("catmull-rom", Some(FilterType::CatmullRom)),
        ("mitchell", Some(FilterType::Mitchell)),
        ("gaussian", Some(FilterType::Gaussian)),
        ("lanczos3", Some(FilterType::Lanczos3)),
    ];
    let full = planes(jpeg, Subsamp::Sub2x2, 1);
    for (name, filter) in filters {
        group.bench_function(BenchmarkId::new("plugin", name), |bencher| {
            let host = Host::new();
            let options = format!(r#"{{ "width": {}, "filter": "{name}" }}"#, SMALL.0);
            let mut resize = open("resize", &host, &options);
            let frame = decoded(&host, jpeg);
            bencher.iter(|| process(&mut resize, frame.clone()));
        });
        group.bench_function(BenchmarkId::new("fast_image_resize", name), |bencher| {
            let algorithm = filter.map_or(ResizeAlg::Nearest, ResizeAlg::Convolution);
            let options = ResizeOptions::new().resize_alg(algorithm);
            let (mut resizer, mut small) = (Resizer::new(), vec![0; SMALL.0 * SMALL.1 * 3 / 2]);
            bencher.iter(|| {
                let (mut from, mut to) = (&full[..], &mut small[..]);
                for halved in [1, 2, 2] {
                    let [width, height, to_width, to_height] =
                        [FULL.0, FULL.1, SMALL.0, SMALL.1].map(|side| side / halved);
                    let (plane, rest) = from.split_at(width * height);
                    let (to_plane, to_rest) = to.split_at_mut(to_width * to_height);
                    let plane = TypedImageRef::<U8>::from_buffer(width as u32, height as u32, plane);
                    let made = TypedImage::<U8>::from_buffer(to_width as u32, to_height as u32, to_plane);
                    let mut made = made.expect("a plane");
                    resizer.resize_typed(&plane.expect("a plane"), &mut made, &options).expect("a resize");
                    (from, to) = (rest, to_rest);
                }
            });
        });
    }
    group.finish();
}

/// On 1080p, 4:2:0; with a text that stands for a second, and with one that changes with each frame.
fn timestamp(criterion: &mut Criterion<ProcessorTime>, jpeg: &[u8]) {
    let mut group = criterion.benchmark_group("timestamp");
    for (name, format) in [("seconds", "%Y-%m-%d %H:%M:%S"), ("milliseconds", "%Y-%m-%d %H:%M:%S%.3f")] {
        group.bench_function(BenchmarkId::new("plugin", name), |bencher| {
            let host = Host::new();
            let options =
                format!(r#"{{ "text_height": {TEXT_HEIGHT}, "format": "{format}", "time_zone": "UTC" }}"#);
            let mut stamp = open("timestamp", &host, &options);
            // The same frame again and again, written over: it has no other holder, so nothing is copied.
            let mut frame = Some(decoded(&host, jpeg));
            bencher.iter(|| {
                let next = frame.take().map(|frame| process(&mut stamp, frame.with_times(Times::now())));
                frame = next;
            });
        });
        group.bench_function(BenchmarkId::new("paint", name), |bencher| {
            let painter = Painter::new(Font::bundled(), TEXT_HEIGHT, Style::default(), Encoding::JPEG);
            let mut painter = painter.expect("a painter");
            let mut pixels = planes(jpeg, Subsamp::Sub2x2, 1);
            let mut count = 0_u32;
            bencher.iter(|| {
                count += 1;
                let text = match name {
                    "seconds" => format!("2026-01-01 12:00:{:02}", count / 10_000 % 60),
                    _ => format!("2026-01-01 12:00:00.{:03}", count % 1000),
                };
                let (luma, chroma) = pixels.split_at_mut(FULL.0 * FULL.1);
                let (cb, cr) = chroma.split_at_mut(luma.len() / 4);
                let planes = [(luma, 1), (cb, 2), (cr, 2)].map(|(data, halved)| {
                    let (width, height) = (FULL.0 / halved, FULL.1 / halved);
                    PlaneMut { data, stride: width, width, height }
                });
                let mut picture = PictureMut::yuv(planes, Subsampling::S420).expect("a picture");
                painter.draw(&mut picture, &text, Position::TopLeft, 8);
            });
        });
    }
    group.finish();
}
