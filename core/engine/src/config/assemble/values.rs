//! A stage's options as the plugin gets them: JSON, with what a file may say differently settled on the way.
//!
//! Settled are: text from an environment variable (it becomes what the option wants), whole numbers written as
//! `10.0`, relative paths (`"format": "path"`), and secrets that are read from a file (`"format": "secret"`).

use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Number, Value as Json};

use crate::config::assemble::expansion::{Expansion, TooMuch};
use crate::config::assemble::variables::Environment;
use crate::config::contract::{Contract, takes};
use crate::config::diagnostics::describe::in_yaml;
use crate::config::diagnostics::problem::{Problem, Problems, Target};
use crate::config::diagnostics::text::{OF_WINDOWS, is_drive};
use crate::config::keys::{KeyPath, Step};
use crate::config::parse::node::{Map, Node, Value, shortened};
use crate::config::parse::yaml;
use crate::config::waiting;

/// The largest secret, in bytes.
const MOST_SECRET: u64 = 64 << 10;

/// What the values of a file are relative to.
pub(crate) struct Surroundings<'a> {
    /// The folder that relative paths start at; absolute.
    pub folder: &'a Path,
    pub environment: &'a Environment<'a>,
    pub expansion: &'a Expansion,
}

/// The reason why a path of the file cannot be made absolute.
pub(crate) enum PathFault {
    /// It is in the home folder, and there is none.
    NoHome,
    /// It is in somebody else's home folder: `~name`.
    OtherHome,
    /// It has line breaks, tabs or other controls in it.
    Control,
    /// It is one of Windows: `C:\pictures`.
    OfWindows,
    /// It is an address: `http://camera/x.jpg`.
    Address,
    /// It has a variable in it without its braces: `$HOME/pictures`.
    Variable,
    TooMuch(TooMuch),
}

impl Surroundings<'_> {
    /// A path of the file made absolute; `~` is the home folder.
    pub fn absolute(&self, path: &str) -> Result<PathBuf, PathFault> {
        if is_drive(&escaped(path)) {
            return Err(PathFault::OfWindows);
        }
        if path.contains(char::is_control) {
            return Err(PathFault::Control);
        }
        if scheme(path).is_some() {
            return Err(PathFault::Address);
        }
        if self.braced(path).is_some() {
            return Err(PathFault::Variable);
        }
        let absolute = match path.strip_prefix('~') {
            None => self.folder.join(path),
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                let home = (self.environment)("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
                home.ok_or(PathFault::NoHome)?.join(rest.trim_start_matches('/'))
            }
            Some(_) => return Err(PathFault::OtherHome),
        };
        // Without the `.` in `folder/./file`; a `..` stays, it may lead through a link.
        let absolute: PathBuf = absolute.components().collect();
        self.expansion.take(absolute.as_os_str().len()).map_err(PathFault::TooMuch)?;
        Ok(absolute)
    }

    /// A path with braces around the variables in it that lack them: one at its start, and those that are set.
    fn braced(&self, path: &str) -> Option<String> {
        let mut is_changed = false;
        let parts = path.split('/').enumerate().map(|(i, part)| {
            let name = bare_variable(part).filter(|name| i == 0 || (self.environment)(name).is_some());
            is_changed |= name.is_some();
            name.map_or(part.to_owned(), |name| format!("${{{name}}}"))
        });
        let braced = parts.collect::<Vec<_>>().join("/");
        is_changed.then_some(braced)
    }

    /// The problem of a path, if it is to be reported.
    pub fn problem(&self, fault: PathFault, at: Target, path: &str) -> Option<Problem> {
        let key = match &at {
            Target::Value(KeyPath(steps)) => match steps.last() {
                Some(Step::Key(key)) => format!("{key}: "),
                _ => String::new(),
            },
            _ => String::new(),
        };
        let shown = shortened(path);
        Some(match fault {
            PathFault::NoHome => Problem::error(at, "`~` is the home folder, and there is none")
                .label("`HOME` is not set to an absolute path")
                .help("write the path in full, or set `HOME` (`User=` in a unit of systemd does)"),
            PathFault::OtherHome => {
                Problem::error(at, format!("`{shown}` is in no home folder that is known"))
                    .label("only `~/` is known, the home folder of who runs this")
                    .help("write the path in full; where a name begins with `~`, write `./` before it")
            }
            PathFault::Control if !path.trim_end().contains(char::is_control) => {
                Problem::error(at, "this path ends with a line break")
                    .label("`|` and `>` keep the end of a line")
                    .help(format!("write `{key}{}`", in_yaml(path.trim_end())))
            }
            PathFault::Control => {
                let problem = Problem::error(
                    at,
                    "this path has a line break, a tab or another control character in it",
                );
                match path.contains(['\n', '\t']) && path.lines().count() > 1 && path.contains(": ") {
                    true => problem.help("is a line below it indented too far?"),
                    false => problem.help(format!(
                        "in single quotes `\\` is an ordinary character: `{key}'{}'`",
                        escaped(path).replace('\'', "''")
                    )),
                }
            }
            PathFault::OfWindows => {
                Problem::error(at, format!("`{}` is a path of Windows", shortened(&escaped(path))))
                    .help(OF_WINDOWS)
            }
            PathFault::Address => {
                let problem = Problem::error(at, format!("`{shown}` is an address, and a path is wanted"));
                match path.strip_prefix("file://").filter(|path| path.starts_with('/')) {
                    Some(path) => problem.help(format!("write `{key}{}`", in_yaml(path))),
                    None => problem
                        .label("nothing is read from a network here")
                        .help("fetch it into a file of this machine, and name that"),
                }
            }
            PathFault::Variable => {
                let braced = self.braced(path).unwrap_or_default();
                Problem::error(at, format!("`{shown}` has a variable without its braces"))
                    .label("`$` alone is an ordinary character")
                    .help(format!(
                        "write `{key}\"{braced}\"`; where a name begins with `$`, write `./` before it"
                    ))
            }
            PathFault::TooMuch(much) => much.problem(at)?,
        })
    }
}

/// The name in `$NAME`, as variables are called.
pub(crate) fn bare_variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let is_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    (name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && name.chars().all(is_of_name))
        .then_some(name)
}

/// The letters before `://` at the start of a text.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (scheme.len() > 1 && scheme.chars().all(is_of_scheme)).then_some(scheme)
}

/// A text with the escapes of double quotes written out again, as they stood there: `\n`.
fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let letter = match c {
                '\0' => '0',
                '\x07' => 'a',
                '\x08' => 'b',
                '\t' => 't',
                '\n' => 'n',
                '\x0b' => 'v',
                '\x0c' => 'f',
                '\r' => 'r',
                '\x1b' => 'e',
                '\u{85}' => 'N',
                '\u{a0}' => '_',
                _ => return [Some(c), None],
            };
            [Some('\\'), Some(letter)]
        })
        .flatten()
        .collect()
}

/// Colours that are looked for: each value that is missing looks through them.
const MOST_SWALLOWED: usize = 100;

/// A colour without quotes, on a line of its own: `color: #fff`.
pub(crate) struct Swallowed {
    pub key: String,
    pub colour: String,
    pub span: Range<usize>,
}

impl Swallowed {
    /// The first of a text, in their order.
    pub fn find(text: &str) -> Vec<Swallowed> {
        let mut found = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            if let Some((before, after)) = line.split_once(": #") {
                let digits = after.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(after.len());
                let ends = after[digits..].trim_start_matches(['}', ',']).starts_with([' ', '\r', '\n'])
                    || digits == after.len();
                let key = before.trim_start_matches([' ', '-']);
                if (3..=8).contains(&digits) && ends && !key.is_empty() && found.len() < MOST_SWALLOWED {
                    let at = start + before.len() + 2;
                    let span = at..at + 1 + digits;
                    found.push(Swallowed {
                        key: key.to_owned(),
                        colour: text[span.clone()].to_owned(),
                        span,
                    });
                }
            }
            start += line.len();
        }
        found
    }
}

/// Makes options of nodes.
pub(crate) struct Settling<'a> {
    pub contract: &'a Contract,
    pub surroundings: &'a Surroundings<'a>,
    pub problems: &'a mut Problems,
    /// The stage's path in the file.
    pub stage: &'a KeyPath,
    /// Colours of the file that a comment swallowed, by their key.
    pub swallowed: &'a mut Vec<Swallowed>,
    /// Where errors were reported already, relative to the stage: nothing more is said about those values.
    pub broken: HashSet<KeyPath>,
}

impl Settling<'_> {
    /// The options of a stage.
    pub fn options(&mut self, options: &Map) -> Json {
        let schemas = self.contract.at(&KeyPath::default());
        self.map(options, &schemas, &KeyPath::default())
    }

    fn map(&mut self, map: &Map, schemas: &[&Json], path: &KeyPath) -> Json {
        let contract = self.contract;
        let settled = map.0.iter().map(|(key, node)| {
            let below = contract.below(schemas, &Step::Key(key.clone()));
            (key.clone(), self.value(node, &below, &path.key(key)))
        });
        Json::Object(settled.collect())
    }

    fn value(&mut self, node: &Node, schemas: &[&Json], path: &KeyPath) -> Json {
        if has_format(schemas, "secret") {
            if let Value::Map(map) = &node.value {
                return self.secret(map, path);
            }
            self.problems.secrets.push(self.stage.join(path));
            self.problems.secret_texts.extend(node.as_text().map(str::to_owned));
        }
        let contract = self.contract;
        match &node.value {
            Value::Null => {
                self.look_for_comment(node, path);
                Json::Null
            }
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(whole(number, schemas)),
            Value::Text(text) => self.text(text, schemas, path),
            Value::Filled(text) => match filled(text, schemas) {
                Json::String(text) => self.text(&text, schemas, path),
                other => other,
            },
            Value::List(items) => {
                let settled = items.iter().enumerate().map(|(index, item)| {
                    let below = contract.below(schemas, &Step::Index(index));
                    self.value(item, &below, &path.index(index))
                });
                Json::Array(settled.collect())
            }
            Value::Map(map) => self.map(map, schemas, path),
            Value::Broken => {
                self.broken.insert(path.clone());
                Json::Null
            }
        }
    }

    /// `color: #fff` is no value and a comment. Where an option may be left out, no schema would tell.
    fn look_for_comment(&mut self, node: &Node, path: &KeyPath) {
        let key = path.last_key().unwrap_or_default();
        if let Some(at) =
            self.swallowed.iter().position(|colour| colour.key == key).filter(|_| node.text == 0)
        {
            let Swallowed { key, colour, span } = self.swallowed.remove(at);
            let problem = Problem::error(
                Target::Span(0, span),
                format!("`{key}` has no value: `{colour}` is a comment"),
            );
            self.problems.push(
                problem
                    .label("`#` after a space begins a comment")
                    .help(format!("put it in quotes: `{key}: \"{colour}\"`")),
            );
            self.broken.insert(path.clone());
        }
    }

    fn text(&mut self, text: &str, schemas: &[&Json], path: &KeyPath) -> Json {
        if text.is_empty() || !has_format(schemas, "path") {
            return Json::String(text.to_owned());
        }
        match self.surroundings.absolute(text) {
            // A folder that is not UTF-8 cannot be named in JSON; the path as it is then works from that folder.
            Ok(absolute) => {
                Json::String(absolute.into_os_string().into_string().unwrap_or_else(|_| text.to_owned()))
            }
            Err(fault) => {
                let problem = self.surroundings.problem(fault, Target::Value(self.stage.join(path)), text);
                problem.into_iter().for_each(|problem| self.problems.push(problem));
                self.broken.insert(path.clone());
                Json::Null
            }
        }
    }

    /// `{ file: PATH }`: what is in the file, without the end of its last line.
    fn secret(&mut self, map: &Map, path: &KeyPath) -> Json {
        let at = self.stage.join(path);
        let name = path.last_key().unwrap_or_default();
        let refuse = |this: &mut Self, problem: Problem| {
            this.broken.insert(path.clone());
            this.problems.push(problem);
            Json::Null
        };
        let form = format!("write `{name}: {{ file: PATH }}`");
        if let Some(other) = map.keys().find(|key| *key != "file") {
            let problem = Problem::error(Target::Key(at.key(other)), format!("a secret has no `{other}`"));
            return refuse(self, problem.help(form));
        }
        let Some(file) = map.get("file") else {
            return refuse(
                self,
                Problem::error(Target::Value(at), format!("`{name}` names no file")).help(form),
            );
        };
        if file.is_broken() {
            self.broken.insert(path.clone());
            return Json::Null;
        }
        let place = Target::Value(at.key("file"));
        let Some(file) = file.as_text() else {
            let problem = Problem::error(place, format!("`file` is a path, and this is {}", file.found()));
            return refuse(self, problem.help(form));
        };
        let absolute = self.surroundings.absolute(file);
        let read = absolute
            .map_err(|fault| self.surroundings.problem(fault, place.clone(), file).map(Box::new))
            .and_then(|file| {
                let wrong = |why| Problem::error(place.clone(), format!("`{}`: {why}", file.display()));
                let (secret, open) = read_secret(&file).map_err(|why| Some(Box::new(wrong(why))))?;
                self.surroundings
                    .expansion
                    .take(secret.len())
                    .map_err(|much| much.problem(place.clone()).map(Box::new))?;
                Ok((file, secret, open))
            });
        match read {
            Ok((file, secret, open)) => {
                if open {
                    let message = format!("others on this machine can read `{}`", file.display());
                    let help = format!("`chmod 600 {}`", file.display());
                    self.problems.push(Problem::warning(place, message).help(help));
                }
                self.problems.secret_texts.push(secret.clone());
                Json::String(secret)
            }
            Err(Some(problem)) => refuse(self, *problem),
            Err(None) => {
                self.broken.insert(path.clone());
                Json::Null
            }
        }
    }
}

/// The secret, and whether others than its owner and group may read it.
fn read_secret(path: &Path) -> Result<(String, bool), String> {
    let words = |e: io::Error| match e.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        _ => e.to_string(),
    };
    let file = waiting::open(path).map_err(words)?;
    let about = file.metadata().map_err(words)?;
    if about.is_dir() {
        return Err("this is a folder".into());
    }
    let bytes = waiting::read(&file, MOST_SECRET).map_err(words)?;
    if bytes.len() as u64 > MOST_SECRET {
        return Err("larger than 64 KiB: is this the right file?".into());
    }
    let secret = String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())?;
    let trimmed = secret.strip_suffix('\n').unwrap_or(&secret);
    let trimmed = trimmed.strip_suffix('\r').unwrap_or(trimmed);
    if trimmed.is_empty() {
        return Err("the file is empty".into());
    }
    let open = about.is_file() && about.permissions().mode() & 0o004 != 0;
    Ok((trimmed.to_owned(), open))
}

fn has_format(schemas: &[&Json], format: &str) -> bool {
    schemas.iter().any(|schema| schema.get("format").is_some_and(|f| f == format))
}

/// `10.0` where only whole numbers are wanted is 10: the schema takes it, and serde would not.
fn whole(number: &Number, schemas: &[&Json]) -> Number {
    let wants = |kind| schemas.iter().any(|schema| takes(schema, kind));
    match number.as_f64() {
        Some(value) if number.is_f64() && wants("integer") && !wants("number") && value.fract() == 0.0 => {
            // Beyond 2^53 a float is no certain integer, and is refused as it is.
            match value.abs() < 9_007_199_254_740_992.0 {
                true => Number::from(value as i64),
                false => number.clone(),
            }
        }
        _ => number.clone(),
    }
}

/// Text from the environment: stays text where text is wanted, and is otherwise what it would be in the file.
fn filled(text: &str, schemas: &[&Json]) -> Json {
    let as_text = Json::String(text.to_owned());
    let fits_text = schemas.iter().any(|schema| {
        match (schema.get("enum").and_then(Json::as_array), schema.get("const")) {
            (Some(choices), _) => choices.contains(&as_text),
            (None, Some(choice)) => *choice == as_text,
            (None, None) => takes(schema, "string"),
        }
    });
    if fits_text {
        return as_text;
    }
    let wants = |kind| {
        let chosen = |schema: &Json| {
            schema.get("type").is_none() && (schema.get("enum").is_some() || schema.get("const").is_some())
        };
        schemas.iter().any(|schema| takes(schema, kind) || chosen(schema))
    };
    match yaml::scalar(text) {
        Value::Number(number) if wants("integer") || wants("number") => Json::Number(whole(&number, schemas)),
        Value::Bool(value) if wants("boolean") => Json::Bool(value),
        Value::Null if wants("null") => Json::Null,
        _ => as_text,
    }
}
