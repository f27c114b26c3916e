//! What is on the search path, told from files.

use crate::support::{Library, fixture, header_at, patched};
use std::os::unix::fs::symlink;

#[test]
fn every_library_is_listed_and_what_is_hidden_says_by_what() {
    let (library, other) = (Library::new(), Library::new());
    library.put("good", &fixture("good"));
    library.put("broken", b"no library");
    std::fs::write(library.folder().join("libmutoscope_plugin_macros-0b1e57b0b00ede63.so"), b"").unwrap();
    std::fs::write(library.folder().join("README"), b"").unwrap();
    other.put("good", &fixture("good"));
    other.put("panics", &fixture("panics"));
    let listed: Vec<_> = library
        .plugins
        .list(&[other.folder(), "/nowhere".into()])
        .into_iter()
        .map(|entry| (entry.name.to_string(), entry.path, entry.header.is_ok(), entry.shadowed_by))
        .collect();
    assert_eq!(
        listed,
        [
            ("broken".into(), library.path("broken"), false, None),
            ("good".into(), other.path("good"), true, None),
            ("good".into(), library.path("good"), true, Some(other.path("good"))),
            ("panics".into(), other.path("panics"), true, None),
        ]
    );
}

#[test]
fn a_file_that_is_on_the_path_twice_by_a_link_is_listed_once() {
    let library = Library::new();
    let path = library.put("good", &fixture("good"));
    let (link, links) = (library.folder().join("link"), library.folder().join("links"));
    symlink(library.folder(), &link).unwrap();
    // As cargo has it, between its folder and `deps/`.
    std::fs::create_dir(&links).unwrap();
    std::fs::hard_link(&path, links.join(path.file_name().unwrap())).unwrap();
    assert_eq!(library.plugins.list(&[link, links]).len(), 1);
}

#[test]
fn listing_loads_nothing() {
    let library = Library::new();
    library.put("unloaded", &fixture("good"));
    let entry = library.plugins.list(&[]).remove(0);
    assert!(entry.header.ok().unwrap().about().starts_with("Test fixture: a source that counts"));
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(!maps.contains("plugin_unloaded"));
}

#[test]
fn a_header_s_texts_do_nothing_to_a_terminal() {
    let (library, good) = (Library::new(), fixture("good"));
    const NAME: usize = 40;
    library.put("rude", &patched(&good, header_at(&good) + NAME, b"\x1b[31mred\x07\n\xff\0"));
    let name = library.plugins.list(&[]).remove(0).header.ok().unwrap().name();
    assert!(!name.chars().any(char::is_control), "{name:?}");
}
