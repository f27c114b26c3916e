//! Passwords that are being verified: one at a time, off the thread that serves, in turns of the addresses that ask.

use crate::hash::PasswordHash;
use crate::secret::Mark;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

/// Passwords of one address that may wait.
const OF_ADDRESS: usize = 4;

/// Passwords that may wait in all.
const IN_ALL: usize = 64;

/// Successes that are remembered.
const KNOWN: usize = 256;

/// The time for which they are remembered.
const AGE: Duration = Duration::from_secs(600);

/// More wait than may: this one does not.
#[derive(PartialEq, Debug)]
pub(crate) struct Busy;

/// The passwords that wait, and the successes that are remembered. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Passwords(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The addresses in the order of their turns, each with the passwords that wait.
    waiting: VecDeque<(IpAddr, VecDeque<Job>)>,
    /// A task takes from `waiting`.
    working: bool,
    known: VecDeque<(Mark, Instant)>,
    /// The number of times that all was forgotten: what was begun before is not remembered.
    forgotten: u64,
}

struct Job {
    mark: Mark,
    hash: PasswordHash,
    password: String,
    /// Those who wait for it: a browser asks for several pictures at once.
    askers: Vec<oneshot::Sender<bool>>,
}

impl Passwords {
    /// Returns whether `password` is that of `hash`, of which `mark` stands for name, password and hash together.
    ///
    /// # Errors
    /// Too many wait, of this address or in all.
    pub(crate) async fn verify(
        &self,
        address: IpAddr,
        mark: Mark,
        password: String,
        hash: &PasswordHash,
    ) -> Result<bool, Busy> {
        let answer = {
            let mut state = self.state();
            let now = Instant::now();
            state.known.retain(|(_, since)| now.duration_since(*since) < AGE);
            if state.known.iter().any(|(known, _)| *known == mark) {
                return Ok(true);
            }
            let answer = state.put(address, mark, password, hash)?;
            if !std::mem::replace(&mut state.working, true) {
                let passwords = self.clone();
                spawn_blocking(move || passwords.work());
            }
            answer
        };
        // No answer: there was no memory for it.
        answer.await.map_err(|_| Busy)
    }

    /// Forgets the successes.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.known.clear();
        state.forgotten += 1;
    }

    /// Verifies what waits until nothing does.
    fn work(&self) {
        loop {
            let (job, forgotten) = {
                let mut state = self.state();
                let Some(job) = state.next() else {
                    state.working = false;
                    return;
                };
                (job, state.forgotten)
            };
            // Those who have gone need no answer.
            if job.askers.iter().all(oneshot::Sender::is_closed) {
                continue;
            }
            // A panic would end this task, and with it every later login.
            let verified = catch_unwind(AssertUnwindSafe(|| job.hash.is_of(job.password.as_bytes())));
            let Ok(Some(right)) = verified else { continue };
            let mut state = self.state();
            if right && state.forgotten == forgotten {
                state.known.push_back((job.mark, Instant::now()));
                if state.known.len() > KNOWN {
                    state.known.pop_front();
                }
            }
            drop(state);
            for asker in job.askers {
                // One who has gone does not mind.
                let _ = asker.send(right);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    fn put(
        &mut self,
        address: IpAddr,
        mark: Mark,
        password: String,
        hash: &PasswordHash,
    ) -> Result<oneshot::Receiver<bool>, Busy> {
        let in_all: usize = self.waiting.iter().map(|(_, jobs)| jobs.len()).sum();
        let (asker, answer) = oneshot::channel();
        let of_address = self.waiting.iter_mut().find(|(other, _)| *other == address);
        if let Some((_, jobs)) = of_address {
            if let Some(job) = jobs.iter_mut().find(|job| job.mark == mark) {
                job.askers.push(asker);
                return Ok(answer);
            }
            if jobs.len() >= OF_ADDRESS || in_all >= IN_ALL {
                return Err(Busy);
            }
            jobs.push_back(Job { mark, hash: hash.clone(), password, askers: vec![asker] });
        } else {
            if in_all >= IN_ALL {
                return Err(Busy);
            }
            let job = Job { mark, hash: hash.clone(), password, askers: vec![asker] };
            self.waiting.push_back((address, [job].into()));
        }
        Ok(answer)
    }

    /// The job whose turn it is; its address is the last one then.
    fn next(&mut self) -> Option<Job> {
        let (address, mut jobs) = self.waiting.pop_front()?;
        let job = jobs.pop_front();
        if !jobs.is_empty() {
            self.waiting.push_back((address, jobs));
        }
        job
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Key;

    fn hash() -> PasswordHash {
        let text =
            "$argon2id$v=19$m=64,t=1,p=1$Q0FhWkN4dW9EMTlDc0dqNg$SHhLMRnf9IubopDJigIISx5AgZo1HiuZG7SymUqgzhU";
        PasswordHash::parse(text).unwrap_or_else(|why| panic!("{why}"))
    }

    fn mark(text: &str) -> Mark {
        Key::of_process().unwrap().mark(&[text.as_bytes()])
    }

    #[test]
    fn addresses_take_turns_and_a_guesser_fills_its_own_places_alone() {
        let mut state = State::default();
        let mut answers = Vec::new();
        let mut put = |state: &mut State, last: u8, text: &str| {
            let put = state.put(IpAddr::from([192, 0, 2, last]), mark(text), text.into(), &hash());
            put.map(|answer| answers.push(answer))
        };
        for guess in ["a", "b", "c", "d"] {
            assert_eq!(put(&mut state, 1, guess), Ok(()));
        }
        assert_eq!(put(&mut state, 1, "e"), Err(Busy));
        assert_eq!(put(&mut state, 1, "d"), Ok(()), "it waits already");
        assert_eq!(put(&mut state, 2, "right"), Ok(()));
        let order: Vec<String> = std::iter::from_fn(|| state.next()).map(|job| job.password).collect();
        assert_eq!(order, ["a", "right", "b", "c", "d"]);
        for address in 0..IN_ALL {
            assert_eq!(put(&mut state, address as u8, "x"), Ok(()));
        }
        assert_eq!(put(&mut state, 200, "x"), Err(Busy));
    }

    #[test]
    fn successes_alone_are_known_until_they_are_forgotten() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let passwords = Passwords::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        let verify = |text: &str| {
            runtime.block_on(passwords.verify(address, mark(text), text.into(), &hash())).unwrap()
        };
        assert!(!verify("wrong"));
        assert!(passwords.state().known.is_empty());
        assert!(verify("correct horse") && verify("correct horse"));
        assert_eq!(passwords.state().known.len(), 1);
        passwords.forget();
        assert!(passwords.state().known.is_empty());
    }
}
