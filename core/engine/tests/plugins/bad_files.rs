//! Files that are no plugin of this program: each refused before anything is loaded, in one line, and listed with it.

use crate::support::{Library, at, fixture, header_at, patched, section_entry_at};
use mutoscope_engine::plugins::{Allow, Cause, LoadError};
use rustix::fs::{FileType, Mode};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

#[test]
fn what_is_no_library_says_what_it_is() {
    let library = Library::new();
    library.put("text", b"#!/bin/sh\necho hello\n");
    library.put("empty", b"");
    library.put("rlib", b"!<arch>\n/               0           0     0     0       14        `\n");
    fs::create_dir(library.path("folder")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, library.path("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    let _socket = UnixListener::bind(library.path("socket")).unwrap();
    symlink("/dev/zero", library.path("device")).unwrap();
    symlink(library.path("loop"), library.path("loop")).unwrap();
    symlink("nowhere", library.path("dangling")).unwrap();
    for (name, reason) in [
        ("text", "it is no library (it does not start as an ELF file)"),
        ("empty", "it is empty"),
        ("rlib", "it is no library (an archive of object files: its `crate-type` is not cdylib)"),
        ("folder", "it is a folder, not a library's file"),
        ("pipe", "it is a pipe, not a library's file"),
        ("socket", "it is a socket, not a library's file"),
        ("device", "it is a device, not a library's file"),
        ("loop", "it cannot be read: Too many levels of symbolic links"),
        ("dangling", "it cannot be read: No such file or directory"),
    ] {
        assert_eq!(library.reason(name), reason, "{name}");
    }
}

#[test]
fn a_file_that_may_not_be_read_says_so() {
    let library = Library::new();
    for (name, mode) in [("secret", 0o000), ("open", 0o644)] {
        let path = library.put(name, &fixture("good"));
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let folder = library.folder();
    for folder in [folder.parent().unwrap(), &folder] {
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Root may read every file; so this thread is nobody from here on, and the others stay what they are.
            if rustix::process::geteuid().is_root() {
                rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(65_534)).unwrap();
            }
            assert_eq!(library.reason("secret"), "it cannot be read: Permission denied");
            library.plugins.check_file(&library.path("open")).unwrap();
        });
    });
}

#[test]
fn a_file_larger_than_any_plugin_is_not_read() {
    let library = Library::new();
    fs::File::create(library.path("large")).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(library.reason("large"), "it has 1048576 MiB, and a plugin at most 256");
}

#[test]
fn a_library_for_another_machine_names_both() {
    const MACHINE: usize = 18; // e_machine, behind e_ident and e_type
    let (library, good) = (Library::new(), fixture("good"));
    let this = std::env::consts::ARCH;
    let (other, number) = if this == "aarch64" { ("x86_64", 62u16) } else { ("aarch64", 183) };
    library.put("other", &patched(&good, MACHINE, &number.to_le_bytes()));
    assert_eq!(library.reason("other"), format!("the plugin was built for {other}, this program for {this}"));
    library.put("odd", &patched(&good, MACHINE, &0xfeedu16.to_le_bytes()));
    assert!(library.reason("odd").contains("an unknown machine (ELF number 65261)"));
}

#[test]
fn a_header_of_another_version_names_both() {
    let (library, good) = (Library::new(), fixture("good"));
    let header = header_at(&good);
    library.put("abi", &patched(&good, header + at::ABI, &77u32.to_le_bytes()));
    let ours = mutoscope_plugin::abi::ABI;
    assert_eq!(library.reason("abi"), format!("the plugin speaks ABI 77, this program ABI {ours}"));
    let help = library.refused("abi").help().unwrap();
    assert!(help.contains(env!("CARGO_PKG_VERSION")), "{help}");

    library.put("layout", &patched(&good, header + at::LAYOUT, &0xabcdu64.to_le_bytes()));
    let reason = library.reason("layout");
    assert!(reason.contains("000000000000abcd") && reason.matches("rustc").count() == 2, "{reason}");

    library.put("pointers", &patched(&good, header + at::POINTER_WIDTH, &16u32.to_le_bytes()));
    assert!(library.reason("pointers").contains("16-bit pointers"));
}

#[test]
fn a_damaged_header_says_so() {
    let (library, good) = (Library::new(), fixture("good"));
    let header = header_at(&good);
    library.put("magic", &patched(&good, header + at::MAGIC, b"MUTOSCOQ"));
    assert_eq!(library.reason("magic"), "its plugin header is damaged");
    library.put("size", &patched(&good, header + at::SIZE, &7u32.to_le_bytes()));
    assert!(library.reason("size").starts_with("its plugin header is damaged (7 bytes"));
    library.put("kinds", &patched(&good, header + at::KINDS, &0u32.to_le_bytes()));
    assert!(library.reason("kinds").contains("neither a source nor a transform nor a sink"));
    // The section's size, in its entry: sh_size stands at 32.
    library.put("short", &patched(&good, section_entry_at(&good) + 32, &20u64.to_le_bytes()));
    assert!(library.reason("short").starts_with("its plugin header is damaged (20 bytes"));
}

#[test]
fn panic_abort_is_refused_unless_allowed() {
    let good = fixture("good");
    let aborting = patched(&good, header_at(&good) + at::PANIC_ABORT, &1u32.to_le_bytes());
    let library = Library::new();
    library.put("abort", &aborting);
    assert!(library.reason("abort").starts_with("it was built with panic=abort"));
    assert!(library.refused("abort").help().unwrap().contains("MUTOSCOPE_ALLOW=panic-abort"));
    let library = Library::allowing(Allow { panic_abort: true, ..Allow::default() });
    library.put("abort", &aborting);
    assert_eq!(library.load("abort").plugin.header().name(), "good");
}

#[test]
fn a_library_that_others_may_write_is_refused_unless_allowed() {
    let library = Library::new();
    let path = library.put("open", &fixture("good"));
    fs::set_permissions(&path, Permissions::from_mode(0o757)).unwrap();
    assert_eq!(
        library.reason("open"),
        "any user of this machine may write it (mode 757); whoever may write it could have any code run here"
    );
    let error = library.refused("open");
    assert!(matches!(error, LoadError::Incompatible { cause: Cause::Writable(_), .. }));
    let help = error.help().unwrap();
    assert!(help.contains("chmod go-w") && help.contains("MUTOSCOPE_ALLOW=writable-plugin"), "{help}");

    let library = Library::allowing(Allow { writable: true, ..Allow::default() });
    let path = library.put("open", &fixture("good"));
    fs::set_permissions(&path, Permissions::from_mode(0o757)).unwrap();
    library.load("open");
}
