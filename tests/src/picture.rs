//! Reading of pictures.

use image::RgbImage;
use mutoscope_pattern as pattern;
use mutoscope_plugin::Plane;

/// Decodes a JPEG.
///
/// # Panics
/// It is none, or a damaged one.
#[track_caller]
pub fn decode(jpeg: &[u8]) -> RgbImage {
    let decoded = mutoscope_frames::jpeg::decode(jpeg);
    let picture = decoded.unwrap_or_else(|error| panic!("{} bytes: {error}", jpeg.len()));
    RgbImage::from_raw(picture.width, picture.height, picture.rgb).expect("three bytes a pixel")
}

/// Its width and height in pixels.
#[track_caller]
pub fn size(jpeg: &[u8]) -> (u32, u32) {
    decode(jpeg).dimensions()
}

/// The number of a frame of the simulated source's test pattern, read from its pixels.
///
/// # Panics
/// It cannot be read.
#[track_caller]
pub fn counter(jpeg: &[u8]) -> u32 {
    let luma = image::DynamicImage::from(decode(jpeg)).to_luma8();
    let (width, height) = (luma.width() as usize, luma.height() as usize);
    let plane = Plane { data: luma.as_raw(), stride: width, width, height };
    pattern::read_counter(plane).expect("a frame's number")
}

/// The mean colour of a rectangle: `left`, `top`, `right` and `bottom` as shares of the width and the height.
pub fn mean(picture: &RgbImage, [left, top, right, bottom]: [f64; 4]) -> [f64; 3] {
    let at = |share: f64, side: u32| (share * f64::from(side)) as u32;
    let (columns, rows) = (
        at(left, picture.width())..at(right, picture.width()),
        at(top, picture.height())..at(bottom, picture.height()),
    );
    let count = f64::from((columns.len() * rows.len()) as u32);
    let pixels = rows.flat_map(|y| columns.clone().map(move |x| picture.get_pixel(x, y).0));
    let sums =
        pixels.fold([0.0; 3], |sums: [f64; 3], pixel| std::array::from_fn(|i| sums[i] + f64::from(pixel[i])));
    sums.map(|sum| sum / count)
}

/// The mean of how far the samples of two pictures of one size lie apart.
///
/// # Panics
/// The sizes differ.
#[track_caller]
pub fn difference(a: &RgbImage, b: &RgbImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let apart = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| f64::from(a.abs_diff(*b)));
    apart.sum::<f64>() / a.as_raw().len() as f64
}
