//! Sessions of the console: an opaque cookie whose secret is kept as its digest. A session gets a new
//! identifier whenever what it may do changes (sign-in, second factor, another grant), so that one
//! planted before is worth nothing after. It ends when nobody uses it for a while, at the latest
//! after so many hours, and at once when it is revoked.

use std::time::Duration;

use corridor_base::{Did, Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::act;
use corridor_storage::{Row, Tx, Value};

use super::account::{self, Account};
use super::id::{AccountId, GrantId, Handed, SessionId};
use super::{By, People};

/// How long one may take over the second factor, or over setting up.
const HALFWAY: Duration = Duration::from_secs(15 * 60);
/// How often the time a session was last used is written down.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// For how long a session that ended is remembered, so that a form it had open is not lost.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);
/// The longest description of a browser, in characters.
const AGENT: usize = 200;
/// The method of somebody who came by single sign-on.
pub const SIGN_ON: &str = "sign-on";
/// The most sessions of an account; a new one beyond ends the one used longest ago.
const SESSIONS: i64 = 20;

/// How far a sign-in has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The password was right; the second factor is awaited.
    Second,
    /// A sign-in link was used: password and second factor are being set.
    Setup,
    /// Signed in.
    Full,
}

impl Stage {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Setup => "setup",
            Self::Full => "full",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::Second, Self::Setup, Self::Full].into_iter().find(|s| s.as_str() == text).ok_or_else(|| {
            Problem::new(ErrorCode::Internal).with("why", format!("stage of a session: {text}"))
        })
    }
}

/// By which grant a session acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acts {
    /// For whom.
    pub holder: Did,
    /// The grant.
    pub grant: GrantId,
}

/// A session in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// How far the sign-in has come.
    pub stage: Stage,
    /// How the person signed in: `password`, `totp`, `passkey`, `recovery`, `link`, `sign-on`.
    pub method: String,
    /// By which grant it acts; none until one is chosen.
    pub acts: Option<Acts>,
    /// The browser, as it calls itself.
    pub agent: String,
    /// Since when.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// When it ends at the latest.
    pub ends: Timestamp,
    /// Which session at the provider of single sign-on it came by, as a mark.
    pub provider: Option<Digest>,
}

/// A session that is to be opened, and what its holder gets.
#[derive(Clone)]
pub struct Opened {
    /// Its identifier.
    pub id: SessionId,
    /// The text of the cookie.
    pub cookie: String,
    stage: Stage,
    method: &'static str,
    agent: String,
    digest: Digest,
    ends: Timestamp,
    pub(super) provider: Option<Digest>,
}

impl Opened {
    /// It ends when the session that it follows would have ended.
    pub(super) fn ends_with(&mut self, session: &Session) {
        self.ends = session.ends;
        self.follows(session);
    }

    /// It ends when the provider of single sign-on says that the session it follows has.
    pub(super) fn follows(&mut self, session: &Session) {
        self.provider = session.provider;
    }
}

/// What a cookie stands for.
pub enum Found {
    /// Nothing.
    Nothing,
    /// A session that has ended by itself, of this account.
    Expired(AccountId),
    /// A session.
    Standing(Box<Standing>),
}

/// A session that stands, with its account.
pub struct Standing {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub account: Account,
}

fn of_row(row: &Row) -> Result<Session> {
    let acts = match (row.opt_text(3)?, row.opt_text(4)?) {
        (Some(holder), Some(grant)) => Some(Acts { holder: holder.parse()?, grant: grant.parse()? }),
        _ => None,
    };
    Ok(Session {
        id: row.text(0)?.parse()?,
        stage: Stage::parse(row.text(1)?)?,
        method: row.text(2)?.to_owned(),
        acts,
        agent: row.text(5)?.to_owned(),
        created: Timestamp::from_millis(row.int(6)?),
        seen: Timestamp::from_millis(row.int(7)?),
        ends: Timestamp::from_millis(row.int(8)?),
        provider: row.opt_bytes(9)?.map(|_| row.digest(9)).transpose()?,
    })
}

/// Writes a session into the books, acting by `acts`.
pub(super) fn open(tx: &mut Tx<'_>, account: &AccountId, new: &Opened, acts: Option<&Acts>) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "DELETE FROM session WHERE participant = $1 AND ends < $2",
        &[(now.millis() - millis(REMEMBERED)).into()],
    )?;
    let rows = tx.query(
        "SELECT id FROM session WHERE participant = $1 AND account = $2 ORDER BY seen DESC LIMIT 100",
        &[account.into()],
    )?;
    for row in rows.iter().skip(usize::try_from(SESSIONS - 1).unwrap_or_default()) {
        tx.execute("DELETE FROM session WHERE participant = $1 AND id = $2", &[row.text(0)?.into()])?;
    }
    tx.execute(
        "INSERT INTO session (participant, id, hash, account, stage, method, holder, grant_id, agent, created, seen, ends,
             provider)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12)",
        &[
            (&new.id).into(),
            new.digest.into(),
            account.into(),
            new.stage.as_str().into(),
            new.method.into(),
            acts.map(|a| Value::from(&a.holder)).unwrap_or(Value::Null),
            acts.map(|a| Value::from(&a.grant)).unwrap_or(Value::Null),
            new.agent.as_str().into(),
            now.into(),
            new.ends.into(),
            new.provider.map(Value::from).unwrap_or(Value::Null),
        ],
    )
    .map(drop)
}

/// Ends one session of an account; answers whether there was one.
pub(super) fn end(tx: &mut Tx<'_>, account: &AccountId, id: &SessionId) -> Result<bool> {
    let ended = tx.execute(
        "DELETE FROM session WHERE participant = $1 AND id = $2 AND account = $3",
        &[id.into(), account.into()],
    )?;
    Ok(ended == 1)
}

/// Ends all sessions of an account, but perhaps this one.
pub(super) fn end_all(tx: &mut Tx<'_>, account: &AccountId, but: Option<&SessionId>) -> Result<u64> {
    tx.execute(
        "DELETE FROM session WHERE participant = $1 AND account = $2 AND id <> $3",
        &[account.into(), but.map_or("", SessionId::as_str).into()],
    )
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl People {
    /// A session that is to be opened at this stage.
    pub(super) fn opening(&self, stage: Stage, method: &'static str, agent: &str) -> Opened {
        let handed = Handed::new(SessionId::new(&*self.random), &*self.random);
        let lives = if stage == Stage::Full { self.settings.absolute } else { HALFWAY };
        Opened {
            cookie: handed.text(),
            digest: handed.digest(),
            id: handed.id,
            stage,
            method,
            agent: agent.chars().filter(|c| !c.is_control()).take(AGENT).collect(),
            ends: self.clock.now().plus(lives),
            provider: None,
        }
    }

    /// What a cookie stands for. A session that stands counts as used.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn session(&self, cookie: &str) -> Result<Found> {
        let Some(handed) = Handed::<SessionId>::parse(cookie) else { return Ok(Found::Nothing) };
        let (now, idle) = (self.clock.now(), self.settings.idle);
        let found = self
            .read(move |tx| {
                let row = tx.query_one(
                    "SELECT id, stage, method, holder, grant_id, agent, created, seen, ends, provider, hash, account
                     FROM session WHERE participant = $1 AND id = $2",
                    &[(&handed.id).into()],
                )?;
                let Some(row) = row else { return Ok(None) };
                if !handed.matches(row.bytes(10)?) {
                    return Ok(None);
                }
                let account: AccountId = row.text(11)?.parse()?;
                let session = of_row(&row)?;
                Ok(account::find(tx, &account)?.map(|account| (session, account)))
            })
            .await?;
        let Some((session, account)) = found else { return Ok(Found::Nothing) };
        if account.disabled.is_some() {
            return Ok(Found::Nothing);
        }
        if session.ends <= now || now.since(session.seen) >= idle {
            return Ok(Found::Expired(account.id));
        }
        if now.since(session.seen) >= SEEN_EVERY {
            self.touch(&session.id).await?;
        }
        Ok(Found::Standing(Box::new(Standing { session, account })))
    }

    async fn touch(&self, id: &SessionId) -> Result<()> {
        let id = id.clone();
        self.write(move |tx| {
            let now = tx.now();
            tx.execute(
                "UPDATE session SET seen = $3 WHERE participant = $1 AND id = $2 AND seen < $3",
                &[(&id).into(), now.into()],
            )
            .map(drop)
        })
        .await
    }

    /// Lets a session act by another grant of its account. The session goes on under a new identifier.
    ///
    /// # Errors
    /// `not-found` when the account has no such grant; `unauthenticated` when the session has ended in
    /// the meantime; those of the store.
    pub async fn act_by(&self, standing: &Standing, acts: Acts) -> Result<Opened> {
        let held = if self.hosted.contains(&acts.holder) {
            self.grants_at(&acts.holder, &standing.account.id).await?
        } else {
            Vec::new()
        };
        if !held.iter().any(|g| g.id == acts.grant) {
            return Err(Problem::new(ErrorCode::NotFound).with("what", format!("grant {}", acts.grant)));
        }
        let session = &standing.session;
        let mut opened = self.opening(Stage::Full, "", &session.agent);
        opened.ends_with(session);
        let (old, account, method) =
            (session.id.clone(), standing.account.id.clone(), session.method.clone());
        let unit = opened.clone();
        self.write(move |tx| {
            if !end(tx, &account, &old)? {
                return Err(Problem::new(ErrorCode::Unauthenticated));
            }
            open(tx, &account, &unit, Some(&acts))?;
            tx.execute(
                "UPDATE session SET method = $3 WHERE participant = $1 AND id = $2",
                &[(&unit.id).into(), method.as_str().into()],
            )
            .map(drop)
        })
        .await?;
        Ok(opened)
    }

    /// The sessions of an account that stand, the one used last first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sessions(&self, account: &AccountId) -> Result<Vec<Session>> {
        let (now, idle, account) = (self.clock.now(), self.settings.idle, account.clone());
        self.read(move |tx| {
            let rows = tx.query(
                "SELECT id, stage, method, holder, grant_id, agent, created, seen, ends, provider FROM session
                 WHERE participant = $1 AND account = $2 AND ends > $3 AND seen > $4 AND stage = 'full'
                 ORDER BY seen DESC, id LIMIT 100",
                &[(&account).into(), now.into(), (now.millis() - millis(idle)).into()],
            )?;
            rows.iter().map(of_row).collect()
        })
        .await
    }

    /// Signs out.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sign_out(&self, standing: &Standing) -> Result<()> {
        let (account, id) = (standing.account.id.clone(), standing.session.id.clone());
        let record =
            self.sealed(&act::SIGNED_OUT, &[("account", account.as_str()), ("session", id.as_str())])?;
        self.write(move |tx| if end(tx, &account, &id)? { tx.record(&record) } else { Ok(()) }).await
    }

    /// Ends one session of an account.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn end_session(&self, account: &AccountId, id: &SessionId, by: &By) -> Result<()> {
        let fields = [("account", account.as_str()), ("session", id.as_str()), ("by", by.as_str())];
        let record = self.sealed(&act::SESSION_REVOKED, &fields)?;
        let (account, id) = (account.clone(), id.clone());
        self.write(move |tx| {
            if !end(tx, &account, &id)? {
                return Err(Problem::new(ErrorCode::NotFound).with("what", format!("session {id}")));
            }
            tx.record(&record)
        })
        .await
    }

    /// Ends all sessions of an account, but perhaps the one that asks.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn end_sessions(&self, account: &AccountId, but: Option<&SessionId>, by: &By) -> Result<()> {
        let fields = [("account", account.as_str()), ("session", "all"), ("by", by.as_str())];
        let record = self.sealed(&act::SESSION_REVOKED, &fields)?;
        let (account, but) = (account.clone(), but.cloned());
        self.write(
            move |tx| if end_all(tx, &account, but.as_ref())? == 0 { Ok(()) } else { tx.record(&record) },
        )
        .await
    }
}
