//! What the provider of single sign-on says after a sign-in: that a session there has ended, or all those of a
//! person (OpenID Connect Back-Channel Logout 1.0). What came in by it ends here with it, at once.

use std::time::Duration;

use corridor_base::{Digest, ErrorCode, Problem, Result};
use corridor_proof::act;
use corridor_storage::Tx;

use super::id::{AccountId, SessionId};
use super::identity::{self, Identity};
use super::passkeys::spend;
use super::session::{self, SIGN_ON};
use super::{By, People};

/// For how long a logout token is remembered: longer than one is taken.
pub const REMEMBERED: Duration = Duration::from_secs(20 * 60);
/// The most sessions that one token ends.
const SESSIONS: usize = 1000;

/// Whom the provider has signed out, its word checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// The provider.
    pub issuer: String,
    /// Whom; none when the session alone is named.
    pub subject: Option<String>,
    /// Of which session there; none when it is all of the person's.
    pub session: Option<String>,
    /// What names the token, once for good (`jti`).
    pub token: String,
}

fn sessions(tx: &mut Tx<'_>, account: Option<&AccountId>, mark: Option<&Digest>) -> Result<Vec<Ended>> {
    let rows = match (mark, account) {
        (Some(mark), _) => tx.query(
            "SELECT account, id FROM session WHERE participant = $1 AND provider = $2 ORDER BY id",
            &[(*mark).into()],
        )?,
        (None, Some(account)) => tx.query(
            "SELECT account, id FROM session
             WHERE participant = $1 AND account = $2 AND (method = $3 OR provider IS NOT NULL) ORDER BY id",
            &[account.into(), SIGN_ON.into()],
        )?,
        (None, None) => Vec::new(),
    };
    let ended = |row: &corridor_storage::Row| Ok((row.text(0)?.parse()?, row.text(1)?.parse()?));
    let found: Result<Vec<Ended>> = rows.iter().take(SESSIONS).map(ended).collect();
    // A session and a person that do not belong together end nothing.
    Ok(found?.into_iter().filter(|(of, _)| account.is_none_or(|account| of == account)).collect())
}

type Ended = (AccountId, SessionId);

impl People {
    /// A session at a provider, as sessions here remember it.
    pub(super) fn provider_mark(&self, issuer: &str, session: &str) -> Digest {
        Digest(self.sealer.mark(&[b"sign-on session", issuer.as_bytes(), session.as_bytes()]))
    }

    /// Ends what the provider says has ended; answers how many sessions that were. Whom it does not concern here
    /// has none.
    ///
    /// # Errors
    /// `malformed` for a token that was taken before; those of the store.
    pub async fn end_with_provider(&self, out: &SignedOut) -> Result<usize> {
        let identity = out.subject.as_ref().map(|s| Identity::new(&out.issuer, s)).transpose()?;
        let mark = out.session.as_ref().map(|s| self.provider_mark(&out.issuer, s));
        let named = identity.is_some();
        let found = self
            .read(move |tx| {
                let account = identity.as_ref().map(|i| identity::find(tx, i)).transpose()?.flatten();
                match (named, account) {
                    (true, None) => Ok(Vec::new()),
                    (_, account) => sessions(tx, account.map(|a| a.id).as_ref(), mark.as_ref()),
                }
            })
            .await?;
        let by = By::reader(&format!("sign-on:{}", out.issuer));
        let mut units = Vec::new();
        for (account, session) in found {
            let fields = [("account", account.as_str()), ("session", session.as_str()), ("by", by.as_str())];
            let record = self.sealed(&act::SESSION_REVOKED, &fields)?;
            units.push((account, session, record));
        }
        let token = Digest::of(format!("{}\0{}", out.issuer, out.token).as_bytes());
        self.write(move |tx| {
            spend(tx, "sign-on logout", token, REMEMBERED).map_err(used)?;
            let mut ended = 0;
            for (account, id, record) in &units {
                if session::end(tx, account, id)? {
                    tx.record(record)?;
                    ended += 1;
                }
            }
            Ok(ended)
        })
        .await
    }
}

/// What was spent before is no failed sign-in, but a token that comes again.
fn used(problem: Problem) -> Problem {
    match problem.code() {
        ErrorCode::SignInFailed => {
            Problem::new(ErrorCode::Malformed).with("what", "logout token").with("why", "it was taken before")
        }
        _ => problem,
    }
}
