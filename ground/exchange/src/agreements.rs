//! The book of agreements. An agreement counts once both parties' signatures verify with keys that
//! the trust lists name; whether it is in force is judged at each use, in the same unit of work as
//! what it allows (EX-1).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use corridor_base::{AgreementId, Did, Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_ledger::Pending;
use corridor_proof::{Agreement, Envelope, Signed, act};
use corridor_storage::{Row, Tx};
use serde::Serialize;

use crate::{Exchange, again};

/// How many parsed agreements are kept at hand.
const AT_HAND: usize = 10_000;

/// Where an agreement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// We signed, the partner has not yet.
    Proposed,
    /// Both signed; its dates say when it is in force.
    Concluded,
    /// Ended before its time.
    Ended,
}

impl Standing {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Concluded => "concluded",
            Self::Ended => "ended",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::Proposed, Self::Concluded, Self::Ended].into_iter().find(|s| s.as_str() == text).ok_or_else(
            || Problem::new(ErrorCode::Malformed).with("what", "standing of an agreement").with("why", text),
        )
    }
}

/// One agreement in the books.
#[derive(Clone, Debug, Serialize)]
pub struct AgreementRow {
    /// What was agreed.
    #[serde(flatten)]
    pub terms: Agreement,
    /// The other party.
    pub partner: Did,
    /// Where it stands.
    pub standing: Standing,
    /// The digest of the signed text.
    pub digest: Digest,
    /// When it came into the books.
    pub recorded: Timestamp,
    /// The agreement as it is signed.
    #[serde(skip)]
    pub statement: Signed<Agreement>,
}

impl AgreementRow {
    fn from_row(row: &Row) -> Result<Self> {
        let statement = Signed::<Agreement>::parse(row.bytes(3)?)?;
        Ok(Self {
            terms: statement.body().clone(),
            partner: row.text(0)?.parse()?,
            standing: Standing::parse(row.text(1)?)?,
            digest: statement.digest(),
            recorded: Timestamp::from_millis(row.int(2)?),
            statement,
        })
    }

    /// Whether it is in force at this instant.
    #[must_use]
    pub fn in_force(&self, at: Timestamp) -> bool {
        self.standing == Standing::Concluded && self.terms.covers(at)
    }
}

/// Parsed agreements by the digest of their signed text: parsing is repeated work, judging is not
/// kept.
pub(crate) struct Book {
    parsed: Mutex<HashMap<Digest, Arc<Agreement>>>,
    pending: Pending,
}

impl Book {
    /// A book that goes by what is told of pending receipts.
    pub(crate) fn new(pending: Pending) -> Self {
        Self { parsed: Mutex::default(), pending }
    }

    fn terms(&self, digest: Digest, statement: &[u8]) -> Result<Arc<Agreement>> {
        let mut at_hand = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(terms) = at_hand.get(&digest) {
            return Ok(terms.clone());
        }
        let signed = Signed::<Agreement>::parse(statement)?;
        let terms = Arc::new(signed.body().clone());
        if at_hand.len() >= AT_HAND {
            at_hand.clear();
        }
        // The database names the digest; the text must still be what was recorded under it.
        if signed.digest() == digest {
            at_hand.insert(digest, terms.clone());
            return Ok(terms);
        }
        Err(Problem::new(ErrorCode::AgreementAltered)
            .with("id", terms.id)
            .with("why", "the stored text is not the text that was signed"))
    }

    /// Judges, inside a unit of work, whether this envelope may cross now (EX-1).
    ///
    /// # Errors
    /// `agreement-unknown`, `agreement-not-in-force`, `agreement-altered`, `policy-denied`,
    /// `too-large`.
    pub(crate) fn permits(
        &self,
        tx: &mut Tx<'_>,
        envelope: &Envelope,
        partner: &Did,
    ) -> Result<Arc<Agreement>> {
        let id = envelope.agreement;
        let row = tx.query_one(
            "SELECT partner, state, digest, statement FROM agreement WHERE participant = $1 AND id = $2",
            &[id.to_string().into()],
        )?;
        // An agreement with somebody else is none with this partner.
        let Some(row) = row.filter(|r| r.text(0).is_ok_and(|p| p == partner.as_str())) else {
            return Err(Problem::new(ErrorCode::AgreementUnknown).with("who", partner).with("id", id));
        };
        let not_in_force =
            |why: &str| Problem::new(ErrorCode::AgreementNotInForce).with("id", id).with("why", why);
        match Standing::parse(row.text(1)?)? {
            Standing::Proposed => return Err(not_in_force("one party has not signed")),
            Standing::Ended => return Err(not_in_force("it was ended")),
            Standing::Concluded => {}
        }
        let terms = self.terms(row.text(2)?.parse()?, row.bytes(3)?)?;
        if !terms.covers(tx.now()) {
            return Err(not_in_force(&format!("it runs from {} to {}", terms.from, terms.until)));
        }
        let Some(grant) = terms.grant_for(envelope) else {
            let why = format!("{} from {} to {}", envelope.kind, envelope.sender, envelope.recipient);
            return Err(Problem::new(ErrorCode::PolicyDenied)
                .with("what", format!("agreement {id}"))
                .with("why", why));
        };
        if envelope.size > grant.max_size {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", "document")
                .with("limit", format!("{} bytes", grant.max_size)));
        }
        Ok(terms)
    }

    /// Judges whether something new may begin under this envelope: what [`Book::permits`] asks, and
    /// that our acts have not waited too long for the cosignatures of both countries (LG-2). What has
    /// begun goes on to its end.
    ///
    /// # Errors
    /// As [`Book::permits`]; `receipts-overdue`.
    pub(crate) fn begins(&self, tx: &mut Tx<'_>, envelope: &Envelope, partner: &Did) -> Result<()> {
        let terms = self.permits(tx, envelope, partner)?;
        match self.pending.since() {
            Some(since) if tx.now().since(since) > terms.pending_limit() => {
                Err(Problem::new(ErrorCode::ReceiptsOverdue)
                    .with("at", since)
                    .with("id", envelope.agreement)
                    .with("limit", terms.pending_limit().as_secs() / 3600))
            }
            _ => Ok(()),
        }
    }
}

impl Exchange {
    /// Draws up an agreement and signs it for us. It goes to the partner as a file or a message;
    /// nothing is allowed by it until the partner's signature comes back.
    ///
    /// # Errors
    /// `agreement-invalid` when we are no party, `already-exists`.
    pub async fn propose(&self, us: &Did, terms: Agreement) -> Result<Signed<Agreement>> {
        let partner = self.party(us, &terms)?;
        let signer = self.keyring(us)?.current();
        let signed = Signed::new(terms, &[&*signer])?;
        self.book(us, &partner, signed.clone(), Standing::Proposed).await?;
        Ok(signed)
    }

    /// Takes in an agreement that the partner signed. When our signature is not on it yet, this
    /// gives it (an officer has decided); the result goes back to the partner. Concluding the same
    /// agreement again changes nothing.
    ///
    /// # Errors
    /// `agreement-invalid` when the partner's signature is missing or wrong, or we are no party;
    /// `agreement-altered` when we know an agreement of this identifier with other words.
    pub async fn conclude(&self, us: &Did, bytes: &[u8]) -> Result<Signed<Agreement>> {
        let signed = Signed::<Agreement>::parse(bytes)?;
        let partner = self.party(us, signed.body())?;
        self.signed_by_listed(&signed, &partner)?;
        let keyring = self.keyring(us)?;
        let ours = keyring.keys().iter().any(|k| signed.signed_by(k.id.as_str(), &k.public));
        let signed = if ours { signed } else { signed.countersigned(&*keyring.current())? };
        self.book(us, &partner, signed.clone(), Standing::Concluded).await?;
        Ok(signed)
    }

    /// All agreements of ours, newest first, at most 1,000.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn agreements(&self, us: &Did) -> Result<Vec<AgreementRow>> {
        self.0.store.read(us, |tx| {
            let rows = tx.query(
                "SELECT partner, state, recorded, statement FROM agreement WHERE participant = $1 ORDER BY recorded DESC, id LIMIT 1000",
                &[],
            )?;
            rows.iter().map(AgreementRow::from_row).collect()
        }).await
    }

    /// One agreement of ours.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn agreement(&self, us: &Did, id: AgreementId) -> Result<AgreementRow> {
        let row = self.0.store.read(us, move |tx| {
            let row = tx.query_one(
                "SELECT partner, state, recorded, statement FROM agreement WHERE participant = $1 AND id = $2",
                &[id.to_string().into()],
            )?;
            row.as_ref().map(AgreementRow::from_row).transpose()
        }).await?;
        row.ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("agreement {id}")))
    }

    /// The terms of one agreement of ours, parsed once; `None` when there is none of this number.
    ///
    /// # Errors
    /// Those of the store; `agreement-altered`.
    pub async fn terms(&self, us: &Did, id: AgreementId) -> Result<Option<Arc<Agreement>>> {
        let exchange = self.clone();
        let terms = move |tx: &mut Tx<'_>| {
            let row = tx.query_one(
                "SELECT digest, statement FROM agreement WHERE participant = $1 AND id = $2",
                &[id.to_string().into()],
            )?;
            row.map(|row| exchange.0.agreements.terms(row.text(0)?.parse()?, row.bytes(1)?)).transpose()
        };
        self.0.store.read(us, terms).await
    }

    /// The agreement under which a document of this kind may go to this partner now: the one that
    /// runs longest, when there are several.
    ///
    /// # Errors
    /// `agreement-unknown`.
    pub async fn agreement_for(
        &self,
        us: &Did,
        to: &Did,
        kind: &corridor_proof::Kind,
    ) -> Result<AgreementId> {
        let (exchange, us, to, kind) = (self.clone(), us.clone(), to.clone(), kind.clone());
        let whose = us.clone();
        self.0
            .store
            .read(&whose, move |tx| {
                let now = tx.now().millis();
                let rows = tx.query(
                    "SELECT digest, statement FROM agreement
                     WHERE participant = $1 AND partner = $2 AND state = 'concluded'
                        AND valid_from <= $3 AND valid_until > $3
                     ORDER BY valid_until DESC, id LIMIT 100",
                    &[to.as_str().into(), now.into()],
                )?;
                for row in &rows {
                    let terms = exchange.0.agreements.terms(row.text(0)?.parse()?, row.bytes(1)?)?;
                    if terms.grants.iter().any(|g| g.kind == kind && g.from == us && g.to == to) {
                        return Ok(terms.id);
                    }
                }
                Err(Problem::new(ErrorCode::AgreementUnknown).with("who", &to))
            })
            .await
    }

    /// Ends an agreement before its time: from this commit on nothing crosses under it, and uploads
    /// that are under way are refused their next piece (EX-1).
    ///
    /// # Errors
    /// `not-found`.
    pub async fn end_agreement(&self, us: &Did, id: AgreementId) -> Result<()> {
        let row = self.agreement(us, id).await?;
        let fields = [("agreement", id.to_string()), ("partner", row.partner.to_string())];
        let record = self.seal(us, &act::AGREEMENT_ENDED, &fields)?;
        self.0.store.write(us, move |tx| {
            let now = tx.now().millis();
            let ended = tx.execute(
                "UPDATE agreement SET state = 'ended', ended = $3 WHERE participant = $1 AND id = $2 AND state <> 'ended'",
                &[id.to_string().into(), now.into()],
            )?;
            if ended == 1 { tx.record(&record) } else { Ok(()) }
        }).await
    }

    /// The partner in this agreement, when we are a party.
    fn party(&self, us: &Did, terms: &Agreement) -> Result<Did> {
        terms.partner_of(us).cloned().ok_or_else(|| {
            Problem::new(ErrorCode::AgreementInvalid)
                .with("id", terms.id)
                .with("why", format!("{us} is not a party"))
        })
    }

    /// Whether one of the partner's listed, now valid keys signed.
    fn signed_by_listed(&self, signed: &Signed<Agreement>, partner: &Did) -> Result<()> {
        let now = self.0.clock.now();
        let listed = self.0.directory.participant(partner, now)?;
        let signs =
            listed.participant.keys.iter().any(|k| k.covers(now) && signed.signed_by(k.id.as_str(), &k.key));
        if signs {
            return Ok(());
        }
        Err(Problem::new(ErrorCode::AgreementInvalid)
            .with("id", signed.body().id)
            .with("why", format!("no valid signature of {partner}")))
    }

    /// Writes an agreement into the books, with its act once it is concluded.
    async fn book(
        &self,
        us: &Did,
        partner: &Did,
        signed: Signed<Agreement>,
        standing: Standing,
    ) -> Result<()> {
        let terms = signed.body();
        let fields = [
            ("agreement", terms.id.to_string()),
            ("partner", partner.to_string()),
            ("statement", signed.digest().to_string()),
        ];
        let record = self.seal(us, &act::AGREEMENT_CONCLUDED, &fields)?;
        let partner = partner.clone();
        self.0
            .store
            .write(us, move |tx| {
                if !write(tx, &partner, &signed, standing)? || standing != Standing::Concluded {
                    return Ok(false);
                }
                tx.record(&record)?;
                again::agreed(tx, &partner)
            })
            .await
            .map(|asks| {
                if asks {
                    self.0.lacks.notify_one()
                }
            })
    }
}

/// Inserts or advances one agreement; false when nothing changed.
fn write(tx: &mut Tx<'_>, partner: &Did, signed: &Signed<Agreement>, standing: Standing) -> Result<bool> {
    let terms = signed.body();
    let id = terms.id.to_string();
    let known = tx.query_one(
        "SELECT state, digest FROM agreement WHERE participant = $1 AND id = $2",
        &[id.as_str().into()],
    )?;
    if let Some(known) = known {
        if known.text(1)? != signed.digest().to_string() {
            return Err(Problem::new(ErrorCode::AgreementAltered)
                .with("id", terms.id)
                .with("why", "the books hold other words under this number"));
        }
        if Standing::parse(known.text(0)?)? != Standing::Proposed || standing == Standing::Proposed {
            return Ok(false);
        }
        tx.execute(
            "UPDATE agreement SET state = $3, statement = $4 WHERE participant = $1 AND id = $2",
            &[id.as_str().into(), standing.as_str().into(), signed.bytes().into()],
        )?;
        return Ok(true);
    }
    let now = tx.now().millis();
    tx.execute(
        "INSERT INTO agreement (participant, id, partner, state, digest, statement, valid_from, valid_until, recorded)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            id.into(),
            partner.as_str().into(),
            standing.as_str().into(),
            signed.digest().to_string().into(),
            signed.bytes().into(),
            terms.from.millis().into(),
            terms.until.millis().into(),
            now.into(),
        ],
    )?;
    Ok(true)
}
