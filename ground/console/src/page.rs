//! One page in its frame: where one is, for whom one acts, in which language; and what the page says.

use askama::Template;
use axum::body::Body;
use axum::response::Response;
use flate2::Compression;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, VARY};

use crate::component::{Icon, country_name};
use crate::secure::secure;
use crate::{Area, Markup, Text, Theme, Viewer, asset};
use corridor_base::{ErrorCode, Lang};

/// Where a page's forms and links of the frame lead. The node serves them.
pub mod path {
    /// The first page.
    pub const HOME: &str = "/console";
    /// Takes a choice of language, theme, eras: `POST` with `lang`, `theme`, `eras`, `back`.
    pub const PREFERENCES: &str = "/console/preferences";
    /// Takes for whom one acts from now on: `POST` with `participant`, `back`, `csrf`.
    pub const ACTING: &str = "/console/acting";
    /// Where one signs in.
    pub const SIGN_IN: &str = "/console/sign-in";
    /// Ends the session: `POST` with `csrf`.
    pub const SIGN_OUT: &str = "/console/sign-out";
    /// One's own account.
    pub const ACCOUNT: &str = "/console/account";
    /// The search.
    pub const SEARCH: &str = "/console/search";
    /// The documentation.
    pub const HELP: &str = "/console/help";
}

/// A page that leads to this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    /// What it is called.
    pub title: String,
    /// Where it is.
    pub path: String,
}

/// What a page says, before it stands in its frame.
#[derive(Clone, Debug, Default)]
pub struct Page {
    title: String,
    lead: String,
    crumbs: Vec<Crumb>,
    actions: Markup,
    notices: Markup,
    body: Markup,
    status: Option<StatusCode>,
    live: bool,
    plain: bool,
}

impl Page {
    /// A page of this title.
    #[must_use]
    pub fn new(title: impl Into<String>, body: impl Into<Markup>) -> Self {
        Self { title: title.into(), body: body.into(), ..Self::default() }
    }

    /// With a sentence that says what the page is for.
    #[must_use]
    pub fn lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = lead.into();
        self
    }

    /// Below this page.
    #[must_use]
    pub fn below(mut self, title: impl Into<String>, path: impl Into<String>) -> Self {
        self.crumbs.push(Crumb { title: title.into(), path: path.into() });
        self
    }

    /// With what can be done here, beside the title.
    #[must_use]
    pub fn actions(mut self, actions: impl Into<Markup>) -> Self {
        self.actions = actions.into();
        self
    }

    /// With a notice above everything else.
    #[must_use]
    pub fn notice(mut self, notice: impl Into<Markup>) -> Self {
        self.notices = self.notices.and(notice);
        self
    }

    /// With another status than 200.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// Elements of it with an `id` and `data-live` are asked for again when something has changed.
    #[must_use]
    pub fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// Without navigation and in one narrow column: a form before anyone has signed in.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    /// It says what went wrong, with the status of that.
    #[must_use]
    pub fn failed(self, code: ErrorCode) -> Self {
        self.status(StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
    }

    /// The whole document for this viewer.
    #[must_use]
    pub fn html(&self, viewer: &Viewer) -> String {
        let t = viewer.text();
        let frame = Frame { page: self, viewer, t, lang: viewer.lang() };
        frame.render().unwrap_or_default()
    }

    /// The page as an answer.
    #[must_use]
    pub fn answer(&self, viewer: &Viewer) -> Response {
        let gzip = viewer.gzip;
        let html = self.html(viewer).into_bytes();
        let body = if gzip { asset::compressed(&html, Compression::fast()) } else { html };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status.unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        secure(headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(viewer.lang().tag()));
        headers.insert(VARY, HeaderValue::from_static("accept-language, cookie, accept-encoding"));
        if gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    page: &'a Page,
    viewer: &'a Viewer,
    t: Text,
    lang: Lang,
}

/// Areas that stand together in the navigation.
struct Section<'a> {
    title: &'a str,
    areas: Vec<&'a Area>,
}

impl Frame<'_> {
    fn sections(&self) -> Vec<Section<'_>> {
        let mut sections: Vec<Section<'_>> = Vec::new();
        for area in &self.viewer.areas {
            match sections.last_mut() {
                Some(last) if last.title == area.section => last.areas.push(area),
                _ => sections.push(Section { title: &area.section, areas: vec![area] }),
            }
        }
        sections
    }

    /// Whether the page is in this area: the area whose path is the longest beginning of the page's.
    fn is_here(&self, area: &Area) -> bool {
        let path = self.viewer.here.split('?').next().unwrap_or_default().trim_end_matches('/');
        // The first page has the others below it in the address only.
        let inside = |area: &Area| {
            path == area.path
                || area.path != path::HOME
                    && path.strip_prefix(area.path.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        let longest = self.viewer.areas.iter().filter(|a| inside(a)).max_by_key(|a| a.path.len());
        longest.is_some_and(|found| found.path == area.path)
    }

    fn house(&self) -> &str {
        self.viewer.house.name(self.lang)
    }

    fn country(&self) -> String {
        country_name(self.lang, &self.viewer.house.country)
    }

    /// The languages, each in its own script.
    fn languages(&self) -> [(Lang, &'static str); 3] {
        [(Lang::Ja, "日本語"), (Lang::Ko, "한국어"), (Lang::En, "English")]
    }

    fn language(&self) -> &'static str {
        let [ja, ko, en] = self.languages();
        match self.lang {
            Lang::Ja => ja.1,
            Lang::Ko => ko.1,
            Lang::En => en.1,
        }
    }

    fn themes(&self) -> &'static [Theme] {
        Theme::ALL
    }
}
