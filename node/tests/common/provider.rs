//! A little provider of OpenID Connect on a port of its own: it describes itself, publishes keys, exchanges codes
//! and says more at its userinfo endpoint; and it can be told to lie in each of these.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use corridor_base::{Timestamp, Words};
use corridor_net::{Limits, Listen};
use corridor_node::config::Config;
use corridor_node::sign_on::settings::{Assurance, ClaimNames, Secret};
use corridor_node::sign_on::{Issuer, Rule, Settings};
use serde_json::{Value, json};

/// The secret by which it knows the node: with what has to be encoded in a head.
pub(crate) const SECRET: &str = "hush:hush/ %ü";

/// What it is told to do.
pub(crate) struct Told {
    issuer: String,
    /// The name and the seed of each key, the first of which signs.
    pub(crate) keys: Vec<(String, [u8; 32])>,
    /// What it says about whoever signs in, over what must be said of everybody.
    pub(crate) says: Value,
    /// What it says at its userinfo endpoint; nothing more than before as a rule.
    pub(crate) userinfo: Option<Value>,
    /// What stands in the head of a token.
    pub(crate) head: Value,
    /// What it says otherwise of itself.
    pub(crate) describes: Value,
    /// Its clock.
    pub(crate) now: Timestamp,
    /// How often each place was asked for.
    pub(crate) asked: HashMap<&'static str, u32>,
    codes: HashMap<String, HashMap<String, String>>,
}

/// The provider.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    told: Arc<Mutex<Told>>,
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let told = Told {
            issuer: String::new(),
            keys: vec![("k1".to_owned(), [1; 32])],
            says: Self::honest().0,
            userinfo: None,
            head: Self::honest().1,
            describes: json!({}),
            now: Timestamp::parse("2026-11-22T09:25:00.000Z").unwrap(),
            asked: HashMap::new(),
            codes: HashMap::new(),
        };
        let told = Arc::new(Mutex::new(told));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(exchange))
            .route("/userinfo", get(userinfo))
            .with_state(told.clone());
        let listen = Listen { address: "127.0.0.1:0".parse().unwrap(), tls: None, limits: Limits::default() };
        let server = corridor_net::serve(listen, router, std::future::pending()).await.unwrap();
        let issuer = format!("http://{}", server.address());
        told.lock().unwrap().issuer.clone_from(&issuer);
        Self { issuer, told }
    }

    /// What it says about a person, and the head of its tokens, when it does not lie.
    pub(crate) fn honest() -> (Value, Value) {
        let says = json!({
            "sub": "u-1", "preferred_username": "kim.minji", "name": "김민지", "groups": ["officers"],
        });
        (says, json!({"alg": "EdDSA", "kid": "k1"}))
    }

    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    /// How often a place was asked for.
    pub(crate) fn asked(&self, place: &str) -> u32 {
        self.told().asked.get(place).copied().unwrap_or(0)
    }

    /// The configuration that makes a node use it.
    pub(crate) fn configure(&self, config: &mut Config, change: impl FnOnce(&mut Settings)) {
        let word = |text: &str| text.to_owned();
        let holder = config.operator.did.clone();
        let rule = |value: &str, role: &str| Rule {
            value: value.to_owned(),
            holder: holder.clone(),
            gift: corridor_node::people::Gift { role: role.parse().unwrap(), department: None },
        };
        let mut settings = Settings {
            issuer: Issuer::parse(&self.issuer).unwrap(),
            client: word("corridor node"),
            secret: Some(Secret::new(SECRET.to_owned())),
            scopes: vec![word("openid"), word("profile")],
            labels: Words {
                en: word("Customs account"), ja: word("税関アカウント"), ko: word("세관 계정")
            },
            claims: ClaimNames {
                name: word("preferred_username"),
                display: word("name"),
                groups: word("groups"),
            },
            rules: vec![rule("officers", "officer"), rule("auditors", "auditor")],
            creates: true,
            assurance: Assurance { provider: true, ..Assurance::default() },
            alone: false,
        };
        change(&mut settings);
        config.people.sign_on_alone = settings.alone;
        config.sign_on = Some(settings);
        config.allow.push(self.issuer.trim_start_matches("http://").parse().unwrap());
    }

    /// What it says by itself about a session that has ended there: a logout token of these claims, with those
    /// that every one has.
    pub(crate) fn logout_token(&self, about: &Value) -> String {
        let told = self.told();
        let seconds = told.now.millis() / 1000;
        let always = json!({
            "iss": told.issuer, "aud": "corridor node", "iat": seconds, "exp": seconds + 120, "jti": seconds.to_string(),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        let claims = with(always, about);
        let message = format!("{}.{}", base64(told.head.to_string()), base64(claims.to_string()));
        let pair = Ed25519KeyPair::from_seed_unchecked(&told.keys[0].1).unwrap();
        format!("{message}.{}", base64(pair.sign(message.as_bytes())))
    }

    /// Somebody signs in at the place where the node led them, and is led back there.
    pub(crate) fn sign_in(&self, place: &str) -> String {
        let url = url::Url::parse(place).unwrap();
        assert!(place.starts_with(&format!("{}/authorize?", self.issuer)), "{place}");
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(
            (asked["response_type"].as_str(), asked["code_challenge_method"].as_str()),
            ("code", "S256")
        );
        assert_eq!(asked["client_id"], "corridor node");
        assert_eq!(asked["scope"], "openid profile");
        let (state, code) = (asked["state"].clone(), base64(digest(&SHA256, asked["state"].as_bytes())));
        let back = asked["redirect_uri"].split_once("/console").unwrap().1.to_owned();
        self.told().codes.insert(code.clone(), asked);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("state", state.as_str()), ("code", &code), ("iss", &self.issuer)])
            .finish();
        format!("/console{back}?{query}")
    }
}

fn count(told: &mut Told, place: &'static str) {
    *told.asked.entry(place).or_default() += 1;
}

fn with(mut all: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(all.as_object_mut().unwrap().remove(name)),
            value => all[name] = value.clone(),
        }
    }
    all
}

async fn describe(State(told): State<Arc<Mutex<Told>>>) -> String {
    let mut told = told.lock().unwrap();
    count(&mut told, "description");
    let at = |place: &str| format!("{}{place}", told.issuer);
    let all = json!({
        "issuer": told.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "userinfo_endpoint": at("/userinfo"),
        "end_session_endpoint": at("/logout"),
        "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    with(all, &told.describes).to_string()
}

async fn keys(State(told): State<Arc<Mutex<Told>>>) -> String {
    let mut told = told.lock().unwrap();
    count(&mut told, "keys");
    let key = |(id, seed): &(String, [u8; 32])| {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
        json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": base64(pair.public_key())})
    };
    json!({"keys": told.keys.iter().map(key).collect::<Vec<_>>()}).to_string()
}

/// Exchanges a code once, for whoever knows the secret and the verifier.
async fn exchange(
    State(told): State<Arc<Mutex<Told>>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let mut told = told.lock().unwrap();
    count(&mut told, "token");
    let refused = |why: &str| (StatusCode::BAD_REQUEST, json!({"error": why}).to_string());
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let basic = headers.get("authorization").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    let pair = String::from_utf8(STANDARD.decode(basic.trim_start_matches("Basic ")).unwrap()).unwrap();
    let (client, secret) = pair.split_once(':').unwrap();
    let plain = |text: &str| {
        let text = format!("a={text}");
        url::form_urlencoded::parse(text.as_bytes()).next().unwrap().1.into_owned()
    };
    if (plain(client).as_str(), plain(secret).as_str()) != ("corridor node", SECRET) {
        return refused("invalid_client");
    }
    let Some(asked) = told.codes.remove(&form["code"]) else { return refused("invalid_grant") };
    let challenge = base64(digest(&SHA256, form["code_verifier"].as_bytes()));
    if challenge != asked["code_challenge"] || form["redirect_uri"] != asked["redirect_uri"] {
        return refused("invalid_grant");
    }
    let seconds = told.now.millis() / 1000;
    let always = json!({
        "iss": told.issuer, "aud": "corridor node", "nonce": asked["nonce"], "iat": seconds, "exp": seconds + 300,
    });
    let claims = with(always, &told.says);
    let message = format!("{}.{}", base64(told.head.to_string()), base64(claims.to_string()));
    let pair = Ed25519KeyPair::from_seed_unchecked(&told.keys[0].1).unwrap();
    let token = format!("{message}.{}", base64(pair.sign(message.as_bytes())));
    (StatusCode::OK, json!({"id_token": token, "access_token": "opaque", "token_type": "Bearer"}).to_string())
}

async fn userinfo(
    State(told): State<Arc<Mutex<Told>>>,
    headers: HeaderMap,
) -> (StatusCode, HeaderMap, String) {
    let mut told = told.lock().unwrap();
    count(&mut told, "userinfo");
    assert_eq!(headers["authorization"], "Bearer opaque");
    let mut kind = HeaderMap::new();
    kind.insert("content-type", "application/json".parse().unwrap());
    let says = told.userinfo.clone().unwrap_or_else(|| json!({"sub": told.says["sub"]}));
    (StatusCode::OK, kind, says.to_string())
}
