//! The passkeys of an account: added by somebody who is signed in, used to sign in with nothing else, because
//! the authenticator has made sure of the person itself. Challenges are made, not kept: each carries its time
//! and a mark for the browser it was given to; one that was used is remembered until it is too old.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_storage::Tx;
use subtle::ConstantTimeEq as _;

use super::account;
use super::id::AccountId;
use super::session::{self, Opened, SIGN_ON, Stage, Standing};
use super::signin::{SignedIn, Visitor, enter};
use super::webauthn::{self, Assertion, Ceremony, Fault};
use super::{By, People};

/// How long a challenge is good.
const GOOD: Duration = Duration::from_secs(15 * 60);
/// The most passkeys of an account.
const PASSKEYS: usize = 20;
/// The longest label, in characters.
const LABEL: usize = 60;

/// A passkey in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its identifier, base64url.
    pub id: String,
    /// What its owner calls it.
    pub label: String,
    /// Since when.
    pub created: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

/// What a browser brings to sign in by passkey.
pub struct Brought {
    /// Which passkey, base64url.
    pub id: String,
    /// What it signed.
    pub assertion: Assertion,
    /// The challenge that the page gave out, base64url.
    pub challenge: String,
}

fn failed() -> Problem {
    Problem::new(ErrorCode::SignInFailed)
}

impl People {
    /// A challenge for the browser that holds this cookie: 8 bytes of time, 16 random ones, and a mark.
    #[must_use]
    pub fn challenge(&self, cookie: &str) -> String {
        let time = self.clock.now().millis().to_be_bytes();
        let random: [u8; 16] = self.random.bytes();
        let mark = self.challenge_mark(cookie, &time, &random);
        URL_SAFE_NO_PAD.encode([time.as_slice(), &random, &mark].concat())
    }

    fn challenge_mark(&self, cookie: &str, time: &[u8], random: &[u8]) -> [u8; 32] {
        self.sealer.mark(&[b"passkey challenge", cookie.as_bytes(), time, random])
    }

    /// The bytes of a challenge that was given to this browser and is still good.
    fn given_out(&self, cookie: &str, text: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text.get(..75).filter(|t| t.len() == text.len())?).ok()?;
        let (time, rest) = bytes.split_first_chunk::<8>()?;
        let (random, mark) = rest.split_at_checked(16)?;
        let ours: bool = self.challenge_mark(cookie, time, random).ct_eq(mark).into();
        let age = self.clock.now().since(Timestamp::from_millis(i64::from_be_bytes(*time)));
        (ours && age < GOOD).then_some(bytes)
    }

    fn ceremony<'a>(&'a self, challenge: &'a [u8]) -> Ceremony<'a> {
        let site = &self.settings.site;
        Ceremony { challenge, origin: site.origin(), rp: site.host() }
    }

    /// Adds a passkey. At set-up, after a sign-in link, it is all that the account needs.
    ///
    /// # Errors
    /// `second-factor-failed`, `forbidden`, `already-exists`; those of the store.
    pub async fn add_passkey(
        &self,
        standing: &Standing,
        cookie: &str,
        new: NewPasskey<'_>,
    ) -> Result<Opened> {
        self.may_add_factor(standing)?;
        let refused = || Problem::new(ErrorCode::SecondFactorFailed);
        let challenge = self.given_out(cookie, new.challenge).ok_or_else(refused)?;
        let made = webauthn::register(new.client, new.attestation, self.ceremony(&challenge));
        let made = made.map_err(|fault| {
            tracing::warn!(target: "corridor::people", ?fault, "a passkey was not taken");
            refused()
        })?;
        let label: String = new.label.trim().chars().filter(|c| !c.is_control()).take(LABEL).collect();
        let account = standing.account.id.clone();
        let record = self.factor_act(&account, "passkey-added", &By::account(&account))?;
        let next = self.going_on(standing, "passkey").await?;
        let opened = next.opened.clone();
        let (id, old, spent) =
            (URL_SAFE_NO_PAD.encode(&made.id), standing.session.id.clone(), Digest::of(&challenge));
        self.write(move |tx| {
            spend(tx, "passkey", spent, GOOD)?;
            if list(tx, &account)?.len() >= PASSKEYS {
                return Err(Problem::new(ErrorCode::Malformed)
                    .with("what", "passkey")
                    .with("why", "an account has at most 20"));
            }
            let now = tx.now();
            tx.execute(
                "INSERT INTO passkey (participant, id, account, key, counter, label, created)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                &[
                    id.as_str().into(),
                    (&account).into(),
                    made.key.as_slice().into(),
                    made.counter.into(),
                    label.as_str().into(),
                    now.into(),
                ],
            )?;
            next.follow(tx, &account, &old)?;
            tx.record(&record)
        })
        .await?;
        Ok(opened)
    }

    /// The passkeys of an account.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn passkeys(&self, account: &AccountId) -> Result<Vec<Passkey>> {
        let account = account.clone();
        self.read(move |tx| list(tx, &account)).await
    }

    /// Takes a passkey away.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn remove_passkey(&self, account: &AccountId, id: &str) -> Result<()> {
        let record = self.factor_act(account, "passkey-removed", &By::account(account))?;
        let (account, id) = (account.clone(), id.to_owned());
        self.write(move |tx| {
            let removed = tx.execute(
                "DELETE FROM passkey WHERE participant = $1 AND id = $2 AND account = $3",
                &[id.as_str().into(), (&account).into()],
            )?;
            if removed == 0 {
                return Err(Problem::new(ErrorCode::NotFound).with("what", "passkey"));
            }
            tx.record(&record)
        })
        .await
    }

    /// Signs in by passkey: alone, or after single sign-on, as the same person.
    ///
    /// # Errors
    /// `sign-in-failed`, whatever is wrong; `slow-down`, `forbidden`; those of the store.
    pub async fn sign_in_by_passkey(
        &self,
        cookie: &str,
        brought: &Brought,
        after: Option<&Standing>,
        visitor: &Visitor,
    ) -> Result<SignedIn> {
        let after = after.filter(|s| s.session.stage == Stage::Second && s.session.method == SIGN_ON);
        if after.is_none() {
            self.takes_others()?;
        }
        let whose: Vec<_> = visitor.address.map(super::pace::Whose::address).into_iter().collect();
        self.pace.attempt(&whose, self.clock.now())?;
        let wanted = brought.id.clone();
        let kept = self.read(move |tx| find(tx, &wanted)).await?;
        let id = kept.as_ref().map(|kept| kept.account.clone());
        let done = match kept {
            Some(kept) if after.is_none_or(|s| s.account.id == kept.account) => {
                self.accept(cookie, brought, kept, after, visitor).await
            }
            _ => Err(failed()),
        };
        match done {
            Ok(done) => {
                self.pace.succeeded(&whose);
                Ok(done)
            }
            Err(problem) if problem.code() == ErrorCode::SignInFailed => {
                self.refused(id.as_ref(), ErrorCode::SignInFailed).await?;
                Err(problem)
            }
            Err(problem) => Err(problem),
        }
    }

    async fn accept(
        &self,
        cookie: &str,
        brought: &Brought,
        kept: Kept,
        after: Option<&Standing>,
        visitor: &Visitor,
    ) -> Result<SignedIn> {
        let challenge = self.given_out(cookie, &brought.challenge).ok_or_else(failed)?;
        let ceremony = self.ceremony(&challenge);
        let counter = webauthn::authenticate(&brought.assertion, &kept.key, kept.counter, ceremony);
        let counter = counter.map_err(|fault| {
            if fault == Fault::Counter {
                tracing::error!(target: "corridor::people", account = %kept.account, "a passkey counted back: is there a copy?");
            }
            failed()
        })?;
        let method = if after.is_some() { SIGN_ON } else { "passkey" };
        let mut opened = self.opening(Stage::Full, method, &visitor.agent);
        if let Some(before) = after {
            opened.follows(&before.session);
        }
        let record = self.signed_in(&kept.account, &opened, method)?;
        let old = after.map(|s| s.session.id.clone());
        let acts = self.only_grant(&kept.account).await?;
        let (account, id, unit) = (kept.account.clone(), brought.id.clone(), opened.clone());
        let spent = Digest::of(&challenge);
        self.write(move |tx| {
            spend(tx, "passkey", spent, GOOD)?;
            let now = tx.now();
            tx.execute(
                "UPDATE passkey SET counter = $3, used = $4 WHERE participant = $1 AND id = $2",
                &[id.as_str().into(), counter.into(), now.into()],
            )?;
            if account::find(tx, &account)?.is_none_or(|a| a.disabled.is_some()) {
                return Err(failed());
            }
            if let Some(old) = &old {
                session::end(tx, &account, old)?;
            }
            enter(tx, &account, &unit, acts.as_ref(), &record)
        })
        .await?;
        Ok(SignedIn { opened, known: self.known_mark(&kept.account), account: kept.account })
    }
}

/// What a browser brings of a new passkey.
pub struct NewPasskey<'a> {
    /// The challenge that the page gave out, base64url.
    pub challenge: &'a str,
    /// What the browser says, JSON.
    pub client: &'a [u8],
    /// The attestation object, CBOR.
    pub attestation: &'a [u8],
    /// What its owner calls it.
    pub label: &'a str,
}

/// A passkey as it is checked.
struct Kept {
    account: AccountId,
    key: Vec<u8>,
    counter: u32,
}

fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Kept>> {
    let row = tx.query_one(
        "SELECT account, key, counter FROM passkey WHERE participant = $1 AND id = $2",
        &[id.into()],
    )?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Kept {
        account: row.text(0)?.parse()?,
        key: row.bytes(1)?.to_vec(),
        counter: u32::try_from(row.int(2)?).unwrap_or(u32::MAX),
    }))
}

fn list(tx: &mut Tx<'_>, account: &AccountId) -> Result<Vec<Passkey>> {
    let rows = tx.query(
        "SELECT id, label, created, used FROM passkey WHERE participant = $1 AND account = $2 ORDER BY created, id",
        &[account.into()],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Passkey {
                id: row.text(0)?.to_owned(),
                label: row.text(1)?.to_owned(),
                created: Timestamp::from_millis(row.int(2)?),
                used: row.opt_int(3)?.map(Timestamp::from_millis),
            })
        })
        .collect()
}

/// Remembers a challenge that was used, until it would be too old anyway.
pub(super) fn spend(tx: &mut Tx<'_>, purpose: &str, challenge: Digest, good: Duration) -> Result<()> {
    let now = tx.now();
    tx.execute("DELETE FROM challenge WHERE participant = $1 AND expires <= $2", &[now.into()])?;
    let added = tx.execute(
        "INSERT INTO challenge (participant, id, purpose, data, expires) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (participant, id) DO NOTHING",
        &[challenge.to_string().into(), purpose.into(), [].as_slice().into(), now.plus(good).into()],
    )?;
    if added == 1 { Ok(()) } else { Err(failed()) }
}
