//! A decision: checked against how the case stands, told to whoever declared with CUSRES, and written down, all in
//! one unit of work with its act (EX-2).

use std::sync::Arc;

use bytes::Bytes;
use corridor_base::{Did, Digest, EnvelopeId, ErrorCode, Problem, Result};
use corridor_exchange::service::Acting;
use corridor_exchange::{DocumentRow, Draft, Exchange, Side};
use corridor_proof::{Kind, act};
use corridor_storage::{Tx, Unit};
use futures::{StreamExt, stream};

use super::answer::{self, Answering, Place};
use super::case::{Case, CaseId, Decided};
use super::cases;
use super::judge::{self, Judged, NewHit};
use super::read::{FieldPath, Heads, Locate};
use super::state::{Decision, State};
use crate::books;
use crate::correlate::Sent;
use crate::desk::{EDIFACT, Read};
use crate::edifact::{Options, Reader};
use crate::library::Library;

/// The longest reason, in characters: what FTX has room for.
pub const LONGEST_REASON: usize = 512;
/// The longest code (9321).
pub const LONGEST_CODE: usize = 8;

/// What is to be decided.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The decision.
    pub decision: Decision,
    /// The reason in words; a release needs none.
    pub reason: String,
    /// The reason in the office's own code.
    pub code: Option<String>,
    /// The field that is wrong: `items.2.hs`. Only of a refusal.
    pub field: Option<String>,
    /// How many decisions whoever decides has seen: another one meanwhile is not passed over.
    pub seen: Option<u64>,
}

impl Wanted {
    fn check(&self) -> Result<()> {
        let refuse =
            |what: &str, why: &str| Problem::new(ErrorCode::Malformed).with("what", what).with("why", why);
        let reason = self.reason.trim();
        if reason.is_empty() && self.decision != Decision::Release {
            return Err(refuse("reason", "a reason in words expected"));
        }
        if reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
            return Err(refuse(
                "reason",
                &format!("at most {LONGEST_REASON} characters in one line expected"),
            ));
        }
        let odd = |code: &String| {
            code.is_empty() || code.len() > LONGEST_CODE || !code.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if self.code.as_ref().is_some_and(odd) {
            return Err(refuse("code", "1 to 8 letters and digits expected"));
        }
        if self.field.is_some() && self.decision != Decision::Reject {
            return Err(refuse("field", "only of a refusal"));
        }
        Ok(())
    }
}

fn not_found(id: CaseId) -> Problem {
    Problem::new(ErrorCode::NotFound).with("what", format!("case {id}"))
}

fn refused(id: CaseId, decision: Decision, state: State) -> Problem {
    Problem::new(ErrorCode::DecisionRefused)
        .with("id", id)
        .with("what", decision.as_str())
        .with("found", state.as_str())
}

/// Decides a case. The same decision again, by whomever, changes nothing and sends nothing (EX-4).
///
/// # Errors
/// `not-found`, also for what is not the business of whoever asks; `decision-refused` when it cannot be decided
/// so, or somebody was faster; `malformed`; those of the exchange when the answer may not be sent.
pub async fn decide(
    exchange: &Exchange,
    library: &Arc<Library>,
    acting: &Acting,
    id: CaseId,
    wanted: Wanted,
) -> Result<Case> {
    wanted.check()?;
    let us = &acting.participant;
    let read = move |tx: &mut Tx<'_>| {
        let (case, history) = (cases::find(tx, id)?, cases::history(tx, id)?);
        Ok((case, history, books::find(tx, Side::In, id.envelope)?))
    };
    let (case, history, interchange) = exchange.store().read(us, read).await?;
    let (case, interchange) = case.zip(interchange).ok_or_else(|| not_found(id))?;
    // What is no business of whoever asks is not there, before anything is said of it.
    let missing =
        |problem: Problem| if problem.code() == ErrorCode::NotFound { not_found(id) } else { problem };
    let document = exchange.document_for(acting, Side::In, id.envelope).await.map_err(missing)?;
    let code = answer::code(wanted.decision, wanted.code.as_deref());
    let clear = document.seal.is_none();
    if let Some(last) = history.last() {
        let same = last.decision == wanted.decision
            && last.code == code
            && (!clear || last.reason == wanted.reason.trim())
            && last.field == wanted.field.clone().unwrap_or_default();
        if same {
            return Ok(case);
        }
    }
    let state = case.state.after(wanted.decision).ok_or_else(|| refused(id, wanted.decision, case.state))?;
    if wanted.seen.is_some_and(|seen| seen != history.len() as u64) {
        return Err(refused(id, wanted.decision, case.state));
    }
    let making = Making {
        exchange,
        us,
        document: &document,
        id,
        place: history.len() as u64,
        state,
        sent: &interchange.sent,
        options: library.shelf_for(us, &document.partner).await?.options(),
    };
    let deciding = Deciding { wanted: &wanted, code: &code, by: &acting.reader };
    making.decide(&deciding, None).await.map_err(|problem| match problem.code() {
        // Somebody else's answer has this number already.
        ErrorCode::EnvelopeConflict => refused(id, wanted.decision, case.state),
        _ => problem,
    })?;
    let read = exchange.store().read(us, move |tx| cases::find(tx, id)).await?;
    read.ok_or_else(|| not_found(id))
}

/// What a green channel releases, before anybody looks: the same decision, by the rule, in the unit that files the
/// cases. What may not be answered waits for somebody.
///
/// # Errors
/// Those of the exchange.
pub(crate) async fn by_itself(
    exchange: &Exchange,
    us: &Did,
    read: &Read,
    sent: &Sent,
    judged: &Arc<Judged>,
) -> Result<()> {
    let Read { document, options, .. } = read;
    // Heard of before: what was not released then waits for somebody.
    let envelope = document.id;
    if exchange.store().read(us, move |tx| books::find(tx, Side::In, envelope)).await?.is_some() {
        return Ok(());
    }
    let green: Vec<(u64, NewHit)> =
        judged.cases.iter().filter_map(|case| Some((case.message, case.green()?.clone()))).collect();
    for (message, hit) in green {
        let id = CaseId { envelope: document.id, message };
        let known = exchange.store().read(us, move |tx| cases::find(tx, id)).await?;
        if known.is_some_and(|case| case.decisions > 0) {
            continue;
        }
        let wanted = Wanted {
            decision: Decision::Release,
            reason: String::new(),
            code: None,
            field: None,
            seen: None,
        };
        let making =
            Making { exchange, us, document, id, place: 0, state: State::Released, sent, options: *options };
        let by = format!("rule:{} v{}", hit.rule, hit.version);
        let code = answer::code(wanted.decision, None);
        let made = making.decide(&Deciding { wanted: &wanted, code: &code, by: &by }, Some(judged)).await;
        match made {
            Ok(()) => {}
            Err(problem)
                if matches!(
                    problem.code(),
                    ErrorCode::PolicyDenied
                        | ErrorCode::AgreementNotInForce
                        | ErrorCode::EnvelopeConflict
                        | ErrorCode::DecisionRefused
                ) =>
            {
                tracing::warn!(code = %problem.code(), case = %id, "a green channel could not release");
            }
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}

/// A decision on its way.
struct Making<'a> {
    exchange: &'a Exchange,
    us: &'a Did,
    document: &'a DocumentRow,
    id: CaseId,
    /// How many decisions there were before.
    place: u64,
    state: State,
    sent: &'a Sent,
    /// How it is read and answered: in the characters agreed on.
    options: Options,
}

struct Deciding<'a> {
    wanted: &'a Wanted,
    code: &'a str,
    by: &'a str,
}

impl Making<'_> {
    /// The envelope of the answer follows from what it answers and from how many answers there were (EX-4).
    fn answer_id(&self) -> EnvelopeId {
        let named =
            format!("corridor/cusres\n{}\n{}\n{}\n{}", self.us, self.document.partner, self.id, self.place);
        self.document.id.nth_beside(self.place, &Digest::of(named.as_bytes()))
    }

    /// Tells it and writes it down; `judged` are the cases of a document that is not in the books yet.
    async fn decide(&self, deciding: &Deciding<'_>, judged: Option<&Arc<Judged>>) -> Result<()> {
        let (answer, now) = (self.answer_id(), self.exchange.now());
        let (heads, place) = self.look(deciding.wanted.field.as_deref()).await?;
        let head = heads.found.iter().find(|head| head.message == self.id.message);
        let bytes = answer::write(&Answering {
            id: answer,
            now,
            decision: deciding.wanted.decision,
            code: deciding.code,
            reason: deciding.wanted.reason.trim(),
            place: place.as_ref(),
            kind: head.map_or("", |head| &head.kind),
            number: head.map_or("", |head| &head.number),
            sent: self.sent,
            syntax: (&heads.syntax.0, heads.syntax.1),
            characters: self.options.characters,
            test: heads.test,
        })?;
        let decided = Decided {
            decision: deciding.wanted.decision,
            code: deciding.code.to_owned(),
            reason: deciding.wanted.reason.trim().to_owned(),
            field: deciding.wanted.field.clone().unwrap_or_default(),
            segment: place.as_ref().map(Place::segment).unwrap_or_default(),
            by: deciding.by.to_owned(),
            answer,
            time: now,
        };
        let draft = Draft {
            id: Some(answer),
            to: self.document.partner.clone(),
            kind: EDIFACT.parse::<Kind>()?,
            agreement: Some(self.document.agreement),
            name: Some("CUSRES.edi".to_owned()),
            answers: Some(self.document.id),
            // Whom the declaration is about, the answer is about too: the exchange sees to it.
            subjects: Vec::new(),
        };
        let content = stream::iter([Ok(Bytes::from(bytes))]);
        let also = self.written(&decided, judged.cloned())?;
        self.exchange.submit_with(self.us, draft, content, also).await.map(|_| ())
    }

    /// What stands in the books afterwards, with the act.
    fn written(&self, decided: &Decided, judged: Option<Arc<Judged>>) -> Result<Unit> {
        let fields = [
            ("envelope", self.id.envelope.to_string()),
            ("message", self.id.message.to_string()),
            ("decision", decided.decision.as_str().to_owned()),
            ("code", decided.code.clone()),
            ("reason", decided.reason.clone()),
            ("answer", decided.answer.to_string()),
            ("by", decided.by.clone()),
        ];
        let record = self.exchange.seal(self.us, &act::CUSTOMS_DECIDED, &fields)?;
        let (document, id, place, state) = (self.document.clone(), self.id, self.place, self.state);
        let decided = decided.clone();
        Ok(Box::new(move |tx| {
            if let Some(judged) = &judged {
                cases::file(tx, &document, judged)?;
            }
            if !cases::decided(tx, id, place, (state, &decided), document.seal.is_none())? {
                let now = cases::find(tx, id)?.ok_or_else(|| not_found(id))?;
                return Err(refused(id, decided.decision, now.state));
            }
            tx.record_under(&record, document.opened())
        }))
    }

    /// Reads what the answer needs of the document: its message, its characters, and where a field stands.
    async fn look(&self, field: Option<&str>) -> Result<(Heads, Option<Place>)> {
        let mut heads = Heads::new(judge::MOST);
        let Some(field) = field else {
            let mut reader = Reader::new(self.options);
            let mut content = self.exchange.content(self.us, self.document).await?;
            while let Some(piece) = content.next().await {
                reader.push(&piece?, &mut heads);
            }
            reader.finish(&mut heads);
            return Ok((heads, None));
        };
        let unknown =
            || Problem::new(ErrorCode::Malformed).with("what", "field").with("why", field.to_owned());
        let path = FieldPath::parse(field)?;
        let messages = judge::messages(self.exchange, self.us, self.document, self.options).await?;
        let found = messages.found.into_iter().find(|(case, _)| case.message == self.id.message);
        let (case, record) = found.ok_or_else(unknown)?;
        let (mapping, record) = judge::mapping(&case.kind).zip(record).ok_or_else(unknown)?;
        let wanted = path.place(mapping, &record).ok_or_else(unknown)?;
        let mut locate = Locate::new(self.id.message, wanted);
        let mut reader = Reader::new(self.options);
        let mut content = self.exchange.content(self.us, self.document).await?;
        while let Some(piece) = content.next().await {
            reader.push(&piece?, &mut Both(&mut heads, &mut locate));
        }
        reader.finish(&mut Both(&mut heads, &mut locate));
        let place = Place {
            field: field.to_owned(),
            segment: wanted.segment.segment.clone(),
            position: locate.at,
            of_item: path.is_of_item(),
        };
        Ok((heads, Some(place)))
    }
}

/// Two that look on.
struct Both<'a, 'm>(&'a mut Heads, &'a mut Locate<'m>);

impl crate::edifact::Visit for Both<'_, '_> {
    fn segment(&mut self, at: &crate::edifact::Position<'_>, segment: &crate::edifact::Segment<'_>) {
        self.0.segment(at, segment);
        self.1.segment(at, segment);
    }
}
