//! The layout of bytes: every pixel format, odd sizes, strange strides, mosaics.

use super::reference::{noise, pixel};
use super::{SIZES, asking, run};
use mutoscope_plugin::{Buffer, Format, Frame, Matrix, PixelFormat, PlaneLayout, Range};

/// The same picture with its lines and planes apart.
fn spread(frame: &Frame) -> Frame {
    let (mut layout, mut bytes) = (Vec::new(), vec![0x55; 3]);
    for plane in frame.planes() {
        let stride = plane.width + 5;
        layout.push(PlaneLayout { offset: bytes.len(), stride });
        for (y, row) in plane.rows().enumerate() {
            bytes.extend_from_slice(row);
            // Not a byte more than the last line has.
            if y + 1 < plane.height {
                bytes.extend([0x55; 5]);
            }
        }
    }
    Frame::with_layout(frame.format(), Buffer::from_vec(bytes), &layout, frame.times()).unwrap()
}

fn same(a: &Frame, b: &Frame) -> bool {
    a.planes().zip(b.planes()).all(|(a, b)| a.rows().eq(b.rows()))
}

#[test]
fn what_loses_nothing_comes_back_byte_for_byte() {
    for (width, height) in SIZES {
        for chain in [
            &[
                PixelFormat::I422,
                PixelFormat::YUYV,
                PixelFormat::UYVY,
                PixelFormat::NV16,
                PixelFormat::YVYU,
                PixelFormat::VYUY,
            ][..],
            &[PixelFormat::I420, PixelFormat::NV12, PixelFormat::YV12, PixelFormat::NV21],
            &[PixelFormat::I444, PixelFormat::NV24],
            &[PixelFormat::GREY, PixelFormat::Y16],
            &[PixelFormat::GREY, PixelFormat::I440, PixelFormat::I420, PixelFormat::YUYV, PixelFormat::I444],
            &[PixelFormat::I420, PixelFormat::I444],
            &[PixelFormat::I440, PixelFormat::NV24],
            &[PixelFormat::RGB24, PixelFormat::BGRA32, PixelFormat::BGR24, PixelFormat::RGBA32],
        ] {
            let first = noise(Format::new(chain[0], width, height), u64::from(width));
            let mut frame = first.clone();
            for kind in chain[1..].iter().chain(&chain[..1]) {
                frame = spread(&run(&asking(&Format::new(*kind, width, height)), frame));
            }
            assert!(same(&first, &frame), "{chain:?} at {width}x{height}");
        }
    }
}

#[test]
fn packed_frames_become_planes_as_by_another_kind() {
    for (width, height) in SIZES {
        for kind in [PixelFormat::YUYV, PixelFormat::UYVY, PixelFormat::YVYU, PixelFormat::VYUY] {
            for (before, after) in [(Range::LIMITED, Range::FULL), (Range::FULL, Range::LIMITED)] {
                let colours =
                    |kind, range| Format::new(kind, width, height).with_colours(Matrix::BT709, range);
                let packed = spread(&noise(colours(kind, before), u64::from(width)));
                let between = run(&asking(&colours(PixelFormat::NV16, before)), packed.clone());
                for range in [before, after] {
                    let planes = run(&asking(&colours(PixelFormat::I422, range)), packed.clone());
                    let expected = run(&asking(&colours(PixelFormat::I422, range)), between.clone());
                    assert!(same(&planes, &expected), "{kind} at {width}x{height}, {before} to {range}");
                }
            }
        }
    }
}

#[test]
fn a_mosaic_keeps_what_it_has_and_interpolates_the_rest() {
    for (width, height) in SIZES {
        for mosaic in [PixelFormat::BGGR8, PixelFormat::GBRG8, PixelFormat::GRBG8, PixelFormat::RGGB8] {
            let first = noise(Format::new(mosaic, width, height), 3);
            let rgb = run(r#"{"to": "rgb24"}"#, spread(&first));
            let again = run(&asking(&first.format()), spread(&rgb));
            assert!(same(&first, &again), "{mosaic} at {width}x{height}");
        }
    }
}

#[test]
fn a_slope_survives_a_mosaic() {
    let (width, height) = (40, 30);
    let mut bytes = Vec::new();
    for (y, x) in (0..height as usize).flat_map(|y| (0..width as usize).map(move |x| (y, x))) {
        bytes.extend([20 + 4 * x, 30 + 3 * y, 220 - 2 * x - 2 * y].map(|sample| sample as u8));
    }
    let rgb =
        Frame::from_vec(Format::new(PixelFormat::RGB24, width, height), bytes, Default::default()).unwrap();
    for mosaic in [PixelFormat::BGGR8, PixelFormat::GBRG8, PixelFormat::GRBG8, PixelFormat::RGGB8] {
        let again = run(r#"{"to": "rgb24"}"#, run(&asking(&Format::new(mosaic, width, height)), rgb.clone()));
        for (x, y) in (1..height as usize - 1).flat_map(|y| (1..width as usize - 1).map(move |x| (x, y))) {
            assert_eq!(pixel(&again, x, y), pixel(&rgb, x, y), "{mosaic} at {x}, {y}");
        }
        // And straight to planes it is the same as by way of RGB.
        let bayer = run(&asking(&Format::new(mosaic, width, height)), rgb.clone());
        assert!(same(&run("{}", bayer), &run("{}", again)), "{mosaic}");
    }
}

#[test]
fn a_stride_without_a_second_line_does_not_matter() {
    let layout = [PlaneLayout { offset: 0, stride: usize::MAX / 4 }];
    for kind in
        [PixelFormat::RGB24, PixelFormat::YUYV, PixelFormat::RGGB8, PixelFormat::GREY, PixelFormat::Y16]
    {
        let buffer = Buffer::from_vec(vec![90; 16]);
        let frame = Frame::with_layout(Format::new(kind, 4, 1), buffer, &layout, Default::default()).unwrap();
        run("{}", frame.clone());
        run(r#"{"to": "bgra32"}"#, frame);
    }
}

#[test]
fn a_twin_stands_beside_the_last_of_an_odd_number() {
    let yuyv = run(r#"{"to": "yuyv"}"#, noise(Format::new(PixelFormat::I444, 5, 2), 4));
    assert_eq!(yuyv.plane(0).row(0)[8], yuyv.plane(0).row(0)[10]);
    let rgba = run(r#"{"to": "rgba32"}"#, noise(Format::new(PixelFormat::I444, 5, 2), 4));
    assert!(rgba.plane(0).row(1).iter().skip(3).step_by(4).all(|alpha| *alpha == 255));
}
