//! Gathers the chain of a transaction out of the books.

use std::collections::{BTreeMap, BTreeSet};

use corridor_base::{Country, EnvelopeId, ErrorCode, Lang, Problem, Result, Timestamp};
use corridor_exchange::receipts::Shown;
use corridor_exchange::service::Acting;
use corridor_exchange::{DocumentRow, Exchange, ReceiptExchange, Side, State};
use corridor_proof::Signed;
use futures::StreamExt;

use super::index::{Absent, Chain, Happened, Index, Indexed, Proven};
use super::zip::{self, Files};
use super::{CHAIN, MOST_BYTES, MOST_DOCUMENTS, PAGE, page};
use crate::timeline::{Entry, Timeline, timeline};
use crate::trail;

/// The chain of whatever has this number, within what is the business of whoever asks, as an archive. Reading
/// the documents leaves the records of it (AC-1).
///
/// # Errors
/// `not-found` when nothing has this number; `too-large`; what keeps there from being a policy; those of
/// the store.
pub async fn gather(
    exchange: &Exchange,
    receipts: &ReceiptExchange,
    acting: &Acting,
    reference: &str,
) -> Result<Vec<u8>> {
    let mut told = Vec::new();
    for lang in Lang::ALL {
        told.push((*lang, timeline(exchange, acting, reference, *lang).await?));
    }
    let Some((_, found)) = told.first() else { return Err(Problem::new(ErrorCode::Internal)) };
    let (rows, more) = documents(exchange, acting, found).await?;
    if rows.is_empty() {
        let what = format!("transaction {reference}");
        return Err(Problem::new(ErrorCode::NotFound).with("what", what));
    }
    let mut gathering = Gathering { exchange, receipts, acting, files: Files::new(), left: MOST_BYTES };
    let mut index = Index {
        version: 1,
        reference: found.reference.clone(),
        participant: acting.participant.clone(),
        until: rows.iter().map(|row| row.updated).max().unwrap_or(Timestamp::EPOCH),
        documents: Vec::new(),
        absent: Vec::new(),
        events: events(&told),
        more: found.more || more,
        files: BTreeMap::new(),
    };
    for row in rows {
        match row.signed.is_some() {
            true => {
                let entry = found.documents.iter().find(|e| (e.side, e.envelope) == (row.side, row.id));
                index.documents.push(gathering.document(index.documents.len(), row, entry).await?);
            }
            false => {
                let why = if row.state == State::Erased { "erased" } else { "keys-missing" };
                index.absent.push(Absent { envelope: row.id, partner: row.partner, why: why.to_owned() });
            }
        }
    }
    gathering.trust().await?;
    let mut files = gathering.files;
    files.insert(PAGE.to_owned(), page::page(&index));
    let digest = index.close(&mut files)?;
    let chain = Chain { participant: acting.participant.clone(), index: digest };
    let signer = exchange.keyring(&acting.participant)?.current();
    files.insert(CHAIN.to_owned(), Signed::new(chain, &[&*signer])?.bytes().to_vec());
    zip::write(&files)
}

/// The documents of the timeline, those that they answer and those that answer them, oldest first; whether
/// there are more.
async fn documents(
    exchange: &Exchange,
    acting: &Acting,
    found: &Timeline,
) -> Result<(Vec<DocumentRow>, bool)> {
    let us = &acting.participant;
    let mut next: Vec<(Side, EnvelopeId)> = found.documents.iter().map(|e| (e.side, e.envelope)).collect();
    let answers = found.events.iter().filter(|e| e.answered.is_some());
    next.extend(answers.map(|e| (e.side, e.envelope)));
    let mut seen = BTreeSet::new();
    let (mut rows, mut more) = (Vec::new(), false);
    while let Some((side, id)) = next.pop() {
        if !seen.insert((side.as_str(), id)) {
            continue;
        }
        let row = match exchange.document_for(acting, side, id).await {
            Ok(row) => row,
            // None of this reader's business.
            Err(problem) if problem.code() == ErrorCode::NotFound => continue,
            Err(problem) => return Err(problem),
        };
        if rows.len() >= MOST_DOCUMENTS {
            more = true;
            break;
        }
        let other = trail::other(side);
        next.extend(row.answers.map(|answered| (other, answered)));
        next.extend(exchange.answers(us, other, id).await?.into_iter().map(|answer| (other, answer.id)));
        if row.state != State::Receiving {
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| (row.created, row.id, row.side.as_str()));
    Ok((rows, more))
}

/// What happened, with what answers say in each language.
fn events(told: &[(Lang, Timeline)]) -> Vec<Happened> {
    let Some((_, first)) = told.first() else { return Vec::new() };
    let event = |(at, event): (usize, &crate::timeline::Event)| {
        let lines = |(lang, timeline): &(Lang, Timeline)| {
            let lines = timeline.events.get(at).map(|e| e.lines.clone()).unwrap_or_default();
            (!lines.is_empty()).then(|| (lang.tag().to_owned(), lines))
        };
        Happened {
            time: event.time,
            what: event.outcome.as_ref().map_or(event.what.to_owned(), |outcome| format!("answer-{outcome}")),
            envelope: event.envelope,
            messages: event.kinds.clone(),
            said: told.iter().filter_map(lines).collect(),
        }
    };
    first.events.iter().enumerate().map(event).collect()
}

struct Gathering<'a> {
    exchange: &'a Exchange,
    receipts: &'a ReceiptExchange,
    acting: &'a Acting,
    files: Files,
    /// How many bytes of content there is room for.
    left: u64,
}

impl Gathering<'_> {
    async fn document(&mut self, place: usize, row: DocumentRow, entry: Option<&Entry>) -> Result<Indexed> {
        let us = self.acting.participant.clone();
        let folder = format!("documents/{:03}", place + 1);
        let envelope = row.envelope()?.clone();
        self.files.insert(format!("{folder}/envelope.note"), envelope.bytes().to_vec());
        if let Some(note) = &row.acknowledgement {
            self.files.insert(format!("{folder}/acknowledgement.note"), note.bytes().to_vec());
        }
        let content = self.content(&row).await?;
        let here = content.is_some();
        if let Some(content) = content {
            self.files.insert(format!("{folder}/content"), content);
        }
        let agreement = self.exchange.agreement(&us, row.agreement).await;
        if let Ok(agreement) = agreement {
            let name = format!("agreements/{}.note", row.agreement);
            self.files.insert(name, agreement.statement.bytes().to_vec());
        }
        let mut acts = Vec::new();
        for shown in self.receipts.shown(&us, &row).await? {
            acts.push(self.act(&folder, acts.len() + 1, &shown)?);
        }
        let body = envelope.body();
        Ok(Indexed {
            folder,
            envelope: row.id,
            sender: body.sender.clone(),
            recipient: body.recipient.clone(),
            answers: row.answers,
            messages: entry.map(|e| e.kinds.clone()).unwrap_or_default(),
            created: row.created,
            transport: row.state.to_string(),
            syntax: entry.and_then(|e| e.syntax.clone()),
            judgement: entry.and_then(|e| e.judgement.clone()),
            content: here,
            acts,
        })
    }

    /// The content, once the record is left of who reads it; nothing when only the envelope is here.
    async fn content(&mut self, row: &DocumentRow) -> Result<Option<Vec<u8>>> {
        let large = || {
            Problem::new(ErrorCode::TooLarge)
                .with("what", "chain of documents")
                .with("limit", format!("{MOST_BYTES} bytes"))
        };
        self.left = self.left.checked_sub(row.size).ok_or_else(large)?;
        let mut pieces = match self.exchange.read_content(self.acting, row.side, row.id).await {
            Ok((_, pieces)) => pieces,
            Err(problem) if problem.code() == ErrorCode::NotFound => return Ok(None),
            Err(problem) => return Err(problem),
        };
        let mut content = Vec::new();
        while let Some(piece) = pieces.next().await {
            content.extend_from_slice(&piece?);
        }
        Ok(Some(content))
    }

    fn act(&mut self, folder: &str, number: usize, shown: &Shown) -> Result<Proven> {
        let file = format!("receipts/{number}");
        let opening = serde_json::json!({
            "act": String::from_utf8_lossy(&shown.bytes),
            "opening": shown.opening,
        });
        let opening =
            serde_json::to_vec(&opening).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        self.files.insert(format!("{folder}/{file}.opening.json"), opening);
        if let Some(receipt) = &shown.receipt {
            self.files.insert(format!("{folder}/{file}.tlog-proof"), receipt.to_bytes());
        }
        Ok(Proven {
            file,
            by: shown.by.clone(),
            kind: shown.act.kind.clone(),
            time: shown.act.time,
            receipt: shown.receipt.is_some(),
            complete: shown.complete,
        })
    }

    /// The lists that name the keys, as they are in use now: ended keys stay in them.
    async fn trust(&mut self) -> Result<()> {
        let directory = self.exchange.directory();
        let now = self.exchange.now();
        let countries: BTreeSet<Country> = directory.lists(now).into_iter().map(|l| l.country).collect();
        for country in countries {
            if let Some(list) = directory.list_in_use(&country, now).await? {
                self.files.insert(format!("trust/{country}.note"), list.bytes);
            }
        }
        Ok(())
    }
}
