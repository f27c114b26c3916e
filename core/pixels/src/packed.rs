//! Lines of packed 4:2:2 to planar ones and back: what the raw frames of most webcams take on their way to a JPEG.
//!
//! On the way to planes of the same subsampling, bytes are taken apart and their range is changed in one go, where `load` and
//! `store` do one after the other.

use crate::colour::Change;
use crate::shape::Packing;
use pulp::{Arch, Simd, WithSimd};

impl Packing {
    fn is_luma_first(self) -> bool {
        matches!(self, Packing::Yuyv | Packing::Yvyu)
    }

    fn is_cb_first(self) -> bool {
        matches!(self, Packing::Yuyv | Packing::Uyvy)
    }
}

/// Takes one line of `packed` apart, as many pixels as `luma` has room for, and changes its samples, each by itself. `pairs` is
/// scratch.
pub(crate) fn unpack(
    (packing, packed): (Packing, &[u8]),
    change: &Change,
    pairs: &mut Vec<u8>,
    luma: &mut [u8],
    (cb, cr): (&mut [u8], &mut [u8]),
) {
    let chroma = if packing.is_cb_first() { (cb, cr) } else { (cr, cb) };
    change.unpack((packed, packing.is_luma_first()), pairs, luma, chroma);
}

/// Puts a line together, of an even number of pixels: callers give the last of an odd number a twin.
pub(crate) fn pack(packing: Packing, luma: &[u8], cb: &[u8], cr: &[u8], line: &mut [u8]) {
    let (first, second) = if packing.is_cb_first() { (cb, cr) } else { (cr, cb) };
    Arch::new().dispatch(Pack { luma, first, second, luma_first: packing.is_luma_first(), line });
}

struct Pack<'a> {
    luma: &'a [u8],
    first: &'a [u8],
    second: &'a [u8],
    luma_first: bool,
    line: &'a mut [u8],
}

impl WithSimd for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (luma_at, chroma_at) = if self.luma_first { (0, 8) } else { (8, 0) };
        let luma = self.luma.as_chunks::<2>().0;
        let out = self.line.as_chunks_mut::<4>().0;
        for (((out, luma), first), second) in out.iter_mut().zip(luma).zip(self.first).zip(self.second) {
            // Numbers of 32 bits instead of bytes: many at a time.
            let luma = u32::from(u16::from_le_bytes(*luma));
            let luma = (luma & 255) | (luma >> 8) << 16;
            let chroma = u32::from(*first) | u32::from(*second) << 16;
            *out = (luma << luma_at | chroma << chroma_at).to_le_bytes();
        }
    }
}
