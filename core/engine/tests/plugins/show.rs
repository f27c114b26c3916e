//! What a plugin says about itself.

use crate::support::{Library, fixture};
use mutoscope_engine::plugins::Description;
use serde_json::json;

#[test]
fn a_plugin_tells_its_kinds_options_formats_and_versions() {
    let library = Library::new();
    library.put("good", &fixture("good"));
    let description = Description::of(&library.load("good"));
    let shown = serde_json::to_value(&description).unwrap();
    assert_eq!(shown["name"], "good");
    assert_eq!(shown["abi"], mutoscope_plugin::abi::ABI);
    assert!(shown["rustc"].as_str().unwrap().starts_with("rustc "));
    let [source, transform, sink] = description.kinds.as_slice() else { panic!("three kinds") };
    assert_eq!((source.kind, transform.kind, sink.kind), ("source", "transform", "sink"));

    let fps = source.options.iter().find(|option| option.name == "fps").unwrap();
    assert_eq!(
        serde_json::to_value(fps).unwrap(),
        json!({
            "name": "fps", "type": "number", "unit": "pictures per second", "required": false, "default": 10.0,
            "minimum": 0.1, "maximum": 1000.0, "description": "Pictures per second.",
        })
    );
    assert_eq!(source.formats, ["YUV 4:2:0 64x48 at 10 fps"]);
    assert!(transform.formats.contains(&"grey to grey".to_owned()), "{:?}", transform.formats);

    let option = |name: &str| sink.options.iter().find(|option| option.name == name).unwrap();
    assert_eq!((option("path").kind.as_str(), option("path").required), ("path", true));
    assert_eq!(option("accepts").choices, ["anything", "jpeg", "planes"]);
    assert_eq!(option("accepts").default, Some(json!("anything")));
    // It cannot answer without its path.
    assert!(sink.formats.is_empty() && sink.formats_unknown.as_ref().unwrap().contains("path"));
}
