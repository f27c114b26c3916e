//! Lines of packed 4:2:2 to planar ones and back, with the SIMD code of the `yuv` crate.
//!
//! All lines here are of an even number of pixels: callers give the last of an odd number a twin.

use crate::shape::Packing;
use mutoscope_plugin::Result;
use yuv::{BufferStoreMut, YuvError, YuvPackedImage, YuvPackedImageMut, YuvPlanarImage, YuvPlanarImageMut};

type Unpack = fn(&mut YuvPlanarImageMut<'_, u8>, &YuvPackedImage<'_, u8>) -> Result<(), YuvError>;
type Pack = fn(&mut YuvPackedImageMut<'_, u8>, &YuvPlanarImage<'_, u8>) -> Result<(), YuvError>;

/// Takes a line apart: four bytes for two samples of luma and one of each chroma.
///
/// # Errors
/// The lines do not fit each other.
pub(crate) fn unpack(
    packing: Packing,
    line: &[u8],
    luma: &mut [u8],
    cb: &mut [u8],
    cr: &mut [u8],
) -> Result<()> {
    let convert: Unpack = match packing {
        Packing::Yuyv => yuv::yuyv422_to_yuv422,
        Packing::Uyvy => yuv::uyvy422_to_yuv422,
        Packing::Yvyu => yuv::yvyu422_to_yuv422,
        Packing::Vyuy => yuv::vyuy422_to_yuv422,
    };
    let (width, height) = (luma.len() as u32, 1);
    let mut planes = YuvPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(luma),
        y_stride: width,
        u_plane: BufferStoreMut::Borrowed(cb),
        u_stride: width / 2,
        v_plane: BufferStoreMut::Borrowed(cr),
        v_stride: width / 2,
        width,
        height,
    };
    let packed = YuvPackedImage { yuy: line, yuy_stride: line.len() as u32, width, height };
    Ok(convert(&mut planes, &packed)?)
}

/// Puts a line together: as [`unpack`].
///
/// # Errors
/// The lines do not fit each other.
pub(crate) fn pack(packing: Packing, luma: &[u8], cb: &[u8], cr: &[u8], line: &mut [u8]) -> Result<()> {
    let convert: Pack = match packing {
        Packing::Yuyv => yuv::yuv422_to_yuyv422,
        Packing::Uyvy => yuv::yuv422_to_uyvy422,
        Packing::Yvyu => yuv::yuv422_to_yvyu422,
        Packing::Vyuy => yuv::yuv422_to_vyuy422,
    };
    let (width, height) = (luma.len() as u32, 1);
    let planes = YuvPlanarImage {
        y_plane: luma,
        y_stride: width,
        u_plane: cb,
        u_stride: width / 2,
        v_plane: cr,
        v_stride: width / 2,
        width,
        height,
    };
    let yuy_stride = line.len() as u32;
    let mut packed = YuvPackedImageMut { yuy: BufferStoreMut::Borrowed(line), yuy_stride, width, height };
    Ok(convert(&mut packed, &planes)?)
}
