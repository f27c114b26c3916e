//! The options in the pipeline file, through the tables that the host calls.

use mutoscope_plugin::serde_json::{Value, from_str, from_value, json};
use mutoscope_plugin::testing::TestHost;

/// The names in the first column of the README's table under this heading.
fn documented(heading: &str) -> Vec<String> {
    let text = include_str!("../../README.md");
    let (_, after) = text.split_once(heading).unwrap();
    let part = after.split("\n## ").next().unwrap();
    let cells = part.lines().filter(|line| line.starts_with("| `")).filter_map(|row| row.split('|').nth(1));
    let mut names: Vec<_> = cells.map(|cell| cell.trim().trim_matches('`').to_owned()).collect();
    names.sort();
    names
}

#[test]
fn each_option_is_described_in_the_readme() {
    let plugin = crate::plugin();
    for (schema, heading) in
        [(plugin.sink().unwrap().schema(), "\n## Light"), (plugin.transform().unwrap().schema(), "\n## Gate")]
    {
        let schema: Value = from_str(&schema).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        let mut names: Vec<_> = properties.keys().cloned().collect();
        names.sort();
        assert_eq!(names, documented(heading));
        assert_eq!(schema["required"], json!(["pin"]));
    }
}

#[test]
fn what_is_left_out_is_as_the_readme_says() {
    let gate: crate::GateOptions = from_value(json!({ "pin": 17 })).unwrap();
    let all = json!({ "pin": 17, "active_low": false, "pull": "off", "hold_s": 10, "debounce_ms": 50 });
    assert_eq!(gate, from_value(all).unwrap());
    let light: crate::LightOptions = from_value(json!({ "pin": 27 })).unwrap();
    let all = json!({ "pin": 27, "while": "watched", "active_low": false });
    assert_eq!(light, from_value(all).unwrap());
    assert!(from_value::<crate::LightOptions>(json!({ "pin": 27, "while": "lit" })).is_err());
}

#[test]
fn where_there_are_no_pins_opening_says_so() {
    // On a Raspberry Pi this would take pins that may be in use.
    if rppal::system::DeviceInfo::new().is_ok() {
        return;
    }
    let (plugin, stand) = (crate::plugin(), TestHost::new());
    let options = json!({ "pin": 17 }).to_string();
    let sink = plugin.sink().unwrap().open(&options, stand.host()).err().unwrap();
    let transform = plugin.transform().unwrap().open(&options, stand.host()).err().unwrap();
    for refused in [sink, transform] {
        assert_eq!(refused.option, "pin");
        assert_eq!(
            refused.message,
            "this machine is not a Raspberry Pi, or none that is known, so there is no GPIO 17: leave the plugin `gpio` out \
             here"
        );
    }
}
