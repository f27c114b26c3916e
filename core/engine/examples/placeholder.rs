//! Writes pictures that show what viewers see while a camera gives none: the way to judge how they look.
//!
//! `cargo run -p mutoscope-engine --example placeholder -- FOLDER [PICTURE]`

use image::GrayImage;
use image::imageops::{self, FilterType};
use mutoscope_engine::placeholder::{self, Notice};
use mutoscope_plugin::{Error, Format, Frame, Result, Size, Times};
use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const SIZES: [(u32, u32); 12] = [
    (1920, 1080),
    (3840, 2160),
    (1280, 720),
    (640, 480),
    (320, 180),
    (160, 120),
    (80, 60),
    (720, 1280),
    (321, 63),
    (640, 40),
    (5000, 16),
    (120, 1000),
];

fn main() -> ExitCode {
    match pictures() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn pictures() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().ok_or_else(|| Error::new("usage: placeholder FOLDER [PICTURE]"))?;
    let picture = arguments.next().map(read).transpose()?;
    let now = Times::now();
    let ago = |seconds: u64| Times {
        monotonic_ns: now.monotonic_ns.saturating_sub(seconds * 1_000_000_000),
        wall_ns: now.wall_ns - seconds as i64 * 1_000_000_000,
    };
    let long = "source v4l2: cannot open /dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920_0A1B2C3D-video-index0: No such \
                device (os error 19)\n\tcaused by: the libraryʼs own words, 再接続 🙂, in several lines, which go on and \
                on until nobody reads them any more, and then on a little further, so that they have to be cut off";
    let notices = [
        ("short", "porch", "source v4l2: no frame for 3.0 s", 150, Some(4), 3),
        (
            "long",
            "a-stream-with-a-name-that-is-longer-than-any-title-may-be-on-a-picture",
            long,
            200_000,
            None,
            12,
        ),
    ];
    for (name, stream, what, seconds, next, attempts) in notices {
        let notice = Notice {
            stream: stream.into(),
            what: what.into(),
            since: ago(seconds),
            next_attempt: next.map(Duration::from_secs),
            attempts,
        };
        for (width, height) in SIZES {
            let last = picture.as_ref().map(|picture| frame(picture, width, height)).transpose()?;
            let start = Instant::now();
            let drawn = placeholder::draw(last.as_ref(), Size::new(width, height), &notice, now)?;
            println!("{name} {width}x{height}: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
            let luma: Vec<u8> = drawn.plane(0).rows().flatten().copied().collect();
            let image = GrayImage::from_raw(width, height, luma)
                .ok_or_else(|| Error::new("a plane of another size"))?;
            image.save(Path::new(&folder).join(format!("{name}-{width}x{height}.png")))?;
        }
    }
    Ok(())
}

/// A picture in grey, from a JPEG or any other file.
fn read(path: String) -> Result<GrayImage> {
    let bytes = std::fs::read(path)?;
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return Ok(image::load_from_memory(&bytes)?.to_luma8());
    }
    let picture = mutoscope_frames::jpeg::decode(&bytes).map_err(Error::new)?;
    GrayImage::from_raw(picture.width, picture.height, picture.grey())
        .ok_or_else(|| Error::new("a picture of another size"))
}

/// The picture in another size. Its luma is enough, since no colour remains.
fn frame(picture: &GrayImage, width: u32, height: u32) -> Result<Frame> {
    let bytes = imageops::resize(picture, width, height, FilterType::Triangle).into_raw();
    Frame::from_vec(Format::grey(width, height), bytes, Times::now())
}
