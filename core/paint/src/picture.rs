//! The caller's planes, checked once so that the blend can trust them.

use crate::error::{Error, ErrorKind};

/// One plane of 8-bit samples that may be written.
#[derive(Debug)]
pub struct PlaneMut<'a> {
    /// The samples, row after row; at least `stride * (height - 1) + width` of them.
    pub data: &'a mut [u8],
    /// Bytes from one row to the next; at least `width`.
    pub stride: usize,
    /// Samples in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// The number of luma samples that share one chroma sample, per direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subsampling {
    horizontal: usize,
    vertical: usize,
}

impl Subsampling {
    /// 4:2:0: halved both ways.
    pub const S420: Self = Self { horizontal: 2, vertical: 2 };
    /// 4:2:2: halved horizontally.
    pub const S422: Self = Self { horizontal: 2, vertical: 1 };
    /// 4:4:0: halved vertically.
    pub const S440: Self = Self { horizontal: 1, vertical: 2 };
    /// 4:4:4: chroma as large as luma.
    pub const S444: Self = Self { horizontal: 1, vertical: 1 };

    /// The subsampling with these factors, each 1 or 2; otherwise `None`.
    pub fn from_factors(horizontal: usize, vertical: usize) -> Option<Self> {
        let known = |factor| (1..=2).contains(&factor);
        (known(horizontal) && known(vertical)).then_some(Self { horizontal, vertical })
    }

    /// Luma columns per chroma column: 1 or 2.
    pub fn horizontal(self) -> usize {
        self.horizontal
    }

    /// Luma rows per chroma row: 1 or 2.
    pub fn vertical(self) -> usize {
        self.vertical
    }
}

/// A planar picture that may be drawn on: grey, or luma with two chroma planes.
#[derive(Debug)]
pub struct PictureMut<'a> {
    pub(crate) luma: PlaneMut<'a>,
    pub(crate) chroma: Option<Chroma<'a>>,
}

/// The chroma of a colour picture.
#[derive(Debug)]
pub(crate) struct Chroma<'a> {
    pub(crate) planes: [PlaneMut<'a>; 2],
    pub(crate) subsampling: Subsampling,
}

impl<'a> PictureMut<'a> {
    /// A picture of luma alone.
    ///
    /// # Errors
    /// When the stride or the data do not hold the plane's size.
    pub fn grey(luma: PlaneMut<'a>) -> Result<Self, Error> {
        check("luma", &luma, (luma.width, luma.height))?;
        Ok(Self { luma, chroma: None })
    }

    /// A picture of `[Y, Cb, Cr]`; an odd luma size rounds up for chroma.
    ///
    /// # Errors
    /// When a stride or the data do not hold a plane's size, or a chroma plane's size does not follow from luma's.
    pub fn yuv(planes: [PlaneMut<'a>; 3], subsampling: Subsampling) -> Result<Self, Error> {
        let [luma, cb, cr] = planes;
        check("luma", &luma, (luma.width, luma.height))?;
        let size = (luma.width.div_ceil(subsampling.horizontal), luma.height.div_ceil(subsampling.vertical));
        check("Cb", &cb, size)?;
        check("Cr", &cr, size)?;
        let chroma = Some(Chroma { planes: [cb, cr], subsampling });
        Ok(Self { luma, chroma })
    }

    /// Width and height in luma pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.luma.width, self.luma.height)
    }
}

/// Holds a plane against the size that it must have and the bytes that it claims.
fn check(name: &str, plane: &PlaneMut<'_>, size: (usize, usize)) -> Result<(), Error> {
    let &PlaneMut { ref data, stride, width, height } = plane;
    if (width, height) != size {
        return Err(ErrorKind::Planes(format!(
            "{name} plane is {width}x{height}, but {}x{} follows from the luma plane's size and the subsampling",
            size.0, size.1
        ))
        .into());
    }
    if stride < width {
        return Err(ErrorKind::Planes(format!(
            "{name} plane's stride {stride} is less than its width {width}"
        ))
        .into());
    }
    let needed = match (width, height) {
        (0, _) | (_, 0) => Some(0),
        _ => stride.checked_mul(height - 1).and_then(|bytes| bytes.checked_add(width)),
    };
    if needed.is_none_or(|needed| data.len() < needed) {
        return Err(ErrorKind::Planes(format!(
            "{name} plane has {} bytes, too few for {width}x{height} with a stride of {stride}",
            data.len()
        ))
        .into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(data: &mut [u8], stride: usize, width: usize, height: usize) -> PlaneMut<'_> {
        PlaneMut { data, stride, width, height }
    }

    #[test]
    fn planes_that_do_not_fit_are_refused() {
        let (a, b, c) = (&mut [0; 15][..], &mut [0; 4][..], &mut [0; 4][..]);
        assert!(PictureMut::grey(plane(a, 5, 5, 3)).is_ok());
        assert!(PictureMut::grey(plane(a, 5, 5, 4)).is_err());
        assert!(PictureMut::grey(plane(a, 4, 5, 3)).is_err());
        assert!(PictureMut::grey(plane(a, usize::MAX, 5, 3)).is_err());
        assert!(PictureMut::grey(plane(&mut [], 0, 0, 1 << 40)).is_ok());
        assert!(
            PictureMut::yuv([plane(a, 4, 3, 3), plane(b, 2, 2, 2), plane(c, 2, 2, 2)], Subsampling::S420)
                .is_ok()
        );
        let error =
            PictureMut::yuv([plane(a, 4, 3, 3), plane(b, 1, 1, 1), plane(c, 2, 2, 2)], Subsampling::S420)
                .unwrap_err();
        assert!(error.to_string().starts_with("Cb plane is 1x1, but 2x2"), "{error}");
        assert_eq!(Subsampling::from_factors(2, 1), Some(Subsampling::S422));
        assert_eq!(Subsampling::from_factors(4, 1), None);
    }
}
