//! One picture of a camera that has failed.

use crate::scene::{Scene, camera};
use mutoscope_plugin_faulty::{Method, What};
use mutoscope_tests::until;
use std::time::Instant;

#[test]
fn the_last_good_picture_is_given_while_it_is_young_and_then_the_reason() {
    let file = format!(
        "source: {{ {} }}\nsink: {{ MJPEG, max_age_ms: 3000, snapshot_timeout_ms: 500 }}\n",
        camera("it")
    );
    let scene = Scene::start(&file);
    let start = Instant::now();
    let viewer = scene.running.recorder("camera");
    viewer.waits_for("live", start);
    let live = scene.running.get("/snapshot");
    assert_eq!((live.status, live.header("x-frame")), (200, "live"));

    scene.tell("it", &[(Method::Next, What::Error)]);
    // Until then the last one is still new.
    viewer.waits_for("placeholder", start);
    let last = viewer.since(start).into_iter().rfind(|seen| seen.freshness() == "live").expect("a picture");
    let held = scene.running.get("/snapshot");
    assert_eq!((held.status, held.header("x-frame")), (200, "held"), "{}", held.text());
    assert!(held.body == last.part.picture);

    let none = until("the last picture to be too old", || {
        Some(scene.running.get("/snapshot")).filter(|answer| answer.status == 503)
    });
    assert!(
        none.text().contains("source faulty: trouble") && none.text().contains("since"),
        "{}",
        none.text()
    );
    assert_ne!(none.header("retry-after"), "");

    scene.tell("it", &[]);
    viewer.waits_for("live", Instant::now());
    assert_eq!(scene.running.get("/snapshot").header("x-frame"), "live");
    scene.running.stop();
}

#[test]
fn without_any_picture_it_says_why() {
    let file = format!("source: {{ {} }}\nsink: {{ MJPEG, snapshot_timeout_ms: 500 }}\n", camera("it"));
    let scene = Scene::start_told(&file, &[("it", &[(Method::Open, What::Error)])]);
    scene.running.waits_until("camera", "failed");
    let none = scene.running.get("/snapshot");
    assert_eq!(none.status, 503);
    assert!(none.text().contains("source faulty: trouble"), "{}", none.text());
    scene.running.stop();
}
