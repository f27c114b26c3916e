//! Several streams, several sinks.

use mutoscope_tests::{Folder, Program, http, picture};

#[test]
fn each_sink_serves_the_streams_that_it_is_given() {
    let folder = Folder::new();
    let file = "
streams:
  large: { source: { plugin: simulated, width: 320, height: 240, fps: 30 } }
  small: { from: large, transforms: [ { plugin: resize, width: 160 } ] }
  other: { source: { plugin: simulated, width: 64, height: 48, fps: 30 } }
sinks:
  - { plugin: mjpeg, listen: 127.0.0.1:0, streams: [large, small] }
  - { plugin: mjpeg, listen: 127.0.0.1:0, streams: [other] }
  - { plugin: good, path: list.txt, streams: [small, other], accepts: jpeg }
";
    let file = folder.put("several.yaml", file);
    let running = Program::new(["run"]).arg(&file).with_fixtures().start();
    let told = running.addresses(3);
    let mut servers: Vec<_> = told.iter().filter(|at| at.starts_with("http://")).collect();
    assert_eq!(servers.len(), 2);
    assert_eq!(told.iter().filter(|at| at.starts_with("file://")).count(), 1);
    // They open side by side, in any order.
    if http::get(&format!("{}/other/snapshot", servers[0])).status == 200 {
        servers.reverse();
    }
    let size = |server: &str, stream: &str| {
        let answer = http::get(&format!("{server}/{stream}/snapshot"));
        (answer.status == 200).then(|| picture::size(&answer.body))
    };
    assert_eq!(size(servers[0], "large"), Some((320, 240)));
    assert_eq!(size(servers[0], "small"), Some((160, 120)));
    assert_eq!(size(servers[0], "other"), None);
    assert_eq!(size(servers[1], "other"), Some((64, 48)));
    assert_eq!(size(servers[1], "large"), None);
    running.stop();
    let list = folder.read("list.txt");
    for (stream, size) in [("small", "160x120"), ("other", "64x48")] {
        assert!(list.lines().any(|line| line.starts_with(stream) && line.contains(size)), "{list}");
    }
    assert!(list.lines().all(|line| line.contains(" JPEG ") && !line.starts_with("large")), "{list}");
}
