//! One plane of a picture, to read and to write.
//!
//! The accessors stand in the innermost loops of other crates, which do not see into this one unless told to: `inline`.

/// One plane, to read: `height` lines of `width` bytes, each `stride` bytes after the one above it.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The bytes from the first of the first line to the last of the last.
    pub data: &'a [u8],
    /// Bytes from one line to the next; at least `width`.
    pub stride: usize,
    /// Bytes in a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
}

impl<'a> Plane<'a> {
    /// Line `y`, `width` bytes.
    ///
    /// # Panics
    /// If there is no such line.
    #[inline]
    pub fn row(&self, y: usize) -> &'a [u8] {
        &self.data[y * self.stride..][..self.width]
    }

    /// All lines, from the top.
    #[inline]
    pub fn rows(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (data, stride, width) = (self.data, self.stride, self.width);
        (0..self.height).map(move |y| &data[y * stride..][..width])
    }
}

/// One plane, to write: as [`Plane`].
#[derive(Debug)]
pub struct PlaneMut<'a> {
    /// The bytes from the first of the first line to the end of the last line's stride or of the plane.
    pub data: &'a mut [u8],
    /// Bytes from one line to the next; at least `width`.
    pub stride: usize,
    /// Bytes in a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
}

impl PlaneMut<'_> {
    /// Line `y`, `width` bytes.
    ///
    /// # Panics
    /// If there is no such line.
    #[inline]
    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.data[y * self.stride..][..self.width]
    }

    /// All lines, from the top.
    #[inline]
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        let width = self.width;
        self.data.chunks_mut(self.stride.max(1)).take(self.height).map(move |line| &mut line[..width])
    }

    /// The same plane, to read.
    #[inline]
    pub fn as_plane(&self) -> Plane<'_> {
        Plane { data: self.data, stride: self.stride, width: self.width, height: self.height }
    }
}
