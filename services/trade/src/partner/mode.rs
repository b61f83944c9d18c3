//! Whether a partner works in production or in test, and what is done with its tests: what both signed, or else what
//! is set here.

use corridor_base::{Did, ErrorCode, Problem, Result, Timestamp};
use corridor_exchange::Exchange;
use corridor_exchange::service::Acting;
use corridor_proof::{Flow, act};
use corridor_storage::Tx;
use serde::{Deserialize, Serialize};

use super::agreed;

/// How a partner works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// For real.
    #[default]
    Production,
    /// Trying out: whatever it sends and gets is a test.
    Test,
}

/// What is done with a test (UNB 0035) of a partner in production.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tests {
    /// Answered like any other, and labelled.
    #[default]
    Accept,
    /// Refused with CONTRL: test indicator not supported (error 25).
    Refuse,
}

impl Mode {
    /// The word in tables, JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        if matches!(self, Self::Test) { "test" } else { "production" }
    }
}

impl Tests {
    /// The word in tables, JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        if matches!(self, Self::Refuse) { "refuse" } else { "accept" }
    }
}

/// What is set for a partner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// How it works.
    pub mode: Mode,
    /// What is done with its tests.
    pub tests: Tests,
    /// When that was set; nothing when it never was.
    pub changed: Option<Timestamp>,
    /// Who set it.
    pub by: String,
}

/// What is set for a partner; what was never set is production that accepts tests.
pub(crate) fn setting(tx: &mut Tx<'_>, partner: &Did) -> Result<Setting> {
    let row = tx.query_one(
        "SELECT mode, tests, changed, changed_by FROM trade_partner WHERE participant = $1 AND partner = $2",
        &[partner.as_str().into()],
    )?;
    let Some(row) = row else { return Ok(Setting::default()) };
    Ok(Setting {
        mode: if row.text(0)? == "test" { Mode::Test } else { Mode::Production },
        tests: if row.text(1)? == "refuse" { Tests::Refuse } else { Tests::Accept },
        changed: Some(row.timestamp(2)?),
        by: row.text(3)?.to_owned(),
    })
}

/// How an interchange under an agreement is taken: what both signed goes before what is set here.
pub(crate) fn taken(tx: &mut Tx<'_>, partner: &Did, flow: Flow) -> Result<(Mode, Tests)> {
    match flow {
        Flow::Production => Ok((Mode::Production, Tests::Refuse)),
        Flow::Both => Ok((Mode::Production, Tests::Accept)),
        Flow::Test => Ok((Mode::Test, Tests::Accept)),
        Flow::Open => setting(tx, partner).map(|set| (set.mode, set.tests)),
    }
}

/// Sets how a partner works.
///
/// # Errors
/// `not-found` when nothing was ever agreed with it; those of the store.
pub async fn set(
    exchange: &Exchange,
    acting: &Acting,
    partner: &Did,
    mode: Mode,
    tests: Tests,
) -> Result<Setting> {
    let us = &acting.participant;
    if agreed(exchange, us, partner).await?.is_empty() {
        return Err(Problem::new(ErrorCode::NotFound).with("what", format!("partner {partner}")));
    }
    let fields = [
        ("partner", partner.to_string()),
        ("mode", mode.as_str().to_owned()),
        ("tests", tests.as_str().to_owned()),
        ("by", acting.reader.clone()),
    ];
    let record = exchange.seal(us, &act::TRADE_PARTNER_SET, &fields)?;
    let (partner, by) = (partner.clone(), acting.reader.clone());
    let unit = move |tx: &mut Tx<'_>| {
        let now = setting(tx, &partner)?;
        if now.changed.is_some() && (now.mode, now.tests) == (mode, tests) {
            return Ok(now);
        }
        let at = tx.now().millis();
        tx.execute(
            "INSERT INTO trade_partner (participant, partner, mode, tests, changed, changed_by)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (participant, partner) DO UPDATE SET mode = $3, tests = $4, changed = $5, changed_by = $6",
            &[
                partner.as_str().into(),
                mode.as_str().into(),
                tests.as_str().into(),
                at.into(),
                by.as_str().into(),
            ],
        )?;
        tx.record(&record)?;
        setting(tx, &partner)
    };
    exchange.store().write(us, unit).await
}
