//! The pictures that are in the repository, and where. [`porch_frames`] makes the porch's.

use std::path::PathBuf;

use crate::jpeg::{Sampling, encode};
use crate::porch::Porch;

/// The number of frames in the porch's loop.
pub const PORCH_FRAMES: usize = 30;
/// Width and height of the article's pictures, in pixels.
pub const ARTICLE_SIZE: (usize, usize) = (1280, 720);
/// Width and height of the porch's frames, in pixels.
pub const PORCH_SIZE: (usize, usize) = (640, 480);

/// The folder with the article's 1.jpg, 2.jpg and 3.jpg.
pub fn article_folder() -> PathBuf {
    root().join("article")
}

/// The folder with the porch's 0001.jpg to 0030.jpg.
pub fn porch_folder() -> PathBuf {
    root().join("porch")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns a function from an index (0 to 29) to the JPEG of a porch's frame. The call paints the still part.
pub fn porch_frames() -> impl Fn(usize) -> Vec<u8> + Sync {
    let (width, height) = PORCH_SIZE;
    let porch = Porch::new(width, height, PORCH_FRAMES, 0.8);
    move |index| encode(&porch.frame(index), width, height, 80, Sampling::Yuv420)
}
