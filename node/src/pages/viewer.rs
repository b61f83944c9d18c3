//! The viewer of a page: made of the request for whoever asks, and completed by the guard once it knows
//! who that is.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::Method;
use axum::http::header::REFERER;
use corridor_base::{Did, Lang};
use corridor_console::format::Zone;
use corridor_console::{House, Party, Person, Preferences, Viewer, asset, path};

use super::areas;
use crate::access::Caller;
use crate::node::Node;

/// Someone before they have signed in.
#[must_use]
pub fn stranger(node: &Node, request: &Request) -> Viewer {
    Viewer {
        house: Arc::new(house(node)),
        preferences: Preferences::of_request(request.headers(), node.config.language),
        person: None,
        areas: Vec::new(),
        here: here(request).chars().take(2000).collect(),
        gzip: asset::takes_gzip(request.headers()),
    }
}

/// Where a choice of language leads back to. What answers a form has no address of its own: that is the page
/// with the form, as the browser names it.
fn here(request: &Request) -> String {
    let form = || {
        let referer = request.headers().get(REFERER)?.to_str().ok()?;
        let url = url::Url::parse(referer).ok().filter(|url| url.path().starts_with(path::HOME))?;
        Some(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
    };
    let asked = matches!(*request.method(), Method::GET | Method::HEAD);
    let found = if asked { None } else { form() };
    let own = || request.uri().path_and_query().map_or(path::HOME, |p| p.as_str()).to_owned();
    found.unwrap_or_else(own)
}

/// What is known of someone whom the guard let in, beside their role.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Their name, for themselves.
    pub name: String,
    /// What their forms must bring back.
    pub csrf: String,
    /// The department they act in.
    pub department: Option<String>,
    /// For whom else they may act.
    pub others: Vec<Did>,
}

/// The viewer becomes this caller.
pub fn enter(node: &Node, viewer: &mut Viewer, caller: &Caller, known: Known) {
    let (lang, operator) = (viewer.lang(), &node.config.operator.did);
    let party = |did: &Did| Party { did: did.clone(), name: name(node, did, lang) };
    viewer.areas = areas::of(caller, operator, lang);
    viewer.person = Some(Person {
        name: known.name,
        acting: party(&caller.participant),
        department: known.department,
        role: caller.role.as_str().to_owned(),
        csrf: known.csrf,
        others: known.others.iter().map(party).collect(),
        may: areas::rights(caller, operator),
    });
}

/// What a participant is called: by the trust list, by the configuration, or else by its identifier.
#[must_use]
pub fn name(node: &Node, did: &Did, lang: Lang) -> String {
    if let Ok(listed) = node.exchange.directory().participant(did, node.now()) {
        return listed.participant.name.get(lang).to_owned();
    }
    let hosted = node.config.participants.iter().find(|p| &p.did == did);
    hosted.map_or_else(|| corridor_console::format::did(did), |hosted| hosted.name.clone())
}

fn house(node: &Node) -> House {
    let operator = &node.config.operator;
    let listed = node.exchange.directory().participant(&operator.did, node.now()).ok();
    let country = match &listed {
        Some(listed) => listed.country.to_string(),
        None => node.config.anchors.first().map(|a| a.country.to_string()).unwrap_or_default(),
    };
    let names = [Lang::En, Lang::Ja, Lang::Ko].map(|lang| match &listed {
        Some(listed) => listed.participant.name.get(lang).to_owned(),
        None => operator.name.clone(),
    });
    House { name: names, zone: Zone::of_country(&country), country, version: env!("CARGO_PKG_VERSION") }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_choice_leads_back_to_a_page_that_has_an_address() {
        let check = |method: &str, referer: &str, expect: &str| {
            let request = Request::builder().method(method).uri("/console/subjects/erase?x=1");
            let request = request.header("referer", referer).body(Body::empty()).unwrap();
            assert_eq!(here(&request), expect, "{method} from {referer}");
        };
        check("GET", "https://node.example/console/subjects", "/console/subjects/erase?x=1");
        check("POST", "https://node.example/console/subjects?before=1#x", "/console/subjects?before=1");
        check("POST", "https://node.example/elsewhere", "/console/subjects/erase?x=1");
        check("POST", "nonsense", "/console/subjects/erase?x=1");
    }
}
