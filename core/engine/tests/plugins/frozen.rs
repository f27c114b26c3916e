//! A plugin that was built when the boundary got its present number, as a binary: it must load and pass frames in every later
//! program of the same ABI number. `script/freeze-boundary` makes it when the number has been raised.

use crate::support::Library;
use mutoscope_plugin::host::Processed;
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Format, PixelFormat, StreamId, StreamInfo, abi::ABI};
use std::fs;
use std::path::Path;

#[test]
fn a_plugin_built_long_ago_is_loaded_and_its_frames_pass() {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")) {
        eprintln!("not tested: the binary of a frozen plugin is one for x86-64 and glibc");
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/frozen");
    let file = folder.join(format!("good-abi-{ABI}.so"));
    if !file.exists() {
        let there: Vec<_> = fs::read_dir(&folder).unwrap().flatten().map(|file| file.file_name()).collect();
        eprintln!(
            "not tested: there is no plugin of ABI {ABI} among {there:?}; `script/freeze-boundary` makes it"
        );
        return;
    }
    let library = Library::new();
    library.put("good", &fs::read(file).unwrap());
    let plugin = library.load("good").plugin;
    assert_eq!(plugin.header().abi, ABI);

    let host = TestHost::new();
    let kind = plugin.source().unwrap();
    let options = r#"{"width": 16, "height": 8, "fps": 1000, "frames": 2}"#;
    assert!(kind.schema().contains("fps"));
    let caps = kind.caps(options).unwrap();
    assert_eq!((caps.formats[0].format, caps.fps), (Format::new(PixelFormat::I420, 16, 8), Some(1000.0)));
    assert!(caps.may_end);
    assert!(kind.devices().unwrap().is_empty());
    let refused = kind.open(r#"{"widht": 1}"#, host.host()).err().expect("a misspelt option");
    assert!(refused.message.contains("widht"), "{refused}");

    let list = library.folder().join("list");
    let mut source = kind.open(options, host.host()).unwrap();
    let mode = plugin.transform().unwrap().modes("{}", &caps.formats[0].format).unwrap().remove(0);
    assert!(mode.stateless);
    let mut transform = plugin.transform().unwrap().open("{}", host.host()).unwrap();
    let options = format!(r#"{{"path": "{}"}}"#, list.display());
    assert!(!plugin.sink().unwrap().accepts(&options).unwrap().observer);
    let mut sink = plugin.sink().unwrap().open(&options, host.host()).unwrap();
    let camera = StreamId(1);
    sink.add_stream(&StreamInfo::new(camera, "camera")).unwrap();
    assert_eq!(host.demand_of(camera), 1);
    let mut frames = 0;
    while let Some(frame) = source.next_frame().unwrap() {
        let Processed::Frame(frame) = transform.process(mode.id, frame).unwrap() else {
            panic!("it is passed on")
        };
        sink.receive(camera, frame).unwrap();
        frames += 1;
    }
    assert_eq!(frames, 2);
    let list = fs::read_to_string(list).unwrap();
    let lumas: Vec<_> = list.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(lumas, ["255", "254"], "{list}");
    sink.remove_stream(camera).unwrap();
    drop((source, transform, sink));
    assert_eq!((host.demand_of(camera), host.buffers_out()), (0, 0));
}
