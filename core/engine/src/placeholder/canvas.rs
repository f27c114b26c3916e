//! The planes of the picture: the ground, and the letters on it.

use super::notice::Words;
use super::page::{self, Letters};
use mutoscope_paint::{
    self as paint, Colour, Encoding, Font, Painter, PictureMut, PlaneMut, Style, Subsampling,
};
use mutoscope_plugin::{Error, Format, Frame, Range, Result, Times};

/// Brightness from 0 (black) to 256 (white): what the black of a greyed picture becomes, and how far its white is from
/// there. Dark, so that white letters stand out on any picture, and never black, which looks like a dead screen.
const DARKEST: usize = 36;
const CONTRAST: usize = 88;
/// The ground where there is no picture, on the same scale.
const PLAIN: usize = 64;

const TITLE: Colour = Colour::WHITE;
const BODY: Colour = Colour::rgb(0xdc, 0xdc, 0xdc);

/// Chroma without a colour.
const NEUTRAL: u8 = 128;

/// The planes of a picture, one after another as [`Frame::from_vec`] has them.
pub(super) struct Canvas {
    format: Format,
    bytes: Vec<u8>,
}

impl Canvas {
    /// With memory for this format.
    ///
    /// # Errors
    /// The system has none; so below.
    fn of(format: Format) -> Result<Canvas> {
        let mut bytes = Vec::new();
        let room = bytes.try_reserve_exact(length(&format));
        room.map_err(|_| Error::new(format!("there is no memory for a picture of {}", format.size())))?;
        Ok(Canvas { format, bytes })
    }

    /// A planar picture in dark greys.
    pub(super) fn greyed(last: &Frame) -> Result<Canvas> {
        let format = last.format();
        let mut canvas = Canvas::of(format)?;
        let (black, white) = extremes(format.range);
        // From a brightness of 0 to 256 to a sample, in parts of 256: a multiplication and a shift for each sample.
        let start = black * 256 + DARKEST * (white - black) - black * CONTRAST;
        for row in last.plane(0).rows() {
            let dimmed = row.iter().map(|sample| ((start + usize::from(*sample) * CONTRAST) >> 8) as u8);
            canvas.bytes.extend(dimmed);
        }
        Ok(canvas.without_colour())
    }

    /// A plain one.
    pub(super) fn plain(format: Format) -> Result<Canvas> {
        let (black, white) = extremes(format.range);
        let mut canvas = Canvas::of(format)?;
        canvas
            .bytes
            .resize(format.size().pixels() as usize, (black + ((PLAIN * (white - black)) >> 8)) as u8);
        Ok(canvas.without_colour())
    }

    fn without_colour(mut self) -> Canvas {
        self.bytes.resize(length(&self.format), NEUTRAL);
        self
    }

    /// Writes as much as is legible.
    ///
    /// # Errors
    /// The painter refuses a height or the planes, which would be a mistake made here.
    pub(super) fn write(&mut self, words: &Words) -> Result<()> {
        let size = (self.format.width as usize, self.format.height as usize);
        let mut pens = Pens::new(self.format.range);
        for line in page::lines(words, size, &mut |height| pens.letters(height))? {
            let painter = pens.painter(line.height, line.title)?;
            let (width, _) = painter.measure(&line.text);
            let left = size.0.saturating_sub(width) / 2;
            painter.draw_at(&mut self.picture()?, &line.text, left as i32, line.top as i32);
        }
        Ok(())
    }

    /// The planes as something to paint on.
    fn picture(&mut self) -> Result<PictureMut<'_>> {
        let Format { kind, width, height, .. } = self.format;
        let mut rest = self.bytes.as_mut_slice();
        let mut planes = (0..).map_while(|index| {
            let (width, height) = kind.plane_shape(index, width, height)?;
            let (data, after) = std::mem::take(&mut rest).split_at_mut(width * height);
            rest = after;
            Some(PlaneMut { data, stride: width, width, height })
        });
        let (horizontal, vertical) = kind.chroma_subsampling();
        let subsampling = Subsampling::from_factors(horizontal as usize, vertical as usize);
        Ok(match (planes.next(), planes.next(), planes.next(), subsampling) {
            (Some(luma), Some(cb), Some(cr), Some(subsampling)) => {
                PictureMut::yuv([luma, cb, cr], subsampling)?
            }
            (Some(luma), ..) => PictureMut::grey(luma)?,
            _ => return Err(Error::new(format!("a picture of {kind} cannot be painted on"))),
        })
    }

    /// The picture as a frame of the moment `now`.
    ///
    /// # Errors
    /// A frame cannot have its size.
    pub(super) fn into_frame(self, now: Times) -> Result<Frame> {
        Frame::from_vec(self.format, self.bytes, now)
    }
}

/// The painters in use, one for each size and colour of letters.
struct Pens {
    font: Font,
    encoding: Encoding,
    painters: Vec<(u32, bool, Painter)>,
}

impl Pens {
    fn new(range: Range) -> Pens {
        let range = match range {
            Range::LIMITED => paint::Range::Limited,
            _ => paint::Range::Full,
        };
        // Greys are the same by any matrix.
        let encoding = Encoding { matrix: paint::Matrix::Bt601, range };
        Pens { font: Font::bundled(), encoding, painters: Vec::new() }
    }

    fn painter(&mut self, height: u32, title: bool) -> Result<&mut Painter> {
        let index = match self.painters.iter().position(|(of, kind, _)| (*of, *kind) == (height, title)) {
            Some(index) => index,
            None => {
                let style = Style { colour: if title { TITLE } else { BODY }, ..Style::default() };
                let painter = Painter::new(self.font.clone(), height, style, self.encoding)?;
                self.painters.push((height, title, painter));
                self.painters.len() - 1
            }
        };
        Ok(&mut self.painters[index].2)
    }

    fn letters(&mut self, height: u32) -> Result<Letters> {
        let painter = self.painter(height, false)?;
        let (one, rows) = painter.measure("x");
        let (two, _) = painter.measure("xx");
        Ok(Letters { advance: two - one, rim: (rows - height as usize) / 2 })
    }
}

/// The samples of black and white.
fn extremes(range: Range) -> (usize, usize) {
    if range == Range::LIMITED { (16, 235) } else { (0, 255) }
}

/// Bytes of all planes together.
fn length(format: &Format) -> usize {
    let shape = |index| format.kind.plane_shape(index, format.width, format.height);
    (0..).map_while(shape).map(|(width, height)| width * height).sum()
}
