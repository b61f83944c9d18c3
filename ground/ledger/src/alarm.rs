//! Alarms: a log that signed two checkpoints which contradict each other is convicted by them. The
//! evidence is kept, an act in this node's own log says that it was seen, and whoever asks gets it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, http::header::CONTENT_TYPE};
use corridor_base::{Clock, Did, Digest, ErrorCode, Problem, Random, Result, Timestamp};
use corridor_net::refusal::Answer;
use corridor_proof::act::SPLIT_VIEW_SEEN;
use corridor_proof::cosignature::Finding;
use corridor_proof::{Act, SignedCheckpoint, SplitView, VerifierKey};
use corridor_storage::{Store, Tx, Value};

/// How many contradictions of one log are kept. The first convicts it; a log that makes thousands must
/// not fill the disk of those who watch it.
pub const MAX_OF_ONE_LOG: u32 = 8;
/// How many alarms are listed.
const MAX_LISTED: u32 = 1000;

/// One split view that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The digest of the evidence, which names it.
    pub id: Digest,
    /// The log.
    pub origin: String,
    /// When it was seen here.
    pub time: Timestamp,
    /// The evidence: what `corridor verify` judges.
    pub evidence: Vec<u8>,
}

/// The alarms of a node. A clone is the same.
#[derive(Clone)]
pub struct Alarms {
    store: Store,
    operator: Did,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Alarms {
    /// The alarms in this store; acts are recorded for the operator's participant.
    #[must_use]
    pub fn new(store: Store, operator: Did, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { store, operator, clock, random }
    }

    /// Keeps the evidence and records the act, in one unit (EX-2). The same contradiction once more
    /// changes nothing. `keys` are those trusted for the log: both checkpoints must be signed by one of
    /// them, and signatures of others are dropped, so that one contradiction is one file.
    ///
    /// # Errors
    /// `malformed` when this convicts nobody; what the store says.
    pub async fn raise(&self, evidence: &SplitView, keys: &[VerifierKey]) -> Result<Alarm> {
        let bare = bare(evidence, keys)?;
        let bytes = bare.to_bytes();
        let id = id_of(&bare);
        let act = self.act(&bare, &bytes)?;
        let (origin, time) = (bare.origin().to_owned(), self.clock.now());
        let alarm = Alarm { id, origin, time, evidence: bytes };
        let row = alarm.clone();
        let added = self.store.write(&self.operator, move |tx| add(tx, &row, &act)).await?;
        if added {
            tracing::error!(origin = %alarm.origin, id = %alarm.id, "a log shows different histories to different partners: the evidence is kept");
        }
        Ok(alarm)
    }

    fn act(&self, evidence: &SplitView, bytes: &[u8]) -> Result<corridor_proof::SealedAct> {
        let (older, newer) = (evidence.older().digest().to_string(), evidence.newer().digest().to_string());
        let digest = Digest::of(bytes).to_string();
        let fields =
            [("origin", evidence.origin()), ("older", &older), ("newer", &newer), ("evidence", &digest)];
        Act::seal(&SPLIT_VIEW_SEEN, &self.operator, &fields, &*self.clock, &*self.random)
    }

    /// All alarms, the newest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list(&self) -> Result<Vec<Alarm>> {
        let read = |tx: &mut Tx<'_>| {
            tx.query(
                "SELECT id, origin, time, evidence FROM alarm WHERE participant = $1 ORDER BY time DESC, id LIMIT $2",
                &[MAX_LISTED.into()],
            )
        };
        self.store.read(&self.operator, read).await?.into_iter().map(alarm).collect()
    }

    /// How many there are.
    ///
    /// # Errors
    /// What the store says.
    pub async fn count(&self) -> Result<u64> {
        let read = |tx: &mut Tx<'_>| tx.query_one("SELECT COUNT(*) FROM alarm WHERE participant = $1", &[]);
        self.store.read(&self.operator, read).await?.map_or(Ok(0), |row| row.size(0))
    }

    /// One alarm.
    ///
    /// # Errors
    /// What the store says.
    pub async fn get(&self, id: Digest) -> Result<Option<Alarm>> {
        let read = move |tx: &mut Tx<'_>| {
            let id = id.to_string();
            tx.query_one(
                "SELECT id, origin, time, evidence FROM alarm WHERE participant = $1 AND id = $2",
                &[id.into()],
            )
        };
        self.store.read(&self.operator, read).await?.map(alarm).transpose()
    }
}

fn alarm(mut row: corridor_storage::Row) -> Result<Alarm> {
    Ok(Alarm {
        id: row.parse(0)?,
        origin: row.text(1)?.to_owned(),
        time: row.timestamp(2)?,
        evidence: row.take_bytes(3)?,
    })
}

/// What names a contradiction: what was signed, whatever proof connects the two.
fn id_of(evidence: &SplitView) -> Digest {
    Digest::of(&[evidence.older().digest().0, evidence.newer().digest().0].concat())
}

fn add(tx: &mut Tx<'_>, alarm: &Alarm, act: &corridor_proof::SealedAct) -> Result<bool> {
    let origin: Value = alarm.origin.as_str().into();
    let kept = tx.query_one(
        "SELECT COUNT(*) FROM alarm WHERE participant = $1 AND origin = $2",
        std::slice::from_ref(&origin),
    )?;
    if kept.map(|row| row.size(0)).transpose()?.unwrap_or(0) >= u64::from(MAX_OF_ONE_LOG) {
        return Ok(false);
    }
    let added = tx.execute(
        "INSERT INTO alarm (participant, id, origin, evidence, time) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (participant, id) DO NOTHING",
        &[alarm.id.to_string().into(), origin, (&alarm.evidence).into(), alarm.time.into()],
    )?;
    if added > 0 {
        tx.record(act)?;
    }
    Ok(added > 0)
}

/// The evidence with the log's signatures alone.
fn bare(evidence: &SplitView, keys: &[VerifierKey]) -> Result<SplitView> {
    let convicted = || Problem::new(ErrorCode::Malformed).with("what", "split view");
    let keys: Vec<&VerifierKey> = keys.iter().filter(|k| k.name() == evidence.origin()).collect();
    let signed = |c: &SignedCheckpoint| keys.iter().any(|k| matches!(c.signed_by(k), Finding::Valid { .. }));
    if !signed(evidence.older()) || !signed(evidence.newer()) {
        return Err(convicted().with("why", "not both checkpoints are signed by a key of the log"));
    }
    if !evidence.contradicts() {
        return Err(convicted().with("why", "the two checkpoints do not contradict each other"));
    }
    let bare = evidence.only(&keys);
    // Of one size neither is the older: one order, whoever saw which first.
    let (older, newer) = (bare.older(), bare.newer());
    if older.tree().size == newer.tree().size && older.digest() > newer.digest() {
        return SplitView::new(newer.clone(), older.clone(), Vec::new());
    }
    Ok(bare)
}

/// Tells others what was seen: `GET split-views` lists the alarms, one identifier a line, and
/// `GET split-views/ID` gives the evidence. Both are public: they say what a log did to the public.
pub fn router(alarms: Alarms) -> Router {
    Router::new().route("/split-views", get(list)).route("/split-views/{id}", get(one)).with_state(alarms)
}

async fn list(State(alarms): State<Alarms>) -> Answer<Response> {
    let lines: String = alarms.list().await?.iter().map(|alarm| format!("{}\n", alarm.id)).collect();
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], lines).into_response())
}

async fn one(State(alarms): State<Alarms>, Path(id): Path<String>) -> Answer<Response> {
    let none = || Problem::new(ErrorCode::NotFound).with("what", "split view");
    let id: Digest = id.parse().map_err(|_| none())?;
    let alarm = alarms.get(id).await?.ok_or_else(none)?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], alarm.evidence).into_response())
}
