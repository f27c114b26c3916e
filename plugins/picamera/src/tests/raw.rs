//! Raw pictures: by size and stride.

use super::*;
use crate::PipeFormat;
use mutoscope_plugin::{Format, PixelFormat};

/// A picture of `width` by `height` whose lines are `stride` apart, the padding full of a byte that is nowhere else.
fn picture(width: usize, height: usize, stride: usize, mark: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (plane, (width, height, stride)) in
        [(width, height, stride), (width / 2, height / 2, stride / 2), (width / 2, height / 2, stride / 2)]
            .into_iter()
            .enumerate()
    {
        for y in 0..height {
            bytes.extend(vec![mark + plane as u8 * 10 + y as u8; width]);
            bytes.extend(vec![0xee; stride - width]);
        }
    }
    bytes
}

#[test]
fn the_padding_of_lines_is_left_out() {
    // Padded to 64 if nothing is said, not padded, padded to 128.
    for (width, stride, told) in
        [(80, 128, None), (128, 128, None), (64, 64, None), (96, 96, Some(96)), (64, 128, Some(128))]
    {
        let folder = Folder::new();
        folder.put("pictures", &[picture(width, 6, stride, 1), picture(width, 6, stride, 100)].concat());
        let options = Options {
            width: Some(width as u32),
            height: Some(6),
            stride: told,
            format: PipeFormat::Yuv420,
            ..folder.camera("cat pictures; sleep 1000")
        };
        let ctx = TestHost::new().context();
        let mut source = Picamera::open(options, &ctx).unwrap();
        for mark in [1, 100] {
            let frame = source.next_frame(&ctx).unwrap().unwrap();
            assert_eq!(frame.format(), Format::new(PixelFormat::I420, width as u32, 6));
            for (index, plane) in frame.planes().enumerate() {
                for (y, row) in plane.rows().enumerate() {
                    let expected = mark + index as u8 * 10 + y as u8;
                    assert!(row.iter().all(|byte| *byte == expected), "plane {index}, line {y}: {row:?}");
                }
            }
        }
    }
}

#[test]
fn pictures_that_come_in_drops_are_put_together() {
    let folder = Folder::new();
    let bytes = picture(16, 4, 64, 5);
    folder.put("picture", &bytes);
    let script = "for n in 0 1 2 3 4 5; do dd if=picture bs=64 skip=$n count=1 2>/dev/null; done; cat picture; sleep 1000";
    let options =
        Options { width: Some(16), height: Some(4), format: PipeFormat::Yuv420, ..folder.camera(script) };
    let ctx = TestHost::new().context();
    let mut source = Picamera::open(options, &ctx).unwrap();
    for _ in 0..2 {
        let frame = source.next_frame(&ctx).unwrap().unwrap();
        assert_eq!(frame.plane(0).row(3), [8; 16]);
        assert_eq!(frame.plane(2).row(1), [26; 8]);
    }
}
