//! Looks for what is wrong with a node, and says what to do about each thing: on the files before
//! anything runs, and on a node that runs.

mod partners;
mod trust;

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use corridor_base::{Did, ErrorCode, Lang, Problem, Result, Timestamp};
use corridor_exchange::erasure::{LATE, Unconfirmed};
use corridor_identity::{Keyring, did};
use corridor_ledger::Alarm;
use corridor_storage::{DeliveryFilter, DeliveryState, Held};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::assembly;
use crate::config::Config;
use crate::node::Node;
use crate::partner::ENDS_SOON;
use crate::texts::texts;
use partners::{partners, partners_end};
pub use trust::of_trust;
use trust::{ledger_listed, listed, own_keys_end, trust};

/// Below so much free space the doctor warns, in bytes.
const LITTLE_SPACE: u64 = 1 << 30;
/// Below so much it calls it wrong, in bytes.
const NO_SPACE: u64 = 64 << 20;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing to do.
    Good,
    /// Somebody should see to it.
    Warning,
    /// It keeps the node, or a part of it, from working.
    Wrong,
}

/// What one check found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Which check: `directory`, `database`, `trust`, …
    pub check: String,
    /// On what: a path, a participant, a partner, a country.
    pub about: String,
    /// How it came out.
    pub status: Status,
    /// What was found, in the reader's language.
    pub detail: String,
    /// What to do; empty when there is nothing.
    pub remedy: String,
}

/// What a warning beside the table of errors is called in `cli.ftl`.
type Text<'a> = (&'static str, &'a [(&'a str, &'a str)]);

/// Collects findings in one language.
struct Record {
    lang: Lang,
    findings: Vec<Finding>,
}

impl Record {
    fn push(&mut self, check: &str, about: &str, status: Status, detail: String, remedy: String) {
        self.findings.push(Finding {
            check: check.to_owned(),
            about: about.to_owned(),
            status,
            detail,
            remedy,
        });
    }

    fn good(&mut self, check: &'static str, about: &str) {
        let detail = texts().text(self.lang, &format!("doctor-{check}"), &[]);
        self.push(check, about, Status::Good, detail, String::new());
    }

    fn problem(&mut self, check: &'static str, about: &str, problem: &Problem) {
        let text = problem.text(self.lang);
        self.push(check, about, Status::Wrong, text.detail, text.remedy);
    }

    fn warn(&mut self, check: &'static str, about: &str, (key, args): Text<'_>) {
        let detail = texts().text(self.lang, key, args);
        let remedy = texts().attribute(self.lang, key, "remedy", args);
        self.push(check, about, Status::Warning, detail, remedy);
    }

    fn judge(&mut self, check: &'static str, about: &str, result: Result<()>) {
        match result {
            Ok(()) => self.good(check, about),
            Err(problem) => self.problem(check, about, &problem),
        }
    }
}

/// What can be seen without opening anything: files, modes, space.
#[must_use]
pub fn of_files(config: &Config, lang: Lang) -> Vec<Finding> {
    let mut record = Record { lang, findings: Vec::new() };
    record.good("config", &config.file.display().to_string());
    let data = config.data.display().to_string();
    record.judge("directory", &data, private(&config.data, 0o700));
    for hosted in &config.participants {
        let keys = Keyring::directory(&assembly::keys(config), &hosted.did);
        record.judge("keys", &hosted.name, key_files(&keys));
    }
    if let Some(file) = &config.client_secret_file() {
        record.judge("secret", &file.display().to_string(), private(file, 0o600));
    }
    for hub in assembly::hubs(config, &Arc::default()) {
        hub_folder(&mut record, &hub);
    }
    space(&mut record, &config.data);
    record.findings
}

/// The folder that a participant shares with a hub.
fn hub_folder(record: &mut Record, hub: &corridor_trade::hub::Hub) {
    let path = hub.folder().display().to_string();
    match hub.prepare().and_then(|()| hub.examine()) {
        Ok(0) => record.good("hub", &path),
        Ok(refused) => {
            let args = [("number", refused.to_string()), ("path", path.clone())];
            let args: Vec<(&str, &str)> = args.iter().map(|(k, v)| (*k, v.as_str())).collect();
            record.warn("hub", &path, ("doctor-hub-refused", &args));
        }
        Err(problem) => record.problem("hub", &path, &problem),
    }
}

/// Owned by us, closed to others.
fn private(path: &Path, expected: u32) -> Result<()> {
    let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(e);
    let found = path.metadata().map_err(failed)?;
    let user = rustix::process::geteuid().as_raw();
    if found.uid() != user {
        return Err(Problem::new(ErrorCode::DirectoryOwner)
            .with("path", path.display())
            .with("expected", user)
            .with("found", found.uid()));
    }
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::FileMode)
        .with("path", path.display())
        .with("expected", format!("{expected:04o}"))
        .with("found", format!("{mode:04o}")))
}

fn key_files(directory: &Path) -> Result<()> {
    private(directory, 0o700)?;
    let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", directory.display()).because(e);
    for entry in directory.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|e| e == "key") {
            private(&path, 0o600)?;
        }
    }
    Ok(())
}

fn space(record: &mut Record, data: &Path) {
    let about = data.display().to_string();
    let Ok(found) = rustix::fs::statvfs(data) else { return };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let megabytes = (free >> 20).to_string();
    if free < NO_SPACE {
        record.problem("space", &about, &Problem::new(ErrorCode::StorageFull).with("what", &about));
    } else if free < LITTLE_SPACE {
        record.warn("space", &about, ("doctor-space-little", &[("found", &megabytes)]));
    } else {
        record.good("space", &about);
    }
}

/// What a node that is put together says about itself and about its partners, which it tries.
pub async fn of_node(node: &Node, lang: Lang) -> Vec<Finding> {
    let mut record = Record { lang, findings: of_node_itself(node, lang).await };
    partners(&mut record, node, node.now()).await;
    if let Some(provider) = &node.sign_on {
        let tried = provider.tried().await;
        record.judge("sign-on", provider.settings().issuer.as_str(), tried);
    }
    record.findings
}

/// What a node says about itself, without asking anybody else.
pub async fn of_node_itself(node: &Node, lang: Lang) -> Vec<Finding> {
    let mut record = Record { lang, findings: Vec::new() };
    let now = node.now();
    let place = match node.config.database {
        crate::config::DatabasePlace::Sqlite => "SQLite",
        crate::config::DatabasePlace::Postgres(_) => "PostgreSQL",
    };
    record.judge("database", place, node.exchange.store().health().await);
    certificates(&mut record, node, now);
    partners_end(&mut record, node, now).await;
    trust(&mut record, node, now);
    for hosted in &node.config.participants {
        record.judge("listed", &hosted.name, listed(node, &hosted.did, now));
        own_keys_end(&mut record, node, &hosted.did, &hosted.name, now);
        ledger_listed(&mut record, node, &hosted.did, &hosted.name);
        let host = did::document_host(&hosted.did);
        if !node.config.public_url.as_str().ends_with(&format!("://{host}")) {
            let args = [("address", node.config.public_url.as_str()), ("found", host.as_str())];
            record.warn("listed", &hosted.name, ("doctor-did-elsewhere", &args));
        }
        dead_letters(&mut record, node, &hosted.did, &hosted.name).await;
        erasures(&mut record, node, &hosted.did, &hosted.name, now).await;
        lacking(&mut record, node, &hosted.did, &hosted.name).await;
    }
    if let Err(problem) = node.takes_work() {
        let all = node.ledger.recovery.why();
        let all = if all.is_empty() { vec![problem] } else { all };
        all.iter().for_each(|problem| record.problem("recovery", node.ledger.log.origin(), problem));
    }
    for (witness, problem) in node.ledger.recovery.doubted() {
        record.problem("witnesses", &witness, &problem);
    }
    if let Some(problem) = &node.ledger.refused {
        record.problem("succession", node.ledger.log.origin(), problem);
    }
    raw_logs(&mut record, node).await;
    alarms(&mut record, node).await;
    witnesses(&mut record, node, now);
    copies(&mut record, node);
    record.findings
}

/// Whether a log was seen to contradict itself: one finding a log, with the alarm that was raised first.
async fn alarms(record: &mut Record, node: &Node) {
    let all = match node.ledger.alarms.list().await {
        Ok(all) => all,
        Err(problem) => return record.problem("alarms", node.ledger.log.origin(), &problem),
    };
    if all.is_empty() {
        return record.good("alarms", node.ledger.log.origin());
    }
    let first: BTreeMap<String, Alarm> = all.into_iter().map(|a| (a.origin.clone(), a)).collect();
    for (origin, alarm) in first {
        let args = [("at", alarm.time.to_string()), ("id", alarm.id.to_string())];
        let args = args.each_ref().map(|(name, value)| (*name, value.as_str()));
        record.warn("alarms", &origin, ("doctor-split-view", &args));
    }
}

/// Whether a raw log stays held since a restoration. While the mark stands, the recovery says what is missing.
async fn raw_logs(record: &mut Record, node: &Node) {
    for log in &node.ledger.raw {
        match log.held().await {
            Ok(Some(Held::Unknown)) => {
                record.warn("raw", log.origin(), ("doctor-raw-held", &[("what", log.name())]));
            }
            Ok(_) => {}
            Err(problem) => record.problem("raw", log.origin(), &problem),
        }
    }
}

fn certificates(record: &mut Record, node: &Node, now: Timestamp) {
    for (listener, tls) in &node.certificates {
        let expires = tls.expires();
        let at = expires.to_string();
        if expires <= now {
            let problem = Problem::new(ErrorCode::TlsInvalid)
                .with("path", listener)
                .with("why", format!("expired at {at}"));
            record.problem("certificate", listener, &problem);
        } else if expires.since(now) < ENDS_SOON {
            record.warn("certificate", listener, ("doctor-certificate-ends", &[("at", &at)]));
        } else {
            record.good("certificate", listener);
        }
    }
}

/// Whether each country has a witness that counts for our log (LG-2).
fn witnesses(record: &mut Record, node: &Node, now: Timestamp) {
    let policy = match node.exchange.directory().policy(now) {
        Ok(policy) => policy,
        Err(problem) => return record.problem("witnesses", "", &problem),
    };
    for country in policy.countries() {
        let counts = |w: &corridor_proof::policy::Witness| {
            w.operator.as_ref().is_some_and(|o| o.country == *country && o.name != node.ledger.log.origin())
        };
        if policy.witnesses().iter().any(counts) {
            record.good("witnesses", country.as_str());
        } else {
            let args = [("country", country.as_str())];
            record.warn("witnesses", country.as_str(), ("doctor-no-witness", &args));
        }
    }
}

/// Whether what witnesses have cosigned of our log is held by somebody else, too.
fn copies(record: &mut Record, node: &Node) {
    let (copies, origin) = (node.ledger.pusher.copies(), node.ledger.log.origin());
    if copies.mirrors.is_empty() {
        return record.warn("copies", origin, ("doctor-no-mirror", &[]));
    }
    if !copies.lag() {
        return record.good("copies", origin);
    }
    let failed = copies
        .mirrors
        .iter()
        .filter_map(|(url, m)| Some(format!("{url}: {}", m.failures.last_error.as_ref()?)));
    let why = failed.collect::<Vec<_>>().join("; ");
    let found = (copies.shown - copies.copied).to_string();
    record.warn("copies", origin, ("doctor-uncopied", &[("found", &found), ("why", &why)]));
}

async fn dead_letters(record: &mut Record, node: &Node, us: &Did, name: &str) {
    let filter =
        DeliveryFilter { state: Some(DeliveryState::Dead), limit: 1000, ..DeliveryFilter::default() };
    match node.exchange.store().deliveries(us, filter).await {
        Ok(dead) if dead.is_empty() => record.good("outbox", name),
        Ok(dead) => {
            let count = dead.len().to_string();
            record.warn("outbox", name, ("doctor-dead-letters", &[("found", &count)]));
        }
        Err(problem) => record.problem("outbox", name, &problem),
    }
}

/// Whether a partner lets an erasure wait (LG-3): one finding a partner, with the erasure asked for first.
async fn erasures(record: &mut Record, node: &Node, us: &Did, name: &str, now: Timestamp) {
    let late = match node.exchange.unconfirmed(us, now.minus(LATE), 1000).await {
        Ok(late) if late.is_empty() => return record.good("erasures", name),
        Ok(late) => late,
        Err(problem) => return record.problem("erasures", name, &problem),
    };
    let mut partners: Vec<(&Unconfirmed, usize)> = Vec::new();
    for one in &late {
        match partners.iter_mut().find(|(first, _)| first.partner == one.partner) {
            Some((_, found)) => *found += 1,
            None => partners.push((one, 1)),
        }
    }
    for (first, found) in partners {
        let (partner, found) = (first.partner.to_string(), found.to_string());
        let (since, id) = (first.since.to_string(), first.erasure.to_string());
        let args = [("partner", partner.as_str()), ("found", &found), ("at", &since), ("id", &id)];
        record.warn("erasures", name, ("doctor-erasure-unconfirmed", &args));
    }
}

/// Whether partners are still to be asked for what may be missing here since a backup. Of a node that was
/// never restored there is nothing to say.
async fn lacking(record: &mut Record, node: &Node, us: &Did, name: &str) {
    match node.exchange.lacking(us).await {
        Ok(lacking) => lacking.iter().for_each(|(partner, since)| {
            let args = [("partner", partner.as_str()), ("at", &since.to_string())];
            record.warn("recovery", name, ("doctor-lacking", &args));
        }),
        Err(problem) => record.problem("recovery", name, &problem),
    }
}
