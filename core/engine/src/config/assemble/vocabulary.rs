//! The keys of a pipeline file that the host knows, and what a stream's settings may be: one schema for the reader of files and
//! for editors.

use serde_json::{Map as Object, Value as Json, json};

use crate::config::model::IDLE_TIMEOUT;

/// The keys of the settings.
pub(crate) const SETTINGS: [&str; 6] =
    ["max_fps", "timeout_ms", "idle_timeout_s", "warm_up_ms", "always_on", "on_failure"];
/// Those that are about a source: a stream that has none of its own has none of them either.
pub(crate) const OF_SOURCE: [&str; 3] = ["idle_timeout_s", "warm_up_ms", "always_on"];

/// Keys that hold a list wherever they stand.
pub(crate) const LISTS: [&str; 2] = ["sinks", "transforms"];
/// Keys that stand at the top of both forms.
pub(crate) const TOP: [&str; 4] = ["sink", "sinks", "threads", "plugin_path"];
/// Words for parts of a pipeline elsewhere, and what they are here.
pub(crate) const FROM_ELSEWHERE: [(&str, &str); 14] = [
    ("input", "source"),
    ("camera", "source"),
    ("src", "source"),
    ("filters", "transforms"),
    ("filter", "transforms"),
    ("transform", "transforms"),
    ("pipeline", "transforms"),
    ("processors", "transforms"),
    ("output", "sink"),
    ("server", "sink"),
    ("outputs", "sinks"),
    ("cameras", "streams"),
    ("stream", "streams"),
    ("sources", "streams"),
];

/// Keys of a stream; in the short form they stand at the top.
pub(crate) fn stream_keys() -> impl Iterator<Item = &'static str> {
    ["source", "transforms"].into_iter().chain(SETTINGS)
}

pub(crate) fn is_stream_key(key: &str) -> bool {
    stream_keys().any(|known| known == key)
}

/// Returns what each setting may be.
pub(crate) fn properties() -> Object<String, Json> {
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
