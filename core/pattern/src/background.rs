//! The still part of the pattern.

use crate::dial;
use crate::geometry::part;
use mutoscope_plugin::{Format, Plane, PlaneMut};

/// The colours of the bars from the left, as R'G'B': white in full, the others at 75 % (ITU-R BT.471, 100/0/75/0).
pub const BARS: [[u8; 3]; 8] = [
    [255, 255, 255],
    [191, 191, 0],
    [0, 191, 191],
    [0, 191, 0],
    [191, 0, 191],
    [191, 0, 0],
    [0, 0, 191],
    [0, 0, 0],
];

// Shares of the height. Between the bars and the ramp the counter has its place, below the ramp the digits.
const BARS_END: f64 = 0.62;
const RAMP: std::ops::Range<f64> = 0.77..0.87;

const BLACK: [u8; 3] = [0, 128, 128];
const DARK: [u8; 3] = [32, 128, 128];

/// The planes of what stands still, without gaps between lines.
pub(super) struct Background {
    planes: Vec<(Vec<u8>, usize)>,
}

impl Background {
    pub(super) fn new(format: Format) -> Background {
        let (width, height) = (format.width as usize, format.height as usize);
        let bars_end = part(height, BARS_END);
        let ramp = part(height, RAMP.start)..part(height, RAMP.end);
        let bars = BARS.map(ycbcr);
        let colour = |x: usize, y: usize| match y {
            y if y < bars_end => bars[x * bars.len() / width],
            y if y < ramp.start => BLACK,
            y if y < ramp.end => [(x * 255 / (width - 1).max(1)) as u8, 128, 128],
            _ => DARK,
        };
        let mut planes = Vec::new();
        while let Some((line, lines)) = format.kind.plane_shape(planes.len(), format.width, format.height) {
            let index = planes.len();
            // Chroma is taken where its sample's first pixel is.
            let step = if index == 0 { 1 } else { 2 };
            let mut bytes = vec![0; line * lines];
            for (y, row) in bytes.chunks_exact_mut(line).enumerate() {
                for (x, byte) in row.iter_mut().enumerate() {
                    *byte = colour(x * step, y * step)[index];
                }
            }
            let mut plane = PlaneMut { data: &mut bytes, stride: line, width: line, height: lines };
            match index {
                0 => dial::draw_face(&mut plane),
                _ => dial::take_colour(&mut plane, width, height),
            }
            planes.push((bytes, line));
        }
        Background { planes }
    }

    pub(super) fn planes(&self) -> impl Iterator<Item = Plane<'_>> {
        self.planes.iter().map(|(bytes, line)| Plane {
            data: bytes,
            stride: *line,
            width: *line,
            height: bytes.len() / line,
        })
    }
}

/// Full-range BT.601 as in JPEG (ITU-T T.871, clause 7).
fn ycbcr([r, g, b]: [u8; 3]) -> [u8; 3] {
    let (r, g, b) = (f64::from(r), f64::from(g), f64::from(b));
    let y = 0.299 * r + 0.587 * g + 0.114 * b;
    [y, (b - y) / 1.772 + 128.0, (r - y) / 1.402 + 128.0].map(|value| value.round().clamp(0.0, 255.0) as u8)
}
