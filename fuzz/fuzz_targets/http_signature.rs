//! The signature fields of a request (RFC 9421), and what else stands in headers.
#![no_main]
use corridor_net::{Allow, PublicUrl, signature, tls};
use http::{HeaderMap, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |b| *b == 0);
    let mut headers = HeaderMap::new();
    for name in ["signature-input", "signature", "content-digest"] {
        if let Ok(value) = HeaderValue::from_bytes(parts.next().unwrap_or_default()) {
            headers.insert(name, value);
        }
    }
    let _ = signature::request(&Method::POST, "http://localhost/", &headers);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = text.parse::<Allow>();
        let _ = PublicUrl::parse(text);
    }
    let _ = tls::not_after(bytes);
});
