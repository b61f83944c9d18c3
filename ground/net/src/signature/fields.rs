//! `Signature-Input`, `Signature` and `Content-Digest` as structured fields (RFC 9651): only what
//! this profile of RFC 9421 needs is taken, and the rest of the field must still parse.

use std::error::Error;
use std::fmt::{self, Write as _};

use corridor_base::{Digest, ErrorCode, Problem, Result};
use http::HeaderMap;
use sfv::visitor::{
    DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, Never, ParameterVisitor,
};
use sfv::{BareItemFromInput, KeyRef, Parser};

use super::encode_base64;

/// The longest of these fields that is read, in bytes, all lines together.
pub(super) const MAX_FIELD: usize = 4096;
/// The most components one signature covers.
pub(super) const MAX_COMPONENTS: usize = 32;

/// One covered component (RFC 9421, 2): `"name";req;key="member"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) req: bool,
    pub(super) key: Option<String>,
}

impl Component {
    pub(super) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), req: false, key: None }
    }

    pub(super) fn of_request(name: &str) -> Self {
        Self { req: true, ..Self::of(name) }
    }

    pub(super) fn write(&self, into: &mut String) {
        write_string(&self.name, into);
        if self.req {
            into.push_str(";req");
        }
        if let Some(key) = &self.key {
            into.push_str(";key=");
            write_string(key, into);
        }
    }
}

/// One member of `Signature-Input`: what is covered, and the parameters in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) components: Vec<Component>,
    pub(super) params: Vec<Param>,
}

/// A parameter of a signature (RFC 9421, 2.3); one that is not registered there is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Param {
    Created(i64),
    Expires(i64),
    Nonce(String),
    Alg(String),
    KeyId(String),
    Tag(String),
}

impl Param {
    fn name(&self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::Expires(_) => "expires",
            Self::Nonce(_) => "nonce",
            Self::Alg(_) => "alg",
            Self::KeyId(_) => "keyid",
            Self::Tag(_) => "tag",
        }
    }

    fn write(&self, into: &mut String) {
        into.push(';');
        into.push_str(self.name());
        into.push('=');
        match self {
            Self::Created(n) | Self::Expires(n) => _ = write!(into, "{n}"),
            Self::Nonce(s) | Self::Alg(s) | Self::KeyId(s) | Self::Tag(s) => write_string(s, into),
        }
    }
}

impl Input {
    /// The value of `@signature-params` (RFC 9421, 2.3), in the one spelling of RFC 9651, 4.1.
    pub(super) fn write(&self, into: &mut String) {
        into.push('(');
        for (i, component) in self.components.iter().enumerate() {
            if i > 0 {
                into.push(' ');
            }
            component.write(into);
        }
        into.push(')');
        for param in &self.params {
            param.write(into);
        }
    }
}

/// An sf-string (RFC 9651, 4.1.6). The text is ASCII without controls: names of header fields, key
/// ids, nonces, or what was an sf-string before.
fn write_string(text: &str, into: &mut String) {
    into.push('"');
    for c in text.chars() {
        if c == '"' || c == '\\' {
            into.push('\\');
        }
        into.push(c);
    }
    into.push('"');
}

/// The member of `Signature-Input` under this label; `None` when there is none.
pub(super) fn input(headers: &HeaderMap, label: &str) -> Result<Option<Input>> {
    let Some(text) = joined(headers, "signature-input")? else { return Ok(None) };
    let member = Member { label, found: None, read: InputReader };
    Parser::new(&text).parse_dictionary_with_visitor(member).map_err(|e| refuse("Signature-Input header", e))
}

/// The member of `Signature` under this label: the bytes of the signature.
pub(super) fn signature(headers: &HeaderMap, label: &str) -> Result<Option<[u8; 64]>> {
    let Some(bytes) = byte_member(headers, "signature", "Signature header", label)? else { return Ok(None) };
    match bytes.try_into() {
        Ok(signature) => Ok(Some(signature)),
        Err(_) => Err(refuse("Signature header", "not 64 bytes")),
    }
}

/// The SHA-256 digest of `Content-Digest` (RFC 9530, 2); other algorithms beside it are ignored.
pub(super) fn content_digest(headers: &HeaderMap) -> Result<Option<Digest>> {
    let Some(bytes) = byte_member(headers, "content-digest", "Content-Digest header", "sha-256")? else {
        return Ok(None);
    };
    match bytes.try_into() {
        Ok(digest) => Ok(Some(Digest(digest))),
        Err(_) => Err(refuse("Content-Digest header", "not 32 bytes")),
    }
}

/// `Content-Digest` of one SHA-256 digest.
pub(super) fn write_content_digest(digest: &Digest) -> String {
    format!("sha-256=:{}:", encode_base64(&digest.0))
}

fn byte_member(headers: &HeaderMap, field: &str, what: &'static str, label: &str) -> Result<Option<Vec<u8>>> {
    let Some(text) = joined(headers, field)? else { return Ok(None) };
    let member = Member { label, found: None, read: BytesReader };
    Parser::new(&text).parse_dictionary_with_visitor(member).map_err(|e| refuse(what, e))
}

/// All lines of a field as one value (RFC 9651, 4.2).
fn joined(headers: &HeaderMap, field: &str) -> Result<Option<String>> {
    let mut out = String::new();
    let mut lines = 0;
    for line in headers.get_all(field) {
        let text = line.to_str().map_err(|_| refuse("header", format!("{field} is not ASCII")))?;
        if out.len() + text.len() + 2 > MAX_FIELD {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", format!("{field} header"))
                .with("limit", MAX_FIELD));
        }
        if lines > 0 {
            out.push_str(", ");
        }
        out.push_str(text);
        lines += 1;
    }
    Ok((lines > 0).then_some(out))
}

pub(super) fn refuse(what: &str, why: impl fmt::Display) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", what).with("why", why)
}

/// Why a field is refused, in the form the parser hands through.
#[derive(Debug)]
struct Refused(&'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Refused {}

/// Picks one member out of a dictionary and passes by the others. RFC 9651 lets the last of two
/// equal keys win; here two are refused, so that no reader along the way can see another one.
struct Member<'l, R: Read> {
    label: &'l str,
    found: Option<R::Out>,
    read: R,
}

/// How the value of the member is read into `Out`.
trait Read {
    type Out: Default;
    fn visitor<'a, 'de>(&'a self, into: &'a mut Self::Out) -> impl EntryVisitor<'de> + use<'a, 'de, Self>;
}

impl<'de, R: Read> DictionaryVisitor<'de> for Member<'_, R> {
    type Out = Option<R::Out>;
    type Error = Refused;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl EntryVisitor<'de>, Refused> {
        if key.as_str() != self.label {
            return Ok(None);
        }
        if self.found.is_some() {
            return Err(Refused("the label stands twice"));
        }
        Ok(Some(self.read.visitor(self.found.insert(R::Out::default()))))
    }

    fn finish(self) -> Result<Self::Out, Refused> {
        Ok(self.found)
    }
}

struct BytesReader;

impl Read for BytesReader {
    type Out = Vec<u8>;
    fn visitor<'a, 'de>(&'a self, into: &'a mut Vec<u8>) -> impl EntryVisitor<'de> + use<'a, 'de> {
        BytesVisitor(into)
    }
}

struct BytesVisitor<'a>(&'a mut Vec<u8>);

impl<'de> EntryVisitor<'de> for BytesVisitor<'_> {
    type Error = Refused;

    fn item(self) -> Result<impl ItemVisitor<'de>, Refused> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Refused> {
        Err::<Never, _>(Refused("a byte sequence expected"))
    }
}

impl<'de> ItemVisitor<'de> for BytesVisitor<'_> {
    type Out = ();
    type Error = Refused;

    fn bare_item(
        self,
        item: BareItemFromInput<'de>,
    ) -> Result<impl ParameterVisitor<'de, Out = ()>, Refused> {
        let BareItemFromInput::ByteSequence(bytes) = item else {
            return Err(Refused("a byte sequence expected"));
        };
        *self.0 = bytes;
        Ok(Ignored)
    }
}

struct InputReader;

impl Read for InputReader {
    type Out = Input;
    fn visitor<'a, 'de>(&'a self, into: &'a mut Input) -> impl EntryVisitor<'de> + use<'a, 'de> {
        InputVisitor(into)
    }
}

struct InputVisitor<'a>(&'a mut Input);

impl<'de> EntryVisitor<'de> for InputVisitor<'_> {
    type Error = Refused;

    fn item(self) -> Result<impl ItemVisitor<'de>, Refused> {
        Err::<Never, _>(Refused("a list of components expected"))
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Refused> {
        Ok(self)
    }
}

impl<'de> InnerListVisitor<'de> for InputVisitor<'_> {
    type Error = Refused;

    fn item(&mut self) -> Result<impl ItemVisitor<'de>, Refused> {
        if self.0.components.len() >= MAX_COMPONENTS {
            return Err(Refused("too many components"));
        }
        Ok(ComponentVisitor(self.0))
    }

    fn finish(self) -> Result<impl ParameterVisitor<'de>, Refused> {
        Ok(ParamsVisitor(self.0))
    }
}

struct ComponentVisitor<'a>(&'a mut Input);

impl<'de> ItemVisitor<'de> for ComponentVisitor<'_> {
    type Out = ();
    type Error = Refused;

    fn bare_item(
        self,
        item: BareItemFromInput<'de>,
    ) -> Result<impl ParameterVisitor<'de, Out = ()>, Refused> {
        let BareItemFromInput::String(name) = item else {
            return Err(Refused("the name of a component is a string"));
        };
        Ok(ComponentParams { component: Component::of(name.as_str()), into: self.0 })
    }
}

struct ComponentParams<'a> {
    component: Component,
    into: &'a mut Input,
}

impl<'de> ParameterVisitor<'de> for ComponentParams<'_> {
    type Out = ();
    type Error = Refused;

    fn parameter(&mut self, key: &'de KeyRef, value: BareItemFromInput<'de>) -> Result<(), Refused> {
        match (key.as_str(), value) {
            // `key` after `req` only: one component has one spelling.
            ("req", BareItemFromInput::Boolean(true))
                if !self.component.req && self.component.key.is_none() =>
            {
                self.component.req = true;
            }
            ("key", BareItemFromInput::String(member)) if self.component.key.is_none() => {
                self.component.key = Some(member.as_str().to_owned());
            }
            _ => return Err(Refused("a component has a parameter that is not known")),
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Refused> {
        if self.into.components.contains(&self.component) {
            return Err(Refused("a component stands twice"));
        }
        self.into.components.push(self.component);
        Ok(())
    }
}

struct ParamsVisitor<'a>(&'a mut Input);

impl<'de> ParameterVisitor<'de> for ParamsVisitor<'_> {
    type Out = ();
    type Error = Refused;

    fn parameter(&mut self, key: &'de KeyRef, value: BareItemFromInput<'de>) -> Result<(), Refused> {
        let param = match (key.as_str(), value) {
            ("created", BareItemFromInput::Integer(n)) => Param::Created(n.into()),
            ("expires", BareItemFromInput::Integer(n)) => Param::Expires(n.into()),
            ("nonce", BareItemFromInput::String(s)) => Param::Nonce(s.as_str().to_owned()),
            ("alg", BareItemFromInput::String(s)) => Param::Alg(s.as_str().to_owned()),
            ("keyid", BareItemFromInput::String(s)) => Param::KeyId(s.as_str().to_owned()),
            ("tag", BareItemFromInput::String(s)) => Param::Tag(s.as_str().to_owned()),
            _ => return Err(Refused("the signature has a parameter that is not known")),
        };
        if self.0.params.iter().any(|p| p.name() == param.name()) {
            return Err(Refused("a parameter stands twice"));
        }
        self.0.params.push(param);
        Ok(())
    }

    fn finish(self) -> Result<(), Refused> {
        Ok(())
    }
}
