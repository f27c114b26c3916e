//! The work: one plane after another through fast_image_resize, first the number of lines and then their length, which
//! the library does in this order too; the second as pixels of [`fours`].
//!
//! Always `resize_typed`: the library's `resize` brings in every pixel type that it knows.

use crate::config::Filter;
use crate::fours;
use crate::geometry::{Geometry, Region};
use fast_image_resize::images::{TypedCroppedImage, TypedCroppedImageMut, TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x4};
use fast_image_resize::{FilterType, ImageView, ResizeAlg, ResizeOptions, Resizer};
use mutoscope_plugin::{Frame, PlaneMut, Result, Services};

/// Resizes planes, and keeps what memory that takes.
#[derive(Default)]
pub(crate) struct PlaneResizer {
    resizer: Resizer,
    /// A plane's lines without gaps, where its own cannot be handed on.
    packed: Vec<u8>,
    /// A plane's lines in their final number and old length.
    lines: Vec<u8>,
    /// The same by four.
    fours: Vec<u8>,
    /// The same in their final length.
    made: Vec<u8>,
}

impl PlaneResizer {
    /// A new frame of the geometry's output size, made from all planes of `frame`.
    ///
    /// # Errors
    /// There is no memory for it within the host's limit.
    pub(crate) fn resize(
        &mut self,
        frame: &Frame,
        geometry: &Geometry,
        filter: Filter,
        services: &Services,
    ) -> Result<Frame> {
        let format = frame.format();
        let kernel = filter.kernel(geometry.shrinks());
        let mut output = Frame::pooled(format.with_size(geometry.output), frame.times(), services)?;
        for (index, to) in output.planes_mut(services)?.into_iter().enumerate() {
            let factors = if index == 0 { (1, 1) } else { format.kind.chroma_subsampling() };
            let from = frame.plane(index);
            let part = geometry.of_plane(factors, (from.width, from.height), (to.width, to.height));
            self.plane(frame, index, part, to, kernel, filter.reach())?;
        }
        Ok(output.stamped_as(frame))
    }

    fn plane(
        &mut self,
        frame: &Frame,
        index: usize,
        part: Region,
        to: PlaneMut<'_>,
        kernel: Option<FilterType>,
        reach: f64,
    ) -> Result<()> {
        let from = frame.plane(index);
        let (stride, lines) = whole_lines(frame, index).unwrap_or_else(|| {
            self.packed.clear();
            from.rows().for_each(|row| self.packed.extend_from_slice(row));
            (from.width as u32, &self.packed)
        });
        let whole = TypedImageRef::<U8>::from_buffer(stride, from.height as u32, lines)?;
        let Some(kernel) = kernel else {
            let options = ResizeOptions::new().resize_alg(ResizeAlg::Nearest);
            return directly(&mut self.resizer, &whole, from.width, to, options, part);
        };
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(kernel)).use_alpha(false);
        if part.width == to.width as f64 && part.left.fract() == 0.0 {
            return directly(&mut self.resizer, &whole, from.width, to, options, part);
        }
        // The columns that are looked at.
        let reach = reach * (part.width / to.width as f64).max(1.0);
        let first = (part.left - reach).floor().max(0.0) as usize;
        let columns = ((part.left + part.width + reach).ceil() as usize).min(from.width) - first;
        let count = to.height.div_ceil(4);
        let joined = room(&mut self.fours, 4 * columns * count);
        if part.height == to.height as f64 && part.top.fract() == 0.0 {
            let rows = (part.top as usize..).take(to.height).map(|y| &from.row(y)[first..]);
            fours::join(rows, columns, joined);
        } else {
            let from =
                TypedCroppedImage::from_ref(&whole, first as u32, 0, columns as u32, from.height as u32)?;
            let lines = room(&mut self.lines, columns * to.height);
            let mut image = TypedImage::<U8>::from_buffer(columns as u32, to.height as u32, lines)?;
            let options = options.crop(0.0, part.top, columns as f64, part.height);
            self.resizer.resize_typed(&from, &mut image, &options)?;
            fours::join(lines.chunks_exact(columns), columns, joined);
        }
        let made = room(&mut self.made, 4 * to.width * count);
        let from = TypedImageRef::<U8x4>::from_buffer(columns as u32, count as u32, joined)?;
        let mut image = TypedImage::<U8x4>::from_buffer(to.width as u32, count as u32, made)?;
        let options = options.crop(part.left - first as f64, 0.0, part.width, count as f64);
        self.resizer.resize_typed(&from, &mut image, &options)?;
        let (width, mut to) = (to.width, to);
        fours::split(made, width, to.rows_mut());
        Ok(())
    }
}

/// The first `len` bytes of memory that is kept: it grows to what the largest plane needs, and is not cleared for each.
fn room(kept: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if kept.len() < len {
        kept.resize(len, 0);
    }
    &mut kept[..len]
}

/// In one call of the library's.
fn directly(
    resizer: &mut Resizer,
    whole: &TypedImageRef<'_, U8>,
    width: usize,
    to: PlaneMut<'_>,
    options: ResizeOptions,
    part: Region,
) -> Result<()> {
    let from = TypedCroppedImage::from_ref(whole, 0, 0, width as u32, whole.height())?;
    let mut lines = TypedImage::<U8>::from_buffer(u32::try_from(to.stride)?, to.height as u32, to.data)?;
    let mut to = TypedCroppedImageMut::from_ref(&mut lines, 0, 0, to.width as u32, to.height as u32)?;
    Ok(resizer.resize_typed(&from, &mut to, &options.crop(part.left, part.top, part.width, part.height))?)
}

/// A plane's stride, and its bytes up to the end of the last line's stride, which is what fast_image_resize counts in;
/// [`Frame::plane`] ends with the last line's last pixel. `None` if the buffer ends there too.
fn whole_lines(frame: &Frame, index: usize) -> Option<(u32, &[u8])> {
    let plane = frame.plane(index);
    // With a single line the distance to the next is unknown.
    let stride = if plane.height == 1 { plane.width } else { plane.stride };
    let buffer = frame.buffer().as_slice();
    let start = plane.data.as_ptr().addr().checked_sub(buffer.as_ptr().addr())?;
    let lines = buffer.get(start..start.checked_add(stride.checked_mul(plane.height)?)?)?;
    Some((u32::try_from(stride).ok()?, lines))
}
