//! Who looks at a page: what a page is given to decide what it shows, in which words, for whom. The
//! node's guard makes it from the session and the one table of rules.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use corridor_base::{Did, Lang};
use http::StatusCode;
use http::request::Parts;

use crate::format::Zone;
use crate::text::{Text, text};
use crate::{Preferences, component::Icon};

/// Who looks at a page.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The node, as its pages name it.
    pub house: Arc<House>,
    /// How they want pages.
    pub preferences: Preferences,
    /// Who they are, once they have signed in.
    pub person: Option<Person>,
    /// The areas that they may open, in the order of the navigation.
    pub areas: Vec<Area>,
    /// Path and query of the page they look at: where a choice of language comes back to.
    pub here: String,
    /// Whether their browser takes pages compressed.
    pub gzip: bool,
}

/// The node, as its pages name it.
#[derive(Clone, Debug)]
pub struct House {
    /// The institution that operates it, in each language, as the trust list names it.
    pub name: [String; 3],
    /// Its country, ISO 3166-1 alpha-2.
    pub country: String,
    /// The version of the program.
    pub version: &'static str,
    /// The time zone of its civil dates (TM-1).
    pub zone: Zone,
}

/// Someone who has signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their name, for themselves.
    pub name: String,
    /// For which participant they act now.
    pub acting: Party,
    /// The department they act in, if the participant has departments.
    pub department: Option<String>,
    /// The role they act in: `officer`. Its word is the message `role-officer`.
    pub role: String,
    /// What a form must bring back, in the field `csrf`.
    pub csrf: String,
    /// For whom else they may act.
    pub others: Vec<Party>,
    /// What they may do, as the one table of rules says it: `POST /console/outbox/send` (AC-1).
    pub may: Vec<String>,
}

impl Person {
    /// The message that names their role.
    #[must_use]
    pub fn role_key(&self) -> String {
        format!("role-{}", self.role)
    }
}

/// A participant as a page names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its identifier.
    pub did: Did,
    /// Its name in the reader's language.
    pub name: String,
}

/// One entry of the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Where it leads.
    pub path: String,
    /// What it is called, in the reader's language.
    pub title: String,
    /// Its sign.
    pub icon: Icon,
    /// The heading it stands below; the same for those that stand together.
    pub section: String,
}

impl Viewer {
    /// In which language they read.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.preferences.lang
    }

    /// The words of the frame and the components, in their language.
    #[must_use]
    pub fn text(&self) -> Text {
        text(self.lang())
    }

    /// Whether the rules let them do this: the method and the path as the router knows it.
    #[must_use]
    pub fn may(&self, what: &str) -> bool {
        self.person.as_ref().is_some_and(|person| person.may.iter().any(|rule| rule == what))
    }

    /// What their forms must bring back; empty before anyone has signed in.
    #[must_use]
    pub fn csrf(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.csrf)
    }
}

impl House {
    /// Its name in one language.
    #[must_use]
    pub fn name(&self, lang: Lang) -> &str {
        let [en, ja, ko] = &self.name;
        match lang {
            Lang::En => en,
            Lang::Ja => ja,
            Lang::Ko => ko,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = StatusCode;

    /// The guard put it there; a page that the guard did not pass has none.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::UNAUTHORIZED)
    }
}
