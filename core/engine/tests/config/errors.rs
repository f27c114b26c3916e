//! The texts of errors, as a person reads them.

use crate::fake::{gallery, load_with, reads, shown};

/// A file with one transform in it.
fn with_transform(stage: &str) -> String {
    format!("source: {{ plugin: simulated }}\ntransforms:\n  - {stage}\nsink: {{ plugin: mjpeg }}\n")
}

fn stages(cases: &[(&str, &str)]) -> String {
    let texts: Vec<(&str, String)> =
        cases.iter().map(|(title, stage)| (*title, with_transform(stage))).collect();
    gallery(&texts.iter().map(|(title, text)| (*title, text.as_str())).collect::<Vec<_>>())
}

#[test]
fn options() {
    reads(
        "options",
        &stages(&[
            ("a misspelt option", "{ plugin: resize, widht: 640 }"),
            ("an option of nothing", "{ plugin: resize, quality: 80 }"),
            ("the stream's word in a stage", "{ plugin: resize, max_fps: 5 }"),
            ("text for a number", "{ plugin: resize, width: wide }"),
            ("a number with a unit", "{ plugin: resize, width: 640px }"),
            ("a duration with a unit", "{ plugin: timestamp, hold_ms: 10s }"),
            ("a number in quotes", "{ plugin: resize, width: \"640\" }"),
            ("a zero in front", "{ plugin: resize, width: 0640 }"),
            ("zeros in front, and a unit", "{ plugin: resize, width: 00640px }"),
            ("a zero in front, in quotes", "{ plugin: resize, width: '0640' }"),
            ("thousands", "{ plugin: resize, width: 1_280 }"),
            ("thousands with a comma", "{ plugin: resize, width: \"1,280\" }"),
            ("a plus", "{ plugin: resize, width: \"+640\" }"),
            ("a fraction with a unit", "{ plugin: resize, width: 640.5px }"),
            ("nothing with a unit", "{ plugin: resize, width: 0px }"),
            ("infinite", "{ plugin: resize, width: inf }"),
            ("a number in quotes, too large", "{ plugin: resize, width: \"70000\" }"),
            ("a boolean in quotes", "{ plugin: rotate, hflip: \"True\" }"),
            ("a list of the wrong things", "{ plugin: timestamp, zones: 5 }"),
            ("a fraction for a whole number", "{ plugin: resize, width: 0.5 }"),
            ("below the range", "{ plugin: resize, width: 0 }"),
            ("beyond the type", "{ plugin: resize, width: 70000 }"),
            ("far beyond the type", "{ plugin: resize, width: 123456789012345678901234567890 }"),
            ("a list for a number", "{ plugin: resize, width: [1, 2] }"),
            ("nothing for a choice", "{ plugin: resize, fit: }"),
            ("a misspelt choice", "{ plugin: resize, fit: containt }"),
            ("no choice at all", "{ plugin: resize, fit: 5 }"),
            ("a choice of numbers", "{ plugin: rotate, angle: 45 }"),
            ("an optional choice", "{ plugin: resize, filter: lanczos }"),
            ("yes", "{ plugin: rotate, hflip: yes }"),
            ("off", "{ plugin: rotate, hflip: off }"),
            ("one", "{ plugin: rotate, hflip: 1 }"),
            ("a number for text", "{ plugin: timestamp, format: 5 }"),
            ("a wrong corner", "{ plugin: timestamp, position: top-let }"),
            ("half a place", "{ plugin: timestamp, position: { x: 5 } }"),
            ("a place of the wrong type", "{ plugin: timestamp, position: 5 }"),
            ("a pattern", "{ plugin: timestamp, color: red }"),
            ("several in one stage", "{ plugin: resize, widht: 1, height: x, fit: none }"),
            ("a nested unknown option", "{ plugin: timestamp, zones: [{ name: a, shpe: 1 }] }"),
            ("a nested missing option", "{ plugin: timestamp, zones: [{}] }"),
            ("too long a text", "{ plugin: timestamp, zones: [{ name: much too long }] }"),
            ("too many items", "{ plugin: timestamp, zones: [{ name: a }, { name: b }, { name: c }] }"),
            ("one where a list is wanted", "{ plugin: timestamp, zones: a }"),
            (
                "an unknown tag",
                "{ plugin: timestamp, zones: [{ name: a, shape: { kind: cirle, radius: 1 } }] }",
            ),
            (
                "a tagged branch's own option",
                "{ plugin: timestamp, zones: [{ name: a, shape: { kind: circle, radius: big } }] }",
            ),
            (
                "another branch's option",
                "{ plugin: timestamp, zones: [{ name: a, shape: { kind: circle, radius: 1, width: 5 } }] }",
            ),
        ]),
    );
}

#[test]
fn plugins() {
    reads(
        "plugins",
        &gallery(&[
            ("no plugin named", "source: { fps: 5 }\nsink: { plugin: mjpeg }\n"),
            ("another word for plugin", "source: { type: simulated }\nsink: { plugin: mjpeg }\n"),
            ("a misspelt plugin", "source: { plugin: simulatd }\nsink: { plugin: mjpeg }\n"),
            ("webcam", "source: { plugin: webcam }\nsink: { plugin: mjpeg }\n"),
            ("rpicam, which is not there", "source: { plugin: rpicam }\nsink: { plugin: mjpeg }\n"),
            ("http", "source: { plugin: simulated }\nsink: { plugin: http }\n"),
            ("flip", "source: { plugin: simulated }\ntransforms:\n- plugin: flip\nsink: { plugin: mjpeg }\n"),
            ("of another kind", "source: { plugin: resize }\nsink: { plugin: mjpeg }\n"),
            (
                "a file that is not there",
                "source: { plugin: ./target/libx.so }\nplugin_path: /usr/local/plugins\nsink: { plugin: mjpeg }\n",
            ),
            ("a number", "source: { plugin: 5 }\nsink: { plugin: mjpeg }\n"),
            ("a missing option", "source: { plugin: v4l2 }\nsink: { plugin: mjpeg }\n"),
            ("a plugin without its map", "source: simulated\nsink: { plugin: mjpeg }\n"),
        ]),
    );
}

#[test]
fn shape() {
    reads(
        "shape",
        &gallery(&[
            ("empty", ""),
            ("only comments", "# nothing\n---\n"),
            ("a word", "simulated\n"),
            ("a list", "- plugin: simulated\n"),
            ("no sink", "source: { plugin: simulated }\n"),
            ("no source", "sink: { plugin: mjpeg }\n"),
            ("unknown keys", "sorce: { plugin: simulated }\nwatermark: 1\noutput: { plugin: mjpeg }\n"),
            ("both sinks", "source: { plugin: simulated }\nsink: { plugin: mjpeg }\nsinks: []\n"),
            ("a list for sink", "source: { plugin: simulated }\nsink:\n  - { plugin: mjpeg }\n"),
            ("a map for sinks", "source: { plugin: simulated }\nsinks: { plugin: mjpeg }\n"),
            ("no sinks", "source: { plugin: simulated }\nsinks: []\n"),
            (
                "a map for transforms",
                "source: { plugin: simulated }\ntransforms: { plugin: resize }\nsink: { plugin: mjpeg }\n",
            ),
            (
                "source and streams",
                "source: { plugin: simulated }\nstreams: { porch: { source: { plugin: simulated } } }\nsink: { plugin: mjpeg }\n",
            ),
            (
                "max_fps beside streams",
                "max_fps: 5\nstreams: { porch: { source: { plugin: simulated } } }\nsink: { plugin: mjpeg }\n",
            ),
            (
                "a camera's setting beside streams",
                "idle_timeout_s: 60\nstreams: { porch: { source: { plugin: simulated } } }\nsink: { plugin: mjpeg }\n",
            ),
            ("max_fps", "source: { plugin: simulated }\nmax_fps: 0\nsink: { plugin: mjpeg }\n"),
            ("threads", "source: { plugin: simulated }\nthreads: 1.5\nsink: { plugin: mjpeg }\n"),
            ("plugin_path", "source: { plugin: simulated }\nplugin_path: [5]\nsink: { plugin: mjpeg }\n"),
            (
                "a key twice",
                "source: { plugin: simulated, fps: 5 }\nsink: { plugin: mjpeg }\nsource: { plugin: simulated, fps: 10 }\n",
            ),
            (
                "a nested key three times",
                "source: { plugin: simulated, fps: 5, fps: 6,\n  fps: 7 }\nsink: { plugin: mjpeg }\n",
            ),
            ("a merge key", "source: &a { plugin: simulated }\nsink: { plugin: mjpeg }\n<<: *a\n"),
            (
                "a merge key that brings the plugin",
                "streams:\n  porch:\n    source: &cam { plugin: simulated, fps: 5 }\n  slow:\n    source:\n      <<: *cam\n      fps: 1\n\
                 sink: { plugin: mjpeg }\n",
            ),
            (
                "a merge key in a list",
                "source: { plugin: simulated }\ntransforms:\n  - &a { plugin: resize, width: 5 }\n  - <<: *a\n    height: 5\n\
                 sink: { plugin: mjpeg }\n",
            ),
            (
                "a merge key in a stream",
                "streams:\n  porch: &a\n    source: { plugin: simulated }\n  other:\n    <<: *a\nsink: { plugin: mjpeg }\n",
            ),
            (
                "a merge key that brings a secret",
                "source: { plugin: simulated }\nsinks:\n  - &a { plugin: mjpeg, password: hunter2 }\n  - { <<: [*a], listen: 127.0.0.1:1 }\n",
            ),
            (
                "a merge key inside an option",
                "source: { plugin: simulated }\ntransforms:\n  - plugin: timestamp\n    zones: [&a { name: a }, { <<: *a }]\nsink: { plugin: mjpeg }\n",
            ),
            (
                "a merge key in a stage",
                "x: &a { fps: 5 }\nsource: { plugin: simulated, <<: *a }\nsink: { plugin: mjpeg }\n",
            ),
        ]),
    );
}

#[test]
fn settings() {
    let short = [
        ("a unit in the value", "timeout_ms: 3s"),
        ("a unit in the value, of seconds", "idle_timeout_s: 2 min"),
        ("too short a time", "timeout_ms: 3"),
        ("too long a time", "timeout_ms: 86400000"),
        ("half a millisecond", "timeout_ms: 1000.5"),
        ("no value", "timeout_ms:"),
        ("a negative time", "idle_timeout_s: -1"),
        ("for ever", "idle_timeout_s: never"),
        ("a negative warm-up", "warm_up_ms: -1"),
        ("a list", "warm_up_ms: [100]"),
        ("yes", "always_on: yes"),
        ("a number for yes or no", "always_on: 1"),
        ("on failure never", "on_failure: never"),
        ("on failure, misspelt", "on_failure: restrat"),
        ("on failure a number", "on_failure: 3"),
        ("on failure nothing", "on_failure:"),
        ("no restarts", "on_failure: { restarts: 0 }"),
        ("restarts, misspelt", "on_failure: { restart: 3 }"),
        ("restarts in words", "on_failure: { restarts: three }"),
        ("an empty map", "on_failure: {}"),
        ("a time without its unit", "timeout: 3"),
        ("a time without its unit, which the value has", "timeout: 3s"),
        ("in seconds", "timeout_s: 3"),
        ("in seconds, with a hyphen", "timeout-sec: 0.5"),
        ("a rest without its unit", "idle_timeout: 10"),
        ("a rest in milliseconds", "idle_timeout_ms: 2500"),
        ("a rest in milliseconds, and no space", "idle_timeout_ms:2500"),
        ("a warm-up in one word", "warmup: 500"),
        ("a misspelt key", "allways_on: true"),
        ("a misspelt key with its unit", "timout_ms: 3000"),
        ("a rest that never comes", "always_on: true\nidle_timeout_s: 60"),
        ("on, and no word about a rest", "always_on: false\nidle_timeout_s: 60"),
        ("several", "timeout_ms: soon\nidle_timeout_s: later\non_failure: try again"),
        ("a variable of the wrong type", "timeout_ms: ${BAD}"),
        ("an empty variable", "timeout_ms: ${T:-}"),
    ];
    let long = [
        (
            "a camera's setting in a stream without a camera",
            "  small: { from: porch, idle_timeout_s: 5, timeout_ms: 5000 }\n",
        ),
        (
            "all of them, two streams away",
            "  small: { from: porch }\n  tiny: { from: small, always_on: true, warm_up_ms: 5, idle_timeout_s: 0 }\n",
        ),
        ("from nowhere", "  small: { from: proch, always_on: true }\n"),
        ("in a circle", "  a: { from: b, always_on: true }\n  b: { from: a }\n"),
        ("wrong, and in the wrong place", "  small: { from: porch, idle_timeout_s: -5 }\n"),
        ("wrong in a stream", "  lab: { source: { plugin: simulated }, on_failure: ignore }\n"),
        ("in a source", "  lab: { source: { plugin: simulated, idle_timeout_s: 5 } }\n"),
        ("unknown in a stream", "  lab: { source: { plugin: simulated }, quality: 5 }\n"),
    ];
    let short = short.map(|(title, line)| {
        (title, format!("source: {{ plugin: simulated }}\n{line}\nsink: {{ plugin: mjpeg }}\n"))
    });
    let long = long.map(|(title, streams)| {
        let porch = "  porch: { source: { plugin: simulated } }\n";
        (title, format!("streams:\n{porch}{streams}sink: {{ plugin: mjpeg }}\n"))
    });
    let cases: Vec<(&str, &str)> =
        short.iter().chain(&long).map(|(title, text)| (*title, text.as_str())).collect();
    reads("settings", &gallery(&cases));
}

#[test]
fn streams() {
    let long = |streams: &str, sink: &str| format!("streams:\n{streams}sink: {{ plugin: mjpeg{sink} }}\n");
    let porch = "  porch: { source: { plugin: simulated } }\n";
    let cases = [
        ("none", long("", "")),
        ("not a map", long("  - porch\n", "")),
        ("a word for a stream", long("  porch: simulated\n", "")),
        ("a name that is none", long("  Front Door: { source: { plugin: simulated } }\n", "")),
        ("a sink's own path", long("  snapshot: { source: { plugin: simulated } }\n", "")),
        ("without an input", long("  porch: { transforms: [] }\n", "")),
        (
            "with two inputs",
            long(&format!("{porch}  small: {{ source: {{ plugin: simulated }}, from: porch }}\n"), ""),
        ),
        ("from nowhere", long(&format!("{porch}  small: {{ from: proch }}\n"), "")),
        ("from nothing near", long(&format!("{porch}  small: {{ from: garden }}\n"), "")),
        ("from itself", long("  small: { from: small }\n", "")),
        ("in a circle", long("  a: { from: c }\n  b: { from: a }\n  c: { from: b }\n  d: { from: a }\n", "")),
        ("from a number", long(&format!("{porch}  small: {{ from: [porch] }}\n"), "")),
        ("served, but not there", long(porch, ", streams: [porc, garden]")),
        ("served twice", long(porch, ", streams: [porch, porch]")),
        ("served, no list", long(porch, ", streams: porch")),
        ("served, an empty list", long(porch, ", streams: []")),
        (
            "served by none",
            long(&format!("{porch}  lab: {{ source: {{ plugin: simulated }} }}\n"), ", streams: [porch]"),
        ),
        (
            "a sink in a stream",
            long("  porch: { source: { plugin: simulated }, sink: { plugin: mjpeg } }\n", ""),
        ),
        ("streams in a source", long("  porch: { source: { plugin: simulated, streams: [a] } }\n", "")),
    ];
    reads(
        "streams",
        &gallery(&cases.iter().map(|(title, text)| (*title, text.as_str())).collect::<Vec<_>>()),
    );
}

#[test]
fn traps() {
    reads(
        "traps",
        &gallery(&[
            ("%H:%M", "transforms:\n  - plugin: timestamp\n    format: %H:%M # the time\n"),
            (
                "%H:%M in brackets",
                "transforms:\n  - { plugin: timestamp, format: %d.%m., %H:%M, position: top-left }\n",
            ),
            ("@", "source: { plugin: v4l2, device: @front }\n"),
            (
                "#fff",
                "source: { plugin: simulated }\ntransforms:\n  - plugin: timestamp\n    color: #fff\nsink: { plugin: mjpeg }\n",
            ),
            (
                "#fff in brackets",
                "source: { plugin: simulated }\ntransforms:\n  - { plugin: timestamp, color: #fff }\nsink: { plugin: mjpeg }\n",
            ),
            ("[::]:8080", "source: { plugin: simulated }\nsink:\n  plugin: mjpeg\n  listen: [::]:8080\n"),
            ("[::1]:8080", "source: { plugin: simulated }\nsink:\n  plugin: mjpeg\n  listen: [::1]:8080\n"),
            (
                "[fe80::1]:8080",
                "source: { plugin: simulated }\nsink:\n  plugin: mjpeg\n  listen: [fe80::1]:8080\n",
            ),
            (
                "[::]:8080 in brackets",
                "source: { plugin: simulated }\nsink: { plugin: mjpeg, listen: [::]:8080 }\n",
            ),
            (
                "[fe80::1]:8080 in brackets",
                "source: { plugin: simulated }\nsink: { plugin: mjpeg, listen: [fe80::1]:8080 }\n",
            ),
            (
                "an argon2 hash",
                "source: { plugin: simulated }\nsink: { plugin: mjpeg, password: $argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA }\n",
            ),
            ("listen: 8080", "source: { plugin: simulated }\nsink: { plugin: mjpeg, listen: 8080 }\n"),
            ("listen: :8080", "source: { plugin: simulated }\nsink: { plugin: mjpeg, listen: ':8080' }\n"),
            (
                "listen: localhost",
                "source: { plugin: simulated }\nsink: { plugin: mjpeg, listen: localhost }\n",
            ),
            ("tabs", "source:\n\tplugin: simulated\n"),
            ("a tab after spaces", "source:\n  plugin: simulated\n \tfps: 5\n"),
            ("no space in a block", "source:\n  plugin:simulated\n  fps: 5\nsink: { plugin: mjpeg }\n"),
            ("no space, a line between", "source:\n  plugin: simulated\n  fps:5\n  width: 5\n"),
            ("no space, alone", "source:\n  plugin:simulated\nsink: { plugin: mjpeg }\n"),
            (
                "no space in brackets",
                "source: { plugin:simulated }\nsink: { plugin: mjpeg, listen:127.0.0.1:80 }\n",
            ),
            (
                "no space in an item",
                "source: { plugin: simulated }\ntransforms:\n  - plugin:resize\nsink: { plugin: mjpeg }\n",
            ),
            ("no space at the top", "source: { plugin: simulated }\nthreads:5\nsink: { plugin: mjpeg }\n"),
            ("10fps", "source: { plugin: simulated, fps: 10fps }\nsink: { plugin: mjpeg }\n"),
            (
                "a colon in text",
                "source: { plugin: simulated }\ntransforms:\n  - plugin: timestamp\n    format: Camera: %H\n",
            ),
            ("a line indented too far", "source:\n  plugin: simulated\n    fps: 5\n"),
            ("a line indented too little", "source:\n    plugin: simulated\n  fps: 5\n"),
            ("a list's next item", "transforms:\n  - plugin: resize\n  plugin: rotate\n"),
            ("a bracket left open", "source: { plugin: simulated\nsink: { plugin: mjpeg }\n"),
            ("a list left open", "transforms: [{ plugin: resize }\n"),
            ("a comma left out", "source: { plugin: simulated fps: 5 }\n"),
            ("a comma left out after quotes", "source: { plugin: \"simulated\" fps: 5 }\n"),
            ("a quote left open", "source: { plugin: \"simulated }\nsink: { plugin: mjpeg }\n"),
            ("text after quotes", "source: { plugin: simulated }\nname: \"a\" b\n"),
            ("a backslash", "source: { plugin: simulated, frames: \"C:\\pictures\" }\n"),
            (
                "a Windows path",
                "source: { plugin: simulated, frames: \"C:\\Users\\me\\new\" }\nsink: { plugin: mjpeg }\n",
            ),
            (
                "a Windows path in a block",
                "source:\n  plugin: simulated\n  frames: \"D:\\it's\\x\"\nsink: { plugin: mjpeg }\n",
            ),
            ("a backslash in a secret", "sink: { plugin: mjpeg, password: \"a\\hunter2\" }\n"),
            (
                "no-break spaces before a key",
                "source:\n\u{a0}\u{a0}plugin: simulated\nsink: { plugin: mjpeg }\n",
            ),
            (
                "a no-break space behind a colon",
                "source:\u{a0}{ plugin: simulated }\nsink: { plugin: mjpeg }\n",
            ),
            (
                "a no-break space before a number",
                "source: { plugin: simulated, fps:\u{a0}10 }\nsink: { plugin: mjpeg }\n",
            ),
            ("an invisible character", "source: { plugin: simulated\u{200b} }\nsink: { plugin: mjpeg }\n"),
            (
                "no-break spaces that break a block",
                "source:\n  plugin: simulated\n\u{a0} fps: 10\nsink: { plugin: mjpeg }\n",
            ),
            (
                "a no-break space in a text that lacks its quotes",
                "source: { plugin: simulated }\ntransforms:\n  - { plugin: timestamp, format: %H\u{a0}h }\nsink: { plugin: mjpeg }\n",
            ),
            (
                "a no-break space where it belongs",
                "source: { plugin: simulated }\ntransforms:\n  - { plugin: timestamp, format: \"%H\u{a0}h\" }\nsink: { plugin: mjpeg }\n",
            ),
            (
                "somebody's home folder",
                "source: { plugin: simulated, frames: ~bob/x }\nsink: { plugin: mjpeg }\n",
            ),
            (
                "a tag that does not fit",
                "source: { plugin: simulated, fps: !!int ten }\nsink: { plugin: mjpeg }\n",
            ),
            ("a tag of no kind", "source: { plugin: simulated, frames: !<x }\nsink: { plugin: mjpeg }\n"),
            ("a bar", "source:\n  plugin: simulated\n  frames: |a\nsink: { plugin: mjpeg }\n"),
            ("a question", "source: { plugin: simulated }\nx: ? a\nsink: { plugin: mjpeg }\n"),
            ("text behind a map", "{ source: { plugin: simulated }, sink: { plugin: mjpeg } } more\n"),
            ("a directive", "%YAML 3.0\n---\nsource: { plugin: simulated }\nsink: { plugin: mjpeg }\n"),
            ("a document in quotes", "source: { plugin: \"simulated\n---\n\" }\n"),
            (
                "a misspelt secret",
                "source: { plugin: simulated }\nsink: { plugin: mjpeg, pasword: hunter2 }\n",
            ),
            (
                "a secret of a plugin that is not there",
                "source: { plugin: simulated }\nsink: { plugin: mjpg2, password: hunter2 }\n",
            ),
            ("a secret in what cannot be read", "sink: { plugin: mjpeg, password: hunter2, x: [ }\n"),
            (
                "a password in an address",
                "source: { plugin: simulated, fps: http://me:hunter2@cam/ }\nsink: { plugin: mjpeg }\n",
            ),
            ("an alias of nothing", "source: { plugin: *camera }\n"),
            ("a star", "source: { plugin: simulated, frames: *.jpg }\n"),
            ("!secret", "sink: { plugin: mjpeg, password: !secret viewer }\n"),
            ("a tag", "sink: { plugin: mjpeg, password: !viewer }\n"),
            ("a template", "source: { plugin: {{ camera }} }\n"),
            ("a variable in brackets", "source: { plugin: simulated, width: ${W:-640} }\n"),
            ("a list on the line of its key", "transforms: - plugin: resize\n"),
            ("a line without a colon", "source: { plugin: simulated }\nsink\nthreads: 2\n"),
            ("two documents", "source: { plugin: simulated }\n---\nsource: { plugin: simulated }\n"),
            ("a control character", "source: { plugin: \"simu\u{1b}[31mlated\" }\n"),
            (
                "an escaped control character",
                "source: { plugin: \"simu\\e[31mlated\" }\nsink: { plugin: mjpeg }\n",
            ),
            ("windows line ends", "source: { plugin: simulated, widht: 5 }\r\nsink: { plugin: mjpeg }\r\n"),
            (
                "a byte order mark and umlauts",
                "\u{feff}# Tür\nsource: { plugin: simulated, näme: Tür, widht: 5 }\nsink: { plugin: mjpeg }\n",
            ),
        ]),
    );
}

#[test]
fn limits() {
    let mut aliases = String::from("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    for (this, last) in ["b", "c", "d", "e", "f", "g", "h"].iter().zip(["a", "b", "c", "d", "e", "f", "g"]) {
        aliases += &format!(
            "{this}: &{this} [{}]\n",
            [format!("*{last}"); 1].concat().as_str().to_owned() + &format!(",*{last}").repeat(9)
        );
    }
    let cases = [
        ("aliases that multiply", aliases),
        ("an alias in itself", "a: &a [*a, *a]\n".into()),
        ("a long key", format!("? {}\n: 5\n", "x".repeat(5000))),
        (
            "long keys inside each other",
            (0..30).map(|i| format!("{}{}:\n", " ".repeat(i), "x".repeat(100))).collect::<String>(),
        ),
        ("deep brackets", "[".repeat(100_000)),
        ("deep maps", "{a: ".repeat(100_000)),
        ("deep lines", "- ".repeat(100_000)),
        (
            "long text in many aliases",
            format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a,".repeat(1000)),
        ),
    ];
    reads("limits", &gallery(&cases.iter().map(|(title, text)| (*title, text.as_str())).collect::<Vec<_>>()));
}

/// Where an address or a name is written as other programs take it.
#[test]
fn habits() {
    let source =
        |options: &str| format!("source: {{ plugin: simulated, {options} }}\nsink: {{ plugin: mjpeg }}\n");
    let block = |line: &str| format!("source:\n  plugin: simulated\n  {line}\nsink: {{ plugin: mjpeg }}\n");
    let sink =
        |options: &str| format!("source: {{ plugin: simulated }}\nsink: {{ plugin: mjpeg, {options} }}\n");
    let sink_block =
        |line: &str| format!("source: {{ plugin: simulated }}\nsink:\n  plugin: mjpeg\n  {line}\n");
    let list = |lines: &str| {
        format!("source: {{ plugin: simulated }}\ntransforms:\n{lines}sink: {{ plugin: mjpeg }}\n")
    };
    let cases = [
        ("listen: :8080 without quotes", sink("listen: :8080")),
        ("listen: :8080 in a block", sink_block("listen: :8080")),
        ("listen: *:8080", sink_block("listen: *:8080")),
        ("listen: *:8080 in brackets", sink("listen: *:8080")),
        ("a star for all", sink("allow_origin: *")),
        ("a star for all in a block", sink_block("allow_origin: *")),
        ("a star in a list", sink("allow_origin: [*]")),
        ("a bar behind a path", block("frames: |\n    ./pictures")),
        ("a folded path", block("frames: >\n    ./it is\n    here")),
        ("a path of Windows with letters that are escapes", block("frames: \"C:\\new\\temp\"")),
        ("a path of Windows without quotes", block("frames: C:\\pictures")),
        ("a path of Windows with slashes", source("frames: C:/pictures")),
        ("a share of Windows", source("frames: '\\\\nas\\pictures'")),
        ("escapes in a path", source("frames: \"./\\temp\"")),
        ("a variable without braces", source("frames: $HOME/pictures")),
        ("a variable without braces, further on", source("frames: /home/$HOME/pictures")),
        ("a variable without braces for a number", source("width: $W")),
        ("dollars that are none", source("frames: ./$HOME/price/$5/$x")),
        ("an address for a path", source("frames: http://camera/x.jpg")),
        ("an address of a file", source("frames: file:///srv/pictures")),
        (
            "an address for a plugin",
            "source: { plugin: https://example.org/x.so }\nsink: { plugin: mjpeg }\n".into(),
        ),
        ("an en dash before an item", list("  \u{2013} plugin: resize\n    width: 5\n")),
        ("an en dash before a map", list("  \u{2013} { plugin: resize, width: 5 }\n")),
        ("an en dash before one key", list("  \u{2013} plugin: rotate\n")),
        ("a bullet", list("  \u{2022} plugin: rotate\n")),
        ("dashes in a text", list("  - plugin: timestamp\n    format: |\n      \u{2013} %H \u{2013}\n")),
        ("curly quotes", "source: { plugin: \u{201c}simulated\u{201d} }\nsink: { plugin: mjpeg }\n".into()),
        ("curly quotes around a number", source("fps: \u{201e}5\u{201c}")),
        ("a curly quote alone", source("fps: \u{201c}5")),
        ("curly quotes in quotes", list("  - { plugin: timestamp, format: \"\u{201c}%H\u{201d}\" }\n")),
        (
            "a bracket that closes nothing",
            "source: { plugin: simulated }\n}\nsink: { plugin: mjpeg }\n".into(),
        ),
        ("a square bracket that closes nothing", list("  ]\n")),
        ("a bracket too many", "source: { plugin: simulated } }\nsink: { plugin: mjpeg }\n".into()),
        ("a bracket of the other kind", "source: { plugin: simulated ]\nsink: { plugin: mjpeg }\n".into()),
        ("a colon in a text in brackets", list("  - { plugin: timestamp, format: Porch: %H:%M }\n")),
        ("a colon in a text in brackets, plainly", list("  - { plugin: timestamp, format: Porch: it }\n")),
        ("an apostrophe", list("  - plugin: timestamp\n    format: 'it's here'\n")),
        ("an apostrophe in brackets", list("  - { plugin: timestamp, format: 'it's here', hold_ms: 5 }\n")),
        ("an apostrophe at the end", list("  - { plugin: timestamp, format: 'it's }\n")),
        ("quotes in quotes", list("  - plugin: timestamp\n    format: \"say \"it's\" here\"\n")),
        ("a decimal comma in brackets", source("fps: 12,5")),
        ("a decimal comma in a block", block("fps: 12,5")),
        ("thousands in brackets", source("width: 1,280")),
        (
            "a decimal comma of a stream",
            "streams: { porch: { source: { plugin: simulated }, max_fps: 2,5 } }\nsink: { plugin: mjpeg }\n"
                .into(),
        ),
        ("a choice with a zero in front", list("  - { plugin: rotate, angle: 090 }\n")),
        ("a choice in quotes", list("  - { plugin: rotate, angle: \"90\" }\n")),
        ("the host's word, misspelt, in a sink", sink("stream: [camera]")),
        ("a merge key with a name", "source: { <<: simulated }\nsink: { plugin: mjpeg }\n".into()),
        ("a merge key with nothing", "source: { plugin: simulated, <<: }\nsink: { plugin: mjpeg }\n".into()),
        ("an equals sign", block("fps=10\n  width: 5")),
        ("an equals sign between spaces", block("fps = 10\n  width: 5")),
        ("no colon", block("fps 10\n  width: 5")),
        ("a folder of plugins that is not there", format!("plugin_path: [., nowhere]\n{}", source("fps: 5"))),
    ];
    reads("habits", &gallery(&cases.iter().map(|(title, text)| (*title, text.as_str())).collect::<Vec<_>>()));
}

/// Wherever it stands, and whatever is wrong around it.
#[test]
fn secrets() {
    let sink = |lines: &str| format!("source: {{ plugin: simulated }}\nsink:\n  plugin: mjpeg\n{lines}");
    let flow = |entry: &str| format!("source: {{ plugin: simulated }}\nsink: {{ plugin: mjpeg, {entry} }}\n");
    let address =
        |text: &str| format!("source: {{ plugin: simulated, fps: {text} }}\nsink: {{ plugin: mjpeg }}\n");
    let path =
        |text: &str| format!("source: {{ plugin: simulated, frames: {text} }}\nsink: {{ plugin: mjpeg }}\n");
    let cases = [
        ("an alias", sink("  password: *hunter2\n")),
        ("an alias in brackets", flow("password: *hunter2")),
        ("an anchor", sink("  password: &hunter2\n    x: 1\n")),
        ("a tag", sink("  password: !hunter2 x\n")),
        ("a tag of no kind", sink("  password: !<hunter2 x\n")),
        ("colons", sink("  password: hun: hunter2: x\n")),
        ("colons in brackets", flow("password: hun: hunter2: x")),
        ("no space", sink("  password:hunter2\n")),
        ("no space, more below", sink("  password:hunter2\n  listen: 127.0.0.1:1\n")),
        ("no space in brackets", flow("password:hunter2")),
        ("no colon", sink("  password hunter2\n  x: 1\n")),
        ("no colon in brackets", flow("password hunter2")),
        ("an equals sign", sink("  password=hunter2\n")),
        ("a percent sign", sink("  password: %hunter2\n")),
        ("an apostrophe", sink("  password: 'hunter2's own'\n")),
        ("a quote left open", sink("  password: 'hunter2\n")),
        ("curly quotes", sink("  password: \u{201c}hunter2\u{201d}\n")),
        ("a comma", flow("password: a,hunter2")),
        ("on the next line", sink("  password:\n    hunter2: x: y\n")),
        ("twice", flow("password: hunter2, password: hunter2")),
        ("a list", flow("password: [hunter2]")),
        ("a map", flow("password: { value: hunter2 }")),
        ("a variable that is none", flow("password: '${hunter2 x}'")),
        ("a password with a slash in an address", address("'http://me:hun/ter2hunter2@camera/x'")),
        ("a password with an @ in an address", address("'http://me:hunter2@hunter2@camera/x'")),
        ("a token in an address", address("'http://hunter2@camera/x'")),
        ("an address without a scheme", address("'me:hunter2@camera:80'")),
        ("an address for a path", path("'http://me:hunter2@camera/x'")),
        ("an address further on in a path", path("'./http://me:hunter2@camera/$HOME'")),
        (
            "an address for a plugin",
            "source: { plugin: 'http://me:hunter2@camera/x.so' }\nsink: { plugin: mjpeg }\n".into(),
        ),
        ("an address as a key", path("x, http://me:hunter2@camera/x: 5")),
        (
            "an address for a stream",
            "streams: { a: { from: 'http://me:hunter2@camera' } }\nsink: { plugin: mjpeg }\n".into(),
        ),
    ];
    let cases: Vec<_> = cases.iter().map(|(title, text)| (*title, text.as_str())).collect();
    let gallery = gallery(&cases);
    let debug = cases.iter().map(|(_, text)| format!("{:?}", load_with(text, &[])));
    for shown in debug.chain([gallery.clone()]) {
        let lines: Vec<&str> = shown.lines().filter(|line| line.contains("hunter2")).collect();
        assert!(lines.is_empty(), "{lines:#?}");
    }
    reads("hidden", &gallery);
}

/// The parser's words are no help to a person who has never seen YAML.
#[test]
fn nothing_is_said_in_the_parsers_words() {
    for name in ["options", "plugins", "shape", "settings", "streams", "traps", "habits", "hidden", "limits"]
    {
        let path = format!("{}/tests/config/snapshots/{name}.snap", env!("CARGO_MANIFEST_DIR"));
        let snapshot = std::fs::read_to_string(path).unwrap();
        assert!(!snapshot.contains("in the parser's words"), "{name}");
        assert!(!snapshot.contains("hunter2"), "{name}");
    }
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let long = "x".repeat(30_000);
    let text = format!(
        "source: {{ plugin: simulated, frames: {long}, widht: 5, more: [{long}] }}\nsink: {{ plugin: mjpeg }}\n"
    );
    let shown = shown(&text, &[]);
    assert!(shown.lines().all(|line| line.chars().count() < 300), "{shown}");
    assert!(shown.contains("did you mean `width`?"), "{shown}");
    assert!(shown.contains("widht: 5"), "{shown}");
    assert!(shown.contains("porch.yaml:1:30040"), "{shown}");
}

#[test]
fn very_many_errors_are_counted() {
    let keys: String = (0..1000).map(|i| format!("k{i}: 5\n")).collect();
    let report = load_with(&keys, &[]).unwrap_err();
    assert_eq!(report.diagnostics().len(), 20);
    assert_eq!(report.left_out(), 982);
    assert!(report.render(false).ends_with("\n… and 982 more\n"));
}

#[test]
fn colour_is_an_option() {
    let report = load_with("sorce: 5\n", &[]).unwrap_err();
    assert!(report.render(true).contains("\u{1b}["));
    assert!(!report.render(false).contains('\u{1b}'));
}

#[test]
fn a_secret_is_not_shown() {
    let shown = shown(
        "source: { plugin: simulated }\nsink: { plugin: mjpeg, password: hunter2, lisen: 5, public: 3 }\n",
        &[],
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    reads("a_secret_is_not_shown", &shown);
}

#[test]
fn a_secret_of_the_wrong_type_is_not_shown_either() {
    for secret in ["31337", "[hunter2]"] {
        let text =
            format!("source: {{ plugin: simulated }}\nsink: {{ plugin: mjpeg, password: {secret} }}\n");
        let shown = shown(&text, &[]);
        assert!(!shown.contains(secret.trim_matches(['[', ']'])), "{shown}");
        assert!(shown.starts_with("error: `password` must be"), "{shown}");
    }
}
