//! Text on planes: antialiased, legible on any picture.
//!
//! Pictures here are planar 8-bit YUV, and text is drawn straight onto those planes: going to RGB and back for a
//! line of text would cost more than the text and change every pixel.
//!
//! # Layout
//! The way of a text, and so the reading order:
//! [`Font`] (a checked font file) → `atlas` (each glyph's coverage and its rim, rasterised once per size) →
//! `layout` (where the lines stand) → `stamp` (the text's weights per pixel, kept until the text changes) →
//! [`Painter::draw`] (the blend, the only work of an ordinary frame) → [`PictureMut`], the caller's planes.
//!
//! ```
//! use mutoscope_paint::{Encoding, Font, Painter, PictureMut, PlaneMut, Position, Style};
//!
//! let mut painter = Painter::new(Font::bundled(), 24, Style::default(), Encoding::JPEG)?;
//! let mut grey = vec![90; 320 * 240];
//! let luma = PlaneMut { data: &mut grey, stride: 320, width: 320, height: 240 };
//! let mut picture = PictureMut::grey(luma)?;
//! let area = painter.draw(&mut picture, "2026-11-05 14:03:59", Position::BottomRight, 8);
//! assert_eq!(area.x + area.width, 312);
//! # Ok::<(), mutoscope_paint::Error>(())
//! ```
//!
//! Glyphs stand side by side by their advances, each on a whole pixel. There is no shaping: scripts that join their
//! letters (Arabic) or reorder them (Devanagari) are shown letter by letter.

mod atlas;
mod colour;
mod encoding;
mod error;
mod font;
mod layout;
mod painter;
mod picture;
mod rim;
mod stamp;

pub use colour::Colour;
pub use encoding::{Encoding, Matrix, Range};
pub use error::Error;
pub use font::Font;
pub use layout::{Position, Rect};
pub use painter::{Painter, Style};
pub use picture::{PictureMut, PlaneMut, Subsampling};
