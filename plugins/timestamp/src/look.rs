//! The look and the place of the text.

use crate::config::Options;
use mutoscope_paint::{Colour, Position, Style};
use mutoscope_plugin::{Error, Result};
use std::ops::RangeInclusive;

/// The heights of a line that the painter draws, in pixels.
const HEIGHTS: RangeInclusive<u32> = 6..=512;

/// The look and the place of the text, options checked.
pub(crate) struct Look {
    style: Style,
    pub(crate) position: Position,
    /// Pixels from the picture's edges.
    pub(crate) margin: usize,
    text_height: Option<u32>,
}

impl Look {
    /// # Errors
    /// A colour or a height that does not exist.
    pub(crate) fn new(options: &Options) -> Result<Look> {
        let colour = colour("colour", &options.colour)?
            .ok_or_else(|| Error::option("colour", "letters need a colour, for example white"))?;
        let outline = match &options.outline {
            Some(text) => self::colour("outline", text)?,
            None => Some(contrast(colour)),
        };
        let background = self::colour("background", &options.background)?;
        if options.text_height.is_some_and(|height| !HEIGHTS.contains(&height)) {
            let text = format!("a text may be {} to {} pixels high", HEIGHTS.start(), HEIGHTS.end());
            return Err(Error::option("text_height", text));
        }
        Ok(Look {
            style: Style { colour, outline, background, padding: 0 },
            position: options.position.into(),
            margin: options.margin as usize,
            text_height: options.text_height,
        })
    }

    /// The height of a line in a picture of `lines` lines, both in pixels.
    pub(crate) fn text_height(&self, lines: u32) -> u32 {
        self.text_height.unwrap_or_else(|| (lines / 30).clamp(12, *HEIGHTS.end()))
    }

    /// The style of a text with lines `height` pixels high: a box, if there is one, reaches a little beyond the letters.
    pub(crate) fn style(&self, height: u32) -> Style {
        let padding = if self.style.background.is_some() { (height / 6) as u16 } else { 0 };
        Style { padding, ..self.style }
    }
}

fn colour(option: &str, text: &str) -> Result<Option<Colour>> {
    if text.trim().eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: mutoscope_paint::Error| Error::option(option, error.to_string()))
}

/// A rim that sets letters of this colour off: dark round light ones, light round dark ones, by BT.601's luma.
fn contrast(Colour { r, g, b, .. }: Colour) -> Colour {
    let luma = 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b);
    let rim = if luma >= 128_000 { Colour::BLACK } else { Colour::WHITE };
    rim.with_alpha(0xe0)
}
