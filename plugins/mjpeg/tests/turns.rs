//! Clients that would have more than their share of the server's time.

mod common;

use common::{camera, picture, until};
use mutoscope_plugin::serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Instant;

/// Every answer of `/state` that is made anew has another age of its viewers.
#[test]
fn answers_are_made_a_few_times_a_second_however_many_ask() {
    const REQUESTS: usize = 2000;
    let served = camera("{}");
    let _viewer = served.viewer();
    let start = Instant::now();
    let mut client = served.connect();
    let mut asking = client.reader.get_ref().try_clone().unwrap();
    let asks = std::thread::spawn(move || {
        for _ in 0..REQUESTS {
            asking.write_all(b"GET /state HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
        }
    });
    let mut made = BTreeSet::new();
    for _ in 0..REQUESTS {
        client.answer();
        made.insert(client.text());
    }
    asks.join().unwrap();
    let most = start.elapsed().as_millis() / 200 + 2;
    assert!((made.len() as u128) <= most, "{} answers were made, and there was time for {most}", made.len());
}

#[test]
fn all_answers_tell_of_the_same_moment() {
    let served = camera("{}");
    for state in ["live", "failed", "live", "failed"] {
        let said = if state == "live" { common::fine("live") } else { common::failed(None) };
        served
            .stand
            .set_state(&mutoscope_plugin::serde_json::json!({ "streams": { "camera": said } }).to_string());
        until("the news", || {
            let told = served.get("/state").json()["streams"]["camera"]["state"].clone();
            let health = served.get("/healthz").json()["streams"]["camera"]["state"].clone();
            let again = served.get("/state").json()["streams"]["camera"]["state"].clone();
            assert!(told != again || told == health, "{told}, {health}, {again}");
            told != Value::Null && again == state
        });
    }
}

#[test]
fn many_requests_at_once_are_answered_in_their_order() {
    let mut served = camera("{}");
    let mut viewer = served.viewer();
    served.send(picture(1, 3000));
    viewer.part();
    let mut client = served.connect();
    let requests = ["/snapshot", "/nothing", "/healthz", "/snapshot?max_delay=x"];
    let text: String =
        requests.iter().map(|target| format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n")).collect();
    client.reader.get_mut().write_all(text.repeat(50).as_bytes()).unwrap();
    for _ in 0..50 {
        for status in ["200", "404", "503", "400"] {
            client.answer();
            assert_eq!(client.status.split(' ').nth(1), Some(status));
            client.body();
        }
    }
}
