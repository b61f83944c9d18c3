//! A form that was sent after its session had ended is not lost: it goes through the sign-in as one sealed
//! field, and whoever signs in as the same person is shown what was entered, to send it once more.
//! Nothing of it is kept on the node.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{Random, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::forged::FIELD;
use crate::people::{AccountId, Sealer};

/// The largest form that is carried along, in bytes.
const MOST: usize = 96 << 10;
/// For how long.
const GOOD: std::time::Duration = std::time::Duration::from_secs(3600);
/// Fields that are not carried along: secrets are typed again.
const SECRET: &[&str] = &[FIELD, "password", "new-password", "code"];

/// A form on its way through the sign-in.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Where it was to be sent.
    pub path: String,
    /// What was entered.
    pub fields: Vec<(String, String)>,
    account: String,
    at: i64,
}

impl Kept {
    /// What a form brought for this account, all of it but its secrets.
    #[must_use]
    pub fn of(account: &AccountId, path: &str, form: &[u8], now: Timestamp) -> Self {
        let fields = url::form_urlencoded::parse(form);
        let fields = fields.filter(|(name, _)| !SECRET.contains(&name.as_ref()));
        Self {
            path: path.to_owned(),
            fields: fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
            account: account.to_string(),
            at: now.millis(),
        }
    }
}

/// Seals a form for the account whose session had ended; `None` for one that is too large.
///
/// # Errors
/// `internal`.
pub fn seal(
    sealer: &Sealer,
    account: &AccountId,
    path: &str,
    form: &[u8],
    now: Timestamp,
    random: &dyn Random,
) -> Result<Option<String>> {
    if form.len() > MOST || path.len() > 2000 {
        return Ok(None);
    }
    let kept = Kept::of(account, path, form, now);
    let text = serde_json::to_vec(&kept).unwrap_or_default();
    Ok(Some(URL_SAFE_NO_PAD.encode(sealer.seal("kept form", &text, random)?)))
}

/// Opens it for the account that has signed in; `None` when it is another's, or old.
#[must_use]
pub fn open(sealer: &Sealer, account: &AccountId, text: &str, now: Timestamp) -> Option<Kept> {
    if text.len() > 2 * MOST {
        return None;
    }
    let bytes = sealer.open("kept form", &URL_SAFE_NO_PAD.decode(text).ok()?)?;
    let kept: Kept = serde_json::from_slice(&bytes).ok()?;
    let good = kept.account == account.as_str() && now.since(Timestamp::from_millis(kept.at)) < GOOD;
    good.then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::SeededRandom;

    #[test]
    fn a_form_comes_back_to_the_same_person_without_its_secrets() {
        let (sealer, random) = (Sealer::new(&[1; 32]).unwrap(), SeededRandom::new(1));
        let at = |minutes: i64| Timestamp::from_millis(1_795_339_500_000 + minutes * 60_000);
        let (kim, sato): (AccountId, AccountId) =
            ("0123456789abcdef".parse().unwrap(), "fedcba9876543210".parse().unwrap());
        let form = b"to=%E7%A8%8E&csrf=x&password=y&note=a+b";
        let text = seal(&sealer, &kim, "/console/outbox/send", form, at(0), &random).unwrap().unwrap();
        let back = open(&sealer, &kim, &text, at(59)).unwrap();
        assert_eq!(back.path, "/console/outbox/send");
        let pairs = [("to", "税"), ("note", "a b")];
        assert_eq!(back.fields, pairs.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert!(open(&sealer, &sato, &text, at(1)).is_none());
        assert!(open(&sealer, &kim, &text, at(61)).is_none());
        assert!(open(&sealer, &kim, &text[1..], at(1)).is_none());
        // A document of many lines is carried whole or not at all: half of it must not be sent.
        let long: String = (0..900).map(|n| format!("f.lines[{n}].description=%E7%A8%8E+{n}&")).collect();
        let text = seal(&sealer, &kim, "/console/trade/new/orders", long.as_bytes(), at(0), &random);
        let back = open(&sealer, &kim, &text.unwrap().unwrap(), at(1)).unwrap();
        assert_eq!((back.fields.len(), back.fields[899].1.as_str()), (900, "税 899"));
        assert!(seal(&sealer, &kim, "/console", &[b'a'; MOST + 1], at(0), &random).unwrap().is_none());
    }
}
