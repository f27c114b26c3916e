//! The target of a probe: a URL, and the addresses behind it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::Uri;
use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};

/// A URL, and the addresses behind it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The URL without a password, for people.
    shown: String,
    /// `HOST:PORT`, as the server is to hear it.
    pub(crate) authority: String,
    /// The path with its query.
    pub(crate) path: String,
    /// The value of `Authorization`, if the URL names a user.
    pub(crate) authorization: Option<String>,
    /// The addresses to connect to, in this order.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Target {
    /// Takes a URL apart, and looks its host up.
    ///
    /// # Errors
    /// What is wrong with it, and the way out.
    pub fn parse(url: &str) -> Result<Target, String> {
        if !url.contains("://") {
            return Err(format!("`{url}` is no URL: write `http://{url}`"));
        }
        let wrong = |why: &str| format!("`{url}` is no URL: {why}");
        let uri = url.parse::<Uri>().map_err(|error| wrong(&error.to_string()))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(format!(
                    "{}: TLS is not spoken here; probe the server's plain port, on its own machine or through `ssh -L`",
                    without_password(url)
                ));
            }
            other => {
                return Err(wrong(&format!(
                    "it starts with `{}://`, not with `http://`",
                    other.unwrap_or_default()
                )));
            }
        }
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        let user = authority.as_str().rsplit_once('@').map(|(user, _)| user);
        let host = authority.host();
        let port = authority.port_u16().unwrap_or(80);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let addresses: Vec<_> = (bare, port)
            .to_socket_addrs()
            .map_err(|error| format!("{}: the host `{bare}` is not found: {error}", without_password(url)))?
            .collect();
        if addresses.is_empty() {
            return Err(format!("{}: the host `{bare}` has no address", without_password(url)));
        }
        let authorization = user.map(|user| {
            let plain = percent_encoding::percent_decode_str(user).collect::<Vec<u8>>();
            let plain = if user.contains(':') { plain } else { [&plain[..], b":"].concat() };
            format!("Basic {}", BASE64_STANDARD.encode(plain))
        });
        let authority = if port == 80 { host.to_owned() } else { format!("{host}:{port}") };
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Target { shown: without_password(url), authority, path, authorization, addresses })
    }

    /// Returns whether it is this machine.
    pub(crate) fn is_here(&self) -> bool {
        self.addresses.iter().all(|address| address.ip().is_loopback())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// `http://user:***@host/path`
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((user, _)) => {
            let name = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{name}:***@{}", &rest[user.len() + 1..])
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_becomes_what_is_asked_for() {
        let target = Target::parse("http://127.0.0.1:8080/?action=stream").unwrap();
        assert_eq!((target.authority.as_str(), target.path.as_str()), ("127.0.0.1:8080", "/?action=stream"));
        assert_eq!(target.addresses, ["127.0.0.1:8080".parse().unwrap()]);
        assert_eq!(target.authorization, None);
        let six = Target::parse("http://[::1]").unwrap();
        assert_eq!((six.authority.as_str(), six.path.as_str()), ("[::1]", "/"));
        assert_eq!(six.addresses, ["[::1]:80".parse().unwrap()]);
    }

    #[test]
    fn a_password_is_sent_and_not_shown() {
        let target = Target::parse("http://me:a%3Ab@127.0.0.1/stream").unwrap();
        assert_eq!(target.authorization.as_deref(), Some("Basic bWU6YTpi"));
        assert_eq!(target.to_string(), "http://me:***@127.0.0.1/stream");
        assert_eq!(target.authority, "127.0.0.1");
    }

    #[test]
    fn what_is_no_url_is_told_with_the_way_out() {
        for (url, words) in [
            ("127.0.0.1:8080/stream", "write `http://127.0.0.1:8080/stream`"),
            ("https://127.0.0.1/", "TLS"),
            ("rtsp://127.0.0.1/", "not with `http://`"),
            ("http://", "is no URL"),
            ("http://no such host/", "is no URL"),
        ] {
            let error = Target::parse(url).unwrap_err();
            assert!(error.contains(words), "{url}: {error}");
        }
    }
}
