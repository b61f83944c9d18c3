//! Looks at what is due. One unit of work for each document holds what became of its expectations, the
//! delivery that sends it again and the acts (EX-2); it judges the rows as they stand then, so that of two
//! replicas one acts and the other finds nothing to do.

use std::collections::BTreeMap;
use std::time::Duration;

use corridor_base::{Did, EnvelopeId, ErrorCode, Result};
use corridor_exchange::repeat::{Again, is_refusal};
use corridor_exchange::{DocumentRow, Exchange, Side, State};
use corridor_proof::{SealedAct, act};
use corridor_storage::Tx;
use tokio::sync::watch;

use super::books::{self, Expected};
use super::counts;
use super::timer::{Deed, Event, Transport};

/// How often is looked for what is due.
const LOOK: Duration = Duration::from_secs(2);
/// How many expectations of a participant one round looks at.
const ROUND: u64 = 500;

/// Looks at what is due until told to stop; what is left by a crash is due still.
pub async fn watch(exchange: Exchange, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        if let Err(problem) = look(&exchange).await {
            tracing::warn!(code = %problem.code(), "answers that are due: {problem}");
        }
    }
}

/// One round; answers how many documents were sent again and how many answers were given up on.
///
/// # Errors
/// Those of the store.
pub async fn look(exchange: &Exchange) -> Result<(usize, usize)> {
    let (mut again, mut overdue) = (0, 0);
    for us in exchange.participants() {
        let due = exchange.store().read(&us, |tx| books::due(tx, ROUND)).await?;
        let mut of_document: BTreeMap<EnvelopeId, Vec<Expected>> = BTreeMap::new();
        for one in due {
            of_document.entry(one.envelope).or_default().push(one);
        }
        for (envelope, due) in of_document {
            // One that cannot be judged is due still, and holds up no other.
            let deeds = judge(exchange, &us, envelope, due).await.unwrap_or_else(|problem| {
                tracing::warn!(%envelope, code = %problem.code(), "what is due cannot be judged: {problem}");
                Vec::new()
            });
            for deed in deeds {
                counts::done(deed);
                again += usize::from(deed == Deed::SendAgain);
                overdue += usize::from(deed == Deed::Escalate);
            }
        }
    }
    Ok((again, overdue))
}

/// Everything that is due of one document: it is sent again once, whatever of it is missing.
async fn judge(exchange: &Exchange, us: &Did, envelope: EnvelopeId, due: Vec<Expected>) -> Result<Vec<Deed>> {
    let document = match exchange.document(us, Side::Out, envelope).await {
        Ok(document) => Some(document),
        Err(problem) if problem.code() == ErrorCode::NotFound => None,
        Err(problem) => return Err(problem),
    };
    let transport = document.as_ref().map_or(Transport::Gone, transport);
    let again = document.as_ref().filter(|document| document.signed.is_some());
    let again =
        again.map(|d| exchange.again(us, d.clone(), &format!("agreement:{}", d.agreement))).transpose()?;
    let due: Vec<(Expected, SealedAct)> =
        due.into_iter().map(|one| told(exchange, us, &one).map(|told| (one, told))).collect::<Result<_>>()?;
    let sender = exchange.clone();
    let unit = move |tx: &mut Tx<'_>| {
        let mut sent = None;
        let mut deeds = Vec::with_capacity(due.len());
        for (one, told) in &due {
            let Some(mut found) = books::find(tx, one.envelope, one.message, &one.answer)? else {
                continue;
            };
            let before = found.timer;
            let (mut timer, mut deed) = before.on(tx.now(), Event::Looked(transport));
            if deed == Deed::SendAgain {
                let may = match sent {
                    Some(may) => may,
                    None => send(tx, &sender, again.as_ref())?,
                };
                sent = Some(may);
                if !may {
                    (timer, deed) = before.on(tx.now(), Event::Forbidden);
                }
            }
            found.timer = timer;
            if timer != before {
                books::save(tx, &found)?;
            }
            if deed == Deed::Escalate {
                tx.record_under(told, document.as_ref().and_then(DocumentRow::opened))?;
            }
            deeds.push(deed);
        }
        Ok(deeds)
    };
    exchange.store().write(us, unit).await
}

fn told(exchange: &Exchange, us: &Did, one: &Expected) -> Result<SealedAct> {
    let fields = [
        ("envelope", one.envelope.to_string()),
        ("message", one.message.to_string()),
        ("answer", one.answer.clone()),
        ("due", one.timer.promised.to_string()),
    ];
    exchange.seal(us, &act::ANSWER_OVERDUE, &fields)
}

/// Sends the document again; false when no agreement allows that any more. One that is on its way already is
/// sent.
fn send(tx: &mut Tx<'_>, exchange: &Exchange, again: Option<&Again>) -> Result<bool> {
    let Some(again) = again else { return Ok(false) };
    match exchange.send_again_in(tx, again) {
        Ok(_) => Ok(true),
        Err(problem) if is_refusal(&problem) => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// What the transport says. The acknowledgement is the one that was given first, however often the document
/// was sent; its time is the partner's, and not believed when it is ahead of ours.
fn transport(document: &DocumentRow) -> Transport {
    let first = document.acknowledgement.as_ref().map(|a| a.body().time.min(document.updated));
    match (document.state, first) {
        (State::Delivered, first) => Transport::Delivered(first.unwrap_or(document.updated)),
        (State::Sending, Some(first)) => Transport::Delivered(first),
        (State::Failed, _) => Transport::Failed,
        (State::Refused | State::Erased, _) => Transport::Gone,
        (State::Sending | State::Receiving | State::Received, _) => Transport::UnderWay,
    }
}
