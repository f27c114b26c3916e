//! A picture on its way: when, what, and where its bytes are.

use crate::abi::crossing;
use crate::{Buffer, Error, Format, Freshness, PixelFormat, Plane, PlaneMut, Result, Services, Times};

/// Planes that a frame can have.
const MAX_PLANES: usize = 4;

/// Pooled planes have strides that are multiples of this, so that SIMD loops may run over a line's end, and lines
/// padded to a multiple of 2, which is what libjpeg-turbo wants of subsampled planes.
const STRIDE_ALIGN: usize = 32;

crossing! {
    /// The position of one plane in the buffer.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct PlaneLayout {
        /// Bytes from the buffer's start to the first line.
        pub offset: usize,
        /// Bytes from one line to the next. For a JPEG: its length.
        pub stride: usize,
    }
}

crossing! {
    /// A picture: a sequence number, the time of its capture, whether that was now, a format, and memory.
    ///
    /// Frames are shared and read-only: a clone counts one holder more and copies no pixels. Write through
    /// [`planes_mut`](Frame::planes_mut), which copies only if the memory has another holder.
    #[derive(Clone, Debug)]
    pub struct Frame {
        sequence: u64,
        times: Times,
        freshness: Freshness,
        format: Format,
        planes: [PlaneLayout; 4],
        buffer: Buffer,
    }
}

impl Frame {
    /// A frame of `format` whose planes stand one after another in `bytes`, without gaps between lines or planes.
    /// For JPEG, the picture itself.
    ///
    /// # Errors
    /// `bytes` is shorter than the format needs, or the format is not one that a frame can have.
    pub fn from_vec(format: Format, bytes: Vec<u8>, times: Times) -> Result<Frame> {
        Frame::from_buffer(format, Buffer::from_vec(bytes), times)
    }

    /// Makes a frame of memory with an owner of any type (a vendor SDK's buffer, a mapped file) without a copy. The layout
    /// is that of [`from_vec`](Frame::from_vec). `owner` is dropped, which gives the memory back, when the last holder of
    /// the frame is gone, on whatever thread that is.
    ///
    /// # Errors
    /// As [`from_vec`](Frame::from_vec).
    pub fn from_owner<T>(format: Format, owner: T, times: Times) -> Result<Frame>
    where
        T: AsRef<[u8]> + Send + 'static,
    {
        Frame::from_buffer(format, Buffer::from_owner(owner), times)
    }

    /// Makes a frame of a buffer, with the layout of [`from_vec`](Frame::from_vec).
    ///
    /// # Errors
    /// As [`from_vec`](Frame::from_vec).
    pub fn from_buffer(format: Format, buffer: Buffer, times: Times) -> Result<Frame> {
        let mut planes = [PlaneLayout::default(); MAX_PLANES];
        if format.kind == PixelFormat::JPEG {
            planes[0].stride = buffer.len();
        } else {
            let mut offset = 0;
            for (index, plane) in planes.iter_mut().enumerate() {
                let Some((width, height)) = format.kind.plane_shape(index, format.width, format.height)
                else {
                    break;
                };
                *plane = PlaneLayout { offset, stride: width };
                offset += width * height;
            }
        }
        Frame::with_layout(format, buffer, &planes, times)
    }

    /// A JPEG picture as a frame, its size and sampling read from its header.
    ///
    /// # Errors
    /// The bytes are not a JPEG that can be used: see [`JpegHeader::read`](crate::JpegHeader::read).
    pub fn from_jpeg(buffer: Buffer, times: Times) -> Result<Frame> {
        let format = crate::JpegHeader::read(buffer.as_slice())?.format();
        Frame::from_buffer(format, buffer, times)
    }

    /// A buffer as a frame, with the place of each plane told: for drivers that pad their lines.
    ///
    /// # Errors
    /// A plane lies outside the buffer, or the format is not one that a frame can have.
    pub fn with_layout(
        format: Format,
        buffer: Buffer,
        planes: &[PlaneLayout],
        times: Times,
    ) -> Result<Frame> {
        let mut layout = [PlaneLayout::default(); MAX_PLANES];
        for (to, from) in layout.iter_mut().zip(planes) {
            *to = *from;
        }
        let frame = Frame { sequence: 0, times, freshness: Freshness::LIVE, format, planes: layout, buffer };
        frame.check()?;
        Ok(frame)
    }

    /// A new frame of `format` in a pooled buffer, its bytes unspecified, to be written through
    /// [`planes_mut`](Frame::planes_mut). Lines are padded to a multiple of 32 bytes, planes to an even number of lines.
    ///
    /// # Errors
    /// The format is a JPEG or unknown, or too large for the host's limit.
    pub fn pooled(format: Format, times: Times, services: &Services) -> Result<Frame> {
        let mut planes = [PlaneLayout::default(); MAX_PLANES];
        let mut offset = 0;
        for (index, plane) in planes.iter_mut().enumerate() {
            let Some((width, height)) = format.kind.plane_shape(index, format.width, format.height) else {
                break;
            };
            let stride = width.next_multiple_of(STRIDE_ALIGN);
            *plane = PlaneLayout { offset, stride };
            offset += stride * height.next_multiple_of(2);
        }
        if offset == 0 {
            return Err(Error::new(format!("a frame of {format} has no planes to be made")));
        }
        Frame::with_layout(format, services.buffer(offset)?, &planes, times)
    }

    /// Checks that the frame is valid: known format, sides within the limit, every plane inside the buffer, a JPEG
    /// that starts as one. The host checks every frame that a plugin gives.
    ///
    /// # Errors
    /// One line that names the fault.
    pub fn check(&self) -> Result<()> {
        let format = &self.format;
        let Some(class) = format.kind.class() else {
            return Err(Error::new(format!("a frame of unknown kind {}", format.kind)));
        };
        let sides = 1..=Format::MAX_SIDE;
        let size = format.size();
        if !sides.contains(&size.width) || !sides.contains(&size.height) || size.pixels() > Format::MAX_PIXELS
        {
            return Err(Error::new(format!(
                "a frame of {size}, but one may have sides of 1 to {} and {} megapixels",
                Format::MAX_SIDE,
                Format::MAX_PIXELS / 1_000_000
            )));
        }
        let room = self.buffer.len();
        if class == crate::Class::Jpeg {
            let PlaneLayout { offset, stride: len } = self.planes[0];
            if offset.checked_add(len).is_none_or(|end| end > room) {
                return Err(Error::new(format!("a JPEG of {len} bytes at {offset} in a buffer of {room}")));
            }
            if !self.buffer.as_slice()[offset..offset + len].starts_with(&[0xff, 0xd8]) {
                return Err(Error::new("a frame that says it is a JPEG and does not start as one"));
            }
            return Ok(());
        }
        for index in 0..MAX_PLANES {
            let Some((width, height)) = format.kind.plane_shape(index, format.width, format.height) else {
                break;
            };
            let PlaneLayout { offset, stride } = self.planes[index];
            let end = (height - 1)
                .checked_mul(stride)
                .and_then(|n| n.checked_add(width))
                .and_then(|n| n.checked_add(offset));
            if stride < width || end.is_none_or(|end| end > room) {
                return Err(Error::new(format!(
                    "plane {index} of a frame of {format} lies outside its buffer ({height} lines of {width} bytes, {stride} \
                     apart, from byte {offset} of {room})"
                )));
            }
        }
        Ok(())
    }

    /// The number of the frame in its stream: set by the host when the frame leaves its source, never goes back.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The time of the picture's capture.
    pub fn times(&self) -> Times {
        self.times
    }

    /// The picture's format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The frame's memory.
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// The same picture in memory that stands for the one that it was in, byte for byte; the host's business.
    pub fn with_buffer(self, stands_for: impl FnOnce(Buffer) -> Buffer) -> Frame {
        Frame { buffer: stands_for(self.buffer), ..self }
    }

    /// The same frame with another number; the host's business.
    pub fn with_sequence(mut self, sequence: u64) -> Frame {
        self.sequence = sequence;
        self
    }

    /// Gives it another number and another time of capture, where it stands; the host's business.
    pub fn stamp(&mut self, sequence: u64, times: Times) {
        (self.sequence, self.times) = (sequence, times);
    }

    /// The same picture as if captured at another time; the host's business.
    pub fn with_times(mut self, times: Times) -> Frame {
        self.times = times;
        self
    }

    /// Returns whether the frame is live, the last picture once more, or a placeholder.
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// The same picture with another say on how fresh it is; the host's business.
    pub fn with_freshness(mut self, freshness: Freshness) -> Frame {
        self.freshness = freshness;
        self
    }

    /// `self` with number, time and freshness of `other`: what a transform gives for what it was given.
    pub fn stamped_as(mut self, other: &Frame) -> Frame {
        (self.sequence, self.times, self.freshness) = (other.sequence, other.times, other.freshness);
        self
    }

    /// The bytes of a JPEG picture; `None` for any other kind.
    pub fn jpeg(&self) -> Option<&[u8]> {
        (self.format.kind == PixelFormat::JPEG).then(|| {
            let PlaneLayout { offset, stride: len } = self.planes[0];
            &self.buffer.as_slice()[offset..offset + len]
        })
    }

    /// The number of planes; 0 for a JPEG.
    pub fn plane_count(&self) -> usize {
        if self.format.kind == PixelFormat::JPEG { 0 } else { self.format.kind.sampling().planes }
    }

    /// Plane `index` (0 luma, 1 Cb, 2 Cr for planar YUV).
    ///
    /// # Panics
    /// If the frame has no such plane.
    pub fn plane(&self, index: usize) -> Plane<'_> {
        let (width, height) = self.shape(index);
        let PlaneLayout { offset, stride } = self.planes[index];
        let end = offset + (height - 1) * stride + width;
        Plane { data: &self.buffer.as_slice()[offset..end], stride, width, height }
    }

    /// All planes; none for a JPEG.
    pub fn planes(&self) -> impl Iterator<Item = Plane<'_>> {
        (0..self.plane_count()).map(|index| self.plane(index))
    }

    /// All planes, to write. If the memory has another holder, or is not the project's own, the planes are first
    /// copied into a pooled buffer, once, and the copy is counted (`bytes_copied`).
    ///
    /// # Errors
    /// The frame is a JPEG, its planes overlap, or there is no memory for the copy within the host's limit.
    pub fn planes_mut(&mut self, services: &Services) -> Result<Vec<PlaneMut<'_>>> {
        if self.format.kind == PixelFormat::JPEG {
            return Err(Error::new("a JPEG has no planes to write on"));
        }
        if self.buffer.get_mut().is_none() {
            *self = self.copied(services)?;
        }
        let count = self.plane_count();
        let shapes: Vec<_> = (0..count).map(|index| (self.shape(index), self.planes[index])).collect();
        // Cut from the back: each plane takes what the ones before it leave.
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|index| shapes[*index].1.offset);
        let mut rest = self.buffer.get_mut().ok_or_else(|| Error::new("a pooled buffer that is shared"))?;
        let mut planes: Vec<Option<PlaneMut<'_>>> = (0..count).map(|_| None).collect();
        for index in order.into_iter().rev() {
            let ((width, height), PlaneLayout { offset, stride }) = shapes[index];
            if offset + (height - 1) * stride + width > rest.len() {
                return Err(Error::new("a frame whose planes overlap cannot be written to"));
            }
            let (before, mine) = rest.split_at_mut(offset);
            planes[index] = Some(PlaneMut { data: mine, stride, width, height });
            rest = before;
        }
        Ok(planes.into_iter().flatten().collect())
    }

    /// A copy of the planes in a pooled buffer, counted.
    fn copied(&self, services: &Services) -> Result<Frame> {
        let mut copy = Frame::pooled(self.format, self.times, services)?.stamped_as(self);
        let mut bytes = 0;
        for (to, from) in copy.planes_mut(services)?.iter_mut().zip(self.planes()) {
            for (to, from) in to.rows_mut().zip(from.rows()) {
                to.copy_from_slice(from);
                bytes += from.len() as u64;
            }
        }
        services.count("bytes_copied", bytes);
        Ok(copy)
    }

    fn shape(&self, index: usize) -> (usize, usize) {
        let Format { kind, width, height, .. } = self.format;
        kind.plane_shape(index, width, height)
            .unwrap_or_else(|| panic!("a frame of {kind} has no plane {index}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestHost;

    #[test]
    fn every_kind_of_plane_fits_its_pooled_buffer_at_odd_sizes() {
        let stand = TestHost::new();
        for kind in PixelFormat::ALL.iter().filter(|kind| **kind != PixelFormat::JPEG) {
            for (width, height) in [(1, 1), (2, 1), (1, 2), (3, 3), (17, 13), (640, 480)] {
                let format = Format::new(*kind, width, height);
                let mut frame = Frame::pooled(format, Times::default(), &stand.context()).unwrap();
                let count = frame.plane_count();
                for (index, plane) in frame.planes_mut(&stand.context()).unwrap().iter_mut().enumerate() {
                    for row in plane.rows_mut() {
                        row.fill(index as u8 + 1);
                    }
                }
                for index in 0..count {
                    assert!(
                        frame.plane(index).rows().all(|row| row.iter().all(|b| *b == index as u8 + 1)),
                        "{format}"
                    );
                }
            }
        }
        assert_eq!(stand.counter("bytes_copied"), 0);
    }

    #[test]
    fn a_shared_frame_is_copied_once_before_it_is_written() {
        let stand = TestHost::new();
        let mut frame =
            Frame::from_vec(Format::new(PixelFormat::I420, 4, 2), vec![5; 12], Times::default()).unwrap();
        frame = frame.with_sequence(3).with_freshness(Freshness::HELD);
        let other = frame.clone();
        frame.planes_mut(&stand.context()).unwrap()[0].row_mut(0)[0] = 1;
        frame.planes_mut(&stand.context()).unwrap()[2].row_mut(0)[0] = 2;
        assert_eq!(stand.counter("bytes_copied"), 12);
        assert_eq!((frame.sequence(), frame.freshness()), (3, Freshness::HELD));
        assert_eq!((frame.plane(0).row(0)[0], frame.plane(2).row(0)[0]), (1, 2));
        assert_eq!((other.plane(0).row(0)[0], other.plane(2).row(0)[0]), (5, 5));
    }

    #[test]
    fn frames_that_lie_are_refused() {
        let times = Times::default();
        assert!(Frame::from_vec(Format::grey(4, 4), vec![0; 15], times).is_err());
        assert!(Frame::from_vec(Format::grey(0, 4), vec![0; 16], times).is_err());
        assert!(Frame::from_vec(Format::grey(70_000, 1), vec![0; 70_000], times).is_err());
        assert!(Frame::from_vec(Format::jpeg(4, 4), b"GIF89a".to_vec(), times).is_err());
        assert!(Frame::from_vec(Format::new(PixelFormat(7), 4, 4), vec![0; 64], times).is_err());
        let far = [PlaneLayout { offset: usize::MAX, stride: 4 }];
        assert!(Frame::with_layout(Format::grey(4, 4), Buffer::from_vec(vec![0; 16]), &far, times).is_err());
        let wide = [PlaneLayout { offset: 0, stride: usize::MAX / 2 }];
        assert!(Frame::with_layout(Format::grey(4, 4), Buffer::from_vec(vec![0; 16]), &wide, times).is_err());
        let overlapping = [PlaneLayout { offset: 0, stride: 4 }; 3];
        let mut frame = Frame::with_layout(
            Format::new(PixelFormat::I444, 4, 4),
            Buffer::from_vec(vec![0; 16]),
            &overlapping,
            times,
        )
        .unwrap();
        assert!(frame.planes_mut(&TestHost::new().context()).is_err());
    }
}
