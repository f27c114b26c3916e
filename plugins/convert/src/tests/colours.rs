//! Colours, against the formulas in floating point.

use super::reference::{noise, worst};
use super::{NAMED, asking, run};
use mutoscope_plugin::{Format, Frame, Matrix, PixelFormat, Range, Times};

const COLOURS: [(Matrix, Range); 6] = [
    (Matrix::BT601, Range::FULL),
    (Matrix::BT601, Range::LIMITED),
    (Matrix::BT709, Range::FULL),
    (Matrix::BT709, Range::LIMITED),
    (Matrix::BT2020, Range::FULL),
    (Matrix::BT2020, Range::LIMITED),
];

/// Rounded once right is within half a step. Twice, as where chroma is a mean or red, green and blue are summed
/// from rounded products, within one and a half.
const ONCE: f64 = 0.501;
const TWICE: f64 = 1.52;

fn kinds() -> impl Iterator<Item = PixelFormat> {
    let mosaic = |kind| {
        matches!(kind, PixelFormat::BGGR8 | PixelFormat::GBRG8 | PixelFormat::GRBG8 | PixelFormat::RGGB8)
    };
    NAMED.iter().map(|(kind, _)| *kind).filter(move |kind| !mosaic(*kind))
}

#[test]
fn every_kind_becomes_every_other_in_every_colour() {
    for from_kind in kinds() {
        for (index, (matrix, range)) in COLOURS.into_iter().enumerate() {
            let from = Format::new(from_kind, 37, 7).with_colours(matrix, range);
            let frame = noise(from, index as u64 + 1);
            for to_kind in kinds() {
                let (matrix, range) = COLOURS[(index * 5 + to_kind.0 as usize) % COLOURS.len()];
                for (matrix, range) in [(matrix, range), (Matrix::BT601, Range::FULL)] {
                    let to = Format::new(to_kind, 37, 7).with_colours(matrix, range);
                    let out = run(&asking(&to), frame.clone());
                    let worst = worst(&frame, &out);
                    assert!(worst <= TWICE, "{from} to {to}: {worst:.2}");
                }
            }
        }
    }
}

#[test]
fn a_change_of_range_alone_is_rounded_once() {
    for kind in [
        PixelFormat::I420,
        PixelFormat::I422,
        PixelFormat::I440,
        PixelFormat::I444,
        PixelFormat::GREY,
        PixelFormat::YUYV,
        PixelFormat::NV12,
    ] {
        for (from, to) in [(Range::LIMITED, Range::FULL), (Range::FULL, Range::LIMITED)] {
            for matrix in [Matrix::BT601, Matrix::BT709] {
                let input = Format::new(kind, 61, 31).with_colours(matrix, from);
                let frame = noise(input, 5);
                let out = run(&asking(&input.with_colours(matrix, to)), frame.clone());
                let worst = worst(&frame, &out);
                assert!(worst <= ONCE, "{input} to {to}: {worst:.2}");
            }
        }
    }
}

/// One colour, in a frame of RGB.
fn plain(colour: [u8; 3]) -> Frame {
    let bytes = colour.repeat(64 * 4);
    Frame::from_vec(Format::new(PixelFormat::RGB24, 64, 4), bytes, Times::default()).unwrap()
}

#[test]
fn the_colour_bars_are_those_of_the_standards() {
    // White, yellow, cyan, green, magenta, red, blue, black at 100 %: the corners, where sums reach the end of 8 bits.
    for bar in 0..8 {
        let colour = [2, 4, 1].map(|bit| if bar & bit == 0 { 255 } else { 0 });
        for (matrix, range) in COLOURS {
            let to = Format::new(PixelFormat::I444, 64, 4).with_colours(matrix, range);
            let out = run(&asking(&to), plain(colour));
            let off = worst(&plain(colour), &out);
            assert!(off <= ONCE, "{colour:?} in {to}: {off:.2}");
            let again = run(r#"{"to": "rgb24"}"#, out.clone());
            let off = worst(&out, &again);
            assert!(off <= 1.0, "{colour:?} from {to}: {off:.2}");
        }
    }
    // BT.709-6 in limited range: red is 63, 102, 240.
    let to = Format::new(PixelFormat::I444, 64, 4).with_colours(Matrix::BT709, Range::LIMITED);
    let out = run(&asking(&to), plain([255, 0, 0]));
    let red: Vec<u8> = out.planes().map(|plane| plane.row(0)[0]).collect();
    assert_eq!(red, [63, 102, 240]);
}

#[test]
fn greys_stay_greys_whatever_the_matrix() {
    let levels: Vec<u8> = (0..=255).collect();
    let grey = Frame::from_vec(Format::grey(256, 1), levels.clone(), Times::default()).unwrap();
    for (matrix, range) in COLOURS {
        let to = Format::new(PixelFormat::YUYV, 256, 1).with_colours(matrix, range);
        let out = run(&asking(&to), grey.clone());
        assert!(out.plane(0).row(0).iter().skip(1).step_by(2).all(|chroma| *chroma == 128), "{to}");
        let again = run(r#"{"to": "grey"}"#, out);
        // 256 levels through 220 and back.
        let off = again.plane(0).row(0).iter().zip(&levels).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(1), "{to}: {off:?}");
    }
}
