//! Pictures from outside: damaged, cut off, lying, strange.

use super::{KINDS, SIZES, psnr, run, textured};
use mutoscope_plugin::{Buffer, Format, Frame, PixelFormat, Times};
use turbojpeg::{Colorspace, Compressor, Image, Subsamp};

const EVERY_SCALE: [&str; 4] = [
    r#"{"to": "planes"}"#,
    r#"{"to": "planes", "downscale": 2}"#,
    r#"{"to": "planes", "downscale": 4}"#,
    r#"{"to": "planes", "downscale": 8}"#,
];

pub(super) fn jpeg_bytes(kind: PixelFormat) -> Vec<u8> {
    run(r#"{"quality": 80}"#, textured(kind, 64, 48)).unwrap().jpeg().unwrap().to_vec()
}

/// A frame as a source would make it that looks at the header first.
pub(super) fn frame(bytes: &[u8]) -> Frame {
    Frame::from_jpeg(Buffer::from_vec(bytes.to_vec()), Times::default()).unwrap()
}

/// A frame as a source would make it that believes it knows.
pub(super) fn claimed(bytes: &[u8], width: u32, height: u32, sampling: PixelFormat) -> Frame {
    let format = Format::jpeg(width, height).with_sampling(sampling);
    Frame::from_vec(format, bytes.to_vec(), Times::default()).unwrap()
}

pub(super) fn position(bytes: &[u8], marker: u8) -> usize {
    bytes.windows(2).position(|pair| pair == [0xff, marker]).unwrap()
}

#[test]
fn a_picture_cut_off_anywhere_is_an_error() {
    for kind in KINDS {
        let bytes = jpeg_bytes(kind);
        for length in (2..bytes.len() - 2).step_by(7) {
            let frame = claimed(&bytes[..length], 64, 48, kind);
            for json in EVERY_SCALE {
                assert!(run(json, frame.clone()).is_err(), "{kind}, {json}: {length} of {}", bytes.len());
            }
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
            for json in EVERY_SCALE.iter().chain(&[r#"{"quality": 50}"#]) {
                let _ = run(json, claimed(&damaged, 64, 48, kind));
            }
        }
    }
}

#[test]
fn a_frame_that_lies_about_its_jpeg_is_refused() {
    let bytes = jpeg_bytes(PixelFormat::I420);
    let error = run(r#"{"to": "planes"}"#, claimed(&bytes, 640, 480, PixelFormat::I420)).unwrap_err();
    assert!(error.message().contains("64x48") && error.message().contains("640x480"), "{error}");
    assert!(run(r#"{"to": "planes"}"#, claimed(&bytes, 16, 16, PixelFormat::I420)).is_err());
    // A wrong sampling is only that: the planes come out as the plan has them.
    for (is, said) in KINDS.iter().flat_map(|is| KINDS.iter().map(move |said| (*is, *said))) {
        let planes = run(r#"{"to": "planes"}"#, claimed(&jpeg_bytes(is), 64, 48, said)).unwrap();
        assert_eq!(planes.format(), Format::new(said, 64, 48), "{is} said to be {said}");
        let (want, got) = (textured(is, 64, 48), planes.plane(0).row(20)[30]);
        assert!(got.abs_diff(want.plane(0).row(20)[30]) < 12, "{is} said to be {said}");
    }
}

pub(super) fn made(set: impl FnOnce(&mut Compressor) -> turbojpeg::Result<()>) -> Vec<u8> {
    let image = Image::mandelbrot(64, 48, turbojpeg::PixelFormat::RGB);
    let mut turbo = Compressor::new().unwrap();
    set(&mut turbo).unwrap();
    turbo.compress_to_vec(image.as_deref()).unwrap()
}

#[test]
fn every_process_is_decoded_or_refused_by_its_name() {
    for (name, bytes) in [
        ("progressive", made(|turbo| turbo.set_progressive(true))),
        ("arithmetic", made(|turbo| turbo.set_arithmetic(true))),
        (
            "arithmetic, progressive",
            made(|turbo| turbo.set_arithmetic(true).and(turbo.set_progressive(true))),
        ),
    ] {
        let plain = run(r#"{"to": "planes"}"#, frame(&made(|_| Ok(())))).unwrap();
        let planes = run(r#"{"to": "planes"}"#, frame(&bytes)).unwrap();
        assert!(plain.planes().zip(planes.planes()).all(|(a, b)| a.rows().eq(b.rows())), "{name}");
        for length in (2..bytes.len() - 2).step_by(11) {
            let cut = run(r#"{"to": "planes"}"#, claimed(&bytes[..length], 64, 48, PixelFormat::I420));
            assert!(cut.is_err(), "{name}: {length} of {}", bytes.len());
        }
    }
    let lossless = made(|turbo| turbo.set_lossless(true));
    let mut twelve_bit = jpeg_bytes(PixelFormat::I420);
    let start = position(&twelve_bit, 0xc0);
    twelve_bit[start + 4] = 12;
    for (bytes, word) in [(lossless, "lossless"), (twelve_bit, "12 bits")] {
        for json in [r#"{"to": "planes"}"#, r#"{"to": "planes", "downscale": 8}"#, r#"{"quality": 10}"#] {
            let error = run(json, claimed(&bytes, 64, 48, PixelFormat::I420)).unwrap_err();
            assert!(error.message().contains(word), "{error}");
        }
    }
}

#[test]
fn a_webcams_odd_scan_header_does_no_harm_and_hides_none() {
    let bytes = jpeg_bytes(PixelFormat::I422);
    let whole = run(r#"{"to": "planes"}"#, frame(&bytes)).unwrap();
    let end_of_header = position(&bytes, 0xda) + 14;
    let mut odd = bytes.clone();
    odd[end_of_header - 3..end_of_header].copy_from_slice(&[0, 0, 0]);
    let tolerated = run(r#"{"to": "planes"}"#, frame(&odd)).unwrap();
    assert!(whole.planes().zip(tolerated.planes()).all(|(a, b)| a.rows().eq(b.rows())));
    // Its end marker is there, and half of its data is not.
    let half = [&odd[..end_of_header + (odd.len() - end_of_header) / 2], &[0xff, 0xd9]].concat();
    assert!(run(r#"{"to": "planes"}"#, frame(&half)).is_err());
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
    let bytes = jpeg_bytes(PixelFormat::I422);
    let whole = run(r#"{"to": "planes"}"#, frame(&bytes)).unwrap();
    let stray = [&bytes[..bytes.len() - 2], &[1, 2, 3, 0xff, 0xd9], &[0; 100]].concat();
    let tolerated = run(r#"{"to": "planes"}"#, frame(&stray)).unwrap();
    assert!(whole.planes().zip(tolerated.planes()).all(|(a, b)| a.rows().eq(b.rows())));
}

/// Four pictures of one MCU side by side, with a restart marker behind each but the last: the pieces of the scan, and what stands
/// before it.
fn with_restarts() -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut pieces = Vec::new();
    let mut header = Vec::new();
    for part in 0..4 {
        let rgb: Vec<u8> =
            (0..16 * 16).flat_map(|i| [part * 60 + (i % 16) as u8, (i / 16) as u8 * 9, 40]).collect();
        let image =
            Image { pixels: &rgb[..], width: 16, pitch: 48, height: 16, format: turbojpeg::PixelFormat::RGB };
        let bytes = turbojpeg::compress(image, 80, Subsamp::Sub2x2).unwrap().to_vec();
        let scan = position(&bytes, 0xda);
        header = bytes[..scan + 14].to_vec();
        pieces.push(bytes[scan + 14..bytes.len() - 2].to_vec());
    }
    let frame = position(&header, 0xc0);
    header[frame + 7..frame + 9].copy_from_slice(&64_u16.to_be_bytes());
    let interval = [0xff, 0xdd, 0, 4, 0, 1];
    header.splice(frame..frame, interval);
    (header, pieces)
}

#[test]
fn what_every_decoder_forgives_changes_nothing_and_hides_nothing() {
    let (header, pieces) = with_restarts();
    let joined = |stray: &[u8], pieces: &[Vec<u8>], end: &[u8]| {
        let mut bytes = header.clone();
        for (number, piece) in (0..).zip(pieces) {
            bytes.extend(piece);
            if number < 3 {
                bytes.extend(stray);
                bytes.extend([0xff, 0xd0 | number]);
            }
        }
        bytes.extend(end);
        bytes
    };
    let end = [0xff, 0xd9];
    let good = joined(&[], &pieces, &end);
    let scan = position(&good, 0xda);
    let stray_in_header =
        [&good[..2], &[1, 2], &good[2..scan], &[7, 0xff, 0, 0xff, 0xff], &good[scan..]].concat();
    let mut cut = pieces.clone();
    cut[2].truncate(1);
    let mut exchanged = joined(&[9], &pieces, &end);
    let second = position(&exchanged, 0xd1);
    exchanged[second + 1] = 0xd5;
    let all = [
        ("stray bytes in the header", stray_in_header.clone(), true),
        ("stray bytes before restarts", joined(&[1, 0, 3], &pieces, &end), true),
        ("fill bytes before restarts", joined(&[0xff, 0xff], &pieces, &[0xff, 0xff, 0xff, 0xd9]), true),
        ("stray bytes before the end", joined(&[], &pieces, &[1, 2, 3, 0xff, 0xd9]), true),
        ("no end", joined(&[], &pieces, &[]), true),
        ("no end, and a driver's zeros", joined(&[], &pieces, &[0; 300]), true),
        (
            "no end, and stray bytes in the header",
            stray_in_header[..stray_in_header.len() - 2].to_vec(),
            true,
        ),
        ("a piece cut off", joined(&[], &cut, &end), false),
        ("a piece cut off behind stray bytes", joined(&[1, 0, 3], &cut, &end), false),
        ("a wrong restart behind stray bytes", exchanged, false),
        ("no end, and a piece cut off", joined(&[], &cut, &[]), false),
        ("no last piece", joined(&[], &pieces[..3], &end), false),
        ("no last piece, no end, zeros", joined(&[], &pieces[..3], &[0; 300]), false),
    ];
    for (name, bytes, is_good) in all {
        for json in EVERY_SCALE.iter().chain(&[r#"{"to": "planes", "downscale": 1}"#]) {
            let whole = run(json, frame(&good)).unwrap();
            match run(json, claimed(&bytes, 64, 16, PixelFormat::I420)) {
                Ok(planes) if is_good => {
                    let same = whole.planes().zip(planes.planes()).all(|(a, b)| a.rows().eq(b.rows()));
                    assert!(same, "{name}, {json}");
                }
                Ok(_) => panic!("{name} passes, {json}"),
                Err(error) => assert!(!is_good, "{name}, {json}: {error}"),
            }
        }
    }
}

#[test]
fn an_end_marker_may_be_missing_where_nothing_else_is() {
    for (name, bytes) in
        [("baseline", made(|_| Ok(()))), ("progressive", made(|turbo| turbo.set_progressive(true)))]
    {
        for json in EVERY_SCALE {
            let whole = run(json, frame(&bytes)).unwrap();
            let endless = run(json, frame(&bytes[..bytes.len() - 2])).unwrap();
            assert!(whole.planes().zip(endless.planes()).all(|(a, b)| a.rows().eq(b.rows())), "{name}");
        }
    }
    // A progressive picture without its last scan is blurred, and no other error reports it.
    let bytes = made(|turbo| turbo.set_progressive(true));
    let last = bytes.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    assert!(run(EVERY_SCALE[0], claimed(&bytes[..last], 64, 48, PixelFormat::I420)).is_err());
}

#[test]
fn garbage_after_the_end_changes_nothing_and_garbage_instead_of_an_end_is_an_error() {
    let garbage: Vec<u8> = (0..4000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for kind in KINDS {
        let bytes = jpeg_bytes(kind);
        let end = bytes.len() - 2;
        for json in EVERY_SCALE {
            let whole = run(json, frame(&bytes)).unwrap();
            // Noise, another picture, an end marker of its own.
            for tail in [&garbage[..], &bytes, &[1, 2, 3, 0xff, 0xd9]] {
                let tailed = run(json, frame(&[&bytes[..], tail].concat())).unwrap();
                assert!(
                    whole.planes().zip(tailed.planes()).all(|(a, b)| a.rows().eq(b.rows())),
                    "{kind} {json}"
                );
            }
            for tail in [&garbage[..], &bytes[..end]] {
                let endless = [&bytes[..end / 2], tail].concat();
                // Cut off in its header, and a whole one behind: that is the one that is seen.
                if let Ok(seen) = run(json, claimed(&endless, 64, 48, kind)) {
                    assert!(tail.starts_with(&[0xff, 0xd8]), "{kind} {json}");
                    assert!(
                        whole.planes().zip(seen.planes()).all(|(a, b)| a.rows().eq(b.rows())),
                        "{kind} {json}"
                    );
                }
            }
        }
    }
}

#[test]
fn pictures_of_odd_sizes_go_by_way_of_rgb_too() {
    for (width, height) in SIZES {
        // Grey, since RGB has not all colours; with chroma all the same.
        let json = r#"{"quality": 95, "subsampling": "4:4:4"}"#;
        let jpeg = run(json, textured(PixelFormat::GREY, width, height)).unwrap();
        for (said, json) in KINDS.iter().flat_map(|said| EVERY_SCALE.map(|json| (*said, json))) {
            let claimed = claimed(jpeg.jpeg().unwrap(), width, height, said);
            let (planes, straight) = (run(json, claimed).unwrap(), run(json, jpeg.clone()).unwrap());
            assert_eq!(planes.format().size(), straight.format().size());
            let psnr = psnr(planes.plane(0), straight.plane(0));
            assert!(psnr > 44.0, "{width}x{height} said to be {said}, {json}: {psnr:.1} dB");
        }
    }
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
    let image =
        Image { pixels: &pixels[..], width, pitch: 4 * width, height, format: turbojpeg::PixelFormat::RGBA };
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
        // Inverted as in Adobe's files, black ink at full light: the colours themselves.
        let image = Image { format: turbojpeg::PixelFormat::CMYK, ..image };
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
