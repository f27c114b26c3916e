//! Libraries cut short or with wrong bytes in their tables: read as files only, so that nothing can end the process.

use crate::support::{Library, fixture};
use mutoscope_engine::plugins::{Cause, LoadError, header};
use std::fs::File;
use std::os::unix::fs::FileExt;

#[test]
fn a_truncated_library_is_refused_at_every_length() {
    let good = fixture("good");
    let library = Library::new();
    let path = library.put("short", &good);
    let file = File::options().write(true).open(&path).unwrap();
    let whole = good.len() as u64;
    let evenly = (0..=200).map(|part| whole * part / 200);
    let near_the_ends = (0..200).flat_map(|n| [n, whole - 1 - n]);
    let mut lengths: Vec<u64> = evenly.chain(near_the_ends).filter(|length| *length < whole).collect();
    lengths.sort_unstable();
    lengths.dedup();
    assert!(lengths.len() >= 400);
    for length in lengths.into_iter().rev() {
        file.set_len(length).unwrap();
        let Err(LoadError::Incompatible { cause, .. }) = library.plugins.load_file(&path) else {
            panic!("{length} of {whole} bytes are no plugin")
        };
        match cause {
            Cause::Empty => assert_eq!(length, 0),
            Cause::NoLibrary(_) => assert!(length < 64, "{length}"),
            Cause::Truncated { bytes, needed } => {
                assert!(bytes == length && needed > bytes && needed <= whole)
            }
            other => panic!("{length} bytes: {other}"),
        }
    }
}

#[test]
fn no_byte_of_the_tables_makes_reading_panic_or_long() {
    let good = fixture("good");
    let library = Library::new();
    let path = library.put("damaged", &good);
    let file = File::options().read(true).write(true).open(&path).unwrap();
    // The ELF header and the table of segments; the table of sections stands at the end.
    let front = 0..1024usize;
    let back = good.len().saturating_sub(3072)..good.len();
    let mut refused = 0;
    for at in front.chain(back) {
        for wrong in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            file.write_all_at(&[wrong], at as u64).unwrap();
            refused += u32::from(header::read(&file).is_err());
        }
        file.write_all_at(&good[at..=at], at as u64).unwrap();
    }
    assert!(header::read(&file).is_ok());
    assert!(refused > 500, "only {refused} were refused");
}

#[test]
fn a_file_full_of_nonsense_is_refused() {
    let library = Library::new();
    let mut state = 0x2545_f491_4f6c_dd1du64;
    for round in 0..200 {
        let mut bytes = vec![0; 4096];
        for byte in &mut bytes {
            // xorshift64 (Marsaglia 2003)
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state as u8;
        }
        if round % 2 == 0 {
            bytes[..20].copy_from_slice(&fixture_start());
        }
        let path = library.put("nonsense", &bytes);
        assert!(header::read(&File::open(path).unwrap()).is_err());
    }
}

/// A library's first 20 bytes, up to its machine.
fn fixture_start() -> [u8; 20] {
    let machine = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    let mut start = [0; 20];
    start[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    (start[16], start[18]) = (3, machine);
    start
}
