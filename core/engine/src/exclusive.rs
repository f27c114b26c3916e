//! Devices that only one source can have open at a time.

use mutoscope_plugin::SourceCaps;

/// Returns whether two sources can hardly be open at once. Of those that do not say what they hold, no two that are `same`: of one
/// plugin.
pub(crate) fn conflict(same: bool, one: &SourceCaps, other: &SourceCaps) -> bool {
    match (&one.exclusive_devices, &other.exclusive_devices) {
        (Some(_), Some(_)) => shared(one, other).next().is_some(),
        _ => same,
    }
}

/// The devices that both say they hold.
pub(crate) fn shared<'a>(one: &'a SourceCaps, other: &'a SourceCaps) -> impl Iterator<Item = &'a String> {
    let theirs = other.exclusive_devices.as_deref().unwrap_or_default();
    one.exclusive_devices.iter().flatten().filter(|device| theirs.contains(device))
}
