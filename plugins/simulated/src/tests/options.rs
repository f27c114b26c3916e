//! The options in the pipeline file, through the tables that the host calls.

use super::*;
use mutoscope_plugin::Update;
use mutoscope_plugin::serde_json::{Value, from_str, json};
use mutoscope_plugin::testing::Conformance;

fn refused(options: Value) -> (String, String) {
    let error = crate::plugin().source().unwrap().caps(&options.to_string()).unwrap_err();
    (error.option, error.message)
}

#[test]
fn it_keeps_what_every_plugin_must_keep() {
    let folder = TempDir::new().unwrap();
    put(&folder, "1.jpg", &jpeg(8, 8));
    put(&folder, "2.png", &grey_png(5, 7, 9));
    let path = folder.path();
    // The clock may choose any of the pictures: with one of them, it is clear what the first frame is.
    let one = path.join("1.jpg");
    Conformance::of(crate::plugin())
        .options(json!({ "fps": FPS, "width": 17, "height": 13 }))
        .options(json!({ "frames": path, "fps": FPS }))
        .options(json!({ "frames": path, "fps": FPS, "loop": false }))
        .options(json!({ "frames": one, "fps": FPS, "order": "wall_clock" }))
        // One picture in three hours: nothing but a stop wakes it.
        .options(json!({ "frames": path, "fps": 0.000_1 }))
        .options(json!({ "frames": one, "fps": 0.000_1, "order": "wall_clock" }))
        .check();
}

#[test]
fn the_schema_says_what_there_is() {
    let schema: Value = from_str(&crate::plugin().source().unwrap().schema()).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    let names: Vec<_> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["frames", "order", "fps", "loop", "width", "height"]);
    assert_eq!(properties["frames"]["format"], "path");
    assert_eq!(properties["frames"]["items"]["format"], "path");
    assert_eq!(properties["fps"]["default"], 10.0);
    assert_eq!(properties["fps"]["exclusiveMinimum"], 0);
    assert_eq!(properties["loop"]["default"], true);
    assert_eq!(properties["order"]["default"], "sequence");
}

#[test]
fn options_that_exclude_each_other() {
    let folder = TempDir::new().unwrap();
    put(&folder, "1.jpg", &jpeg(8, 8));
    let frames = folder.path();
    let (option, message) = refused(json!({ "frames": frames, "width": 640 }));
    assert_eq!(option, "width");
    assert_eq!(
        message,
        "the pictures of `frames` keep their size; `width` is the test pattern's. To change the size, add \
         `{ plugin: resize, width: 640 }` to `transforms`"
    );
    assert_eq!(refused(json!({ "frames": frames, "height": 1 })).0, "height");
    assert_eq!(refused(json!({ "frames": frames, "loop": false, "order": "wall_clock" })).0, "loop");
    assert_eq!(refused(json!({ "loop": false })).0, "loop");
    assert_eq!(refused(json!({ "order": "wall_clock" })).0, "order");
    for fps in [0.0, -1.0, 1000.5] {
        assert_eq!(refused(json!({ "fps": fps })).0, "fps");
    }
    assert_eq!(refused(json!({ "width": 65_000, "height": 65_000 })).0, "width");
    assert_eq!(refused(json!({ "width": 1, "height": 65_501 })).0, "height");
    assert_eq!(refused(json!({ "width": 0 })).0, "width");
    assert_eq!(refused(json!({ "wdth": 1 })).0, "wdth");
}

#[test]
fn frames_come_through_the_tables() {
    let folder = TempDir::new().unwrap();
    let picture = put(&folder, "1.jpg", &jpeg(8, 8));
    let source = crate::plugin().source().unwrap();
    for frames in [json!(folder.path()), json!(picture), json!([picture, picture])] {
        let options = json!({ "frames": frames, "fps": 500.5, "loop": false }).to_string();
        assert_eq!(source.caps(&options).unwrap().fps, Some(500.5));
        let mut source = source.open(&options, TestHost::new().host()).unwrap();
        assert_eq!(source.next_frame().unwrap().unwrap().jpeg().unwrap(), jpeg(8, 8));
    }
}

#[test]
fn only_a_new_rate_is_taken_live() {
    let folder = TempDir::new().unwrap();
    put(&folder, "1.jpg", &jpeg(8, 8));
    let ctx = TestHost::new().context();
    let slow = Options { fps: 0.001, ..playing(folder.path()) };
    for order in [Order::Sequence, Order::WallClock] {
        let options = Options { order, ..slow.clone() };
        let mut source = Simulated::open(options.clone(), &ctx).unwrap();
        assert!(source.next_frame(&ctx).unwrap().is_some());
        let quick = Options { fps: FPS, ..options.clone() };
        assert_eq!(source.update(quick.clone(), &ctx).unwrap(), Update::Applied);
        // At the old rate this would take a quarter of an hour.
        assert!(source.next_frame(&ctx).unwrap().is_some());
        assert_eq!(
            source.update(Options { frames: None, ..Options::default() }, &ctx).unwrap(),
            Update::Restart
        );
        assert!(source.update(Options { fps: 0.0, ..quick }, &ctx).is_err());
    }
    let mut pattern = Simulated::open(Options::default(), &ctx).unwrap();
    let wider = Options { width: Some(64), ..Options::default() };
    assert_eq!(pattern.update(wider, &ctx).unwrap(), Update::Restart);
    assert_eq!(pattern.update(Options { fps: 3.5, ..Options::default() }, &ctx).unwrap(), Update::Applied);
}
