//! A thread that takes frames of a recording through the engine, as it is told.

use crate::bench_pipeline::{BenchPipeline, Tried};
use crate::recording::Recording;
use crate::sample::Sample;
use crate::trouble::Trouble;
use mutoscope_engine::prepare::Prepared;
use mutoscope_engine::run::stepper::{StepHost, StepThread};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// A thread that takes frames of a recording through the engine, as it is told. It ends when this is dropped.
pub(crate) struct BenchThread {
    orders: Sender<Order>,
    answers: Receiver<Result<Answer, Trouble>>,
    thread: StepThread,
}

enum Order {
    /// Take each of the recording's frames through once, for so long; go on with those that came through.
    Try(Duration),
    /// These of the recording's frames come through.
    Play(Vec<usize>),
    /// One round of so long; whether no other bench thread is at work meanwhile.
    Sample(Duration, bool),
}

enum Answer {
    Tried(Tried),
    Sample(Sample),
}

impl BenchThread {
    /// Starts the thread, for the source of the stream `root`.
    pub(crate) fn start(
        prepared: &Arc<Prepared>,
        root: usize,
        recording: &Arc<Recording>,
        host: &StepHost,
    ) -> Result<BenchThread, Trouble> {
        let (orders, reported) = channel();
        let (reporter, answers) = channel();
        let (frames, plan) = (recording.clone(), prepared.clone());
        let run = move |thread: &StepThread| {
            let mut bench_pipeline = BenchPipeline::new(&plan, root, frames, thread);
            while let Ok(order) = reported.recv() {
                let answer = match order {
                    Order::Try(time) => bench_pipeline.try_all(time).map(Answer::Tried),
                    Order::Play(good) => {
                        bench_pipeline.play_these(good);
                        continue;
                    }
                    Order::Sample(time, alone) => Ok(Answer::Sample(bench_pipeline.sample(time, alone))),
                };
                if reporter.send(answer).is_err() {
                    break;
                }
            }
            bench_pipeline.close();
        };
        let thread = host.spawn(prepared, root, run);
        let thread =
            thread.map_err(|error| Trouble::Failed(format!("no thread to measure with: {error}")))?;
        Ok(BenchThread { orders, answers, thread })
    }

    /// Takes each frame through once, for so long.
    pub(crate) fn try_all(&self, time: Duration) -> Result<Tried, Trouble> {
        self.order(Order::Try(time));
        match self.answer()? {
            Answer::Tried(tried) => Ok(tried),
            Answer::Sample(_) => Err(broken()),
        }
    }

    /// Goes by these frames, which another one has tried.
    pub(crate) fn play(&self, good: Vec<usize>) {
        self.order(Order::Play(good));
    }

    /// Starts a round; [`sampled`](BenchThread::sampled) waits for it.
    pub(crate) fn start_sample(&self, time: Duration, alone: bool) {
        self.order(Order::Sample(time, alone));
    }

    /// Waits for the round, and returns what was done in it.
    pub(crate) fn sampled(&self) -> Result<Sample, Trouble> {
        match self.answer()? {
            Answer::Sample(sample) => Ok(sample),
            Answer::Tried(_) => Err(broken()),
        }
    }

    fn order(&self, order: Order) {
        // A thread that is gone shows when it is waited for.
        let _ = self.orders.send(order);
    }

    /// Waits for an answer, but not for a call that takes longer than a pipeline that runs would let it.
    fn answer(&self) -> Result<Answer, Trouble> {
        loop {
            match self.answers.recv_timeout(Duration::from_millis(100)) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Disconnected) => return Err(broken()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(late) = self.thread.overdue() {
                return Err(Trouble::Failed(format!("{late}; `mutoscope run` would give it up, too")));
            }
        }
    }
}

fn broken() -> Trouble {
    Trouble::Failed("a thread that measures broke; this is a mistake in the program".into())
}
