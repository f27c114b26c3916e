//! The test of whether a JPEG has been made with a given quality already, from its quantisation tables.
//!
//! libjpeg's quality is no property of the format: it scales the two example tables of ITU-T T.81, annex K. A picture
//! that carries exactly the scaled tables has that quality, and encoding it again with it would only lose.

use mutoscope_plugin::{JpegSegment, JpegSegments};

/// T.81, table K.1 (luminance), in zigzag order.
const LUMINANCE: [u32; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40,
    58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103,
    104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

/// T.81, table K.2 (chrominance), in zigzag order.
const CHROMINANCE: [u32; 64] = [
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// Returns whether `jpeg` has the quantisation tables that libjpeg makes for `quality` (1 to 100). A header that cannot be
/// read is a no: the decoder will say what is wrong with it.
pub(crate) fn has_quality(jpeg: &[u8], quality: u32) -> bool {
    Tables::read(jpeg).is_some_and(|tables| tables.have(quality))
}

/// The quantisation tables, and which component uses which.
#[derive(Default)]
struct Tables<'a> {
    tables: [Option<&'a [u8]>; 4],
    selectors: Vec<u8>,
}

impl<'a> Tables<'a> {
    fn read(jpeg: &'a [u8]) -> Option<Tables<'a>> {
        let mut found = Tables::default();
        for JpegSegment { marker, content, .. } in JpegSegments::new(jpeg) {
            match marker {
                0xdb => found.quantisation(content)?,
                // Frame headers of the processes that libjpeg decodes.
                0xc0..=0xc2 | 0xc9 | 0xca => {
                    found.selectors =
                        content.get(6..)?.chunks_exact(3).map(|component| component[2]).collect();
                }
                JpegSegment::SCAN => return Some(found),
                _ => {}
            }
        }
        None
    }

    /// A DQT segment (T.81, B.2.4.1).
    fn quantisation(&mut self, mut segment: &'a [u8]) -> Option<()> {
        while let Some((&head, table)) = segment.split_first() {
            // 16-bit tables are those of no libjpeg quality.
            let table = if head >> 4 == 0 { table.get(..64)? } else { return None };
            *self.tables.get_mut(usize::from(head & 15))? = Some(table);
            segment = &segment[65..];
        }
        Some(())
    }

    fn have(&self, quality: u32) -> bool {
        !self.selectors.is_empty()
            && self.selectors.iter().enumerate().all(|(component, selector)| {
                let expected = if component == 0 { &LUMINANCE } else { &CHROMINANCE };
                self.tables.get(usize::from(*selector)).copied().flatten().is_some_and(|table| {
                    table.iter().zip(expected).all(|(is, base)| u32::from(*is) == scaled(*base, quality))
                })
            })
    }
}

/// An entry of a base table at `quality`: libjpeg's `jpeg_quality_scaling` and `jpeg_add_quant_table`.
fn scaled(base: u32, quality: u32) -> u32 {
    let percent = if quality < 50 { 5000 / quality.max(1) } else { 200 - 2 * quality.min(100) };
    ((base * percent + 50) / 100).clamp(1, 255)
}

#[cfg(test)]
mod tests {
    use super::*;
    use turbojpeg::{Image, PixelFormat, Subsamp, compress};

    #[test]
    fn every_quality_of_libjpegs_is_known_again() {
        let image = Image::mandelbrot(16, 16, PixelFormat::RGB);
        for quality in 1..=100 {
            for subsamp in [Subsamp::Sub2x2, Subsamp::Gray] {
                let jpeg = compress(image.as_deref(), quality, subsamp).unwrap();
                assert!(has_quality(&jpeg, quality as u32), "{quality}");
                // 1 and 2 are both all 255, as are neighbours at the other end all 1 or 2.
                assert!(!has_quality(&jpeg, if quality > 50 { 20 } else { 80 }), "{quality}");
            }
        }
    }

    #[test]
    fn damaged_headers_are_a_no() {
        let image = Image::mandelbrot(16, 16, PixelFormat::RGB);
        let jpeg = compress(image.as_deref(), 80, Subsamp::Sub2x2).unwrap();
        let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
        for length in 0..scan {
            assert!(!has_quality(&jpeg[..length], 80));
        }
        assert!(!has_quality(&[0xff, 0xd8, 0xff, 0xdb, 0, 0, 0xff, 0xda, 0, 2], 80));
    }
}
