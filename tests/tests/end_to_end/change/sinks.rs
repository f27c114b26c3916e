//! Sinks are added, removed, and move to other ports.

use mutoscope_tests::{Live, Viewer, assert_in_order, free_port, until};
use std::net::TcpListener;

#[test]
fn sinks_come_go_and_move() {
    let text = |sinks: &str| {
        format!(
            "
source: {{ plugin: simulated, width: 64, height: 48, fps: 5 }}
sinks:
  - {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
  {sinks}
"
        )
    };
    let server =
        |port: u16, more: &str| text(&format!("- {{ plugin: mjpeg, listen: 127.0.0.1:{port}, {more} }}"));
    let is_open = |port: u16| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    let (first, second) = (free_port(), free_port());
    let live = Live::start(&text(""));
    let viewer = live.watch("camera");
    viewer.more(1);

    // Added, with a port of its own and a viewer.
    live.change(&server(first, ""));
    live.running.addresses(2);
    let there = Viewer::of(&format!("http://127.0.0.1:{first}/stream"));
    there.more(1);
    // Other options, the same sockets.
    live.change(&server(first, "max_connections: 50, send_timeout_ms: 5000"));
    there.more(2);
    live.assert_gapless("camera", &there.seen());
    // Another port: that is announced, and the old one is free.
    live.change(&server(second, ""));
    let addresses = live.running.addresses(3);
    assert_eq!(addresses[2], format!("http://127.0.0.1:{second}"));
    until("the old server's end", || there.has_ended().then_some(()));
    assert_in_order(&there.leave());
    assert!(!is_open(first));
    TcpListener::bind(("127.0.0.1", first)).unwrap();
    Viewer::of(&format!("http://127.0.0.1:{second}/stream")).more(1);

    // A port that another program has: it stays where it is.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let stays = Viewer::of(&format!("http://127.0.0.1:{second}/stream"));
    stays.more(1);
    live.change(&server(taken.local_addr().unwrap().port(), ""));
    live.running.logged(&["cannot listen on", "holds that port"]);
    until("the problem", || live.problem());
    stays.more(2);
    live.assert_gapless("camera", &stays.leave());
    until("the server where it was", || is_open(second).then_some(()));

    // A sink that takes the place of another, port and all, and one of another kind.
    live.change(&text(&format!(
        "- {{ plugin: good, path: DIR/list.txt }}\n  - {{ plugin: mjpeg, listen: 127.0.0.1:{second}, streams: [camera] }}"
    )));
    until("the list", || (live.folder.read("list.txt").lines().count() > 2).then_some(()));
    assert_eq!(live.problem(), None);
    until("the server where it was", || is_open(second).then_some(()));
    live.change(&text(""));
    until("the server's end", || (!is_open(second)).then_some(()));
    let lines = live.folder.read("list.txt").lines().count();
    viewer.more(2);
    assert!(live.folder.read("list.txt").lines().count() <= lines + 1, "it gets nothing any more");

    live.assert_gapless("camera", &viewer.leave());
    live.running.stop();
}
