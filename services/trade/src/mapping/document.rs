//! A document as a mapping sees it: fields with text, lists of the same. As JSON it is an object whose values
//! are texts and arrays of objects; nothing else, so that every program can make one.

use std::collections::BTreeMap;
use std::io::Read;

use corridor_base::{ErrorCode, Problem, Result};
use serde_json::{Map, Value};

/// What a conversion tells of the codes it put for others, beside the document; it is passed over when it is read.
pub const PARTNER_CODES: &str = "partner_codes";

/// The most bytes of JSON read.
const LARGEST: u64 = 64 << 20;
/// How deep lists stand in each other.
const DEEPEST: usize = 8;

/// Fields and lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Fields that are there; none is empty.
    pub fields: BTreeMap<String, String>,
    /// Lists that are there; none is empty.
    pub lists: BTreeMap<String, Vec<Record>>,
}

/// A document and the envelope it crossed in, or is to cross in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// What UNB and UNH say, by the names of [`super::write::ENVELOPE`].
    pub envelope: BTreeMap<String, String>,
    /// The document.
    pub record: Record,
}

impl Record {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object: Map<String, Value> =
            self.fields.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
        for (name, items) in &self.lists {
            object.insert(name.clone(), items.iter().map(Self::to_json).collect());
        }
        Value::Object(object)
    }

    fn from_json(object: Map<String, Value>, depth: usize) -> Result<Self, String> {
        if depth > DEEPEST {
            return Err("lists too deep in each other".to_owned());
        }
        let mut record = Self::default();
        for (name, value) in object {
            match value {
                Value::Null => {}
                Value::String(text) if text.is_empty() => {}
                Value::String(text) => drop(record.fields.insert(name, text)),
                Value::Number(number) => drop(record.fields.insert(name, number.to_string())),
                Value::Bool(yes) => drop(record.fields.insert(name, yes.to_string())),
                Value::Array(items) if items.is_empty() => {}
                Value::Array(items) => {
                    let item = |item| match item {
                        Value::Object(object) => Self::from_json(object, depth + 1),
                        _ => Err(format!("{name}: a list holds objects")),
                    };
                    let items = items.into_iter().map(item).collect::<Result<_, _>>()?;
                    record.lists.insert(name, items);
                }
                Value::Object(_) => return Err(format!("{name}: a text or a list expected")),
            }
        }
        Ok(record)
    }
}

impl Document {
    /// As JSON: the document, and its envelope under that name.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut value = self.record.to_json();
        if let Some(object) = value.as_object_mut().filter(|_| !self.envelope.is_empty()) {
            let envelope: Map<String, Value> =
                self.envelope.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
            object.insert("envelope".to_owned(), Value::Object(envelope));
        }
        value
    }

    fn from_json(value: Value) -> Result<Self, String> {
        let Value::Object(mut object) = value else { return Err("an object expected".to_owned()) };
        object.remove(PARTNER_CODES);
        let envelope = match object.remove("envelope") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(Value::Object(envelope)) => {
                let envelope = Record::from_json(envelope, DEEPEST)?;
                if !envelope.lists.is_empty() {
                    return Err("envelope: texts expected".to_owned());
                }
                envelope.fields
            }
            Some(_) => return Err("envelope: an object expected".to_owned()),
        };
        Ok(Self { envelope, record: Record::from_json(object, 0)? })
    }
}

/// Reads documents: one after the other, with or without an array around them.
///
/// # Errors
/// `malformed`, naming the document; `too-large`; `file-failed`.
pub fn documents(source: &mut dyn Read) -> Result<Vec<Document>> {
    let mut text = Vec::new();
    source
        .take(LARGEST + 1)
        .read_to_end(&mut text)
        .map_err(|e| Problem::new(ErrorCode::FileFailed).with("path", "-").because(e))?;
    if text.len() as u64 > LARGEST {
        return Err(Problem::new(ErrorCode::TooLarge)
            .with("what", "JSON")
            .with("limit", format!("{LARGEST} bytes")));
    }
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_slice(&text).into_iter::<Value>() {
        let refuse = |at: usize, why: String| {
            Problem::new(ErrorCode::Malformed).with("what", format!("document {at}")).with("why", why)
        };
        let value = value.map_err(|e| refuse(found.len() + 1, e.to_string()))?;
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            let at = found.len() + 1;
            found.push(Document::from_json(value).map_err(|why| refuse(at, why))?);
        }
    }
    Ok(found)
}
