//! Outcomes: survived or not, and after how long.

use crate::pipeline::TIMEOUT;
use crate::state::State;
use crate::world::World;
use std::time::{Duration, Instant};

/// The outcome of a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It never came to it: the stage was not called.
    Missed,
    /// The fault struck and the stream lives; the first live picture came this long after the fault's end.
    Survived(Duration),
    /// The stream did not come back, or something else went wrong.
    Lost,
}

/// The longest pause between two attempts that a server may make: half a minute, and the chance that is in it.
const LONGEST_PAUSE: Duration = Duration::from_secs(40);

/// Waits until a stream shows its camera again, and says so: within the time to the next attempt, as the server told it when the
/// fault was over, and two deadlines (to notice, and to open), three times since a machine has other things to do.
pub fn recovers(world: &World, stream: &str, since: Instant, next_attempt: Duration) -> Outcome {
    if next_attempt > LONGEST_PAUSE {
        world.findings.wrong(format!("{stream}: the next attempt is {next_attempt:?} away"));
    }
    let bound = 3 * (next_attempt + 2 * TIMEOUT + Duration::from_secs(2));
    let Some((at, _)) = world.wait(bound, || world.book.live_since(stream, since)) else {
        world.in_vain(|| {
            let account = State::ask(&world.address).map(|state| state.streams.get(stream).cloned());
            format!("{stream} is not back after {bound:?}; /state: {account:?}")
        });
        return Outcome::Lost;
    };
    Outcome::Survived(at - since)
}

/// Returns the time until the server tries a stream again.
pub fn next_attempt(world: &World, stream: &str) -> Duration {
    let state = State::ask(&world.address);
    let trouble = state.ok().and_then(|mut state| state.streams.remove(stream)?.trouble);
    Duration::from_millis(trouble.and_then(|trouble| trouble.next_attempt_ms).unwrap_or(0))
}
