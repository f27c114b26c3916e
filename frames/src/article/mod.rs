//! The three pictures that take the place of 1.jpg, 2.jpg and 3.jpg of the article that this project grew out of
//! (Miguel Grinberg's "Video Streaming with Flask"): morning, afternoon and night, each with its number in it.
//!
//! Each scene is rendered by a small ray marcher over distance fields; see `trace`.

mod lake;
mod lantern;
mod reel;
mod trace;

use crate::canvas::Canvas;
use crate::jpeg::{Sampling, encode};

/// Width and height of the article's pictures, in pixels.
pub const SIZE: (usize, usize) = (1280, 720);

/// Picture 1, 2 or 3 as a JPEG of [`SIZE`]. A few seconds of work in a release build.
///
/// # Panics
/// For any other number.
pub fn picture(number: u8) -> Vec<u8> {
    let (width, height) = SIZE;
    encode(&paint(number, width, height), width, height, 88, Sampling::Yuv420)
}

/// Picture 1, 2 or 3 at any size, as 8-bit sRGB, three bytes a pixel.
///
/// # Panics
/// For any other number.
pub fn paint(number: u8, width: usize, height: usize) -> Vec<u8> {
    let scene: fn(usize, usize) -> Canvas = match number {
        1 => lake::paint,
        2 => reel::paint,
        3 => lantern::paint,
        _ => panic!("there are pictures 1, 2 and 3, not {number}"),
    };
    scene(width, height).developed(1.0, 0.7)
}
