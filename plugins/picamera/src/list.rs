//! The cameras that the program knows of.

use crate::child::Child;
use mutoscope_plugin::serde_json::{Map, Value, json};
use mutoscope_plugin::{Device, Error, Result};
use rustix::event::{EventfdFlags, eventfd};
use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

/// The time limit for the program.
const PATIENCE: Duration = Duration::from_secs(10);
/// The greatest length of its output, in bytes.
const MAX_TEXT: usize = 256 << 10;

/// The cameras that `program` lists.
///
/// # Errors
/// It cannot be started, or does not come to an end.
pub(crate) fn devices(program: &Path) -> Result<Vec<Device>> {
    let mut child = Child::start(program, &["--list-cameras".into()])?;
    // Only the time limit stops this.
    let never = eventfd(0, EventfdFlags::CLOEXEC)?;
    let until = Instant::now() + PATIENCE;
    let (mut text, mut errors) = (Vec::new(), Vec::new());
    let mut piece = [0; 4096];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || text.len() + errors.len() > MAX_TEXT {
            let name = program.display();
            return Err(Error::new(format!("`{name} --list-cameras` does not come to its end")));
        }
        let ready = child.wait(never.as_fd(), Some(left))?;
        if ready.output
            && let Some(pipe) = &mut child.output
        {
            match pipe.read(&mut piece)? {
                0 => child.output = None,
                count => text.extend(&piece[..count]),
            }
        }
        if ready.errors
            && let Some(pipe) = &mut child.errors
        {
            match pipe.read(&mut piece)? {
                0 => child.errors = None,
                count => errors.extend(&piece[..count]),
            }
        }
        let silent = !ready.output && !ready.errors;
        if ready.ended && silent {
            break;
        }
    }
    child.end(Duration::ZERO);
    // Old programs list on their standard error.
    let found = parse(&String::from_utf8_lossy(&text));
    Ok(if found.is_empty() { parse(&String::from_utf8_lossy(&errors)) } else { found })
}

/// Reads lines such as `0 : imx708 [4608x2592 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx708@1a)`, and the modes after them.
pub(crate) fn parse(text: &str) -> Vec<Device> {
    let mut devices: Vec<Device> = Vec::new();
    for line in text.lines() {
        if let Some(device) = camera(line) {
            devices.push(device);
        } else if let Some(Device { details, .. }) = devices.last_mut()
            && let Some((modes, at)) = line.rsplit_once(" [")
            && at.contains(" fps")
        {
            let mode = modes.split_whitespace().last().unwrap_or_default();
            let rate = at.split(" fps").next().unwrap_or_default();
            let modes = details.entry("modes").or_insert_with(|| json!([]));
            if let Value::Array(modes) = modes {
                modes.push(json!(format!("{mode} at {rate} fps")));
            }
        }
    }
    devices
}

fn camera(line: &str) -> Option<Device> {
    let (number, rest) = line.split_once(" : ")?;
    let number: u32 = number.trim().parse().ok()?;
    let name = rest.split_whitespace().next()?.to_owned();
    let mut details = Map::new();
    let between = |open, close| Some(rest.split_once(open)?.1.split_once(close)?.0.to_owned());
    if let Some(sensor) = between('[', ']') {
        details.insert("sensor".into(), sensor.into());
    }
    if let Some(path) = between('(', ')') {
        details.insert("path".into(), path.into());
    }
    Some(Device::new(name, json!({ "camera": number })).details(details))
}
