//! Notes on the parts of a valid text that are not drawn as they are meant.

use crate::clock::Clock;
use crate::config::Options;
use mutoscope_paint::Font;
use mutoscope_plugin::Result;

/// Characters that are named; then they are counted.
const MOST: usize = 8;

/// A month and a bit: twelve such steps meet each month, each day of the week, and both halves of the day.
const STEP_NS: i64 = (30 * 24 + 13) * 3_600_000_000_000;

/// The notes for the user on these options, each with the option that it is about.
///
/// # Errors
/// The format cannot be applied.
pub(crate) fn of(options: &Options, clock: &mut Clock, font: &Font) -> Result<Vec<(&'static str, String)>> {
    let mut notes = Vec::new();
    let mut text = String::new();
    for step in 0..12 {
        text += clock.text(1_767_225_600_000_000_000 + step * STEP_NS)?;
    }
    let missing = font.missing(&text);
    if !missing.is_empty() {
        let option = if options.font.is_some() { "font" } else { "format" };
        let place = if missing.len() == 1 { "its place" } else { "their place" };
        let text = format!(
            "the font has no glyph for {}: a box is drawn in {place}\nname one that has it with `font`: a .ttf, .otf or .ttc file",
            named(&missing)
        );
        notes.push((option, text));
    }
    Ok(notes)
}

/// `再 (U+518D), 見 (U+898B) and U+202E`: what cannot be seen by itself, or would change the line, by its number alone.
fn named(missing: &[char]) -> String {
    let name = |character: &char| {
        let number = format!("U+{:04X}", *character as u32);
        if character.is_alphanumeric() { format!("{character} ({number})") } else { number }
    };
    let mut names: Vec<String> = missing.iter().take(MOST).map(name).collect();
    if missing.len() > MOST {
        names.push(format!("{} more", missing.len() - MOST));
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
