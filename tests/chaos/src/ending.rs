//! The end of a run: everything is well again, and then the server stops in the middle of everything.

use crate::crowd::come;
use crate::fault::Crowd;
use crate::pipeline::{Manner, Pipeline, STREAMS};
use crate::resources::Resources;
use crate::state::{State, health};
use crate::world::World;
use mutoscope_plugin_faulty::{Method, Order, Orders, What};
use mutoscope_tests::Signal;
use std::thread;
use std::time::{Duration, Instant};

/// Deadline until all is well: the longest pause between two attempts, and some more.
const WELL: Duration = Duration::from_secs(45);
/// Deadline for the server to stop: three times the three seconds that are promised.
const STOP: Duration = Duration::from_secs(9);

/// Waits until nothing is left of the faults: every stream live, what was taken given back.
pub fn settles(world: &World, first: &Resources, viewers: u32, for_good: usize) {
    let plain = Pipeline::default();
    world.write(&world.text(&plain), Manner::Rename);
    *world.file() = plain;
    let mut last = String::new();
    let well = world.wait(WELL, || match unwell(world, first, viewers, for_good) {
        Ok(None) => Some(()),
        Ok(Some(why)) => {
            last = why;
            None
        }
        Err(error) => {
            last = error.to_string();
            None
        }
    });
    if well.is_none() {
        world.in_vain(|| format!("not all is well {WELL:?} after the last fault: {last}"));
    }
}

/// Lists everything that is not well yet.
fn unwell(
    world: &World,
    first: &Resources,
    viewers: u32,
    for_good: usize,
) -> std::io::Result<Option<String>> {
    let state = State::ask(&world.address)?;
    let (status, text) = health(&world.address)?;
    if status != 200 {
        return Ok(Some(format!("/healthz answers {status}: {text}")));
    }
    for (name, _) in STREAMS {
        let recently = Instant::now().checked_sub(Duration::from_secs(2)).unwrap_or(world.start);
        if world.book.live_since(name, recently).is_none() {
            return Ok(Some(format!("{name} shows nothing live; /state: {:?}", state.streams.get(name))));
        }
        let told = state.streams.get(name).map_or(0, |stream| stream.viewers);
        if told != viewers {
            return Ok(Some(format!("{name} has {viewers} viewers; /state says {told}")));
        }
    }
    let left_behind = state.left_behind.len();
    if left_behind > for_good {
        let names = &state.left_behind;
        return Ok(Some(format!("left behind are {names:?}, but only {for_good} calls block for good")));
    }
    let now = Resources::of(world);
    if !now.is_back_at(first, left_behind as u64) {
        return Ok(Some(format!("{first:?} at the start, now {now:?}; {left_behind} left behind")));
    }
    Ok(None)
}

/// Stops the server while cameras and filters block and a crowd watches. Returns how long it took.
pub fn stops(world: &World) -> Option<Duration> {
    let block = || Order { id: world.order(), what: What::Block, for_good: true };
    world.tell("front.source", &Orders::from([(Method::Next, block())]));
    world.tell("yard.source", &Orders::from([(Method::Drop, block())]));
    world.tell("copy.filter", &Orders::from([(Method::Process, block())]));
    thread::scope(|scope| {
        scope.spawn(|| come(world, Crowd::Many, STOP, 1));
        scope.spawn(|| come(world, Crowd::Stalled, STOP, 2));
        world.sleep(Duration::from_secs(2));
        world.end();
        let asked = Instant::now();
        world.signal(Signal::INT);
        let ended = world.wait(STOP, || world.server().has_ended().then(|| asked.elapsed()));
        if ended.is_none() {
            world.in_vain(|| format!("the server has not stopped within {STOP:?}"));
        }
        world.stop();
        ended
    })
}
