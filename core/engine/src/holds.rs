//! Which sources are in each other's way, because they hold the same device.

use mutoscope_plugin::Offers;
use mutoscope_plugin::host::SourceKind;

/// Whether two sources can hardly be open at once. Of those that do not say what they hold, no two of one plugin.
pub(crate) fn conflict(one: (&SourceKind, &Offers), other: (&SourceKind, &Offers)) -> bool {
    match (&one.1.holds, &other.1.holds) {
        (Some(_), Some(_)) => shared(one.1, other.1).next().is_some(),
        _ => one.0 == other.0,
    }
}

/// The devices that both say they hold.
pub(crate) fn shared<'a>(one: &'a Offers, other: &'a Offers) -> impl Iterator<Item = &'a String> {
    let theirs = other.holds.as_deref().unwrap_or_default();
    one.holds.iter().flatten().filter(|device| theirs.contains(device))
}
