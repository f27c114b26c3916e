//! The rules for every plugin.

use mutoscope_plugin::serde_json::json;
use mutoscope_plugin::testing::Conformance;

#[test]
fn it_keeps_what_every_plugin_must_keep() {
    Conformance::of(mutoscope_plugin_mjpeg::plugin()).options(json!({ "listen": "127.0.0.1:0" })).check();
}
