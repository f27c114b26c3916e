//! Which sources are in each other's way, because they hold the same device.

use mutoscope_plugin::Offers;

/// Whether two sources can hardly be open at once. Of those that do not say what they hold, no two that are `same`: of one
/// plugin.
pub(crate) fn conflict(same: bool, one: &Offers, other: &Offers) -> bool {
    match (&one.holds, &other.holds) {
        (Some(_), Some(_)) => shared(one, other).next().is_some(),
        _ => same,
    }
}

/// The devices that both say they hold.
pub(crate) fn shared<'a>(one: &'a Offers, other: &'a Offers) -> impl Iterator<Item = &'a String> {
    let theirs = other.holds.as_deref().unwrap_or_default();
    one.holds.iter().flatten().filter(|device| theirs.contains(device))
}
