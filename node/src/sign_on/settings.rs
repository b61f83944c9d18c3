//! What the configuration says about single sign-on: who the provider is, who we are to it, and what follows
//! from what it says about a person.

use std::fmt;

use corridor_base::{Did, Words};
use url::Url;
use zeroize::Zeroizing;

use super::Claims;
use crate::people::Gift;

/// The provider, as it names itself (OpenID Connect Discovery 1.0, 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// An `https` address without query and fragment; on this machine, for trying things out, also `http`.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "an https address expected")?;
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && local) {
            return Err("an https address expected");
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err("an address without query, fragment and user expected");
        }
        Ok(Self(text.to_owned()))
    }

    /// The very text: it must come back letter for letter.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it describes itself (Discovery, 4).
    #[must_use]
    pub fn document(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.0.trim_end_matches('/'))
    }

    /// Its host, for a button without a label.
    #[must_use]
    pub fn host(&self) -> String {
        Url::parse(&self.0).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether it may lead browsers to this address: as safe a one as its own.
    #[must_use]
    pub fn may_lead_to(&self, url: &Url) -> bool {
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        url.scheme() == "https" || (url.scheme() == "http" && local && self.0.starts_with("http:"))
    }
}

/// What shows the provider that it is us.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// From the text of its file.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for the provider alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// In which claims the provider says what. A name that begins with `/` is a JSON pointer (RFC 6901), for
/// providers that nest: `/realm_access/roles`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// What a new account is called.
    pub name: String,
    /// The person's name.
    pub display: String,
    /// To what the person belongs.
    pub groups: String,
}

/// Whoever belongs to this may do that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// A value of the claim of groups, letter for letter.
    pub value: String,
    /// For which participant.
    pub holder: Did,
    /// What they may do for it.
    pub gift: Gift,
}

/// When the provider's word is enough, without a second factor here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assurance {
    /// Whether it ever is.
    pub provider: bool,
    /// If not empty, `acr` must be one of these.
    pub acr: Vec<String>,
    /// If not empty, `amr` must have one of these (RFC 8176).
    pub amr: Vec<String>,
}

impl Assurance {
    /// Whether what the provider says of this sign-in is enough.
    #[must_use]
    pub fn is_enough(&self, claims: &Claims) -> bool {
        let acr = || claims.values("acr").iter().any(|found| self.acr.contains(found));
        let amr = || claims.values("amr").iter().any(|found| self.amr.contains(found));
        self.provider && (self.acr.is_empty() || acr()) && (self.amr.is_empty() || amr())
    }
}

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The provider.
    pub issuer: Issuer,
    /// Who we are to it.
    pub client: String,
    /// What shows it; a public client has none, and PKCE alone.
    pub secret: Option<Secret>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// What the button says.
    pub labels: Words,
    /// Which claims say what.
    pub claims: ClaimNames,
    /// What follows from groups.
    pub rules: Vec<Rule>,
    /// Whether a person who is not known gets an account, if a rule gives them something to do.
    pub creates: bool,
    /// When its word is enough.
    pub assurance: Assurance,
    /// Whether it is the only way in.
    pub alone: bool,
}

impl Settings {
    /// What the rules let a person of these claims do.
    #[must_use]
    pub fn said(&self, claims: &Claims) -> Vec<(Did, Gift)> {
        let groups = claims.values(&self.claims.groups);
        let fits = self.rules.iter().filter(|rule| groups.contains(&rule.value));
        fits.map(|rule| (rule.holder.clone(), rule.gift.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_https_address_without_more() {
        let check = |text: &str, expect: bool| assert_eq!(Issuer::parse(text).is_ok(), expect, "{text}");
        check("https://login.example.jp", true);
        check("https://login.example.jp/realms/customs", true);
        check("http://localhost:3000", true);
        check("http://127.0.0.1:3000/", true);
        check("http://login.example.jp", false);
        check("http://localhost.example.jp", false);
        check("https://login.example.jp?a=b", false);
        check("https://login.example.jp#a", false);
        check("https://user@login.example.jp", false);
        check("login.example.jp", false);
        let found = |text: &str| Issuer::parse(text).unwrap().document();
        let expect = "https://a.jp/x/.well-known/openid-configuration";
        assert_eq!(
            (found("https://a.jp/x"), found("https://a.jp/x/")),
            (expect.to_owned(), expect.to_owned())
        );
    }

    #[test]
    fn the_providers_word_is_enough_when_the_operator_says_so() {
        let claims = |text: &str| Claims::parse(text.as_bytes()).unwrap();
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let check = |provider, acr: &[&str], amr: &[&str], said: &str, expect| {
            let assurance = Assurance { provider, acr: list(acr), amr: list(amr) };
            assert_eq!(assurance.is_enough(&claims(said)), expect, "{assurance:?} {said}");
        };
        check(false, &[], &[], r#"{"acr":"gold","amr":["mfa"]}"#, false);
        check(true, &[], &[], "{}", true);
        check(true, &["gold"], &[], "{}", false);
        check(true, &["gold"], &[], r#"{"acr":"silver"}"#, false);
        check(true, &["gold"], &[], r#"{"acr":"gold"}"#, true);
        check(true, &[], &["mfa"], r#"{"amr":["pwd"]}"#, false);
        check(true, &[], &["mfa"], r#"{"amr":["pwd","mfa"]}"#, true);
        check(true, &["gold"], &["mfa"], r#"{"acr":"gold","amr":["pwd"]}"#, false);
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret::new("hush".to_owned())), "Secret");
    }
}
