//! Small JPEGs of any size and sampling, written by hand: baseline, one scan, blocks of one shade each (ITU-T T.81).

use crate::{Format, PixelFormat};

/// The difference in brightness from one block to the next, in quantised steps of [`STEP`]; category 5 (F.1.2.1.1).
const DIFFERENCE: u32 = 20;
const STEP: u8 = 16;

/// A JPEG of this size and sampling.
pub(super) fn jpeg(format: Format) -> Vec<u8> {
    let (across, down) = format.sampling.chroma_subsampling();
    let grey = format.sampling == PixelFormat::GREY;
    let factors = if grey { vec![(1, 1)] } else { vec![(across, down), (1, 1), (1, 1)] };
    let mut out = vec![0xff, 0xd8];
    let mut steps = [1; 65];
    (steps[0], steps[1]) = (0, STEP);
    segment(&mut out, 0xdb, &steps);
    let ([h1, h0], [w1, w0]) = ((format.height as u16).to_be_bytes(), (format.width as u16).to_be_bytes());
    let mut frame = vec![8, h1, h0, w1, w0, factors.len() as u8];
    let mut scan = vec![factors.len() as u8];
    for (id, (horizontal, vertical)) in (1u8..).zip(&factors) {
        frame.extend([id, (horizontal << 4 | vertical) as u8, 0]);
        scan.extend([id, 0]);
    }
    scan.extend([0, 63, 0]);
    segment(&mut out, 0xc0, &frame);
    // Differences of none and of category 5, with the codes 0 and 10; and the one code 0 for a block's end.
    let lengths = |one: u8, two: u8| [&[one, two][..], &[0; 14]].concat();
    segment(&mut out, 0xc4, &[&[0x00][..], &lengths(1, 1), &[0, 5]].concat());
    segment(&mut out, 0xc4, &[&[0x10][..], &lengths(1, 0), &[0]].concat());
    segment(&mut out, 0xda, &scan);
    let units = format.width.div_ceil(8 * across) * format.height.div_ceil(8 * down);
    out.extend(entropy(units, &factors));
    out.extend([0xff, 0xd9]);
    out
}

fn segment(out: &mut Vec<u8>, marker: u8, content: &[u8]) {
    out.extend([0xff, marker]);
    out.extend((content.len() as u16 + 2).to_be_bytes());
    out.extend(content);
}

/// The scan: blocks that grow lighter and darker in turn.
fn entropy(units: u32, factors: &[(u32, u32)]) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut blocks = [0u32; 3];
    for _ in 0..units {
        for (component, (horizontal, vertical)) in factors.iter().enumerate() {
            for _ in 0..horizontal * vertical {
                let turn = blocks[component] % 4;
                blocks[component] += 1;
                match turn {
                    0 | 2 => bits.push(false),
                    _ => {
                        let value = if turn == 1 { DIFFERENCE } else { 31 - DIFFERENCE };
                        bits.extend([true, false]);
                        bits.extend((0..5).rev().map(|bit| value >> bit & 1 == 1));
                    }
                }
                bits.push(false);
            }
        }
    }
    let mut out = Vec::new();
    for eight in bits.chunks(8) {
        // The rest of the last byte is filled with ones, and a zero is stuffed behind FF (F.1.2.3).
        let byte = (0..8).fold(0, |byte, at| byte << 1 | u8::from(*eight.get(at).unwrap_or(&true)));
        out.push(byte);
        out.extend((byte == 0xff).then_some(0));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JpegHeader;
    use crate::testing::pictures::formats;

    #[test]
    fn headers_say_what_was_asked_for() {
        for format in formats().into_iter().filter(|format| format.kind == PixelFormat::JPEG) {
            let header = JpegHeader::read(&jpeg(format)).unwrap();
            assert_eq!((header.format(), header.planes), (format, Some(format.sampling)));
        }
    }
}
