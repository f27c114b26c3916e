//! From what cameras give (packed, semi-planar, RGB, Bayer, 16-bit) to the planes that a pipeline works on, and back;
//! between subsamplings, colour matrices and ranges.
//!
//! # Layout
//! `converter` (a frame, two lines at a time): `load` takes lines apart, `colour` changes matrix and range, `store` puts
//! them together. [`shape`](Shape) says how a kind's bytes are arranged; `packed`, `rgb`, `bayer` and `chroma` are the work
//! on a line.

#![forbid(unsafe_code)]

mod bayer;
mod chroma;
mod colour;
mod converter;
mod load;
mod packed;
mod rgb;
mod shape;
mod store;

pub use converter::Converter;
pub use shape::{Packing, Shape, nearest_planes};
