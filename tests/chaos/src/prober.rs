//! Asks the server for its own account all the time, and compares it with what viewers see.

use crate::book::Tally;
use crate::pipeline::STREAMS;
use crate::seen::PictureState;
use crate::state::{State, health};
use crate::world::World;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Time between two requests.
const PERIOD: Duration = Duration::from_millis(250);
/// Viewers and server must agree where viewers saw a single kind for this long before and after the request.
const AROUND: Duration = Duration::from_secs(2);

/// Asks until the server is being ended.
pub fn probe(world: &World) {
    let mut asked: VecDeque<(Instant, State)> = VecDeque::new();
    while !world.is_ending() {
        match ask(world) {
            Ok((at, state)) => asked.push_back((at, state)),
            Err(_) if world.is_ending() => return,
            Err(why) => return world.findings.wrong(why),
        }
        while asked.front().is_some_and(|(at, _)| at.elapsed() > AROUND)
            && let Some((at, state)) = asked.pop_front()
        {
            for (name, _) in STREAMS {
                let start = at - AROUND;
                // Viewers who had seen nothing two seconds before have not seen one thing alone for so long.
                if world.book.between(name, start - AROUND, start) == Tally::default() {
                    continue;
                }
                let before = world.book.between(name, start, at);
                let after = world.book.between(name, at, at + AROUND);
                let stalled = world.stalls.since(start) > AROUND / 4;
                if !stalled && let Err(why) = agrees(name, &state, [before, after]) {
                    let ago = at.elapsed().as_secs_f64();
                    world.findings.wrong(format!("{name}, {ago:.1} s ago: {why}"));
                }
            }
        }
        world.sleep(PERIOD);
    }
}

/// `/state`, `/healthz` and `/state` again: where both states agree, so must what stands between them.
fn ask(world: &World) -> Result<(Instant, State), String> {
    let (first, at) = (State::ask(&world.address).map_err(|error| error.to_string())?, Instant::now());
    let (status, text) = health(&world.address).map_err(|error| error.to_string())?;
    let second = State::ask(&world.address).map_err(|error| error.to_string())?;
    let unhealthy = first.unhealthy();
    if unhealthy == second.unhealthy() && (status == 200) != unhealthy.is_empty() {
        return Err(format!("/healthz answers {status} ({}) while {unhealthy:?} are failed", text.trim()));
    }
    Ok((at, first))
}

/// Checks that the server's state of a stream is what its viewers saw before and after that moment. Any state is right where
/// they saw several kinds, or nothing yet.
fn agrees(name: &str, state: &State, seen: [Tally; 2]) -> Result<(), String> {
    let Some(stream) = state.streams.get(name) else { return Err("/state does not have it".to_owned()) };
    let right = match seen.map(alone) {
        [Some(PictureState::Live), Some(PictureState::Live)] => stream.healthy && stream.state == "live",
        [Some(PictureState::Held), Some(PictureState::Held)] => stream.healthy,
        [Some(PictureState::Placeholder), Some(PictureState::Placeholder)] => {
            !stream.healthy && stream.state == "failed"
        }
        _ => true,
    };
    if !right {
        return Err(format!("viewers saw {seen:?} while /state said {stream:?}"));
    }
    let told =
        stream.trouble.as_ref().map(|trouble| !trouble.stage.is_empty() && !trouble.message.is_empty());
    if stream.state == "failed" && told != Some(true) {
        return Err(format!("/state does not say what is wrong: {stream:?}"));
    }
    Ok(())
}

/// The one kind that was seen, if it was one.
fn alone(seen: Tally) -> Option<PictureState> {
    match seen {
        Tally { live: 1.., held: 0, placeholder: 0 } => Some(PictureState::Live),
        Tally { live: 0, held: 1.., placeholder: 0 } => Some(PictureState::Held),
        Tally { live: 0, held: 0, placeholder: 1.. } => Some(PictureState::Placeholder),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(name: &str, healthy: bool) -> State {
        let trouble = if healthy {
            "null".to_owned()
        } else {
            r#"{ "stage": "source", "message": "no frame", "next_attempt_ms": null }"#.to_owned()
        };
        let stream = format!(
            r#"{{ "state": "{name}", "healthy": {healthy}, "trouble": {trouble}, "viewers": 1, "frames": 2 }}"#
        );
        let all = format!(
            r#"{{ "streams": {{ "a": {stream} }}, "left_behind": [], "pipeline": {{ "problem": null }} }}"#
        );
        serde_json::from_str(&all).unwrap()
    }

    #[test]
    fn server_and_viewers_agree_or_not() {
        let tally = |live, held, placeholder| Tally { live, held, placeholder };
        for (name, healthy, seen, right) in [
            ("live", true, tally(9, 0, 0), true),
            ("failed", false, tally(9, 0, 0), false),
            ("resting", true, tally(9, 0, 0), false),
            ("failed", false, tally(0, 0, 4), true),
            ("live", true, tally(0, 0, 4), false),
            ("gated", true, tally(0, 4, 0), true),
            ("failed", false, tally(0, 4, 0), false),
            ("failed", false, tally(5, 0, 1), true),
            ("live", true, tally(5, 0, 1), true),
            ("live", true, tally(0, 0, 0), true),
        ] {
            assert_eq!(agrees("a", &state(name, healthy), [seen; 2]).is_ok(), right, "{name}, {seen:?}");
        }
        let (nothing, live, held) = (tally(0, 0, 0), tally(9, 0, 0), tally(0, 2, 0));
        for [before, after] in [[nothing, live], [held, live], [live, nothing]] {
            assert!(agrees("a", &state("starting", true), [before, after]).is_ok(), "{before:?}, {after:?}");
        }
        assert!(agrees("b", &state("live", true), [nothing; 2]).is_err());
    }
}
