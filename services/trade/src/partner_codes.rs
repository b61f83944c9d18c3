//! The codes of partners in the books: which code of theirs stands for which of ours.

use corridor_base::{Did, Digest, Result};
use corridor_exchange::{Acting, Exchange};
use corridor_proof::act;
use corridor_storage::Tx;

use crate::shape::CodeTable;

/// The table of one partner.
///
/// # Errors
/// Those of the store.
pub fn of_partner(tx: &mut Tx<'_>, partner: &Did) -> Result<CodeTable> {
    let rows = tx.query(
        "SELECT kind, ours, theirs FROM partner_code WHERE participant = $1 AND partner = $2
         ORDER BY kind, ours LIMIT 20000",
        &[partner.as_str().into()],
    )?;
    let mut table = CodeTable::default();
    for row in &rows {
        table.0.insert((row.text(0)?.parse()?, row.text(1)?.to_owned()), row.text(2)?.to_owned());
    }
    Ok(table)
}

/// Puts another table in its place, with an act of it; the same table again changes nothing.
///
/// # Errors
/// Those of the store.
pub async fn set(exchange: &Exchange, acting: &Acting, partner: &Did, table: CodeTable) -> Result<()> {
    let fields = [
        ("partner", partner.to_string()),
        ("digest", Digest::of(table.to_csv().as_bytes()).to_string()),
        ("by", acting.reader.clone()),
    ];
    let record = exchange.seal(&acting.participant, &act::PARTNER_CODES_SET, &fields)?;
    let partner = partner.clone();
    let unit = move |tx: &mut Tx<'_>| {
        if of_partner(tx, &partner)? == table {
            return Ok(());
        }
        replace(tx, &partner, &table)?;
        tx.record(&record)
    };
    exchange.store().write(&acting.participant, unit).await
}

fn replace(tx: &mut Tx<'_>, partner: &Did, table: &CodeTable) -> Result<()> {
    tx.execute(
        "DELETE FROM partner_code WHERE participant = $1 AND partner = $2",
        &[partner.as_str().into()],
    )?;
    for ((kind, ours), theirs) in &table.0 {
        tx.execute(
            "INSERT INTO partner_code (participant, partner, kind, ours, theirs) VALUES ($1, $2, $3, $4, $5)",
            &[partner.as_str().into(), kind.as_str().into(), ours.as_str().into(), theirs.as_str().into()],
        )?;
    }
    Ok(())
}
