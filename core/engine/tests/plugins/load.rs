//! Libraries that can be loaded: once each, from a copy of their own, and apart from each other.

use crate::support::{Library, fixture};
use mutoscope_engine::plugins::{
    Allow, FileId, Folder, FolderOrigin, LibraryRef, LoadError, NotFound, Places, Plugins, SearchPath,
};
use mutoscope_plugin::host::Processed;
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Format, Frame, Times};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

fn named(name: &str) -> LibraryRef {
    LibraryRef::parse(name, Path::new("/")).unwrap()
}

/// Returns how many different files with this in their name are mapped into this process.
fn mapped(name: &str) -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let inodes: BTreeSet<_> = maps
        .lines()
        .filter(|line| line.contains(name))
        .map(|line| line.split_ascii_whitespace().nth(4).unwrap())
        .collect();
    inodes.len()
}

#[test]
fn a_plugin_is_found_by_its_name_and_works() {
    let library = Library::new();
    library.put("my_camera", &fixture("good"));
    let loaded = library.plugins.load(&named("my-camera"), &[]).unwrap();
    assert_eq!(loaded.path, library.path("my_camera"));
    let (plugin, stand) = (loaded.plugin, TestHost::new());
    assert_eq!(
        (plugin.header().name().as_str(), plugin.kinds().to_string().as_str()),
        ("good", "source, transform, sink")
    );
    let mut source = plugin.source().unwrap().open(r#"{"fps": 1000, "frames": 3}"#, stand.host()).unwrap();
    let mut transform = plugin.transform().unwrap().open("{}", stand.host()).unwrap();
    for count in 0..3 {
        let frame = source.next_frame().unwrap().unwrap();
        let Processed::Frame(frame) = transform.process(0, frame).unwrap() else { panic!("no frame") };
        assert_eq!(frame.plane(0).row(47), [255 - count; 64]);
    }
    assert!(source.next_frame().unwrap().is_none());
}

#[test]
fn the_copy_is_gone_as_soon_as_it_is_loaded() {
    let library = Library::new();
    library.put("good", &fixture("good"));
    library.load("good");
    assert_eq!(fs::read_dir(library.copies()).unwrap().count(), 0);
}

#[test]
fn a_library_overwritten_while_it_is_loaded_works_on() {
    let library = Library::new();
    let path = library.put("overwritten", &fixture("good"));
    let plugin = library.load("overwritten").plugin;
    let stand = TestHost::new();
    let mut transform = plugin.transform().unwrap().open("{}", stand.host()).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_len(0).unwrap();
    fs::write(&path, vec![0xcc; 100_000]).unwrap();
    let frame = Frame::from_vec(Format::grey(2, 1), vec![0, 255], Times::default()).unwrap();
    let Processed::Frame(frame) = transform.process(0, frame).unwrap() else { panic!("no frame") };
    assert_eq!(frame.plane(0).row(0), [255, 0]);
    // Code that had not been touched before the file went.
    assert!(plugin.sink().unwrap().schema().contains("viewers"));
    let failed = plugin.source().unwrap().open(r#"{"fps": "x"}"#, stand.host());
    assert!(failed.is_err());
}

#[test]
fn the_same_file_is_loaded_once_and_a_new_build_anew() {
    let library = Library::new();
    let path = library.put("rebuilt", &fixture("good"));
    let first = library.load("rebuilt");
    assert_eq!(library.load("rebuilt").file, first.file);
    assert_eq!(mapped("plugin_rebuilt"), 1);
    assert_eq!(FileId::of(&path).unwrap(), first.file);

    // In place, and as cargo does it: a new file under the old name.
    fs::write(&path, fixture("panics")).unwrap();
    assert_ne!(FileId::of(&path).unwrap(), first.file);
    assert_eq!(library.load("rebuilt").plugin.header().name(), "panics");
    let new = library.put("new", &fixture("good"));
    fs::rename(new, &path).unwrap();
    assert_eq!(library.load("rebuilt").plugin.header().name(), "good");
    assert_eq!(mapped("plugin_rebuilt"), 3);
    assert_eq!(first.plugin.header().name(), "good");
}

#[test]
fn many_threads_that_want_one_library_get_the_same() {
    let library = Library::new();
    library.put("wanted", &fixture("good"));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| library.load("wanted"));
        }
    });
    assert_eq!(mapped("plugin_wanted"), 1);
}

#[test]
fn two_plugins_loaded_together_keep_apart() {
    let library = Library::new();
    library.put("one", &fixture("good"));
    library.put("two", &fixture("panics"));
    library.put("three", &fixture("good"));
    let [one, two, three] = ["one", "two", "three"].map(|name| library.load(name).plugin);
    assert_eq!([one, two, three].map(|plugin| plugin.header().name()), ["good", "panics", "good"]);
    let schemas = [one, two, three].map(|plugin| plugin.source().unwrap().schema());
    assert!(schemas[0].contains("fps") && schemas[1].contains("next_frame") && schemas[2] == schemas[0]);
    let stand = TestHost::new();
    let panicked = two.source().unwrap().open(r#"{"at": "open"}"#, stand.host()).err().unwrap();
    assert!(panicked.panicked, "{panicked}");
    let mut source = one.source().unwrap().open(r#"{"fps": 1000}"#, stand.host()).unwrap();
    assert!(source.next_frame().unwrap().is_some());
}

#[test]
fn the_first_on_the_search_path_wins_and_the_file_s_own_folders_come_first() {
    let (library, other) = (Library::new(), Library::new());
    let path = library.put("camera", &fixture("good"));
    let preferred = other.put("camera", &fixture("panics"));
    assert_eq!(library.plugins.find(&named("camera"), &[]).unwrap(), path);
    assert_eq!(library.plugins.find(&named("camera"), &[other.folder()]).unwrap(), preferred);
    let file = LibraryRef::parse("./x.so", Path::new("/base")).unwrap();
    assert_eq!(library.plugins.find(&file, &[]).unwrap(), PathBuf::from("/base/./x.so"));
}

#[test]
fn a_broken_first_one_hides_a_good_second_one() {
    let (library, other) = (Library::new(), Library::new());
    library.put("camera", &fixture("good"));
    other.put("camera", b"broken");
    let error = library.plugins.load(&named("camera"), &[other.folder()]).unwrap_err();
    assert!(error.to_string().starts_with(other.path("camera").to_str().unwrap()), "{error}");
}

#[test]
fn what_is_not_there_is_told_with_the_paths_tried_and_the_nearest_name() {
    let library = Library::new();
    library.put("rotate", b"");
    let error = library.plugins.load(&named("rotato"), &["/nowhere".into()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no plugin `rotato` (libmutoscope_plugin_rotato.so on the search path)"
    );
    assert_eq!(
        error.notes(),
        [
            "tried /nowhere/libmutoscope_plugin_rotato.so (plugin_path of the pipeline file)".to_owned(),
            format!("tried {} (MUTOSCOPE_PLUGIN_PATH)", library.path("rotato").display()),
        ]
    );
    assert_eq!(error.help().unwrap(), "a plugin with a similar name is there: rotate");
    let error = library.plugins.load(&named("something-else"), &[]).unwrap_err();
    assert!(matches!(&error, LoadError::NotFound(NotFound { nearest: None, .. })));

    let file = LibraryRef::parse("./gone.so", Path::new("/base")).unwrap();
    let error = library.plugins.load(&file, &[]).unwrap_err();
    assert_eq!(error.to_string(), "/base/./gone.so: there is no such file");
    assert!(matches!(error, LoadError::NotFound(_)));
}

/// The plugins of a program that copies to `places`, or nowhere.
fn copying_to(library: &Library, places: impl IntoIterator<Item = PathBuf>) -> Plugins {
    let search = SearchPath::new([Folder { path: library.folder(), origin: FolderOrigin::Environment }]);
    Plugins::new(search, Allow::default(), Places::new(places))
}

/// Returns what is mapped of the library with this in its name.
fn mapped_from(name: &str) -> String {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| line.contains(name)).expect("it is mapped");
    line.split_ascii_whitespace().nth(5).unwrap().to_owned()
}

/// The open files with this in their name.
fn open_files(name: &str) -> Vec<fs::Metadata> {
    let all = fs::read_dir("/proc/self/fd").unwrap().flatten().map(|entry| entry.path());
    let named = all.filter(|path| fs::read_link(path).is_ok_and(|to| to.to_string_lossy().contains(name)));
    named.map(|path| path.metadata().unwrap()).collect()
}

#[test]
fn without_a_folder_that_is_ours_it_is_loaded_from_memory() {
    let library = Library::new();
    let path = library.put("homeless", &fixture("good"));
    let shared = library.folder().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, PermissionsExt::from_mode(0o777)).unwrap();
    let places = ["/dev/null/x".into(), "/proc".into(), "/dev/shm".into(), shared.clone(), "relative".into()];
    let plugins = copying_to(&library, places);
    plugins.load_file(&path).unwrap();
    assert_eq!(mapped_from("plugin_homeless"), "/memfd:libmutoscope_plugin_homeless.so");
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
}

#[test]
fn nothing_is_loaded_from_a_folder_of_another_user() {
    let library = Library::new();
    let path = library.put("lured", &fixture("good"));
    let theirs = library.folder().join("theirs");
    let private = theirs.join("private");
    fs::create_dir_all(&private).unwrap();
    fs::set_permissions(&theirs, PermissionsExt::from_mode(0o700)).unwrap();
    // Only root can give a folder away; and only who has been root meets one.
    if chown(&theirs, Some(12345), None).is_err() {
        return;
    }
    let plugins = copying_to(&library, [theirs, private]);
    plugins.load_file(&path).unwrap();
    assert_eq!(mapped_from("plugin_lured"), "/memfd:libmutoscope_plugin_lured.so");
}

#[test]
fn a_copy_has_what_is_loaded_and_not_what_a_debugger_reads() {
    let library = Library::new();
    let path = library.put("padded", &fixture("good"));
    let whole = path.metadata().unwrap().len();
    // As if it had debug sections of 200 MB, without their being anywhere.
    fs::File::options().write(true).open(&path).unwrap().set_len(whole + (200 << 20)).unwrap();
    let plugin = library.load("padded").plugin;
    assert!(plugin.source().unwrap().schema().contains("fps"));
    let [copy] = &open_files("plugin_padded")[..] else { panic!("one copy") };
    assert!(copy.len() <= whole, "{} of {whole}", copy.len());
}
