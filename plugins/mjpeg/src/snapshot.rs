//! One picture: the next live one, or what stands in for it while there is none.

use crate::body::Body;
use crate::engine::Said;
use crate::hub::{Hub, Next};
use crate::limits::Limits;
use crate::part::{self, Part};
use crate::reading::Readings;
use crate::response::{FRESH, unavailable, with_headers};
use crate::watch::Watch;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use mutoscope_plugin::{Freshness, Services, Times};
use std::future::poll_fn;
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

/// The interval of the look at the engine's state while no picture comes. The first look is after that pause as well: before
/// the engine has noticed the viewer, its state is no news.
const LOOK: Duration = Duration::from_millis(200);

/// The request's own limits for the age of the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wish {
    /// So much older than the request at most, whatever picture it is.
    pub(crate) max_delay: Option<Duration>,
    /// So old at most when it is given, whatever picture it is.
    pub(crate) max_age: Option<Duration>,
}

/// The reason for which there is no picture.
struct Missed {
    why: String,
    again: Duration,
}

/// Waits for a picture and answers with it.
pub(crate) async fn snapshot(
    hub: &Arc<Hub>,
    services: &Services,
    readings: &Readings,
    asked_at: Times,
    wish: Wish,
    limits: Limits,
) -> Response<Body> {
    let taken = match Watch::of(hub.clone()) {
        Some(watch) => {
            let (until, too_old) = (Instant::now() + limits.snapshot_timeout, false);
            Taking { hub, watch, services, readings, asked_at, wish, limits, until, too_old }.take().await
        }
        None => Err(Missed::ended()),
    };
    match taken {
        Ok((part, freshness)) => picture(part, freshness),
        Err(Missed { why, again }) => unavailable(&why, again).map(Body::text),
    }
}

fn picture(part: Arc<Part>, freshness: Freshness) -> Response<Body> {
    let frame = part.frame();
    let (captured, sequence) = (part::timestamp(frame.times().wall_ns), frame.sequence().to_string());
    let mut response = with_headers(StatusCode::OK, Body::picture(part), "image/jpeg", &FRESH);
    for (name, value) in
        [("x-timestamp", captured.as_str()), ("x-sequence", &sequence), ("x-frame", freshness.name())]
    {
        // Digits, a point and letters are a header's value.
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// A snapshot that is being taken.
struct Taking<'a> {
    hub: &'a Hub,
    watch: Watch,
    services: &'a Services,
    readings: &'a Readings,
    asked_at: Times,
    wish: Wish,
    limits: Limits,
    until: Instant,
    /// Live pictures came that were captured too early.
    too_old: bool,
}

type Taken = Result<(Arc<Part>, Freshness), Missed>;

impl Taking<'_> {
    async fn take(mut self) -> Taken {
        let mut looks = interval_at(Instant::now() + LOOK, LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut placeholder = false;
        loop {
            tokio::select! {
                biased;
                next = poll_fn(|cx| self.watch.poll_next(cx)) => match next {
                    Next::Closed => return Err(Missed::ended()),
                    Next::Part { part, .. } => match part.frame().freshness() {
                        Freshness::PLACEHOLDER => placeholder = true,
                        Freshness::HELD => {}
                        _ if self.is_new(&part) => return Ok((part, Freshness::LIVE)),
                        _ => {
                            self.too_old = true;
                            continue;
                        }
                    },
                },
                _ = looks.tick() => {}
                () = sleep_until(self.until) => return self.at_last(),
            }
            if let Break(taken) = self.look(self.said(), placeholder) {
                return taken;
            }
        }
    }

    /// Decides whether to wait on, from the engine's state of the stream.
    fn look(&self, said: Said, placeholder: bool) -> ControlFlow<Taken> {
        let trouble = said.trouble.as_ref();
        let (failed, ended) = (said.state == "failed", said.state == "ended");
        if said.state == "gated" {
            // The gate may stay closed for hours. What it holds is what the stream shows, however old it is.
            let held = self.hub.shown().filter(|part| self.is_wished(part)).or_else(|| self.last_good());
            return held.map_or(Continue(()), |part| Break(Ok((part, Freshness::HELD))));
        }
        // A placeholder is also what a camera shows that is only just being woken, which takes a moment.
        let waking = said.state == "starting" && trouble.is_none();
        if !(failed || ended || placeholder && !waking) {
            return Continue(());
        }
        if let Some(part) = self.last_good() {
            return Break(Ok((part, Freshness::HELD)));
        }
        // An attempt that is still to come in time may succeed.
        let left = self.until.saturating_duration_since(Instant::now());
        let in_vain =
            failed && trouble.and_then(|trouble| trouble.next_attempt()).is_some_and(|next| next > left);
        if ended || in_vain { Break(Err(self.missed(said))) } else { Continue(()) }
    }

    /// The time is up.
    fn at_last(&self) -> Taken {
        match self.last_good() {
            Some(part) => Ok((part, Freshness::HELD)),
            None => Err(self.missed(self.said())),
        }
    }

    /// Returns whether it was captured since the first viewer came, and is new enough for the request.
    fn is_new(&self, part: &Part) -> bool {
        part.frame().times().monotonic_ns >= self.hub.watched_since() && self.is_wished(part)
    }

    /// Returns whether it is no older than the request allows.
    fn is_wished(&self, part: &Part) -> bool {
        let captured = part.frame().times();
        self.wish.max_delay.is_none_or(|delay| self.asked_at.since(captured) <= delay)
            && self.wish.max_age.is_none_or(|age| self.services.now().since(captured) <= age)
    }

    /// The last picture that came, if it may still be given.
    fn last_good(&self) -> Option<Arc<Part>> {
        let allowed = self.wish.max_age.unwrap_or(self.limits.max_age);
        self.hub
            .last_good()
            .filter(|part| self.services.now().since(part.frame().times()) <= allowed && self.is_wished(part))
    }

    fn missed(&self, said: Said) -> Missed {
        let ms = self.limits.snapshot_timeout.as_millis();
        let again = said.trouble.as_ref().and_then(|trouble| trouble.next_attempt()).unwrap_or_default();
        let why = match (&said.trouble, self.too_old) {
            (Some(trouble), _) => trouble.to_string(),
            (None, _) if said.state == "ended" => return Missed::ended(),
            (None, true) => format!("only pictures captured before they were asked for came within {ms} ms"),
            (None, false) if said.known() => {
                format!("no picture came within {ms} ms; the stream is {}", said.state)
            }
            (None, false) => format!("no picture came within {ms} ms"),
        };
        Missed { why, again }
    }

    /// The engine's current state of the stream. All waiting requests share one reading, younger than the first of them.
    fn said(&self) -> Said {
        self.readings.no_older_than(LOOK / 2).said(&self.hub.stream().name)
    }
}

impl Missed {
    fn ended() -> Missed {
        Missed { why: "the stream has ended".into(), again: Duration::ZERO }
    }
}
