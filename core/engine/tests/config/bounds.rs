//! What a file can cost: no stack, no time and no memory beyond a bound, however it is written.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mutoscope_engine::config::{
    Catalogue, Origin, Pipeline, PluginKind, PluginRef, Refusal, Report, Schema, Set, load,
};
use serde_json::{Value, json};

use crate::fake::{Fakes, environment};

/// As fast as a slow machine under load: quadratic work on the largest files takes minutes.
const GENEROUS: Duration = Duration::from_secs(60);

/// A source whose options have a given schema; else the fakes.
struct With(Value);

impl Catalogue for With {
    fn resolve(&self, plugin: &PluginRef, kind: PluginKind, search: &[PathBuf]) -> Result<Schema, Refusal> {
        match kind {
            PluginKind::Source => Ok(Arc::new(self.0.clone())),
            _ => Fakes.resolve(plugin, kind, search),
        }
    }

    fn names(&self, kind: PluginKind, search: &[PathBuf]) -> Vec<String> {
        Fakes.names(kind, search)
    }
}

fn loaded(text: &str, sets: &[String], plugins: &dyn Catalogue) -> Result<Pipeline, Report> {
    let origin = Origin::BuiltIn { name: "porch.yaml".into(), text: text.into() };
    let sets: Vec<Set> = sets.iter().map(Set::new).collect();
    load(&origin, &sets, &environment, plugins)
}

/// Loads on half the stack that a thread has, and shows the result.
fn on_a_small_stack(text: String, sets: Vec<String>, schema: Value) -> String {
    let work = move || match loaded(&text, &sets, &With(schema)) {
        Ok(pipeline) => format!("good {}", format!("{pipeline:?}").len()),
        Err(report) => report.to_string(),
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap()
}

/// Any value at all, to any depth.
fn tree() -> Value {
    json!({
        "type": "object",
        "properties": { "tree": { "$ref": "#/$defs/node" } },
        "$defs": { "node": { "anyOf": [
            { "type": "integer" },
            { "type": "array", "items": { "$ref": "#/$defs/node" } },
            { "type": "object", "additionalProperties": { "$ref": "#/$defs/node" } },
        ] } },
    })
}

#[test]
fn what_is_deep_needs_no_deep_stack() {
    let file = |tree: &str| format!("source: {{ plugin: any, tree: {tree} }}\nsink: {{ plugin: mjpeg }}\n");
    let nested = |depth: usize, inner: &str| format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth));
    let maps = |depth: usize, inner: &str| format!("{}{inner}{}", "{ a: ".repeat(depth), " }".repeat(depth));
    let shown = |text: String, sets: Vec<String>| on_a_small_stack(text, sets, tree());
    // The parser's own bound is 128.
    assert!(shown(file(&nested(110, "5")), vec![]).starts_with("good"));
    assert!(shown(file(&maps(110, "5")), vec![]).starts_with("good"));
    assert!(shown(file(&nested(110, "x")), vec![]).contains("error"));
    assert!(shown(file(&nested(500, "5")), vec![]).contains("nested too deep"));
    let value = format!("source.tree{}={}", "[0]".repeat(60), nested(120, "5"));
    let set = shown(file("[]"), vec![value]);
    assert!(set.starts_with("good"), "{set}");
    let deeper = format!("source.{}=5", vec!["a"; 20_000].join("."));
    assert!(shown(file("5"), vec![deeper]).contains("this path is too long"));
    let aliases = format!("a: &a {}\nb: {}\n", nested(100, "5"), nested(100, "*a"));
    assert!(shown(aliases, vec![]).contains("nested too deep"));
}

#[test]
fn a_row_of_streams_needs_no_deep_stack() {
    let row = |streams: usize| {
        let rest: String = (1..streams).map(|i| format!("  s{i}: {{ from: s{} }}\n", i - 1)).collect();
        format!("streams:\n  s0: {{ source: {{ plugin: any }} }}\n{rest}sink: {{ plugin: mjpeg }}\n")
    };
    let start = Instant::now();
    assert!(on_a_small_stack(row(4096), vec![], tree()).starts_with("good"));
    let refused = on_a_small_stack(row(4097), vec![], tree());
    assert!(refused.contains("4097 streams are too many"), "{refused}");
    let circle = row(4096).replace("source: { plugin: any }", "from: s4095");
    assert!(on_a_small_stack(circle, vec![], tree()).contains("from each other"));
    assert!(start.elapsed() < GENEROUS);
}

#[test]
fn a_schema_may_refer_to_itself_in_any_way() {
    let text = "source: { plugin: any, a: 5, b: [x, { c: { d: 1 } }] }\nsink: { plugin: mjpeg }\n";
    // Each of these refers to the next in thirty ways: too many to follow.
    let mut many = json!({ "n0": { "type": "integer" } });
    for i in 1..30 {
        many[format!("n{i}")] =
            json!({ "anyOf": vec![json!({ "$ref": format!("#/$defs/n{}", i - 1) }); 30] });
    }
    let start = Instant::now();
    for schema in [
        json!({ "$ref": "#" }),
        json!({ "allOf": [{ "$ref": "#" }] }),
        json!({ "anyOf": [{ "$ref": "#" }, { "$ref": "#" }], "properties": { "b": { "$ref": "#" } } }),
        json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } }),
        json!({ "properties": { "a": { "$ref": "#/$defs/n2" } }, "$defs": many }),
    ] {
        // Good or refused: an answer.
        on_a_small_stack(text.into(), vec![], schema);
    }
    assert!(start.elapsed() < GENEROUS);
}

#[test]
fn tens_of_thousands_of_problems_are_counted() {
    let many = |n: usize, one: &dyn Fn(usize) -> String| (0..n).map(one).collect::<String>();
    let source = |lines: &str| format!("source:\n  plugin: simulated\n{lines}sink: {{ plugin: mjpeg }}\n");
    let with_list = |items: &str| {
        format!(
            "source: {{ plugin: simulated }}\ntransforms:\n  - plugin: timestamp\n    zones:\n{items}sink: {{ plugin: mjpeg }}\n"
        )
    };
    let cases = [
        ("unknown options", source(&many(45_000, &|i| format!("  o{i}: 5\n"))), 45_000),
        (
            "unset variables of unknown options",
            source(&many(30_000, &|i| format!("  o{i}: ${{N{i}}}\n"))),
            60_000,
        ),
        ("keys twice", source(&many(45_000, &|_| "  fps: 5\n".into())), 44_999),
        ("unknown keys", many(45_000, &|i| format!("o{i}: 5\n")), 45_002),
        // And the list is too long.
        ("missing options", with_list(&many(20_000, &|_| "      - {}\n".into())), 20_001),
        ("wrong options", with_list(&many(20_000, &|_| "      - { name: 5 }\n".into())), 20_001),
        (
            "controls",
            format!(
                "source:\n  plugin: v4l2\n  device: /dev/video0\n  controls:\n{}sink: {{ plugin: mjpeg }}\n",
                many(45_000, &|i| format!("    c{i}: x\n"))
            ),
            45_000,
        ),
        (
            "branches of nothing",
            format!(
                "streams:\n{}sink: {{ plugin: mjpeg }}\n",
                many(4_000, &|i| format!("  s{i}: {{ from: x{i} }}\n"))
            ),
            4_000,
        ),
        ("comments", source(&many(40_000, &|i| format!("  o{i}: #fff\n"))), 40_100),
    ];
    for (title, text, problems) in cases {
        let start = Instant::now();
        let report = loaded(&text, &[], &Fakes).unwrap_err();
        assert_eq!(report.diagnostics().len(), 20, "{title}");
        assert_eq!(report.left_out() + 20, problems, "{title}");
        assert!(start.elapsed() < GENEROUS, "{title}: {:?}", start.elapsed());
    }
}

/// The first of the file are shown, and errors before warnings.
#[test]
fn the_first_problems_are_shown() {
    let streams: String = (0..30).map(|i| format!("  s{i}: {{ source: {{ plugin: simulated, fps: {} }}, always_on: true, idle_timeout_s: 5 }}\n", if i < 29 { "5" } else { "x" })).collect();
    let report = loaded(&format!("streams:\n{streams}sink: {{ plugin: mjpeg }}\n"), &[], &Fakes).unwrap_err();
    assert!(report.to_string().contains("`fps` must be a number"), "{report}");
    assert_eq!((report.diagnostics().len(), report.left_out()), (20, 11));
}

#[test]
fn what_a_file_makes_of_itself_has_a_bound() {
    let large = "x".repeat(100 << 10);
    let environment = |name: &str| match name {
        "LARGE" => Some(large.clone()),
        "HOME" => Some(format!("/{large}")),
        _ => None,
    };
    for value in ["${LARGE}", "${LARGE}${LARGE}", "~/x"] {
        let items = vec![value; 10_000].join("\", \"");
        let text =
            format!("source: {{ plugin: simulated,\n  more: [\"{items}\"] }}\nsink: {{ plugin: mjpeg }}\n");
        let origin = Origin::BuiltIn { name: "porch.yaml".into(), text };
        let report = load(&origin, &[], &environment, &Fakes).unwrap_err().to_string();
        assert!(
            report.starts_with("error: variables, paths and secrets make too much text\n --> porch.yaml:2:"),
            "{report}"
        );
        assert!(!report.contains("more\n"), "said once: {report}");
    }
}

#[test]
fn many_secrets_are_hidden_too() {
    let sinks: String =
        (0..100).map(|i| format!("  - {{ plugin: mjpeg, password: hunter{i}, lisen: 5 }}\n")).collect();
    let text = format!("source: {{ plugin: simulated }}\nsinks:\n{sinks}");
    let report = loaded(&text, &[], &Fakes).unwrap_err().to_string();
    assert!(report.contains("lisen") && !report.contains("hunter"), "{report}");
}

#[test]
fn debug_output_has_no_secrets() {
    let text =
        "source: { plugin: simulated }\nsink: { plugin: mjpeg, password: hunter2, public: false }\nx: 5\n";
    let set = Set::new("sink.password=hunter2");
    let origin = Origin::BuiltIn { name: "porch.yaml".into(), text: text.into() };
    let report = load(&origin, &[], &environment, &Fakes).unwrap_err();
    let good = loaded(&text.replace("x: 5\n", ""), &[], &Fakes).unwrap();
    for shown in [
        format!("{set:?}"),
        format!("{origin:?}"),
        format!("{report:?}"),
        format!("{good:?}"),
        format!("{:#?}", good.sinks),
    ] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert!(format!("{good:?}").contains("password"));
}

/// A plugin's parser may repeat what it does not like.
#[test]
fn a_plugins_words_have_no_secrets() {
    let good =
        loaded("source: { plugin: simulated }\nsink: { plugin: mjpeg, password: hunter2 }\n", &[], &Fakes)
            .unwrap();
    let report = good.refuse(&good.sinks[0].stage.origin, "password", "no hash: hunter2").to_string();
    assert!(report.starts_with("error: no hash: ***") && !report.contains("hunter2"), "{report}");
}

#[test]
fn without_a_home_folder_there_is_no_tilde() {
    let origin = |path: &str| Origin::BuiltIn {
        name: "porch.yaml".into(),
        text: format!("source: {{ plugin: simulated, frames: {path} }}\nsink: {{ plugin: mjpeg }}\n"),
    };
    for home in [None, Some(""), Some("me")] {
        let environment = |name: &str| home.map(str::to_owned).filter(|_| name == "HOME");
        let report = load(&origin("~/x"), &[], &environment, &Fakes).unwrap_err().to_string();
        assert!(report.starts_with("error: `~` is the home folder, and there is none"), "{report}");
        assert!(report.contains("`HOME`"), "{report}");
        assert!(load(&origin("./~/x"), &[], &environment, &Fakes).is_ok());
    }
}
