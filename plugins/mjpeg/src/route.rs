//! The meaning of a request's path and query.

use crate::snapshot::Wish;
use hyper::Uri;
use percent_encoding::percent_decode_str;
use std::time::Duration;

/// The stream that a request means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Pick {
    /// The one in this place, counted from 0, in the order in which they came.
    Nth(usize),
    /// The one of this name.
    Named(String),
}

impl Pick {
    /// The stream of a request that names none.
    pub(crate) const FIRST: Pick = Pick::Nth(0);
}

/// The target of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// The page with each stream.
    Page,
    /// Pictures without end.
    Stream {
        /// Of which stream.
        stream: Pick,
        /// True if the next part's headers shall come right after a picture; `None` leaves it to the server.
        advance_headers: Option<bool>,
    },
    /// One picture.
    Snapshot {
        /// Of which stream.
        stream: Pick,
        /// The limit for its age.
        wish: Wish,
    },
    /// The state, in detail.
    State {
        /// Of which stream; `None` means the whole.
        stream: Option<String>,
        /// True if it is for people's eyes.
        pretty: bool,
    },
    /// The health.
    Health {
        /// With which stream; `None` means all of them.
        stream: Option<String>,
        /// True if it is for people's eyes.
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
        // Printers' pages add `?` and the time to whatever address they are given, also to one that has a query: what follows
        // another `?` is one more pair.
        let query = target.query().unwrap_or_default().replace('?', "&");
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let value = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_ref());
        let action = value("action").and_then(Action::of);

        // They also write `/stream/` and `//snapshot`. A name is in a path of its own only in `/NAME/?action=…`.
        let segments: Vec<&str> =
            segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let (name, what) = match segments[..] {
            [] => (None, ""),
            [what] if PATHS.contains(&what) => (None, what),
            [name] => (Some(name), ""),
            [name, what] => (Some(name), what),
            _ => return Route::Unknown,
        };
        if !target.path().starts_with('/') {
            // `*`, which is no path.
            return Route::Unknown;
        }
        let stream = name.map(str::to_owned);
        let pick = |number: usize| match (&stream, number) {
            (None, number) => Some(Pick::Nth(number)),
            // A stream that is named has one input, its own.
            (Some(name), 0) => Some(Pick::Named(name.clone())),
            (Some(_), _) => None,
        };
        let moving = |number| match (pick(number), value("advance_headers")) {
            (None, _) => Route::Unknown,
            (Some(stream), None) => Route::Stream { stream, advance_headers: None },
            (Some(stream), Some("0")) => Route::Stream { stream, advance_headers: Some(false) },
            (Some(stream), Some("1")) => Route::Stream { stream, advance_headers: Some(true) },
            (Some(_), Some(_)) => Route::Bad("advance_headers is 0 or 1, as in /stream?advance_headers=1"),
        };
        let still = |number| {
            let ms = |key| value(key).map(|ms| ms.parse().map(Duration::from_millis)).transpose();
            match (pick(number), ms("max_delay"), ms("max_age_ms")) {
                (None, ..) => Route::Unknown,
                (Some(stream), Ok(max_delay), Ok(max_age)) => {
                    Route::Snapshot { stream, wish: Wish { max_delay, max_age } }
                }
                (_, Err(_), _) => {
                    Route::Bad("max_delay is a whole number of milliseconds, as in /snapshot?max_delay=100")
                }
                _ => Route::Bad(
                    "max_age_ms is a whole number of milliseconds, as in /snapshot?max_age_ms=30000",
                ),
            }
        };
        match (what, action) {
            ("", None) if name.is_none() && value("action").is_none() => Route::Page,
            ("stream" | "stream.mjpg" | "video_feed", _) => moving(0),
            ("snapshot" | "snapshot.jpg", _) => still(0),
            ("", Some(Action::Stream(number))) => moving(number),
            ("", Some(Action::Snapshot(number))) => still(number),
            ("state", _) => Route::State { stream, pretty: value("pretty").is_some() },
            ("healthz", _) => Route::Health { stream, pretty: value("pretty").is_some() },
            _ => Route::Unknown,
        }
    }
}

/// The last parts of paths.
pub(crate) const PATHS: [&str; 7] =
    ["stream", "stream.mjpg", "video_feed", "snapshot", "snapshot.jpg", "state", "healthz"];

/// The target of mjpg-streamer's `?action=`: `stream_1` is that of its second input, `stream` that of the first.
#[derive(Clone, Copy)]
enum Action {
    Stream(usize),
    Snapshot(usize),
}

impl Action {
    fn of(text: &str) -> Option<Action> {
        let text = text.trim_end_matches('/');
        let (what, number) = match text.split_once('_') {
            Some((what, number)) if number.bytes().all(|digit| digit.is_ascii_digit()) => {
                (what, number.parse().ok()?)
            }
            Some(_) => return None,
            None => (text, 0),
        };
        match what {
            "stream" => Some(Action::Stream(number)),
            "snapshot" => Some(Action::Snapshot(number)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: &str) -> Route {
        Route::of(&target.parse().unwrap())
    }

    fn pick(stream: Option<&str>) -> Pick {
        stream.map_or(Pick::FIRST, |name| Pick::Named(name.into()))
    }

    fn moving(stream: Option<&str>, advance_headers: Option<bool>) -> Route {
        Route::Stream { stream: pick(stream), advance_headers }
    }

    fn snapshot(stream: Option<&str>, max_delay: Option<u64>) -> Route {
        let wish = Wish { max_delay: max_delay.map(Duration::from_millis), max_age: None };
        Route::Snapshot { stream: pick(stream), wish }
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
    fn paths_as_printers_pages_write_them() {
        assert_eq!(of("//"), Route::Page);
        for path in [
            "/?action=stream?1796031932000",
            "/stream/",
            "//stream",
            "//stream//?x",
            "/?action=stream_0",
            "/stream?a?b",
        ] {
            assert_eq!(of(path), moving(None, None), "{path}");
        }
        for path in [
            "/?action=snapshot?nocache=1",
            "//snapshot",
            "/snapshot/?17",
            "/?action=snapshot_0",
            "/?a?action=snapshot",
        ] {
            assert_eq!(of(path), snapshot(None, None), "{path}");
        }
        assert_eq!(of("/?action=snapshot?max_delay=7"), snapshot(None, Some(7)));
        for path in [
            "/porch/?action=stream?17",
            "/porch//stream/",
            "//porch/stream",
            "/porch/?action=stream_0",
            "/porch?action=stream",
        ] {
            assert_eq!(of(path), moving(Some("porch"), None), "{path}");
        }
        assert_eq!(of("/porch/snapshot/?17"), snapshot(Some("porch"), None));
        // The second stream is the second input.
        assert_eq!(of("/?action=stream_1"), Route::Stream { stream: Pick::Nth(1), advance_headers: None });
        assert_eq!(
            of("/?action=snapshot_01?7"),
            Route::Snapshot { stream: Pick::Nth(1), wish: Wish::default() }
        );
        assert_eq!(of("/state/"), Route::State { stream: None, pretty: false });
        assert_eq!(
            of("//porch/healthz/?pretty"),
            Route::Health { stream: Some("porch".into()), pretty: true }
        );
    }

    #[test]
    fn paths_that_tell_how_it_is() {
        assert_eq!(of("/state"), Route::State { stream: None, pretty: false });
        assert_eq!(of("/porch/state?pretty"), Route::State { stream: Some("porch".into()), pretty: true });
        assert_eq!(of("/healthz?pretty"), Route::Health { stream: None, pretty: true });
        assert_eq!(of("/porch/healthz"), Route::Health { stream: Some("porch".into()), pretty: false });
        let wish = Wish { max_delay: None, max_age: Some(Duration::from_millis(7)) };
        assert_eq!(of("/snapshot?max_age_ms=7"), Route::Snapshot { stream: Pick::FIRST, wish });
    }

    #[test]
    fn what_is_not_served() {
        for path in [
            "/x",
            "/porch",
            "/porch/",
            "/porch/x",
            "/porch/?action=stream_1",
            "/?action=stream_",
            "/?action=stream_x",
            "/?action=stream_-1",
            "/?action=take_0",
            "/?action",
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
