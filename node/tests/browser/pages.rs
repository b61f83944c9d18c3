//! Which pages there are: every `GET` below `/console` in the one table of rules, so that a page that comes
//! later is judged without anyone remembering it.

use corridor_console::component::percent;
use corridor_node::access::{self, Who};

use super::world::World;

/// What answers a browser and is no page. May only become shorter, or get a line with a reason.
const NO_PAGES: &[(&str, &str)] = &[
    ("/console/assets/{name}", "style sheet, script, signs"),
    ("/console/live", "a stream of events"),
    ("/console/inbox/{id}/file", "a download"),
    ("/console/outbox/{id}/file", "a download"),
    ("/console/trade/codes/file", "a download"),
    ("/console/agreements/{id}/file", "a download"),
    ("/console/receipts/{id}/file", "a download"),
    ("/console/trade/evidence", "a download"),
    ("/console/receipts/{id}/cose", "a download"),
    ("/console/receipts/{id}/print", "a sheet of paper in three languages at once"),
    ("/console/verify/policy", "a download"),
    ("/console/verifier/{name}", "a script"),
    ("/console/ledger/alarms/{id}", "the demo has no alarm"),
    ("/console/setup", "seen on the way in: story.rs"),
    ("/console/sign-on", "leads to the provider"),
    ("/console/sign-on/back", "the way back from it: tests/sign_on.rs"),
    ("/console/sign-in/second", "seen on the way in: story.rs"),
];

/// The pages as the router knows them: those that are open to anyone, or those for people who have signed in. `CORRIDOR_PAGE` names some of them, for whoever works on them.
pub(crate) fn pages(open: bool) -> Vec<&'static str> {
    let rules = access::RULES.iter().filter(|rule| rule.method == "GET" && rule.path.starts_with("/console"));
    let pages = rules.filter(|rule| !NO_PAGES.iter().any(|(path, _)| *path == rule.path));
    let asked = pages.filter(|rule| (rule.who == Who::Anyone) == open);
    asked.filter(|rule| wanted(rule.path)).map(|rule| rule.path).collect()
}

/// Whether `CORRIDOR_PAGE` names this page, or nothing; several stand with commas between them.
pub(crate) fn wanted(path: &str) -> bool {
    std::env::var("CORRIDOR_PAGE").is_ok_and(|only| only.split(',').any(|only| only == path))
        || std::env::var_os("CORRIDOR_PAGE").is_none()
}

/// Pages that only a form opens, because no address may name a person or hold a document: what their pictures are called, and
/// where the form is.
pub(crate) fn answers(world: &World, open: bool) -> Vec<(&'static str, String, Written)> {
    let all = ["/console/subjects/person", "/console/subjects/report", "/console/trade/rejects/{id}/look"];
    let asked = all.into_iter().filter(|rule| !open && wanted(rule));
    asked
        .map(|rule| {
            let (path, written) = match rule {
                "/console/subjects/person" => ("/console/subjects/show".to_owned(), person(world)),
                "/console/subjects/report" => ("/console/subjects/access".to_owned(), person(world)),
                _ => {
                    let path = format!("/console/trade/rejects/{}?view=form", world.rejected());
                    (path, ("f.number", "M-2611-0043".to_owned()))
                }
            };
            (rule, path, written)
        })
        .collect()
}

fn person(world: &World) -> Written {
    ("subject", world.person().to_owned())
}

/// What is written into which field.
pub(crate) type Written = (&'static str, String);

/// Other views of pages, that the same route shows: what their pictures are called, and where they are.
pub(crate) fn views(world: &World, open: bool) -> Vec<(&'static str, String)> {
    let all = [
        ("/console/trade/latest", "/console/trade"),
        ("/console/trade/rejects/{id}/text", "/console/trade/rejects/{id}?view=text"),
    ];
    let asked = all.into_iter().filter(|(rule, _)| !open && wanted(rule));
    let find = |path: &str| {
        path.replace("{id}", &if path.contains("{id}") { world.rejected() } else { String::new() })
    };
    asked.map(|(rule, path)| (rule, find(path))).collect()
}

/// The address of a page, with something real where the router has a name: what customs has received,
/// answered, recorded, and from whom. Some is made when its page is asked for: those before show none of it.
pub(crate) fn address(world: &World, path: &str) -> String {
    if path == "/console/trade" {
        // A bill of lading in the cargo report of the demo.
        return format!("{path}?reference=DNFW26111001");
    }
    if path == "/console/outbox/{id}/form" {
        return format!("/console/outbox/{}/form", world.stowage());
    }
    if path == "/console/trade/compare" {
        // What was refused, and what was handed in anew.
        let [first, second] = ["declaration-wrong.edi", "declaration.edi"].map(|name| world.received(name));
        return format!("{path}?first=in/{first}&second=in/{second}");
    }
    if path == "/console/trade/rejects" {
        world.rejected();
    }
    if path == "/console/trade/codes" {
        world.codes();
    }
    let Some((before, after)) = path.split_once('{') else { return path.to_owned() };
    let after = after.split_once('}').unwrap().1;
    let value = match before {
        "/console/users/" => {
            world.account("a.colleague");
            "a.colleague".to_owned()
        }
        "/console/link/" => {
            world.account("somebody.new");
            let made = world.corridor("customs", &["user", "link", "somebody.new"]);
            made["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
        }
        "/console/trade/new/" => "orders".to_owned(),
        "/console/trade/rejects/" => world.rejected(),
        "/console/help/errors/" => "policy-denied".to_owned(),
        "/console/help/" => "verify".to_owned(),
        "/console/inbox/" | "/console/receipts/" => world.oldest(&["inbox", "list"], "id"),
        "/console/outbox/" => world.oldest(&["outbox", "list"], "id"),
        "/console/subjects/erasures/" => world.erasure(),
        "/console/customs/" => world.oldest(&["trade", "queue"], "id"),
        "/console/agreements/" => world.oldest(&["partner", "agreements"], "id"),
        "/console/acts/" => world.oldest(&["act", "list", "--limit", "1000"], "id"),
        "/console/partners/" => percent(&world.oldest(&["inbox", "list"], "partner")),
        "/console/trust/lists/" => "KR".to_owned(),
        _ => panic!("say in node/tests/browser/pages.rs what stands for the name in {path}"),
    };
    format!("{before}{value}{after}")
}
