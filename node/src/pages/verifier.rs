//! Verification in the reader's own browser: the script of `corridor-proof`, served under a name that
//! says its content, and the place in a page where it shows what it found.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use axum::response::{IntoResponse, Response};
use corridor_base::{Digest, ErrorCode, Problem};
use corridor_console::component::{Icon, country_name};
use corridor_console::secure::secure;
use corridor_console::{Markup, Viewer, asset};
use corridor_net::refusal::Refusal;
use flate2::Compression;
use serde::Serialize;

use super::evidence::words;
use crate::api::extract::Named;

/// Where the script is.
pub(super) const FOLDER: &str = "/console/verifier";
/// Where the witness policy of the moment is, as a file.
pub(super) const POLICY: &str = "/console/verify/policy";

/// The countries that have names here.
const COUNTRIES: [&str; 2] = ["JP", "KR"];

/// The verifier and what wires it to a page, as one file: one request.
struct Script {
    name: String,
    plain: String,
    gzip: Vec<u8>,
}

fn script() -> &'static Script {
    static SCRIPT: OnceLock<Script> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let plain =
            format!("{}\n{}", corridor_proof::BROWSER_VERIFIER, include_str!("../../assets/verify-here.mjs"));
        let digest: String = Digest::of(plain.as_bytes()).to_string().chars().take(16).collect();
        let gzip = asset::compressed(plain.as_bytes(), Compression::best());
        Script { name: format!("verify.{digest}.mjs"), plain, gzip }
    })
}

/// A name in a path.
pub(super) struct Name(String);

impl std::str::FromStr for Name {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Ok(Self(text.to_owned()))
    }
}

/// `GET /console/verifier/{name}`.
pub(super) async fn serve(headers: HeaderMap, Named(name): Named<Name>) -> Response {
    let script = script();
    if name.0 != script.name {
        return Refusal(Problem::new(ErrorCode::NotFound).with("what", "script")).into_response();
    }
    let gzip = asset::takes_gzip(&headers);
    let bytes: &'static [u8] = if gzip { &script.gzip } else { script.plain.as_bytes() };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    secure(headers);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// A receipt that can be checked here.
#[derive(Serialize)]
pub(super) struct Offered {
    /// What it is of.
    pub(super) title: String,
    /// Where the file is.
    pub(super) address: String,
}

/// The place where the browser shows what it found. Without a script it says where to go instead (UI-1).
#[derive(Template)]
#[template(path = "evidence/here.html")]
pub(super) struct Here {
    policy: &'static str,
    icons: &'static str,
    script: String,
    words: String,
    receipts: String,
    lead: String,
    without: String,
    start: String,
}

impl Here {
    /// For these receipts; for the file that the form around it takes, when there are none.
    pub(super) fn new(viewer: &Viewer, receipts: Vec<Offered>) -> Self {
        let t = words(viewer);
        let form = receipts.is_empty();
        let key = |of_form: &'static str, of_page: &'static str| if form { of_form } else { of_page };
        Self {
            policy: POLICY,
            icons: asset::icons(),
            script: format!("{FOLDER}/{}", script().name),
            words: serde_json::to_string(&said(viewer)).unwrap_or_default(),
            receipts: serde_json::to_string(&receipts).unwrap_or_default(),
            lead: t.get(key("here-lead-form", "here-lead")).into(),
            without: t.get(key("here-without-form", "here-without")).into(),
            start: t.get(key("here-start-form", "here-start")).into(),
        }
    }
}

impl HtmlSafe for Here {}

impl From<Here> for Markup {
    fn from(here: Here) -> Self {
        Self::of(&here)
    }
}

/// What the script says, by what it calls it.
fn said(viewer: &Viewer) -> BTreeMap<String, String> {
    let t = words(viewer);
    let mut out = BTreeMap::new();
    for state in ["passed", "failed", "pending", "not-checked"] {
        out.insert(state.to_owned(), t.get(&format!("verify-{state}")).to_string());
        out.insert(format!("outcome-{state}"), t.get(&format!("verify-outcome-{state}")).to_string());
    }
    for check in ["form", "act", "inclusion", "log-signature", "cosignatures", "quorum"] {
        out.insert(format!("check-{check}"), t.get(&format!("verify-check-{check}")).to_string());
    }
    let of_country = t.get("verify-check-country").and("country", "{country}").to_string();
    out.insert("check-country".to_owned(), of_country);
    for country in COUNTRIES {
        out.insert(format!("country-{country}"), country_name(viewer.lang(), country));
    }
    for (name, key) in [
        ("column-check", "verify-column-check"),
        ("column-result", "verify-column-result"),
        ("column-about", "verify-column-about"),
        ("upload-instead", "here-upload-instead"),
        ("choose-first", "here-choose-first"),
        ("cannot-check", "here-cannot-check"),
    ] {
        out.insert(name.to_owned(), t.get(key).to_string());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::evidence::tests::{holds, viewer};
    use corridor_base::Lang;

    #[test]
    fn the_place_holds_its_words_and_a_way_without_a_script() {
        let hostile = || Offered { title: "\"><script>".to_owned(), address: "/console/x".to_owned() };
        let check = |receipts: Vec<Offered>| {
            for lang in Lang::ALL {
                let viewer = viewer(*lang);
                let html = Markup::from(Here::new(&viewer, receipts.iter().map(|_| hostile()).collect()))
                    .into_string();
                holds(&html, &["<noscript>", script().name.as_str(), POLICY]);
                assert!(!html.contains("\"><script>"), "a title became markup: {html}");
                assert!(!html.contains("?verify") && !html.contains("?here"), "a message is missing: {html}");
            }
        };
        check(vec![]);
        check(vec![hostile()]);
    }

    #[test]
    fn the_script_is_small_and_known_by_its_content() {
        assert!(script().gzip.len() < 20_000, "{} bytes, compressed", script().gzip.len());
        assert!(
            script().plain.contains("export async function verify(") && script().name.starts_with("verify.")
        );
    }
}
