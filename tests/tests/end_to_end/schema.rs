//! The JSON Schema of pipeline files.

use crate::pipelines;
use mutoscope_tests::{Installation, Program, in_repository};
use serde_json::{Value, json};

fn schema() -> Value {
    let ended = Program::new(["schema"]).output().expect(0);
    assert_eq!(ended.stderr, "");
    serde_json::from_str(&ended.stdout).unwrap()
}

/// A pipeline file, read by another reader of YAML than the program's.
fn parse(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn every_shipped_pipeline_is_valid() {
    let schema = schema();
    jsonschema::meta::validate(&schema).expect("it is a schema");
    let validator = jsonschema::validator_for(&schema).unwrap();
    for file in pipelines::all() {
        let pipeline = parse(&std::fs::read_to_string(&file).unwrap());
        let errors: Vec<_> = validator.iter_errors(&pipeline).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
}

#[test]
fn what_is_misspelt_is_not() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let good = json!({
        "source": { "plugin": "simulated", "fps": 5 },
        "transforms": [{ "plugin": "rotate", "angle": 90 }],
        "on_failure": { "restarts": 5 },
        "sink": { "plugin": "mjpeg", "listen": "127.0.0.1:8080" },
    });
    assert!(validator.is_valid(&good));
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut file = good.clone();
        change(&mut file);
        assert!(!validator.is_valid(&file), "{file}");
    };
    wrong(&|file| file["source"]["fsp"] = json!(5));
    wrong(&|file| file["source"]["fps"] = json!("fast"));
    wrong(&|file| file["source"]["plugin"] = json!("simulatd"));
    wrong(&|file| file["transforms"][0]["angle"] = json!(45));
    wrong(&|file| file["on_failure"] = json!("never"));
    wrong(&|file| file["timeout_ms"] = json!("3s"));
    wrong(&|file| file["sinc"] = json!({ "plugin": "mjpeg" }));
    wrong(&|file| _ = file.as_object_mut().unwrap().remove("sink"));
}

#[test]
fn the_one_in_the_repository_is_that_of_the_program() {
    let path = in_repository("docs/pipeline.schema.json");
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        serde_json::from_str::<Value>(&kept).is_ok_and(|kept| kept == schema()),
        "an option or its text has changed: `{} schema > {}`",
        Installation::shared().program.display(),
        path.display()
    );
}
