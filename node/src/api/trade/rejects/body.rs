//! What an amendment says in a request: the schema is the type, so that what one allows the other takes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amendment by the fields of a document, for messages that a mapping fits.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentAmendment {
    /// What it says it is (BGM 1225): `original` (9), `replacement` (5), `cancellation` (1).
    #[schema(pattern = "^(original|replacement|cancellation)$")]
    pub function: String,
    /// The document as it should have been. What has no place in its mapping is told, and not sent.
    #[schema(value_type = Object)]
    pub document: serde_json::Map<String, serde_json::Value>,
    /// Which message of the interchange `document` stands for, counted from 1; the first when left out. The others go with
    /// it as they were.
    #[serde(default, deserialize_with = "message_number")]
    #[schema(minimum = 1, maximum = 10000)]
    pub message: Option<u32>,
    /// Whether that message goes alone, because the others were taken.
    #[serde(default)]
    pub alone: bool,
    /// The mapping that `document` is a document of, where several fit; the first that has a place for all that was
    /// sent when left out.
    #[serde(default, deserialize_with = "mapping_name")]
    #[schema(max_length = 64, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub mapping: Option<String>,
}

/// An amendment by its text.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextAmendment {
    /// What it says it is (BGM 1225): `original` (9), `replacement` (5), `cancellation` (1).
    #[schema(pattern = "^(original|replacement|cancellation)$")]
    pub function: String,
    /// The interchange as it should have been; reference, time and counts are written anew, all else stays to the
    /// byte. A segment a line; `⟨XX⟩` is a byte in hexadecimal.
    #[schema(max_length = 4194304)]
    pub edifact: String,
}

/// An amendment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AmendBody {
    /// By the fields of a document.
    Document(DocumentAmendment),
    /// By its text.
    Text(TextAmendment),
}

impl<'de> Deserialize<'de> for AmendBody {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let fields = serde_json::Map::deserialize(from)?;
        let text = fields.contains_key("edifact") && !fields.contains_key("document");
        let fields = serde_json::Value::Object(fields);
        let body = match text {
            true => serde_json::from_value(fields).map(Self::Text),
            false => serde_json::from_value(fields).map(Self::Document),
        };
        body.map_err(serde::de::Error::custom)
    }
}

/// A number without a fraction, however it is written: `716.0` is an integer of JSON Schema (2020-12, 6.1.1).
fn message_number<'de, D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Option<u32>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(from)? else { return Ok(None) };
    let whole = || number.as_f64().filter(|n| n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(n));
    let found = match number.as_u64() {
        Some(found) => u32::try_from(found).ok(),
        None => whole().map(|n| n as u32),
    };
    let found = found.filter(|n| (1..=10_000).contains(n));
    found.map(Some).ok_or_else(|| serde::de::Error::custom(format!("{number}: 1 to 10000 expected")))
}

/// A name that a mapping can have.
fn mapping_name<'de, D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Option<String>, D::Error> {
    let name = Option::<String>::deserialize(from)?;
    let plain = |name: &String| {
        let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        letters && (1..=64).contains(&name.len())
    };
    match name {
        Some(name) if !plain(&name) => {
            Err(serde::de::Error::custom("1 to 64 letters, digits, _ and - expected"))
        }
        name => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        let check = |number: &str, expect: Option<Option<u32>>| {
            let json = format!(r#"{{ "function": "original", "document": {{}}, "message": {number} }}"#);
            let found = match serde_json::from_str::<AmendBody>(&json) {
                Ok(AmendBody::Document(body)) => Some(body.message),
                _ => None,
            };
            assert_eq!(found, expect, "{number}");
        };
        check("716", Some(Some(716)));
        check("716.0", Some(Some(716)));
        check("7.16e2", Some(Some(716)));
        check("null", Some(None));
        for wrong in ["716.5", "0", "-1", "-1.0", "10001", "4294967296.0", "1e300", "\"716\"", "true"] {
            check(wrong, None);
        }
    }

    #[test]
    fn an_amendment_is_of_fields_or_of_text() {
        let check = |json: &str, expect: Option<bool>| {
            let found = serde_json::from_str::<AmendBody>(json).ok();
            assert_eq!(found.map(|body| matches!(body, AmendBody::Text(_))), expect, "{json}");
        };
        check(r#"{ "function": "original", "document": {} }"#, Some(false));
        check(r#"{ "function": "original", "document": {}, "mapping": "short-order" }"#, Some(false));
        check(r#"{ "function": "original", "document": {}, "mapping": null }"#, Some(false));
        check(r#"{ "function": "original", "edifact": "UNB" }"#, Some(true));
        for wrong in [
            r#"{ "function": "original" }"#,
            r#"{ "function": "original", "document": null }"#,
            r#"{ "function": "original", "edifact": null }"#,
            r#"{ "function": "original", "document": {}, "edifact": "UNB" }"#,
            r#"{ "function": "original", "document": null, "edifact": "UNB" }"#,
            r#"{ "function": "original", "edifact": "UNB", "message": 1 }"#,
            r#"{ "function": "original", "document": {}, "mapping": "" }"#,
            r#"{ "function": "original", "document": {}, "mapping": "../orders" }"#,
            "[]",
        ] {
            check(wrong, None);
        }
    }
}
