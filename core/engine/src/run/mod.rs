//! A plan at work.
//!
//! Where a frame goes, file by file: `source` (a thread that asks a source for frames, numbers them and plans
//! for their format) → a `slots` lane (holds one frame, a newer one replaces it) → `stream` (a thread, or
//! several, that runs the stages through `chain`) → lanes of the streams that branch from it, and lanes of
//! the sinks → `sink` (a thread for each).
//!
//! What goes against the stream: `demand` (how many look on; a stream that nobody looks at waits) and
//! `stop`. Beside it: `pool` (memory for frames), `instance` (what plugins may ask of the program),
//! `stats` (what there is to tell), `complaint` (logs that do not flood).
//!
//! Nothing here is global: two pipelines live side by side in one process.

mod chain;
mod complaint;
mod demand;
mod instance;
mod pipeline;
mod pool;
mod shared;
mod sink;
mod slots;
mod source;
mod stats;
mod stop;
mod stream;
mod threads;
mod turnstile;

pub use pipeline::{Event, Running};
