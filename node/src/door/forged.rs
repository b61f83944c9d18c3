//! Keeps forged requests out (CSRF): a `POST` to the console comes from a page of the console, by what
//! the browser says of it, and brings a token that only a page of the same session, or of the same
//! visit, was given. The API takes no cookies, so that it needs none of this.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{ErrorCode, Problem, Result};
use futures::{StreamExt, stream};
use subtle::ConstantTimeEq as _;

use crate::people::{Sealer, Site};

/// The field that brings the token; the first of a form with files.
pub const FIELD: &str = "csrf";
/// The largest form without files, in bytes (a document of trade has some thousand fields), and how much of
/// one with files is looked at.
pub const FORM: usize = 256 << 10;
const HEAD: usize = 4 << 10;

/// The token of a session or a visit, made of its cookie: nothing is kept, and nobody without the
/// cookie's secret and the key of the node can make it.
#[must_use]
pub fn token(sealer: &Sealer, cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(sealer.mark(&[b"csrf", cookie.as_bytes()]))
}

fn refused(why: &str) -> Problem {
    Problem::new(ErrorCode::FormRefused).with("why", why)
}

/// Whether the browser says that the request comes from a page of the console itself (Fetch Metadata;
/// `Origin` from browsers that do not know it). A browser of today sends one of them with every `POST`.
///
/// # Errors
/// `form-refused`.
pub fn from_our_page(headers: &HeaderMap, site: &Site) -> Result<()> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => return Ok(()),
        Some(other) => return Err(refused(&format!("it comes from another site ({other})"))),
        None => {}
    }
    let Some(origin) = text(ORIGIN.as_str()) else {
        return Err(refused("the browser does not say where it comes from"));
    };
    // By the address of the configuration, or by the one the browser itself asks: cookies are bound to it.
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    if origin == site.origin() || (authority.is_some() && authority == text(HOST.as_str())) {
        return Ok(());
    }
    Err(refused("it comes from another site"))
}

/// What a form turned out to be.
#[derive(Debug)]
pub enum Checked {
    /// It brings the right token; the request is whole, with the form itself when it has no files.
    Right(Request, Option<Bytes>),
    /// It has no files and brings the token of another session: what was written may be shown, and not done.
    Other(Request, Bytes),
}

/// Holds the token that a form brings against the right one.
///
/// # Errors
/// `form-refused`, `too-large`.
pub async fn checked(request: Request, right: &str) -> Result<Checked> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let bytes = to_bytes(body, FORM).await.map_err(|_| {
            Problem::new(ErrorCode::TooLarge).with("what", "form").with("limit", format!("{FORM} bytes"))
        })?;
        let brought = url::form_urlencoded::parse(&bytes).find(|(name, _)| name == FIELD);
        let judged = same(brought.as_ref().map(|(_, value)| value.as_ref()), right);
        let (none, request) = (brought.is_none(), Request::from_parts(parts, Body::from(bytes.clone())));
        return match judged {
            Ok(()) => Ok(Checked::Right(request, Some(bytes))),
            Err(refused) if none => Err(refused),
            Err(_) => Ok(Checked::Other(request, bytes)),
        };
    }
    if let Some(boundary) = boundary(kind) {
        let (head, whole) = peek(body).await?;
        same(first_field(&boundary, &head), right)?;
        return Ok(Checked::Right(Request::from_parts(parts, whole), None));
    }
    Err(refused("it is no form"))
}

fn same(brought: Option<&str>, right: &str) -> Result<()> {
    let brought = brought.ok_or_else(|| refused("it brings no token"))?;
    if bool::from(brought.as_bytes().ct_eq(right.as_bytes())) { Ok(()) } else { Err(other()) }
}

/// The answer to a form of another session.
pub fn other() -> Problem {
    refused("its token is that of another session")
}

/// The boundary of a form with files (RFC 7578, 4.1).
fn boundary(kind: &str) -> Option<String> {
    let rest = kind.strip_prefix("multipart/form-data")?;
    let value = rest.split(';').find_map(|p| p.trim().strip_prefix("boundary="))?.trim_matches('"');
    ((1..=70).contains(&value.len()) && value.is_ascii()).then(|| value.to_owned())
}

/// The beginning of a body, and the body again with it.
async fn peek(body: Body) -> Result<(Vec<u8>, Body)> {
    let mut data = body.into_data_stream();
    let (mut head, mut taken) = (Vec::new(), Vec::new());
    while head.len() < HEAD {
        let Some(next) = data.next().await else { break };
        let chunk = next.map_err(|e| Problem::new(ErrorCode::Malformed).with("what", "form").because(e))?;
        head.extend_from_slice(&chunk);
        taken.push(Ok(chunk));
    }
    Ok((head, Body::from_stream(stream::iter(taken).chain(data))))
}

/// The value of the first part, when it is the token.
fn first_field<'a>(boundary: &str, head: &'a [u8]) -> Option<&'a str> {
    let rest = head.strip_prefix(format!("--{boundary}\r\n").as_bytes())?;
    let end = rest.windows(4).take(HEAD).position(|w| w == b"\r\n\r\n")?;
    let (headers, value) = rest.split_at_checked(end + 4)?;
    let headers = std::str::from_utf8(headers).ok()?.to_ascii_lowercase();
    let named = headers.lines().any(|line| {
        line.starts_with("content-disposition: form-data") && line.contains(&format!("name=\"{FIELD}\""))
    });
    let end = value.windows(2).take(HEAD).position(|w| w == b"\r\n")?;
    named.then(|| std::str::from_utf8(value.get(..end)?).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn site() -> Site {
        Site::of(&"https://corridor.example.jp".parse().unwrap())
    }

    #[test]
    fn only_a_page_of_the_console_sends_a_form() {
        let check = |headers: &[(&'static str, &str)], expect: bool| {
            let map: HeaderMap =
                headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
            assert_eq!(from_our_page(&map, &site()).is_ok(), expect, "{headers:?}");
        };
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "none")], true);
        check(&[("sec-fetch-site", "same-site"), ("origin", "https://corridor.example.jp")], false);
        check(&[("sec-fetch-site", "cross-site")], false);
        check(&[("origin", "https://corridor.example.jp")], true);
        check(&[("origin", "https://corridor.example.jp.evil.example")], false);
        check(&[("origin", "http://127.0.0.1:7081"), ("host", "127.0.0.1:7081")], true);
        check(&[("origin", "https://evil.example"), ("host", "corridor.example.jp")], false);
        check(&[("origin", "null")], false);
        check(&[], false);
    }

    #[tokio::test]
    async fn a_form_brings_its_token_with_files_and_without() {
        let check = async |kind: &str, body: &str, expect: bool| {
            let request = Request::builder().header("content-type", kind).body(Body::from(body.to_owned()));
            let found = checked(request.unwrap(), "right").await;
            assert_eq!(matches!(found, Ok(Checked::Right(..))), expect, "{kind} {body}");
            // Only a form without files that brings a token is handed on when it is not the right one.
            let other = kind.contains("urlencoded") && body.contains("csrf=wrong");
            assert_eq!(matches!(found, Ok(Checked::Other(..))), other, "{kind} {body}");
            if let Ok(Checked::Right(request, _)) = found {
                let again = to_bytes(request.into_body(), 1 << 20).await.unwrap();
                assert!(again == body.as_bytes(), "the handler gets the whole body");
            }
        };
        let plain = "application/x-www-form-urlencoded";
        check(plain, "a=b&csrf=right", true).await;
        check(plain, "a=b&csrf=wrong", false).await;
        check(plain, "a=b", false).await;
        check(plain, "csrf=wrong&csrf=right", false).await;
        let files = "multipart/form-data; boundary=XX";
        let part = |name: &str, value: &str| {
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let file = "x".repeat(100_000);
        check(files, &format!("{}{}--XX--", part("csrf", "right"), part("file", &file)), true).await;
        check(files, &format!("{}{}--XX--", part("csrf", "wrong"), part("file", &file)), false).await;
        check(files, &format!("{}{}--XX--", part("file", &file), part("csrf", "right")), false).await;
        check("application/json", "{\"csrf\":\"right\"}", false).await;
        check("text/plain", "csrf=right", false).await;
    }

    proptest! {
        #[test]
        fn arbitrary_beginnings_never_panic(head in proptest::collection::vec(any::<u8>(), 0..400), kind in ".{0,100}") {
            let _ = first_field("XX", &head);
            let _ = first_field("XX", &[b"--XX\r\n".as_slice(), &head].concat());
            let _ = boundary(&kind);
            let _ = boundary(&format!("multipart/form-data;{kind}"));
        }
    }
}
