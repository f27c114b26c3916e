//! A picture that owns its planes, for the tests.

use mutoscope_paint::{PictureMut, PlaneMut, Subsampling};

/// Planes with `extra` bytes between the rows, each plane filled with one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub subsampling: Option<Subsampling>,
    extra: usize,
    planes: [Vec<u8>; 3],
}

impl Picture {
    pub fn new(
        (width, height): (usize, usize),
        subsampling: Option<Subsampling>,
        extra: usize,
        values: [u8; 3],
    ) -> Self {
        let mut picture = Self { width, height, subsampling, extra, planes: Default::default() };
        for (plane, value) in values.into_iter().enumerate() {
            let (width, height) = picture.plane_size(plane);
            picture.planes[plane] = vec![value; (width + extra) * height];
        }
        picture
    }

    pub fn plane_size(&self, plane: usize) -> (usize, usize) {
        match (plane, self.subsampling) {
            (0, _) => (self.width, self.height),
            (_, Some(s)) => (self.width.div_ceil(s.horizontal()), self.height.div_ceil(s.vertical())),
            (_, None) => (0, 0),
        }
    }

    pub fn borrow(&mut self) -> PictureMut<'_> {
        let sizes = [0, 1, 2].map(|plane| self.plane_size(plane));
        let extra = self.extra;
        let plane = |data, (width, height)| PlaneMut { data, stride: width + extra, width, height };
        let [luma, cb, cr] = &mut self.planes;
        match self.subsampling {
            None => PictureMut::grey(plane(luma, sizes[0])),
            Some(subsampling) => PictureMut::yuv(
                [plane(luma, sizes[0]), plane(cb, sizes[1]), plane(cr, sizes[2])],
                subsampling,
            ),
        }
        .expect("the planes fit")
    }

    pub fn at(&self, plane: usize, x: usize, y: usize) -> u8 {
        self.planes[plane][y * (self.plane_size(plane).0 + self.extra) + x]
    }

    pub fn set(&mut self, plane: usize, x: usize, y: usize, value: u8) {
        let stride = self.plane_size(plane).0 + self.extra;
        self.planes[plane][y * stride + x] = value;
    }
}
