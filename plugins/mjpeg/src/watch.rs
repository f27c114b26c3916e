//! One viewer's place at a stream: which part it has seen last, and when there is another.

use crate::hub::{Hub, Next};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::futures::OwnedNotified;

/// One viewer of a stream: while it lives, the stream is wanted.
pub(crate) struct Watch {
    hub: Arc<Hub>,
    seen: u64,
    notified: Pin<Box<OwnedNotified>>,
}

impl Watch {
    /// One viewer more, from now until it is dropped. `None` if the stream has ended.
    pub(crate) fn of(hub: Arc<Hub>) -> Option<Watch> {
        if !hub.enter() {
            return None;
        }
        let notified = Box::pin(hub.changed());
        Some(Watch { hub, seen: 0, notified })
    }

    /// Lets the latest part come once more.
    pub(crate) fn show_again(&mut self) {
        self.seen = 0;
    }

    /// The latest part, once it is another than the one taken before.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            if let Some(next) = self.hub.after(&mut self.seen) {
                return Poll::Ready(next);
            }
            ready!(self.notified.as_mut().poll(cx));
            // Armed before the next look, so that what comes between the two is not missed.
            self.notified.set(self.hub.changed());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.hub.leave();
    }
}
