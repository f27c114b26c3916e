//! What a request asks for, from its path and query.

use crate::snapshot::Wish;
use hyper::Uri;
use percent_encoding::percent_decode_str;
use std::time::Duration;

/// What a request asks for. A stream's name of `None` means the first stream, if nothing else is said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// The page with each stream.
    Page,
    /// Pictures without end.
    Stream {
        /// Of which stream.
        stream: Option<String>,
        /// Whether the next part's headers shall come right after a picture; `None` leaves it to the server.
        advance_headers: Option<bool>,
    },
    /// One picture.
    Snapshot {
        /// Of which stream.
        stream: Option<String>,
        /// How old it may be.
        wish: Wish,
    },
    /// How everything is, in detail.
    State {
        /// Of which stream; `None` means the whole.
        stream: Option<String>,
        /// Whether it is for people's eyes.
        pretty: bool,
    },
    /// Whether all is well.
    Health {
        /// With which stream; `None` means all of them.
        stream: Option<String>,
        /// Whether it is for people's eyes.
        pretty: bool,
    },
    /// Nothing that is served.
    Unknown,
    /// A query whose value cannot be: why.
    Bad(&'static str),
}

impl Route {
    /// The route of a request's target.
    pub(crate) fn of(target: &Uri) -> Route {
        // Decoded after the split, so that `%2F` in a name does not split it.
        let segments: Option<Vec<String>> = target
            .path()
            .split('/')
            .skip(1)
            .map(|segment| Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned()))
            .collect();
        let Some(segments) = segments else {
            return Route::Unknown;
        };
        let query = target.query().unwrap_or_default();
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let value = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_ref());

        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (stream, what) = match segments[..] {
            [what] => (None, what),
            [name, what] if !name.is_empty() => (Some(name.to_owned()), what),
            _ => return Route::Unknown,
        };
        match (what, value("action")) {
            ("", None) if stream.is_none() => Route::Page,
            ("stream" | "stream.mjpg" | "video_feed", _) | ("", Some("stream")) => {
                match value("advance_headers") {
                    None => Route::Stream { stream, advance_headers: None },
                    Some("0") => Route::Stream { stream, advance_headers: Some(false) },
                    Some("1") => Route::Stream { stream, advance_headers: Some(true) },
                    Some(_) => Route::Bad("advance_headers is 0 or 1, as in /stream?advance_headers=1"),
                }
            }
            ("snapshot" | "snapshot.jpg", _) | ("", Some("snapshot")) => {
                let ms = |key| value(key).map(|ms| ms.parse().map(Duration::from_millis)).transpose();
                match (ms("max_delay"), ms("max_age_ms")) {
                    (Ok(max_delay), Ok(max_age)) => {
                        Route::Snapshot { stream, wish: Wish { max_delay, max_age } }
                    }
                    (Err(_), _) => Route::Bad(
                        "max_delay is a whole number of milliseconds, as in /snapshot?max_delay=100",
                    ),
                    _ => Route::Bad(
                        "max_age_ms is a whole number of milliseconds, as in /snapshot?max_age_ms=30000",
                    ),
                }
            }
            ("state", _) => Route::State { stream, pretty: value("pretty").is_some() },
            ("healthz", _) => Route::Health { stream, pretty: value("pretty").is_some() },
            _ => Route::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: &str) -> Route {
        Route::of(&target.parse().unwrap())
    }

    fn moving(stream: Option<&str>, advance_headers: Option<bool>) -> Route {
        Route::Stream { stream: stream.map(Into::into), advance_headers }
    }

    fn snapshot(stream: Option<&str>, max_delay: Option<u64>) -> Route {
        let wish = Wish { max_delay: max_delay.map(Duration::from_millis), max_age: None };
        Route::Snapshot { stream: stream.map(Into::into), wish }
    }

    #[test]
    fn paths_of_the_first_stream() {
        assert_eq!(of("/"), Route::Page);
        assert_eq!(of("/?x=1"), Route::Page);
        for path in ["/stream", "/stream.mjpg", "/video_feed", "/?action=stream", "/stream?t=17", "/%73tream"]
        {
            assert_eq!(of(path), moving(None, None), "{path}");
        }
        for path in ["/snapshot", "/snapshot.jpg", "/?action=snapshot", "/?a=b&action=snapshot&c"] {
            assert_eq!(of(path), snapshot(None, None), "{path}");
        }
        assert_eq!(of("/snapshot?max_delay=0"), snapshot(None, Some(0)));
        assert_eq!(of("/?action=snapshot&max_delay=250"), snapshot(None, Some(250)));
        assert_eq!(of("/stream?advance_headers=1"), moving(None, Some(true)));
        assert_eq!(of("/?action=stream&advance_headers=0"), moving(None, Some(false)));
        // What proxies ask for in the absolute form.
        assert_eq!(of("http://camera:8080/stream"), moving(None, None));
        assert_eq!(of("http://camera:8080"), Route::Page);
    }

    #[test]
    fn paths_of_a_named_stream() {
        for path in ["/porch/stream", "/porch/stream.mjpg", "/porch/?action=stream", "/p%6Frch/stream"] {
            assert_eq!(of(path), moving(Some("porch"), None), "{path}");
        }
        assert_eq!(of("/porch/snapshot"), snapshot(Some("porch"), None));
        assert_eq!(of("/a%2Fb/stream"), moving(Some("a/b"), None));
    }

    #[test]
    fn paths_that_tell_how_it_is() {
        assert_eq!(of("/state"), Route::State { stream: None, pretty: false });
        assert_eq!(of("/porch/state?pretty"), Route::State { stream: Some("porch".into()), pretty: true });
        assert_eq!(of("/healthz?pretty"), Route::Health { stream: None, pretty: true });
        assert_eq!(of("/porch/healthz"), Route::Health { stream: Some("porch".into()), pretty: false });
        let wish = Wish { max_delay: None, max_age: Some(Duration::from_millis(7)) };
        assert_eq!(of("/snapshot?max_age_ms=7"), Route::Snapshot { stream: None, wish });
    }

    #[test]
    fn what_is_not_served() {
        for path in [
            "/x",
            "/porch",
            "/porch/",
            "/porch/x",
            "//stream",
            "/a/b/stream",
            "/?action=command",
            "/%ff",
            "*",
        ] {
            assert_eq!(of(path), Route::Unknown, "{path}");
        }
        for path in [
            "/snapshot?max_delay=x",
            "/snapshot?max_delay=-1",
            "/snapshot?max_delay=",
            "/snapshot?max_age_ms=1s",
            "/snapshot?max_age_ms=-1",
            "/stream?advance_headers=2",
        ] {
            assert!(matches!(of(path), Route::Bad(_)), "{path}");
        }
    }
}
