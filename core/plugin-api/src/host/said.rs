//! A plugin's words as the program takes them over: without the passwords of addresses, and of a bounded length.
//!
//! They become a [`Failure`](super::Failure) or a line of the log, which both go to places that others read.

use std::borrow::Cow;
use std::ops::Range;

/// Characters of a message that are kept: the beginning says what is wrong, the end as a rule what to do.
const HEAD: usize = 350;
const TAIL: usize = 150;
const MOST: usize = HEAD + TAIL;
/// Characters beyond it that are kept as well: as many as it takes to say how many were left out, so that a message that was
/// cut stays as it is.
const SLACK: usize = 50;

/// A text without the passwords of addresses, cut where it is too long.
#[must_use]
pub fn said(text: &str) -> String {
    cut(&without_passwords(text)).into_owned()
}

/// The beginning and the end of a text, and how much was left out between them.
#[must_use]
pub fn cut(text: &str) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= MOST + SLACK {
        return text.into();
    }
    let at = |index| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    format!("{}… ({} more characters) …{}", &text[..at(HEAD)], count - MOST, &text[at(count - TAIL)..]).into()
}

/// A text with `***` in place of the passwords of addresses.
#[must_use]
pub fn without_passwords(text: &str) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed(text);
    for span in passwords(text).into_iter().rev() {
        shown.to_mut().replace_range(span, "***");
    }
    shown
}

/// The bytes of the passwords of addresses: `https://user:PASSWORD@host`, `https://TOKEN@host`, `user:PASSWORD@host`.
///
/// A password may hold any character but a space or a quote, so that the last `@` of a word ends it. An address that became a
/// path has one `/` left (`https:/user:password@host`).
#[must_use]
pub fn passwords(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !text.contains('@') {
        return found;
    }
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`' | '<' | '>');
    let mut start = 0;
    for word in text.split_inclusive(ends) {
        let span = password(word).map(|span| start + span.start..start + span.end);
        found.extend(span.filter(|span| !span.is_empty()));
        start += word.len();
    }
    found
}

/// The bytes of the password in a word.
fn password(word: &str) -> Option<Range<usize>> {
    let end = word.rfind('@')?;
    let before = &word[..end];
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    // One letter is a drive.
    let scheme = before
        .match_indices(":/")
        .map(|(at, _)| at)
        .find(|at| before[..*at].chars().rev().take_while(|c| is_of_name(*c)).count() > 1);
    let Some(scheme) = scheme else {
        let user = before.rfind(['=', ',', '(', '[', '{', '/']).map_or(0, |at| at + 1);
        let colon = user + before[user..].find(':')?;
        let is_user = colon > user && before[user..colon].chars().all(is_of_name);
        return is_user.then_some(colon + 1..end);
    };
    let user = scheme + 2 + usize::from(before[scheme + 2..].starts_with('/'));
    Some(before[user..].find(':').map_or(user, |colon| user + colon + 1)..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_addresses_are_left_out() {
        for (whole, shown) in [
            ("no answer from rtsp://me:hunter2@cam/live.", "no answer from rtsp://me:***@cam/live."),
            ("there is no /srv/http:/me:hunter2@cam/x", "there is no /srv/http:/me:***@cam/x"),
            ("http://me:hun/ter2@cam/x: gone", "http://me:***@cam/x: gone"),
            ("http://me:hunter@2@cam, and rtsp://a:b@c", "http://me:***@cam, and rtsp://a:***@c"),
            ("\"http://hunter2@cam/x\"", "\"http://***@cam/x\""),
            ("url=admin:hunter2@10.0.0.7:554", "url=admin:***@10.0.0.7:554"),
            ("[http://a:hunter2@c,http://d:hunter2@f]", "[http://a:***@f]"),
            ("http://:@x http://u:@x", "http://:@x http://u:@x"),
        ] {
            assert_eq!(without_passwords(whole), shown);
        }
        for plain in [
            "http://cam:8080/x",
            "ada@example",
            "%H:%M@Porch",
            "C:/x/a@b",
            "/dev/v4l/by-path/platform-3f980000.usb-usb-0:1.2:1.0-video-index0",
            "@:/@",
            "",
        ] {
            assert_eq!(without_passwords(plain), plain);
        }
    }

    #[test]
    fn what_is_long_is_cut_once() {
        let long = said(&"é".repeat(900_000));
        assert_eq!(long, format!("{}… (899500 more characters) …{}", "é".repeat(350), "é".repeat(150)));
        let advice = said(&format!("{}: say `yes`", "x".repeat(1000)));
        assert!(advice.ends_with(": say `yes`"), "{advice}");
        assert_eq!(said(&long), long);
        let short = "é".repeat(540);
        assert_eq!(said(&short), short);
    }
}
