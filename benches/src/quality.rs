//! The quality of a picture: PSNR against an area-averaged reference.

use turbojpeg::{Decompressor, Image, PixelFormat};

/// Width and height in pixels.
pub type Size = (usize, usize);

/// RGB, three numbers a pixel.
pub struct Picture {
    size: Size,
    rgb: Vec<f32>,
}

impl Picture {
    /// Decodes a JPEG in full, chroma interpolated.
    ///
    /// # Panics
    /// If it is none.
    pub fn of_jpeg(jpeg: &[u8]) -> Picture {
        let mut decompressor = Decompressor::new().expect("a decompressor");
        let header = decompressor.read_header(jpeg).expect("a JPEG");
        let (width, height) = (header.width, header.height);
        let mut bytes = vec![0; 3 * width * height];
        let (pitch, format) = (3 * width, PixelFormat::RGB);
        let image = Image { pixels: &mut bytes[..], width, pitch, height, format };
        decompressor.decompress(jpeg, image).expect("a picture");
        Picture { size: (width, height), rgb: bytes.into_iter().map(f32::from).collect() }
    }

    /// The same smaller: each pixel the mean of the area that it stands for, parts of pixels counted as parts.
    pub fn averaged(&self, to: Size) -> Picture {
        let (width, height) = self.size;
        let across = averages(&self.rgb, height, width, 3, to.0);
        // Columns: a line of 3 * to.0 numbers is one pixel of so many channels.
        let down = averages(&across, 1, height, 3 * to.0, to.1);
        Picture { size: to, rgb: down }
    }

    /// Peak signal-to-noise ratio in dB over red, green and blue, without the `skipped` lines at the top.
    ///
    /// # Panics
    /// If the sizes differ.
    pub fn psnr(&self, other: &Picture, skipped: usize) -> f64 {
        assert_eq!(self.size, other.size, "pictures of one size");
        let start = 3 * self.size.0 * skipped;
        let (a, b) = (&self.rgb[start..], &other.rgb[start..]);
        let squares: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        10.0 * (255.0 * 255.0 / (squares / a.len() as f64).max(1e-9)).log10()
    }
}

/// `lines` lines of `from` pixels with `channels` numbers each, as lines of `to` pixels.
fn averages(values: &[f32], lines: usize, from: usize, channels: usize, to: usize) -> Vec<f32> {
    let mut out = vec![0.0; lines * to * channels];
    let scale = from as f64 / to as f64;
    for (line, out) in values.chunks_exact(from * channels).zip(out.chunks_exact_mut(to * channels)) {
        for (at, out) in out.chunks_exact_mut(channels).enumerate() {
            let (start, end) = (at as f64 * scale, (at + 1) as f64 * scale);
            for index in start as usize..(end.ceil() as usize).min(from) {
                let share = (end.min((index + 1) as f64) - start.max(index as f64)) / scale;
                let pixel = &line[index * channels..][..channels];
                for (out, value) in out.iter_mut().zip(pixel) {
                    *out += share as f32 * value;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(size: Size, rgb: &[u8]) -> Picture {
        Picture { size, rgb: rgb.iter().map(|value| f32::from(*value)).collect() }
    }

    #[test]
    fn an_area_counts_parts_of_pixels_as_parts() {
        let ramp = picture((3, 1), &[0, 0, 0, 30, 30, 30, 60, 60, 60]).averaged((2, 1));
        let expected = [10.0, 10.0, 10.0, 50.0, 50.0, 50.0];
        assert!(ramp.rgb.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{:?}", ramp.rgb);
        let column = picture((1, 3), &[0, 0, 0, 30, 30, 30, 60, 60, 60]).averaged((1, 2));
        assert_eq!(column.rgb, ramp.rgb);
    }

    #[test]
    fn the_ratio_is_that_of_its_definition() {
        let (black, grey) = (picture((1, 2), &[0; 6]), picture((1, 2), &[0, 0, 0, 5, 5, 5]));
        assert!((black.psnr(&grey, 1) - 34.151).abs() < 1e-3, "{}", black.psnr(&grey, 1));
        assert!((black.psnr(&grey, 0) - 37.162).abs() < 1e-3, "{}", black.psnr(&grey, 0));
    }
}
