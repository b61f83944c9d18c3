//! What a provider says of itself (OpenID Connect Discovery 1.0), as far as we need it, checked before anything of
//! it is used.

use serde::Deserialize;
use url::Url;

use super::keys::Algorithm;
use super::settings::Issuer;

/// Where a provider is reached, and what it can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Where people sign in.
    pub authorization: Url,
    /// Where codes are exchanged.
    pub token: Url,
    /// Where its keys are.
    pub keys: Url,
    /// Where more is said about a person.
    pub userinfo: Option<Url>,
    /// Where people sign out of the provider (RP-Initiated Logout 1.0, 2.1).
    pub end_session: Option<Url>,
    /// Whether the secret goes into the form and not into the head, because the provider takes nothing else.
    pub secret_in_form: bool,
    /// Whether every answer names the provider (RFC 9207, 3).
    pub names_itself: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    response_types_supported: Vec<String>,
    id_token_signing_alg_values_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Reads the document of this issuer, for a client with a secret or without.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn parse(bytes: &[u8], issuer: &Issuer, with_secret: bool) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|e| format!("its description of itself is malformed: {e}"))?;
        if document.issuer != issuer.as_str() {
            return Err(format!(
                "it calls itself {}, not {}",
                super::plain(&document.issuer),
                issuer.as_str()
            ));
        }
        if !document.response_types_supported.iter().any(|kind| kind == "code") {
            return Err("it does not offer the authorization code flow".to_owned());
        }
        if !document.id_token_signing_alg_values_supported.iter().any(|name| Algorithm::parse(name).is_some())
        {
            return Err("it signs by none of RS256, ES256, EdDSA".to_owned());
        }
        let challenges = &document.code_challenge_methods_supported;
        // Who says nothing of PKCE is sent it all the same; without a secret it must be known to count.
        if challenges.as_ref().map_or(!with_secret, |all| !all.iter().any(|method| method == "S256")) {
            return Err("it does not offer PKCE with S256".to_owned());
        }
        let takes = |method: &str| {
            let all = document.token_endpoint_auth_methods_supported.as_ref();
            // Core, 9: without a word it is the secret in the head.
            all.map_or(method == "client_secret_basic", |all| all.iter().any(|m| m == method))
        };
        let (basic, post) = (takes("client_secret_basic"), takes("client_secret_post"));
        if with_secret && !basic && !post {
            return Err(
                "it takes a client's secret neither by client_secret_basic nor by client_secret_post"
                    .to_owned(),
            );
        }
        let address = |text: &String| {
            let url = Url::parse(text).ok().filter(|url| issuer.may_lead_to(url));
            url.ok_or_else(|| format!("{} is not an https address", super::plain(text)))
        };
        Ok(Self {
            authorization: address(&document.authorization_endpoint)?,
            token: address(&document.token_endpoint)?,
            keys: address(&document.jwks_uri)?,
            userinfo: document.userinfo_endpoint.as_ref().map(address).transpose()?,
            end_session: document.end_session_endpoint.as_ref().map(address).transpose()?,
            secret_in_form: !basic,
            names_itself: document.authorization_response_iss_parameter_supported,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://login.example.jp";

    fn parsed(changes: Value, with_secret: bool) -> Result<Metadata, String> {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.example.jp/auth",
            "token_endpoint": "https://login.example.jp/token",
            "jwks_uri": "https://login.example.jp/keys",
            "response_types_supported": ["code", "id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        });
        for (name, value) in changes.as_object().unwrap() {
            document[name] = value.clone();
        }
        Metadata::parse(document.to_string().as_bytes(), &Issuer::parse(ISSUER).unwrap(), with_secret)
    }

    #[test]
    fn a_description_is_used_when_it_is_the_issuers_and_offers_what_we_need() {
        let check = |changes: Value, with_secret: bool, expect: bool| {
            assert_eq!(parsed(changes.clone(), with_secret).is_ok(), expect, "{changes} {with_secret}");
        };
        check(json!({}), true, true);
        check(json!({}), false, true);
        check(json!({"issuer": "https://login.example.jp/"}), true, false);
        check(json!({"issuer": "https://evil.example"}), true, false);
        check(json!({"response_types_supported": ["id_token"]}), true, false);
        check(json!({"id_token_signing_alg_values_supported": ["HS256", "none"]}), true, false);
        check(json!({"id_token_signing_alg_values_supported": ["HS256", "EdDSA"]}), true, true);
        check(json!({"code_challenge_methods_supported": ["plain"]}), true, false);
        check(json!({"code_challenge_methods_supported": null}), true, true);
        check(json!({"code_challenge_methods_supported": null}), false, false);
        check(json!({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}), true, false);
        check(json!({"token_endpoint_auth_methods_supported": ["private_key_jwt", "none"]}), false, true);
        check(json!({"authorization_endpoint": "http://login.example.jp/auth"}), true, false);
        check(json!({"authorization_endpoint": "javascript:alert(1)"}), true, false);
        check(json!({"end_session_endpoint": "http://login.example.jp/out"}), true, false);
        check(json!({"jwks_uri": null}), true, false);
    }

    #[test]
    fn the_secret_goes_into_the_form_where_nothing_else_is_taken() {
        let check = |methods: Value, expect: bool| {
            let found = parsed(json!({"token_endpoint_auth_methods_supported": methods}), true).unwrap();
            assert_eq!(found.secret_in_form, expect);
        };
        check(Value::Null, false);
        check(json!(["client_secret_basic", "client_secret_post"]), false);
        check(json!(["client_secret_post"]), true);
    }
}
