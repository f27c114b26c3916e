//! The real program under faults that are drawn at random from a seed, with clients that check what they get; and a soak.
//!
//! # Layout
//!
//! [`mod@run`] puts a run together: a `world` (the server, its files), viewers, a prober, and the faults. From a seed comes
//! a `schedule` of what is in the catalogue (`fault`), in three lanes; a `driver` for each does one thing after another: orders for
//! the plugin `faulty`, a `change` of the `pipeline` file, a `crowd` of clients. `outcome` says whether the stream came back.
//!
//! A viewer's way: `wire` (HTTP) → `parts` → `seen` (a picture decoded, its number read) → `account` (against what this viewer saw
//! before) → `book` (against what others saw). The `prober` compares that with the server's own account (`state`). `stalls` is how
//! much of all that the machine itself is to blame for. What is wrong stands in `findings`, and ends the run.
//!
//! `ending` is how a run ends, `resources` what the server took, `report` and `table` what is shown. [`mod@soak`] is the other kind
//! of run: full load, no faults, for a long time.

mod account;
mod book;
mod change;
mod crowd;
mod driver;
mod ending;
mod fault;
mod findings;
mod machine;
mod outcome;
mod parts;
mod pipeline;
mod prober;
mod report;
mod resources;
pub mod run;
mod schedule;
mod seen;
pub mod soak;
mod stalls;
mod state;
mod table;
mod viewer;
mod wire;
mod world;
