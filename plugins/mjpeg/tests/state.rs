//! `/state` and `/healthz`: what the engine says, and what the server knows beside it.

mod common;

use common::{camera, failed, fine, open, picture, until};
use mutoscope_plugin::serde_json::{Value, json};
use std::time::Duration;

#[test]
fn the_state_is_the_engines_with_the_servers_own_beside_it() {
    // As many as any machine's limit of descriptors has room for.
    let mut served = camera(r#"{"max_connections": 50}"#);
    served.say(&[("camera", fine("live")), ("elsewhere", fine("resting"))]);
    let mut client = served.get("/state");
    assert_eq!(client.status, "HTTP/1.1 200 OK");
    assert_eq!(client.header("content-type"), Some("application/json"));
    assert_eq!(client.header("cache-control"), Some("no-store"));
    let state = client.json();
    assert_eq!(state["streams"], json!({ "camera": fine("live"), "elsewhere": fine("resting") }));
    assert_eq!(state["left_behind"], json!([]));
    assert_eq!(state["server"]["connections"], json!({ "open": 1, "limit": 50, "refused": 0 }));
    assert_eq!(state["server"]["clients"], json!([]));

    let mut viewer = served.viewer();
    until("the viewer is told of", || {
        let new = &served.get("/state").json()["server"]["clients"][0];
        !new.is_null() && (&new["frames_sent"], &new["last_frame_age_ms"]) == (&json!(0), &Value::Null)
    });
    for number in 1..=3 {
        served.send(picture(number, 20_000));
        viewer.part();
    }
    served.stand.advance(Duration::from_secs(5));
    // The socket's bytes are counted right after they were sent, which the viewer may be quicker than.
    until("all bytes are counted", || {
        let state = served.get("/state").json();
        let clients = state["server"]["clients"].as_array().unwrap();
        assert_eq!(clients.len(), 1);
        let client = &clients[0];
        assert_eq!(client["stream"], "camera");
        assert!(!client.to_string().contains("127.0.0.1"), "where others are is nobody's business: {client}");
        if client["frames_sent"] != 3 {
            // Of a moment ago.
            return false;
        }
        assert_eq!(client["frames_skipped"], 0);
        let age = client["last_frame_age_ms"].as_u64().unwrap();
        assert!((5_000..5_000 + common::PATIENCE.as_millis() as u64).contains(&age), "{client}");
        let since = client["since_s"].as_f64().unwrap();
        assert!((0.0..2.0 * common::PATIENCE.as_secs_f64()).contains(&since), "{client}");
        let bytes = client["bytes_sent"].as_u64().unwrap();
        assert!(bytes < 63_000, "{client}");
        bytes > 60_000
    });
    drop(viewer);
    served.await_demand(1, 0);
    until("it is forgotten", || served.get("/state").json()["server"]["clients"] == json!([]));
}

#[test]
fn frames_that_a_viewer_missed_are_counted_for_it_alone() {
    let mut served = camera("{}");
    served.add(2, "porch");
    let mut reading = served.viewer();
    let mut slow = served.viewer();
    let _porch = served.get("/porch/stream");
    let mut sent = 0;
    let skipped = |state: &Value, index: usize| state["server"]["clients"][index]["frames_skipped"].clone();
    until("a frame is skipped", || {
        served.send(picture(1, 87_000));
        sent += 1;
        reading.part();
        if sent % 10 == 0 {
            slow.part();
        }
        skipped(&served.get("/state").json(), 1) != json!(0)
    });
    let mut state = Value::Null;
    until("all of them are told of", || {
        state = served.get("/state").json();
        state["server"]["clients"][0]["frames_sent"] == sent
    });
    let clients = state["server"]["clients"].as_array().unwrap();
    let streams: Vec<_> = clients.iter().map(|client| client["stream"].as_str().unwrap()).collect();
    assert_eq!(streams, ["camera", "camera", "porch"]);
    assert_eq!((&clients[0]["frames_sent"], &clients[0]["frames_skipped"]), (&json!(sent), &json!(0)));
    assert!(clients[1]["frames_sent"].as_u64().unwrap() < sent);
    assert_eq!(clients[2]["frames_sent"], json!(0));
}

#[test]
fn connections_without_room_are_counted() {
    let mut served = camera(r#"{"max_connections": 1}"#);
    let viewer = served.viewer();
    for _ in 0..3 {
        assert_eq!(served.get("/").status, "HTTP/1.1 503 Service Unavailable");
    }
    drop(viewer);
    served.await_demand(1, 0);
    served.update(r#"{"listen": "127.0.0.1:0", "max_connections": 7}"#).unwrap();
    until("the connections that were refused are gone", || {
        served.get("/state").json()["server"]["connections"] == json!({ "open": 1, "limit": 7, "refused": 3 })
    });
}

#[test]
fn pretty_is_for_people_and_a_streams_own_state_is_it_alone() {
    let served = camera("{}");
    served.say(&[("camera", failed(None))]);
    let state = served.get("/camera/state").json();
    assert_eq!(state, failed(None));
    let pretty = served.get("/camera/state?pretty").text();
    assert!(pretty.starts_with("{\n  \"") && pretty.ends_with("}\n"), "{pretty}");
    assert_eq!(mutoscope_plugin::serde_json::from_str::<Value>(&pretty).unwrap(), state);
    assert!(served.get("/state?pretty").text().contains("\n  \"server\": {\n"));
    assert!(!served.get("/state").text().trim_end().contains('\n'));
    assert_eq!(served.get("/porch/state").status, "HTTP/1.1 404 Not Found");
}

#[test]
fn an_engine_that_makes_no_sense_leaves_what_the_server_knows() {
    let served = camera("{}");
    for nonsense in ["", "[1, 2]", "{"] {
        served.say_this(nonsense);
        let state = served.get("/state").json();
        assert_eq!(state.as_object().unwrap().keys().collect::<Vec<_>>(), ["server"]);
        assert_eq!(served.get("/camera/state").json(), Value::Null);
        let mut health = served.get("/healthz");
        assert_eq!(health.status, "HTTP/1.1 503 Service Unavailable");
        assert_eq!(health.json()["streams"]["camera"]["reason"], "the engine says nothing of this stream");
    }
}

#[test]
fn health_is_that_of_all_streams_that_are_served_here() {
    let mut served = open("{}").unwrap();
    assert_eq!(served.get("/healthz").json(), json!({ "healthy": true, "streams": {} }));
    served.add(1, "camera");
    served.add(2, "porch");
    for state in ["starting", "live", "resting", "gated", "ended"] {
        served.say(&[("camera", fine(state)), ("porch", fine("live")), ("elsewhere", failed(None))]);
        let mut client = served.get("/healthz");
        assert_eq!(client.status, "HTTP/1.1 200 OK", "{state}");
        assert_eq!(client.header("content-type"), Some("application/json"));
        assert_eq!(client.header("cache-control"), Some("no-store"));
        let good = |state| json!({ "healthy": true, "state": state, "reason": null });
        let all = json!({ "healthy": true, "streams": { "camera": good(state), "porch": good("live") } });
        assert_eq!(client.json(), all);
    }
    served.say(&[("camera", fine("gated")), ("porch", failed(Some(2000)))]);
    let mut client = served.get("/healthz");
    assert_eq!(client.status, "HTTP/1.1 503 Service Unavailable");
    let reason = "source v4l2: no frame for 3.0 s, since 12:00:00 UTC, next attempt in 2.0 s";
    let bad = json!({ "healthy": false, "state": "failed", "reason": reason });
    let health = client.json();
    assert_eq!((&health["healthy"], &health["streams"]["porch"]), (&json!(false), &bad));
    // One stream's trouble does not concern the other.
    assert_eq!(served.get("/camera/healthz").status, "HTTP/1.1 200 OK");
    let mut porch = served.get("/porch/healthz");
    assert_eq!(porch.status, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(porch.json(), bad);
    // A stream that this server does not serve is none of its business.
    assert_eq!(served.get("/elsewhere/healthz").status, "HTTP/1.1 404 Not Found");
    // A request for the state wakes no camera.
    assert_eq!((served.demand(1), served.demand(2)), (0, 0));
}

#[test]
fn head_tells_the_same_without_a_body() {
    let served = camera("{}");
    served.say(&[("camera", failed(None))]);
    for (target, status) in [
        ("/healthz", "503 Service Unavailable"),
        ("/camera/healthz", "503 Service Unavailable"),
        ("/state", "200 OK"),
    ] {
        let mut client = served.request(&format!("HEAD {target} HTTP/1.1\r\nConnection: close\r\n\r\n"));
        assert_eq!(client.status, format!("HTTP/1.1 {status}"), "{target}");
        assert_eq!(client.header("content-type"), Some("application/json"));
        assert!(client.header("content-length").is_some_and(|length| length != "0"), "{target}");
        assert_eq!(client.rest(), b"");
    }
}
