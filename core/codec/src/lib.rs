//! JPEG pictures: decoded to planes, encoded from planes, turned, judged. The one place that knows the libraries behind it:
//! `mutoscope_jpegbits` decodes what cameras send, libjpeg-turbo everything else.
//!
//! # Layout
//! [`Decoder`] (`decode`) looks at a picture first: `limits` says whether it is worth decoding, `mend` puts right what every
//! decoder forgives, and `damage` judges what is wrong with it. Where libjpeg decodes at a scale, `edges` makes the border. `profile` converts colours to sRGB, `ycc` between RGB and planes. [`Encoder`] writes
//! planes. All share `layout` (where planes stand in memory) and `resample` (chroma in another subsampling). [`turn`] has the
//! eight orientations.

#![forbid(unsafe_code)]

mod damage;
mod decode;
mod edges;
mod encode;
mod ended;
pub mod huffman;
mod layout;
mod limits;
mod mend;
mod profile;
mod resample;
pub mod turn;
mod whole;
mod ycc;

pub use decode::{Checked, Decoder, usual_decoder};
pub use encode::{Encoder, Picture};
pub use ended::with_missing_end;
pub use layout::Layout;
pub use profile::Profiles;
