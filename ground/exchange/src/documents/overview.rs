//! What a page shows of many documents at once: how many stand in a state, how the link to a partner is,
//! what a word finds. Each question reads an index, and no more of it than it says.

use corridor_base::problem::ProblemDocument;
use corridor_base::{Did, EnvelopeId, Result, Timestamp};
use corridor_proof::Kind;
use corridor_storage::{Row, Tx, Value};

use super::{DocumentRow, Side, State, find};
use crate::{Exchange, Scope};

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

/// A document that crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Its envelope.
    pub id: EnvelopeId,
    /// From handing in to the acknowledgement, in milliseconds.
    pub took: u64,
}

/// How far a document has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How far.
    pub state: State,
    /// When it came into the book.
    pub created: Timestamp,
    /// When its state last changed.
    pub updated: Timestamp,
}

/// How far one document has come, when it is inside of this scope. What was signed of it is neither read nor opened.
pub(super) fn progress(
    tx: &mut Tx<'_>,
    side: Side,
    id: EnvelopeId,
    scope: &Scope,
) -> Result<Option<Progress>> {
    let row = tx.query_one(
        "SELECT state, created, updated, kind, partner FROM document
         WHERE participant = $1 AND side = $2 AND id = $3 ORDER BY partner LIMIT 1",
        &[side.as_str().into(), id.to_string().into()],
    )?;
    let Some(row) = row else { return Ok(None) };
    if !scope.is_whole() && !scope.admits(&row.parse(3)?, &row.parse(4)?) {
        return Ok(None);
    }
    let (state, created, updated) = (row.parse(0)?, row.timestamp(1)?, row.timestamp(2)?);
    Ok(Some(Progress { state, created, updated }))
}

impl Exchange {
    /// How many documents of a side stand in this state.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn count_documents(&self, us: &Did, side: Side, state: State, scope: &Scope) -> Result<u64> {
        let which = [side.as_str().into(), state.as_str().into()];
        let all = "SELECT COUNT(*) FROM document WHERE participant = $1 AND side = $2 AND state = $3";
        let within = "SELECT COUNT(*) FROM document WHERE participant = $1 AND side = $2 AND state = $3
             AND ($4 = '' OR REPLACE($4, '|' || kind || '|', '') <> $4)
             AND ($5 = '' OR REPLACE($5, '|' || partner || '|', '') <> $5)";
        self.count(us, which, all, within, scope).await
    }

    /// How many documents came into a book since this instant.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn count_since(&self, us: &Did, side: Side, since: Timestamp, scope: &Scope) -> Result<u64> {
        let which = [side.as_str().into(), since.into()];
        let all = "SELECT COUNT(*) FROM document WHERE participant = $1 AND side = $2 AND created >= $3";
        let within = "SELECT COUNT(*) FROM document WHERE participant = $1 AND side = $2 AND created >= $3
             AND ($4 = '' OR REPLACE($4, '|' || kind || '|', '') <> $4)
             AND ($5 = '' OR REPLACE($5, '|' || partner || '|', '') <> $5)";
        self.count(us, which, all, within, scope).await
    }

    /// Counts what the first statement finds when the scope is everything, and otherwise what the second does,
    /// which looks at each row for it: the first is answered by an index alone.
    async fn count(
        &self,
        us: &Did,
        which: [Value; 2],
        all: &'static str,
        within: &'static str,
        scope: &Scope,
    ) -> Result<u64> {
        let everything = scope.is_whole();
        let scope = [scope.kinds_parameter(), scope.partners_parameter()];
        let count = move |tx: &mut Tx<'_>| {
            let mut parameters = which.to_vec();
            if !everything {
                parameters.extend(scope.iter().map(Value::from));
            }
            let row = tx.query_one(if everything { all } else { within }, &parameters)?;
            row.map_or(Ok(0), |row| row.size(0))
        };
        self.0.store.read(us, count).await
    }

    /// The newest documents of a kind that a partner acknowledged, the latest acknowledgement first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn delivered_to(
        &self,
        us: &Did,
        partner: &Did,
        kind: &Kind,
        limit: u32,
    ) -> Result<Vec<Delivered>> {
        let (partner, kind) = (partner.clone(), kind.clone());
        let read = move |tx: &mut Tx<'_>| {
            let rows = tx.query(
                "SELECT id, updated - created FROM document
                 WHERE participant = $1 AND side = 'out' AND partner = $2 AND state = 'delivered' AND kind = $3
                 ORDER BY updated DESC LIMIT $4",
                &[partner.as_str().into(), kind.as_str().into(), limit.into()],
            )?;
            let delivered = |row: &Row| {
                Ok(Delivered { id: row.parse(0)?, took: u64::try_from(row.int(1)?).unwrap_or(0) })
            };
            rows.iter().map(delivered).collect()
        };
        self.0.store.read(us, read).await
    }

    /// How the links to these partners are, in their order.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn links(&self, us: &Did, partners: Vec<Did>) -> Result<Vec<Link>> {
        self.0.store.read(us, move |tx| partners.iter().map(|partner| link(tx, partner)).collect()).await
    }

    /// The newest documents of a side whose name holds these words, or whose identifier begins with them.
    /// Letters count alike in both cases, as far as the database knows them. Names are read from an index
    /// that holds them in the order of time, from the newest to the last that is needed and no row beside.
    /// What is about persons has no name there.
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
        let (words, scope) = (Words::new(words), scope.clone());
        self.0.store.read(us, move |tx| search(tx, side, &words, &scope, limit)).await
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

/// Which documents are listed with their receipts.
pub(crate) struct Crossed<'a> {
    /// Only what is the business of whoever asks.
    pub(crate) scope: &'a Scope,
    /// Only those that came in before this one.
    pub(crate) before: Option<(Timestamp, EnvelopeId)>,
    /// How many.
    pub(crate) limit: u32,
}

/// Documents that have crossed, or are on their way, newest first, of both books; none from before `since`.
pub(crate) fn crossed(tx: &mut Tx<'_>, asked: &Crossed<'_>, since: Timestamp) -> Result<Vec<DocumentRow>> {
    let mut found = Vec::new();
    let [before, id, limit, kinds, partners] = asked.values();
    for side in [Side::In, Side::Out] {
        let rows = tx.query(
            select!(
                "WHERE participant = $1 AND side = $2 AND (created < $3 OR (created = $3 AND id < $4))
                 AND (state = 'sending' OR state = 'delivered' OR state = 'received')
                 AND ($6 = '' OR REPLACE($6, '|' || kind || '|', '') <> $6)
                 AND ($7 = '' OR REPLACE($7, '|' || partner || '|', '') <> $7) AND created >= $8
                 ORDER BY created DESC, id DESC LIMIT $5"
            ),
            &[
                side.as_str().into(),
                before.clone(),
                id.clone(),
                limit.clone(),
                kinds.clone(),
                partners.clone(),
                since.into(),
            ],
        )?;
        for row in &rows {
            found.push(DocumentRow::from_row(tx, row)?);
        }
    }
    Ok(found)
}

/// Documents of both books of which receipts of the partner are lacking, newest first.
pub(crate) fn lacking(tx: &mut Tx<'_>, asked: &Crossed<'_>) -> Result<Vec<DocumentRow>> {
    let rows = tx.query(
        select!(
            "WHERE participant = $1 AND receipt_due >= 0 AND (created < $2 OR (created = $2 AND id < $3))
             AND (state = 'sending' OR state = 'delivered' OR state = 'received')
             AND ($5 = '' OR REPLACE($5, '|' || kind || '|', '') <> $5)
             AND ($6 = '' OR REPLACE($6, '|' || partner || '|', '') <> $6)
             ORDER BY created DESC, id DESC LIMIT $4"
        ),
        &asked.values(),
    )?;
    rows.iter().map(|row| DocumentRow::from_row(tx, row)).collect()
}

impl Crossed<'_> {
    fn values(&self) -> [Value; 5] {
        let (at, id) =
            self.before.map_or((i64::MAX, String::new()), |(at, id)| (at.millis(), id.to_string()));
        [
            at.into(),
            id.into(),
            self.limit.into(),
            self.scope.kinds_parameter().into(),
            self.scope.partners_parameter().into(),
        ]
    }
}

fn search(tx: &mut Tx<'_>, side: Side, words: &Words, scope: &Scope, limit: u32) -> Result<Vec<DocumentRow>> {
    let (kinds, partners) = (scope.kinds_parameter(), scope.partners_parameter());
    let mut keys = Vec::new();
    if let Some((first, last)) = &words.identifiers {
        keys = tx.query(
            "SELECT id, partner FROM document WHERE participant = $1 AND side = $2 AND id >= $3 AND id <= $4
             AND ($6 = '' OR REPLACE($6, '|' || kind || '|', '') <> $6)
             AND ($7 = '' OR REPLACE($7, '|' || partner || '|', '') <> $7)
             ORDER BY id DESC LIMIT $5",
            &[
                side.as_str().into(),
                first.into(),
                last.into(),
                limit.into(),
                kinds.as_str().into(),
                partners.as_str().into(),
            ],
        )?;
    }
    keys.extend(tx.query(
        "SELECT id, partner FROM document WHERE participant = $1 AND side = $2 AND name IS NOT NULL
         AND LOWER(name) LIKE $3 ESCAPE '!'
         AND ($5 = '' OR REPLACE($5, '|' || kind || '|', '') <> $5)
         AND ($6 = '' OR REPLACE($6, '|' || partner || '|', '') <> $6)
         ORDER BY created DESC, id DESC LIMIT $4",
        &[side.as_str().into(), words.pattern.as_str().into(), limit.into(), kinds.into(), partners.into()],
    )?);
    let mut rows: Vec<DocumentRow> = Vec::new();
    for key in &keys {
        let found = find(tx, side, &key.parse(1)?, key.parse(0)?)?;
        rows.extend(found.filter(|row| !rows.iter().any(|r| r.id == row.id && r.partner == row.partner)));
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.created, row.id)));
    rows.truncate(limit as usize);
    Ok(rows)
}

/// What is looked for, as the database is asked.
struct Words {
    /// For `LIKE`.
    pattern: String,
    /// The first and the last identifier that begin with the words, if any can.
    identifiers: Option<(String, String)>,
}

impl Words {
    fn new(words: &str) -> Self {
        Self { pattern: pattern(words), identifiers: identifiers(words) }
    }
}

/// Between which identifiers those lie that begin so. Both ends have the form of one (RFC 9562, 4): whatever
/// the order of the database says of other letters, it agrees on these.
fn identifiers(words: &str) -> Option<(String, String)> {
    const FORM: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    let words = words.to_ascii_lowercase();
    let fits = |(c, form): (char, char)| if form == '-' { c == '-' } else { c.is_ascii_hexdigit() };
    if words.len() < 4 || words.len() > FORM.len() || !words.chars().zip(FORM.chars()).all(fits) {
        return None;
    }
    let rest = FORM.get(words.len()..)?;
    Some((words.clone() + &rest.replace('x', "0"), words + &rest.replace('x', "f")))
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

    #[test]
    fn the_beginning_of_an_identifier_is_a_range() {
        let check = |words: &str, expect: Option<(&str, &str)>| {
            let found = identifiers(words);
            assert_eq!(found.as_ref().map(|(a, b)| (a.as_str(), b.as_str())), expect, "{words}");
        };
        let whole = "0192f0c1-2345-7abc-8def-0123456789ab";
        check(whole, Some((whole, whole)));
        let begin = ("0192f0c1-2300-0000-0000-000000000000", "0192f0c1-23ff-ffff-ffff-ffffffffffff");
        check("0192F0C1-23", Some(begin));
        check("0192", Some(("01920000-0000-0000-0000-000000000000", "0192ffff-ffff-ffff-ffff-ffffffffffff")));
        for wrong in ["", "019", "0192f0c12", "申告書税", "cafe babe", &format!("{whole}0")] {
            check(wrong, None);
        }
    }
}
