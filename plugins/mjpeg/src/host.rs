//! The names that this server answers to.
//!
//! A page elsewhere can let its own name lead to this server (DNS rebinding). For the browser the two are then one origin, and
//! the page reads the camera. It cannot do that with an address, nor with a name that only the user's own machine or network
//! gives out.

use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, Uri};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest name that DNS has.
const MAX_NAME: usize = 253;

/// The host in an authority (`HOST[:PORT]`).
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Host {
    /// An IPv4 or IPv6 address.
    Address,
    /// A name in lower case, without the dot that may end it.
    Name(String),
}

impl Host {
    /// The host of `HOST` or `HOST:PORT`; `None` if it is neither. User information is not allowed there.
    pub(crate) fn parse(authority: &str) -> Option<Host> {
        if let Some(rest) = authority.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            // A link-local address may name its interface.
            let address = address.split_once('%').map_or(address, |(address, _)| address);
            return (address.parse::<Ipv6Addr>().is_ok() && is_port(port)).then_some(Host::Address);
        }
        if authority.parse::<Ipv6Addr>().is_ok() {
            return Some(Host::Address);
        }
        let (name, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if !is_port(port) || name.len() > MAX_NAME || !name.split('.').all(is_label) {
            return None;
        }
        if name.parse::<Ipv4Addr>().is_ok() {
            return Some(Host::Address);
        }
        Some(Host::Name(name.to_ascii_lowercase()))
    }
}

/// Returns whether this is nothing, or a colon with a port behind it, which may be empty.
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|port| {
            port.is_empty() || port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
        })
}

/// The reason for which a request is not for this server.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum NotOurs {
    /// It calls the server by a name that is not known to be its own.
    Unknown(String),
    /// It does not say in HTTP's way which host it means.
    Malformed(&'static str),
}

/// Checks that a request calls this server by a name of its own, or by none, as HTTP/1.0 may. `allowed`: names in lower case.
///
/// # Errors
/// Why the request is refused.
pub(crate) fn check(target: &Uri, headers: &HeaderMap, allowed: &[String]) -> Result<(), NotOurs> {
    let mut hosts = headers.get_all(header::HOST).iter().map(HeaderValue::to_str);
    let (first, another) = (hosts.next(), hosts.next());
    if another.is_some() {
        return Err(NotOurs::Malformed("a request has one Host header at most"));
    }
    // The absolute form of a target is what counts for HTTP, but a proxy may have written it: both must be ours.
    let target = target.authority().map(|authority| Ok(authority.as_str()));
    for authority in [target, first].into_iter().flatten() {
        let host = match authority {
            Ok("") => continue,
            Ok(authority) => Host::parse(authority),
            Err(_) => None,
        };
        match host {
            None => {
                return Err(NotOurs::Malformed("a host is a name or an address, and a port may follow it"));
            }
            Some(Host::Name(name)) if !is_ours(&name, allowed) => return Err(NotOurs::Unknown(name)),
            Some(_) => {}
        }
    }
    Ok(())
}

fn is_ours(name: &str, allowed: &[String]) -> bool {
    // No public name is without a dot, or below `local`, which is asked of the network around.
    let private = !name.contains('.') || name.ends_with(".local");
    private || allowed.iter().any(|allowed| allowed == name) || own_name().is_some_and(|own| own == name)
}

/// This machine's own name.
fn own_name() -> Option<String> {
    match Host::parse(rustix::system::uname().nodename().to_str().ok()?) {
        Some(Host::Name(name)) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(target: &str, hosts: &[&str], allowed: &[&str]) -> Result<(), NotOurs> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        let allowed: Vec<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        check(&target.parse().unwrap(), &headers, &allowed)
    }

    #[test]
    fn addresses_and_names_that_nobody_else_can_have_are_ours() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "192.168.1.2:80",
            "93.184.216.34",
            "[::1]",
            "[::1]:8080",
            "[FE80::1%25eth0]:8080",
            "[::ffff:127.0.0.1]:1",
            "::1",
            "localhost",
            "LocalHost:8080",
            "localhost.",
            "localhost.:8080",
            "camera",
            "my_camera:1",
            "porch.local",
            "a.Porch.LOCAL.:80",
            "localhost:",
            "",
        ] {
            assert_eq!(asked("/stream", &[host], &[]), Ok(()), "{host}");
        }
        assert_eq!(asked("/stream", &[], &[]), Ok(()));
        assert_eq!(asked("http://127.0.0.1:8080/stream", &["127.0.0.1"], &[]), Ok(()));
    }

    #[test]
    fn other_names_are_strangers_unless_they_are_allowed() {
        for (host, name) in [
            ("evil.example", "evil.example"),
            ("Evil.Example.:8080", "evil.example"),
            ("127.0.0.1.evil.example", "127.0.0.1.evil.example"),
            ("localhost.evil.example", "localhost.evil.example"),
            ("notlocal.xlocal", "notlocal.xlocal"),
            ("127.1", "127.1"),
            ("xn--kse-qla.example", "xn--kse-qla.example"),
        ] {
            let unknown = || Err(NotOurs::Unknown(name.into()));
            assert_eq!(asked("/stream", &[host], &[]), unknown());
            assert_eq!(asked("/stream", &[host], &["example", "other.example"]), unknown());
            assert_eq!(asked("/stream", &[host], &["other.example", name]), Ok(()));
            // A target in the absolute form counts as well, whatever stands in the header.
            assert_eq!(asked(&format!("http://{host}/stream"), &["127.0.0.1"], &[]), unknown());
            assert_eq!(asked("http://127.0.0.1/stream", &[host], &[]), unknown());
        }
        assert_eq!(
            asked("/", &["a.evil.example"], &["evil.example"]),
            Err(NotOurs::Unknown("a.evil.example".into()))
        );
    }

    #[test]
    fn the_machines_own_name_is_ours() {
        if let Some(name) = own_name() {
            assert_eq!(asked("/", &[&format!("{}.:80", name.to_uppercase())], &[]), Ok(()));
        }
    }

    #[test]
    fn what_is_no_host_is_told_so() {
        let long = "a.".repeat(127) + "example";
        for host in [
            "127.0.0.1@evil.example",
            "user:pass@127.0.0.1",
            "127.0.0.1:80:80",
            "127.0.0.1:port",
            "localhost:99999",
            "127.0.0.1, evil.example",
            "http://127.0.0.1/",
            "[::1",
            "[::1]x",
            "[v1.x]",
            "localhost..",
            ".local",
            "a..local",
            "k\u{e4}se.local",
            "evil.example/.local",
            ":80",
            ".",
            &long,
        ] {
            assert!(matches!(asked("/", &[host], &[]), Err(NotOurs::Malformed(_))), "{host}");
        }
        for hosts in
            [["127.0.0.1", "127.0.0.1"], ["127.0.0.1", "evil.example"], ["evil.example", "localhost"]]
        {
            assert!(matches!(asked("/", &hosts, &[]), Err(NotOurs::Malformed(_))), "{hosts:?}");
        }
        let userinfo = asked("http://localhost@127.0.0.1/", &["127.0.0.1"], &[]);
        assert!(matches!(userinfo, Err(NotOurs::Malformed(_))));
    }
}
