//! Where the client may connect (NE-1): public addresses, and what the operator's configuration
//! names. A partner's word, a redirect or a DNS answer must not steer this node into the network
//! that stands behind it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use corridor_base::{ErrorCode, Problem, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// An inside address that the operator allows: a host (`node.internal`, `localhost`, `10.1.2.3`), a
/// host with its port (`localhost:7081`, `[::1]:7081`), or a network (`10.0.0.0/8`, `fd00::/8`).
///
/// A named host may resolve to any address. A named network or address holds also for names that
/// resolve into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow(Rule);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Host(Host<String>, Option<u16>),
    Network(IpAddr, u8),
}

impl FromStr for Allow {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = || {
            Problem::new(ErrorCode::Malformed)
                .with("what", "allowed address (HOST, HOST:PORT or NETWORK/BITS)")
                .with("why", text)
        };
        if let Some((address, bits)) = text.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| refuse())?;
            let bits: u8 = bits.parse().map_err(|_| refuse())?;
            let longest = if address.is_ipv4() { 32 } else { 128 };
            if bits > longest || masked(address, bits) != address {
                return Err(refuse());
            }
            return Ok(Self(Rule::Network(address, bits)));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            return Ok(Self(Rule::Network(address, bits)));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse::<u16>().map_err(|_| refuse())?))
            }
            _ => (text, None),
        };
        let host = Host::parse(host.trim_end_matches('.')).map_err(|_| refuse())?;
        match (host, port) {
            (Host::Domain(name), port) if !name.is_empty() => Ok(Self(Rule::Host(Host::Domain(name), port))),
            (Host::Ipv4(address), None) => Ok(Self(Rule::Network(address.into(), 32))),
            (Host::Ipv6(address), None) => Ok(Self(Rule::Network(address.into(), 128))),
            (host @ (Host::Ipv4(_) | Host::Ipv6(_)), port) => Ok(Self(Rule::Host(host, port))),
            (Host::Domain(_), _) => Err(refuse()),
        }
    }
}

impl Allow {
    /// Whether it is an address or a network, and not a host by its name.
    #[must_use]
    pub fn is_network(&self) -> bool {
        matches!(self.0, Rule::Network(..))
    }

    /// Whether it is a network that holds this address.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        match &self.0 {
            Rule::Network(net, bits) => net.is_ipv4() == address.is_ipv4() && masked(address, *bits) == *net,
            Rule::Host(..) => false,
        }
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rule::Host(host, Some(port)) => write!(f, "{host}:{port}"),
            Rule::Host(host, None) => write!(f, "{host}"),
            Rule::Network(address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

/// How a request may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// To a public address: through the proxy if there is one, else where the guarded resolver
    /// leads.
    Outward,
    /// To what the configuration names: straight there.
    Named,
    /// In plain http to a named name: straight there, if it is this very machine.
    Loopback,
}

/// The judge.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    allow: Arc<[Allow]>,
    /// Behind a proxy the names of others are resolved by the proxy; only their form is judged here.
    proxied: bool,
}

impl Guard {
    pub(super) fn new(allow: &[Allow], proxied: bool) -> Self {
        Self { allow: allow.into(), proxied }
    }

    /// Judges a URL before anything is resolved or sent (NE-1).
    pub(super) fn route(&self, url: &Url) -> Result<Route> {
        let refuse = |why: &str| Problem::new(ErrorCode::Malformed).with("what", "URL").with("why", why);
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it holds a user name or password"));
        }
        let plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(refuse("http or https expected")),
        };
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(refuse("no host"));
        };
        match address_of(&host) {
            Some(address) => self.route_address(address, port, plain),
            None => self.route_name(&host, port, plain),
        }
    }

    fn route_address(&self, address: IpAddr, port: u16, plain: bool) -> Result<Route> {
        let at = SocketAddr::new(address, port);
        let host = match address {
            IpAddr::V4(v4) => Host::Ipv4(v4),
            IpAddr::V6(v6) => Host::Ipv6(v6),
        };
        let named = self.names(&host, port) || self.holds(address);
        match (named, inside(address)) {
            (true, _) if plain && !address.is_loopback() => {
                Err(refused(at, "plain http leaves this machine"))
            }
            (true, _) => Ok(Route::Named),
            (false, Some(kind)) => Err(refused(at, kind)),
            (false, None) if plain => Err(refused(at, "plain http leaves this machine")),
            (false, None) => Ok(Route::Outward),
        }
    }

    fn route_name(&self, host: &Host<&str>, port: u16, plain: bool) -> Result<Route> {
        let Host::Domain(name) = host else { return Ok(Route::Outward) };
        let at = format!("{name}:{port}");
        match (self.names(host, port), plain) {
            (true, true) => Ok(Route::Loopback),
            (true, false) => Ok(Route::Named),
            (false, true) => Err(refused(at, "plain http leaves this machine, or is not named")),
            (false, false) if self.proxied && inside_name(name) => Err(refused(at, "a name of the inside")),
            (false, false) => Ok(Route::Outward),
        }
    }

    fn names(&self, host: &Host<&str>, port: u16) -> bool {
        let bare = match host {
            Host::Domain(name) => Host::Domain(name.trim_end_matches('.')),
            other => other.clone(),
        };
        self.allow.iter().any(|Allow(rule)| match rule {
            Rule::Host(named, at) => *named == bare && at.is_none_or(|p| p == port),
            Rule::Network(..) => false,
        })
    }

    fn holds(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|allow| allow.holds(address))
    }
}

fn address_of(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some((*address).into()),
    }
}

pub(super) fn refused(at: impl fmt::Display, kind: &str) -> Problem {
    Problem::new(ErrorCode::AddressRefused).with("address", format!("{at} ({kind})"))
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

/// Names that never lead outside (RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`), and single
/// labels, which a search list would complete.
fn inside_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    !name.contains('.')
        || [".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// Why this address is not on the public internet; `None` when it is (IANA special-purpose address
/// registries, RFC 6890).
pub(super) fn inside(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => inside_v4(v4),
        IpAddr::V6(v6) => inside_v6(v6),
    }
}

fn inside_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    Some(match (a, b, c) {
        (0, ..) => "unspecified",
        (127, ..) => "loopback",
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => "private",
        (100, 64..=127, _) => "carrier NAT",
        (169, 254, _) => "link-local",
        (192, 0, 0) => "reserved",
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => "documentation",
        (192, 88, 99) => "6to4 relay",
        (198, 18..=19, _) => "benchmarking",
        (224..=239, ..) => "multicast",
        (240..=255, ..) => "reserved",
        _ => return None,
    })
}

fn inside_v6(address: Ipv6Addr) -> Option<&'static str> {
    let [a, b, c, ..] = address.segments();
    Some(match (a, b, c) {
        _ if address.is_unspecified() => "unspecified",
        _ if address.is_loopback() => "loopback",
        _ if address.to_ipv4_mapped().is_some() => "IPv4-mapped",
        (0, ..) => "IPv4-compatible",
        (0x64, 0xff9b, _) => "IPv4 translated",
        (0x2001, 0..=0x1ff, _) => "protocol assignments, Teredo",
        (0x2001, 0xdb8, _) => "documentation",
        (0x2002, ..) => "6to4",
        (0x3fff, 0..=0xfff, _) => "documentation",
        (0x2000..=0x3fff, ..) => return None,
        (0xfc00..=0xfdff, ..) => "unique local",
        (0xfe80..=0xfebf, ..) => "link-local",
        (0xfec0..=0xfeff, ..) => "site-local",
        (0xff00..=0xffff, ..) => "multicast",
        _ => "reserved",
    })
}

/// The resolver that the connections of one route use: it looks names up by the system and lets
/// through only what the route allows, at the moment of connecting, so that a name cannot be judged
/// with one address and called with another.
pub(super) struct GuardedResolver {
    pub(super) guard: Guard,
    pub(super) route: Route,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, route) = (self.guard.clone(), self.route);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let lets = |at: &SocketAddr| match route {
                // Behind a proxy this resolves the proxy itself, which the operator names.
                Route::Outward => guard.proxied || inside(at.ip()).is_none() || guard.holds(at.ip()),
                Route::Named => true,
                Route::Loopback => at.ip().is_loopback(),
            };
            // A name may have good and bad addresses: the bad ones are as if they were not there.
            let good: Vec<SocketAddr> = found.iter().copied().filter(lets).collect();
            match (good.is_empty(), found.first()) {
                (true, Some(bad)) => {
                    let kind = inside(bad.ip()).unwrap_or("plain http leaves this machine");
                    Err(refused(format!("{} = {}", name.as_str(), bad.ip()), kind).into())
                }
                _ => Ok(Box::new(good.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow: &[&str], url: &str, expect: Option<Route>) {
        let allow: Vec<Allow> = allow.iter().map(|a| a.parse().unwrap()).collect();
        let found = Guard::new(&allow, false).route(&Url::parse(url).unwrap());
        if let Err(problem) = &found {
            assert_eq!(problem.code(), ErrorCode::AddressRefused, "{url}");
        }
        assert_eq!(found.ok(), expect, "{allow:?} {url}");
    }

    #[test]
    fn inside_addresses_are_refused_however_they_are_spelled() {
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://0/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[::127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[64:ff9b:1::a00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[2001:0:1::]/",
            "https://[2001:db8::1]/",
            "https://[fc00::1]/",
            "https://[fd12:3456::1]/",
            "https://[fe80::1]/",
            "https://[fec0::1]/",
            "https://[ff02::1]/",
            "https://[100::1]/",
            "https://[5f00::1]/",
            "https://10.0.0.1/",
            "https://172.16.0.1/",
            "https://172.31.255.255/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://100.64.0.1/",
            "https://192.0.2.1/",
            "https://198.18.0.1/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://１２７.０.０.１/",
        ] {
            check(&[], url, None);
        }
    }

    #[test]
    fn public_addresses_and_names_pass_by_https_only() {
        for host in
            ["8.8.8.8", "172.32.0.1", "100.128.0.1", "[2606:4700::1]", "[2001:200::1]", "node.example.jp"]
        {
            check(&[], &format!("https://{host}/"), Some(Route::Outward));
            check(&[], &format!("http://{host}/"), None);
        }
        check(&["8.8.8.8"], "http://8.8.8.8/", None);
    }

    #[test]
    fn what_the_configuration_names_is_allowed_and_nothing_beside_it() {
        check(&["127.0.0.1:7081"], "http://127.0.0.1:7081/", Some(Route::Named));
        check(&["127.0.0.1:7081"], "http://127.0.0.1:7082/", None);
        check(&["127.0.0.1:7081"], "http://127.0.0.2:7081/", None);
        check(&["127.0.0.0/8"], "https://127.9.9.9/", Some(Route::Named));
        check(&["127.0.0.0/8"], "https://[::ffff:127.0.0.1]/", None);
        check(&["[::1]:7081"], "http://[::1]:7081/", Some(Route::Named));
        check(&["::1"], "http://[::1]:9/", Some(Route::Named));
        check(&["10.0.0.0/8"], "https://10.1.2.3/", Some(Route::Named));
        check(&["10.0.0.0/8"], "http://10.1.2.3/", None);
        check(&["10.0.0.0/8"], "https://11.1.2.3/", Some(Route::Outward));
        check(&["fd00::/8"], "https://[fd12::1]/", Some(Route::Named));
        check(&["LocalHost:7081"], "http://localhost:7081/", Some(Route::Loopback));
        check(&["localhost:7081"], "http://localhost.:7081/", Some(Route::Loopback));
        check(&["localhost:7081"], "http://localhost:7082/", None);
        check(&["node.internal"], "https://node.internal:8443/", Some(Route::Named));
        check(&["node.internal"], "https://x.node.internal/", Some(Route::Outward));
    }

    #[test]
    fn a_rule_is_read_or_refused() {
        for (text, expect) in [
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("::/0", Some("::/0")),
            ("2130706433", Some("127.0.0.1/32")),
            ("::1", Some("::1/128")),
            ("[::1]", Some("::1/128")),
            ("[::1]:80", Some("[::1]:80")),
            ("Node.Internal.", Some("node.internal")),
            ("10.0.0.1/8", None),
            ("10.0.0.0/33", None),
            ("fd00::/129", None),
            ("host:70000", None),
            ("host:", None),
            ("http://host", None),
            ("", None),
            ("a b", None),
        ] {
            let found = text.parse::<Allow>().ok().map(|a| a.to_string());
            assert_eq!(found.as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn behind_a_proxy_names_of_the_inside_are_refused_by_their_form() {
        let guard = Guard::new(&["db.internal".parse().unwrap()], true);
        let route = |url: &str| guard.route(&Url::parse(url).unwrap()).ok();
        assert_eq!(route("https://node.example.jp/"), Some(Route::Outward));
        assert_eq!(route("https://db.internal/"), Some(Route::Named));
        for inside in ["localhost", "x.localhost.", "printer.local", "metadata.google.internal", "router"] {
            assert_eq!(route(&format!("https://{inside}/")), None, "{inside}");
        }
    }

    #[test]
    fn a_url_with_a_user_or_another_scheme_is_malformed() {
        for url in [
            "https://user@node.example.jp/",
            "https://:pw@node.example.jp/",
            "ftp://node.example.jp/",
            "file:///etc/passwd",
        ] {
            let problem = Guard::new(&[], false).route(&Url::parse(url).unwrap()).unwrap_err();
            assert_eq!(problem.code(), ErrorCode::Malformed, "{url}");
        }
    }
}
