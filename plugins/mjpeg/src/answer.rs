//! The answers to requests.

use crate::body::Body;
use crate::clients::{Full, Peer};
use crate::engine::Health;
use crate::hub::Hub;
use crate::page;
use crate::part::{self, Framing};
use crate::reading::{self, Reading, Told};
use crate::response::{FRESH, json, text, unavailable, with_headers};
use crate::role::{Denied, Role};
use crate::route::{Pick, Route};
use crate::site::Site;
use crate::snapshot::snapshot;
use crate::users::{Right, Stranger, Users, Who};
use crate::watch::Watch;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};
use mutoscope_plugin::serde_json::{self, Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Answers a request.
pub(crate) async fn answer(request: Request<Incoming>, site: &Site, peer: &Peer) -> Response<Body> {
    let access = site.access.get();
    let mut response = match access.admit(&request) {
        Ok(()) => known(&request, site, peer, &access.users).await,
        Err((status, why)) => text(status, format!("{why}\n")).map(Body::text),
    };
    access.mark(request.headers(), response.headers_mut());
    response
}

/// Answers a request by who makes it.
async fn known(request: &Request<Incoming>, site: &Site, peer: &Peer, users: &Users) -> Response<Body> {
    let who = match users.who(request.headers(), peer.network(), &site.passwords).await {
        Ok(who) => who,
        Err(Stranger::Wrong) => return unauthorized("this user, password or token is not known"),
        Err(Stranger::Busy) => {
            let why = "too many passwords wait to be verified: ask again in a second\n";
            let mut response = text(StatusCode::TOO_MANY_REQUESTS, why.into()).map(Body::text);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return response;
        }
    };
    let route = Route::of(request.uri());
    match who.role.decide(&route) {
        Ok(()) => admitted(request, route, site, peer, &who).await,
        Err(Denied::Unknown) => unauthorized("a user's password or token is needed"),
        Err(Denied::Lacks(right)) => {
            let right = match right {
                Right::Watch => "watch",
                Right::State => "state",
            };
            text(StatusCode::FORBIDDEN, format!("this user may not `{right}`\n")).map(Body::text)
        }
    }
}

fn unauthorized(why: &str) -> Response<Body> {
    let mut response = text(StatusCode::UNAUTHORIZED, format!("{why}\n")).map(Body::text);
    for way in ["Basic realm=\"mutoscope\", charset=\"UTF-8\"", "Bearer realm=\"mutoscope\""] {
        response.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static(way));
    }
    response
}

/// Answers a request that may be made.
async fn admitted(
    request: &Request<Incoming>,
    route: Route,
    site: &Site,
    peer: &Peer,
    who: &Who,
) -> Response<Body> {
    let role = &*who.role;
    let asked_at = site.services.now();
    let head = match *request.method() {
        Method::GET => false,
        Method::HEAD => true,
        _ => {
            let mut response =
                text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are served\n".into()).map(Body::text);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
    };
    match route {
        Route::Page => reading(site).answer(Told::Page, false, role, |_| page(&site.streams.names(role))),
        Route::Stream { stream: pick, advance_headers } => {
            let framing = framing(request.headers(), advance_headers);
            with_stream(site, role, &pick, async |hub| {
                if head {
                    return stream(Body::text(""));
                }
                match Watch::of(hub.clone()) {
                    Some(watch) => {
                        let viewer = peer.view(&hub.stream().name, who, site.tally.clone());
                        // The users may have changed since this one was asked for.
                        viewer.end_unless(|who, stream| site.access.get().users.still(who, stream));
                        stream(Body::stream(watch, framing, viewer))
                    }
                    None => not_found(site, role),
                }
            })
            .await
        }
        Route::Snapshot { stream: pick, wish } => {
            let limits = site.limits.get();
            with_stream(site, role, &pick, async |hub| {
                let taken = snapshot(&hub, &site.services, &site.readings, asked_at, wish, limits).await;
                // It may have waited for seconds.
                if site.access.get().users.still(who, &hub.stream().name) {
                    taken
                } else {
                    unauthorized("this user may not watch any more")
                }
            })
            .await
        }
        Route::State { stream: None, pretty } => reading(site).answer(Told::State, pretty, role, |reading| {
            json(StatusCode::OK, &state(site, reading, role), pretty)
        }),
        Route::State { stream: Some(name), pretty } => {
            with_stream(site, role, &Pick::Named(name), async |hub| {
                json(StatusCode::OK, reading(site).stream(&hub.stream().name), pretty).map(Body::text)
            })
            .await
        }
        Route::Health { stream: None, pretty } => {
            reading(site).answer(Told::Health, pretty, role, |reading| health(site, reading, pretty, role))
        }
        Route::Health { stream: Some(name), pretty } => {
            with_stream(site, role, &Pick::Named(name), async |hub| {
                let health = reading(site).said(&hub.stream().name).health();
                json(status(health.healthy), &health, pretty).map(Body::text)
            })
            .await
        }
        Route::Unknown => not_found(site, role),
        Route::Bad(why) => text(StatusCode::BAD_REQUEST, format!("{why}\n")).map(Body::text),
    }
}

fn reading(site: &Site) -> Arc<Reading> {
    site.readings.no_older_than(reading::AGE)
}

/// Answers with the stream that is meant, or says that there is none.
async fn with_stream(
    site: &Site,
    role: &Role,
    pick: &Pick,
    then: impl AsyncFnOnce(Arc<Hub>) -> Response<Body>,
) -> Response<Body> {
    match site.streams.find(pick, role) {
        Some(hub) => then(hub).await,
        None if *pick == Pick::FIRST && role.sees_all() => {
            unavailable("there is no stream yet", Duration::ZERO).map(Body::text)
        }
        None => not_found(site, role),
    }
}

/// The order of parts and headers for this client.
fn framing(headers: &HeaderMap, asked: Option<bool>) -> Framing {
    // Chromium and what is built on it (Edge, Opera, Android's views) all say so.
    let chromium = || {
        headers
            .get(header::USER_AGENT)
            .is_some_and(|agent| agent.as_bytes().windows(7).any(|word| word == b"Chrome/"))
    };
    if asked.unwrap_or_else(chromium) { Framing::Advance } else { Framing::Lengths }
}

/// The answer to a connection for which there is no room.
pub(crate) fn crowded(full: Full) -> Response<Body> {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", full.why())).map(Body::text);
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

/// What the engine says of itself, and beside it what this server knows.
fn state(site: &Site, reading: &Reading, role: &Role) -> Map<String, Value> {
    let mut state = reading.state().clone();
    if !role.sees_all() {
        // Anything else may name other streams.
        state.retain(|key, _| key == "streams");
        match state.get_mut("streams") {
            Some(Value::Object(streams)) => streams.retain(|name, _| role.sees(name)),
            _ => state.clear(),
        }
    }
    let (open, refused) = site.clients.connections();
    let now = site.services.now();
    let clients: Vec<Value> = site
        .clients
        .viewers()
        .iter()
        .filter(|viewer| role.sees(viewer.stream()))
        .map(|viewer| viewer.account(now))
        .collect();
    let limit = site.limits.get().max_connections;
    let server = serde_json::json!({
        "connections": { "open": open, "limit": limit, "refused": refused },
        "clients": clients,
    });
    state.insert("server".into(), server);
    state
}

/// Whether all streams of this server are healthy, and each for itself.
fn health(site: &Site, reading: &Reading, pretty: bool, role: &Role) -> Response<Bytes> {
    let is_terse = !role.may(Right::State);
    // Whether all is well is no secret; of what, is.
    let everything = Role::all();
    let role = if is_terse { &everything } else { role };
    let said = |name: String| {
        let said = reading.said(&name);
        (name, said)
    };
    let gone = site.streams.former_names(role).into_iter().map(said);
    let failed = gone.filter(|(_, said)| said.known() && !said.healthy);
    let streams: BTreeMap<String, Health> = site
        .streams
        .names(role)
        .into_iter()
        .map(said)
        .chain(failed)
        .map(|(name, said)| (name, said.health()))
        .collect();
    let healthy = streams.values().all(|health| health.healthy);
    if is_terse {
        return json(status(healthy), &serde_json::json!({ "healthy": healthy }), pretty);
    }
    json(status(healthy), &serde_json::json!({ "healthy": healthy, "streams": streams }), pretty)
}

fn status(healthy: bool) -> StatusCode {
    if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn page(names: &[String]) -> Response<Bytes> {
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
    with_headers(StatusCode::OK, page::html(names).into(), "text/html; charset=utf-8", &guards)
}

fn not_found(site: &Site, role: &Role) -> Response<Body> {
    reading(site).answer(Told::NotFound, false, role, |_| {
        let mut there_is =
            String::from("not found. There is:\n/\n/stream\n/snapshot\n/video_feed\n/state\n/healthz\n");
        for name in site.streams.names(role) {
            let name = page::in_path(&name);
            for what in ["stream", "snapshot", "state", "healthz"] {
                there_is.push_str(&format!("/{name}/{what}\n"));
            }
        }
        text(StatusCode::NOT_FOUND, there_is)
    })
}
