//! Texts for viewers, without paths of files and addresses of cameras.
//!
//! Messages come from plugins and libraries, which name files, devices and addresses as they know them. The log keeps them
//! whole. Viewers may be anybody who reaches a port, so that the state and the placeholders leave out where files are, where
//! a camera is reached and with which password, and what a refused option was given.

use mutoscope_plugin::host::Failure;
use serde_json::Value;

/// Stands for what was left out.
const LEFT_OUT: char = '…';
/// A plugin may write megabytes, and every answer carries them all.
const MOST: usize = 2000;

/// The failure in words for viewers. A refused option's message quotes its value, which may come from the environment.
pub(crate) fn failure(failure: &Failure) -> String {
    if failure.option.is_empty() {
        text(&failure.message)
    } else {
        format!("its option `{}` is refused; the log says why", failure.option)
    }
}

/// The text without absolute paths, addresses and credentials.
///
/// Of a path, the name of a plugin's library stays, and `/dev/NAME`, which is called the same on every machine.
pub(crate) fn text(text: &str) -> String {
    let mut rest = text.char_indices().nth(MOST).map_or(text, |(end, _)| &text[..end]);
    let mut told = String::with_capacity(rest.len());
    while let Some(first) = rest.chars().next() {
        let before = told.chars().next_back();
        let is_start =
            before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '…' | '/')));
        if !is_start {
            told.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let word = &rest[..end_of_word(rest, before)];
        let (len, shown) = if word.len() > 1 && (word.starts_with('/') || word.starts_with("~/")) {
            path(rest, before)
        } else if let Some(scheme) = scheme(word) {
            (word.len(), format!("{scheme}://{LEFT_OUT}"))
        } else if word.find(':').is_some_and(|colon| word[colon..].contains('@')) {
            (word.len(), LEFT_OUT.to_string())
        } else {
            (first.len_utf8(), first.to_string())
        };
        told.push_str(&shown);
        rest = &rest[len..];
    }
    told
}

/// Goes through a whole answer.
pub(crate) fn value(value: &mut Value) {
    match value {
        Value::String(string) if string.contains(['/', '@']) => *string = text(string),
        Value::Array(items) => items.iter_mut().for_each(self::value),
        Value::Object(fields) => {
            // Plugins name their counters.
            if fields.keys().any(|key| key.contains(['/', '@'])) {
                let named = std::mem::take(fields).into_iter();
                *fields = named.map(|(key, value)| (text(&key), value)).collect();
            }
            fields.values_mut().for_each(self::value);
        }
        _ => {}
    }
}

/// Where the word ends that begins here: with its closing quote, if it stands in quotes, or with a blank or a bracket.
fn end_of_word(text: &str, before: Option<char>) -> usize {
    if let Some(quote) = before.filter(|c| matches!(c, '"' | '\'' | '`'))
        && let Some(end) = text.find(quote)
    {
        return end;
    }
    let ends = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '(' | ')')
    };
    let word = &text[..text.find(ends).unwrap_or(text.len())];
    // What ends a clause is no part of the word.
    word.trim_end_matches([':', ',', ';', '.', '…']).len()
}

/// The letters before `://`, if the word is an address.
fn scheme(word: &str) -> Option<&str> {
    let (scheme, _) = word.split_once("://")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (!scheme.is_empty() && scheme.chars().all(fits)).then_some(scheme)
}

/// Returns how long the path is that begins here, and what is shown instead.
fn path(text: &str, before: Option<char>) -> (usize, String) {
    let mut end = end_of_word(text, before);
    let word = &text[..end];
    if let Some(device) = word.strip_prefix("/dev/")
        && !device.is_empty()
        && device.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    {
        return (end, word.to_owned());
    }
    // Without quotes a path may go on behind a blank: up to the last slash of the clause.
    let clause = [": ", ", ", "; ", " (", "\n", "\"", "'", "`"].iter().filter_map(|end| text.find(end)).min();
    let clause = clause.unwrap_or(text.len());
    if let Some(last) = text.get(end..clause).and_then(|rest| rest.rfind('/')) {
        let from = end + last;
        end = from + end_of_word(&text[from..], before);
    }
    let name = text[..end].rsplit('/').next().unwrap_or_default();
    if name.ends_with(".so") && !name.contains(char::is_whitespace) {
        return (end, format!("{LEFT_OUT}/{name}"));
    }
    (end, LEFT_OUT.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_are_not_told_where_things_are() {
        for (whole, told) in [
            ("/home/ada/secret/x.jpg cannot be opened", "… cannot be opened"),
            (
                "cannot read /home/ada/x.jpg: Permission denied (os error 13)",
                "cannot read …: Permission denied (os error 13)",
            ),
            ("`/home/ada/my secret/x.jpg` is no picture", "`…` is no picture"),
            ("\"/srv/a b/c\", '/srv/d'", "\"…\", '…'"),
            ("/home/ada/my very secret/x.jpg: gone", "…: gone"),
            ("~/secret/x.jpg, and then (/tmp/y)", "…, and then (…)"),
            ("panicked at /home/ada/.cargo/registry/src/x-1.0/lib.rs:3:7: no", "panicked at …: no"),
            ("device=/srv/cam", "device=…"),
            ("x:/srv/cam", "x:…"),
            ("rtsp://admin:s3cr3t@10.0.0.7/live?token=1 does not answer", "rtsp://… does not answer"),
            ("file:///home/ada/x.jpg: gone", "file://…: gone"),
            ("no answer from admin:s3cr3t@10.0.0.7:554.", "no answer from …."),
            ("sink /opt/my/libmutoscope_plugin_x.so", "sink …/libmutoscope_plugin_x.so"),
            ("/dev/v4l/by-id/usb-046d_C920_5E1F: busy", "…: busy"),
            ("/home/ädä/schön/ü.jpg\u{a0}fehlt", "…\u{a0}fehlt"),
        ] {
            assert_eq!(text(whole), told, "{whole}");
        }
    }

    #[test]
    fn what_is_no_path_stays() {
        for plain in [
            "no frame for 3.0 s",
            "cannot open /dev/video0: busy",
            "it gave 10 frames/s, and 1/2 of them late",
            "transforms[0] resize",
            "image/jpeg, 640x480 and/or grey",
            "../target/release/libmutoscope_plugin_x.so",
            "2026-01-31T12:00:00Z",
            "ada@example",
            "10 / 20",
            "",
            "…/x",
        ] {
            assert_eq!(text(plain), plain);
        }
    }

    #[test]
    fn megabytes_are_cut_off() {
        assert_eq!(text(&"é /x: ".repeat(1 << 20)).chars().filter(|c| *c == 'é').count(), MOST.div_ceil(6));
    }

    #[test]
    fn a_refused_options_value_is_not_told() {
        let refused =
            Failure { option: "url".into(), message: "`hunter2` is no address".into(), panicked: false };
        assert_eq!(failure(&refused), "its option `url` is refused; the log says why");
        assert_eq!(failure(&Failure::new("/srv/x is gone")), "… is gone");
    }

    #[test]
    fn a_whole_answer_is_gone_through() {
        let mut state =
            serde_json::json!({ "a": [{ "b": "/srv/x" }, 7, null], "c": { "d": "well" }, "e of /srv/f": 1 });
        value(&mut state);
        assert_eq!(
            state,
            serde_json::json!({ "a": [{ "b": "…" }, 7, null], "c": { "d": "well" }, "e of …": 1 })
        );
    }
}
