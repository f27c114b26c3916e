//! Secrets by their looks: the value of a key that is called `password` or the like, and the password in an address.
//!
//! Schemas say which options are secrets. Where a text cannot be read, a plugin is not there or a key is misspelt, no
//! schema is asked, and the line is shown all the same.

use std::ops::Range;

use mutoscope_plugin::host::{passwords, without_passwords};

use crate::names::{nearest, plain};

/// Words in the key of a secret.
const WORDS: [&str; 9] =
    ["password", "passwd", "passphrase", "secret", "token", "credential", "credentials", "apikey", "pass"];

/// Words that are too near to others to be looked for misspelt.
const WORDS_AS_THEY_ARE: [&str; 3] = ["auth", "authorization", "pwd"];

/// Returns true for a key that names a secret, also a misspelt one.
pub(crate) fn names_a_secret(key: &str) -> bool {
    plain(key).split(|c: char| !c.is_alphanumeric()).any(|word| {
        // A short word is near too many others (`sec`).
        WORDS.contains(&word)
            || WORDS_AS_THEY_ARE.contains(&word)
            || word.len() > 4 && nearest(word, WORDS).is_some()
    }) || plain(key).contains("api_key")
}

/// The bytes of a text that look like secrets.
pub(crate) fn found_in(text: &str) -> Vec<Range<usize>> {
    let mut found = passwords(text);
    found.extend(without_colon(text));
    // On the command line and in an address `=` stands before a value.
    for (colon, _) in text.match_indices([':', '=']) {
        let before = text[..colon].trim_end_matches(['"', '\'', ' ']);
        let key =
            &before[before.rfind(|c: char| !is_of_key(c)).map_or(0, |at| at + last_length(before, at))..];
        if key.is_empty() || !names_a_secret(key) {
            continue;
        }
        let start = colon + 1 + text[colon + 1..].len() - text[colon + 1..].trim_start_matches(' ').len();
        if let Some(inside) = in_map(&text[start..]) {
            found.push(start + inside.start..start + inside.end);
            continue;
        }
        let length = value_length(&text[start..]);
        let indent = |at: usize| {
            let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
            at - line - text[line..at].trim_start_matches(' ').len()
        };
        let end = start + length + below(&text[start + length..], indent(colon), length == 0);
        if start < end {
            found.push(start..end);
        }
    }
    found
}

/// Words of a message without the secrets that they repeat, in whole or in part.
///
/// A part is only looked for where a message quotes: elsewhere it is a word like others.
pub(crate) fn left_out_of(words: &str, secrets: &[String]) -> String {
    let mut words = without_passwords(words).into_owned();
    let secrets = || {
        secrets.iter().map(|secret| secret.trim_matches(['"', '\'', ' '])).filter(|secret| secret.len() > 2)
    };
    for secret in secrets() {
        if words.contains(secret) && is_telling(secret) {
            words = quoted(&words, secret.contains('`'), |piece| piece.replace(secret, LEFT_OUT));
        }
        let mut parts: Vec<&str> = secret
            .split(|c: char| !c.is_alphanumeric())
            .filter(|part| part.len() > 2 && is_telling(part))
            .collect();
        // The longest first: `hun` would leave the end of `hunter2`.
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        for part in parts {
            if words.contains(part) {
                words = quoted(&words, secret.contains('`'), |piece| piece.replace(part, LEFT_OUT));
            }
        }
    }
    words
}

/// Stands in a message for a secret.
const LEFT_OUT: &str = "…";

/// A word that is more than the name of a key.
fn is_telling(word: &str) -> bool {
    !WORDS.contains(&word) && !WORDS_AS_THEY_ARE.contains(&word) && word != "file"
}

/// A text with something done to its pieces in backticks, or to all of it.
fn quoted(words: &str, everywhere: bool, change: impl Fn(&str) -> String) -> String {
    let pieces = words.split('`').enumerate();
    let changed =
        pieces.map(|(i, piece)| if everywhere || i % 2 == 1 { change(piece) } else { piece.to_owned() });
    changed.collect::<Vec<_>>().join("`")
}

/// `{ value: hunter2 }`: the values of a map in brackets that names no file.
fn in_map(text: &str) -> Option<Range<usize>> {
    let line = &text[..text.find('\n').unwrap_or(text.len())];
    let inside = line.strip_prefix('{')?.split('}').next()?;
    let start = 1 + inside.find(": ").map_or(0, |colon| colon + 2);
    let is_file = inside.trim_start().starts_with("file:");
    (!is_file && !inside.trim().is_empty()).then(|| start..1 + inside.trim_end().len())
}

/// `password hunter2`: values of keys at the start of a line or of an entry that lack their colon.
fn without_colon(text: &str) -> impl Iterator<Item = Range<usize>> {
    let starts = text.match_indices(['\n', '{', '[', ',', '.']).map(|(at, _)| at + 1);
    std::iter::once(0).chain(starts).filter_map(|start| {
        let entry = text[start..].trim_start_matches([' ', '-']);
        let length = entry.find(|c: char| !is_of_key(c))?;
        let value = entry[length..].trim_start_matches(' ');
        let lacks = value.len() < entry.len() - length && !value.starts_with([':', '=', '#', '\n', '}', ']']);
        if !lacks || !names_a_secret(&entry[..length]) {
            return None;
        }
        let at = text.len() - value.len();
        Some(at..at + value_length(value)).filter(|span| !span.is_empty())
    })
}

/// The bytes of the lines below a value that belong to it: they are indented further than its key, and hold no key.
fn below(text: &str, indent: usize, begins: bool) -> usize {
    let mut length = 0;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let inside = line.trim_start_matches(' ');
        let deeper = line.len() - inside.len() > indent && (begins || !inside.contains(": "));
        let is_map = begins && text[..length].trim().is_empty() && inside.starts_with("file:");
        if i > 0 && !inside.trim().is_empty() && (!deeper || is_map) || i == 0 && !line.trim().is_empty() {
            break;
        }
        length += line.len();
    }
    let kept = &text[..length];
    if kept.trim().is_empty() { 0 } else { kept.trim_end().len() }
}

fn is_of_key(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

fn last_length(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

/// The bytes of the value that begins a text: to the next key, the closing bracket or the end of the line; of a value
/// of several lines all that follows.
fn value_length(text: &str) -> usize {
    let line = &text[..text.find('\n').unwrap_or(text.len())];
    match line.chars().next() {
        // What stands elsewhere is no secret here.
        None | Some('{') => 0,
        Some('$') if line.starts_with("${") && line.contains('}') => 0,
        Some('|' | '>') => text.len(),
        // An apostrophe inside a word ends nothing for who wrote it.
        Some(quote @ ('"' | '\'')) => match line[1..]
            .match_indices(quote)
            .map(|(end, _)| end)
            .find(|end| !line[end + 2..].starts_with(char::is_alphanumeric))
        {
            Some(end) if line[1..=end].starts_with("${") => 0,
            Some(end) => end + 2,
            None => text.len(),
        },
        _ => {
            let next_key = line.match_indices(',').map(|(at, _)| at).find(|at| {
                let after = line[at + 1..].trim_start();
                after.split_once(':').is_some_and(|(key, _)| !key.is_empty() && key.chars().all(is_of_key))
            });
            let line = &line[..next_key.unwrap_or(line.len())];
            line.trim_end_matches([' ', '\r']).trim_end_matches(['}', ']']).trim_end().len()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_found() {
        for (text, secrets) in [
            ("password: hunter2", vec!["hunter2"]),
            ("sink: { pasword: hunter2, lisen: 5 }", vec!["hunter2"]),
            ("sink: { password: a,b,c, listen: 5 }", vec!["a,b,c"]),
            ("sink: { password: \"hunter, 2\", x: 1 }", vec!["\"hunter, 2\""]),
            ("\"api-token\": %abc", vec!["%abc"]),
            ("auth_token: |\n  hunter\n  2", vec!["|\n  hunter\n  2"]),
            ("password: \"hunter2\nmore", vec!["\"hunter2\nmore"]),
            ("url: http://me:hun/ter2@cam/x", vec!["hun/ter2"]),
            // The last `@` counts.
            ("url: http://me:hunter2@cam/x?a=b@c", vec!["hunter2@cam/x?a=b"]),
            ("url: http://hunter2@cam/x", vec!["hunter2"]),
            ("[http://a:b@c, rtsp://d:e@f]", vec!["b", "e"]),
            ("password: { file: /run/secret }", vec![]),
            ("password: { value: hunter2 }", vec!["hunter2"]),
            ("password: ${SECRET}", vec![]),
            ("password: \"${SECRET}\"", vec![]),
            ("timeout_sec: 5, listen: 127.0.0.1:8080", vec![]),
            ("password hunter2", vec!["hunter2"]),
            ("sink: { password hunter2, x: 1 }", vec!["hunter2"]),
            ("--set sink.password hunter2", vec!["hunter2"]),
            ("password:hunter2", vec!["hunter2"]),
            ("password: hun: hunter2: x", vec!["hun: hunter2: x"]),
            ("password:\n  hunter2\nx: 1", vec!["\n  hunter2"]),
            ("password: hun\n  ter2\nx: 1", vec!["hun\n  ter2"]),
            ("password:\n  file: /run/secret\n", vec![]),
            ("# password is asked for", vec![]),
            ("url: http://cam:8080/x", vec![]),
            ("http://:@x", vec![]),
            ("source.password=hunter2", vec!["hunter2"]),
            ("url: http://cam/x?token=hunter2", vec!["hunter2"]),
            ("pwd: hunter2", vec!["hunter2"]),
            ("auth: \"Basic hunter2\"", vec!["\"Basic hunter2\""]),
            ("password: ${hunter2", vec!["${hunter2"]),
            ("author: me, path: a=b", vec![]),
        ] {
            let found: Vec<&str> = found_in(text).into_iter().map(|span| &text[span]).collect();
            assert_eq!(found, secrets, "{text}");
        }
    }

    #[test]
    fn words_repeat_no_secret() {
        let secrets = ["*hun hunter2".to_owned(), "password".to_owned()];
        for (words, shown) in [
            ("nothing is called `&hunter2`", "nothing is called `&…`"),
            ("write `password: *hun hunter2`", "write `password: …`"),
            ("hunters hunt", "hunters hunt"),
        ] {
            assert_eq!(left_out_of(words, &secrets), shown);
        }
    }
}
