//! That a node went by a trust list (ID-1), as one file: the list as its anchor signed it, the receipt of the act
//! that recorded that it came into use, and what opens that act. The receipt alone commits to a list and does
//! not say which (LG-3); lists are public, so this act may be opened to anybody.
//!
//! JSON, as a node answers with it; fields that are not named here are for readers, and prove nothing.

use std::collections::BTreeMap;

use corridor_base::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::act::{Act, Opening, TRUST_LIST_ACCEPTED};
use crate::evidence::{FileKind, Judged, judge_receipt, unreadable};
use crate::key::PublicKey;
use crate::policy::Policy;
use crate::statement::{Signed, refuse};
use crate::trust::TrustList;
use crate::verdict::{Check, CheckName, State};

/// The largest file read, in bytes: lists of a country of tens of thousands of participants fit.
pub const MAX_LISTED: usize = 8 << 20;

/// A field of an act, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedField {
    /// What it says.
    pub value: String,
    /// The salt of this field, and of no other.
    pub salt: Digest,
}

/// What is shown of an act.
pub type Opened = BTreeMap<String, OpenedField>;

impl Opening {
    /// All fields, each with its own salt.
    #[must_use]
    pub fn opened(&self) -> Opened {
        let field = |(name, value): (&String, &String)| {
            (name.clone(), OpenedField { value: value.clone(), salt: Digest(self.field_salt(name)) })
        };
        self.fields.iter().map(field).collect()
    }
}

/// The file, as far as it is judged.
#[derive(Deserialize)]
struct Listed {
    statement: String,
    opened: Opened,
    receipt: String,
}

impl Listed {
    fn parse(bytes: &[u8]) -> Result<(Self, Signed<TrustList>), corridor_base::Problem> {
        if bytes.len() > MAX_LISTED {
            return Err(refuse("evidence of a trust list", "it is too large"));
        }
        let file: Self =
            serde_json::from_slice(bytes).map_err(|e| refuse("evidence of a trust list", &e.to_string()))?;
        let list = Signed::parse(file.statement.as_bytes())?;
        Ok((file, list))
    }

    /// Whether the act records this list, and nothing shown is another's.
    fn opens(&self, act: &Act, list: &Signed<TrustList>) -> bool {
        let body = list.body();
        let expect = [
            ("country", body.country.to_string()),
            ("number", body.number.to_string()),
            ("statement", list.digest().to_string()),
        ];
        let says = |name: &str, value: &str| self.opened.get(name).is_some_and(|field| field.value == *value);
        act.kind == TRUST_LIST_ACCEPTED.name
            && self.opened.iter().all(|(name, field)| act.opens(name, &field.value, &field.salt.0))
            && expect.iter().all(|(name, value)| says(name, value))
    }
}

/// Whether these bytes are such a file, good or bad.
pub(crate) fn is_listed(bytes: &[u8]) -> bool {
    bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
        && serde_json::from_slice::<BTreeMap<String, serde_json::Value>>(bytes)
            .is_ok_and(|all| all.contains_key("statement"))
}

/// Judges such a file, offline. `anchors` are the keys of the countries by their names; without one nobody can
/// say whose list it is.
#[must_use]
pub fn judge(
    bytes: &[u8],
    policy: Option<&Policy>,
    anchors: &[(String, PublicKey)],
    now: Option<Timestamp>,
) -> Judged {
    let (file, list) = match Listed::parse(bytes) {
        Ok(read) => read,
        Err(why) => return Judged::of(FileKind::TrustList, vec![unreadable(&why)]),
    };
    let mut judged = judge_receipt(file.receipt.as_bytes(), policy, now);
    let opens = judged.receipt.as_ref().is_some_and(|receipt| file.opens(receipt.act(), &list));
    let body = list.body();
    let about = vec![format!("{} {}", body.country, body.number)];
    judged.checks.push(Check { about, ..Check::of(CheckName::Opening, opens) });
    judged.checks.push(match anchors {
        [] => Check::new(CheckName::AnchorSignature, State::NotChecked, Vec::new()),
        all => {
            let signer = all.iter().find(|(name, key)| list.signed_by(name, key));
            let about = signer.map(|(name, _)| name.clone()).into_iter().collect();
            Check { about, ..Check::of(CheckName::AnchorSignature, signer.is_some()) }
        }
    });
    Judged { kind: Some(FileKind::TrustList), ..judged }
}
