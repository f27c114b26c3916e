//! Pictures for transforms and sinks: every pixel format and size, with and without gaps, in memory of different owners.

use super::jpegs::jpeg;
use crate::{Buffer, Format, Frame, Freshness, Matrix, PixelFormat, PlaneLayout, Range, Size, Times};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Sizes at which mistakes show: one pixel, less than a block, odd, and more than one JPEG block.
const SIZES: [(u32, u32); 6] = [(1, 1), (2, 1), (1, 2), (3, 3), (17, 13), (64, 48)];

/// The pixel formats that a JPEG may decode to.
pub(super) const SAMPLINGS: [PixelFormat; 5] =
    [PixelFormat::I420, PixelFormat::I422, PixelFormat::I440, PixelFormat::I444, PixelFormat::GREY];

/// Memory lent to a plugin, counted.
#[derive(Clone, Default)]
pub(super) struct Lent(Arc<AtomicUsize>);

struct Memory(Vec<u8>, Lent);

impl Lent {
    /// The number of pieces of memory that have not come back.
    pub(super) fn out(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn buffer(&self, bytes: Vec<u8>) -> Buffer {
        self.0.fetch_add(1, Ordering::SeqCst);
        Buffer::from_owner(Memory(bytes, self.clone()))
    }
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.1.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Every kind at every size; JPEGs of every sampling; pixels in other colours once.
pub(super) fn formats() -> Vec<Format> {
    let sizes = || SIZES.iter().map(|(width, height)| Size::new(*width, *height));
    let mut formats = Vec::new();
    for kind in PixelFormat::ALL {
        let samplings = if *kind == PixelFormat::JPEG { &SAMPLINGS[..] } else { &[PixelFormat(0)] };
        for sampling in samplings {
            let format = Format::new(*kind, 0, 0).with_sampling(*sampling);
            formats.extend(sizes().map(|size| format.with_size(size)));
        }
        if *kind != PixelFormat::JPEG {
            formats.push(Format::new(*kind, 17, 13).with_colours(Matrix::BT709, Range::LIMITED));
        }
    }
    formats
}

/// Picture number `number`: lines and planes without gaps, memory that may be written to.
pub(super) fn tight(format: Format, number: u64) -> Frame {
    let bytes = if format.kind == PixelFormat::JPEG {
        jpeg(format)
    } else {
        planes(format).into_iter().flatten().flatten().collect()
    };
    numbered(Frame::from_vec(format, bytes, times(number)), number)
}

/// The same picture: gaps before and between lines and planes, none behind the last pixel, memory that is lent.
pub(super) fn gappy(format: Format, number: u64, lent: &Lent) -> Frame {
    const GAP: u8 = 0xee;
    let mut bytes = vec![GAP; 7];
    let mut layout = Vec::new();
    if format.kind == PixelFormat::JPEG {
        let picture = jpeg(format);
        layout.push(PlaneLayout { offset: bytes.len(), stride: picture.len() });
        bytes.extend(picture);
        bytes.extend([GAP; 9]);
    }
    for (index, lines) in planes(format).iter().enumerate() {
        let width = lines.first().map_or(0, Vec::len);
        let stride = width + 13 + 2 * index;
        layout.push(PlaneLayout { offset: bytes.len(), stride });
        for (y, line) in lines.iter().enumerate() {
            bytes.extend(line);
            // Nothing follows the last line but the next plane, some bytes on.
            let gap = if y + 1 < lines.len() { stride - width } else { 11 };
            bytes.extend(std::iter::repeat_n(GAP, gap));
        }
    }
    if format.kind != PixelFormat::JPEG {
        bytes.truncate(bytes.len() - 11);
    }
    numbered(Frame::with_layout(format, lent.buffer(bytes), &layout, times(number)), number)
}

/// The visible bytes of a picture, in each layout.
pub(super) fn content(frame: &Frame) -> Vec<&[u8]> {
    match frame.jpeg() {
        Some(jpeg) => vec![jpeg],
        None => {
            (0..frame.plane_count()).flat_map(|index| frame.plane(index).rows().collect::<Vec<_>>()).collect()
        }
    }
}

/// Lines of each plane: noise, the same every time.
fn planes(format: Format) -> Vec<Vec<Vec<u8>>> {
    let shapes = (0..).map_while(|index| format.kind.plane_shape(index, format.width, format.height));
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    shapes
        .map(|(width, height)| (0..height).map(|_| (0..width).map(|_| noise()).collect()).collect())
        .collect()
}

/// Twenty-five pictures a second, on an evening in November 2023.
fn times(number: u64) -> Times {
    let ns = number * 40_000_000;
    Times { monotonic_ns: 1_000_000_000 + ns, wall_ns: 1_700_000_000_000_000_000 + ns as i64 }
}

fn numbered(frame: crate::Result<Frame>, number: u64) -> Frame {
    let freshness = if number % 2 == 1 { Freshness::HELD } else { Freshness::LIVE };
    frame.expect("a picture of the kit's own").with_sequence(1_000 + number).with_freshness(freshness)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_change_nothing_that_is_shown() {
        let lent = Lent::default();
        for format in formats() {
            let (one, other) = (tight(format, 3), gappy(format, 3, &lent));
            assert_eq!(content(&one), content(&other), "{format}");
            assert_eq!((one.times(), one.sequence()), (other.times(), other.sequence()));
            assert_eq!(lent.out(), 1);
            drop(other);
            assert_eq!(lent.out(), 0);
        }
    }
}
