//! The cameras on this machine, as `mutoscope devices` lists them.

use crate::controls;
use crate::find::{Listed, Places};
use crate::kernel::{self, text};
use crate::modes::{self, CaptureMode, Modes, rounded};
use crate::node::{self, Node};
use mutoscope_plugin::serde_json::{Map, Value, json};
use mutoscope_plugin::{Device, Size};
use std::io;

/// Sizes that a device with a span of them is asked about.
const USUAL: [Size; 5] = [
    Size::new(320, 240),
    Size::new(640, 480),
    Size::new(1280, 720),
    Size::new(1920, 1080),
    Size::new(3840, 2160),
];

/// All of them. One that cannot be opened is listed with the reason.
pub(crate) fn devices() -> Vec<Device> {
    let places = Places::default();
    places.list().iter().filter_map(|listed| device(&places, listed)).collect()
}

fn device(places: &Places, listed: &Listed) -> Option<Device> {
    let by_id = places.by_id(&listed.path);
    let by_id = by_id.as_ref().map(|link| link.display().to_string());
    let path = listed.path.display().to_string();
    let mut details = Map::new();
    details.insert("path".into(), path.clone().into());
    details.extend(by_id.clone().map(|link| ("by_id".to_owned(), link.into())));
    details.insert("card".into(), listed.card.clone().into());
    match describe(listed, &mut details) {
        Ok(true) => {}
        // Metadata, an output, a radio.
        Ok(false) => return None,
        Err(error) => {
            details
                .insert("trouble".into(), crate::trouble::opening(&listed.path, &error).to_string().into());
        }
    }
    let options = json!({ "device": by_id.unwrap_or(path) });
    let name = details.get("card").and_then(Value::as_str).unwrap_or(&listed.card).to_owned();
    Some(Device::new(name, options).details(details))
}

/// Adds what the device says; `false` if it is no camera.
fn describe(listed: &Listed, details: &mut Map<String, Value>) -> io::Result<bool> {
    let node = Node::open(&listed.path)?;
    let capability = node.capability()?;
    let abilities = node::abilities(&capability);
    if abilities & kernel::CAN_CAPTURE == 0 || abilities & kernel::CAN_STREAM == 0 {
        return Ok(false);
    }
    details.insert("card".into(), text(&capability.card).into());
    details.insert("driver".into(), text(&capability.driver).into());
    details.insert("bus".into(), text(&capability.bus).into());
    let modes = Modes::of(&node);
    let formats = modes.formats.iter().map(|mode| (mode.pixel.name.to_owned(), sizes(&node, mode)));
    details.insert("formats".into(), Value::Object(formats.collect()));
    if !modes.foreign.is_empty() {
        details.insert("other_formats".into(), modes.foreign.into());
    }
    let controls = controls::of(&node);
    let controls = controls.iter().map(|control| (control.name.clone(), control.described(&node)));
    details.insert("controls".into(), Value::Object(controls.collect()));
    Ok(true)
}

/// The sizes of a format, each with its rates.
fn sizes(node: &Node, mode: &CaptureMode) -> Value {
    let mut sizes = Map::new();
    for span in &mode.sizes {
        let usual = USUAL.iter().copied().filter(|size| span.has(*size));
        let ends = [span.least, span.most];
        for size in ends.into_iter().take(1).chain(usual).chain(ends.into_iter().skip(1)) {
            let rates = modes::rates(node, mode.pixel.code, size);
            let rates = rates.iter().flat_map(|rates| match rates.slowest == rates.fastest {
                true => vec![rounded(rates.fastest).into()],
                false => vec![Value::from(rates.to_string())],
            });
            sizes.insert(size.to_string(), rates.collect());
        }
    }
    Value::Object(sizes)
}
