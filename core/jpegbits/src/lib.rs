#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bits;
mod data;
mod decoder;
mod error;
mod header;
mod huffman;
mod idct;
mod lookup;
mod plane;
mod segments;

pub use decoder::{Decoder, has_simd};
pub use error::{Damage, Error, Unsupported};
pub use header::{Component, Header, Scale};
pub use huffman::STANDARD_TABLES;
pub use plane::Plane;
