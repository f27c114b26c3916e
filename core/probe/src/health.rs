//! The rules for a healthy stream.

use crate::report::Stream;

/// The rules, for people.
pub const RULES: &str = "\
A stream is healthy if, for each viewer that is not slow, all of this is so:
- it is answered with a stream, which goes on to the end;
- its first picture comes within 5 s (for 99 of 100 viewers);
- it sees two pictures at least, and never waits for one longer than 3 s,
  or three times the usual gap if that is longer;
- it gets at least half as many pictures a second as the median of the viewers;
- by their time stamps, pictures do not come 2 s later than the quickest one,
  nor three times the usual gap; from a server on this machine, as a rule they
  are not that old;
and if, for all viewers, no part is broken (every one starts and ends as a JPEG,
and a boundary stands where its Content-Length says), and no picture stands in
for another (X-Frame: placeholder).";

const FIRST_PICTURE_MS: f64 = 5000.0;
const SILENCE_MS: f64 = 3000.0;
const SILENT_GAPS: f64 = 3.0;
const LEAST_OF_MEDIAN: f64 = 0.5;
const LATE_MS: f64 = 2000.0;

/// The faults of a stream. `here`: the server is on this machine, and has its clock.
pub(crate) fn problems(stream: &Stream, here: bool) -> Vec<String> {
    let mut problems: Vec<String> =
        stream.troubles.iter().map(|(why, viewers)| of(stream, *viewers, why)).collect();
    if stream.answer.is_none() {
        return problems;
    }
    match stream.pictures {
        0 => problems.push("no picture came".into()),
        1 => problems.push("one picture came, which shows no rate; `--seconds` looks longer".into()),
        _ => {}
    }
    if let Some(first) = stream.first_picture_ms.filter(|first| first.p99 > FIRST_PICTURE_MS) {
        problems.push(format!("the first picture came after {:.1} s", first.p99 / 1e3));
    }
    if let (Some(longest), Some(gaps)) = (stream.longest_gap_ms, stream.gaps_ms)
        && longest > SILENCE_MS.max(SILENT_GAPS * gaps.p50)
    {
        problems.push(format!("no picture came for {:.1} s", longest / 1e3));
    }
    if let (Some(slowest), Some(median)) = (stream.slowest_fps, stream.fps)
        && slowest < LEAST_OF_MEDIAN * median
    {
        problems.push(format!("one viewer gets {slowest:.1} pictures a second where others get {median:.1}"));
    }
    if let Some(age) = stream.age {
        let allowed = LATE_MS.max(SILENT_GAPS * stream.gaps_ms.map_or(0.0, |gaps| gaps.p50));
        if here && age.ms.p50 > allowed {
            problems.push(format!("pictures are {:.1} s old when they come", age.ms.p50 / 1e3));
        } else if let Some(lag) = age.lag_ms.filter(|lag| *lag > allowed) {
            problems.push(format!("pictures come later and later: {:.1} s at the end", lag / 1e3));
        }
    }
    let slow = stream.slow.iter().flat_map(|slow| &slow.broken);
    for broken in stream.broken.iter().chain(slow) {
        let parts = if broken.parts == 1 { "part is" } else { "parts are" };
        problems.push(format!("{} {parts} broken: {}", broken.parts, broken.how));
    }
    if stream.placeholders > 0 {
        problems.push(format!(
            "{} of {} pictures stand in for the camera's",
            stream.placeholders, stream.pictures
        ));
    }
    problems
}

/// The sentence about some viewers.
fn of(stream: &Stream, viewers: usize, why: &str) -> String {
    if stream.viewers == 1 {
        why.to_owned()
    } else {
        format!("{viewers} of {} viewers: {why}", stream.viewers)
    }
}
