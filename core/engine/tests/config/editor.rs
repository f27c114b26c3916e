//! The schema of pipeline files, as an editor uses it.

use mutoscope_engine::config::pipeline_schema;
use serde_json::{Value, json};

use crate::fake::documented;

fn validator() -> jsonschema::Validator {
    let schema = pipeline_schema(&documented());
    jsonschema::draft202012::meta::validate(&schema).expect("it is a schema");
    jsonschema::validator_for(&schema).expect("its references lead somewhere")
}

#[test]
fn good_files_are_good() {
    let validator = validator();
    let sink = json!({ "plugin": "mjpeg", "listen": "127.0.0.1:8080" });
    let files = [
        json!({ "source": { "plugin": "simulated", "fps": 10 }, "transforms": [{ "plugin": "resize", "width": 640, "fit": "cover" }], "sink": sink }),
        json!({ "source": { "plugin": "simulated", "width": "${W:-640}", "loop": "${L}" }, "transforms": null, "sinks": [sink] }),
        json!({
                   "streams": {
        "porch": { "source": { "plugin": "v4l2", "device": "/dev/video0" }, "max_fps": 5, "timeout_ms": "${T}", "idle_timeout_s": 0.5, "warm_up_ms": 100 },
                       "lab": { "source": { "plugin": "simulated" }, "always_on": true, "on_failure": "${F:-stop}" },
                       "small": { "from": "porch", "timeout_ms": 500, "on_failure": { "restarts": "${N}" }, "transforms": [{ "plugin": "timestamp", "position": { "x": 1, "y": 2 }, "zones": [{ "name": "a", "shape": { "kind": "circle", "radius": 2 } }] }] },
                   },
                   "sinks": [{ "plugin": "mjpeg", "streams": ["porch"], "password": { "file": "secret" } }],
                   "threads": 2,
                   "plugin_path": "plugins",
               }),
        json!({ "source": { "plugin": "simulated" }, "timeout_ms": 500, "on_failure": "restart", "always_on": false, "sink": sink }),
        json!({ "source": { "plugin": "./libmine.so", "anything": 5 }, "sink": sink }),
        json!({ "source": { "plugin": "my_camera", "anything": 5 }, "sink": sink }),
    ];
    for file in files {
        let errors: Vec<_> =
            validator.iter_errors(&file).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{file:#}\n{errors:#?}");
    }
}

#[test]
fn bad_files_are_bad_where_they_are_bad() {
    let validator = validator();
    let sink = json!({ "plugin": "mjpeg" });
    let source = json!({ "plugin": "simulated" });
    let cases: [(Value, &str); 19] = [
        (json!({ "source": { "plugin": "simulated", "fsp": 5 }, "sink": sink }), "/source"),
        (json!({ "source": { "plugin": "simulated", "width": "wide" }, "sink": sink }), "/source/width"),
        (json!({ "source": { "plugin": "simulatd" }, "sink": sink }), "/source/plugin"),
        (json!({ "source": { "plugin": "resize" }, "sink": sink }), "/source/plugin"),
        (json!({ "source": { "fps": 5 }, "sink": sink }), "/source"),
        (json!({ "source": { "plugin": "v4l2" }, "sink": sink }), "/source"),
        (
            json!({ "source": source, "transforms": [{ "plugin": "resize", "fit": "none" }], "sink": sink }),
            "/transforms/0/fit",
        ),
        (json!({ "source": source, "timeout_ms": 99, "sink": sink }), "/timeout_ms"),
        (json!({ "source": source, "idle_timeout_s": -1, "sink": sink }), "/idle_timeout_s"),
        (json!({ "source": source, "warm_up_ms": 0.5, "sink": sink }), "/warm_up_ms"),
        (json!({ "source": source, "always_on": "yes", "sink": sink }), "/always_on"),
        (json!({ "source": source, "on_failure": { "restarts": 0 }, "sink": sink }), "/on_failure"),
        (json!({ "streams": { "a": { "source": source } }, "timeout_ms": 500, "sink": sink }), "/timeout_ms"),
        (
            json!({ "streams": { "a": { "source": source }, "b": { "from": "a", "always_on": true } }, "sink": sink }),
            "/streams/b/always_on",
        ),
        (json!({ "source": source, "sink": sink, "sinks": [sink] }), ""),
        (json!({ "source": source, "streams": { "a": { "source": source } }, "sink": sink }), ""),
        (json!({ "streams": { "Front Door": { "source": source } }, "sink": sink }), "/streams"),
        (json!({ "streams": { "a": { "source": source, "from": "b" } }, "sink": sink }), "/streams/a"),
        (json!({ "source": source, "sink": { "plugin": "mjpeg", "streams": "porch" } }), "/sink/streams"),
    ];
    for (file, place) in cases {
        let places: Vec<_> = validator.iter_errors(&file).map(|e| e.instance_path().to_string()).collect();
        assert!(places.iter().any(|p| p == place), "{file}: {places:?}");
    }
}

/// An editor shows the words that the author wrote.
#[test]
fn descriptions_are_kept() {
    let schema = pipeline_schema(&documented());
    let options = &schema["$defs"]["source.simulated"];
    assert_eq!(options["description"], "The source called simulated.");
    assert_eq!(options["properties"]["fps"]["description"], "Pictures per second.");
    assert_eq!(
        schema["$defs"]["transform.resize"]["properties"]["fit"]["description"],
        "How the picture is fitted."
    );
    for properties in [&schema["properties"], &schema["$defs"]["stream"]["properties"]] {
        for key in ["max_fps", "timeout_ms", "idle_timeout_s", "warm_up_ms", "always_on", "on_failure"] {
            assert!(properties[key]["description"].is_string(), "{key}");
        }
        assert_eq!(properties["idle_timeout_s"]["default"], 10);
    }
}
