//! What is known of a partner's keys and certificate, and when they end. Tries a partner: does its node answer, does its clock agree, does its DID document show the keys
//! that the trust list pins (ID-1).

use std::time::Duration;

use corridor_base::{Did, ErrorCode, Problem, Result, Timestamp};
use corridor_identity::{Listed, verify_partner};
use corridor_net::Request;
use corridor_net::client::SeenCertificate;
use corridor_proof::trust::ListedKey;
use http::Method;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::node::Node;

/// How far clocks may be apart without a word, in seconds: the `Date` header has no fractions.
const SAME_TIME: i64 = 2;

/// How long before its end a key or a certificate is warned about.
pub const ENDS_SOON: Duration = Duration::from_secs(30 * 86_400);

/// The TLS certificate of a partner's node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// There is none: its address is http, for nodes on one machine or behind one proxy.
    None,
    /// It has not been seen since this node began.
    Unseen,
    /// As it was shown last.
    Seen(SeenCertificate),
}

/// The certificate at the address that the trust list names.
#[must_use]
pub fn certificate(node: &Node, listed: &Listed) -> Certificate {
    let Ok(url) = Url::parse(&listed.participant.endpoint) else { return Certificate::None };
    if url.scheme() != "https" {
        return Certificate::None;
    }
    node.client.certificate(&url).map_or(Certificate::Unseen, Certificate::Seen)
}

/// Until when the keys sign without a gap, from this instant on; `None` when no end is set. A key that a
/// later one follows in time ends nothing.
#[must_use]
pub fn keys_end(keys: &[ListedKey], now: Timestamp) -> Option<Timestamp> {
    let mut end = now;
    loop {
        let covers = |k: &&ListedKey| k.void_after.is_none() && k.covers(end);
        let mut next = end;
        for key in keys.iter().filter(covers) {
            next = next.max(key.until?);
        }
        if next == end {
            return Some(end);
        }
        end = next;
    }
}

/// When the first of the two ends, as far as it is known.
#[must_use]
pub fn ends(node: &Node, listed: &Listed, now: Timestamp) -> Option<Timestamp> {
    let keys = keys_end(&listed.participant.keys, now);
    let certificate = match certificate(node, listed) {
        Certificate::Seen(seen) => Some(seen.expires),
        Certificate::None | Certificate::Unseen => None,
    };
    keys.into_iter().chain(certificate).min()
}

/// What came of trying a partner.
#[derive(Debug, Serialize, ToSchema)]
pub struct Test {
    /// Who was tried.
    #[schema(value_type = String)]
    pub did: Did,
    /// Where its DID document was found.
    pub address: String,
    /// How long the answer took, in milliseconds.
    pub millis: u64,
    /// How many seconds its clock is ahead of ours, by the `Date` of its answer; 0 within two.
    pub clock_ahead: Option<i64>,
    /// What differs from the trust list without being a mismatch, in English.
    pub remarks: Vec<String>,
}

/// The partner in the trust lists, removed or not.
///
/// # Errors
/// `not-found` when no list held here names it.
pub fn find(node: &Node, did: &Did) -> Result<Listed> {
    let all = node.exchange.directory().all();
    let found = all.into_iter().find(|l| &l.participant.did == did);
    found.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", did))
}

/// Asks the partner's node for its DID document: once for the time it takes and the clock it shows,
/// and once to hold it against the trust list.
///
/// # Errors
/// `participant-unknown`, `partner-unreachable`, `address-refused`, `partner-answer`;
/// `did-mismatch`, with an act that reports it.
pub async fn test(node: &Node, us: &Did, did: &Did) -> Result<Test> {
    node.exchange.directory().participant(did, node.now())?;
    let address = corridor_identity::did::document_url(did)?;
    let mut request = Request::new(Method::GET, address.clone());
    request.limit = corridor_identity::did::MAX_DOCUMENT;
    let began = node.now();
    let response = node.client.send(request).await?;
    let millis = node.now().since(began);
    let date = response.headers.get("date").and_then(|v| v.to_str().ok()).and_then(http_date);
    let ahead = date.map(|theirs| theirs - node.now().seconds());
    let check = verify_partner(node.exchange.directory(), &node.client, us, did).await?;
    let remarks = check.into_result()?;
    Ok(Test {
        did: did.clone(),
        address: address.to_string(),
        millis: u64::try_from(millis.as_millis()).unwrap_or(u64::MAX),
        clock_ahead: ahead.map(|s| if s.abs() <= SAME_TIME { 0 } else { s }),
        remarks: remarks.iter().map(ToString::to_string).collect(),
    })
}

/// Seconds since the epoch of an HTTP date (RFC 9110, 5.6.7), in the one form that servers write:
/// `Sun, 22 Nov 2026 09:25:00 GMT`.
fn http_date(text: &str) -> Option<i64> {
    const MONTHS: &[&str] =
        &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts.as_slice() else { return None };
    let month = MONTHS.iter().position(|m| m == month)? + 1;
    let spelled = format!("{year}-{month:02}-{day}T{time}.000Z");
    Timestamp::parse(&spelled).ok().map(Timestamp::seconds)
}

#[cfg(test)]
mod tests {
    use corridor_proof::Signer;

    use super::*;

    #[test]
    fn a_key_that_another_follows_ends_nothing() {
        let at = Timestamp::from_millis;
        let key = |from: i64, until: Option<i64>| ListedKey {
            id: "did:web:example.jp#key-1".parse().unwrap(),
            key: corridor_proof::SecretKey::generate("did:web:example.jp#key-1", &corridor_base::OsRandom)
                .unwrap()
                .public()
                .to_owned(),
            from: at(from),
            until: until.map(at),
            void_after: None,
        };
        let check = |keys: &[ListedKey], expect: Option<i64>| {
            assert_eq!(keys_end(keys, at(100)), expect.map(at), "{keys:?}");
        };
        check(&[key(0, None)], None);
        check(&[key(0, Some(200))], Some(200));
        check(&[key(0, Some(200)), key(150, None)], None);
        check(&[key(150, Some(300)), key(0, Some(200))], Some(300));
        check(&[key(0, Some(200)), key(201, None)], Some(200));
        check(&[key(0, Some(50))], Some(100));
        check(&[], Some(100));
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        let check = |text: &str, expect: Option<i64>| assert_eq!(http_date(text), expect, "{text}");
        check("Sun, 22 Nov 2026 09:25:00 GMT", Some(1_795_339_500));
        check("Sunday, 22-Nov-26 09:25:00 GMT", None);
        check("Sun, 31 Feb 2026 09:25:00 GMT", None);
        check("", None);
    }
}
