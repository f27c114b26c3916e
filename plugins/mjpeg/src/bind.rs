//! Takes the port, or says why it cannot be had and what to do.

use crate::holder;
use mutoscope_plugin::{Error, Result};
use socket2::{Domain, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

/// Connections that may wait to be taken: as many as come at once when a wall of monitors is switched on. The system may bound
/// it (`net.core.somaxconn`).
const BACKLOG: i32 = 4096;

/// Listens on `address`, ready for a runtime.
///
/// # Errors
/// The port is in use, needs a privilege, or the address is not this machine's.
pub(crate) fn bind(address: SocketAddr) -> Result<TcpListener> {
    let listener = listen(address).map_err(|error| {
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

/// As the standard library does it, but for the backlog.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // A server that starts again right after another one has the port, whose connections still end.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;
    use std::time::Duration;

    #[test]
    fn a_thousand_connections_may_wait_to_be_taken() {
        const BURST: u64 = 1000;
        let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let room = mutoscope_descriptors::open_now() + BURST + 100;
        if most.trim().parse::<u64>().unwrap() < BURST || mutoscope_descriptors::allow(room) < room {
            return eprintln!("this system does not let so many wait");
        }
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        // Nobody takes them. Those for which there is no room hear nothing.
        let connect = |_| TcpStream::connect_timeout(&address, Duration::from_secs(20));
        let waiting: Vec<_> = (0..BURST).map(connect).collect::<Result<_, _>>().unwrap();
        assert_eq!(waiting.len() as u64, BURST);
    }
}
