//! The areas of the console, in the order of the navigation. An area is shown to those whom the table of
//! rules lets open it, and to nobody before it has a rule.

use axum::http::Method;
use corridor_base::Did;
use corridor_console::Area;
use corridor_console::component::Icon;

use crate::access::{self, Caller};
use crate::pages::text;

/// One area before it is anyone's: the message of its heading, its path, its sign, the message of its name.
struct Entry(&'static str, &'static str, Icon, &'static str);

const AREAS: &[Entry] = &[
    Entry("section-exchange", "/console", Icon::Home, "area-home"),
    Entry("section-exchange", "/console/inbox", Icon::Inbox, "area-inbox"),
    Entry("section-exchange", "/console/outbox", Icon::Outbox, "area-outbox"),
    Entry("section-exchange", "/console/trade", Icon::Trade, "area-trade"),
    Entry("section-exchange", "/console/customs", Icon::Search, "area-customs"),
    Entry("section-exchange", "/console/partners", Icon::Partners, "area-partners"),
    Entry("section-exchange", "/console/agreements", Icon::Acts, "area-agreements"),
    Entry("section-exchange", "/console/subjects", Icon::Person, "area-subjects"),
    Entry("section-evidence", "/console/acts", Icon::Acts, "area-acts"),
    Entry("section-evidence", "/console/receipts", Icon::Receipt, "area-receipts"),
    Entry("section-evidence", "/console/verify", Icon::Verify, "area-verify"),
    Entry("section-evidence", "/console/ledger", Icon::Ledger, "area-ledger"),
    Entry("section-evidence", "/console/trust", Icon::Trust, "area-trust"),
    Entry("section-node", "/console/doctor", Icon::Doctor, "area-doctor"),
    Entry("section-node", "/console/invariants", Icon::Invariants, "area-invariants"),
    Entry("section-node", "/console/users", Icon::Users, "area-users"),
    Entry("section-node", "/console/settings", Icon::Settings, "area-settings"),
];

/// The areas that this caller may open.
#[must_use]
pub fn of(caller: &Caller, operator: &Did, lang: corridor_base::Lang) -> Vec<Area> {
    let t = text(lang);
    let may = |path: &str| {
        access::rule_for(&Method::GET, path)
            .is_some_and(|rule| access::judge(rule, Some(caller), operator).is_ok())
    };
    let shown = AREAS.iter().filter(|Entry(_, path, _, _)| may(path));
    shown
        .map(|Entry(section, path, icon, key)| Area {
            path: (*path).to_owned(),
            title: t.get(key).into(),
            icon: *icon,
            section: t.get(section).into(),
        })
        .collect()
}

/// What this caller may do, as pages ask for it: `POST /console/outbox/send`.
#[must_use]
pub fn rights(caller: &Caller, operator: &Did) -> Vec<String> {
    let rules = access::RULES.iter().filter(|rule| access::judge(rule, Some(caller), operator).is_ok());
    rules.map(|rule| format!("{} {}", rule.method, rule.path)).collect()
}
