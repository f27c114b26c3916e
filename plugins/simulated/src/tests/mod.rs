//! The source as the host sees it, on folders made for each test.

mod bad;
mod film;
mod foreign;
mod options;
mod pattern;
mod place;
mod written;

use crate::{Frames, Options, Order, Simulated};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, GrayImage, RgbImage};
use mutoscope_plugin::testing::Stand;
use mutoscope_plugin::{Format, Frame, Source};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Quick enough that no test waits.
const FPS: f64 = 1000.0;

/// Writes a file that is as old as if nobody had touched it for an hour, and newer than the one before it.
fn put(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let path = put_now(folder, name, bytes);
    let ago = Duration::from_secs(3600) - Duration::from_millis(NEXT.fetch_add(1, Ordering::Relaxed));
    File::options().write(true).open(&path).unwrap().set_modified(SystemTime::now() - ago).unwrap();
    path
}

/// Writes a file that has just been written.
fn put_now(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn playing(path: &Path) -> Options {
    Options { frames: Some(Frames::One(path.to_owned())), fps: FPS, ..Options::default() }
}

/// The whole stream of `options` with `loop: false`.
fn whole(options: Options, stand: &Stand) -> Vec<Frame> {
    let ctx = stand.context();
    let mut source = Simulated::open(Options { repeat: false, ..options }, &ctx).unwrap();
    let frames: Vec<_> = std::iter::from_fn(|| source.next_frame(&ctx).unwrap()).collect();
    assert!(source.next_frame(&ctx).unwrap().is_none(), "the end stays the end");
    frames
}

fn formats(frames: &[Frame]) -> Vec<Format> {
    frames.iter().map(Frame::format).collect()
}

/// A colour JPEG (as `image` makes them, 4:2:2 or 4:4:4).
fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8 * 3, y as u8 * 3, 90]));
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode(&picture, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

fn encoded(picture: impl Into<DynamicImage>, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn grey_png(width: u32, height: u32, value: u8) -> Vec<u8> {
    encoded(GrayImage::from_pixel(width, height, image::Luma([value])), image::ImageFormat::Png)
}
