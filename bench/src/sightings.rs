//! Everything that anybody was shown of the nodes' logs: each checkpoint that a log published, that a
//! witness was asked to cosign, and that a witness or mirror keeps. Whatever is done to the nodes
//! meanwhile, it must be one history of each log (LG-1).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use corridor_base::Digest;
use corridor_net::{Client, Request};
use corridor_proof::cosignature::Finding;
use corridor_proof::merkle::{Frontier, Tree};
use corridor_proof::{SignedCheckpoint, VerifierKey};
use http::Method;
use tokio::task::JoinSet;
use url::Url;

use crate::api::{Api, RawLog, local_client};
use crate::{Result, told};

/// How often is looked at what is published.
const LOOK: Duration = Duration::from_millis(25);
/// The largest note that is read.
const MAX_NOTE: usize = 1 << 20;

/// What was seen so far. A clone is the same.
#[derive(Clone, Default)]
pub struct Sightings(Arc<Mutex<BTreeMap<String, Seen>>>);

/// What was seen of one log: for each size the roots, what was signed over them, and where.
type Seen = BTreeMap<u64, BTreeMap<Digest, (SignedCheckpoint, BTreeSet<String>)>>;

/// What is wrong with what was seen of one log, and how much that was.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Distinct checkpoints.
    pub checkpoints: u64,
    /// Those among them that carry a cosignature.
    pub cosigned: u64,
    /// Two of one size, one that does not go on from an earlier one, one that the log has no more.
    pub forks: u64,
    /// What exactly.
    pub faults: Vec<String>,
}

impl Judged {
    fn fork(&mut self, why: String) {
        self.forks += 1;
        self.faults.push(why);
    }
}

impl Sightings {
    /// Takes note of a checkpoint and where it was; more cosignatures of one that is known are added to it.
    pub fn see(&self, place: &str, signed: SignedCheckpoint) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Tree { size, root } = signed.tree();
        let of_size = all.entry(signed.origin().to_owned()).or_default().entry(size).or_default();
        let (known, places) = of_size.entry(root).or_insert_with(|| (signed.clone(), BTreeSet::new()));
        places.insert(place.to_owned());
        let lines = known.note().signatures();
        let new = signed.note().signatures().iter().filter(|line| !lines.contains(line));
        let new: Vec<_> = new.cloned().collect();
        // A note of the largest length takes no more; what counts here is its tree.
        let _ = known.add(new);
    }

    /// Takes note of whatever these addresses show, again and again, until the task is dropped. That nobody
    /// answers, or that there is no checkpoint yet, is no fault: nodes are being killed.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn watch(&self, addresses: Vec<Url>) -> Result<JoinSet<()>> {
        let client = local_client()?;
        let mut watching = JoinSet::new();
        for address in addresses {
            let (this, client) = (self.clone(), client.clone());
            watching.spawn(async move {
                loop {
                    this.look(&client, &address).await;
                    tokio::time::sleep(LOOK).await;
                }
            });
        }
        Ok(watching)
    }

    async fn look(&self, client: &Client, address: &Url) {
        let mut request = Request::new(Method::GET, address.clone());
        (request.limit, request.timeout) = (MAX_NOTE, Duration::from_secs(5));
        let Ok(answer) = client.send(request).await else { return };
        if answer.status.is_success()
            && let Ok(signed) = SignedCheckpoint::parse(&answer.body)
        {
            self.see(address.as_str(), signed);
        }
    }

    fn of(&self, origin: &str) -> Seen {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(origin).cloned().unwrap_or_default()
    }

    /// Holds what was seen of a node's log of acts against itself and against the log as it is now.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn judge(&self, api: &Api) -> Result<Judged> {
        let log = api.log().await?;
        let key: VerifierKey = log.key.parse().map_err(told("key of the log"))?;
        let (mut judged, history) = self.signed(&log.origin, &key);
        consistent(api, &history, &mut judged).await?;
        let leaves = api.leaves().await?;
        let hashes: Result<Vec<Digest>, _> = leaves.iter().map(|leaf| leaf.hash.parse()).collect();
        rebuilt(&hashes.map_err(told("hash of a leaf"))?, &history, false, &mut judged)?;
        Ok(judged)
    }

    /// Holds what was seen of a raw log against itself and against the entries that it has now. One that is held
    /// may have shown more than it has.
    ///
    /// # Errors
    /// When its key is none.
    pub fn judge_raw(&self, log: &RawLog, hashes: &[Digest]) -> Result<Judged> {
        let key: VerifierKey = log.key.parse().map_err(told("key of the log"))?;
        let (mut judged, history) = self.signed(&log.origin, &key);
        rebuilt(hashes, &history, log.is_held(), &mut judged)?;
        Ok(judged)
    }

    /// What was signed of a log, in the order of sizes, and where it was.
    fn signed(&self, origin: &str, key: &VerifierKey) -> (Judged, Vec<(Tree, BTreeSet<String>)>) {
        let (mut judged, mut history) = (Judged::default(), Vec::new());
        for (size, roots) in &self.of(origin) {
            for (signed, places) in roots.values() {
                judged.checkpoints += 1;
                judged.cosigned += u64::from(signed.note().signatures().len() > 1);
                match signed.signed_by(key) {
                    Finding::Valid { .. } => history.push((signed.tree(), places.clone())),
                    other => judged.faults.push(format!("{origin}, size {size}: {other:?}")),
                }
            }
            if roots.len() > 1 {
                judged.fork(format!("{origin}, size {size}: {} roots", roots.len()));
            }
        }
        (judged, history)
    }
}

/// Each tree goes on from the one before it, by the log's own proof.
async fn consistent(api: &Api, history: &[(Tree, BTreeSet<String>)], judged: &mut Judged) -> Result {
    for ((older, _), (newer, places)) in history.iter().zip(history.iter().skip(1)) {
        if older.size == newer.size {
            continue;
        }
        let proof = match older.size {
            0 => Ok(Vec::new()),
            old => api.consistency(old, newer.size).await,
        };
        match proof {
            Ok(proof) if newer.follows(older, &proof) => {}
            Ok(_) => judged.fork(format!(
                "size {}, seen at {places:?}, does not go on from size {}",
                newer.size, older.size
            )),
            Err(why) => judged.fork(format!("sizes {} and {}: {why}", older.size, newer.size)),
        }
    }
    Ok(())
}

/// Each tree is what the leaves that the log has now make; `short` when larger ones may have been signed.
fn rebuilt(
    hashes: &[Digest],
    history: &[(Tree, BTreeSet<String>)],
    short: bool,
    judged: &mut Judged,
) -> Result {
    let wanted: BTreeMap<u64, BTreeSet<Digest>> =
        history.iter().fold(BTreeMap::new(), |mut all, (tree, _)| {
            all.entry(tree.size).or_insert_with(BTreeSet::new).insert(tree.root);
            all
        });
    let mut frontier = Frontier::new();
    for hash in hashes {
        frontier.append(*hash, &mut |_, _, _| {}).map_err(told("tree"))?;
        let tree = frontier.tree();
        for root in wanted.get(&tree.size).into_iter().flatten().filter(|root| **root != tree.root) {
            judged.fork(format!("size {}: {root} was signed, the leaves make {}", tree.size, tree.root));
        }
    }
    let size = hashes.len() as u64;
    for (more, _) in wanted.range(size + 1..).filter(|_| !short) {
        judged.fork(format!("size {more} was signed, the log has {size} leaves"));
    }
    Ok(())
}
