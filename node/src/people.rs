//! The people of the institutions hosted here: their accounts, how they sign in, for whom and in which
//! role they may act. One file an idea; a handler of pages or of the API calls methods of [`People`],
//! and nothing of it knows HTTP.

pub mod account;
pub mod credentials;
pub mod department;
pub mod grant;
pub mod id;
pub mod identity;
pub mod link;
pub mod pace;
pub mod passkeys;
pub mod password;
pub mod provider;
mod schema;
pub mod seal;
pub mod session;
pub mod signin;
pub mod totp;
pub mod webauthn;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use corridor_base::{Clock, Did, ErrorCode, Problem, Random, Result};
use corridor_proof::act::ActType;
use corridor_proof::{Act, SealedAct};
use corridor_storage::{Store, Tx};
use url::Url;

pub use account::{Account, NewAccount};
pub use department::{Department, DepartmentId};
pub use grant::{Gift, Grant};
pub use id::{AccountId, AccountName, GrantId, LinkId, SessionId};
pub use identity::{Arrived, Arriving, Identity};
pub use provider::SignedOut;
pub use schema::SCHEMA;
pub use seal::Sealer;
pub use session::{Acts, Found, Opened, Session, Stage, Standing};

/// Where people reach the console: scheme, host and port, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site(String);

impl Site {
    /// From an address; path, query and fragment do not count.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        Self(url.origin().ascii_serialization())
    }

    /// The origin, as browsers name it (RFC 6454).
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.0
    }

    /// Its host, without a port: what passkeys are bound to.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        authority.rsplit_once(':').map_or(authority, |(host, _)| host)
    }

    /// Its port, where it is not the usual one.
    #[must_use]
    pub fn port(&self) -> Option<&str> {
        let (_, authority) = self.0.split_once("://")?;
        authority
            .rsplit_once(':')
            .map(|(_, port)| port)
            .filter(|port| port.bytes().all(|b| b.is_ascii_digit()))
    }

    /// The address of a path.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether browsers speak TLS to it, so that cookies may demand it.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }
}

/// What the configuration says about people.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach the console.
    pub site: Site,
    /// How long a session may lie idle.
    pub idle: Duration,
    /// How long a session may last.
    pub absolute: Duration,
    /// How long a sign-in link is good.
    pub link: Duration,
    /// Whether single sign-on is the only way in.
    pub sign_on_alone: bool,
}

/// Who does something to an account, as acts name it: a token, or an account of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By(String);

impl By {
    /// As [`crate::access::Caller`] names its reader.
    #[must_use]
    pub fn reader(reader: &str) -> Self {
        Self(reader.to_owned())
    }

    /// The person itself.
    #[must_use]
    pub fn account(id: &AccountId) -> Self {
        Self(format!("account:{id}"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A grant in force, with its department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting {
    /// The grant.
    pub grant: Grant,
    /// Its department, when it is for one.
    pub department: Option<Department>,
}

/// What [`People`] is made of.
pub struct Parts {
    /// The books.
    pub store: Store,
    /// The participant that holds what belongs to the node.
    pub operator: Did,
    /// All participants.
    pub hosted: Vec<Did>,
    /// The configuration.
    pub settings: Settings,
    /// The key that seals.
    pub sealer: Sealer,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// The people of one node.
pub struct People {
    store: Store,
    operator: Did,
    hosted: Vec<Did>,
    settings: Settings,
    sealer: Sealer,
    hasher: password::Hasher,
    pace: pace::Pace,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl People {
    /// Puts it together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            hasher: password::Hasher::new(parts.random.clone()),
            pace: pace::Pace::default(),
            store: parts.store,
            operator: parts.operator,
            hosted: parts.hosted,
            settings: parts.settings,
            sealer: parts.sealer,
            clock: parts.clock,
            random: parts.random,
        }
    }

    /// What the configuration says about people.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What seals and marks, for cookies and forms.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// The grant by which a session acts, as it stands now.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn acting(&self, standing: &Standing) -> Result<Option<Acting>> {
        match &standing.session.acts {
            Some(acts) => self.grant_in_force(acts, &standing.account.id).await,
            None => Ok(None),
        }
    }

    /// Ways in other than single sign-on, where the configuration leaves any.
    ///
    /// # Errors
    /// `forbidden`.
    fn takes_others(&self) -> Result<()> {
        if self.settings.sign_on_alone {
            let what = "a way in other than single sign-on";
            return Err(Problem::new(ErrorCode::Forbidden).with("what", what));
        }
        Ok(())
    }

    /// An act about an account, which is the operator's.
    fn sealed(&self, kind: &'static ActType, fields: &[(&'static str, &str)]) -> Result<SealedAct> {
        Act::seal(kind, &self.operator, fields, &*self.clock, &*self.random)
    }

    async fn write<T, F>(&self, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.store.write(&self.operator, unit).await
    }

    async fn read<T, F>(&self, unit: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.store.read(&self.operator, unit).await
    }
}
