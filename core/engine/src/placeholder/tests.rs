use super::*;
use mutoscope_plugin::{Buffer, Matrix, PlaneLayout, Range};
use std::time::Duration;

const PLANAR: [PixelFormat; 5] =
    [PixelFormat::I420, PixelFormat::I422, PixelFormat::I440, PixelFormat::I444, PixelFormat::GREY];

fn notice(what: &str) -> Notice {
    Notice {
        stream: "porch".into(),
        what: what.into(),
        since: Times { monotonic_ns: 0, wall_ns: 1_793_887_439_000_000_000 },
        next_attempt: Some(Duration::from_secs(4)),
        attempts: 3,
    }
}

/// Returns what is drawn 150 s after a source fell silent.
fn drawn(last: Option<&Frame>, (width, height): (u32, u32), what: &str) -> Frame {
    let now = Times { monotonic_ns: 150_000_000_000, wall_ns: 1_793_887_589_000_000_000 };
    draw(last, Size::new(width, height), &notice(what), now).unwrap()
}

/// A picture of all values in all planes, its lines padded.
fn last(format: Format) -> Frame {
    let mut layout = Vec::new();
    let mut offset = 0;
    while let Some((width, height)) = format.kind.plane_shape(layout.len(), format.width, format.height) {
        layout.push(PlaneLayout { offset, stride: width + 3 });
        offset += (width + 3) * height;
    }
    let bytes = (0..offset).map(|at| (at * 7) as u8).collect();
    let frame = Frame::with_layout(format, Buffer::from_vec(bytes), &layout, Times::default()).unwrap();
    frame.with_sequence(41)
}

fn luma(frame: &Frame) -> Vec<u8> {
    frame.plane(0).rows().flatten().copied().collect()
}

/// The columns and rows round all that is as light as letters are and the ground never is.
fn letters(frame: &Frame) -> Option<[usize; 4]> {
    let light: Vec<(usize, usize)> = (0..)
        .zip(frame.plane(0).rows())
        .flat_map(|(y, row)| (0..).zip(row).filter(|(_, luma)| **luma > 180).map(move |(x, _)| (x, y)))
        .collect();
    let (columns, rows) = (light.iter().map(|at| at.0), light.iter().map(|at| at.1));
    Some([columns.clone().min()?, columns.max()?, rows.clone().min()?, rows.max()?])
}

#[test]
fn the_last_picture_is_greyed_in_its_own_size_and_sampling() {
    for kind in PLANAR {
        for (width, height) in [(640, 480), (321, 181)] {
            for range in [Range::FULL, Range::LIMITED] {
                let format = Format::new(kind, width, height).with_colours(Matrix::BT709, range);
                let last = last(format);
                let frame = drawn(Some(&last), (9, 9), "source v4l2: no frame for 3.0 s");
                assert_eq!((frame.format(), frame.sequence()), (format, 41));
                assert_eq!(frame.freshness(), Freshness::PLACEHOLDER);
                assert_eq!(frame.times().monotonic_ns, 150_000_000_000);
                for index in 1..frame.plane_count() {
                    assert!(frame.plane(index).rows().flatten().all(|chroma| *chroma == 128), "{format}");
                }
                // In the corner, where no letter is, the picture is still there, with less contrast.
                let (was, is) = (&last.plane(0).row(0)[..32], &frame.plane(0).row(0)[..32]);
                for (a, b) in was.iter().zip(is).zip(was.iter().zip(is).skip(1)) {
                    assert_eq!(a.0 < b.0, a.1 < b.1, "{format}");
                }
                assert!(is.iter().all(|luma| (30..=130).contains(luma)), "{format}: {is:?}");
                let lightest = luma(&frame).into_iter().max().unwrap();
                assert_eq!(lightest, if range == Range::FULL { 255 } else { 235 }, "{format}");
            }
        }
    }
}

#[test]
fn the_text_stands_in_the_middle_and_within_the_edges() {
    let long = "an error of many words ".repeat(40);
    for (width, height) in
        [(1920, 1080), (720, 1280), (640, 480), (321, 181), (160, 120), (80, 60), (5000, 16)]
    {
        for what in ["", "source v4l2: no frame for 3.0 s", &long, &"x".repeat(5000)] {
            let frame = drawn(None, (width, height), what);
            let (width, height) = (width as usize, height as usize);
            let [left, right, top, bottom] = letters(&frame).unwrap();
            assert!(left > 0 && right + 1 < width && top > 0 && bottom + 1 < height, "{width}x{height}");
            // The rims, and the parts of letters that stand out above or below, differ by a little.
            let off =
                |near: usize, far: usize, of: usize| (near as i64 - (of - 1 - far) as i64).unsigned_abs();
            assert!(off(left, right, width) <= width as u64 / 40 + 3, "{width}x{height}: {left} to {right}");
            assert!(
                off(top, bottom, height) <= height as u64 / 40 + 5,
                "{width}x{height}: {top} to {bottom}"
            );
        }
    }
}

#[test]
fn each_part_of_what_is_said_is_seen() {
    let size = Size::new(640, 480);
    let now = Times { monotonic_ns: 150_000_000_000, wall_ns: 1_793_887_589_000_000_000 };
    let picture = |notice: &Notice| luma(&draw(None, size, notice, now).unwrap());
    let first = notice("source v4l2: no frame for 3.0 s");
    let before = picture(&first);
    assert!(before == picture(&first), "the same twice");
    for other in [
        Notice { stream: "lake".into(), ..first.clone() },
        Notice { what: "source v4l2: no frame for 4.0 s".into(), ..first.clone() },
        Notice { since: Times { wall_ns: 1_793_887_438_000_000_000, ..first.since }, ..first.clone() },
        Notice { since: Times { monotonic_ns: 60_000_000_000, ..first.since }, ..first.clone() },
        Notice { next_attempt: None, ..first.clone() },
        Notice { next_attempt: Some(Duration::ZERO), ..first.clone() },
        Notice { attempts: 4, ..first.clone() },
    ] {
        assert!(before != picture(&other), "{other:?}");
    }
}

#[test]
fn any_size_has_its_picture_and_the_smallest_have_no_text() {
    for (width, height) in
        [(1, 1), (2, 1), (1, 2), (3, 3), (7, 5), (39, 400), (16, 5000), (5000, 7), (65_500, 1)]
    {
        for last in [None, Some(last(Format::new(PixelFormat::I422, width, height)))] {
            let frame = drawn(last.as_ref(), (width, height), "source v4l2: no frame");
            assert_eq!(frame.format().size(), Size::new(width, height));
            assert!(letters(&frame).is_none(), "{width}x{height}");
        }
    }
    // Where letters begin, they are whole: nothing in between ends in a panic or in half a line.
    for side in 1..130 {
        for (width, height) in [(side, side), (side, 40), (200, side)] {
            let frame = drawn(None, (width, height), "source v4l2: no frame for 3.0 s");
            if let Some([left, right, top, bottom]) = letters(&frame) {
                let inside =
                    left > 0 && right + 1 < width as usize && top > 0 && bottom + 1 < height as usize;
                assert!(inside, "{width}x{height}: {left} to {right}, {top} to {bottom}");
            }
        }
    }
}

#[test]
fn without_planes_it_is_plain() {
    let bytes = vec![200; 64 * 48 * 2];
    let packed = Frame::from_vec(Format::new(PixelFormat::YUYV, 64, 48), bytes, Times::default()).unwrap();
    let jpeg = Frame::from_vec(Format::jpeg(64, 48), vec![0xff, 0xd8], Times::default()).unwrap();
    let none = drawn(None, (320, 240), "gone");
    assert_eq!(none.format(), Format::new(PixelFormat::I420, 320, 240));
    let ground = none.plane(0).row(0)[0];
    assert!(none.plane(0).row(239).iter().all(|luma| *luma == ground) && (40..120).contains(&ground));
    for last in [packed, jpeg] {
        let frame = drawn(Some(&last.with_sequence(5)), (320, 240), "gone");
        assert_eq!((frame.format(), frame.sequence()), (none.format(), 5));
        assert!(luma(&frame) == luma(&none));
    }
}

#[test]
fn a_size_that_no_frame_has_is_refused() {
    for (width, height) in [(0, 0), (0, 480), (640, 0), (65_501, 1), (65_500, 65_500), (u32::MAX, u32::MAX)] {
        let size = Size::new(width, height);
        assert!(draw(None, size, &notice("gone"), Times::default()).is_err(), "{size}");
    }
}

#[test]
fn what_the_font_lacks_has_a_mark() {
    let with = |what| luma(&drawn(None, (640, 480), what));
    let (boxes, blanks) = (with("error 再接続 🙂"), with("error \u{1}\u{2}\u{3} \u{4}"));
    assert!(boxes != with("error") && blanks == with("error"));
    assert!(boxes == with("error 日本語 🙁"), "the same mark for all");
}
