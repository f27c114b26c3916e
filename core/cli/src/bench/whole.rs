//! A source's streams together, in words.

use super::units::{self, ms, rate, spread};
use mutoscope_bench::{SourceFigures, Spread};
use std::fmt::Write;

/// A source's streams together, in words.
pub fn shown(source: &SourceFigures) -> String {
    let (whole, mut text) = (&source.whole, String::new());
    let mut line = |head: &str, what: &str| {
        let _ = writeln!(text, "  {head:<12} {what}");
    };
    if let Some((stream, stage)) = source.most() {
        let of = if source.streams.len() > 1 { format!(" of `{}`", stream.name) } else { String::new() };
        line("most of it", &format!("{}{of}: {:.0} %", stage.stage, stage.share * 100.0));
    }
    line("one core", &frames(&whole.one_core_fps));
    if let Some(all) = &whole.all_cores_fps
        && whole.cores > 1
    {
        let one_camera = match whole.stateless {
            true => "one camera can use them all",
            false => "one camera uses one for each stream, since a stage may go by the frames before",
        };
        line(&format!("all {} cores", whole.cores), &format!("{}; {one_camera}", frames(all)));
    }
    let (p50, p99) = (ms(whole.latency_p50_us), ms(whole.latency_p99_us));
    line("latency", &format!("{p50} ms, p99 {p99} ms: on the clock, from the source to the sinks' slots"));
    line("cameras", &cameras(source));
    if whole.gated > 0 {
        line("held back", &format!("{} frames, by transforms, as is their right", whole.gated));
    }
    text
}

/// `542 frames/s ±7 %`
fn frames(fps: &Spread) -> String {
    let apart = fps.spread.map(|_| format!(" {}", spread(fps.spread))).unwrap_or_default();
    format!("{} frames/s{apart}", rate(fps.median))
}

/// `115 like this one at 10 frames/s fit on 2 cores, without viewers`
fn cameras(source: &SourceFigures) -> String {
    let (Some(cameras), Some(fps)) = (source.whole.cameras, source.read.fps) else {
        return "how many fit is not known: the source tells no rate".into();
    };
    let (cores, fps) = (source.whole.cores, units::fps(fps));
    let exactly = if cameras < 10.0 { format!(" ({cameras:.1})") } else { String::new() };
    let s = if cores == 1 { "" } else { "s" };
    format!(
        "{:.0}{exactly} like this one at {fps} frames/s fit on {cores} core{s}, without viewers",
        cameras.floor()
    )
}
