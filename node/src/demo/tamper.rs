//! Somebody on the line: a genuine document with one byte changed after it was signed, brought to the
//! other country's gate. What comes back is the gate's own refusal, not a sentence of ours.

use std::path::Path;

use bytes::Bytes;
use corridor_base::problem::ProblemDocument;
use corridor_base::{
    AgreementId, Clock, Did, Digest, EnvelopeId, ErrorCode, OsRandom, Problem, Result, SystemClock,
};
use corridor_exchange::wire::{DELIVERIES, DELIVERY, ENVELOPE_LENGTH};
use corridor_identity::Keyring;
use corridor_net::{Client, ClientOptions, Request, Response, signature};
use corridor_proof::{Envelope, Signed};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use url::Url;

use super::stage::{Place, Stage};
use super::story::Story;

/// Shows that one altered byte is refused, and that nothing of it is left behind.
pub(super) fn show(stage: &Stage, story: &mut Story, kr: &Place, jp: &Place) -> Result<()> {
    let before = received(stage, jp)?;
    story.say("demo-tampering", &[]);
    let request = altered(kr, jp)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    let options =
        ClientOptions { allow: vec!["localhost".parse()?], system_roots: false, ..ClientOptions::default() };
    let response: Response = runtime.block_on(Client::new(&options)?.send(request))?;
    let unexpected =
        |why: String| Problem::new(ErrorCode::PartnerAnswer).with("partner", &jp.did).with("why", why);
    let refusal: ProblemDocument = serde_json::from_slice(&response.body)
        .map_err(|_| unexpected(format!("an altered document was answered with {}", response.status)))?;
    if refusal.code != ErrorCode::SignatureInvalid.as_str() || received(stage, jp)? != before {
        return Err(unexpected(format!("an altered document was answered with {}", refusal.code)));
    }
    let text = Problem::from_document(&refusal).map(|p| p.text(stage.lang()));
    let (title, detail) = text.map_or((refusal.title, refusal.detail), |t| (t.title, t.detail));
    story
        .say("demo-refused", &[("who", &jp.shown(stage.lang())), ("title", &title), ("code", &refusal.code)]);
    story.quote([detail.as_str()]);
    Ok(())
}

/// How many documents the inbox holds.
fn received(stage: &Stage, place: &Place) -> Result<usize> {
    let inbox = stage.corridor(Some(place), &["inbox", "list"])?;
    Ok(inbox.pointer("/items").and_then(serde_json::Value::as_array).map_or(0, Vec::len))
}

/// A delivery signed as the Korean node signs it, with one byte of the content changed afterwards.
fn altered(kr: &Place, jp: &Place) -> Result<Request> {
    let us: Did = kr.did.parse()?;
    let keyring = open(&kr.keys(), &us)?;
    let signer = keyring.current();
    let content = corridor_trade::SAMPLE;
    let envelope = Envelope {
        id: EnvelopeId::new(&SystemClock, &OsRandom),
        kind: "edifact".parse()?,
        sender: us,
        recipient: jp.did.parse()?,
        agreement: AgreementId::new(&SystemClock, &OsRandom),
        time: SystemClock.now(),
        size: content.len() as u64,
        sha256: Digest::of(content),
        name: None,
        answers: None,
        subjects: Vec::new(),
    };
    let signed = Signed::new(envelope, &[&*signer])?;
    let url = Url::parse(&format!("{}{DELIVERIES}", jp.url()))
        .map_err(|e| Problem::new(ErrorCode::Malformed).with("what", "URL").with("why", e))?;
    let mut request = Request::new(Method::POST, url);
    let length = HeaderName::from_static(ENVELOPE_LENGTH);
    request.headers.insert(length.clone(), HeaderValue::from(signed.bytes().len()));
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(DELIVERY));
    let mut body = [signed.bytes(), content].concat();
    request.body = Bytes::from(body.clone());
    signature::sign_request(&mut request, &[length], &*signer, SystemClock.now(), &OsRandom)?;
    if let Some(last) = body.last_mut() {
        *last ^= 1;
    }
    request.body = Bytes::from(body);
    Ok(request)
}

fn open(keys: &Path, us: &Did) -> Result<Keyring> {
    Keyring::open_or_create(keys, us, &SystemClock, &OsRandom)
}
