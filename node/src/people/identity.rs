//! Identities at a provider of single sign-on, linked to accounts; and the sign-in of somebody for whom the provider
//! has given its word. An identity is an issuer and a subject, never a name or an address: those are given to
//! another person some day (OpenID Connect Core 1.0, 5.7).

use corridor_base::{Did, Digest, ErrorCode, Problem, Result};
use corridor_proof::act;
use corridor_storage::Tx;

use super::account::{self, Account, NewAccount};
use super::grant::Gift;
use super::id::AccountId;
use super::passkeys::spend;
use super::session::{self, Opened, SIGN_ON, Stage};
use super::signin::{SignedIn, Visitor, enter};
use super::{By, People};
use crate::sign_on::attempt;

/// The most identities of an account.
const IDENTITIES: usize = 10;

/// Somebody, as a provider knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Whom it means; it never means another by it.
    pub subject: String,
}

impl Identity {
    /// # Errors
    /// `malformed` for a subject that no provider gives (Core, 2).
    pub fn new(issuer: &str, subject: &str) -> Result<Self> {
        let fits = (1..=255).contains(&subject.chars().count()) && !subject.chars().any(char::is_control);
        if !fits {
            return Err(Problem::new(ErrorCode::Malformed)
                .with("what", "subject")
                .with("why", "1 to 255 characters expected, as the provider has it in `sub`"));
        }
        Ok(Self { issuer: issuer.to_owned(), subject: subject.to_owned() })
    }
}

/// Somebody whom the provider sends, its word checked.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// Who.
    pub identity: Identity,
    /// What the rules of the configuration let them do.
    pub said: Vec<(Did, Gift)>,
    /// The account to make of a person who is not known; none where such a person does not come in.
    pub new: Option<NewAccount>,
    /// Whether the provider's word is enough, without a second factor here.
    pub enough: bool,
    /// The session at the provider that this came by, where it names it (`sid`).
    pub session: Option<String>,
}

/// How far somebody has come by single sign-on.
pub enum Arrived {
    /// In.
    In(SignedIn),
    /// To the second factor, or to setting one.
    Halfway(Opened, Stage),
}

pub(super) fn find(tx: &mut Tx<'_>, identity: &Identity) -> Result<Option<Account>> {
    let row = tx.query_one(
        "SELECT account FROM sign_on WHERE participant = $1 AND issuer = $2 AND subject = $3",
        &[identity.issuer.as_str().into(), identity.subject.as_str().into()],
    )?;
    match row {
        Some(row) => account::find(tx, &row.text(0)?.parse()?),
        None => Ok(None),
    }
}

fn list(tx: &mut Tx<'_>, account: &AccountId) -> Result<Vec<Identity>> {
    let rows = tx.query(
        "SELECT issuer, subject FROM sign_on WHERE participant = $1 AND account = $2 ORDER BY issuer, subject",
        &[account.into()],
    )?;
    let identity = |row: &corridor_storage::Row| {
        Ok(Identity { issuer: row.text(0)?.to_owned(), subject: row.text(1)?.to_owned() })
    };
    rows.iter().map(identity).collect()
}

fn insert(tx: &mut Tx<'_>, account: &AccountId, identity: &Identity) -> Result<()> {
    tx.execute(
        "INSERT INTO sign_on (participant, issuer, subject, account) VALUES ($1, $2, $3, $4)",
        &[identity.issuer.as_str().into(), identity.subject.as_str().into(), account.into()],
    )
    .map(drop)
}

impl People {
    /// The identities that are linked to an account.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn identities(&self, account: &AccountId) -> Result<Vec<Identity>> {
        let account = account.clone();
        self.read(move |tx| list(tx, &account)).await
    }

    /// Links an identity to an account; one that is linked to it already stays so.
    ///
    /// # Errors
    /// `already-exists` when it is another account's; `malformed` when there are too many; `not-found`; those
    /// of the store.
    pub async fn link_identity(&self, account: &AccountId, identity: &Identity, by: &By) -> Result<()> {
        let fields =
            [("account", account.as_str()), ("issuer", identity.issuer.as_str()), ("by", by.as_str())];
        let record = self.sealed(&act::IDENTITY_LINKED, &fields)?;
        let (account, identity) = (account.clone(), identity.clone());
        self.write(move |tx| {
            match find(tx, &identity)? {
                Some(found) if found.id == account => return Ok(()),
                Some(_) => {
                    let what = "an account with this identity";
                    return Err(Problem::new(ErrorCode::AlreadyExists).with("what", what));
                }
                None => {}
            }
            if list(tx, &account)?.len() >= IDENTITIES {
                return Err(Problem::new(ErrorCode::Malformed)
                    .with("what", "identity")
                    .with("why", "an account has at most 10"));
            }
            if account::find(tx, &account)?.is_none() {
                return Err(Problem::new(ErrorCode::NotFound).with("what", format!("account {account}")));
            }
            insert(tx, &account, &identity)?;
            tx.record(&record)
        })
        .await
    }

    /// Unlinks all identities of an account; what single sign-on gave it goes with them, and sessions that it
    /// opened end, but perhaps the one that asks.
    ///
    /// # Errors
    /// `not-found` when there are none; those of the store.
    pub async fn unlink_identities(
        &self,
        account: &AccountId,
        but: Option<&session::Session>,
        by: &By,
    ) -> Result<()> {
        let fields = [("account", account.as_str()), ("by", by.as_str())];
        let record = self.sealed(&act::IDENTITY_UNLINKED, &fields)?;
        let (id, but) = (account.clone(), but.map(|session| session.id.to_string()).unwrap_or_default());
        self.write(move |tx| {
            let removed =
                tx.execute("DELETE FROM sign_on WHERE participant = $1 AND account = $2", &[(&id).into()])?;
            if removed == 0 {
                return Err(Problem::new(ErrorCode::NotFound).with("what", "identity"));
            }
            tx.execute(
                "DELETE FROM session WHERE participant = $1 AND account = $2 AND method = $3 AND id <> $4",
                &[(&id).into(), SIGN_ON.into(), but.as_str().into()],
            )?;
            tx.record(&record)
        })
        .await?;
        self.align(account, &[], by).await
    }

    /// Uses an attempt up: what came back from the provider once does not come back again.
    ///
    /// # Errors
    /// `sign-on-expired` the second time; those of the store.
    pub async fn spend_attempt(&self, state: &str) -> Result<()> {
        let spent = Digest::of(state.as_bytes());
        let done = self.write(move |tx| spend(tx, "sign-on", spent, attempt::GOOD)).await;
        done.map_err(|problem| match problem.code() {
            ErrorCode::SignInFailed => Problem::new(ErrorCode::SignOnExpired),
            _ => problem,
        })
    }

    /// Counts an attempt of a visitor, and says when there were too many.
    ///
    /// # Errors
    /// `slow-down`.
    pub fn pace_sign_on(&self, visitor: &Visitor) -> Result<()> {
        self.pace.attempt(&of_address(visitor), self.clock.now())
    }

    /// Lets in whom the provider sends, as far as they come without a second factor here. What its groups say
    /// they may do is given and taken first.
    ///
    /// # Errors
    /// `sign-on-unlinked`, `account-disabled`; those of the store.
    pub async fn arrive(&self, arriving: Arriving, visitor: &Visitor) -> Result<Arrived> {
        let by = By::reader(&format!("sign-on:{}", arriving.identity.issuer));
        let wanted = arriving.identity.clone();
        let found = self.read(move |tx| find(tx, &wanted)).await?;
        let account = match found {
            Some(account) => account,
            None => self.newcomer(&arriving, &by).await?,
        };
        if account.disabled.is_some() {
            return Err(Problem::new(ErrorCode::AccountDisabled).with("who", &account.name));
        }
        self.align(&account.id, &arriving.said, &by).await?;
        let stage = match (arriving.enough, account.has_second_factor()) {
            (true, _) => Stage::Full,
            (false, true) => Stage::Second,
            (false, false) => Stage::Setup,
        };
        let mut opened = self.opening(stage, SIGN_ON, &visitor.agent);
        opened.provider = arriving.session.as_ref().map(|s| self.provider_mark(&arriving.identity.issuer, s));
        let (id, unit) = (account.id.clone(), opened.clone());
        if stage != Stage::Full {
            self.write(move |tx| session::open(tx, &id, &unit, None)).await?;
            return Ok(Arrived::Halfway(opened, stage));
        }
        let record = self.signed_in(&account.id, &opened, SIGN_ON)?;
        let acts = self.only_grant(&account.id).await?;
        self.write(move |tx| enter(tx, &id, &unit, acts.as_ref(), &record)).await?;
        self.pace.succeeded(&of_address(visitor));
        Ok(Arrived::In(SignedIn { opened, known: self.known_mark(&account.id), account: account.id }))
    }

    /// An account for somebody who is not known, in one unit of work with its identity.
    async fn newcomer(&self, arriving: &Arriving, by: &By) -> Result<Account> {
        let unlinked = || Problem::new(ErrorCode::SignOnUnlinked).with("who", &arriving.identity.subject);
        let new = arriving.new.clone().ok_or_else(unlinked)?;
        let (id, identity) = (AccountId::new(&*self.random), arriving.identity.clone());
        let display = account::display_name(&new.display).unwrap_or_else(|_| new.name.to_string());
        let made = self.sealed(&act::ACCOUNT_CREATED, &[("account", id.as_str()), ("by", by.as_str())])?;
        let fields = [("account", id.as_str()), ("issuer", identity.issuer.as_str()), ("by", by.as_str())];
        let linked = self.sealed(&act::IDENTITY_LINKED, &fields)?;
        let account = self
            .write(move |tx| {
                if let Some(found) = find(tx, &identity)? {
                    return Ok(Some(found));
                }
                account::insert(tx, &id, &new, &display)?;
                insert(tx, &id, &identity)?;
                tx.record(&made)?;
                tx.record(&linked)?;
                account::find(tx, &id)
            })
            .await;
        match account {
            Ok(account) => account.ok_or_else(unlinked),
            // Somebody else has the name: it is not taken over, an administrator links it.
            Err(problem) if problem.code() == ErrorCode::AlreadyExists => Err(unlinked()),
            Err(problem) => Err(problem),
        }
    }

    /// Writes down that somebody did not come in by single sign-on.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sign_on_refused(&self, identity: Option<&Identity>, code: ErrorCode) -> Result<()> {
        let found = match identity.cloned() {
            Some(identity) => self.read(move |tx| find(tx, &identity)).await?,
            None => None,
        };
        self.refused(found.as_ref().map(|account| &account.id), code).await
    }
}

fn of_address(visitor: &Visitor) -> Vec<super::pace::Whose> {
    visitor.address.map(super::pace::Whose::address).into_iter().collect()
}
