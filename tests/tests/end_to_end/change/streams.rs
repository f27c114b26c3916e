//! Streams are added, removed, renamed, and stand on others.

use super::{good, until_width};
use mutoscope_tests::{Live, assert_in_order, http, until};

#[test]
fn streams_come_go_and_stand_on_others() {
    let text = |streams: &str| {
        format!(
            "
streams:
  fixed: {{ source: {{ plugin: simulated, width: 48, height: 48, fps: 5 }} }}
  {streams}
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
"
        )
    };
    let camera = good(64, "");
    let live = Live::start(&text(&format!("camera: {{ {camera} }}")));
    let (fixed, viewer) = (live.watch("fixed"), live.watch("camera"));
    viewer.more(2);
    let gone = |stream: &str| http::get(&live.url(&format!("{stream}/stream"))).status == 404;
    assert!(gone("copy"));

    // Added.
    live.change(&text(&format!("camera: {{ {camera} }}\n  copy: {{ from: camera, max_fps: 10 }}")));
    until("the new stream", || (http::get(&live.url("copy/snapshot")).status == 200).then_some(()));
    let copy = live.watch("copy");
    copy.more(2);

    // From another stream to a source of its own, and back: same connection.
    live.change(&text(&format!("camera: {{ {camera} }}\n  copy: {{ {} }}", good(80, ""))));
    until_width(&copy, 80);
    live.change(&text(&format!("camera: {{ {camera} }}\n  copy: {{ from: camera }}")));
    until_width(&copy, 64);
    live.written("drop 80", 1);
    // The stream that it stands on becomes one that stands on it.
    live.change(&text(&format!("camera: {{ from: copy }}\n  copy: {{ {} }}", good(96, ""))));
    until_width(&copy, 96);
    until_width(&viewer, 96);
    live.written("drop 64", 1);

    // Removed: its viewers see a proper end. Renamed: the old name goes, the new one comes.
    live.change(&text(&format!("camera: {{ {} }}", good(96, ""))));
    until("the end of the stream", || copy.has_ended().then_some(()));
    assert_in_order(&copy.leave());
    assert!(gone("copy"));
    live.change(&text(&format!("garden: {{ {} }}", good(96, ""))));
    until("the end of the stream", || viewer.has_ended().then_some(()));
    assert_in_order(&viewer.leave());
    until_width(&live.watch("garden"), 96);
    assert!(gone("camera"));

    live.assert_gapless("fixed", &fixed.leave());
    assert_eq!(live.problem(), None);
    live.running.stop();
}
