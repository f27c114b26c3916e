//! The look of the text, against a picture that was looked at and found good.

use crate::picture::Picture;
use image::{GrayImage, Luma};
use mutoscope_paint::{Colour, Encoding, Font, Painter, Position, Style};

const SIZE: (usize, usize) = (360, 150);

/// Bright, dark, and a checkerboard as restless as noise.
fn ground() -> Picture {
    let mut picture = Picture::new(SIZE, None, 0, [0; 3]);
    for (x, y) in (0..SIZE.0).flat_map(|x| (0..SIZE.1).map(move |y| (x, y))) {
        let value = match y * 3 / SIZE.1 {
            0 => 250,
            1 => 12,
            _ => [30, 220][(x / 2 + y / 2) % 2],
        };
        picture.set(0, x, y, value);
    }
    picture
}

/// To accept another look, look at the picture that the failure names, then copy it over `tests/paint/golden.png`.
#[test]
fn looks_as_it_did() {
    let mut picture = ground();
    let painter = |height, style| Painter::new(Font::bundled(), height, style, Encoding::JPEG).unwrap();
    for (row, y) in [4, 54, 104].into_iter().enumerate() {
        for (height, x) in [(12, 4), (16, 4), (24, 130)] {
            let below = if height == 16 { 18 } else { 0 };
            let text = ["2026-11-05 14:03", "jpgÄß 14:03:59", "Żółć €5 14:03"][row];
            painter(height, Style::default()).draw_at(&mut picture.borrow(), text, x, y + below);
        }
    }
    let boxed = Style {
        outline: None,
        background: Some(Colour::BLACK.with_alpha(0x90)),
        padding: 3,
        ..Style::default()
    };
    painter(14, boxed).draw(&mut picture.borrow(), "no frame\nfor 3 s", Position::BottomRight, 2);

    let drawn = GrayImage::from_fn(SIZE.0 as u32, SIZE.1 as u32, |x, y| {
        Luma([picture.at(0, x as usize, y as usize)])
    });
    let golden = image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/paint/golden.png"));
    // Machines round floating point differently in the last place: a few steps of 255 are no other look.
    let same = golden.is_ok_and(|golden| {
        let golden = golden.to_luma8();
        golden.dimensions() == drawn.dimensions()
            && golden.iter().zip(drawn.iter()).all(|(golden, drawn)| golden.abs_diff(*drawn) <= 4)
    });
    if !same {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/golden.png");
        drawn.save(path).unwrap();
        panic!("the text looks different: see {path}");
    }
}
