//! The common ground of all contenders: the same pictures, and folders.

use crate::chain::FULL_HD;
use mutoscope_frames::{Sequence, sequence};
use std::path::{Path, PathBuf};
use turbojpeg::{Decompressor, Subsamp, YuvImage, yuv_pixels_len};

/// The pictures and folders that all contenders get.
pub struct Setting {
    /// `0001.jpg` to `0040.jpg`, 1080p in 4:2:0.
    pub jpegs: PathBuf,
    /// One frame in packed 4:2:2 and limited range.
    pub yuyv: PathBuf,
    /// The JPEG in 4:2:2 that it was made of.
    pub yuyv_origin: PathBuf,
    /// The same frame as planes in full range, as an encoder wants them.
    pub planes: PathBuf,
    /// Pictures and what programs say.
    pub scratch: tempfile::TempDir,
    /// The program.
    pub mutoscope: PathBuf,
}

impl Setting {
    /// Makes what is not there yet.
    ///
    /// # Panics
    /// If it cannot be made, or the program is not built.
    pub fn new() -> Setting {
        let scratch = tempfile::tempdir().expect("a folder");
        let (yuyv, planes) = (scratch.path().join("frames.yuyv"), scratch.path().join("frames.planes"));
        let yuyv_origin = sequence(Sequence::FullHd80Yuv422).expect("the pictures").join("0001.jpg");
        let full = full_range(&std::fs::read(&yuyv_origin).expect("a picture"));
        std::fs::write(&yuyv, limited_yuyv(&full)).expect("room for a raw frame");
        std::fs::write(&planes, full).expect("room for a raw frame");
        let jpegs = sequence(Sequence::FullHd80Yuv420).expect("the pictures");
        let this = std::env::current_exe().expect("this program's file");
        let mutoscope = this.ancestors().nth(2).expect("a target folder").join("mutoscope");
        let program = mutoscope.display();
        assert!(mutoscope.exists(), "{program} is not there: `cargo build --release` first");
        Setting { jpegs, yuyv, yuyv_origin, planes, scratch, mutoscope }
    }

    /// The file for a program's output.
    pub fn log(&self) -> PathBuf {
        self.scratch.path().join("log.txt")
    }

    /// An empty folder of this name.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.scratch.path().join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).expect("a folder of ours");
        }
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// A text with words in the place of this machine's folders.
    pub fn anonymous(&self, text: &str) -> String {
        let this = std::env::current_exe().expect("this program's file");
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut text = text.to_owned();
        for (path, word) in [
            (self.jpegs.as_path(), "FRAMES"),
            (&self.yuyv, "FRAMES.yuyv"),
            (self.scratch.path(), "SCRATCH"),
            (&self.mutoscope, "mutoscope"),
            (&this, "peers"),
            (here, "benches"),
        ] {
            text = text.replace(&path.display().to_string(), word);
        }
        text
    }
}

/// A 4:2:2 JPEG's planes, one after another, as it has them inside.
fn full_range(jpeg: &[u8]) -> Vec<u8> {
    let ((width, height), subsamp) = (FULL_HD, Subsamp::Sub2x1);
    let mut pixels = vec![0; yuv_pixels_len(width, 1, height, subsamp).expect("a length")];
    let image = YuvImage { pixels: &mut pixels[..], width, align: 1, height, subsamp };
    let mut decompressor = Decompressor::new().expect("a decompressor");
    decompressor.decompress_to_yuv(jpeg, image).expect("a picture");
    pixels
}

/// The same as a webcam gives it: ITU-R BT.601's limited range, packed.
fn limited_yuyv(planes: &[u8]) -> Vec<u8> {
    let (luma, chroma) = planes.split_at(FULL_HD.0 * FULL_HD.1);
    let (cb, cr) = chroma.split_at(chroma.len() / 2);
    let (pairs, _) = luma.as_chunks::<2>();
    let packed = pairs.iter().zip(cb).zip(cr).flat_map(|(([left, right], cb), cr)| {
        [luma_of(*left), chroma_of(*cb), luma_of(*right), chroma_of(*cr)]
    });
    packed.collect()
}

fn luma_of(full: u8) -> u8 {
    (16.0 + f64::from(full) * 219.0 / 255.0).round() as u8
}

fn chroma_of(full: u8) -> u8 {
    (128.0 + (f64::from(full) - 128.0) * 224.0 / 255.0).round() as u8
}
