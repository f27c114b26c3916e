//! Colours as people write them; `encoding` turns them into what the planes hold.

use std::{fmt, str::FromStr};

use crate::error::{Error, ErrorKind};

/// An sRGB colour with alpha (0 is invisible, 255 opaque), not premultiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// Opacity.
    pub a: u8,
}

impl Colour {
    /// Opaque white.
    pub const WHITE: Self = Self::rgb(255, 255, 255);
    /// Opaque black.
    pub const BLACK: Self = Self::rgb(0, 0, 0);

    /// An opaque colour.
    pub const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b, a: 255 }
    }

    /// The same colour with another opacity.
    pub const fn with_alpha(self, a: u8) -> Self {
        Self { a, ..self }
    }
}

/// The basic colours of CSS (CSS Color 4, section 6.1: those of HTML 4, with `orange`, `transparent` and the
/// second spellings); the first spelling of each is the one that errors list.
const NAMED: [(&[&str], Colour); 18] = [
    (&["white"], Colour::WHITE),
    (&["silver"], Colour::rgb(192, 192, 192)),
    (&["grey", "gray"], Colour::rgb(128, 128, 128)),
    (&["black"], Colour::BLACK),
    (&["red"], Colour::rgb(255, 0, 0)),
    (&["maroon"], Colour::rgb(128, 0, 0)),
    (&["orange"], Colour::rgb(255, 165, 0)),
    (&["yellow"], Colour::rgb(255, 255, 0)),
    (&["olive"], Colour::rgb(128, 128, 0)),
    (&["lime"], Colour::rgb(0, 255, 0)),
    (&["green"], Colour::rgb(0, 128, 0)),
    (&["aqua", "cyan"], Colour::rgb(0, 255, 255)),
    (&["teal"], Colour::rgb(0, 128, 128)),
    (&["blue"], Colour::rgb(0, 0, 255)),
    (&["navy"], Colour::rgb(0, 0, 128)),
    (&["fuchsia", "magenta"], Colour::rgb(255, 0, 255)),
    (&["purple"], Colour::rgb(128, 0, 128)),
    (&["transparent"], Colour::BLACK.with_alpha(0)),
];

/// The accepted names, for the error text.
fn names() -> String {
    NAMED.map(|(names, _)| names[0]).join(", ")
}

impl FromStr for Colour {
    type Err = Error;

    /// Reads `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa` or a basic CSS name, in either case.
    fn from_str(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim();
        let found = match trimmed.strip_prefix('#') {
            Some(digits) => hexadecimal(digits),
            None => NAMED
                .iter()
                .find(|(names, _)| names.iter().any(|name| name.eq_ignore_ascii_case(trimmed)))
                .map(|&(_, colour)| colour),
        };
        found
            .ok_or_else(|| ErrorKind::Colour { text: text.chars().take(40).collect(), names: names() }.into())
    }
}

/// `rgb`, `rgba`, `rrggbb` or `rrggbbaa` without the `#`; a single digit stands for itself twice.
fn hexadecimal(digits: &str) -> Option<Colour> {
    let nibbles: Vec<u8> =
        digits.chars().map(|digit| digit.to_digit(16).map(|value| value as u8)).collect::<Option<_>>()?;
    Some(match nibbles[..] {
        [r, g, b] => Colour::rgb(r * 17, g * 17, b * 17),
        [r, g, b, a] => Colour::rgb(r * 17, g * 17, b * 17).with_alpha(a * 17),
        [r, s, g, h, b, c] => Colour::rgb(r * 16 + s, g * 16 + h, b * 16 + c),
        [r, s, g, h, b, c, a, d] => Colour::rgb(r * 16 + s, g * 16 + h, b * 16 + c).with_alpha(a * 16 + d),
        _ => return None,
    })
}

impl fmt::Display for Colour {
    /// `#rrggbb`, or `#rrggbbaa` where it is not opaque: what [`FromStr`] reads back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { r, g, b, a } = self;
        write!(f, "#{r:02x}{g:02x}{b:02x}")?;
        if *a == 255 { Ok(()) } else { write!(f, "{a:02x}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_forms() {
        for (text, colour) in [
            ("#fff", Colour::WHITE),
            ("#FfFfFf", Colour::WHITE),
            ("#0008", Colour::BLACK.with_alpha(0x88)),
            ("#12345678", Colour::rgb(0x12, 0x34, 0x56).with_alpha(0x78)),
            (" Gray ", Colour::rgb(128, 128, 128)),
            ("magenta", Colour::rgb(255, 0, 255)),
            ("transparent", Colour::BLACK.with_alpha(0)),
        ] {
            assert_eq!(text.parse::<Colour>().unwrap(), colour, "{text}");
            assert_eq!(colour.to_string().parse::<Colour>().unwrap(), colour);
        }
    }

    #[test]
    fn refused_forms_name_the_way_out() {
        for text in ["", "#", "#ff", "#fffff", "fff", "#ggg", "#ä12", "#+12", "beige-ish", "#123456789"] {
            let error = text.parse::<Colour>().unwrap_err().to_string();
            assert!(error.contains("#rrggbb,") && error.contains("white, "), "{error}");
        }
        let long = "x".repeat(1 << 20).parse::<Colour>().unwrap_err().to_string();
        assert!(long.len() < 400, "an error text stays readable");
    }
}
