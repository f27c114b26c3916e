//! Does to a file what a message says, as a person who pastes it: the error must be gone, and none of its kind may come.

use std::ops::Range;

use mutoscope_engine::config::{Diagnostic, Report};

use crate::fake::load_with;

/// Pieces of what only shows a form: a person fills it in.
const FORMS: [&str; 8] = ["…", "NAME", "PATH", "STREAM", "VALUE", "${", "key: value", "HOST:PORT"];

/// Applies all that is said about a text; returns how many mends that were.
pub fn check(title: &str, text: &str) -> usize {
    let report = report(text);
    let mut tried = 0;
    for diagnostic in report.diagnostics() {
        let said =
            || std::iter::once(diagnostic.label()).chain(diagnostic.helps().iter().map(String::as_str));
        for words in said() {
            for (mended, edit) in apply(text, diagnostic, words) {
                tried += 1;
                works(title, text, diagnostic, words, &mended, &edit);
            }
        }
    }
    tried
}

fn works(title: &str, text: &str, was: &Diagnostic, words: &str, mended: &str, edit: &Range<usize>) {
    let (before, after) = (report(text), report(mended));
    let times =
        |report: &Report| report.diagnostics().iter().filter(|one| one.message() == was.message()).count();
    let told = || format!("{title}: {words}\n{text}\n----\n{mended}\n----\n{after}");
    assert!(times(&after) < times(&before), "the error is not gone: {}", told());
    if !is_read(text) {
        // What the file says was not looked at before.
        assert!(is_read(mended) || !touches(&after, edit), "it still cannot be read: {}", told());
        return;
    }
    for one in after.diagnostics() {
        let known = before.diagnostics().iter().any(|other| other.message() == one.message());
        assert!(known || kind(one) != kind(was), "another error of its kind: {}", told());
    }
}

/// A message without what it is about.
fn kind(diagnostic: &Diagnostic) -> String {
    diagnostic.message().split('`').step_by(2).collect()
}

fn touches(report: &Report, edit: &Range<usize>) -> bool {
    let inside = |span: Range<usize>| span.start <= edit.end && edit.start <= span.end;
    report.diagnostics().iter().filter_map(Diagnostic::span).any(inside)
}

fn report(text: &str) -> Report {
    load_with(text, &[]).map_or_else(|report| report, |pipeline| pipeline.warnings)
}

/// A key at the end of the file is only seen where all before it could be read.
fn is_read(text: &str) -> bool {
    report(&format!("{text}\nsprobe: 1\n")).to_string().contains("unknown key `sprobe`")
}

/// The files that come of doing what words say, each with the bytes that are new.
fn apply(text: &str, diagnostic: &Diagnostic, words: &str) -> Vec<(String, Range<usize>)> {
    let Some(span) = diagnostic.span() else { return Vec::new() };
    let put = |at: Range<usize>, new: &str| {
        (format!("{}{new}{}", &text[..at.start], &text[at.end..]), at.start..at.start + new.len())
    };
    let quoted: Vec<&str> = words.split('`').skip(1).step_by(2).collect();
    let is_form = |piece: &str| FORMS.iter().any(|form| piece.contains(form));
    let Some(first) = quoted.first().copied() else {
        return match words {
            "write an ordinary space in its place" => {
                vec![put(span.clone(), &" ".repeat(text[span].chars().count()))]
            }
            "leave it out" => vec![put(span, "")],
            _ => Vec::new(),
        };
    };
    if words.starts_with("the least there is") {
        return vec![(format!("{}\n", quoted.join("\n")), 0..0)];
    }
    if words.starts_with("did you mean") || words.starts_with("small letters") || words.starts_with("call it")
    {
        return vec![put(
            span,
            quoted.last().copied().filter(|_| words.starts_with("small")).unwrap_or(first),
        )];
    }
    if words.starts_with("end it with") {
        return vec![put(span.end..span.end, first)];
    }
    if words.ends_with("in its place") {
        return vec![put(span, first)];
    }
    if let [right, wrong] = quoted.as_slice()
        && words.ends_with("`?")
        && words.contains(" instead of ")
    {
        let at = span.start + text[span].find(wrong).unwrap();
        return vec![put(at..at + wrong.len(), right)];
    }
    if let Some(name) = quoted.last().and_then(|piece| piece.strip_suffix(':'))
        && words.contains("call ")
    {
        return vec![put(span, name)];
    }
    let mut mends = Vec::new();
    for piece in quoted.into_iter().filter(|piece| !is_form(piece)) {
        if let Some(item) = piece.strip_prefix("- ") {
            if words.starts_with("add") {
                mends.push(put(span.clone(), &format!("\n  - {item}")));
            } else if let Some(at) = item_at(text, span.start) {
                mends.push(put(at, item));
            }
            continue;
        }
        if piece.starts_with("{ ") && piece.contains(':') {
            let around = if in_flow(text, span.start) {
                map_around(text, span.start)
            } else {
                item_at(text, span.start)
            };
            let at = around.filter(|_| words.starts_with("write it out")).unwrap_or(span.clone());
            mends.push(put(at, piece));
            continue;
        }
        let Some((key, value)) = piece.split_once(": ") else { continue };
        if !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        if words.starts_with("add ") {
            mends.push(add(text, &span, piece));
        } else if let Some(at) = entry(text, &span, key, value) {
            mends.push(put(at, piece));
        }
    }
    mends
}

/// Adds an entry to the map that is underlined, or in which the value that is underlined stands; or to the file.
fn add(text: &str, span: &Range<usize>, entry: &str) -> (String, Range<usize>) {
    let (at, new) = if text[span.clone()].starts_with('{') {
        (
            span.start + 1,
            if text[span.clone()].contains(':') { format!(" {entry},") } else { format!(" {entry} ") },
        )
    } else if span.start == 0 {
        return (format!("{}\n{entry}\n", text.trim_end()), text.len()..text.len() + entry.len() + 1);
    } else if in_flow(text, span.start) {
        (span.end, format!(", {entry}"))
    } else {
        let line = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let indent = text[line..].find(|c| c != ' ' && c != '-').unwrap();
        (span.end, format!("\n{}{entry}", " ".repeat(indent)))
    };
    (format!("{}{new}{}", &text[..at], &text[at..]), at..at + new.len())
}

/// The bytes of the entry that a line is for: its key where the caret is, right before it, below it, or around it.
fn entry(text: &str, span: &Range<usize>, key: &str, value: &str) -> Option<Range<usize>> {
    let is_key = |at: usize| {
        let begins = text[..at].ends_with([' ', '{', '\n', ',']) || at == 0;
        let after = text[at..].strip_prefix(key).map(str::trim_start);
        begins && after.is_some_and(|after| after.starts_with([':', '\u{a0}']))
    };
    let line = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let inside =
        || text[span.clone()].match_indices(key).map(|(at, _)| span.start + at).find(|at| is_key(*at));
    let before = || text[..span.start].match_indices(key).map(|(at, _)| at).filter(|at| is_key(*at)).last();
    let start = if is_key(span.start) {
        span.start
    } else if let Some(at) = before().filter(|at| *at >= line) {
        at
    } else if let Some(at) = inside() {
        at
    } else if text[span.end..].trim_start().starts_with(':') {
        span.start
    } else {
        before()?
    };
    let colon = start + text[start..].find(':')?;
    let at = colon + 1 + text[colon + 1..].find(|c: char| c != ' ').unwrap_or(0);
    // A value that only lacked its quotes ends where they end.
    let plain = value.trim_matches(['"', '\'']);
    let ends = |rest: &str| rest.is_empty() || rest.starts_with([' ', ',', '}', ']', '\n']);
    if !plain.is_empty() && text[at..].strip_prefix(plain).is_some_and(ends) {
        return Some(start..at + plain.len());
    }
    Some(start..value_end(text, start, at))
}

fn value_end(text: &str, start: usize, at: usize) -> usize {
    let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |end| from + end);
    let rest = &text[at..];
    match rest.chars().next() {
        // A quote in the middle of a word ends nothing for who wrote it.
        Some(quote @ ('"' | '\'')) => {
            let is_end = |(end, _): &(usize, &str)| {
                !rest[1 + end + 1..].starts_with(char::is_alphanumeric) && !rest[1..1 + end].ends_with(' ')
            };
            let end = rest[1..line_end(at) - at].match_indices(quote).find(is_end);
            let bracket = || rest.find(" }").filter(|_| in_flow(text, start)).map(|end| at + end);
            end.map(|(end, _)| at + end + 2).or_else(bracket).unwrap_or(line_end(at))
        }
        Some('{' | '[') => {
            let mut open = 0;
            for (i, c) in rest.char_indices() {
                open += i32::from("{[".contains(c)) - i32::from("}]".contains(c));
                if open == 0 {
                    return at + i + 1;
                }
            }
            line_end(at)
        }
        None | Some('\n' | '|' | '>') => {
            let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
            let indent = start - line;
            let mut end = line_end(at);
            while end < text.len() {
                let next = &text[end + 1..line_end(end + 1)];
                if next.trim().is_empty() || next.len() - next.trim_start().len() <= indent {
                    break;
                }
                end = line_end(end + 1);
            }
            end
        }
        _ if in_flow(text, start) => {
            // `12,5` is one number to who wrote it.
            let is_end = |(i, c): (usize, char)| match c {
                ',' => !rest[i + 1..].starts_with(|c: char| c.is_ascii_digit()),
                _ => matches!(c, '}' | ']' | '\n'),
            };
            rest.char_indices().find(|found| is_end(*found)).map_or(text.len(), |(end, _)| at + end)
        }
        _ => line_end(at),
    }
}

/// The item of a list around a place, without its `- `.
fn item_at(text: &str, at: usize) -> Option<Range<usize>> {
    let dash = text[..at].rfind("- ")?;
    let start = dash + 2;
    let column = dash - text[..dash].rfind('\n').map_or(0, |at| at + 1);
    let mut end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    while end < text.len() {
        let next = text[end + 1..].split('\n').next().unwrap_or_default();
        if next.trim().is_empty() || next.len() - next.trim_start().len() <= column {
            break;
        }
        end += 1 + next.len();
    }
    Some(start..end)
}

/// The map in brackets around a place.
fn map_around(text: &str, at: usize) -> Option<Range<usize>> {
    let start = text[..at].rfind('{')?;
    Some(start..value_end(text, start, start))
}

fn in_flow(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let opened = |c: char| text[line..at].matches(c).count();
    opened('{') + opened('[') > opened('}') + opened(']')
}

#[test]
fn what_is_said_is_done() {
    let transform = |stage: &str| {
        format!("source: {{ plugin: simulated }}\ntransforms:\n  - {stage}\nsink: {{ plugin: mjpeg }}\n")
    };
    for (stage, mends) in [
        ("{ plugin: resize, widht: 640 }", 1),
        ("{ plugin: resize, width: 0640 }", 1),
        ("{ plugin: resize, width: \"640\", height: 5px }", 2),
        ("{ plugin: timestamp, format: 5 }", 1),
        ("{ plugin: timestamp, format:\u{a0}a }", 1),
        ("{ plugin: timestamp, position: 5 }", 0),
    ] {
        assert_eq!(check(stage, &transform(stage)), mends, "{stage}");
    }
}

/// A line that does not help is found.
#[test]
#[should_panic(expected = "the error is not gone")]
fn what_does_not_help_is_noticed() {
    let text = "source: { plugin: simulated, fps: a }\nsink: { plugin: mjpeg }\n";
    let report = report(text);
    works("", text, &report.diagnostics()[0], "", text, &(0..0));
}
