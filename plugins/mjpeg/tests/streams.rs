//! Moving pictures: what viewers get, byte for byte, and when they come and go.

mod common;

use common::{camera, open, picture};
use mutoscope_plugin::{StreamId, Times};
use std::io::Read;

#[test]
fn a_stream_is_headers_at_once_and_then_parts() {
    let mut served = camera("{}");
    let mut client = served.get("/stream");
    // Not cut into chunks: it ends with its connection.
    assert_eq!(client.status, "HTTP/1.0 200 OK");
    assert_eq!(client.header("content-type"), Some("multipart/x-mixed-replace;boundary=boundarydonotcross"));
    assert_eq!(client.header("connection"), Some("close"));
    assert!(client.header("cache-control").unwrap().starts_with("no-store"));
    assert_eq!(client.header("x-accel-buffering"), Some("no"));
    for absent in ["transfer-encoding", "content-length", "access-control-allow-origin"] {
        assert_eq!(client.header(absent), None, "{absent}");
    }
    assert_eq!(client.line(), "--boundarydonotcross\r\n");

    let captured = Times { monotonic_ns: Times::now().monotonic_ns, wall_ns: 1_764_000_000_123_456_789 };
    for (number, len) in [(1, 87_000), (2, 30)] {
        let bytes = picture(number, len);
        let before = Times::now().wall_ns;
        served.send_captured(bytes.clone(), captured);
        let part = client.part();
        assert_eq!(part.picture, bytes);
        let names: Vec<&str> = part.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["Content-Type", "Content-Length", "X-Timestamp", "X-Send-Time", "X-Sequence", "X-Frame"]
        );
        assert_eq!(part.header("Content-Type"), "image/jpeg");
        assert_eq!(part.header("X-Timestamp"), "1764000000.123456");
        assert_eq!(part.sequence(), number);
        let sent: f64 = part.header("X-Send-Time").parse().unwrap();
        assert!(sent * 1e9 > before as f64 - 1e6 && sent * 1e9 < Times::now().wall_ns as f64 + 1e6);
    }
    drop(client);
    served.await_demand(1, 0);
}

#[test]
fn every_path_of_a_stream_serves_it() {
    let mut served = camera("{}");
    served.add(2, "porch-2");
    let first =
        ["/stream", "/stream.mjpg", "/video_feed", "/?action=stream", "/camera/stream", "/stream?t=12#x"];
    let mut clients: Vec<_> = first.iter().map(|path| served.get(path)).collect();
    let others: Vec<_> = ["/porch-2/stream", "/porch-2/?action=stream", "/porch%2D2/stream.mjpg"]
        .iter()
        .map(|path| served.get(path))
        .collect();
    assert_eq!((served.demand(1), served.demand(2)), (6, 3));
    served.send(picture(1, 500));
    for (client, path) in clients.iter_mut().zip(first) {
        assert_eq!(client.line(), "--boundarydonotcross\r\n", "{path}");
        assert_eq!(client.part().picture, picture(1, 500), "{path}");
    }
    drop(clients);
    served.await_demand(1, 0);
    drop(others);
    served.await_demand(2, 0);
}

/// Chromium shows a picture when it has read the next one's headers (seen with version 156; no boundary alone will do).
#[test]
fn chromium_gets_the_next_headers_at_once() {
    let mut served = camera("{}");
    let chrome = "GET /stream HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36\r\n\r\n";
    let next = b"--boundarydonotcross\r\nContent-Type: image/jpeg\r\n\r\n".as_slice();
    let mut clients = [served.request(chrome), served.get("/stream?advance_headers=1")];
    let mut plain = served.request(&chrome.replace("/stream", "/stream?advance_headers=0"));
    served.send(picture(1, 60_000));
    for client in &mut clients {
        let expected = [next, &picture(1, 60_000), b"\r\n", next].concat();
        let mut got = vec![0; expected.len()];
        client.reader.read_exact(&mut got).unwrap();
        assert!(got == expected);
    }
    assert_eq!(plain.line(), "--boundarydonotcross\r\n");
    assert_eq!(plain.part().picture, picture(1, 60_000));
    drop(served.sink);
    assert_eq!(clients[0].rest(), b"\r\n--boundarydonotcross--\r\n");
}

#[test]
fn viewers_are_counted_as_they_come_and_go_without_a_single_frame() {
    let served = camera("{}");
    assert_eq!(served.demand(1), 0);
    let first = served.viewer();
    let second = served.viewer();
    assert_eq!(served.demand(1), 2);
    drop(first);
    served.await_demand(1, 1);
    drop(second);
    served.await_demand(1, 0);
}

#[test]
fn a_new_viewer_is_not_shown_what_stood_there_before_the_rest() {
    let mut served = camera("{}");
    let mut early = served.viewer();
    served.send(picture(1, 100));
    assert_eq!(early.part().sequence(), 1);
    // While there is a viewer, the next one sees the latest at once.
    assert_eq!(served.viewer().part().sequence(), 1);
    drop(early);
    served.await_demand(1, 0);
    served.send(picture(2, 100));
    let mut late = served.viewer();
    let next = served.send(picture(3, 100));
    assert_eq!(late.part().sequence(), next);
}

#[test]
fn a_sink_that_is_dropped_ends_its_streams_cleanly() {
    let mut served = camera("{}");
    let mut viewers = [served.viewer(), served.viewer()];
    served.send(picture(1, 50_000));
    for viewer in &mut viewers {
        viewer.part();
    }
    let idle = served.connect();
    let start = std::time::Instant::now();
    drop(served.sink);
    assert!(start.elapsed() < common::PATIENCE / 4, "{:?}", start.elapsed());
    for viewer in &mut viewers {
        assert_eq!(viewer.rest(), b"--boundarydonotcross--\r\n");
    }
    drop(idle);
    assert!(std::net::TcpStream::connect(served.address).is_err());
    assert_eq!(served.stand.counter("frames_sent"), 2);
    assert!(served.stand.counter("bytes_sent") > 100_000);
}

#[test]
fn streams_come_and_go() {
    let mut served = open("{}").unwrap();
    assert_eq!(served.get("/stream").status, "HTTP/1.1 503 Service Unavailable");
    assert!(served.get("/").text().contains("no stream yet"));
    served.add(1, "porch");
    served.add(2, "lab");
    let mut porch = served.viewer();
    let lab = served.get("/lab/stream");
    assert_eq!((served.demand(1), served.demand(2)), (1, 1));
    served.sink.remove_stream(StreamId(1)).unwrap();
    assert_eq!(porch.rest(), b"--boundarydonotcross--\r\n");
    assert_eq!(served.get("/porch/stream").status, "HTTP/1.1 404 Not Found");
    // The first stream is now the other one.
    let first = served.get("/stream");
    assert_eq!(served.demand(2), 2);
    drop((lab, first));
    served.await_demand(2, 0);
    served.add(3, "porch");
    assert_eq!(served.get("/porch/stream").status, "HTTP/1.0 200 OK");
}

#[test]
fn names_that_are_the_servers_own_are_refused() {
    let mut served = open("{}").unwrap();
    for name in ["stream", "snapshot", "video_feed", "metrics"] {
        let stream = mutoscope_plugin::StreamInfo::new(StreamId(9), name);
        assert!(served.sink.add_stream(&stream).is_err(), "{name}");
    }
    let schema = mutoscope_plugin_mjpeg::plugin().sink().unwrap().schema();
    let schema: mutoscope_plugin::serde_json::Value =
        mutoscope_plugin::serde_json::from_str(&schema).unwrap();
    let reserved = schema["x-mutoscope-reserved-streams"].as_array().unwrap();
    assert!(reserved.iter().any(|name| name == "snapshot"), "{schema}");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn two_hundred_viewers_see_the_same() {
    let mut served = camera("{}");
    let mut viewers: Vec<_> = (0..200).map(|_| served.viewer()).collect();
    assert_eq!(served.demand(1), 200);
    for number in 0..5 {
        let bytes = picture(number, 3000);
        served.send(bytes.clone());
        for viewer in &mut viewers {
            assert_eq!(viewer.part().picture, bytes);
        }
    }
    drop(viewers);
    served.await_demand(1, 0);
    drop(served.sink);
    assert_eq!(served.stand.counter("frames_sent"), 1000);
}
