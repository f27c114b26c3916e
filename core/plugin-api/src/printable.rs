//! Text from outside (a device's name, a client's path, a server's header), made fit for a terminal and for a log.
//!
//! Characters that steer a terminal, or that change the order in which a line is read, are written as `\u009b`, which is an
//! escape of JSON and of a double-quoted YAML value, too.

use std::borrow::Cow;
use std::fmt::Write;

/// Makes a text one line, in which nothing steers a terminal.
///
/// ```
/// assert_eq!(mutoscope_plugin::printable::line("HD Webcam\u{9b}31m\n"), r"HD Webcam\u009b31m\u000a");
/// ```
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, steers)
}

/// Makes a text of several lines one in which nothing steers a terminal: ends of lines and tabs stay.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    escaped(text, |c| steers(c) && !matches!(c, '\n' | '\t'))
}

/// Says whether a character steers a terminal or cannot be seen: control characters (C0, DEL, C1), what changes the direction of
/// a text, separators of lines, and what has no width.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn escaped(text: &str, wrong: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&wrong) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if wrong(c) {
            // Writing to a String does not fail.
            let _ = write!(escaped, "\\u{:04x}", c as u32);
        } else {
            escaped.push(c);
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_passes() {
        let all: String = ('\0'..='\u{ffff}').collect();
        assert!(!line(&all).chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}')));
        let several = text(&all);
        assert_eq!(several.chars().filter(|c| c.is_control()).collect::<String>(), "\t\n");
    }

    #[test]
    fn what_is_harmless_stays_as_it_is() {
        for harmless in ["/dev/video0", "Kamera Küche — 前門 🎥", ""] {
            assert!(matches!(line(harmless), Cow::Borrowed(same) if same == harmless));
        }
    }

    #[test]
    fn json_means_the_same_afterwards() {
        let value = serde_json::json!({ "name": "a\u{9b}b\u{7f}\u{202e}\n" });
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text(&pretty)).unwrap(), value);
    }
}
