//! Responses of each kind, with the headers that go with it.

use bytes::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use mutoscope_plugin::serde::Serialize;
use mutoscope_plugin::serde_json;
use std::io;
use std::time::Duration;

/// Pictures are of the moment: no proxy shall keep or gather them (`X-Accel-Buffering` is nginx's word for that).
pub(crate) const FRESH: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store, no-cache, must-revalidate, max-age=0"),
    (header::PRAGMA, "no-cache"),
    (HeaderName::from_static("x-accel-buffering"), "no"),
];

/// Texts are of the moment as well, and must not be taken for another type.
const SAID: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];

/// A text.
pub(crate) fn text(status: StatusCode, text: String) -> Response<Bytes> {
    with_headers(status, Bytes::from(text), "text/plain; charset=utf-8", &SAID)
}

/// A 503 for something that is not available now, with the reason and the time to ask again.
pub(crate) fn unavailable(why: &str, again: Duration) -> Response<Bytes> {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"));
    // In whole seconds, as HTTP requires; at once would be too soon for anything to have changed.
    let seconds = again.as_millis().div_ceil(1000).clamp(1, 3600) as u16;
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

/// A value as JSON, for programs or, if it is to be `pretty`, for people.
pub(crate) fn json(status: StatusCode, value: &impl Serialize, pretty: bool) -> Response<Bytes> {
    let mut json = Growing(Vec::new());
    let written = if pretty {
        serde_json::to_writer_pretty(&mut json, value)
    } else {
        serde_json::to_writer(&mut json, value)
    };
    match written.and_then(|()| io::Write::write_all(&mut json, b"\n").map_err(serde_json::Error::io)) {
        Ok(()) => with_headers(status, json.0.into(), "application/json", &SAID),
        Err(error) => {
            text(StatusCode::INTERNAL_SERVER_ERROR, format!("it cannot be told as JSON: {error}\n"))
        }
    }
}

/// A text that may grow to any length, or fail where there is no memory for it.
struct Growing(Vec<u8>);

impl io::Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_reserve(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A response of any type.
pub(crate) fn with_headers<B>(
    status: StatusCode,
    body: B,
    content_type: &'static str,
    headers: &[(HeaderName, &'static str)],
) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let map = response.headers_mut();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in headers {
        map.insert(name, HeaderValue::from_static(value));
    }
    response
}
