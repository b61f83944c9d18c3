//! The cookies of the console. That of a session is `__Host-` when browsers speak TLS to the console:
//! it then comes from this host alone, over TLS alone, and no other site or path of the domain can
//! plant one (RFC 6265bis, 4.1.3.2). `SameSite=Lax`, not `Strict`: a link in a message or the way back from
//! single sign-on shall find the person signed in, and what changes anything is a `POST`, with which
//! neither sends cookies across sites.

use axum::http::{HeaderMap, HeaderValue, header};
use corridor_console::cookie as find;

use crate::people::Site;
use crate::sign_on::attempt::GOOD;

/// For how long a browser is known as one that signed in, in seconds: half a year.
const KNOWN_FOR: u32 = 15_552_000;

/// One cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The session.
    Session,
    /// Somebody without a session: what a form before sign-in is bound to.
    Visit,
    /// A browser that signed in before.
    Known,
    /// An attempt to come in by single sign-on.
    SignOn,
}

impl Cookie {
    const fn bare(self) -> &'static str {
        match self {
            Self::Session => "corridor_session",
            Self::Visit => "corridor_visit",
            Self::Known => "corridor_known",
            Self::SignOn => "corridor_sign_on",
        }
    }

    fn name(self, site: &Site) -> String {
        if site.is_secure() {
            return format!("__Host-{}", self.bare());
        }
        // Cookies know no ports: two nodes on one machine, as in the demo, must not take each other's.
        match site.port() {
            Some(port) => format!("{}_{port}", self.bare()),
            None => self.bare().to_owned(),
        }
    }

    /// Its value in a request.
    #[must_use]
    pub fn of(self, headers: &HeaderMap, site: &Site) -> Option<String> {
        find(headers, &self.name(site)).filter(|value| value.len() <= 200).map(str::to_owned)
    }

    /// Sets it on an answer; an empty value takes it away.
    pub fn set(self, headers: &mut HeaderMap, site: &Site, value: &str) {
        let secure = if site.is_secure() { "; Secure" } else { "" };
        let lives = match self {
            _ if value.is_empty() => "; Max-Age=0".to_owned(),
            Self::Known => format!("; Max-Age={KNOWN_FOR}"),
            Self::SignOn => format!("; Max-Age={}", GOOD.as_secs()),
            // It ends with the browser, and on our side before.
            Self::Session | Self::Visit => String::new(),
        };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{lives}", self.name(site));
        // Values are ours: letters, digits, `-`, `_`, `~`.
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &str) -> Site {
        Site::of(&text.parse().unwrap())
    }

    #[test]
    fn over_tls_a_cookie_is_of_this_host_alone() {
        let check = |at: &str, expect: &str| {
            let mut headers = HeaderMap::new();
            Cookie::Session.set(&mut headers, &site(at), "a~b");
            assert_eq!(headers["set-cookie"], expect);
        };
        check(
            "https://corridor.example.jp/",
            "__Host-corridor_session=a~b; Path=/; HttpOnly; SameSite=Lax; Secure",
        );
        check("http://localhost:7081", "corridor_session_7081=a~b; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_cookie_planted_without_the_prefix_is_not_seen() {
        let mut headers = HeaderMap::new();
        headers
            .insert("cookie", HeaderValue::from_static("corridor_session=planted; corridor_session_1=here"));
        assert_eq!(Cookie::Session.of(&headers, &site("https://corridor.example.jp")), None);
        assert_eq!(Cookie::Session.of(&headers, &site("http://localhost:1")).as_deref(), Some("here"));
    }
}
