//! The place of a source when its instance was closed, so that the next one in its place goes on there.
//!
//! A source without viewers is closed, and opened again for the next viewer. The host's state names the common number of a
//! row of such instances (`source_id`): the stream's source with the options that it has. Another stream that shows the same
//! folder has another one, and so has the same stream with other options.

use mutoscope_plugin::{Services, serde_json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

/// The point at which the next instance of a source goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ResumePoint {
    /// The test pattern: the next frame's number.
    Number(u32),
    /// Pictures: the one that was shown last, which may have moved in the folder or be gone, and its number.
    Picture(PathBuf, usize),
}

/// Places that are remembered; then the oldest is forgotten. A source that is gone for good does not say so.
const MOST: usize = 256;

static PLACES: Mutex<BTreeMap<u64, ResumePoint>> = Mutex::new(BTreeMap::new());

fn places() -> MutexGuard<'static, BTreeMap<u64, ResumePoint>> {
    PLACES.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The common number of this instance and those before it and after it; `None` where the host does not say it.
fn id(services: &Services) -> Option<u64> {
    let state: serde_json::Value = serde_json::from_str(&services.state()).ok()?;
    state.get("source_id")?.as_u64()
}

/// Leaves a place to the next instance.
pub(crate) fn leave(place: ResumePoint, services: &Services) {
    let Some(id) = id(services) else { return };
    let mut places = places();
    places.insert(id, place);
    if places.len() > MOST {
        places.pop_first();
    }
}

/// Takes the place of the instance before this one, if there was one.
pub(crate) fn take(services: &Services) -> Option<ResumePoint> {
    // The state is long where there are many streams, and at the start nobody has left anything.
    if places().is_empty() {
        return None;
    }
    let id = id(services)?;
    places().remove(&id)
}
