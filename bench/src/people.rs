//! People who have signed in: each gets an account, a password and an authenticator, in the books of a node that
//! rests. By the sign-in page it would take a minute, as it should.

use std::sync::Arc;

use corridor_base::{Clock, Did, ErrorCode, Lang, Problem, SystemClock};
use corridor_node::access::Role;
use corridor_node::assembly::{self, Surroundings};
use corridor_node::config::{Config, Environment};
use corridor_node::node::Node;
use corridor_node::people::password::Password;
use corridor_node::people::{By, Found, Gift, NewAccount, Standing};
use corridor_storage::DataDir;

use crate::pages::Session;
use crate::world::Country;
use crate::{Result, told};

/// The cookie of a session, and a password that is long enough.
const COOKIE: &str = "corridor_session";
const PASSWORD: &str = "fifty people read at once";

/// The node of a country while its process rests, and its data directory, held.
pub struct Resting {
    /// Put together, without listeners and background work.
    pub node: Arc<Node>,
    _held: DataDir,
}

impl Resting {
    /// Opens it in this process.
    ///
    /// # Errors
    /// When its process runs, or what it stored is not good.
    pub async fn open(country: &Country) -> Result<Self> {
        let file = country.data.with_file_name("corridor.toml");
        let config = Config::load(&file, &Environment::default()).map_err(told(file.display()))?;
        let held = DataDir::lock(&config.data).map_err(told("the data directory"))?;
        let node = assembly::node(config, &Surroundings::of_machine()).await.map_err(told("the node"))?;
        Ok(Self { node, _held: held })
    }

    /// The cookies of new people, all of them administrators of `home`.
    ///
    /// # Errors
    /// When one of them cannot be given an account.
    pub async fn enrol(&self, home: &Did, people: usize) -> Result<Vec<String>> {
        let mut cookies = Vec::new();
        for number in 0..people {
            cookies.push(enrol(&self.node, home, number).await.map_err(told("an account"))?);
        }
        Ok(cookies)
    }

    /// Lets go of everything, so that the process can begin again.
    pub async fn close(self) {
        self.node.exchange.store().close().await;
    }
}

/// What these cookies are worth at the console of a country.
///
/// # Errors
/// When its API has no port.
pub fn sessions(country: &Country, cookies: Vec<String>) -> Result<Vec<Session>> {
    let port = country.api.url("")?.port().ok_or("the API has no port")?;
    let header = |cookie: String| format!("Cookie: {COOKIE}_{port}={cookie}");
    Ok(cookies.into_iter().map(|cookie| Session { port, header: header(cookie) }).collect())
}

/// So many new people, signed in; the node rests meanwhile.
///
/// # Errors
/// When the node does not stop or start, and as [`Resting`].
pub async fn sign_in(country: &mut Country, people: usize) -> Result<Vec<Session>> {
    country.node.stop()?;
    let resting = Resting::open(country).await?;
    let cookies = resting.enrol(&country.did, people).await?;
    resting.close().await;
    country.node.restart()?;
    country.node.ready()?;
    sessions(country, cookies)
}

async fn enrol(node: &Node, home: &Did, number: usize) -> corridor_base::Result<String> {
    let by = By::reader("bench");
    let name = format!("reader{number}");
    let (display, language) = (format!("Reader {number}"), Lang::En);
    let new = NewAccount { name: name.parse()?, display, language, home: home.clone() };
    let account = node.people.create(new, &by).await?;
    let gift = Gift { role: Role::Administrator, department: None };
    node.people.give(home, &account.id, gift, &by).await?;
    let link = node.people.make_link(&account.id, &by).await?;
    let secret = link.address.rsplit('/').next().unwrap_or_default();
    let nobody = || Problem::new(ErrorCode::LinkInvalid);
    let mut opened = node.people.use_link(secret, "bench").await?.ok_or_else(nobody)?;
    let standing = standing(node, &opened.cookie).await?;
    opened = node.people.set_up_password(&standing, Password::new(PASSWORD.to_owned())).await?;
    let standing = self::standing(node, &opened.cookie).await?;
    let offer = node.people.offer_totp(&account.id)?;
    let code = offer.seed.now(SystemClock.now());
    let (_, opened) = node.people.set_totp(&standing, &offer.sealed, &code).await?;
    Ok(opened.cookie)
}

async fn standing(node: &Node, cookie: &str) -> corridor_base::Result<Standing> {
    match node.people.session(cookie).await? {
        Found::Standing(standing) => Ok(*standing),
        _ => Err(Problem::new(ErrorCode::Unauthenticated)),
    }
}
