//! What happened to one document, or in one act, and the proof of it: the receipts of both nodes, with a
//! badge for each country, as files, on paper, and verified in the reader's own browser.

use askama::Template;
use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use axum::response::Response;
use corridor_base::{ActId, Did, EnvelopeId, ErrorCode, Problem, Result, Timestamp};
use corridor_console::component::{
    Button, Columns, Command, Event, Facts, Icon, More, Notice, Sample, Section, Short, Timeline, Tone,
    country_name,
};
use corridor_console::secure::secure;
use corridor_console::{Markup, Page, Text, Viewer, format};
use corridor_exchange::Side;
use corridor_exchange::receipts::{Judged, Ours, Theirs};
use corridor_ledger::receipt::Standing;
use corridor_ledger::receipt::page::security_policy;
use corridor_proof::{Act, Policy, Receipt};
use serde::Deserialize;

use super::dates;
use super::evidence::{Cosigned, Heading, act_words, actions, download, words};
use super::verifier::{Here, Offered};
use crate::access::Caller;
use crate::api::Shared;
use crate::api::extract::{Ask, Named};
use crate::api::problem::Answer;
use crate::api::receipts::{Found, find, judged};

/// What the page shows.
struct Sheet {
    id: EnvelopeId,
    document: Option<Document>,
    ours: Vec<Entry>,
    theirs: Vec<Entry>,
    signatures: Vec<Judged>,
    complete: bool,
    now: Timestamp,
}

/// The document that the acts are about.
struct Document {
    side: Side,
    partner: Did,
    partner_name: String,
    kind: String,
    name: Option<String>,
    size: u64,
    sha256: Option<String>,
    agreement: String,
}

/// One act and how it stands with its receipt.
struct Entry {
    act: ActId,
    kind: String,
    time: Timestamp,
    /// The log, the act's number in it, the size of the tree that the receipt leads to.
    place: Option<(String, u64, u64)>,
    countries: Vec<Cosigned>,
    has_receipt: bool,
}

impl Entry {
    fn new(act: &Act, receipt: Option<&Receipt>, policy: Option<&Policy>, now: Timestamp) -> Self {
        let judged = receipt.zip(policy);
        let countries = match (judged, policy) {
            (Some((receipt, policy)), _) => {
                Cosigned::of(policy, &policy.judge(&receipt.proof().checkpoint, Some(now)))
            }
            (None, Some(policy)) => policy
                .countries()
                .iter()
                .map(|country| Cosigned { country: country.to_string(), by: Vec::new() })
                .collect(),
            (None, None) => Vec::new(),
        };
        let place = receipt.map(|r| {
            let proof = r.proof();
            (proof.checkpoint.origin().to_owned(), proof.index, proof.checkpoint.tree().size)
        });
        Self {
            act: act.id,
            kind: act.kind.clone(),
            time: act.time,
            place,
            countries,
            has_receipt: receipt.is_some(),
        }
    }

    fn of_ours(act: &Act, standing: &Standing, policy: Option<&Policy>, now: Timestamp) -> Self {
        Self::new(act, standing.receipt.as_ref(), policy, now)
    }

    fn pending(&self) -> impl Iterator<Item = &Cosigned> {
        self.countries.iter().filter(|country| country.by.is_empty())
    }
}

/// `GET /console/receipts/{id}`.
pub(super) async fn show(
    node: Shared,
    viewer: Viewer,
    caller: Caller,
    Named(id): Named<EnvelopeId>,
) -> Answer<Response> {
    let sheet = sheet(&node, &viewer, &caller, id).await?;
    Ok(page(&viewer, &sheet).answer(&viewer))
}

async fn sheet(node: &Shared, viewer: &Viewer, caller: &Caller, id: EnvelopeId) -> Result<Sheet> {
    let now = node.now();
    // Without a policy nobody can say who is missing; what there is can be shown all the same.
    let policy = node.ledger.receipts.policy().ok();
    let policy = policy.as_deref();
    Ok(match find(node, caller, id).await? {
        Found::Document(held) => {
            let row = &held.document;
            let ours = |o: &Ours| Entry::of_ours(&o.act, &o.standing, policy, now);
            let theirs = |t: &Theirs| Entry::new(&t.act, t.receipt.as_ref(), policy, now);
            Sheet {
                id,
                document: Some(Document {
                    side: row.side,
                    partner_name: super::viewer::name(node, &row.partner, viewer.lang()),
                    partner: row.partner.clone(),
                    kind: row.kind.to_string(),
                    // Of what is about persons they are shown with the content, and each time is recorded.
                    name: row.name.clone().filter(|_| row.seal.is_none()),
                    size: row.size,
                    sha256: row.sha256.filter(|_| row.seal.is_none()).map(|digest| digest.to_string()),
                    agreement: row.agreement.to_string(),
                }),
                ours: held.ours.iter().map(ours).collect(),
                theirs: held.theirs.iter().map(theirs).collect(),
                signatures: judged(node, caller, &held).await?,
                complete: held.is_complete(),
                now,
            }
        }
        Found::Act(act, standing) => Sheet {
            id,
            document: None,
            ours: vec![Entry::of_ours(&act, &standing, policy, now)],
            theirs: Vec::new(),
            signatures: Vec::new(),
            complete: standing.is_complete(),
            now,
        },
    })
}

/// Which of the receipts of a document is meant.
#[derive(Deserialize)]
pub(super) struct Which {
    act: Option<String>,
}

/// The receipt of this act, or of our first act.
async fn one(node: &Shared, caller: &Caller, id: EnvelopeId, which: &Which) -> Result<Receipt> {
    let act: Option<ActId> = which.act.as_deref().map(str::parse).transpose()?;
    let meant = |id: ActId| act.is_none_or(|act| act == id);
    let receipt = match find(node, caller, id).await? {
        Found::Document(held) => {
            let ours = held.ours.into_iter().map(|o| (o.act.id, o.standing.receipt));
            let theirs = held.theirs.into_iter().map(|t| (t.act.id, t.receipt));
            let found = ours.chain(theirs).find(|(id, _)| meant(*id));
            let none = || Problem::new(ErrorCode::NotFound).with("what", format!("receipt of {id}"));
            found.ok_or_else(none)?.1
        }
        Found::Act(act, standing) if meant(act.id) => standing.receipt,
        Found::Act(..) => {
            return Err(Problem::new(ErrorCode::NotFound).with("what", format!("receipt of {id}")));
        }
    };
    receipt.ok_or_else(|| Problem::new(ErrorCode::ReceiptPending).with("id", id))
}

/// `GET /console/receipts/{id}/file`.
pub(super) async fn file(
    node: Shared,
    caller: Caller,
    Named(id): Named<EnvelopeId>,
    Ask(which): Ask<Which>,
) -> Answer<Response> {
    let receipt = one(&node, &caller, id, &which).await?;
    let name = format!("{}.tlog-proof", receipt.act().id);
    Ok(download(&name, "text/plain; charset=utf-8", receipt.to_bytes()))
}

/// `GET /console/receipts/{id}/cose`: of our own acts, as our log signs it.
pub(super) async fn cose(
    node: Shared,
    caller: Caller,
    Named(id): Named<EnvelopeId>,
    Ask(which): Ask<Which>,
) -> Answer<Response> {
    let receipt = one(&node, &caller, id, &which).await?;
    let cose = node.ledger.receipts.cose(&receipt)?;
    Ok(download(&format!("{}.cose", receipt.act().id), "application/cose", cose.to_bytes()))
}

/// `GET /console/receipts/{id}/print`: one page for paper, in three languages, the whole proof in QR codes.
pub(super) async fn print(
    node: Shared,
    caller: Caller,
    Named(id): Named<EnvelopeId>,
    Ask(which): Ask<Which>,
) -> Answer<Response> {
    let receipt = one(&node, &caller, id, &which).await?;
    let mut response = Response::new(Body::from(node.ledger.receipts.page(&receipt)?));
    let headers = response.headers_mut();
    secure(headers);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // The page carries its own style, and a policy that names it by its digest.
    if let Ok(policy) = HeaderValue::from_str(&security_policy()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

fn page(viewer: &Viewer, sheet: &Sheet) -> Page {
    let t = words(viewer);
    let every = More { title: t.get("receipt-timeline-more").into(), body: cosignatures(viewer, sheet) };
    let timeline = Markup::from(timeline(viewer, sheet)).and(every);
    let timeline = Section::new(t.get("receipt-timeline"), timeline).card().live("timeline");
    let facts = Section::new(t.get("receipt-facts"), facts(viewer, sheet)).card();
    let mut body = Markup::from(Columns { wide: timeline.into(), narrow: facts.into() });
    // What a reader came for stands before what is to be looked up.
    body = body.and(Section::new(t.get("receipt-check"), check_here(viewer, sheet)).card().named("check"));
    body = body.and(
        Section::new(t.get("receipt-card-ours"), entries(viewer, sheet, &sheet.ours, true))
            .card()
            .live("ours"),
    );
    if sheet.document.is_some() {
        let theirs = match sheet.theirs.is_empty() {
            true => Markup::paragraph(t.get("receipt-theirs-none")),
            false => entries(viewer, sheet, &sheet.theirs, false),
        };
        body = body.and(Section::new(t.get("receipt-card-theirs"), theirs).card().live("theirs"));
    }
    body = body.and(signatures::card(viewer, &sheet.signatures));
    let id = sheet.id.to_string();
    let command =
        Command::new(viewer, &format!("receipt {id}"), "GET", &format!("/api/v1/receipts/{id}"), None);
    let named = sheet.document.as_ref().and_then(|d| d.name.clone());
    let named = named.unwrap_or_else(|| format::short(&id, 8, 4));
    let page = Page::new(t.get("receipt-title").and("name", named), body.and(command));
    let page = page.lead(lead(viewer, sheet)).below(t.get("area-receipts"), "/console/receipts").live();
    let printed = sheet.ours.iter().find(|entry| entry.has_receipt);
    let print =
        |entry: &Entry| Button::new(t.get("receipt-print"), address(sheet, entry, "print")).icon(Icon::Print);
    let check = Button::new(t.get("receipt-check"), "#check").icon(Icon::Verify);
    let all = printed.map(print).into_iter().chain([check]).map(Markup::from);
    page.actions(Markup::join(all)).notice(summary(viewer, sheet))
}

/// What happened, in one sentence.
fn lead(viewer: &Viewer, sheet: &Sheet) -> String {
    let t = words(viewer);
    let Some(document) = &sheet.document else {
        let kind = sheet.ours.first().map(|e| e.kind.as_str()).unwrap_or_default();
        return act_words(t, kind);
    };
    let key = match document.side {
        Side::Out => "receipt-lead-out",
        Side::In => "receipt-lead-in",
    };
    t.get(key).and("partner", &document.partner_name).into()
}

/// Whether there is anything to wait for, for what, and since when (LG-2).
fn summary(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let t = words(viewer);
    if sheet.complete {
        let done = Notice::new(Tone::Good, t.get("receipt-complete"));
        return done.body(Markup::paragraph(t.get("receipt-complete-more"))).into();
    }
    let all = || sheet.ours.iter().chain(&sheet.theirs);
    let mut waits: Vec<(String, Timestamp)> = Vec::new();
    for (country, since) in all().flat_map(|e| e.pending().map(|c| (c.country.clone(), e.time))) {
        match waits.iter_mut().find(|(known, _)| *known == country) {
            Some((_, first)) => *first = (*first).min(since),
            None => waits.push((country, since)),
        }
    }
    let line = |(country, since): (String, Timestamp)| {
        let (country, since) = (
            country_name(viewer.lang(), &country),
            (dates(viewer).minute(since), dates(viewer).age(since, sheet.now)),
        );
        let said = t.get("receipt-pending-country").and("country", country);
        Markup::paragraph(said.and("at", since.0).and("age", since.1))
    };
    let mut body = Markup::join(waits.into_iter().map(line));
    if body.is_empty() {
        body = Markup::paragraph(t.get("receipt-pending-partner"));
    }
    let body = body.and(Markup::paragraph(t.get("receipt-pending-more")));
    Notice::new(Tone::Wait, t.get("receipt-pending")).body(body).into()
}

/// The acts of both sides, in the order of their times, each with the countries that have cosigned it.
fn timeline(viewer: &Viewer, sheet: &Sheet) -> Timeline {
    let (t, dates) = (words(viewer), dates(viewer));
    let partner = sheet.document.as_ref().map(|d| d.partner_name.clone()).unwrap_or_default();
    let us = viewer.person.as_ref().map(|p| p.acting.name.clone()).unwrap_or_default();
    let ours = sheet.ours.iter().map(|entry| (entry, &us));
    let mut all: Vec<(&Entry, &String)> = ours.chain(sheet.theirs.iter().map(|e| (e, &partner))).collect();
    all.sort_by_key(|(entry, _)| entry.time);
    let event = |(entry, who): (&Entry, &String)| {
        let badges = Markup::join(entry.countries.iter().map(|country| country.badge(viewer)));
        Event {
            at: dates.exact(entry.time),
            title: act_words(t, &entry.kind),
            tone: match () {
                () if entry.countries.is_empty() => Tone::Info,
                () if entry.pending().next().is_some() => Tone::Wait,
                () => Tone::Good,
            },
            body: Markup::lines([Markup::quiet(who), badges]),
        }
    };
    let mut events: Vec<Event> = all.into_iter().map(event).collect();
    if !sheet.complete {
        let title = t.get("receipt-event-waits").to_string();
        events.push(Event { at: Markup::none(), title, tone: Tone::Wait, body: Markup::none() });
    }
    Timeline { events }
}

/// The same with every cosignature by itself: which witness, and when.
fn cosignatures(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let mut events: Vec<(Timestamp, u8, Event)> = Vec::new();
    let partner = sheet.document.as_ref().map(|d| d.partner_name.clone());
    let us = viewer.person.as_ref().map(|p| p.acting.name.clone()).unwrap_or_default();
    for (entries, who) in [(&sheet.ours, Some(us)), (&sheet.theirs, partner)] {
        for entry in entries {
            let body = who.clone().map(Markup::quiet).unwrap_or_default();
            let event = Event {
                at: dates.exact(entry.time),
                title: act_words(t, &entry.kind),
                tone: Tone::Info,
                body,
            };
            events.push((entry.time, 0, event));
            for (witness, at) in entry
                .countries
                .iter()
                .flat_map(|c| c.by.iter().filter_map(move |(w, at)| Some(((c, w), (*at)?))))
            {
                let country = country_name(viewer.lang(), &witness.0.country);
                let title = t.get("receipt-event-cosigned").and("country", country).to_string();
                let kind = act_words(t, &entry.kind);
                let body = Markup::lines([Markup::quiet(kind), Markup::quiet(witness.1)]);
                // Cosignatures tell whole seconds: none is from before what it is of.
                events.push((
                    at.max(entry.time),
                    1,
                    Event { at: dates.exact(at), title, tone: Tone::Good, body },
                ));
            }
        }
    }
    events.sort_by_key(|(at, order, _)| (*at, *order));
    Timeline { events: events.into_iter().map(|(_, _, event)| event).collect() }.into()
}

fn facts(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let t = words(viewer);
    let mut facts = Facts::new();
    if let Some(document) = &sheet.document {
        let partner =
            Markup::lines([Markup::text(&document.partner_name), Short::did(&document.partner).into()]);
        let side = match document.side {
            Side::Out => "receipt-side-out",
            Side::In => "receipt-side-in",
        };
        facts = facts
            .text(t.get("receipt-fact-side"), t.get(side))
            .fact(t.get("receipt-fact-partner"), partner)
            .text(t.get("receipt-fact-kind"), super::words::kind(viewer.lang(), document.kind.as_str()))
            .known(t.get("receipt-fact-name"), document.name.as_ref().map(Markup::text))
            .text(t.get("receipt-fact-size"), format::size(viewer.lang(), document.size))
            .known(t.get("receipt-fact-sha256"), document.sha256.as_ref().map(Short::new))
            .fact(t.get("receipt-fact-agreement"), Short::new(&document.agreement));
    }
    facts.fact(t.get("receipt-fact-id"), Short::new(sheet.id)).into()
}

/// One act in a card of several.
#[derive(Template)]
#[template(source = "<div class=\"part\">{{ body }}</div>", ext = "html")]
struct OneAct {
    body: Markup,
}

/// Each act with its badges, its place in the log, and what can be had of it.
fn entries(viewer: &Viewer, sheet: &Sheet, entries: &[Entry], ours: bool) -> Markup {
    let (t, dates) = (words(viewer), dates(viewer));
    let one = |entry: &Entry| {
        let badges = Markup::join(entry.countries.iter().map(|country| country.badge(viewer)));
        let first = Facts::new()
            .fact(t.get("receipt-cosignatures"), badges)
            .fact(t.get("receipt-time"), dates.exact(entry.time));
        let mut facts = Facts::new();
        facts = match &entry.place {
            Some((log, index, size)) => {
                let place = t.get("receipt-place-value").and("index", format::number(*index));
                let place = Markup::text(place.and("size", format::number(*size)));
                facts.fact(t.get("receipt-place"), Markup::lines([place, Markup::code(log)]))
            }
            None => facts.text(t.get("receipt-place"), t.get("receipt-place-none")),
        };
        facts = facts.fact(t.get("receipt-act"), Short::new(entry.act));
        let title = act_words(t, &entry.kind);
        let folded = More {
            title: t.get("receipt-entry-more").into(),
            body: Markup::from(facts).and(files(t, sheet, entry, ours)),
        };
        Markup::of(&OneAct { body: Markup::of(&Heading { title: &title }).and(first).and(folded) })
    };
    Markup::join(entries.iter().map(one))
}

fn address(sheet: &Sheet, entry: &Entry, form: &str) -> String {
    format!("/console/receipts/{}/{form}?act={}", sheet.id, entry.act)
}

/// The receipt as a file, on paper, in COSE. A partner's log signs COSE receipts of its own acts.
fn files(t: Text, sheet: &Sheet, entry: &Entry, ours: bool) -> Markup {
    if !entry.has_receipt {
        return Markup::paragraph(t.get("receipt-files-none"));
    }
    let button = |form: &str, key: &str, icon: Icon, download: bool| {
        let button = Button::new(t.get(key), address(sheet, entry, form)).icon(icon);
        Markup::from(if download { button.download() } else { button })
    };
    let mut all = vec![
        button("file", "receipt-file", Icon::Download, true),
        button("print", "receipt-print", Icon::Print, false),
    ];
    if ours {
        all.push(button("cose", "receipt-cose", Icon::Download, true));
    }
    actions(all)
}

/// The check in the reader's browser, and what to do where there is no script (UI-1).
fn check_here(viewer: &Viewer, sheet: &Sheet) -> Markup {
    let t = words(viewer);
    let all = sheet.ours.iter().chain(&sheet.theirs).filter(|entry| entry.has_receipt);
    let offered =
        all.map(|entry| Offered { title: act_words(t, &entry.kind), address: address(sheet, entry, "file") });
    let here = Here::new(viewer, offered.collect());
    let offline =
        Sample::new(viewer, t.get("receipt-check-offline"), "corridor verify FILE --policy policy.txt");
    Markup::from(here).and(Markup::paragraph(t.get("receipt-check-offline"))).and(offline)
}

mod signatures;
#[cfg(test)]
mod tests;
