//! A pipeline file: an answer, and places that are in it. The plugins' options are those of the real ones.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use mutoscope_engine::config::{Catalogue, Origin, PluginKind, PluginRef, Refusal, Schema, load};
use mutoscope_fuzz as _;
use mutoscope_plugin::host::Plugin;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

static PLUGINS: LazyLock<[Plugin; 7]> = LazyLock::new(|| {
    [
        mutoscope_plugin_simulated::plugin(),
        mutoscope_plugin_rotate::plugin(),
        mutoscope_plugin_resize::plugin(),
        mutoscope_plugin_timestamp::plugin(),
        mutoscope_plugin_jpeg::plugin(),
        mutoscope_plugin_convert::plugin(),
        mutoscope_plugin_mjpeg::plugin(),
    ]
});

static SCHEMAS: LazyLock<Vec<(PluginKind, String, Schema)>> =
    LazyLock::new(|| PLUGINS.iter().flat_map(schemas).collect());

fn schemas(plugin: &Plugin) -> Vec<(PluginKind, String, Schema)> {
    let schemas = [
        (PluginKind::Source, plugin.source().map(|kind| kind.schema())),
        (PluginKind::Transform, plugin.transform().map(|kind| kind.schema())),
        (PluginKind::Sink, plugin.sink().map(|kind| kind.schema())),
    ];
    let parsed = |text: String| Arc::new(serde_json::from_str(&text).expect("a schema"));
    let known =
        schemas.into_iter().filter_map(|(kind, text)| Some((kind, plugin.header().name(), parsed(text?))));
    known.collect()
}

struct Linked;

impl Catalogue for Linked {
    fn resolve(&self, plugin: &PluginRef, kind: PluginKind, _: &[PathBuf]) -> Result<Schema, Refusal> {
        let wanted = plugin.to_string();
        let known = SCHEMAS.iter().find(|(of, name, _)| *of == kind && *name == wanted);
        known.map(|(_, _, schema)| schema.clone()).ok_or_else(|| Refusal {
            message: format!("no {kind} plugin `{plugin}` was found"),
            ..Refusal::default()
        })
    }

    fn names(&self, kind: PluginKind, _: &[PathBuf]) -> Vec<String> {
        SCHEMAS.iter().filter(|(of, ..)| *of == kind).map(|(_, name, _)| name.clone()).collect()
    }
}

fn environment(name: &str) -> Option<String> {
    match name {
        "W" => Some("640".into()),
        "BAD" => Some("wide".into()),
        "HOME" => Some("/nonexistent".into()),
        _ => None,
    }
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let origin = Origin::BuiltIn { name: "any.yaml".into(), text: text.to_owned() };
    let report = match load(&origin, &[], &environment, &Linked) {
        Ok(pipeline) => pipeline.warnings,
        Err(report) => {
            assert!(!report.diagnostics().is_empty());
            report
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for diagnostic in report.diagnostics() {
        assert!(!diagnostic.message().is_empty());
        let (Some(span), Some("any.yaml")) = (diagnostic.span(), diagnostic.file()) else { continue };
        assert!(span.start <= span.end && text.get(span.clone()).is_some(), "{span:?} in {text:?}");
        let (line, column) = diagnostic.position().expect("a position");
        let written = text.split('\n').nth(line - 1).expect("a line");
        assert!(column <= written.chars().count() + 1, "{line}:{column} in {text:?}");
    }
    let shown = report.render(true);
    assert!(!shown.replace("\u{1b}[", "").contains('\u{1b}'), "{shown:?}");
    Corpus::Keep
});
