//! The thread that an instance has: pins change while no picture comes.

use mutoscope_plugin::Result;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A thread that does something again and again, and takes orders. Dropped, it has ended.
pub(crate) struct Helper<Order> {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

/// The work of the thread.
pub(crate) trait Work<Order>: Send + 'static {
    /// Looks once; called again after the pause that it gives.
    fn look(&mut self) -> Duration;

    /// Takes an order.
    fn take(&mut self, order: Order);
}

impl<Order: Send + 'static> Helper<Order> {
    /// Starts the thread. The work is dropped on it.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn start(name: &str, work: impl Work<Order>) -> Result<Helper<Order>> {
        let (orders, taken) = channel();
        let thread = thread::Builder::new().name(name.into()).spawn(move || run(work, &taken))?;
        Ok(Helper { orders: Some(orders), thread: Some(thread) })
    }

    pub(crate) fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // It fails only where the thread broke, and then nothing is to be done any more.
            let _ = orders.send(order);
        }
    }
}

fn run<Order>(mut work: impl Work<Order>, orders: &Receiver<Order>) {
    loop {
        let pause = work.look();
        match orders.recv_timeout(pause) {
            Ok(order) => work.take(order),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl<Order> Drop for Helper<Order> {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been told on the standard error; the pin is given back in either case.
            let _ = thread.join();
        }
    }
}
