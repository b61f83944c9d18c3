//! API tokens: `corridor_ID_SECRET`. The secret is 32 random bytes and kept only as its SHA-256,
//! which is enough for a secret of full entropy; a slow hash would only slow down every request.
//! The identifier begins with a mark of its participant, so that a token is looked up in one place
//! and never across participants (PA-1).

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{Clock, Did, Digest, ErrorCode, Problem, Random, Result, Timestamp};
use corridor_exchange::Scope;
use corridor_proof::{Act, act};
use corridor_storage::{Migration, Row, Schema, Store, Tx};
use subtle::ConstantTimeEq as _;

use crate::access::{Caller, Role};
use crate::people::department;
use crate::people::{DepartmentId, Gift};

/// The tables of the node itself.
pub static SCHEMA: Schema = Schema {
    name: "node",
    migrations: &[
        Migration {
            version: 1,
            name: "tokens",
            sql: "
CREATE TABLE token (
    participant TEXT NOT NULL,
    id TEXT NOT NULL,
    hash TEXT NOT NULL,
    role TEXT NOT NULL,
    label TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    revoked INTEGER,
    PRIMARY KEY (participant, id)
);
",
            verify: "SELECT CASE WHEN COUNT(id) + COUNT(hash) + COUNT(role) + COUNT(label) + COUNT(created) + COUNT(expires) + COUNT(revoked) >= 0 THEN 1 ELSE 0 END FROM token",
        },
        Migration {
            version: 2,
            name: "tokens of a department",
            sql: "ALTER TABLE token ADD COLUMN department TEXT;",
            verify: "SELECT CASE WHEN COUNT(department) >= 0 THEN 1 ELSE 0 END FROM token",
        },
    ],
};

/// For how long a looked-up token is believed: a revocation on another replica counts after this.
const BELIEVED: Duration = Duration::from_secs(5);
/// How many looked-up tokens are kept at hand.
const AT_HAND: usize = 4096;
/// The most tokens listed.
const LISTED: i64 = 1000;
/// The longest label, in characters.
const LABEL: usize = 100;

/// The identifier of a token: 8 hexadecimal digits that mark the participant, 16 random ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenId(String);

impl TokenId {
    /// A new one.
    fn new(participant: &Did, random: &dyn Random) -> Self {
        let bytes: [u8; 8] = random.bytes();
        let number: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        Self(format!("{}{number}", mark(participant)))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let valid =
            text.len() == 24 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if valid { Ok(Self(text.to_owned())) } else { Err(malformed("token id", text)) }
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn malformed(what: &str, why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", what).with("why", why)
}

/// What marks a participant in the identifiers of its tokens.
fn mark(participant: &Did) -> String {
    Digest::of(participant.as_str().as_bytes()).to_string().chars().take(8).collect()
}

/// A token as it is handed to its bearer, once.
pub struct Token {
    /// Its identifier.
    pub id: TokenId,
    secret: [u8; 32],
}

impl Token {
    /// The text the bearer keeps.
    #[must_use]
    pub fn text(&self) -> String {
        format!("corridor_{}_{}", self.id, URL_SAFE_NO_PAD.encode(self.secret))
    }

    /// Reads a bearer's text. What is wrong with it is not said: it may be nearly right.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = || Problem::new(ErrorCode::Unauthenticated);
        let rest = text.strip_prefix("corridor_").ok_or_else(refuse)?;
        let (id, secret) = rest.split_once('_').ok_or_else(refuse)?;
        if secret.len() != 43 {
            return Err(refuse());
        }
        let bytes = URL_SAFE_NO_PAD.decode(secret).map_err(|_| refuse())?;
        let secret: [u8; 32] = bytes.try_into().map_err(|_| refuse())?;
        Ok(Self { id: id.parse().map_err(|_| refuse())?, secret })
    }

    fn hash(&self) -> Digest {
        Digest::of(&self.secret)
    }
}

/// A token in the books; never its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its identifier.
    pub id: TokenId,
    /// What it lets its bearer do.
    pub role: Role,
    /// For which department; none is the whole participant.
    pub department: Option<DepartmentId>,
    /// What people call it.
    pub label: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when it no longer counts.
    pub expires: Option<Timestamp>,
    /// When it was withdrawn.
    pub revoked: Option<Timestamp>,
}

/// The row with the hash, as it is believed for a while.
#[derive(Clone)]
struct Known {
    participant: Did,
    role: Role,
    department: Option<DepartmentId>,
    scope: Scope,
    hash: Digest,
    expires: Option<Timestamp>,
    revoked: bool,
    asked: Timestamp,
}

/// The tokens of the participants of one node.
pub struct Tokens {
    store: Store,
    participants: HashMap<String, Did>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    at_hand: Mutex<HashMap<TokenId, Known>>,
}

impl Tokens {
    /// The tokens of these participants.
    #[must_use]
    pub fn new(store: Store, participants: &[Did], clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let participants = participants.iter().map(|p| (mark(p), p.clone())).collect();
        Self { store, participants, clock, random, at_hand: Mutex::default() }
    }

    /// Makes a token for the whole participant. The text in the answer is not kept anywhere.
    ///
    /// # Errors
    /// `malformed` when the label is too long; those of the store.
    pub async fn create(
        &self,
        participant: &Did,
        role: Role,
        label: &str,
        lives: Option<Duration>,
    ) -> Result<(Token, TokenRow)> {
        self.create_for(participant, Gift { role, department: None }, label, lives).await
    }

    /// Makes a token, perhaps for one department alone.
    ///
    /// # Errors
    /// `malformed` when the label is too long, or for a department of another role than officer;
    /// `not-found` for a department that is not there; those of the store.
    pub async fn create_for(
        &self,
        participant: &Did,
        gift: Gift,
        label: &str,
        lives: Option<Duration>,
    ) -> Result<(Token, TokenRow)> {
        gift.check()?;
        if label.chars().count() > LABEL || label.chars().any(char::is_control) {
            return Err(malformed("label", "at most 100 printable characters expected"));
        }
        let token = Token { id: TokenId::new(participant, &*self.random), secret: self.random.bytes() };
        let now = self.clock.now();
        let row = TokenRow {
            id: token.id.clone(),
            role: gift.role,
            department: gift.department,
            label: label.to_owned(),
            created: now,
            expires: lives.map(|l| now.plus(l)),
            revoked: None,
        };
        let fields = [("token", token.id.as_str()), ("role", row.role.as_str())];
        let record = Act::seal(&act::TOKEN_CREATED, participant, &fields, &*self.clock, &*self.random)?;
        let (hash, written) = (token.hash(), row.clone());
        self.store
            .write(participant, move |tx| {
                if let Some(id) = &written.department {
                    department::find(tx, id)?.ok_or_else(|| department::not_found(id))?;
                }
                insert(tx, &written, hash)?;
                tx.record(&record)
            })
            .await?;
        Ok((token, row))
    }

    /// The tokens of a participant, newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn list(&self, participant: &Did) -> Result<Vec<TokenRow>> {
        self.store
            .read(participant, |tx| {
                let rows = tx.query(
                    "SELECT id, role, label, created, expires, revoked, department FROM token
                     WHERE participant = $1 ORDER BY created DESC, id LIMIT $2",
                    &[LISTED.into()],
                )?;
                rows.iter().map(row_of).collect()
            })
            .await
    }

    /// Withdraws a token; one that is withdrawn already stays so.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn revoke(&self, participant: &Did, id: &TokenId) -> Result<()> {
        let record = Act::seal(
            &act::TOKEN_REVOKED,
            participant,
            &[("token", id.as_str())],
            &*self.clock,
            &*self.random,
        )?;
        let wanted = id.clone();
        self.store
            .write(participant, move |tx| {
                let not_found = || Problem::new(ErrorCode::NotFound).with("what", format!("token {wanted}"));
                let row = tx.query_one(
                    "SELECT revoked FROM token WHERE participant = $1 AND id = $2",
                    &[wanted.as_str().into()],
                )?;
                if row.ok_or_else(not_found)?.opt_int(0)?.is_some() {
                    return Ok(());
                }
                let now = tx.now().millis();
                tx.execute(
                    "UPDATE token SET revoked = $3 WHERE participant = $1 AND id = $2",
                    &[wanted.as_str().into(), now.into()],
                )?;
                tx.record(&record)
            })
            .await?;
        self.lock().remove(id);
        Ok(())
    }

    /// Who bears this token.
    ///
    /// # Errors
    /// `unauthenticated`, whatever is wrong with it; those of the store.
    pub async fn caller(&self, text: &str) -> Result<Caller> {
        let refuse = || Problem::new(ErrorCode::Unauthenticated);
        let token = Token::parse(text)?;
        let known = self.known(&token.id).await?.ok_or_else(refuse)?;
        let matches: bool = token.hash().0.ct_eq(&known.hash.0).into();
        let stands = !known.revoked && known.expires.is_none_or(|until| self.clock.now() < until);
        if !matches || !stands {
            return Err(refuse());
        }
        Ok(Caller {
            participant: known.participant,
            role: known.role,
            reader: token.id.to_string(),
            department: known.department,
            scope: known.scope,
        })
    }

    async fn known(&self, id: &TokenId) -> Result<Option<Known>> {
        let now = self.clock.now();
        let at_hand = self.lock().get(id).filter(|k| now.since(k.asked) < BELIEVED).cloned();
        if at_hand.is_some() {
            return Ok(at_hand);
        }
        let marked = id.as_str().get(..8).unwrap_or_default();
        let Some(participant) = self.participants.get(marked) else { return Ok(None) };
        let (wanted, of) = (id.clone(), participant.clone());
        let known = self.store.read(participant, move |tx| look_up(tx, &of, &wanted, now)).await?;
        let Some(known) = known else { return Ok(None) };
        let mut at_hand = self.lock();
        if at_hand.len() >= AT_HAND {
            at_hand.clear();
        }
        at_hand.insert(id.clone(), known.clone());
        Ok(Some(known))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TokenId, Known>> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token as it is believed for a while. One of a department that was removed is none.
fn look_up(tx: &mut Tx<'_>, participant: &Did, id: &TokenId, now: Timestamp) -> Result<Option<Known>> {
    let row = tx.query_one(
        "SELECT hash, role, expires, revoked, department FROM token WHERE participant = $1 AND id = $2",
        &[id.as_str().into()],
    )?;
    let Some(row) = row else { return Ok(None) };
    let department: Option<DepartmentId> = row.opt_text(4)?.map(str::parse).transpose()?;
    let scope = match &department {
        None => Scope::default(),
        Some(id) => match department::find(tx, id)? {
            Some(found) => found.scope(),
            None => return Ok(None),
        },
    };
    Ok(Some(Known {
        participant: participant.clone(),
        hash: row.text(0)?.parse()?,
        role: row.text(1)?.parse()?,
        department,
        scope,
        expires: row.opt_int(2)?.map(Timestamp::from_millis),
        revoked: row.opt_int(3)?.is_some(),
        asked: now,
    }))
}

fn insert(tx: &mut Tx<'_>, row: &TokenRow, hash: Digest) -> Result<()> {
    tx.execute(
        "INSERT INTO token (participant, id, hash, role, label, created, expires, department)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            row.id.as_str().into(),
            hash.to_string().into(),
            row.role.as_str().into(),
            row.label.as_str().into(),
            row.created.millis().into(),
            row.expires.map(Timestamp::millis).into(),
            row.department.as_ref().map(DepartmentId::as_str).into(),
        ],
    )?;
    Ok(())
}

fn row_of(row: &Row) -> Result<TokenRow> {
    Ok(TokenRow {
        id: row.text(0)?.parse()?,
        role: row.text(1)?.parse()?,
        label: row.text(2)?.to_owned(),
        created: Timestamp::from_millis(row.int(3)?),
        expires: row.opt_int(4)?.map(Timestamp::from_millis),
        revoked: row.opt_int(5)?.map(Timestamp::from_millis),
        department: row.opt_text(6)?.map(str::parse).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_base::SeededRandom;

    #[test]
    fn a_token_is_read_back_and_nothing_else_is() {
        let did: Did = "did:web:example.jp:customs".parse().unwrap();
        let random = SeededRandom::new(3);
        let token = Token { id: TokenId::new(&did, &random), secret: (&random as &dyn Random).bytes() };
        let text = token.text();
        assert_eq!(Token::parse(&text).unwrap().hash(), token.hash());
        let short = &text[..text.len() - 1];
        for wrong in [
            "",
            "corridor_",
            "corridor__",
            short,
            &text.to_uppercase(),
            &format!("{text}A"),
            &text.replacen('_', "-", 1),
        ] {
            assert_eq!(
                Token::parse(wrong).map(drop).unwrap_err().code(),
                ErrorCode::Unauthenticated,
                "{wrong}"
            );
        }
    }
}
