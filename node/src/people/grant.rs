//! Grants: an account may act for a participant in a role; as an officer, perhaps for one department
//! alone. A person acts for one at a time. Grants belong to the participant that gives them, so
//! that its books, acts and administrators hold them (PA-1).

use corridor_base::{Did, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{Act, act};
use corridor_storage::{Row, Tx};

use super::department::{self, DepartmentId};
use super::id::{AccountId, GrantId};
use super::{By, People, session};
use crate::access::Role;

/// The most grants of one account at one participant.
const GRANTS: usize = 50;

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its identifier.
    pub id: GrantId,
    /// For whom the account may act.
    pub holder: Did,
    /// Who may act.
    pub account: AccountId,
    /// In which role.
    pub role: Role,
    /// For which department; none is the whole participant.
    pub department: Option<DepartmentId>,
    /// Whether single sign-on gave it, and takes it away.
    pub by_sign_on: bool,
    /// Since when.
    pub given: Timestamp,
}

fn of_row(holder: &Did, row: &Row) -> Result<Grant> {
    Ok(Grant {
        id: row.text(0)?.parse()?,
        holder: holder.clone(),
        account: row.text(1)?.parse()?,
        role: row.text(2)?.parse()?,
        department: row.opt_text(3)?.map(str::parse).transpose()?,
        by_sign_on: row.text(4)? == SIGN_ON,
        given: Timestamp::from_millis(row.int(5)?),
    })
}

/// Where a grant comes from, in the books.
const SIGN_ON: &str = "sign-on";
const ADMINISTRATOR: &str = "administrator";

/// The grants of an account at the participant of this unit.
pub(super) fn of(tx: &mut Tx<'_>, account: &AccountId) -> Result<Vec<Grant>> {
    let rows = tx.query(
        "SELECT id, account, role, department, source, given FROM person_grant
         WHERE participant = $1 AND account = $2 ORDER BY given, id",
        &[account.into()],
    )?;
    let holder = tx.participant().clone();
    rows.iter().map(|row| of_row(&holder, row)).collect()
}

/// What is to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift {
    /// In which role.
    pub role: Role,
    /// For which department; officers only.
    pub department: Option<DepartmentId>,
}

impl Gift {
    /// # Errors
    /// `malformed` for a department of another role than officer: auditors, operators and
    /// administrators look after the participant as a whole.
    pub fn check(&self) -> Result<()> {
        if self.department.is_some() && self.role != Role::Officer {
            return Err(refuse("a department has officers; the other roles are for the whole participant"));
        }
        Ok(())
    }
}

fn refuse(why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "grant").with("why", why)
}

impl People {
    /// Lets an account act for a participant; one that may already is left as it is.
    ///
    /// # Errors
    /// `malformed` for a department of another role than officer, or too many grants; `not-found` for
    /// a department that is not there; those of the store.
    pub async fn give(&self, holder: &Did, account: &AccountId, gift: Gift, by: &By) -> Result<Grant> {
        self.give_from(ADMINISTRATOR, holder, account, gift, by).await
    }

    async fn give_from(
        &self,
        source: &'static str,
        holder: &Did,
        account: &AccountId,
        gift: Gift,
        by: &By,
    ) -> Result<Grant> {
        gift.check()?;
        let id = GrantId::new(&*self.random);
        let department = gift.department.as_ref().map_or("", DepartmentId::as_str);
        let fields = [
            ("account", account.as_str()),
            ("grant", id.as_str()),
            ("role", gift.role.as_str()),
            ("department", department),
            ("by", by.as_str()),
        ];
        let record = Act::seal(&act::GRANT_GIVEN, holder, &fields, &*self.clock, &*self.random)?;
        let account = account.clone();
        self.store
            .write(holder, move |tx| {
                let held = of(tx, &account)?;
                let same = |g: &&Grant| g.role == gift.role && g.department == gift.department;
                if let Some(found) = held.iter().find(same) {
                    return Ok(found.clone());
                }
                if held.len() >= GRANTS {
                    return Err(refuse("an account has at most 50 of a participant"));
                }
                if let Some(department) = &gift.department {
                    department::find(tx, department)?.ok_or_else(|| department::not_found(department))?;
                }
                let now = tx.now();
                tx.execute(
                    "INSERT INTO person_grant (participant, id, account, role, department, source, given)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    &[
                        (&id).into(),
                        (&account).into(),
                        gift.role.as_str().into(),
                        gift.department.as_ref().map(DepartmentId::as_str).into(),
                        source.into(),
                        now.into(),
                    ],
                )?;
                tx.record(&record)?;
                Ok(Grant {
                    id: id.clone(),
                    holder: tx.participant().clone(),
                    account: account.clone(),
                    role: gift.role,
                    department: gift.department.clone(),
                    by_sign_on: source == SIGN_ON,
                    given: now,
                })
            })
            .await
    }

    /// Takes a grant back. Sessions that act by it stop acting with their next request.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn revoke(&self, holder: &Did, account: &AccountId, id: &GrantId, by: &By) -> Result<()> {
        let fields = [("account", account.as_str()), ("grant", id.as_str()), ("by", by.as_str())];
        let record = Act::seal(&act::GRANT_REVOKED, holder, &fields, &*self.clock, &*self.random)?;
        let (account, wanted) = (account.clone(), id.clone());
        self.store
            .write(holder, move |tx| {
                let changed = tx.execute(
                    "DELETE FROM person_grant WHERE participant = $1 AND id = $2 AND account = $3",
                    &[(&wanted).into(), (&account).into()],
                )?;
                if changed == 0 {
                    return Err(Problem::new(ErrorCode::NotFound).with("what", format!("grant {wanted}")));
                }
                tx.record(&record)
            })
            .await
    }

    /// Takes back the grant of this role and department.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn take(&self, holder: &Did, account: &AccountId, gift: &Gift, by: &By) -> Result<()> {
        let held = self.grants_at(holder, account).await?;
        let found = held.iter().find(|g| g.role == gift.role && g.department == gift.department);
        let found = found
            .ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("grant {}", gift.role)))?;
        self.revoke(holder, account, &found.id, by).await
    }

    /// What single sign-on says an account may do, all of it: what it gave before and no longer says
    /// is taken back; what administrators gave stays.
    ///
    /// # Errors
    /// Those of the store; what names a department that is not there is passed over.
    pub async fn align(&self, account: &AccountId, said: &[(Did, Gift)], by: &By) -> Result<()> {
        for holder in self.hosted.clone() {
            let wanted: Vec<&Gift> = said.iter().filter(|(h, _)| *h == holder).map(|(_, g)| g).collect();
            for held in self.grants_at(&holder, account).await?.iter().filter(|g| g.by_sign_on) {
                let still = wanted.iter().any(|g| g.role == held.role && g.department == held.department);
                if !still {
                    self.revoke(&holder, account, &held.id, by).await?;
                }
            }
            for gift in wanted {
                match self.give_from(SIGN_ON, &holder, account, gift.clone(), by).await {
                    Err(problem) if problem.code() == ErrorCode::NotFound => {
                        tracing::warn!(%holder, "single sign-on names a department that is not there");
                    }
                    other => drop(other?),
                }
            }
        }
        Ok(())
    }

    /// The grants of an account at one participant.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn grants_at(&self, holder: &Did, account: &AccountId) -> Result<Vec<Grant>> {
        let account = account.clone();
        self.store.read(holder, move |tx| of(tx, &account)).await
    }

    /// All grants at one participant, of all accounts.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn all_grants_at(&self, holder: &Did) -> Result<Vec<Grant>> {
        self.store
            .read(holder, |tx| {
                let rows = tx.query(
                    "SELECT id, account, role, department, source, given FROM person_grant
                     WHERE participant = $1 ORDER BY account, given, id LIMIT 20000",
                    &[],
                )?;
                let holder = tx.participant().clone();
                rows.iter().map(|row| of_row(&holder, row)).collect()
            })
            .await
    }

    /// All grants of an account, in the order of the configuration's participants.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn grants(&self, account: &AccountId) -> Result<Vec<Grant>> {
        let mut all = Vec::new();
        for holder in &self.hosted {
            all.extend(self.grants_at(holder, account).await?);
        }
        Ok(all)
    }

    /// The grant by which a session acts, as it stands now, with its department.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn grant_in_force(
        &self,
        acts: &session::Acts,
        account: &AccountId,
    ) -> Result<Option<super::Acting>> {
        if !self.hosted.contains(&acts.holder) {
            return Ok(None);
        }
        let (id, account) = (acts.grant.clone(), account.clone());
        self.store
            .read(&acts.holder, move |tx| {
                let row = tx.query_one(
                    "SELECT id, account, role, department, source, given FROM person_grant
                     WHERE participant = $1 AND id = $2 AND account = $3",
                    &[(&id).into(), (&account).into()],
                )?;
                let holder = tx.participant().clone();
                let Some(grant) = row.map(|row| of_row(&holder, &row)).transpose()? else { return Ok(None) };
                let department = match &grant.department {
                    None => None,
                    // An officer of a department that was removed sees nothing rather than everything.
                    Some(id) => match department::find(tx, id)? {
                        Some(found) => Some(found),
                        None => return Ok(None),
                    },
                };
                Ok(Some(super::Acting { grant, department }))
            })
            .await
    }
}
