//! One camera to many viewers: the sink, and the whole program, beside the least that hyper can do it for.
//!
//! ```text
//! cargo build --release && cargo bench -p mutoscope-benches --bench fanout                 # 50 and 200 viewers, 9 rounds of 4 s
//! cargo build --release && cargo bench -p mutoscope-benches --bench fanout -- 200 3 2      # 200 viewers, 3 rounds of 2 s
//! ```
//!
//! Three servers take turns, each a process of its own, with the same pictures of 80 to 90 kB at 30 a second: a bare hyper
//! server that hands the same bytes to each connection, with the same socket settings; the sink alone, fed from memory; and
//! the program, which has a camera, a plan and threads besides. Compared is processor time per gigabyte that viewers got.

use mutoscope_benches::{Server, bare, median, pictures, sink, usage};
use mutoscope_frames::{Sequence, sequence};
use std::path::Path;
use std::time::Duration;

fn compare(folder: &Path, viewers: usize, rounds: usize, time: Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (mut sinks, mut programs) = (Vec::new(), Vec::new());
    println!("{viewers} viewers   bare s/GB  sink s/GB  ratio  program s/GB  ratio   MB/s  resident KiB");
    for round in 1..=rounds {
        let bare = runtime.block_on(usage(&Server::this_program(&["bare"]), viewers, time));
        let sink = runtime.block_on(usage(&Server::this_program(&["sink"]), viewers, time));
        let program = runtime.block_on(usage(&Server::mutoscope(folder, 30), viewers, time));
        sinks.push(sink.seconds_per_gigabyte / bare.seconds_per_gigabyte);
        programs.push(program.seconds_per_gigabyte / bare.seconds_per_gigabyte);
        println!(
            "round {round:>5}   {:>9.3}  {:>9.3}  {:>5.3}  {:>12.3}  {:>5.3}  {:>5.0}  {:>12}",
            bare.seconds_per_gigabyte,
            sink.seconds_per_gigabyte,
            sinks[round - 1],
            program.seconds_per_gigabyte,
            programs[round - 1],
            program.megabytes_per_second,
            program.resident_kib
        );
    }
    println!(
        "{viewers} viewers, beside bare hyper, median of {rounds}: sink {:.3}, program {:.3}",
        median(&sinks),
        median(&programs)
    );
}

fn main() {
    let folder = sequence(Sequence::Hd720).expect("the pictures");
    // cargo says `--bench`; what it says besides is ours.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.first().map(String::as_str) {
        Some("bare") => return bare::serve(&pictures(&folder)),
        Some("sink") => return sink::serve(pictures(&folder)),
        _ => {}
    }
    // A build of the benches, or a run of all tests, must not wait for this.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let numbers: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let counts = numbers.first().map_or(vec![50, 200], |count| vec![*count]);
    let rounds = numbers.get(1).copied().unwrap_or(9);
    let time = Duration::from_secs(numbers.get(2).copied().unwrap_or(4) as u64);
    for viewers in counts {
        compare(&folder, viewers, rounds, time);
    }
}
