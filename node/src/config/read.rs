//! Reads a configuration: TOML with the line of every value, then the environment, then the checks
//! that need more than one value. What is wrong is named by file, line and key.

mod sign_on;
mod values;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use corridor_base::{ErrorCode, Lang, Problem, Result};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use url::Url;

use super::keys::{self, KEYS, Key, Shape};
use super::{Config, LogSettings};
use values::Reader;

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

#[cfg(test)]
mod tests;
