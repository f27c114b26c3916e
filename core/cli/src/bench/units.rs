//! Figures as people read them.

use mutoscope_bench::Machine;

/// `AMD EPYC 7B13, 2 cores, x86_64, Linux 6.1.0, mutoscope 0.1.0`
pub fn machine(machine: &Machine) -> String {
    let cores = if machine.cores == 1 { "1 core".into() } else { format!("{} cores", machine.cores) };
    let governor =
        machine.governor.as_ref().map(|governor| format!(", governor {governor}")).unwrap_or_default();
    let build = if machine.debug_build { ", debug build" } else { "" };
    format!(
        "{}, {cores}, {}{governor}, Linux {}; mutoscope {}{build}",
        machine.processor, machine.architecture, machine.kernel, machine.version
    )
}

/// Microseconds as milliseconds, with three digits that say something: `3.98`, `0.0123`.
pub fn ms(us: f64) -> String {
    let ms = us / 1e3;
    let places = match ms.abs() {
        ms if ms >= 100.0 => 0,
        ms if ms >= 10.0 => 1,
        ms if ms >= 0.1 => 2,
        ms if ms >= 0.01 => 3,
        _ => 4,
    };
    format!("{ms:.places$}")
}

/// `31.2 kB`
pub fn bytes(bytes: f64) -> String {
    match bytes {
        b if b < 999.5 => format!("{b:.0} B"),
        b if b < 999_500.0 => format!("{:.1} kB", b / 1e3),
        b => format!("{:.1} MB", b / 1e6),
    }
}

/// `±3 %`; a dash where too few rounds show nothing.
pub fn spread(spread: Option<f64>) -> String {
    spread.map_or("-".into(), |spread| format!("±{:.*} %", usize::from(spread < 0.0095), spread * 100.0))
}

/// A count for each frame: whole where it is the same for all of them.
pub fn count(count: f64) -> String {
    if (count - count.round()).abs() < 0.005 { format!("{count:.0}") } else { format!("{count:.2}") }
}

/// Frames per second.
pub fn rate(fps: f64) -> String {
    let places = usize::from(fps < 100.0) + usize::from(fps < 10.0);
    format!("{fps:.places$}")
}

/// A camera's rate: `25`, `29.97`.
pub fn fps(fps: f64) -> String {
    ((fps * 100.0).round() / 100.0).to_string()
}

/// A part of the whole, as a bar of ten.
pub fn bar(part: f64) -> String {
    let eighths = (part.clamp(0.0, 1.0) * 80.0).round() as usize;
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    format!("{}{rest}", "█".repeat(eighths / 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_digits_that_say_something() {
        assert_eq!([ms(123_456.0), ms(3_984.2), ms(12.3), ms(0.46)], ["123", "3.98", "0.012", "0.0005"]);
        assert_eq!([bytes(12.0), bytes(31_234.0), bytes(3_110_400.0)], ["12 B", "31.2 kB", "3.1 MB"]);
        assert_eq!([spread(Some(0.123)), spread(Some(0.004)), spread(None)], ["±12 %", "±0.4 %", "-"]);
        assert_eq!([count(3.0), count(0.25)], ["3", "0.25"]);
        assert_eq!([fps(25.0), fps(29.970_03), fps(0.5)], ["25", "29.97", "0.5"]);
        assert_eq!([rate(251.3), rate(25.13), rate(2.513)], ["251", "25.1", "2.51"]);
    }

    #[test]
    fn a_bar_is_as_long_as_its_part() {
        assert_eq!([bar(0.0), bar(0.5), bar(1.0), bar(7.0)], ["", "█████", "██████████", "██████████"]);
        assert_eq!(bar(0.0125), "▏");
    }
}
