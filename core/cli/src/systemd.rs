//! Messages to systemd about a service of `Type=notify` or `Type=notify-reload`; none where it did not start the program.

use sd_notify::NotifyState;

/// The pipeline runs, with what its file said when it was last read and found good.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The pipeline file is read again; [`ready`] follows, whatever comes of it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!("the time for systemd: {error}"),
    }
}

/// The pipeline comes to its end.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("systemd cannot be told: {error}");
    }
}
