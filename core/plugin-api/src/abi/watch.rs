//! What crosses, written down in `abi.txt`: a change of it fails here until the number and the changelog are raised.
//!
//! The hash in the header keeps two builds apart that differ; this keeps a change from going unnoticed.

use super::header::{Header, MAGIC, SECTION, SINK, SOURCE, SYMBOL, TRANSFORM};
use super::root::{Plugin, ROOT_SYMBOL};
use super::tables::*;
use super::{ABI, LAYOUT, layout::Written};
use crate::frame::PlaneLayout;
use crate::{
    Accepts, Buffer, Device, Format, FormatHint, Frame, Freshness, Mode, PixelFormat, Scaling, Size,
    SourceCaps, Times,
};
use serde_json::Value;
use std::fmt::Write;
use std::mem::offset_of;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/abi.txt");
const CHANGELOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../CHANGELOG.md");
const WRITE: &str = "MUTOSCOPE_WRITE_ABI";
/// The mark of a line that is not frozen.
const GROWN: char = '+';
const JSON: &str = "JSON of ";

fn written() -> String {
    let mut out = String::from(
        "What crosses between the program and a plugin, on 64-bit machines: offset, size, name and type of every field.\n\
         Written by a test (`core/plugin-api/src/abi/watch.rs`), which says how, when this is not what there is.\n\
         All is frozen under this ABI number but for lines that begin with `+`: fields that a table has grown at its end,\n\
         and that older builds of the same number do not have.\n\n",
    );
    // Writing to a String does not fail.
    let _ = writeln!(out, "ABI {ABI}\nlayout {LAYOUT:016x}\n");
    for Written { name, size, align, fields, grown, is_table } in [
        Format::WRITTEN,
        Times::WRITTEN,
        PlaneLayout::WRITTEN,
        Buffer::WRITTEN,
        Frame::WRITTEN,
        Freshness::WRITTEN,
        FormatHint::WRITTEN,
        Text::WRITTEN,
        Put::WRITTEN,
        Fault::WRITTEN,
        BufferTable::WRITTEN,
        Host::WRITTEN,
        HostTable::WRITTEN,
        SourceTable::WRITTEN,
        TransformTable::WRITTEN,
        SinkTable::WRITTEN,
        header(),
        root(),
    ] {
        let what = if is_table { "table" } else { "struct" };
        let _ = writeln!(out, "{what} {name}: {size} bytes frozen, aligned to {align}");
        let fields = fields.iter().map(|field| (' ', field));
        for (mark, (field, offset, size, kind)) in fields.chain(grown.iter().map(|field| (GROWN, field))) {
            let kind = kind.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(out, "{mark} {offset:4} {size:4}  {field}: {kind}");
        }
        out.push('\n');
    }
    for (name, number) in [
        ("DONE", DONE),
        ("NOTHING", NOTHING),
        ("NOT_THIS_WAY", NOT_THIS_WAY),
        ("RESTART", RESTART),
        ("FAILED", FAILED),
        ("PANICKED", PANICKED),
        ("SOURCE", SOURCE),
        ("TRANSFORM", TRANSFORM),
        ("SINK", SINK),
    ] {
        let _ = writeln!(out, "{name} = {number}");
    }
    let magic = String::from_utf8_lossy(&MAGIC);
    let _ = writeln!(out, "magic {magic}, section {SECTION}, symbols {SYMBOL} and {ROOT_SYMBOL}\n");
    json(&mut out);
    out
}

/// The forms of what is asked once.
fn json(out: &mut String) {
    let format = Format::new(PixelFormat::I420, 640, 480);
    let caps = SourceCaps::format(format).at(25.0).may_end().exclusive(["/dev/video0"]);
    let device = Device::new("Camera", serde_json::json!({}));
    let modes = [
        Mode::new(format, 1.5).named(2, "a name").stateless(),
        Mode::new(format, 0.0).scaling(Scaling::Free),
        Mode::new(format, 0.0).scaling(Scaling::AtLeast(Size::new(2, 1))),
    ];
    let text = |value: serde_json::Result<String>| value.expect("what crosses as JSON");
    for (name, json) in [
        ("SourceCaps", text(serde_json::to_string(&caps))),
        ("SourceCaps", text(serde_json::to_string(&SourceCaps::unknown()))),
        ("devices", text(serde_json::to_string(&[device]))),
        ("modes", text(serde_json::to_string(&modes))),
        ("Accepts", text(serde_json::to_string(&Accepts::jpeg().observer()))),
    ] {
        let _ = writeln!(out, "{JSON}{name}: {json}");
    }
}

macro_rules! fields {
    ($type:ident { $($field:ident: $kind:ty),+ $(,)? }) => {
        Written {
            name: stringify!($type),
            size: size_of::<$type>(),
            align: align_of::<$type>(),
            fields: &[$((stringify!($field), offset_of!($type, $field), size_of::<$kind>(), stringify!($kind))),+],
            grown: &[],
            is_table: false,
        }
    };
}

fn header() -> Written {
    fields!(Header {
        magic: [u8; 8],
        size: u32,
        abi: u32,
        layout: u64,
        kinds: u32,
        panic_abort: u32,
        pointer_width: u32,
        reserved: u32,
        name: [u8; 64],
        version: [u8; 32],
        sdk: [u8; 32],
        rustc: [u8; 64],
        about: [u8; 160],
    })
}

fn root() -> Written {
    fields!(Plugin { source: *const SourceTable, transform: *const TransformTable, sink: *const SinkTable })
}

/// Returns whether what is written down is what there is.
///
/// # Errors
/// What differs, and what is to be done.
fn compare(now: &str, file: &str) -> Result<(), String> {
    let changed = |from: &str, to: &str, sign: char| {
        let lines = from.lines().filter(|line| !to.lines().any(|other| other == *line));
        lines.map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    if now == file {
        return Ok(());
    }
    Err(format!(
        "what crosses the plugin boundary is no longer what {FILE} says:\n{}{}\
         If only fields were added (to a table's `grown` section, to what crosses as JSON), run\n\
         {WRITE}=1 cargo test -p mutoscope-plugin --lib abi::\n\
         Otherwise raise `ABI` in core/plugin-api/src/abi/mod.rs, say in CHANGELOG.md under that number what authors have to do,\n\
         and run the same.",
        changed(file, now, '-'),
        changed(now, file, '+'),
    ))
}

/// Returns whether `now` is `file` with more fields: at the end of tables, or in JSON.
fn has_only_grown(file: &str, now: &str) -> bool {
    let frozen = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with(GROWN) && !line.starts_with(JSON))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let keeps_tables = |(name, fields): (&str, Vec<&str>)| {
        tables(now).any(|(other, now)| other == name && now.starts_with(&fields))
    };
    let json = |text: &str| {
        let lines = text.lines().filter_map(|line| line.strip_prefix(JSON)?.split_once(": "));
        lines.map(|(name, json)| (name.to_owned(), serde_json::from_str(json).ok())).collect::<Vec<_>>()
    };
    let (before, after) = (json(file), json(now));
    let keeps_json = before.len() == after.len()
        && before.iter().zip(&after).all(|(before, after)| {
            before.0 == after.0
                && before.1.as_ref().zip(after.1.as_ref()).is_some_and(|(before, after)| keeps(before, after))
        });
    frozen(file) == frozen(now) && tables(file).all(keeps_tables) && keeps_json
}

/// The tables of `abi.txt`, each with its grown fields.
fn tables(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    text.split("\n\n").filter(|block| block.starts_with("table ")).map(|block| {
        let (name, fields) = block.split_once('\n').unwrap_or((block, ""));
        (name, fields.lines().filter(|line| line.starts_with(GROWN)).collect())
    })
}

/// Returns whether all of `before` is in `after`, which may have keys that are new.
fn keeps(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            before.iter().all(|(key, value)| after.get(key).is_some_and(|after| keeps(value, after)))
        }
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| keeps(before, after))
        }
        _ => before == after,
    }
}

/// Returns whether what there is may be written down.
///
/// # Errors
/// The number is still that of another layout, or the changelog does not tell of it.
fn may_write(file: &str, now: &str, changelog: &str) -> Result<(), String> {
    let number = format!("ABI {ABI}");
    let tells = |line: &str| {
        let mut rest = line.split(number.as_str()).skip(1);
        rest.any(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
    };
    if file.lines().any(|line| line == number) && !has_only_grown(file, now) {
        return Err(format!("{number} is the number of what is written down: raise it first"));
    }
    if !changelog.lines().any(tells) {
        return Err(format!("CHANGELOG.md does not say what authors have to do for {number}"));
    }
    Ok(())
}

#[test]
fn what_crosses_is_what_is_written_down() {
    if cfg!(not(target_pointer_width = "64")) {
        return;
    }
    let (now, file) = (written(), std::fs::read_to_string(FILE).unwrap_or_default());
    // The packaged crate has no changelog, and is not changed there.
    let Ok(changelog) = std::fs::read_to_string(CHANGELOG) else { return };
    if std::env::var_os(WRITE).is_some() && now != file {
        may_write(&file, &now, &changelog).unwrap_or_else(|error| panic!("{error}"));
        std::fs::write(FILE, &now).expect("abi.txt");
        return;
    }
    compare(&now, &file).unwrap_or_else(|error| panic!("{error}"));
    // Whoever writes the file by hand has not come by it yet.
    may_write("", &now, &changelog).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_change_needs_a_number_and_a_word_to_authors() {
    let now = written();
    let line = now.lines().find(|line| line.ends_with("monotonic_ns: u64")).unwrap();
    let before = now.replace(line, "     0    4  monotonic_ns: u32");
    let told = compare(&now, &before).unwrap_err();
    assert!(told.contains("- ") && told.contains("monotonic_ns: u32") && told.contains(WRITE), "{told}");
    let number = format!("ABI {ABI}");
    assert!(may_write(&before, &now, &number).is_err());
    let older = before.replace(&number, "ABI 1");
    assert!(may_write(&older, &now, "nothing").is_err());
    assert!(may_write(&older, &now, &format!("{number}7 is another")).is_err());
    assert_eq!(may_write(&older, &now, &format!("- {number}: build again")), Ok(()));
}

#[test]
fn growth_needs_no_number() {
    let now = written();
    let number = format!("ABI {ABI}");
    let last =
        now.lines().rfind(|line| line.ends_with("destroy: unsafe extern \"C\" fn(*mut c_void)")).unwrap();
    let grown = |fields: &str| now.replace(&format!("{last}\n"), &format!("{last}\n{fields}"));
    let (one, two) = ("+   72    8  pause: u64\n", "+   72    8  pause: u64\n+   80    8  more: u64\n");
    assert_ne!(grown(one), now);
    for (before, after, may) in [
        (now.clone(), grown(one), true),
        (grown(one), grown(two), true),
        (grown(two), grown(one), false),
        (grown(one), grown("+   72    8  other: u64\n"), false),
        (now.clone(), now.replace("\"may_end\":", "\"new\":1,\"may_end\":"), true),
        (now.replace("\"may_end\":", "\"new\":1,\"may_end\":"), now.clone(), false),
        (now.clone(), now.replace("\"may_end\":", "\"ends\":"), false),
        (now.clone(), now.replace("DONE = 0", "DONE = 6"), false),
    ] {
        assert_eq!(may_write(&before, &after, &number).is_ok(), may, "{after}");
    }
}

#[test]
fn json_of_a_newer_side_and_of_an_older_one_is_read() {
    fn read<T: serde::de::DeserializeOwned>(json: &str) {
        let newer = json.replacen('{', "{\"a_key_of_another_build\":[1],", 1);
        for json in [json, &newer] {
            if let Err(error) = serde_json::from_str::<T>(json) {
                panic!("{json}: {error}");
            }
        }
    }
    let file = std::fs::read_to_string(FILE).expect("abi.txt");
    let lines: Vec<_> = file.lines().filter_map(|line| line.strip_prefix(JSON)?.split_once(": ")).collect();
    assert_eq!(lines.len(), 5);
    for (name, json) in lines {
        match name {
            "SourceCaps" => read::<SourceCaps>(json),
            "devices" => read::<Vec<Device>>(json),
            "modes" => read::<Vec<Mode>>(json),
            "Accepts" => read::<Accepts>(json),
            _ => panic!("nothing reads the JSON of {name}"),
        }
    }
}
