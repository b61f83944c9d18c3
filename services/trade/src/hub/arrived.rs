//! What arrived is written to the folder: queued in the unit that takes it into the books (EX-2), and out of the
//! queue once its file is durable.

use corridor_base::{EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_exchange::{Acting, DocumentRow, Exchange, Scope, Side};
use corridor_storage::{Migration, Tx, durable};
use futures::StreamExt;

use super::{Hub, LARGEST, ROUND};
use crate::blocking;

/// The tables of this module.
pub(crate) const MIGRATION: Migration = Migration {
    version: 5,
    name: "interchanges for the folder of a hub",
    sql: "
CREATE TABLE hub_arrival (
    participant TEXT NOT NULL,
    envelope TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (participant, envelope)
);
",
    verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM hub_arrival WHERE created < 0) = 0 THEN 1 ELSE 0 END",
};

/// Queues a received interchange for the folder. What is about persons stays in the node (LG-3).
pub(crate) fn queue(tx: &mut Tx<'_>, document: &DocumentRow) -> Result<()> {
    if document.side == Side::Out || document.seal.is_some() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO hub_arrival (participant, envelope, created) VALUES ($1, $2, $3)
         ON CONFLICT (participant, envelope) DO NOTHING",
        &[document.id.to_string().into(), document.created.millis().into()],
    )?;
    Ok(())
}

/// Takes one out of the queue.
pub(crate) fn remove(tx: &mut Tx<'_>, envelope: EnvelopeId) -> Result<()> {
    tx.execute(
        "DELETE FROM hub_arrival WHERE participant = $1 AND envelope = $2",
        &[envelope.to_string().into()],
    )?;
    Ok(())
}

fn waiting(tx: &mut Tx<'_>) -> Result<Vec<EnvelopeId>> {
    let rows = tx.query(
        "SELECT envelope FROM hub_arrival WHERE participant = $1 ORDER BY created, envelope LIMIT $2",
        &[(ROUND as u64).into()],
    )?;
    rows.iter().map(|row| row.text(0)?.parse()).collect()
}

impl Hub {
    /// Writes what waits; answers how many files were written.
    pub(super) async fn write_arrived(&self, exchange: &Exchange) -> Result<usize> {
        let mut written = 0;
        for envelope in exchange.store().read(self.us(), waiting).await? {
            match self.write(exchange, envelope).await {
                Ok(()) => written += 1,
                Err(problem) => {
                    tracing::warn!(%envelope, code = %problem.code(), "a document waits for its folder: {problem}");
                }
            }
        }
        Ok(written)
    }

    async fn write(&self, exchange: &Exchange, envelope: EnvelopeId) -> Result<()> {
        // Whoever reads the folder reads the document: the record says so (AC-1).
        let acting =
            Acting { participant: self.us().clone(), reader: "hub".to_owned(), scope: Scope::default() };
        let (document, mut pieces) = match exchange.read_content(&acting, Side::In, envelope).await {
            Ok(found) => found,
            Err(problem) if matches!(problem.code(), ErrorCode::NotFound | ErrorCode::SubjectErased) => {
                return exchange.store().write(self.us(), move |tx| remove(tx, envelope)).await;
            }
            Err(problem) => return Err(problem),
        };
        let mut name = format!("{}-{envelope}.edi", compact(document.created));
        let mut content = Vec::new();
        if document.size > LARGEST {
            let problem = Problem::new(ErrorCode::TooLarge)
                .with("what", format!("document {envelope}"))
                .with("limit", format!("{LARGEST} bytes"));
            let why = super::refusal::of_problem(&problem);
            content.extend(
                why.iter().flat_map(|(lang, text)| format!("[{}] {text}\n", lang.tag()).into_bytes()),
            );
            name.push_str(".txt");
        } else {
            while let Some(piece) = pieces.next().await {
                content.extend_from_slice(&piece?);
            }
        }
        let path = self.folder().join("in").join(name);
        // Beside under a name with a dot, fsynced, renamed, the folder fsynced (EX-3).
        blocking(move || durable::write_file(&path, &content, 0o644)).await?;
        self.probe.after("written")?;
        exchange.store().write(self.us(), move |tx| remove(tx, envelope)).await?;
        self.probe.after("noted")
    }
}

/// `20261128T203500Z`: file names are sorted by it.
fn compact(at: Timestamp) -> String {
    let text = at.to_string();
    let whole = text.split('.').next().unwrap_or_default();
    let digits: String = whole.chars().filter(|c| c.is_ascii_digit() || *c == 'T').collect();
    format!("{digits}Z")
}
