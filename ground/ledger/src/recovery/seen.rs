//! What others have seen of a log: every witness of the policy and every mirror is asked, and who does not answer
//! is named.

use corridor_base::{ErrorCode, Problem, Result};
use corridor_proof::SignedCheckpoint;
use futures::future::join_all;
use http::StatusCode;
use url::Url;

use super::{Recovery, held};
use crate::gather::{door, size_of};
use crate::log::Log;
use crate::mirror::remote::Remote;
use crate::witness::{AddCheckpoint, origin_hash, prefix, signed_by_one};

/// What others say about one log.
#[derive(Default)]
pub(super) struct Seen {
    /// The largest size that anybody shows.
    pub(super) size: u64,
    /// What they show, signed by the log.
    pub(super) checkpoints: Vec<SignedCheckpoint>,
    /// Witnesses that say more than they show: the name, and the size.
    pub(super) claims: Vec<(String, u64)>,
    /// How many witnesses show what they say.
    pub(super) witnesses: usize,
    /// The copies, with where they are.
    pub(super) copies: Vec<(Url, SignedCheckpoint)>,
}

impl Seen {
    /// Whether others say together what there is of the log: a copy that reaches as far as everything that is
    /// shown, and a witness that shows what it has cosigned. Copies are made before witnesses are asked.
    pub(super) fn bears_out(&self) -> bool {
        self.witnesses > 0 && self.copies.iter().any(|(_, copy)| copy.tree().size >= self.size)
    }
}

impl Recovery {
    /// Asks everybody what they have seen of a log; also answers why some did not say.
    pub(super) async fn ask(&self, log: &Log) -> Result<(Seen, Vec<Problem>)> {
        let parts = &self.0.parts;
        let policy = parts.policy.policy()?;
        let shown = log.shown().await?;
        let own: Vec<_> = policy.logs_of(log.origin()).filter_map(|log| log.operator.clone()).collect();
        let others = policy.witnesses().iter().filter(|w| {
            parts.own.iter().all(|own| own.bytes() != w.key.bytes())
                && !w.operator.as_ref().is_some_and(|o| own.contains(o))
        });
        let witnesses = others.filter_map(|w| Some((w.name.clone(), w.url.clone()?))).map(|(name, url)| {
            let shown = &shown;
            async move { (name, self.ask_witness(log, &url, shown).await) }
        });
        let mirrors = parts.mirrors.mirrors()?.into_iter().map(|url| async move {
            let copy = self.ask_mirror(log, &url).await;
            (url, copy)
        });
        let (witnesses, mirrors) = tokio::join!(join_all(witnesses), join_all(mirrors));
        let (mut seen, mut silent) = (Seen::default(), Vec::new());
        for (name, answer) in witnesses {
            match answer {
                Ok((size, shown)) => {
                    let most = shown.as_ref().map_or(0, |shown| shown.tree().size);
                    if size > most {
                        seen.claims.push((name, size));
                    } else if shown.is_some() {
                        seen.witnesses += 1;
                    }
                    seen.checkpoints.extend(shown);
                }
                Err(problem) => silent.push(held(log, &format!("witness {name}: {problem}"))),
            }
        }
        for (url, answer) in mirrors {
            match answer {
                Ok(copy) => seen.copies.extend(copy),
                Err(problem) => silent.push(held(log, &format!("mirror {url}: {problem}"))),
            }
        }
        seen.checkpoints.extend(seen.copies.iter().map(|(_, copy)| copy.clone()));
        seen.size = seen.checkpoints.iter().map(|c| c.tree().size).fold(seen.size, u64::max);
        Ok((seen, silent))
    }

    /// The size that a witness has cosigned, and its checkpoint when it shows it. Offered a checkpoint as if it
    /// had seen none, a witness that has seen one answers with its size (C2SP tlog-witness, add-checkpoint); one
    /// that takes it has seen nothing larger.
    async fn ask_witness(
        &self,
        log: &Log,
        url: &str,
        shown: &SignedCheckpoint,
    ) -> Result<(u64, Option<SignedCheckpoint>)> {
        let base = prefix(url)?;
        let request = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: shown.clone() };
        let reply = self.0.parts.link.post(&door(&base, "add-checkpoint")?, None, request.to_bytes()).await?;
        let wrong =
            |why: String| Problem::new(ErrorCode::PartnerAnswer).with("partner", url).with("why", why);
        let size = match reply.status {
            StatusCode::OK => shown.tree().size,
            StatusCode::CONFLICT if reply.kind == "text/x.tlog.size" => {
                size_of(&reply.body).ok_or_else(|| wrong("no size".to_owned()))?
            }
            // It has never heard of the log.
            StatusCode::NOT_FOUND => 0,
            status => return Err(wrong(format!("status {status}"))),
        };
        // Witnesses of other kinds do not show theirs.
        let kept = self.signed(log, &below(&base, log)?).await.ok().flatten();
        Ok((size, kept))
    }

    /// The copy that a mirror has of a log, and where.
    async fn ask_mirror(&self, log: &Log, url: &str) -> Result<Option<(Url, SignedCheckpoint)>> {
        let base = below(&prefix(url)?, log)?;
        let copy = self.signed(log, &base).await?;
        Ok(copy.map(|copy| (base, copy)))
    }

    /// The checkpoint below this URL, if there is one that the log signed.
    async fn signed(&self, log: &Log, base: &Url) -> Result<Option<SignedCheckpoint>> {
        let shown = Remote::new(&*self.0.parts.fetch, base).checkpoint().await?;
        let ours = |c: &SignedCheckpoint| c.origin() == log.origin() && signed_by_one(c, &[log.key()]);
        Ok(shown.filter(ours))
    }
}

/// Where a witness or mirror shows what it has of this log.
fn below(base: &Url, log: &Log) -> Result<Url> {
    base.join(&format!("{}/", origin_hash(log.origin())))
        .map_err(|e| Problem::new(ErrorCode::Malformed).with("what", "URL of a mirror").with("why", e))
}
