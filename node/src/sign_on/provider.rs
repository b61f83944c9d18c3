//! The provider as this node meets it: what it says of itself and its keys, kept for an hour, and the exchange of
//! a code for what it says about a person. Everything is fetched by the guarded client (NE-1), bounded, without
//! following redirects; what goes wrong is remembered for some seconds, so that many people at the button are not
//! as many questions to a provider that is down.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{Clock, ErrorCode, Problem, Result, Timestamp};
use corridor_net::{Client, Request, Response};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use super::id_token::{Expected, Fault, Token};
use super::keys::Keys;
use super::{ANSWER, Claims, Metadata, Settings, attempt, failed, logout_token, plain};
use crate::people::SignedOut;

/// How long what the provider published is used.
const KEPT: Duration = Duration::from_secs(3600);
/// How long it is left alone after it did not answer.
const LEFT_ALONE: Duration = Duration::from_secs(5);
/// How often at most its keys are asked for because of one that is not known.
const KEYS_EVERY: Duration = Duration::from_secs(60);
/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest code and access token, in bytes.
const LONGEST: usize = 16 << 10;

/// Something that was fetched, and when.
struct Kept<T>(Arc<T>, Timestamp);

#[derive(Default)]
struct Known {
    metadata: Option<Kept<Metadata>>,
    keys: Option<Kept<Keys>>,
    failed: Option<(Problem, Timestamp)>,
}

/// The provider.
pub struct Provider {
    settings: Settings,
    client: Client,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

/// What came back from the provider with the browser, beside what tells that it is the same attempt.
pub struct Returned<'a> {
    /// The code.
    pub code: &'a str,
    /// What the ID token must bring.
    pub nonce: &'a str,
    /// What shows that it is us who began.
    pub verifier: &'a str,
    /// Where the browser was led back to.
    pub back: &'a str,
}

/// What a token endpoint answers (Core, 3.1.3.3).
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Provider {
    /// Asks nobody yet.
    #[must_use]
    pub fn new(settings: Settings, client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { settings, client, clock, known: Mutex::default() }
    }

    /// What the configuration says.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// `sign-on-failed`; those of the guarded client.
    pub async fn metadata(&self) -> Result<Arc<Metadata>> {
        let now = self.clock.now();
        let mut known = self.known.lock().await;
        if let Some(Kept(metadata, at)) = known.metadata.as_ref().filter(|kept| now.since(kept.1) < KEPT) {
            debug_assert!(*at <= now);
            return Ok(metadata.clone());
        }
        if let Some((problem, at)) = known.failed.as_ref().filter(|(_, at)| now.since(*at) < LEFT_ALONE) {
            debug_assert!(*at <= now);
            return Err(problem.clone());
        }
        match self.described().await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                (known.metadata, known.failed) = (Some(Kept(metadata.clone(), now)), None);
                Ok(metadata)
            }
            Err(problem) => {
                known.failed = Some((problem.clone(), now));
                Err(problem)
            }
        }
    }

    /// Fetches its description of itself and its keys anew: for whoever looks for what is wrong.
    ///
    /// # Errors
    /// `sign-on-failed`; those of the guarded client.
    pub async fn tried(&self) -> Result<()> {
        let metadata = self.described().await?;
        if self.published(&metadata).await?.is_empty() {
            return Err(failed("it publishes no key of RS256, ES256 or EdDSA"));
        }
        Ok(())
    }

    /// Where a browser goes to sign in.
    ///
    /// # Errors
    /// As [`Provider::metadata`].
    pub async fn sign_in_at(&self, state: &str, nonce: &str, verifier: &str, back: &str) -> Result<Url> {
        let metadata = self.metadata().await?;
        let mut url = metadata.authorization.clone();
        let scope = self.settings.scopes.join(" ");
        let challenge = attempt::challenge(verifier);
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.settings.client),
            ("redirect_uri", back),
            ("scope", &scope),
            ("state", state),
            ("nonce", nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        if !self.settings.assurance.acr.is_empty() {
            url.query_pairs_mut().append_pair("acr_values", &self.settings.assurance.acr.join(" "));
        }
        Ok(url)
    }

    /// Where a browser goes to sign out of the provider, too; `None` when it offers no such place.
    ///
    /// # Errors
    /// As [`Provider::metadata`].
    pub async fn sign_out_at(&self, back: &str) -> Result<Option<Url>> {
        let metadata = self.metadata().await?;
        Ok(metadata.end_session.clone().map(|mut url| {
            url.query_pairs_mut()
                .append_pair("client_id", &self.settings.client)
                .append_pair("post_logout_redirect_uri", back);
            url
        }))
    }

    /// Whether an answer names the right provider (RFC 9207, 2.4): one that announces to name itself always
    /// does, and nobody names another.
    ///
    /// # Errors
    /// `sign-on-failed`; as [`Provider::metadata`].
    pub async fn named(&self, issuer: Option<&str>) -> Result<()> {
        match issuer {
            Some(issuer) if issuer == self.settings.issuer.as_str() => Ok(()),
            Some(_) => Err(failed("the answer is of another issuer")),
            None if self.metadata().await?.names_itself => Err(failed("the answer does not name its issuer")),
            None => Ok(()),
        }
    }

    /// Exchanges a code, and gives what the provider says about the person.
    ///
    /// # Errors
    /// `sign-on-failed`, `sign-on-clock`; those of the guarded client.
    pub async fn said(&self, returned: &Returned<'_>) -> Result<Claims> {
        let metadata = self.metadata().await?;
        let tokens = self.exchange(&metadata, returned).await?;
        let token = Token::parse(&tokens.id_token)?;
        let keys = self.keys_for(&metadata, &token).await?;
        let key = keys.find(token.key.as_deref(), token.algorithm).ok_or(Fault::KeyUnknown)?;
        let mut claims = token.verify(
            key,
            &Expected {
                issuer: self.settings.issuer.as_str(),
                client: &self.settings.client,
                nonce: returned.nonce,
                now: self.clock.now(),
            },
        )?;
        let names = &self.settings.claims;
        let wanted = [&names.name, &names.display, &names.groups];
        let lacks = wanted.iter().any(|name| claims.get(name).is_none());
        if let (true, Some(url), Some(token)) = (lacks, &metadata.userinfo, &tokens.access_token) {
            let more = self.userinfo(url, token).await?;
            // Core, 5.3.2: what is said of another subject is not used.
            if more.text("sub").is_none() || more.text("sub") != claims.text("sub") {
                return Err(failed("the userinfo endpoint speaks of another person"));
            }
            claims.complete(more);
        }
        Ok(claims)
    }

    /// Whom it says to have signed out, by a token that it sent by itself (Back-Channel Logout 1.0, 2.6).
    ///
    /// # Errors
    /// `malformed`, with what is wrong with the token; `sign-on-failed` and those of the guarded client when its
    /// keys cannot be had.
    pub async fn signed_out(&self, text: &str) -> Result<SignedOut> {
        let token = Token::parse(text).map_err(refused)?;
        let keys = self.keys_for(&*self.metadata().await?, &token).await?;
        let key = keys.find(token.key.as_deref(), token.algorithm);
        let key = key.ok_or_else(|| refused(Fault::KeyUnknown))?;
        let expected = logout_token::Expected {
            issuer: self.settings.issuer.as_str(),
            client: &self.settings.client,
            now: self.clock.now(),
        };
        logout_token::verify(&token, key, &expected).map_err(refused)
    }

    /// The request that exchanges a code (Core, 3.1.3.1).
    fn asking(&self, metadata: &Metadata, returned: &Returned<'_>) -> Result<Request> {
        if returned.code.is_empty() || returned.code.len() > LONGEST {
            return Err(failed("the answer brings no code"));
        }
        let mut form = Serializer::new(String::new());
        form.extend_pairs([
            ("grant_type", "authorization_code"),
            ("code", returned.code),
            ("redirect_uri", returned.back),
            ("code_verifier", returned.verifier),
        ]);
        let mut request = self.request(Method::POST, &metadata.token);
        match &self.settings.secret {
            Some(secret) if !metadata.secret_in_form => {
                let part = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                // RFC 6749, 2.3.1: both are encoded as in a form first.
                let pair =
                    Zeroizing::new(format!("{}:{}", part(&self.settings.client), part(secret.expose())));
                authorize(&mut request, "Basic", &STANDARD.encode(pair.as_bytes()))?;
            }
            Some(secret) => {
                form.append_pair("client_id", &self.settings.client)
                    .append_pair("client_secret", secret.expose());
            }
            None => drop(form.append_pair("client_id", &self.settings.client)),
        }
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        request.body = form.finish().into();
        Ok(request)
    }

    async fn exchange(&self, metadata: &Metadata, returned: &Returned<'_>) -> Result<Tokens> {
        let answer = self.client.send(self.asking(metadata, returned)?).await?;
        if answer.status != 200 {
            let said = serde_json::from_slice::<Refusal>(&answer.body).map(|refusal| plain(&refusal.error));
            let said = said.unwrap_or_default();
            return Err(failed(format!("it does not take the code: {} {said}", answer.status.as_u16())));
        }
        let tokens: Tokens = serde_json::from_slice(&answer.body)
            .map_err(|_| failed("its token endpoint gives no ID token"))?;
        Ok(tokens)
    }

    /// The keys, asked for again when the one of this token is not among those that are known, now and then.
    async fn keys_for(&self, metadata: &Metadata, token: &Token<'_>) -> Result<Arc<Keys>> {
        let now = self.clock.now();
        let mut known = self.known.lock().await;
        if let Some(Kept(keys, at)) = &known.keys {
            let (age, has) = (now.since(*at), keys.find(token.key.as_deref(), token.algorithm).is_some());
            if (has && age < KEPT) || (!has && age < KEYS_EVERY) {
                return Ok(keys.clone());
            }
        }
        let keys = Arc::new(self.published(metadata).await?);
        known.keys = Some(Kept(keys.clone(), now));
        Ok(keys)
    }

    async fn described(&self) -> Result<Metadata> {
        let place = self.settings.issuer.document();
        let url = Url::parse(&place).map_err(|_| failed("its address is none"))?;
        let answer = self.fetched(self.request(Method::GET, &url)).await?;
        Metadata::parse(&answer.body, &self.settings.issuer, self.settings.secret.is_some()).map_err(failed)
    }

    async fn published(&self, metadata: &Metadata) -> Result<Keys> {
        let answer = self.fetched(self.request(Method::GET, &metadata.keys)).await?;
        Keys::parse(&answer.body).ok_or_else(|| failed("its keys are no JWK set"))
    }

    async fn userinfo(&self, url: &Url, token: &str) -> Result<Claims> {
        if token.len() > LONGEST {
            return Err(failed("its access token is too long"));
        }
        let mut request = self.request(Method::GET, url);
        authorize(&mut request, "Bearer", token)?;
        let answer = self.fetched(request).await?;
        let kind = answer.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/json") {
            return Err(failed("its userinfo endpoint does not answer in JSON"));
        }
        Claims::parse(&answer.body).ok_or_else(|| failed("its userinfo endpoint answers no object"))
    }

    fn request(&self, method: Method, url: &Url) -> Request {
        let mut request = Request::new(method, url.clone());
        request.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        (request.limit, request.timeout) = (ANSWER, PATIENCE);
        request
    }

    async fn fetched(&self, request: Request) -> Result<Response> {
        let place = request.url.path().to_owned();
        let answer = self.client.send(request).await?;
        if answer.status != 200 {
            return Err(failed(format!("it answers {} at {}", answer.status.as_u16(), plain(&place))));
        }
        Ok(answer)
    }
}

fn refused(fault: Fault) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "logout token").with("why", format!("it {}", fault.why()))
}

fn authorize(request: &mut Request, scheme: &str, text: &str) -> Result<()> {
    let value = Zeroizing::new(format!("{scheme} {text}"));
    let mut value = HeaderValue::from_str(&value)
        .map_err(|_| Problem::new(ErrorCode::SignOnFailed).with("why", "a token has strange characters"))?;
    value.set_sensitive(true);
    request.headers.insert(AUTHORIZATION, value);
    Ok(())
}
