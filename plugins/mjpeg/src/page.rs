//! The page at `/`: each stream, moving.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write;

/// Browsers open six connections to one host, and a moving picture holds one for good: with six of them on the page, nothing else
/// of this server would load any more, not even a click on a link.
const MOVING: usize = 5;

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Mutoscope</title>
<style>
:root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif; }
body { margin: 0; padding: 1rem; background: light-dark(#f4f4f2, #161618); color: light-dark(#1c1c1e, #e8e8e6); }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
figure { margin: 0; border-radius: .5rem; overflow: hidden; background: light-dark(#fff, #222225);
  box-shadow: 0 1px 3px rgb(0 0 0 / .25); }
img { display: block; width: 100%; min-height: 8rem; max-height: calc(100vh - 5rem); object-fit: contain; background: #000; }
figcaption { display: flex; gap: 1rem; padding: .5rem .75rem; }
figcaption b { margin-right: auto; overflow-wrap: anywhere; }
a { color: light-dark(#0b57d0, #8ab4f8); }
</style>
<main>
"#;

/// A stream's name as part of a path.
pub(crate) fn in_path(name: &str) -> impl std::fmt::Display + '_ {
    const SET: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(name, SET)
}

/// A stream's name as text between tags.
fn escaped(name: &str) -> String {
    name.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The page for these streams. Its links are relative, so that it works behind a proxy that serves it below a path.
pub(crate) fn html(names: &[String]) -> String {
    let mut page = HEAD.to_owned();
    if names.is_empty() {
        page.push_str("<p>There is no stream yet.</p>\n");
    }
    for (index, name) in names.iter().enumerate() {
        let (path, label) = (in_path(name), escaped(name));
        let picture = if index < MOVING { "stream" } else { "snapshot" };
        // Writing to a String does not fail.
        let _ = writeln!(
            page,
            "<figure><img src=\"{path}/{picture}\" alt=\"{label}\"><figcaption><b>{label}</b>\
             <a href=\"{path}/stream\">stream</a> <a href=\"{path}/snapshot\">snapshot</a></figcaption></figure>"
        );
    }
    page.push_str("</main>\n");
    if names.len() > MOVING {
        let _ = writeln!(
            page,
            "<p>The first {MOVING} move, the others are still: a browser opens no more connections to one server. Follow a link \
             to see one move.</p>"
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_where_they_stand() {
        let page = html(&["a\"><script>'&/b".into()]);
        assert!(page.contains(r#"src="a%22%3E%3Cscript%3E%27%26%2Fb/stream""#), "{page}");
        assert!(page.contains("<b>a&quot;&gt;&lt;script&gt;&#39;&amp;/b</b>"), "{page}");
    }

    #[test]
    fn a_browser_keeps_a_connection_free() {
        let names: Vec<String> = (0..8).map(|n| format!("c{n}")).collect();
        let page = html(&names);
        assert_eq!((page.matches("/stream\" alt").count(), page.matches("/snapshot\" alt").count()), (5, 3));
        assert!(!html(&names[..5]).contains("are still"));
    }
}
