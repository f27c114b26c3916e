//! Pictures from outside: damaged, cut off, lying, strange.

use super::{KINDS, run, textured};
use mutoscope_plugin::{Buffer, Format, Frame, Kind, Times};
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

fn jpeg_bytes(kind: Kind) -> Vec<u8> {
    run(r#"{"quality": 80}"#, textured(kind, 64, 48)).unwrap().jpeg().unwrap().to_vec()
}

/// A frame as a source would make it that looks at the header first.
fn frame(bytes: &[u8]) -> Frame {
    Frame::from_jpeg(Buffer::from_vec(bytes.to_vec()), Times::default()).unwrap()
}

/// A frame as a source would make it that believes it knows.
fn claimed(bytes: &[u8], width: u32, height: u32, sampling: Kind) -> Frame {
    let format = Format::jpeg(width, height).with_sampling(sampling);
    Frame::from_vec(format, bytes.to_vec(), Times::default()).unwrap()
}

fn position(bytes: &[u8], marker: u8) -> usize {
    bytes.windows(2).position(|pair| pair == [0xff, marker]).unwrap()
}

#[test]
fn a_picture_cut_off_anywhere_is_an_error() {
    for kind in KINDS {
        let bytes = jpeg_bytes(kind);
        for length in (2..bytes.len() - 2).step_by(7) {
            let frame = claimed(&bytes[..length], 64, 48, kind);
            assert!(
                run(r#"{"to": "planes"}"#, frame.clone()).is_err(),
                "{kind}: {length} of {}",
                bytes.len()
            );
            assert!(run(r#"{"quality": 10}"#, frame).is_err(), "{kind}: {length} of {}", bytes.len());
        }
    }
}

#[test]
fn damage_anywhere_is_an_error_or_a_picture_and_never_worse() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for kind in KINDS {
        let bytes = jpeg_bytes(kind);
        for _ in 0..400 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut damaged = bytes.clone();
            let at = 2 + (state >> 33) as usize % (bytes.len() - 2);
            damaged[at] ^= (state >> 20) as u8 | 1;
            for json in [r#"{"to": "planes"}"#, r#"{"to": "planes", "downscale": 4}"#, r#"{"quality": 50}"#] {
                let _ = run(json, claimed(&damaged, 64, 48, kind));
            }
        }
    }
}

#[test]
fn a_frame_that_lies_about_its_jpeg_is_refused() {
    let bytes = jpeg_bytes(Kind::I420);
    let error = run(r#"{"to": "planes"}"#, claimed(&bytes, 640, 480, Kind::I420)).unwrap_err();
    assert!(error.message().contains("64x48") && error.message().contains("640x480"), "{error}");
    assert!(run(r#"{"to": "planes"}"#, claimed(&bytes, 16, 16, Kind::I420)).is_err());
    // A wrong sampling is only that: the planes come out as the plan has them.
    for (is, said) in KINDS.iter().flat_map(|is| KINDS.iter().map(move |said| (*is, *said))) {
        let planes = run(r#"{"to": "planes"}"#, claimed(&jpeg_bytes(is), 64, 48, said)).unwrap();
        assert_eq!(planes.format(), Format::new(said, 64, 48), "{is} said to be {said}");
        let (want, got) = (textured(is, 64, 48), planes.plane(0).row(20)[30]);
        assert!(got.abs_diff(want.plane(0).row(20)[30]) < 12, "{is} said to be {said}");
    }
}

#[test]
fn a_progressive_picture_of_too_many_scans_is_refused() {
    let image = Image::mandelbrot(64, 64, PixelFormat::RGB);
    let mut turbo = Compressor::new().unwrap();
    turbo.set_progressive(true).unwrap();
    let good = turbo.compress_to_vec(image.as_deref()).unwrap();
    assert!(run(r#"{"to": "planes"}"#, frame(&good)).is_ok());
    // The first scan (DC of all components, nothing to refine) again and again.
    let start = position(&good, 0xda);
    let length = good[start + 2..].windows(2).position(|pair| pair[0] == 0xff && pair[1] != 0).unwrap() + 2;
    let scan = &good[start..start + length];
    let mut bomb = good[..start].to_vec();
    (0..500).for_each(|_| bomb.extend(scan));
    bomb.extend([0xff, 0xd9]);
    let error = run(r#"{"to": "planes"}"#, frame(&bomb)).unwrap_err();
    assert!(error.message().contains("scans"), "{error}");
}

#[test]
fn what_libjpeg_cannot_decode_is_said_clearly() {
    let image = Image::mandelbrot(64, 48, PixelFormat::RGB);
    let mut turbo = Compressor::new().unwrap();
    turbo.set_lossless(true).unwrap();
    let lossless = turbo.compress_to_vec(image.as_deref()).unwrap();
    let error = run(r#"{"to": "planes"}"#, claimed(&lossless, 64, 48, Kind::I444)).unwrap_err();
    assert!(error.message().contains("lossless"), "{error}");
    let mut twelve_bit = jpeg_bytes(Kind::I420);
    let start = position(&twelve_bit, 0xc0);
    twelve_bit[start + 4] = 12;
    let error = run(r#"{"to": "planes"}"#, frame(&twelve_bit)).unwrap_err();
    assert!(error.message().contains("12"), "{error}");
}

#[test]
fn webcams_may_leave_out_the_standard_huffman_tables() {
    for kind in KINDS {
        let mut bytes = jpeg_bytes(kind);
        let whole = run(r#"{"to": "planes"}"#, frame(&bytes)).unwrap();
        while let Some(at) = bytes.windows(2).position(|pair| pair == [0xff, 0xc4]) {
            let length = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
            bytes.drain(at..at + 2 + length);
        }
        let bare = run(r#"{"to": "planes"}"#, frame(&bytes)).unwrap();
        assert!(whole.planes().zip(bare.planes()).all(|(a, b)| a.rows().eq(b.rows())), "{kind}");
    }
}

#[test]
fn stray_bytes_and_padding_after_a_whole_picture_do_no_harm() {
    let bytes = jpeg_bytes(Kind::I422);
    let whole = run(r#"{"to": "planes"}"#, frame(&bytes)).unwrap();
    let stray = [&bytes[..bytes.len() - 2], &[1, 2, 3, 0xff, 0xd9], &[0; 100]].concat();
    let tolerated = run(r#"{"to": "planes"}"#, frame(&stray)).unwrap();
    assert!(whole.planes().zip(tolerated.planes()).all(|(a, b)| a.rows().eq(b.rows())));
}

#[test]
fn strange_samplings_and_colour_models_become_what_one_sees() {
    let (width, height) = (96, 64);
    let mut pixels = vec![0; 4 * width * height];
    for (index, pixel) in pixels.chunks_exact_mut(4).enumerate() {
        // Left red, right a dull blue.
        pixel.copy_from_slice(if index % width < width / 2 {
            &[200, 40, 30, 255]
        } else {
            &[40, 60, 160, 255]
        });
    }
    let image = Image { pixels: &pixels[..], width, pitch: 4 * width, height, format: PixelFormat::RGBA };
    let compress = |subsamp, colorspace: Option<Colorspace>| {
        let mut turbo = Compressor::new().unwrap();
        turbo.set_quality(95).unwrap();
        turbo.set_subsamp(subsamp).unwrap();
        if let Some(space) = colorspace {
            turbo.set_colorspace(space).unwrap();
        }
        turbo.compress_to_vec(image).unwrap()
    };
    let cmyk = {
        // Inverted as Adobe has it, black ink at full light: the colours themselves.
        let image = Image { format: PixelFormat::CMYK, ..image };
        let mut turbo = Compressor::new().unwrap();
        turbo.set_quality(95).unwrap();
        turbo.compress_to_vec(image).unwrap()
    };
    for (name, bytes) in [
        ("4:1:1", compress(Subsamp::Sub4x1, None)),
        ("4:4:1", compress(Subsamp::Sub1x4, None)),
        ("RGB", compress(Subsamp::None, Some(Colorspace::RGB))),
        ("CMYK", cmyk),
    ] {
        let planes = run(r#"{"to": "planes"}"#, frame(&bytes)).unwrap();
        let (across, down) = planes.format().kind.chroma_subsampling();
        // BT.601 in full range: JFIF 1.02, page 3.
        for (x, want) in [(16, [87, 96, 208]), (80, [65, 181, 110])] {
            for (plane, want) in want.into_iter().enumerate() {
                let (across, down) = if plane == 0 { (1, 1) } else { (across as usize, down as usize) };
                let got = planes.plane(plane).row(32 / down)[x / across];
                assert!(got.abs_diff(want) <= 4, "{name}, plane {plane} at {x}: {got} for {want}");
            }
        }
        let again = run(r#"{"quality": 60}"#, frame(&bytes)).unwrap();
        assert!(run(r#"{"to": "planes", "downscale": 2}"#, again).is_ok(), "{name}");
    }
}
