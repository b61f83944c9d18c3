//! The style sheet, the script and the signs: one file each, under a name that says its content, so that a
//! browser asks once and for all; compressed once.

use std::io::Write as _;
use std::sync::OnceLock;

use axum::body::Body;
use axum::response::Response;
use corridor_base::Digest;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use http::{HeaderMap, StatusCode};

use crate::secure::secure;
use crate::token;

/// Where assets stand.
pub const FOLDER: &str = "/console/assets";

struct Asset {
    name: String,
    kind: &'static str,
    plain: Vec<u8>,
    gzip: Vec<u8>,
}

struct Assets {
    style: Asset,
    script: Asset,
    icons: Asset,
}

fn assets() -> &'static Assets {
    static ASSETS: OnceLock<Assets> = OnceLock::new();
    ASSETS.get_or_init(|| Assets {
        style: asset(
            "console",
            "css",
            "text/css; charset=utf-8",
            token::style() + include_str!("../assets/console.css"),
        ),
        script: asset(
            "console",
            "js",
            "text/javascript; charset=utf-8",
            include_str!("../assets/console.js").to_owned(),
        ),
        icons: asset("icons", "svg", "image/svg+xml", include_str!("../assets/icons.svg").to_owned()),
    })
}

fn asset(name: &str, ending: &str, kind: &'static str, text: String) -> Asset {
    let digest: String = Digest::of(text.as_bytes()).to_string().chars().take(16).collect();
    let plain = text.into_bytes();
    let gzip = compressed(&plain, Compression::best());
    Asset { name: format!("{name}.{digest}.{ending}"), kind, plain, gzip }
}

/// The bytes as gzip (RFC 1952).
#[must_use]
pub fn compressed(plain: &[u8], how: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), how);
    // Writing to memory does not fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}

fn path(of: &'static OnceLock<String>, asset: fn(&Assets) -> &Asset) -> &'static str {
    of.get_or_init(|| format!("{FOLDER}/{}", asset(assets()).name))
}

/// The path of the style sheet.
#[must_use]
pub fn style() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    path(&PATH, |a| &a.style)
}

/// The path of the script.
#[must_use]
pub fn script() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    path(&PATH, |a| &a.script)
}

/// The path of the signs.
#[must_use]
pub fn icons() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    path(&PATH, |a| &a.icons)
}

/// Whether the client takes gzip (RFC 9110, 12.5.3).
#[must_use]
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accepted.split(',').take(16).any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// The asset of this name, which is the last part of its path; `None` when there is none: a page of
/// another version asks for its own.
#[must_use]
pub fn answer(name: &str, headers: &HeaderMap) -> Option<Response> {
    let all = assets();
    let asset = [&all.style, &all.script, &all.icons].into_iter().find(|a| a.name == name)?;
    let gzip = takes_gzip(headers);
    let bytes: &'static [u8] = if gzip { &asset.gzip } else { &asset.plain };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    secure(headers);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let check = |accepted: &str, expect: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(takes_gzip(&headers), expect, "{accepted}");
        };
        check("gzip", true);
        check("br, GZIP;q=0.5", true);
        check("gzip;q=0, br", false);
        check("", false);
        check("identity", false);
    }

    #[test]
    fn an_asset_is_known_by_its_content() {
        let name = style().strip_prefix("/console/assets/").unwrap();
        let found = answer(name, &HeaderMap::new()).unwrap();
        assert_eq!(found.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(found.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
        assert!(answer("console.0000000000000000.css", &HeaderMap::new()).is_none());
        assert!(answer("../console.css", &HeaderMap::new()).is_none());
    }

    #[test]
    fn what_every_page_needs_is_small() {
        let all = assets();
        let size = all.style.gzip.len() + all.script.gzip.len() + all.icons.gzip.len();
        assert!(size < 30_000, "{size} bytes, compressed");
    }
}
