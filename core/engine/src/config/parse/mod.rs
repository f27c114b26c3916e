//! From text to a tree: `yaml` is the only importer of the YAML parser, `node` is what it makes.

pub(crate) mod node;
pub(crate) mod yaml;
