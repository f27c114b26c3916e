//! Lines of RGB to lines of Y'CbCr and back, with the SIMD code of the `yuv` crate.
//!
//! One call converts one line or two: the library's whole-picture calls want memory behind the last line that a driver's
//! buffer does not have, and leave that line out without a word.

use mutoscope_plugin::{Format, Matrix, Range, Result};
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvError, YuvGrayImage, YuvGrayImageMut, YuvPlanarImage,
    YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
};

type FromRgb = fn(
    &mut YuvPlanarImageMut<'_, u8>,
    &[u8],
    u32,
    YuvRange,
    YuvStandardMatrix,
    YuvConversionMode,
) -> Result<(), YuvError>;
type GreyFromRgb =
    fn(&mut YuvGrayImageMut<'_, u8>, &[u8], u32, YuvRange, YuvStandardMatrix) -> Result<(), YuvError>;
type ToRgb = fn(&YuvPlanarImage<'_, u8>, &mut [u8], u32, YuvRange, YuvStandardMatrix) -> Result<(), YuvError>;
type RgbFromGrey =
    fn(&YuvGrayImage<'_, u8>, &mut [u8], u32, YuvRange, YuvStandardMatrix) -> Result<(), YuvError>;

/// The library's names for a format's colours.
fn colours(format: &Format) -> (YuvRange, YuvStandardMatrix) {
    let range = if format.range == Range::LIMITED { YuvRange::Limited } else { YuvRange::Full };
    let matrix = match format.matrix {
        Matrix::BT709 => YuvStandardMatrix::Bt709,
        Matrix::BT2020 => YuvStandardMatrix::Bt2020,
        _ => YuvStandardMatrix::Bt601,
    };
    (range, matrix)
}

/// One or two lines of RGB, `stride` bytes from one to the next and `channels` bytes a pixel.
pub(crate) struct Pixels<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) stride: usize,
    pub(crate) count: usize,
    pub(crate) order: (usize, bool),
}

/// Lines of RGB as luma and chroma in the colours of `to`, which stand line after line without gaps, a chroma sample for
/// `across` by `down` pixels. Chroma of no length is not made.
///
/// # Errors
/// The lines do not fit each other.
pub(crate) fn from_rgb(
    rgb: &Pixels<'_>,
    to: &Format,
    (across, down): (usize, usize),
    luma: &mut [u8],
    (cb, cr): (&mut [u8], &mut [u8]),
) -> Result<()> {
    let (range, matrix) = colours(to);
    let (width, height, stride) = ((luma.len() / rgb.count) as u32, rgb.count as u32, rgb.stride as u32);
    let y_plane = BufferStoreMut::Borrowed(luma);
    if cb.is_empty() {
        let convert: GreyFromRgb = match rgb.order {
            (3, false) => yuv::rgb_to_yuv400,
            (3, true) => yuv::bgr_to_yuv400,
            (_, false) => yuv::rgba_to_yuv400,
            (_, true) => yuv::bgra_to_yuv400,
        };
        let mut grey = YuvGrayImageMut { y_plane, y_stride: width, width, height };
        return Ok(convert(&mut grey, rgb.bytes, stride, range, matrix)?);
    }
    let convert: FromRgb = match (across, down, rgb.order) {
        (1, _, (3, false)) => yuv::rgb_to_yuv444,
        (1, _, (3, true)) => yuv::bgr_to_yuv444,
        (1, _, (_, false)) => yuv::rgba_to_yuv444,
        (1, _, (_, true)) => yuv::bgra_to_yuv444,
        (_, 1, (3, false)) => yuv::rgb_to_yuv422,
        (_, 1, (3, true)) => yuv::bgr_to_yuv422,
        (_, 1, (_, false)) => yuv::rgba_to_yuv422,
        (_, 1, (_, true)) => yuv::bgra_to_yuv422,
        (_, _, (3, false)) => yuv::rgb_to_yuv420,
        (_, _, (3, true)) => yuv::bgr_to_yuv420,
        (_, _, (_, false)) => yuv::rgba_to_yuv420,
        (_, _, (_, true)) => yuv::bgra_to_yuv420,
    };
    let chroma_stride = width.div_ceil(across as u32);
    let mut planes = YuvPlanarImageMut {
        y_plane,
        y_stride: width,
        u_plane: BufferStoreMut::Borrowed(cb),
        u_stride: chroma_stride,
        v_plane: BufferStoreMut::Borrowed(cr),
        v_stride: chroma_stride,
        width,
        height,
    };
    // The quickest mode is a whole step off now and then; this one rounds right.
    Ok(convert(&mut planes, rgb.bytes, stride, range, matrix, YuvConversionMode::Professional)?)
}

/// A line of luma and chroma in the colours of `from`, a chroma sample for `across` pixels, as RGB.
/// Chroma of no length is grey.
///
/// # Errors
/// The lines do not fit each other.
pub(crate) fn to_rgb(
    luma: &[u8],
    (cb, cr): (&[u8], &[u8]),
    from: &Format,
    across: usize,
    (channels, blue_first): (usize, bool),
    rgb: &mut [u8],
) -> Result<()> {
    let (range, matrix) = colours(from);
    let (width, stride) = (luma.len() as u32, rgb.len() as u32);
    if cb.is_empty() {
        let convert: RgbFromGrey = match (channels, blue_first) {
            (3, false) => yuv::yuv400_to_rgb,
            (3, true) => yuv::yuv400_to_bgr,
            (_, false) => yuv::yuv400_to_rgba,
            (_, true) => yuv::yuv400_to_bgra,
        };
        let grey = YuvGrayImage { y_plane: luma, y_stride: width, width, height: 1 };
        return Ok(convert(&grey, rgb, stride, range, matrix)?);
    }
    let convert: ToRgb = match (across, channels, blue_first) {
        (1, 3, false) => yuv::yuv444_to_rgb,
        (1, 3, true) => yuv::yuv444_to_bgr,
        (1, _, false) => yuv::yuv444_to_rgba,
        (1, _, true) => yuv::yuv444_to_bgra,
        (_, 3, false) => yuv::yuv422_to_rgb,
        (_, 3, true) => yuv::yuv422_to_bgr,
        (_, _, false) => yuv::yuv422_to_rgba,
        (_, _, true) => yuv::yuv422_to_bgra,
    };
    let planes = YuvPlanarImage {
        y_plane: luma,
        y_stride: width,
        u_plane: cb,
        u_stride: cb.len() as u32,
        v_plane: cr,
        v_stride: cr.len() as u32,
        width,
        height: 1,
    };
    Ok(convert(&planes, rgb, stride, range, matrix)?)
}

/// A line of RGB in another order of bytes. A fourth byte is opaque.
pub(crate) fn reorder(
    from: &[u8],
    (from_channels, from_blue): (usize, bool),
    (to_channels, to_blue): (usize, bool),
    to: &mut [u8],
) {
    let swap = from_blue != to_blue;
    for (to, from) in to.chunks_exact_mut(to_channels).zip(from.chunks_exact(from_channels)) {
        let (first, last) = if swap { (from[2], from[0]) } else { (from[0], from[2]) };
        to[..3].copy_from_slice(&[first, from[1], last]);
        if let Some(alpha) = to.get_mut(3) {
            *alpha = 255;
        }
    }
}

/// Three lines, one of each colour, as RGB with three bytes a pixel.
///
/// # Errors
/// The lines do not fit each other.
pub(crate) fn interleave([red, green, blue]: [&[u8]; 3], rgb: &mut [u8]) -> Result<()> {
    let (width, stride) = (green.len() as u32, rgb.len() as u32);
    let planes = YuvPlanarImage {
        y_plane: green,
        y_stride: width,
        u_plane: blue,
        u_stride: width,
        v_plane: red,
        v_stride: width,
        width,
        height: 1,
    };
    Ok(yuv::gbr_to_rgb(&planes, rgb, stride, YuvRange::Full)?)
}
