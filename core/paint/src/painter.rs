//! The face: a text's look, and drawing it.

use std::{fmt, ops::RangeInclusive};

use crate::{
    atlas::Atlas,
    colour::Colour,
    encoding::Encoding,
    error::{Error, ErrorKind},
    font::Font,
    layout::{self, Align, Position, Rect},
    picture::{Chroma, PictureMut},
    stamp::{Opacity, Placement, Stamp},
};

/// The heights of a line that can be drawn, in pixels: below, nothing is legible; above, the masks grow for nothing.
const HEIGHTS: RangeInclusive<u32> = 6..=512;

/// A text's look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The letters.
    pub colour: Colour,
    /// The rim round the letters, if any; the opposite of the letters' brightness is legible on any picture.
    pub outline: Option<Colour>,
    /// The box behind the text, if any.
    pub background: Option<Colour>,
    /// Pixels between the text and the edge of its box, on each side.
    pub padding: u16,
}

impl Default for Style {
    /// White letters with a dark rim and no box.
    fn default() -> Self {
        Self {
            colour: Colour::WHITE,
            outline: Some(Colour::BLACK.with_alpha(0xe0)),
            background: None,
            padding: 0,
        }
    }
}

/// Draws texts of one font, height and look; keeps the glyphs that it has drawn, and the last text.
///
/// Drawing the same text at the same place again only blends; another text of known characters allocates nothing either,
/// once the painter has drawn one as large.
pub struct Painter {
    atlas: Atlas,
    style: Style,
    encoding: Encoding,
    /// `[Y, Cb, Cr]`, each for fill, rim and background.
    values: [[u8; 3]; 3],
    stamp: Stamp,
}

impl Painter {
    /// A painter whose lines are `height` pixels high, from the top of the highest letters to the bottom of the lowest.
    ///
    /// # Errors
    /// When the height is not in 6..=512.
    pub fn new(font: Font, height: u32, style: Style, encoding: Encoding) -> Result<Self, Error> {
        if !HEIGHTS.contains(&height) {
            return Err(ErrorKind::Height { height, allowed: HEIGHTS }.into());
        }
        Ok(Self {
            atlas: Atlas::new(font, height, style.outline.is_some()),
            style,
            encoding,
            values: values(&style, encoding),
            stamp: Stamp::default(),
        })
    }

    /// Draws on pictures of another encoding from now on; costs nothing when it is the same.
    pub fn set_encoding(&mut self, encoding: Encoding) {
        if self.encoding != encoding {
            self.encoding = encoding;
            self.values = values(&self.style, encoding);
        }
    }

    /// The size of a text's box in pixels, rim and padding included; (0, 0) for an empty text.
    pub fn measure(&mut self, text: &str) -> (usize, usize) {
        if text.is_empty() {
            return (0, 0);
        }
        let (width, height) = layout::measure(&mut self.atlas, text);
        let around = 2 * self.border();
        (width.saturating_add(around), height.saturating_add(around))
    }

    /// Draws a text of one or several lines, its box `margin` pixels from the picture's edges. In a picture that is too
    /// small the margin shrinks first, then the text is cut off at its end.
    ///
    /// Gives the part of the picture that the text's box covers; nothing outside is written (of chroma: no sample that
    /// has no pixel inside).
    pub fn draw(
        &mut self,
        picture: &mut PictureMut<'_>,
        text: &str,
        position: Position,
        margin: usize,
    ) -> Rect {
        let size = self.measure(text);
        let (x, y) = position.place(size, picture.size(), margin);
        self.draw_box(picture, text, (x as i64, y as i64), size, position.align())
    }

    /// Draws a text with the upper left corner of its box at (`x`, `y`), which may lie outside the picture; otherwise as
    /// [`Painter::draw`].
    pub fn draw_at(&mut self, picture: &mut PictureMut<'_>, text: &str, x: i32, y: i32) -> Rect {
        let size = self.measure(text);
        self.draw_box(picture, text, (x.into(), y.into()), size, Align::Left)
    }

    fn draw_box(
        &mut self,
        picture: &mut PictureMut<'_>,
        text: &str,
        (x, y): (i64, i64),
        size: (usize, usize),
        align: Align,
    ) -> Rect {
        if text.is_empty() {
            return Rect::default();
        }
        let subsampling = picture.chroma.as_ref().map(|chroma| chroma.subsampling);
        let place = Placement { x, y, size, align, picture: picture.size(), subsampling };
        let opacity = Opacity {
            fill: self.style.colour.a,
            rim: self.style.outline.map_or(0, |colour| colour.a),
            background: self.style.background.map_or(0, |colour| colour.a),
        };
        let border = self.border();
        self.stamp.compose(&mut self.atlas, text, place, border, opacity);
        let [luma, cb, cr] = self.values;
        self.stamp.luma.blend(&mut picture.luma, luma);
        if let Some(Chroma { planes, .. }) = &mut picture.chroma {
            for (plane, values) in planes.iter_mut().zip([cb, cr]) {
                self.stamp.chroma.blend(plane, values);
            }
        }
        self.stamp.area()
    }

    /// Pixels round the text in its box.
    fn border(&self) -> usize {
        self.atlas.reach() + usize::from(self.style.padding)
    }
}

/// The samples of a style's colours, by plane; a layer that is not there has no weight, so its value does not matter.
fn values(style: &Style, encoding: Encoding) -> [[u8; 3]; 3] {
    let layers = [Some(style.colour), style.outline, style.background]
        .map(|colour| encoding.samples(colour.unwrap_or(Colour::BLACK)));
    [0, 1, 2].map(|plane| layers.map(|samples| samples[plane]))
}

impl fmt::Debug for Painter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Painter")
            .field("height", &self.atlas.line_height())
            .field("style", &self.style)
            .field("encoding", &self.encoding)
            .finish_non_exhaustive()
    }
}
