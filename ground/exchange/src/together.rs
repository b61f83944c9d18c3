//! Small documents to one partner go together when there are many: a request and its answer are signed and
//! checked once for all of them, and both sides write them down in few commits. Nothing waits for company.
//! Whoever finds a place goes at once, and alone; those that come while all places are taken go in the next
//! request that can be made.
//!
//! Each document is judged, acknowledged and written down for itself, as if it had come alone; together go
//! only those that are offered for the first time. A partner's node that does not know of this (EX-5) says
//! so with 404, and gets them one by one.

pub(crate) mod format;
pub(crate) mod serve;

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use bytes::Bytes;
use corridor_base::{Did, ErrorCode, Problem, Result, Timestamp};
use corridor_proof::{Acknowledgement, Envelope, Signed};
use corridor_storage::Tx;
use tokio::sync::oneshot;

use crate::Exchange;
use crate::documents::DocumentRow;
use crate::receive::Answer;
use crate::sender::{address, answer_problem, is_final, request};
use crate::wire::{self, MAX_TOGETHER, MOST_TOGETHER};
use format::{Answered, Answers};

/// Requests with documents offered for the first time that are under way to one partner at once.
const PLACES: usize = 4;
/// How long a partner that does not take several at once is not asked to.
const ALONE: Duration = Duration::from_secs(600);

/// What is under way to each partner of each of ours.
#[derive(Default)]
pub(crate) struct Together(Mutex<HashMap<Way, Lane>>);

/// From whom to whom.
type Way = (Did, Did);

#[derive(Default)]
struct Lane {
    under_way: usize,
    waiting: VecDeque<Passenger>,
    alone_until: Option<Timestamp>,
}

/// A document that waits for the next request.
struct Passenger {
    envelope: Signed<Envelope>,
    content: Bytes,
    told: oneshot::Sender<Told>,
}

/// What became of it; nothing when it has to go alone.
type Told = Option<Result<Signed<Acknowledgement>>>;

/// How a document may go.
enum Ticket {
    /// At once, and alone; with a place that others take when it is given back.
    Place,
    /// At once: its partner takes one after the other.
    Alone,
    /// With others, and this is where to hear of it.
    Wait(oneshot::Receiver<Told>),
}

impl Together {
    fn lock(&self) -> MutexGuard<'_, HashMap<Way, Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn board(&self, way: &Way, now: Timestamp, envelope: &Signed<Envelope>, content: &Bytes) -> Ticket {
        let mut all = self.lock();
        let lane = all.entry(way.clone()).or_default();
        lane.alone_until = lane.alone_until.filter(|until| *until > now);
        if lane.alone_until.is_some() {
            return Ticket::Alone;
        }
        if lane.under_way < PLACES {
            lane.under_way += 1;
            return Ticket::Place;
        }
        let (told, hear) = oneshot::channel();
        lane.waiting.push_back(Passenger { envelope: envelope.clone(), content: content.clone(), told });
        Ticket::Wait(hear)
    }

    /// Who goes next on a place that is free; the place is given up when there is nobody.
    fn next(&self, way: &Way) -> Vec<Passenger> {
        let mut all = self.lock();
        let Some(lane) = all.get_mut(way) else { return Vec::new() };
        let (mut load, mut size) = (Vec::new(), 0);
        while let Some(passenger) = lane.waiting.pop_front() {
            size += format::size(passenger.envelope.bytes(), &passenger.content);
            if load.len() == MOST_TOGETHER || (size > MAX_TOGETHER && !load.is_empty()) {
                lane.waiting.push_front(passenger);
                break;
            }
            // Whoever waited for this one may be gone.
            if !passenger.told.is_closed() {
                load.push(passenger);
            }
        }
        if load.is_empty() {
            lane.under_way = lane.under_way.saturating_sub(1);
            if lane.under_way == 0 && lane.alone_until.is_none() {
                all.remove(way);
            }
        }
        load
    }

    fn go_alone(&self, way: &Way, until: Timestamp) {
        self.lock().entry(way.clone()).or_default().alone_until = Some(until);
    }
}

/// A place on a way, which others take as soon as this is dropped.
struct Place {
    exchange: Exchange,
    way: Way,
}

impl Drop for Place {
    fn drop(&mut self) {
        let load = self.exchange.0.together.next(&self.way);
        // At the end of the program there is nowhere to run any more, and those that wait are told so.
        if !load.is_empty()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let place = Self { exchange: self.exchange.clone(), way: self.way.clone() };
            runtime.spawn(async move { place.carry(load).await });
        }
    }
}

impl Place {
    /// Brings them to the partner. The place is free afterwards, because it is dropped.
    async fn carry(self, load: Vec<Passenger>) {
        let (us, partner) = &self.way;
        let load = self.exchange.may_go_now(us, load).await;
        let answers = match load.len() {
            0 => return,
            // Alone it goes as if nobody had been there.
            1 => None,
            _ => match self.exchange.send_together(us, partner, &load).await {
                Ok(answers) => answers,
                // What can be wrong with one of them is found out one by one.
                Err(problem) if is_final(problem.code()) => None,
                Err(problem) => Some(load.iter().map(|_| Err(problem.clone())).collect()),
            },
        };
        let mut answers = answers.map(Vec::into_iter);
        for passenger in load {
            let told = answers.as_mut().and_then(Iterator::next);
            // Nobody hears it when whoever waited is gone.
            let _ = passenger.told.send(told);
        }
    }
}

impl Exchange {
    /// Offers a small document for the first time, with its content.
    pub(crate) async fn offer_small(
        &self,
        us: &Did,
        row: &DocumentRow,
        endpoint: &str,
        content: Bytes,
    ) -> Result<Answer> {
        let way = (us.clone(), row.partner.clone());
        let ticket = self.0.together.board(&way, self.0.clock.now(), row.envelope()?, &content);
        let _place = match ticket {
            Ticket::Alone => None,
            Ticket::Place => Some(Place { exchange: self.clone(), way }),
            Ticket::Wait(hear) => match hear.await {
                Ok(Some(answer)) => return answer.map(Answer::Acknowledged),
                Ok(None) => None,
                Err(_) => return Err(Problem::new(ErrorCode::ShuttingDown)),
            },
        };
        self.post(us, row, endpoint, Some(content)).await
    }

    /// Judges those again that have waited (EX-1); who may not go any more is told so.
    async fn may_go_now(&self, us: &Did, load: Vec<Passenger>) -> Vec<Passenger> {
        let (exchange, envelopes) =
            (self.clone(), load.iter().map(|p| p.envelope.clone()).collect::<Vec<_>>());
        let judge = move |tx: &mut Tx<'_>| {
            Ok(envelopes.iter().map(|envelope| exchange.may_go(tx, envelope.body())).collect::<Vec<_>>())
        };
        let judged = match self.0.store.read(us, judge).await {
            Ok(judged) => judged,
            Err(problem) => load.iter().map(|_| Err(problem.clone())).collect(),
        };
        let judged = load.into_iter().zip(judged).filter_map(|(passenger, judged)| match judged {
            Ok(()) => Some(passenger),
            Err(problem) => {
                // Nobody hears it when whoever waited is gone.
                let _ = passenger.told.send(Some(Err(problem)));
                None
            }
        });
        judged.collect()
    }

    /// One request for all; nothing when they have to go one by one.
    async fn send_together(
        &self,
        us: &Did,
        partner: &Did,
        load: &[Passenger],
    ) -> Result<Option<Vec<Result<Signed<Acknowledgement>>>>> {
        let now = self.0.clock.now();
        let endpoint = self.0.directory.participant(partner, now)?.participant.endpoint.clone();
        let url = address(partner, &format!("{endpoint}{}", wire::together(partner)))?;
        let documents: Vec<_> = load.iter().map(|p| (p.envelope.bytes(), &p.content[..])).collect();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(wire::DELIVERIES_TOGETHER));
        let mut request = request(Method::POST, url, headers, format::write(&documents)?);
        request.limit = MAX_TOGETHER;
        let (asked, response) = self.ask_signed(us, request).await?;
        if matches!(response.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
            self.0.together.go_alone(&(us.clone(), partner.clone()), now.plus(ALONE));
            return Ok(None);
        }
        self.signed_by(partner, &asked, &response)?;
        if response.status != StatusCode::OK {
            return Err(self.said(partner, &response));
        }
        let answers: Answers = serde_json::from_slice(&response.body)
            .ok()
            .filter(|answers: &Answers| answers.items.len() == load.len())
            .ok_or_else(|| answer_problem(partner, "it answers something else than each document"))?;
        let judged = answers.items.into_iter().zip(load).map(|(answered, passenger)| match answered {
            Answered::Acknowledged(note) => {
                self.check_acknowledgement(partner, &passenger.envelope, note.as_bytes())
            }
            Answered::Refused(said) => Err(Problem::from_document(&said)
                .unwrap_or_else(|| answer_problem(partner, "it refuses without a reason we know"))),
        });
        Ok(Some(judged.collect()))
    }
}
