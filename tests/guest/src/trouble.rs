//! Cameras that go, fail, fall silent and come back, while a viewer watches.

use crate::account::Account;
use crate::server::{Server, control, sees, sh};
use mutoscope_tests::{Seen, until};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const SOURCE: &str = "plugin: v4l2, width: 640, height: 360, fps: 10, format: yuyv";
pub const CAMERA: &str = "/dev/video0";

/// A camera's trouble and its end.
struct Trouble<T> {
    name: &'static str,
    happens: fn() -> T,
    /// Line in the log.
    said: &'static str,
    helped: fn(T),
}

impl<T> Trouble<T> {
    /// Goes through the trouble with a viewer at the camera: its pictures agree with the reports, and afterwards all is as
    /// before.
    fn survive(self) {
        let server = Server::start(self.name, SOURCE, "");
        let mut account = Account::open(&server, server.viewer());
        let trouble = (self.happens)();
        server.logged(&["source failed", self.said]);
        account.until("four placeholders", |seen| of(seen, "placeholder") >= 4);
        (self.helped)(trouble);
        account.until("the camera", |seen| of(seen, "live") >= 20);
        account.close();
        server.stop();
        // Others can have it.
        sh("v4l2-ctl -d /dev/video0 --set-fmt-video=width=320,height=180 --stream-mmap --stream-count=3");
    }
}

fn of(seen: &[Seen], freshness: &str) -> usize {
    seen.iter().filter(|part| part.freshness == freshness).count()
}

/// As long as this is held the camera refuses to start: without it, it is there again at the first attempt after an error.
struct Refusal(Arc<AtomicBool>);

impl Refusal {
    fn begin() -> Refusal {
        // It refuses once each time.
        let refuse = || control("inject_vidioc_streamon_error=1");
        refuse();
        let over = Arc::<AtomicBool>::default();
        let told = over.clone();
        thread::spawn(move || {
            while !told.load(Ordering::SeqCst) {
                refuse();
            }
        });
        Refusal(over)
    }
}

impl Drop for Refusal {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// vivid's driver lets go of its devices or takes them again.
pub fn driver(what: &str) {
    sh(&format!("echo vivid.0 > /sys/bus/platform/drivers/vivid/{what}"));
}

pub fn disconnected() {
    Trouble {
        name: "disconnected",
        happens: || {
            // It comes back when no program has it open any more.
            let held = File::open(CAMERA).expect("it is there");
            control("disconnect=1");
            held
        },
        said: "was unplugged",
        helped: drop,
    }
    .survive();
}

pub fn unbound() {
    Trouble {
        name: "unbound",
        happens: || driver("unbind"),
        said: "was unplugged",
        helped: |()| driver("bind"),
    }
    .survive();
}

pub fn broken_transfer() {
    Trouble {
        name: "broken",
        happens: || {
            let refusal = Refusal::begin();
            control("inject_fatal_streaming_error=1");
            refusal
        },
        said: "Input/output error",
        helped: drop,
    }
    .survive();
}

pub fn stalled() {
    Trouble {
        name: "stalled",
        happens: || control("percentage_of_dropped_buffers=100"),
        said: "no frame for",
        helped: |()| control("percentage_of_dropped_buffers=0"),
    }
    .survive();
}

pub fn late() {
    driver("unbind");
    let server = Server::start("late", SOURCE, "");
    let viewer = server.viewer();
    server.troubled("there is no camera at /dev/video0");
    sees(&viewer, 1, "placeholder");
    assert_eq!((server.get("/healthz").status, server.get("/snapshot").status), (503, 503));
    driver("bind");
    until("the device file", || Path::new(CAMERA).exists().then_some(()));
    sees(&viewer, 5, "live");
    assert_eq!(server.get("/healthz").status, 200);
    server.stop();
}
