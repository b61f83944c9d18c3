//! Two countries with one institution each: anchors, trust lists, recognition, two nodes in
//! processes of their own, and an agreement under which notes go from Korea to Japan.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corridor_base::Words;
use corridor_base::{Clock, Did, OsRandom, SystemClock};
use corridor_identity::{Admission, Anchor, DidDocument, Terms};
use corridor_ledger::witness::origin_hash;
use corridor_storage::durable;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::anchors::Witness;
use crate::api::Api;
use crate::process::{self, Process};
use crate::proxy::Proxy;
use crate::sightings::Sightings;
use crate::{Result, told};

/// The kind of all documents here: no service takes it, so that sending alone is what is seen.
pub const KIND: &str = "note";
/// The name of each node's raw log, where anchors run witnesses. Nobody witnesses or copies it.
const RAW: &str = "notices";
/// The kind that the trade desk reads and answers.
pub const EDIFACT: &str = "edifact";
/// The largest document that the agreement allows, in bytes.
const LARGEST: u64 = 4 << 30;

/// Where the nodes keep their rows.
#[derive(Clone, Debug)]
pub enum Engine {
    /// SQLite, in each node's own directory.
    Sqlite,
    /// These two PostgreSQL databases.
    Postgres([String; 2]),
}

impl Engine {
    /// Its name in reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    fn database(&self, which: usize) -> &str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(urls) => urls.get(which).map_or("", String::as_str),
        }
    }
}

/// How a world is made.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The program `corridor`.
    pub program: PathBuf,
    /// Where the directories of the nodes go; on a disk, not in memory.
    pub folder: PathBuf,
    /// Where rows are kept.
    pub engine: Engine,
    /// Whether what goes to Japan passes a counter.
    pub counted: bool,
    /// Whether each anchor runs a witness, so that receipts become complete.
    pub witnessed: bool,
}

/// One country.
pub struct Country {
    /// Its institution.
    pub did: Did,
    /// Its node.
    pub node: Process,
    /// The API of its node.
    pub api: Api,
    /// The data directory of its node.
    pub data: PathBuf,
    program: PathBuf,
    file: PathBuf,
    public: u16,
}

/// Both.
pub struct World {
    /// The sender.
    pub kr: Country,
    /// The recipient.
    pub jp: Country,
    /// The agreement between them.
    pub agreement: String,
    /// Counts what goes to Japan, if asked for.
    pub proxy: Option<Proxy>,
    /// The witnesses of both anchors, if asked for.
    pub witnesses: Vec<Witness>,
    /// The checkpoints that they were asked to cosign.
    pub sightings: Sightings,
    home: TempDir,
}

impl World {
    /// Founds both countries and starts their nodes. Ports that somebody else takes meanwhile are
    /// replaced by others.
    ///
    /// # Errors
    /// When the third attempt fails too, with why.
    pub async fn found(setup: &Setup) -> Result<Self> {
        let mut last = String::new();
        for _ in 0..3 {
            match Self::try_found(setup).await {
                Ok(world) => return Ok(world),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    async fn try_found(setup: &Setup) -> Result<Self> {
        fs::create_dir_all(&setup.folder).map_err(told(setup.folder.display()))?;
        let home = tempfile::Builder::new().prefix("world-").tempdir_in(&setup.folder);
        let home = home.map_err(told(setup.folder.display()))?;
        let mut anchors = [found_anchor(home.path(), "KR")?, found_anchor(home.path(), "JP")?];
        let pins: Vec<String> =
            anchors.iter().map(|a| a.anchor_key()).map(|k| format!("{} {}", k.country, k.vkey())).collect();
        let proxy = if setup.counted { Some(Proxy::listen(free_port()?).await?) } else { None };
        let seen = proxy.as_ref().map(Proxy::port);
        let kr =
            Country::start(setup, home.path(), ("kr", "forwarder"), setup.engine.database(0), &pins, None)
                .await?;
        let jp = Country::start(setup, home.path(), ("jp", "customs"), setup.engine.database(1), &pins, seen)
            .await?;
        if let Some(proxy) = &proxy {
            proxy.lead_to(jp.public);
        }
        for (anchor, country) in anchors.iter_mut().zip([&kr, &jp]) {
            anchor.admit(&country.admission().await?, &SystemClock).map_err(told("admission"))?;
        }
        let (sightings, mut witnesses) = (Sightings::default(), Vec::new());
        for anchor in anchors.iter_mut().filter(|_| setup.witnessed) {
            witnesses.push(Witness::appoint(anchor, home.path(), &sightings).await?);
        }
        let agreement = String::new();
        let mut world = Self { kr, jp, agreement, proxy, witnesses, sightings, home };
        world.publish(&anchors).await?;
        let policy: Value = world.kr.api.get("api/v1/trust/policy").await?;
        for witness in &mut world.witnesses {
            witness.start(&setup.program, &text(&policy, "policy"))?;
        }
        world.agreement = world.agree().await?;
        Ok(world)
    }

    /// Brings both lists and the recognition to both nodes.
    async fn publish(&self, [kr, jp]: &[Anchor; 2]) -> Result {
        let offered = kr.recognise(&jp.anchor_key(), 300, &SystemClock).map_err(told("recognition"))?;
        let both = jp.countersign(offered.bytes(), &kr.anchor_key(), &SystemClock);
        let both = both.map_err(told("countersignature"))?;
        for country in [&self.kr, &self.jp] {
            for note in [both.bytes(), kr.newest().bytes(), jp.newest().bytes()] {
                country.api.post("api/v1/trust", "text/plain", note.to_vec()).await?;
            }
        }
        Ok(())
    }

    /// Korea proposes, Japan accepts, Korea takes the acceptance in.
    async fn agree(&self) -> Result<String> {
        let words = json!({ "en": "A bench", "ja": "A bench", "ko": "A bench" });
        let until = SystemClock.now().plus(Duration::from_secs(86_400));
        let proposal = json!({
            "partner": self.jp.did, "purpose": words, "until": until,
            "grants": [
                { "verb": "send", "kind": KIND, "direction": "out", "max_size": LARGEST },
                { "verb": "send", "kind": EDIFACT, "direction": "out", "max_size": LARGEST },
                { "verb": "send", "kind": EDIFACT, "direction": "in", "max_size": LARGEST },
            ],
        });
        let mut answer =
            self.kr.api.post("api/v1/agreements", "application/json", proposal.to_string()).await?;
        for country in [&self.jp, &self.kr] {
            let statement = text(&answer, "statement");
            answer = country.api.post("api/v1/agreements/accept", "text/plain", statement).await?;
        }
        Ok(text(&answer, "id"))
    }

    /// Where documents for Japan are handed in.
    ///
    /// # Errors
    /// When the parts make no address.
    pub fn outbox(&self) -> Result<Url> {
        self.outbox_for(KIND)
    }

    /// Where documents of a kind are handed in.
    ///
    /// # Errors
    /// When the parts make no address.
    pub fn outbox_for(&self, kind: &str) -> Result<Url> {
        let mut url = self.kr.api.url("api/v1/outbox")?;
        url.query_pairs_mut()
            .append_pair("to", self.jp.did.as_str())
            .append_pair("kind", kind)
            .append_pair("agreement", &self.agreement);
        Ok(url)
    }

    /// Every address that shows a checkpoint of one of both logs: the logs themselves, and what
    /// witnesses and mirrors keep of them.
    ///
    /// # Errors
    /// When a node does not answer.
    pub async fn shows(&self) -> Result<Vec<Url>> {
        let mut found = Vec::new();
        for (own, other) in [(&self.kr, &self.jp), (&self.jp, &self.kr)] {
            let hash = origin_hash(&own.api.log().await?.origin);
            let (here, there) = (own.public_url(), other.public_url());
            found.push(format!("{here}/log/checkpoint"));
            if !self.witnesses.is_empty() {
                found.push(own.raw_log()?.join("checkpoint").map_err(told(&here))?.into());
            }
            found.extend(["witness", "mirror"].map(|role| format!("{there}/{role}/{hash}/checkpoint")));
            for anchor in self.witnesses.iter().map(Witness::url) {
                found.extend(["", "/mirror"].map(|role| format!("{anchor}{role}/{hash}/checkpoint")));
            }
        }
        found.iter().map(|url| Url::parse(url).map_err(told(url))).collect()
    }

    /// Where everything lies.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Stops both nodes as an operator would.
    ///
    /// # Errors
    /// When one does not end well.
    pub fn stop(mut self) -> Result {
        self.kr.node.stop()?;
        self.jp.node.stop()?;
        self.witnesses.iter_mut().filter_map(|w| w.process.as_mut()).try_for_each(Process::stop)
    }

    /// Leaves the directories where they are, for somebody to look into.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        self.home.keep()
    }
}

impl Country {
    async fn start(
        setup: &Setup,
        home: &Path,
        (country, name): (&str, &str),
        database: &str,
        pins: &[String],
        seen: Option<u16>,
    ) -> Result<Self> {
        let (public, api) = (free_port()?, free_port()?);
        let seen = seen.unwrap_or(public);
        let did: Did = format!("did:web:localhost%3A{seen}:{name}").parse().map_err(told("DID"))?;
        let folder = home.join(country);
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(told(folder.display()))?;
        let (file, data) = (folder.join("corridor.toml"), folder.join("data"));
        let pins = Value::from(pins);
        let text = format!(
            "[node]\ndata = \"data\"\n\n[[participant]]\nname = \"{name}\"\ndid = \"{did}\"\n\n\
             [public]\nlisten = \"127.0.0.1:{public}\"\nurl = \"http://localhost:{seen}\"\n\n\
             [api]\nlisten = \"127.0.0.1:{api}\"\n\n[storage]\ndatabase = {}\n\n\
             [trust]\nanchors = {pins}\n\n[net]\nallow = [\"localhost\"]\n{}",
            Value::from(database),
            if setup.witnessed { format!("\n[ledger]\nraw = [\"{RAW}\"]\n") } else { String::new() },
        );
        durable::write_file(&file, text.as_bytes(), 0o600).map_err(told("configuration"))?;
        let mut init = process::command(&setup.program);
        let done = init.arg("--config").arg(&file).args(["--json", "init"]).output();
        let done = done.map_err(told(setup.program.display()))?;
        if !done.status.success() {
            return Err(format!("corridor init: {}", String::from_utf8_lossy(&done.stderr)));
        }
        let mut node = Process::start(&setup.program, &file)?;
        node.ready()?;
        let token = fs::read_to_string(data.join("admin.token")).map_err(told("token"))?;
        let program = setup.program.clone();
        Ok(Self { did, node, api: Api::new(api, &token)?, data, program, file, public })
    }

    /// Where its raw log is.
    ///
    /// # Errors
    /// When the parts make no address.
    pub fn raw_log(&self) -> Result<Url> {
        let url = format!("{}/logs/{RAW}/", self.public_url());
        Url::parse(&url).map_err(told(&url))
    }

    fn public_url(&self) -> String {
        format!("http://localhost:{}", self.public)
    }

    /// Takes a backup of the node, which goes on; answers where it is.
    ///
    /// # Errors
    /// When it fails.
    pub fn backup(&self, into: &Path) -> Result<PathBuf> {
        let said = self.corridor(&["backup"], into)?;
        let said: Value = serde_json::from_slice(&said).map_err(told("corridor backup"))?;
        Ok(text(&said, "path").into())
    }

    /// Restores a backup in the place of a node whose disk is lost: nothing of what it had is used, and
    /// with PostgreSQL this database, which is empty, takes the place of the other. The node is not
    /// started.
    ///
    /// # Errors
    /// When it fails.
    pub fn restore(&self, backup: &Path, database: Option<&str>) -> Result {
        fs::rename(&self.data, self.data.with_extension("lost")).map_err(told(self.data.display()))?;
        if let Some(database) = database {
            let config = fs::read_to_string(&self.file).map_err(told(self.file.display()))?;
            let line = format!("database = {}", Value::from(database));
            let lines = config.lines().map(|l| if l.starts_with("database = ") { line.as_str() } else { l });
            let config: String = lines.flat_map(|line| [line, "\n"]).collect();
            durable::write_file(&self.file, config.as_bytes(), 0o600).map_err(told("configuration"))?;
        }
        self.corridor(&["restore"], backup).map(drop)
    }

    fn corridor(&self, words: &[&str], path: &Path) -> Result<Vec<u8>> {
        let mut command = process::command(&self.program);
        command.arg("--config").arg(&self.file).arg("--json").args(words).arg(path);
        let done = command.output().map_err(told(self.program.display()))?;
        if done.status.success() {
            return Ok(done.stdout);
        }
        Err(format!("corridor {}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr)))
    }

    /// The keys as the node's own DID document shows them.
    async fn admission(&self) -> Result<Admission> {
        let url = corridor_identity::did::document_url(&self.did).map_err(told("DID"))?;
        let document = self.api.bytes(url).await?;
        let document = DidDocument::parse(&document).map_err(told("DID document"))?;
        Admission::from_document(&document, Words::same("An institution"), None, Duration::ZERO)
            .map_err(told("admission"))
    }

    /// Files of uploads that are not finished.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn staging(&self) -> Result<Vec<PathBuf>> {
        files_below(&self.data.join("blobs-staging"))
    }

    /// Files of contents.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn blobs(&self) -> Result<Vec<PathBuf>> {
        files_below(&self.data.join("blobs"))
    }
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(told(folder.display())(error)),
        };
        for entry in entries {
            let path = entry.map_err(told(folder.display()))?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn found_anchor(home: &Path, country: &str) -> Result<Anchor> {
    let terms = Terms {
        country: country.parse().map_err(told(country))?,
        name: format!("anchor.{}.example", country.to_lowercase()),
        valid_days: 30,
        grace_hours: 24,
    };
    Anchor::found(&home.join(format!("anchor-{country}")), terms, &SystemClock, &OsRandom)
        .map_err(told("anchor"))
}

fn text(answer: &Value, name: &str) -> String {
    answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A port for one of ours.
///
/// # Errors
/// When none is free.
pub fn free_port() -> Result<u16> {
    corridor_ports::free_port().map_err(told("a port"))
}
