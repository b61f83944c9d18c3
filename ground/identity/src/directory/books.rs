//! Trust lists and recognitions in the books, with their acts (EX-2): read as they are or were, and filed once.

use corridor_base::{Country, Digest, Result, Timestamp};
use corridor_proof::{Recognition, SealedAct, Signed, TrustList};
use corridor_storage::{Row, Tx, Value};

use super::unreadable;
use crate::view::{AnchorKey, Conflict, View, Weighed, list_old, weigh_number};

/// How many conflicting lists of one country are kept as evidence.
const MAX_CONFLICTS: u64 = 16;

/// What tells one picture from another without reading it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stored {
    lists: Vec<(Country, u64)>,
    recognitions: Vec<Digest>,
    conflicts: usize,
}

pub(super) fn stored(tx: &mut Tx<'_>) -> Result<Stored> {
    let sql = "SELECT country, MAX(number) FROM trust_list WHERE participant = $1 GROUP BY country ORDER BY country";
    let lists: Result<Vec<_>> =
        tx.query(sql, &[])?.iter().map(|row| Ok((row.parse(0)?, row.size(1)?))).collect();
    let sql = "SELECT digest FROM recognition WHERE participant = $1 ORDER BY digest";
    let recognitions: Result<Vec<_>> = tx.query(sql, &[])?.iter().map(|row| row.digest(0)).collect();
    let sql = "SELECT digest FROM trust_list_conflict WHERE participant = $1";
    let conflicts = tx.query(sql, &[])?.len();
    Ok(Stored { lists: lists?, recognitions: recognitions?, conflicts })
}

pub(super) struct Kept {
    lists: Vec<(Vec<u8>, Timestamp)>,
    recognitions: Vec<Vec<u8>>,
    conflicts: Vec<Conflict>,
}

impl Kept {
    pub(super) fn view(self, pinned: Vec<AnchorKey>) -> Result<View> {
        let mut lists = Vec::new();
        for (bytes, accepted) in &self.lists {
            lists.push((Signed::parse(bytes).map_err(unreadable)?, *accepted));
        }
        let recognitions: Result<Vec<_>> =
            self.recognitions.iter().map(|bytes| Signed::parse(bytes).map_err(unreadable)).collect();
        Ok(View::build(pinned, recognitions?, lists, self.conflicts))
    }
}

/// Which list of each country and which recognitions were in use at an instant: what the picture of that instant is
/// made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InUse {
    lists: Vec<(Country, u64)>,
    recognitions: Vec<Digest>,
}

pub(super) fn in_use_at(tx: &mut Tx<'_>, at: Timestamp) -> Result<InUse> {
    let sql = "SELECT country, MAX(number) FROM trust_list
               WHERE participant = $1 AND accepted <= $2 GROUP BY country ORDER BY country";
    let lists: Result<Vec<_>> =
        tx.query(sql, &[at.into()])?.iter().map(|row| Ok((row.parse(0)?, row.size(1)?))).collect();
    let sql = "SELECT digest FROM recognition WHERE participant = $1 AND accepted <= $2 ORDER BY digest";
    let recognitions: Result<Vec<_>> = tx.query(sql, &[at.into()])?.iter().map(|row| row.digest(0)).collect();
    Ok(InUse { lists: lists?, recognitions: recognitions? })
}

/// The newest list of each country and the recognitions that had been accepted by then.
pub(super) fn statements_at(tx: &mut Tx<'_>, at: Timestamp) -> Result<Kept> {
    let sql = "SELECT t.statement, t.accepted FROM trust_list AS t
               WHERE t.participant = $1 AND t.accepted <= $2 AND t.number =
                 (SELECT MAX(u.number) FROM trust_list AS u
                  WHERE u.participant = $1 AND u.country = t.country AND u.accepted <= $2)
               ORDER BY t.country";
    let list = |mut row: Row| Ok((row.take_bytes(0)?, row.timestamp(1)?));
    let lists: Result<Vec<_>> = tx.query(sql, &[at.into()])?.into_iter().map(list).collect();
    let sql = "SELECT statement FROM recognition WHERE participant = $1 AND accepted <= $2 ORDER BY digest";
    let recognitions: Result<Vec<_>> =
        tx.query(sql, &[at.into()])?.into_iter().map(|mut row| row.take_bytes(0)).collect();
    Ok(Kept { lists: lists?, recognitions: recognitions?, conflicts: Vec::new() })
}

pub(super) fn stored_statements(tx: &mut Tx<'_>) -> Result<Kept> {
    let sql = "SELECT t.statement, t.accepted FROM trust_list AS t
               WHERE t.participant = $1 AND t.number =
                 (SELECT MAX(u.number) FROM trust_list AS u WHERE u.participant = $1 AND u.country = t.country)
               ORDER BY t.country";
    let list = |mut row: Row| Ok((row.take_bytes(0)?, row.timestamp(1)?));
    let lists: Result<Vec<_>> = tx.query(sql, &[])?.into_iter().map(list).collect();
    let sql = "SELECT statement FROM recognition WHERE participant = $1 ORDER BY digest";
    let recognitions: Result<Vec<_>> =
        tx.query(sql, &[])?.into_iter().map(|mut row| row.take_bytes(0)).collect();
    let sql = "SELECT country, number, digest, seen FROM trust_list_conflict WHERE participant = $1
               ORDER BY country, number, digest";
    let conflict = |row: &Row| {
        let (country, number) = (row.parse(0)?, row.size(1)?);
        Ok(Conflict { country, number, digest: row.digest(2)?, seen: row.timestamp(3)? })
    };
    let conflicts: Result<Vec<_>> = tx.query(sql, &[])?.iter().map(conflict).collect();
    Ok(Kept { lists: lists?, recognitions: recognitions?, conflicts: conflicts? })
}

/// What may come of a list, ready to be recorded: which of the two, the unit of work decides.
pub(super) struct ListActs {
    pub(super) accepted: SealedAct,
    pub(super) found: SealedAct,
}

/// Stores a list with its act, judged once more against what is stored: another replica may have
/// been faster, and both must come to one result.
pub(super) fn file_list(tx: &mut Tx<'_>, signed: &Signed<TrustList>, acts: &ListActs) -> Result<Weighed> {
    let weighed = weigh_stored(tx, signed)?;
    match weighed {
        Weighed::New => {
            let sql = "INSERT INTO trust_list (participant, country, number, digest, statement, accepted)
                       VALUES ($1, $2, $3, $4, $5, $6)";
            let values = columns(tx, signed);
            tx.execute(sql, &values)?;
            tx.record(&acts.accepted)?;
        }
        Weighed::Conflicting => keep_evidence(tx, signed, &acts.found)?,
        Weighed::Held | Weighed::Older => {}
    }
    Ok(weighed)
}

fn columns(tx: &Tx<'_>, signed: &Signed<TrustList>) -> [Value; 5] {
    let list = signed.body();
    let (digest, bytes) = (signed.digest().into(), signed.bytes().into());
    [(&list.country).into(), list.number.into(), digest, bytes, tx.now().into()]
}

/// # Errors
/// `trust-list-old`; `trust-list-invalid` when it does not follow the newest one.
fn weigh_stored(tx: &mut Tx<'_>, signed: &Signed<TrustList>) -> Result<Weighed> {
    let (country, number) = (&signed.body().country, signed.body().number);
    let sql = "SELECT number, digest FROM trust_list WHERE participant = $1 AND country = $2
               ORDER BY number DESC LIMIT 1";
    let newest = match tx.query_one(sql, &[country.into()])? {
        Some(row) => Some((row.size(0)?, row.digest(1)?)),
        None => None,
    };
    match (weigh_number(signed, newest)?, newest) {
        (Weighed::Older, Some((newest, _))) => {
            // An old list is no news, but another one under an old number is evidence.
            let sql = "SELECT digest FROM trust_list WHERE participant = $1 AND country = $2 AND number = $3";
            let then =
                tx.query_one(sql, &[country.into(), number.into()])?.map(|row| row.digest(0)).transpose()?;
            if then.is_none_or(|digest| digest == signed.digest()) {
                return Err(list_old(country, number, newest));
            }
            Ok(Weighed::Conflicting)
        }
        (weighed, _) => Ok(weighed),
    }
}

/// Keeps a conflicting list as evidence, with an act the first time that it comes.
fn keep_evidence(tx: &mut Tx<'_>, signed: &Signed<TrustList>, act: &SealedAct) -> Result<()> {
    let values = columns(tx, signed);
    let sql = "SELECT COUNT(*) FROM trust_list_conflict WHERE participant = $1 AND country = $2";
    let kept = tx.query_one(sql, &[(&signed.body().country).into()])?.map(|row| row.size(0)).transpose()?;
    if kept.unwrap_or(0) < MAX_CONFLICTS {
        let sql = "INSERT INTO trust_list_conflict (participant, country, number, digest, statement, seen)
                   VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (participant, country, number, digest) DO NOTHING";
        if tx.execute(sql, &values)? > 0 {
            tx.record(act)?;
        }
    }
    Ok(())
}

/// Stores a recognition with its act; answers whether it was new.
pub(super) fn file_recognition(
    tx: &mut Tx<'_>,
    signed: &Signed<Recognition>,
    act: &SealedAct,
) -> Result<bool> {
    let sql = "INSERT INTO recognition (participant, digest, statement, accepted)
               VALUES ($1, $2, $3, $4) ON CONFLICT (participant, digest) DO NOTHING";
    let filed = tx.execute(sql, &[signed.digest().into(), signed.bytes().into(), tx.now().into()])?;
    if filed > 0 {
        tx.record(act)?;
    }
    Ok(filed > 0)
}
