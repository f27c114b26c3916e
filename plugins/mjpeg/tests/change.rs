//! Streams and options that change while viewers are connected.

mod common;

use common::{camera, picture};
use mutoscope_plugin::{Freshness, StreamId, Times, Update};

#[test]
fn a_stream_that_goes_takes_its_own_viewers_along_and_nobody_else() {
    let mut served = camera("{}");
    served.add(2, "porch");
    let mut here = [served.viewer(), served.get("/camera/stream")];
    let mut there = served.get("/porch/stream");
    assert_eq!(there.line(), "--boundarydonotcross\r\n");
    assert_eq!(here[1].line(), "--boundarydonotcross\r\n");
    served.send(picture(1, 50_000));
    served.receive(2, picture(2, 50_000), Times::now(), Freshness::LIVE);
    for viewer in &mut here {
        assert_eq!(viewer.part().picture, picture(1, 50_000));
    }
    assert_eq!(there.part().picture, picture(2, 50_000));
    served.sink.remove_stream(StreamId(1)).unwrap();
    for viewer in &mut here {
        assert_eq!(viewer.rest(), b"--boundarydonotcross--\r\n");
    }
    for number in 3..6 {
        served.receive(2, picture(number, 50_000), Times::now(), Freshness::LIVE);
        assert_eq!(there.part().picture, picture(number, 50_000));
    }
    assert_eq!(served.demand(2), 1);
    common::until("those who left are forgotten", || {
        served.get("/state").json()["server"]["clients"].as_array().unwrap().len() == 1
    });
}

#[test]
fn a_stream_that_comes_is_there_at_once() {
    let mut served = camera("{}");
    let mut viewer = served.viewer();
    assert_eq!(served.get("/porch/stream").status, "HTTP/1.1 404 Not Found");
    served.add(2, "porch");
    assert!(served.get("/").text().contains("src=\"porch/stream\""));
    assert!(served.get("/healthz").json()["streams"]["porch"].is_object());
    let mut porch = served.get("/porch/stream");
    assert_eq!(porch.line(), "--boundarydonotcross\r\n");
    served.receive(2, picture(9, 500), Times::now(), Freshness::LIVE);
    assert_eq!(porch.part().picture, picture(9, 500));
    served.send(picture(1, 500));
    assert_eq!(viewer.part().picture, picture(1, 500));
}

#[test]
fn a_name_may_come_again_with_another_number() {
    let mut served = camera(r#"{"snapshot_timeout_ms": 50}"#);
    let mut viewer = served.viewer();
    served.send(picture(1, 500));
    viewer.part();
    for id in 2..20 {
        // At every second time the new one comes before the old one goes: it takes its place.
        if id % 2 == 0 {
            served.sink.remove_stream(StreamId(id - 1)).unwrap();
        }
        served.add(id, "camera");
        assert_eq!(served.get("/").text().matches("src=").count(), 1);
        served.sink.remove_stream(StreamId(id - 1)).unwrap();
        assert_eq!(viewer.rest(), b"--boundarydonotcross--\r\n");
        // Nothing of the one before is left, neither shown nor kept.
        assert_eq!(served.get("/snapshot").status, "HTTP/1.1 503 Service Unavailable");
        viewer = served.get("/camera/stream");
        assert_eq!(viewer.line(), "--boundarydonotcross\r\n");
        assert_eq!(served.demand(id), 1);
        served.receive(id, picture(id.into(), 500), Times::now(), Freshness::LIVE);
        assert_eq!(viewer.part().picture, picture(id.into(), 500));
    }
}

#[test]
fn options_change_under_viewers() {
    let mut served = camera(r#"{"snapshot_timeout_ms": 600000}"#);
    let mut viewer = served.viewer();
    served.send(picture(1, 500));
    viewer.part();
    served.stand.advance(std::time::Duration::from_secs(30));
    served.send_instead(picture(2, 500), Times::now(), Freshness::PLACEHOLDER);
    viewer.part();
    let options = |port, max_age_ms| {
        format!(r#"{{"listen": "127.0.0.1:{port}", "snapshot_timeout_ms": 20, "max_age_ms": {max_age_ms}}}"#)
    };
    assert_eq!(served.update(&options(0, 1000)).unwrap(), Update::Applied);
    assert_eq!(served.get("/snapshot").status, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(served.update(&options(0, 50_000)).unwrap(), Update::Applied);
    assert_eq!(served.get("/snapshot").header("x-frame"), Some("held"));
    assert_eq!(served.update(&options(1, 1)).unwrap(), Update::Restart);
    // The old options hold until then.
    assert_eq!(served.get("/snapshot").header("x-frame"), Some("held"));
    served.send(picture(3, 500));
    assert_eq!(viewer.part().picture, picture(3, 500));
}
