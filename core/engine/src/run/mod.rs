//! A plan at work.
//!
//! Where a frame goes, file by file: `source` (a thread that asks a source for frames) → `feed` (numbers them and plans
//! for their format) → a `slots` lane (holds one frame, a newer one replaces it) → `crew` (a stream: a thread, or several,
//! that run the stages through `chain`) → lanes of the streams that branch from it (`branching`), and lanes of the sinks →
//! `sink` (a thread for each). Frame by frame all of them go by the `wiring` that came with the frame: one reading of the
//! file.
//!
//! What goes against the stream: `demand` (how many look on; a stream that nobody looks at waits) and `stop`.
//!
//! Who sees to it that it goes on: the `supervisor`, which is told by `message` and looks at every `post` (a thread that
//! calls plugins); `care` is what is known of a stage's failures, `rhythm` how long a source may be silent, `shown` what a
//! stream shows, and the `board` what there is to tell. What of it viewers may know, `told` says.
//!
//! `bench` takes frames from memory through the same, one after another, and looks on as a `meter`; what runs has none.
//!
//! Beside them: `pool` (memory for frames), `instance` (what plugins may ask of the program), `stats` (what is counted),
//! `trial` (one source, opened for one picture), `overload`, `pace` (`max_fps`), `complaint` (logs that do not flood), `event` (what the program is told).
//!
//! Nothing here is global: two pipelines live side by side in one process.

mod asking;
pub mod bench;
mod board;
mod branching;
mod care;
mod chain;
mod complaint;
mod crew;
mod demand;
mod event;
mod feed;
mod instance;
mod left_out;
mod lent;
mod lock;
mod message;
mod meter;
mod overload;
mod pace;
mod pipeline;
mod plans;
mod pool;
mod post;
mod rhythm;
mod room;
mod shared;
mod shown;
mod sink;
mod slots;
mod source;
mod stats;
mod stop;
mod supervisor;
mod threads;
mod told;
mod trial;
mod turnstile;
mod wiring;

pub use event::Event;
pub use pipeline::Running;
pub(crate) use rhythm::time_to_start;
pub use room::spare_address_space;
pub(crate) use trial::{GRACE, Trial, try_out};
