//! Problems as the OpenAPI document describes them; how they are made and said is
//! `corridor_net::refusal`, which the edges of services use too.

pub use corridor_net::refusal::{Answer, Refusal, say_problems};

/// A problem document, as the OpenAPI document describes it.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// The page that explains the error, relative to the node.
    #[serde(rename = "type")]
    pub kind: String,
    /// What went wrong, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What failed, on what.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// The code in the table of errors.
    pub code: String,
    /// What the text speaks of, by name.
    pub args: std::collections::BTreeMap<String, String>,
}

/// What every endpoint may answer instead.
#[derive(utoipa::IntoResponses)]
pub enum Problems {
    /// A problem (RFC 9457).
    #[response(status = "4XX", content_type = "application/problem+json")]
    Refused(#[to_schema] ProblemBody),
    /// A problem of the node itself (RFC 9457).
    #[response(status = "5XX", content_type = "application/problem+json")]
    Failed(#[to_schema] ProblemBody),
}
