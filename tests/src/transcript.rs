//! The output of a child process while it runs.

use crate::patience::within;
use crate::{PATIENCE, until};
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// Output of a child process, read on a thread so that the child never waits for a reader.
#[derive(Debug)]
pub struct Transcript {
    text: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Transcript {
    /// Gathers what comes from `stream` until it ends.
    pub fn of(mut stream: impl Read + Send + 'static) -> Transcript {
        let text = Arc::<Mutex<Vec<u8>>>::default();
        let gathered = text.clone();
        let reader = thread::spawn(move || {
            let mut chunk = [0; 4096];
            // An error is an end as well: the child is gone.
            while let Ok(len @ 1..) = stream.read(&mut chunk) {
                gathered.lock().expect("nothing panics under this lock").extend_from_slice(&chunk[..len]);
            }
        });
        Transcript { text, reader }
    }

    /// All that has come so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().expect("nothing panics under this lock")).into_owned()
    }

    /// Waits for a line for which `find` gives something.
    ///
    /// # Panics
    /// None comes; the message has all that came instead.
    #[track_caller]
    pub fn find<T>(&self, what: &str, mut find: impl FnMut(&str) -> Option<T>) -> T {
        let found = within(PATIENCE, || {
            let text = self.text();
            // A line that is still being written may change what it means.
            text.split_inclusive('\n')
                .filter(|line| line.ends_with('\n'))
                .find_map(|line| find(line.trim_end()))
        });
        found.unwrap_or_else(|| panic!("waited in vain for {what} in:\n{}", self.text()))
    }

    /// Waits for the end of the stream, and gives all of it.
    pub(crate) fn whole(&self) -> String {
        until("the end of a child's output", || self.reader.is_finished().then(|| self.text()))
    }
}
