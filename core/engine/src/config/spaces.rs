//! Characters that look like a space and are none: pasted from a web page, they look right in every editor.

use super::problem::{Problem, Target};
use std::ops::Range;

/// The name of a character that looks like a space or like nothing.
fn name(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{a0}' => "a no-break space",
        '\u{ad}' => "a soft hyphen",
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' => "a typographic space",
        '\u{200b}'..='\u{200f}' | '\u{2060}' => "an invisible character",
        '\u{202f}' => "a narrow no-break space",
        '\u{3000}' => "an ideographic space",
        _ => return None,
    })
}

/// Returns true for a character that looks like a space or like nothing.
pub(super) fn is_odd(c: char) -> bool {
    name(c).is_some()
}

/// Finds the first such characters on a line that stand where YAML wants ordinary spaces: before its first word, behind a
/// `:`, a `-`, a `,` or a bracket, or at its end. Inside a text they are a part of it.
pub(super) fn misplaced(line: &str) -> Option<Range<usize>> {
    let mut quote = None;
    let mut before = None;
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if is_odd(c) => {
                let end = line[at..].find(|c: char| !is_odd(c)).map_or(line.len(), |end| at + end);
                let after = line[end..].trim_start();
                let begins = before.is_none_or(|c| ":-,{[".contains(c));
                let ends = after.is_empty() || after.starts_with(['#', ',', '}', ']', ':']);
                if begins || ends {
                    return Some(at..end);
                }
            }
            None if matches!(c, '"' | '\'') && before.is_none_or(|c| ":-,{[".contains(c)) => quote = Some(c),
            // The rest is a comment.
            None if c == '#' && (at == 0 || line[..at].ends_with([' ', '\t'])) => return None,
            None => {}
        }
        // An odd one that is a part of a text does not end it.
        if c != ' ' && c != '\t' {
            before = Some(c);
        }
    }
    None
}

/// The problem of such characters: `found` is their place in a line, which begins at the byte `start` of a text.
pub(super) fn problem(line: &str, found: &Range<usize>, text: usize, start: usize) -> Problem {
    let c = line[found.clone()].chars().next().unwrap_or(' ');
    let name = name(c).unwrap_or("no ordinary space");
    let span = start + found.start..start + found.end;
    Problem::error(
        Target::Span(text, span),
        format!("{name} (U+{:04X}) stands where YAML wants ordinary ones", c as u32),
    )
    .label("it only looks like a space")
    .help("write an ordinary space in its place")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_yaml_would_misread_is_found() {
        for (line, at) in [
            ("\u{a0}\u{a0}plugin: simulated", Some(0..4)),
            ("fps:\u{a0}10", Some(4..6)),
            ("- {\u{3000}plugin: x }", Some(3..6)),
            ("source:\u{a0}{ plugin: simulated }", Some(7..9)),
            ("fps: 10\u{200b}", Some(7..10)),
            ("fps\u{a0}: 10", Some(3..5)),
            ("fps: 10\u{a0}# ten", Some(7..9)),
            ("format: 12\u{202f}h", None),
            ("format: \"\u{a0}%H\"", None),
            ("# a\u{a0}:\u{a0}comment", None),
            ("fps: 10 #\u{a0}comment", None),
            ("fps: 10", None),
        ] {
            assert_eq!(misplaced(line), at, "{line:?}");
        }
    }
}
