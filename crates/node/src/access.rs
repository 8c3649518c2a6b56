//! Who may speak to the network: the `Host` and `Origin` of a request.
//!
//! A network on one's own machine is in reach of every page that the browser shows. Two checks keep pages out:
//!
//! - `Host` must be an IP address, `localhost`, a name below it, or a name that was allowed. A page that lets its own name point
//!   to 127.0.0.1 (DNS rebinding) sends that name.
//! - `Origin`, which browsers send and pages cannot forge, must be of this machine, a browser's extension (wallets are
//!   extensions), or allowed by name. Programs that are no browsers send none. `null` is a page that hides where it comes from.

use std::net::IpAddr;

use hyper::http::{HeaderMap, HeaderValue, Uri, header, uri::Authority};

/// Names and origins that are allowed besides those of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Host names.
    pub hosts: Vec<String>,
    /// Origins such as `https://example.org`; `*` for any.
    pub origins: Vec<String>,
}

/// Why a request is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// No `Host`, or one that is none.
    #[error("the request has no valid Host header")]
    NoHost,
    /// A foreign name.
    #[error(
        "the host name \"{0}\" is not one of this network: use an IP address or localhost, or allow the name with --allow-host"
    )]
    Host(String),
    /// A foreign origin.
    #[error("pages of {0} may not use this network: allow them with --allow-origin {0}")]
    Origin(String),
}

impl Access {
    /// Looks at a request. The origin, where there is one that is allowed, is to be named in the answer.
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).ok_or(Refusal::NoHost)?;
        self.host(&host.parse().map_err(|_| Refusal::NoHost)?)?;
        if let Some(authority) = uri.authority() {
            self.host(authority)?;
        }
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(None) };
        let text = origin.to_str().unwrap_or("an unreadable origin");
        if self.origin(text) { Ok(Some(origin.clone())) } else { Err(Refusal::Origin(text.to_owned())) }
    }

    fn host(&self, authority: &Authority) -> Result<(), Refusal> {
        let host = authority.host();
        let allowed = bare(host).parse::<IpAddr>().is_ok()
            || is_local_name(host)
            || self.hosts.iter().any(|name| name.eq_ignore_ascii_case(host));
        if allowed { Ok(()) } else { Err(Refusal::Host(host.to_owned())) }
    }

    fn origin(&self, origin: &str) -> bool {
        if self.origins.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin)) {
            return true;
        }
        let Ok(uri) = origin.parse::<Uri>() else { return false };
        match (uri.scheme_str(), uri.host()) {
            (Some("http" | "https"), Some(host)) => {
                is_local_name(host) || bare(host).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            (Some("chrome-extension" | "moz-extension" | "safari-web-extension"), Some(_)) => true,
            _ => false,
        }
    }
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_local_name(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, origin: Option<&str>, allowed: bool) {
        let access = Access { hosts: vec!["node.test".into()], origins: vec!["https://dao.test".into()] };
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        assert_eq!(access.check(&Uri::from_static("/"), &headers).is_ok(), allowed, "{host} {origin:?}");
    }

    #[test]
    fn lets_addresses_and_local_names_in() {
        for host in
            ["127.0.0.1:8545", "localhost", "LOCALHOST:1", "a.localhost", "[::1]:8545", "192.168.1.7", "Node.test"]
        {
            check(host, None, true);
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8545", "", "a b"] {
            check(host, None, false);
        }
    }

    #[test]
    fn lets_pages_of_this_machine_and_wallets_in() {
        for origin in [
            "http://localhost:3000",
            "https://127.0.0.1",
            "http://[::1]:80",
            "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn",
            "https://dao.test",
        ] {
            check("localhost", Some(origin), true);
        }
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example",
            "http://192.168.1.7",
            "https://dao.test:444",
            "file://",
            "https://dao.test.evil.example",
        ] {
            check("localhost", Some(origin), false);
        }
    }

    #[test]
    fn refuses_a_request_without_a_host_or_with_a_foreign_target() {
        let access = Access::default();
        assert_eq!(access.check(&Uri::from_static("/"), &HeaderMap::new()), Err(Refusal::NoHost));
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("localhost"));
        let foreign = Uri::from_static("http://evil.example/");
        assert_eq!(access.check(&foreign, &headers), Err(Refusal::Host("evil.example".into())));
    }

    #[test]
    fn an_asterisk_allows_every_origin() {
        let access = Access { origins: vec!["*".into()], ..Access::default() };
        assert!(access.origin("https://anything.example"));
    }
}
