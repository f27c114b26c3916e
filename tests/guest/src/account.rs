//! The program's account of a stream, compared with what a viewer gets at the same time: `/state`, `/healthz`, and the header
//! `X-Frame` of each part.

use crate::machine::Belongings;
use crate::server::Server;
use mutoscope_tests::{PATIENCE, Seen, Viewer, assert_in_order, missing, until};
use serde_json::Value;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// More than the age of what the server tells: it looks at itself a few times a second.
const AS_OLD_AS: Duration = Duration::from_millis(250);

/// A stream that has no picture shows one a second. Three times that is allowed for.
const PLACEHOLDERS: Duration = Duration::from_secs(3);

/// A stream and its one viewer, under observation.
pub struct Account<'a> {
    server: &'a Server,
    viewer: Viewer,
    before: Belongings,
    /// Times that program and viewer agreed on trouble, and on there being none.
    agreed: [u32; 2],
}

/// The state of a stream, from `/state`.
#[derive(PartialEq, Debug)]
struct Condition {
    state: String,
    healthy: bool,
    failures: u64,
    message: Option<String>,
}

impl Condition {
    #[track_caller]
    fn of(server: &Server) -> Condition {
        let stream = server.stream();
        let message = &stream["trouble"]["message"];
        Condition {
            state: stream["state"].as_str().expect("a state").to_owned(),
            healthy: stream["healthy"].as_bool().expect("its health"),
            failures: stream["source"]["failures"].as_u64().expect("a number"),
            message: message.as_str().map(str::to_owned),
        }
    }
}

impl<'a> Account<'a> {
    /// Opens it on a stream that is live.
    #[track_caller]
    pub fn open(server: &'a Server, viewer: Viewer) -> Account<'a> {
        crate::server::sees(&viewer, 10, "live");
        Account { server, viewer, before: server.belongings(), agreed: [0; 2] }
    }

    /// Compares the two all the time until `enough` is true of what the viewer saw from now on.
    #[track_caller]
    pub fn until(&mut self, what: &str, enough: impl Fn(&[Seen]) -> bool) {
        let (start, end) = (self.viewer.count(), Instant::now() + PATIENCE);
        while !enough(&self.viewer.seen()[start..]) {
            assert!(
                Instant::now() < end,
                "waited in vain for {what}; the last: {:?}",
                self.viewer.seen().last()
            );
            self.compare();
        }
    }

    /// Compares them once. Where something changes meanwhile, it says nothing.
    #[track_caller]
    fn compare(&mut self) {
        let first = self.viewer.count();
        let before = Condition::of(self.server);
        let health = self.server.get("/healthz");
        let seen = self.viewer.seen();
        // By then the server tells of a later moment than that.
        sleep(AS_OLD_AS);
        if Condition::of(self.server) != before {
            return;
        }
        let answer: Value = serde_json::from_str(&health.text()).expect("JSON");
        let told = &answer["streams"]["camera"];
        assert_eq!(health.status, if before.healthy { 200 } else { 503 }, "{answer}, but {before:?}");
        assert_eq!((&told["state"], &told["healthy"]), (&before.state[..].into(), &before.healthy.into()));
        assert_eq!(before.healthy, before.state != "failed", "{before:?}");
        if let Some(message) = &before.message {
            assert!(
                told["reason"].as_str().is_some_and(|reason| reason.contains(message)),
                "{answer}, but {before:?}"
            );
        }
        // What came while it was so, after something that fits.
        let [last, since @ ..] = &seen[first.saturating_sub(1)..] else { return };
        let (fits, does_not) = match &before.state[..] {
            "failed" => ("placeholder", "live"),
            "live" => ("live", "placeholder"),
            _ => return,
        };
        if last.freshness == fits {
            assert!(
                since.iter().all(|part| part.freshness != does_not),
                "{before:?}, but {since:?} after {last:?}"
            );
            self.agreed[usize::from(before.healthy)] += 1;
        }
    }

    /// Closes it: everything is as it was at first, and all that the viewer saw is as it should be.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn close(self) {
        let Account { server, viewer, before, agreed } = self;
        assert!(agreed.iter().all(|times| *times > 0), "compared in trouble and out of it: {agreed:?}");
        until(&format!("{:?} to be {before:?}", server.belongings()), || {
            server.belongings().is_within(&before).then_some(())
        });
        // The server's account of its viewer is the viewer's own.
        until("the same number of parts, sent and seen", || {
            let least = viewer.count() as u64;
            let clients = server.whole_state()["server"]["clients"].take();
            let most = viewer.count() as u64;
            let [client] = &clients.as_array().expect("a list")[..] else { panic!("one viewer: {clients}") };
            // One may be on its way.
            (least..=most + 1).contains(&client["frames_sent"].as_u64()?).then_some(())
        });
        let seen = viewer.leave();
        assert_in_order(&seen);
        sleep(AS_OLD_AS);
        let state = server.whole_state();
        let stream = &state["streams"]["camera"];
        let skipped = state["sinks"][0]["counters"]["frames_skipped"].as_u64().unwrap_or(0);
        let left_out =
            skipped + ["dropped", "lost"].map(|name| stream[name].as_u64().expect(name)).iter().sum::<u64>();
        assert!(
            missing(&seen) <= left_out,
            "{} pictures are missing, {left_out} were left out: {state}",
            missing(&seen)
        );
        let mut course: Vec<_> =
            seen.iter().map(|part| &part.freshness[..]).filter(|word| *word != "held").collect();
        course.dedup();
        assert_eq!(course, ["live", "placeholder", "live"]);
        for pair in seen.windows(2).filter(|pair| pair[0].freshness == "placeholder") {
            let gap = pair[1].at - pair[0].at;
            assert!(gap <= PLACEHOLDERS, "{gap:?} without a picture: {pair:?}");
        }
        let size = seen[0].size;
        assert!(seen.iter().all(|part| part.size == size), "a placeholder has the size of the pictures");
    }
}
