//! A source's streams together, in words.

use super::units::{ms, rate, spread};
use mutoscope_engine::bench::SourceFigures;
use std::fmt::Write;

/// A source's streams together, in words.
pub fn shown(source: &SourceFigures) -> String {
    let (whole, mut text) = (&source.whole, String::new());
    if let Some((stream, stage)) = source.most() {
        let of = if source.streams.len() > 1 { format!(" of `{}`", stream.name) } else { String::new() };
        let _ = writeln!(text, "  most of it   {}{of}: {:.0} %", stage.stage, stage.share * 100.0);
    }
    let _ = writeln!(
        text,
        "  one core     {} frames/s {}, {} ms of processor time a frame",
        rate(whole.one_core_fps.median),
        spread(whole.one_core_fps.spread),
        ms(whole.cpu_us.median)
    );
    if let Some(all) = &whole.all_cores_fps {
        let _ = write!(text, "  all {:<8} {} frames/s {}", whole.cores, rate(all.median), spread(all.spread));
        text += match (whole.cores, whole.stateless) {
            (1, _) => "",
            (_, true) => "; one camera can use them all\n",
            (_, false) => {
                "; one camera uses one core for each stream, since a stage of it goes by the frames before\n"
            }
        };
        if whole.cores == 1 {
            text.push('\n');
        }
    }
    let _ = writeln!(
        text,
        "  latency      {} ms, p99 {} ms: on the clock, from the source to the sinks' slots",
        ms(whole.latency_p50_us),
        ms(whole.latency_p99_us)
    );
    let _ = match (whole.cameras, source.read.fps) {
        (Some(cameras), Some(fps)) => {
            let fit = cameras.floor();
            let s = if fit == 1.0 { "" } else { "s" };
            writeln!(
                text,
                "  cameras      {fit:.0} like this one at {} frames/s fit on {} core{}, without viewers ({cameras:.1} camera{s})",
                rate(fps),
                whole.cores,
                if whole.cores == 1 { "" } else { "s" }
            )
        }
        _ => writeln!(text, "  cameras      it is not known how many fit: the source tells no rate"),
    };
    if whole.gated > 0 {
        let _ = writeln!(text, "  held back    {} frames, by transforms, as is their right", whole.gated);
    }
    text
}
