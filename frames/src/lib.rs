//! Sample pictures, and the program that makes them: what the simulated camera plays, and what tests and benchmarks
//! share. Every picture is computed, from arithmetic alone, and comes out the same byte for byte.
//!
//! # Layout
//! - [`committed`]: the pictures in the repository; [`porch`] paints the short loop.
//! - [`sequence()`]: the longer sequences, painted by [`porch`] too, on demand and outside git.
//! - [`malformed`]: small broken and unusual files.
//! - [`jpeg`]: where all of them end up as bytes. Below: [`canvas`], [`noise`], [`math`].
//!
//! ```no_run
//! use mutoscope_frames::{Sequence, sequence};
//! let folder = sequence(Sequence::Hd720)?; // seconds at first, then nothing
//! let first = std::fs::read(folder.join("0001.jpg"))?;
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod canvas;
pub mod committed;
pub mod jpeg;
pub mod malformed;
pub mod math;
pub mod noise;
pub mod porch;
pub mod sequence;

pub use jpeg::Sampling;
pub use sequence::{Sequence, sequence, sequence_in};
