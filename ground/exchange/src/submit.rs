//! Handing in a document: its content is stored and hashed as it arrives, the envelope is signed,
//! and one unit of work holds the document, the act and the delivery (EX-2).

use std::io;
use std::time::Duration;

use bytes::Bytes;
use corridor_base::digest::Hasher;
use corridor_base::{AgreementId, DeliveryId, Did, Digest, EnvelopeId, ErrorCode, Problem, Result};
use corridor_proof::{Envelope, Kind, Signed, act};
use corridor_storage::{BlobName, NewDelivery, Staging};
use futures::{Stream, StreamExt};

use crate::documents::{self, NewDocument, Side, State};
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
    /// The envelope it answers.
    pub answers: Option<EnvelopeId>,
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
        let signer = self.keyring(us)?.current();
        self.0.directory.participant(&draft.to, self.0.clock.now())?;
        let agreement = match draft.agreement {
            Some(id) => id,
            None => self.agreement_for(us, &draft.to, &draft.kind).await?,
        };
        let id = draft.id.unwrap_or_else(|| EnvelopeId::new(&*self.0.clock, &*self.0.random));
        let (stored, size, sha256) = self.take_in(us, id, content).await?;
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
        };
        let signed = Signed::new(envelope, &[&*signer])?;
        self.queue(us, signed, stored).await?;
        Ok(id)
    }

    /// Writes document, act and delivery, unless the identifier already stands for the same.
    async fn queue(&self, us: &Did, signed: Signed<Envelope>, stored: Stored) -> Result<()> {
        let body = signed.body();
        let fields = [
            ("envelope", body.id.to_string()),
            ("partner", body.recipient.to_string()),
            ("agreement", body.agreement.to_string()),
            ("kind", body.kind.to_string()),
            ("size", body.size.to_string()),
            ("statement", signed.digest().to_string()),
        ];
        let record = self.seal(us, &act::DOCUMENT_SUBMITTED, &fields)?;
        let delivery = delivery(&signed, DeliveryId::new(&*self.0.clock, &*self.0.random));
        let told = service::tell(self, Side::Out, &body.kind, body.id);
        let exchange = self.clone();
        self.0
            .store
            .write(us, move |tx| {
                let body = signed.body();
                // Handed in before: the same content is the same document, whatever the clock says now.
                if let Some(known) = documents::find_any(tx, Side::Out, body.id)? {
                    return if known.sha256 == body.sha256 {
                        Ok(())
                    } else {
                        Err(conflict(body.id, &body.sender, known.sha256, body.sha256))
                    };
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
                    },
                )?;
                tx.record(&record)?;
                if let Some(told) = &told {
                    tx.enqueue(told)?;
                }
                tx.enqueue(&delivery)
            })
            .await
    }

    /// Stores content as it arrives: small content in memory, larger in a staging file that becomes
    /// a blob, durable before anything refers to it (EX-3). Memory stays flat.
    async fn take_in<S>(&self, us: &Did, id: EnvelopeId, mut content: S) -> Result<(Stored, u64, Digest)>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin,
    {
        // A name of its own: two callers that hand in one identifier must not write one file.
        let name = format!("{HAND_IN}{}", DeliveryId::new(&*self.0.clock, &*self.0.random));
        let mut hasher = Hasher::new();
        let mut size = 0u64;
        let mut buffer: Vec<u8> = Vec::new();
        let mut staging: Option<Staging> = None;
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
            if buffer.len() >= PIECE {
                let staging = match &mut staging {
                    Some(staging) => staging,
                    none => none.insert(self.0.store.blobs().staging(us, &name).await?),
                };
                staging.append(staging.length(), std::mem::take(&mut buffer).into()).await?;
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
                staging.append(staging.length(), buffer.into()).await?;
                // Named by its content: whatever is handed in under this identifier later cannot
                // overwrite what is referred to already.
                let name: BlobName = format!("out/{id}-{digest}").parse()?;
                staging.finish(&name).await?;
                Ok((Stored::Blob(name), size, digest))
            }
        }
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
                    &documents::Step::to(State::Sending),
                )? {
                    tx.resend(dead)?;
                    tx.record(&record)?;
                }
                Ok(())
            })
            .await
    }
}

/// The entry in the partner's queue.
pub(crate) fn delivery(signed: &Signed<Envelope>, id: DeliveryId) -> NewDelivery {
    let body = signed.body();
    NewDelivery {
        id,
        queue: body.recipient.to_string(),
        kind: "document".to_owned(),
        subject: body.id.to_string(),
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
