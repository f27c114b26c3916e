//! Font files as they come: missing, cut off, altered, not fonts at all. None may panic or take much memory or time.

use std::fs;

use crate::picture::Picture;
use mutoscope_paint::{Encoding, Font, Painter, Position, Style};

fn bundled() -> Vec<u8> {
    fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/DejaVuSansMono-Bold-subset.ttf")).unwrap()
}

/// Draws with the font if it was taken at all.
fn try_out(data: Vec<u8>) -> bool {
    let Ok(font) = Font::from_bytes(data) else {
        return false;
    };
    let mut painter = Painter::new(font, 40, Style::default(), Encoding::JPEG).unwrap();
    let mut picture = Picture::new((400, 60), None, 0, [90; 3]);
    painter.draw(&mut picture.borrow(), "2026-11-05 äЖ€再", Position::Centre, 0);
    true
}

#[test]
fn the_bundled_font_has_every_character_it_promises() {
    let mut painter = Painter::new(Font::bundled(), 24, Style::default(), Encoding::JPEG).unwrap();
    let mut drawn = |character: char| {
        let mut picture = Picture::new((40, 40), None, 0, [90; 3]);
        painter.draw(&mut picture.borrow(), &character.to_string(), Position::Centre, 0);
        picture
    };
    let missing = drawn('\u{10ffff}');
    for character in ('!'..='~')
        .chain('¡'..='ſ')
        .chain('Α'..='Ρ')
        .chain('α'..='ω')
        .chain('А'..='я')
        .chain("–—‘’“”…€°→●".chars())
    {
        assert!(drawn(character) != missing, "{character:?}");
    }
}

#[test]
fn characters_without_a_glyph_are_told_each_once() {
    let font = Font::bundled();
    assert_eq!(font.missing("2026-11-05 äЖ€\n\t no-break:\u{a0}"), []);
    assert_eq!(font.missing("再見, 再\u{1f642}!"), ['再', '見', '\u{1f642}']);
}

#[test]
fn a_font_file_is_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/DejaVuSansMono-Bold-subset.ttf");
    let mut own = Painter::new(Font::read(path).unwrap(), 24, Style::default(), Encoding::JPEG).unwrap();
    let mut bundled = Painter::new(Font::bundled(), 24, Style::default(), Encoding::JPEG).unwrap();
    assert_eq!(own.measure("14:03:59"), bundled.measure("14:03:59"));
}

#[test]
fn what_is_no_font_is_refused_with_its_reason() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts");
    for (path, reason) in [
        (folder.to_owned(), "not a regular file"),
        ("/dev/zero".to_owned(), "not a regular file"),
        (format!("{folder}/no-such.ttf"), "cannot read the font: No such file"),
        (format!("{folder}/README.md"), "not a font, or broken"),
    ] {
        let error = Font::read(&path).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{path}: {reason}")), "{error}");
    }
    for (data, reason) in [
        (Vec::new(), "not a font"),
        (b"wOF2 and more".to_vec(), "a web font"),
        (vec![0; Font::MAX_BYTES + 1], "larger than the 64 MiB"),
        ([&[0, 1, 0, 0][..], &[0xff; 4000]].concat(), "the font has no outlines"),
    ] {
        let error = Font::from_bytes(data).unwrap_err().to_string();
        assert!(error.starts_with(reason), "{error}");
    }
}

#[test]
fn a_font_cut_off_anywhere_is_refused_or_drawn() {
    let font = bundled();
    assert!(try_out(font.clone()));
    for length in (0..2000).step_by(13).chain((2000..font.len()).step_by(487)) {
        try_out(font[..length].to_vec());
    }
    assert!(!try_out(font[..1000].to_vec()), "nothing is left to draw");
}

#[test]
fn an_altered_font_is_refused_or_drawn() {
    let font = bundled();
    let mut state = 42_u32;
    let mut random = |limit: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % limit
    };
    for round in 0..400 {
        let mut broken = font.clone();
        // Mostly the head of the file, where one byte means most; runs of 0xff make counts and offsets huge.
        let reach = if round % 2 == 0 { 4000 } else { font.len() };
        for _ in 0..=random(8) {
            let at = random(reach);
            let value = [0, 0x7f, 0x80, 0xff, random(256) as u8][random(5)];
            let end = (at + 1 + random(4)).min(font.len());
            broken[at..end].fill(value);
        }
        try_out(broken);
    }
}

/// The parser subtracts one from this count, in a debug build with a panic.
#[test]
fn a_font_without_widths_is_refused() {
    let mut font = bundled();
    let record = (12..).step_by(16).find(|&at| font[at..].starts_with(b"hhea")).unwrap();
    let offset: [u8; 4] = font[record + 8..][..4].try_into().unwrap();
    font[u32::from_be_bytes(offset) as usize + 34..][..2].fill(0);
    let error = Font::from_bytes(font).unwrap_err().to_string();
    assert!(error.starts_with("not a font, or broken"), "{error}");
}
