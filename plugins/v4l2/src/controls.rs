//! A camera's controls: brightness, exposure, and whatever else its driver has.

use crate::kernel::{self, Plain, text};
use crate::node::Node;
use mutoscope_plugin::serde_json::{Map, Value, json};
use mutoscope_plugin::{Error, Result, tracing};
use std::io;

/// A control as the driver describes it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Control {
    pub(crate) id: u32,
    /// As `v4l2-ctl -L` prints it.
    pub(crate) name: String,
    pub(crate) kind: ControlKind,
    pub(crate) minimum: i64,
    pub(crate) maximum: i64,
    pub(crate) step: u64,
    pub(crate) default: i64,
    pub(crate) flags: u32,
    /// The entries of a menu.
    pub(crate) entries: Vec<(i64, String)>,
}

/// The values that a control takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ControlKind {
    Integer,
    Boolean,
    Menu,
    Button,
    Bitmask,
    /// A text, a list, a 64-bit number: nothing that a webcam has.
    Other,
}

/// A value for a control.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) id: u32,
    pub(crate) value: i32,
}

/// The controls that a device has.
pub(crate) fn of(node: &Node) -> Vec<Control> {
    let mut controls: Vec<Control> = Vec::new();
    let mut id = 0;
    // A driver that always has one more would hold us for good.
    while controls.len() < 1024 {
        let mut described = kernel::ControlDescription {
            id: id | kernel::NEXT_CONTROL,
            ..kernel::ControlDescription::zeroed()
        };
        if node.ask(&kernel::QUERY_EXT_CTRL, &mut described).is_err() || described.id <= id {
            break;
        }
        id = described.id;
        // Class 6 is a headline.
        if described.kind == 6 || described.flags & kernel::DISABLED != 0 {
            continue;
        }
        let kind = match described.kind {
            1 => ControlKind::Integer,
            2 => ControlKind::Boolean,
            3 | 9 => ControlKind::Menu,
            4 => ControlKind::Button,
            8 => ControlKind::Bitmask,
            _ => ControlKind::Other,
        };
        let entries = if kind == ControlKind::Menu { entries(node, &described) } else { Vec::new() };
        controls.push(Control {
            id,
            name: name(&text(&described.name)),
            kind,
            minimum: described.minimum,
            maximum: described.maximum,
            step: described.step,
            default: described.default,
            flags: described.flags,
            entries,
        });
    }
    controls
}

fn entries(node: &Node, described: &kernel::ControlDescription) -> Vec<(i64, String)> {
    let last = described.maximum.min(described.minimum + 255);
    let entry = |index: i64| {
        let mut item = kernel::MenuItem {
            id: described.id,
            index: u32::try_from(index).ok()?,
            ..kernel::MenuItem::zeroed()
        };
        // A menu may have holes.
        node.ask(&kernel::QUERYMENU, &mut item).ok()?;
        let [a, b, c, d, e, f, g, h, ..] = item.name;
        // A menu of numbers (type 9) holds one in place of the name.
        let number = || i64::from_ne_bytes([a, b, c, d, e, f, g, h]).to_string();
        Some((index, if described.kind == 9 { number() } else { text(&item.name) }))
    };
    (described.minimum..=last).filter_map(entry).collect()
}

/// `Exposure Time, Absolute` is `exposure_time_absolute`.
fn name(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

/// The settings that the file asks for, in its order, each held against what the device says of it.
///
/// # Errors
/// A control that is not there, or a value that it cannot have.
pub(crate) fn settings(asked: &Map<String, Value>, controls: &[Control]) -> Result<Vec<Setting>> {
    asked.iter().map(|(name, value)| setting(name, value, controls)).collect()
}

fn setting(name: &str, value: &Value, controls: &[Control]) -> Result<Setting> {
    let refused = |why: String| Error::option(format!("controls.{name}"), why);
    let Some(control) = controls.iter().find(|control| control.name == name) else {
        let nearest = controls
            .iter()
            .map(|control| (strsim::jaro_winkler(&control.name, name), &control.name))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = match nearest {
            Some((_, nearest)) => format!("did you mean `{nearest}`?"),
            None if controls.is_empty() => "it has none".to_owned(),
            None => {
                let names: Vec<_> = controls.iter().map(|control| control.name.as_str()).collect();
                format!("it has: {}", names.join(", "))
            }
        };
        return Err(refused(format!("the camera has no control `{name}`; {hint}")));
    };
    let value = control.value(value).map_err(refused)?;
    Ok(Setting { name: name.to_owned(), id: control.id, value })
}

impl Control {
    /// The number for what the file says.
    fn value(&self, value: &Value) -> std::result::Result<i32, String> {
        let name = &self.name;
        if self.flags & kernel::READ_ONLY != 0 {
            return Err(format!("`{name}` can be read only"));
        }
        let number = match (self.kind, value) {
            (ControlKind::Other, _) => {
                return Err(format!("`{name}` takes no plain number, which is all that can be set here"));
            }
            (ControlKind::Menu, Value::String(text)) => {
                let entry = self.entries.iter().find(|(_, entry)| entry.eq_ignore_ascii_case(text));
                entry
                    .map(|(index, _)| *index)
                    .ok_or_else(|| format!("`{name}` has no `{text}`; it has: {}", self.menu()))?
            }
            (ControlKind::Boolean | ControlKind::Button, Value::Bool(on)) => i64::from(*on),
            (ControlKind::Boolean, Value::Number(number)) if matches!(number.as_i64(), Some(0 | 1)) => {
                number.as_i64().unwrap_or_default()
            }
            (ControlKind::Boolean, other) => return Err(format!("`{name}` is true or false, not {other}")),
            (_, Value::Number(number)) if number.is_i64() => number.as_i64().unwrap_or_default(),
            (ControlKind::Menu, other) => {
                return Err(format!("`{name}` has no {other}; it has: {}", self.menu()));
            }
            (_, other) => return Err(format!("`{name}` takes a whole number, not {other}")),
        };
        match self.kind {
            ControlKind::Menu if self.entries.iter().any(|(index, _)| *index == number) => {}
            ControlKind::Menu => return Err(format!("`{name}` has no {number}; it has: {}", self.menu())),
            ControlKind::Integer => self.within(number)?,
            _ => {}
        }
        // Bit masks use the sign as one more bit.
        i32::try_from(number)
            .or_else(|_| u32::try_from(number).map(|bits| bits as i32))
            .map_err(|_| format!("{number} does not fit into `{name}`"))
    }

    fn within(&self, number: i64) -> std::result::Result<(), String> {
        let (name, least, most, step) = (&self.name, self.minimum, self.maximum, self.step);
        let steps = if step > 1 { format!(" in steps of {step}") } else { String::new() };
        let fits = (least..=most).contains(&number) && (step <= 1 || number.abs_diff(least) % step == 0);
        if fits {
            Ok(())
        } else {
            Err(format!("`{name}` goes from {least} to {most}{steps}, and {number} is none of it"))
        }
    }

    fn menu(&self) -> String {
        self.entries.iter().map(|(index, text)| format!("{index} ({text})")).collect::<Vec<_>>().join(", ")
    }

    /// The current value; `None` if it cannot be read.
    fn now(&self, node: &Node) -> Option<i32> {
        if self.flags & kernel::WRITE_ONLY != 0
            || matches!(self.kind, ControlKind::Button | ControlKind::Other)
        {
            return None;
        }
        let mut control = kernel::Control { id: self.id, value: 0 };
        node.ask(&kernel::G_CTRL, &mut control).ok().map(|()| control.value)
    }

    /// As `mutoscope devices` shows it.
    pub(crate) fn described(&self, node: &Node) -> Value {
        let kind = match self.kind {
            ControlKind::Integer => "integer",
            ControlKind::Boolean => "boolean",
            ControlKind::Menu => "menu",
            ControlKind::Button => "button",
            ControlKind::Bitmask => "bitmask",
            ControlKind::Other => "other",
        };
        let mut described = json!({ "type": kind });
        match self.kind {
            ControlKind::Integer => {
                described["minimum"] = self.minimum.into();
                described["maximum"] = self.maximum.into();
                described["step"] = self.step.into();
            }
            ControlKind::Menu => described["entries"] = self.menu().into(),
            _ => {}
        }
        if !matches!(self.kind, ControlKind::Button | ControlKind::Other) {
            described["default"] = self.default.into();
        }
        if let Some(now) = self.now(node) {
            described["value"] = now.into();
        }
        if self.flags & kernel::READ_ONLY != 0 {
            described["read_only"] = true.into();
        }
        if self.flags & kernel::INACTIVE != 0 {
            described["inactive"] = true.into();
        }
        described
    }
}

/// The settings that bring a device from `old` to `new`: what is new or different, and the device's own value for what the
/// file does not name any more.
pub(crate) fn change(old: &[Setting], new: &[Setting], controls: &[Control]) -> Vec<Setting> {
    let gone = old.iter().filter(|old| new.iter().all(|new| new.id != old.id));
    let back = gone.filter_map(|old| {
        let control =
            controls.iter().find(|control| control.id == old.id && control.kind != ControlKind::Button)?;
        Some(Setting { value: i32::try_from(control.default).ok()?, ..old.clone() })
    });
    back.chain(new.iter().filter(|new| !old.contains(new)).cloned()).collect()
}

/// The names of settings that have no effect now, by what the device says of its controls after they were set.
pub(crate) fn without_effect<'a>(settings: &'a [Setting], controls: &[Control]) -> Vec<&'a str> {
    let is_inactive =
        |id| controls.iter().any(|control| control.id == id && control.flags & kernel::INACTIVE != 0);
    settings.iter().filter(|set| is_inactive(set.id)).map(|set| set.name.as_str()).collect()
}

/// The reason for which a control was not set.
pub(crate) enum Unset {
    /// The driver does not take the value.
    Refused(Error),
    /// The device failed.
    Failed(io::Error),
}

/// Sets controls, one after the other.
pub(crate) fn set(node: &Node, settings: &[Setting]) -> std::result::Result<(), Unset> {
    for Setting { name, id, value } in settings {
        let mut control = kernel::Control { id: *id, value: *value };
        let Err(error) = node.ask(&kernel::S_CTRL, &mut control) else {
            // The driver says what it made of it.
            if control.value != *value {
                tracing::warn!("told `{name}: {value}`, the camera is set to {}", control.value);
            }
            continue;
        };
        return Err(match error.raw_os_error() {
            Some(libc::EINVAL | libc::ERANGE | libc::EACCES | libc::EBUSY | libc::EPERM) => {
                Unset::Refused(Error::option(
                    format!("controls.{name}"),
                    format!(
                        "the camera does not take {value} for `{name}` ({error}); some controls can be set only after another one, \
                     such as the automatic one, was turned off: controls are set in the order of the file"
                    ),
                ))
            }
            _ => Unset::Failed(error),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> Vec<Control> {
        let control = |id, name: &str, kind, minimum, maximum, step, entries: &[(i64, &str)]| Control {
            id,
            name: name.into(),
            kind,
            minimum,
            maximum,
            step,
            default: minimum,
            flags: 0,
            entries: entries.iter().map(|(index, text)| (*index, (*text).to_owned())).collect(),
        };
        vec![
            control(1, "brightness", ControlKind::Integer, -64, 64, 1, &[]),
            control(
                2,
                "auto_exposure",
                ControlKind::Menu,
                0,
                3,
                1,
                &[(1, "Manual Mode"), (3, "Aperture Priority Mode")],
            ),
            control(3, "exposure_time_absolute", ControlKind::Integer, 10, 5000, 10, &[]),
            control(4, "white_balance_automatic", ControlKind::Boolean, 0, 1, 1, &[]),
            Control {
                flags: kernel::READ_ONLY,
                ..control(5, "temperature", ControlKind::Integer, 0, 100, 1, &[])
            },
        ]
    }

    fn asked(json: &str) -> Result<Vec<(u32, i32)>> {
        let asked = mutoscope_plugin::serde_json::from_str(json).unwrap();
        Ok(settings(&asked, &camera())?.iter().map(|setting| (setting.id, setting.value)).collect())
    }

    #[test]
    fn names_are_those_of_v4l2_ctl() {
        assert_eq!(name("Exposure Time, Absolute"), "exposure_time_absolute");
        assert_eq!(name("White Balance, Auto & Preset"), "white_balance_auto_preset");
        assert_eq!(name("Gain"), "gain");
    }

    #[test]
    fn they_are_set_in_the_order_of_the_file() {
        let json = r#"{"white_balance_automatic":false,"auto_exposure":"manual mode","exposure_time_absolute":250,"brightness":-3}"#;
        assert_eq!(asked(json).unwrap(), [(4, 0), (2, 1), (3, 250), (1, -3)]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        for (json, path, words) in [
            (r#"{"brightness":65}"#, "controls.brightness", "goes from -64 to 64, and 65"),
            (r#"{"exposure_time_absolute":15}"#, "controls.exposure_time_absolute", "in steps of 10"),
            (r#"{"brightnes":1}"#, "controls.brightnes", "did you mean `brightness`?"),
            (r#"{"zoom":1}"#, "controls.zoom", "it has: brightness, auto_exposure"),
            (
                r#"{"auto_exposure":2}"#,
                "controls.auto_exposure",
                "it has: 1 (Manual Mode), 3 (Aperture Priority Mode)",
            ),
            (r#"{"auto_exposure":"sun"}"#, "controls.auto_exposure", "no `sun`"),
            (r#"{"white_balance_automatic":2}"#, "controls.white_balance_automatic", "true or false"),
            (r#"{"brightness":"high"}"#, "controls.brightness", "a whole number"),
            (r#"{"temperature":20}"#, "controls.temperature", "read only"),
        ] {
            let error = asked(json).unwrap_err();
            assert_eq!(error.option_path(), path);
            assert!(error.message().contains(words), "{error}");
        }
    }

    #[test]
    fn settings_that_another_control_rules_are_told() {
        let mut controls = camera();
        let asked = mutoscope_plugin::serde_json::from_str(r#"{"brightness":1,"exposure_time_absolute":20}"#)
            .unwrap();
        let settings = settings(&asked, &controls).unwrap();
        assert_eq!(without_effect(&settings, &controls), [""; 0]);
        controls[2].flags |= kernel::INACTIVE;
        assert_eq!(without_effect(&settings, &controls), ["exposure_time_absolute"]);
    }

    #[test]
    fn a_change_sets_what_differs_and_takes_back_what_is_gone() {
        let settings =
            |json| settings(&mutoscope_plugin::serde_json::from_str(json).unwrap(), &camera()).unwrap();
        let old = settings(r#"{"brightness":10,"exposure_time_absolute":20}"#);
        let new = settings(r#"{"brightness":10,"white_balance_automatic":true}"#);
        let change: Vec<_> = change(&old, &new, &camera()).iter().map(|set| (set.id, set.value)).collect();
        assert_eq!(change, [(3, 10), (4, 1)]);
    }
}
