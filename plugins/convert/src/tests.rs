//! The plugin against the standards' own formulas, in floating point.

mod colours;
mod layouts;
mod reference;

use crate::Convert;
use crate::config::Options;
use mutoscope_plugin::testing::{Conformance, TestHost};
use mutoscope_plugin::{
    Format, Frame, Matrix, Output, PixelFormat, Range, Scaling, Transform, Update, serde_json,
};

pub(crate) const SIZES: [(u32, u32); 8] =
    [(1, 1), (2, 1), (1, 2), (3, 3), (17, 13), (64, 6), (97, 5), (331, 9)];

/// Every kind with the name of it as an option.
pub(crate) const NAMED: [(PixelFormat, &str); 23] = [
    (PixelFormat::I420, "yuv420"),
    (PixelFormat::I422, "yuv422"),
    (PixelFormat::I440, "yuv440"),
    (PixelFormat::I444, "yuv444"),
    (PixelFormat::GREY, "grey"),
    (PixelFormat::YV12, "yv12"),
    (PixelFormat::YUYV, "yuyv"),
    (PixelFormat::UYVY, "uyvy"),
    (PixelFormat::YVYU, "yvyu"),
    (PixelFormat::VYUY, "vyuy"),
    (PixelFormat::NV12, "nv12"),
    (PixelFormat::NV21, "nv21"),
    (PixelFormat::NV16, "nv16"),
    (PixelFormat::NV24, "nv24"),
    (PixelFormat::RGB24, "rgb24"),
    (PixelFormat::BGR24, "bgr24"),
    (PixelFormat::RGBA32, "rgba32"),
    (PixelFormat::BGRA32, "bgra32"),
    (PixelFormat::Y16, "y16"),
    (PixelFormat::BGGR8, "bggr"),
    (PixelFormat::GBRG8, "gbrg"),
    (PixelFormat::GRBG8, "grbg"),
    (PixelFormat::RGGB8, "rggb"),
];

pub(crate) fn options(json: &str) -> Options {
    serde_json::from_str(json).unwrap()
}

pub(crate) fn run(json: &str, frame: Frame) -> Frame {
    let context = TestHost::new().context();
    let mut convert = Convert::open(options(json), &context).unwrap();
    let promised = Convert::modes(&options(json), &frame.format()).unwrap();
    let Output::Frame(out) = convert.process(frame, &context).unwrap() else { panic!("no frame") };
    out.check().unwrap();
    assert_eq!(out.format(), promised[0].gives);
    out
}

/// The options for an output of this format.
pub(crate) fn asking(to: &Format) -> String {
    let name = NAMED.iter().find(|(kind, _)| *kind == to.kind).unwrap().1;
    let matrix = [(Matrix::BT601, "bt601"), (Matrix::BT709, "bt709"), (Matrix::BT2020, "bt2020")];
    let matrix = matrix.iter().find(|(matrix, _)| *matrix == to.matrix).unwrap().1;
    let range = if to.range == Range::FULL { "full" } else { "limited" };
    format!(r#"{{"to": "{name}", "matrix": "{matrix}", "range": "{range}"}}"#)
}

#[test]
fn it_keeps_what_every_plugin_must_keep() {
    let mut conformance = Conformance::of(crate::plugin()).options(serde_json::json!({ "range": "limited" }));
    for (_, to) in NAMED {
        conformance = conformance.options(serde_json::json!({ "to": to }));
    }
    conformance.check();
}

#[test]
fn by_default_everything_becomes_what_a_jpeg_holds() {
    for (from, to) in [
        (PixelFormat::YUYV, PixelFormat::I422),
        (PixelFormat::VYUY, PixelFormat::I422),
        (PixelFormat::NV16, PixelFormat::I422),
        (PixelFormat::NV12, PixelFormat::I420),
        (PixelFormat::NV21, PixelFormat::I420),
        (PixelFormat::YV12, PixelFormat::I420),
        (PixelFormat::NV24, PixelFormat::I444),
        (PixelFormat::RGB24, PixelFormat::I420),
        (PixelFormat::BGRA32, PixelFormat::I420),
        (PixelFormat::GRBG8, PixelFormat::I420),
        (PixelFormat::Y16, PixelFormat::GREY),
        (PixelFormat::I440, PixelFormat::I440),
    ] {
        let input = Format::new(from, 64, 48).with_colours(Matrix::BT709, Range::LIMITED);
        let way = &Convert::modes(&options("{}"), &input).unwrap()[0];
        assert_eq!(way.gives, Format::new(to, 64, 48), "{from}");
        assert!(way.cost_us > 0.0 && way.stateless && way.scaling == Scaling::Free);
    }
}

#[test]
fn what_cannot_be_converted_has_no_way() {
    let modes = |input: Format| Convert::modes(&options("{}"), &input).unwrap();
    assert_eq!(modes(Format::jpeg(64, 48)), []);
    assert_eq!(modes(Format::new(PixelFormat(7), 64, 48)), []);
    assert_eq!(modes(Format::new(PixelFormat::YUYV, 64, 48).with_colours(Matrix(9), Range::FULL)), []);
    assert_eq!(modes(Format::new(PixelFormat::YUYV, 64, 48).with_colours(Matrix::BT601, Range(0))), []);
    // RGB has no matrix that could be unknown.
    assert_eq!(modes(Format::new(PixelFormat::RGB24, 64, 48).with_colours(Matrix(9), Range(9))).len(), 1);
}

#[test]
fn a_picture_that_is_right_already_is_the_same_memory() {
    for kind in [PixelFormat::I422, PixelFormat::YUYV, PixelFormat::RGB24, PixelFormat::RGGB8] {
        let format = Format::new(kind, 64, 48);
        let frame = reference::noise(format, 1);
        let out = run(&asking(&format), frame.clone());
        assert_eq!(out.buffer().as_slice().as_ptr(), frame.buffer().as_slice().as_ptr(), "{kind}");
        assert_eq!(Convert::modes(&options(&asking(&format)), &format).unwrap()[0].cost_us, 0.0);
    }
}

#[test]
fn other_options_are_another_plan() {
    let context = TestHost::new().context();
    let mut convert = Convert::open(options("{}"), &context).unwrap();
    assert_eq!(convert.update(options(r#"{"to": "nv12"}"#), &context).unwrap(), Update::Restart);
}
