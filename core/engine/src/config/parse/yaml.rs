//! YAML in, [`Node`]s out: the only place that knows the parser.
//!
//! Two things that the parser does not do are done here. Its values carry no places, but its errors do: so a place
//! is found by walking down to a value once more and failing there ([`locate`]). This costs one more parse for each
//! place, and is done only for what is reported. And it lets a duplicate key pass: the visitor here notes each.
//!
//! What a text may cost is bounded: its size by the reader of the file, its depth, and what its aliases expand to,
//! here.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::config::keys::{KeyPath, Step};
use crate::config::parse::node::{Map, Node, Value};

/// Values that a text may hold, its aliases expanded.
const MOST_VALUES: usize = 50_000;
/// Bytes of text that those values may hold together.
const MOST_BYTES: usize = 4 << 20;
/// Bytes of the keys on the way to a value: each problem that is found keeps its way.
const MOST_PATH: usize = 2048;
/// Keys that stand twice, as many as are told of.
const MOST_REPEATED: usize = 100;
/// Brackets that may be open at once. The parser's time grows with the square of them, before it counts any depth.
const MOST_BRACKETS: usize = 512;

/// Counts the values and the bytes of all texts of one pipeline (the file and each `--set`), aliases written out.
#[derive(Default)]
pub(crate) struct Usage {
    values: Cell<usize>,
    bytes: Cell<usize>,
}

/// A text that was read.
pub(crate) struct Parsed {
    pub root: Node,
    /// The first of the keys that their map had already, and the number of the others.
    pub repeated: Vec<Repeated>,
    pub more_repeated: usize,
}

/// A key that its map had already: the map kept the first.
#[derive(Debug)]
pub(crate) struct Repeated {
    pub path: KeyPath,
    /// 1 for the second time, 2 for the third.
    pub nth: usize,
}

/// Why a text could not be read at all, and at which byte.
#[derive(Debug)]
pub(crate) struct Fault {
    pub kind: FaultKind,
    pub at: usize,
    /// The byte at which the thing began that was being read, where the parser tells: an open bracket, a quote.
    pub began: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FaultKind {
    /// The parser's own words.
    Syntax(String),
    TooDeep,
    /// Aliases (or simply values) beyond the limits.
    TooMuch,
    /// Keys on the way to a value that are too long.
    LongKeys,
    /// A tag, without its `!`.
    Tag(String),
    /// A list or a map that stands as a key.
    KeyNotText,
    SecondDocument,
    /// A character that YAML does not allow in a text.
    Forbidden(char),
}

impl Fault {
    /// Returns true where the text could be written in another way.
    pub fn is_about_syntax(&self) -> bool {
        !matches!(
            self.kind,
            FaultKind::TooDeep | FaultKind::TooMuch | FaultKind::LongKeys | FaultKind::Forbidden(_)
        )
    }
}

/// Reads one document. `text_index` is what its nodes are marked with.
pub(crate) fn parse(text: &str, text_index: usize, usage: &Usage) -> Result<Parsed, Fault> {
    check_characters(text)?;
    check_brackets(text)?;
    let mut documents = serde_yaml::Deserializer::from_str(text);
    let builder = Builder {
        text_index,
        usage,
        path: RefCell::default(),
        repeated: RefCell::default(),
        more_repeated: Cell::default(),
        reason: RefCell::default(),
    };
    let root = match documents.next() {
        Some(document) => Seed(&builder).deserialize(document).map_err(|e| builder.fault(text, &e))?,
        None => Node { text: text_index, value: Value::Null },
    };
    if let Some(second) = documents.next() {
        let at = Stop { steps: &[], key: None, raw: &RefCell::default(), is_here: &Cell::default() }
            .deserialize(second)
            .err()
            .and_then(|e| e.location())
            .map_or(text.len(), |location| byte_of(text, location.index()));
        return Err(Fault { kind: FaultKind::SecondDocument, at, began: None });
    }
    Ok(Parsed { root, repeated: builder.repeated.into_inner(), more_repeated: builder.more_repeated.get() })
}

/// Where a value begins, and the scalar's text as it was read (quotes and escapes resolved).
#[derive(Debug)]
pub(crate) struct Found {
    pub at: usize,
    pub raw: Option<String>,
}

/// Bytes of a text that are read for a place at first, and by how much more where it is not among them. Most errors stand at
/// the top of a large file, or the file is small.
const FIRST_PART: usize = 4 << 10;
const LARGER: usize = 8;

/// Finds the value at a path, or with `key` the path's last key (0: its first time in the map, 1: the second, …). Adds the
/// bytes that it had to read to `cost`.
pub(crate) fn locate(text: &str, path: &KeyPath, key: Option<usize>, cost: &Cell<usize>) -> Option<Found> {
    let mut length = FIRST_PART;
    loop {
        let end =
            text.get(..length.min(text.len())).map_or(text.len(), |part| match part.len() == text.len() {
                true => text.len(),
                false => part.rfind('\n').map_or(0, |end| end + 1),
            });
        cost.set(cost.get() + end);
        let found = locate_in(&text[..end], path, key);
        // What the end of a part cuts is looked for in a larger one.
        if end == text.len() || found.as_ref().is_some_and(|found| text[found.at..end].contains('\n')) {
            return found;
        }
        length = length.saturating_mul(LARGER);
    }
}

fn locate_in(text: &str, path: &KeyPath, key: Option<usize>) -> Option<Found> {
    let document = serde_yaml::Deserializer::from_str(text).next()?;
    let (raw, is_here) = (RefCell::default(), Cell::new(false));
    let stopped = Stop { steps: &path.0, key, raw: &raw, is_here: &is_here }.deserialize(document).err()?;
    let at = byte_of(text, stopped.location()?.index());
    is_here.get().then(|| Found { at, raw: raw.into_inner() })
}

/// Returns what a text would be if it stood in a file without quotes.
pub(crate) fn scalar(text: &str) -> Value {
    match parse(text, 0, &Usage::default()) {
        Ok(Parsed { root: Node { value, .. }, .. }) if !matches!(value, Value::List(_) | Value::Map(_)) => {
            value
        }
        _ => Value::Text(text.to_owned()),
    }
}

/// YAML's printable characters; the parser would refuse the others without a place.
fn check_characters(text: &str) -> Result<(), Fault> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..);
    match text.char_indices().find(|(_, c)| !allowed(*c)) {
        Some((at, c)) => Err(Fault { kind: FaultKind::Forbidden(c), at, began: None }),
        None => Ok(()),
    }
}

/// Counts without regard to quotes: nothing that is meant has hundreds of brackets open, in quotes or not.
fn check_brackets(text: &str) -> Result<(), Fault> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MOST_BRACKETS {
            return Err(Fault { kind: FaultKind::TooDeep, at, began: None });
        }
    }
    Ok(())
}

/// A place that the parser gave, in bytes: it may stand behind the end of the text.
pub(crate) fn byte_of(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

struct Builder<'a> {
    text_index: usize,
    usage: &'a Usage,
    path: RefCell<Vec<Step>>,
    repeated: RefCell<Vec<Repeated>>,
    more_repeated: Cell<usize>,
    /// Set by a visitor that fails for a reason of its own.
    reason: RefCell<Option<FaultKind>>,
}

impl Builder<'_> {
    fn node<E: de::Error>(&self, value: Value) -> Result<Node, E> {
        let Usage { values, bytes } = self.usage;
        values.set(values.get() + 1);
        if let Value::Text(text) = &value {
            bytes.set(bytes.get() + text.len());
        }
        if values.get() > MOST_VALUES || bytes.get() > MOST_BYTES {
            return Err(self.fail(FaultKind::TooMuch));
        }
        Ok(Node { text: self.text_index, value })
    }

    /// A key: the map that it is in is the last on the path.
    fn key<E: de::Error>(&self, key: &str) -> Result<(), E> {
        let path = self.path.borrow();
        let above = path.iter().map(|step| match step {
            Step::Key(key) => key.len(),
            Step::Index(_) => 0,
        });
        if above.sum::<usize>() + key.len() > MOST_PATH {
            return Err(self.fail(FaultKind::LongKeys));
        }
        self.usage.bytes.set(self.usage.bytes.get() + key.len());
        Ok(())
    }

    /// The key at the end of the path stands in its map again.
    fn repeat(&self, nth: usize) {
        let mut repeated = self.repeated.borrow_mut();
        if repeated.len() < MOST_REPEATED {
            repeated.push(Repeated { path: KeyPath(self.path.borrow().clone()), nth });
        } else {
            self.more_repeated.set(self.more_repeated.get() + 1);
        }
    }

    fn fail<E: de::Error>(&self, reason: FaultKind) -> E {
        self.reason.replace(Some(reason));
        E::custom("refused")
    }

    fn fault(&self, text: &str, error: &serde_yaml::Error) -> Fault {
        let said = error.to_string();
        let at = error.location().map_or(0, |location| byte_of(text, location.index()));
        let kind = match self.reason.take() {
            Some(reason) => reason,
            None if said.starts_with("recursion limit") => FaultKind::TooDeep,
            None if said.starts_with("repetition limit") => FaultKind::TooMuch,
            None if said.contains("invalid type: ") => FaultKind::KeyNotText,
            None => FaultKind::Syntax(said.clone()),
        };
        Fault { kind, at, began: began(text, &said) }
    }
}

/// The parser says "…, while parsing a flow mapping at line 3 column 5", and leaves the place out where it is the
/// very start.
fn began(text: &str, said: &str) -> Option<usize> {
    let (_, context) = said.split_once(", while ")?;
    let Some((_, place)) = context.rsplit_once(" at line ") else {
        return text.starts_with(['[', '{', '"', '\'']).then_some(0);
    };
    let (line, column) = place.split_once(" column ")?;
    let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
    let start = if line == 1 { 0 } else { line_breaks(text).nth(line - 2)? };
    let (offset, _) = text[start..].char_indices().nth(column - 1)?;
    Some(start + offset)
}

/// Where lines begin that follow another, by the parser's count: more characters end a line than elsewhere.
fn line_breaks(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter_map(|(at, c)| {
        let end = at + c.len_utf8();
        let ends = match c {
            '\r' => !text[end..].starts_with('\n'),
            _ => matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}'),
        };
        ends.then_some(end)
    })
}

struct Seed<'a>(&'a Builder<'a>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        self.0.node(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        self.0.node(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        self.0.node(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        self.0.node(Value::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        self.0.node(Value::Number(value.into()))
    }

    // Beyond 64 bits no option goes: the nearest float keeps the size for the message that will refuse it.
    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Node, E> {
        self.visit_f64(value as f64)
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Node, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        self.0.node(match Number::from_f64(value) {
            Some(number) => Value::Number(number),
            // No option takes an infinity: as text it is refused where a number is wanted.
            None => Value::Text(value.to_string()),
        })
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        self.0.node(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        loop {
            self.0.path.borrow_mut().push(Step::Index(items.len()));
            let item = access.next_element_seed(Seed(self.0))?;
            self.0.path.borrow_mut().pop();
            match item {
                Some(item) => items.push(item),
                None => return self.0.node(Value::List(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        let mut times: HashMap<String, usize> = HashMap::new();
        while let Some(key) = access.next_key_seed(Key(self.0))? {
            self.0.path.borrow_mut().push(Step::Key(key.clone()));
            let value = access.next_value_seed(Seed(self.0))?;
            let nth = *times.entry(key.clone()).and_modify(|n| *n += 1).or_insert(0);
            if nth > 0 {
                self.0.repeat(nth);
            } else {
                entries.push((key, value));
            }
            self.0.path.borrow_mut().pop();
        }
        self.0.node(Value::Map(Map(entries)))
    }

    // The parser shows a tagged value as an enum.
    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<Node, A::Error> {
        let (tag, _) = access.variant::<String>()?;
        Err(self.0.fail(FaultKind::Tag(tag)))
    }
}

/// A key as it is written: `8080` and `true` are keys like any other.
struct Key<'a>(&'a Builder<'a>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<String, E> {
        self.0.key(value)?;
        Ok(value.to_owned())
    }
}

/// Walks down a path and fails at its end: the error carries the place.
#[derive(Clone, Copy)]
struct Stop<'a> {
    steps: &'a [Step],
    key: Option<usize>,
    raw: &'a RefCell<Option<String>>,
    /// Set at the end of the path: other errors mean that it is not there.
    is_here: &'a Cell<bool>,
}

impl<'a> Stop<'a> {
    /// Returns what remains below the next step.
    fn below(self) -> Stop<'a> {
        Stop { steps: &self.steps[1..], ..self }
    }

    /// The error at the end of the path.
    fn here<E: de::Error>(self) -> E {
        self.is_here.set(true);
        E::custom("here")
    }
}

impl<'de> DeserializeSeed<'de> for Stop<'_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Values whose place is all that is wanted of them.
macro_rules! here {
    ($($visit:ident: $value:ty),*) => {
        $(fn $visit<E: de::Error>(self, _: $value) -> Result<(), E> {
            Err(self.here())
        })*
    };
}

impl<'de> Visitor<'de> for Stop<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a place")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.raw.replace(Some(value.to_owned()));
        Err(self.here())
    }

    here! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_i128: i128, visit_u128: u128, visit_f64: f64 }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Err(self.here())
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        Err(self.here())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Some(Step::Index(index)) = self.steps.first() else {
            return Err(self.here());
        };
        for _ in 0..*index {
            access.next_element::<IgnoredAny>()?;
        }
        access.next_element_seed(self.below())?;
        Err(de::Error::custom("shorter than the path"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Some(Step::Key(wanted)) = self.steps.first() else {
            return Err(self.here());
        };
        let stop_at = if self.steps.len() == 1 { self.key } else { None };
        let mut seen = 0;
        while let Some(here) =
            access.next_key_seed(StopAtKey { wanted, stop: (stop_at == Some(seen)).then_some(self) })?
        {
            match (here, stop_at) {
                (true, None) => access.next_value_seed(self.below())?,
                (_, _) => {
                    access.next_value::<IgnoredAny>()?;
                }
            }
            seen += usize::from(here);
        }
        Err(de::Error::custom("no such key"))
    }
}

/// Reads a key, and fails at it where it is the one.
struct StopAtKey<'a> {
    wanted: &'a str,
    stop: Option<Stop<'a>>,
}

impl<'de> DeserializeSeed<'de> for StopAtKey<'_> {
    type Value = bool;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for StopAtKey<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<bool, E> {
        if let Some(stop) = self.stop.filter(|_| value == self.wanted) {
            return Err(stop.here());
        }
        Ok(value == self.wanted)
    }
}
