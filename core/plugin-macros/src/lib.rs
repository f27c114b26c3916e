//! The one attribute that `mutoscope-plugin` offers to plugin authors.
//!
//! It lives in a crate of its own because Rust wants that of an attribute; authors reach it as
//! `mutoscope_plugin::options`.

use proc_macro::TokenStream;

/// Derives what the host needs of a plugin's options, so that an author has a single dependency.
///
/// Derives `Deserialize`, `Serialize`, `JsonSchema`, `Clone` and `Debug` through the copies of serde and
/// schemars that `mutoscope-plugin` re-exports, and refuses unknown keys. All `#[serde(…)]` and
/// `#[schemars(…)]` attributes work as usual beside it.
#[proc_macro_attribute]
pub fn options(arguments: TokenStream, item: TokenStream) -> TokenStream {
    if !arguments.is_empty() {
        return "compile_error!(\"#[options] takes no arguments; use #[serde(…)] and #[schemars(…)] below it\");"
            .parse()
            .expect("a literal token stream");
    }
    let mut derived: TokenStream = r#"
        #[derive(
            ::mutoscope_plugin::serde::Deserialize,
            ::mutoscope_plugin::serde::Serialize,
            ::mutoscope_plugin::schemars::JsonSchema,
            ::std::clone::Clone,
            ::std::fmt::Debug,
        )]
        #[serde(crate = "::mutoscope_plugin::serde", deny_unknown_fields)]
        #[schemars(crate = "::mutoscope_plugin::schemars")]
    "#
    .parse()
    .expect("a literal token stream");
    derived.extend(item);
    derived
}
