//! A plugin that goes wrong in each of its methods, as a dylib: what comes back is an error, and the process lives.

use crate::support::{Library, fixture};
use mutoscope_plugin::host::{Failure, Plugin};
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Format, Frame, StreamId, StreamInfo, Times};

const STREAM: StreamId = StreamId(1);

/// Calls `method` of an instance of each kind that has it.
fn call(plugin: &Plugin, method: &str, how: &str) -> Vec<Result<(), Failure>> {
    let host = || TestHost::new().host();
    let options = format!(r#"{{"at": "{method}", "how": "{how}"}}"#);
    let frame = || Frame::from_vec(Format::grey(1, 1), vec![0], Times::default()).unwrap();
    let source = || plugin.source().unwrap().open(&options, host());
    let transform = || plugin.transform().unwrap().open(&options, host());
    let sink = || plugin.sink().unwrap().open(&options, host());
    match method {
        "next_frame" => vec![source().unwrap().next_frame().map(|frame| assert!(frame.is_none()))],
        "process" => vec![transform().unwrap().process(0, frame()).map(|_| ())],
        "add_stream" => vec![sink().unwrap().add_stream(&StreamInfo::new(STREAM, "camera"))],
        "remove_stream" => vec![sink().unwrap().remove_stream(STREAM)],
        "receive" => vec![sink().unwrap().receive(STREAM, frame())],
        "update" => vec![
            source().unwrap().update("{}").map(|_| ()),
            transform().unwrap().update("{}").map(|_| ()),
            sink().unwrap().update("{}").map(|_| ()),
        ],
        // `open` fails here; a panic in `drop` has nobody to tell.
        _ => vec![source().map(drop), transform().map(drop), sink().map(drop)],
    }
}

#[test]
fn a_panic_or_an_error_in_each_method_comes_back_with_its_words() {
    let library = Library::new();
    library.put("panics", &fixture("panics"));
    let plugin = library.load("panics").plugin;
    for method in ["open", "next_frame", "process", "add_stream", "remove_stream", "receive", "update"] {
        for (how, panics) in [("panic", true), ("error", false)] {
            for result in call(&plugin, method, how) {
                let failure = result.expect_err(method);
                assert!(failure.message.contains("trouble in "), "{method}: {failure}");
                assert_eq!(failure.panicked, panics, "{method}: {failure}");
                assert_eq!(failure.message.contains("trouble.rs:"), panics, "{method}: {failure}");
            }
        }
    }
    assert!(call(&plugin, "drop", "panic").into_iter().all(|result| result.is_ok()));
    assert!(call(&plugin, "next_frame", "end").into_iter().all(|result| result.is_ok()));
}
