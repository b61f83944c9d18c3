//! Signing in: the password, then the code of an authenticator or a recovery code. What is wrong is
//! never said, a name that does not exist takes as long as one that does, every outcome is an act,
//! and whoever keeps trying is slowed down.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corridor_base::{Digest, ErrorCode, Problem, Result};
use corridor_proof::{SealedAct, act};
use corridor_storage::Tx;
use subtle::ConstantTimeEq as _;

use super::account;
use super::credentials;
use super::grant::Grant;
use super::id::{AccountId, AccountName};
use super::pace::Whose;
use super::password::{Checked, Password};
use super::session::{self, Acts, Opened, Stage, Standing};
use super::{By, People};

/// Who is at the door, as far as that can be known.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// The address of the connection.
    pub address: Option<IpAddr>,
    /// The mark of a browser that signed in before.
    pub known: Option<String>,
    /// What the browser calls itself.
    pub agent: String,
}

/// A sign-in that is complete.
pub struct SignedIn {
    /// The session.
    pub opened: Opened,
    /// The mark by which the browser is known next time.
    pub known: String,
    /// Whose it is.
    pub account: AccountId,
}

/// What an act names as the account when there is none of that name. The name that was typed is not
/// kept: people type passwords there.
const UNKNOWN: &str = "unknown";

impl People {
    /// First step: name and password. What follows is the second factor.
    ///
    /// # Errors
    /// `sign-in-failed`, whatever is wrong; `slow-down`, `overloaded`, `forbidden`; those of the store.
    pub async fn begin(&self, name: &str, password: Password, visitor: &Visitor) -> Result<Opened> {
        self.takes_others()?;
        let wanted = name.parse::<AccountName>().ok();
        let found = self
            .read(move |tx| {
                let Some(account) =
                    wanted.as_ref().map(|n| account::find_by_name(tx, n)).transpose()?.flatten()
                else {
                    return Ok(None);
                };
                let (stored, _, _) = credentials::secrets(tx, &account.id)?;
                Ok(Some((account, stored)))
            })
            .await?;
        let id = found.as_ref().map(|(account, _)| account.id.clone());
        self.pace.attempt(&self.whose(name, id.as_ref(), visitor), self.clock.now())?;
        let (account, stored) = found.map_or((None, None), |(account, stored)| (Some(account), stored));
        let usable = |a: &account::Account| a.disabled.is_none() && a.has_totp;
        let (text, checked) = self.check_keeping(password, stored).await?;
        let Some(account) = account.filter(|a| checked != Checked::Wrong && usable(a)) else {
            self.refused(id.as_ref(), ErrorCode::SignInFailed).await?;
            return Err(Problem::new(ErrorCode::SignInFailed));
        };
        let hash = match checked {
            Checked::RightButOld => Some(self.hasher.hash(text).await?),
            _ => None,
        };
        let opened = self.opening(Stage::Second, "password", &visitor.agent);
        let (id, unit) = (account.id, opened.clone());
        self.write(move |tx| {
            if let Some(hash) = &hash {
                credentials::write_password(tx, &id, Some(hash))?;
            }
            session::open(tx, &id, &unit, None)
        })
        .await?;
        Ok(opened)
    }

    async fn check_keeping(&self, password: Password, stored: Option<String>) -> Result<(Password, Checked)> {
        let again = password.copy();
        let checked = self.hasher.check(password, stored).await?;
        Ok((again, checked))
    }

    /// Second step: a code of the authenticator, or a recovery code. Each is good once: the unit that
    /// accepts it uses it up.
    ///
    /// # Errors
    /// `second-factor-failed`, `slow-down`; those of the store.
    pub async fn second(&self, standing: &Standing, code: &str, visitor: &Visitor) -> Result<SignedIn> {
        let account = &standing.account;
        if standing.session.stage != Stage::Second {
            return Err(Problem::new(ErrorCode::Unauthenticated));
        }
        let whose = self.whose(account.name.as_str(), Some(&account.id), visitor);
        self.pace.attempt(&whose, self.clock.now())?;
        let wanted = account.id.clone();
        let (_, sealed, last) = self.read(move |tx| credentials::secrets(tx, &wanted)).await?;
        let step = sealed.and_then(|sealed| self.totp_step(&account.id, &sealed, code, last));
        let mark = self.code_mark(&account.id, code);
        let method = match step {
            _ if standing.session.method == session::SIGN_ON => session::SIGN_ON,
            Some(_) => "totp",
            None => "recovery",
        };
        let used = self.factor_act(&account.id, "recovery-code-used", &By::account(&account.id))?;
        let mut opened = self.opening(Stage::Full, method, &visitor.agent);
        opened.follows(&standing.session);
        let record = self.signed_in(&account.id, &opened, method)?;
        let acts = self.only_grant(&account.id).await?;
        let (id, old, unit) = (account.id.clone(), standing.session.id.clone(), opened.clone());
        let accepted = self
            .write(move |tx| {
                let good = match step {
                    Some(step) => use_step(tx, &id, step)?,
                    None => use_code(tx, &id, &mark)?,
                };
                if !good {
                    return Ok(false);
                }
                if !session::end(tx, &id, &old)? {
                    return Err(Problem::new(ErrorCode::Unauthenticated));
                }
                enter(tx, &id, &unit, acts.as_ref(), &record)?;
                if step.is_none() {
                    tx.record(&used)?;
                }
                Ok(true)
            })
            .await?;
        if !accepted {
            self.refused(Some(&account.id), ErrorCode::SecondFactorFailed).await?;
            return Err(Problem::new(ErrorCode::SecondFactorFailed));
        }
        self.pace.succeeded(&whose);
        Ok(SignedIn { opened, known: self.known_mark(&account.id), account: account.id.clone() })
    }

    /// What a session is for that begins acting when its account has one grant alone.
    pub(super) async fn only_grant(&self, account: &AccountId) -> Result<Option<Acts>> {
        let grants = self.grants(account).await?;
        Ok(match grants.as_slice() {
            [Grant { holder, id, .. }] => Some(Acts { holder: holder.clone(), grant: id.clone() }),
            _ => None,
        })
    }

    pub(super) fn signed_in(&self, account: &AccountId, opened: &Opened, method: &str) -> Result<SealedAct> {
        let fields = [("account", account.as_str()), ("session", opened.id.as_str()), ("method", method)];
        self.sealed(&act::SIGNED_IN, &fields)
    }

    /// Writes down that somebody was refused. For names that do not exist at most one a second: it is
    /// anybody who makes them up.
    pub(super) async fn refused(&self, account: Option<&AccountId>, code: ErrorCode) -> Result<()> {
        if account.is_none() && !self.pace.writes_down_unknown(self.clock.now()) {
            tracing::warn!(target: "corridor::people", "sign-in refused, of a name that does not exist");
            return Ok(());
        }
        let account = account.map_or(UNKNOWN, AccountId::as_str);
        let fields = [("account", account), ("code", code.as_str())];
        let record = self.sealed(&act::SIGN_IN_REFUSED, &fields)?;
        tracing::warn!(target: "corridor::people", account, %code, "sign-in refused");
        self.write(move |tx| tx.record(&record)).await
    }

    /// Whose attempts these are: those of the address, and those at the account, of a browser it knows or
    /// of strangers.
    pub(super) fn whose(&self, name: &str, account: Option<&AccountId>, visitor: &Visitor) -> Vec<Whose> {
        let known = account.and_then(|a| self.knows(a, visitor.known.as_deref()?));
        let at = known.map_or_else(|| Whose::name(name), Whose::Browser);
        std::iter::once(at).chain(visitor.address.map(Whose::address)).collect()
    }

    /// The mark by which a browser is known as one that signed in to the account.
    pub(super) fn known_mark(&self, account: &AccountId) -> String {
        let device: [u8; 16] = self.random.bytes();
        let mark = self.sealer.mark(&[b"known", account.as_str().as_bytes(), &device]);
        URL_SAFE_NO_PAD.encode([device.as_slice(), &mark].concat())
    }

    fn knows(&self, account: &AccountId, text: &str) -> Option<Digest> {
        let bytes = URL_SAFE_NO_PAD.decode(text.get(..64)?).ok()?;
        let (device, mark) = bytes.split_at_checked(16)?;
        let ours = self.sealer.mark(&[b"known", account.as_str().as_bytes(), device]);
        bool::from(ours.ct_eq(mark)).then(|| Digest::of(device))
    }
}

/// Uses up a step of the authenticator; false when it, or a later one, was used before.
fn use_step(tx: &mut Tx<'_>, account: &AccountId, step: i64) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE account SET totp_step = $3 WHERE participant = $1 AND id = $2 AND totp_step < $3",
        &[account.into(), step.into()],
    )?;
    Ok(changed == 1)
}

/// Uses up a recovery code; false when there is none like it.
fn use_code(tx: &mut Tx<'_>, account: &AccountId, mark: &[u8; 32]) -> Result<bool> {
    let changed = tx.execute(
        "DELETE FROM recovery_code WHERE participant = $1 AND account = $2 AND hash = $3",
        &[account.into(), mark.as_slice().into()],
    )?;
    Ok(changed == 1)
}

/// Opens the session of a sign-in, with its act, if the account may still be used.
pub(super) fn enter(
    tx: &mut Tx<'_>,
    account: &AccountId,
    new: &Opened,
    acts: Option<&Acts>,
    record: &SealedAct,
) -> Result<()> {
    let now = tx.now();
    let changed = tx.execute(
        "UPDATE account SET signed_in = $3 WHERE participant = $1 AND id = $2 AND disabled IS NULL",
        &[account.into(), now.into()],
    )?;
    if changed == 0 {
        return Err(Problem::new(ErrorCode::SignInFailed));
    }
    session::open(tx, account, new, acts)?;
    tx.record(record)
}
