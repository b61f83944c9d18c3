//! Risk rules as data: what makes a cargo report or a declaration one to look at, in conditions over the named
//! fields that a mapping reads out of it. A rule is checked when it is loaded, versioned by participant, and
//! tried on past documents before it is switched on.
//!
//! ```json
//! { "rule": "fireworks", "messages": ["CUSDEC"], "action": "inspect",
//!   "title": { "en": "Fireworks", "ja": "花火", "ko": "폭죽류" },
//!   "when": [ { "field": "items.hs", "prefix": ["3604"] },
//!             { "field": "items.gross_weight", "above": "100" },
//!             { "field": "importer_id", "first_time": true } ] }
//! ```
//!
//! All conditions of a rule hold together. Those on fields of one list (`items.…`) are meant of one and the same
//! item of it. A rule that is hit says what should be done; it decides nothing. The one exception is a rule whose
//! action is `release` (a green channel): it releases what it fits and no other rule objects to, and like every
//! rule it is off until it is switched on.
//!
//! Absent: regular expressions, scripts, scores. A rule can be read aloud to whoever asks why.

pub mod books;
mod condition;
mod text;
pub mod trial;

use std::collections::BTreeMap;

use corridor_base::{ErrorCode, Lang, Problem, Result};
use serde::{Deserialize, Serialize};

pub use condition::{Condition, Facts, PARTNER};
pub(crate) use condition::{party_value, values};

use super::MESSAGES;
use super::state::Lane;
use crate::mapping;

/// The largest file of rules, in bytes.
const LARGEST: usize = 1 << 20;
/// The most rules of a file.
const MOST: usize = 200;
/// The most conditions of a rule.
const CONDITIONS: usize = 50;
/// The longest title, in characters.
const LONGEST: usize = 120;

/// What a rule asks for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Release by itself, when no other rule that is more than a note was hit: a green channel.
    Release,
    /// Look at it.
    Note,
    /// Keep it back.
    Hold,
    /// Examine it.
    Inspect,
}

impl Action {
    /// The word in rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Note => "note",
            Self::Hold => "hold",
            Self::Inspect => "inspect",
        }
    }

    /// The action of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Release, Self::Note, Self::Hold, Self::Inspect].into_iter().find(|a| a.as_str() == word)
    }

    /// Where it sends a case.
    #[must_use]
    pub const fn lane(self) -> Lane {
        match self {
            Self::Release => Lane::Clear,
            Self::Note => Lane::Note,
            Self::Hold => Lane::Hold,
            Self::Inspect => Lane::Inspect,
        }
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name.
    pub rule: String,
    /// What it is called, in each language.
    pub title: BTreeMap<String, String>,
    /// The kinds of message it is for.
    pub messages: Vec<String>,
    /// What it asks for.
    pub action: Action,
    /// When it is hit: all of these. Only a green channel may have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Condition>,
}

impl Rule {
    /// Reads a file of rules: one, or a list of them.
    ///
    /// # Errors
    /// `risk-rule-invalid`, saying where: line and column, or rule, condition and field.
    pub fn parse_all(json: &[u8]) -> Result<Vec<Self>> {
        if json.len() > LARGEST {
            return Err(refuse("size", &format!("more than {LARGEST} bytes")));
        }
        let spelt = |e: &serde_json::Error| format!("line {}, column {}", e.line(), e.column());
        let whole: serde_json::Value =
            serde_json::from_slice(json).map_err(|e| refuse(&spelt(&e), &e.to_string()))?;
        let all = match whole {
            serde_json::Value::Array(all) => all,
            one => vec![one],
        };
        if all.is_empty() || all.len() > MOST {
            return Err(refuse("rules", &format!("1 to {MOST} rules expected")));
        }
        let rules = all.into_iter().zip(1..).map(|(value, at)| {
            let name = value.get("rule").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
            let place = if name.is_empty() { format!("rule {at}") } else { format!("rule {at} ({name})") };
            let rule: Self = serde_json::from_value(value).map_err(|e| refuse(&place, &e.to_string()))?;
            rule.check().map_err(|(within, why)| refuse(&format!("{place}: {within}"), &why))?;
            Ok(rule)
        });
        let rules = rules.collect::<Result<Vec<Self>>>()?;
        let mut names: Vec<&str> = rules.iter().map(|rule| rule.rule.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find_map(|two| (two.first() == two.last()).then(|| two.first().copied())) {
            Some(twice) => Err(refuse(twice.unwrap_or_default(), "a rule of this name stands twice")),
            None => Ok(rules),
        }
    }

    /// What it is called, in one language.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &str {
        self.title.get(lang.tag()).map_or(self.rule.as_str(), String::as_str)
    }

    /// As it is kept and shown: one spelling.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Whether it is hit.
    #[must_use]
    pub fn hits(&self, facts: &Facts<'_>) -> bool {
        self.messages.iter().any(|kind| kind == facts.message) && condition::all(&self.when, facts)
    }

    /// Whether what somebody sent before has to be known to judge by it.
    #[must_use]
    pub fn asks_for_history(&self) -> bool {
        self.when.iter().any(Condition::asks_for_history)
    }

    fn check(&self) -> std::result::Result<(), (String, String)> {
        let wrong = |place: &str, why: &str| Err((place.to_owned(), why.to_owned()));
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if !(1..=64).contains(&self.rule.len()) || !self.rule.chars().all(fits) {
            return wrong("rule", "1 to 64 letters, digits, - or _ expected");
        }
        for lang in Lang::ALL {
            let said = self.title.get(lang.tag()).map_or("", |title| title.trim());
            if said.is_empty() || said.chars().count() > LONGEST || said.chars().any(char::is_control) {
                return wrong(&format!("title.{lang}"), &format!("1 to {LONGEST} characters expected"));
            }
        }
        if let Some(other) = self.title.keys().find(|tag| Lang::ALL.iter().all(|l| l.tag() != tag.as_str())) {
            return wrong(&format!("title.{other}"), "en, ja or ko expected");
        }
        if self.messages.is_empty() {
            return wrong("messages", "at least one expected");
        }
        for kind in &self.messages {
            if !MESSAGES.contains(&kind.as_str()) {
                return wrong("messages", &format!("{kind}: one of {} expected", MESSAGES.join(", ")));
            }
        }
        if self.when.len() > CONDITIONS || (self.when.is_empty() && self.action != Action::Release) {
            return wrong("when", &format!("1 to {CONDITIONS} conditions expected"));
        }
        let shapes: Vec<mapping::Shape> = self.messages.iter().filter_map(|kind| shape(kind)).collect();
        for (condition, at) in self.when.iter().zip(1..) {
            let place = format!("when {at} ({})", condition.field);
            condition.check(&shapes).map_err(|(part, why)| (format!("{place}{part}"), why))?;
        }
        Ok(())
    }
}

/// What a document of this kind of message holds, where a mapping for it comes with the program.
fn shape(kind: &str) -> Option<mapping::Shape> {
    mapping::named(&kind.to_lowercase()).ok().map(|(mapping, _)| mapping.shape())
}

fn refuse(what: &str, why: &str) -> Problem {
    Problem::new(ErrorCode::RiskRuleInvalid).with("what", what).with("why", why)
}

#[cfg(test)]
mod tests;
