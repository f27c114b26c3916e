//! `--sweep PATH=VALUE,VALUE…`: one file with several values, and a table of what each costs.

use super::record::Record;
use super::units::{bytes, ms, rate, spread};
use std::fmt::Write;

/// A path and the values to be put there.
#[derive(Debug, PartialEq)]
pub struct Sweep {
    pub path: String,
    pub values: Vec<String>,
}

impl Sweep {
    /// Takes the argument apart; the path is checked with the file, as `--set`'s is.
    ///
    /// # Errors
    /// It has no `=`, or a value is missing.
    pub fn parse(argument: &str) -> Result<Sweep, String> {
        let wanted = "write `--sweep PATH=VALUE,VALUE…`, for example `--sweep transforms[0].width=320,640`";
        let (path, values) =
            argument.split_once('=').ok_or_else(|| format!("`{argument}` has no `=`: {wanted}"))?;
        let values = split(values);
        if values.len() < 2 || values.iter().any(|value| value.trim().is_empty()) {
            return Err(format!("`{argument}` does not have several values: {wanted}"));
        }
        Ok(Sweep { path: path.trim().to_owned(), values })
    }
}

/// At commas that stand in no brackets, braces or quotes.
fn split(values: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quote) = (vec![String::new()], 0usize, None);
    for c in values.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// A line for each value.
pub fn shown(record: &Record) -> String {
    let mut text = String::new();
    let path = record.sweep.as_deref().unwrap_or_default();
    let file = record.pipelines.first().map_or("", |pipeline| pipeline.file.as_str());
    let value = |value: &Option<String>| value.clone().unwrap_or_default();
    let width =
        record.pipelines.iter().map(|pipeline| value(&pipeline.value).chars().count()).max().unwrap_or(0);
    let width = width.max(path.len());
    let several = record.pipelines.iter().any(|pipeline| pipeline.figures.sources.len() > 1);
    let _ = writeln!(text, "\n{file}: frames of a source, each with its figures on one core");
    let _ = writeln!(
        text,
        "  {path:width$}{:>10}{:>10}{:>8}   {:<14}{:>11}{:>12}{:>10}   most of it",
        "frames/s", "ms/frame", "±", "ratio", "bytes out", "on all", "cameras"
    );
    for (at, pipeline) in record.pipelines.iter().enumerate() {
        // The first was compared with nothing.
        let comparison = at.checked_sub(1).and_then(|at| record.comparisons.get(at));
        let ratio = comparison.and_then(|comparison| comparison.ratio);
        let ratio = ratio.map_or("1".into(), |ratio| format!("{:.3} {}", ratio.median, spread(ratio.spread)));
        for source in &pipeline.figures.sources {
            let whole = &source.whole;
            let most =
                source.most().map(|(_, stage)| format!("{} {:.0} %", stage.stage, stage.share * 100.0));
            let cameras = whole.cameras.map_or("-".into(), |cameras| format!("{:.0}", cameras.floor()));
            let all = whole.all_cores_fps.map_or("-".into(), |fps| rate(fps.median));
            let name = source.streams.first().map_or("", |stream| stream.name.as_str());
            let _ = writeln!(
                text,
                "  {:width$}{:>10}{:>10}{:>8}   {ratio:<14}{:>11}{all:>12}{cameras:>10}   {}{}",
                value(&pipeline.value),
                rate(whole.one_core_fps.median),
                ms(whole.cpu_us.median),
                spread(whole.cpu_us.spread),
                bytes(whole.bytes_out),
                most.unwrap_or_else(|| "the engine".into()),
                if several { format!(" (source of {name})") } else { String::new() }
            );
        }
    }
    for pipeline in &record.pipelines {
        let name = value(&pipeline.value);
        let _ = pipeline.warnings.iter().try_for_each(|line| writeln!(text, "warning: {name}: {line}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_at_commas_that_belong_to_none() {
        let sweep = Sweep::parse("transforms[0].width=320,640,1280").unwrap();
        assert_eq!((sweep.path.as_str(), sweep.values.len()), ("transforms[0].width", 3));
        let values = |text: &str| Sweep::parse(&format!("a={text}")).unwrap().values;
        assert_eq!(values("[1,2],{x: 3, y: 4}"), ["[1,2]", "{x: 3, y: 4}"]);
        assert_eq!(values("\"a,b\",'c,d',e=f"), ["\"a,b\"", "'c,d'", "e=f"]);
    }

    #[test]
    fn one_value_is_no_sweep() {
        for wrong in ["transforms[0].width", "a=1", "a=1,", "a=,2"] {
            assert!(
                Sweep::parse(wrong).is_err_and(|text| text.contains("--sweep PATH=VALUE,VALUE")),
                "{wrong}"
            );
        }
    }
}
