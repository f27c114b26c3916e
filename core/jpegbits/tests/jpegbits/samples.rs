//! Samples, equal to libjpeg-turbo's.

use super::reference::{decode, expected};
use super::writer::{Picture, Tables};
use fastrand::Rng;
use mutoscope_jpegbits::{Decoder, Error, Header, Plane, Scale};
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, Subsamp};

pub const SUBSAMPS: [Subsamp; 7] = [
    Subsamp::None,
    Subsamp::Sub2x1,
    Subsamp::Sub2x2,
    Subsamp::Gray,
    Subsamp::Sub1x2,
    Subsamp::Sub4x1,
    Subsamp::Sub1x4,
];

/// A picture of libjpeg-turbo's, with noise as a sensor has it.
pub fn encoded(
    rng: &mut Rng,
    size: (usize, usize),
    quality: i32,
    subsamp: Subsamp,
    optimised: bool,
) -> Vec<u8> {
    let (width, height) = size;
    let pixels: Vec<u8> = (0..width * height)
        .flat_map(|at| {
            let (x, y) = ((at % width) as f32, (at / width) as f32);
            let light = 128.0 + 90.0 * (x * 0.11).sin() * (y * 0.07).cos();
            let edge = if (x * 0.6 + y) as usize % 40 < 20 { 30.0 } else { 0.0 };
            [1.0, 0.8, 0.6].map(|factor| (light * factor + edge + rng.f32() * 12.0).clamp(0.0, 255.0) as u8)
        })
        .collect();
    let image = Image { pixels: &pixels[..], width, pitch: 3 * width, height, format: PixelFormat::RGB };
    let mut turbo = Compressor::new().unwrap();
    turbo.set_quality(quality).unwrap();
    turbo.set_subsamp(subsamp).unwrap();
    turbo.set_optimize(optimised).unwrap();
    turbo.compress_to_vec(image).unwrap()
}

/// Both decoders, kept from picture to picture.
pub struct Judges {
    pub decoders: [Decoder; 2],
}

impl Judges {
    pub fn new() -> Judges {
        Judges { decoders: [Decoder::new(), Decoder::portable()] }
    }

    /// # Panics
    /// Samples differ.
    pub fn agree(&mut self, jpeg: &[u8], name: &dyn std::fmt::Debug) {
        for scale in Scale::ALL {
            // libjpeg-turbo keeps tables that a picture does not replace, and has no call to forget them.
            let turbo = &mut Decompressor::new().unwrap();
            let expected = expected(turbo, jpeg, scale).unwrap();
            for (decoder, simd) in self.decoders.iter_mut().zip([true, false]) {
                let decoded =
                    decode(decoder, jpeg, scale).unwrap_or_else(|error| panic!("{name:?}: {error}"));
                for (index, (is, should)) in decoded.iter().zip(&expected).enumerate() {
                    assert_eq!((is.width, is.height), (should.width, should.height), "{name:?}, {scale:?}");
                    assert!(
                        is == should,
                        "{name:?} {scale:?}, SIMD {simd}, plane {index}\n{is:?}\n{should:?}"
                    );
                }
                assert_eq!(decoded.len(), expected.len());
            }
        }
    }
}

#[test]
fn pictures_of_every_sampling_size_and_quality() {
    let (mut rng, mut judges) = (Rng::with_seed(1), Judges::new());
    let sizes = [(1, 1), (2, 3), (7, 8), (8, 8), (9, 17), (16, 15), (33, 31), (64, 40), (130, 67)];
    for subsamp in SUBSAMPS {
        for size in sizes {
            for quality in [10, 50, 80, 95, 100] {
                let optimised = rng.bool();
                let jpeg = encoded(&mut rng, size, quality, subsamp, optimised);
                judges.agree(&jpeg, &(subsamp, size, quality, optimised));
            }
        }
    }
}

/// Returns whether libjpeg-turbo holds samples within 0 and 255 however large they are. Its code without SIMD, which a build without
/// NASM has, takes them modulo 1024.
fn is_saturating() -> bool {
    let mut rng = Rng::with_seed(7);
    let large = Picture { room: 1400, coefficients: 63, quantisation: 1, ..Picture::random(&mut rng) };
    (0..20).all(|_| {
        let jpeg = large.clone().write(&mut rng);
        let expected = expected(&mut Decompressor::new().unwrap(), &jpeg, Scale::Full).unwrap();
        decode(&mut Decoder::portable(), &jpeg, Scale::Full).unwrap() == expected
    })
}

#[test]
fn thousands_of_pictures_of_any_coefficients() {
    let (mut rng, mut judges) = (Rng::with_seed(2), Judges::new());
    // 8 columns of 180, a quarter of them in a sample, and a mean of 125 are less than 512.
    let room = if is_saturating() { 1400 } else { 180 };
    for _ in 0..2500 {
        let mut picture = Picture { room, ..Picture::random(&mut rng) };
        let jpeg = picture.write(&mut rng);
        judges.agree(&jpeg, &picture);
    }
}

#[test]
fn a_larger_picture_at_every_scale() {
    let (mut rng, mut judges) = (Rng::with_seed(3), Judges::new());
    for (subsamp, quality) in [(Subsamp::Sub2x2, 80), (Subsamp::Sub2x1, 95), (Subsamp::None, 100)] {
        let jpeg = encoded(&mut rng, (645, 364), quality, subsamp, true);
        judges.agree(&jpeg, &(subsamp, quality));
    }
}

#[test]
fn luma_alone_is_the_same_luma() {
    let mut rng = Rng::with_seed(4);
    let jpeg = encoded(&mut rng, (97, 61), 80, Subsamp::Sub2x2, false);
    let header = Header::read(&jpeg).unwrap();
    for scale in Scale::ALL {
        let whole = decode(&mut Decoder::new(), &jpeg, scale).unwrap();
        let (width, height) = header.plane_size(0, scale);
        let mut luma = vec![0; width * height];
        Decoder::new().decode(&jpeg, scale, &mut [Plane { samples: &mut luma, stride: width }]).unwrap();
        assert_eq!(luma, whole[0].samples, "{scale:?}");
    }
}

#[test]
fn a_picture_without_tables_has_the_standard_ones_and_never_the_last_ones() {
    let mut rng = Rng::with_seed(5);
    let mut picture = Picture {
        tables: Tables::Omitted,
        width: 60,
        height: 40,
        coefficients: 12,
        ..Picture::random(&mut rng)
    };
    let bare = picture.write(&mut rng);
    let alone = decode(&mut Decoder::new(), &bare, Scale::Full).unwrap();
    let mut decoder = Decoder::new();
    for tables in [Tables::Shuffled, Tables::Standard, Tables::Shuffled] {
        let other = Picture { tables, ..picture.clone() }.write(&mut rng);
        for scale in Scale::ALL {
            decode(&mut decoder, &other, scale).unwrap();
        }
        assert_eq!(decode(&mut decoder, &bare, Scale::Full).unwrap(), alone);
    }
}

#[test]
fn planes_that_do_not_hold_the_picture_are_an_error() {
    let mut rng = Rng::with_seed(6);
    let jpeg = encoded(&mut rng, (33, 17), 80, Subsamp::Sub2x2, false);
    let decode = |lens: &[(usize, usize)]| {
        let mut memory: Vec<_> = lens.iter().map(|(len, _)| vec![0; *len]).collect();
        let mut planes: Vec<_> = memory
            .iter_mut()
            .zip(lens)
            .map(|(samples, (_, stride))| Plane { samples, stride: *stride })
            .collect();
        Decoder::new().decode(&jpeg, Scale::Full, &mut planes).map(drop)
    };
    let good = [(33 * 17, 33), (17 * 9, 17), (17 * 9, 17)];
    assert_eq!(decode(&good), Ok(()));
    for bad in [
        &good[..2],
        &[],
        &[(33 * 17 - 1, 33)],
        &[(33 * 17, 32)],
        &[good[0], good[1], (17 * 9 - 1, 17)],
        &[good[0], good[1], (17 * 9, usize::MAX)],
    ] {
        assert_eq!(decode(bad), Err(Error::Planes), "{bad:?}");
    }
}
