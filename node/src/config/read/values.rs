//! Typed values out of settings whose shapes have been checked, and what several values must be to each other.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corridor_base::{Did, ErrorCode, Lang, Problem, Result};
use corridor_identity::AnchorKey;
use corridor_ledger::witness::KnownLog;
use corridor_net::{Allow, PublicUrl};
use corridor_proof::trust::MAX_LEDGER_NAME;
use url::Url;

use super::{Origin, Settings, Source, Value};
use crate::config::{DatabasePlace, Hosted, HubFolder, Listen, TlsFiles};
use crate::door::forwarded::{Header, Proxies};
use crate::people;

/// Takes typed values out of settings whose shapes have been checked.
pub(super) struct Reader<'a> {
    pub(super) source: Source<'a>,
    pub(super) settings: &'a Settings,
}

impl Reader<'_> {
    pub(super) fn get(&self, path: &str) -> Option<&(Value, Origin)> {
        self.settings.single.get(path)
    }

    pub(super) fn opt_text(&self, path: &str) -> Option<(&str, &Origin)> {
        match self.get(path) {
            Some((Value::Text(text), origin)) => Some((text, origin)),
            _ => None,
        }
    }

    pub(super) fn text(&self, path: &str) -> String {
        self.opt_text(path).map(|(text, _)| text.to_owned()).unwrap_or_default()
    }

    pub(super) fn integer(&self, path: &str) -> u64 {
        match self.get(path) {
            Some((Value::Integer(number), _)) => *number,
            _ => 0,
        }
    }

    pub(super) fn count(&self, path: &str) -> usize {
        usize::try_from(self.integer(path)).unwrap_or(usize::MAX)
    }

    pub(super) fn seconds(&self, path: &str) -> Duration {
        Duration::from_secs(self.integer(path))
    }

    /// A relative path starts at the directory of the file, wherever the program was started.
    pub(super) fn path(&self, path: &str) -> Result<Option<PathBuf>> {
        let Some((text, origin)) = self.opt_text(path) else { return Ok(None) };
        let base = self.source.file.parent().unwrap_or(Path::new(""));
        let joined = base.join(text);
        std::path::absolute(&joined).map(Some).map_err(|e| self.source.invalid(path, origin, e))
    }

    pub(super) fn url(&self, path: &str) -> Result<Option<Url>> {
        let Some((text, origin)) = self.opt_text(path) else { return Ok(None) };
        Url::parse(text).map(Some).map_err(|e| self.source.invalid(path, origin, e))
    }

    pub(super) fn urls(&self, path: &str) -> Result<Vec<Url>> {
        let Some((Value::List(list), origin)) = self.get(path) else { return Ok(Vec::new()) };
        let parse = |text: &String| {
            Url::parse(text).map_err(|e| self.source.invalid(path, origin, format!("{text}: {e}")))
        };
        list.iter().map(parse).collect()
    }

    pub(super) fn public_url(&self) -> Result<PublicUrl> {
        let (text, origin) = self.opt_text("public.url").unwrap_or(("", &Origin::Default));
        PublicUrl::parse(text).map_err(|e| self.source.invalid("public.url", origin, said(&e)))
    }

    /// Without a word of its own it is the public URL without its scheme, and `/log`.
    pub(super) fn ledger_origin(&self) -> Result<String> {
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

    pub(super) fn listen(&self, listen: &str, certificate: &str, key: &str) -> Result<Listen> {
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
    pub(super) fn people(&self) -> Result<people::Settings> {
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

    pub(super) fn lonely(&self, given: &str, missing: &str) -> Problem {
        let origin = self.get(given).map_or(&Origin::Default, |(_, origin)| origin);
        self.source.invalid(given, origin, format!("{missing} must be given too"))
    }

    pub(super) fn database(&self) -> Result<DatabasePlace> {
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

    pub(super) fn anchors(&self) -> Result<Vec<AnchorKey>> {
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
    pub(super) fn accepted_logs(&self) -> Result<Vec<KnownLog>> {
        let Some((Value::List(list), origin)) = self.get("ledger.accept") else { return Ok(Vec::new()) };
        let parse = |text: &String| {
            let (key, url) = text.split_once(' ').map_or((text.as_str(), None), |(k, u)| (k, Some(u.trim())));
            KnownLog::parse(key, url).map_err(|e| self.source.invalid("ledger.accept", origin, said(&e)))
        };
        list.iter().map(parse).collect()
    }

    pub(super) fn raw_logs(&self) -> Result<Vec<String>> {
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

    pub(super) fn allow(&self) -> Result<Vec<Allow>> {
        let Some((Value::List(list), origin)) = self.get("net.allow") else { return Ok(Vec::new()) };
        let parse =
            |text: &String| text.parse().map_err(|e| self.source.invalid("net.allow", origin, said(&e)));
        list.iter().map(parse).collect()
    }

    pub(super) fn proxies(&self) -> Result<Proxies> {
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

    pub(super) fn participants(&self) -> Result<Vec<Hosted>> {
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
    pub(super) fn hub(&self, table: &BTreeMap<&'static str, (Value, Origin)>) -> Result<Option<HubFolder>> {
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
    pub(super) fn operator(&self, participants: &[Hosted]) -> Result<Hosted> {
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
pub(super) fn said(problem: &Problem) -> String {
    problem.text(Lang::En).detail
}

fn text_in<'a>(table: &'a BTreeMap<&'static str, (Value, Origin)>, path: &str) -> (&'a str, &'a Origin) {
    match table.get(path) {
        Some((Value::Text(text), origin)) => (text, origin),
        _ => ("", &Origin::Default),
    }
}
