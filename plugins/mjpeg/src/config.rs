//! The options, documented once, and the address that `listen` means.

use crate::access::Access;
use crate::host::Host;
use crate::limits::Limits;
use crate::origin::{self, Origins};
use crate::users::{User, Users};
use mutoscope_plugin::{Error, Result, options};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// Names that no stream may have: they are first parts of the server's own paths, now or in time.
pub(crate) const RESERVED: &[&str] =
    &["stream", "snapshot", "video_feed", "state", "healthz", "metrics", "api", "static"];

/// Serves streams over HTTP, as moving pictures (`multipart/x-mixed-replace`) and as single ones.
#[options]
#[serde(default)]
#[schemars(extend("x-mutoscope-reserved-streams" = RESERVED))]
pub struct Options {
    /// Where to listen: `ADDRESS:PORT`, with an IPv6 address in brackets (`"[::1]:8080"`). Port 0 lets the system choose.
    pub listen: String,

    /// Lets an address other than this machine's own (loopback) be used: whoever can reach it can watch, without
    /// `users`.
    pub public: bool,

    /// Those who may ask, and for what; without any, all who can reach the server may ask for everything.
    pub users: Vec<User>,

    /// `none` lets `users` be used on an address that other machines reach, where passwords, tokens and pictures cross the network
    /// as plain text.
    pub tls: Option<Tls>,

    /// How long a viewer's connection may take nothing of what is sent to it, in milliseconds, before it is closed.
    #[schemars(range(min = 100, max = 3_600_000))]
    pub send_timeout_ms: u32,

    /// How long `/snapshot` waits for a picture, in milliseconds. The first one after a rest takes as long as the camera
    /// needs to start.
    #[schemars(range(min = 1, max = 600_000))]
    pub snapshot_timeout_ms: u32,

    /// How old a picture `/snapshot` may give, in milliseconds, when no new one comes because the camera is in trouble. An
    /// older one is not given: the answer is 503 with the reason.
    #[schemars(range(min = 0, max = 86_400_000))]
    pub max_age_ms: u32,

    /// How long a client may take to send its request, in milliseconds, before its connection is closed. Connections
    /// kept open between requests are closed after the same time.
    #[schemars(range(min = 100, max = 600_000))]
    pub request_timeout_ms: u32,

    /// How many connections may be open at once; one more is answered with 503.
    #[schemars(range(min = 1, max = 100_000))]
    pub max_connections: u32,

    /// How many of them one address may have; by default a quarter of `max_connections`. This machine's own (loopback) addresses may
    /// have all. An IPv6 network of 64 bits counts as one address.
    #[schemars(range(min = 1, max = 100_000))]
    pub max_connections_per_address: Option<u32>,

    /// Further names of this server, as in `camera.example.org`. A request that calls it by another one is refused: that is how a
    /// page elsewhere would reach it through a browser here. Addresses, `localhost`, names without a dot, names that end in
    /// `.local` and the machine's own name need not be given.
    pub allowed_hosts: Vec<String>,

    /// Pages of other sites that may embed pictures, by their origins: `http://dashboard.example:3000`, or `*` for all. Without
    /// any, all may, or none if `listen` is loopback.
    pub allow_origin: Vec<String>,
}

/// How connections are encrypted.
#[options]
#[derive(Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Not at all.
    None,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: "127.0.0.1:8080".into(),
            public: false,
            users: Vec::new(),
            tls: None,
            send_timeout_ms: 10_000,
            snapshot_timeout_ms: 4_000,
            max_age_ms: 10_000,
            request_timeout_ms: 10_000,
            max_connections: 1_000,
            max_connections_per_address: None,
            allowed_hosts: Vec::new(),
            allow_origin: Vec::new(),
        }
    }
}

impl Options {
    /// The address to listen on.
    ///
    /// # Errors
    /// `listen` is not an address, or one that needs `public`.
    pub fn address(&self) -> Result<SocketAddr> {
        let address = self.parse().ok_or_else(|| {
            Error::option(
                "listen",
                format!("`{}` is not an address to listen on; {}", self.listen, self.right_form()),
            )
        })?;
        if self.public && !self.users.is_empty() {
            let why = "`public: true` lets all watch who can reach the server, and there are `users`: leave one of the two out";
            return Err(Error::option("public", why));
        }
        if !self.users.is_empty() && self.tls.is_none() && !address.ip().to_canonical().is_loopback() {
            return Err(Error::option(
                "listen",
                format!(
                    "{address} can be reached from other machines, and the users' passwords would cross the network as plain text. Listen \
                     on 127.0.0.1:{} behind a proxy that speaks TLS, or say `tls: none` beside it if the network is trusted",
                    address.port()
                ),
            ));
        }
        if !self.public && self.users.is_empty() && !address.ip().to_canonical().is_loopback() {
            return Err(Error::option(
                "listen",
                format!(
                    "{address} can be reached from other machines, and there are no users: whoever reaches it can watch. \
                     Name `users`, say `public: true` beside it if that is wanted, or listen on 127.0.0.1:{} and come through \
                     `ssh -L`",
                    address.port()
                ),
            ));
        }
        Ok(address)
    }

    fn parse(&self) -> Option<SocketAddr> {
        let text = self.listen.trim();
        if let Some(port) = text.strip_prefix("localhost:") {
            // Not asked of a resolver: it might be slow, or answer something else.
            return Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port.parse().ok()?));
        }
        text.parse().ok()
    }

    /// The value that the user may have meant, in the right form.
    fn right_form(&self) -> String {
        let text = self.listen.trim();
        if let Some((host, port)) = text.rsplit_once(':')
            && let (Ok(host), Ok(port)) = (host.parse::<Ipv6Addr>(), port.parse::<u16>())
            && port > 999
        {
            return format!("write `\"{}\"`", SocketAddr::new(host.into(), port));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse::<u16>().ok()),
            None => ("", text.parse().ok()),
        };
        let port = port.unwrap_or(8080);
        if let Ok(ip) = text.parse::<IpAddr>() {
            return format!("the port is missing: write `\"{}\"`", SocketAddr::new(ip, 8080));
        }
        match host {
            "" | "*" => {
                format!(
                    "write `127.0.0.1:{port}` for this machine alone, `0.0.0.0:{port}` for every address that it has"
                )
            }
            _ => format!(
                "write ADDRESS:PORT with a number for the address and a port up to 65535, as in `127.0.0.1:{port}` or \
                 `\"[::1]:{port}\"`"
            ),
        }
    }

    /// The host names and origins from which requests are allowed.
    ///
    /// # Errors
    /// `allowed_hosts` has what is no name, `allow_origin` what is no origin, or `max_connections_per_address` is more than
    /// `max_connections`.
    pub(crate) fn access(&self) -> Result<Access> {
        let is_loopback = self.address()?.ip().to_canonical().is_loopback();
        let users = Users::new(&self.users)?;
        // A page elsewhere would show what the browser here has a password for.
        let closed = is_loopback || !users.is_empty();
        let hosts = self.allowed_hosts.iter().enumerate().map(|(index, host)| allowed_host(index, host));
        let origins =
            self.allow_origin.iter().enumerate().map(|(index, origin)| allowed_origin(index, origin));
        if let Some(most) = self.max_connections_per_address.filter(|most| *most > self.max_connections) {
            return Err(Error::option(
                "max_connections_per_address",
                format!(
                    "{most} connections of one address are more than `max_connections` allows of all together, which is {}",
                    self.max_connections
                ),
            ));
        }
        Ok(Access { hosts: Error::all(hosts)?, origins: Origins::new(Error::all(origins)?, closed), users })
    }

    pub(crate) fn limits(&self) -> Limits {
        let ms = |ms: u32| Duration::from_millis(ms.into());
        Limits {
            send_timeout: ms(self.send_timeout_ms),
            snapshot_timeout: ms(self.snapshot_timeout_ms),
            max_age: ms(self.max_age_ms),
            request_timeout: ms(self.request_timeout_ms),
            max_connections: self.max_connections as usize,
            max_per_address: self
                .max_connections_per_address
                .map_or(self.max_connections.div_ceil(4), |most| most) as usize,
            crowd: crate::limits::CROWD,
        }
    }
}

/// A name out of `allowed_hosts`, in lower case.
fn allowed_host(index: usize, text: &str) -> Result<String> {
    let refused = |advice: String| {
        Error::option(
            format!("allowed_hosts[{index}]"),
            format!("`{text}` is not the name of a host; {advice}"),
        )
    };
    match Host::parse(text) {
        Some(Host::Name(name)) if !text.contains(':') => Ok(name),
        Some(Host::Address) => Err(refused("addresses pass without being named here: leave it out".into())),
        _ => {
            // What is left of an address that was copied from a browser.
            let host = text.split_once("://").map_or(text, |(_, rest)| rest);
            let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
            match Host::parse(host) {
                Some(Host::Name(name)) => Err(refused(format!("write `{name}`"))),
                Some(Host::Address) => {
                    Err(refused("addresses pass without being named here: leave it out".into()))
                }
                None if text.is_ascii() => {
                    Err(refused("write each name in full, as in `camera.example.org`".into()))
                }
                None => Err(refused("write it as browsers send it, as in `xn--kse-qla.example`".into())),
            }
        }
    }
}

/// An origin out of `allow_origin`, as browsers write it.
fn allowed_origin(index: usize, text: &str) -> Result<String> {
    origin::normal(text).ok_or_else(|| {
        let advice = match text.split_once("://") {
            Some((scheme, rest)) => {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                origin::normal(&format!("{scheme}://{host}")).map(|origin| format!("write `{origin}`"))
            }
            None => origin::normal(&format!("http://{text}")).map(|origin| {
                if text == "null" {
                    "pages from files and from anywhere else say that they are of origin `null`: write `*` if all may".into()
                } else {
                    format!("write `{origin}`, or with `https`")
                }
            }),
        };
        let advice = advice.unwrap_or_else(|| "write SCHEME://HOST or SCHEME://HOST:PORT, or `*` for all".into());
        Error::option(format!("allow_origin[{index}]"), format!("`{text}` is not an origin; {advice}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(listen: &str, public: bool) -> Result<SocketAddr> {
        Options { listen: listen.into(), public, ..Options::default() }.address()
    }

    #[test]
    fn loopback_addresses_need_nothing() {
        for text in ["127.0.0.1:8080", "127.3.2.1:0", "[::1]:80", "[::ffff:127.0.0.1]:80", "localhost:81"] {
            assert!(listen(text, false).is_ok(), "{text}");
        }
        assert_eq!(listen("localhost:81", false).unwrap().to_string(), "127.0.0.1:81");
    }

    #[test]
    fn other_addresses_need_public() {
        for text in ["0.0.0.0:8080", "192.168.1.2:8080", "[::]:8080"] {
            let refused = listen(text, false).unwrap_err();
            assert_eq!(refused.option_path(), "listen");
            assert!(refused.message().contains("public: true"), "{refused}");
            assert!(listen(text, true).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_quarter_of_the_connections_is_for_one_address() {
        let per_address = |max_connections, max_connections_per_address| {
            Options { max_connections, max_connections_per_address, ..Options::default() }
                .limits()
                .max_per_address
        };
        assert_eq!(Options::default().limits().max_per_address, 250);
        assert_eq!((per_address(1, None), per_address(10, None), per_address(10, Some(7))), (1, 3, 7));
        let more =
            Options { max_connections: 10, max_connections_per_address: Some(11), ..Options::default() };
        assert_eq!(more.access().unwrap_err().option_path(), "max_connections_per_address");
    }

    #[test]
    fn names_and_origins_are_checked_and_the_right_form_is_told() {
        let hosts = |text: &str| Options {
            allowed_hosts: vec!["ok.example".into(), text.into()],
            ..Options::default()
        };
        assert_eq!(hosts("Camera.Example.").access().unwrap().hosts, ["ok.example", "camera.example"]);
        for (text, advice) in [
            ("http://cam.example:8080/x", "write `cam.example`"),
            ("cam.example:8080", "write `cam.example`"),
            ("192.168.1.2", "leave it out"),
            ("http://127.0.0.1:80/", "leave it out"),
            ("*.example", "camera.example.org"),
            ("", "camera.example.org"),
            ("a b", "camera.example.org"),
            ("k\u{e4}se.example", "xn--"),
        ] {
            let refused = hosts(text).access().unwrap_err();
            assert_eq!(refused.option_path(), "allowed_hosts[1]");
            assert!(refused.message().contains(advice), "{text}: {refused}");
        }
        let several = Options { allowed_hosts: vec!["a b".into(), "c d".into()], ..Options::default() };
        let refused = several.access().unwrap_err();
        assert!(refused.message().contains("\nallowed_hosts[1]: `c d` is not"), "{refused}");
        let origins = |text: &str| Options { allow_origin: vec![text.into()], ..Options::default() };
        assert!(origins("*").access().is_ok() && origins("https://a.example:3000").access().is_ok());
        for (text, advice) in [
            ("a.example:3000", "write `http://a.example:3000`"),
            ("https://a.example/wall", "write `https://a.example`"),
            ("null", "write `*`"),
            ("", "SCHEME://HOST"),
            ("http://a b", "SCHEME://HOST"),
        ] {
            let refused = origins(text).access().unwrap_err();
            assert_eq!(refused.option_path(), "allow_origin[0]");
            assert!(refused.message().contains(advice), "{text}: {refused}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_the_right_form() {
        for (text, advice) in [
            ("8080", "127.0.0.1:8080"),
            (":5000", "0.0.0.0:5000"),
            ("*:5000", "127.0.0.1:5000"),
            ("127.0.0.1", "127.0.0.1:8080"),
            ("::1", "[::1]:8080"),
            ("camera.local:9000", "127.0.0.1:9000"),
            ("127.0.0.1:99999", "up to 65535"),
            ("", "127.0.0.1:8080"),
        ] {
            let refused = listen(text, true).unwrap_err();
            assert!(refused.message().contains(advice), "{text}: {refused}");
        }
    }
}
