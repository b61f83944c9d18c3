//! Acts: what happened and mattered, in the very bytes that are committed to. An act names its type
//! and version (LG-4) and holds one salted commitment a field, never the field itself (LG-3): who
//! holds the [`Opening`] can show one field to one reader and keep the others.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{ActId, Clock, Did, Digest, ErrorCode, Problem, Random, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// The largest act read, in bytes.
pub const MAX_ACT: usize = 16 << 10;

/// One type of act in one version.
#[derive(Debug, PartialEq, Eq)]
pub struct ActType {
    /// What happened, in the past: `document-received`.
    pub name: &'static str,
    /// Counts up whenever the fields change.
    pub version: u32,
    /// The fields it commits to, beside `participant`, which every act has.
    pub fields: &'static [&'static str],
}

macro_rules! act_types {
    ($($(#[$doc:meta])* $id:ident = $name:literal v $version:literal [$($field:literal),*];)*) => {
        $($(#[$doc])* pub static $id: ActType = ActType { name: $name, version: $version, fields: &[$($field),*] };)*
        /// Every type in every released version. Append only: an old version stays readable.
        pub static TYPES: &[&ActType] = &[$(&$id),*];
    };
}

act_types! {
    /// A participant began to live on this node.
    PARTICIPANT_CREATED = "participant-created" v 1 ["key"];
    /// A participant made a new key.
    KEY_ROTATED = "key-rotated" v 1 ["key", "replaces"];
    /// A trust list was taken into use.
    TRUST_LIST_ACCEPTED = "trust-list-accepted" v 1 ["country", "number", "statement"];
    /// Another list of a number that is held was refused, though the anchor had signed it.
    TRUST_LIST_CONFLICT_FOUND = "trust-list-conflict-found" v 1 ["country", "number", "statement"];
    /// A recognition between two countries was taken into use.
    RECOGNITION_ACCEPTED = "recognition-accepted" v 1 ["countries", "statement"];
    /// An agreement that both parties signed came into our books.
    AGREEMENT_CONCLUDED = "agreement-concluded" v 1 ["agreement", "partner", "statement"];
    /// We ended an agreement before its time.
    AGREEMENT_ENDED = "agreement-ended" v 1 ["agreement", "partner"];
    /// A document was handed in for sending.
    DOCUMENT_SUBMITTED = "document-submitted" v 1 ["envelope", "partner", "agreement", "kind", "size", "statement"];
    /// The partner acknowledged a document of ours.
    DOCUMENT_ACKNOWLEDGED = "document-acknowledged" v 1 ["envelope", "partner", "acknowledgement"];
    /// The partner refused a document of ours.
    DOCUMENT_REFUSED = "document-refused" v 1 ["envelope", "partner", "code"];
    /// A document came in from a partner and is durable.
    DOCUMENT_RECEIVED = "document-received" v 1 ["envelope", "partner", "agreement", "kind", "size", "statement", "acknowledgement"];
    /// We refused what a partner sent.
    DELIVERY_REFUSED = "delivery-refused" v 1 ["envelope", "partner", "code"];
    /// Somebody of ours read a document.
    DOCUMENT_READ = "document-read" v 1 ["envelope", "reader"];
    /// A document was given up on and handed in again.
    DOCUMENT_RESENT = "document-resent" v 1 ["envelope", "reader"];
    /// An interchange was read and answered.
    INTERCHANGE_ANSWERED = "interchange-answered" v 1 ["envelope", "reference", "verdict"];
    /// An answer to an interchange of ours came in.
    INTERCHANGE_JUDGED = "interchange-judged" v 1 ["envelope", "answer", "verdict"];
    /// A DID document differed from the keys that the trust list pins.
    DID_MISMATCH_REPORTED = "did-mismatch-reported" v 1 ["partner"];
    /// An access token was made.
    TOKEN_CREATED = "token-created" v 1 ["token", "role"];
    /// An access token was revoked.
    TOKEN_REVOKED = "token-revoked" v 1 ["token"];
    /// A log was seen to have signed two checkpoints that contradict each other; the evidence is kept.
    SPLIT_VIEW_SEEN = "split-view-seen" v 1 ["origin", "older", "newer", "evidence"];
    /// Somebody signed in at the console, by this method.
    SIGNED_IN = "signed-in" v 1 ["account", "session", "method"];
    /// Somebody tried to sign in as this account, or as none that there is, and was refused.
    SIGN_IN_REFUSED = "sign-in-refused" v 1 ["account", "code"];
    /// Somebody signed out.
    SIGNED_OUT = "signed-out" v 1 ["account", "session"];
    /// Somebody ended sessions of an account: one, or all.
    SESSION_REVOKED = "session-revoked" v 1 ["account", "session", "by"];
    /// A person's account was made.
    ACCOUNT_CREATED = "account-created" v 1 ["account", "by"];
    /// A person's account was disabled.
    ACCOUNT_DISABLED = "account-disabled" v 1 ["account", "by"];
    /// A person's account may be used again.
    ACCOUNT_ENABLED = "account-enabled" v 1 ["account", "by"];
    /// A person may act for the participant in this role.
    GRANT_GIVEN = "grant-given" v 1 ["account", "grant", "role", "department", "by"];
    /// A person may no longer.
    GRANT_REVOKED = "grant-revoked" v 1 ["account", "grant", "by"];
    /// A password was set or taken away.
    PASSWORD_CHANGED = "password-changed" v 1 ["account", "change", "by"];
    /// A second factor was set, used up or taken away.
    SECOND_FACTOR_CHANGED = "second-factor-changed" v 1 ["account", "change", "by"];
    /// A one-time sign-in link was made.
    SIGN_IN_LINK_MADE = "sign-in-link-made" v 1 ["account", "link", "by"];
    /// An identity at the provider of single sign-on was linked to an account.
    IDENTITY_LINKED = "identity-linked" v 1 ["account", "issuer", "by"];
    /// Identities at providers of single sign-on were unlinked from an account.
    IDENTITY_UNLINKED = "identity-unlinked" v 1 ["account", "by"];
    /// A department of the participant was made, changed or removed.
    DEPARTMENT_CHANGED = "department-changed" v 1 ["department", "change", "by"];
    /// A document that we had sent came back into our book after a restoration, with the partner's acknowledgement.
    DOCUMENT_RETURNED = "document-returned" v 1 ["envelope", "partner", "statement", "acknowledgement"];
    /// Our log goes on in place of one whose newest leaves were lost: the first leaf of the new one.
    LOG_SUCCEEDED = "log-succeeded" v 1 ["log", "origin", "size", "root", "statement"];
    /// The key of a person was destroyed, and with it everything that lay under it. The act's salt and
    /// its field `key` follow from that key: see [`crate::erasure::KeyMark`].
    SUBJECT_ERASED = "subject-erased" v 1 ["key", "by"];
    /// A partner that held copies acknowledged an erasure of ours.
    ERASURE_CONFIRMED = "erasure-confirmed" v 1 ["erasure", "partner", "acknowledgement"];
    /// An answer that the agreement has us wait for did not come, however often we asked.
    ANSWER_OVERDUE = "answer-overdue" v 1 ["envelope", "message", "answer", "due"];
    /// What a message says breaks what was agreed on, and was answered by APERAK.
    INTERCHANGE_OBJECTED = "interchange-objected" v 1 ["envelope", "answer", "errors"];
    /// Somebody decided to wait no longer for what is overdue of a document.
    ANSWER_WAIVED = "answer-waived" v 1 ["envelope", "answers", "by"];
    /// Customs decided on a message that they received; the answer tells it.
    CUSTOMS_DECIDED = "customs-decided" v 1 ["envelope", "message", "decision", "code", "reason", "answer", "by"];
    /// A risk rule came in a new version, or was switched on or off.
    RISK_RULE_CHANGED = "risk-rule-changed" v 1 ["rule", "version", "change", "by"];
    /// It was set how a partner works: in production or in test, and what is done with its tests.
    TRADE_PARTNER_SET = "trade-partner-set" v 1 ["partner", "mode", "tests", "by"];
    /// A mapping of the participant's own was put into use, or out of it; the digest is of its text.
    MAPPING_CHANGED = "mapping-changed" v 1 ["mapping", "change", "digest", "by"];
    /// Other codes were put in the place of those kept for a partner; the digest is of the table.
    PARTNER_CODES_SET = "partner-codes-set" v 1 ["partner", "digest", "by"];
    /// A guide of the participant's was put into use, or out of it; the digest is of its text.
    GUIDE_CHANGED = "guide-changed" v 1 ["guide", "change", "digest", "by"];
    /// A UNECE directory was added to those of the node; the digest is of its zip.
    DIRECTORY_ADDED = "directory-added" v 1 ["directory", "digest", "by"];
}

/// An act as it is committed to. A type that is not known is carried and shown as opaque (LG-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// In which version of the type.
    pub version: u32,
    /// Its identifier.
    pub id: ActId,
    /// When it happened, by the node's clock.
    pub time: Timestamp,
    /// One commitment a field.
    pub fields: BTreeMap<String, Commitment>,
}

/// A salted commitment: SHA-256 over a tag, the field's own salt, its name and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitment(pub [u8; 32]);

impl Serialize for Commitment {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Commitment {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        let bytes = URL_SAFE_NO_PAD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        bytes.try_into().map(Self).map_err(|_| serde::de::Error::custom("a commitment has 32 bytes"))
    }
}

impl SealedAct {
    /// What the act is about: the value of the first field of its type (the envelope, the agreement,
    /// the key …), so that the history of one thing can be found among its participant's own acts.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        let first = self.act.known_type()?.fields.first()?;
        self.opening.fields.get(*first).map(String::as_str)
    }
}

/// What opens an act's commitments: kept by the participant, destroyed by erasure, never part of
/// the ledger (LG-3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The act's salt; each field's own salt is made from it, so that showing one shows no other.
    salt: [u8; 32],
    /// The fields.
    pub fields: BTreeMap<String, String>,
}

/// An act with its bytes and its opening, ready to be recorded.
#[derive(Clone)]
pub struct SealedAct {
    /// The act.
    pub act: Act,
    /// The bytes committed to; never made again from `act`.
    pub bytes: Vec<u8>,
    /// What opens it.
    pub opening: Opening,
}

impl Act {
    /// Writes down what happened to `participant` now.
    ///
    /// # Errors
    /// `internal` when the fields are not those of the type: a mistake in the code that calls.
    pub fn seal(
        kind: &'static ActType,
        participant: &Did,
        fields: &[(&'static str, &str)],
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Result<SealedAct, Problem> {
        Self::seal_with(kind, participant, fields, random.bytes(), clock, random)
    }

    /// The same with a salt that is not random: only for an act that somebody shall recognise who holds
    /// what the salt was made of.
    ///
    /// # Errors
    /// As [`Act::seal`].
    pub fn seal_with(
        kind: &'static ActType,
        participant: &Did,
        fields: &[(&'static str, &str)],
        salt: [u8; 32],
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Result<SealedAct, Problem> {
        let wrong = || Problem::new(ErrorCode::Internal).with("why", format!("fields of act {}", kind.name));
        if fields.len() != kind.fields.len() || fields.iter().any(|(name, _)| !kind.fields.contains(name)) {
            return Err(wrong());
        }
        let mut values: BTreeMap<String, String> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        values.insert("participant".to_owned(), participant.to_string());
        let opening = Opening { salt, fields: values };
        let act = Self {
            kind: kind.name.to_owned(),
            version: kind.version,
            id: ActId::new(clock, random),
            time: clock.now(),
            fields: opening.commitments(),
        };
        let bytes = act.to_bytes();
        Ok(SealedAct { act, bytes, opening })
    }

    /// Reads an act. Only the bytes this module writes are accepted: one act has one spelling.
    ///
    /// # Errors
    /// `malformed`, `too-large`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let refuse = |why: String| Problem::new(ErrorCode::Malformed).with("what", "act").with("why", why);
        if bytes.len() > MAX_ACT {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "act")
                .with("limit", format!("{MAX_ACT} bytes")));
        }
        let act: Self = serde_json::from_slice(bytes).map_err(|e| refuse(e.to_string()))?;
        if act.to_bytes() == bytes {
            Ok(act)
        } else {
            Err(refuse("not in the one spelling of an act".to_owned()))
        }
    }

    /// The one spelling.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and maps with string keys: there is nothing that cannot be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The type, when this build knows it.
    #[must_use]
    pub fn known_type(&self) -> Option<&'static ActType> {
        TYPES.iter().copied().find(|t| t.name == self.kind && t.version == self.version)
    }

    /// Whether this field had this value, given the field's own salt.
    #[must_use]
    pub fn opens(&self, field: &str, value: &str, field_salt: &[u8; 32]) -> bool {
        self.fields.get(field).is_some_and(|c| c.0.ct_eq(&commit(field, value, field_salt).0).into())
    }

    /// Whether the opening is this act's, whole: every field opens and none is left over.
    #[must_use]
    pub fn opened_by(&self, opening: &Opening) -> bool {
        self.fields == opening.commitments()
    }
}

impl Opening {
    /// The salt of one field, which may be shown together with its value.
    #[must_use]
    pub fn field_salt(&self, field: &str) -> [u8; 32] {
        field_salt(&self.salt, field)
    }

    fn commitments(&self) -> BTreeMap<String, Commitment> {
        self.fields
            .iter()
            .map(|(name, value)| (name.clone(), commit(name, value, &self.field_salt(name))))
            .collect()
    }
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opening")
    }
}

/// The salt of one field, made from that of its act.
pub(crate) fn field_salt(salt: &[u8; 32], field: &str) -> [u8; 32] {
    crate::erasure::mac(salt, &[field.as_bytes()])
}

/// Tag, salt, length of the name, name, value: no two different inputs run together alike.
pub(crate) fn commit(field: &str, value: &str, salt: &[u8; 32]) -> Commitment {
    let length = u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes();
    let input =
        [b"corridor/commitment/v1\0".as_slice(), salt, &length, field.as_bytes(), value.as_bytes()].concat();
    Commitment(Digest::of(&input).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::{FixedClock, SeededRandom};
    use proptest::prelude::*;

    fn did() -> Did {
        "did:web:example.jp:customs".parse().unwrap()
    }

    /// The act that the golden file of a type holds: fixed clock, seeded salts, values that name
    /// themselves.
    fn golden(kind: &'static ActType) -> SealedAct {
        let clock = FixedClock::at(Timestamp::parse("2026-11-22T09:25:00.000Z").unwrap());
        let fields: Vec<(&'static str, &str)> = kind.fields.iter().map(|f| (*f, *f)).collect();
        Act::seal(kind, &did(), &fields, &clock, &SeededRandom::new(u64::from(kind.version))).unwrap()
    }

    /// LG-4: every released version of every type has a golden file that this build verifies. Run
    /// with `CORRIDOR_GOLDEN=write` to add the file of a new type; a file once released never changes.
    #[test]
    fn every_type_has_a_golden_file_that_verifies() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/acts");
        for kind in TYPES {
            let path = folder.join(format!("{}-v{}.json", kind.name, kind.version));
            let sealed = golden(kind);
            if std::env::var("CORRIDOR_GOLDEN").as_deref() == Ok("write") && std::fs::metadata(&path).is_err()
            {
                std::fs::create_dir_all(&folder).unwrap();
                let file = serde_json::json!({ "act": String::from_utf8(sealed.bytes.clone()).unwrap(), "opening": sealed.opening });
                #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
                std::fs::write(&path, format!("{file:#}\n")).unwrap();
            }
            let file: serde_json::Value = serde_json::from_slice(
                &std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
            )
            .unwrap();
            let act = Act::parse(file["act"].as_str().unwrap().as_bytes()).unwrap();
            let opening: Opening = serde_json::from_value(file["opening"].clone()).unwrap();
            assert!(act.opened_by(&opening), "{}", path.display());
            assert_eq!(act.known_type(), Some(*kind));
            assert_eq!(
                sealed.bytes,
                file["act"].as_str().unwrap().as_bytes(),
                "{}: the bytes of a released act type changed",
                path.display()
            );
        }
        for entry in std::fs::read_dir(&folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let known = TYPES.iter().any(|t| name == format!("{}-v{}.json", t.name, t.version));
            assert!(known, "{name}: a released act type has left the table");
        }
    }

    #[test]
    fn an_act_says_nothing_and_shows_one_field_at_a_time() {
        let sealed = golden(&DOCUMENT_RECEIVED);
        let text = String::from_utf8(sealed.bytes.clone()).unwrap();
        assert!(!text.contains("did:web"), "{text}");
        let act = Act::parse(&sealed.bytes).unwrap();
        let salt = sealed.opening.field_salt("partner");
        assert!(act.opens("partner", "partner", &salt));
        assert!(!act.opens("partner", "someone else", &salt));
        assert!(!act.opens("kind", "kind", &salt));
    }

    #[test]
    fn the_same_fact_twice_commits_differently() {
        let clock = FixedClock::at(Timestamp::EPOCH);
        let random = SeededRandom::new(9);
        let seal =
            || Act::seal(&KEY_ROTATED, &did(), &[("key", "a"), ("replaces", "b")], &clock, &random).unwrap();
        assert_ne!(seal().act.fields, seal().act.fields);
    }

    #[test]
    fn wrong_fields_and_other_spellings_are_refused() {
        let clock = FixedClock::at(Timestamp::EPOCH);
        assert!(Act::seal(&KEY_ROTATED, &did(), &[("key", "a")], &clock, &SeededRandom::new(1)).is_err());
        let sealed = golden(&KEY_ROTATED);
        let spaced = String::from_utf8(sealed.bytes.clone()).unwrap().replace(":", ": ");
        assert!(Act::parse(spaced.as_bytes()).is_err());
        assert!(Act::parse(&vec![b' '; MAX_ACT + 1]).is_err());
        let unknown = String::from_utf8(sealed.bytes).unwrap().replace("key-rotated", "key-of-tomorrow");
        assert_eq!(Act::parse(unknown.as_bytes()).unwrap().known_type(), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Act::parse(&bytes);
        }
    }
}
