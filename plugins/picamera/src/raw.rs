//! Raw pictures out of a stream of bytes, by their size alone.

use mutoscope_plugin::{Buffer, Format, Frame, PixelFormat, PlaneLayout, Result, Services, Size, Times};

/// The program pads lines to a multiple of this.
const STRIDE: usize = 64;

/// Raw pictures, one after another without anything between them. They are read to where they stay: nothing is copied.
pub(crate) struct Raw {
    format: Format,
    planes: [PlaneLayout; 3],
    len: usize,
    /// The one in hand: its memory, how much of it has come, and when it began to.
    part: Option<(Buffer, usize, Times)>,
}

impl Raw {
    /// 4:2:0 planes, the chroma lines half as long as the luma lines, padding included; BT.601, full range, which is
    /// what the program asks the camera for.
    pub(crate) fn new(size: Size, stride: Option<u32>) -> Raw {
        let (width, height) = (size.width as usize, size.height as usize);
        let stride = stride.map_or(width.next_multiple_of(STRIDE), |stride| stride as usize);
        let (luma, chroma) = (stride * height, stride / 2 * (height / 2));
        let plane = |offset, stride| PlaneLayout { offset, stride };
        Raw {
            format: Format::new(PixelFormat::I420, size.width, size.height),
            planes: [plane(0, stride), plane(luma, stride / 2), plane(luma + chroma, stride / 2)],
            len: luma + 2 * chroma,
            part: None,
        }
    }

    /// Room for bytes that come; never more than up to the end of the picture.
    pub(crate) fn room(&mut self, services: &Services) -> Result<&mut [u8]> {
        let part = match self.part.take() {
            Some(part) => part,
            None => (services.buffer(self.len)?, 0, services.now()),
        };
        let (buffer, filled, _) = self.part.insert(part);
        let bytes =
            buffer.get_mut().ok_or_else(|| mutoscope_plugin::Error::new("a pooled buffer that is shared"))?;
        Ok(&mut bytes[*filled..])
    }

    /// `count` bytes have been put into the room at `now`.
    pub(crate) fn filled(&mut self, count: usize, now: Times) {
        if let Some((_, filled, began)) = &mut self.part {
            if *filled == 0 {
                *began = now;
            }
            *filled += count;
        }
    }

    /// Returns whether a picture has begun that has not come whole.
    pub(crate) fn in_picture(&self) -> bool {
        self.part.as_ref().is_some_and(|(_, filled, _)| *filled > 0)
    }

    /// The picture, if it has come whole.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>> {
        match self.part.take_if(|(_, filled, _)| *filled == self.len) {
            Some((buffer, _, began)) => {
                Frame::with_layout(self.format, buffer, &self.planes, began).map(Some)
            }
            None => Ok(None),
        }
    }
}
