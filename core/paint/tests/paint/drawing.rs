//! The drawing on the planes: exact values, the bounds of the text's box, chroma, and the painter's memory.

use crate::picture::Picture;
use mutoscope_paint::{Colour, Encoding, Font, Matrix, Painter, Position, Range, Rect, Style, Subsampling};
use proptest::prelude::*;

const ALL: [Option<Subsampling>; 5] = [
    None,
    Some(Subsampling::S420),
    Some(Subsampling::S422),
    Some(Subsampling::S440),
    Some(Subsampling::S444),
];

const LIMITED: Encoding = Encoding { matrix: Matrix::Bt709, range: Range::Limited };

fn painter(height: u32, style: Style, encoding: Encoding) -> Painter {
    Painter::new(Font::bundled(), height, style, encoding).unwrap()
}

#[test]
fn full_coverage_is_the_colour_itself() {
    for subsampling in ALL {
        for (encoding, white) in [(LIMITED, 235), (Encoding::JPEG, 255)] {
            let mut picture = Picture::new((61, 61), subsampling, 3, [77, 50, 200]);
            let area =
                painter(48, Style::default(), encoding).draw(&mut picture.borrow(), "●", Position::Centre, 0);
            let (x, y) = (area.x + area.width / 2, area.y + area.height * 11 / 20);
            assert_eq!(picture.at(0, x, y), white);
            if let Some(s) = subsampling {
                for plane in [1, 2] {
                    assert_eq!(picture.at(plane, x / s.horizontal(), y / s.vertical()), 128);
                }
            }
        }
    }
}

#[test]
fn an_opaque_box_covers_its_area_and_nothing_else() {
    let style = Style { background: Some("navy".parse().unwrap()), padding: 3, ..Style::default() };
    let mut painter = painter(10, style, LIMITED);
    let mut picture = Picture::new((51, 31), Some(Subsampling::S444), 0, [200, 10, 20]);
    let area = painter.draw_at(&mut picture.borrow(), " ", 5, 7);
    let (width, height) = painter.measure(" ");
    assert_eq!(area, Rect { x: 5, y: 7, width, height });
    for (x, y) in (0..51).flat_map(|x| (0..31).map(move |y| (x, y))) {
        let inside = (5..5 + width).contains(&x) && (7..7 + height).contains(&y);
        let expected = if inside { [24, 184, 123] } else { [200, 10, 20] };
        assert_eq!([0, 1, 2].map(|plane| picture.at(plane, x, y)), expected, "({x}, {y})");
    }
}

#[test]
fn half_transparent_is_half_way() {
    let style = Style {
        colour: Colour::WHITE.with_alpha(0),
        outline: None,
        background: Some(Colour::WHITE.with_alpha(128)),
        padding: 0,
    };
    let mut picture = Picture::new((40, 20), Some(Subsampling::S420), 0, [100, 60, 200]);
    painter(10, style, Encoding::JPEG).draw_at(&mut picture.borrow(), "8", 0, 0);
    assert_eq!([0, 1, 2].map(|plane| picture.at(plane, 1, 1)), [178, 94, 164]);
}

#[test]
fn a_clock_does_not_jitter() {
    for height in [10, 17, 24, 48, 101] {
        let mut painter = painter(height, Style::default(), Encoding::JPEG);
        let size = painter.measure("00:00:00");
        for digit in '1'..='9' {
            assert_eq!(painter.measure(&"00:00:00".replace('0', &digit.to_string())), size);
        }
    }
}

#[test]
fn lines_stand_below_each_other_and_go_to_the_side_of_the_corner() {
    let mut painter = painter(12, Style { outline: None, ..Style::default() }, Encoding::JPEG);
    assert_eq!(painter.measure("ab\n\nc\r\n"), (painter.measure("ab").0, 48));
    assert_eq!(painter.measure(""), (0, 0));
    let (whole, letter) = (painter.measure("iiii").0, painter.measure("i").0);
    for (position, start) in [
        (Position::BottomLeft, 0),
        (Position::BottomRight, whole - letter),
        (Position::Centre, (whole - letter) / 2),
    ] {
        let mut picture = Picture::new((whole, 24), None, 0, [0; 3]);
        let area = painter.draw(&mut picture.borrow(), "iiii\ni", position, 0);
        assert_eq!(area, Rect { x: 0, y: 0, width: whole, height: 24 });
        let columns: Vec<_> = (0..whole).filter(|&x| (12..24).any(|y| picture.at(0, x, y) > 0)).collect();
        assert!(columns.iter().all(|x| (start..start + letter).contains(x)), "{position:?}: {columns:?}");
        assert!(!columns.is_empty());
    }
}

#[test]
fn missing_and_control_characters() {
    let mut painter = painter(20, Style::default(), Encoding::JPEG);
    let mut drawn = |text: &str| {
        let mut picture = Picture::new((40, 30), None, 0, [128; 3]);
        painter.draw(&mut picture.borrow(), text, Position::TopLeft, 0);
        picture
    };
    assert_eq!(drawn("再"), drawn("\u{10ffff}"), "the same mark");
    assert_ne!(drawn("再"), drawn(" "), "a visible one");
    assert_eq!(drawn("\t\u{7}"), drawn("  "));
}

#[test]
fn every_unicode_character_can_be_drawn_in_bounded_memory() {
    let mut painter = painter(512, Style::default(), Encoding::JPEG);
    let mut picture = Picture::new((64, 64), None, 0, [128; 3]);
    // At this height some sixty glyphs fill the memory that a painter allows itself.
    for character in (' '..'\u{500}').step_by(13).chain(('\u{500}'..char::MAX).step_by(200_001)) {
        painter.draw(&mut picture.borrow(), &character.to_string(), Position::Centre, 0);
    }
}

#[test]
fn heights_out_of_range_are_refused() {
    for height in [0, 5, 513, u32::MAX] {
        let error = Painter::new(Font::bundled(), height, Style::default(), Encoding::JPEG).unwrap_err();
        assert!(error.to_string().ends_with("out of range: 6 to 512 pixels"), "{error}");
    }
}

/// Any picture that a camera, a plugin or a mistake may bring.
fn pictures() -> impl Strategy<Value = Picture> {
    let size = (0_usize..70, 0_usize..40);
    (size, 0..ALL.len(), 0_usize..9, any::<[u8; 3]>())
        .prop_map(|(size, subsampling, extra, values)| Picture::new(size, ALL[subsampling], extra, values))
}

/// The looks that take different ways through the blend.
fn styles() -> impl Strategy<Value = Style> {
    let colour = || any::<[u8; 4]>().prop_map(|[r, g, b, a]| Colour { r, g, b, a });
    (colour(), proptest::option::of(colour()), proptest::option::of(colour()), 0_u16..6)
        .prop_map(|(colour, outline, background, padding)| Style { colour, outline, background, padding })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[0-9:. j\n]{0,12}", "\\PC{0,6}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing outside the box is written: luma, chroma, or the bytes between the rows.
    #[test]
    fn only_the_box_is_written(
        before in pictures(), style in styles(), text in texts(),
        height in 6_u32..30, x in -80_i32..80, y in -50_i32..50,
    ) {
        let mut painter = painter(height, style, LIMITED);
        let size = painter.measure(&text);
        let mut picture = before.clone();
        let area = painter.draw_at(&mut picture.borrow(), &text, x, y);

        let clip = |start: i32, length: usize, limit: usize| {
            let edge = |at: i64| at.clamp(0, limit as i64) as usize;
            edge(start.into())..edge(i64::from(start) + length as i64)
        };
        let (columns, rows) = (clip(x, size.0, before.width), clip(y, size.1, before.height));
        if columns.is_empty() || rows.is_empty() {
            prop_assert_eq!(area, Rect::default());
        } else {
            let expected = Rect { x: columns.start, y: rows.start, width: columns.len(), height: rows.len() };
            prop_assert_eq!(area, expected);
            // With the box put back, all bytes must be as before.
            let (h, v) = before.subsampling.map_or((1, 1), |s| (s.horizontal(), s.vertical()));
            for (x, y) in columns.flat_map(|x| rows.clone().map(move |y| (x, y))) {
                picture.set(0, x, y, before.at(0, x, y));
                for plane in if before.subsampling.is_some() { 1..3 } else { 0..0 } {
                    picture.set(plane, x / h, y / v, before.at(plane, x / h, y / v));
                }
            }
        }
        prop_assert_eq!(picture, before);
    }

    /// Chroma that is shared by several pixels is their mean in 4:4:4, at odd places, in odd sizes and at the edges.
    #[test]
    fn chroma_is_the_mean_over_its_pixels(
        picture in pictures(), style in styles(), height in 6_u32..30, x in -20_i32..40, y in -20_i32..30,
        values in any::<[u8; 3]>(),
    ) {
        let Some(s) = picture.subsampling else { return Ok(()) };
        let mut painter = painter(height, style, Encoding::JPEG);
        let [mut shared, mut full] = [picture.subsampling, Some(Subsampling::S444)]
            .map(|subsampling| Picture::new((picture.width, picture.height), subsampling, 1, values));
        for target in [&mut shared, &mut full] {
            painter.draw_at(&mut target.borrow(), "2g:\n%", x, y);
        }
        for plane in [1, 2] {
            let (columns, rows) = shared.plane_size(plane);
            for (cx, cy) in (0..columns).flat_map(|x| (0..rows).map(move |y| (x, y))) {
                let block: Vec<f32> = (cx * s.horizontal()..((cx + 1) * s.horizontal()).min(picture.width))
                    .flat_map(|x| (cy * s.vertical()..((cy + 1) * s.vertical()).min(picture.height)).map(move |y| (x, y)))
                    .map(|(x, y)| full.at(plane, x, y).into())
                    .collect();
                let mean = block.iter().sum::<f32>() / block.len() as f32;
                let sample = f32::from(shared.at(plane, cx, cy));
                prop_assert!((sample - mean).abs() <= 2.0, "plane {plane} ({cx}, {cy}): {sample}, mean {mean}");
            }
        }
    }

    /// The painter's memory never shows: it draws as a new one would.
    #[test]
    fn memory_does_not_show(
        frames in proptest::collection::vec((pictures(), 0..4_usize, 0_usize..12, any::<bool>()), 1..8),
    ) {
        const TEXTS: [&str; 4] = ["12:04", "12:05", "1\nlonger", ""];
        const CORNERS: [Position; 4] =
            [Position::TopLeft, Position::TopRight, Position::BottomRight, Position::Centre];
        let mut old = painter(14, Style::default(), LIMITED);
        for (picture, text, margin, jpeg) in frames {
            let encoding = if jpeg { Encoding::JPEG } else { LIMITED };
            let [mut first, mut second] = [picture.clone(), picture];
            old.set_encoding(encoding);
            let corner = CORNERS[margin % 4];
            let area = old.draw(&mut first.borrow(), TEXTS[text], corner, margin);
            let mut new = painter(14, Style::default(), encoding);
            prop_assert_eq!(new.draw(&mut second.borrow(), TEXTS[text], corner, margin), area);
            prop_assert_eq!(first, second);
        }
    }
}
