//! The profile against RFC 9421's own example, against another implementation, and against
//! everything a hostile caller may change.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use corridor_base::SeededRandom;
use corridor_proof::SecretKey;
use proptest::prelude::*;
use url::Url;

use super::*;
use crate::NonceCache;

/// The seed of `test-key-ed25519` (RFC 9421, B.1.4).
const RFC_SEED: &str = "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU";
const FORWARDER: &str = "did:web:forwarder.example.kr#k1";
const CUSTOMS: &str = "did:web:customs.example.jp#k1";
const NOW: i64 = 1_795_339_500;
const TARGET: &str = "https://node.example.jp/corridor/exchange/v1/deliveries/018f?part=1";

fn rfc_key(name: &str) -> SecretKey {
    SecretKey::from_seed(name, &URL_SAFE_NO_PAD.decode(RFC_SEED).unwrap().try_into().unwrap()).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in of {
        map.append(*name, HeaderValue::from_str(value).unwrap());
    }
    map
}

/// Counts up from one, as the nonce of the vector was made.
struct Counting;

impl Random for Counting {
    fn fill(&self, into: &mut [u8]) {
        for (byte, n) in into.iter_mut().zip(1..) {
            *byte = n;
        }
    }
}

fn unsigned() -> Request {
    let mut request = Request::new(Method::PATCH, Url::parse(TARGET).unwrap());
    request.headers = headers(&[("content-type", "application/octet-stream"), ("upload-offset", "4096")]);
    request.body = Bytes::from_static(b"{\"hello\": \"world\"}");
    request
}

fn signed() -> Request {
    let mut request = unsigned();
    let extra = [HeaderName::from_static("upload-offset")];
    sign_request(&mut request, &extra, &rfc_key(FORWARDER), at(NOW), &Counting).unwrap();
    request
}

/// Judges a request as the gate does: signature, nonce, content.
fn judge(request: &Request) -> Result<Verified> {
    let unverified = super::request(&request.method, request.url.as_str(), &request.headers)?;
    assert_eq!(unverified.key_id().as_str(), FORWARDER);
    let verified = unverified.verify(rfc_key(FORWARDER).public(), at(NOW), DEFAULT_MAX_SKEW)?;
    verified.covers_body(&Digest::of(&request.body))?;
    Ok(verified)
}

/// Changes a good request and says what comes of it.
fn check(change: impl FnOnce(&mut Request), expect: ErrorCode) {
    let mut request = signed();
    judge(&request).unwrap();
    change(&mut request);
    let problem = judge(&request).unwrap_err();
    assert_eq!(problem.code(), expect, "{problem} {request:?}");
}

/// Changes the text of `Signature-Input`.
fn check_input(from: &str, to: &str, expect: ErrorCode) {
    let change = |request: &mut Request| {
        let old = request.headers[SIGNATURE_INPUT].to_str().unwrap();
        let new = old.replacen(from, to, 1);
        assert_ne!(old, new, "{from} is not there");
        request.headers.insert(SIGNATURE_INPUT, new.parse().unwrap());
    };
    check(change, expect);
}

fn set(name: &'static str, value: &'static str) -> impl FnOnce(&mut Request) {
    move |request| drop(request.headers.insert(name, HeaderValue::from_static(value)))
}

fn also(name: &'static str, value: &'static str) -> impl FnOnce(&mut Request) {
    move |request| {
        assert!(request.headers.append(name, HeaderValue::from_static(value)) || name.starts_with("x-"))
    }
}

fn without(name: &'static str) -> impl FnOnce(&mut Request) {
    move |request| drop(request.headers.remove(name))
}

/// RFC 9421, B.2.6: its signature base, byte for byte, and its signature.
#[test]
fn the_example_of_the_rfc_is_made_and_checked() {
    let map = headers(&[
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-length", "18"),
        (
            "signature-input",
            "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
             ;created=1618884473;keyid=\"test-key-ed25519\"",
        ),
        (
            "signature",
            "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
        ),
    ]);
    let input = fields::input(&map, "sig-b26").unwrap().unwrap();
    // The profile derives neither of these two: they stand here as the example has them.
    let value = |component: &Component| match component.name.as_str() {
        "@path" => Some("/foo".to_owned()),
        "@authority" => Some("example.com".to_owned()),
        _ => Message::Request { method: &Method::POST, target_uri: "" }.value(component, &map),
    };
    let base = base(&input, value, |_, _| ()).unwrap();
    let expect = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\
        \"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\
        \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
        ;created=1618884473;keyid=\"test-key-ed25519\"";
    assert_eq!(base, expect);
    let signature = fields::signature(&map, "sig-b26").unwrap().unwrap();
    let key = rfc_key("test-key-ed25519");
    assert!(key.public().verifies(base.as_bytes(), &signature));
    assert_eq!(key.sign(base.as_bytes()).unwrap(), signature);
}

/// RFC 9421, B.5: a signature that survives what intermediaries do, and not what they must not.
#[test]
fn the_example_of_transformed_messages_holds_where_the_rfc_says_so() {
    let check = |method: Method, accept: &[&str], expect: bool| {
        let mut map = headers(&[
            (
                "signature-input",
                "transform=(\"@method\" \"@path\" \"@authority\" \"accept\");created=1618884473\
                 ;keyid=\"test-key-ed25519\"",
            ),
            (
                "signature",
                "transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==:",
            ),
        ]);
        // The profile covers no field that stands on two lines: joined here, as RFC 9421, 2.1 has it.
        map.append("accept", HeaderValue::from_str(&accept.join(", ")).unwrap());
        let input = fields::input(&map, "transform").unwrap().unwrap();
        let value = |component: &Component| match component.name.as_str() {
            "@path" => Some("/demo".to_owned()),
            "@authority" => Some("example.org".to_owned()),
            _ => Message::Request { method: &method, target_uri: "" }.value(component, &map),
        };
        let base = base(&input, value, |_, _| ()).unwrap();
        let signature = fields::signature(&map, "transform").unwrap().unwrap();
        assert_eq!(
            rfc_key("test-key-ed25519").public().verifies(base.as_bytes(), &signature),
            expect,
            "{base}"
        );
    };
    check(Method::GET, &["application/json", "*/*"], true);
    check(Method::POST, &["application/json", "*/*"], false);
    check(Method::GET, &["*/*", "application/json"], false);
}

/// Made by npm `http-message-signatures` 1.0.6 with the same key, nonce and time (and checked by
/// PyPI `http-message-signatures` 3.0.0). Ed25519 is deterministic: ours must be the same bytes.
#[test]
fn another_implementation_signs_the_same_bytes() {
    let request = signed();
    let field = |name| request.headers[name].to_str().unwrap();
    assert_eq!(field(CONTENT_DIGEST), "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
    assert_eq!(
        field(SIGNATURE_INPUT),
        "corridor=(\"@method\" \"@target-uri\" \"content-digest\" \"content-length\" \"content-type\" \
         \"upload-offset\");created=1795339500;nonce=\"AQIDBAUGBwgJCgsMDQ4PEA\"\
         ;keyid=\"did:web:forwarder.example.kr#k1\";alg=\"ed25519\";tag=\"corridor\""
    );
    assert_eq!(
        field(SIGNATURE),
        "corridor=:489JfhjOQhUy//5z9uBl5uQmLk7P+O2gW1/KOZufklnYR+3Ec1UbJ4g3tJSAtytDZ4svv8EyHIfT1/kwt09CBg==:"
    );
    let asked = judge(&request).unwrap().asked().clone();
    let mut answer = headers(&[("content-type", "text/plain; charset=utf-8")]);
    let body = Digest::of(b"accepted\n");
    sign_response(&asked, StatusCode::CREATED, &mut answer, &body, &rfc_key(CUSTOMS), at(NOW)).unwrap();
    let field = |name| answer[name].to_str().unwrap();
    assert_eq!(
        field(SIGNATURE_INPUT),
        "corridor=(\"@status\" \"content-digest\" \"content-type\" \"@method\";req \"@target-uri\";req \
         \"signature\";req;key=\"corridor\");created=1795339500;keyid=\"did:web:customs.example.jp#k1\"\
         ;alg=\"ed25519\";tag=\"corridor\""
    );
    assert_eq!(
        field(SIGNATURE),
        "corridor=:xpee2kJdupKRrR76Z3Wa6vTfiirtThBt9lLFXseOMg8zhRoNuL22GCGhUfYQzZ9Xy+n9xyRJMKfCj62B3NRGCg==:"
    );
}

#[test]
fn a_signed_request_is_taken_and_shows_what_was_covered() {
    let verified = judge(&signed()).unwrap();
    assert_eq!(verified.created(), at(NOW));
    assert_eq!(verified.nonce(), "AQIDBAUGBwgJCgsMDQ4PEA");
    assert_eq!(verified.field("upload-offset"), Some("4096"));
    assert_eq!(verified.field("content-length"), Some("18"));
    assert_eq!(verified.field("x-other"), None);
    // A request without content is signed too.
    let mut get = Request::new(Method::GET, Url::parse("http://localhost:7081/x#part").unwrap());
    let asked = sign_request(&mut get, &[], &rfc_key(FORWARDER), at(NOW), &SeededRandom::new(1)).unwrap();
    assert!(!get.headers.contains_key(CONTENT_LENGTH));
    get.url.set_fragment(None);
    assert_eq!(judge(&get).unwrap().asked(), &asked);
}

#[test]
fn a_field_that_is_not_covered_is_as_good_as_absent() {
    let mut request = signed();
    also("x-other", "1")(&mut request);
    assert_eq!(judge(&request).unwrap().field("x-other"), None);
}

#[test]
fn a_missing_signature_is_named() {
    use ErrorCode::SignatureMissing;
    check(without("signature-input"), SignatureMissing);
    check(without("signature"), SignatureMissing);
    check(set("signature-input", "proxy=(\"@method\");created=1"), SignatureMissing);
    check(set("signature", "proxy=:AAAA:"), SignatureMissing);
}

#[test]
fn a_garbled_field_is_malformed() {
    use ErrorCode::{Malformed, TooLarge};
    for garbled in [
        "",
        "corridor",
        "corridor=1",
        "corridor=(",
        "corridor=(\"@method\"",
        "corridor=(a b)",
        "corridor=();;",
        "=()",
        "corridor=(\"@method\");created=x\"",
    ] {
        let expect = if garbled.is_empty() { ErrorCode::SignatureMissing } else { Malformed };
        check(set("signature-input", garbled), expect);
    }
    for garbled in
        ["corridor", "corridor=:AAAA:", "corridor=\"x\"", "corridor=(\"x\")", "corridor=:!!:", "corridor=:"]
    {
        check(set("signature", garbled), Malformed);
    }
    check(
        |r| {
            drop(
                r.headers.insert(
                    SIGNATURE_INPUT,
                    HeaderValue::from_bytes(b"corridor=(\"\xe3\x81\x82\")").unwrap(),
                ),
            )
        },
        Malformed,
    );
    check(|r| drop(r.headers.insert(SIGNATURE_INPUT, "x".repeat(5000).parse().unwrap())), TooLarge);
    let many = format!("corridor=({})", (0..40).map(|n| format!("\"x-{n}\"")).collect::<Vec<_>>().join(" "));
    check(|r| drop(r.headers.insert(SIGNATURE_INPUT, many.parse().unwrap())), Malformed);
}

#[test]
fn parameters_of_another_kind_are_malformed() {
    use ErrorCode::Malformed;
    check_input("alg=\"ed25519\"", "alg=\"hmac-sha256\"", Malformed);
    check_input(";alg=\"ed25519\"", "", Malformed);
    check_input("alg=\"ed25519\"", "alg=ed25519", Malformed);
    check_input("tag=\"corridor\"", "tag=\"other\"", Malformed);
    check_input(";tag=\"corridor\"", "", Malformed);
    check_input("keyid=\"did:web:forwarder.example.kr#k1\"", "keyid=\"k1\"", Malformed);
    check_input(";keyid=\"did:web:forwarder.example.kr#k1\"", "", Malformed);
    check_input(";created=1795339500", "", Malformed);
    check_input("created=1795339500", "created=\"1795339500\"", Malformed);
    check_input("nonce=\"AQIDBAUGBwgJCgsMDQ4PEA\"", "nonce=\"short\"", Malformed);
    check_input(";nonce=\"AQIDBAUGBwgJCgsMDQ4PEA\"", "", Malformed);
    check_input("AQIDBAUGBwgJCgsMDQ4PEA", &"a".repeat(65), Malformed);
    check_input(";tag=", ";colour=\"blue\";tag=", Malformed);
    check_input(";tag=", ";created=1795339500;tag=", Malformed);
    check_input("\"@method\"", "\"@method\";sf", Malformed);
    check_input("\"@method\"", "\"@method\";req", ErrorCode::SignatureMissing);
    check_input("\"@method\"", "\"@method\" \"@method\"", Malformed);
    check_input("\"@method\"", "\"@method\" \"@status\"", Malformed);
    check_input("\"@method\"", "\"@method\" \"x-absent\"", Malformed);
    check_input("\"@method\"", "\"@method\" \"Upload-Offset\"", Malformed);
}

#[test]
fn what_must_be_covered_is_covered() {
    for left_out in [
        "\"@method\" ",
        "\"@target-uri\" ",
        "\"content-digest\" ",
        "\"content-length\" ",
        "\"content-type\" ",
    ] {
        check_input(left_out, "", ErrorCode::SignatureMissing);
    }
    // Not required of the profile, but signed: taking it out breaks the signature.
    check_input(" \"upload-offset\"", "", ErrorCode::SignatureInvalid);
}

#[test]
fn an_altered_request_does_not_hold() {
    use ErrorCode::SignatureInvalid;
    check(|r| r.body = Bytes::from_static(b"{\"hello\": \"worle\"}"), SignatureInvalid);
    check(|r| r.body = Bytes::new(), SignatureInvalid);
    check(|r| r.method = Method::PUT, SignatureInvalid);
    check(|r| r.url.set_path("/corridor/exchange/v1/deliveries/018e"), SignatureInvalid);
    check(|r| r.url.set_query(Some("part=2")), SignatureInvalid);
    check(|r| r.url.set_query(None), SignatureInvalid);
    check(|r| r.url.set_host(Some("node.example.kr")).unwrap(), SignatureInvalid);
    check(|r| r.url.set_scheme("http").unwrap(), SignatureInvalid);
    check(set("upload-offset", "4097"), SignatureInvalid);
    check(set("content-type", "text/plain"), SignatureInvalid);
    check(set("content-length", "19"), SignatureInvalid);
    check(set("content-digest", "sha-256=:SCXDi6ngcbw+GZYefBvQwaL8xXWlz/fkFtf3x3JZcnE=:"), SignatureInvalid);
    check_input("created=1795339500", "created=1795339501", SignatureInvalid);
    check_input("AQIDBAUGBwgJCgsMDQ4PEA", "BQIDBAUGBwgJCgsMDQ4PEA", SignatureInvalid);
    check_input(";nonce=", ";expires=1795339600;nonce=", SignatureInvalid);
    check_input("\"@method\" \"@target-uri\"", "\"@target-uri\" \"@method\"", SignatureInvalid);
    check(set("content-digest", "sha-512=:AAAA:"), ErrorCode::SignatureMissing);
    check(set("content-digest", "sha-256=:AAAA:"), ErrorCode::Malformed);
    check(without("content-digest"), ErrorCode::Malformed);
    check(without("upload-offset"), ErrorCode::Malformed);
}

#[test]
fn a_field_or_a_label_that_stands_twice_is_refused() {
    use ErrorCode::Malformed;
    check(also("content-type", "text/plain"), Malformed);
    check(also("content-type", "application/octet-stream"), Malformed);
    check(also("upload-offset", "4096"), Malformed);
    check(also("content-digest", "sha-256=:SCXDi6ngcbw+GZYefBvQwaL8xXWlz/fkFtf3x3JZcnE=:"), Malformed);
    check(also("signature-input", "corridor=(\"@method\");created=1"), Malformed);
    check(also("signature", "corridor=:AAAA:"), Malformed);
}

#[test]
fn signatures_under_other_labels_are_passed_by() {
    let mut request = signed();
    also("signature-input", "proxy=(\"@authority\");created=1;nonce=\"x\", b=1, c=?1;d=:AAAA:")(&mut request);
    also("signature", "proxy=:AAAA:")(&mut request);
    judge(&request).unwrap();
}

#[test]
fn the_signature_of_another_key_does_not_hold() {
    let request = signed();
    let other = SecretKey::generate(FORWARDER, &SeededRandom::new(2)).unwrap();
    let unverified = super::request(&request.method, request.url.as_str(), &request.headers).unwrap();
    let problem = unverified.verify(other.public(), at(NOW), DEFAULT_MAX_SKEW).unwrap_err();
    assert_eq!(problem.code(), ErrorCode::SignatureInvalid);
    assert_eq!(problem.arg("who"), Some("did:web:forwarder.example.kr"));
    assert_eq!(problem.arg("key"), Some(FORWARDER));
}

#[test]
fn a_clock_too_far_off_is_told_by_how_much() {
    let check = |now: i64, expect: Option<&str>| {
        let request = signed();
        let unverified = super::request(&request.method, request.url.as_str(), &request.headers).unwrap();
        match unverified.verify(rfc_key(FORWARDER).public(), at(now), DEFAULT_MAX_SKEW) {
            Ok(_) => assert_eq!(expect, None, "{now}"),
            Err(problem) => {
                assert_eq!(problem.code(), ErrorCode::ClockSkew);
                assert_eq!((problem.arg("skew"), problem.arg("limit")), (expect, Some("60")), "{now}");
                assert_eq!(problem.arg("at"), Some("2026-11-22T09:25:00.000Z"));
            }
        }
    };
    check(NOW, None);
    check(NOW + 60, None);
    check(NOW - 60, None);
    check(NOW + 61, Some("61"));
    check(NOW - 61, Some("61"));
    check(0, Some("1795339500"));
    check(i64::MAX / 1000, Some("251606867700"));
}

#[test]
fn an_expired_signature_is_refused_before_the_skew_ends() {
    let mut request = unsigned();
    let key = rfc_key(FORWARDER);
    sign_request(&mut request, &[], &key, at(NOW), &Counting).unwrap();
    let mut input = fields::input(&request.headers, LABEL).unwrap().unwrap();
    input.params.push(Param::Expires(NOW + 10));
    let message = Message::Request { method: &request.method, target_uri: TARGET };
    sign(message, &mut request.headers, input, &key).unwrap();
    let judge = |now| {
        let unverified = super::request(&request.method, TARGET, &request.headers).unwrap();
        unverified.verify(key.public(), at(now), DEFAULT_MAX_SKEW).map(|_| ()).map_err(|p| p.code())
    };
    assert_eq!(judge(NOW + 10), Ok(()));
    assert_eq!(judge(NOW + 11), Err(ErrorCode::ClockSkew));
}

#[test]
fn a_repeated_request_is_refused() {
    let nonces = NonceCache::new(10, DEFAULT_MAX_SKEW);
    let verified = judge(&signed()).unwrap();
    nonces.take(&verified, at(NOW)).unwrap();
    let problem = nonces.take(&judge(&signed()).unwrap(), at(NOW + 5)).unwrap_err();
    assert_eq!(problem.code(), ErrorCode::Replayed);
    assert_eq!(problem.arg("who"), Some("did:web:forwarder.example.kr"));
}

#[test]
fn an_answer_belongs_to_its_request() {
    let key = rfc_key(CUSTOMS);
    let asked = judge(&signed()).unwrap().asked().clone();
    let mut other = unsigned();
    let asked_again =
        sign_request(&mut other, &[], &rfc_key(FORWARDER), at(NOW), &SeededRandom::new(3)).unwrap();
    let body = Digest::of(b"{}");
    let mut answer = headers(&[("content-type", "application/json")]);
    sign_response(&asked, StatusCode::OK, &mut answer, &body, &key, at(NOW)).unwrap();
    let judge = |asked: &Asked, status: StatusCode, answer: &HeaderMap, body: &Digest| {
        let unverified = response(asked, status, answer)?;
        let verified = unverified.verify(key.public(), at(NOW), DEFAULT_MAX_SKEW)?;
        assert_eq!(verified.asked(), asked);
        verified.covers_body(body)
    };
    let check = |found: Result<()>, expect| assert_eq!(found.map_err(|p| p.code()), expect);
    check(judge(&asked, StatusCode::OK, &answer, &body), Ok(()));
    check(judge(&asked_again, StatusCode::OK, &answer, &body), Err(ErrorCode::SignatureInvalid));
    check(judge(&asked, StatusCode::CREATED, &answer, &body), Err(ErrorCode::SignatureInvalid));
    check(judge(&asked, StatusCode::OK, &answer, &Digest::of(b"{ }")), Err(ErrorCode::SignatureInvalid));
    // The signature of the request is none of an answer.
    check(judge(&asked, StatusCode::OK, &signed().headers, &body), Err(ErrorCode::SignatureMissing));
    let mut altered = answer.clone();
    altered.insert("content-type", HeaderValue::from_static("text/html"));
    check(judge(&asked, StatusCode::OK, &altered, &body), Err(ErrorCode::SignatureInvalid));
    let text = answer[SIGNATURE_INPUT].to_str().unwrap().replace(" \"signature\";req;key=\"corridor\"", "");
    altered = answer.clone();
    altered.insert(SIGNATURE_INPUT, text.parse().unwrap());
    check(judge(&asked, StatusCode::OK, &altered, &body), Err(ErrorCode::SignatureMissing));
    check(judge(&asked, StatusCode::OK, &HeaderMap::new(), &body), Err(ErrorCode::SignatureMissing));
}

#[test]
fn only_a_key_id_signs_and_only_what_is_there_is_covered() {
    let mut request = unsigned();
    let nameless = rfc_key("example");
    let problem = sign_request(&mut request, &[], &nameless, at(NOW), &Counting).unwrap_err();
    assert_eq!(problem.code(), ErrorCode::Malformed);
    let absent = [HeaderName::from_static("x-absent")];
    let problem = sign_request(&mut request, &absent, &rfc_key(FORWARDER), at(NOW), &Counting).unwrap_err();
    assert_eq!(problem.code(), ErrorCode::Malformed);
}

/// The reading of whatever a header may hold; also what the fuzz target runs.
fn read_anything(input: &[u8], signature: &[u8], digest: &[u8]) {
    let mut request = signed();
    for (name, value) in [(SIGNATURE_INPUT, input), (SIGNATURE, signature), (CONTENT_DIGEST, digest)] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.headers.insert(name, value);
        }
    }
    if let Ok(unverified) = super::request(&request.method, TARGET, &request.headers) {
        let _ = unverified.verify(rfc_key(FORWARDER).public(), at(NOW), DEFAULT_MAX_SKEW);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_bytes_are_read_without_panic(input: Vec<u8>, signature: Vec<u8>, digest: Vec<u8>) {
        read_anything(&input, &signature, &digest);
    }

    #[test]
    fn anything_like_a_signature_is_read_without_panic(
        input in "corridor=\\((\"[@a-z-]{0,9}\"(;(req|key=\"[a-z]\"))? ?){0,5}\\)(;(created|nonce|keyid|alg|tag|expires)=(\"[ -~]{0,9}\"|-?[0-9]{0,15}|:[A-Za-z+/=]{0,9}:|\\?1)){0,5}",
        signature in "corridor=:[A-Za-z0-9+/=]{80,90}:",
    ) {
        read_anything(input.as_bytes(), signature.as_bytes(), b"sha-256=::");
    }

    /// No single changed byte of the three fields passes, unless it spells the same signature (the
    /// last character of base64 has bits to spare, RFC 9651, 4.2.7).
    #[test]
    fn no_bent_byte_passes(which in 0usize..3, at in any::<prop::sample::Index>(), to in 0x20u8..0x7f) {
        let mut request = signed();
        let name = [SIGNATURE_INPUT, SIGNATURE, CONTENT_DIGEST][which].clone();
        let mut value = request.headers[&name].as_bytes().to_vec();
        let at = at.index(value.len());
        prop_assume!(value[at] != to);
        value[at] = to;
        request.headers.insert(name, HeaderValue::from_bytes(&value).unwrap());
        let same = |r: &Request| fields::signature(&r.headers, LABEL).ok().flatten();
        prop_assume!(which != 1 || same(&request) != same(&signed()));
        let found = super::request(&request.method, TARGET, &request.headers)
            .and_then(|u| u.verify(rfc_key(FORWARDER).public(), super::tests::at(NOW), DEFAULT_MAX_SKEW))
            .and_then(|v| v.covers_body(&Digest::of(&request.body)));
        prop_assert!(found.is_err(), "{:?}", request.headers);
    }

    /// What is written is read back the same.
    #[test]
    fn parameters_survive_the_wire(created in 0i64..999_999_999_999_999, nonce in "[ -~]{0,40}", names in prop::collection::btree_set("[a-z-]{1,9}", 0..5)) {
        let input = Input {
            components: names.iter().map(|n| Component::of(n)).collect(),
            params: vec![Param::Created(created), Param::Nonce(nonce)],
        };
        let mut text = format!("{LABEL}=");
        input.write(&mut text);
        let read = fields::input(&headers(&[("signature-input", text.as_str())]), LABEL).unwrap();
        prop_assert_eq!(read, Some(input));
    }
}
