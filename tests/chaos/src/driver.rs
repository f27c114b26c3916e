//! Does what a lane's schedule says, one fault after another.

use crate::change::change;
use crate::crowd::come;
use crate::fault::Deed;
use crate::outcome::{Outcome, next_attempt, recovers};
use crate::schedule::{Lane, Strike};
use crate::world::World;
use mutoscope_plugin_faulty::{Method, Order, Orders, What};
use mutoscope_tests::Signal;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A fault and what became of it.
pub type Done = (Strike, Outcome);

/// Drives one lane, from `start` until `end`, or until something is wrong.
pub fn drive(world: &World, lane: &Lane, start: Instant, end: Instant) -> Vec<Done> {
    let mut done = Vec::new();
    for strike in &lane.strikes {
        let wait = (start + strike.at).saturating_duration_since(Instant::now());
        if Instant::now() + wait >= end || !world.sleep(wait) {
            break;
        }
        world.findings.event(format!("{}: {strike}", lane.name));
        let outcome = carry_out(world, strike);
        world.findings.event(format!("{}: {outcome:?}", strike.fault.name));
        done.push((*strike, outcome));
    }
    done
}

fn carry_out(world: &World, strike: &Strike) -> Outcome {
    match strike.fault.deed {
        Deed::Orders(orders) => ordered(world, strike, orders),
        Deed::Change(kind) => change(world, strike, kind),
        Deed::Crowd(crowd) => {
            come(world, crowd, strike.lasts, strike.seed);
            recovers(world, "steady", Instant::now(), Duration::ZERO)
        }
        Deed::Storm => {
            for _ in 0..50 {
                world.signal(Signal::HUP);
                sleep(Duration::from_millis(5));
            }
            recovers(world, "steady", Instant::now(), Duration::ZERO)
        }
    }
}

/// A stage is told what to do, for a while; afterwards its stream must come back.
fn ordered(world: &World, strike: &Strike, what: &[(Method, What)]) -> Outcome {
    let mut ids = Vec::new();
    let orders: Orders = what
        .iter()
        .map(|(method, what)| {
            let order = Order { id: world.order(), what: *what, for_good: strike.for_good };
            ids.push(order.id);
            (*method, order)
        })
        .collect();
    let began = Instant::now();
    world.tell(strike.place, &orders);
    world.sleep(strike.lasts);
    // Looked at while the fault lasts: afterwards the next attempt may be under way.
    let stream = strike.place.split('.').next().unwrap_or_default();
    let next = next_attempt(world, stream);
    world.tell(strike.place, &Orders::new());
    let over = Instant::now();
    let struck = world
        .ledger()
        .iter()
        .any(|entry| entry.event == "struck" && entry.order.is_some_and(|order| ids.contains(&order)));
    // A sink that looks on is in nobody's way.
    let shown = if stream == "observer" { "steady" } else { stream };
    if strike.place == "copy.filter" {
        let seen = world.book.between("front", began + Duration::from_secs(1), over);
        if seen.placeholder > 0 {
            world.findings.wrong(format!("`front` suffers from what stands on it: {seen:?}"));
        }
    }
    match recovers(world, shown, over, next) {
        Outcome::Survived(_) if !struck => Outcome::Missed,
        outcome => outcome,
    }
}
