//! What a node lost because it was restored from a backup, it takes again from its partners: it asks each
//! to send once more what that partner delivered since. Taking a document twice is taking it once (EX-4),
//! so it may ask for too much and must not ask for too little.
//!
//! Whom it still has to ask is a row of its own, which stands until that partner has answered. What we
//! sent ourselves since the backup is in the partner's books and not in ours any more: it comes back with
//! the partner's acknowledgement and without its content ([`sent`]), before what the partner sends again.
//! Until it has, no document goes out to that partner: a client that hands in once more what it had handed in
//! before makes another envelope of the same number, which the partner would have to refuse (EX-4).

mod sent;

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as Handed};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use corridor_base::{Did, ErrorCode, Problem, Result, Timestamp};
use corridor_storage::Tx;
use tokio::sync::watch;
use url::Url;

use crate::documents::{self, DocumentRow};
use crate::edge::{Call, JSON, busy, reply};
use crate::repeat::{Again, allowed};
use crate::sender::answer_problem;
use crate::wire::{self, AskAgain, SentAgain};
use crate::{Exchange, Side};

/// How long partners keep what they delivered for this.
pub const KEPT: Duration = Duration::from_secs(7 * 86_400);
/// How far two clocks and a delivery under way may lie apart: so much more is asked for.
const MARGIN: Duration = Duration::from_secs(600);
/// How many documents are queued in one unit of work, and in one answer.
const BATCH: u32 = 100;
const MOST: u64 = 10_000;
/// How soon partners that did not answer are asked once more, and how seldom in the end. What waits for their answer
/// looks for it as often.
pub(crate) const AGAIN: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// The largest question and the largest answer, in bytes.
const SMALL: usize = 4096;
/// How long a partner may take to queue what is asked for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A partner to be asked.
struct Lack {
    partner: Did,
    since: Timestamp,
    until: Option<Timestamp>,
    /// What we had sent to it is in our book again.
    given_back: bool,
}

impl Exchange {
    /// Remembers that everything that partners delivered since this instant may be missing here.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn lacks(&self, since: Timestamp) -> Result<()> {
        let since = Timestamp::from_millis(since.millis().saturating_sub(millis(MARGIN)).max(0));
        for us in self.participants() {
            let agreements = self.agreements(&us).await?;
            let partners: BTreeSet<Did> = agreements.into_iter().map(|a| a.partner).collect();
            let remember = move |tx: &mut Tx<'_>| {
                let now = tx.now();
                tx.execute(
                    "INSERT INTO restoration (participant, since, at) VALUES ($1, $2, $3)
                     ON CONFLICT (participant) DO UPDATE SET since = excluded.since, at = excluded.at",
                    &[since.into(), now.into()],
                )?;
                partners.iter().try_for_each(|partner| remember(tx, partner, since))
            };
            self.0.store.write(&us, remember).await?;
        }
        Ok(())
    }

    /// Asks every partner that has not answered yet, until it is told to stop. Later there may be others: those with
    /// whom an agreement comes back.
    pub async fn make_up(&self, mut stop: watch::Receiver<bool>) {
        let mut pause = AGAIN;
        loop {
            match self.ask_all_again().await {
                Ok(0) => tokio::select! {
                    _ = stop.wait_for(|stop| *stop) => return,
                    () = self.0.lacks.notified() => {
                        pause = AGAIN;
                        continue;
                    }
                },
                Ok(left) => tracing::warn!(left, "partners have not yet been asked for what is missing"),
                Err(problem) => tracing::warn!(code = %problem.code(), "what is missing: {problem}"),
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = pause.saturating_mul(2).min(LONGEST);
        }
    }

    /// The partners that have not answered yet what may be missing here since a backup, and from which
    /// instant on.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn lacking(&self, us: &Did) -> Result<Vec<(Did, Timestamp)>> {
        let lacks = self.0.store.read(us, lacking).await?;
        Ok(lacks.into_iter().map(|lack| (lack.partner, lack.since)).collect())
    }

    /// Asks each partner once; answers how many are left to be asked.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn ask_all_again(&self) -> Result<usize> {
        let mut left = 0;
        for us in self.participants() {
            for lack in self.0.store.read(&us, lacking).await? {
                match self.ask_again(&us, &lack).await {
                    Ok(()) => {}
                    Err(problem) => {
                        left += 1;
                        let partner = &lack.partner;
                        tracing::warn!(%partner, code = %problem.code(), "it does not send again: {problem}");
                    }
                }
            }
        }
        Ok(left)
    }

    async fn ask_again(&self, us: &Did, lack: &Lack) -> Result<()> {
        let taken = match lack.given_back {
            true => Some(0),
            false => self.take_back_sent(us, &lack.partner, lack.since).await?,
        };
        if let Some(taken) = taken.filter(|_| !lack.given_back) {
            tracing::info!(partner = %lack.partner, taken, "what we had sent is in our book again");
            self.0.store.write(us, given_back(&lack.partner)).await?;
        }
        let (mut since, mut until) = (lack.since, lack.until);
        loop {
            let answer = self.question_again(us, &lack.partner, since, until).await?;
            if taken.is_none() {
                // Nobody has signed that it does not know the other question; this answer the partner has signed.
                self.0.store.write(us, given_back(&lack.partner)).await?;
            }
            tracing::info!(partner = %lack.partner, queued = answer.queued, "a partner sends again");
            let (partner, end) = (lack.partner.clone(), answer.until);
            let Some(next) = answer.next.filter(|next| *next > since) else {
                let done = move |tx: &mut Tx<'_>| {
                    tx.execute(
                        "DELETE FROM lack WHERE participant = $1 AND partner = $2",
                        &[partner.as_str().into()],
                    )
                };
                return self.0.store.write(us, done).await.map(|_| ());
            };
            let further = move |tx: &mut Tx<'_>| {
                tx.execute(
                    "UPDATE lack SET since = $3, until = $4 WHERE participant = $1 AND partner = $2",
                    &[partner.as_str().into(), next.into(), end.into()],
                )
            };
            self.0.store.write(us, further).await?;
            (since, until) = (next, Some(end));
        }
    }

    async fn question_again(
        &self,
        us: &Did,
        partner: &Did,
        since: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<SentAgain> {
        let listed = self.0.directory.participant(partner, self.0.clock.now())?;
        let url = Url::parse(&format!("{}{}", listed.participant.endpoint, wire::AGAIN))
            .map_err(|e| Problem::new(ErrorCode::PartnerUnreachable).with("partner", partner).because(e))?;
        let body = serde_json::to_vec(&AskAgain { of: partner.clone(), since, until })
            .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        let (method, body) = (Method::POST, Bytes::from(body));
        let request = corridor_net::Request { method, url, headers, body, limit: SMALL, timeout: PATIENCE };
        let response = self.call(us, partner, request).await?;
        match response.status {
            StatusCode::OK => serde_json::from_slice(&response.body)
                .map_err(|e| answer_problem(partner, &format!("its answer: {e}"))),
            status => Err(answer_problem(partner, &format!("HTTP status {status}"))),
        }
    }

    /// The route that partners call.
    pub(crate) fn again_router(&self) -> Router {
        Router::new()
            .route(wire::AGAIN, post(again))
            .route(wire::ACKNOWLEDGED, post(sent::sent))
            .with_state(self.clone())
    }

    async fn answer_again(&self, call: &mut Call, body: Body, asked: &mut Option<Did>) -> Result<Bytes> {
        let (caller, body) = call.admit(self, body, SMALL).await?;
        let question: AskAgain = serde_json::from_slice(&body).map_err(|e| {
            Problem::new(ErrorCode::Malformed).with("what", "question for deliveries").with("why", e)
        })?;
        self.keyring(&question.of)?;
        *asked = Some(question.of.clone());
        let now = self.0.clock.now();
        let until = question.until.unwrap_or(now).min(now);
        let oldest = Timestamp::from_millis(now.millis().saturating_sub(millis(KEPT)));
        let answer = self.send_again(&question.of, &caller.did, question.since.max(oldest), until).await?;
        serde_json::to_vec(&answer).map(Bytes::from).map_err(|e| Problem::new(ErrorCode::Internal).because(e))
    }

    /// Queues once more what was delivered to this partner in this time, oldest first, as far as an
    /// agreement still allows it (EX-1).
    async fn send_again(
        &self,
        us: &Did,
        partner: &Did,
        mut since: Timestamp,
        until: Timestamp,
    ) -> Result<SentAgain> {
        let (mut queued, mut after) = (0, None);
        while queued < MOST {
            let who = partner.clone();
            let page =
                move |tx: &mut Tx<'_>| documents::settled(tx, Side::Out, &who, (since, after), until, BATCH);
            let rows = self.0.store.read(us, page).await?;
            let Some(last) = rows.last().map(|row| (row.updated, row.id)) else { break };
            let whole = rows.len() < BATCH as usize;
            queued += self.queue_again(us, partner, rows).await?;
            if whole {
                break;
            }
            (since, after) = (last.0, Some(last.1));
        }
        let next = (queued >= MOST).then_some(since);
        Ok(SentAgain { queued, until, next })
    }

    async fn queue_again(&self, us: &Did, partner: &Did, rows: Vec<DocumentRow>) -> Result<u64> {
        let who = partner.to_string();
        let rows = rows.into_iter().filter(|row| row.signed.is_some());
        let again: Vec<Again> = rows.map(|row| self.again(us, row, &who)).collect::<Result<_>>()?;
        let exchange = self.clone();
        let unit = move |tx: &mut Tx<'_>| {
            let mut queued = 0;
            for one in &again {
                queued += u64::from(allowed(exchange.send_again_in(tx, one))?);
            }
            Ok(queued)
        };
        self.0.store.write(us, unit).await
    }
}

/// `POST /exchange/v1/again`
async fn again(Handed(exchange): Handed<Exchange>, request: Request) -> Response {
    let Ok(_place) = exchange.0.places.clone().try_acquire_owned() else { return busy() };
    let (mut call, body) = Call::of(&exchange, request);
    let mut asked = None;
    let answer = exchange.answer_again(&mut call, body, &mut asked).await;
    reply(&exchange, &call, asked.as_ref(), answer.map(|body| (StatusCode::OK, JSON, body)))
}

fn lacking(tx: &mut Tx<'_>) -> Result<Vec<Lack>> {
    let rows = tx.query(
        "SELECT partner, since, until, given_back FROM lack WHERE participant = $1 ORDER BY partner",
        &[],
    )?;
    let one = |row: &corridor_storage::Row| {
        Ok(Lack {
            partner: row.parse(0)?,
            since: row.timestamp(1)?,
            until: row.opt_int(2)?.map(Timestamp::from_millis),
            given_back: row.int(3)? != 0,
        })
    };
    rows.iter().map(one).collect()
}

/// From this partner something may be missing since this instant. What stands there from before this restoration does
/// not know of what was lost with it.
fn remember(tx: &mut Tx<'_>, partner: &Did, since: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO lack (participant, partner, since) VALUES ($1, $2, $3)
         ON CONFLICT (participant, partner) DO UPDATE SET until = NULL, given_back = 0,
            since = CASE WHEN lack.since < excluded.since THEN lack.since ELSE excluded.since END",
        &[partner.as_str().into(), since.into()],
    )?;
    Ok(())
}

/// An agreement is in the books (again). After a restoration it may be one that was lost with the disk, and with it
/// whom to ask, and what came under it: what partners keep, they are asked for once more. Answers whether they are.
pub(crate) fn agreed(tx: &mut Tx<'_>, partner: &Did) -> Result<bool> {
    let row = tx.query_one("SELECT since, at FROM restoration WHERE participant = $1", &[])?;
    let Some(row) = row else { return Ok(false) };
    let late = tx.now().since(row.timestamp(1)?) > KEPT;
    let since = row.timestamp(0)?;
    if late { Ok(false) } else { remember(tx, partner, since).map(|()| true) }
}

/// What we had sent to this partner is in our book again.
fn given_back(partner: &Did) -> impl FnMut(&mut Tx<'_>) -> Result<()> + Send + 'static {
    let partner = partner.clone();
    move |tx| {
        tx.execute(
            "UPDATE lack SET given_back = 1 WHERE participant = $1 AND partner = $2",
            &[partner.as_str().into()],
        )?;
        Ok(())
    }
}

/// What keeps documents from going out to this partner: it has not said yet what it had of us.
pub(crate) fn awaited(tx: &mut Tx<'_>, partner: &Did) -> Result<Option<Problem>> {
    let row = tx.query_one(
        "SELECT 1 FROM lack WHERE participant = $1 AND partner = $2 AND given_back = 0",
        &[partner.as_str().into()],
    )?;
    Ok(row.map(|_| Problem::new(ErrorCode::PartnerNotAsked).with("partner", partner)))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
