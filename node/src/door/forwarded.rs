//! Who called, where reverse proxies stand before the console. What a request says of it counts only as far as
//! it comes through proxies that the configuration names: anybody can write a header. One header counts, and
//! it is the one that those proxies write, or a stranger could bring the other.

use std::net::IpAddr;

use axum::http::HeaderMap;
use corridor_net::Allow;

/// How many proxies one request is followed through.
const MOST: usize = 32;

/// In which header proxies say for whom they call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// `X-Forwarded-For`: addresses, the latest at the end.
    #[default]
    For,
    /// `Forwarded` (RFC 7239).
    Standard,
}

/// The proxies that are believed; none as a rule.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// Their networks.
    pub networks: Vec<Allow>,
    /// Where they say it.
    pub header: Header,
}

impl Proxies {
    fn believes(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.holds(address.to_canonical()))
    }

    /// Who called: the peer, or whom the proxies say, from the nearest on as far as they are believed.
    #[must_use]
    pub fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let name = match self.header {
            Header::For => "x-forwarded-for",
            Header::Standard => "forwarded",
        };
        let values: Vec<&str> = headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect();
        let said = values.iter().rev().flat_map(|value| value.rsplit(',')).take(MOST);
        let mut caller = peer;
        for element in said {
            if !self.believes(caller) {
                break;
            }
            // What a proxy does not say, or hides, is not guessed: it is the caller then.
            let Some(before) = self.address(element) else { break };
            caller = before;
        }
        caller
    }

    fn address(&self, element: &str) -> Option<IpAddr> {
        match self.header {
            Header::For => node(element.trim()),
            Header::Standard => element.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                let named = name.trim().eq_ignore_ascii_case("for");
                named.then(|| node(value.trim().trim_matches('"'))).flatten()
            }),
        }
    }
}

/// An address, with or without a port (RFC 7239, 6).
fn node(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']')?.0.parse().ok();
    }
    text.parse().ok().or_else(|| text.split_once(':')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxies(header: Header) -> Proxies {
        let networks = ["10.0.0.0/8", "127.0.0.1", "fd00::/8"].map(|n| n.parse().unwrap()).to_vec();
        Proxies { networks, header }
    }

    fn check(proxies: &Proxies, peer: &str, headers: &[(&'static str, &str)], expect: &str) {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(*name, value.parse().unwrap());
        }
        let found = proxies.caller(peer.parse().unwrap(), &all);
        assert_eq!(found, expect.parse::<IpAddr>().unwrap(), "{peer} {headers:?}");
    }

    #[test]
    fn only_proxies_that_are_named_are_believed() {
        let xff = "x-forwarded-for";
        let (none, some) = (Proxies::default(), proxies(Header::For));
        check(&none, "127.0.0.1", &[(xff, "203.0.113.7")], "127.0.0.1");
        check(&some, "203.0.113.9", &[(xff, "198.51.100.1")], "203.0.113.9");
        check(&some, "127.0.0.1", &[], "127.0.0.1");
        check(&some, "127.0.0.1", &[(xff, "203.0.113.7")], "203.0.113.7");
        // What the caller brought itself stands before what the proxies added.
        check(&some, "127.0.0.1", &[(xff, "1.2.3.4, 203.0.113.7, 10.1.1.1")], "203.0.113.7");
        check(&some, "127.0.0.1", &[(xff, "1.2.3.4"), (xff, "203.0.113.7")], "203.0.113.7");
        check(&some, "::ffff:127.0.0.1", &[(xff, "203.0.113.7:4711")], "203.0.113.7");
        check(&some, "127.0.0.1", &[(xff, "203.0.113.7, unknown")], "127.0.0.1");
        check(&some, "127.0.0.1", &[(xff, "203.0.113.7, ")], "127.0.0.1");
        // The other header is anybody's.
        check(&some, "127.0.0.1", &[("forwarded", "for=203.0.113.7")], "127.0.0.1");
    }

    #[test]
    fn the_header_of_the_standard_is_read() {
        let some = proxies(Header::Standard);
        let check = |value: &str, expect: &str| check(&some, "fd00::1", &[("forwarded", value)], expect);
        check("for=203.0.113.7;proto=https", "203.0.113.7");
        check("proto=https; For=\"[2001:db8::17]:4711\"", "2001:db8::17");
        check("for=1.2.3.4, for=\"203.0.113.7:80\", for=10.0.0.2;by=10.0.0.1", "203.0.113.7");
        check("for=203.0.113.7, for=_hidden", "fd00::1");
        check("for=203.0.113.7, host=\"a,b\"", "fd00::1");
        check("by=10.0.0.1", "fd00::1");
    }

    proptest! {
        #[test]
        fn whatever_is_said_somebody_called(value in "[ -~]{0,200}", standard in any::<bool>()) {
            let some = proxies(if standard { Header::Standard } else { Header::For });
            let name = if standard { "forwarded" } else { "x-forwarded-for" };
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            // A stranger stays who it is.
            let stranger: IpAddr = "203.0.113.9".parse().unwrap();
            prop_assert_eq!(some.caller(stranger, &headers), stranger);
            let _ = some.caller("127.0.0.1".parse().unwrap(), &headers);
        }
    }
}
