//! Documents that have crossed already are brought into the books many in one unit of work, each as sending
//! and receiving leave one: how a node gets years of documents behind it before it is measured. No
//! delivery is queued: nothing is sent, and no service is told.

use bytes::Bytes;
use corridor_base::{Did, Digest, ErrorCode, Problem, Result};
use corridor_proof::{Acknowledgement, Envelope, SealedAct, Signed};
use corridor_storage::{Tx, Unit};

use crate::Exchange;
use crate::documents::{self, NewDocument, Side, State};
use crate::receive::Receipt;
use crate::wire::INLINE;

/// A document, and what was signed for it.
pub enum Crossed {
    /// Ours, with the acknowledgement of the partner.
    Sent(Signed<Envelope>, Bytes, Signed<Acknowledgement>),
    /// The partner's; the acknowledgement is given now.
    Received(Signed<Envelope>, Bytes),
}

/// One that is ready to be written.
enum Ready {
    Sent { envelope: Signed<Envelope>, content: Bytes, answer: Signed<Acknowledgement>, record: SealedAct },
    Received { receipt: Receipt, content: Bytes },
}

impl Exchange {
    /// Brings documents that have crossed into the books of `us`, all or none (EX-2). Of each are judged the
    /// content, the signatures as sending and receiving judge them, and the agreement (EX-1).
    ///
    /// # Errors
    /// `content-mismatch`; `malformed` for one that is about persons, is not small, or is not from us or to us;
    /// `signature-invalid` and what else is wrong with an envelope; `partner-answer` when it is not acknowledged
    /// by what comes with it; those of the agreement; those of the store, when one is there already.
    pub async fn take_crossed(&self, us: &Did, crossed: Vec<Crossed>) -> Result<()> {
        let ready: Vec<Ready> = crossed.into_iter().map(|one| self.ready(us, one)).collect::<Result<_>>()?;
        let (exchange, whose) = (self.clone(), us.clone());
        self.0
            .store
            .write(us, move |tx| ready.iter().try_for_each(|one| exchange.write_crossed(tx, &whose, one)))
            .await
    }

    fn ready(&self, us: &Did, crossed: Crossed) -> Result<Ready> {
        match crossed {
            Crossed::Sent(envelope, content, answer) => {
                fits(&envelope, &content)?;
                if !self.signed_by_us(us, &envelope)? {
                    return Err(malformed("none of our keys signed it"));
                }
                let partner = &envelope.body().recipient;
                let answer = self.check_acknowledgement(partner, &envelope, answer.bytes())?;
                let record = self.submitted(us, &envelope)?;
                Ok(Ready::Sent { envelope, content, answer, record })
            }
            Crossed::Received(envelope, content) => {
                fits(&envelope, &content)?;
                if envelope.body().recipient != *us {
                    return Err(malformed("it is to somebody else"));
                }
                self.judge_signed(&envelope)?;
                let receipt = Receipt { delivery: None, ..self.receipt(envelope)? };
                Ok(Ready::Received { receipt, content })
            }
        }
    }

    fn write_crossed(&self, tx: &mut Tx<'_>, us: &Did, ready: &Ready) -> Result<()> {
        match ready {
            Ready::Sent { envelope, content, answer, record } => {
                let (partner, id) = (&envelope.body().recipient, envelope.body().id);
                self.0.agreements.begins(tx, envelope.body(), partner)?;
                documents::insert(tx, &new(Side::Out, partner, envelope, content, State::Sending, None))?;
                tx.record(record)?;
                let row = documents::find(tx, Side::Out, partner, id)?.ok_or_else(|| {
                    Problem::new(ErrorCode::Internal).with("why", "what was written is gone")
                })?;
                let mut acknowledged: Unit = self.acknowledged(us, row, answer.clone())?;
                acknowledged(tx)
            }
            Ready::Received { receipt, content } => {
                let (envelope, answer) = (&receipt.envelope, Some(&receipt.acknowledgement));
                let partner = &envelope.body().sender;
                self.0.agreements.begins(tx, envelope.body(), partner)?;
                documents::insert(tx, &new(Side::In, partner, envelope, content, State::Received, answer))?;
                receipt.write(tx, None)
            }
        }
    }
}

fn new<'a>(
    side: Side,
    partner: &'a Did,
    envelope: &'a Signed<Envelope>,
    content: &'a [u8],
    state: State,
    acknowledgement: Option<&'a Signed<Acknowledgement>>,
) -> NewDocument<'a> {
    let content = Some(content);
    NewDocument {
        side,
        partner,
        envelope,
        content,
        blob: None,
        state,
        acknowledgement,
        delivery: None,
        seal: None,
    }
}

/// Whether this is the content of the envelope, and of a kind that is taken here.
fn fits(envelope: &Signed<Envelope>, content: &[u8]) -> Result<()> {
    let body = envelope.body();
    if Digest::of(content) != body.sha256 || content.len() as u64 != body.size {
        return Err(Problem::new(ErrorCode::ContentMismatch)
            .with("id", body.id)
            .with("expected", body.sha256)
            .with("found", Digest::of(content)));
    }
    if !body.subjects.is_empty() || content.len() > INLINE {
        return Err(malformed("it is about persons, or does not fit the row"));
    }
    Ok(())
}

fn malformed(why: &'static str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "document that has crossed").with("why", why)
}
