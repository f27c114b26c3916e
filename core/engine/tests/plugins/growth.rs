//! Tables with one field more than the other side knows: a plugin of a later build, and a program of a later build.

use crate::support::{Library, fixture};
use mutoscope_plugin::abi::growth::Whole;
use mutoscope_plugin::abi::tables::{Host, HostTable};
use mutoscope_plugin::host::{Plugin, Processed, host_table, services};
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Format, Frame, PixelFormat, StreamId, StreamInfo, Times};
use mutoscope_plugin_grown::{ANSWER, Newer, WITHOUT};

/// What the new field of the newer program answers.
const SHADE: u8 = 9;
const STREAM: StreamId = StreamId(1);

fn load(name: &str) -> (Library, Plugin) {
    let library = Library::new();
    library.put(name, &fixture(name));
    let plugin = library.load(name).plugin;
    (library, plugin)
}

/// A program of this build.
fn present(host: &TestHost) -> Host {
    services(host.host())
}

/// A program whose table has one field more.
fn newer(host: &TestHost) -> Host {
    extern "C" fn shade() -> u32 {
        u32::from(SHADE)
    }
    let Whole { frozen, grown } = *host_table();
    let frozen = HostTable { size: size_of::<Newer<HostTable>>(), ..frozen };
    let newer: *const Newer<HostTable> =
        Box::leak(Box::new(Newer { table: Whole { frozen, grown }, probe: shade }));
    Host { table: newer.cast(), ..present(host) }
}

/// The first byte of a frame that went through source, transform and sink of `grown`.
fn through(plugin: &Plugin, make: fn(&TestHost) -> Host) -> u8 {
    let host = TestHost::new();
    let mut source = plugin.source().unwrap().open_with("{}", make(&host)).unwrap();
    let mut transform = plugin.transform().unwrap().open_with("{}", make(&host)).unwrap();
    let mut sink = plugin.sink().unwrap().open_with("{}", make(&host)).unwrap();
    sink.add_stream(&StreamInfo::new(STREAM, "camera")).unwrap();
    let frame = source.next_frame().unwrap().unwrap();
    let shade = frame.plane(0).rows().flatten().next().copied().unwrap();
    let Processed::Frame(frame) = transform.process(0, frame).unwrap() else { panic!("it is passed on") };
    sink.receive(STREAM, frame).unwrap();
    assert_eq!(host.counter("shade"), u64::from(shade));
    shade
}

#[test]
fn a_newer_plugin_is_loaded_and_its_frames_pass() {
    let (_library, plugin) = load("grown");
    assert_eq!(through(&plugin, present), WITHOUT);
    // What this program would do if it knew the field, which another plugin's table has not.
    let (_library, ordinary) = load("good");
    for (plugin, answer) in [(plugin, Some(ANSWER)), (ordinary, None)] {
        let answers = [
            Newer::probe(plugin.source().unwrap().table()).map(|probe| probe()),
            Newer::probe(plugin.transform().unwrap().table()).map(|probe| probe()),
            Newer::probe(plugin.sink().unwrap().table()).map(|probe| probe()),
        ];
        assert_eq!(answers, [answer; 3]);
    }
}

#[test]
fn a_newer_program_is_used_as_far_as_the_plugin_knows() {
    let (_library, plugin) = load("grown");
    assert_eq!(through(&plugin, newer), SHADE);

    let (library, plugin) = load("good");
    let host = TestHost::new();
    let options = r#"{"width": 16, "height": 8, "fps": 1000}"#;
    let mut source = plugin.source().unwrap().open_with(options, newer(&host)).unwrap();
    let frame = source.next_frame().unwrap().unwrap();
    assert_eq!(frame.format().kind, PixelFormat::I420);
    let mut transform = plugin.transform().unwrap().open_with("{}", newer(&host)).unwrap();
    let Processed::Frame(frame) = transform.process(0, frame).unwrap() else { panic!("it is passed on") };
    let list = library.folder().join("list");
    let options = format!(r#"{{"path": "{}"}}"#, list.display());
    let mut sink = plugin.sink().unwrap().open_with(&options, newer(&host)).unwrap();
    sink.add_stream(&StreamInfo::new(STREAM, "camera")).unwrap();
    sink.receive(STREAM, frame).unwrap();
    assert_eq!(host.demand_of(STREAM), 1);
    assert!(std::fs::read_to_string(list).unwrap().starts_with("camera "));
    let grey = Frame::from_vec(Format::grey(1, 1), vec![0], Times::default()).unwrap();
    assert!(matches!(transform.process(0, grey).unwrap(), Processed::Frame(_)));
}
