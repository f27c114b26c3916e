//! Somebody who looks on at a stream, and stays.

use mutoscope_tests::{http, until};
use std::sync::{Arc, Mutex};
use std::thread;

/// What somebody saw: whether it was live, and the number of the picture.
#[derive(Clone, Debug)]
pub struct Seen {
    pub freshness: String,
    pub sequence: u64,
}

/// Somebody who looks on until the stream ends.
pub struct Viewer {
    seen: Arc<Mutex<Vec<Seen>>>,
    gone: Arc<Mutex<bool>>,
}

impl Viewer {
    pub fn of(address: &str) -> Viewer {
        let (seen, gone) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::<Mutex<bool>>::default());
        let viewer = Viewer { seen: seen.clone(), gone: gone.clone() };
        let url = format!("{address}/stream");
        thread::spawn(move || {
            let watching = std::panic::catch_unwind(|| {
                for part in http::stream(&url) {
                    let picture =
                        Seen { freshness: part.header("X-Frame").into(), sequence: part.sequence() };
                    seen.lock().expect("nothing panics under this lock").push(picture);
                }
            });
            drop(watching);
            *gone.lock().expect("nothing panics under this lock") = true;
        });
        viewer
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("nothing panics under this lock").clone()
    }

    /// Waits for `count` more pictures of this freshness. The connection must hold.
    #[track_caller]
    pub fn sees(&self, count: usize, freshness: &str) {
        let of = |seen: Vec<Seen>| seen.iter().filter(|seen| seen.freshness == freshness).count();
        let before = of(self.seen());
        until(&format!("{count} more {freshness} pictures"), || {
            assert!(!self.is_gone(), "the viewer lost its connection");
            (of(self.seen()) >= before + count).then_some(())
        });
    }

    pub fn is_gone(&self) -> bool {
        *self.gone.lock().expect("nothing panics under this lock")
    }
}
