//! Accounts: a person of one of the institutions hosted here, under a name that is unique on the node.
//! What a person may do stands in grants; an account alone may do nothing.

use std::collections::BTreeMap;

use corridor_base::{Did, ErrorCode, Lang, Problem, Result, Timestamp};
use corridor_proof::act;
use corridor_storage::{Row, Tx};

use super::grant::Grant;
use super::id::{AccountId, AccountName};
use super::{By, People, grant, link, session};

/// The longest name for people, in characters.
const DISPLAY: usize = 100;
/// The most accounts listed.
const LISTED: i64 = 10_000;

/// A person's account, without what it signs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its identifier.
    pub id: AccountId,
    /// The name to sign in with.
    pub name: AccountName,
    /// The person's name.
    pub display: String,
    /// The language its pages are in.
    pub language: Lang,
    /// The participant whose administrator made it.
    pub home: Did,
    /// When it was made.
    pub created: Timestamp,
    /// When it was disabled, if it is.
    pub disabled: Option<Timestamp>,
    /// When the person last signed in.
    pub signed_in: Option<Timestamp>,
    /// Whether it has a password.
    pub has_password: bool,
    /// Whether it has an authenticator.
    pub has_totp: bool,
    /// How many passkeys it has.
    pub passkeys: u32,
    /// How many recovery codes are left.
    pub recovery_codes: u32,
    /// How many identities at a provider of single sign-on are linked to it.
    pub identities: u32,
}

impl Account {
    /// Whether there is a second factor beside the password, or a passkey, which is both.
    #[must_use]
    pub const fn has_second_factor(&self) -> bool {
        self.has_totp || self.passkeys > 0
    }

    /// Whether its owner can sign in without a link and without single sign-on.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.passkeys > 0 || (self.has_password && self.has_totp)
    }
}

/// The columns of [`Account`] of one row of `account a`.
macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT a.id, a.name, a.display, a.language, a.home, a.created, a.disabled, a.signed_in,
                CASE WHEN a.password IS NULL THEN 0 ELSE 1 END, CASE WHEN a.totp IS NULL THEN 0 ELSE 1 END,
                (SELECT COUNT(*) FROM passkey k WHERE k.participant = $1 AND k.account = a.id),
                (SELECT COUNT(*) FROM recovery_code r WHERE r.participant = $1 AND r.account = a.id),
                (SELECT COUNT(*) FROM sign_on s WHERE s.participant = $1 AND s.account = a.id)
             FROM account a WHERE a.participant = $1 ",
            $where
        )
    };
}

fn of_row(row: &Row) -> Result<Account> {
    let count = |column| row.int(column).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Ok(Account {
        id: row.text(0)?.parse()?,
        name: row.text(1)?.parse()?,
        display: row.text(2)?.to_owned(),
        language: row.text(3)?.parse()?,
        home: row.text(4)?.parse()?,
        created: Timestamp::from_millis(row.int(5)?),
        disabled: row.opt_int(6)?.map(Timestamp::from_millis),
        signed_in: row.opt_int(7)?.map(Timestamp::from_millis),
        has_password: row.int(8)? == 1,
        has_totp: row.int(9)? == 1,
        passkeys: count(10)?,
        recovery_codes: count(11)?,
        identities: count(12)?,
    })
}

pub(super) fn find(tx: &mut Tx<'_>, id: &AccountId) -> Result<Option<Account>> {
    let row = tx.query_one(select!("AND a.id = $2"), &[id.into()])?;
    row.as_ref().map(of_row).transpose()
}

pub(super) fn find_by_name(tx: &mut Tx<'_>, name: &AccountName) -> Result<Option<Account>> {
    let row = tx.query_one(select!("AND a.name = $2"), &[name.as_str().into()])?;
    row.as_ref().map(of_row).transpose()
}

/// A person's name as it stands on pages: no control characters, not too long, not empty.
///
/// # Errors
/// `malformed`.
pub fn display_name(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > DISPLAY || text.chars().any(char::is_control) {
        return Err(Problem::new(ErrorCode::Malformed)
            .with("what", "display name")
            .with("why", "1 to 100 printable characters expected"));
    }
    Ok(text.to_owned())
}

/// An account that is to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The name to sign in with.
    pub name: AccountName,
    /// The person's name.
    pub display: String,
    /// The language its pages are in.
    pub language: Lang,
    /// The participant whose administrator makes it.
    pub home: Did,
}

/// Writes a new account into the books, under a name that is free.
pub(super) fn insert(tx: &mut Tx<'_>, id: &AccountId, new: &NewAccount, display: &str) -> Result<()> {
    if find_by_name(tx, &new.name)?.is_some() {
        return Err(Problem::new(ErrorCode::AlreadyExists).with("what", format!("account {}", new.name)));
    }
    let now = tx.now();
    tx.execute(
        "INSERT INTO account (participant, id, name, display, language, home, totp_step, created)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
        &[
            id.into(),
            new.name.as_str().into(),
            display.into(),
            new.language.tag().into(),
            (&new.home).into(),
            now.into(),
        ],
    )
    .map(drop)
}

impl People {
    /// Makes an account, which can do nothing yet: it has no password and no grant.
    ///
    /// # Errors
    /// `already-exists`, `malformed`; those of the store.
    pub async fn create(&self, new: NewAccount, by: &By) -> Result<Account> {
        let id = AccountId::new(&*self.random);
        let display = display_name(&new.display)?;
        let record = self.sealed(&act::ACCOUNT_CREATED, &[("account", id.as_str()), ("by", by.as_str())])?;
        let made = self
            .write(move |tx| {
                insert(tx, &id, &new, &display)?;
                tx.record(&record)?;
                find(tx, &id)
            })
            .await?;
        made.ok_or_else(|| Problem::new(ErrorCode::Internal).with("why", "the account is gone"))
    }

    /// All accounts of the node, by name.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        self.read(|tx| {
            let rows = tx.query(select!("ORDER BY a.name LIMIT $2"), &[LISTED.into()])?;
            rows.iter().map(of_row).collect()
        })
        .await
    }

    /// The account of this identifier.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn account(&self, id: &AccountId) -> Result<Account> {
        let wanted = id.clone();
        let found = self.read(move |tx| find(tx, &wanted)).await?;
        found.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("account {id}")))
    }

    /// The account of this name.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn account_named(&self, name: &AccountName) -> Result<Account> {
        let wanted = name.clone();
        let found = self.read(move |tx| find_by_name(tx, &wanted)).await?;
        found.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("account {name}")))
    }

    /// Changes the name and the language that pages show.
    ///
    /// # Errors
    /// `malformed`; those of the store.
    pub async fn describe(&self, id: &AccountId, display: &str, language: Lang) -> Result<()> {
        let (id, display) = (id.clone(), display_name(display)?);
        self.write(move |tx| {
            tx.execute(
                "UPDATE account SET display = $3, language = $4 WHERE participant = $1 AND id = $2",
                &[(&id).into(), display.as_str().into(), language.tag().into()],
            )
            .map(drop)
        })
        .await
    }

    /// Disables an account: its sessions and links end at once, and it cannot sign in.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn disable(&self, id: &AccountId, by: &By) -> Result<()> {
        let record = self.sealed(&act::ACCOUNT_DISABLED, &[("account", id.as_str()), ("by", by.as_str())])?;
        let id = id.clone();
        self.write(move |tx| {
            let now = tx.now();
            let changed = tx.execute(
                "UPDATE account SET disabled = $3 WHERE participant = $1 AND id = $2 AND disabled IS NULL",
                &[(&id).into(), now.into()],
            )?;
            if changed == 0 {
                return Ok(());
            }
            session::end_all(tx, &id, None)?;
            link::withdraw(tx, &id)?;
            tx.record(&record)
        })
        .await
    }

    /// Lets a disabled account sign in again.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn enable(&self, id: &AccountId, by: &By) -> Result<()> {
        let record = self.sealed(&act::ACCOUNT_ENABLED, &[("account", id.as_str()), ("by", by.as_str())])?;
        let id = id.clone();
        self.write(move |tx| {
            let changed = tx.execute(
                "UPDATE account SET disabled = NULL WHERE participant = $1 AND id = $2 AND disabled IS NOT NULL",
                &[(&id).into()],
            )?;
            if changed == 0 { Ok(()) } else { tx.record(&record) }
        })
        .await
    }

    /// The account of this name as the administrators of `of` may see it: their own people, and at the
    /// participant that operates the node everybody.
    ///
    /// # Errors
    /// `not-found`, also for accounts that are none of their business; those of the store.
    pub async fn seen_by(&self, of: &Did, name: &AccountName) -> Result<Account> {
        let account = self.account_named(name).await?;
        if of == &self.operator || &account.home == of || self.holds(of, &account.id).await? {
            return Ok(account);
        }
        Err(Problem::new(ErrorCode::NotFound).with("what", format!("account {name}")))
    }

    /// The same, when they may also take over its sign-in: their own people's, and never that of somebody
    /// who acts for another participant, too. The participant that operates the node may always.
    ///
    /// # Errors
    /// `not-found`, `forbidden`; those of the store.
    pub async fn governed_by(&self, of: &Did, name: &AccountName) -> Result<Account> {
        let account = self.seen_by(of, name).await?;
        if of == &self.operator {
            return Ok(account);
        }
        for holder in &self.hosted {
            if holder != of && self.holds(holder, &account.id).await? {
                let why = format!("{name} acts for other participants, too");
                return Err(Problem::new(ErrorCode::Forbidden).with("what", why));
            }
        }
        if &account.home == of {
            return Ok(account);
        }
        let why = format!("{name} belongs to another participant");
        Err(Problem::new(ErrorCode::Forbidden).with("what", why))
    }

    /// The accounts that the administrators of `of` may see, each with its grants at `of`, by name.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn visible_to(&self, of: &Did) -> Result<Vec<(Account, Vec<Grant>)>> {
        let mut grants: BTreeMap<AccountId, Vec<Grant>> = BTreeMap::new();
        for grant in self.all_grants_at(of).await? {
            grants.entry(grant.account.clone()).or_default().push(grant);
        }
        let all = self.accounts().await?.into_iter();
        let with = all.map(|account| {
            let held = grants.remove(&account.id).unwrap_or_default();
            (account, held)
        });
        Ok(with.filter(|(a, held)| of == &self.operator || &a.home == of || !held.is_empty()).collect())
    }

    async fn holds(&self, holder: &Did, account: &AccountId) -> Result<bool> {
        let account = account.clone();
        let found = self.store.read(holder, move |tx| grant::of(tx, &account)).await?;
        Ok(!found.is_empty())
    }
}
