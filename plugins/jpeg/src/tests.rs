//! The plugin as the host sees it: pictures in, pictures out, and pictures that are not well meant.

mod hostile;
mod limits;
mod pool;

use crate::Jpeg;
use crate::config::Options;
use mutoscope_plugin::testing::{Conformance, TestHost};
use mutoscope_plugin::{
    Buffer, Format, Frame, Output, PixelFormat, Plane, PlaneLayout, Result, Scaling, Size, Times, Transform,
    Update, serde_json,
};

pub(crate) const KINDS: [PixelFormat; 5] =
    [PixelFormat::I420, PixelFormat::I422, PixelFormat::I440, PixelFormat::I444, PixelFormat::GREY];
const SIZES: [(u32, u32); 7] = [(1, 1), (2, 1), (1, 2), (17, 13), (33, 32), (64, 48), (321, 201)];

pub(crate) fn options(json: &str) -> Options {
    serde_json::from_str(json).unwrap()
}

pub(crate) fn transform(json: &str) -> Jpeg {
    Jpeg::open(options(json), &TestHost::new().context()).unwrap()
}

pub(crate) fn run(json: &str, frame: Frame) -> Result<Frame> {
    match transform(json).process(frame, &TestHost::new().context())? {
        Output::Frame(frame) => {
            frame.check()?;
            Ok(frame)
        }
        other => panic!("{other:?}"),
    }
}

/// A soft texture, another one in each plane, in a pooled frame.
pub(crate) fn textured(kind: PixelFormat, width: u32, height: u32) -> Frame {
    let mut frame =
        Frame::pooled(Format::new(kind, width, height), Times::now(), &TestHost::new().context()).unwrap();
    for (index, plane) in frame.planes_mut(&TestHost::new().context()).unwrap().iter_mut().enumerate() {
        let scale = if index == 0 { 1.0 } else { 2.0 };
        for (y, row) in plane.rows_mut().enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let wave = (x as f32 * scale * 0.02).sin() + (y as f32 * scale * 0.03 + index as f32).cos();
                *sample = (128.0 + 50.0 * wave) as u8;
            }
        }
    }
    frame
}

/// Peak signal-to-noise ratio in dB between two planes of the same size.
fn psnr(a: Plane<'_>, b: Plane<'_>) -> f64 {
    assert_eq!((a.width, a.height), (b.width, b.height));
    let squares: f64 =
        a.rows().flatten().zip(b.rows().flatten()).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 / (squares / (a.width * a.height) as f64).max(1e-9)).log10()
}

#[test]
fn it_keeps_what_every_plugin_must_keep() {
    Conformance::of(crate::plugin())
        .options(serde_json::json!({}))
        .options(serde_json::json!({ "quality": 40 }))
        .options(serde_json::json!({ "subsampling": "4:2:0" }))
        .options(serde_json::json!({ "subsampling": "grey", "quality": 90 }))
        .options(serde_json::json!({ "to": "planes" }))
        .options(serde_json::json!({ "to": "planes", "downscale": 8 }))
        .check();
}

#[test]
fn planes_survive_jpeg_at_every_sampling_and_odd_sizes() {
    for kind in KINDS {
        for (width, height) in SIZES {
            let planes = textured(kind, width, height);
            let jpeg = run(r#"{"quality": 95}"#, planes.clone().with_sequence(7)).unwrap();
            assert_eq!(jpeg.format(), Format::jpeg(width, height).with_sampling(kind));
            assert_eq!((jpeg.sequence(), jpeg.times()), (7, planes.times()));
            assert_eq!(
                Frame::from_jpeg(Buffer::from_vec(jpeg.jpeg().unwrap().to_vec()), Times::default())
                    .unwrap()
                    .format(),
                jpeg.format()
            );
            let again = run(r#"{"to": "planes"}"#, jpeg).unwrap();
            assert_eq!(again.format(), planes.format());
            assert_eq!((again.sequence(), again.times()), (7, planes.times()));
            for (index, (a, b)) in planes.planes().zip(again.planes()).enumerate() {
                let psnr = psnr(a, b);
                assert!(psnr > 38.0, "{kind} {width}x{height}, plane {index}: {psnr:.1} dB");
            }
        }
    }
}

#[test]
fn what_lies_outside_the_picture_is_never_seen() {
    let context = TestHost::new().context();
    for kind in KINDS {
        for (width, height) in [(1, 1), (17, 13), (16, 13), (17, 16), (31, 31)] {
            // Strides and gaps that no pool makes, and black beside a white picture.
            let format = Format::new(kind, width, height);
            let (mut layout, mut at) = (Vec::new(), 5);
            for index in 0..if kind == PixelFormat::GREY { 1 } else { 3 } {
                let (bytes, lines) = kind.plane_shape(index, width, height).unwrap();
                layout.push(PlaneLayout { offset: at, stride: bytes + 7 });
                at += (bytes + 7) * lines + 3;
            }
            let mut frame =
                Frame::with_layout(format, Buffer::from_vec(vec![0; at]), &layout, Times::default()).unwrap();
            for plane in &mut frame.planes_mut(&context).unwrap() {
                plane.rows_mut().for_each(|row| row.fill(250));
            }
            let again = run(r#"{"to": "planes"}"#, run(r#"{"quality": 90}"#, frame).unwrap()).unwrap();
            for plane in again.planes() {
                assert!(plane.rows().flatten().all(|sample| sample.abs_diff(250) <= 1), "{format}");
            }
        }
    }
}

#[test]
fn a_stride_without_a_second_line_does_not_matter() {
    let layout = [PlaneLayout { offset: 0, stride: usize::MAX / 4 }];
    let frame =
        Frame::with_layout(Format::grey(4, 1), Buffer::from_vec(vec![9; 4]), &layout, Times::default());
    let jpeg = run("{}", frame.unwrap()).unwrap();
    assert_eq!(jpeg.format().size(), Size::new(4, 1));
}

#[test]
fn full_range_values_come_through_within_rounding() {
    for kind in KINDS {
        for value in [0, 1, 16, 127, 128, 129, 235, 254, 255] {
            let context = TestHost::new().context();
            let mut frame = textured(kind, 48, 32);
            for plane in &mut frame.planes_mut(&context).unwrap() {
                plane.rows_mut().for_each(|row| row.fill(value));
            }
            let again = run(r#"{"to": "planes"}"#, run(r#"{"quality": 100}"#, frame).unwrap()).unwrap();
            for plane in again.planes() {
                assert!(plane.rows().flatten().all(|sample| sample.abs_diff(value) <= 1), "{kind} {value}");
            }
        }
    }
}

#[test]
fn planes_are_encoded_where_they_stand() {
    let stand = TestHost::new();
    let Output::Frame(_) =
        transform("{}").process(textured(PixelFormat::I420, 64, 48), &stand.context()).unwrap()
    else {
        panic!()
    };
    assert_eq!(stand.counter("bytes_copied"), 0);
}

#[test]
fn nothing_is_touched_where_nothing_is_asked() {
    let jpeg = run(r#"{"quality": 80}"#, textured(PixelFormat::I422, 64, 48)).unwrap();
    for json in [
        "{}",
        r#"{"subsampling": "4:2:2"}"#,
        r#"{"quality": 80}"#,
        r#"{"quality": 80, "subsampling": "4:2:2"}"#,
    ] {
        let passed = run(json, jpeg.clone()).unwrap();
        assert_eq!(passed.jpeg().unwrap().as_ptr(), jpeg.jpeg().unwrap().as_ptr(), "{json}");
    }
    for json in [r#"{"quality": 79}"#, r#"{"subsampling": "4:2:0"}"#] {
        let changed = run(json, jpeg.clone()).unwrap();
        assert_ne!(changed.jpeg().unwrap().as_ptr(), jpeg.jpeg().unwrap().as_ptr(), "{json}");
    }
    let planes = textured(PixelFormat::I422, 64, 48);
    let passed = run(r#"{"to": "planes"}"#, planes.clone()).unwrap();
    assert_eq!(passed.plane(0).data.as_ptr(), planes.plane(0).data.as_ptr());
}

#[test]
fn a_jpeg_gets_another_quality_and_sampling() {
    for (width, height) in [(17, 13), (64, 48), (321, 201)] {
        for from in KINDS {
            let planes = textured(from, width, height);
            let jpeg = run(r#"{"quality": 95}"#, planes.clone()).unwrap();
            for (to, name) in KINDS.iter().zip(["4:2:0", "4:2:2", "4:4:0", "4:4:4", "grey"]) {
                let json = format!(r#"{{"quality": 92, "subsampling": "{name}"}}"#);
                let changed = run(&json, jpeg.clone()).unwrap();
                assert_eq!(changed.format(), jpeg.format().with_sampling(*to));
                let again = run(r#"{"to": "planes"}"#, changed).unwrap();
                assert!(psnr(again.plane(0), planes.plane(0)) > 37.0, "{from} to {to}");
                // The same straight from planes.
                let direct = run(r#"{"to": "planes"}"#, run(&json, planes.clone()).unwrap()).unwrap();
                for (again, direct) in again.planes().zip(direct.planes()) {
                    assert!(psnr(again, direct) > 37.0, "{from} to {to} at {width}x{height}");
                }
                if from == PixelFormat::GREY && *to != PixelFormat::GREY {
                    assert!(again.plane(1).rows().flatten().all(|sample| sample.abs_diff(128) <= 1));
                }
            }
        }
    }
}

#[test]
fn decoding_at_a_scale_gives_the_size_that_was_promised() {
    for kind in KINDS {
        for (width, height) in [(1, 1), (17, 13), (64, 48), (321, 201), (1279, 719)] {
            let jpeg = run(r#"{"quality": 90}"#, textured(kind, width, height)).unwrap();
            for n in [1, 2, 4, 8] {
                let json = format!(r#"{{"to": "planes", "downscale": {n}}}"#);
                let modes = Jpeg::modes(&options(&json), &jpeg.format()).unwrap();
                let small = run(&json, jpeg.clone()).unwrap();
                assert_eq!(small.format(), modes[0].gives);
                assert_eq!(small.format().size(), Size::new(width.div_ceil(n), height.div_ceil(n)));
                // Every plane is the mean of what it was, block by block.
                if width > 300 {
                    let large = run(r#"{"to": "planes"}"#, jpeg.clone()).unwrap();
                    for (index, (small, large)) in small.planes().zip(large.planes()).enumerate() {
                        let psnr = block_psnr(small, large, n as usize);
                        assert!(psnr > 36.0, "{kind} {width}x{height} at 1/{n}, plane {index}: {psnr:.1} dB");
                    }
                }
            }
        }
    }
}

/// Peak signal-to-noise ratio of a plane against the means of `n` by `n` samples of a larger one.
fn block_psnr(small: Plane<'_>, large: Plane<'_>, n: usize) -> f64 {
    let (width, height) = (large.width / n, large.height / n);
    let mut squares = 0.0;
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let block = (0..n).flat_map(|line| &large.row(y * n + line)[x * n..][..n]);
        let mean = block.map(|sample| f64::from(*sample)).sum::<f64>() / (n * n) as f64;
        squares += (f64::from(small.row(y)[x]) - mean).powi(2);
    }
    10.0 * (255.0 * 255.0 / (squares / (width * height) as f64).max(1e-9)).log10()
}

/// Noise of `width` by `height` pixels, said to be a little smaller, so that the last blocks hold what is outside.
fn larger_than_it_says(
    kind: PixelFormat,
    (width, height): (u32, u32),
    (less_width, less_height): (u32, u32),
) -> Vec<u8> {
    let mut state = 1_u32;
    let format = Format::new(kind, width, height);
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let samples = (0..3).filter_map(|plane| kind.plane_shape(plane, width, height)).map(|(w, h)| w * h).sum();
    let frame = Frame::from_vec(format, bytes.take(samples).collect(), Times::default()).unwrap();
    let mut jpeg = run(r#"{"quality": 90}"#, frame).unwrap().jpeg().unwrap().to_vec();
    let start = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[start + 5..start + 7].copy_from_slice(&((height - less_height) as u16).to_be_bytes());
    jpeg[start + 7..start + 9].copy_from_slice(&((width - less_width) as u16).to_be_bytes());
    jpeg
}

#[test]
fn what_lies_outside_the_picture_is_not_seen_at_a_scale_either() {
    for kind in KINDS {
        for less in [(0, 7), (3, 0), (1, 1), (7, 5)] {
            let jpeg = larger_than_it_says(kind, (64, 48), less);
            let progressive = {
                let mut transformer = turbojpeg::Transformer::new().unwrap();
                let mut transform = turbojpeg::Transform::default();
                transform.progressive = true;
                transformer.transform_to_vec(&transform, &jpeg).unwrap()
            };
            for bytes in [jpeg, progressive] {
                let frame = Frame::from_jpeg(Buffer::from_vec(bytes), Times::default()).unwrap();
                let full = run(r#"{"to": "planes"}"#, frame.clone()).unwrap();
                for n in [2, 4, 8] {
                    let small =
                        run(&format!(r#"{{"to": "planes", "downscale": {n}}}"#), frame.clone()).unwrap();
                    for (index, (small, full)) in small.planes().zip(full.planes()).enumerate() {
                        for (y, x) in (0..small.height).flat_map(|y| (0..small.width).map(move |x| (y, x))) {
                            let lines = y * n..full.height.min(y * n + n);
                            let columns = x * n..full.width.min(x * n + n);
                            let count = lines.len() * columns.len();
                            if count == n * n {
                                continue;
                            }
                            let inside = lines.flat_map(|y| full.row(y)[columns.clone()].iter());
                            let mean = inside.map(|sample| usize::from(*sample)).sum::<usize>() as f64
                                / count as f64;
                            let is = f64::from(small.row(y)[x]);
                            assert!(
                                (is - mean).abs() <= 1.5,
                                "{kind} {less:?} 1/{n}, {index} at {x},{y}: {is} for {mean}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_planner_hears_what_it_needs() {
    let modes = |json: &str, format: Format| Jpeg::modes(&options(json), &format).unwrap();
    let jpeg = Format::jpeg(1920, 1080).with_sampling(PixelFormat::I422);
    let planes = Format::new(PixelFormat::I422, 1920, 1080);
    let pass = &modes("{}", jpeg)[0];
    assert_eq!((pass.gives, pass.cost_us, pass.scaling, pass.stateless), (jpeg, 0.0, Scaling::Free, true));
    let encode = &modes("{}", planes)[0];
    assert_eq!((encode.gives, encode.name.as_str()), (jpeg, "encode"));
    let cut = &modes(r#"{"subsampling": "4:2:0"}"#, planes)[0];
    assert_eq!(cut.gives, jpeg.with_sampling(PixelFormat::I420));
    let half = &modes(r#"{"to": "planes", "downscale": 2}"#, jpeg)[0];
    assert_eq!(half.gives, Format::new(PixelFormat::I422, 960, 540));
    assert!(half.name.starts_with("decode at 1/2 with "), "{}", half.name);
    // At 1/8 it is the same one on every machine.
    let eighth = &modes(r#"{"to": "planes", "downscale": 8}"#, jpeg)[0];
    assert_eq!(eighth.name, "decode at 1/8 with jpegbits");
    let unknown = &modes(r#"{"to": "planes", "downscale": 8}"#, jpeg.with_sampling(PixelFormat(0)))[0];
    assert_eq!(unknown.name, "decode at 1/8");
    let whole = &modes(r#"{"to": "planes"}"#, jpeg)[0];
    assert!(half.cost_us < whole.cost_us && whole.cost_us < encode.cost_us);
    // Other colours are `convert`'s, as is everything that is no plane.
    assert_eq!(
        modes("{}", planes.with_colours(mutoscope_plugin::Matrix::BT709, mutoscope_plugin::Range::FULL)),
        []
    );
    assert_eq!(modes("{}", Format::new(PixelFormat::YUYV, 64, 48)), []);
    assert_eq!(modes(r#"{"to": "planes", "downscale": 2}"#, planes), []);
}

#[test]
fn options_that_contradict_each_other_are_refused_by_name() {
    for (json, path) in [
        (r#"{"downscale": 2}"#, "downscale"),
        (r#"{"to": "planes", "downscale": 3}"#, "downscale"),
        (r#"{"to": "planes", "quality": 80}"#, "quality"),
        (r#"{"to": "planes", "subsampling": "grey"}"#, "subsampling"),
        (r#"{"quality": 0}"#, "quality"),
        (r#"{"quality": 101}"#, "quality"),
    ] {
        let error = Jpeg::modes(&options(json), &Format::jpeg(8, 8)).unwrap_err();
        assert_eq!(error.option_path(), path, "{json}: {error}");
    }
}

#[test]
fn quality_changes_while_it_runs() {
    let context = TestHost::new().context();
    let mut jpeg = transform(r#"{"quality": 90}"#);
    let len = |jpeg: &mut Jpeg| {
        let Output::Frame(frame) = jpeg.process(textured(PixelFormat::I420, 321, 201), &context).unwrap()
        else {
            panic!()
        };
        frame.jpeg().unwrap().len()
    };
    let fine = len(&mut jpeg);
    assert_eq!(jpeg.update(options(r#"{"quality": 20}"#), &context).unwrap(), Update::Applied);
    let coarse = len(&mut jpeg);
    assert!(coarse < fine, "{coarse} {fine}");
    assert!(jpeg.update(options(r#"{"quality": 200}"#), &context).is_err());
    assert_eq!(len(&mut jpeg), coarse);
    assert_eq!(jpeg.update(options(r#"{"to": "planes"}"#), &context).unwrap(), Update::Restart);
}

#[test]
fn the_schema_says_what_can_be_had() {
    let schema = crate::plugin().transform().unwrap().schema();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["properties"]["quality"]["maximum"], 100);
    assert_eq!(schema["$defs"]["Downscale"]["enum"], serde_json::json!([1, 2, 4, 8]));
}
