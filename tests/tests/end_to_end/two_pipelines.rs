//! Two pipelines in one process: nothing in the engine is there only once.

use mutoscope_engine::config::{self, Origin};
use mutoscope_engine::plugins::{
    Allow, Folder as Place, FolderOrigin as NamedBy, Places, Plugins, SearchPath,
};
use mutoscope_engine::prepare::prepare;
use mutoscope_engine::run::{Event, Running};
use mutoscope_tests::{Folder, Installation, http, picture, until};
use std::sync::mpsc::{Receiver, channel};

fn start(plugins: &Plugins, text: String) -> (Running, Receiver<Event>) {
    let origin = Origin::BuiltIn { name: "test".into(), text };
    let pipeline = config::load(&origin, &[], &|_| None, plugins);
    let pipeline = pipeline.unwrap_or_else(|report| panic!("{}", report.render(false)));
    let prepared = prepare(pipeline, plugins).unwrap_or_else(|report| panic!("{}", report.render(false)));
    let (tell, told) = channel();
    let running = Running::start(&std::sync::Arc::new(prepared), move |event| {
        // The receiver may be gone.
        let _ = tell.send(event);
    });
    (running.unwrap(), told)
}

/// Returns the announcements of a pipeline's sinks until all are open.
fn announced(told: &Receiver<Event>) -> Vec<String> {
    let mut announced = Vec::new();
    loop {
        match told.recv_timeout(mutoscope_tests::PATIENCE).expect("all sinks open") {
            Event::Announced { at, .. } => announced.push(at),
            Event::Ready => return announced,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn two_pipelines_live_side_by_side_and_end_one_by_one() {
    let installation = Installation::shared();
    let places = [&installation.fixtures, &installation.folder];
    let places = places.map(|path| Place { path: path.clone(), origin: NamedBy::Environment });
    let plugins = Plugins::new(SearchPath::new(places), Allow::default(), Places::from_env());
    let folder = Folder::new();
    let text = |side: u32, name: &str| {
        format!(
            "
source: {{ plugin: good, width: {side}, height: {side}, fps: 50 }}
transforms: [ {{ plugin: good }} ]
sinks:
  - {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
  - {{ plugin: good, path: {}/{name}.txt }}
",
            folder.path().display()
        )
    };
    let (first, told_first) = start(&plugins, text(64, "first"));
    let (second, told_second) = start(&plugins, text(32, "second"));
    let address = |told| {
        let announced = announced(told).into_iter().find(|at| at.starts_with("http"));
        announced.expect("a server").trim_end_matches('/').to_owned()
    };
    let (at_first, at_second) = (address(&told_first), address(&told_second));
    let size = |at: &str| picture::size(&http::get(&format!("{at}/snapshot")).body);
    assert_eq!((size(&at_first), size(&at_second)), ((64, 64), (32, 32)));
    let lines = |name: &str| folder.read(&format!("{name}.txt")).lines().count();
    until("frames in both", || (lines("first") > 10 && lines("second") > 10).then_some(()));

    assert!(first.stop().is_empty(), "every thread ends");
    let (stood, went) = (lines("first"), lines("second"));
    until("more frames in the second", || (lines("second") > went + 10).then_some(()));
    assert_eq!(lines("first"), stood);
    assert_eq!(size(&at_second), (32, 32));
    assert!(second.state().contains("\"camera\""), "{}", second.state());
    assert!(second.stop().is_empty());
}
