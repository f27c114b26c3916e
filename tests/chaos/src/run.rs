//! A whole run: the server, its viewers, the faults, and the end.

use crate::driver::{Done, drive};
use crate::ending::{settles, stops};
use crate::pipeline::{Pipeline, STEADY_FPS, STREAMS};
use crate::prober::probe;
use crate::report::{Report, leave};
use crate::resources::Resources;
use crate::schedule::{Lane, Strike, lanes};
use crate::state::State;
use crate::table::Table;
use crate::viewer::{STYLES, Watched, watch};
use crate::world::World;
use std::thread;
use std::time::{Duration, Instant};

/// Time without faults at the start: the server's use at its end is the measure for the end of the run.
const WARM_UP: Duration = Duration::from_secs(5);

/// Runs the faults that are drawn from `seed` for `time`, after a warm-up and before an end.
///
/// # Panics
///
/// The server does not start.
pub fn run(seed: u64, time: Duration) -> Report {
    under(seed, lanes(seed, time), time)
}

/// The same without any fault.
///
/// # Panics
/// As [`run`].
pub fn plain(time: Duration) -> Report {
    under(0, lanes(0, Duration::ZERO), time)
}

fn under(seed: u64, lanes: [Lane; 3], time: Duration) -> Report {
    let world = &World::start(|folder| Pipeline::default().text(folder));
    let mut notes = Vec::new();
    let done = thread::scope(|scope| {
        scope.spawn(|| world.stalls.measure(world.over()));
        let viewers: Vec<_> = STREAMS
            .iter()
            .flat_map(|(name, camera)| STYLES.map(|style| (*name, *camera, style)))
            .map(|(name, camera, style)| {
                (name, scope.spawn(move || watch(world, name, camera, style, false)))
            })
            .collect();
        let prober = scope.spawn(|| probe(world));
        world.sleep(WARM_UP);
        let first = Resources::of(world);
        let (start, end) = (Instant::now(), Instant::now() + time);
        let drivers = lanes.each_ref().map(|lane| scope.spawn(move || drive(world, lane, start, end)));
        let done: Vec<Done> = drivers.into_iter().flat_map(|lane| lane.join().unwrap_or_default()).collect();
        world.sleep(end.saturating_duration_since(Instant::now()));
        finish(world, &first, &done, &mut notes);
        // Should something be wrong, it has not come to the end.
        world.end();
        world.stop();
        if prober.join().is_err() {
            world.findings.wrong("who asks for /state panicked");
        }
        let watched: Vec<_> = viewers.into_iter().map(|(name, viewer)| (name, viewer.join().ok())).collect();
        seen(world, &watched, &mut notes);
        done
    });
    let wrong = world.findings.all();
    let evidence = if wrong.is_empty() { None } else { leave(world, seed, &lanes).ok() };
    Report { seed, table: Table::of(&done), notes, wrong, evidence }
}

/// All is well again, and the server stops.
fn finish(world: &World, first: &Resources, done: &[Done], notes: &mut Vec<String>) {
    if !world.findings.none() {
        return;
    }
    let for_good = done.iter().filter(|(Strike { for_good, .. }, _)| *for_good).count();
    settles(world, first, STYLES.len() as u32, for_good);
    let state = State::ask(&world.address);
    let left_behind = state.map_or(0, |state| state.left_behind.len());
    let last = Resources::of(world);
    notes.push(format!(
        "memory {} MiB before the first fault and {} MiB after the last, threads {} and {} ({left_behind} left behind, blocked \
         for good), descriptors {} and {}",
        first.memory >> 10,
        last.memory >> 10,
        first.threads,
        last.threads,
        first.descriptors,
        last.descriptors
    ));
    // The state that is given out may be a fifth of a second old.
    let (seen, end) = (world.book.distinct("steady"), Instant::now() + Duration::from_secs(5));
    let told = loop {
        match State::ask(&world.address).map(|state| state.streams["steady"].frames) {
            Ok(told) if told < seen && Instant::now() < end => thread::sleep(Duration::from_millis(50)),
            told => break told,
        }
    };
    if let Ok(told) = told
        && told < seen
    {
        world.findings.wrong(format!("viewers saw {seen} frames of `steady`, /state says {told}"));
    }
    if !world.findings.none() {
        return;
    }
    if let Some(time) = stops(world) {
        notes.push(format!(
            "SIGINT with two cameras and a filter blocked and 220 clients more: stopped after {:.1} s",
            time.as_secs_f64()
        ));
    }
    let status = world.server().status();
    if status.is_some_and(|status| status.code() != Some(0)) {
        world.findings.wrong(format!("the server ended with {status:?}"));
    }
}

/// Notes what viewers saw of the stream without faults, and the longest gap of all.
fn seen(world: &World, watched: &[(&str, Option<Watched>)], notes: &mut Vec<String>) {
    for (name, watched) in watched {
        let Some(watched) = watched else {
            world.findings.wrong(format!("a viewer of {name} panicked"));
            continue;
        };
        if *name == "steady" && world.findings.none() {
            steady(world, watched);
        }
    }
    let all = watched.iter().filter_map(|(name, watched)| Some((name, watched.as_ref()?)));
    for (name, _) in STREAMS {
        let of_it = all.clone().filter(|(of, _)| **of == name);
        let gap = of_it.clone().map(|(_, watched)| watched.gap).max().unwrap_or_default();
        let (came, missed) = of_it.fold((0, 0), |sum, (_, w)| (sum.0 + w.came, sum.1 + w.missed));
        notes.push(format!(
            "`{name}`: {came} live frames came to {} viewers, {missed} were left out, longest wait for a part {:.2} s",
            STYLES.len(),
            gap.as_secs_f64()
        ));
    }
}

/// One life, live all the time, at its rate but for what the machine took, and nothing left out but for the same.
fn steady(world: &World, watched: &Watched) {
    let Some([(from, first), (to, last)]) = watched.ends else {
        return world.findings.wrong("`steady` was never live");
    };
    if first.life != last.life || watched.others > 0 {
        let others = watched.others;
        world.findings.wrong(format!("`steady` went from {first} to {last}; {others} parts were not live"));
    }
    let stalled = world.stalls.since(from).as_secs_f64();
    let due = (to - from).as_secs_f64() * STEADY_FPS;
    let allowed = 0.05 * due + 1.0 + stalled * STEADY_FPS;
    let gave = f64::from(last.count.wrapping_sub(first.count) & 0xffff);
    if (gave - due).abs() > allowed || watched.missed as f64 > allowed {
        world.findings.wrong(format!(
            "`steady` gave {gave} frames where {due:.0} were due, and a viewer missed {} of them; {allowed:.0} allowed, the \
             machine stood still for {stalled:.1} s",
            watched.missed
        ));
    }
}
