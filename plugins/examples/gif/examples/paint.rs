//! Paints `lighthouse.gif`: a tower at night, whose beam goes round.

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, Rgba, RgbaImage};
use std::f32::consts::TAU;
use std::fs::File;

const PICTURES: u32 = 24;
const LAMP: (f32, f32) = (80.0, 38.0);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut gif = GifEncoder::new(File::create("lighthouse.gif")?);
    gif.set_repeat(Repeat::Infinite)?;
    for n in 0..PICTURES {
        let beam = TAU * n as f32 / PICTURES as f32;
        let picture = RgbaImage::from_fn(160, 120, |x, y| pixel(x as f32, y as f32, beam));
        gif.encode_frame(Frame::from_parts(picture, 0, 0, Delay::from_numer_denom_ms(80, 1)))?;
    }
    Ok(())
}

fn pixel(x: f32, y: f32, beam: f32) -> Rgba<u8> {
    let (right, down) = (x - LAMP.0, y - LAMP.1);
    // The beam turns in a flat circle, seen from the side: broad when it comes towards us.
    let far = right.hypot(down);
    let off = (down - right * 0.1 * beam.sin()).abs();
    let reach = right * beam.cos() / far.max(1.0);
    let is_lit = reach > 0.3 && off < 1.0 + far * (0.08 + 0.12 * beam.sin().abs());
    let is_tower = (40.0..110.0).contains(&y) && right.abs() < 5.0 + (y - 40.0) * 0.08;
    if far < 5.0 {
        Rgba([255, 250, 200, 255])
    } else if is_tower {
        let stripe = ((y - 40.0) / 14.0) as u32 % 2 == 0;
        if stripe { Rgba([190, 60, 50, 255]) } else { Rgba([220, 220, 210, 255]) }
    } else if y >= 108.0 {
        Rgba([20, 30, 50, 255])
    } else if is_lit {
        Rgba([200, 190, 120, 255])
    } else {
        Rgba([10, 15, 30 + (y / 6.0) as u8, 255])
    }
}
