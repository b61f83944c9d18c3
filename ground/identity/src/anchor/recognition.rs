//! Recognition between countries: one anchor offers it, the other countersigns.

use std::path::PathBuf;

use corridor_base::{Clock, ErrorCode, Problem, Result};
use corridor_proof::trust::RecognisedCountry;
use corridor_proof::{Recognition, Signed};
use corridor_storage::durable;

use super::{Anchor, MAX_DAYS, refuse};
use crate::files;
use crate::view::AnchorKey;

impl Anchor {
    /// Offers recognition to another country, for so many days from now. It counts once the other
    /// anchor has countersigned it. A later recognition replaces an earlier one.
    ///
    /// # Errors
    /// `malformed` for our own country or days out of bounds.
    pub fn recognise(&self, other: &AnchorKey, days: u32, clock: &dyn Clock) -> Result<Signed<Recognition>> {
        if days == 0 || days > MAX_DAYS {
            return Err(refuse("recognition: days", format!("1 to {MAX_DAYS} expected")));
        }
        let mut countries = [self.anchor_key(), other.clone()]
            .map(|a| RecognisedCountry { country: a.country.clone(), anchor: a.vkey() });
        countries.sort_by(|a, b| a.country.cmp(&b.country));
        let now = clock.now();
        let body = Recognition { countries, from: now, until: now.plus(super::days(days)) };
        self.keep(Signed::new(body, &[&self.key])?)
    }

    /// Countersigns a recognition that the other anchor has offered. `other` is that anchor's key as
    /// it was read out over a channel that is trusted: the note cannot vouch for itself.
    ///
    /// # Errors
    /// `recognition-invalid` when it names other anchors, is not signed by `other`, or has ended;
    /// `malformed`, `too-large`, `unknown-version`.
    pub fn countersign(
        &self,
        bytes: &[u8],
        other: &AnchorKey,
        clock: &dyn Clock,
    ) -> Result<Signed<Recognition>> {
        let signed = Signed::<Recognition>::parse(bytes)?;
        let invalid = |why: &str| {
            Problem::new(ErrorCode::RecognitionInvalid).with("country", &other.country).with("why", why)
        };
        for anchor in [&self.anchor_key(), other] {
            let named = |c: &RecognisedCountry| c.country == anchor.country && c.anchor == anchor.vkey();
            if !signed.body().countries.iter().any(named) {
                return Err(invalid(&format!("it does not name the anchor {}", anchor.vkey())));
            }
        }
        if !signed.signed_by(&other.name, &other.key) {
            return Err(invalid(&format!("not signed by {}", other.name)));
        }
        if signed.body().until <= clock.now() {
            return Err(invalid("it has ended"));
        }
        self.keep(signed.countersigned(&self.key)?)
    }

    fn keep(&self, signed: Signed<Recognition>) -> Result<Signed<Recognition>> {
        let path = self.recognition_path(&signed);
        if let Some(folder) = path.parent() {
            durable::create_directory(folder)?;
        }
        files::write(&path, signed.bytes(), files::PUBLIC)?;
        Ok(signed)
    }

    /// Where the note of this recognition lies.
    #[must_use]
    pub fn recognition_path(&self, signed: &Signed<Recognition>) -> PathBuf {
        let [a, b] = &signed.body().countries;
        let sum: String = signed.digest().to_string().chars().take(8).collect();
        self.directory.path().join("recognitions").join(format!("{}-{}-{sum}.note", a.country, b.country))
    }
}
