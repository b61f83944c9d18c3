//! One-time sign-in links: how a person comes to an account that has no password or no second factor
//! yet, or has lost one. A link is good once, for an hour as a rule, and is kept as its digest. It opens no session:
//! only the page where what is missing is set.

use corridor_base::{ErrorCode, Problem, Result, Timestamp};
use corridor_proof::act;
use corridor_storage::Tx;

use super::account::{self, Account};
use super::id::{AccountId, Handed, LinkId};
use super::session::{self, Opened, Stage};
use super::{By, People};

/// The most links of an account that count at a time.
const LINKS: i64 = 5;

/// A link that was made.
pub struct Made {
    /// The address to hand over to the person, and to nobody else.
    pub address: String,
    /// Until when it is good.
    pub expires: Timestamp,
}

pub(super) fn withdraw(tx: &mut Tx<'_>, account: &AccountId) -> Result<()> {
    tx.execute("DELETE FROM sign_in_link WHERE participant = $1 AND account = $2", &[account.into()])
        .map(drop)
}

fn invalid() -> Problem {
    Problem::new(ErrorCode::LinkInvalid)
}

/// The account that a link opens, when it is good.
fn opens(tx: &mut Tx<'_>, handed: &Handed<LinkId>) -> Result<Account> {
    let now = tx.now();
    let row = tx.query_one(
        "SELECT hash, account FROM sign_in_link WHERE participant = $1 AND id = $2 AND expires > $3",
        &[(&handed.id).into(), now.into()],
    )?;
    let row = row.ok_or_else(invalid)?;
    if !handed.matches(row.bytes(0)?) {
        return Err(invalid());
    }
    let found = account::find(tx, &row.text(1)?.parse()?)?;
    found.filter(|a| a.disabled.is_none()).ok_or_else(invalid)
}

impl People {
    /// Makes a link for an account.
    ///
    /// # Errors
    /// `forbidden` where single sign-on is the only way in; those of the store.
    pub async fn make_link(&self, account: &AccountId, by: &By) -> Result<Made> {
        self.takes_others()?;
        let handed = Handed::new(LinkId::new(&*self.random), &*self.random);
        let expires = self.clock.now().plus(self.settings.link);
        let fields = [("account", account.as_str()), ("link", handed.id.as_str()), ("by", by.as_str())];
        let record = self.sealed(&act::SIGN_IN_LINK_MADE, &fields)?;
        let address = self.settings.site.at(&format!("/console/link/{}", handed.text()));
        let (digest, id, account) = (handed.digest(), handed.id, account.clone());
        self.write(move |tx| {
            let now = tx.now();
            tx.execute("DELETE FROM sign_in_link WHERE participant = $1 AND expires <= $2", &[now.into()])?;
            let count = tx.query_one(
                "SELECT COUNT(*) FROM sign_in_link WHERE participant = $1 AND account = $2",
                &[(&account).into()],
            )?;
            if count.map_or(Ok(0), |row| row.int(0))? >= LINKS {
                // The oldest goes: whoever asks for a link wants the one that was just made.
                tx.execute(
                    "DELETE FROM sign_in_link WHERE participant = $1 AND account = $2 AND id = (
                        SELECT MIN(l.id) FROM sign_in_link l WHERE l.participant = $1 AND l.account = $2
                            AND l.expires = (SELECT MIN(m.expires) FROM sign_in_link m
                                WHERE m.participant = $1 AND m.account = $2))",
                    &[(&account).into()],
                )?;
            }
            tx.execute(
                "INSERT INTO sign_in_link (participant, id, hash, account, expires) VALUES ($1, $2, $3, $4, $5)",
                &[(&id).into(), digest.into(), (&account).into(), expires.into()],
            )?;
            tx.record(&record)
        })
        .await?;
        Ok(Made { address, expires })
    }

    /// Whose link it is, without using it up: programs that look at links in messages fetch them.
    ///
    /// # Errors
    /// `link-invalid`; those of the store.
    pub async fn link_of(&self, text: &str) -> Result<Account> {
        let handed = Handed::parse(text).ok_or_else(invalid)?;
        self.read(move |tx| opens(tx, &handed)).await
    }

    /// Uses a link up. What it opens is the page where password and second factor are set; an account
    /// that has both is sent to the sign-in page, and the link is gone all the same.
    ///
    /// # Errors
    /// `link-invalid`, `forbidden`; those of the store.
    pub async fn use_link(&self, text: &str, agent: &str) -> Result<Option<Opened>> {
        self.takes_others()?;
        let handed: Handed<LinkId> = Handed::parse(text).ok_or_else(invalid)?;
        let opened = self.opening(Stage::Setup, "link", agent);
        let unit = opened.clone();
        let complete = self
            .write(move |tx| {
                let account = opens(tx, &handed)?;
                tx.execute(
                    "DELETE FROM sign_in_link WHERE participant = $1 AND id = $2",
                    &[(&handed.id).into()],
                )?;
                if account.is_complete() {
                    return Ok(true);
                }
                session::open(tx, &account.id, &unit, None)?;
                Ok(false)
            })
            .await?;
        Ok((!complete).then_some(opened))
    }
}
