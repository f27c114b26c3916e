//! Options that break a rule.

use super::Broken;
use mutoscope_plugin::testing::Conformance;
use mutoscope_plugin::{
    Context, Deserialize, Error, Frame, JsonSchema, Options, Result, Source, SourceCaps, options,
    serde_json::json,
};
use std::marker::PhantomData;

/// A source that has options and nothing else.
struct With<O>(PhantomData<O>);

/// The plugin's own check.
trait Checked: Options {
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

impl<O: Checked> Source for With<O> {
    type Options = O;

    fn caps(options: &O) -> Result<SourceCaps> {
        options.check()?;
        Ok(SourceCaps::unknown())
    }

    fn open(options: O, _: &Context) -> Result<Self> {
        options.check()?;
        Ok(With(PhantomData))
    }

    fn next_frame(&mut self, _: &Context) -> Result<Option<Frame>> {
        Ok(None)
    }
}

fn with<O: Checked>() -> Conformance {
    Conformance::source::<With<O>>().never_opens("only its options are looked at")
}

/// No object.
#[derive(Deserialize, JsonSchema)]
#[serde(crate = "mutoscope_plugin::serde")]
#[schemars(crate = "mutoscope_plugin::schemars")]
struct Word(#[allow(dead_code, reason = "read by serde alone")] String);
impl Checked for Word {}

#[options]
#[derive(Default)]
#[serde(default)]
struct Undescribed {
    gain: u8,
}
impl Checked for Undescribed {}

#[options]
#[derive(Default)]
#[serde(default)]
struct DefaultOutOfRange {
    /// Of which there is too little.
    #[schemars(range(min = 5))]
    gain: u8,
}
impl Checked for DefaultOutOfRange {}

#[options]
#[derive(Default)]
#[serde(default)]
struct NeedsOneInSecret {
    /// Which one.
    device: Option<String>,
}
impl Checked for NeedsOneInSecret {
    fn check(&self) -> Result<()> {
        match self.device {
            Some(_) => Ok(()),
            None => Err(Error::option("device", "which one?")),
        }
    }
}

#[options]
struct Even {
    /// Even.
    number: u8,
}
impl Checked for Even {
    fn check(&self) -> Result<()> {
        match self.number % 2 {
            0 => Ok(()),
            _ => Err(Error::option("number", "odd")),
        }
    }
}

/// Lets unknown options pass.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(crate = "mutoscope_plugin::serde", default)]
#[schemars(crate = "mutoscope_plugin::schemars")]
struct Open {
    /// Ignored, as others are.
    #[allow(dead_code, reason = "read by serde alone")]
    gain: u8,
}
impl Checked for Open {}

/// Lets unknown options pass inside another.
#[options]
#[derive(Default)]
#[serde(default)]
struct OpenInside {
    /// What is inside.
    inside: Option<Inside>,
}
impl Checked for OpenInside {}

/// Inside.
#[derive(Deserialize, mutoscope_plugin::Serialize, JsonSchema, Clone, Debug)]
#[serde(crate = "mutoscope_plugin::serde")]
#[schemars(crate = "mutoscope_plugin::schemars")]
struct Inside {
    /// Left.
    #[allow(dead_code, reason = "read by serde alone")]
    left: u8,
}

#[options]
#[serde(default)]
struct Lenient {
    /// Said to be a number.
    #[schemars(with = "u32")]
    gain: mutoscope_plugin::serde_json::Value,
}
impl Default for Lenient {
    fn default() -> Self {
        Lenient { gain: json!(1) }
    }
}
impl Checked for Lenient {}

#[options]
#[derive(Default)]
#[serde(default)]
struct WithoutPath {
    /// Not one.
    number: u8,
}
impl Checked for WithoutPath {
    fn check(&self) -> Result<()> {
        match self.number {
            1 => Err(Error::new("not one")),
            _ => Ok(()),
        }
    }
}

#[options]
#[derive(Default)]
#[serde(default)]
struct Fraction {
    /// Said to be any number.
    #[schemars(with = "f64")]
    number: u8,
}
impl Checked for Fraction {}

#[options]
#[derive(Default)]
#[serde(default)]
struct Divides {
    /// By how much.
    by: u8,
}
impl Checked for Divides {
    fn check(&self) -> Result<()> {
        assert!(self.by < 255, "that is too much");
        Ok(())
    }
}

pub const BROKEN: &[Broken] = &[
    ("the schema is one of an object", with::<Word>, "string"),
    ("every option is described", with::<Undescribed>, "`gain` has none"),
    ("defaults work", with::<DefaultOutOfRange>, "the default of `gain`, 0"),
    ("defaults work", with::<NeedsOneInSecret>, "which one?"),
    ("the example options work", || with::<Even>().options(json!({ "number": 1 })), "odd"),
    ("unknown options are refused by path", with::<Open>, "it is taken"),
    ("unknown options are refused by path", with::<OpenInside>, "inside `inside`: it is taken"),
    ("wrong options are refused by path", with::<Lenient>, "`gain: true`: it is taken"),
    ("wrong options are refused by path", with::<WithoutPath>, "without the path of an option: not one"),
    ("the schema matches what serde takes", with::<Fraction>, "is allowed by the schema, and refused"),
    ("no method panics", with::<Divides>, "that is too much"),
];

#[test]
fn options_that_break_a_rule_are_found() {
    super::show(BROKEN);
}
