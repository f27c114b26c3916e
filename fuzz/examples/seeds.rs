//! Makes the seeds that are pictures or libraries: `cargo run --manifest-path fuzz/Cargo.toml --example seeds`. Those of
//! `pipeline` are written by hand.

use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
use mutoscope_frames::malformed::{with_orientation, without_huffman_tables};
use mutoscope_plugin::abi::header::{Header, MAGIC, SECTION, SOURCE};
use std::io::Cursor;
use std::path::Path;
use turbojpeg::{Colorspace, Compressor, Image, Subsamp};

type Seeds = Vec<(&'static str, Vec<u8>)>;

fn main() {
    let jpegs = jpegs();
    put("jpeg_header", jpegs.clone());
    // What stands before the picture: see the targets.
    let decode = jpegs.iter().flat_map(|(name, jpeg)| {
        let names = jpegs.iter().position(|(other, _)| other == name).unwrap_or(0) as u8;
        [(*name, [&[names % 8, names % 7], &jpeg[..]].concat())]
    });
    put("jpeg_decode", decode.collect());
    let turn = jpegs
        .iter()
        .enumerate()
        .map(|(index, (name, jpeg))| (*name, [&[1 + index as u8], &jpeg[..]].concat()));
    put("jpeg_turn", turn.collect());
    put("picture_file", jpegs.into_iter().chain(others()).collect());
    put("pixels", pixels());
    put("library", libraries());
}

fn put(target: &str, seeds: Seeds) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    std::fs::create_dir_all(&folder).expect("a folder");
    for (name, bytes) in seeds {
        std::fs::write(folder.join(name), bytes).expect("a file");
    }
}

fn rgb(width: usize, height: usize) -> Vec<u8> {
    (0..width * height)
        .flat_map(|i| [(i % width * 11) as u8, (i / width * 13) as u8, (i * 7) as u8])
        .collect()
}

/// One of each kind, 24x16 pixels: every one of another process, sampling or number of components.
fn jpegs() -> Seeds {
    let (width, height) = (24, 16);
    let pixels = rgb(width, height);
    let image =
        Image { pixels: &pixels[..], width, pitch: 3 * width, height, format: turbojpeg::PixelFormat::RGB };
    let make = |set: &dyn Fn(&mut Compressor) -> turbojpeg::Result<()>| {
        let mut turbo = Compressor::new().expect("a compressor");
        turbo.set_quality(40).and_then(|()| turbo.set_optimize(true)).expect("a compressor");
        set(&mut turbo).expect("a kind of JPEG");
        turbo.compress_to_vec(image).expect("a JPEG")
    };
    let plain = make(&|turbo| turbo.set_subsamp(Subsamp::Sub2x2));
    let cmyk = {
        let pixels: Vec<u8> = (0..=255).collect();
        let image = Image {
            pixels: &pixels[..],
            width: 8,
            pitch: 32,
            height: 8,
            format: turbojpeg::PixelFormat::CMYK,
        };
        let mut turbo = Compressor::new().expect("a compressor");
        turbo.set_optimize(true).expect("a compressor");
        turbo.compress_to_vec(image).expect("a JPEG")
    };
    vec![
        ("420.jpg", plain.clone()),
        ("422.jpg", make(&|turbo| turbo.set_subsamp(Subsamp::Sub2x1))),
        ("440.jpg", make(&|turbo| turbo.set_subsamp(Subsamp::Sub1x2))),
        ("444.jpg", make(&|turbo| turbo.set_subsamp(Subsamp::None))),
        ("411.jpg", make(&|turbo| turbo.set_subsamp(Subsamp::Sub4x1))),
        ("grey.jpg", make(&|turbo| turbo.set_subsamp(Subsamp::Gray))),
        (
            "rgb.jpg",
            make(&|turbo| {
                turbo.set_subsamp(Subsamp::None).and_then(|()| turbo.set_colorspace(Colorspace::RGB))
            }),
        ),
        ("cmyk.jpg", cmyk),
        ("progressive.jpg", make(&|turbo| turbo.set_progressive(true))),
        (
            "arithmetic.jpg",
            make(&|turbo| turbo.set_optimize(false).and_then(|()| turbo.set_arithmetic(true))),
        ),
        ("lossless.jpg", make(&|turbo| turbo.set_lossless(true))),
        ("bare.jpg", without_huffman_tables(&plain)),
        ("turned.jpg", with_orientation(&plain, 6)),
    ]
}

/// The other kinds of files that are read.
fn others() -> Seeds {
    let picture = DynamicImage::from(RgbImage::from_raw(12, 9, rgb(12, 9)).expect("pixels"));
    let clear = RgbaImage::from_fn(5, 4, |x, y| image::Rgba([200, 50, x as u8 * 40, y as u8 * 60]));
    let clear = DynamicImage::from(clear);
    let made = |picture: &DynamicImage, format| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).expect("a picture file");
        bytes.into_inner()
    };
    vec![
        ("rgb.png", made(&picture, ImageFormat::Png)),
        ("clear.png", made(&clear, ImageFormat::Png)),
        ("deep.png", made(&picture.to_rgb16().into(), ImageFormat::Png)),
        ("grey.png", made(&picture.to_luma8().into(), ImageFormat::Png)),
        ("clear.gif", made(&clear, ImageFormat::Gif)),
        ("rgb.bmp", made(&picture, ImageFormat::Bmp)),
        ("clear.bmp", made(&clear, ImageFormat::Bmp)),
        ("rgb.tiff", made(&picture, ImageFormat::Tiff)),
        ("grey.tiff", made(&picture.to_luma16().into(), ImageFormat::Tiff)),
        ("rgb.ppm", made(&picture, ImageFormat::Pnm)),
        ("grey.pgm", made(&picture.to_luma8().into(), ImageFormat::Pnm)),
        ("rgb.qoi", made(&clear, ImageFormat::Qoi)),
        ("lossless.webp", made(&clear, ImageFormat::WebP)),
    ]
}

/// For each use and each kind of frame, the numbers that `pixels` takes from the front.
fn pixels() -> Seeds {
    const NAMES: [&str; 5] = ["from", "to", "jpeg", "resize", "rotate"];
    let tail: Vec<u8> = (0..60).map(|i| i * 4).collect();
    let seed = |(use_, name): (u8, &'static str)| {
        let head = [use_, 5 * use_ + 1, 17, 3 * use_, 16 + use_, 12 - use_, 1, 1, 3, use_, 7, 9];
        (name, [&head[..], &tail].concat())
    };
    (0..5).zip(NAMES).map(seed).collect()
}

/// The smallest library that is one: two segments, the header in its section, and the sections' names.
fn libraries() -> Seeds {
    let header = Header::new("mutoscope-plugin-seed", "1.2.3", "A seed.", SOURCE, false);
    let mut content = Vec::new();
    content.extend(MAGIC);
    for number in [header.size, header.abi] {
        content.extend(number.to_le_bytes());
    }
    content.extend(header.layout.to_le_bytes());
    for number in [header.kinds, header.panic_abort, header.pointer_width, 0] {
        content.extend(number.to_le_bytes());
    }
    for text in [&header.name[..], &header.version, &header.sdk, &header.rustc, &header.about] {
        content.extend(text);
    }
    vec![("header", content.clone()), ("library.so", library(&content))]
}

/// ELF for 64 bits (gABI 4.1, chapters 4 and 5).
fn library(content: &[u8]) -> Vec<u8> {
    let names = format!("\0{SECTION}\0.shstrtab\0").into_bytes();
    let machine: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    let (segments, sections) = (64u64, 64 + 2 * 56u64);
    let content_at = sections + 3 * 64;
    let names_at = content_at + content.len() as u64;
    let end = names_at + names.len() as u64;
    let mut out = b"\x7fELF\x02\x01\x01".to_vec();
    out.resize(16, 0);
    let halves =
        |out: &mut Vec<u8>, numbers: &[u16]| numbers.iter().for_each(|n| out.extend(n.to_le_bytes()));
    let words = |out: &mut Vec<u8>, numbers: &[u32]| numbers.iter().for_each(|n| out.extend(n.to_le_bytes()));
    let longs = |out: &mut Vec<u8>, numbers: &[u64]| numbers.iter().for_each(|n| out.extend(n.to_le_bytes()));
    halves(&mut out, &[3, machine]);
    words(&mut out, &[1]);
    longs(&mut out, &[0, segments, sections]);
    words(&mut out, &[0]);
    halves(&mut out, &[64, 56, 2, 64, 3, 2]);
    for kind in [1, 2] {
        words(&mut out, &[kind, 4]);
        longs(&mut out, &[0, 0, 0, end, end, 4096]);
    }
    for (name, kind, at, length) in [
        (0, 0, 0, 0),
        (1, 1, content_at, content.len() as u64),
        (2 + SECTION.len() as u32, 3, names_at, names.len() as u64),
    ] {
        words(&mut out, &[name, kind]);
        longs(&mut out, &[0, 0, at, length]);
        words(&mut out, &[0, 0]);
        longs(&mut out, &[1, 0]);
    }
    [&out[..], content, &names].concat()
}
