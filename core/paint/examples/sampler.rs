//! Writes a PNG that shows texts on bright, dark and noisy grounds: the way to judge how they look.
//!
//! `cargo run -p mutoscope-paint --example sampler -- out.png [font.ttf]`

use std::{env, error::Error, process::ExitCode};

use image::{Rgb, RgbImage};
use mutoscope_paint::{Colour, Encoding, Font, Painter, PictureMut, PlaneMut, Position, Style, Subsampling};

const WIDTH: usize = 960;
const HEIGHT: usize = 600;

fn main() -> ExitCode {
    match sample() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn sample() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let out = arguments.next().ok_or("usage: sampler OUT.png [FONT.ttf]")?;
    let font = arguments.next().map_or_else(|| Ok(Font::bundled()), Font::read)?;

    let mut luma = ground();
    let mut chroma = [(); 2].map(|()| vec![128; WIDTH * HEIGHT / 4]);
    let [cb, cr] = &mut chroma;
    let plane = |data, width, height| PlaneMut { data, stride: width, width, height };
    let planes =
        [plane(&mut luma, WIDTH, HEIGHT), plane(cb, WIDTH / 2, HEIGHT / 2), plane(cr, WIDTH / 2, HEIGHT / 2)];
    let mut picture = PictureMut::yuv(planes, Subsampling::S420)?;

    let mut y = 8;
    for height in [10, 12, 14, 16, 20, 24, 32, 48] {
        let mut painter = Painter::new(font.clone(), height, Style::default(), Encoding::JPEG)?;
        let text = "2026-11-05 14:03:59";
        let step = painter.measure(text).0.max(300) as i32;
        for x in (8..WIDTH as i32 - 100).step_by(step as usize + 12) {
            painter.draw_at(&mut picture, text, x, y);
        }
        y += height as i32 * 5 / 4 + 8;
    }
    let boxed = Style {
        colour: "yellow".parse()?,
        outline: None,
        background: Some(Colour::BLACK.with_alpha(0x90)),
        padding: 6,
    };
    let mut painter = Painter::new(font.clone(), 28, boxed, Encoding::JPEG)?;
    painter.draw(
        &mut picture,
        "Camera lost\nno frame for 3 s: /dev/video0\n再 Ünïcode Ж Ω € ± ½",
        Position::BottomRight,
        16,
    );
    let red = Style { colour: "red".parse()?, outline: Some(Colour::WHITE), ..Style::default() };
    let mut painter = Painter::new(font.clone(), 64, red, Encoding::JPEG)?;
    painter.draw(&mut picture, "● REC 21°C", Position::BottomLeft, 16);
    let dark = Style { colour: Colour::BLACK, outline: Some(Colour::WHITE), ..Style::default() };
    let mut painter = Painter::new(font, 24, dark, Encoding::JPEG)?;
    painter.draw(&mut picture, "porch (north), 1920×1080 → 640×360", Position::TopRight, 0);

    let [cb, cr] = &chroma;
    RgbImage::from_fn(WIDTH as u32, HEIGHT as u32, |x, y| {
        let (x, y) = (x as usize, y as usize);
        let at = y / 2 * (WIDTH / 2) + x / 2;
        rgb(luma[y * WIDTH + x], cb[at], cr[at])
    })
    .save(out)?;
    Ok(())
}

/// Three grounds side by side: bright with a gradient, dark, and noise of every brightness.
fn ground() -> Vec<u8> {
    let mut state = 1_u32;
    (0..WIDTH * HEIGHT)
        .map(|at| {
            let (x, y) = (at % WIDTH, at / WIDTH);
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match x * 3 / WIDTH {
                0 => 255 - (y / 16) as u8,
                1 => 16 + (y / 40) as u8,
                _ => (state >> 24) as u8,
            }
        })
        .collect()
}

/// JFIF 1.02's conversion.
fn rgb(y: u8, cb: u8, cr: u8) -> Rgb<u8> {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    Rgb([y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|value| value.round() as u8))
}
