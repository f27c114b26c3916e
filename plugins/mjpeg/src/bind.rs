//! Takes the port, or says why it cannot be had and what to do.

use crate::holder;
use mutoscope_plugin::{Error, Result};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

/// Listens on `address`, ready for a runtime.
///
/// # Errors
/// The port is in use, needs a privilege, or the address is not this machine's.
pub(crate) fn bind(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::AddrInUse => format!(
                "{} holds that port; end it, or let the system choose a free one with `listen: {}`",
                holder::of(address.port()).unwrap_or_else(|| "another program".into()),
                SocketAddr::new(address.ip(), 0)
            ),
            ErrorKind::PermissionDenied => {
                "ports below 1024 need a privilege that this program has not; 8080 needs none".into()
            }
            ErrorKind::AddrNotAvailable => "no interface of this machine has that address".into(),
            _ => error.to_string(),
        };
        let text = format!("cannot listen on {address}: {why}");
        // A port in use is the moment's fault and not the file's: tried again later, it may be free.
        if error.kind() == ErrorKind::AddrInUse { Error::new(text) } else { Error::option("listen", text) }
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
