//! Checks a chain, offline: every file against the index, the index against who signed it, content against
//! envelope, envelope and acknowledgement against the acts that commit to them, acts against their receipts.
//! Every check has a name and says what it is about; the worst decides.

use std::collections::BTreeMap;

use corridor_base::{Did, Digest, KeyId, Problem, Timestamp};
use corridor_proof::verdict::{self, State};
use corridor_proof::{
    Acknowledgement, Act, Agreement, Envelope, LeafOf, ListedKey, Opening, Policy, PublicKey, Recorded,
    Signed, Statement, TrustList, receipt,
};
use serde::{Deserialize, Serialize};

use super::index::{Chain, Index, Indexed, Proven};
use super::zip::{self, Files};
use super::{CHAIN, INDEX, LARGEST, PAGE, page};

/// One check and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check: `form`, `files`, `index`, `page`, `trust-list`, `signature`, `agreement`, `content`,
    /// `acknowledgement`, `act`, `receipt`.
    pub check: &'static str,
    /// The file it is about.
    pub file: String,
    /// How it ended.
    pub state: State,
    /// Why, where it did not pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
}

/// What came of checking a chain.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Each check, in order.
    pub findings: Vec<Finding>,
    /// The index, when it could be read.
    pub index: Option<Index>,
}

impl Judged {
    /// What the checks come to: failed, then pending, then not checked.
    #[must_use]
    pub fn outcome(&self) -> State {
        let worst = [State::Failed, State::Pending, State::NotChecked];
        let has = |state: &State| self.findings.iter().any(|f| f.state == *state);
        worst.into_iter().find(has).unwrap_or(State::Passed)
    }
}

/// Whose signatures count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Logs and witnesses; without it no receipt's signatures are judged.
    pub policy: Option<&'a Policy>,
    /// The anchors of the countries by their names; without one no trust list is judged.
    pub anchors: &'a [(String, PublicKey)],
    /// The time, to tell what is ahead of it.
    pub now: Option<Timestamp>,
}

/// Checks a chain.
#[must_use]
pub fn verify(bytes: &[u8], known: Known<'_>) -> Judged {
    let mut check = Checking { known, files: Files::new(), keys: BTreeMap::new(), findings: Vec::new() };
    let index = check.all(bytes);
    Judged { findings: check.findings, index }
}

/// An act with what opens it, as its file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opened {
    act: String,
    opening: Opening,
}

struct Checking<'a> {
    known: Known<'a>,
    files: Files,
    /// The keys of participants, as the lists of the chain name them.
    keys: BTreeMap<Did, Vec<ListedKey>>,
    findings: Vec<Finding>,
}

impl Checking<'_> {
    fn all(&mut self, bytes: &[u8]) -> Option<Index> {
        self.files = if bytes.len() > LARGEST {
            self.fail("form", "", "too large");
            return None;
        } else {
            match zip::read(bytes) {
                Ok(files) => files,
                Err(problem) => {
                    self.fail("form", "", &why(&problem));
                    return None;
                }
            }
        };
        let index = self.index()?;
        self.pass("form", "");
        self.listed(&index);
        self.trust();
        self.exporter(&index);
        self.agreements();
        for document in &index.documents {
            self.document(document);
        }
        Some(index)
    }

    fn index(&mut self) -> Option<Index> {
        let Some(json) = self.files.get(INDEX) else {
            self.fail("form", INDEX, "missing");
            return None;
        };
        match serde_json::from_slice::<Index>(json) {
            Ok(index) if index.version == 1 => Some(index),
            Ok(index) => {
                self.fail("form", INDEX, &format!("version {} is not known", index.version));
                None
            }
            Err(e) => {
                self.fail("form", INDEX, &e.to_string());
                None
            }
        }
    }

    /// Every file is in the index as it is, and nothing else is there; the page says what the index says.
    fn listed(&mut self, index: &Index) {
        let mut wrong = Vec::new();
        for (name, bytes) in self.files.iter().filter(|(name, _)| *name != INDEX && *name != CHAIN) {
            let as_it_is = |m: &super::Member| m.sha256 == Digest::of(bytes) && m.size == bytes.len() as u64;
            if !index.files.get(name).is_some_and(as_it_is) {
                wrong.push((name.clone(), "not as the index has it"));
            }
        }
        let gone = index.files.keys().filter(|name| !self.files.contains_key(*name));
        wrong.extend(gone.map(|name| (name.clone(), "missing")));
        let (held, good) = (wrong.is_empty(), Index { files: BTreeMap::new(), ..index.clone() });
        for (name, why) in wrong {
            self.fail("files", &name, why);
        }
        if held {
            self.pass("files", INDEX);
        }
        let same = self.files.get(PAGE).is_some_and(|page| *page == page::page(&good));
        self.of("page", PAGE, same, "it says something else than the index");
    }

    /// The lists that name the keys, judged by the anchors that whoever checks knows.
    fn trust(&mut self) {
        let lists: Vec<(String, Vec<u8>)> = self.below("trust/");
        for (name, bytes) in lists {
            let list = match Signed::<TrustList>::parse(&bytes) {
                Ok(list) => list,
                Err(problem) => {
                    self.fail("trust-list", &name, &why(&problem));
                    continue;
                }
            };
            if self.known.anchors.is_empty() {
                self.end("trust-list", &name, State::NotChecked, "no anchor is known");
            } else {
                let signed = self.known.anchors.iter().any(|(anchor, key)| list.signed_by(anchor, key));
                self.of("trust-list", &name, signed, "no anchor that is known signed it");
            }
            for participant in &list.body().participants {
                self.keys.entry(participant.did.clone()).or_default().extend(participant.keys.clone());
            }
        }
    }

    fn exporter(&mut self, index: &Index) {
        let chain = self.note::<Chain>("index", CHAIN);
        let Some(chain) = chain else { return };
        let json = self.files.get(INDEX).map(|json| Digest::of(json));
        let body = chain.body().clone();
        self.of("index", INDEX, json == Some(body.index), "not the index that its exporter signed");
        self.of(
            "index",
            CHAIN,
            body.participant == index.participant,
            "another exporter than the index names",
        );
        // It may be exported years after the last document: with a key of that day.
        match self.keys.get(&body.participant) {
            None => {
                let why = format!("no list names {}", body.participant);
                self.end("signature", CHAIN, State::NotChecked, &why);
            }
            Some(keys) => {
                let ours = |key: &&ListedKey| chain.signed_by(key.id.as_str(), &key.key);
                let good = keys.iter().filter(ours).any(|key| key.void_after.is_none());
                self.of("signature", CHAIN, good, "not signed by its exporter");
            }
        }
    }

    fn agreements(&mut self) {
        for (name, bytes) in self.below("agreements/") {
            let agreement = match Signed::<Agreement>::parse(&bytes) {
                Ok(agreement) => agreement,
                Err(problem) => {
                    self.fail("agreement", &name, &why(&problem));
                    continue;
                }
            };
            let named = name == format!("agreements/{}.note", agreement.body().id);
            self.of("agreement", &name, named, "another agreement than its name says");
            // When it was signed nobody wrote down: it was before it came into force, or the key was not there.
            let from = agreement.body().from;
            for party in &agreement.body().parties {
                let keys = self.keys.get(party).cloned().unwrap_or_default();
                let signs = |key: &ListedKey| agreement.signed_by(key.id.as_str(), &key.key);
                match (keys.is_empty(), keys.iter().any(signs)) {
                    (true, _) => {
                        self.end("signature", &name, State::NotChecked, &format!("no list names {party}"))
                    }
                    (false, signs) => {
                        self.of("signature", &name, signs, &format!("not signed by {party} ({from})"))
                    }
                }
            }
        }
    }

    fn document(&mut self, document: &Indexed) {
        let name = format!("{}/envelope.note", document.folder);
        let Some(envelope) = self.note::<Envelope>("signature", &name) else { return };
        let body = envelope.body().clone();
        let same = body.id == document.envelope
            && body.sender == document.sender
            && body.recipient == document.recipient
            && body.answers == document.answers;
        self.of("index", &name, same, "another envelope than the index names");
        self.content(document, &body);
        let name_of_note = format!("{}/acknowledgement.note", document.folder);
        let note = match self.files.contains_key(&name_of_note) {
            true => self.note::<Acknowledgement>("acknowledgement", &name_of_note),
            false => None,
        };
        if let Some(note) = &note {
            let says = note.body();
            let same = says.envelope == body.id
                && says.statement == envelope.digest()
                && says.sha256 == body.sha256
                && says.sender == body.sender
                && says.recipient == body.recipient;
            self.of("acknowledgement", &name_of_note, same, "it acknowledges something else");
        }
        let mut sent = Recorded::at(body.time);
        let mut acknowledged = note.as_ref().map(|note| Recorded::at(note.body().time));
        let (mut first, mut second) = (None, None);
        for proven in &document.acts {
            let recorded = self.act(document, proven, &envelope, note.as_ref());
            let Some((kind, recorded)) = recorded else { continue };
            if kind != "document-acknowledged" {
                earliest(&mut first, &recorded);
            }
            if kind != "document-submitted" {
                earliest(&mut second, &recorded);
            }
        }
        sent = first.unwrap_or(sent);
        acknowledged = acknowledged.map(|written| second.unwrap_or(written));
        self.signature(&name, &envelope, &body.sender, &sent);
        if let (Some(note), Some(at)) = (&note, acknowledged) {
            self.signature(&name_of_note, note, &body.recipient, &at);
        }
    }

    fn content(&mut self, document: &Indexed, body: &Envelope) {
        let name = format!("{}/content", document.folder);
        match self.files.get(&name) {
            Some(content) => {
                let same = Digest::of(content) == body.sha256 && content.len() as u64 == body.size;
                self.of("content", &name, same && document.content, "not the content of its envelope");
            }
            None => self.of("content", &name, !document.content, "missing"),
        }
    }

    /// An act: it opens, says what envelope and acknowledgement say, and is in the log that its receipt names.
    /// When it was recorded, once the receipt is complete.
    fn act(
        &mut self,
        document: &Indexed,
        proven: &Proven,
        envelope: &Signed<Envelope>,
        note: Option<&Signed<Acknowledgement>>,
    ) -> Option<(String, Recorded)> {
        let name = format!("{}/{}.opening.json", document.folder, proven.file);
        let opened = self.files.get(&name).and_then(|json| serde_json::from_slice::<Opened>(json).ok());
        let Some(opened) = opened else {
            self.fail("act", &name, "it cannot be read");
            return None;
        };
        let Ok(act) = Act::parse(opened.act.as_bytes()) else {
            self.fail("act", &name, "no act");
            return None;
        };
        let fields = &opened.opening.fields;
        let is = |field: &str, value: &str| fields.get(field).is_none_or(|found| found == value);
        let digest = note.map(|note| note.digest().to_string()).unwrap_or_default();
        let says = act.opened_by(&opened.opening)
            && act.kind == proven.kind
            && act.time == proven.time
            && fields.get("envelope") == Some(&document.envelope.to_string())
            && fields.get("participant").map(String::as_str) == Some(proven.by.as_str())
            && is("statement", &envelope.digest().to_string())
            && is("acknowledgement", &digest);
        self.of("act", &name, says, "it does not open, or says something else of the document");
        let name = format!("{}/{}.tlog-proof", document.folder, proven.file);
        let Some(bytes) = self.files.get(&name).cloned() else {
            let state = if proven.receipt { State::Failed } else { State::Pending };
            self.end("receipt", &name, state, "no receipt");
            return None;
        };
        let verdict = match self.known.policy {
            Some(policy) => receipt::verify(&bytes, policy, self.known.now),
            None => receipt::read(&bytes),
        };
        let of_this = verdict
            .receipt
            .as_ref()
            .is_some_and(|r| r.proof().extra.as_deref() == Some(opened.act.as_bytes()));
        let failed = verdict.checks.iter().filter(|c| c.state != State::Passed);
        let about: Vec<String> = failed.map(|c| c.name.to_string()).collect();
        let state = match verdict::outcome(&verdict.checks) {
            _ if !of_this => State::Failed,
            State::Passed if self.known.policy.is_none() => State::NotChecked,
            state => state,
        };
        let about =
            if about.is_empty() && state == State::NotChecked { vec!["no policy".to_owned()] } else { about };
        self.findings.push(Finding { check: "receipt", file: name, state, about });
        let (policy, receipt) = (self.known.policy?, verdict.receipt.as_ref()?);
        let at = policy.cosigned_at(verdict.judgement.as_ref()?).filter(|_| state == State::Passed)?;
        let leaf =
            LeafOf { log: receipt.proof().checkpoint.origin().to_owned(), leaf: receipt.proof().index };
        Some((act.kind, Recorded { at, leaf: Some(leaf) }))
    }

    /// A statement that must be there and readable.
    fn note<T: Statement>(&mut self, check: &'static str, name: &str) -> Option<Signed<T>> {
        match self.files.get(name).map(|bytes| Signed::<T>::parse(bytes)) {
            Some(Ok(signed)) => Some(signed),
            Some(Err(problem)) => {
                self.fail(check, name, &why(&problem));
                None
            }
            None => {
                self.fail(check, name, "missing");
                None
            }
        }
    }

    /// Whether a key that the lists name for this participant signed it, and was good when that was recorded
    /// (ID-1).
    fn signature<T: Statement>(&mut self, name: &str, signed: &Signed<T>, by: &Did, at: &Recorded) {
        let Some(keys) = self.keys.get(by) else {
            return self.end("signature", name, State::NotChecked, &format!("no list names {by}"));
        };
        let ours: Vec<&ListedKey> =
            keys.iter().filter(|key| signed.signed_by(key.id.as_str(), &key.key)).collect();
        let good = ours.iter().any(|key| key.good_for(at));
        let keys: Vec<KeyId> = ours.iter().map(|key| key.id.clone()).collect();
        let why = match keys.first() {
            Some(key) => format!("{key} was not valid at {}", at.at),
            None => format!("not signed by {by}"),
        };
        self.of("signature", name, good, &why);
    }

    fn below(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let inside = self.files.iter().filter(|(name, _)| name.starts_with(folder));
        inside.map(|(name, bytes)| (name.clone(), bytes.clone())).collect()
    }

    fn of(&mut self, check: &'static str, file: &str, holds: bool, why: &str) {
        if holds { self.pass(check, file) } else { self.fail(check, file, why) }
    }

    fn pass(&mut self, check: &'static str, file: &str) {
        self.findings.push(Finding { check, file: file.to_owned(), state: State::Passed, about: Vec::new() });
    }

    fn fail(&mut self, check: &'static str, file: &str, why: &str) {
        self.end(check, file, State::Failed, why);
    }

    fn end(&mut self, check: &'static str, file: &str, state: State, why: &str) {
        let about = if why.is_empty() { Vec::new() } else { vec![why.to_owned()] };
        self.findings.push(Finding { check, file: file.to_owned(), state, about });
    }
}

fn earliest(so_far: &mut Option<Recorded>, found: &Recorded) {
    if so_far.as_ref().is_none_or(|before| found.at < before.at) {
        *so_far = Some(found.clone());
    }
}

fn why(problem: &Problem) -> String {
    problem.arg("why").unwrap_or(problem.code().as_str()).to_owned()
}
