//! The source as the host sees it, on folders made for each test.

mod bad;
mod film;
mod foreign;
mod options;
mod pattern;
mod place;
mod written;

use crate::{Frames, Options, Order, Simulated};
use image::{DynamicImage, GrayImage};
use mutoscope_frames::{Sampling, jpeg::encode};
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Format, Frame, Source};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Quick enough that no test waits.
const FPS: f64 = 1000.0;

/// Writes a file that was last changed an hour ago, and is newer than the one before it.
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
fn whole(options: Options, stand: &TestHost) -> Vec<Frame> {
    let ctx = stand.context();
    let mut source = Simulated::open(Options { repeat: false, ..options }, &ctx).unwrap();
    let frames: Vec<_> = std::iter::from_fn(|| source.next_frame(&ctx).unwrap()).collect();
    assert!(source.next_frame(&ctx).unwrap().is_none(), "the end stays the end");
    frames
}

fn formats(frames: &[Frame]) -> Vec<Format> {
    frames.iter().map(Frame::format).collect()
}

/// A colour JPEG.
fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| [x as u8 * 3, y as u8 * 3, 90]));
    let rgb: Vec<u8> = pixels.flatten().collect();
    encode(&rgb, width as usize, height as usize, 90, Sampling::Yuv422)
}

/// A grey picture as a JPEG.
fn grey_jpeg(picture: &GrayImage, quality: u8) -> Vec<u8> {
    let rgb: Vec<u8> = picture.iter().flat_map(|sample| [*sample; 3]).collect();
    encode(&rgb, picture.width() as usize, picture.height() as usize, quality, Sampling::Grey)
}

fn encoded(picture: impl Into<DynamicImage>, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn grey_png(width: u32, height: u32, value: u8) -> Vec<u8> {
    encoded(GrayImage::from_pixel(width, height, image::Luma([value])), image::ImageFormat::Png)
}
