//! The plugins as the reader of pipeline files asks for them.

use crate::support::{Library, fixture};
use mutoscope_engine::config::{Catalogue, PluginKind, PluginRef};

#[test]
fn a_plugin_s_schema_comes_by_name_and_by_file() {
    let library = Library::new();
    let path = library.put("my_camera", &fixture("good"));
    for plugin in
        [PluginRef::Name("my_camera".into()), PluginRef::Name("my-camera".into()), PluginRef::File(path)]
    {
        let schema = library.plugins.resolve(&plugin, PluginKind::Source, &[]).unwrap();
        assert_eq!(schema["properties"]["fps"]["maximum"], 1000.0);
    }
}

#[test]
fn a_plugin_that_cannot_be_had_is_refused_with_the_way_out() {
    let library = Library::new();
    library.put("broken", b"");
    let refusal = |name: &str| {
        library.plugins.resolve(&PluginRef::Name(name.into()), PluginKind::Sink, &[]).unwrap_err()
    };
    let broken = refusal("broken");
    assert_eq!(broken.message, format!("{}: it is empty", library.path("broken").display()));
    assert_eq!(broken.helps, ["build or copy it again"]);
    let missing = refusal("broke");
    assert!(missing.notes[0].contains("libmutoscope_plugin_broke.so"), "{missing:?}");
    assert!(missing.helps[0].contains("broken"), "{missing:?}");
    assert!(refusal("my camera").message.contains("no plugin's name"));
}

#[test]
fn only_libraries_that_can_be_loaded_are_proposed() {
    let (library, own) = (Library::new(), Library::new());
    library.put("broken", b"");
    library.put("good", &fixture("good"));
    own.put("panics", &fixture("panics"));
    assert_eq!(library.plugins.names(PluginKind::Source, &[own.folder()]), ["good", "panics"]);
}
