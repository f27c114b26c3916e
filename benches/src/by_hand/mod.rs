//! The same work by hand: the library calls that a person would write who knows what is wanted, and nothing else.

mod encode;
mod planes;
mod rgb;

pub use encode::EncodePlanes;
pub use planes::{Output, Planes};
pub use rgb::HalfByRgb;

use turbojpeg::{Compressor, Subsamp};

/// The quality that everybody encodes at: the plugin's default.
pub const QUALITY: i32 = 85;

/// Work on pictures, one after the other.
pub trait ByHand {
    /// One picture; `text` is what stands on it, where the work has text.
    ///
    /// # Panics
    /// If a library refuses what it has always taken.
    fn picture(&mut self, bytes: &[u8], text: &str);

    /// The JPEGs that came out of the last picture.
    fn jpegs(&self) -> Vec<&[u8]>;
}

fn compressor(subsamp: Subsamp) -> Compressor {
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_quality(QUALITY).expect("a quality");
    compressor.set_subsamp(subsamp).expect("a sampling");
    compressor
}
