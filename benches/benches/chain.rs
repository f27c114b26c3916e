//! 1080p JPEG → resize 640x360 → timestamp → JPEG in the running engine, against a loop over the same library calls.
//!
//! `cargo bench -p mutoscope-benches --bench chain [-- ROUNDS [FRAMES]]`
//!
//! Both get a picture every 10 ms: a processor that has slept in between is slower than one that is always at it, for the
//! one as for the other. The engine's part holds everything that the loop does not have: reading each file, the threads, the plan, the boundary,
//! the sink.

use mutoscope_benches::{ByHand, Pipeline, median, pictures, processor_time};
use mutoscope_frames::{Kind, sequence};
use std::time::{Duration, Instant};

const TEXT_HEIGHT: u32 = 24;
const PERIOD: Duration = Duration::from_millis(10);

fn main() {
    // cargo says `--bench`; what it says besides is ours.
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let rounds = numbers.first().copied().unwrap_or(9);
    let frames = numbers.get(1).copied().unwrap_or(300);

    let folder = sequence(Kind::FullHd80Yuv420).expect("the pictures");
    let pictures = pictures(&folder);
    let scratch = tempfile::tempdir().expect("a folder");
    let list = scratch.path().join("frames.txt");
    let yaml = format!(
        "source: {{ plugin: simulated, frames: {folder:?}, fps: 100 }}\n\
         transforms:\n\
         - {{ plugin: resize, width: 640, height: 360 }}\n\
         - {{ plugin: timestamp, text_height: {TEXT_HEIGHT} }}\n\
         sink: {{ plugin: good, path: {list:?}, accepts: jpeg }}\n"
    );

    let mut by_hand = ByHand::new(TEXT_HEIGHT);
    let mut ratios = Vec::new();
    println!("round   engine ms   by hand ms   ratio   dropped");
    for round in 1..=rounds {
        let pipeline = Pipeline::start(&yaml);
        let engine = pipeline.time_per_frame(frames).as_secs_f64() * 1e3;
        let dropped = pipeline.dropped();
        drop(pipeline);

        let (before, began) = (processor_time(), Instant::now());
        for frame in 0..frames {
            let due = PERIOD * u32::try_from(frame).expect("a small number");
            std::thread::sleep(due.saturating_sub(began.elapsed()));
            // The clock goes on once in so many pictures, as it does at 30 a second.
            let text = format!("2026-01-01 12:00:{:02}", frame / 30 % 60);
            let picture = &pictures[frame as usize % pictures.len()];
            assert!(by_hand.picture(picture, &text) > 1000, "a picture of some size");
        }
        let hand = (processor_time() - before).as_secs_f64() * 1e3 / frames as f64;
        println!("{round:>5}   {engine:>9.3}   {hand:>10.3}   {:>5.3}   {dropped:>7}", engine / hand);
        ratios.push(engine / hand);
    }
    let (least, most) =
        ratios.iter().fold((f64::MAX, 0.0_f64), |(least, most), ratio| (least.min(*ratio), most.max(*ratio)));
    println!(
        "engine / by hand: median {:.3}, from {least:.3} to {most:.3}, {rounds} rounds of {frames} frames",
        median(&ratios)
    );
}
