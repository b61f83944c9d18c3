//! Reads a configuration: TOML with the line of every value, then the environment, then the checks
//! that need more than one value. What is wrong is named by file, line and key.

mod sign_on;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corridor_base::{Did, ErrorCode, Lang, Problem, Result};
use corridor_identity::AnchorKey;
use corridor_ledger::witness::KnownLog;
use corridor_net::{Allow, PublicUrl};
use corridor_proof::trust::MAX_LEDGER_NAME;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use url::Url;

use super::keys::{self, KEYS, Key, Shape};
use super::{Config, DatabasePlace, Hosted, HubFolder, Listen, LogSettings, TlsFiles};
use crate::door::forwarded::{Header, Proxies};
use crate::people;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// This line of the file, counted from one.
    Line(usize),
    /// This environment variable.
    Variable(String),
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, a path, an address, a URL, a word.
    Text(String),
    /// A whole number.
    Integer(u64),
    /// A list of texts.
    List(Vec<String>),
}

/// The environment as the configuration sees it: passed in, so that a test brings its own.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process that begin with `CORRIDOR_`.
    #[must_use]
    pub fn of_process() -> Self {
        let ours = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|n| n.starts_with("CORRIDOR_"))?;
            Some((name, value.into_string().ok()?))
        });
        Self(ours.collect())
    }

    /// These variables.
    #[must_use]
    pub fn of(variables: &[(&str, &str)]) -> Self {
        Self(variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    /// One variable; an empty one counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }
}

/// Every key that has a value, with where the value comes from.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    single: BTreeMap<&'static str, (Value, Origin)>,
    participants: Vec<BTreeMap<&'static str, (Value, Origin)>>,
}

impl Settings {
    /// The values of a key: one, or one for each participant, or none.
    #[must_use]
    pub fn values(&self, key: &Key) -> Vec<(&Value, &Origin)> {
        let tables = std::iter::once(&self.single).chain(&self.participants);
        tables.filter_map(|t| t.get(key.path)).map(|(value, origin)| (value, origin)).collect()
    }
}

/// The text that is being read, for saying where something is wrong.
struct Source<'a> {
    file: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        1 + before.iter().filter(|b| **b == b'\n').count()
    }

    fn invalid(&self, key: &str, origin: &Origin, why: impl std::fmt::Display) -> Problem {
        let (path, line) = match origin {
            Origin::Line(line) => (self.file.display().to_string(), *line),
            Origin::Variable(name) => (format!("${name}"), 1),
            Origin::Default => (self.file.display().to_string(), 1),
        };
        Problem::new(ErrorCode::ConfigInvalid)
            .with("path", path)
            .with("line", line)
            .with("key", key)
            .with("why", why)
    }

    fn unknown(&self, key: &str, offset: usize) -> Problem {
        Problem::new(ErrorCode::ConfigUnknownKey)
            .with("path", self.file.display())
            .with("line", self.line(offset))
            .with("key", key)
            .with("nearest", keys::nearest(key))
    }
}

pub(super) fn config(text: &str, file: &Path, environment: &Environment) -> Result<Config> {
    let source = Source { file, text };
    let mut settings = settings(&source)?;
    override_by_environment(&source, &mut settings, environment)?;
    let reader = Reader { source, settings: &settings };
    let participants = reader.participants()?;
    let operator = reader.operator(&participants)?;
    let data = reader.path("node.data")?.unwrap_or_default();
    Ok(Config {
        file: file.to_owned(),
        language: reader.text("node.language").parse().unwrap_or(Lang::En),
        operator,
        workers: reader.count("node.workers"),
        public: reader.listen("public.listen", "public.tls_certificate", "public.tls_key")?,
        public_url: reader.public_url()?,
        api: reader.listen("api.listen", "api.tls_certificate", "api.tls_key")?,
        proxies: reader.proxies()?,
        api_requests: reader.count("api.max_requests"),
        api_timeout: reader.seconds("api.timeout_seconds"),
        people: reader.people()?,
        sign_on: reader.sign_on(&participants)?,
        database: reader.database()?,
        blobs: reader.path("storage.blobs")?.unwrap_or_else(|| data.join("blobs")),
        reader_threads: reader.count("storage.reader_threads"),
        anchors: reader.anchors()?,
        trust_sources: reader.urls("trust.sources")?,
        trust_refresh: reader.seconds("trust.refresh_seconds"),
        allow: reader.allow()?,
        proxy: reader.url("net.proxy")?,
        extra_roots: reader.path("net.extra_roots")?,
        max_size: reader.integer("exchange.max_size"),
        max_skew: reader.seconds("exchange.max_skew_seconds"),
        parallel: reader.count("exchange.parallel"),
        give_up_after: reader.seconds("exchange.give_up_hours").saturating_mul(3600),
        ledger_origin: reader.ledger_origin()?,
        ledger_interval: Duration::from_millis(reader.integer("ledger.interval_ms")),
        ledger_policy: reader.path("ledger.policy")?,
        ledger_accept: reader.accepted_logs()?,
        ledger_ml_dsa: reader.text("ledger.cosign") == "ed25519+ml-dsa-44",
        ledger_raw: reader.raw_logs()?,
        log: LogSettings { json: reader.text("log.format") == "json", level: reader.text("log.level") },
        data,
        participants,
        settings,
    })
}

/// What the file says, over the defaults.
fn settings(source: &Source<'_>) -> Result<Settings> {
    let table = DeTable::parse(source.text).map_err(|e| {
        let line = e.span().map_or(1, |span| source.line(span.start));
        source.invalid("TOML", &Origin::Line(line), e.message())
    })?;
    let mut settings = Settings::default();
    for key in KEYS.iter().filter(|k| !k.default.is_empty()) {
        settings.single.insert(key.path, (default_of(key)?, Origin::Default));
    }
    for (section, value) in table.get_ref() {
        let offset = section.span().start;
        match (section.get_ref().as_ref(), value.get_ref()) {
            ("participant", DeValue::Array(items)) => {
                for item in items {
                    settings.participants.push(participant(source, item)?);
                }
            }
            ("participant", _) => {
                let at = Origin::Line(source.line(offset));
                return Err(source.invalid("participant", &at, "[[participant]] with two brackets expected"));
            }
            (name, DeValue::Table(entries)) if KEYS.iter().any(|k| k.section() == name) => {
                read_section(source, name, entries, &mut settings.single)?;
            }
            (name, _) => return Err(source.unknown(name, offset)),
        }
    }
    Ok(settings)
}

fn default_of(key: &Key) -> Result<Value> {
    let wrong = |why: String| {
        Problem::new(ErrorCode::Internal).with("why", format!("default of {}: {why}", key.path))
    };
    let parsed = DeValue::parse(key.default).map_err(|e| wrong(e.to_string()))?;
    value_of(key, parsed.get_ref()).map_err(wrong)
}

fn participant(
    source: &Source<'_>,
    item: &Spanned<DeValue<'_>>,
) -> Result<BTreeMap<&'static str, (Value, Origin)>> {
    let at = Origin::Line(source.line(item.span().start));
    let DeValue::Table(entries) = item.get_ref() else {
        return Err(source.invalid("participant", &at, "a table expected"));
    };
    let mut values = BTreeMap::new();
    read_section(source, "participant", entries, &mut values)?;
    for key in KEYS.iter().filter(|k| k.section() == "participant" && k.required) {
        if !values.contains_key(key.path) {
            return Err(source.invalid(key.path, &at, "it is missing"));
        }
    }
    Ok(values)
}

fn read_section(
    source: &Source<'_>,
    section: &str,
    entries: &DeTable<'_>,
    into: &mut BTreeMap<&'static str, (Value, Origin)>,
) -> Result<()> {
    for (name, value) in entries {
        let path = format!("{section}.{}", name.get_ref());
        let key = keys::find(&path).ok_or_else(|| source.unknown(&path, name.span().start))?;
        let origin = Origin::Line(source.line(name.span().start));
        let value = value_of(key, value.get_ref()).map_err(|why| source.invalid(&path, &origin, why))?;
        into.insert(key.path, (value, origin));
    }
    Ok(())
}

/// The value in the shape of its key; otherwise why not.
fn value_of(key: &Key, value: &DeValue<'_>) -> std::result::Result<Value, String> {
    let wrong = || format!("{} expected, {} found", key.shape.name(), value.type_str());
    let value = match (key.shape, value) {
        (Shape::Integer(..), DeValue::Integer(number)) => {
            let parsed = u64::from_str_radix(number.as_str(), number.radix());
            Value::Integer(parsed.map_err(|_| format!("{} expected", key.shape.name()))?)
        }
        (Shape::List, DeValue::Array(items)) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|i| i.get_ref().as_str().map(str::to_owned)).collect();
            Value::List(texts.ok_or_else(|| "a list of texts expected".to_owned())?)
        }
        (Shape::Integer(..) | Shape::List, _) => return Err(wrong()),
        (_, DeValue::String(text)) => Value::Text(text.clone().into_owned()),
        _ => return Err(wrong()),
    };
    check_shape(key.shape, &value)?;
    Ok(value)
}

/// What can be said about one value by itself.
fn check_shape(shape: Shape, value: &Value) -> std::result::Result<(), String> {
    match (shape, value) {
        (Shape::Integer(least, most), Value::Integer(number)) if !(least..=most).contains(number) => {
            Err(format!("a number from {least} to {most} expected"))
        }
        (Shape::Choice(words), Value::Text(text)) if !words.contains(&text.as_str()) => {
            Err(format!("one of {} expected", words.join(", ")))
        }
        (Shape::Address, Value::Text(text)) => text
            .parse::<SocketAddr>()
            .map(drop)
            .map_err(|_| "an IP address and a port, like 127.0.0.1:7080, expected".to_owned()),
        (Shape::Url, Value::Text(text)) => {
            let web = Url::parse(text).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
            if web { Ok(()) } else { Err("an http or https address expected".to_owned()) }
        }
        (Shape::Path | Shape::Text, Value::Text(text)) if text.is_empty() => Err("it is empty".to_owned()),
        _ => Ok(()),
    }
}

/// Only names made from the table count: orchestrators put variables of their own, such as
/// `CORRIDOR_SERVICE_HOST`, into every process, and they must not stop a node.
fn override_by_environment(
    source: &Source<'_>,
    settings: &mut Settings,
    environment: &Environment,
) -> Result<()> {
    for key in KEYS {
        let Some(name) = key.variable() else { continue };
        let Some(text) = environment.get(&name) else { continue };
        let origin = Origin::Variable(name);
        let value =
            match key.shape {
                Shape::Integer(..) => Value::Integer(text.parse().map_err(|_| {
                    source.invalid(key.path, &origin, format!("{} expected", key.shape.name()))
                })?),
                Shape::List => Value::List(
                    text.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect(),
                ),
                _ => Value::Text(text.to_owned()),
            };
        check_shape(key.shape, &value).map_err(|why| source.invalid(key.path, &origin, why))?;
        settings.single.insert(key.path, (value, origin));
    }
    Ok(())
}

/// Takes typed values out of settings whose shapes have been checked.
struct Reader<'a> {
    source: Source<'a>,
    settings: &'a Settings,
}

impl Reader<'_> {
    fn get(&self, path: &str) -> Option<&(Value, Origin)> {
        self.settings.single.get(path)
    }

    fn opt_text(&self, path: &str) -> Option<(&str, &Origin)> {
        match self.get(path) {
            Some((Value::Text(text), origin)) => Some((text, origin)),
            _ => None,
        }
    }

    fn text(&self, path: &str) -> String {
        self.opt_text(path).map(|(text, _)| text.to_owned()).unwrap_or_default()
    }

    fn integer(&self, path: &str) -> u64 {
        match self.get(path) {
            Some((Value::Integer(number), _)) => *number,
            _ => 0,
        }
    }

    fn count(&self, path: &str) -> usize {
        usize::try_from(self.integer(path)).unwrap_or(usize::MAX)
    }

    fn seconds(&self, path: &str) -> Duration {
        Duration::from_secs(self.integer(path))
    }

    /// A relative path starts at the directory of the file, wherever the program was started.
    fn path(&self, path: &str) -> Result<Option<PathBuf>> {
        let Some((text, origin)) = self.opt_text(path) else { return Ok(None) };
        let base = self.source.file.parent().unwrap_or(Path::new(""));
        let joined = base.join(text);
        std::path::absolute(&joined).map(Some).map_err(|e| self.source.invalid(path, origin, e))
    }

    fn url(&self, path: &str) -> Result<Option<Url>> {
        let Some((text, origin)) = self.opt_text(path) else { return Ok(None) };
        Url::parse(text).map(Some).map_err(|e| self.source.invalid(path, origin, e))
    }

    fn urls(&self, path: &str) -> Result<Vec<Url>> {
        let Some((Value::List(list), origin)) = self.get(path) else { return Ok(Vec::new()) };
        let parse = |text: &String| {
            Url::parse(text).map_err(|e| self.source.invalid(path, origin, format!("{text}: {e}")))
        };
        list.iter().map(parse).collect()
    }

    fn public_url(&self) -> Result<PublicUrl> {
        let (text, origin) = self.opt_text("public.url").unwrap_or(("", &Origin::Default));
        PublicUrl::parse(text).map_err(|e| self.source.invalid("public.url", origin, said(&e)))
    }

    /// Without a word of its own it is the public URL without its scheme, and `/log`.
    fn ledger_origin(&self) -> Result<String> {
        let (given, origin) = match self.opt_text("ledger.origin") {
            Some((text, origin)) => (text.to_owned(), origin),
            None => {
                let url = self.public_url()?;
                let bare = url.as_str().split_once("://").map_or("", |(_, bare)| bare);
                (format!("{bare}/log"), &Origin::Default)
            }
        };
        // The witness of the node is called after it, with a little more.
        if given.len() > MAX_LEDGER_NAME - 20 || !corridor_proof::note::valid_name(&given) {
            let why = "1 to 180 characters without white space and + expected, like example.jp/log";
            return Err(self.source.invalid("ledger.origin", origin, why));
        }
        Ok(given)
    }

    fn listen(&self, listen: &str, certificate: &str, key: &str) -> Result<Listen> {
        let (text, origin) = self.opt_text(listen).unwrap_or(("", &Origin::Default));
        let address: SocketAddr = text
            .parse()
            .map_err(|_| self.source.invalid(listen, origin, "an address and a port expected"))?;
        let tls = match (self.path(certificate)?, self.path(key)?) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            (Some(_), None) => return Err(self.lonely(certificate, key)),
            (None, Some(_)) => return Err(self.lonely(key, certificate)),
        };
        // Tokens and documents never cross a network in clear text.
        if tls.is_none() && !address.ip().is_loopback() {
            let why = format!("without {certificate} only a loopback address such as 127.0.0.1 is allowed");
            return Err(self.source.invalid(listen, origin, why));
        }
        Ok(Listen { address, tls })
    }

    /// Without an address of its own the console is where the API listens, by the name `localhost` on a
    /// loopback address: browsers give passkeys to names, never to addresses.
    fn people(&self) -> Result<people::Settings> {
        let api = self.listen("api.listen", "api.tls_certificate", "api.tls_key")?;
        let url = match self.url("console.url")? {
            Some(url) => url,
            None => {
                let scheme = if api.tls.is_some() { "https" } else { "http" };
                let loopback = api.address.ip().is_loopback() || api.address.ip().is_unspecified();
                let host = if loopback { "localhost".to_owned() } else { api.address.ip().to_string() };
                let host = if host.contains(':') { format!("[{host}]") } else { host };
                let text = format!("{scheme}://{host}:{}", api.address.port());
                Url::parse(&text).map_err(|e| self.source.invalid("console.url", &Origin::Default, e))?
            }
        };
        // Cookies and passwords never cross a network in clear text.
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !local {
            let origin = self.opt_text("console.url").map_or(&Origin::Default, |(_, origin)| origin);
            return Err(self.source.invalid("console.url", origin, "an https address expected"));
        }
        Ok(people::Settings {
            site: people::Site::of(&url),
            idle: self.seconds("console.idle_minutes").saturating_mul(60),
            absolute: self.seconds("console.session_hours").saturating_mul(3600),
            link: self.seconds("console.link_minutes").saturating_mul(60),
            sign_on_alone: self.opt_text("sign_on.issuer").is_some()
                && self.text("sign_on.others") == "refused",
        })
    }

    fn lonely(&self, given: &str, missing: &str) -> Problem {
        let origin = self.get(given).map_or(&Origin::Default, |(_, origin)| origin);
        self.source.invalid(given, origin, format!("{missing} must be given too"))
    }

    fn database(&self) -> Result<DatabasePlace> {
        let (text, origin) = self.opt_text("storage.database").unwrap_or(("sqlite", &Origin::Default));
        if text == "sqlite" {
            return Ok(DatabasePlace::Sqlite);
        }
        let invalid = |why: &str| self.source.invalid("storage.database", origin, why);
        let mut url = Url::parse(text).map_err(|_| invalid("sqlite or a postgres:// address expected"))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(invalid("sqlite or a postgres:// address expected"));
        }
        if let Some(file) = self.path("storage.password_file")? {
            let password = std::fs::read_to_string(&file)
                .map_err(|e| Problem::new(ErrorCode::FileFailed).with("path", file.display()).because(e))?;
            url.set_password(Some(password.trim_end_matches(['\r', '\n'])))
                .map_err(|()| invalid("the address has no host to give a password to"))?;
        }
        Ok(DatabasePlace::Postgres(url))
    }

    fn anchors(&self) -> Result<Vec<AnchorKey>> {
        let Some((Value::List(list), origin)) = self.get("trust.anchors") else { return Ok(Vec::new()) };
        let parse = |text: &String| {
            let invalid = |why: String| self.source.invalid("trust.anchors", origin, why);
            let parts = text.split_once(' ');
            let (country, key) = parts.ok_or_else(|| invalid("COUNTRY NAME+HASH+KEY expected".to_owned()))?;
            let country = country.parse().map_err(|e| invalid(said(&e)))?;
            AnchorKey::parse(country, key.trim()).map_err(|e| invalid(said(&e)))
        };
        list.iter().map(parse).collect()
    }

    /// `VKEY` or `VKEY URL`.
    fn accepted_logs(&self) -> Result<Vec<KnownLog>> {
        let Some((Value::List(list), origin)) = self.get("ledger.accept") else { return Ok(Vec::new()) };
        let parse = |text: &String| {
            let (key, url) = text.split_once(' ').map_or((text.as_str(), None), |(k, u)| (k, Some(u.trim())));
            KnownLog::parse(key, url).map_err(|e| self.source.invalid("ledger.accept", origin, said(&e)))
        };
        list.iter().map(parse).collect()
    }

    fn raw_logs(&self) -> Result<Vec<String>> {
        let Some((Value::List(list), origin)) = self.get("ledger.raw") else { return Ok(Vec::new()) };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        for (i, name) in list.iter().enumerate() {
            let fits = (1..=40).contains(&name.len())
                && name.chars().all(plain)
                && !corridor_storage::holds_acts(name);
            if !fits || list.iter().take(i).any(|other| other == name) {
                let why = "1 to 40 lower-case letters, digits and -, each once, and not `acts` expected";
                return Err(self.source.invalid("ledger.raw", origin, why));
            }
        }
        Ok(list.clone())
    }

    fn allow(&self) -> Result<Vec<Allow>> {
        let Some((Value::List(list), origin)) = self.get("net.allow") else { return Ok(Vec::new()) };
        let parse =
            |text: &String| text.parse().map_err(|e| self.source.invalid("net.allow", origin, said(&e)));
        list.iter().map(parse).collect()
    }

    fn proxies(&self) -> Result<Proxies> {
        let header =
            if self.text("api.proxy_header") == "forwarded" { Header::Standard } else { Header::For };
        let Some((Value::List(list), origin)) = self.get("api.proxies") else {
            return Ok(Proxies { networks: Vec::new(), header });
        };
        let network = |text: &String| {
            let found = text.parse::<Allow>().ok().filter(Allow::is_network);
            let why = "an address, or a network like 10.1.0.0/16, expected";
            found.ok_or_else(|| self.source.invalid("api.proxies", origin, why))
        };
        Ok(Proxies { networks: list.iter().map(network).collect::<Result<_>>()?, header })
    }

    fn participants(&self) -> Result<Vec<Hosted>> {
        let mut hosted: Vec<Hosted> = Vec::new();
        for table in &self.settings.participants {
            let (name, name_at) = text_in(table, "participant.name");
            let (did, did_at) = text_in(table, "participant.did");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || name.len() > 40 || !name.chars().all(plain) {
                let why = "1 to 40 lower-case letters, digits and - expected";
                return Err(self.source.invalid("participant.name", name_at, why));
            }
            let did: Did = did.parse().map_err(|e: Problem| {
                self.source.invalid("participant.did", did_at, e.text(Lang::En).detail)
            })?;
            if hosted.iter().any(|h| h.name == name) {
                return Err(self.source.invalid("participant.name", name_at, "it is used twice"));
            }
            if hosted.iter().any(|h| h.did == did) {
                return Err(self.source.invalid("participant.did", did_at, "it is used twice"));
            }
            let hub = self.hub(table)?;
            hosted.push(Hosted { name: name.to_owned(), did, hub });
        }
        Ok(hosted)
    }

    /// The folder that a participant shares with a hub, and who is meant by which identity in it.
    fn hub(&self, table: &BTreeMap<&'static str, (Value, Origin)>) -> Result<Option<HubFolder>> {
        let (folder, at) = text_in(table, "participant.hub");
        let (list, list_at) = match table.get("participant.hub_partners") {
            Some((Value::List(list), origin)) => (list.as_slice(), origin),
            _ => ([].as_slice(), at),
        };
        if folder.is_empty() {
            let why = "participant.hub is missing, the folder it is for";
            let lonely = || self.source.invalid("participant.hub_partners", list_at, why);
            return if list.is_empty() { Ok(None) } else { Err(lonely()) };
        }
        let base = self.source.file.parent().unwrap_or(Path::new(""));
        let folder = std::path::absolute(base.join(folder))
            .map_err(|e| self.source.invalid("participant.hub", at, e))?;
        let mut partners: Vec<(String, Did)> = Vec::new();
        for text in list {
            let wrong = |why: String| self.source.invalid("participant.hub_partners", list_at, why);
            let expected = || wrong(format!("{text}: an identity and a DID expected, with a blank between"));
            let (name, did) = text.rsplit_once(' ').ok_or_else(expected)?;
            let did: Did = did.parse().map_err(|e: Problem| wrong(said(&e)))?;
            // It may name a folder: it is one name, and shows.
            let name = name.trim();
            if name.is_empty() || name.len() > 70 || name.starts_with('.') || name.contains(['/', '\0']) {
                return Err(expected());
            }
            if partners.iter().any(|(known, _)| known == name) {
                return Err(wrong(format!("{name} is named twice")));
            }
            partners.push((name.to_owned(), did));
        }
        if partners.is_empty() {
            let why = "participant.hub_partners is missing: nothing could be sent from here";
            return Err(self.source.invalid("participant.hub", at, why));
        }
        Ok(Some(HubFolder { folder, partners }))
    }

    /// Without a name the first participant holds what belongs to the node.
    fn operator(&self, participants: &[Hosted]) -> Result<Hosted> {
        let Some(first) = participants.first() else {
            return Err(self.source.invalid(
                "participant",
                &Origin::Default,
                "a node hosts at least one participant",
            ));
        };
        let Some((name, origin)) = self.opt_text("node.operator") else { return Ok(first.clone()) };
        let found = participants.iter().find(|p| p.name == name);
        found
            .cloned()
            .ok_or_else(|| self.source.invalid("node.operator", origin, "no [[participant]] has this name"))
    }
}

/// What a problem says, as a part of another.
fn said(problem: &Problem) -> String {
    problem.text(Lang::En).detail
}

fn text_in<'a>(table: &'a BTreeMap<&'static str, (Value, Origin)>, path: &str) -> (&'a str, &'a Origin) {
    match table.get(path) {
        Some((Value::Text(text), origin)) => (text, origin),
        _ => ("", &Origin::Default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = "[[participant]]\nname = \"customs\"\ndid = \"did:web:example.jp:customs\"\n";

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config> {
        Config::from_text(text, Path::new("/etc/corridor/corridor.toml"), &Environment::of(variables))
    }

    #[test]
    fn a_participant_may_share_a_folder_with_a_hub() {
        let check = |lines: &str, expect: std::result::Result<&[&str], &str>| {
            let found = load(&format!("{MINIMAL}{lines}"), &[]);
            match (found, expect) {
                (Ok(config), Ok(names)) => {
                    let hub = config.participants[0].hub.clone();
                    assert_eq!(hub.is_some(), !names.is_empty(), "{lines}");
                    let hub = hub.unwrap_or(HubFolder { folder: PathBuf::new(), partners: Vec::new() });
                    assert!(names.is_empty() || hub.folder == Path::new("/etc/corridor/hub"), "{hub:?}");
                    assert_eq!(hub.partners.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), names);
                }
                (Err(problem), Err(key)) => assert_eq!(problem.arg("key"), Some(key), "{lines}: {problem}"),
                (found, _) => panic!("{lines}: {:?}", found.map(|c| c.participants)),
            }
        };
        check("", Ok(&[]));
        check("hub = \"hub\"\nhub_partners = [\"JPCUSTOMS did:web:jp.example\"]\n", Ok(&["JPCUSTOMS"]));
        check("hub = \"hub\"\n", Err("participant.hub"));
        for wrong in ["JPCUSTOMS", "../x did:web:jp.example", ".x did:web:jp.example", "X nonsense"] {
            let lines = format!("hub = \"hub\"\nhub_partners = [\"{wrong}\"]\n");
            check(&lines, Err("participant.hub_partners"));
        }
        check("hub_partners = [\"JPCUSTOMS did:web:jp.example\"]\n", Err("participant.hub_partners"));
        let twice = "\"A did:web:jp.example\", \"A did:web:kr.example\"";
        check(&format!("hub = \"hub\"\nhub_partners = [{twice}]\n"), Err("participant.hub_partners"));
    }

    #[test]
    fn a_participant_is_all_that_must_be_said() {
        let config = load(MINIMAL, &[]).unwrap();
        assert_eq!(config.data, Path::new("/etc/corridor/corridor-data"));
        assert_eq!(config.blobs, Path::new("/etc/corridor/corridor-data/blobs"));
        assert_eq!(config.operator.name, "customs");
        assert_eq!(config.api_url(), "http://127.0.0.1:7081");
        assert_eq!(config.ledger_origin, "localhost:7080/log");
    }

    #[test]
    fn the_origin_of_the_log_follows_the_public_url_unless_it_is_given() {
        let below = "[public]\nurl = \"https://gate.example.jp/corridor/\"\n";
        let load = |text: &str| load(&format!("{MINIMAL}{text}"), &[]).unwrap().ledger_origin;
        assert_eq!(load(below), "gate.example.jp/corridor/log");
        assert_eq!(load(&format!("{below}[ledger]\norigin = \"example.jp/acts\"\n")), "example.jp/acts");
        check("[ledger]\norigin = \"a b\"\n", "5", "ledger.origin", None);
        check("[ledger]\nraw = [\"acts\"]\n", "5", "ledger.raw", None);
        check("[ledger]\nraw = [\"a\", \"a\"]\n", "5", "ledger.raw", None);
        check("[ledger]\naccept = [\"x\"]\n", "5", "ledger.accept", None);
        check("[ledger]\norigin = \"a+b\"\n", "5", "ledger.origin", None);
    }

    /// The line, the key and, for an unknown key, the nearest one.
    fn check(text: &str, line: &str, key: &str, nearest: Option<&str>) {
        let problem = load(&format!("{MINIMAL}{text}"), &[]).unwrap_err();
        let code = if nearest.is_some() { ErrorCode::ConfigUnknownKey } else { ErrorCode::ConfigInvalid };
        assert_eq!(problem.code(), code, "{problem}");
        assert_eq!(problem.arg("line"), Some(line), "{problem}");
        assert_eq!(problem.arg("key"), Some(key), "{problem}");
        assert_eq!(problem.arg("nearest"), nearest, "{problem}");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest_name() {
        check("[node]\ndata = \"d\"\nlangage = \"ja\"\n", "6", "node.langage", Some("node.language"));
        check("[publik]\nlisten = \"x\"\n", "4", "publik", Some("public.url"));
        check("\n[public]\nlisen = \"x\"\n", "6", "public.lisen", Some("public.listen"));
        check("[api]\nurl = 3\n", "5", "api.url", Some("public.url"));
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_line() {
        check("[node]\ndata = 3\n", "5", "node.data", None);
        check("[public]\nlisten = \"localhost\"\n", "5", "public.listen", None);
        check("[public]\nlisten = \"0.0.0.0:7080\"\n", "5", "public.listen", None);
        check("[public]\nurl = \"http://example.jp\"\n", "5", "public.url", None);
        check("[net]\nallow = [\"10.0.0.1/8\"]\n", "5", "net.allow", None);
        check("[api]\nproxies = [\"proxy.example\"]\n", "5", "api.proxies", None);
        check("[public]\ntls_key = \"k\"\n", "5", "public.tls_key", None);
        check("[trust]\nrefresh_seconds = 1\n", "5", "trust.refresh_seconds", None);
        check("[trust]\nanchors = [\"x\"]\n", "5", "trust.anchors", None);
        check("[trust]\nanchors = \"x\"\n", "5", "trust.anchors", None);
        check("[log]\nformat = \"xml\"\n", "5", "log.format", None);
        check("[storage]\ndatabase = \"mysql://x\"\n", "5", "storage.database", None);
        check("[node]\noperator = \"nobody\"\n", "5", "node.operator", None);
        check("[[participant]]\nname = \"x\"\n", "4", "participant.did", None);
        check("[[participant]]\nname = \"customs\"\ndid = \"did:web:a.jp\"\n", "5", "participant.name", None);
        check("[[participant]]\nname = \"x\"\ndid = \"did:key:a\"\n", "6", "participant.did", None);
        check("[node\n", "4", "TOML", None);
        check("[exchange]\nmax_size = -1\n", "5", "exchange.max_size", None);
    }

    #[test]
    fn the_environment_comes_last() {
        let config =
            load(MINIMAL, &[("CORRIDOR_NODE_DATA", "/srv/c"), ("CORRIDOR_NET_ALLOW", "a:1, b:2")]).unwrap();
        assert_eq!(config.data, Path::new("/srv/c"));
        assert_eq!(config.allow.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a:1", "b:2"]);
        let stranger = load(MINIMAL, &[("CORRIDOR_SERVICE_HOST", "10.0.0.1"), ("CORRIDOR_API_LISTEN", "")]);
        assert!(stranger.is_ok());
        let problem = load(MINIMAL, &[("CORRIDOR_API_LISTEN", "x")]).unwrap_err();
        assert_eq!(problem.arg("path"), Some("$CORRIDOR_API_LISTEN"));
    }

    #[test]
    fn a_database_password_may_lie_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
        std::fs::write(&file, "s3cret/+\n").unwrap();
        let text = format!(
            "{MINIMAL}[storage]\ndatabase = \"postgres://corridor@db.example.jp/c\"\npassword_file = \"{}\"\n",
            file.display()
        );
        let DatabasePlace::Postgres(url) = load(&text, &[]).unwrap().database else {
            panic!("not PostgreSQL")
        };
        assert_eq!(url.as_str(), "postgres://corridor:s3cret%2F+@db.example.jp/c");
    }
}
