//! What a page shows of many documents at once: how many stand in a state, how the link to a partner is,
//! what a word finds. Each question reads an index, and no more of it than it says.

use corridor_base::problem::ProblemDocument;
use corridor_base::{Did, Result, Timestamp};
use corridor_storage::Tx;

use super::{DocumentRow, Side, State};
use crate::{Exchange, Scope};

/// How far back a search for names looks, in documents of each side.
const SEARCHED: i64 = 10_000;

/// How the link to a partner is, as far as documents show it.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// When a document last crossed, in either direction.
    pub last: Option<Timestamp>,
    /// How many of ours are on their way.
    pub waiting: u64,
    /// What went wrong last with the newest of them.
    pub problem: Option<ProblemDocument>,
}

impl Exchange {
    /// How many documents of a side stand in this state.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn count_documents(&self, us: &Did, side: Side, state: State, scope: &Scope) -> Result<u64> {
        let (kinds, partners) = (scope.kinds_parameter(), scope.partners_parameter());
        let count = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT COUNT(*) FROM document WHERE participant = $1 AND side = $2 AND state = $3
                 AND ($4 = '' OR REPLACE($4, '|' || kind || '|', '') <> $4)
                 AND ($5 = '' OR REPLACE($5, '|' || partner || '|', '') <> $5)",
                &[
                    side.as_str().into(),
                    state.as_str().into(),
                    kinds.as_str().into(),
                    partners.as_str().into(),
                ],
            )?;
            row.map_or(Ok(0), |row| row.size(0))
        };
        self.0.store.read(us, count).await
    }

    /// How many documents came into a book since this instant.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn count_since(&self, us: &Did, side: Side, since: Timestamp, scope: &Scope) -> Result<u64> {
        let (kinds, partners) = (scope.kinds_parameter(), scope.partners_parameter());
        let count = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT COUNT(*) FROM document WHERE participant = $1 AND side = $2 AND created >= $3
                 AND ($4 = '' OR REPLACE($4, '|' || kind || '|', '') <> $4)
                 AND ($5 = '' OR REPLACE($5, '|' || partner || '|', '') <> $5)",
                &[side.as_str().into(), since.into(), kinds.as_str().into(), partners.as_str().into()],
            )?;
            row.map_or(Ok(0), |row| row.size(0))
        };
        self.0.store.read(us, count).await
    }

    /// How the links to these partners are, in their order.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn links(&self, us: &Did, partners: Vec<Did>) -> Result<Vec<Link>> {
        self.0.store.read(us, move |tx| partners.iter().map(|partner| link(tx, partner)).collect()).await
    }

    /// The newest documents of a side whose name or identifier holds these words, within the newest
    /// ten thousand; letters count alike in both cases, as far as the database knows them.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn search(
        &self,
        us: &Did,
        side: Side,
        words: &str,
        scope: &Scope,
        limit: u32,
    ) -> Result<Vec<DocumentRow>> {
        let (pattern, scope) = (pattern(words), scope.clone());
        self.0.store.read(us, move |tx| search(tx, side, &pattern, &scope, limit)).await
    }
}

fn link(tx: &mut Tx<'_>, partner: &Did) -> Result<Link> {
    let mut last = None;
    for state in [State::Delivered, State::Received] {
        let row = tx.query_one(
            "SELECT MAX(updated) FROM document WHERE participant = $1 AND partner = $2 AND state = $3",
            &[partner.as_str().into(), state.as_str().into()],
        )?;
        last = last.max(row.and_then(|row| row.opt_int(0).transpose()).transpose()?);
    }
    let sending = State::Sending.as_str();
    let row = tx.query_one(
        "SELECT COUNT(*) FROM document WHERE participant = $1 AND partner = $2 AND state = $3",
        &[partner.as_str().into(), sending.into()],
    )?;
    let waiting = row.map_or(Ok(0), |row| row.size(0))?;
    let row = tx.query_one(
        "SELECT problem FROM document WHERE participant = $1 AND partner = $2 AND state = $3
         ORDER BY updated DESC LIMIT 1",
        &[partner.as_str().into(), sending.into()],
    )?;
    let problem = match &row {
        Some(row) => row.opt_text(0)?.and_then(|json| serde_json::from_str(json).ok()),
        None => None,
    };
    Ok(Link { last: last.map(Timestamp::from_millis), waiting, problem })
}

fn search(tx: &mut Tx<'_>, side: Side, pattern: &str, scope: &Scope, limit: u32) -> Result<Vec<DocumentRow>> {
    let oldest = tx.query_one(
        "SELECT created FROM document WHERE participant = $1 AND side = $2
         ORDER BY created DESC, id DESC LIMIT 1 OFFSET $3",
        &[side.as_str().into(), SEARCHED.into()],
    )?;
    let oldest = oldest.map_or(Ok(0), |row| row.int(0))?;
    let rows = tx.query(
        select!(
            "WHERE participant = $1 AND side = $2 AND created >= $3
             AND (LOWER(name) LIKE $4 ESCAPE '!' OR id LIKE $4 ESCAPE '!')
             AND ($6 = '' OR REPLACE($6, '|' || kind || '|', '') <> $6)
             AND ($7 = '' OR REPLACE($7, '|' || partner || '|', '') <> $7)
         ORDER BY created DESC, id DESC LIMIT $5"
        ),
        &[
            side.as_str().into(),
            oldest.into(),
            pattern.into(),
            limit.into(),
            scope.kinds_parameter().into(),
            scope.partners_parameter().into(),
        ],
    )?;
    rows.iter().map(|row| DocumentRow::from_row(tx, row)).collect()
}

/// What holds these words, for `LIKE`: they stand for themselves.
fn pattern(words: &str) -> String {
    let mut out = String::from("%");
    for c in words.to_lowercase().chars().take(200) {
        if matches!(c, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(c);
    }
    out.push('%');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_themselves() {
        let check = |words: &str, expect: &str| assert_eq!(pattern(words), expect);
        check("Cuscar", "%cuscar%");
        check("100%_a!\\", "%100!%!_a!!\\%");
        check("申告", "%申告%");
        check("", "%%");
    }
}
