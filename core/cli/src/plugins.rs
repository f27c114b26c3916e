//! `mutoscope plugins` and `mutoscope plugins show`.

use crate::ask::this_program;
use crate::exit::{Exit, failed, print};
use crate::file::plugins;
use clap::{Args, Subcommand};
use mutoscope_engine::plugins::{Description, Entry, LibraryRef};
use mutoscope_engine::printable;
use serde::Deserialize;
use std::fmt::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Arguments of `plugins`.
#[derive(Args)]
pub struct Plugins {
    #[command(subcommand)]
    command: Option<Which>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Which {
    /// Show one plugin: what it offers, its options, formats and versions. Loads it, in a process of its own.
    Show {
        /// Its name, or the path of its library (with a `/`).
        #[arg(value_name = "NAME|PATH")]
        plugin: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Load a library and describe it as JSON; `show` and `schema` run this in a process of its own.
    #[command(hide = true)]
    Describe {
        /// The library.
        path: PathBuf,
    },
}

/// A plugin's description, as it comes back from the other process.
#[derive(Deserialize)]
pub struct Described {
    pub name: String,
    pub about: String,
    pub kinds: Vec<DescribedKind>,
}

/// A kind in it.
#[derive(Deserialize)]
pub struct DescribedKind {
    pub kind: String,
    pub schema: serde_json::Value,
}

impl Plugins {
    pub fn run(&self) -> Result<Exit, Exit> {
        match &self.command {
            None => self.list(),
            Some(Which::Show { plugin, json }) => show(plugin, *json || self.json),
            Some(Which::Describe { path }) => {
                let loaded = plugins()?.load_file(path).map_err(failed)?;
                let json = serde_json::to_string(&Description::of(&loaded)).map_err(failed)?;
                print(format_args!("{json}\n"))?;
                Ok(Exit::Done)
            }
        }
    }

    fn list(&self) -> Result<Exit, Exit> {
        let plugins = plugins()?;
        let entries = plugins.list(&[]);
        if self.json {
            let list: Vec<_> = entries.iter().map(entry_json).collect();
            let json = serde_json::to_string_pretty(&list).map_err(failed)?;
            print(format_args!("{json}\n"))?;
        } else if entries.is_empty() {
            let mut text = "no plugins found in:\n".to_owned();
            for folder in plugins.search().folders() {
                // Writing to a String does not fail; so below.
                let _ = writeln!(text, "  {}", path(&folder.path));
            }
            print(text)?;
        } else {
            print(listed(&entries))?;
        }
        Ok(Exit::Done)
    }
}

fn listed(entries: &[Entry]) -> String {
    let width = entries.iter().map(|entry| entry.name.to_string().len()).max().unwrap_or(0);
    let mut text = String::new();
    for entry in entries {
        let name = entry.name.to_string();
        let _ = match &entry.header {
            Ok(header) => {
                let (kinds, about) = (header.offered().to_string(), header.about());
                writeln!(text, "{name:width$}  {kinds:<9}  {:<7}  {about}", header.version())
            }
            Err(error) => writeln!(text, "{name:width$}  cannot be loaded: {error}"),
        };
        if let Some(first) = &entry.shadowed_by {
            let _ =
                writeln!(text, "{:width$}  not used: {} comes before {}", "", path(first), path(&entry.path));
        }
    }
    text
}

fn path(path: &Path) -> String {
    printable::line(&path.to_string_lossy()).into_owned()
}

fn entry_json(entry: &Entry) -> serde_json::Value {
    let mut json = serde_json::json!({
        "name": entry.name.to_string(),
        "path": entry.path,
        "shadowed_by": entry.shadowed_by,
    });
    match &entry.header {
        Ok(header) => {
            json["version"] = header.version().into();
            json["about"] = header.about().into();
            json["offers"] = header.offered().to_string().split(", ").collect::<Vec<_>>().into();
            json["sdk"] = header.sdk().into();
            json["rustc"] = header.rustc().into();
            json["abi"] = header.abi.into();
        }
        Err(error) => json["error"] = error.to_string().into(),
    }
    json
}

/// Asks something of a library from a process of its own (`mutoscope ARGUMENTS PATH`, which answers as JSON): its code
/// may do anything when it is loaded, and this program goes on.
pub fn ask_elsewhere(arguments: &[&str], path: &Path) -> Result<serde_json::Value, String> {
    let output = run_elsewhere(arguments, path)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().trim_start_matches("error: ");
        return Err(if said.is_empty() {
            format!("loading it ended the process: {}", output.status)
        } else {
            said.into()
        });
    }
    // What the plugin itself prints when it is loaded may stand before it.
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last).map_err(|error| format!("its answer is not understood: {error}"))
}

fn run_elsewhere(arguments: &[&str], path: &Path) -> Result<Output, String> {
    let program = this_program().map_err(|_| "no program to load it with".to_owned())?;
    let mut child = Command::new(program);
    child.args(["--log", "error"]).args(arguments).arg(path);
    child.stdin(Stdio::null()).output().map_err(|error| error.to_string())
}

/// Loads a library in a process of its own; gives how that ended if a signal ended it. What else may be wrong with it is told
/// when it is loaded here.
pub fn try_elsewhere(path: &Path) -> Result<(), String> {
    match run_elsewhere(DESCRIBE, path)?.status {
        status if status.signal().is_some() => Err(status.to_string()),
        _ => Ok(()),
    }
}

const DESCRIBE: &[&str] = &["plugins", "describe"];

/// Describes a library from a process of its own.
fn describe(path: &Path) -> Result<serde_json::Value, String> {
    ask_elsewhere(DESCRIBE, path)
}

/// The same, as far as the schema of pipeline files needs it.
pub fn describe_elsewhere(path: &Path) -> Result<Described, String> {
    serde_json::from_value(describe(path)?).map_err(|error| error.to_string())
}

fn show(plugin: &str, json: bool) -> Result<Exit, Exit> {
    let here = std::env::current_dir().map_err(failed)?;
    let plugin = LibraryRef::parse(plugin, &here).map_err(failed)?;
    let path = plugins()?.find(&plugin, &[]).map_err(|error| {
        let mut text = error.to_string();
        for note in error.notes().iter().chain(error.help().iter()) {
            let _ = write!(text, "\n  {note}");
        }
        failed(text)
    })?;
    let description = describe(&path).map_err(failed)?;
    if json {
        let json = serde_json::to_string_pretty(&description).map_err(failed)?;
        print(format_args!("{json}\n"))?;
    } else {
        print(shown(&description))?;
    }
    Ok(Exit::Done)
}

fn shown(description: &serde_json::Value) -> String {
    let text = |key: &str| description[key].as_str().unwrap_or_default();
    let mut out = format!("{} {}", text("name"), text("version"));
    if !text("about").is_empty() {
        let _ = write!(out, ": {}", text("about"));
    }
    let _ = write!(
        out,
        "\n{}\nSDK {}, ABI {}, {}\n",
        text("path"),
        text("sdk"),
        description["abi"],
        text("rustc")
    );
    for kind in description["kinds"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "\n{}", kind["kind"].as_str().unwrap_or_default());
        for format in kind["formats"].as_array().into_iter().flatten().filter_map(|format| format.as_str()) {
            let _ = writeln!(out, "  {format}");
        }
        options(&mut out, kind, 2);
    }
    out
}

/// The options of a kind, or inside an option, each with its type, its limits and its author's words.
fn options(out: &mut String, of: &serde_json::Value, indent: usize) {
    for option in of["options"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "{:indent$}{}", "", option_line(option));
        for line in option["description"].as_str().unwrap_or_default().lines() {
            let _ = writeln!(out, "{:indent$}    {line}", "");
        }
        options(out, option, indent + 4);
    }
}

/// `fps: number (default 10, 0.01 to 1000)`
fn option_line(option: &serde_json::Value) -> String {
    let plain = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut facts = Vec::new();
    if option["required"] == true {
        facts.push("required".to_owned());
    }
    facts.extend(option.get("default").map(|default| format!("default {}", plain(default))));
    match (option.get("minimum"), option.get("maximum")) {
        (Some(least), Some(most)) => facts.push(format!("{least} to {most}")),
        (Some(least), None) => facts.push(format!("at least {least}")),
        (None, Some(most)) => facts.push(format!("at most {most}")),
        (None, None) => {}
    }
    if let Some(choices) = option["choices"].as_array() {
        facts.push(format!("one of {}", choices.iter().map(plain).collect::<Vec<_>>().join(", ")));
    }
    facts.extend(option["unit"].as_str().map(|unit| format!("in {unit}")));
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join("; ")) };
    format!("{}: {}{facts}", plain(&option["name"]), plain(&option["type"]))
}
