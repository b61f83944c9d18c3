//! What was valid at an instant (ID-1): the lists and recognitions in use then, the keys they pinned,
//! and the acts that recorded them here, so that a receipt of the act proves the answer.

use corridor_base::{ActId, Country, Did, ErrorCode, KeyId, Problem, Result, Timestamp, Words};
use corridor_proof::act::{
    ActType, KEY_ROTATED, PARTICIPANT_CREATED, RECOGNITION_ACCEPTED, TRUST_LIST_ACCEPTED,
};
use corridor_proof::{LeafOf, ListedKey, ListedLedger, Opening, Policy, PublicKey, Recorded, Succession};
use corridor_storage::{ActPage, ActRow};
use serde::{Deserialize, Serialize};

use crate::directory::{Directory, StoredList};
use crate::view::{ListSummary, RecognitionSummary, View};

/// How many acts are looked through at once.
const PAGE: u32 = 200;

/// What this node went by at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOf {
    /// The instant.
    pub at: Timestamp,
    /// The list of each country that was in use, or was the newest, with its standing then.
    pub lists: Vec<ListAsOf>,
    /// The recognitions that had been taken in.
    pub recognitions: Vec<RecognitionAsOf>,
    /// The logs that had ended.
    pub successions: Vec<SuccessionAsOf>,
    /// The participant that was asked about.
    pub participant: Option<ParticipantAsOf>,
}

/// A list as it stood then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListAsOf {
    /// The list in figures; its digest is committed to by the act.
    pub list: ListSummary,
    /// The act of the operator that recorded that it came into use.
    pub act: Option<ActId>,
}

/// A recognition as it stood then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecognitionAsOf {
    /// The recognition in figures; its digest is committed to by the act.
    pub recognition: RecognitionSummary,
    /// The act of the operator that recorded that it came into use.
    pub act: Option<ActId>,
}

/// The end of a log, as the list of its country then told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuccessionAsOf {
    /// Which log ended, where, and which goes on in its place.
    pub succession: Succession,
    /// The number of the list that names it.
    pub list: u64,
    /// The act of the operator that recorded that this list came into use.
    pub act: Option<ActId>,
}

/// A participant as the list that spoke for it then had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantAsOf {
    /// Who.
    pub did: Did,
    /// Its name.
    pub name: Words,
    /// The country that vouched for it.
    pub country: Country,
    /// The number of the list.
    pub list: u64,
    /// Its keys in that list, ended ones too.
    pub keys: Vec<KeyAsOf>,
    /// The ledger of its node.
    pub ledger: Option<ListedLedger>,
}

/// A key as the list pinned it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyAsOf {
    /// Its name.
    pub id: KeyId,
    /// The key.
    pub key: PublicKey,
    /// Valid from.
    pub from: Timestamp,
    /// Valid until, not included, as far as was known then.
    pub until: Option<Timestamp>,
    /// The leaf after which it is void, when its revocation names one.
    pub void_after: Option<LeafOf>,
    /// Whether it was valid at the instant.
    pub valid: bool,
    /// For a key of the one who asks: the act that recorded that it was made. That a partner's key
    /// was pinned is recorded by the act of the list.
    pub act: Option<ActId>,
}

impl Directory {
    /// What this node went by at an instant, and of `who`, when given, the keys. `us` is on whose
    /// behalf it is asked: acts of other participants are not looked into (PA-1), the operator's
    /// about lists and recognitions excepted, which are the node's.
    ///
    /// # Errors
    /// As [`View::participant`] says of `who` then; what the store says; `storage-failed` when a
    /// stored statement or opening cannot be read any more.
    pub async fn as_of(&self, at: Timestamp, who: Option<&Did>, us: &Did) -> Result<AsOf> {
        let view = self.view_at(at).await?;
        let mut lists = Vec::new();
        for list in view.lists(at) {
            let about = (&TRUST_LIST_ACCEPTED, list.country.to_string(), list.digest.to_string());
            lists.push(ListAsOf { act: self.act_about(about).await?, list });
        }
        let mut recognitions = Vec::new();
        for recognition in view.recognitions(at) {
            let countries = recognition.countries.each_ref().map(Country::as_str).join(" ");
            let about = (&RECOGNITION_ACCEPTED, countries, recognition.digest.to_string());
            recognitions.push(RecognitionAsOf { act: self.act_about(about).await?, recognition });
        }
        let participant = match who {
            Some(who) => Some(self.participant_as_of(&view, who, at, us).await?),
            None => None,
        };
        let told = |succession: &Succession| {
            let by = lists.iter().find(|of| of.list.country == succession.country);
            let (list, act) = by.map_or((0, None), |by| (by.list.number, by.act));
            SuccessionAsOf { succession: succession.clone(), list, act }
        };
        let successions = view.successions(at).map(told).collect();
        Ok(AsOf { at, lists, recognitions, successions, participant })
    }

    /// The key of this name as this node knew it at the instant at which the signature was first
    /// recorded: the earliest cosigned checkpoint that holds it (ID-1). Judged by the list in use
    /// then, whatever newer lists say; [`Directory::key_at`] judges by the newest list, which also
    /// knows of keys that were ended afterwards with effect from before. A revocation that names a leaf
    /// counts for what comes after that leaf, in whichever list it stands.
    ///
    /// # Errors
    /// As [`View::key_at`]; what the store says.
    pub async fn key_recorded(&self, key: &KeyId, recorded: &Recorded) -> Result<PublicKey> {
        let found = self.view_at(recorded.at).await?.key_for(key, recorded, recorded.at)?;
        // A revocation that names a leaf reaches back to that leaf, whenever it came.
        let view = self.view();
        let mut voided = view.listed(key).filter(|k| k.void_after.is_some() && recorded.leaf.is_some());
        let same =
            |k: &ListedKey| k.void_after.as_ref().map(|v| &v.log) == recorded.leaf.as_ref().map(|l| &l.log);
        match voided.any(|k| same(k) && !k.good_for(recorded)) {
            true => Err(Problem::new(ErrorCode::KeyNotValid).with("key", key).with("at", recorded.at)),
            false => Ok(found),
        }
    }

    /// Which record decides about a signature that stands in several logs, as a document's does in those of
    /// both nodes: the one in the log that the key's revocation names, and else the earliest.
    #[must_use]
    pub fn deciding<'a>(&self, key: &KeyId, records: &'a [Recorded]) -> Option<&'a Recorded> {
        let view = self.view();
        let void: Vec<&LeafOf> = view.listed(key).filter_map(|k| k.void_after.as_ref()).collect();
        let named =
            |r: &&Recorded| r.leaf.as_ref().is_some_and(|leaf| void.iter().any(|v| v.log == leaf.log));
        records.iter().find(named).or_else(|| records.iter().min_by_key(|r| r.at))
    }

    /// The policy under which a checkpoint of that time is judged: logs and witnesses that have left
    /// the lists since still count for it.
    ///
    /// # Errors
    /// As [`View::policy`]; what the store says.
    pub async fn policy_at(&self, at: Timestamp) -> Result<Policy> {
        self.view_at(at).await?.policy(at)
    }

    async fn participant_as_of(
        &self,
        view: &View,
        who: &Did,
        at: Timestamp,
        us: &Did,
    ) -> Result<ParticipantAsOf> {
        let listed = view.participant(who, at)?;
        let mut keys = Vec::new();
        for key in &listed.participant.keys {
            let act = if who == us { self.act_of_key(us, &key.id).await? } else { None };
            keys.push(key_as_of(key, at, act));
        }
        Ok(ParticipantAsOf {
            did: who.clone(),
            name: listed.participant.name.clone(),
            country: listed.country,
            list: listed.list,
            keys,
            ledger: listed.participant.ledger.clone(),
        })
    }

    /// The operator's act of this type about this subject that commits to this statement.
    /// The act of the operator that recorded that this list of a country came into use here: what a list was is
    /// everybody's to know.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recorded(&self, country: &Country, list: &StoredList) -> Result<Option<ActRow>> {
        self.row_about((&TRUST_LIST_ACCEPTED, country.to_string(), list.digest.to_string())).await
    }

    async fn act_about(&self, about: (&ActType, String, String)) -> Result<Option<ActId>> {
        Ok(self.row_about(about).await?.map(|row| row.id))
    }

    async fn row_about(&self, (kind, subject, digest): (&ActType, String, String)) -> Result<Option<ActRow>> {
        let mut page =
            ActPage { subject: Some(subject), newest_first: true, limit: PAGE, ..ActPage::default() };
        loop {
            let acts = self.store().acts(self.operator(), page.clone()).await?;
            let Some(last) = acts.last().map(|act| act.id) else { return Ok(None) };
            let says = |act: &ActRow| {
                let opening = act.opening.as_deref().and_then(|o| serde_json::from_slice::<Opening>(o).ok());
                opening.is_some_and(|o| o.fields.get("statement") == Some(&digest))
            };
            if let Some(act) = acts.into_iter().find(|act| act.kind == kind.name && says(act)) {
                return Ok(Some(act));
            }
            page.after = Some(last);
        }
    }

    async fn act_of_key(&self, us: &Did, key: &KeyId) -> Result<Option<ActId>> {
        let page = ActPage { subject: Some(key.to_string()), limit: PAGE, ..ActPage::default() };
        let acts = self.store().acts(us, page).await?;
        let made = [KEY_ROTATED.name, PARTICIPANT_CREATED.name];
        Ok(acts.iter().find(|act| made.contains(&act.kind.as_str())).map(|act| act.id))
    }
}

fn key_as_of(key: &ListedKey, at: Timestamp, act: Option<ActId>) -> KeyAsOf {
    let (from, until, valid) = (key.from, key.until, key.covers(at));
    let void_after = key.void_after.clone();
    KeyAsOf { id: key.id.clone(), key: key.key.clone(), from, until, void_after, valid, act }
}

#[cfg(test)]
mod tests;
