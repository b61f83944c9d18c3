//! What a form brought: bounded, and parsed once.

use std::str::FromStr;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_console::Viewer;
use subtle::ConstantTimeEq as _;

use crate::api::problem::Refusal;
use crate::door::forged;

/// The largest form without files, in bytes.
const MOST: usize = forged::FORM;
/// The most fields.
const FIELDS: usize = 4_000;

/// The fields of a form (`application/x-www-form-urlencoded`).
#[derive(Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads them, whatever token they bring.
    pub(super) async fn read(request: Request) -> Result<Self> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let form = kind.starts_with("application/x-www-form-urlencoded");
        let bytes = to_bytes(request.into_body(), MOST).await.map_err(|_| {
            Problem::new(ErrorCode::TooLarge).with("what", "form").with("limit", format!("{MOST} bytes"))
        })?;
        if !form && !bytes.is_empty() {
            return Err(malformed("application/x-www-form-urlencoded expected"));
        }
        let fields = url::form_urlencoded::parse(&bytes).take(FIELDS);
        Ok(Self(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }

    /// Fields that no form brought: what one begins with.
    #[must_use]
    pub(crate) fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The first value of this name, without the blanks around it; `None` when it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// All of them, in their order, as they were typed.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value of this name as it was typed: blanks belong to a password.
    #[must_use]
    pub fn whole(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

fn malformed(why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "form").with("why", why)
}

/// What was chosen in a filter, read: an empty value is one that was not chosen.
///
/// # Errors
/// `malformed`, as the value says it.
pub(super) fn chosen<T: FromStr<Err = Problem>>(value: &str) -> Result<Option<T>> {
    if value.is_empty() { Ok(None) } else { value.parse().map(Some) }
}

/// The same of a word that is read further down.
pub(super) fn word(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// Whether a form brought the viewer's token: once more, for forms with files, of which the guard has seen
/// the beginning.
///
/// # Errors
/// `forbidden`.
pub fn genuine(viewer: &Viewer, brought: &str) -> Result<()> {
    let wanted = viewer.csrf();
    if bool::from(wanted.as_bytes().ct_eq(brought.as_bytes())) {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::Forbidden).with("what", "form"))
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Refusal;

    /// The guard has held its token against the session's (`crate::door::forged`).
    async fn from_request(request: Request, _: &S) -> std::result::Result<Self, Refusal> {
        Ok(Self::read(request).await?)
    }
}
