//! The plugins, as `config` asks for them: a name and a kind in, the schema of the options out.

use super::error::LoadError;
use super::library::Plugins;
use super::name::LibraryRef;
use crate::config::{self, Catalogue, PluginKind, Refusal, Schema};
use mutoscope_plugin::host::Plugin;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Catalogue for Plugins {
    fn resolve(
        &self,
        plugin: &config::PluginRef,
        kind: PluginKind,
        search: &[PathBuf],
    ) -> Result<Schema, Refusal> {
        let plugin = match plugin {
            config::PluginRef::File(path) => LibraryRef::File(path.clone()),
            // The base is for paths, and this is a name.
            config::PluginRef::Name(name) => LibraryRef::parse(name, Path::new("/"))
                .map_err(|error| Refusal { message: error.to_string(), ..Refusal::default() })?,
        };
        let loaded = self.load(&plugin, search).map_err(refusal)?;
        let Some(schema) = schema(&loaded.plugin, kind) else {
            return Err(Refusal {
                message: format!("`{plugin}` is no {kind}"),
                notes: vec![format!("it offers: {}", loaded.plugin.kinds())],
                ..Refusal::default()
            });
        };
        serde_json::from_str(&schema).map(Arc::new).map_err(|error| Refusal {
            message: format!("`{plugin}` describes its options in a way that is not understood: {error}"),
            ..Refusal::default()
        })
    }

    fn names(&self, kind: PluginKind, search: &[PathBuf]) -> Vec<String> {
        let caps = |entry: &super::Entry| {
            entry.header.as_ref().is_ok_and(|header| match kind {
                PluginKind::Source => header.offered().source,
                PluginKind::Transform => header.offered().transform,
                PluginKind::Sink => header.offered().sink,
            })
        };
        self.list(search)
            .iter()
            .filter(|entry| entry.shadowed_by.is_none() && caps(entry))
            .map(|entry| entry.name.to_string())
            .collect()
    }
}

fn schema(plugin: &Plugin, kind: PluginKind) -> Option<String> {
    Some(match kind {
        PluginKind::Source => plugin.source()?.schema(),
        PluginKind::Transform => plugin.transform()?.schema(),
        PluginKind::Sink => plugin.sink()?.schema(),
    })
}

fn refusal(error: LoadError) -> Refusal {
    Refusal { message: error.to_string(), notes: error.notes(), helps: error.help().into_iter().collect() }
}
