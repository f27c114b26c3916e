//! A plugin's library, of which nothing is loaded: its tables, and the header in its section. The number of the ABI and
//! the hash of the layouts are made this program's, which no fuzzer guesses.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mutoscope_engine::plugins::header;
use mutoscope_fuzz as _;
use mutoscope_plugin::abi::header::{Header, MAGIC};
use mutoscope_plugin::abi::{ABI, LAYOUT};
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::os::unix::fs::FileExt;

thread_local! {
    static FILE: File =
        memfd_create("library", MemfdFlags::CLOEXEC).map(File::from).expect("a file in memory");
}

fn look(header: &Header) {
    for text in [header.name(), header.version(), header.sdk(), header.rustc(), header.about()] {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    let _ = header.offered().to_string();
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    if let Some(at) = bytes.windows(MAGIC.len()).position(|window| window == MAGIC)
        && let Some(numbers) = bytes.get_mut(at + 12..at + 24)
    {
        numbers[..4].copy_from_slice(&ABI.to_le_bytes());
        numbers[4..].copy_from_slice(&LAYOUT.to_le_bytes());
        if let Ok(header) = Header::read(&bytes[at..]) {
            look(&header);
        }
    }
    FILE.with(|file| {
        file.set_len(0).expect("an empty file");
        file.write_all_at(&bytes, 0).expect("room for the file");
        match header::read(file) {
            Ok(header) => look(&header),
            Err(cause) => assert!(!cause.to_string().is_empty()),
        }
    });
});
