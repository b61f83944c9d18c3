//! What an account signs in with: setting it, changing it, taking it away. A password and an
//! authenticator together, or a passkey alone; recovery codes for the day the authenticator is lost.

use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{SealedAct, act};
use corridor_storage::Tx;
use zeroize::Zeroizing;

use super::id::{AccountId, SessionId};
use super::password::{Checked, Password};
use super::session::{self, Opened, Stage, Standing};
use super::totp::{self, Seed};
use super::{By, People, link, signin};

/// How many recovery codes an account gets, and of how many random bits each.
const CODES: usize = 10;
const CODE_BYTES: usize = 10;
/// For how long a seed that is shown may be confirmed.
const CONFIRM: std::time::Duration = std::time::Duration::from_secs(30 * 60);
/// How fresh a sign-in must be to stand for a password that an account does not have.
const FRESH: std::time::Duration = std::time::Duration::from_secs(10 * 60);

/// A seed that is shown to be taken up by an authenticator.
pub struct Offer {
    /// The seed.
    pub seed: Seed,
    /// What the form brings back: the seed, sealed for this account, with the time.
    pub sealed: Vec<u8>,
}

fn place(account: &AccountId) -> String {
    format!("totp {account}")
}

/// Writes down a new hash.
pub(super) fn write_password(tx: &mut Tx<'_>, account: &AccountId, hash: Option<&str>) -> Result<()> {
    tx.execute(
        "UPDATE account SET password = $3 WHERE participant = $1 AND id = $2",
        &[account.into(), hash.into()],
    )
    .map(drop)
}

/// The hash, the sealed seed and the step used last.
pub(super) fn secrets(
    tx: &mut Tx<'_>,
    account: &AccountId,
) -> Result<(Option<String>, Option<Vec<u8>>, i64)> {
    let row = tx.query_one(
        "SELECT password, totp, totp_step FROM account WHERE participant = $1 AND id = $2",
        &[account.into()],
    )?;
    let Some(row) = row else { return Ok((None, None, 0)) };
    Ok((row.opt_text(0)?.map(str::to_owned), row.opt_bytes(1)?.map(<[u8]>::to_vec), row.int(2)?))
}

impl People {
    /// Checks the password of an account that exists.
    pub(super) async fn check_password(&self, account: &AccountId, password: Password) -> Result<bool> {
        let wanted = account.clone();
        let (stored, _, _) = self.read(move |tx| secrets(tx, &wanted)).await?;
        Ok(self.hasher.check(password, stored).await? != Checked::Wrong)
    }

    /// Asks again for the password before something is changed; an account without one must have
    /// signed in just now. Attempts are counted like those of signing in.
    ///
    /// # Errors
    /// `sign-in-failed`, `slow-down`, `overloaded`; those of the store.
    pub async fn confirm(&self, standing: &Standing, password: Password) -> Result<()> {
        let account = &standing.account;
        if !account.has_password {
            let fresh = self.clock.now().since(standing.session.created) < FRESH;
            return if fresh { Ok(()) } else { Err(Problem::new(ErrorCode::SignInFailed)) };
        }
        let whose = [super::pace::Whose::Browser(Digest::of(standing.session.id.as_str().as_bytes()))];
        self.pace.attempt(&whose, self.clock.now())?;
        if !self.check_password(&account.id, password).await? {
            return Err(Problem::new(ErrorCode::SignInFailed));
        }
        self.pace.succeeded(&whose);
        Ok(())
    }

    /// Sets a new password over the old one, which has just been confirmed: all other sessions end, and this
    /// one goes on under a new identifier.
    ///
    /// # Errors
    /// `password-refused`, `overloaded`; those of the store.
    pub async fn change_password(&self, standing: &Standing, password: Password) -> Result<Opened> {
        let account = &standing.account;
        password.fits(account.name.as_str())?;
        let hash = self.hasher.hash(password).await?;
        let by = By::account(&account.id);
        let fields = [("account", account.id.as_str()), ("change", "changed"), ("by", by.as_str())];
        let record = self.sealed(&act::PASSWORD_CHANGED, &fields)?;
        let mut opened = self.opening(Stage::Full, "password", &standing.session.agent);
        opened.ends_with(&standing.session);
        let (id, acts, unit) = (account.id.clone(), standing.session.acts.clone(), opened.clone());
        self.write(move |tx| {
            write_password(tx, &id, Some(&hash))?;
            session::end_all(tx, &id, None)?;
            link::withdraw(tx, &id)?;
            session::open(tx, &id, &unit, acts.as_ref())?;
            tx.record(&record)
        })
        .await?;
        Ok(opened)
    }

    /// After a sign-in link: sets the password where there is none, or checks the one there is. What
    /// follows is the second factor: proving the one there is, or setting one.
    ///
    /// # Errors
    /// `password-refused`, `sign-in-failed`, `slow-down`, `overloaded`; those of the store.
    pub async fn set_up_password(&self, standing: &Standing, password: Password) -> Result<Opened> {
        let account = &standing.account;
        let hash = if account.has_password {
            self.confirm(standing, password).await?;
            None
        } else {
            password.fits(account.name.as_str())?;
            Some(self.hasher.hash(password).await?)
        };
        let by = By::account(&account.id);
        let fields = [("account", account.id.as_str()), ("change", "set"), ("by", by.as_str())];
        let record = self.sealed(&act::PASSWORD_CHANGED, &fields)?;
        let stage = if account.has_totp { Stage::Second } else { Stage::Setup };
        let opened = self.opening(stage, "link-password", &standing.session.agent);
        let (id, old, unit) = (account.id.clone(), standing.session.id.clone(), opened.clone());
        self.write(move |tx| {
            go_on(tx, &id, &old, &unit)?;
            match &hash {
                Some(hash) => {
                    write_password(tx, &id, Some(hash))?;
                    tx.record(&record)
                }
                None => Ok(()),
            }
        })
        .await?;
        Ok(opened)
    }

    /// Takes the password of an account away: nobody signs in with it any more, sessions and links end.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn reset_password(&self, account: &AccountId, by: &By) -> Result<()> {
        let fields = [("account", account.as_str()), ("change", "reset"), ("by", by.as_str())];
        let record = self.sealed(&act::PASSWORD_CHANGED, &fields)?;
        let account = account.clone();
        self.write(move |tx| {
            write_password(tx, &account, None)?;
            session::end_all(tx, &account, None)?;
            link::withdraw(tx, &account)?;
            tx.record(&record)
        })
        .await
    }

    /// Takes authenticator, passkeys and recovery codes of an account away; sessions and links end.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn reset_second_factor(&self, account: &AccountId, by: &By) -> Result<()> {
        let record = self.factor_act(account, "reset", by)?;
        let account = account.clone();
        self.write(move |tx| {
            tx.execute(
                "UPDATE account SET totp = NULL, totp_step = 0 WHERE participant = $1 AND id = $2",
                &[(&account).into()],
            )?;
            tx.execute("DELETE FROM passkey WHERE participant = $1 AND account = $2", &[(&account).into()])?;
            tx.execute(
                "DELETE FROM recovery_code WHERE participant = $1 AND account = $2",
                &[(&account).into()],
            )?;
            session::end_all(tx, &account, None)?;
            link::withdraw(tx, &account)?;
            tx.record(&record)
        })
        .await
    }

    pub(super) fn factor_act(&self, account: &AccountId, change: &str, by: &By) -> Result<SealedAct> {
        let fields = [("account", account.as_str()), ("change", change), ("by", by.as_str())];
        self.sealed(&act::SECOND_FACTOR_CHANGED, &fields)
    }

    /// Offers a seed for an authenticator. It counts for nothing until a code of it is brought back.
    ///
    /// # Errors
    /// `internal`.
    pub fn offer_totp(&self, account: &AccountId) -> Result<Offer> {
        let seed = Seed::new(&*self.random);
        let mut text = Zeroizing::new(self.clock.now().millis().to_be_bytes().to_vec());
        text.extend_from_slice(seed.bytes());
        let sealed = self.sealer.seal(&format!("offered {}", place(account)), &text, &*self.random)?;
        Ok(Offer { seed, sealed })
    }

    /// The seed of an offer that is still good, to be shown again after a wrong code.
    #[must_use]
    pub fn offered_totp(&self, account: &AccountId, sealed: &[u8]) -> Option<Seed> {
        let text = self.sealer.open(&format!("offered {}", place(account)), sealed)?;
        let (time, seed) = text.split_first_chunk::<8>()?;
        let offered = Timestamp::from_millis(i64::from_be_bytes(*time));
        let good = self.clock.now().since(offered) < CONFIRM;
        good.then(|| Seed::of(Zeroizing::new(seed.to_vec())))
    }

    /// Takes up an authenticator: a code shows that it has the seed. Answers the recovery codes, which
    /// are shown this once, and the session that goes on.
    ///
    /// # Errors
    /// `second-factor-failed`, `forbidden`; those of the store.
    pub async fn set_totp(
        &self,
        standing: &Standing,
        sealed: &[u8],
        code: &str,
    ) -> Result<(Vec<String>, Opened)> {
        let account = &standing.account;
        self.may_add_factor(standing)?;
        let failed = || Problem::new(ErrorCode::SecondFactorFailed);
        let seed = self.offered_totp(&account.id, sealed).ok_or_else(failed)?;
        let step = seed.step(code, self.clock.now(), 0).ok_or_else(failed)?;
        let kept = self.sealer.seal(&place(&account.id), seed.bytes(), &*self.random)?;
        let (codes, marks) = self.new_codes(&account.id);
        let record = self.factor_act(&account.id, "authenticator-set", &By::account(&account.id))?;
        let next = self.going_on(standing, "totp").await?;
        let opened = next.opened.clone();
        let (id, old) = (account.id.clone(), standing.session.id.clone());
        self.write(move |tx| {
            tx.execute(
                "UPDATE account SET totp = $3, totp_step = $4 WHERE participant = $1 AND id = $2",
                &[(&id).into(), kept.as_slice().into(), step.into()],
            )?;
            write_codes(tx, &id, &marks)?;
            session::end_all(tx, &id, Some(&old))?;
            next.follow(tx, &id, &old)?;
            tx.record(&record)
        })
        .await?;
        Ok((codes, opened))
    }

    /// Makes new recovery codes in place of those there are.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn renew_codes(&self, account: &AccountId) -> Result<Vec<String>> {
        let (codes, marks) = self.new_codes(account);
        let record = self.factor_act(account, "recovery-codes-made", &By::account(account))?;
        let account = account.clone();
        self.write(move |tx| {
            write_codes(tx, &account, &marks)?;
            tx.record(&record)
        })
        .await?;
        Ok(codes)
    }

    /// A second factor is added by somebody who is signed in, or sets the account up and has no other.
    pub(super) fn may_add_factor(&self, standing: &Standing) -> Result<()> {
        let account = &standing.account;
        // Who came by single sign-on has shown who they are; a link alone adds nothing to an account that has a
        // password.
        let proven = !account.has_password
            || standing.session.method == "link-password"
            || standing.session.method == session::SIGN_ON;
        let may = match standing.session.stage {
            Stage::Full => true,
            Stage::Setup => !account.has_second_factor() && proven,
            Stage::Second => false,
        };
        if may { Ok(()) } else { Err(Problem::new(ErrorCode::Forbidden).with("what", "second factor")) }
    }

    /// The session that follows when a second factor was added: signed in, unless the account cannot
    /// sign in by itself yet.
    pub(super) async fn going_on(&self, standing: &Standing, method: &'static str) -> Result<Next> {
        let (account, session) = (&standing.account, &standing.session);
        if session.stage == Stage::Full {
            let mut opened = self.opening(Stage::Full, method, &session.agent);
            opened.ends_with(session);
            return Ok(Next { opened, acts: session.acts.clone(), record: None });
        }
        let by_sign_on = session.method == session::SIGN_ON;
        if method != "passkey" && !account.has_password && !by_sign_on {
            let opened = self.opening(Stage::Setup, "link", &session.agent);
            return Ok(Next { opened, acts: None, record: None });
        }
        let method = if by_sign_on { session::SIGN_ON } else { method };
        let mut opened = self.opening(Stage::Full, method, &session.agent);
        opened.follows(session);
        let record = Some(self.signed_in(&account.id, &opened, method)?);
        Ok(Next { opened, acts: self.only_grant(&account.id).await?, record })
    }

    fn new_codes(&self, account: &AccountId) -> (Vec<String>, Vec<[u8; 32]>) {
        let codes: Vec<String> = (0..CODES)
            .map(|_| {
                let bytes: [u8; CODE_BYTES] = self.random.bytes();
                let letters: Vec<char> = totp::base32(&bytes).to_lowercase().chars().collect();
                letters.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-")
            })
            .collect();
        let marks = codes.iter().map(|code| self.code_mark(account, code)).collect();
        (codes, marks)
    }

    /// What is kept of a recovery code: a mark under the key of the node, so that a stolen database is
    /// no help in guessing; spaces, hyphens and capitals do not matter.
    pub(super) fn code_mark(&self, account: &AccountId, code: &str) -> [u8; 32] {
        let plain: String =
            code.to_ascii_lowercase().chars().filter(|c| c.is_ascii_alphanumeric()).take(64).collect();
        self.sealer.mark(&[b"recovery", account.as_str().as_bytes(), plain.as_bytes()])
    }

    /// The step that a code of the account's authenticator stands for.
    pub(super) fn totp_step(&self, account: &AccountId, sealed: &[u8], code: &str, last: i64) -> Option<i64> {
        let seed = Seed::of(self.sealer.open(&place(account), sealed)?);
        seed.step(code, self.clock.now(), last)
    }
}

fn write_codes(tx: &mut Tx<'_>, account: &AccountId, marks: &[[u8; 32]]) -> Result<()> {
    tx.execute("DELETE FROM recovery_code WHERE participant = $1 AND account = $2", &[account.into()])?;
    for mark in marks {
        tx.execute(
            "INSERT INTO recovery_code (participant, account, hash) VALUES ($1, $2, $3)",
            &[account.into(), mark.as_slice().into()],
        )?;
    }
    Ok(())
}

/// One session goes on as another, if it has not ended in the meantime.
pub(super) fn go_on(tx: &mut Tx<'_>, account: &AccountId, old: &SessionId, new: &Opened) -> Result<()> {
    if !session::end(tx, account, old)? {
        return Err(Problem::new(ErrorCode::Unauthenticated));
    }
    session::open(tx, account, new, None)
}

/// The session that follows another.
pub(super) struct Next {
    pub(super) opened: Opened,
    acts: Option<session::Acts>,
    /// The act of the sign-in that this completes, if it does.
    record: Option<SealedAct>,
}

impl Next {
    pub(super) fn follow(&self, tx: &mut Tx<'_>, account: &AccountId, old: &SessionId) -> Result<()> {
        if !session::end(tx, account, old)? {
            return Err(Problem::new(ErrorCode::Unauthenticated));
        }
        match &self.record {
            Some(record) => signin::enter(tx, account, &self.opened, self.acts.as_ref(), record),
            None => session::open(tx, account, &self.opened, self.acts.as_ref()),
        }
    }
}
