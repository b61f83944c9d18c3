//! The forms of identifiers and words as the OpenAPI document describes them, exact enough that a
//! generated client or a test generator never sends what would be refused for its form.

use serde::Deserialize;
use utoipa::ToSchema;

/// A participant: `did:web:NAME`.
#[derive(ToSchema)]
#[schema(as = Did, max_length = 255, example = "did:web:customs.example.jp",
    pattern = r"^did:web:([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(%3A([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?(:[A-Za-z0-9_-][A-Za-z0-9._-]{0,62})*$")]
pub struct DidText(#[allow(dead_code, reason = "only its description is used")] String);

/// A kind of document: lower-case letters, digits, `-`, `.`, `/`.
#[derive(ToSchema)]
#[schema(as = Kind, pattern = "^[a-z0-9./-]{1,64}$", example = "edifact")]
pub struct KindText(#[allow(dead_code, reason = "only its description is used")] String);

/// A country, ISO 3166-1 alpha-2.
#[derive(ToSchema)]
#[schema(as = Country, pattern = "^[A-Z]{2}$", example = "JP")]
pub struct CountryText(#[allow(dead_code, reason = "only its description is used")] String);

/// An identifier, a UUID in lower case.
#[derive(ToSchema)]
#[schema(as = Uuid, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
pub struct UuidText(#[allow(dead_code, reason = "only its description is used")] String);

/// What makes handing in repeatable.
#[derive(ToSchema)]
#[schema(as = IdempotencyKey, pattern = "^[!-~]{1,200}$")]
pub struct KeyText(#[allow(dead_code, reason = "only its description is used")] String);

/// References of persons, percent-encoded, separated by commas.
#[derive(ToSchema)]
#[schema(as = Subjects, pattern = "^[A-Za-z0-9._~-]{1,200}(,[A-Za-z0-9._~-]{1,200}){0,63}$")]
pub struct SubjectsText(#[allow(dead_code, reason = "only its description is used")] String);

/// A document, byte for byte.
#[derive(ToSchema)]
#[schema(as = Content, format = Binary)]
pub struct ContentBytes(#[allow(dead_code, reason = "only its description is used")] String);

/// The identifier of a token.
#[derive(ToSchema)]
#[schema(as = TokenId, pattern = "^[0-9a-f]{24}$")]
pub struct TokenIdText(#[allow(dead_code, reason = "only its description is used")] String);

/// A place in a listing, as `next` of the page before gave it.
#[derive(ToSchema)]
#[schema(as = Place,
    pattern = r"^2[0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z~[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
pub struct PlaceText(#[allow(dead_code, reason = "only its description is used")] String);

/// A text in three languages.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Words)]
#[allow(dead_code, reason = "only its description is used")]
pub struct WordsText {
    /// English.
    #[schema(min_length = 1, max_length = 400, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    en: String,
    /// Japanese.
    #[schema(min_length = 1, max_length = 400, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    ja: String,
    /// Korean.
    #[schema(min_length = 1, max_length = 400, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    ko: String,
}

/// A name in three languages.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DepartmentNames)]
#[allow(dead_code, reason = "only its description is used")]
pub struct DepartmentNamesText {
    /// English.
    #[schema(
        max_length = 100,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    en: String,
    /// Japanese.
    #[schema(
        max_length = 100,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    ja: String,
    /// Korean.
    #[schema(
        max_length = 100,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    ko: String,
}

/// What may be done with data (design: the verbs that need an agreement).
#[derive(ToSchema)]
#[schema(as = Verb, rename_all = "lowercase")]
#[allow(dead_code, reason = "only its description is used")]
pub enum VerbWord {
    /// A document goes to the inbox.
    Send,
    /// A question goes to where the data are.
    Ask,
    /// A dataset or its changes are transferred.
    Share,
}

/// In which book a document stands.
#[derive(ToSchema)]
#[schema(as = Side, rename_all = "lowercase")]
#[allow(dead_code, reason = "only its description is used")]
pub enum SideWord {
    /// Received.
    In,
    /// Sent.
    Out,
}

/// How far a document has come.
#[derive(ToSchema)]
#[schema(as = State, rename_all = "lowercase")]
#[allow(dead_code, reason = "only its description is used")]
pub enum StateWord {
    /// Ours, on its way.
    Sending,
    /// Ours, acknowledged.
    Delivered,
    /// Ours, refused by the partner for good.
    Refused,
    /// Ours, given up on; it can be sent again.
    Failed,
    /// A partner's, its content still coming in.
    Receiving,
    /// A partner's, durable and acknowledged.
    Received,
    /// About a person whose data were erased.
    Erased,
}

/// The name of an account.
#[derive(ToSchema)]
#[schema(as = AccountName, min_length = 2, max_length = 64, pattern = "^[a-z0-9]([a-z0-9._@-]{0,62}[a-z0-9])$", example = "kim.minji")]
pub struct AccountNameText(#[allow(dead_code, reason = "only its description is used")] String);

/// The identifier of a department.
#[derive(ToSchema)]
#[schema(as = DepartmentId, pattern = "^[a-z0-9-]{1,40}$", example = "export-control")]
pub struct DepartmentIdText(#[allow(dead_code, reason = "only its description is used")] String);
