//! A picture file of whatever kind, shown by `simulated`: the scan for a JPEG's end, every decoder, the turn upright.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mutoscope_fuzz as _;
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Format, Source};
use mutoscope_plugin_simulated::{Options, Simulated};
use std::cell::LazyCell;
use tempfile::NamedTempFile;

thread_local! {
    static FILE: LazyCell<NamedTempFile> = LazyCell::new(|| {
        // The plugin catches a decoder's panics, and is to be seen doing it; libFuzzer's hook would end the process before.
        std::panic::set_hook(Box::new(|_| {}));
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        NamedTempFile::new_in(folder).expect("a file")
    });
}

fuzz_target!(|bytes: &[u8]| {
    FILE.with(|file| {
        std::fs::write(file.path(), bytes).expect("room for the file");
        let json = serde_json::json!({ "frames": file.path(), "fps": 1000.0, "loop": false });
        let options = || -> Options { serde_json::from_value(json.clone()).expect("options") };
        let context = TestHost::new().context();
        let offered = Simulated::caps(&options());
        let shown = Simulated::open(options(), &context).and_then(|mut source| source.next_frame(&context));
        let Ok(Some(frame)) = shown else { return };
        frame.check().expect("a frame that is what it says");
        assert!(frame.format().size().pixels() <= Format::MAX_PIXELS);
        let offered = serde_json::to_string(&offered.expect("what can be shown is offered")).expect("JSON");
        let size = frame.format().size();
        assert!(
            offered.contains(&format!("\"width\":{},\"height\":{}", size.width, size.height)),
            "{offered}"
        );
    });
});
