//! Characters that look like YAML's own and are none: spaces, hyphens and quotes, as web pages and word processors write them.
//! They look right in every editor.

use crate::config::diagnostics::problem::{Problem, Target};
use crate::config::diagnostics::text::is_word;
use crate::config::parse::node::Value;
use crate::config::parse::yaml;
use std::ops::Range;

/// The name of a character that looks like a space or like nothing.
fn space(c: char) -> Option<&'static str> {
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

/// The name of a character that looks like the hyphen before a list's item.
fn hyphen(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{2013}' => "an en dash",
        '\u{2014}' => "an em dash",
        '\u{2010}'..='\u{2012}' | '\u{2015}' => "a typographic hyphen",
        '\u{2212}' => "a minus sign",
        '\u{2022}' | '\u{b7}' => "a bullet",
        _ => return None,
    })
}

/// Returns true for characters that begin a list's item: with a dash a text may begin, too.
pub(crate) fn is_hyphen(characters: &str) -> bool {
    characters.starts_with(|c| hyphen(c).is_some())
}

/// A quote as word processors write it.
fn is_curly(c: char) -> bool {
    matches!(c, '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}')
}

/// Returns true for a character that looks like a space or like nothing.
pub(crate) fn is_odd(c: char) -> bool {
    space(c).is_some()
}

/// Returns true for a character that looks like one of YAML's.
pub(crate) fn is_look_alike(c: char) -> bool {
    is_odd(c) || hyphen(c).is_some() || is_curly(c)
}

/// Finds the first such characters on a line that stand where YAML wants its own: spaces before the first word, behind a
/// `:`, a `-`, a `,` or a bracket, or at the end; a hyphen before the first word; a quote before a value. Inside a text they
/// are a part of it.
pub(crate) fn misplaced(line: &str) -> Option<Range<usize>> {
    let mut quote = None;
    let mut before = None;
    for (at, c) in line.char_indices() {
        let begins = before.is_none_or(|c| ":-,{[".contains(c));
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if is_odd(c) => {
                let end = line[at..].find(|c: char| !is_odd(c)).map_or(line.len(), |end| at + end);
                let after = line[end..].trim_start();
                let ends = after.is_empty() || after.starts_with(['#', ',', '}', ']', ':']);
                if begins || ends {
                    return Some(at..end);
                }
            }
            None if before.is_none() && hyphen(c).is_some() && line[at + c.len_utf8()..].starts_with(' ') => {
                return Some(at..at + c.len_utf8());
            }
            None if begins && before.is_some() && is_curly(c) => return Some(at..at + c.len_utf8()),
            None if matches!(c, '"' | '\'') && begins => quote = Some(c),
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
pub(crate) fn problem(line: &str, found: &Range<usize>, text: usize, start: usize) -> Problem {
    let c = line[found.clone()].chars().next().unwrap_or(' ');
    let span = Target::Span(text, start + found.start..start + found.end);
    let stands =
        |name: &str, wanted: &str| format!("{name} (U+{:04X}) stands where YAML wants {wanted}", c as u32);
    if is_curly(c) {
        return curly(line, found.start, Problem::error(span, stands("a curly quote", "a straight one")));
    }
    match hyphen(c) {
        Some(name) => Problem::error(span, stands(name, "a hyphen"))
            .label("it only looks like a hyphen")
            .help("write `-` in its place"),
        None => {
            let name = space(c).unwrap_or("no ordinary space");
            Problem::error(span, stands(name, "ordinary ones"))
                .label("it only looks like a space")
                .help("write an ordinary space in its place")
        }
    }
}

/// Adds to the problem of a curly quote at a byte of a line the entry as it should be.
fn curly(line: &str, at: usize, problem: Problem) -> Problem {
    let problem = problem.label("to YAML it is a part of the text");
    let mut inside = line[at..].chars();
    inside.next();
    let inside = inside.as_str();
    let key = line[..at]
        .trim_end()
        .strip_suffix(':')
        .map(|before| before.rsplit([' ', '{', ',', '-']).next().unwrap_or(before));
    let key = key.filter(|key| is_word(key)).map_or(String::new(), |key| format!("{key}: "));
    match inside.find(is_curly) {
        Some(end) if matches!(yaml::scalar(&inside[..end]), Value::Number(_) | Value::Bool(_)) => {
            problem.help(format!("write `{key}{}`", &inside[..end]))
        }
        Some(end) if !inside[..end].contains(['"', '\\']) => {
            problem.help(format!("write `{key}\"{}\"`", &inside[..end]))
        }
        _ => problem.help("write `\"` in place of each of them"),
    }
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
            ("  \u{2013} plugin: x", Some(2..5)),
            ("fps: \u{201c}10\u{201d}", Some(5..8)),
            ("- \u{2018}a\u{2019}", Some(2..5)),
            ("format: 5 \u{2013} 6 o\u{2019}clock", None),
            ("format: \"\u{201c}%H\u{201d}\"", None),
            ("\u{201c}a\u{201d} stands in a text of several lines", None),
        ] {
            assert_eq!(misplaced(line), at, "{line:?}");
        }
    }
}
