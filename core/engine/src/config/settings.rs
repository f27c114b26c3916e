//! A stream's settings: what stands beside its stages. One schema says what they may be, to the reader of a file and
//! to an editor alike, and files are checked against it as options are against a plugin's.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde_json::{Map as Object, Value as Json, json};

use super::assemble::Assembler;
use super::contract::Contract;
use super::model::{IDLE_TIMEOUT, Input, OnFailure, Stream};
use super::node::Map;
use super::options;
use super::problem::{Problem, Target};
use super::values::Settling;

/// The keys of the settings.
pub(super) const SETTINGS: [&str; 6] =
    ["max_fps", "timeout_ms", "idle_timeout_s", "warm_up_ms", "always_on", "on_failure"];
/// Those that are about a source: a stream that has none of its own has none of them either.
pub(super) const OF_SOURCE: [&str; 3] = ["idle_timeout_s", "warm_up_ms", "always_on"];

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let schema = json!({ "type": "object", "properties": properties(), "additionalProperties": false });
    Contract::new(&Arc::new(schema)).expect("the settings' schema is a good one, every file is read with it")
});

/// What each setting may be.
pub(super) fn properties() -> Object<String, Json> {
    let on_failure = json!({
        "description": "What becomes of a source or a transform that failed. \
            `restart` starts a new instance of it, again and again with growing pauses; `stop` ends the stream; \
            `{ restarts: N }` ends it when N new instances in a row have given no picture.",
        "default": "restart",
        "anyOf": [
            { "type": "string", "enum": ["restart", "stop"] },
            {
                "type": "object",
                "properties": {
                    "restarts": {
                        "description": "How many new instances in a row, without a picture between them, are started before the stream ends. \
                            `on_failure: stop` is for none.",
                        "type": "integer",
                        "format": "uint32",
                        "minimum": 1,
                        "examples": [5],
                    },
                },
                "required": ["restarts"],
                "additionalProperties": false,
            },
        ],
    });
    let each = [
        json!({
            "description": "Frames per second that the stream gives at most; 0.2 is one in five seconds.",
            "type": "number",
            "exclusiveMinimum": 0,
            "examples": [5],
        }),
        json!({
            "description": "How long a source may be silent, or a transform work on one frame, before it has failed; in milliseconds. \
                Where it is left out: for a source the larger of 3 s and three of its own periods, 10 s until its first \
                frame or until its rate is known; for a transform 3 s. A source is never given less than two of its own \
                periods.",
            "type": "integer",
            "minimum": 100,
            "maximum": 3_600_000,
            "examples": [5000],
        }),
        json!({
            "description": "How long the source goes on without a viewer, in seconds; at 0 it rests at once when the last one has gone.",
            "type": "number",
            "minimum": 0,
            "maximum": 86_400,
            "default": IDLE_TIMEOUT.as_secs(),
        }),
        json!({
            "description": "How long after the source was opened its pictures are not shown yet, in milliseconds. \
                The first pictures of many cameras are dark.",
            "type": "integer",
            "minimum": 0,
            "maximum": 600_000,
            "default": 0,
            "examples": [500],
        }),
        json!({
            "description": "Whether the source goes on when there are no viewers.",
            "type": "boolean",
            "default": false,
        }),
        on_failure,
    ];
    SETTINGS.into_iter().map(str::to_owned).zip(each).collect()
}

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
