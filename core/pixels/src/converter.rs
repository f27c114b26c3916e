//! A whole frame from one format to another: line by line, two at a time, so that what lies in between never leaves the
//! processor's cache and a frame is read once and written once.

use crate::colour::Change;
use crate::load::Loader;
use crate::rgb::Order;
use crate::shape::Shape;
use crate::store::Storer;
use crate::{bayer, packed, rgb};
use mutoscope_plugin::{Error, Format, Frame, PlaneMut, Result, Services};

/// Converts one frame after the other.
#[derive(Default)]
pub struct Converter {
    loader: Loader,
    storer: Storer,
    rgb: Vec<u8>,
    plain: Vec<u8>,
    mosaic: bayer::Scratch,
    pairs: Vec<u8>,
    colours: rgb::Scratch,
}

impl Converter {
    /// `frame` as one of format `to`, of the same size, in a pooled buffer.
    ///
    /// # Errors
    /// One of the two is of no kind that can be converted, or there is no memory within the host's limit.
    pub fn convert(&mut self, frame: &Frame, to: Format, services: &Services) -> Result<Frame> {
        let from = frame.format();
        let shape = |format: &Format| {
            Shape::of(format.kind).ok_or_else(|| Error::new(format!("nothing here can convert {format}")))
        };
        let (from_shape, to_shape) = (shape(&from)?, shape(&to)?);
        let mut out = Frame::pooled(to, frame.times(), services)?;
        let planes = &mut out.planes_mut(services)?[..];
        let height = from.height as usize;
        match (from_shape.is_rgb(), to_shape.is_rgb()) {
            (true, true) => {
                for y in 0..height {
                    self.rgb_line(frame, from_shape, y, to_shape, &mut planes[0]);
                }
            }
            (false, true) => {
                for top in (0..height).step_by(2) {
                    self.rgb_lines(frame, from_shape, top, to_shape, &mut planes[0]);
                }
            }
            (from_rgb, false) => {
                let change =
                    if from_rgb { Change::None } else { Change::new(&from, &to, from_shape.is_grey()) };
                let sampling = to.kind.chroma_subsampling();
                if let (Shape::Packed(packing), Shape::Planar { .. }, [luma, cb, cr]) =
                    (from_shape, to_shape, &mut *planes)
                    && sampling == (2, 1)
                    && change.is_of_samples()
                {
                    let packed = frame.plane(0);
                    for y in 0..height {
                        let chroma = (cb.row_mut(y), cr.row_mut(y));
                        let line = (packing, packed.row(y));
                        packed::unpack(line, &change, &mut self.pairs, luma.row_mut(y), chroma);
                    }
                    return Ok(out.stamped_as(frame));
                }
                let across = if to_shape.is_grey() { 0 } else { sampling.0 as usize };
                for top in (0..height).step_by(2) {
                    let lines = self.loader.load(frame, from_shape, top, (&to, across));
                    let target = (to.kind, to_shape, to.width as usize);
                    self.storer.store(&lines, &change, target, (top, 2.min(height - top)), planes);
                }
            }
        }
        Ok(out.stamped_as(frame))
    }

    /// Two lines of Y'CbCr as RGB or as a mosaic.
    fn rgb_lines(
        &mut self,
        frame: &Frame,
        from_shape: Shape,
        top: usize,
        to_shape: Shape,
        out: &mut PlaneMut<'_>,
    ) {
        let from = frame.format();
        let lines = self.loader.load(frame, from_shape, top, (&from, 0));
        for index in 0..2.min(from.height as usize - top) {
            let (luma, chroma) = (lines.luma[index], (lines.cb[index], lines.cr[index]));
            let out = out.row_mut(top + index);
            let colours = &mut self.colours;
            if let Shape::Bayer { red_line, red_column } = to_shape {
                self.rgb.resize(3 * luma.len(), 0);
                rgb::to_rgb(luma, chroma, &from, lines.across, Order::RGB, colours, &mut self.rgb);
                bayer::mosaic(&self.rgb, top + index, (red_line, red_column), out);
            } else {
                rgb::to_rgb(luma, chroma, &from, lines.across, to_shape.order(), colours, out);
            }
        }
    }

    /// One line of RGB or of a mosaic as the other, or in another order.
    fn rgb_line(&mut self, frame: &Frame, from: Shape, y: usize, to: Shape, out: &mut PlaneMut<'_>) {
        let plane = frame.plane(0);
        let out = out.row_mut(y);
        let pixels = if let Shape::Bayer { red_line, red_column } = from {
            self.rgb.resize(3 * plane.width, 0);
            bayer::interpolate(&plane, y, (red_line, red_column), &mut self.mosaic, &mut self.rgb);
            &self.rgb[..]
        } else {
            plane.row(y)
        };
        let order = from.order();
        if let Shape::Bayer { red_line, red_column } = to {
            self.plain.resize(3 * out.len(), 0);
            rgb::reorder(pixels, order, Order::RGB, &mut self.colours, &mut self.plain);
            bayer::mosaic(&self.plain, y, (red_line, red_column), out);
        } else {
            rgb::reorder(pixels, order, to.order(), &mut self.colours, out);
        }
    }
}
