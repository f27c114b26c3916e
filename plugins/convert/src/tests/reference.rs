//! The reference: pictures as floating-point pixels, by the formulas of the standards, and frames made of them.

use mutoscope_plugin::{Format, Frame, Matrix, PixelFormat, Range, Times};

/// A frame of noise, packed without gaps.
pub(crate) fn noise(format: Format, seed: u64) -> Frame {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let len = (0..4)
        .filter_map(|index| format.kind.plane_shape(index, format.width, format.height))
        .map(|(bytes, lines)| bytes * lines)
        .sum();
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    });
    Frame::from_vec(format, bytes.take(len).collect(), Times::now()).unwrap()
}

/// The weights of red and blue in luma: ITU-R BT.601-7, 2.5.1; BT.709-6, 3.2; BT.2020-2, table 4.
fn weights(matrix: Matrix) -> (f64, f64) {
    match matrix {
        Matrix::BT601 => (0.299, 0.114),
        Matrix::BT709 => (0.2126, 0.0722),
        Matrix::BT2020 => (0.2627, 0.0593),
        other => panic!("{other}"),
    }
}

/// Offset and span of luma, span of chroma: BT.601-7, 2.5.3; JFIF 1.02, page 3 (ITU-T T.871, 6.2).
fn levels(range: Range) -> (f64, f64, f64) {
    if range == Range::LIMITED { (16.0, 219.0, 224.0) } else { (0.0, 255.0, 255.0) }
}

/// Red, green and blue, 0 to 255 and beyond, of Y'CbCr in the colours of `format`.
pub(crate) fn rgb_of(ycc: [f64; 3], format: &Format) -> [f64; 3] {
    let ((red, blue), (black, span, chroma)) = (weights(format.matrix), levels(format.range));
    let y = 255.0 * (ycc[0] - black) / span;
    let [cb, cr] = [ycc[1], ycc[2]].map(|sample| 255.0 * (sample - 128.0) / chroma);
    let (r, b) = (y + 2.0 * (1.0 - red) * cr, y + 2.0 * (1.0 - blue) * cb);
    [r, (y - red * r - blue * b) / (1.0 - red - blue), b]
}

/// Y'CbCr in the colours of `format`.
pub(crate) fn ycc_of([r, g, b]: [f64; 3], format: &Format) -> [f64; 3] {
    let ((red, blue), (black, span, chroma)) = (weights(format.matrix), levels(format.range));
    let y = red * r + (1.0 - red - blue) * g + blue * b;
    let (cb, cr) = ((b - y) / (2.0 * (1.0 - blue)), (r - y) / (2.0 * (1.0 - red)));
    [black + span * y / 255.0, 128.0 + chroma * cb / 255.0, 128.0 + chroma * cr / 255.0]
}

/// The three numbers of pixel (x, y): Y'CbCr, or red, green and blue. Chroma is that of the nearest sample.
pub(crate) fn pixel(frame: &Frame, x: usize, y: usize) -> [f64; 3] {
    let kind = frame.format().kind;
    let (across, down) = kind.chroma_subsampling();
    let (cx, cy) = (x / across as usize, y / down as usize);
    let at = |plane: usize, x: usize, y: usize| f64::from(frame.plane(plane).row(y)[x]);
    let packed = |order: [usize; 4]| {
        [at(0, 4 * cx + order[x % 2], y), at(0, 4 * cx + order[2], y), at(0, 4 * cx + order[3], y)]
    };
    match kind {
        PixelFormat::I420 | PixelFormat::I422 | PixelFormat::I440 | PixelFormat::I444 => {
            [at(0, x, y), at(1, cx, cy), at(2, cx, cy)]
        }
        PixelFormat::YV12 => [at(0, x, y), at(2, cx, cy), at(1, cx, cy)],
        PixelFormat::NV12 | PixelFormat::NV16 | PixelFormat::NV24 => {
            [at(0, x, y), at(1, 2 * cx, cy), at(1, 2 * cx + 1, cy)]
        }
        PixelFormat::NV21 => [at(0, x, y), at(1, 2 * cx + 1, cy), at(1, 2 * cx, cy)],
        PixelFormat::GREY => [at(0, x, y), 128.0, 128.0],
        PixelFormat::Y16 => [at(0, 2 * x + 1, y), 128.0, 128.0],
        PixelFormat::YUYV => packed([0, 2, 1, 3]),
        PixelFormat::UYVY => packed([1, 3, 0, 2]),
        PixelFormat::YVYU => packed([0, 2, 3, 1]),
        PixelFormat::VYUY => packed([1, 3, 2, 0]),
        PixelFormat::RGB24 => [at(0, 3 * x, y), at(0, 3 * x + 1, y), at(0, 3 * x + 2, y)],
        PixelFormat::BGR24 => [at(0, 3 * x + 2, y), at(0, 3 * x + 1, y), at(0, 3 * x, y)],
        PixelFormat::RGBA32 => [at(0, 4 * x, y), at(0, 4 * x + 1, y), at(0, 4 * x + 2, y)],
        PixelFormat::BGRA32 => [at(0, 4 * x + 2, y), at(0, 4 * x + 1, y), at(0, 4 * x, y)],
        other => panic!("no pixels of {other}"),
    }
}

/// Returns whether a format's pixels are red, green and blue.
pub(crate) fn is_rgb(kind: PixelFormat) -> bool {
    matches!(kind, PixelFormat::RGB24 | PixelFormat::BGR24 | PixelFormat::RGBA32 | PixelFormat::BGRA32)
}

/// The three numbers that pixel (x, y) of `frame` has as one of format `to`: chroma the mean of the pixels that share a
/// sample there.
pub(crate) fn expected(frame: &Frame, to: &Format, x: usize, y: usize) -> [f64; 3] {
    let from = frame.format();
    let change = |pixel: [f64; 3]| match (is_rgb(from.kind), is_rgb(to.kind)) {
        (true, true) => pixel,
        (true, false) => ycc_of(pixel, to),
        // Blacker than black is black before it has a colour: so the library has it, and so do monitors.
        (false, true) => {
            let (black, ..) = levels(from.range);
            rgb_of([pixel[0].max(black), pixel[1], pixel[2]], &from)
        }
        (false, false) => ycc_of(rgb_of(pixel, &from), to),
    };
    let mut numbers = change(pixel(frame, x, y));
    if !is_rgb(to.kind) {
        let (across, down) = to.kind.chroma_subsampling();
        let (across, down) = (across as usize, down as usize);
        let (left, top) = (x / across * across, y / down * down);
        let (right, bottom) =
            ((left + across).min(from.width as usize), (top + down).min(from.height as usize));
        let shared: Vec<[f64; 3]> = (top..bottom)
            .flat_map(|y| (left..right).map(move |x| (x, y)))
            .map(|(x, y)| change(pixel(frame, x, y)))
            .collect();
        for index in 1..3 {
            numbers[index] = shared.iter().map(|numbers| numbers[index]).sum::<f64>() / shared.len() as f64;
        }
        if matches!(to.kind, PixelFormat::GREY | PixelFormat::Y16) {
            numbers[1..].fill(128.0);
        }
    }
    numbers.map(|number| number.clamp(0.0, 255.0))
}

/// The largest difference between a converted frame and what is right.
pub(crate) fn worst(frame: &Frame, out: &Frame) -> f64 {
    let Format { width, height, .. } = out.format();
    let mut worst: f64 = 0.0;
    for (x, y) in (0..height as usize).flat_map(|y| (0..width as usize).map(move |x| (x, y))) {
        let (right, is) = (expected(frame, &out.format(), x, y), pixel(out, x, y));
        for (right, is) in right.into_iter().zip(is) {
            worst = worst.max((right - is).abs());
        }
    }
    worst
}
