//! One camera to many viewers: servers in turns, each a process of its own.

use crate::contender::Who;
use crate::installed::runs;
use crate::report::{Effort, Row};
use mutoscope_benches::{Server, bare, epoll, pictures, usage};
use mutoscope_frames::{Sequence, sequence};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The number of viewers.
pub const VIEWERS: usize = 200;
/// The time for which each is measured in a round.
const TIME: Duration = Duration::from_secs(4);
/// And how long those that send one picture a second.
const LONG: Duration = Duration::from_secs(10);

/// A server in the comparison.
pub struct Contender {
    who: Who,
    how: &'static str,
    /// Pictures a second.
    fps: u32,
    start: Box<dyn Fn() -> Server>,
    /// The command as a person would write it.
    command: String,
}

/// Serves as one of those that are written for this: `serve NAME FPS`.
///
/// # Panics
/// If the words are wrong.
pub fn serve(words: &[String]) {
    let [name, fps] = words else { panic!("NAME FPS") };
    let pictures = pictures(&sequence(Sequence::Hd720).expect("the pictures"));
    match name.as_str() {
        "epoll" => epoll::serve(&pictures, fps.parse().expect("a number")),
        "hyper" => bare::serve(&pictures),
        _ => panic!("epoll or hyper"),
    }
}

/// Everybody who can serve here, the program first, and what is missing for the others.
pub fn everybody() -> (Vec<Contender>, Vec<String>) {
    let folder = sequence(Sequence::Hd720).expect("the pictures");
    let mut missing = Vec::new();
    let mut all = vec![
        mutoscope(&folder, 30, ""),
        by_hand("epoll", 30, "epoll and write, one thread"),
        by_hand("hyper", 30, "hyper, handed the same bytes"),
    ];
    match gstreamer(&folder) {
        Ok(contender) => all.push(contender),
        Err(needed) => missing.push(needed),
    }
    match ustreamer(&folder) {
        Ok(contender) => {
            all.push(mutoscope(&folder, 1, "one picture a second"));
            all.push(by_hand("epoll", 1, "epoll and write, one picture a second"));
            all.push(contender);
        }
        Err(needed) => missing.push(needed),
    }
    (all, missing)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn mutoscope(folder: &Path, fps: u32, how: &'static str) -> Contender {
    let command = format!(
        "mutoscope run camera.yaml # source: {{ plugin: simulated, frames: FRAMES, fps: {fps} }}, sink: {{ plugin: mjpeg }}"
    );
    let folder = folder.to_owned();
    let start = Box::new(move || Server::mutoscope(&folder, fps));
    Contender { who: Who::Mutoscope, how, fps, start, command }
}

fn by_hand(name: &'static str, fps: u32, how: &'static str) -> Contender {
    let start = Box::new(move || Server::this_program(&["serve", name, &fps.to_string()]));
    Contender { who: Who::ByHand, how, fps, start, command: format!("peers serve {name} {fps}") }
}

/// Without a camera it shows the picture that it is given for that case, once a second.
fn ustreamer(folder: &Path) -> Result<Contender, String> {
    if !runs("ustreamer", &["--version"]) {
        return Err("ustreamer: the command `ustreamer` (Debian: `apt install ustreamer`)".into());
    }
    let picture = folder.join("0001.jpg").display().to_string();
    let words = |port: &str, picture: &str| {
        format!(
            "ustreamer --device /dev/no-camera --port {port} --blank {picture} --tcp-nodelay --log-level 0"
        )
    };
    let command = words("PORT", "FRAMES/0001.jpg");
    let start = Box::new(move || {
        let port = free_port().to_string();
        listening(&words(&port, &picture), &port)
    });
    let how = "its --blank, one picture a second";
    Ok(Contender { who: Who::Peer("ustreamer"), how, fps: 1, start, command })
}

fn listening(line: &str, port: &str) -> Server {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().expect("a program"));
    command.args(words);
    Server::listening(command, &format!("127.0.0.1:{port}"))
}

/// The server of `GStreamer`. Pictures from multifilesrc have no times that a sink could wait for, so that the pace comes
/// from a sleep between pictures.
fn gstreamer(folder: &Path) -> Result<Contender, String> {
    let needed = ["multifilesrc", "multipartmux", "tcpserversink"];
    if let Some(element) = needed.iter().find(|name| !runs("gst-inspect-1.0", &["--exists", name])) {
        let packages = "gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good";
        return Err(format!("GStreamer: the element `{element}` (Debian: `apt install {packages}`)"));
    }
    let line = |folder: &str, port: &str| {
        format!(
            "gst-launch-1.0 -q multifilesrc location={folder}/%04d.jpg start-index=1 stop-index=60 loop=true \
             caps=image/jpeg,framerate=30/1 ! identity sleep-time=33333 ! multipartmux boundary=boundarydonotcross ! \
             tcpserversink host=127.0.0.1 port={port} sync=false recover-policy=latest units-soft-max=10 units-max=20"
        )
    };
    let shown = line("FRAMES", "PORT");
    let folder = folder.display().to_string();
    let start = move || {
        let port = free_port().to_string();
        listening(&line(&folder, &port), &port)
    };
    Ok(Contender {
        who: Who::Peer("GStreamer"),
        how: "multipartmux, tcpserversink",
        fps: 30,
        start: Box::new(start),
        command: shown,
    })
}

/// Everybody in turns.
pub fn measure(all: &[Contender], effort: &Effort) -> Vec<Row> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut rows: Vec<_> = all
        .iter()
        .map(|contender| Row {
            who: contender.who,
            name: match contender.who {
                Who::Mutoscope if contender.how.is_empty() => "Mutoscope".into(),
                Who::Mutoscope => format!("Mutoscope: {}", contender.how),
                Who::ByHand => format!("by hand: {}", contender.how),
                Who::Peer(name) => format!("{name}: {}", contender.how),
            },
            command: contender.command.clone(),
            fps: contender.fps,
            costs: Vec::new(),
            delivered: Vec::new(),
        })
        .collect();
    for round in 1..=effort.rounds {
        for (contender, row) in all.iter().zip(&mut rows) {
            let server = (contender.start)();
            let time = if contender.fps == 1 { LONG } else { TIME };
            let used = runtime.block_on(usage(&server, VIEWERS, time));
            row.costs.push(used.seconds_per_gigabyte);
            // Of what 200 viewers would get who miss nothing; pictures are of 86 kB and more.
            row.delivered.push(used.megabytes_per_second / (VIEWERS as f64 * f64::from(contender.fps)) * 1e3);
        }
        let shown: Vec<_> = rows
            .iter()
            .map(|row| format!("{:.3} ({:.1})", row.costs[round - 1], row.delivered[round - 1]))
            .collect();
        eprintln!("  round {round}: {} s/GB (kB a viewer and picture)", shown.join("  "));
    }
    rows
}
