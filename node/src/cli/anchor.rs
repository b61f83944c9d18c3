//! The work of the office that issues a country's trust list: offline, in a directory that holds the
//! anchor's key and every list it ever signed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use corridor_base::{Country, Problem, Result, Words};
use corridor_identity::{Admission, Anchor, AnchorKey, DidDocument, Terms, changes};
use corridor_proof::{LeafOf, ListedWitness, VerifierKey};
use serde_json::{Value, json};

use super::trust::fetch;
use super::{Context, Done, read_file};
use crate::succession::Request;
use crate::texts::{say, texts};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Found an anchor: make its key and sign list number 1
    Found {
        /// Where key and lists go
        directory: PathBuf,
        /// Whose: JP
        #[arg(long)]
        country: String,
        /// The name it signs under: trust.example.jp
        #[arg(long)]
        name: String,
        /// For how many days a list stands
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        valid_days: u32,
        /// For how many hours more nodes go by it when the next one is late
        #[arg(long, value_name = "HOURS", default_value_t = 72)]
        grace_hours: u32,
    },
    /// Admit a participant, or admit it again with new keys or another address
    Admit(Admit),
    /// Remove a participant from now on; what it did before stays judged
    Remove {
        /// The directory of the anchor
        directory: PathBuf,
        /// Who
        did: String,
    },
    /// Make the key of a witness that the office runs, or show it; on the machine that runs the witness
    WitnessKey {
        /// The directory of the witness
        directory: PathBuf,
        /// The name it cosigns under: trust.example.jp/witness
        #[arg(long)]
        name: String,
    },
    /// Name a witness that the office runs, or name it anew with another key or address
    AddWitness {
        /// The directory of the anchor
        directory: PathBuf,
        /// What the list calls it: main
        name: String,
        /// Where it is asked: https://witness.example.jp
        url: String,
        /// Its verifier key, as `corridor trust witness-key` showed it: NAME+HASH+KEY
        #[arg(long, value_name = "KEY")]
        key: String,
        /// Where it serves its copies of the logs, when it runs with --mirror
        #[arg(long, value_name = "URL")]
        mirror: Option<String>,
    },
    /// Take a witness that the office runs out of the list
    RemoveWitness {
        /// The directory of the anchor
        directory: PathBuf,
        /// What the list calls it
        name: String,
    },
    /// Revoke a key: what comes after a leaf of a log is void, whatever time it says
    Revoke {
        /// The directory of the anchor
        directory: PathBuf,
        /// The key: did:web:customs.example.jp#k1
        key: String,
        /// The log, by its origin: that of the node that signed with the key
        #[arg(long, value_name = "ORIGIN")]
        log: String,
        /// The last leaf of it for which the key was good
        #[arg(long, value_name = "NUMBER")]
        leaf: u64,
    },
    /// End a log whose newest leaves are lost for good; another goes on in its place
    Succeed {
        /// The directory of the anchor
        directory: PathBuf,
        /// What the node asked for: `corridor log succession --output FILE`
        request: PathBuf,
        /// Why, for everybody to read
        #[arg(long)]
        why: String,
    },
    /// Sign the same participants again for as long as a list stands
    Renew {
        /// The directory of the anchor
        directory: PathBuf,
    },
    /// Offer recognition to another country; it counts once that country has countersigned
    Recognise {
        /// The directory of the anchor
        directory: PathBuf,
        /// The other country's anchor, read out over a trusted channel: "KR NAME+HASH+KEY"
        #[arg(long, value_name = "ANCHOR")]
        anchor: String,
        /// For how many days
        #[arg(long, default_value_t = 365)]
        days: u32,
    },
    /// Countersign a recognition that another country has offered
    Countersign {
        /// The directory of the anchor
        directory: PathBuf,
        /// The recognition as the other country signed it
        file: PathBuf,
        /// The other country's anchor, read out over a trusted channel: "KR NAME+HASH+KEY"
        #[arg(long, value_name = "ANCHOR")]
        anchor: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Admit {
    /// The directory of the anchor
    directory: PathBuf,
    /// Its DID document, a file or an address, come by a way that the office trusts
    #[arg(long, value_name = "SOURCE")]
    document: String,
    /// Its name in English
    #[arg(long)]
    name: String,
    /// Its name in Japanese [default: the English one]
    #[arg(long)]
    name_ja: Option<String>,
    /// Its name in Korean [default: the English one]
    #[arg(long)]
    name_ko: Option<String>,
    /// Where its node answers [default: as its document says]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// For how many hours a key that is replaced stays valid
    #[arg(long, default_value_t = 24)]
    overlap_hours: u32,
}

pub(super) async fn run(context: &Context, verb: Verb) -> Done {
    let clock = &*context.around.clock;
    match verb {
        Verb::Found { directory, country, name, valid_days, grace_hours } => {
            let terms = Terms { country: country.parse()?, name, valid_days, grace_hours };
            let anchor = Anchor::found(&directory, terms, clock, &*context.around.random)?;
            show_list(context, &anchor, &[]);
        }
        Verb::Admit(admit) => {
            let admission = admission(context, &admit).await?;
            change(context, &admit.directory, |anchor| anchor.admit(&admission, clock).map(drop))?;
        }
        Verb::Remove { directory, did } => {
            let did = did.parse()?;
            change(context, &directory, |anchor| anchor.remove(&did, clock.now(), clock).map(drop))?;
        }
        Verb::WitnessKey { directory, name } => {
            let key = corridor_identity::witness_key(&directory, &name, clock, &*context.around.random)?;
            let vkey = VerifierKey::cosignature(&name, key.public().clone());
            context
                .terminal
                .facts(&json!({ "name": name, "key": vkey, "path": directory }), &["key", "path"]);
        }
        Verb::AddWitness { directory, name, url, key, mirror } => {
            let bare = |url: String| url.trim_end_matches('/').to_owned();
            let (url, mirror_url) = (bare(url), mirror.map(bare));
            let witness = ListedWitness { name, key: key.trim().parse()?, url, mirror_url };
            change(context, &directory, |anchor| anchor.add_witness(&witness, clock).map(drop))?;
        }
        Verb::RemoveWitness { directory, name } => {
            change(context, &directory, |anchor| anchor.remove_witness(&name, clock).map(drop))?;
        }
        Verb::Revoke { directory, key, log, leaf } => {
            let (key, last) = (key.parse()?, LeafOf { log, leaf });
            change(context, &directory, |anchor| anchor.revoke(&key, last, clock.now(), clock).map(drop))?;
        }
        Verb::Succeed { directory, request, why } => {
            let asked: Request = serde_json::from_slice(&read_file(&request)?).map_err(|e| {
                Problem::new(corridor_base::ErrorCode::Malformed)
                    .with("what", request.display())
                    .with("why", e)
            })?;
            let successor: VerifierKey = asked.successor.parse()?;
            let mut signed = None;
            change(context, &directory, |anchor| {
                signed = Some(anchor.succeed(asked.last.as_bytes(), &successor, &why, clock)?);
                Ok(())
            })?;
            if let Some(signed) = signed.filter(|_| !context.terminal.is_json()) {
                let body = signed.body();
                context.terminal.say(
                    "trust-succeeded",
                    &[
                        ("what", body.log.name()),
                        ("size", &body.tree().size.to_string()),
                        ("found", body.successor.name()),
                    ],
                );
            }
        }
        Verb::Renew { directory } => change(context, &directory, |anchor| anchor.renew(clock).map(drop))?,
        Verb::Recognise { directory, anchor, days } => {
            let own = Anchor::open(&directory)?;
            let signed = own.recognise(&other(&anchor)?, days, clock)?;
            show_recognition(context, &own.recognition_path(&signed), &signed, "trust-offered");
        }
        Verb::Countersign { directory, file, anchor } => {
            let own = Anchor::open(&directory)?;
            let signed = own.countersign(&read_file(&file)?, &other(&anchor)?, clock)?;
            show_recognition(context, &own.recognition_path(&signed), &signed, "trust-countersigned");
        }
    }
    Ok(())
}

/// Shows an anchor and its newest list.
pub(super) fn show(context: &Context, directory: &Path) -> Done {
    show_list(context, &Anchor::open(directory)?, &[]);
    Ok(())
}

async fn admission(context: &Context, admit: &Admit) -> Result<Admission> {
    let document = DidDocument::parse(&fetch(context, &admit.document).await?)?;
    let in_language = |name: &Option<String>| name.as_ref().unwrap_or(&admit.name).clone();
    let name =
        Words { en: admit.name.clone(), ja: in_language(&admit.name_ja), ko: in_language(&admit.name_ko) };
    let overlap = Duration::from_secs(u64::from(admit.overlap_hours) * 3600);
    Admission::from_document(&document, name, admit.endpoint.as_deref(), overlap)
}

/// `KR NAME+HASH+KEY`.
fn other(text: &str) -> Result<AnchorKey> {
    let malformed = || {
        Problem::new(corridor_base::ErrorCode::Malformed)
            .with("what", "--anchor")
            .with("why", "COUNTRY NAME+HASH+KEY expected")
    };
    let (country, key) = text.split_once(' ').ok_or_else(malformed)?;
    AnchorKey::parse(country.parse::<Country>()?, key.trim())
}

fn change(context: &Context, directory: &Path, work: impl FnOnce(&mut Anchor) -> Result<()>) -> Result<()> {
    let mut anchor = Anchor::open(directory)?;
    let before = anchor.newest().body().clone();
    work(&mut anchor)?;
    let changes = changes(Some(&before), anchor.newest().body());
    let changes = serde_json::to_value(changes).unwrap_or_default();
    show_list(context, &anchor, changes.as_array().map(Vec::as_slice).unwrap_or_default());
    Ok(())
}

fn show_list(context: &Context, anchor: &Anchor, changes: &[Value]) {
    let list = anchor.newest().body();
    let key = anchor.anchor_key();
    let answer = json!({
        "anchor": format!("{} {}", key.country, key.vkey()), "country": list.country, "number": list.number,
        "digest": anchor.newest().digest(), "issued": list.issued, "expires": list.expires,
        "closes": list.closes(), "participants": list.participants.iter().filter(|p| p.removed.is_none()).count(),
        "witnesses": list.witnesses.iter().map(|w| format!("{} {}", w.name, w.url)).collect::<Vec<_>>(),
        "path": anchor.list_path(list.number), "changes": changes,
    });
    context.terminal.facts(
        &answer,
        &["anchor", "number", "participants", "witnesses", "issued", "expires", "closes", "path"],
    );
    if !context.terminal.is_json() && !changes.is_empty() {
        show_changes(context, &Value::from(changes.to_vec()));
    }
}

fn show_recognition(
    context: &Context,
    path: &Path,
    signed: &corridor_proof::Signed<corridor_proof::Recognition>,
    sentence: &str,
) {
    let body = signed.body();
    let countries: Vec<&str> = body.countries.iter().map(|c| c.country.as_str()).collect();
    let answer = json!({
        "countries": countries, "from": body.from, "until": body.until, "digest": signed.digest(), "path": path,
    });
    context.terminal.facts(&answer, &["countries", "from", "until", "digest", "path"]);
    context.terminal.say(sentence, &[]);
}

/// Changes of a list, one a line in the reader's language.
pub(super) fn show_changes(context: &Context, changes: &Value) {
    if context.terminal.is_json() {
        return context.terminal.json(changes);
    }
    for change in changes.as_array().into_iter().flatten() {
        let kind = change.get("change").and_then(Value::as_str).unwrap_or_default();
        let args: Vec<(String, String)> = change
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), in_language(context, value)))
            .collect();
        let args: Vec<(&str, &str)> = args.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let key = format!("change-{kind}");
        let known = texts().has(context.lang, &key);
        context.terminal.line(&if known { say(context.lang, &key, &args) } else { change.to_string() });
    }
}

fn in_language(context: &Context, value: &Value) -> String {
    let named = value.get(context.lang.tag()).and_then(Value::as_str);
    named.or_else(|| value.as_str()).map_or_else(|| value.to_string(), str::to_owned)
}
