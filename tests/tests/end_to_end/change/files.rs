//! Notice of a changed file; a bad one changes nothing.

use super::{beside, good, until_width};
use mutoscope_tests::{Live, Program, assert_in_order, http, until};
use std::fs;
use std::time::Duration;

#[test]
fn a_bad_file_changes_nothing_and_is_shown_until_a_good_one_comes() {
    let text = |width: &str| beside(&good(64, width));
    let live = Live::watching(&text(""));
    let (viewer, other) = (live.watch("camera"), live.watch("other"));
    viewer.more(2);

    live.put(&text("heigth: 9"));
    let told = until("the problem", || live.problem());
    assert!(
        told.contains("the log says why") && !told.contains("height"),
        "viewers do not get the report: {told}"
    );
    let check = Program::new(["check"]).arg(live.file()).with_fixtures().output().expect(78);
    let report = check.stderr.trim_end();
    assert!(report.contains("heigth") && report.contains("height"), "{report}");
    until("the report on standard error", || live.running.log().contains(report).then_some(()));
    assert_eq!(live.changes(), 0);
    viewer.more(3);
    assert_eq!(http::get(&live.url("healthz")).status, 200);

    // Another mistake takes its place.
    live.put("streams: [");
    let check = Program::new(["check"]).arg(live.file()).with_fixtures().output().expect(78);
    until("the other report", || live.running.log().contains(check.stderr.trim_end()).then_some(()));
    assert_eq!(live.problem(), Some(told));

    live.put(&text("height: 32"));
    viewer.until("the corrected file", |seen| seen.size == (64, 32));
    assert_eq!(live.problem(), None);
    assert_eq!(live.changes(), 1);
    other.more(1);
    live.assert_gapless("other", &other.leave());
    assert_in_order(&viewer.leave());
    live.running.stop();
}

#[test]
fn editors_and_links_that_are_exchanged_are_noticed() {
    let text = |width: u32| beside(&good(width, ""));
    let live = Live::watching(&text(64));
    let viewer = live.watch("camera");
    viewer.more(1);
    let real = |name: &str, width: u32| {
        let text = text(width).replace("DIR", live.folder.path().to_str().unwrap());
        live.folder.put(name, text)
    };
    let file = live.file();

    // Written where it is, in two halves.
    let text = text(80).replace("DIR", live.folder.path().to_str().unwrap());
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    fs::write(&file, &text).unwrap();
    until_width(&viewer, 80);

    // Taken away, and put back.
    fs::rename(&file, live.folder.path().join("old")).unwrap();
    fs::rename(real("new", 96), &file).unwrap();
    until_width(&viewer, 96);

    // A link to a file in a folder, which is a link itself, as mounted configuration is.
    real("first/pipeline.yaml", 112);
    real("second/pipeline.yaml", 128);
    let link = |to: &str, from: &str| {
        let new = live.folder.path().join("link");
        std::os::unix::fs::symlink(to, &new).unwrap();
        fs::rename(new, live.folder.path().join(from)).unwrap();
    };
    link("first", "data");
    link("data/pipeline.yaml", "pipeline.yaml");
    until_width(&viewer, 112);
    link("second", "data");
    until_width(&viewer, 128);
    assert_in_order(&viewer.leave());
    live.running.stop();
}
