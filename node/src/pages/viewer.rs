//! The viewer of a page: made of the request for whoever asks, and completed by the guard once it knows
//! who that is.

use std::sync::Arc;

use axum::extract::Request;
use corridor_base::{Did, Lang};
use corridor_console::format::Zone;
use corridor_console::{House, Party, Person, Preferences, Viewer, asset};

use super::areas;
use crate::access::Caller;
use crate::node::Node;

/// Someone before they have signed in.
#[must_use]
pub fn stranger(node: &Node, request: &Request) -> Viewer {
    let here = request.uri().path_and_query().map_or("/console", |p| p.as_str());
    Viewer {
        house: Arc::new(house(node)),
        preferences: Preferences::of_request(request.headers(), node.config.language),
        person: None,
        areas: Vec::new(),
        here: here.chars().take(2000).collect(),
        gzip: asset::takes_gzip(request.headers()),
    }
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
        return listed.participant.name.in_language(lang).to_owned();
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
        Some(listed) => listed.participant.name.in_language(lang).to_owned(),
        None => operator.name.clone(),
    });
    House { name: names, zone: Zone::of_country(&country), country, version: env!("CARGO_PKG_VERSION") }
}
