//! For benchmarks: plugins that do nothing. What a frame costs on its way through them is the way's price alone.

#![forbid(unsafe_code)]

mod nothing;

mutoscope_plugin::export!(source: nothing::Again, transform: nothing::Pass, sink: nothing::Discard);
