//! Glyphs of one font at one size, each rasterised once, on its first use.

use std::collections::HashMap;

use swash::{
    scale::{ScaleContext, Scaler, outline::Outline},
    zeno::{Bounds, Mask, Origin, Vector},
};

use crate::{
    font::{Font, guarded, is_blank},
    rim,
};

/// Masks beyond this are forgotten and made again when they are needed: a text that runs through all of Unicode must
/// not grow the process. Ordinary texts stay far below it at any height.
const MAX_BYTES: usize = 16 << 20;
/// The same for glyphs without masks.
const MAX_GLYPHS: usize = 4096;

/// A glyph's masks and where they lie from the pen, all in pixels.
pub(crate) struct Glyph {
    /// From this glyph's pen to the next one's.
    pub(crate) advance: usize,
    /// From the pen to the masks' first column.
    pub(crate) left: i64,
    /// From the baseline down to the masks' first row; usually negative.
    pub(crate) top: i64,
    pub(crate) width: usize,
    /// The coverage of each pixel by the glyph: `width` times the rows, 255 is all.
    pub(crate) fill: Box<[u8]>,
    /// The same dilated, of the same shape; empty without an outline.
    pub(crate) rim: Box<[u8]>,
}

/// The glyphs of one font at one height.
pub(crate) struct Atlas {
    font: Font,
    context: ScaleContext,
    glyphs: HashMap<char, Glyph>,
    bytes: usize,
    /// Rows of a line.
    height: usize,
    /// Rows from a line's top to its baseline.
    baseline: usize,
    /// Pixels per em.
    em: f32,
    /// The rim's radius, if there is one.
    radius: Option<f32>,
}

impl Atlas {
    pub(crate) fn new(font: Font, height: u32, outlined: bool) -> Self {
        let metrics = font.metrics();
        let em = height as f32 / (metrics.ascent + metrics.descent);
        Self {
            context: ScaleContext::new(),
            glyphs: HashMap::new(),
            bytes: 0,
            height: height as usize,
            baseline: (metrics.ascent * em).round() as usize,
            em,
            radius: outlined.then(|| rim::radius(height)),
            font,
        }
    }

    /// Rows of a line, the rim aside.
    pub(crate) fn line_height(&self) -> usize {
        self.height
    }

    /// Rows from a line's top to its baseline.
    pub(crate) fn baseline(&self) -> usize {
        self.baseline
    }

    /// Pixels that the rim needs on each side of a text.
    pub(crate) fn reach(&self) -> usize {
        self.radius.map_or(0, rim::reach)
    }

    /// The width of one line, the rim aside.
    pub(crate) fn line_width(&mut self, line: &str) -> usize {
        line.chars().fold(0, |width: usize, character| width.saturating_add(self.glyph(character).advance))
    }

    /// The glyph of a character: its own, else the font's mark for missing ones, else `?`. Control characters are blank.
    pub(crate) fn glyph(&mut self, character: char) -> &Glyph {
        let character = if is_blank(character) { ' ' } else { character };
        if !self.glyphs.contains_key(&character) {
            let glyph = self.rasterise(character);
            let bytes = glyph.fill.len() + glyph.rim.len();
            if self.bytes + bytes > MAX_BYTES || self.glyphs.len() >= MAX_GLYPHS {
                self.glyphs.clear();
                self.bytes = 0;
            }
            self.bytes += bytes;
            self.glyphs.insert(character, glyph);
        }
        &self.glyphs[&character]
    }

    fn rasterise(&mut self, character: char) -> Glyph {
        let Self { font, context, height, em, radius, .. } = self;
        let drawn = guarded(|| {
            let font = font.swash();
            let (charmap, advances) = (font.charmap(), font.glyph_metrics(&[]).scale(*em));
            let mut scaler = context.builder(font).size(*em).hint(true).build();
            let mut draw = |id| {
                let advance = advances.advance_width(id).round().clamp(0.0, 4.0 * *height as f32);
                Glyph::render(&mut scaler, id, advance as usize, *height, *radius)
            };
            match charmap.map(character) {
                // `.notdef`; a font that leaves it empty gets the next best mark.
                0 if character != ' ' => {
                    let missing = draw(0);
                    if missing.fill.is_empty() { draw(charmap.map('?')) } else { missing }
                }
                id => draw(id),
            }
        });
        drawn.unwrap_or_else(|| {
            // What the scaler kept from a font that made it panic is not to be trusted.
            *context = ScaleContext::new();
            Glyph::blank(*height / 2)
        })
    }
}

impl Glyph {
    fn blank(advance: usize) -> Self {
        Self { advance, left: 0, top: 0, width: 0, fill: Box::default(), rim: Box::default() }
    }

    /// Rasterises glyph `id`; blank where it has no outline, or one out of all proportion to the line.
    fn render(scaler: &mut Scaler<'_>, id: u16, advance: usize, height: usize, radius: Option<f32>) -> Self {
        let mut outline = Outline::new();
        if !scaler.scale_outline_into(id, &mut outline) {
            return Self::blank(advance);
        }
        let bounds = outline.bounds();
        let Some((left, bottom, columns, rows)) = pixels(&bounds, height as f32) else {
            return Self::blank(advance);
        };
        let reach = radius.map_or(0, rim::reach);
        let (width, height) = (columns + 2 * reach, rows + 2 * reach);
        let mut fill = vec![0; width * height];
        Mask::new(outline.path())
            .origin(Origin::BottomLeft)
            .size(width as u32, height as u32)
            .offset(Vector::new(reach as f32 - left, reach as f32 - bottom))
            .render_into(&mut fill, None);
        Self {
            advance,
            left: left as i64 - reach as i64,
            top: -(bottom as i64) - rows as i64 - reach as i64,
            width,
            rim: radius.map_or_else(Box::default, |radius| rim::dilate(&fill, width, radius).into()),
            fill: fill.into(),
        }
    }
}

/// The whole pixels round an outline (y upwards): left, bottom, columns, rows; `None` when there are none, or when
/// they lie further from the pen than any honest glyph of this line height: an outline decides how much memory its
/// masks take, and a broken font's outline may ask for gigabytes.
fn pixels(bounds: &Bounds, height: f32) -> Option<(f32, f32, usize, usize)> {
    let (left, bottom) = (bounds.min.x.floor(), bounds.min.y.floor());
    let (right, top) = (bounds.max.x.ceil(), bounds.max.y.ceil());
    let near = -2.0 * height..=4.0 * height;
    let honest = [left, bottom, right, top].iter().all(|edge| near.contains(edge));
    (honest && right > left && top > bottom).then_some((
        left,
        bottom,
        (right - left) as usize,
        (top - bottom) as usize,
    ))
}
