//! Headers: kinds that are named, and bytes that are none.

use super::reference::decode;
use super::samples::encoded;
use fastrand::Rng;
use mutoscope_jpegbits::{Decoder, Error, Header, Scale, Unsupported};
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

fn made(set: impl FnOnce(&mut Compressor) -> turbojpeg::Result<()>) -> Vec<u8> {
    let image = Image::mandelbrot(64, 48, PixelFormat::RGB);
    let mut turbo = Compressor::new().unwrap();
    set(&mut turbo).unwrap();
    turbo.compress_to_vec(image.as_deref()).unwrap()
}

fn position(jpeg: &[u8], marker: u8) -> usize {
    jpeg.windows(2).position(|pair| pair == [0xff, marker]).unwrap()
}

#[test]
fn other_kinds_are_named() {
    let plain = made(|_| Ok(()));
    let frame = position(&plain, 0xc0);
    let with = |at: usize, byte: u8| {
        let mut jpeg = plain.clone();
        jpeg[frame + at] = byte;
        jpeg
    };
    let cmyk = {
        let image =
            Image { pixels: &[9; 256][..], width: 8, pitch: 32, height: 8, format: PixelFormat::CMYK };
        Compressor::new().unwrap().compress_to_vec(image).unwrap()
    };
    let scan = position(&plain, 0xda);
    let luma_alone = [&plain[..scan], &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0], &plain[scan + 14..]].concat();
    let mut no_height = with(5, 0);
    no_height[frame + 6] = 0;
    for (jpeg, kind) in [
        (made(|turbo| turbo.set_progressive(true)), Unsupported::Progressive),
        (made(|turbo| turbo.set_arithmetic(true)), Unsupported::Arithmetic),
        (made(|turbo| turbo.set_arithmetic(true).and(turbo.set_progressive(true))), Unsupported::Arithmetic),
        (made(|turbo| turbo.set_lossless(true)), Unsupported::Lossless),
        (made(|turbo| turbo.set_colorspace(Colorspace::RGB)), Unsupported::Rgb),
        (with(4, 12), Unsupported::Precision(12)),
        (cmyk, Unsupported::Components(4)),
        (with(11, 0x31), Unsupported::Sampling),
        (with(14, 0x21), Unsupported::Sampling),
        (luma_alone, Unsupported::Scans),
        (no_height, Unsupported::Lines),
    ] {
        let decoded = Decoder::new().decode(&jpeg, Scale::Full, &mut []);
        assert_eq!(decoded.unwrap_err(), Error::Unsupported(kind));
        let is_read = matches!(kind, Unsupported::Rgb | Unsupported::Components(_) | Unsupported::Sampling);
        let checked = Decoder::new().check(&jpeg);
        assert_eq!(matches!(checked, Err(Error::Unsupported(_))), !is_read, "{kind}");
    }
}

#[test]
fn pictures_that_are_not_decoded_are_judged_all_the_same() {
    let cmyk = {
        let pixels: Vec<u8> = (0..40 * 30 * 4).map(|at| (at * 7 % 251) as u8).collect();
        let image =
            Image { pixels: &pixels[..], width: 40, pitch: 160, height: 30, format: PixelFormat::CMYK };
        Compressor::new().unwrap().compress_to_vec(image).unwrap()
    };
    for jpeg in [cmyk, made(|turbo| turbo.set_colorspace(Colorspace::RGB))] {
        let mut decoder = Decoder::new();
        assert!(decoder.check(&jpeg).is_ok());
        let header = position(&jpeg, 0xda);
        let scan = header + 2 + usize::from(jpeg[header + 3]);
        for length in (scan..jpeg.len() - 5).step_by(7) {
            assert!(matches!(decoder.check(&jpeg[..length]), Err(Error::Damaged(_))), "{length}");
        }
    }
}

#[test]
fn no_picture_is_an_error() {
    let good = encoded(&mut Rng::with_seed(20), (40, 30), 80, Subsamp::Sub2x1, true);
    let scan = position(&good, 0xda) + 14;
    for length in 0..scan {
        assert!(matches!(Header::read(&good[..length]), Err(Error::Header(_))), "{length}");
    }
    let frame = position(&good, 0xc0);
    let without = |marker: u8| {
        let at = position(&good, marker);
        let length = usize::from(u16::from_be_bytes([good[at + 2], good[at + 3]]));
        [&good[..at], &good[at + 2 + length..]].concat()
    };
    for jpeg in [
        b"hello".to_vec(),
        [&good[..frame], &good[..]].concat(),
        [&good[..frame], &[0xff, 0xd9], &good[frame..]].concat(),
        [&good[..frame], &[0xff, 0x42], &good[frame..]].concat(),
        [&good[..frame], &good[frame..frame + 19], &good[frame..]].concat(),
        without(0xc0),
        without(0xdb),
    ] {
        assert!(matches!(Header::read(&jpeg), Err(Error::Header(_))));
    }
}

#[test]
fn a_header_tells_size_and_planes() {
    let jpeg = encoded(&mut Rng::with_seed(21), (1919, 9), 30, Subsamp::Sub2x2, false);
    let header = Header::read(&jpeg).unwrap();
    assert_eq!((header.width, header.height, header.restart_interval), (1919, 9, 0));
    let sizes = |scale| [0, 1, 2].map(|index| header.plane_size(index, scale));
    assert_eq!(sizes(Scale::Full), [(1919, 9), (960, 5), (960, 5)]);
    assert_eq!(sizes(Scale::Eighth), [(240, 2), (120, 1), (120, 1)]);
    assert_eq!(Scale::from_denominator(4), Some(Scale::Quarter));
    assert_eq!(Scale::from_denominator(3), None);
}

#[test]
fn quantisation_tables_of_16_bits_are_read() {
    let jpeg = encoded(&mut Rng::with_seed(22), (40, 30), 80, Subsamp::Gray, false);
    let at = position(&jpeg, 0xdb);
    let wide: Vec<u8> = jpeg[at + 5..at + 69].iter().flat_map(|entry| [0, *entry]).collect();
    let mut wide = [&jpeg[..at], &[0xff, 0xdb, 0, 131, 0x10], &wide, &jpeg[at + 69..]].concat();
    let frame = position(&wide, 0xc0);
    wide[frame + 1] = 0xc1;
    for scale in Scale::ALL {
        let decoded = decode(&mut Decoder::new(), &wide, scale).unwrap();
        assert_eq!(decoded, decode(&mut Decoder::new(), &jpeg, scale).unwrap());
    }
}
