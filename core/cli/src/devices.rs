//! `mutoscope devices`.

use crate::exit::{Exit, failed, print};
use crate::file::plugins;
use crate::plugins::ask_elsewhere;
use clap::Args;
use mutoscope_engine::ask::Question;
use mutoscope_engine::printable;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt::Write;
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Arguments of `devices`.
#[derive(Args)]
pub struct Devices {
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Ask one library, and answer as JSON; the command runs this in a process of its own.
    #[arg(long, hide = true, value_name = "PATH")]
    of: Option<PathBuf>,
    /// Open a source: the question comes on standard input, a socket, and the answer goes back there; `check --devices` and
    /// `explain --devices` run this in a process of its own.
    #[arg(long, hide = true)]
    open: bool,
}

/// A device as a plugin tells of it.
#[derive(Serialize, Deserialize)]
struct Device {
    name: String,
    options: Value,
    #[serde(default)]
    details: Map<String, Value>,
}

/// A device, and the plugin that can open it.
#[derive(Serialize)]
struct Found {
    plugin: String,
    #[serde(flatten)]
    device: Device,
    /// The line for a pipeline file.
    source: String,
}

impl Devices {
    pub fn run(&self) -> Result<Exit, Exit> {
        if let Some(path) = &self.of {
            let loaded = plugins()?.load_file(path).map_err(failed)?;
            let devices = match loaded.plugin.source() {
                Some(source) => source.devices().map_err(failed)?,
                None => Vec::new(),
            };
            let json = serde_json::to_string(&devices).map_err(failed)?;
            print(format_args!("{json}\n"))?;
            return Ok(Exit::Done);
        }
        if self.open {
            return open();
        }
        let (found, asked) = ask_all()?;
        if self.json {
            let json = serde_json::to_string_pretty(&found).map_err(failed)?;
            print(format_args!("{json}\n"))?;
        } else if found.is_empty() {
            print(format_args!("no devices found; asked: {}\n", asked.join(", ")))?;
        } else {
            let shown: Vec<_> = found.iter().map(shown).collect();
            print(shown.join("\n"))?;
        }
        Ok(Exit::Done)
    }
}

/// Answers the question on standard input, there.
fn open() -> Result<Exit, Exit> {
    let mut asked = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().map_err(failed)?);
    let mut question = String::new();
    asked.read_to_string(&mut question).map_err(failed)?;
    let question: Question = serde_json::from_str(&question).map_err(failed)?;
    let answer = serde_json::to_string(&question.answer(&plugins()?)).map_err(failed)?;
    writeln!(asked, "{answer}").map_err(failed)?;
    // A source that does not return is still at work.
    Exit::Done.at_once()
}

/// Asks every source on the search path, each in a process of its own; and gives the names of those that were asked.
fn ask_all() -> Result<(Vec<Found>, Vec<String>), Exit> {
    let (mut found, mut asked) = (Vec::new(), Vec::new());
    for entry in plugins()?.list(&[]) {
        let is_source = entry.header.as_ref().is_ok_and(|header| header.offered().source);
        if !is_source || entry.shadowed_by.is_some() {
            continue;
        }
        let plugin = entry.name.to_string();
        let devices = ask_elsewhere(&["devices", "--of"], &entry.path)
            .and_then(|json| serde_json::from_value::<Vec<Device>>(json).map_err(|error| error.to_string()));
        match devices {
            Ok(devices) => found.extend(devices.into_iter().map(|device| Found {
                source: source_line(&plugin, &device.options),
                plugin: plugin.clone(),
                device,
            })),
            // The others' devices are there all the same.
            Err(why) => tracing::warn!("{plugin} cannot list its devices: {why}"),
        }
        asked.push(plugin);
    }
    Ok((found, asked))
}

/// `source: { plugin: v4l2, device: /dev/video0 }`
fn source_line(plugin: &str, options: &Value) -> String {
    let mut line = format!("source: {{ plugin: {plugin}");
    for (name, value) in options.as_object().into_iter().flatten() {
        // Writing to a String does not fail; so below.
        let _ = write!(line, ", {name}: {}", yaml(value));
    }
    printable::line(&(line + " }")).into_owned()
}

/// A value as it can stand in a line of YAML: plain where that is safe, else as JSON, which YAML takes.
fn yaml(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
            // A word could be a number or `true`; a path cannot.
            let safe = text.starts_with('/') && text.chars().all(plain);
            if safe { text.clone() } else { value.to_string() }
        }
        other => other.to_string(),
    }
}

fn shown(found: &Found) -> String {
    // A device says what it is called: no line of its own making, and none that looks like a `source:` to paste.
    let mut text = format!("{}\n  {}\n", printable::line(&found.device.name), found.source);
    for (name, value) in &found.device.details {
        detail(&mut text, name, value, 2);
    }
    text
}

/// A detail with what is in it: on one line where it is simple, else line by line below its name.
fn detail(text: &mut String, name: &str, value: &Value, indent: usize) {
    let name = printable::line(name);
    match value {
        Value::Object(map) if map.is_empty() => {}
        Value::Object(map) if map.values().any(|value| value.is_object() || value.is_array()) => {
            let _ = writeln!(text, "{:indent$}{name}", "");
            for (name, value) in map {
                detail(text, name, value, indent + 2);
            }
        }
        Value::Object(map) => {
            let fact = |name: &str, value| format!("{} {}", printable::line(name), plain(value));
            let facts: Vec<_> = map.iter().map(|(name, value)| fact(name, value)).collect();
            let _ = writeln!(text, "{:indent$}{name}: {}", "", facts.join(", "));
        }
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(plain).collect();
            let _ = writeln!(text, "{:indent$}{name}: {}", "", values.join(", "));
        }
        other => {
            let _ = writeln!(text, "{:indent$}{name}: {}", "", plain(other));
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => printable::line(text).into_owned(),
        // 30.0 fps are 30.
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        other => printable::line(&other.to_string()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found() -> Found {
        let device = json!({
            "name": "Webcam",
            "options": { "device": "/dev/v4l/by-id/usb-1", "input": "S-Video: 1", "gain": 3 },
            "details": {
                "driver": "uvcvideo",
                "formats": { "mjpg": { "640x480": [30.0, 29.97] } },
                "controls": { "gain": { "type": "integer", "minimum": 0 } },
            },
        });
        let device: Device = serde_json::from_value(device).unwrap();
        Found { plugin: "v4l2".into(), source: source_line("v4l2", &device.options), device }
    }

    #[test]
    fn the_line_can_be_pasted() {
        let line = found().source;
        assert_eq!(
            line,
            r#"source: { plugin: v4l2, device: /dev/v4l/by-id/usb-1, input: "S-Video: 1", gain: 3 }"#
        );
        let word = source_line("x", &json!({ "device": "yes" }));
        assert_eq!(word, r#"source: { plugin: x, device: "yes" }"#);
    }

    #[test]
    fn a_device_that_lies_about_its_name_makes_no_line_and_steers_no_terminal() {
        let evil = "\n  source: { plugin: evil }\u{1b}[8m\u{9b}8m\u{202e}";
        let device = json!({ "name": evil, "options": { "device": evil, evil: 1 }, "details": { evil: { evil: evil } } });
        let device: Device = serde_json::from_value(device).unwrap();
        let found = Found { plugin: "v4l2".into(), source: source_line("v4l2", &device.options), device };
        let text = shown(&found);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(!text.replace('\n', "").chars().any(printable::steers), "{text:?}");
    }

    #[test]
    fn details_are_shown_whatever_they_are() {
        let expected = "Webcam\n  source: { plugin: v4l2, device: /dev/v4l/by-id/usb-1, input: \"S-Video: 1\", gain: 3 }\n  \
                        driver: uvcvideo\n  formats\n    mjpg\n      640x480: 30, 29.97\n  controls\n    gain: type integer, minimum \
                        0\n";
        assert_eq!(shown(&found()), expected);
    }
}
