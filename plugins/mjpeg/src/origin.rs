//! The pages of other sites that may embed pictures.
//!
//! A browser that loads a picture for a page of another site says so (`Sec-Fetch-Site`), at least to a server on its own
//! machine, and shows the picture only if the answer's `Cross-Origin-Resource-Policy` lets it.

use crate::host::Host;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Stands for every origin.
const ANY: &str = "*";

/// The pages that may embed pictures.
#[derive(Debug)]
pub(crate) struct Origins {
    /// Those that are named, as browsers write them.
    listed: Vec<String>,
    /// All may.
    any: bool,
    /// `frame-ancestors`, where not all may.
    ancestors: Option<HeaderValue>,
}

impl Origins {
    /// `listed`: what [`normal`] gave. Where nothing is listed, a server that only its own machine can reach lets no other
    /// site embed it, and one that others reach lets all, as dashboards want it.
    pub(crate) fn new(listed: Vec<String>, is_loopback: bool) -> Origins {
        let any = if listed.is_empty() { !is_loopback } else { listed.iter().any(|origin| origin == ANY) };
        let ancestors = format!("frame-ancestors 'self' {}", listed.join(" "));
        let ancestors = HeaderValue::from_str(ancestors.trim_end()).ok().filter(|_| !any);
        Origins { listed, any, ancestors }
    }

    /// Returns whether a request comes from a page that may not embed pictures.
    pub(crate) fn refuse(&self, headers: &HeaderMap) -> bool {
        let is_cross =
            |value: &HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"cross-site");
        !self.any && headers.get_all(SEC_FETCH_SITE).iter().any(is_cross) && !self.is_listed(headers)
    }

    /// The headers that tell the browser of the request with `asked` what the page may do with the answer.
    pub(crate) fn mark(&self, asked: &HeaderMap, answer: &mut HeaderMap) {
        let policy = if self.any || self.is_listed(asked) { "cross-origin" } else { "same-site" };
        answer.insert(RESOURCE_POLICY, HeaderValue::from_static(policy));
        if let Some(ancestors) = &self.ancestors {
            // A second policy, where there is one already: both hold.
            answer.append(header::CONTENT_SECURITY_POLICY, ancestors.clone());
        }
        // Only who is named may also read what it embeds.
        if self.listed.iter().any(|origin| origin == ANY) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static(ANY));
        } else if let Some(origin) = asked.get(header::ORIGIN)
            && origin.to_str().is_ok_and(|origin| self.listed.iter().any(|listed| listed == origin))
        {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            answer.insert(header::VARY, HeaderValue::from_static("Origin"));
        }
    }

    /// Returns whether the page that asks is named. An `<img>` sends no `Origin`; its `Referer` has the page's origin.
    fn is_listed(&self, headers: &HeaderMap) -> bool {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let origin = text(header::ORIGIN).or_else(|| text(header::REFERER)).and_then(origin_of);
        origin.is_some_and(|origin| self.listed.contains(&origin))
    }
}

/// The origin of an address, as browsers write it.
fn origin_of(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    normal(&format!("{scheme}://{authority}"))
}

/// An origin as browsers write it: in lower case, without a port that is its scheme's own. `*` is all of them. `None` if it
/// is no origin.
pub(crate) fn normal(origin: &str) -> Option<String> {
    if origin == ANY {
        return Some(origin.into());
    }
    let (scheme, authority) = origin.split_once("://")?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(fits) {
        return None;
    }
    Host::parse(authority)?;
    let (scheme, authority) = (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase());
    let port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => ":",
    };
    let authority =
        authority.strip_suffix(port).or_else(|| authority.strip_suffix(':')).unwrap_or(&authority);
    Some(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        headers.iter().map(pair).collect()
    }

    fn origins(listed: &[&str], is_loopback: bool) -> Origins {
        Origins::new(listed.iter().map(|origin| normal(origin).unwrap()).collect(), is_loopback)
    }

    fn marks(origins: &Origins, asked: &HeaderMap) -> (String, Option<String>, Option<String>) {
        let mut answer = HeaderMap::new();
        origins.mark(asked, &mut answer);
        let text = |name: &str| answer.get(name).map(|value| value.to_str().unwrap().to_owned());
        let policy = text("cross-origin-resource-policy").unwrap();
        (policy, text("access-control-allow-origin"), text("content-security-policy"))
    }

    #[test]
    fn on_loopback_no_other_site_may_embed() {
        let origins = origins(&[], true);
        assert!(origins.refuse(&asked(&[("sec-fetch-site", "cross-site")])));
        assert!(origins.refuse(&asked(&[("sec-fetch-site", "none"), ("sec-fetch-site", "Cross-Site ")])));
        for site in ["same-origin", "same-site", "none", "x"] {
            assert!(!origins.refuse(&asked(&[("sec-fetch-site", site)])), "{site}");
        }
        assert!(!origins.refuse(&asked(&[])));
        let own = Some("frame-ancestors 'self'".to_owned());
        assert_eq!(
            marks(&origins, &asked(&[("origin", "http://a.example")])),
            ("same-site".into(), None, own)
        );
    }

    #[test]
    fn elsewhere_all_may_unless_some_are_named() {
        let cross = asked(&[("sec-fetch-site", "cross-site"), ("origin", "http://a.example")]);
        let all = origins(&[], false);
        assert!(!all.refuse(&cross));
        assert_eq!(marks(&all, &cross), ("cross-origin".into(), None, None));
        for is_loopback in [true, false] {
            let named = origins(&["http://dash.example:3000", "http://b.example"], is_loopback);
            assert!(named.refuse(&cross));
            assert_eq!(marks(&named, &cross).0, "same-site");
            let page = Some("frame-ancestors 'self' http://dash.example:3000 http://b.example".to_owned());
            for (name, value) in [
                ("referer", "http://dash.example:3000/wall?x=1"),
                ("referer", "http://B.example:80/"),
                ("origin", "http://dash.example:3000"),
            ] {
                let listed = asked(&[("sec-fetch-site", "cross-site"), (name, value)]);
                assert!(!named.refuse(&listed), "{value}");
                let readable = (name == "origin").then(|| value.to_owned());
                assert_eq!(marks(&named, &listed), ("cross-origin".into(), readable, page.clone()));
            }
            for (name, value) in [
                ("referer", "http://dash.example:3001/"),
                ("referer", "http://dash.example:3000@evil.example/"),
                ("referer", "http://dash.example:3000.evil.example/"),
                ("origin", "null"),
                ("origin", "https://dash.example:3000"),
            ] {
                assert!(named.refuse(&asked(&[("sec-fetch-site", "cross-site"), (name, value)])), "{value}");
            }
        }
        let star = origins(&["*"], true);
        assert!(!star.refuse(&cross));
        assert_eq!(marks(&star, &cross), ("cross-origin".into(), Some("*".into()), None));
    }

    #[test]
    fn origins_are_compared_as_browsers_write_them() {
        for (written, read) in [
            ("http://A.Example", "http://a.example"),
            ("HTTPS://a.example:443", "https://a.example"),
            ("http://a.example:80", "http://a.example"),
            ("http://a.example:443", "http://a.example:443"),
            ("http://[::1]:80", "http://[::1]"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("*", "*"),
        ] {
            assert_eq!(normal(written).as_deref(), Some(read));
        }
        for wrong in [
            "",
            "null",
            "a.example",
            "http://",
            "http://a.example/",
            "://a",
            "http://u@a.example",
            "**",
            "1:/x",
        ] {
            assert_eq!(normal(wrong), None, "{wrong}");
        }
    }
}
