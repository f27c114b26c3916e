//! Everything that is not a stream of pictures: pages, snapshots, refusals.

mod common;

use common::{camera, open, picture};
use mutoscope_plugin::Times;
use std::io::Write;
use std::time::{Duration, Instant};

#[test]
fn the_page_shows_each_stream() {
    let mut served = camera("{}");
    served.add(2, "porch-small");
    let mut client = served.get("/");
    assert_eq!(client.status, "HTTP/1.1 200 OK");
    assert_eq!(client.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(client.header("content-security-policy").unwrap().contains("default-src 'none'"));
    let page = client.text();
    for link in ["src=\"camera/stream\"", "src=\"porch-small/stream\"", "href=\"porch-small/snapshot\""] {
        assert!(page.contains(link), "{link} in {page}");
    }
}

#[test]
fn a_snapshot_is_the_picture_alone() {
    let mut served = camera("{}");
    let _viewer = served.viewer();
    let bytes = picture(1, 40_000);
    served.send_captured(bytes.clone(), Times { wall_ns: 1_764_000_000_500_000_000, ..Times::now() });
    for path in
        ["/snapshot", "/snapshot.jpg", "/?action=snapshot", "/camera/snapshot", "/camera/?action=snapshot"]
    {
        let mut client = served.get(path);
        assert_eq!(client.status, "HTTP/1.1 200 OK", "{path}");
        assert_eq!(client.header("content-type"), Some("image/jpeg"));
        assert_eq!(client.header("x-timestamp"), Some("1764000000.500000"));
        assert_eq!(client.header("x-sequence"), Some("1"));
        assert!(client.header("cache-control").unwrap().contains("no-store"));
        assert_eq!(client.body(), bytes, "{path}");
        // The connection is kept for the next one, as pages that poll want it.
        client.ask("GET /snapshot HTTP/1.1\r\nHost: test\r\n\r\n");
        assert_eq!(client.body(), bytes);
    }
    assert_eq!(served.demand(1), 1);
}

#[test]
fn a_waiting_snapshot_is_a_viewer_and_gets_the_first_new_frame() {
    let mut served = camera("{}");
    let address = served.address;
    let before = Times::now();
    let asking = std::thread::spawn(move || {
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        socket.write_all(b"GET /snapshot HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        std::io::Read::read_to_end(&mut socket, &mut answer).unwrap();
        answer
    });
    served.await_demand(1, 1);
    // One that was captured before the first viewer came and is only now through the pipeline.
    served.send_captured(picture(1, 100), before);
    served.send(picture(2, 100));
    let answer = asking.join().unwrap();
    assert!(answer.ends_with(&picture(2, 100)));
    assert!(answer.starts_with(b"HTTP/1.0 200 OK\r\n"));
    served.await_demand(1, 0);
}

#[test]
fn max_delay_asks_for_a_frame_no_older_than_the_request() {
    let mut served = camera(r#"{"snapshot_timeout_ms": 50}"#);
    let mut viewer = served.viewer();
    served.send(picture(1, 100));
    viewer.part();
    assert_eq!(served.get("/snapshot?max_delay=3600000").header("x-sequence"), Some("1"));
    let mut refused = served.get("/snapshot?max_delay=0");
    assert_eq!(refused.status, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(refused.text(), "only pictures captured before they were asked for came within 50 ms\n");
    assert_eq!(served.get("/snapshot?max_delay=soon").status, "HTTP/1.1 400 Bad Request");
}

#[test]
fn a_snapshot_without_a_picture_says_so_in_time() {
    let served = camera(r#"{"snapshot_timeout_ms": 50}"#);
    let start = Instant::now();
    let mut client = served.get("/snapshot");
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert_eq!(client.status, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(client.text(), "no picture came within 50 ms\n");
    served.await_demand(1, 0);
}

#[test]
fn a_snapshots_client_that_goes_is_no_viewer_any_more() {
    let served = camera(r#"{"snapshot_timeout_ms": 600000}"#);
    let mut client = served.connect();
    client.reader.get_mut().write_all(b"GET /snapshot HTTP/1.1\r\n\r\n").unwrap();
    served.await_demand(1, 1);
    drop(client);
    served.await_demand(1, 0);
}

#[test]
fn head_requests_are_answered_without_a_body_and_without_a_viewer() {
    let mut served = camera("{}");
    let mut client = served.request("HEAD /stream HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!(client.status, "HTTP/1.0 200 OK");
    assert!(client.header("content-type").unwrap().starts_with("multipart/"));
    assert_eq!(client.rest(), b"");
    assert_eq!(served.demand(1), 0);

    let _viewer = served.viewer();
    served.send(picture(1, 1234));
    for (target, len) in [("/snapshot", Some("1234")), ("/", None)] {
        let mut client = served.request(&format!("HEAD {target} HTTP/1.1\r\nConnection: close\r\n\r\n"));
        assert_eq!(client.status, "HTTP/1.1 200 OK");
        assert!(len.is_none() || client.header("content-length") == len);
        assert_eq!(client.rest(), b"");
    }
}

#[test]
fn http_1_0_is_served() {
    let mut served = camera("{}");
    let mut client = served.request("GET /stream HTTP/1.0\r\n\r\n");
    assert_eq!(client.status, "HTTP/1.0 200 OK");
    assert_eq!(client.line(), "--boundarydonotcross\r\n");
    served.send(picture(1, 100));
    assert_eq!(client.part().picture, picture(1, 100));
}

#[test]
fn what_is_not_there_is_404_with_what_is() {
    let mut served = camera("{}");
    served.add(2, "lab");
    for target in ["/nothing", "/camera", "/nobody/stream", "/camera/x", "/a/b/c", "/%ff", "/?action=command"]
    {
        let mut client = served.get(target);
        assert_eq!(client.status, "HTTP/1.1 404 Not Found", "{target}");
        let text = client.text();
        assert!(text.contains("/stream\n") && text.contains("/lab/snapshot\n"), "{text}");
    }
}

#[test]
fn other_methods_are_405() {
    let served = camera("{}");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "BREW"] {
        let client = served.request(&format!("{method} /stream HTTP/1.1\r\nHost: test\r\n\r\n"));
        assert_eq!(client.status, "HTTP/1.1 405 Method Not Allowed", "{method}");
        assert_eq!(client.header("allow"), Some("GET, HEAD"));
    }
}

#[test]
fn garbage_and_oversize_are_refused_and_harm_nobody() {
    let mut served = camera("{}");
    let mut viewer = served.viewer();
    assert_eq!(served.request("\x16\x03\x01 what is this\r\n\r\n").status, "HTTP/1.1 400 Bad Request");
    assert_eq!(served.request("GET / HTTP/9.9\r\n\r\n").status.split(' ').nth(1), Some("400"));
    let long = format!("GET / HTTP/1.1\r\nX-Long: {}", "x".repeat(9000));
    assert_eq!(served.request(&long).status, "HTTP/1.1 431 Request Header Fields Too Large");
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200));
    assert_eq!(served.request(&many).status, "HTTP/1.1 431 Request Header Fields Too Large");
    served.send(picture(1, 100));
    assert_eq!(viewer.part().picture, picture(1, 100));
}

#[test]
fn a_request_that_does_not_come_and_an_idle_connection_are_closed() {
    let served = camera(r#"{"request_timeout_ms": 500}"#);
    let mut silent = served.connect();
    assert_eq!(silent.rest(), b"");
    let mut slow = served.connect();
    slow.reader.get_mut().write_all(b"GET / HTTP/1.1\r\nX-Slow").unwrap();
    slow.rest();
    let mut idle = served.get("/");
    idle.body();
    assert_eq!(idle.rest(), b"");
    // A stream outlives it.
    let mut viewer = served.viewer();
    std::thread::sleep(Duration::from_millis(800));
    drop(served.sink);
    assert_eq!(viewer.rest(), b"--boundarydonotcross--\r\n");
}

#[test]
fn one_connection_too_many_is_told_so() {
    let served = camera(r#"{"max_connections": 2}"#);
    let first = served.viewer();
    let _second = served.viewer();
    let mut third = served.get("/");
    assert_eq!(third.status, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(third.text(), "2 connections are open, which is the limit\n");
    assert_eq!(third.rest(), b"");
    drop(first);
    served.await_demand(1, 1);
    common::until("room", || served.get("/").status == "HTTP/1.1 200 OK");
}

#[test]
fn a_port_in_use_is_an_error_that_names_it_and_the_way_out() {
    let served = camera("{}");
    let refused = open(&format!(r#"{{"listen": "{}"}}"#, served.address)).err().unwrap();
    let text = format!("{refused:?}");
    assert!(text.contains(&served.address.to_string()), "{text}");
    assert!(text.contains(&format!("(process {}) holds that port", std::process::id())), "{text}");
    assert!(text.contains("listen: 127.0.0.1:0"), "{text}");
}

#[test]
fn addresses_are_refused_before_anything_is_opened() {
    let kind = mutoscope_plugin_mjpeg::plugin().sink().unwrap();
    for (options, word) in [
        (r#"{"listen": "0.0.0.0:0"}"#, "public: true"),
        (r#"{"listen": "[::]:0"}"#, "public: true"),
        (r#"{"listen": "8080"}"#, "127.0.0.1:8080"),
    ] {
        let refused = format!("{:?}", kind.accepts(options).err().unwrap());
        assert!(refused.contains("listen") && refused.contains(word), "{refused}");
        assert!(open(options).is_err());
    }
    assert!(kind.accepts(r#"{"listen": "0.0.0.0:0", "public": true}"#).is_ok());
    assert!(kind.accepts("{}").is_ok());
}

#[test]
fn limits_change_while_viewers_stay() {
    let mut served = camera("{}");
    let mut viewer = served.viewer();
    let listen = r#""listen": "127.0.0.1:0""#;
    let update = served.update(&format!(r#"{{{listen}, "max_connections": 1}}"#)).unwrap();
    assert_eq!(update, mutoscope_plugin::Update::Applied);
    assert_eq!(served.get("/").status, "HTTP/1.1 503 Service Unavailable");
    served.send(picture(1, 100));
    assert_eq!(viewer.part().sequence(), 1);
    let update = served.update(r#"{"listen": "127.0.0.1:1"}"#).unwrap();
    assert_eq!(update, mutoscope_plugin::Update::Restart);
    assert!(served.update(r#"{"listen": "0.0.0.0:1"}"#).is_err());
}
