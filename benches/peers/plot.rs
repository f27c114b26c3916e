//! Bars, as an SVG that is readable on light and on dark.

use std::fmt::Write;

/// A bar.
pub struct Bar {
    /// The text above the bar.
    pub label: String,
    /// The length of the bar.
    pub value: f64,
    /// From where to where the rounds went.
    pub spread: (f64, f64),
    /// The text behind the bar.
    pub note: String,
    /// True if it is the project's own.
    pub own: bool,
}

const WIDTH: f64 = 760.0;
/// The greatest length of a bar; the text behind it needs the rest.
const REACH: f64 = 560.0;
const ROW: f64 = 46.0;
const TOP: f64 = 34.0;

/// Grey and blue that stand out from white and from black, and text in the colour of the page's own mode.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:14px}\
    .note{fill:#57606a}.bar{fill:#8b949e}.own{fill:#2f81f7}.spread{stroke:#24292f;stroke-width:1.5}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}.note{fill:#9da7b3}.spread{stroke:#e6edf3}}";

/// The whole picture.
pub fn bars(title: &str, bars: &[Bar]) -> String {
    let longest = bars.iter().map(|bar| bar.value.max(bar.spread.1)).fold(0.0, f64::max);
    let scale = REACH / longest;
    let height = TOP + ROW * bars.len() as f64 + 6.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{0}\">\n<style>{STYLE}</style>\n<text class=\"title\" x=\"0\" y=\"18\">{0}</text>\n",
        escaped(title)
    );
    for (row, bar) in bars.iter().enumerate() {
        let y = TOP + ROW * row as f64;
        let (length, middle) = (bar.value * scale, y + 27.0);
        let class = if bar.own { "own" } else { "bar" };
        let end = length.max(bar.spread.1 * scale) + 10.0;
        let _ = write!(
            svg,
            "<text x=\"0\" y=\"{:.1}\">{}</text>\n<rect class=\"{class}\" x=\"0\" y=\"{:.1}\" width=\"{length:.1}\" \
             height=\"16\" rx=\"2\"/>\n<line class=\"spread\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle:.1}\" \
             y2=\"{middle:.1}\"/>\n<text class=\"note\" x=\"{end:.1}\" y=\"{:.1}\">{}</text>\n",
            y + 13.0,
            escaped(&bar.label),
            y + 19.0,
            bar.spread.0 * scale,
            bar.spread.1 * scale,
            y + 32.0,
            escaped(&bar.note)
        );
    }
    svg + "</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
