//! Clients that shut their sending side once their request is out, and clients that have gone.

mod common;

use common::{Client, Served, camera, picture};
use std::io::Write;
use std::net::Shutdown;

/// Sends a request as `printf … | nc -N` does.
fn shut(served: &Served, text: &str) -> Client {
    let mut client = served.connect();
    client.reader.get_mut().write_all(text.as_bytes()).unwrap();
    client.reader.get_ref().shutdown(Shutdown::Write).unwrap();
    client
}

#[test]
fn a_snapshot_that_has_to_be_waited_for_comes() {
    for version in ["1.0", "1.1"] {
        let mut served = camera("{}");
        let mut client = shut(&served, &format!("GET /snapshot HTTP/{version}\r\n\r\n"));
        served.await_demand(1, 1);
        served.send(picture(1, 500_000));
        client.answer();
        assert!(client.status.ends_with("200 OK"), "{}", client.status);
        assert_eq!(client.body(), picture(1, 500_000));
        assert_eq!(client.rest(), b"", "nothing keeps the connection");
        served.await_demand(1, 0);
    }
}

#[test]
fn a_stream_goes_on_and_ends_with_the_client() {
    let mut served = camera("{}");
    let mut client = shut(&served, "GET /stream HTTP/1.0\r\n\r\n");
    client.answer();
    assert_eq!(client.line(), "--boundarydonotcross\r\n");
    let mut seen = 0;
    for number in 1..=5 {
        served.send(picture(number, 50_000));
        // It may be sent one twice.
        while seen < number {
            seen = client.part().sequence();
        }
    }
    // Longer than a client that is sent nothing would be kept.
    assert_eq!(served.demand(1), 1);
    drop(client);
    served.send(picture(6, 50_000));
    served.send(picture(7, 50_000));
    served.await_demand(1, 0);
}

#[test]
fn one_that_is_sent_something_stays_longer_than_one_that_is_not() {
    let mut served = camera(r#"{"send_timeout_ms": 200}"#);
    let mut first = served.viewer();
    served.send(picture(1, 100));
    first.part();
    let mut shut_one = shut(&served, "GET /stream HTTP/1.0\r\n\r\n");
    shut_one.answer();
    assert_eq!(shut_one.line(), "--boundarydonotcross\r\n");
    assert_eq!(shut_one.part().sequence(), 1);
    // The latest once more, to see whether it is there; and it is.
    assert_eq!(shut_one.part().sequence(), 1);
    // A snapshot for which there is no new picture: the server cannot tell whether this client is there.
    let started = std::time::Instant::now();
    let waits = shut(&served, "GET /snapshot?max_delay=0 HTTP/1.0\r\n\r\n");
    served.await_demand(1, 3);
    served.await_demand(1, 2);
    assert!(started.elapsed() >= std::time::Duration::from_millis(200));
    drop(waits);
    served.send(picture(2, 100));
    assert_eq!(shut_one.part().sequence(), 2);
}

#[test]
fn one_that_has_gone_is_noticed_though_no_picture_comes() {
    let mut served = camera(r#"{"send_timeout_ms": 600000}"#);
    let mut viewer = served.viewer();
    served.send(picture(1, 100));
    viewer.part();
    drop(viewer);
    // The latest picture is sent once more, and the client's machine answers with a reset.
    served.await_demand(1, 0);
}

#[test]
fn many_requests_and_then_the_end_are_all_answered() {
    let served = camera("{}");
    let mut client = shut(&served, &"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n".repeat(40));
    for _ in 0..40 {
        client.answer();
        client.body();
    }
    assert_eq!(client.rest(), b"");
}

#[test]
fn half_a_request_is_none() {
    let served = camera("{}");
    assert_eq!(shut(&served, "GET /stream HTTP/1.1\r\nHost: te").rest(), b"");
    assert_eq!(served.demand(1), 0);
}
