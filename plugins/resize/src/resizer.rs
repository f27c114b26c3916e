//! The work: one plane after another through fast_image_resize.
//!
//! Always `resize_typed`: the library's `resize` brings in every pixel type that it knows.

use crate::config::Filter;
use crate::geometry::{Geometry, Part};
use fast_image_resize::images::{TypedCroppedImage, TypedCroppedImageMut, TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{ResizeAlg, ResizeOptions, Resizer};
use mutoscope_plugin::{Frame, PlaneMut, Result, Services};

/// Resizes planes, and keeps what memory that takes.
#[derive(Default)]
pub(crate) struct PlaneResizer {
    resizer: Resizer,
    /// A plane's lines without gaps, where its own cannot be handed on.
    packed: Vec<u8>,
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
        let mut output = Frame::pooled(format.with_size(geometry.output), frame.times(), services)?;
        for (index, to) in output.planes_mut(services)?.into_iter().enumerate() {
            let factors = if index == 0 { (1, 1) } else { format.kind.chroma_subsampling() };
            let from = frame.plane(index);
            let part = geometry.of_plane(factors, (from.width, from.height), (to.width, to.height));
            self.plane(frame, index, part, to, filter)?;
        }
        Ok(output.stamped_as(frame))
    }

    fn plane(
        &mut self,
        frame: &Frame,
        index: usize,
        part: Part,
        to: PlaneMut<'_>,
        filter: Filter,
    ) -> Result<()> {
        let from = frame.plane(index);
        let (stride, lines) = whole_lines(frame, index).unwrap_or_else(|| {
            self.packed.clear();
            from.rows().for_each(|row| self.packed.extend_from_slice(row));
            (from.width as u32, &self.packed)
        });
        let lines = TypedImageRef::<U8>::from_buffer(stride, from.height as u32, lines)?;
        let from = TypedCroppedImage::from_ref(&lines, 0, 0, from.width as u32, from.height as u32)?;
        let mut lines = TypedImage::<U8>::from_buffer(u32::try_from(to.stride)?, to.height as u32, to.data)?;
        let mut to = TypedCroppedImageMut::from_ref(&mut lines, 0, 0, to.width as u32, to.height as u32)?;
        let algorithm = filter.kernel().map_or(ResizeAlg::Nearest, ResizeAlg::Convolution);
        let options =
            ResizeOptions::new().resize_alg(algorithm).crop(part.left, part.top, part.width, part.height);
        Ok(self.resizer.resize_typed(&from, &mut to, &options)?)
    }
}

/// A plane's stride, and its bytes up to the end of the last line's stride, which is what fast_image_resize counts in;
/// [`Frame::plane`] ends with the last line's last pixel. `None` if the buffer ends there too.
fn whole_lines(frame: &Frame, index: usize) -> Option<(u32, &[u8])> {
    let plane = frame.plane(index);
    // Of one line nobody knows how far the next would be.
    let stride = if plane.height == 1 { plane.width } else { plane.stride };
    let buffer = frame.buffer().as_slice();
    let start = plane.data.as_ptr().addr().checked_sub(buffer.as_ptr().addr())?;
    let lines = buffer.get(start..start.checked_add(stride.checked_mul(plane.height)?)?)?;
    Some((u32::try_from(stride).ok()?, lines))
}
