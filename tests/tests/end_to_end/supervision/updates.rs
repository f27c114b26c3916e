//! Sources that fail while they are offered new options.

use crate::scene::{Scene, camera};
use mutoscope_plugin_faulty::{Method, What};
use std::fmt::Write;
use std::time::Instant;

const CASES: [(&str, What); 3] = [("error", What::Error), ("panic", What::Panic), ("block", What::Block)];

fn pipeline(note: u32) -> String {
    let mut file = "streams:\n".to_owned();
    for (stream, _) in &CASES {
        let camera = camera(stream);
        writeln!(file, "  {stream}: {{ timeout_ms: 1000, source: {{ {camera}, note: {note} }} }}").unwrap();
    }
    file + "sink: { MJPEG }\n"
}

#[test]
fn new_options_that_go_wrong_cost_no_viewer() {
    let scene = Scene::start(&pipeline(1));
    let start = Instant::now();
    let viewers = CASES.map(|(stream, _)| scene.running.recorder(stream));
    viewers.iter().for_each(|viewer| _ = viewer.waits_for("live", start));
    let orders = CASES.map(|(stream, what)| scene.tell(stream, &[(Method::Update, what)]));
    let told = Instant::now();
    scene.change(&pipeline(2));
    for order in orders {
        mutoscope_tests::until("the new options", || (!scene.struck(order).is_empty()).then_some(()));
    }
    scene.running.logged(&["it has not taken its new options within 1."]);
    for ((stream, _), viewer) in CASES.iter().zip(&viewers) {
        super::is_back(&scene, stream, viewer, Instant::now());
    }
    assert!(
        viewers[0].since(told).iter().all(|seen| seen.freshness() == "live"),
        "one that refuses its options goes on with the old ones"
    );
    let problem = scene.running.whole_state()["pipeline"]["problem"].take();
    assert!(problem.as_str().is_some_and(|problem| problem.contains("the log says")), "{problem}");
    scene.running.logged(&["trouble"]);
    scene.running.stop();
}
