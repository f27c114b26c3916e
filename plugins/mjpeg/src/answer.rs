//! What a request gets.

use crate::body::Body;
use crate::hub::{Hub, Next, Watch};
use crate::page;
use crate::part::{self, Framing, Part};
use crate::route::Route;
use crate::server::Site;
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};
use mutoscope_plugin::Times;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout_at;

/// Pictures are of the moment: nobody on the way shall keep or gather them (`X-Accel-Buffering` is nginx's word for that).
const FRESH: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store, no-cache, must-revalidate, max-age=0"),
    (header::PRAGMA, "no-cache"),
    (HeaderName::from_static("x-accel-buffering"), "no"),
];

/// Answers a request.
pub(crate) async fn answer(request: Request<Incoming>, site: &Site) -> Response<Body> {
    let asked_at = Times::now();
    let head = match *request.method() {
        Method::GET => false,
        Method::HEAD => true,
        _ => {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are served\n".into());
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
    };
    match Route::of(request.uri()) {
        Route::Page => page(&site.streams.names()),
        Route::Stream { stream: name, advance_headers } => {
            let framing = framing(request.headers(), advance_headers);
            with_stream(site, name, async |hub| {
                if head {
                    return stream(Body::text(""));
                }
                match hub.watch() {
                    Some(watch) => stream(Body::stream(watch, framing, site.tally.clone())),
                    None => not_found(site),
                }
            })
            .await
        }
        Route::Snapshot { stream: name, max_delay } => {
            let patience = site.limits().snapshot_timeout;
            with_stream(site, name, async |hub| snapshot(&hub, asked_at, max_delay, patience).await).await
        }
        Route::Unknown => not_found(site),
        Route::Bad(why) => text(StatusCode::BAD_REQUEST, format!("{why}\n")),
    }
}

/// Answers with the stream of that name (the first without one), or says that there is none.
async fn with_stream(
    site: &Site,
    name: Option<String>,
    then: impl AsyncFnOnce(Arc<Hub>) -> Response<Body>,
) -> Response<Body> {
    match site.streams.find(name.as_deref()) {
        Some(hub) => then(hub).await,
        None if name.is_some() => not_found(site),
        None => text(StatusCode::SERVICE_UNAVAILABLE, "there is no stream yet\n".into()),
    }
}

/// How parts shall follow one another for this client.
fn framing(headers: &HeaderMap, asked: Option<bool>) -> Framing {
    // Chromium and what is built on it (Edge, Opera, Android's views) all say so.
    let chromium = || {
        headers
            .get(header::USER_AGENT)
            .is_some_and(|agent| agent.as_bytes().windows(7).any(|word| word == b"Chrome/"))
    };
    if asked.unwrap_or_else(chromium) { Framing::Advance } else { Framing::Lengths }
}

/// What a connection gets for which there is no room.
pub(crate) fn crowded(limit: usize) -> Response<Body> {
    let mut response =
        text(StatusCode::SERVICE_UNAVAILABLE, format!("{limit} connections are open, which is the limit\n"));
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn stream(body: Body) -> Response<Body> {
    let mut response = with_headers(StatusCode::OK, body, part::CONTENT_TYPE, &FRESH);
    // As HTTP/1.0 it ends with its connection and is not cut into chunks, which several clients do not understand
    // (they read the pictures off the socket themselves).
    *response.version_mut() = Version::HTTP_10;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn snapshot(
    hub: &Arc<Hub>,
    asked_at: Times,
    max_delay: Option<Duration>,
    patience: Duration,
) -> Response<Body> {
    let found = match hub.watch() {
        Some(watch) => recent(watch, asked_at, max_delay, patience).await,
        None => Err("the stream has ended".into()),
    };
    match found {
        Ok(part) => {
            let frame = part.frame();
            let (captured, sequence) = (part::timestamp(frame.times().wall_ns), frame.sequence().to_string());
            let mut response = with_headers(StatusCode::OK, Body::picture(part), "image/jpeg", &FRESH);
            for (name, value) in [("x-timestamp", captured), ("x-sequence", sequence)] {
                // Digits and a point are a header's value.
                if let Ok(value) = HeaderValue::from_str(&value) {
                    response.headers_mut().insert(HeaderName::from_static(name), value);
                }
            }
            response
        }
        Err(why) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

/// The first part that is recent enough: captured since somebody looks, and no more than `max_delay` before the request.
async fn recent(
    mut watch: Watch,
    asked_at: Times,
    max_delay: Option<Duration>,
    patience: Duration,
) -> Result<Arc<Part>, String> {
    let deadline = tokio::time::Instant::now() + patience;
    let oldest = max_delay
        .map_or(0, |delay| {
            asked_at.monotonic_ns.saturating_sub(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX))
        })
        .max(watch.watched_since());
    let mut too_old = false;
    loop {
        match timeout_at(deadline, poll_fn(|cx| watch.poll_next(cx))).await {
            Ok(Next::Part { part, .. }) if part.frame().times().monotonic_ns >= oldest => return Ok(part),
            Ok(Next::Part { .. }) => too_old = true,
            Ok(Next::Closed) => return Err("the stream has ended".into()),
            Err(_) => {
                let ms = patience.as_millis();
                return Err(if too_old {
                    format!("only pictures captured before they were asked for came within {ms} ms")
                } else {
                    format!("no picture came within {ms} ms")
                });
            }
        }
    }
}

fn page(names: &[String]) -> Response<Body> {
    let guards = [
        (header::CACHE_CONTROL, "no-store"),
        // Names of streams are the only thing on the page that is not ours; should one ever come through unescaped, it runs
        // nothing and loads nothing.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    with_headers(StatusCode::OK, Body::text(page::html(names)), "text/html; charset=utf-8", &guards)
}

fn not_found(site: &Site) -> Response<Body> {
    let mut there_is = String::from("not found. There is:\n/\n/stream\n/snapshot\n/video_feed\n");
    for name in site.streams.names() {
        let name = page::in_path(&name);
        there_is.push_str(&format!("/{name}/stream\n/{name}/snapshot\n"));
    }
    text(StatusCode::NOT_FOUND, there_is)
}

fn text(status: StatusCode, text: String) -> Response<Body> {
    let guards = [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    with_headers(status, Body::text(text), "text/plain; charset=utf-8", &guards)
}

fn with_headers(
    status: StatusCode,
    body: Body,
    content_type: &'static str,
    headers: &[(HeaderName, &'static str)],
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let map = response.headers_mut();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in headers {
        map.insert(name, HeaderValue::from_static(value));
    }
    response
}
