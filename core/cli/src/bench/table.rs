//! The stages of a pipeline, as a table.

use super::pipeline::Pipeline;
use super::record::Record;
use super::units::{bar, bytes, count, fps, ms, rate, spread};
use super::whole;
use mutoscope_bench::{Read, SourceFigures, StageFigures};
use std::fmt::Write;

/// The columns' heads.
const HEAD: [&str; 9] =
    ["frames/s", "ms/frame", "p99", "±", "bytes in", "bytes out", "allocs", "copied", "share"];
const WIDTHS: [usize; 8] = [9, 9, 8, 7, 10, 10, 8, 9];

/// All that there is to tell of a pipeline.
pub fn shown(pipeline: &Pipeline) -> String {
    let mut text = String::new();
    for source in &pipeline.figures.sources {
        let _ = writeln!(text, "\n{}: {}", pipeline.name(), read(&source.read));
        text += &stages(source);
        text += &whole::shown(source);
    }
    let needs = pipeline
        .figures
        .sources
        .iter()
        .map(|source| Some(source.read.fps? * source.whole.cpu_us.median / 1e6));
    if let (Some(cores), 2..) = (needs.sum::<Option<f64>>(), pipeline.figures.sources.len()) {
        let _ = writeln!(text, "\nall sources at their rates need {cores:.2} cores, without viewers");
    }
    let _ = pipeline.warnings.iter().try_for_each(|line| writeln!(text, "warning: {line}"));
    text
}

/// `30 frames of simulated, JPEG 640x360 4:2:0, at 10 frames/s`
fn read(read: &Read) -> String {
    let mut formats = read.formats.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    if read.formats.len() > 3 {
        let _ = write!(formats, " and {} more", read.formats.len() - 3);
    }
    let mut text = format!("{} frames of {}, {formats}", read.frames, read.plugin);
    match read.fps {
        Some(came) if read.fps_was_measured => {
            let _ = write!(text, ", which came at {} frames/s", fps(came));
        }
        Some(given) => {
            let _ = write!(text, ", {} frames/s", fps(given));
        }
        None => text += ", at a rate that it does not tell",
    }
    if let Some(why) = &read.cut_short {
        let _ = write!(text, "\n  there are no more than these, which are repeated: {why}");
    }
    for (at, why) in read.left_out.iter().take(3) {
        let _ = write!(text, "\n  frame {at} is left out: {why}");
    }
    if read.left_out.len() > 3 {
        let _ = write!(text, "\n  and {} more", read.left_out.len() - 3);
    }
    if read.untried > 0 {
        let _ = write!(text, "\n  the last {} are left out: the warm-up had no time for them", read.untried);
    }
    text
}

fn stages(source: &SourceFigures) -> String {
    let mut text = String::new();
    let names =
        source.streams.iter().flat_map(|stream| stream.stages.iter().map(|stage| stage.stage.len() + 2));
    let width = names.chain([30]).max().unwrap_or(30);
    for (at, stream) in source.streams.iter().enumerate() {
        let head = format!("stream {}", stream.name);
        let columns: Vec<String> = if at == 0 { HEAD.map(String::from).to_vec() } else { Vec::new() };
        line(&mut text, width, &head, &columns);
        for stage in &stream.stages {
            let mark = if stage.inserted { "+ " } else { "  " };
            line(&mut text, width, &format!("{mark}{}", stage.stage), &row(stage));
            if stage.shared {
                let _ = writeln!(text, "      once for this stream and its siblings");
            }
        }
        for (stage, first) in &stream.counted_elsewhere {
            let _ = writeln!(text, "  + {stage}: done once, and counted with `{first}`");
        }
        if stream.stages.is_empty() && stream.counted_elsewhere.is_empty() {
            let _ = writeln!(text, "    nothing is done to its frames");
        }
    }
    let whole = &source.whole;
    let between = [
        "",
        &ms(whole.between_us),
        "",
        "",
        "",
        "",
        &whole.between_allocations.map_or("?".into(), count),
        "",
        &part(whole.between_us / whole.cpu_us.median.max(1e-3)),
    ];
    line(&mut text, width, "between the stages", &between.map(String::from));
    if whole.elsewhere_us > 0.02 * whole.cpu_us.median {
        let share = part(whole.elsewhere_us / whole.cpu_us.median);
        let other = ["", &ms(whole.elsewhere_us), "", "", "", "", "", "", &share];
        line(&mut text, width, "other threads of the plugins'", &other.map(String::from));
    }
    let all = [
        rate(whole.one_core_fps.median),
        ms(whole.cpu_us.median),
        String::new(),
        spread(whole.cpu_us.spread),
        bytes(whole.bytes_in),
        bytes(whole.bytes_out),
    ];
    line(&mut text, width, "all of it, for a source frame", &all);
    text
}

fn row(stage: &StageFigures) -> [String; 9] {
    [
        rate(stage.frames_per_s),
        ms(stage.cpu_us.median),
        ms(stage.cpu_p99_us),
        spread(stage.cpu_us.spread),
        bytes(stage.bytes_in),
        bytes(stage.bytes_out),
        stage.allocations.map_or("?".into(), count),
        if stage.bytes_copied == 0.0 { "0".into() } else { bytes(stage.bytes_copied) },
        part(stage.share),
    ]
}

/// ` 43 % ████▎`
fn part(part: f64) -> String {
    format!("{:>3.0} % {}", part * 100.0, bar(part))
}

fn line(text: &mut String, width: usize, name: &str, columns: &[String]) {
    let mut line = format!("  {name:width$}");
    for (at, column) in columns.iter().enumerate() {
        let _ = match WIDTHS.get(at) {
            Some(width) => write!(line, "{column:>width$}"),
            None => write!(line, "  {column}"),
        };
    }
    let _ = writeln!(text, "{}", line.trim_end());
}

/// The meaning of the columns.
pub fn notes(record: &Record) -> String {
    let mut text = "
ms/frame and p99 are processor time of a stage's thread for each frame that it works on: the middle one, and what 99 of 100 do
not exceed; reading the clocks is in them. ± half of the rounds lie so near their middle. + was put in by the plan.
"
    .to_owned();
    let _ = writeln!(text, "Reading the clocks: {} ms.", ms(record.machine.clocks_us));
    let uncounted =
        record.pipelines.iter().find_map(|pipeline| pipeline.figures.allocations_not_counted.clone());
    text += &match uncounted {
        Some(why) => format!("allocs were not counted: {why}.\n"),
        None => "allocs are calls of malloc and its siblings by that thread, in the program, the plugin and their libraries; an \
                 allocator\nthat takes its memory from the kernel by itself is not seen.\n"
            .to_owned(),
    };
    text += "copied are the bytes that the program copied because a stage writes on a picture that somebody else holds; what a \
             plugin copies\ninside itself is not seen.\n";
    text += "Left out: the source's own work, sinks and their viewers, the waking of threads.\n";
    text
}
