//! Libraries that can be loaded: once each, from a copy of their own, and apart from each other.

use crate::support::{Library, fixture};
use mutoscope_engine::plugins::{
    Allow, Cause, FileId, Folder, LoadError, NotFound, Origin, Places, PluginRef, Plugins, SearchPath,
};
use mutoscope_plugin::host::Processed;
use mutoscope_plugin::testing::Stand;
use mutoscope_plugin::{Format, Frame, Times};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn named(name: &str) -> PluginRef {
    PluginRef::parse(name, Path::new("/")).unwrap()
}

/// How many different files with this in their name are mapped into this process.
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
    let (plugin, stand) = (loaded.plugin, Stand::new());
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
    let stand = Stand::new();
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
    let stand = Stand::new();
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
    let file = PluginRef::parse("./x.so", Path::new("/base")).unwrap();
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

    let file = PluginRef::parse("./gone.so", Path::new("/base")).unwrap();
    let error = library.plugins.load(&file, &[]).unwrap_err();
    assert_eq!(error.to_string(), "/base/./gone.so: there is no such file");
    assert!(matches!(error, LoadError::NotFound(_)));
}

#[test]
fn without_a_place_to_load_from_each_that_was_tried_is_told() {
    let library = Library::new();
    let path = library.put("good", &fixture("good"));
    let shared = library.folder().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let places = Places::new(["/dev/null/x".into(), "/proc".into(), shared, "relative".into()]);
    let search = SearchPath::new([Folder { path: library.folder(), origin: Origin::Environment }]);
    let plugins = Plugins::new(search, Allow::default(), places);
    let error = plugins.load_file(&path).unwrap_err();
    let LoadError::Incompatible { cause: Cause::NoPlace(tried), .. } = &error else { panic!("{error}") };
    assert_eq!(tried.len(), 3);
    assert!(error.notes()[0].starts_with("tried /dev/null/x: Not a directory"), "{:?}", error.notes());
    assert_eq!(tried[2].1, "others may rename what is in it");
    assert!(error.help().unwrap().contains("TMPDIR"));
}
