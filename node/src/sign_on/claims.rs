//! What a provider says about a person: a JSON object, in an ID token or from the userinfo endpoint.

use serde_json::{Map, Value};

/// The most values of one claim that are looked at: groups of a large institution.
const VALUES: usize = 2000;

/// The claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// From JSON; `None` for anything but an object.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().map(Self)
    }

    /// One claim, by name or by JSON pointer.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        if let Some(found) = self.0.get(name) {
            return Some(found);
        }
        let (first, rest) = name.strip_prefix('/')?.split_once('/')?;
        self.0.get(&first.replace("~1", "/").replace("~0", "~"))?.pointer(&format!("/{rest}"))
    }

    /// A claim that is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A claim that is a time, in seconds since 1970 (RFC 7519, NumericDate); fractions are cut.
    #[must_use]
    pub fn seconds(&self, name: &str) -> Option<i64> {
        let value = self.get(name)?;
        let cut = || value.as_f64().filter(|s| s.abs() < 1e12).map(|s| s.trunc());
        #[allow(clippy::cast_possible_truncation, reason = "it was bounded and cut before")]
        value.as_i64().or_else(|| cut().map(|seconds| seconds as i64))
    }

    /// The texts of a claim that is a text or a list of texts.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(items)) => {
                items.iter().take(VALUES).filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Takes up what is not said here yet.
    pub fn complete(&mut self, others: Self) {
        for (name, value) in others.0 {
            self.0.entry(name).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_found_by_name_and_by_pointer() {
        let text = r#"{"groups":["a","b",3],"https://example.jp/roles":"c","realm_access":{"roles":["d"]},"a/b":{"c":"e"}}"#;
        let claims = Claims::parse(text.as_bytes()).unwrap();
        let check = |name: &str, expect: &[&str]| assert_eq!(claims.values(name), expect, "{name}");
        check("groups", &["a", "b"]);
        check("https://example.jp/roles", &["c"]);
        check("/realm_access/roles", &["d"]);
        check("/a~1b/c", &["e"]);
        check("realm_access", &[]);
        check("/realm_access/other", &[]);
        check("/", &[]);
        check("nothing", &[]);
    }

    #[test]
    fn times_are_numbers() {
        let claims =
            Claims::parse(br#"{"exp":1795339500,"iat":1795339500.9,"nbf":"1795339500","x":1e300}"#).unwrap();
        assert_eq!(claims.seconds("exp"), Some(1_795_339_500));
        assert_eq!(claims.seconds("iat"), Some(1_795_339_500));
        assert_eq!(claims.seconds("nbf"), None);
        assert_eq!(claims.seconds("x"), None);
    }

    #[test]
    fn what_was_said_first_stands() {
        let mut claims = Claims::parse(br#"{"sub":"a"}"#).unwrap();
        claims.complete(Claims::parse(br#"{"sub":"b","name":"c"}"#).unwrap());
        assert_eq!((claims.text("sub"), claims.text("name")), (Some("a"), Some("c")));
        assert!(Claims::parse(b"[]").is_none() && Claims::parse(b"{").is_none());
    }
}
