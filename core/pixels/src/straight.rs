//! Packed 4:2:2 straight into planes of the same subsampling: what the raw frames of most webcams take on their way to a JPEG.
//! Bytes are taken apart and their range is changed in one go, where `load` and `store` do one after the other.

use crate::colour::Change;
use crate::shape::Packing;

/// One line of `packed`, as many pixels as `luma` has room for. `pairs` is scratch. The change is one of samples by themselves.
pub(crate) fn unpack(
    (packing, packed): (Packing, &[u8]),
    change: &Change,
    pairs: &mut Vec<u8>,
    luma: &mut [u8],
    (cb, cr): (&mut [u8], &mut [u8]),
) {
    let luma_first = matches!(packing, Packing::Yuyv | Packing::Yvyu);
    let chroma = match packing {
        Packing::Yuyv | Packing::Uyvy => (cb, cr),
        Packing::Yvyu | Packing::Vyuy => (cr, cb),
    };
    change.unpack((packed, luma_first), pairs, luma, chroma);
}
