//! The URL that partners know this node by. A partner signs the address it called (RFC 9421
//! `@target-uri`); behind a reverse proxy the node cannot see that address, so it is configured.

use std::fmt;

use corridor_base::{ErrorCode, Problem, Result};
use url::{Host, Url};

/// Scheme, host, optional port and optional path prefix, without a trailing slash:
/// `https://node.example.jp`, `https://www.example.kr/corridor`, `http://localhost:7081`.
///
/// A reverse proxy that serves the node under a prefix takes the prefix off; without one the node
/// nests its router under [`PublicUrl::prefix`]. Either way [`PublicUrl::target_uri`] takes the path
/// without the prefix, and the `Host` header is never believed.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    url: Url,
    text: String,
}

impl PublicUrl {
    /// Reads the configured value.
    ///
    /// # Errors
    /// `malformed` when it is no absolute http or https URL, carries a user, a query or a fragment,
    /// or is plain http to anything but this machine (`localhost`, 127.0.0.0/8, `[::1]`).
    pub fn parse(text: &str) -> Result<Self> {
        let refuse =
            |why: &str| Problem::new(ErrorCode::Malformed).with("what", "public URL").with("why", why);
        let mut url = Url::parse(text.trim()).map_err(|e| refuse(&e.to_string()))?;
        match (url.scheme(), url.host()) {
            ("https", Some(_)) => {}
            ("http", Some(host)) if loopback_host(&host) => {}
            ("http", Some(_)) => return Err(refuse("plain http is only for localhost: use https")),
            _ => return Err(refuse("https://NAME expected")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it holds a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it holds a query or a fragment"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        if path.contains("//") || path.contains('%') {
            return Err(refuse("the path prefix holds an empty segment or a percent sign"));
        }
        url.set_path(&path);
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, text })
    }

    /// The URL without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path prefix: empty, or `/a/b` without a trailing slash.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// What a partner signs as `@target-uri` (RFC 9421, 2.2.2) when it calls this path and query of
    /// the node; `path_and_query` begins with `/`, without the prefix, spelled as it came.
    #[must_use]
    pub fn target_uri(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.text)
    }

    /// The `@target-uri` of a request as the router of the node sees it.
    #[must_use]
    pub fn target_of(&self, uri: &http::Uri) -> String {
        self.target_uri(uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str))
    }

    /// The absolute URL of a path (and query) below this one.
    ///
    /// # Errors
    /// `malformed` when the path does not begin with `/`, or climbs out by `..`.
    pub fn join(&self, path: &str) -> Result<Url> {
        let refuse = || Problem::new(ErrorCode::Malformed).with("what", "path").with("why", path);
        let url = Url::parse(&self.target_uri(path)).map_err(|_| refuse())?;
        let inside = url.path().strip_prefix(self.prefix()).is_some_and(|rest| rest.starts_with('/'));
        let same = url.origin() == self.url.origin() && url.username().is_empty() && url.password().is_none();
        if path.starts_with('/') && inside && same { Ok(url) } else { Err(refuse()) }
    }
}

/// Whether this host is this machine by its very name.
pub(crate) fn loopback_host(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for PublicUrl {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<(&str, &str)>) {
        let found = PublicUrl::parse(text).ok();
        assert_eq!(found.as_ref().map(|u| (u.as_str(), u.prefix())), expect, "{text}");
    }

    #[test]
    fn the_public_url_is_https_or_this_machine() {
        check("https://node.example.jp", Some(("https://node.example.jp", "")));
        check("https://Node.Example.JP:443/", Some(("https://node.example.jp", "")));
        check(
            "https://www.example.kr:8443/corridor/",
            Some(("https://www.example.kr:8443/corridor", "/corridor")),
        );
        check("http://localhost:7081", Some(("http://localhost:7081", "")));
        check("http://127.0.0.1:7081/", Some(("http://127.0.0.1:7081", "")));
        check("http://[::1]:7081", Some(("http://[::1]:7081", "")));
        check("http://node.example.jp", None);
        check("http://10.0.0.1", None);
        check("http://localhost.example.jp", None);
        check("ftp://node.example.jp", None);
        check("https://", None);
        check("node.example.jp", None);
        check("https://user@node.example.jp", None);
        check("https://node.example.jp/?q", None);
        check("https://node.example.jp/#f", None);
        check("https://node.example.jp/a//b", None);
        check("", None);
    }

    #[test]
    fn a_target_is_what_the_partner_called() {
        let direct = PublicUrl::parse("http://localhost:7081").unwrap();
        let uri: http::Uri = "/exchange/v1/deliveries?x=%2e".parse().unwrap();
        assert_eq!(direct.target_of(&uri), "http://localhost:7081/exchange/v1/deliveries?x=%2e");
        // The authority of an absolute-form request target is the caller's word: not believed.
        let absolute: http::Uri = "http://evil.example/exchange".parse().unwrap();
        assert_eq!(direct.target_of(&absolute), "http://localhost:7081/exchange");
        let proxied = PublicUrl::parse("https://www.example.kr/corridor").unwrap();
        assert_eq!(proxied.target_uri("/exchange"), "https://www.example.kr/corridor/exchange");
    }

    #[test]
    fn what_the_caller_joins_is_what_the_callee_derives() {
        for base in ["http://localhost:7081", "https://www.example.kr/corridor"] {
            let base = PublicUrl::parse(base).unwrap();
            let url = base.join("/exchange/v1/deliveries/018f?from=0").unwrap();
            assert_eq!(url.as_str(), base.target_uri("/exchange/v1/deliveries/018f?from=0"));
            for path in ["", "exchange", "/../../x", "@evil.example/", "//..//../x/../../.."] {
                let joined = base.join(path);
                assert!(
                    joined.as_ref().map_or(true, |u| u.as_str().starts_with(base.as_str())),
                    "{path} {joined:?}"
                );
            }
            assert!(base.join("@evil.example/").is_err() && base.join(".evil.example/").is_err());
        }
    }
}
