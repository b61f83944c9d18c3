//! What the pages about evidence share: their words, cards, buttons, and how checks, countries and
//! witnesses are shown.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::Response;
use axum::routing::{get, post};
use corridor_base::Timestamp;
use corridor_console::component::{Badge, Column, Empty, Icon, Row, Table, Tone, country_name};
use corridor_console::secure::secure;
use corridor_console::{Markup, Text, Viewer};
use corridor_proof::policy::{Judgement, Policy, Standing};
use corridor_proof::verdict::{Check, CheckName, State};

use super::{doctor, invariants, leaves, ledger, receipt, receipts, trust, verifier, verify};
use crate::api::extract::MAX_BODY;
use crate::node::Node;

/// The largest form of these pages, in bytes: a trust list of the largest size fits.
const MAX_FORM: usize = MAX_BODY + (64 << 10);

/// The routes of the pages about evidence.
pub(super) fn router() -> Router<Arc<Node>> {
    Router::new()
        .route("/console/receipts", get(receipts::list))
        .route("/console/receipts/{id}", get(receipt::show))
        .route("/console/receipts/{id}/file", get(receipt::file))
        .route("/console/receipts/{id}/cose", get(receipt::cose))
        .route("/console/receipts/{id}/print", get(receipt::print))
        .route("/console/verify", get(verify::show).post(verify::judge))
        .route("/console/verify/policy", get(verify::policy))
        .route("/console/verifier/{name}", get(verifier::serve))
        .route("/console/ledger", get(ledger::show))
        .route("/console/ledger/alarms/{id}", get(ledger::alarm))
        .route("/console/ledger/leaves", get(leaves::list))
        .route("/console/ledger/proof", get(leaves::proof))
        .route("/console/ledger/fsck", post(leaves::check))
        .route("/console/trust", get(trust::show).post(trust::import))
        .route("/console/trust/lists/{country}", get(trust::list))
        .route("/console/trust/at", get(trust::at))
        .route("/console/doctor", get(doctor::show).post(doctor::examine))
        .route("/console/invariants", get(invariants::show))
        .layer(DefaultBodyLimit::max(MAX_FORM))
}

/// The words of the pages in the viewer's language.
pub(super) fn words(viewer: &Viewer) -> Text {
    super::text(viewer.lang())
}

/// What an act was, in plain words; the bare type, when this build does not know it (LG-4).
pub(super) fn act_words(t: Text, kind: &str) -> String {
    t.or(&format!("act-{kind}"), kind)
}

/// Parts in a row that wraps.
#[derive(Template)]
#[template(source = "<div class=\"actions\">{{ parts }}</div>", ext = "html")]
struct Actions {
    parts: Markup,
}

/// Things to do, in a row that wraps.
pub(super) fn actions(parts: impl IntoIterator<Item = Markup>) -> Markup {
    Markup::of(&Actions { parts: Markup::join(parts) })
}

/// A heading within a card.
#[derive(Template)]
#[template(source = "<h3>{{ title }}</h3>", ext = "html")]
pub(super) struct Heading<'a> {
    pub(super) title: &'a str,
}

/// Something that opens to more.
#[derive(Template)]
#[template(
    source = "<details class=\"more\"><summary>{{ title }}</summary>{{ body }}</details>",
    ext = "html"
)]
pub(super) struct More {
    pub(super) title: String,
    pub(super) body: Markup,
}

/// How a check ended, as a badge.
pub(super) fn state_badge(t: Text, state: State) -> Badge {
    let (tone, key) = match state {
        State::Passed => (Tone::Good, "verify-passed"),
        State::Failed => (Tone::Bad, "verify-failed"),
        State::Pending => (Tone::Wait, "verify-pending"),
        State::NotChecked => (Tone::Idle, "verify-not-checked"),
    };
    Badge::new(tone, t.get(key))
}

/// What a check asks, in words.
pub(super) fn check_meaning(t: Text, name: &CheckName) -> String {
    match name {
        CheckName::Country(country) => {
            t.get("verify-check-country").and("country", country_name(t.lang, country.as_str())).into()
        }
        name => t.get(&format!("verify-check-{name}")).into(),
    }
}

/// What it means for an official that a check did not pass, in words.
pub(super) fn check_means(t: Text, check: &Check) -> Option<String> {
    let name = match &check.name {
        CheckName::Country(_) => "country".to_owned(),
        name => name.to_string(),
    };
    let word = match check.state {
        State::Passed => return None,
        State::Failed => "failed",
        State::Pending => "pending",
        State::NotChecked => "not-checked",
    };
    let country = match &check.name {
        CheckName::Country(country) => country_name(t.lang, country.as_str()),
        _ => String::new(),
    };
    let keys = [format!("means-{name}-{word}"), format!("means-{word}")];
    let key = keys.iter().find(|key| t.has(key))?;
    Some(t.get(key).and("country", country).into())
}

/// The checks of a file as a table, what did not pass explained.
pub(super) fn checks_table(viewer: &Viewer, caption: impl Into<String>, checks: &[Check]) -> Markup {
    let t = words(viewer);
    let row = |check: &Check| {
        let means = check_means(t, check).map(Markup::text);
        let about = (!check.about.is_empty()).then(|| Markup::quiet(check.about.join(", ")));
        Row(vec![
            Markup::text(check_meaning(t, &check.name)),
            state_badge(t, check.state).into(),
            Markup::lines(means.into_iter().chain(about)),
        ])
    };
    Table {
        caption: caption.into(),
        columns: vec![
            Column::new(t.get("verify-column-check")),
            Column::new(t.get("verify-column-result")),
            Column::new(t.get("verify-column-means")),
        ],
        rows: checks.iter().map(row).collect(),
        empty: Empty::new(Icon::Verify, "", ""),
        paging: None,
    }
    .into()
}

/// A country, and those of its witnesses that count, with when they cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cosigned {
    /// The country, ISO 3166-1 alpha-2.
    pub(super) country: String,
    /// Who of it cosigned, and when, if that is said; nobody while it is pending.
    pub(super) by: Vec<(String, Option<Timestamp>)>,
}

impl Cosigned {
    /// Each country of the policy, as a judgement under it has it (LG-2).
    pub(super) fn of(policy: &Policy, judgement: &Judgement) -> Vec<Self> {
        let of_country = |country: &corridor_base::Country| {
            let counts = |(name, standing): &(String, Standing)| {
                let Standing::Counted { time, .. } = standing else { return None };
                let witness = policy.witnesses().iter().find(|w| w.name == *name)?;
                let operator = witness.operator.as_ref()?;
                (operator.country == *country).then(|| (name.clone(), time.map(seconds)))
            };
            let by = judgement.witnesses.iter().filter_map(counts).collect();
            Self { country: country.to_string(), by }
        };
        policy.countries().iter().map(of_country).collect()
    }

    /// The country with the word that says how it stands.
    pub(super) fn badge(&self, viewer: &Viewer) -> Markup {
        let badge = corridor_console::component::CountryBadge {
            country: self.country.clone(),
            cosigned: !self.by.is_empty(),
        };
        badge.in_language(viewer.lang())
    }
}

/// The instant of a cosignature, which is told in seconds since 1970.
pub(super) fn seconds(time: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(time.saturating_mul(1000)).unwrap_or(i64::MAX))
}

/// A file, under this name.
pub(super) fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    secure(headers);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use corridor_base::Lang;
    use corridor_console::format::Zone;
    use corridor_console::{House, Party, Person, Preferences};

    use super::*;

    /// An official of a Japanese node, who may do everything.
    pub(crate) fn viewer(lang: Lang) -> Viewer {
        let acting =
            Party { did: "did:web:customs.example.jp".parse().unwrap(), name: "神戸税関".to_owned() };
        let may = ["POST /console/trust", "POST /console/ledger/fsck", "POST /console/doctor"];
        Viewer {
            house: Arc::new(House {
                name: ["Kobe Customs", "神戸税関", "고베 세관"].map(str::to_owned),
                country: "JP".to_owned(),
                version: "0.1.0",
                zone: Zone::Tokyo,
            }),
            preferences: Preferences { lang, ..Preferences::default() },
            person: Some(Person {
                name: "山田 花子".to_owned(),
                acting,
                department: None,
                role: "auditor".to_owned(),
                csrf: "token".to_owned(),
                others: Vec::new(),
                may: may.map(str::to_owned).to_vec(),
            }),
            areas: Vec::new(),
            here: "/console".to_owned(),
            gzip: false,
        }
    }

    /// The page holds each of these, and no message is missing.
    pub(crate) fn holds(html: &str, expect: &[&str]) {
        for part in expect {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
        let missing = html.split(['>', '"']).find(|part| {
            part.strip_prefix('?').is_some_and(|key| key.starts_with(|c: char| c.is_ascii_lowercase()))
        });
        assert_eq!(missing, None, "a message is missing");
    }

    /// The page holds these in this order.
    pub(crate) fn order(html: &str, expect: &[&str]) {
        holds(html, expect);
        let mut rest = html;
        for part in expect {
            let at = rest.find(part).unwrap_or_else(|| panic!("{part} does not follow in {html}"));
            rest = &rest[at..];
        }
    }
}
