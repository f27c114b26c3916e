//! An explanation as a person reads it.

use super::{Explained, Explanation, Route};
use std::fmt;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, stream) in self.streams.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            stream.fmt(f)?;
        }
        for sink in &self.sinks {
            let takes = if sink.accepts.is_empty() { "anything".into() } else { sink.accepts.join(" or ") };
            write!(f, "\nsink {} takes {takes} of {}\n", sink.plugin, sink.streams.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from =
            if self.branches { format!("from `{}`", self.input) } else { format!("source {}", self.input) };
        let fps = self.fps.map(|fps| format!(" at {fps} frames/s")).unwrap_or_default();
        writeln!(f, "stream {}", self.name)?;
        writeln!(f, "  {from:<58} {}{fps}", self.route.format)?;
        self.route.show(f, self.fps)?;
        if self.asked && !self.branches {
            writeln!(f, "  the source was opened, and this is what it gave")?;
        }
        if let Some(open) = &self.open {
            writeln!(f, "  {open}")?;
        }
        for other in &self.otherwise {
            writeln!(f, "  otherwise, if the source gives {}:", other.source)?;
            match (&other.route, &other.no_route) {
                (Some(route), _) => {
                    writeln!(f, "  {from:<58} {}{fps}", route.format)?;
                    route.show(f, self.fps)?;
                }
                (None, why) => writeln!(f, "  no way through: {}", why.as_deref().unwrap_or_default())?,
            }
        }
        Ok(())
    }
}

impl Route {
    fn show(&self, f: &mut fmt::Formatter<'_>, fps: Option<f64>) -> fmt::Result {
        for hop in &self.hops {
            let what = match &hop.stage {
                Some(stage) => format!("{stage} {}", hop.plugin),
                None => format!("+ {}", hop.plugin),
            };
            let mut notes = vec![hop.way.clone()];
            notes.extend(hop.why.as_ref().map(|why| format!("because {why}")));
            if hop.shared {
                notes.push("once for all its siblings".into());
            }
            if hop.for_sinks {
                notes.push("only while a sink has viewers".into());
            }
            let notes: Vec<_> = notes.into_iter().filter(|note| !note.is_empty()).collect();
            writeln!(
                f,
                "  {what:<28} {:>8} ms                    {}",
                milliseconds(hop.cost_us),
                hop.output
            )?;
            if !notes.is_empty() {
                writeln!(f, "      {}", notes.join(", "))?;
            }
        }
        if self.hops.is_empty() {
            writeln!(f, "  passed on as it is: nothing is decoded, nothing is encoded")?;
        } else {
            write!(f, "  together about {} ms of one core for a frame", milliseconds(self.cost_us))?;
            if let Some(fps) = fps {
                write!(f, ", {:.0} % of a core at {fps} frames/s", self.cost_us * fps / 1e4)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn milliseconds(us: f64) -> String {
    format!("{:.2}", us / 1000.0)
}
