//! The options, documented once, and the address that `listen` means.

use crate::limits::Limits;
use mutoscope_plugin::{Error, Result, options};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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

    /// Lets an address other than this machine's own (loopback) be used: whoever can reach it can watch, since there is
    /// no authentication.
    pub public: bool,

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
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: "127.0.0.1:8080".into(),
            public: false,
            send_timeout_ms: 10_000,
            snapshot_timeout_ms: 4_000,
            max_age_ms: 10_000,
            request_timeout_ms: 10_000,
            max_connections: 1_000,
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
        if !self.public && !address.ip().to_canonical().is_loopback() {
            return Err(Error::option(
                "listen",
                format!(
                    "{address} can be reached from other machines, and there is no authentication yet: whoever reaches it can \
                     watch. Say `public: true` beside it if that is wanted, or listen on 127.0.0.1:{} and come through \
                     `ssh -L` or a proxy with a password",
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

    /// What the user may have meant, in the right form.
    fn right_form(&self) -> String {
        let text = self.listen.trim();
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

    pub(crate) fn limits(&self) -> Limits {
        let ms = |ms: u32| Duration::from_millis(ms.into());
        Limits {
            send_timeout: ms(self.send_timeout_ms),
            snapshot_timeout: ms(self.snapshot_timeout_ms),
            max_age: ms(self.max_age_ms),
            request_timeout: ms(self.request_timeout_ms),
            max_connections: self.max_connections as usize,
        }
    }
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
