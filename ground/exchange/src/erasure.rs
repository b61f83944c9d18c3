//! Erasure of what is about a person (LG-3). One unit of work destroys the key, empties every document
//! about the person, takes back what was still to be sent, records the act, and queues what follows: a
//! request to each partner that was told of the person, the removal of files, a word to the services.
//!
//! What stays of a document is that it crossed: when, with whom, of what kind and size. What stays of
//! the person is nothing: not even we can tell afterwards whom an erasure was about, so the number of the
//! erasure belongs into the file of whoever asked for it.
//!
//! A node that was restored from a backup, with a key book that is older than an erasure, has that
//! erasure done again before it serves: see [`Exchange::replay_erasures`].

mod ask;
mod serve;

use std::time::Duration;

use async_trait::async_trait;
use corridor_base::{ActId, DeliveryId, Did, Digest, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{Act, ErasureAcknowledgement, Handle, Signed, act};
use corridor_storage::{BlobName, Delivery, NewDelivery, Outcome, Row, SealId, Subject, Tx};

use crate::documents::{self, DocumentRow, Side};
use crate::receive::sealed_staging_name;
use crate::sender::nothing;
use crate::{Exchange, service};

/// How the queue to a partner begins that may hold copies, before a colon. It is not the queue of its
/// documents: neither holds the other up.
pub(crate) const QUEUE: &str = "erasure";
/// How the node's own queue begins, before a colon.
pub(crate) const OWN: &str = "node";

/// How many names of files one delivery to ourselves holds: they fit the outbox.
const FILES: usize = 250;

/// One erasure.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// Its number, which is that of its act.
    pub id: ActId,
    /// When.
    pub at: Timestamp,
    /// By whom: the token of an administrator, the partner that asked for it, or `log` when a restored
    /// node did it again.
    pub by: String,
    /// How many documents went with it.
    pub documents: u64,
    /// The partners that were asked to do the same.
    pub asked: Vec<Asked>,
}

/// A partner that was asked to erase what it holds.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who.
    pub partner: Did,
    /// When it confirmed; `None` while it has not.
    pub confirmed: Option<Timestamp>,
    /// What it signed.
    pub acknowledgement: Option<Signed<ErasureAcknowledgement>>,
}

/// After this time a confirmation that has not come is something to see to.
pub const LATE: Duration = Duration::from_secs(86_400);

/// A partner that has not confirmed an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The erasure.
    pub erasure: ActId,
    /// Since when the partner is asked.
    pub since: Timestamp,
    /// Who.
    pub partner: Did,
}

/// What is kept about a person.
#[derive(Clone, Debug)]
pub struct Person {
    /// The person.
    pub subject: Subject,
    /// The documents about it, newest first.
    pub documents: Vec<DocumentRow>,
    /// The partners to whom it was named.
    pub partners: Vec<Did>,
}

/// One time somebody read something about a person.
#[derive(Clone, Debug)]
pub struct Access {
    /// The act that says so.
    pub act: ActId,
    /// When.
    pub time: Timestamp,
    /// Which document.
    pub envelope: EnvelopeId,
    /// Who, as the act names a reader.
    pub reader: String,
}

impl Exchange {
    /// The persons that we have named, by our references, after this one.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn persons(&self, us: &Did, after: &str, limit: u32) -> Result<Vec<Subject>> {
        let after = after.to_owned();
        self.0.store.read(us, move |tx| tx.subjects(&after, limit)).await
    }

    /// What is kept about a person: what it has to be told when it asks.
    ///
    /// # Errors
    /// `not-found` when nobody is known by this reference; those of the store.
    pub async fn person(&self, us: &Did, reference: &str) -> Result<Person> {
        let reference = reference.to_owned();
        let look = move |tx: &mut Tx<'_>| {
            let subject = tx.subject(None, &reference)?.ok_or_else(unknown)?;
            let mut documents = Vec::new();
            for seal in tx.seals_about(subject.id)? {
                documents.extend(documents::under(tx, seal)?);
            }
            documents.sort_by_key(|row| std::cmp::Reverse((row.created, row.id)));
            let partners = tx.told_of(subject.id)?.into_iter().map(|(partner, _)| partner).collect();
            Ok(Person { subject, documents, partners })
        };
        self.0.store.read(us, look).await
    }

    /// Who read what about a person, the newest first, at most 1,000 (AC-1).
    ///
    /// # Errors
    /// As [`Exchange::person`].
    pub async fn accesses(&self, us: &Did, reference: &str) -> Result<Vec<Access>> {
        let person = self.person(us, reference).await?;
        let mut found = Vec::new();
        for document in person.documents {
            let page = corridor_storage::ActPage {
                subject: Some(document.id.to_string()),
                newest_first: true,
                limit: 1000,
                ..Default::default()
            };
            for row in self.0.store.acts(us, page).await? {
                let opening = row.opening.filter(|_| row.kind == act::DOCUMENT_READ.name);
                let opening: Option<corridor_proof::Opening> =
                    opening.and_then(|json| serde_json::from_slice(&json).ok());
                let Some(reader) = opening.and_then(|o| o.fields.get("reader").cloned()) else { continue };
                found.push(Access { act: row.id, time: row.time, envelope: document.id, reader });
            }
        }
        found.sort_by_key(|access| std::cmp::Reverse((access.time, access.act)));
        // A document that two books hold, ours and ours again, is read once all the same.
        found.dedup_by_key(|access| access.act);
        found.truncate(1000);
        Ok(found)
    }

    /// Erases everything about a person whom we know by this reference. Done when this answers, on this
    /// node; partners are asked from then on until each has confirmed.
    ///
    /// # Errors
    /// `not-found` when nobody is known by this reference; those of the store.
    pub async fn erase(&self, us: &Did, reference: &str, by: &str) -> Result<Erasure> {
        let (exchange, reference, by) = (self.clone(), reference.to_owned(), by.to_owned());
        let unit = move |tx: &mut Tx<'_>| {
            let subject = tx.subject(None, &reference)?.ok_or_else(unknown)?;
            exchange.erase_in(tx, &subject, &Why::Asked(&by)).map(|done| done.id)
        };
        let id = self.0.store.write(us, unit).await?;
        self.erasure(us, id).await
    }

    /// Does again what the log says was done, after a restoration, before the node serves: keys that an
    /// older key book brought back are destroyed. Answers how many there were.
    ///
    /// # Errors
    /// Those of the store; `storage-conflict` when their traces cannot be removed yet.
    pub async fn replay_erasures(&self) -> Result<u64> {
        let returned = self.0.store.returned_keys().await?;
        let mut done = 0;
        for key in returned {
            let (exchange, act) = (self.clone(), key.act);
            let unit = move |tx: &mut Tx<'_>| {
                let Some(subject) = tx.subject_by(key.subject)? else { return Ok(()) };
                exchange.erase_in(tx, &subject, &Why::Logged(act)).map(|_| ())
            };
            self.0.store.write(&key.participant, unit).await?;
            tracing::warn!(%act, "a key that was destroyed before had come back, and is destroyed again");
            done += 1;
        }
        if done > 0 {
            self.0.store.shred().await?;
        }
        Ok(done)
    }

    /// Our erasures, newest first, before this one.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn erasures(&self, us: &Did, before: Option<ActId>, limit: u32) -> Result<Vec<Erasure>> {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        let look = move |tx: &mut Tx<'_>| {
            let rows = tx.query(
                "SELECT id, at, reader, documents FROM erasure
                 WHERE participant = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3",
                &[before.as_str().into(), limit.clamp(1, 1000).into()],
            )?;
            rows.iter().map(|row| read(tx, row)).collect()
        };
        self.0.store.read(us, look).await
    }

    /// One erasure.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn erasure(&self, us: &Did, id: ActId) -> Result<Erasure> {
        let look = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT id, at, reader, documents FROM erasure WHERE participant = $1 AND id = $2",
                &[id.into()],
            )?;
            row.map(|row| read(tx, &row)).transpose()
        };
        let found = self.0.store.read(us, look).await?;
        found.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("erasure {id}")))
    }

    /// Partners that have been asked to erase since before this instant and have not confirmed, those asked
    /// first first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn unconfirmed(&self, us: &Did, before: Timestamp, limit: u32) -> Result<Vec<Unconfirmed>> {
        let look = move |tx: &mut Tx<'_>| {
            let rows = tx.query(
                "SELECT r.id, e.at, r.partner FROM erasure_request r
                 JOIN erasure e ON e.participant = r.participant AND e.id = r.id
                 WHERE r.participant = $1 AND r.confirmed IS NULL AND e.at < $2
                 ORDER BY e.at, r.id, r.partner LIMIT $3",
                &[before.into(), limit.clamp(1, 1000).into()],
            )?;
            let one = |row: &Row| {
                Ok(Unconfirmed { erasure: row.parse(0)?, since: row.timestamp(1)?, partner: row.parse(2)? })
            };
            rows.iter().map(one).collect()
        };
        self.0.store.read(us, look).await
    }

    /// Everything that an erasure changes, in one unit.
    fn erase_in(&self, tx: &mut Tx<'_>, subject: &Subject, why: &Why<'_>) -> Result<Done> {
        let mut files = Vec::new();
        let mut documents = 0;
        for seal in tx.seals_about(subject.id)? {
            for row in documents::under(tx, seal)? {
                self.empty(tx, &row, seal, &mut files)?;
                documents += 1;
            }
        }
        let destroyed = tx.destroy(subject.id)?;
        let now = tx.now();
        let told = destroyed.handles.iter().map(|(partner, handle)| (partner.clone(), *handle));
        let theirs =
            subject.partner.iter().filter_map(|p| Some((p.clone(), subject.reference.parse().ok()?)));
        for (partner, handle) in told.clone().chain(theirs) {
            remember(tx, &partner, handle)?;
        }
        let (id, digest) = match why {
            Why::Logged(id) => (*id, None),
            Why::Asked(by) => {
                let fields = [("key", destroyed.mark.value.as_str()), ("by", by)];
                let (us, salt) = (tx.participant().clone(), destroyed.mark.salt);
                let (clock, random) = (&*self.0.clock, &*self.0.random);
                let record = Act::seal_with(&act::SUBJECT_ERASED, &us, &fields, salt, clock, random)?;
                tx.record(&record)?;
                (record.act.id, Some(Digest::of(&record.bytes)))
            }
        };
        let by = if let Why::Asked(by) = why { by } else { "log" };
        tx.execute(
            "INSERT INTO erasure (participant, id, reader, documents, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (participant, id) DO NOTHING",
            &[id.into(), by.into(), documents.into(), now.into()],
        )?;
        for (partner, handle) in told {
            self.request(tx, id, &partner, handle)?;
        }
        self.queue_own(tx, id, "shred", Vec::new())?;
        for some in files.chunks(FILES) {
            let body = serde_json::to_vec(some).map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
            self.queue_own(tx, id, "files", body)?;
        }
        Ok(Done { id, documents, act: digest })
    }

    /// Empties one document, and notes what else of it has to go.
    fn empty(&self, tx: &mut Tx<'_>, row: &DocumentRow, seal: SealId, files: &mut Vec<String>) -> Result<()> {
        documents::empty(tx, row)?;
        if let Some(delivery) = row.delivery {
            tx.withdraw(delivery)?;
        }
        if let Some(told) = service::tell_erased(self, row.side, &row.kind, row.id) {
            tx.enqueue(&told)?;
        }
        files.extend(row.blob.iter().map(|name| format!("blob {name}")));
        if row.side == Side::In {
            files.push(format!("part {}", sealed_staging_name(row.id, seal)));
        }
        Ok(())
    }

    /// Asks a partner to do the same, from the commit on.
    fn request(&self, tx: &mut Tx<'_>, id: ActId, partner: &Did, handle: Handle) -> Result<()> {
        tx.execute(
            "INSERT INTO erasure_request (participant, id, partner) VALUES ($1, $2, $3)
             ON CONFLICT (participant, id, partner) DO NOTHING",
            &[id.into(), partner.as_str().into()],
        )?;
        tx.enqueue(&NewDelivery {
            id: DeliveryId::new(&*self.0.clock, &*self.0.random),
            queue: format!("{QUEUE}:{partner}"),
            kind: "erasure".to_owned(),
            subject: id.to_string(),
            body: handle.to_string().into_bytes(),
        })
    }

    fn queue_own(&self, tx: &mut Tx<'_>, id: ActId, kind: &str, body: Vec<u8>) -> Result<()> {
        tx.enqueue(&NewDelivery {
            id: DeliveryId::new(&*self.0.clock, &*self.0.random),
            queue: format!("{OWN}:{kind}"),
            kind: kind.to_owned(),
            subject: id.to_string(),
            body,
        })
    }

    /// What is left to be done here after an erasure, until it succeeds.
    pub(crate) async fn clear_away(&self, delivery: &Delivery) -> Result<Outcome> {
        let blobs = self.0.store.blobs();
        if delivery.kind == "shred" {
            self.0.store.shred().await?;
            return Ok(Outcome::Done(nothing()));
        }
        let files: Vec<String> = serde_json::from_slice(&delivery.body)
            .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        for file in files {
            match file.split_once(' ') {
                Some(("blob", name)) => {
                    blobs.delete(&delivery.participant, &name.parse::<BlobName>()?).await?
                }
                Some((_, name)) => blobs.delete_staging(&delivery.participant, name).await?,
                None => {}
            }
        }
        Ok(Outcome::Done(nothing()))
    }
}

#[async_trait]
impl corridor_ledger::recovery::Replay for Exchange {
    async fn replay(&self) -> Result<()> {
        self.replay_erasures().await.map(|_| ())
    }
}

/// Why a key is destroyed.
enum Why<'a> {
    /// Somebody wants it.
    Asked(&'a str),
    /// The log says that it was.
    Logged(ActId),
}

/// What came of it.
struct Done {
    id: ActId,
    documents: u64,
    /// The digest of the act that was recorded.
    act: Option<Digest>,
}

fn unknown() -> Problem {
    Problem::new(ErrorCode::NotFound).with("what", "person of this reference")
}

/// The digest of a handle: enough to know it again, and nothing to find a person with.
fn known_as(handle: Handle) -> String {
    Digest::of(&[b"corridor/erased-handle/v1\0".as_slice(), &handle.0].concat()).to_string()
}

/// Remembers that nothing about this person may come back.
fn remember(tx: &mut Tx<'_>, partner: &Did, handle: Handle) -> Result<()> {
    let now = tx.now();
    tx.execute(
        "INSERT INTO erased_handle (participant, partner, handle, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (participant, partner, handle) DO NOTHING",
        &[partner.as_str().into(), known_as(handle).into(), now.into()],
    )?;
    Ok(())
}

/// Whether the person whom this partner calls so was erased.
pub(crate) fn is_erased(tx: &mut Tx<'_>, partner: &Did, handle: Handle) -> Result<bool> {
    let row = tx.query_one(
        "SELECT 1 FROM erased_handle WHERE participant = $1 AND partner = $2 AND handle = $3",
        &[partner.as_str().into(), known_as(handle).into()],
    )?;
    Ok(row.is_some())
}

fn read(tx: &mut Tx<'_>, row: &Row) -> Result<Erasure> {
    let id: ActId = row.parse(0)?;
    let asked = tx.query(
        "SELECT partner, confirmed, acknowledgement FROM erasure_request
         WHERE participant = $1 AND id = $2 ORDER BY partner",
        &[id.into()],
    )?;
    let one = |row: &Row| {
        Ok(Asked {
            partner: row.parse(0)?,
            confirmed: row.opt_int(1)?.map(Timestamp::from_millis),
            acknowledgement: row.opt_bytes(2)?.map(Signed::parse).transpose()?,
        })
    };
    Ok(Erasure {
        id,
        at: row.timestamp(1)?,
        by: row.text(2)?.to_owned(),
        documents: row.size(3)?,
        asked: asked.iter().map(one).collect::<Result<_>>()?,
    })
}
