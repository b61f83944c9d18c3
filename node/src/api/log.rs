//! The node's log of acts as its people see it: how far it has come, who has cosigned, what is in it,
//! and whether everything stored still follows from the leaves.

use axum::Json;
use corridor_base::{ActId, ErrorCode, Problem, Timestamp};
use corridor_ledger::Failures;
use corridor_ledger::gather::WitnessState;
use corridor_ledger::mirror::MirrorState;
use corridor_proof::Act;
use corridor_proof::merkle::leaf_hash;
use corridor_storage::ACTS;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::documents::limit;
use super::extract::Ask;
use super::problem::{Answer, Problems};
use super::schema;
use crate::access::Caller;
use crate::assembly::Surroundings;
use crate::ledger::Standing;
use crate::succession;

/// How the log of acts stands.
#[derive(Serialize, ToSchema)]
pub struct LogBody {
    /// The first line of its checkpoints.
    pub origin: String,
    /// The key its checkpoints are checked with, as a verifier key.
    pub key: String,
    /// The keys with which this node cosigns the logs of others, as verifier keys.
    pub cosigners: Vec<String>,
    /// How many acts have their place in it.
    pub leaves: u64,
    /// Acts that are durable and wait for their place.
    pub waiting: u64,
    /// The newest checkpoint with the cosignatures so far; absent before the first.
    pub checkpoint: Option<String>,
    /// How many acts have complete receipts: a checkpoint that both countries cosigned holds them.
    pub covered: u64,
    /// Since when the oldest act without a complete receipt has waited.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub pending_since: Option<Timestamp>,
    /// The witnesses that were asked.
    pub witnesses: Vec<WitnessBody>,
    /// The mirrors that copies are brought to before a witness is asked.
    pub mirrors: Vec<MirrorBody>,
    /// How many leaves the best of them holds.
    pub copied: u64,
    /// Logs that were seen to contradict themselves.
    pub alarms: Vec<AlarmBody>,
    /// The logs of this node beside it: raw ones, and logs of acts that have ended.
    pub others: Vec<OtherBody>,
}

/// A log of this node beside its log of acts.
#[derive(Serialize, ToSchema)]
pub struct OtherBody {
    /// Its name: for a raw log the one under `ledger.raw`.
    pub name: String,
    /// The first line of its checkpoints.
    pub origin: String,
    /// The key its checkpoints are checked with, as a verifier key: what its readers need.
    pub key: String,
    /// How many entries have their place in it.
    pub entries: u64,
    /// Whether it takes more: a raw log that is `held` does not, since a restoration.
    pub state: Standing,
}

/// A mirror of this log.
#[derive(Serialize, ToSchema)]
pub struct MirrorBody {
    /// Where its copies are.
    pub url: String,
    /// How many leaves it holds, as far as is known.
    pub copied: Option<u64>,
    /// How often in a row it failed.
    pub failures: u32,
    /// Why it failed last.
    pub last_error: Option<String>,
}

/// A witness of this log.
#[derive(Serialize, ToSchema)]
pub struct WitnessBody {
    /// Its name in the policy.
    pub name: String,
    /// How many leaves it has cosigned, as far as is known.
    pub cosigned: Option<u64>,
    /// How often in a row it failed.
    pub failures: u32,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// It has cosigned more leaves than this log has: this log was restored from an old backup.
    pub ahead: Option<u64>,
}

/// A split view that was seen.
#[derive(Serialize, ToSchema)]
pub struct AlarmBody {
    /// SHA-256 of the evidence.
    pub id: String,
    /// Which log.
    pub origin: String,
    /// When it was seen.
    #[schema(value_type = String, format = DateTime)]
    pub time: Timestamp,
    /// The evidence, as `corridor verify` reads it.
    pub evidence: String,
}

/// A page of leaves.
#[derive(Serialize, ToSchema)]
pub struct LeafList {
    /// The leaves, in their order.
    pub items: Vec<LeafBody>,
}

/// One leaf: an act of whichever participant, without what opens it.
#[derive(Serialize, ToSchema)]
pub struct LeafBody {
    /// Its place, from 0.
    pub number: u64,
    /// The hash of the leaf, in hexadecimal.
    pub hash: String,
    /// The act.
    #[schema(value_type = Option<schema::UuidText>)]
    pub id: Option<ActId>,
    /// What happened; absent when the leaf is no act that this build can read.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub time: Option<Timestamp>,
}

/// Which leaves to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LeafQuery {
    /// The first; without it, the newest are shown.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    from: Option<u64>,
    /// How many, 1 to 1000; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Only acts of which nothing else is left: their leaves came back from a mirror after a restoration.
    lost: Option<bool>,
}

/// What is to be proved.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProofQuery {
    /// That this leaf is in the tree.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    leaf: Option<u64>,
    /// Or that the tree begins with that of this size.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    old: Option<u64>,
    /// The size of the tree; that of the newest checkpoint when left out.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    size: Option<u64>,
}

/// A proof (RFC 9162, 2.1.3 and 2.1.4).
#[derive(Serialize, ToSchema)]
pub struct ProofBody {
    /// The size of the tree.
    pub tree: u64,
    /// Its root, in hexadecimal.
    pub root: String,
    /// The hashes, in hexadecimal.
    pub hashes: Vec<String>,
}

/// Which log to check.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FsckQuery {
    /// `acts`, the name of a raw log or of a log of acts that has ended, or the origin of a log, of which this
    /// node may hold a copy; the log of acts when left out.
    #[param(max_length = 1024)]
    log: Option<String>,
}

/// What checking the log found.
#[derive(Serialize, ToSchema)]
pub struct FsckBody {
    /// How many leaves were hashed again.
    pub leaves: u64,
    /// How many tiles were compared.
    pub tiles: u64,
    /// How many checkpoints were compared.
    pub checkpoints: u64,
    /// The first difference; absent when everything follows from the leaves.
    pub difference: Option<String>,
}

/// Shows how the log stands.
#[utoipa::path(get, path = "/api/v1/log", tag = "log", operation_id = "log_show",
    responses((status = 200, description = "The log, its newest checkpoint, its witnesses.", body = LogBody), Problems))]
pub async fn show(node: Shared, _: Caller) -> Answer<Json<LogBody>> {
    let ledger = &node.ledger;
    let sequenced = ledger.log.sequenced().await?;
    let checkpoint = ledger.log.latest().await?;
    let covered = ledger.log.newest_complete().await?.map_or(0, |signed| signed.tree().size);
    let witnesses = ledger.gatherers.first().map(|g| g.witnesses()).unwrap_or_default();
    let copies = ledger.pusher.copies();
    let alarms = ledger.alarms.list().await?.into_iter().map(|alarm| AlarmBody {
        id: alarm.id.to_string(),
        origin: alarm.origin,
        time: alarm.time,
        evidence: String::from_utf8_lossy(&alarm.evidence).into_owned(),
    });
    let others = ledger.others().await?.into_iter().map(|log| OtherBody {
        name: log.name,
        origin: log.origin,
        key: log.key.to_string(),
        entries: log.entries,
        state: log.standing,
    });
    Ok(Json(LogBody {
        origin: ledger.log.origin().to_owned(),
        key: ledger.log.key().to_string(),
        cosigners: ledger.cosigners.iter().map(ToString::to_string).collect(),
        leaves: sequenced.next,
        waiting: sequenced.waiting,
        checkpoint: checkpoint.map(|signed| String::from_utf8_lossy(&signed.to_bytes()).into_owned()),
        covered,
        pending_since: ledger.pending_since(),
        witnesses: witnesses.into_iter().map(witness).collect(),
        copied: copies.copied,
        mirrors: copies.mirrors.into_iter().map(mirror).collect(),
        alarms: alarms.collect(),
        others: others.collect(),
    }))
}

fn witness((name, state): (String, WitnessState)) -> WitnessBody {
    let WitnessState { size, failures, ahead } = state;
    let Failures { in_a_row, last_error, .. } = failures;
    WitnessBody { name, cosigned: size, failures: in_a_row, last_error, ahead }
}

fn mirror((url, state): (String, MirrorState)) -> MirrorBody {
    let MirrorState { size, failures, .. } = state;
    let Failures { in_a_row, last_error, .. } = failures;
    MirrorBody { url, copied: size, failures: in_a_row, last_error }
}

/// The largest place that a question may name: beyond it readers of JSON differ (RFC 8259, 6).
const MAX_PLACE: u64 = (1 << 53) - 1;

/// A place in the log, within what the document of the API says.
fn place(name: &'static str, asked: Option<u64>) -> Result<Option<u64>, Problem> {
    match asked {
        Some(number) if number > MAX_PLACE => {
            let why = format!("{number}: at most {MAX_PLACE} expected");
            Err(Problem::new(ErrorCode::Malformed).with("what", name).with("why", why))
        }
        asked => Ok(asked),
    }
}

/// Lists leaves, oldest first.
#[utoipa::path(get, path = "/api/v1/log/leaves", tag = "log", operation_id = "log_leaves", params(LeafQuery),
    responses((status = 200, description = "A page of leaves.", body = LeafList), Problems))]
pub async fn leaves(node: Shared, _: Caller, Ask(query): Ask<LeafQuery>) -> Answer<Json<LeafList>> {
    let limit = limit(query.limit)?;
    let log = &node.ledger.log;
    let lost = query.lost.unwrap_or(false);
    let from = match place("from", query.from)? {
        Some(from) => from,
        None if lost => 0,
        None => log.sequenced().await?.next.saturating_sub(limit.into()),
    };
    let found = match lost {
        true => log.store().lost_acts(from, limit).await?,
        false => log.store().leaves(ACTS, from, limit).await?,
    };
    let items = found.into_iter().map(|leaf| {
        let act = Act::parse(&leaf.entry).ok();
        LeafBody {
            number: leaf.number,
            hash: leaf_hash(&leaf.entry).to_string(),
            id: act.as_ref().map(|act| act.id),
            time: act.as_ref().map(|act| act.time),
            kind: act.map(|act| act.kind),
        }
    });
    Ok(Json(LeafList { items: items.collect() }))
}

/// Proves that a leaf is in the tree, or that the tree only grew.
#[utoipa::path(get, path = "/api/v1/log/proof", tag = "log", operation_id = "log_proof", params(ProofQuery),
    responses((status = 200, description = "The proof.", body = ProofBody), Problems))]
pub async fn proof(node: Shared, _: Caller, Ask(query): Ask<ProofQuery>) -> Answer<Json<ProofBody>> {
    let log = &node.ledger.log;
    let newest = log.latest().await?.map_or(0, |signed| signed.tree().size);
    let size = place("size", query.size)?.unwrap_or(newest);
    let beyond = |what: &'static str, number: u64, why: &str| {
        let why = format!("{number}: the tree has {size} leaves{why}");
        Problem::new(ErrorCode::Malformed).with("what", what).with("why", why)
    };
    let hashes = match (place("leaf", query.leaf)?, place("old", query.old)?) {
        (Some(leaf), None) if leaf >= size => return Err(beyond("leaf", leaf, ", numbered from 0").into()),
        (None, Some(old)) if old > size => return Err(beyond("old", old, "").into()),
        (Some(leaf), None) => log.prove_inclusion(leaf, size).await?,
        (None, Some(old)) => log.prove_consistency(old, size).await?,
        _ => {
            let why = "either leaf or old expected";
            return Err(Problem::new(ErrorCode::Malformed).with("what", "query").with("why", why).into());
        }
    };
    let root = log.tree_at(size).await?.root.to_string();
    Ok(Json(ProofBody { tree: size, root, hashes: hashes.iter().map(ToString::to_string).collect() }))
}

/// In which steps the growth is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Whole hours.
    #[default]
    Hour,
    /// Whole days (UTC).
    Day,
}

impl Step {
    /// Its length in milliseconds.
    const fn millis(self) -> i64 {
        match self {
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }

    /// The ends of the last `count` whole steps before `now`, oldest first, and `now` itself.
    fn ends(self, now: Timestamp, count: u32) -> Vec<Timestamp> {
        let last = now.millis().div_euclid(self.millis());
        let end = |back: u32| Timestamp::from_millis((last - i64::from(back)) * self.millis());
        (0..count).rev().map(end).chain([now]).collect()
    }
}

/// How the growth is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GrowthQuery {
    /// `hour` (when left out) or `day`.
    #[param(inline)]
    step: Option<Step>,
    /// How many steps back, 1 to 366; 24 when left out.
    #[param(minimum = 1, maximum = 366)]
    count: Option<u32>,
}

/// How the log grew.
#[derive(Serialize, ToSchema)]
pub struct GrowthBody {
    /// The oldest first; the last is now.
    pub items: Vec<SizeBody>,
}

/// How large the log was.
#[derive(Serialize, ToSchema)]
pub struct SizeBody {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How many leaves the newest checkpoint held then.
    pub leaves: u64,
}

/// Shows how the log grew: the size of its newest checkpoint at the end of each hour or day.
#[utoipa::path(get, path = "/api/v1/log/growth", tag = "log", operation_id = "log_growth", params(GrowthQuery),
    responses((status = 200, description = "The sizes.", body = GrowthBody), Problems))]
pub async fn growth(node: Shared, _: Caller, Ask(query): Ask<GrowthQuery>) -> Answer<Json<GrowthBody>> {
    let count = query.count.unwrap_or(24);
    if !(1..=366).contains(&count) {
        let why = format!("{count}: 1 to 366 expected");
        return Err(Problem::new(ErrorCode::Malformed).with("what", "count").with("why", why).into());
    }
    let ends = query.step.unwrap_or_default().ends(node.now(), count);
    let sizes = node.ledger.log.sizes_at(ends.clone()).await?;
    let items = ends.into_iter().zip(sizes).map(|(at, leaves)| SizeBody { at, leaves });
    Ok(Json(GrowthBody { items: items.collect() }))
}

/// Asks for what the office of the country is to sign when this log is lost, and makes the key of the log that
/// is to go on in its place.
#[utoipa::path(post, path = "/api/v1/log/succession", tag = "log", operation_id = "log_succession",
    responses((status = 200, description = "What a succession begins from.", body = succession::Request), Problems))]
pub async fn succession(node: Shared, _: Caller) -> Answer<Json<succession::Request>> {
    let around = Surroundings { clock: node.clock.clone(), random: node.random.clone() };
    let key = node.ledger.log.key();
    Ok(Json(succession::request(&node.config, &node.ledger.recovery, &key, &around)?))
}

/// Derives everything that a log stores from its leaves again, and names the first difference.
#[utoipa::path(post, path = "/api/v1/log/fsck", tag = "log", operation_id = "log_fsck", params(FsckQuery),
    responses((status = 200, description = "What was found.", body = FsckBody), Problems))]
pub async fn check(node: Shared, _: Caller, Ask(query): Ask<FsckQuery>) -> Answer<Json<FsckBody>> {
    let found = node.ledger.fsck(query.log.as_deref().unwrap_or(ACTS)).await?;
    Ok(Json(FsckBody {
        leaves: found.leaves,
        tiles: found.tiles,
        checkpoints: found.checkpoints,
        difference: found.difference.map(|difference| difference.to_string()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end_at_whole_hours_and_days_and_the_last_is_now() {
        let check = |step: Step, count: u32, expect: &[&str]| {
            let now = Timestamp::parse("2026-11-28T05:05:59.999Z").unwrap();
            let found: Vec<String> = step.ends(now, count).iter().map(ToString::to_string).collect();
            assert_eq!(found, expect);
        };
        let now = "2026-11-28T05:05:59.999Z";
        check(Step::Hour, 2, &["2026-11-28T04:00:00.000Z", "2026-11-28T05:00:00.000Z", now]);
        check(Step::Day, 2, &["2026-11-27T00:00:00.000Z", "2026-11-28T00:00:00.000Z", now]);
    }
}
