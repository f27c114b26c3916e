//! The data that connections and the sink's thread share.

use crate::access::Access;
use crate::clients::Clients;
use crate::limits::{Current, Limits};
use crate::passwords::Passwords;
use crate::reading::Readings;
use crate::streams::Streams;
use crate::tally::Tally;
use mutoscope_plugin::Services;
use std::sync::Arc;
use tokio::sync::Notify;

/// The data that connections and the sink's thread share.
pub(crate) struct Site {
    /// The streams that are served.
    pub(crate) streams: Streams,
    /// The counts of bytes and frames that were sent.
    pub(crate) tally: Arc<Tally>,
    /// The connected clients.
    pub(crate) clients: Arc<Clients>,
    /// The host, for the time.
    pub(crate) services: Services,
    /// The engine's state, and answers that were made of it.
    pub(crate) readings: Readings,
    /// The limits of connections.
    pub(crate) limits: Current<Limits>,
    /// The host names, origins and users from which requests are allowed.
    pub(crate) access: Current<Arc<Access>>,
    /// Passwords that are being verified.
    pub(crate) passwords: Passwords,
    /// A frame has come. The runtime is woken from outside once for it, however many viewers there are; their tasks
    /// are woken inside, where that is cheap.
    pub(crate) frame: Notify,
}

impl Site {
    pub(crate) fn new(limits: Limits, access: Access, services: Services) -> Site {
        let limits = Current::new(limits);
        Site {
            streams: Streams::new(services.clone(), limits.clone()),
            tally: Arc::default(),
            clients: Arc::default(),
            readings: Readings::new(services.clone()),
            services,
            limits,
            passwords: Passwords::default(),
            access: Current::new(Arc::new(access)),
            frame: Notify::new(),
        }
    }
}
