//! A text composed for one place: what each sample keeps of the picture and what it takes of the text's colours.
//!
//! A clock changes once a second and is drawn thirty times in it, so the composition is kept and an ordinary frame
//! costs the blend alone. The weights know nothing of colour values; `painter` brings those.

use crate::{
    atlas::{Atlas, Glyph},
    layout::{Align, Rect, lines},
    picture::{PlaneMut, Subsampling},
};

/// Weights of the three layers for a part of a plane. Per sample their sum is at most 255; the rest is the picture's.
#[derive(Default)]
pub(crate) struct Weights {
    /// The place in the plane, in the plane's samples.
    area: Rect,
    fill: Vec<u8>,
    rim: Vec<u8>,
    background: Vec<u8>,
}

/// The opacities of the three layers.
#[derive(Clone, Copy)]
pub(crate) struct Opacity {
    pub(crate) fill: u8,
    pub(crate) rim: u8,
    pub(crate) background: u8,
}

/// Everything that the weights depend on, the painter's own settings aside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placement {
    /// The text's box, which may reach beyond the picture.
    pub(crate) x: i64,
    pub(crate) y: i64,
    pub(crate) size: (usize, usize),
    pub(crate) align: Align,
    pub(crate) picture: (usize, usize),
    pub(crate) subsampling: Option<Subsampling>,
}

/// The weights of one text at one place.
#[derive(Default)]
pub(crate) struct Stamp {
    text: String,
    place: Option<Placement>,
    pub(crate) luma: Weights,
    pub(crate) chroma: Weights,
    /// One row of sums, kept for its memory.
    sums: Vec<[u16; 3]>,
}

impl Stamp {
    /// Makes this the stamp of `text` at `place`, unless it already is. `border` is what surrounds the text in its box.
    pub(crate) fn compose(
        &mut self,
        atlas: &mut Atlas,
        text: &str,
        place: Placement,
        border: usize,
        opacity: Opacity,
    ) {
        if self.place == Some(place) && self.text == text {
            return;
        }
        self.place = None;
        self.luma.reset(visible(&place));
        let line_height = atlas.line_height() as i64;
        let mut baseline = place.y + border as i64 + atlas.baseline() as i64;
        let bottom = self.luma.area.y as i64 + self.luma.area.height as i64;
        for line in lines(text) {
            // Whole lines below the picture are not worth a look; above it there may be many, but none is drawn there.
            if baseline - 4 * line_height > bottom {
                break;
            }
            let free = (place.size.0 - 2 * border).saturating_sub(atlas.line_width(line));
            let mut pen = place.x + (border + place.align.indent(free)) as i64;
            for character in line.chars() {
                let glyph = atlas.glyph(character);
                self.luma.add(glyph, pen, baseline);
                pen += glyph.advance as i64;
            }
            baseline += line_height;
        }
        self.luma.layer(opacity);
        if let Some(subsampling) = place.subsampling {
            self.chroma.average(&self.luma, subsampling, place.picture, &mut self.sums);
        }
        self.text.clear();
        self.text.push_str(text);
        self.place = Some(place);
    }

    /// The area of the picture that the last composition covers.
    pub(crate) fn area(&self) -> Rect {
        self.luma.area
    }
}

/// The part of a text's box that lies in the picture.
fn visible(place: &Placement) -> Rect {
    let clip = |start: i64, length: usize, limit: usize| {
        let limit = limit as i64;
        let end = start.saturating_add_unsigned(length as u64).clamp(0, limit);
        let start = start.clamp(0, limit);
        (start as usize, (end - start) as usize)
    };
    let (x, width) = clip(place.x, place.size.0, place.picture.0);
    let (y, height) = clip(place.y, place.size.1, place.picture.1);
    if width == 0 || height == 0 { Rect::default() } else { Rect { x, y, width, height } }
}

impl Weights {
    /// Empty weights for an area; the memory stays.
    fn reset(&mut self, area: Rect) {
        self.area = area;
        for layer in [&mut self.fill, &mut self.rim, &mut self.background] {
            layer.clear();
            layer.resize(area.width * area.height, 0);
        }
    }

    /// Adds a glyph's masks, clipped to the area. Neighbours' rims unite; their fills, which share a pixel only along
    /// a common edge, add up.
    fn add(&mut self, glyph: &Glyph, pen: i64, baseline: i64) {
        let Rect { x, y, width, height } = self.area;
        if glyph.width == 0 || width == 0 {
            return;
        }
        let left = pen + glyph.left - x as i64;
        let skip = (-left).clamp(0, glyph.width as i64) as usize;
        let start = left.clamp(0, width as i64) as usize;
        let count = (glyph.width - skip).min(width - start);
        let top = baseline + glyph.top - y as i64;
        for (row, fill) in glyph.fill.chunks_exact(glyph.width).enumerate() {
            let Some(to) = usize::try_from(top + row as i64).ok().filter(|&to| to < height) else {
                continue;
            };
            let to = to * width + start..to * width + start + count;
            for (to, &from) in self.fill[to.clone()].iter_mut().zip(&fill[skip..]) {
                *to = to.saturating_add(from);
            }
            if let Some(rim) = glyph.rim.get(row * glyph.width + skip..(row + 1) * glyph.width) {
                for (to, &from) in self.rim[to].iter_mut().zip(rim) {
                    *to = (*to).max(from);
                }
            }
        }
    }

    /// Turns coverages into weights: fill over rim over background over the picture, each with its opacity.
    fn layer(&mut self, opacity: Opacity) {
        let Self { fill, rim, background, .. } = self;
        for ((fill, rim), background) in fill.iter_mut().zip(rim).zip(background) {
            *fill = scale(*fill, opacity.fill);
            let rest = 255 - *fill;
            *rim = scale(scale(*rim, opacity.rim), rest);
            *background = scale(opacity.background, rest - *rim);
        }
    }

    /// Makes these the chroma weights: for each chroma sample the mean over the luma pixels that share it, as many as
    /// the picture has there. The mean of weights is exact, since the blend is linear in them.
    fn average(
        &mut self,
        luma: &Weights,
        subsampling: Subsampling,
        picture: (usize, usize),
        sums: &mut Vec<[u16; 3]>,
    ) {
        let (h, v) = (subsampling.horizontal(), subsampling.vertical());
        let Rect { x, y, width, height } = luma.area;
        let (left, top) = (x / h, y / v);
        let area = Rect {
            x: left,
            y: top,
            width: (x + width).div_ceil(h) - left,
            height: (y + height).div_ceil(v) - top,
        };
        self.reset(area);
        if width == 0 {
            return;
        }
        for row in 0..area.height {
            let block = (top + row) * v;
            let rows = block..(block + v).min(picture.1);
            sums.clear();
            sums.resize(area.width, [0; 3]);
            for luma_row in rows.clone().filter(|row| (y..y + height).contains(row)) {
                let weights = (luma_row - y) * width..(luma_row - y + 1) * width;
                let layers = luma.fill[weights.clone()]
                    .iter()
                    .zip(&luma.rim[weights.clone()])
                    .zip(&luma.background[weights]);
                for (column, ((&fill, &rim), &background)) in (x..).zip(layers) {
                    // Factors are 1 or 2, and so a shift instead of a division.
                    let sum = &mut sums[(column >> (h - 1)) - left];
                    sum[0] += u16::from(fill);
                    sum[1] += u16::from(rim);
                    sum[2] += u16::from(background);
                }
            }
            let at = row * area.width..(row + 1) * area.width;
            let layers =
                self.fill[at.clone()].iter_mut().zip(&mut self.rim[at.clone()]).zip(&mut self.background[at]);
            for (column, (sum, ((fill, rim), background))) in (left..).zip(sums.iter().zip(layers)) {
                // 1, 2 or 4 pixels, less than usual at the picture's last column and row.
                let count = (rows.len() * h.min(picture.0 - column * h)) as u16;
                let mean = |sum: u16| ((sum + count / 2) >> count.trailing_zeros()) as u8;
                // Each rounds by itself, so their sum could reach 256.
                *fill = mean(sum[0]);
                *rim = mean(sum[1]).min(255 - *fill);
                *background = mean(sum[2]).min(255 - *fill - *rim);
            }
        }
    }

    /// Blends one sample value per layer onto a plane: fill, rim, background.
    ///
    /// Every sample of the area goes through the same sums, covered or not: without a branch they run sixteen at a
    /// time, which beats looking for the covered ones, and an uncovered sample comes out as it went in.
    pub(crate) fn blend(&self, plane: &mut PlaneMut<'_>, values: [u8; 3]) {
        let Rect { x, y, width, height } = self.area;
        let [fill_value, rim_value, background_value] = values.map(u16::from);
        for row in 0..height {
            let samples = &mut plane.data[(y + row) * plane.stride + x..][..width];
            let weights = row * width..(row + 1) * width;
            let layers = self.fill[weights.clone()]
                .iter()
                .zip(&self.rim[weights.clone()])
                .zip(&self.background[weights]);
            for (sample, ((&fill, &rim), &background)) in samples.iter_mut().zip(layers) {
                let (fill, rim, background) = (u16::from(fill), u16::from(rim), u16::from(background));
                let keep = 255 - fill - rim - background;
                // At most 255 * 255 + 128: the weights add up to 255.
                let sum = u16::from(*sample) * keep
                    + fill * fill_value
                    + rim * rim_value
                    + background * background_value
                    + 128;
                *sample = ((sum + (sum >> 8)) >> 8) as u8;
            }
        }
    }
}

/// `a * b / 255`, rounded.
fn scale(a: u8, b: u8) -> u8 {
    let product = u16::from(a) * u16::from(b) + 128;
    ((product + (product >> 8)) >> 8) as u8
}
