//! `/snapshot` while there is no new picture: the last good one, or the reason.

mod common;

use common::{Client, Served, camera, failed, fine, open, picture};
use mutoscope_plugin::{Buffer, Format, Frame, Freshness, StreamId, Times};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// No test waits for it; one that would wait for all of it fails.
const LONG: &str = r#"{"snapshot_timeout_ms": 600000}"#;

fn gave(mut client: Client, freshness: &str, bytes: &[u8]) {
    assert!(client.status == "HTTP/1.1 200 OK", "{} {}", client.status.clone(), client.text());
    assert_eq!(client.header("x-frame"), Some(freshness));
    assert_eq!(client.body(), bytes);
}

fn refused(mut client: Client, reason: &str, retry_after: &str) {
    assert_eq!(client.status, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(client.header("retry-after"), Some(retry_after));
    assert_eq!(client.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(client.text(), format!("{reason}\n"));
}

/// A camera that gave a picture captured `age` ago and then failed, with one viewer.
fn lost(options: &str, age: Duration, next_attempt_ms: Option<u32>) -> (Served, Client) {
    let mut served = camera(options);
    let mut viewer = served.viewer();
    served.send(picture(1, 500));
    assert_eq!(viewer.part().header("X-Frame"), "live");
    served.stand.advance(age);
    served.say(&[("camera", failed(next_attempt_ms))]);
    served.send_instead(picture(2, 100), Times::now(), Freshness::PLACEHOLDER);
    assert_eq!(viewer.part().header("X-Frame"), "placeholder");
    (served, viewer)
}

#[test]
fn a_new_picture_is_live() {
    let mut served = camera("{}");
    let _viewer = served.viewer();
    served.send(picture(1, 500));
    gave(served.get("/snapshot"), "live", &picture(1, 500));
    // Also if the one before it was none.
    served.send_instead(picture(2, 100), Times::now(), Freshness::PLACEHOLDER);
    served.send(picture(3, 500));
    gave(served.get("/snapshot"), "live", &picture(3, 500));
}

#[test]
fn a_lost_cameras_last_picture_is_given_while_it_is_not_too_old() {
    let (served, _viewer) = lost(LONG, 2 * SECOND, Some(500));
    let client = served.get("/snapshot");
    assert_eq!(client.header("x-sequence"), Some("1"));
    gave(client, "held", &picture(1, 500));
    gave(served.get("/camera/snapshot?max_age_ms=600000"), "held", &picture(1, 500));
}

#[test]
fn a_lost_cameras_older_picture_is_refused_with_the_reason() {
    let (mut served, _viewer) = lost(LONG, 30 * SECOND, Some(3_600_000));
    let reason = "source v4l2: no frame for 3.0 s, since 12:00:00 UTC, next attempt in 3600.0 s";
    refused(served.get("/snapshot"), reason, "3600");
    refused(served.get("/snapshot?max_age_ms=20000"), reason, "3600");
    // One request may allow more, and so may the options from now on.
    gave(served.get("/snapshot?max_age_ms=50000"), "held", &picture(1, 500));
    let all = r#"{"listen": "127.0.0.1:0", "snapshot_timeout_ms": 600000, "max_age_ms": 50000}"#;
    served.update(all).unwrap();
    gave(served.get("/snapshot"), "held", &picture(1, 500));
    refused(served.get("/snapshot?max_age_ms=20000"), reason, "3600");
    // A request for a picture no older than the request does not get the one that is held.
    refused(served.get("/snapshot?max_delay=1000"), reason, "3600");
    assert_eq!(served.get("/snapshot?max_age_ms=old").status, "HTTP/1.1 400 Bad Request");
}

#[test]
fn an_attempt_that_comes_in_time_is_waited_for() {
    let (mut served, _viewer) =
        lost(r#"{"snapshot_timeout_ms": 600000, "max_age_ms": 0}"#, SECOND, Some(900));
    let address = served.address;
    let asking = std::thread::spawn(move || {
        let response = ask(address, "/snapshot");
        assert!(response.ends_with(&picture(3, 400)) && response.starts_with(b"HTTP/1.0 200"));
    });
    served.await_demand(1, 2);
    // More than one look at what the engine says.
    std::thread::sleep(Duration::from_millis(500));
    assert!(!asking.is_finished());
    served.send(picture(3, 400));
    asking.join().unwrap();
}

fn ask(address: std::net::SocketAddr, target: &str) -> Vec<u8> {
    use std::io::{Read, Write};
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(common::PATIENCE)).unwrap();
    socket.write_all(format!("GET {target} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
    let mut response = Vec::new();
    socket.read_to_end(&mut response).unwrap();
    response
}

#[test]
fn a_placeholder_is_never_a_snapshot() {
    let mut served = camera(r#"{"snapshot_timeout_ms": 300}"#);
    let _viewer = served.viewer();
    served.send_instead(picture(1, 100), Times::now(), Freshness::PLACEHOLDER);
    refused(served.get("/snapshot"), "no picture came within 300 ms", "1");
    served.say(&[("camera", fine("starting"))]);
    refused(served.get("/snapshot"), "no picture came within 300 ms; the stream is starting", "1");
    served.say(&[("camera", failed(Some(1500)))]);
    refused(
        served.get("/snapshot"),
        "source v4l2: no frame for 3.0 s, since 12:00:00 UTC, next attempt in 1.5 s",
        "2",
    );
}

/// A placeholder while a camera wakes is no trouble: the picture comes in time.
#[test]
fn a_placeholder_while_a_camera_starts_is_waited_out() {
    let mut served = camera(LONG);
    // From before the rest: it could be given, but there is no need.
    let viewer = served.viewer();
    served.send(picture(1, 500));
    drop(viewer);
    served.await_demand(1, 0);
    served.say(&[("camera", fine("starting"))]);
    let address = served.address;
    let asking = std::thread::spawn(move || ask(address, "/snapshot"));
    served.await_demand(1, 1);
    served.send_instead(picture(1, 100), Times::now(), Freshness::PLACEHOLDER);
    std::thread::sleep(Duration::from_millis(500));
    assert!(!asking.is_finished());
    served.send(picture(2, 400));
    assert!(asking.join().unwrap().ends_with(&picture(2, 400)));
}

#[test]
fn trouble_that_comes_while_a_snapshot_waits_ends_it() {
    let served = camera(LONG);
    served.say(&[("camera", fine("starting"))]);
    let address = served.address;
    let asking = std::thread::spawn(move || ask(address, "/snapshot"));
    served.await_demand(1, 1);
    served.say(&[("camera", failed(Some(3_600_000)))]);
    let answer = String::from_utf8(asking.join().unwrap()).unwrap();
    assert!(answer.starts_with("HTTP/1.0 503") && answer.contains("no frame for 3.0 s"), "{answer}");
    served.await_demand(1, 0);
}

#[test]
fn the_last_picture_outlives_the_rest_for_a_snapshot_alone() {
    let mut served = camera(r#"{"snapshot_timeout_ms": 50}"#);
    let mut viewer = served.viewer();
    served.send(picture(1, 500));
    viewer.part();
    drop(viewer);
    served.await_demand(1, 0);
    gave(served.get("/snapshot"), "held", &picture(1, 500));
    assert_eq!(served.get("/snapshot?max_age_ms=0").status, "HTTP/1.1 503 Service Unavailable");
    // It was a viewer, and its going has not let the picture go either.
    served.await_demand(1, 0);
    gave(served.get("/snapshot"), "held", &picture(1, 500));
}

#[test]
fn what_a_closed_gate_holds_is_a_snapshot_however_old() {
    let mut served = camera(LONG);
    let _viewer = served.viewer();
    served.say(&[("camera", fine("gated"))]);
    let captured = served.stand.now();
    served.stand.advance(3600 * SECOND);
    served.send_instead(picture(1, 500), captured, Freshness::HELD);
    gave(served.get("/snapshot"), "held", &picture(1, 500));
    gave(served.get("/snapshot?max_age_ms=7200000"), "held", &picture(1, 500));
    // The same picture of a camera that owes one, or for one who wants it younger, is too old.
    let short = r#"{"listen": "127.0.0.1:0", "snapshot_timeout_ms": 300}"#;
    served.update(short).unwrap();
    refused(
        served.get("/snapshot?max_age_ms=1000"),
        "no picture came within 300 ms; the stream is gated",
        "1",
    );
    served.say(&[("camera", fine("live"))]);
    refused(served.get("/snapshot"), "no picture came within 300 ms; the stream is live", "1");
}

#[test]
fn a_stream_that_has_ended_says_so_at_once() {
    let served = camera(LONG);
    served.say(&[("camera", fine("ended"))]);
    refused(served.get("/snapshot"), "the stream has ended", "1");
}

#[test]
fn a_snapshot_of_a_stream_that_is_removed_ends() {
    let mut served = camera(LONG);
    let address = served.address;
    let asking = std::thread::spawn(move || ask(address, "/snapshot"));
    served.await_demand(1, 1);
    served.sink.remove_stream(StreamId(1)).unwrap();
    let answer = String::from_utf8(asking.join().unwrap()).unwrap();
    assert!(answer.starts_with("HTTP/1.0 503") && answer.ends_with("the stream has ended\n"), "{answer}");
}

/// A picture that is kept is one frame at most, and none when it is too old for every request, with viewers or without.
#[test]
fn no_more_than_one_picture_is_kept_and_not_for_ever() {
    let held = Arc::new(());
    let counted = |captured: Times, freshness: Freshness| {
        let buffer = Buffer::from_owner(Counted(held.clone(), picture(1, 500)));
        Frame::from_buffer(Format::jpeg(4, 4), buffer, captured).unwrap().with_freshness(freshness)
    };
    let alive = || Arc::strong_count(&held) - 1;
    let mut served = open(r#"{"max_age_ms": 1000}"#).unwrap();
    served.add(1, "camera");
    let mut viewer = served.viewer();
    for _ in 0..20 {
        served.sink.receive(StreamId(1), counted(Times::now(), Freshness::LIVE)).unwrap();
        served.sink.receive(StreamId(1), counted(Times::now(), Freshness::PLACEHOLDER)).unwrap();
    }
    // What the viewer's connection still holds goes when it has been read.
    std::thread::spawn(move || viewer.rest());
    common::until("the last picture and the placeholder in its place are held", || alive() == 2);
    // One that is too old is let go when the next placeholder comes.
    served.sink.receive(StreamId(1), counted(served.stand.now(), Freshness::LIVE)).unwrap();
    served.stand.advance(3600 * SECOND);
    served.sink.receive(StreamId(1), counted(Times::now(), Freshness::PLACEHOLDER)).unwrap();
    common::until("the placeholder is held", || alive() == 1);
    served.sink.remove_stream(StreamId(1)).unwrap();
    common::until("nothing is held", || alive() == 0);

    // And without viewers, though nothing else happens: this one is a minute old in half a second.
    served.add(2, "camera");
    let viewer = served.get("/stream");
    let start = Instant::now();
    served.sink.receive(StreamId(2), counted(served.stand.now(), Freshness::LIVE)).unwrap();
    served.stand.advance(Duration::from_millis(59_500));
    drop(viewer);
    served.await_demand(2, 0);
    common::until("nothing is held after the rest", || alive() == 0);
    assert!(start.elapsed() >= Duration::from_millis(490), "{:?}", start.elapsed());
}

struct Counted(#[allow(dead_code, reason = "counts who holds it")] Arc<()>, Vec<u8>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.1
    }
}
