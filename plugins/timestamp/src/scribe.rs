//! Writing the text on a frame's planes.

use crate::look::Look;
use mutoscope_paint::{Encoding, Font, Matrix, Painter, PictureMut, PlaneMut, Range, Subsampling};
use mutoscope_plugin as plugin;
use mutoscope_plugin::{Error, Format, Frame, Result, Services};

/// Painters that are kept: one for each height of text. A folder of mixed pictures may need several.
const MAX_PAINTERS: usize = 4;

/// Writes texts on frames, and keeps the letters that it has drawn.
pub(crate) struct Scribe {
    font: Font,
    look: Look,
    /// By height of a line, the oldest first.
    painters: Vec<(u32, Painter)>,
}

impl Scribe {
    pub(crate) fn new(font: Font, look: Look) -> Scribe {
        Scribe { font, look, painters: Vec::new() }
    }

    /// The font of the letters.
    pub(crate) fn font(&self) -> &Font {
        &self.font
    }

    /// The height of a line in pictures of a format, in pixels.
    pub(crate) fn text_height(&self, format: &Format) -> u32 {
        self.look.text_height(format.height)
    }

    /// Writes `text` on `frame`.
    ///
    /// # Errors
    /// The frame has no planes, or its colours are of an unknown kind.
    pub(crate) fn write(&mut self, text: &str, frame: &mut Frame, services: &Services) -> Result<()> {
        let format = frame.format();
        let encoding = encoding(&format).ok_or_else(|| {
            Error::new(format!("no colours are known for {} with {}", format.matrix, format.range))
        })?;
        let (position, margin) = (self.look.position, self.look.margin);
        let painter = self.painter(&format, encoding)?;
        painter.draw(&mut picture(frame, services)?, text, position, margin);
        Ok(())
    }

    /// The painter for pictures of a format.
    fn painter(&mut self, format: &Format, encoding: Encoding) -> Result<&mut Painter> {
        let height = self.text_height(format);
        let index = match self.painters.iter().position(|(of, _)| *of == height) {
            Some(index) => index,
            None => {
                if self.painters.len() == MAX_PAINTERS {
                    self.painters.remove(0);
                }
                let painter = Painter::new(self.font.clone(), height, self.look.style(height), encoding)?;
                self.painters.push((height, painter));
                self.painters.len() - 1
            }
        };
        let painter = &mut self.painters[index].1;
        painter.set_encoding(encoding);
        Ok(painter)
    }
}

/// The encoding of a format's colours; `None` for matrices and ranges that are not known here.
pub(crate) fn encoding(format: &Format) -> Option<Encoding> {
    let matrix = match format.matrix {
        plugin::Matrix::BT601 => Matrix::Bt601,
        plugin::Matrix::BT709 => Matrix::Bt709,
        plugin::Matrix::BT2020 => Matrix::Bt2020,
        _ => return None,
    };
    let range = match format.range {
        plugin::Range::FULL => Range::Full,
        plugin::Range::LIMITED => Range::Limited,
        _ => return None,
    };
    Some(Encoding { matrix, range })
}

/// The frame's planes as something to paint on.
fn picture<'a>(frame: &'a mut Frame, services: &Services) -> Result<PictureMut<'a>> {
    let (horizontal, vertical) = frame.format().kind.chroma_subsampling();
    let mut planes = frame.planes_mut(services)?.into_iter().map(|plane| {
        let plugin::PlaneMut { data, stride, width, height } = plane;
        PlaneMut { data, stride, width, height }
    });
    let subsampling = Subsampling::from_factors(horizontal as usize, vertical as usize);
    Ok(match (planes.next(), planes.next(), planes.next(), subsampling) {
        (Some(luma), None, ..) => PictureMut::grey(luma)?,
        (Some(luma), Some(cb), Some(cr), Some(subsampling)) => PictureMut::yuv([luma, cb, cr], subsampling)?,
        _ => return Err(Error::new("a frame that is neither grey nor planar YUV")),
    })
}
