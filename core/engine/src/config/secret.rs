//! Secrets by their looks: the value of a key that is called `password` or the like, and the password in an address.
//!
//! Schemas say which options are secrets. Where a text cannot be read, a plugin is not there or a key is misspelt, no
//! schema is asked, and the line is shown all the same.

use std::borrow::Cow;
use std::ops::Range;

use crate::names::{nearest, plain};

/// Words in the key of a secret.
const WORDS: [&str; 9] =
    ["password", "passwd", "passphrase", "secret", "token", "credential", "credentials", "apikey", "pass"];

/// Words that are too near to others to be looked for misspelt.
const WORDS_AS_THEY_ARE: [&str; 3] = ["auth", "authorization", "pwd"];

/// Returns true for a key that names a secret, also a misspelt one.
pub(super) fn names_a_secret(key: &str) -> bool {
    plain(key).split(|c: char| !c.is_alphanumeric()).any(|word| {
        // A short word is near too many others (`sec`).
        WORDS.contains(&word)
            || WORDS_AS_THEY_ARE.contains(&word)
            || word.len() > 4 && nearest(word, WORDS).is_some()
    }) || plain(key).contains("api_key")
}

/// The bytes of a text that look like secrets.
pub(super) fn found_in(text: &str) -> Vec<Range<usize>> {
    let mut found = passwords(text);
    // On the command line and in an address `=` stands before a value.
    for (colon, _) in text.match_indices([':', '=']) {
        let before = text[..colon].trim_end_matches(['"', '\'', ' ']);
        let key =
            &before[before.rfind(|c: char| !is_of_key(c)).map_or(0, |at| at + last_length(before, at))..];
        if key.is_empty() || !names_a_secret(key) {
            continue;
        }
        let start = colon + 1 + text[colon + 1..].len() - text[colon + 1..].trim_start_matches(' ').len();
        let end = start + value_length(&text[start..]);
        if start < end {
            found.push(start..end);
        }
    }
    found
}

/// A text without the password of an address in it.
pub(super) fn without_password(text: &str) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed(text);
    for span in passwords(text).into_iter().rev() {
        shown.to_mut().replace_range(span, "***");
    }
    shown
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
        Some(quote @ ('"' | '\'')) => match line[1..].find(quote) {
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

/// `https://user:password@host`: the bytes of each password.
fn passwords(text: &str) -> Vec<Range<usize>> {
    let addresses = text.match_indices("://").filter_map(|(at, _)| {
        let start = at + 3;
        let authority = text[start..].split(['/', ' ', '"', '\'', '\n']).next()?;
        let (user, _) = authority.rsplit_once('@')?;
        let colon = user.find(':')?;
        (colon + 1 < user.len()).then_some(start + colon + 1..start + user.len())
    });
    addresses.collect()
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
            ("url: http://me:hunter2@cam/x?a=b@c", vec!["hunter2"]),
            ("[http://a:b@c, rtsp://d:e@f]", vec!["b", "e"]),
            ("password: { file: /run/secret }", vec![]),
            ("password: ${SECRET}", vec![]),
            ("password: \"${SECRET}\"", vec![]),
            ("timeout_sec: 5, listen: 127.0.0.1:8080", vec![]),
            ("url: http://cam:8080/x@y", vec![]),
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
}
