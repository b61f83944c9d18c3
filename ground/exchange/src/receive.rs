//! Receiving: what a partner's delivery meets here. Judge, store in one unit of work, answer with
//! an acknowledgement that is only ever given for what is durable (EX-3) and given again, byte for
//! byte, for the same envelope (EX-4).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use corridor_base::{Did, Digest, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{Acknowledgement, Envelope, SealedAct, Signed, act};
use corridor_storage::seal::{CHUNK, Content};
use corridor_storage::{BlobName, NewDelivery, Seal, SealId, Staging, Tx};

use crate::documents::{self, DocumentRow, NewDocument, Side, State, Step};
use crate::gate::Caller;
use crate::submit::conflict;
use crate::wire::{INLINE, PIECE};
use crate::{Exchange, service};

/// What the gate answers.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// It is durable here, now or already.
    Acknowledged(Signed<Acknowledgement>),
    /// The envelope is accepted: send the content from this byte.
    SendFrom(u64),
}

/// Uploads under way: the pieces of one document come one after another, whatever the partner does.
#[derive(Default)]
pub(crate) struct Uploads(Mutex<HashMap<Upload, Turn>>);

/// Whose inbox, from whom, which envelope.
type Upload = (Did, Did, EnvelopeId);
/// Held by whoever writes a piece.
type Turn = Arc<tokio::sync::Mutex<()>>;

impl Uploads {
    fn turn(&self, us: &Did, partner: &Did, id: EnvelopeId) -> Turn {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Forget those that nobody holds, so that the map is bounded by the requests in flight.
        all.retain(|_, turn| Arc::strong_count(turn) > 1);
        all.entry((us.clone(), partner.clone(), id)).or_default().clone()
    }
}

/// Everything a unit needs to write a received document down.
pub(crate) struct Receipt {
    pub(crate) envelope: Signed<Envelope>,
    pub(crate) acknowledgement: Signed<Acknowledgement>,
    pub(crate) record: SealedAct,
    pub(crate) delivery: Option<NewDelivery>,
}

impl Exchange {
    /// Takes an envelope, with its content when that came along.
    ///
    /// # Errors
    /// `envelope-conflict`, `content-mismatch`, those of the agreement, `overloaded`, the store's.
    pub(crate) async fn take_envelope(
        &self,
        envelope: Signed<Envelope>,
        content: Option<Bytes>,
    ) -> Result<Answer> {
        let body = envelope.body();
        let (us, partner, id) = (body.recipient.clone(), body.sender.clone(), body.id);
        let result = match content {
            Some(content) => self.take_whole(envelope, content).await,
            None => self.take_promise(envelope).await,
        };
        if let Err(problem) = &result {
            self.note_refusal(&us, &partner, id, problem).await;
        }
        result
    }

    /// A small document, whole: one unit of work.
    async fn take_whole(&self, envelope: Signed<Envelope>, content: Bytes) -> Result<Answer> {
        let body = envelope.body();
        let found = Digest::of(&content);
        if found != body.sha256 || content.len() as u64 != body.size {
            return Err(mismatch(body, found));
        }
        let us = body.recipient.clone();
        let receipt = self.receipt(envelope)?;
        let exchange = self.clone();
        let (answer, repeated) = self
            .0
            .store
            .write(&us, move |tx| {
                let body = receipt.envelope.body();
                if let Some(row) = known(tx, &receipt.envelope)?
                    && let Some(answer) = already(&row, &receipt.envelope)?
                {
                    return Ok((Answer::Acknowledged(answer), Some(row)));
                }
                exchange.0.agreements.begins(tx, body, &body.sender)?;
                let seal = exchange.sealed_for(tx, &body.sender, body)?;
                documents::insert(
                    tx,
                    &NewDocument {
                        side: Side::In,
                        partner: &body.sender,
                        envelope: &receipt.envelope,
                        content: Some(&content),
                        blob: None,
                        state: State::Received,
                        acknowledgement: Some(&receipt.acknowledgement),
                        delivery: None,
                        seal: seal.as_ref(),
                    },
                )?;
                receipt.write(tx, seal.as_ref())?;
                Ok((Answer::Acknowledged(receipt.acknowledgement.clone()), None))
            })
            .await?;
        if let Some(row) = repeated {
            self.heard_again(&us, row).await;
        }
        Ok(answer)
    }

    /// An envelope alone: already here, or say from where to send.
    async fn take_promise(&self, envelope: Signed<Envelope>) -> Result<Answer> {
        let us = envelope.body().recipient.clone();
        let (id, size) = (envelope.body().id, envelope.body().size);
        let open_name = staging_name(&envelope);
        let small = size <= INLINE as u64;
        let exchange = self.clone();
        let (answer, seal, repeated) = self
            .0
            .store
            .write(&us, move |tx| {
                let body = envelope.body();
                if let Some(row) = known(tx, &envelope)? {
                    let answer = already(&row, &envelope)?;
                    return Ok((answer, row.opened.clone(), Some(row)));
                }
                exchange.0.agreements.begins(tx, body, &body.sender)?;
                if small {
                    exchange.nobody_erased(tx, &body.sender, body)?;
                    return Ok((None, None, None));
                }
                exchange.room_for_upload(tx, &body.sender)?;
                let seal = exchange.sealed_for(tx, &body.sender, body)?;
                documents::insert(
                    tx,
                    &NewDocument {
                        side: Side::In,
                        partner: &body.sender,
                        envelope: &envelope,
                        content: None,
                        blob: None,
                        state: State::Receiving,
                        acknowledgement: None,
                        delivery: None,
                        seal: seal.as_ref(),
                    },
                )?;
                Ok((None, seal, None))
            })
            .await?;
        if let Some(row) = repeated {
            self.heard_again(&us, row).await;
        }
        let blobs = self.0.store.blobs();
        match (answer, seal) {
            (Some(acknowledgement), _) => Ok(Answer::Acknowledged(acknowledgement)),
            (None, _) if small => Ok(Answer::SendFrom(0)),
            (None, None) => Ok(Answer::SendFrom(blobs.staged(&us, &open_name).await?)),
            (None, Some(seal)) => {
                let (name, content) = (sealed_staging_name(id, seal.id()), sealed_content(&seal, id));
                Ok(Answer::SendFrom(blobs.staged_sealed(&us, &name, &content, size).await?))
            }
        }
    }

    /// Takes the next piece of a document whose envelope was accepted. The agreement is judged again
    /// for each piece (EX-1).
    ///
    /// # Errors
    /// `not-found`, `offset-wrong`, `too-large`, `content-mismatch`, those of the agreement.
    pub(crate) async fn take_piece(
        &self,
        us: &Did,
        caller: &Caller,
        id: EnvelopeId,
        offset: u64,
        piece: Bytes,
    ) -> Result<Answer> {
        let partner = caller.did.clone();
        let turn = self.0.uploads.turn(us, &partner, id);
        let _turn = turn.lock().await;
        let row = self.upload(us, &partner, id).await?;
        let body = row.envelope()?.body();
        if row.state == State::Received {
            return row.acknowledgement.map(Answer::Acknowledged).ok_or_else(|| not_here(id));
        }
        if offset + piece.len() as u64 > body.size {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "document")
                .with("limit", format!("{} bytes", body.size)));
        }
        let mut staging = self.0.store.blobs().staging(us, &staging_of(&row)?).await?;
        let length = match &row.opened {
            Some(seal) => self.add_sealed(&mut staging, seal, &row, offset, &piece).await?,
            None if staging.length() == offset => staging.append(offset, piece).await?,
            None => return Err(offset_wrong(staging.length(), offset)),
        };
        if length < body.size {
            return Ok(Answer::SendFrom(length));
        }
        self.complete(us, row, staging).await
    }

    /// Adds a piece of a document about persons; answers how much is there. What does not fill its last
    /// chunk is asked for again, unless it is the end of the document.
    async fn add_sealed(
        &self,
        staging: &mut Staging,
        seal: &Seal,
        row: &DocumentRow,
        offset: u64,
        piece: &[u8],
    ) -> Result<u64> {
        let content = sealed_content(seal, row.id);
        let there = staging.sealed_length(&content, row.size);
        if there != offset {
            return Err(offset_wrong(there, offset));
        }
        let last = offset + piece.len() as u64 == row.size;
        let whole = if last { piece.len() } else { piece.len() / CHUNK * CHUNK };
        if whole == 0 && !last {
            let why = format!("a piece of it that is not the last holds at least {CHUNK} bytes");
            return Err(Problem::new(ErrorCode::Malformed)
                .with("what", "document about persons")
                .with("why", why));
        }
        if there < row.size {
            let whole = piece.get(..whole).unwrap_or_default();
            staging.append_sealed(&content, offset, whole, last, &*self.0.random).await?;
        }
        Ok(offset + whole as u64)
    }

    /// The document an upload belongs to, judged again (EX-1).
    async fn upload(&self, us: &Did, partner: &Did, id: EnvelopeId) -> Result<DocumentRow> {
        let (exchange, partner) = (self.clone(), partner.clone());
        self.0
            .store
            .read(us, move |tx| {
                let row = documents::find(tx, Side::In, &partner, id)?.ok_or_else(|| not_here(id))?;
                if row.state == State::Receiving {
                    exchange.0.agreements.permits(tx, row.envelope()?.body(), &partner)?;
                }
                Ok(row)
            })
            .await
    }

    /// All bytes are here: are they the ones that were promised? Then make them a blob and
    /// acknowledge; otherwise drop them and the promise, so that the sender may start afresh.
    async fn complete(&self, us: &Did, row: DocumentRow, staging: Staging) -> Result<Answer> {
        let envelope = row.envelope()?.clone();
        let (partner, id, sha256) =
            (envelope.body().sender.clone(), envelope.body().id, envelope.body().sha256);
        let found = match &row.opened {
            Some(seal) => staging.sealed_digest(&sealed_content(seal, id)).await?,
            None => staging.digest().await?,
        };
        if found != sha256 {
            let problem = mismatch(envelope.body(), found);
            staging.discard().await?;
            let (whose, seal) = (partner.clone(), row.seal);
            self.0.store.write(us, move |tx| documents::withdraw(tx, &whose, id, seal)).await?;
            self.note_refusal(us, &partner, id, &problem).await;
            return Err(problem);
        }
        // Named by sender, number and content, or the seal that is its own: nothing received later can
        // overwrite it.
        let own = row.seal.map_or_else(|| sha256.to_string(), |seal| seal.to_string());
        let name: BlobName = format!("in/{}/{id}-{own}", Digest::of(partner.as_str().as_bytes())).parse()?;
        staging.finish(&name).await?;
        let receipt = self.receipt(envelope)?;
        let (exchange, blob) = (self.clone(), name.clone());
        let done = self
            .0
            .store
            .write(us, move |tx| {
                let body = receipt.envelope.body();
                let row =
                    documents::find(tx, Side::In, &body.sender, body.id)?.ok_or_else(|| not_here(body.id))?;
                if let Some(answer) = already(&row, &receipt.envelope)? {
                    return Ok(Answer::Acknowledged(answer));
                }
                exchange.0.agreements.permits(tx, body, &body.sender)?;
                let step = Step {
                    acknowledgement: Some(&receipt.acknowledgement),
                    blob: Some(blob.as_str()),
                    ..Step::to(State::Received, row.opened.as_ref())
                };
                documents::advance(tx, Side::In, &body.sender, body.id, &[State::Receiving], &step)?;
                receipt.write(tx, row.opened.as_ref())?;
                Ok(Answer::Acknowledged(receipt.acknowledgement.clone()))
            })
            .await;
        if done.as_ref().is_err_and(|problem| problem.code() == ErrorCode::SubjectErased) {
            // Erased in that very moment: what erased it did not know of this file.
            self.0.store.blobs().delete(us, &name).await?;
        }
        done
    }

    /// The seal under which what this envelope brings, or brought to this partner, is kept; `None` when it is about no persons.
    ///
    /// # Errors
    /// `subject-erased` when one of them was erased here before: nothing about them comes back.
    pub(crate) fn sealed_for(
        &self,
        tx: &mut Tx<'_>,
        partner: &Did,
        envelope: &Envelope,
    ) -> Result<Option<Seal>> {
        if envelope.subjects.is_empty() {
            return Ok(None);
        }
        self.nobody_erased(tx, partner, envelope)?;
        let mut subjects = Vec::with_capacity(envelope.subjects.len());
        for handle in &envelope.subjects {
            let random = &*self.0.random;
            subjects.push(match tx.subject_of_handle(partner, *handle)? {
                Some(known) => known,
                None => tx.subject_or_new(Some(partner), &handle.to_string(), random)?,
            });
        }
        tx.new_seal(SealId::new(&*self.0.random), &subjects).map(Some)
    }

    fn nobody_erased(&self, tx: &mut Tx<'_>, partner: &Did, envelope: &Envelope) -> Result<()> {
        for handle in &envelope.subjects {
            if crate::erasure::is_erased(tx, partner, *handle)? {
                return Err(documents::erased(envelope.id));
            }
        }
        Ok(())
    }

    /// Signs the acknowledgement and seals the act. Nobody sees either before the unit that writes
    /// them has committed (EX-3).
    pub(crate) fn receipt(&self, envelope: Signed<Envelope>) -> Result<Receipt> {
        let body = envelope.body();
        let acknowledgement = Signed::new(
            Acknowledgement {
                envelope: body.id,
                statement: envelope.digest(),
                sha256: body.sha256,
                sender: body.sender.clone(),
                recipient: body.recipient.clone(),
                time: self.0.clock.now(),
            },
            &[&*self.keyring(&body.recipient)?.current()],
        )?;
        let fields = [
            ("envelope", body.id.to_string()),
            ("partner", body.sender.to_string()),
            ("agreement", body.agreement.to_string()),
            ("kind", body.kind.to_string()),
            ("size", body.size.to_string()),
            ("statement", envelope.digest().to_string()),
            ("acknowledgement", acknowledgement.digest().to_string()),
        ];
        let record = self.seal(&body.recipient, &act::DOCUMENT_RECEIVED, &fields)?;
        let delivery = service::tell(self, Side::In, &body.kind, body.id);
        Ok(Receipt { envelope, acknowledgement, record, delivery })
    }

    /// Refuses a partner that opens uploads and does not fill them.
    fn room_for_upload(&self, tx: &mut Tx<'_>, partner: &Did) -> Result<()> {
        let open = tx.query_one(
            "SELECT COUNT(*) FROM document WHERE participant = $1 AND side = 'in' AND partner = $2 AND state = 'receiving'",
            &[partner.as_str().into()],
        )?;
        let open = open.map_or(Ok(0), |row| row.int(0))?;
        if usize::try_from(open).unwrap_or(usize::MAX) >= self.0.limits.open_uploads {
            return Err(Problem::new(ErrorCode::Overloaded));
        }
        Ok(())
    }

    /// Remembers that we refused, once for each envelope and reason, with an act. Passing troubles
    /// (a full disk, too much to do) are no refusals.
    pub(crate) async fn note_refusal(&self, us: &Did, partner: &Did, id: EnvelopeId, problem: &Problem) {
        let code = problem.code();
        if code.status() >= 500 || matches!(code, ErrorCode::OffsetWrong) {
            return;
        }
        let fields =
            [("envelope", id.to_string()), ("partner", partner.to_string()), ("code", code.to_string())];
        let Ok(record) = self.seal(us, &act::DELIVERY_REFUSED, &fields) else { return };
        let whose = partner.clone();
        let noted = self
            .0
            .store
            .write(us, move |tx| {
                let at = tx.now();
                if refused_lately(tx, &whose, at)? >= REFUSALS_AN_HOUR {
                    return Ok(());
                }
                let fresh = tx.execute(
                    "INSERT INTO refusal (participant, partner, id, code, at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (participant, partner, id, code) DO NOTHING",
                    &[whose.as_str().into(), id.to_string().into(), code.as_str().into(), at.millis().into()],
                )?;
                if fresh == 1 { tx.record(&record) } else { Ok(()) }
            })
            .await;
        if let Err(failed) = noted {
            tracing::error!(code = %failed.code(), "a refusal could not be recorded");
        }
        tracing::warn!(participant = %us, partner = %partner, code = %code, "delivery refused");
    }
}

/// How many refusals of one partner are recorded in an hour: enough to see what is wrong, too few to
/// fill a disk with.
const REFUSALS_AN_HOUR: i64 = 1000;

fn refused_lately(tx: &mut Tx<'_>, partner: &Did, at: Timestamp) -> Result<i64> {
    let since = at.minus(std::time::Duration::from_secs(3600));
    let row = tx.query_one(
        "SELECT COUNT(*) FROM refusal WHERE participant = $1 AND partner = $2 AND at > $3",
        &[partner.as_str().into(), since.millis().into()],
    )?;
    row.map_or(Ok(0), |row| row.int(0))
}

impl Receipt {
    pub(crate) fn write(&self, tx: &mut Tx<'_>, seal: Option<&Seal>) -> Result<()> {
        tx.record_under(&self.record, seal)?;
        match &self.delivery {
            Some(delivery) => tx.enqueue(delivery),
            None => Ok(()),
        }
    }
}

/// The answer given for this envelope before, when there was one. Another text under the same number
/// is refused (EX-4).
fn already(row: &DocumentRow, envelope: &Signed<Envelope>) -> Result<Option<Signed<Acknowledgement>>> {
    let known = row.envelope()?.digest();
    if known != envelope.digest() {
        return Err(conflict(row.id, &row.partner, known, envelope.digest()));
    }
    Ok(row.acknowledgement.clone())
}

/// What the books have of this envelope. What cannot be opened any more gives way to what comes now, and so does
/// what was promised in another envelope and never came whole: its sender lost its disk on the way and begins anew.
fn known(tx: &mut Tx<'_>, envelope: &Signed<Envelope>) -> Result<Option<DocumentRow>> {
    let body = envelope.body();
    match documents::find(tx, Side::In, &body.sender, body.id)? {
        Some(row) if row.is_closed() || is_other_promise(&row, envelope) => {
            documents::forget(tx, &row).map(|()| None)
        }
        found => Ok(found),
    }
}

/// Nothing was acknowledged of it yet.
fn is_other_promise(row: &DocumentRow, envelope: &Signed<Envelope>) -> bool {
    row.state == State::Receiving && row.signed.as_ref().is_some_and(|s| s.digest() != envelope.digest())
}

fn offset_wrong(expected: u64, found: u64) -> Problem {
    Problem::new(ErrorCode::OffsetWrong).with("expected", expected).with("found", found)
}

fn mismatch(envelope: &Envelope, found: Digest) -> Problem {
    Problem::new(ErrorCode::ContentMismatch)
        .with("id", envelope.id)
        .with("expected", envelope.sha256)
        .with("found", found)
}

fn not_here(id: EnvelopeId) -> Problem {
    Problem::new(ErrorCode::NotFound).with("what", format!("delivery {id}"))
}

/// Where the pieces of an upload are kept: by sender, number and the signed text.
fn staging_name(envelope: &Signed<Envelope>) -> String {
    let whose = Digest::of(envelope.body().sender.as_str().as_bytes());
    format!("in-{whose}-{}-{}", envelope.body().id, envelope.digest())
}

/// The same of a document about persons: the digest of its text says too much.
pub(crate) fn sealed_staging_name(id: EnvelopeId, seal: SealId) -> String {
    format!("in-{id}-{seal}")
}

fn staging_of(row: &DocumentRow) -> Result<String> {
    Ok(match row.seal {
        Some(seal) => sealed_staging_name(row.id, seal),
        None => staging_name(row.envelope()?),
    })
}

fn sealed_content(seal: &Seal, id: EnvelopeId) -> Content {
    seal.content(&documents::place(Side::In, id, "blob"))
}

const _: () = assert!(PIECE > INLINE, "a document too large for its row must fit pieces");
