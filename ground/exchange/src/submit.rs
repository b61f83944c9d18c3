//! Handing in a document: its content is stored and hashed as it arrives, the envelope is signed,
//! and one unit of work holds the document, the act and the delivery (EX-2).

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use corridor_base::digest::Hasher;
use corridor_base::{AgreementId, DeliveryId, Did, Digest, EnvelopeId, ErrorCode, Problem, Result};
use corridor_proof::erasure::MAX_SUBJECTS;
use corridor_proof::{Envelope, Handle, Kind, SealedAct, Signed, act};
use corridor_storage::seal::{CHUNK, Content};
use corridor_storage::{BlobName, NewDelivery, Seal, SealId, Staging, SubjectId, Tx, Unit};
use futures::{Stream, StreamExt};

use crate::documents::{self, DocumentRow, NewDocument, Side, State};
use crate::sender::nothing;
use crate::service::Acting;
use crate::wire::{INLINE, PIECE};
use crate::{Exchange, service};

/// What is to be sent, beside the content.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The envelope's identifier; chosen by the caller so that handing in again after a lost answer
    /// changes nothing, or left to the node.
    pub id: Option<EnvelopeId>,
    /// To whom.
    pub to: Did,
    /// What it is.
    pub kind: Kind,
    /// Under which agreement; left out, the one in force that allows it.
    pub agreement: Option<AgreementId>,
    /// A name for people.
    pub name: Option<String>,
    /// The envelope it answers. An answer is about the persons that what it answers is about.
    pub answers: Option<EnvelopeId>,
    /// The persons it is about beside, each by our own reference, which does not cross: a case number.
    /// What is about persons lies sealed on both sides and can be erased; when one of them is erased,
    /// the whole document is. So: a document a person wherever that can be.
    pub subjects: Vec<String>,
}

/// What a service makes of a document that it hands in itself; repeatable, as every unit.
pub type Filing = Box<dyn FnMut(&mut Tx<'_>, &DocumentRow) -> Result<()> + Send>;

/// What else belongs into the unit of work that hands a document in.
enum Also {
    Unit(Unit),
    /// What its service would be told of.
    Filed(Filing),
}

/// How the names of uploads by our own callers begin.
const HAND_IN: &str = "out-";

/// Where content went: the row for small content, a blob for large.
enum Stored {
    Inline(Vec<u8>),
    Blob(BlobName),
}

impl Exchange {
    /// Hands in a document for sending. When this returns, the document is durable here and will be
    /// offered to the partner until it is acknowledged, refused, or given up on.
    ///
    /// # Errors
    /// Those of the gate, judged for ourselves first (EX-1); `envelope-conflict` when the identifier
    /// already stands for something else; `too-large`; `storage-full`; `malformed` when the content
    /// breaks off.
    pub async fn submit<S>(&self, us: &Did, draft: Draft, content: S) -> Result<EnvelopeId>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin,
    {
        self.hand_in(us, draft, content, Also::Unit(nothing())).await
    }

    /// The same, with what else belongs to it in its unit of work: a decision and the document that tells it
    /// stand in the books together, or neither does (EX-2). What was handed in before came with its own.
    ///
    /// # Errors
    /// As [`Exchange::submit`]; those of `also`.
    pub async fn submit_with<S>(&self, us: &Did, draft: Draft, content: S, also: Unit) -> Result<EnvelopeId>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin,
    {
        self.hand_in(us, draft, content, Also::Unit(also)).await
    }

    /// The same, by the service that takes documents of this kind: what it makes of this one it files in the
    /// unit that hands it in, and it is not told of it afterwards.
    ///
    /// # Errors
    /// As [`Exchange::submit`]; those of `file`.
    pub async fn submit_filed<S>(
        &self,
        us: &Did,
        draft: Draft,
        content: S,
        file: Filing,
    ) -> Result<EnvelopeId>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin,
    {
        self.hand_in(us, draft, content, Also::Filed(file)).await
    }

    async fn hand_in<S>(&self, us: &Did, draft: Draft, content: S, also: Also) -> Result<EnvelopeId>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin,
    {
        let signer = self.keyring(us)?.current();
        self.0.directory.participant(&draft.to, self.0.clock.now())?;
        let agreement = match draft.agreement {
            Some(id) => id,
            None => self.agreement_for(us, &draft.to, &draft.kind).await?,
        };
        let id = draft.id.unwrap_or_else(|| EnvelopeId::new(&*self.0.clock, &*self.0.random));
        let about = self.about(us, &draft).await?;
        let (handles, seal) = about.map_or((Vec::new(), None), |(handles, seal)| (handles, Some(seal)));
        let taken = self.take_in(us, id, content, seal.as_ref()).await;
        let (stored, size, sha256) = match taken {
            Ok(taken) => taken,
            Err(problem) => {
                self.drop_seal(us, seal).await;
                return Err(problem);
            }
        };
        let envelope = Envelope {
            id,
            kind: draft.kind,
            sender: us.clone(),
            recipient: draft.to,
            agreement,
            time: self.0.clock.now(),
            size,
            sha256,
            name: draft.name,
            answers: draft.answers,
            subjects: handles,
        };
        let signed = Signed::new(envelope, &[&*signer])?;
        let blob = match &stored {
            Stored::Blob(name) => Some(name.clone()),
            Stored::Inline(_) => None,
        };
        let queued = self.queue(us, signed, stored, seal.clone(), also).await;
        if !matches!(queued, Ok(true)) && seal.is_some() {
            // What lies under a seal of its own is nothing that was handed in before.
            if let Some(name) = blob {
                self.0.store.blobs().delete(us, &name).await?;
            }
            self.drop_seal(us, seal).await;
        }
        queued.map(|_| id)
    }

    /// Whom the document is about, as the partner knows them, and the seal it is kept under.
    async fn about(&self, us: &Did, draft: &Draft) -> Result<Option<(Vec<Handle>, Seal)>> {
        let mut subjects: BTreeSet<SubjectId> = BTreeSet::new();
        if let Some(answered) = draft.answers {
            let partner = draft.to.clone();
            let about = move |tx: &mut Tx<'_>| match documents::find(tx, Side::In, &partner, answered)? {
                Some(row) if row.state == State::Erased => Err(documents::erased(answered)),
                Some(row) => row.seal.map_or(Ok(Vec::new()), |seal| tx.sealed_about(seal)),
                None => Ok(Vec::new()),
            };
            subjects.extend(self.0.store.read(us, about).await?);
        }
        if subjects.is_empty() && draft.subjects.is_empty() {
            return Ok(None);
        }
        if subjects.len() + draft.subjects.len() > MAX_SUBJECTS {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "list of persons")
                .with("limit", MAX_SUBJECTS));
        }
        let (exchange, draft, id) = (self.clone(), draft.clone(), SealId::new(&*self.0.random));
        let unit = move |tx: &mut Tx<'_>| {
            let mut subjects = subjects.clone();
            for reference in &draft.subjects {
                subjects.insert(tx.subject_or_new(None, reference, &*exchange.0.random)?);
            }
            let mut handles = Vec::with_capacity(subjects.len());
            for subject in &subjects {
                handles.push(tx.handle_for(*subject, &draft.to, &*exchange.0.random)?);
            }
            handles.sort_unstable();
            let subjects: Vec<SubjectId> = subjects.into_iter().collect();
            Ok(Some((handles, tx.new_seal(id, &subjects)?)))
        };
        self.0.store.write(us, unit).await
    }

    /// Forgets a seal that nothing came to lie under. One that stays seals nothing.
    async fn drop_seal(&self, us: &Did, seal: Option<Seal>) {
        let Some(id) = seal.map(|seal| seal.id()) else { return };
        if let Err(problem) = self.0.store.write(us, move |tx| tx.drop_seal(id)).await {
            tracing::warn!(code = %problem.code(), "a seal without a document stays");
        }
    }

    /// Writes document, act and delivery; false when the identifier already stands for the same.
    async fn queue(
        &self,
        us: &Did,
        signed: Signed<Envelope>,
        stored: Stored,
        seal: Option<Seal>,
        mut also: Also,
    ) -> Result<bool> {
        let record = self.submitted(us, &signed)?;
        let body = signed.body();
        let delivery = delivery(&body.recipient, body.id, DeliveryId::new(&*self.0.clock, &*self.0.random));
        let told = match also {
            Also::Unit(_) => service::tell(self, Side::Out, &body.kind, body.id),
            Also::Filed(_) => None,
        };
        let exchange = self.clone();
        self.0
            .store
            .write(us, move |tx| {
                let body = signed.body();
                // Handed in before: the same content is the same document, whatever the clock says now.
                if let Some(known) = documents::find_any(tx, Side::Out, body.id)? {
                    let sha256 = known.envelope()?.body().sha256;
                    return if sha256 == body.sha256 {
                        Ok(false)
                    } else {
                        Err(conflict(body.id, &body.sender, sha256, body.sha256))
                    };
                }
                if let Some(seal) = &seal {
                    // Somebody may have been erased while the content came in.
                    tx.unseal(seal.id()).map_err(|_| documents::erased(body.id))?;
                }
                exchange.0.agreements.begins(tx, body, &body.recipient)?;
                let (content, blob) = match &stored {
                    Stored::Inline(bytes) => (Some(bytes.as_slice()), None),
                    Stored::Blob(name) => (None, Some(name.as_str())),
                };
                documents::insert(
                    tx,
                    &NewDocument {
                        side: Side::Out,
                        partner: &body.recipient,
                        envelope: &signed,
                        content,
                        blob,
                        state: State::Sending,
                        acknowledgement: None,
                        delivery: Some(delivery.id),
                        seal: seal.as_ref(),
                    },
                )?;
                tx.record_under(&record, seal.as_ref())?;
                if let Some(told) = &told {
                    tx.enqueue(told)?;
                }
                tx.enqueue(&delivery)?;
                match &mut also {
                    Also::Unit(unit) => unit(tx)?,
                    Also::Filed(file) => {
                        let row = documents::find(tx, Side::Out, &body.recipient, body.id)?;
                        file(
                            tx,
                            &row.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", body.id))?,
                        )?;
                    }
                }
                Ok(true)
            })
            .await
    }

    /// The act of handing a document in.
    pub(crate) fn submitted(&self, us: &Did, signed: &Signed<Envelope>) -> Result<SealedAct> {
        let body = signed.body();
        let fields = [
            ("envelope", body.id.to_string()),
            ("partner", body.recipient.to_string()),
            ("agreement", body.agreement.to_string()),
            ("kind", body.kind.to_string()),
            ("size", body.size.to_string()),
            ("statement", signed.digest().to_string()),
        ];
        self.seal(us, &act::DOCUMENT_SUBMITTED, &fields)
    }

    /// Stores content as it arrives: small content in memory, larger in a staging file that becomes
    /// a blob, durable before anything refers to it (EX-3). Memory stays flat.
    async fn take_in<S>(
        &self,
        us: &Did,
        id: EnvelopeId,
        mut content: S,
        seal: Option<&Seal>,
    ) -> Result<(Stored, u64, Digest)>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin,
    {
        // A name of its own: two callers that hand in one identifier must not write one file.
        let name = format!("{HAND_IN}{}", DeliveryId::new(&*self.0.clock, &*self.0.random));
        let mut hasher = Hasher::new();
        let mut size = 0u64;
        let mut buffer: Vec<u8> = Vec::new();
        let mut staging: Option<Staging> = None;
        let sealed = seal.map(|seal| seal.content(&documents::place(Side::Out, id, "blob")));
        while let Some(piece) = content.next().await {
            let piece = piece
                .map_err(|e| Problem::new(ErrorCode::Malformed).with("what", "request body").because(e))?;
            hasher.update(&piece);
            size += piece.len() as u64;
            if size > self.0.limits.max_size {
                return Err(Problem::new(ErrorCode::TooLarge)
                    .with("what", "document")
                    .with("limit", format!("{} bytes", self.0.limits.max_size)));
            }
            buffer.extend_from_slice(&piece);
            if buffer.len() >= PIECE + usize::from(sealed.is_some()) {
                let staging = match &mut staging {
                    Some(staging) => staging,
                    none => none.insert(self.0.store.blobs().staging(us, &name).await?),
                };
                self.grow(staging, &mut buffer, sealed.as_ref()).await?;
            }
        }
        let digest = hasher.finish();
        match staging {
            None if buffer.len() <= INLINE => Ok((Stored::Inline(buffer), size, digest)),
            staging => {
                let mut staging = match staging {
                    Some(staging) => staging,
                    None => self.0.store.blobs().staging(us, &name).await?,
                };
                // Named by its content, or by the seal that is its own: whatever is handed in under this
                // identifier later cannot overwrite what is referred to already.
                let name: BlobName = match (&sealed, seal) {
                    (Some(sealed), Some(seal)) => {
                        let start = Content::written(staging.length());
                        staging.append_sealed(sealed, start, &buffer, true, &*self.0.random).await?;
                        format!("out/{id}-{}", seal.id()).parse()?
                    }
                    _ => {
                        staging.append(staging.length(), buffer.into()).await?;
                        format!("out/{id}-{digest}").parse()?
                    }
                };
                staging.finish(&name).await?;
                Ok((Stored::Blob(name), size, digest))
            }
        }
    }

    /// Adds what has gathered; of sealed content whole chunks, and never the last byte, because what is
    /// the last chunk has to say so.
    async fn grow(
        &self,
        staging: &mut Staging,
        buffer: &mut Vec<u8>,
        sealed: Option<&Content>,
    ) -> Result<()> {
        let Some(sealed) = sealed else {
            return staging.append(staging.length(), std::mem::take(buffer).into()).await.map(|_| ());
        };
        let rest = buffer.split_off((buffer.len() - 1) / CHUNK * CHUNK);
        let whole = std::mem::replace(buffer, rest);
        staging
            .append_sealed(sealed, Content::written(staging.length()), &whole, false, &*self.0.random)
            .await
    }

    /// Removes what hand-ins left that broke off or were cut by a crash: their callers begin anew,
    /// under another name. One that goes on is spared, and so is what was touched in the last second,
    /// which another replica may be opening right now.
    ///
    /// # Errors
    /// `file-failed`.
    pub async fn sweep_hand_ins(&self) -> Result<u64> {
        self.0.store.blobs().sweep_staging_of(HAND_IN, Duration::from_secs(1)).await
    }

    /// Hands a dead letter in again: one that was given up on, or refused and the cause is mended.
    ///
    /// # Errors
    /// `not-found` when there is none of this identifier that is the business of whoever asks;
    /// `not-given-up` when it is on its way or there.
    pub async fn resend(&self, acting: &Acting, id: EnvelopeId) -> Result<()> {
        let us = &acting.participant;
        let row = self.document_for(acting, Side::Out, id).await?;
        row.envelope()?;
        let dead = row.delivery.filter(|_| matches!(row.state, State::Failed | State::Refused));
        let dead = dead.ok_or_else(|| {
            Problem::new(ErrorCode::NotGivenUp).with("id", id).with("found", row.state.as_str())
        })?;
        let fields = [("envelope", id.to_string()), ("reader", acting.reader.clone())];
        let record = self.seal(us, &act::DOCUMENT_RESENT, &fields)?;
        self.0
            .store
            .write(us, move |tx| {
                let from = [State::Failed, State::Refused];
                if documents::advance(
                    tx,
                    Side::Out,
                    &row.partner,
                    id,
                    &from,
                    &documents::Step::to(State::Sending, None),
                )? {
                    tx.resend(dead)?;
                    tx.record_under(&record, row.opened())?;
                }
                Ok(())
            })
            .await
    }
}

/// The entry in the partner's queue.
pub(crate) fn delivery(to: &Did, envelope: EnvelopeId, id: DeliveryId) -> NewDelivery {
    NewDelivery {
        id,
        queue: to.to_string(),
        kind: "document".to_owned(),
        subject: envelope.to_string(),
        body: Vec::new(),
    }
}

/// The same identifier for two different contents.
pub(crate) fn conflict(id: EnvelopeId, who: &Did, expected: Digest, found: Digest) -> Problem {
    Problem::new(ErrorCode::EnvelopeConflict)
        .with("id", id)
        .with("who", who)
        .with("expected", expected)
        .with("found", found)
}
