//! A client that looks at one stream for the whole run, and checks each part.

use crate::account::Account;
use crate::parts::{Cut, Parts};
use crate::pipeline::TIMEOUT;
use crate::seen::{PictureState, Seen};
use crate::wire::{self, Version};
use crate::world::World;
use mutoscope_plugin_faulty::Number;
use std::io;
use std::time::{Duration, Instant};

/// The longest that a viewer may be shown nothing at all: a deadline passes, and a placeholder comes; three times, since a
/// machine has other things to do.
pub const MOST_GAP: Duration = Duration::from_millis(3 * (TIMEOUT.as_millis() as u64 + 2000));

/// A client's way of reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Rule for the end of a picture.
    pub cut: Cut,
    /// Its HTTP.
    pub version: Version,
    /// It wants the next part's headers in advance, as Chromium does, and so gets none that tell anything.
    pub advance: bool,
}

/// The styles that each stream is looked at in.
pub const STYLES: [Style; 3] = [
    Style { cut: Cut::Length, version: Version::New, advance: false },
    Style { cut: Cut::Boundary, version: Version::Old, advance: false },
    Style { cut: Cut::Boundary, version: Version::New, advance: true },
];

/// The result of a viewer.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Live frames that came.
    pub came: u64,
    /// Live frames that did not, although a later one of the same life did.
    pub missed: u64,
    /// Parts after the first live one that were not live.
    pub others: u64,
    /// The longest time without a part.
    pub gap: Duration,
    /// The first live frame and the last.
    pub ends: Option<[(Instant, Number); 2]>,
    /// The viewer saw the stream's end.
    pub ended: bool,
}

/// Looks at a stream until the run is over, the stream ends where it may, or something is wrong.
pub fn watch(world: &World, stream: &str, camera: u32, style: Style, may_end: bool) -> Watched {
    let mut watched = Watched::default();
    let mut account = Account::new(camera);
    let result = look(world, stream, style, |seen| {
        let stalled = world.stalls.since(seen.at.checked_sub(Duration::from_secs(5)).unwrap_or(seen.at));
        account.take(seen, stalled)?;
        world.book.note(stream, seen)?;
        match (seen.number, seen.kind.unwrap_or(PictureState::Live)) {
            (Some(number), PictureState::Live) => {
                let first = watched.ends.map_or((seen.at, number), |[first, _]| first);
                watched.ends = Some([first, (seen.at, number)]);
            }
            _ => watched.others += u64::from(watched.ends.is_some()),
        }
        Ok(())
    });
    (watched.came, watched.missed) = account.came_and_missed();
    watched.gap = account.longest_gap();
    let over = world.is_ending();
    match result {
        Ok(()) if over || may_end => watched.ended = true,
        Err(_) if over => {}
        Ok(()) => world.findings.wrong(format!("{stream}: the stream ended for a viewer ({style:?})")),
        Err(why) => world.findings.wrong(format!("{stream}: {why} ({style:?})")),
    }
    watched
}

/// Reads part after part; fine if the stream comes to its proper end, or the run is over.
///
/// # Errors
/// The connection breaks off or stands still, a part is not whole, or `take` finds something; in a sentence.
pub fn look(
    world: &World,
    stream: &str,
    style: Style,
    mut take: impl FnMut(&Seen) -> Result<(), String>,
) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    let query = if style.advance { "?advance_headers=1" } else { "" };
    let path = format!("/{stream}/stream{query}");
    let response = wire::get(&world.address, &path, style.version, MOST_GAP, world.over()).map_err(text)?;
    if response.status != 200 {
        return Err(format!("{path} answers {}", response.status));
    }
    let content_type = response.header("content-type").to_owned();
    let mut parts = Parts::new(response.body, &content_type, style.cut).map_err(text)?;
    while let Some(part) = parts.next_part().map_err(text)? {
        take(&Seen::of(&part)?)?;
        if world.is_over() {
            break;
        }
    }
    Ok(())
}
