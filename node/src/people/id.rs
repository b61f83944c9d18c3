//! Names of what people have: identifiers that are random, names that people choose, and what is
//! handed out once and kept only as its digest.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{Digest, ErrorCode, Problem, Random, Result};
use corridor_storage::Value;
use subtle::ConstantTimeEq as _;

fn malformed(what: &str, why: impl fmt::Display) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", what).with("why", why)
}

macro_rules! random_ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// A new one: 16 hexadecimal digits.
            #[must_use]
            pub fn new(random: &dyn Random) -> Self {
                let bytes: [u8; 8] = random.bytes();
                Self(bytes.iter().map(|b| format!("{b:02x}")).collect())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Problem;

            fn from_str(text: &str) -> Result<Self> {
                let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
                if text.len() == 16 && text.bytes().all(digit) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(malformed($what, text))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&$name> for Value {
            fn from(id: &$name) -> Self {
                Self::Text(id.0.clone())
            }
        }
    )*};
}

random_ids! {
    /// A person's account on this node. Acts name people by it, never by name.
    AccountId = "account id";
    /// A session of an account.
    SessionId = "session id";
    /// A grant: an account may act for a participant in a role.
    GrantId = "grant id";
    /// A one-time sign-in link.
    LinkId = "link id";
}

/// The name under which a person signs in: 2 to 64 lower-case letters, digits and `.-_@`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountName(String);

impl AccountName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = Problem;

    /// Takes what a person types: white space around it and capitals do not matter.
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim().to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_@".contains(c);
        let outer = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let fits = (2..=64).contains(&text.len()) && text.chars().all(plain);
        if fits && outer(text.chars().next()) && outer(text.chars().last()) {
            Ok(Self(text))
        } else {
            Err(malformed("account name", "2 to 64 letters a to z, digits and . - _ @ expected"))
        }
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What somebody holds and the node keeps only as its digest: the cookie of a session, the secret of
/// a link. The identifier finds the row, the secret opens it. 256 random bits need no slow hash.
pub struct Handed<Id> {
    /// Which row it is for.
    pub id: Id,
    secret: [u8; 32],
}

impl<Id: fmt::Display + FromStr> Handed<Id> {
    /// A new secret for this row.
    #[must_use]
    pub fn new(id: Id, random: &dyn Random) -> Self {
        Self { id, secret: random.bytes() }
    }

    /// The text that is handed out: `ID~SECRET`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}~{}", self.id, URL_SAFE_NO_PAD.encode(self.secret))
    }

    /// Reads the text again.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once('~')?;
        if secret.len() != 43 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(secret).ok()?;
        Some(Self { id: id.parse().ok()?, secret: bytes.try_into().ok()? })
    }

    /// What is kept.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.secret)
    }

    /// Whether it is the one that was kept.
    #[must_use]
    pub fn matches(&self, kept: &[u8]) -> bool {
        self.digest().0.ct_eq(kept).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::SeededRandom;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_what_a_person_types() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(text.parse::<AccountName>().ok().as_ref().map(AccountName::as_str), expect, "{text}");
        };
        check(" Kim.Minji ", Some("kim.minji"));
        check("sato@customs.go.jp", Some("sato@customs.go.jp"));
        check("k", None);
        check(".kim", None);
        check("kim-", None);
        check("kim minji", None);
        check("김민지", None);
        check(&"k".repeat(65), None);
    }

    #[test]
    fn what_is_handed_out_is_known_again_and_nothing_else_is() {
        let random = SeededRandom::new(3);
        let handed = Handed::new(SessionId::new(&random), &random);
        let text = handed.text();
        let back = Handed::<SessionId>::parse(&text).unwrap();
        assert!(back.id == handed.id && back.matches(&handed.digest().0));
        assert!(!Handed::new(handed.id.clone(), &random).matches(&handed.digest().0));
        for wrong in ["", "~", &text[1..], &text[..text.len() - 1], &format!("{text}A"), &text.to_uppercase()]
        {
            assert!(Handed::<SessionId>::parse(wrong).is_none(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_texts_never_panic(text in ".{0,80}") {
            let _ = Handed::<LinkId>::parse(&text);
            let _ = text.parse::<AccountName>();
        }
    }
}
