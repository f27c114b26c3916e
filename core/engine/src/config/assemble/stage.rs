//! From a map of the file to a stage: its plugin looked up, its options checked.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::Catalogue;
use crate::config::Refusal;
use crate::config::assemble::options;
use crate::config::assemble::values::{Settling, Surroundings, Swallowed};
use crate::config::contract::Contract;
use crate::config::diagnostics::merge;
use crate::config::diagnostics::problem::{Problem, Problems, Target};
use crate::config::diagnostics::text::glued;
use crate::config::keys::KeyPath;
use crate::config::model::{PluginKind, PluginRef, Stage};
use crate::config::parse::node::{Map, Node, Value, shortened};
use crate::names::{listed, nearest, nearest_plugin, plain};

/// Makes stages, one after the other.
pub(crate) struct Stages<'a> {
    pub surroundings: &'a Surroundings<'a>,
    pub catalogue: &'a dyn Catalogue,
    pub problems: &'a mut Problems,
    /// The file's own folders of plugins.
    pub search: Vec<PathBuf>,
    /// Colours that comments swallowed, of those that no stage has claimed yet.
    pub swallowed: Vec<Swallowed>,
    /// What is known of plugins.
    pub contracts: HashMap<(PluginRef, PluginKind), Arc<Contract>>,
}

impl Stages<'_> {
    pub fn error(&mut self, at: Target, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::error(at, message).help(help));
    }

    /// A stage: its plugin looked up, its options checked.
    pub fn stage(&mut self, node: &Node, path: KeyPath, kind: PluginKind) -> Option<Stage> {
        let map = match &node.value {
            Value::Map(map) => map,
            Value::Broken => return None,
            _ => {
                let help = match node.as_text().map(|text| (text, glued(text))) {
                    Some((_, Some((key, value)))) => {
                        format!("a space is missing after the colon: `{{ {key}: {value} }}`")
                    }
                    Some((text, None)) => format!("name its plugin: `{{ plugin: {} }}`", shortened(text)),
                    None => "for example `{ plugin: NAME }`".to_owned(),
                };
                self.error(Target::Value(path), format!("a {kind} is a map, not {}", node.found()), help);
                return None;
            }
        };
        if map.get(merge::KEY).is_some() {
            let merged = merge::merged(map);
            let name = merged.get("plugin").and_then(Node::as_text).unwrap_or_default();
            let contract = self.contracts.get(&(PluginRef::Name(name.to_owned()), kind));
            let problem = merge::problem(&path, map, contract.map(|contract| &**contract));
            self.problems.push(problem);
            return None;
        }
        let plugin = self.plugin(map, &path, kind)?;
        let contract = self.contract(&plugin, kind, &path)?;
        let is_option = |key: &str| key != "plugin" && !(kind == PluginKind::Sink && key == "streams");
        let options = Map(map.0.iter().filter(|(key, _)| is_option(key)).cloned().collect());
        let name = match &plugin {
            PluginRef::Name(name) => name.clone(),
            PluginRef::File(path) => {
                path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
            }
        };
        let mut settling = Settling {
            contract: &contract,
            surroundings: self.surroundings,
            problems: self.problems,
            stage: &path,
            swallowed: &mut self.swallowed,
            broken: HashSet::new(),
        };
        let beside: &[&str] = if kind == PluginKind::Sink { &["streams"] } else { &[] };
        let options = options::check(&mut settling, &name, &options, beside);
        Some(Stage { plugin, options, origin: path })
    }

    fn plugin(&mut self, map: &Map, path: &KeyPath, kind: PluginKind) -> Option<PluginRef> {
        let Some(node) = map.get("plugin") else {
            let problem = Problem::error(Target::Value(path.clone()), format!("this {kind} names no plugin"));
            let near = map
                .keys()
                .find(|key| nearest(key, ["plugin"]).is_some() || ["type", "kind", "name"].contains(key));
            let space = map.keys().find_map(|key| glued(key).filter(|(key, _)| *key == "plugin"));
            self.problems.push(match (near, space) {
                (_, Some((key, value))) => {
                    problem.help(format!("a space is missing after the colon: `{key}: {value}`"))
                }
                (Some(near), _) => problem.help(format!("`plugin` instead of `{near}`?")),
                _ => problem.help(format!("add `plugin: NAME`; there are {}", self.names(kind))),
            });
            return None;
        };
        match node.as_text() {
            _ if node.is_broken() => None,
            Some(text) if text.contains('/') => match self.surroundings.absolute(text) {
                Ok(file) => Some(PluginRef::File(file)),
                Err(fault) => {
                    let problem = self.surroundings.problem(fault, Target::Value(path.key("plugin")), text);
                    problem.into_iter().for_each(|problem| self.problems.push(problem));
                    None
                }
            },
            Some(text) if !text.is_empty() => Some(PluginRef::Name(text.to_owned())),
            _ => {
                let help = format!("there are {}", self.names(kind));
                self.error(
                    Target::Value(path.key("plugin")),
                    format!("`plugin` is the name of a plugin or its file, not {}", node.found()),
                    help,
                );
                None
            }
        }
    }

    fn names(&self, kind: PluginKind) -> String {
        let names = self.catalogue.names(kind, &self.search);
        match names.is_empty() {
            true => format!("no {kind} plugins at all on the search path"),
            false => listed(names.iter().map(String::as_str), "and"),
        }
    }

    fn contract(&mut self, plugin: &PluginRef, kind: PluginKind, path: &KeyPath) -> Option<Arc<Contract>> {
        let key = (plugin.clone(), kind);
        if let Some(known) = self.contracts.get(&key) {
            return Some(known.clone());
        }
        let at = Target::Value(path.key("plugin"));
        let contract = match self.catalogue.resolve(plugin, kind, &self.search) {
            Ok(schema) => Contract::new(&schema).map(Arc::new).map_err(|why| {
                Problem::error(at, format!("`{plugin}` describes its options wrongly: {why}"))
                    .help("this is a fault of the plugin: tell its author")
            }),
            // What is only counted needs no suggestion, which takes a look at all plugins.
            Err(_) if self.problems.is_full() => {
                self.problems.count_errors(1);
                return None;
            }
            Err(refusal) => Err(self.refused(plugin, kind, at, refusal)),
        };
        let contract = contract.map_err(|problem| self.problems.push(problem)).ok()?;
        self.contracts.insert(key, contract.clone());
        Some(contract)
    }

    fn refused(&self, plugin: &PluginRef, kind: PluginKind, at: Target, refusal: Refusal) -> Problem {
        let mut problem = Problem::error(at, refusal.message).notes(refusal.notes);
        if let PluginRef::Name(name) = plugin {
            let other = PluginKind::ALL.into_iter().filter(|other| *other != kind).find(|other| {
                self.catalogue.names(*other, &self.search).iter().any(|known| plain(known) == plain(name))
            });
            let names = self.catalogue.names(kind, &self.search);
            let there = names.iter().any(|known| plain(known) == plain(name));
            match (other, nearest_plugin(name, &names)) {
                _ if there => {}
                (Some(other), _) => problem = problem.label(format!("this is a {other}")),
                (None, Some(near)) => problem = problem.label(format!("did you mean `{near}`?")),
                (None, None) => {
                    problem = problem.help(format!("the {kind} plugins found: {}", self.names(kind)))
                }
            }
        }
        refusal.helps.into_iter().fold(problem, Problem::help)
    }
}
