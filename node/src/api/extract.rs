//! What handlers take from a request, parsed at the edge and bounded; what does not parse is a
//! problem of the one table like any other.

use std::str::FromStr;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use corridor_base::{ErrorCode, Problem, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::problem::Refusal;
use crate::access::Caller;

/// The largest JSON or statement body, in bytes: a trust list of ten thousand participants fits.
pub const MAX_BODY: usize = 16 << 20;
/// The largest JSON body of an ordinary request, in bytes.
pub const MAX_JSON: usize = 1 << 20;

fn malformed(what: &str, why: impl std::fmt::Display) -> Refusal {
    Refusal(Problem::new(ErrorCode::Malformed).with("what", what).with("why", why))
}

/// A JSON body of at most [`MAX_JSON`] bytes.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(malformed("content-type", "application/json expected"));
        }
        let bytes = body(request, MAX_JSON).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|e| malformed("JSON", e))
    }
}

/// The zip of a directory as the body, whatever its content type.
pub struct Zip(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for Zip {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        Ok(Self(body(request, corridor_trade::directory::LARGEST).await?))
    }
}

/// A signed note, or another text that is looked at elsewhere, as the body, whatever its content type, of at most
/// [`MAX_BODY`] bytes.
pub struct Note(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for Note {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        Ok(Self(body(request, MAX_BODY).await?))
    }
}

async fn body(request: Request, most: usize) -> Result<Vec<u8>, Refusal> {
    let too_large = || {
        Problem::new(ErrorCode::TooLarge).with("what", "request body").with("limit", format!("{most} bytes"))
    };
    let declared = request.headers().get("content-length").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > most as u64) {
        return Err(too_large().into());
    }
    match to_bytes(request.into_body(), most).await {
        Ok(bytes) => Ok(bytes.into()),
        Err(error) => {
            let over =
                std::error::Error::source(&error).is_some_and(|e| e.to_string().contains("length limit"));
            Err(if over { too_large().into() } else { malformed("request body", error) })
        }
    }
}

/// The query string.
#[derive(Default)]
pub struct Ask<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Ask<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let below = std::error::Error::source(&rejection)
                    .map_or_else(|| rejection.to_string(), ToString::to_string);
                Err(malformed("query string", below))
            }
        }
    }
}

/// The one parameter of the path.
pub struct Named<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err = Problem> + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => Ok(Self(text.parse()?)),
            Err(rejection) => Err(malformed("path", rejection)),
        }
    }
}

/// An instant as people and programs write it: any RFC 3339 spelling, with milliseconds or without,
/// in UTC or with an offset. Signed bytes and answers have one spelling; a question may have many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        let parsed: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(Timestamp::from_millis(parsed.as_millisecond())))
    }
}

/// A whole number below 2^32: to JSON Schema `30.0` is an integer as `30` is, and programs that know one
/// kind of number write it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole(pub u32);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(d)?;
        let whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
        if whole { Ok(Self(number as u32)) } else { Err(serde::de::Error::custom("a whole number expected")) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    /// The guard put it there; an endpoint that anyone may call has none.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Problem::new(ErrorCode::Unauthenticated).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_may_be_written_in_many_ways() {
        let check = |text: &str, expect: Option<i64>| {
            let found = serde_json::from_value::<Moment>(text.into()).ok().map(|m| m.0.millis());
            assert_eq!(found, expect, "{text}");
        };
        check("2026-11-22T09:25:00.123Z", Some(1_795_339_500_123));
        check("2026-11-22T18:25:00.123+09:00", Some(1_795_339_500_123));
        check("2026-11-22T09:25:00Z", Some(1_795_339_500_000));
        check("2026-11-22", None);
        check("2026-02-30T09:25:00Z", None);
    }
    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        let check = |text: &str, expect: Option<u32>| {
            assert_eq!(serde_json::from_str::<Whole>(text).ok().map(|w| w.0), expect, "{text}");
        };
        check("30", Some(30));
        check("30.0", Some(30));
        check("3e1", Some(30));
        check("4294967295", Some(u32::MAX));
        check("4294967296", None);
        check("30.5", None);
        check("-1", None);
        check("\"30\"", None);
        check("1e999", None);
    }
}
