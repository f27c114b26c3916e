//! A stream's settings: what stands beside its stages. One schema says what they may be, to the reader of a file and
//! to an editor alike, and files are checked against it as options are against a plugin's.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::config::assemble::assembler::Assembler;
use crate::config::assemble::options;
use crate::config::assemble::values::Settling;
use crate::config::assemble::vocabulary::{OF_SOURCE, SETTINGS, properties};
use crate::config::contract::Contract;
use crate::config::diagnostics::problem::{Problem, Target};
use crate::config::model::{IDLE_TIMEOUT, Input, OnFailure, Stream};
use crate::config::parse::node::Map;

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let schema = json!({ "type": "object", "properties": properties(), "additionalProperties": false });
    Contract::new(&Arc::new(schema)).expect("the settings' schema is a good one, every file is read with it")
});

impl Assembler<'_> {
    /// Gives a stream the settings that its map holds. What is about a source and stands in a stream without one is
    /// left for [`Assembler::misplaced`].
    pub fn settings(&mut self, map: &Map, stream: Stream, has_source: bool) -> Stream {
        let stands_here = |key: &str| SETTINGS.contains(&key) && (has_source || !OF_SOURCE.contains(&key));
        let map = Map(map.0.iter().filter(|(key, _)| stands_here(key)).cloned().collect());
        let mut settling = Settling {
            contract: &CONTRACT,
            surroundings: self.stages.surroundings,
            problems: self.stages.problems,
            stage: &stream.origin,
            swallowed: &mut self.stages.swallowed,
            broken: HashSet::new(),
        };
        // Where one of them is wrong, an error was reported, and nothing becomes of the stream.
        let settled = options::check(&mut settling, "the stream", &map, &[]);
        let number = |key: &str| settled.get(key).and_then(Json::as_u64);
        let seconds = |key: &str| Duration::try_from_secs_f64(settled.get(key)?.as_f64()?).ok();
        let always_on = settled.get("always_on") == Some(&Json::Bool(true));
        if always_on && map.get("idle_timeout_s").is_some() {
            let at = |key: &str| Target::Key(stream.origin.key(key));
            let problem = Problem::warning(
                at("idle_timeout_s"),
                "`idle_timeout_s` means nothing beside `always_on: true`",
            );
            self.stages.problems.push(
                problem
                    .also(at("always_on"), "it never rests")
                    .help("keep `idle_timeout_s` for a source that rests when nobody looks on, `always_on` for one that does not"),
            );
        }
        Stream {
            max_fps: settled.get("max_fps").and_then(Json::as_f64),
            timeout: number("timeout_ms").map(Duration::from_millis),
            idle_timeout: seconds("idle_timeout_s").unwrap_or(IDLE_TIMEOUT),
            warm_up: number("warm_up_ms").map_or(Duration::ZERO, Duration::from_millis),
            always_on,
            on_failure: settled.get("on_failure").map_or(OnFailure::Restart, on_failure),
            ..stream
        }
    }

    /// Reports settings of a source that stand in a stream which takes another one's frames, and says where they
    /// belong.
    pub fn misplaced(&mut self, keys: &[(usize, &'static str)], streams: &[Stream]) {
        for (index, key) in keys {
            let stream = &streams[*index];
            let problem = Problem::error(
                Target::Key(stream.origin.key(key)),
                format!("`{key}` does not stand here: stream `{}` has no source of its own", stream.name),
            );
            self.stages.problems.push(match fed_by(*index, streams) {
                Some(owner) => problem
                    .label(format!("it belongs to `{}`", owner.name))
                    .help(format!("write it beside the `source` of stream `{}`", owner.name)),
                None => problem.help("write it in the stream that has the `source`"),
            });
        }
    }
}

/// The stream whose source feeds another one, if it has any at all.
fn fed_by(start: usize, streams: &[Stream]) -> Option<&Stream> {
    let mut stream = streams.get(start)?;
    // More steps than there are streams only go round in a circle.
    for _ in streams {
        match &stream.input {
            Input::Source(_) => return Some(stream),
            Input::From(feeder) => stream = streams.get(feeder.0)?,
        }
    }
    None
}

fn on_failure(settled: &Json) -> OnFailure {
    let restarts = settled.get("restarts").and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok());
    match (settled.as_str(), restarts) {
        (Some("stop"), _) => OnFailure::Stop,
        (_, Some(restarts)) => OnFailure::Restarts(restarts),
        _ => OnFailure::Restart,
    }
}
