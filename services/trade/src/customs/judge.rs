//! Makes cases of an interchange: each message of a kind that customs decides on, with the rules it hits. What
//! cannot be judged message by message is one case for all of it, to be kept back, never one that passes.

use std::collections::BTreeSet;
use std::sync::Arc;

use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_exchange::{DocumentRow, Exchange, Side};
use futures::StreamExt;

use super::read::Heads;
use super::risk::{self, Action, Facts, PARTNER, Rule, party_value};
use super::state::Lane;
use super::{MESSAGES, PORT, cases};
use crate::desk::Read;
use crate::edifact::{Options, Reader, Verdict};
use crate::mapping::{self, Mapping, Record};
use crate::partner::Mode;
use crate::shape;

/// The largest interchange that is judged message by message.
const LARGEST: u64 = 16 << 20;
/// What is read on the thread that asks, in bytes: a millisecond's work, and nearly every declaration.
const AT_ONCE: usize = 64 << 10;
/// The most cases of one interchange.
pub(super) const MOST: usize = 1_000;
/// The most parties of a message that are told from others.
const PARTIES: usize = 200;
/// What stands among the hits of a case that no rule could judge.
pub const UNJUDGED: &str = "not-judged";

/// The cases of an interchange.
#[derive(Debug)]
pub(crate) struct Judged {
    /// Whether it is a test.
    pub(crate) test: bool,
    pub(crate) cases: Vec<NewCase>,
    /// The rules that were on.
    rules: Arc<Vec<(Rule, u32)>>,
}

/// A case before it is in the books.
#[derive(Debug, Default)]
pub(crate) struct NewCase {
    pub(crate) message: u64,
    pub(crate) kind: String,
    pub(crate) number: String,
    pub(crate) function: String,
    pub(crate) port: String,
    pub(crate) party: String,
    pub(crate) parties: BTreeSet<(String, String)>,
    pub(crate) hits: Vec<NewHit>,
}

/// A rule that it hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewHit {
    pub(crate) rule: String,
    pub(crate) version: u32,
    pub(crate) action: Action,
}

impl NewCase {
    pub(crate) fn lane(&self) -> Lane {
        self.hits.iter().map(|hit| hit.action.lane()).max().unwrap_or(Lane::Clear)
    }

    /// The green channel that releases it, if there is one and nothing is against it.
    pub(crate) fn green(&self) -> Option<&NewHit> {
        let against = self.lane() > Lane::Note || self.function == "cancellation" || self.message == 0;
        self.hits.iter().find(|hit| hit.action == Action::Release && !against)
    }

    fn unjudged(kind: &str) -> Self {
        let hit = NewHit { rule: UNJUDGED.to_owned(), version: 0, action: Action::Hold };
        Self { kind: kind.to_owned(), hits: vec![hit], ..Self::default() }
    }
}

impl Judged {
    /// The rules that a case was held against.
    pub(crate) fn seen_by<'a>(&'a self, case: &'a NewCase) -> impl Iterator<Item = (&'a str, u32)> {
        let of = |rule: &Rule| case.message > 0 && rule.messages.contains(&case.kind);
        self.rules
            .iter()
            .filter(move |(rule, _)| of(rule))
            .map(|(rule, version)| (rule.rule.as_str(), *version))
    }
}

/// The cases of a document that was received; nothing when it has none, or was refused as a whole.
///
/// # Errors
/// Those of the store.
pub(crate) async fn judge(exchange: &Exchange, us: &Did, read: &Read) -> Result<Option<Judged>> {
    let Read { document, report, flow, options, .. } = read;
    let kind = MESSAGES.iter().find(|kind| report.kinds.contains_key(**kind));
    let readable = matches!(report.verdict(), Verdict::Accepted | Verdict::PartlyRejected);
    let Some(kind) = kind.filter(|_| document.side == Side::In && readable) else { return Ok(None) };
    let (partner, flow) = (document.partner.clone(), *flow);
    let asked = move |tx: &mut corridor_storage::Tx<'_>| {
        Ok((risk::books::active(tx)?, crate::partner::taken(tx, &partner, flow)?))
    };
    let (rules, (mode, _)) = exchange.store().read(us, asked).await?;
    let rules = Arc::new(rules);
    let test = report.header.as_ref().is_some_and(|header| header.test) || mode == Mode::Test;
    if document.size > LARGEST || report.refused_left_out {
        return Ok(Some(Judged { test, cases: vec![NewCase::unjudged(kind)], rules }));
    }
    let refused: BTreeSet<u64> = report.refused_messages.iter().map(|message| message.index).collect();
    let messages = messages(exchange, us, document, *options).await?;
    let mut cases = Vec::new();
    for (mut case, record) in messages.found.into_iter().filter(|(case, _)| !refused.contains(&case.message))
    {
        case.hits = hit(exchange, us, document, &rules, (&case, record.as_ref())).await?;
        cases.push(case);
    }
    if messages.more {
        cases.push(NewCase::unjudged(kind));
    }
    Ok(Some(Judged { test, cases, rules }).filter(|judged| !judged.cases.is_empty()))
}

/// The messages of a document that customs decides on.
pub(super) struct Messages {
    /// Each with its document, where a mapping for its kind comes with the program.
    pub(super) found: Vec<(NewCase, Option<Record>)>,
    /// Whether there are more.
    more: bool,
}

/// Reads the messages of a document, in the characters agreed on with its sender.
///
/// # Errors
/// Those of the store; `too-large`.
pub(super) async fn messages(
    exchange: &Exchange,
    us: &Did,
    document: &DocumentRow,
    options: Options,
) -> Result<Messages> {
    if document.size > LARGEST {
        return Err(Problem::new(ErrorCode::TooLarge)
            .with("what", "interchange")
            .with("limit", format!("{LARGEST} bytes")));
    }
    let mut content = exchange.content(us, document).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = content.next().await {
        bytes.extend_from_slice(&piece?);
    }
    if bytes.len() <= AT_ONCE {
        return taken(&bytes, options);
    }
    // Arithmetic over a whole document: off the threads that serve requests.
    let read = tokio::task::spawn_blocking(move || taken(&bytes, options)).await;
    read.map_err(|e| Problem::new(ErrorCode::Internal).because(e))?
}

fn taken(bytes: &[u8], options: Options) -> Result<Messages> {
    let mut heads = Heads::new(MOST);
    let mut reader = Reader::new(options);
    reader.push(bytes, &mut heads);
    reader.finish(&mut heads);
    let mut messages = Messages { found: Vec::with_capacity(heads.found.len()), more: heads.more };
    for head in heads.found {
        let case = NewCase {
            message: head.message,
            kind: head.kind,
            number: head.number,
            function: head.function,
            ..NewCase::default()
        };
        messages.found.push((case, None));
    }
    for kind in MESSAGES {
        let mut of_kind: Vec<_> = messages.found.iter_mut().filter(|(case, _)| case.kind == *kind).collect();
        let Some(mapping) = mapping(kind).filter(|_| !of_kind.is_empty()) else { continue };
        let mapped = mapping::read_as(mapping, options, &mut &*bytes)
            .map_err(|e| Problem::new(ErrorCode::StorageFailed).because(e))?;
        // Every message of the kind has a document, those without a head too: told apart by their numbers.
        let mut documents = mapped.documents.into_iter();
        for (case, record) in &mut of_kind {
            let of = documents
                .by_ref()
                .find(|d| d.record.fields.get("number").map_or("", |n| n.trim()) == case.number);
            let Some(found) = of else { break };
            case.port = first(&found.record, PORTS);
            case.party = first(&found.record, OWNERS);
            case.parties = risk::values(&found.record, PARTIES);
            *record = Some(found.record);
        }
    }
    Ok(messages)
}

/// The mapping for a kind of message, where one comes with the program.
pub(super) fn mapping(kind: &str) -> Option<&'static Mapping> {
    shape::by_message(kind)
}

/// Where goods come in, by the names that mappings give it.
const PORTS: &[&str] = &["port_of_discharge", "port_of_arrival", "port_of_call", "customs_office"];
/// Whose goods they are.
const OWNERS: &[&str] = &["importer_name", "consignee_name", "carrier_name", "sender_name"];

/// The first of these fields that a document has, in itself or in the first item of a list.
fn first(record: &Record, names: &[&str]) -> String {
    let of = |name: &&str| {
        let own = record.fields.get(*name);
        own.or_else(|| record.lists.values().find_map(|items| items.first()?.fields.get(*name)))
    };
    names.iter().find_map(of).map(|text| text.chars().take(PORT).collect()).unwrap_or_default()
}

/// The rules that a message hits. One that no mapping can read is hit by what says so.
async fn hit(
    exchange: &Exchange,
    us: &Did,
    document: &DocumentRow,
    rules: &Arc<Vec<(Rule, u32)>>,
    (case, record): (&NewCase, Option<&Record>),
) -> Result<Vec<NewHit>> {
    let mut known = BTreeSet::new();
    let of = |rule: &Rule| rule.messages.contains(&case.kind);
    if rules.iter().any(|(rule, _)| of(rule) && rule.asks_for_history()) {
        known = history(exchange, us, document, &case.parties).await?;
    }
    let nothing = Record::default();
    let facts = Facts {
        message: &case.kind,
        partner: &document.partner,
        record: record.unwrap_or(&nothing),
        known: &known,
    };
    let hits = rules.iter().filter(|(rule, _)| rule.hits(&facts));
    let hit = |(rule, version): &(Rule, u32)| NewHit {
        rule: rule.rule.clone(),
        version: *version,
        action: rule.action,
    };
    let mut hits: Vec<NewHit> = hits.map(hit).collect();
    if record.is_none() && rules.iter().any(|(rule, _)| of(rule)) {
        // Rules are on for it and could see nothing: it must not pass as if they had.
        hits = NewCase::unjudged(&case.kind).hits;
    }
    Ok(hits)
}

/// What was seen before a document, of its parties and its sender.
pub(super) async fn history(
    exchange: &Exchange,
    us: &Did,
    document: &DocumentRow,
    parties: &BTreeSet<(String, String)>,
) -> Result<BTreeSet<(String, String)>> {
    let mut asked = parties.clone();
    asked.insert((PARTNER.to_owned(), party_value(document.partner.as_str())));
    let (envelope, before) = (document.id, document.created);
    exchange.store().read(us, move |tx| cases::known(tx, envelope, before, &asked)).await
}
