//! A plugin that can be called: its header and its tables.

use super::{SinkKind, SourceKind, TransformKind};
use crate::abi::header::Header;
use crate::abi::root::{self, PluginRef};
use crate::abi::tables::{SinkTable, SourceTable, TransformTable};
use crate::{Error, Result};
use std::ffi::c_void;
use std::fmt;

pub use crate::abi::root::ROOT_SYMBOL;

/// A plugin that can be called. Copies are the same plugin; libraries are never unloaded.
#[derive(Clone, Copy)]
pub struct Plugin {
    header: Header,
    module: PluginRef,
}

/// The roles that a plugin offers: source, transform, sink.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kinds {
    /// It has a source.
    pub source: bool,
    /// It has a transform.
    pub transform: bool,
    /// It has a sink.
    pub sink: bool,
}

impl Header {
    /// Returns the roles that the plugin's tables declare.
    pub fn offered(&self) -> Kinds {
        use crate::abi::header::{SINK, SOURCE, TRANSFORM};
        let has = |kind| self.kinds & kind != 0;
        Kinds { source: has(SOURCE), transform: has(TRANSFORM), sink: has(SINK) }
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [(self.source, "source"), (self.transform, "transform"), (self.sink, "sink")];
        let names: Vec<_> = names.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
        f.write_str(&names.join(", "))
    }
}

impl Plugin {
    /// The symbol whose address [`loaded`](Plugin::loaded) wants.
    pub const ROOT_SYMBOL: &str = ROOT_SYMBOL;

    /// A plugin that is linked into the program; `plugin()` of its crate calls this.
    pub fn linked(header: Header, module: PluginRef) -> Plugin {
        Plugin { header, module }
    }

    /// A plugin from a loaded library.
    ///
    /// # Safety
    /// `root` must be the address of the symbol [`ROOT_SYMBOL`](Plugin::ROOT_SYMBOL) in a library that stays loaded,
    /// whose header [checks](Header::check) and is `header`.
    ///
    /// # Errors
    /// abi_stable finds the root module's layout different (its own, long text), or tables are missing or short.
    pub unsafe fn loaded(header: Header, root: *const c_void) -> Result<Plugin> {
        // SAFETY: the caller's contract.
        let module = unsafe { root::module(root) }.map_err(Error::new)?;
        let plugin = Plugin { header, module };
        let (says, has) = (header.offered(), plugin.kinds());
        if says != has {
            return Err(Error::new(format!("its header promises {says}, its tables hold {has}")));
        }
        // As much as is frozen; what has grown since is asked for where it is used.
        let short = [
            module.source_table().map(|table| (table.size, size_of::<SourceTable>())),
            module.transform_table().map(|table| (table.size, size_of::<TransformTable>())),
            module.sink_table().map(|table| (table.size, size_of::<SinkTable>())),
        ];
        if let Some((is, wanted)) = short.into_iter().flatten().find(|(is, wanted)| is < wanted) {
            return Err(Error::new(format!("one of its tables has {is} bytes, {wanted} are needed")));
        }
        Ok(plugin)
    }

    /// The plugin's header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The roles that the plugin offers.
    pub fn kinds(&self) -> Kinds {
        Kinds {
            source: self.module.source_table().is_some(),
            transform: self.module.transform_table().is_some(),
            sink: self.module.sink_table().is_some(),
        }
    }

    /// Its source.
    pub fn source(&self) -> Option<SourceKind> {
        self.module.source_table().map(SourceKind::new)
    }

    /// Its transform.
    pub fn transform(&self) -> Option<TransformKind> {
        self.module.transform_table().map(TransformKind::new)
    }

    /// Its sink.
    pub fn sink(&self) -> Option<SinkKind> {
        self.module.sink_table().map(SinkKind::new)
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plugin({} {}: {})", self.header.name(), self.header.version(), self.kinds())
    }
}
