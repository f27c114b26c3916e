//! Pictures that would cost too much. What refusing them costs is in `tests/hostile_costs.rs`.

use super::hostile::{frame, jpeg_bytes, made, position};
use super::{KINDS, run, textured};
use mutoscope_plugin::PixelFormat;
use turbojpeg::{Compressor, Image, Subsamp};

/// The same picture, saying that it has another size.
fn sized(bytes: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let start = bytes.windows(2).position(|pair| matches!(pair, [0xff, 0xc0 | 0xc2])).unwrap();
    bytes[start + 5..start + 7].copy_from_slice(&height.to_be_bytes());
    bytes[start + 7..start + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// The first scan of a picture, header and all.
fn first_scan(bytes: &[u8]) -> &[u8] {
    let start = position(bytes, 0xda);
    let data = &bytes[start + 2..];
    let length = data.windows(2).position(|pair| pair[0] == 0xff && pair[1] != 0).unwrap();
    &bytes[start..start + 2 + length]
}

/// The picture with its first scan again and again instead of all scans.
fn repeated(bytes: &[u8], scans: usize) -> Vec<u8> {
    let start = &bytes[..position(bytes, 0xda)];
    [start, &first_scan(bytes).repeat(scans), &[0xff, 0xd9]].concat()
}

/// A baseline picture cut into a scan for each component: the same coefficients, gathered by the decoder.
fn in_three_scans() -> Vec<u8> {
    let bytes = jpeg_bytes(PixelFormat::I420);
    let start = position(&bytes, 0xda);
    let scan = |component: u8| {
        let grey = run(r#"{"quality": 80}"#, textured(PixelFormat::GREY, 64, 48)).unwrap();
        let data = first_scan(grey.jpeg().unwrap())[10..].to_vec();
        [&[0xff, 0xda, 0, 8, 1, component, 0, 0, 63, 0][..], &data].concat()
    };
    [&bytes[..start], &scan(1), &[0xff, 0xd9]].concat()
}

#[test]
fn a_picture_of_too_many_scans_is_refused() {
    let good = made(|turbo| turbo.set_progressive(true));
    assert!(run(r#"{"to": "planes"}"#, frame(&good)).is_ok());
    // The first scan is DC of all components, nothing to refine.
    let sequential = in_three_scans();
    for bomb in [repeated(&good, 101), repeated(&good, 5000), repeated(&sequential, 101)] {
        for json in [r#"{"to": "planes"}"#, r#"{"to": "planes", "downscale": 8}"#, r#"{"quality": 10}"#] {
            let error = run(json, frame(&bomb)).unwrap_err();
            assert!(error.message().contains("more than 100 scans"), "{error}");
        }
    }
}

#[test]
fn pictures_that_take_too_much_memory_are_refused_with_a_way_out() {
    let progressive = made(|turbo| turbo.set_progressive(true));
    let cmyk = {
        let image = Image {
            pixels: &[9; 4 * 64][..],
            width: 8,
            pitch: 32,
            height: 8,
            format: turbojpeg::PixelFormat::CMYK,
        };
        Compressor::new().unwrap().compress_to_vec(image).unwrap()
    };
    for (bytes, side, memory) in
        [(progressive, 9_000, "486 MB"), (in_three_scans(), 9_000, "243 MB"), (cmyk, 6_000, "144 MB")]
    {
        // Bytes enough for a picture of that size, so that it is the memory that is looked at.
        let start = position(&bytes, 0xda);
        let comments = [&[0xff, 0xfe, 0xff, 0xff][..], &[0; 0xfffd]].concat().repeat(50);
        let bytes = [&sized(&bytes, side, side)[..start], &comments, &bytes[start..]].concat();
        let error = run(r#"{"to": "planes"}"#, frame(&bytes)).unwrap_err();
        let text = error.message();
        assert!(text.contains(memory) && text.contains("smaller"), "{side}: {error}");
    }
}

#[test]
fn a_size_that_the_bytes_cannot_hold_is_refused() {
    for kind in KINDS {
        let bytes = sized(&jpeg_bytes(kind), 10_000, 10_000);
        for json in [r#"{"to": "planes"}"#, r#"{"to": "planes", "downscale": 8}"#, r#"{"quality": 10}"#] {
            let error = run(json, frame(&bytes)).unwrap_err();
            assert!(error.message().contains("cut off"), "{error}");
        }
    }
    // As few bytes as a picture of its size can have: all of it one colour.
    let grey = vec![90; 2000 * 2000];
    let image = Image {
        pixels: &grey[..],
        width: 2000,
        pitch: 2000,
        height: 2000,
        format: turbojpeg::PixelFormat::GRAY,
    };
    for progressive in [false, true] {
        let mut turbo = Compressor::new().unwrap();
        turbo.set_subsamp(Subsamp::Gray).unwrap();
        turbo.set_optimize(true).unwrap();
        turbo.set_progressive(progressive).unwrap();
        let plain = turbo.compress_to_vec(image).unwrap();
        assert!(plain.len() < 20_000, "{}", plain.len());
        assert!(run(r#"{"to": "planes"}"#, frame(&plain)).is_ok());
    }
}
