//! Changes of the pipeline file while the server runs.

use crate::fault::Change;
use crate::outcome::{Outcome, next_attempt, recovers};
use crate::pipeline::{BAD, EXTRA, Manner, Pipeline};
use crate::schedule::Strike;
use crate::state::State;
use crate::viewer::{STYLES, watch};
use crate::world::World;
use fastrand::Rng;
use mutoscope_plugin_faulty::{Method, Order, Orders, What};
use std::thread;
use std::time::{Duration, Instant};

/// Three times the time that the server may take to see that the file has changed and to act on it.
const SEEN: Duration = Duration::from_secs(15);

/// Changes the file as `strike` says, and looks what becomes of it.
pub fn change(world: &World, strike: &Strike, change: Change) -> Outcome {
    let mut rng = Rng::with_seed(strike.seed);
    let manner = Manner::ALL[rng.usize(0..Manner::ALL.len())];
    let place = strike.place;
    match change {
        Change::Swap if place == "yard" => swapped(world, place, manner, |file| file.yard_other ^= true),
        Change::Swap => swapped(world, place, manner, |file| file.front_other ^= true),
        Change::DeadSwap => dead_swap(world, strike, manner, &mut rng),
        Change::Note => taken_over(world, "front", manner, |file| {
            file.note += 1;
            file.filter_note += u32::from(rng.bool());
        }),
        Change::Quality => taken_over(world, "copy", manner, |file| file.coarse ^= true),
        Change::BadNote(what) => {
            let order = Order { id: world.order(), what, for_good: false };
            world.tell("front.source", &Orders::from([(Method::Update, order)]));
            write(world, manner, |file| file.note += 1);
            world.sleep(strike.lasts);
            world.tell("front.source", &Orders::new());
            recovers(world, "front", Instant::now(), next_attempt(world, "front"))
        }
        Change::Transform => {
            write(world, manner, |file| file.stamp ^= true);
            world.sleep(strike.lasts);
            recovers(world, "copy", Instant::now(), next_attempt(world, "copy"))
        }
        Change::Stream => stream(world, strike, manner),
        Change::Bad => bad(world, strike, manner, BAD[rng.usize(0..BAD.len())]),
        Change::Half => half(world, &mut rng),
    }
}

fn write(world: &World, manner: Manner, edit: impl FnOnce(&mut Pipeline)) {
    let mut file = world.file();
    edit(&mut file);
    world.write(&world.text(&file), manner);
}

/// Another camera: its first picture comes on the viewers' open connections.
fn swapped(world: &World, stream: &str, manner: Manner, edit: impl FnOnce(&mut Pipeline)) -> Outcome {
    let before = world.book.last_live(stream);
    let written = Instant::now();
    write(world, manner, edit);
    let found = world.wait(SEEN, || {
        let (at, number) = world.book.live_since(stream, written)?;
        let newest = world.book.last_live(stream)?;
        before.is_none_or(|before| newest.life > before.life).then_some((at, number))
    });
    if found.is_none() {
        world.in_vain(|| format!("{stream} does not show its new camera after {SEEN:?}"));
        return Outcome::Lost;
    }
    Outcome::Survived(written.elapsed())
}

/// An option that the running instance takes over: the stream does not fail, and its camera is not opened again.
fn taken_over(world: &World, stream: &str, manner: Manner, edit: impl FnOnce(&mut Pipeline)) -> Outcome {
    let before = world.book.last_live(stream);
    let written = Instant::now();
    write(world, manner, edit);
    world.sleep(Duration::from_secs(2));
    let outcome = recovers(world, stream, written, Duration::ZERO);
    let after = world.book.last_live(stream);
    if let (Some(before), Some(after)) = (before, after)
        && before.life != after.life
    {
        world.findings.wrong(format!("{stream}: {before} before an option was changed, {after} after"));
        return Outcome::Lost;
    }
    outcome
}

/// Swaps in a camera that does not start: the old one comes back without help.
fn dead_swap(world: &World, strike: &Strike, manner: Manner, rng: &mut Rng) -> Outcome {
    let what = [What::Error, What::Panic, What::Block][rng.usize(0..3)];
    let order = Order { id: world.order(), what, for_good: false };
    world.tell("front.second", &Orders::from([(Method::Open, order)]));
    let written = Instant::now();
    write(world, manner, |file| file.front_second = true);
    let tried =
        world.wait(SEEN, || world.ledger().iter().any(|entry| entry.order == Some(order.id)).then_some(()));
    let outcome = match tried {
        Some(()) => recovers(world, strike.place, Instant::now(), Duration::ZERO),
        None => Outcome::Missed,
    };
    if tried.is_none() {
        world.in_vain(|| format!("nobody tried the new camera within {:?}", written.elapsed()));
    }
    write(world, manner, |file| file.front_second = false);
    world.tell("front.second", &Orders::new());
    match outcome {
        Outcome::Survived(_) => recovers(world, strike.place, Instant::now(), Duration::ZERO),
        other => other,
    }
}

/// A stream comes, is looked at, and goes: its viewers' responses come to their proper end.
fn stream(world: &World, strike: &Strike, manner: Manner) -> Outcome {
    let (name, camera) = EXTRA;
    let path = format!("/{name}/snapshot");
    let written = Instant::now();
    write(world, manner, |file| file.extra = true);
    let status = || world.get(&path).map(|(status, _)| status);
    let there = world.wait(SEEN, || (status() == Some(200)).then(Instant::now));
    let watched = thread::scope(|scope| {
        let viewer = scope.spawn(|| watch(world, name, camera, STYLES[0], true));
        world.sleep(strike.lasts);
        write(world, manner, |file| file.extra = false);
        viewer.join().unwrap_or_default()
    });
    let gone = world.wait(SEEN, || (status() == Some(404)).then_some(()));
    world.book.forget(name);
    match there {
        Some(at) if gone.is_some() && watched.ended && watched.came > 0 => Outcome::Survived(at - written),
        _ => {
            world.in_vain(|| format!("{name}: there {there:?}, gone {gone:?}, {watched:?}"));
            Outcome::Lost
        }
    }
}

/// Writes an invalid file, which changes nothing and which `/state` reports.
fn bad(world: &World, strike: &Strike, manner: Manner, text: &str) -> Outcome {
    // Held, so that no good one is put there meanwhile.
    let file = world.file();
    world.write(text, manner);
    let told = world.wait(SEEN, || problem(world).flatten());
    if told.is_none() {
        world.in_vain(|| format!("/state says nothing of a file that is {text:?}"));
        return Outcome::Lost;
    }
    world.sleep(strike.lasts);
    repaired(world, &file, manner)
}

/// A file that is half-written for a while.
fn half(world: &World, rng: &mut Rng) -> Outcome {
    let file = world.file();
    let text = world.text(&file);
    world.write(&text[..rng.usize(1..text.len())], Manner::InPlace);
    world.sleep(Duration::from_millis(rng.u64(1..400)));
    repaired(world, &file, Manner::InPlace)
}

fn repaired(world: &World, file: &Pipeline, manner: Manner) -> Outcome {
    let written = Instant::now();
    world.write(&world.text(file), manner);
    // Longer than the server waits for a file to be still.
    world.sleep(Duration::from_secs(1));
    match world.wait(SEEN, || problem(world).filter(Option::is_none)) {
        Some(_) => Outcome::Survived(written.elapsed()),
        None => {
            world.in_vain(|| format!("/state finds fault with a good file: {:?}", problem(world)));
            Outcome::Lost
        }
    }
}

/// Returns the file's problem from `/state`; `None` if the server does not answer.
fn problem(world: &World) -> Option<Option<String>> {
    Some(State::ask(&world.address).ok()?.pipeline.problem)
}
