//! From a pipeline file to one checked value: what is understood, and what is said about the rest.

mod any_text;
mod bounds;
mod editor;
mod errors;
mod fake;
mod files;
mod mends;
mod model;
mod sets;
mod variables;
