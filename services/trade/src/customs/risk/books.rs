//! The rules that a participant keeps, each in its versions. A version that was ever on is not changed: what a
//! case was judged by can be looked up.

use corridor_base::{ErrorCode, Problem, Result, Timestamp};
use corridor_exchange::Exchange;
use corridor_exchange::service::Acting;
use corridor_proof::act;
use corridor_storage::{Row, Tx};
use serde::Serialize;

use super::Rule;

/// The most rules that are on at once.
const MOST_ON: usize = 100;
/// The most rules a participant keeps.
const MOST: u64 = 1_000;

/// A rule in the books, in its newest version.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// The rule.
    pub rule: Rule,
    /// Its version.
    pub version: u32,
    /// The version that is on; nothing when none is.
    pub on: Option<u32>,
    /// When the newest version came.
    pub created: Timestamp,
    /// Who brought it.
    pub by: String,
}

fn parsed(row: &Row, body: usize, version: usize) -> Result<(Rule, u32)> {
    let text = row.text(body)?;
    let rule = serde_json::from_str(text)
        .map_err(|e| Problem::new(ErrorCode::StorageFailed).with("why", "a risk rule").because(e))?;
    Ok((rule, u32::try_from(row.int(version)?).unwrap_or(0)))
}

/// The rules that are on, in the order of their names.
pub(crate) fn active(tx: &mut Tx<'_>) -> Result<Vec<(Rule, u32)>> {
    let rows = tx.query(
        "SELECT body, version FROM risk_rule WHERE participant = $1 AND is_on = 1 ORDER BY rule LIMIT 200",
        &[],
    )?;
    rows.iter().map(|row| parsed(row, 0, 1)).collect()
}

/// All rules, in their newest versions.
pub(crate) fn list(tx: &mut Tx<'_>) -> Result<Vec<Kept>> {
    let rows = tx.query(
        "SELECT body, version, created, made_by,
            (SELECT MAX(version) FROM risk_rule AS o WHERE o.participant = $1 AND o.rule = r.rule AND o.is_on = 1)
         FROM risk_rule AS r WHERE r.participant = $1 AND version =
            (SELECT MAX(version) FROM risk_rule AS n WHERE n.participant = $1 AND n.rule = r.rule)
         ORDER BY rule LIMIT 1000",
        &[],
    )?;
    let kept = |row: &Row| -> Result<Kept> {
        let (rule, version) = parsed(row, 0, 1)?;
        let on = row.opt_int(4)?.and_then(|n| u32::try_from(n).ok());
        Ok(Kept { rule, version, on, created: row.timestamp(2)?, by: row.text(3)?.to_owned() })
    };
    rows.iter().map(kept).collect()
}

/// The versions of one rule, newest first, each with whether it is on.
pub(crate) fn versions(tx: &mut Tx<'_>, name: &str) -> Result<Vec<(Kept, bool)>> {
    let rows = tx.query(
        "SELECT body, version, created, made_by, is_on FROM risk_rule WHERE participant = $1 AND rule = $2
         ORDER BY version DESC LIMIT 1000",
        &[name.into()],
    )?;
    let mut all = Vec::new();
    for row in &rows {
        let (rule, version) = parsed(row, 0, 1)?;
        let is_on = row.int(4)? != 0;
        let (created, by) = (row.timestamp(2)?, row.text(3)?.to_owned());
        all.push((Kept { rule, version, on: is_on.then_some(version), created, by }, is_on));
    }
    Ok(all)
}

fn newest(tx: &mut Tx<'_>, name: &str) -> Result<Option<Kept>> {
    Ok(list(tx)?.into_iter().find(|kept| kept.rule.rule == name))
}

fn missing(name: &str) -> Problem {
    Problem::new(ErrorCode::NotFound).with("what", format!("risk rule {name}"))
}

/// Puts rules into the books, each as its next version and switched off. One that is there already, word for
/// word, stays as it is (EX-4).
///
/// # Errors
/// `risk-rule-invalid` when there are too many; those of the store.
pub async fn add(exchange: &Exchange, acting: &Acting, rules: Vec<Rule>) -> Result<Vec<Kept>> {
    let (sealing, us, by) = (exchange.clone(), acting.participant.clone(), acting.reader.clone());
    let unit = move |tx: &mut Tx<'_>| {
        let mut all = Vec::new();
        for rule in &rules {
            let known = newest(tx, &rule.rule)?;
            if let Some(known) = known.as_ref().filter(|known| known.rule == *rule) {
                all.push(known.clone());
                continue;
            }
            let version = known.map_or(1, |known| known.version + 1);
            tx.execute(
                "INSERT INTO risk_rule (participant, rule, version, body, is_on, created, made_by)
                 VALUES ($1, $2, $3, $4, 0, $5, $6)",
                &[
                    rule.rule.as_str().into(),
                    version.into(),
                    rule.to_json().into(),
                    tx.now().millis().into(),
                    by.as_str().into(),
                ],
            )?;
            changed(tx, &sealing, &us, (&rule.rule, version, "added"), &by)?;
            all.extend(newest(tx, &rule.rule)?);
        }
        let count = tx.query("SELECT COUNT(DISTINCT rule) FROM risk_rule WHERE participant = $1", &[])?;
        if count.first().map_or(Ok(0), |row| row.size(0))? > MOST {
            return Err(super::refuse("rules", &format!("more than {MOST} are kept")));
        }
        Ok(all)
    };
    exchange.store().write(&acting.participant, unit).await
}

/// Switches a rule on, in its newest version and in no other, or off.
///
/// # Errors
/// `not-found`; `risk-rule-invalid` when too many are on; those of the store.
pub async fn switch(exchange: &Exchange, acting: &Acting, name: &str, on: bool) -> Result<Kept> {
    let (sealing, us, by) = (exchange.clone(), acting.participant.clone(), acting.reader.clone());
    let name = name.to_owned();
    let unit = move |tx: &mut Tx<'_>| {
        let kept = newest(tx, &name)?.ok_or_else(|| missing(&name))?;
        if kept.on == on.then_some(kept.version) {
            return Ok(kept);
        }
        tx.execute(
            "UPDATE risk_rule SET is_on = 0 WHERE participant = $1 AND rule = $2",
            &[name.as_str().into()],
        )?;
        if on {
            tx.execute(
                "UPDATE risk_rule SET is_on = 1 WHERE participant = $1 AND rule = $2 AND version = $3",
                &[name.as_str().into(), kept.version.into()],
            )?;
        }
        if active(tx)?.len() > MOST_ON {
            return Err(super::refuse(&name, &format!("{MOST_ON} rules are on already")));
        }
        changed(tx, &sealing, &us, (&name, kept.version, if on { "on" } else { "off" }), &by)?;
        newest(tx, &name)?.ok_or_else(|| missing(&name))
    };
    exchange.store().write(&acting.participant, unit).await
}

fn changed(
    tx: &mut Tx<'_>,
    exchange: &Exchange,
    us: &corridor_base::Did,
    (rule, version, change): (&str, u32, &str),
    by: &str,
) -> Result<()> {
    let fields = [
        ("rule", rule.to_owned()),
        ("version", version.to_string()),
        ("change", change.to_owned()),
        ("by", by.to_owned()),
    ];
    tx.record(&exchange.seal(us, &act::RISK_RULE_CHANGED, &fields)?)
}

/// All rules of a participant.
///
/// # Errors
/// Those of the store.
pub async fn all(exchange: &Exchange, acting: &Acting) -> Result<Vec<Kept>> {
    exchange.store().read(&acting.participant, list).await
}

/// One rule in all its versions, newest first.
///
/// # Errors
/// `not-found`; those of the store.
pub async fn one(exchange: &Exchange, acting: &Acting, name: &str) -> Result<Vec<Kept>> {
    let wanted = name.to_owned();
    let found = exchange.store().read(&acting.participant, move |tx| versions(tx, &wanted)).await?;
    match found.is_empty() {
        true => Err(missing(name)),
        false => Ok(found.into_iter().map(|(kept, _)| kept).collect()),
    }
}
