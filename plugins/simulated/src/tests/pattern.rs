//! The test pattern, and the number that is read back from it.

use super::*;
use crate::pattern::{BARS, MIN_HEIGHT, MIN_WIDTH, Pattern, read_counter};
use image::imageops::{FilterType, flip_horizontal, resize};
use mutoscope_plugin::{PixelFormat, Plane, Times};

fn drawn(width: u32, height: u32, number: u32) -> Frame {
    let pattern = Pattern::new(width, height).unwrap();
    pattern.draw(number, Times::default(), &TestHost::new().context()).unwrap()
}

fn luma(frame: &Frame) -> GrayImage {
    let Format { width, height, .. } = frame.format();
    GrayImage::from_raw(width, height, frame.plane(0).rows().flatten().copied().collect()).unwrap()
}

fn read(picture: &GrayImage) -> Option<u32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    read_counter(Plane { data: picture, stride: width, width, height })
}

#[test]
fn frames_are_numbered_from_nought() {
    let ctx = TestHost::new().context();
    let mut source = Simulated::open(Options { fps: FPS, ..Options::default() }, &ctx).unwrap();
    let caps = Simulated::caps(&Options::default()).unwrap();
    for number in 0..3 {
        let frame = source.next_frame(&ctx).unwrap().unwrap();
        assert_eq!(read_counter(frame.plane(0)), Some(number));
        assert_eq!(frame.format(), Format::new(PixelFormat::I420, 1280, 720));
        assert_eq!(caps.formats[0].format, frame.format());
    }
    assert_eq!(caps.fps, Some(10.0));
}

#[test]
fn the_number_is_read_at_every_size_that_has_it() {
    for (width, height) in
        [(MIN_WIDTH, MIN_HEIGHT), (177, 73), (320, 240), (641, 359), (1080, 1920), (3840, 2160)]
    {
        for number in [0, 1, 0x8000_0000, 0xaaaa_aaaa, 0x0f0f_1234, u32::MAX] {
            assert_eq!(read_counter(drawn(width, height, number).plane(0)), Some(number), "{width}x{height}");
        }
    }
}

#[test]
fn the_number_survives_jpeg_and_resizing() {
    for (width, height) in [(640, 360), (1280, 720), (1920, 1080)] {
        for number in [0, 1, 12_345_678, 0x5555_5555, 0xaaaa_aaaa, u32::MAX] {
            let picture = luma(&drawn(width, height, number));
            for (to_width, to_height) in
                [(width, height), (width / 2, height / 2), (width / 2, height), (777, 500)]
            {
                let resized = resize(&picture, to_width, to_height, FilterType::Triangle);
                let decoded = mutoscope_frames::jpeg::decode(&grey_jpeg(&resized, 50)).unwrap();
                let decoded = GrayImage::from_raw(decoded.width, decoded.height, decoded.grey()).unwrap();
                assert_eq!(read(&decoded), Some(number), "{width}x{height} at {to_width}x{to_height}");
                let again = resize(&decoded, width / 2, height / 2, FilterType::Triangle);
                assert_eq!(read(&again), Some(number), "{width}x{height}, {to_width}x{to_height}, halved");
            }
        }
    }
}

#[test]
fn what_is_no_counter_is_not_read() {
    let picture = luma(&drawn(640, 360, 77));
    assert_eq!(read(&picture), Some(77));
    assert_eq!(read(&flip_horizontal(&picture)), None);
    for value in [0, 128, 255] {
        assert_eq!(read(&GrayImage::from_pixel(640, 360, image::Luma([value]))), None);
    }
    // Any cell that was turned round, or made grey.
    let row = (360.0 * 0.69) as u32;
    for cell in 0..44 {
        let x = cell * 640 / 44..(cell + 1) * 640 / 44;
        let was = picture.get_pixel(x.start + 4, row)[0];
        for value in [255 - was, 128] {
            let mut changed = picture.clone();
            for x in x.clone() {
                (row - 20..row + 21).for_each(|y| changed.put_pixel(x, y, image::Luma([value])));
            }
            assert_eq!(read(&changed), None, "cell {cell}");
        }
    }
    assert_eq!(read_counter(Plane { data: &[0], stride: 1, width: 1, height: 1 }), None);
    assert_eq!(read_counter(drawn(MIN_WIDTH - 1, MIN_HEIGHT, 5).plane(0)), None);
}

#[test]
fn the_smallest_sizes_work() {
    for (width, height) in [(1, 1), (2, 1), (1, 2), (3, 3), (8, 5), (1, 720), (1280, 1), (45, 45), (175, 71)]
    {
        let frame = drawn(width, height, u32::MAX);
        assert_eq!(frame.format(), Format::new(PixelFormat::I420, width, height));
        frame.check().unwrap();
    }
    assert!(Pattern::new(0, 1).is_err());
    assert!(Pattern::new(65_501, 1).is_err());
    assert!(Pattern::new(30_000, 30_000).is_err());
}

#[test]
fn bars_have_their_colours() {
    let frame = drawn(1280, 720, 3);
    for (bar, [r, g, b]) in BARS.into_iter().enumerate() {
        let x = bar * 160 + 80;
        let [y, cb, cr] =
            [frame.plane(0).row(4)[x], frame.plane(1).row(2)[x / 2], frame.plane(2).row(2)[x / 2]]
                .map(f64::from);
        // ITU-T T.871, back to R'G'B'.
        let back = [
            y + 1.402 * (cr - 128.0),
            y - 0.344_136 * (cb - 128.0) - 0.714_136 * (cr - 128.0),
            y + 1.772 * (cb - 128.0),
        ];
        for (is, should) in back.into_iter().zip([r, g, b]) {
            assert!((is - f64::from(should)).abs() < 1.5, "bar {bar}: {back:?}");
        }
    }
}

#[test]
fn the_hand_moves_and_comes_round() {
    let dial = |number| {
        let picture = luma(&drawn(640, 360, number));
        image::imageops::crop_imm(&picture, 220, 10, 200, 203).to_image()
    };
    let places: Vec<_> = (0..60).map(dial).collect();
    for (number, place) in places.iter().enumerate().skip(1) {
        assert_ne!(*place, places[number - 1], "frame {number}");
    }
    assert_eq!(dial(60), places[0]);
}
