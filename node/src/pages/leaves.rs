//! The entries of the log, the proof of one of them step by step, and the check of the whole.

use axum::response::Response;
use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};
use corridor_console::component::{
    Badge, Column, Command, Empty, Facts, Icon, Notice, Paging, Row, Section, Short, Table, Tabs, Tone,
};
use corridor_console::{Markup, Page, Viewer, format};
use corridor_proof::Act;
use corridor_proof::merkle::{Tree, leaf_hash, node_hash};
use corridor_storage::{ACTS, Leaf};
use serde::Deserialize;

use super::dates;
use super::evidence::{act_words, words};
use super::form::Fields;
use super::ledger::{PATH as LEDGER, lookup};
use crate::api::Shared;
use crate::api::extract::Ask;
use crate::api::problem::Answer;

const PATH: &str = "/console/ledger/leaves";
/// How many entries stand on a page.
const LISTED: u64 = 50;

/// Which entries.
#[derive(Default, Deserialize)]
pub(super) struct Which {
    /// Those before this place.
    before: Option<u64>,
    /// Only those of which nothing else is left; from this place on.
    lost: Option<u64>,
}

/// What the page shows.
struct Sheet {
    leaves: Vec<Leaf>,
    /// Where the page after this one begins.
    next: Option<u64>,
    began: bool,
    lost: bool,
}

/// `GET /console/ledger/leaves`.
pub(super) async fn list(node: Shared, viewer: Viewer, Ask(which): Ask<Which>) -> Answer<Response> {
    let log = &node.ledger.log;
    let limit = u32::try_from(LISTED).unwrap_or(u32::MAX);
    let sheet = match which.lost {
        Some(from) => {
            let leaves = log.store().lost_acts(from, limit).await?;
            let full = leaves.len() as u64 == LISTED;
            let next = leaves.last().filter(|_| full).map(|leaf| leaf.number + 1);
            Sheet { leaves, next, began: from > 0, lost: true }
        }
        None => {
            let end = log.sequenced().await?.next;
            let before = which.before.unwrap_or(end).min(end);
            let from = before.saturating_sub(LISTED);
            let count = u32::try_from(before - from).unwrap_or(limit);
            let mut leaves =
                if count == 0 { Vec::new() } else { log.store().leaves(ACTS, from, count).await? };
            leaves.reverse();
            Sheet { leaves, next: (from > 0).then_some(from), began: which.before.is_some(), lost: false }
        }
    };
    Ok(page(&viewer, &sheet).answer(&viewer))
}

fn page(viewer: &Viewer, sheet: &Sheet) -> Page {
    let (t, dates) = (words(viewer), dates(viewer));
    let row = |leaf: &Leaf| {
        let act = Act::parse(&leaf.entry).ok();
        let place =
            Markup::link(&format!("{LEDGER}/proof?leaf={}", leaf.number), format::number(leaf.number));
        Row(vec![
            place,
            act.as_ref().map_or_else(
                || Markup::quiet(t.get("leaves-opaque")),
                |a| Markup::text(act_words(t, &a.kind)),
            ),
            act.as_ref().map_or_else(Markup::none, |act| dates.exact(act.time)),
            Short::new(leaf_hash(&leaf.entry)).into(),
        ])
    };
    let lost_path = format!("{PATH}?lost=0");
    let tabs = Tabs {
        label: t.get("leaves-title").into(),
        links: vec![
            (t.get("leaves-all").into(), PATH.to_owned()),
            (t.get("leaves-lost").into(), lost_path.clone()),
        ],
        here: if sheet.lost { lost_path } else { PATH.to_owned() },
    };
    let key = |all: &'static str, lost: &'static str| if sheet.lost { lost } else { all };
    let next = sheet.next.map(|next| next.to_string());
    let paging = match sheet.lost {
        false => Paging::new(viewer, PATH, &[], ("before", sheet.began), next.as_deref()),
        true => Paging::new(viewer, PATH, &[], ("lost", false), next.as_deref()),
    };
    let table = Table {
        caption: t.get(key("leaves-caption", "leaves-lost-title")).into(),
        columns: vec![
            Column::new(t.get("leaves-number")),
            Column::new(t.get("leaves-what")),
            Column::new(t.get("leaves-when")),
            Column::new(t.get("leaves-hash")),
        ],
        rows: sheet.leaves.iter().map(row).collect(),
        empty: Empty::new(
            Icon::Ledger,
            t.get(key("leaves-none", "leaves-lost-none")),
            t.get(key("leaves-none-how", "leaves-lost-none-how")),
        ),
        paging: Some(paging),
    };
    let (cli, path) = match sheet.lost {
        false => ("log tail --from 0", "/api/v1/log/leaves"),
        true => ("log lost", "/api/v1/log/leaves?lost=true"),
    };
    let body = Markup::from(tabs).and(table).and(Command::new(viewer, cli, "GET", path, None));
    Page::new(t.get(key("leaves-title", "leaves-lost-title")), body)
        .lead(t.get(key("leaves-lead", "leaves-lost-lead")))
        .below(t.get("ledger-title"), LEDGER)
}

/// Which proof is asked for: empty fields of a form are not there.
#[derive(Deserialize)]
pub(super) struct Wanted {
    leaf: Option<String>,
    size: Option<String>,
}

/// One step from the entry to the root.
struct Step {
    neighbour: Digest,
    /// Whether the neighbour stands at the left.
    left: bool,
    result: Digest,
}

/// A proof as it is shown.
struct Proof {
    leaf: u64,
    act: Option<(String, Timestamp)>,
    hash: Digest,
    tree: Tree,
    steps: Vec<Step>,
    holds: bool,
}

/// A place that somebody typed; blanks and commas between thousands are let pass.
fn place(name: &'static str, typed: Option<&str>) -> Result<Option<u64>> {
    let digits: String =
        typed.unwrap_or_default().chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
    if digits.is_empty() {
        return Ok(None);
    }
    let number = digits.parse::<u64>().ok().filter(|n| *n < 1 << 53);
    let wrong =
        || Problem::new(ErrorCode::Malformed).with("what", name).with("why", "a whole number expected");
    number.map(Some).ok_or_else(wrong)
}

/// `GET /console/ledger/proof`.
pub(super) async fn proof(node: Shared, viewer: Viewer, Ask(wanted): Ask<Wanted>) -> Answer<Response> {
    let (leaf, size) = (place("leaf", wanted.leaf.as_deref())?, place("size", wanted.size.as_deref())?);
    let Some(number) = leaf else { return Ok(proof_page(&viewer, None).answer(&viewer)) };
    let log = &node.ledger.log;
    let newest = log.latest().await?.map_or(0, |signed| signed.tree().size);
    let size = size.unwrap_or(newest);
    let hashes = log.prove_inclusion(number, size).await?;
    let tree = log.tree_at(size).await?;
    let found = log.store().leaves(ACTS, number, 1).await?.into_iter().find(|leaf| leaf.number == number);
    let none = || Problem::new(ErrorCode::NotFound).with("what", format!("leaf {number}"));
    let leaf = found.ok_or_else(none)?;
    let hash = leaf_hash(&leaf.entry);
    let act = Act::parse(&leaf.entry).ok().map(|act| (act.kind, act.time));
    let holds = tree.includes(number, &hash, &hashes);
    let proof = Proof { leaf: number, act, hash, holds, steps: steps(number, size, hash, &hashes), tree };
    Ok(proof_page(&viewer, Some(&proof)).answer(&viewer))
}

/// What each hash of an inclusion proof does (RFC 9162, 2.1.3.2).
fn steps(leaf: u64, size: u64, hash: Digest, proof: &[Digest]) -> Vec<Step> {
    let (mut at, mut last, mut node) = (leaf, size.saturating_sub(1), hash);
    let mut out = Vec::new();
    for neighbour in proof {
        let left = at % 2 == 1 || at == last;
        if left {
            node = node_hash(neighbour, &node);
            while at != 0 && at.is_multiple_of(2) {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            node = node_hash(&node, neighbour);
        }
        (at, last) = (at / 2, last / 2);
        out.push(Step { neighbour: *neighbour, left, result: node });
    }
    out
}

fn proof_page(viewer: &Viewer, proof: Option<&Proof>) -> Page {
    let t = words(viewer);
    let mut body = Markup::from(Section::new("", lookup(viewer, proof.map(|p| (p.leaf, p.tree.size)))));
    if let Some(proof) = proof {
        let (tone, key) = if proof.holds { (Tone::Good, "proof-good") } else { (Tone::Bad, "proof-bad") };
        let facts = proof_facts(viewer, proof);
        body = body
            .and(Section::new("", Notice::new(tone, t.get(key))))
            .and(Section::new("", facts).card())
            .and(Section::new(t.get("proof-steps"), step_table(viewer, proof)));
    }
    let (leaf, size) = proof.map_or((0, 1), |p| (p.leaf, p.tree.size));
    let path = format!("/api/v1/log/proof?leaf={leaf}&size={size}");
    body = body.and(Command::new(viewer, &format!("log prove {leaf} --size {size}"), "GET", &path, None));
    Page::new(t.get("proof-title"), body).lead(t.get("proof-lead")).below(t.get("ledger-title"), LEDGER)
}

fn proof_facts(viewer: &Viewer, proof: &Proof) -> Markup {
    let t = words(viewer);
    let mut facts = Facts::new().text(t.get("leaves-number"), format::number(proof.leaf));
    if let Some((kind, time)) = &proof.act {
        facts = facts
            .text(t.get("leaves-what"), act_words(t, kind))
            .fact(t.get("leaves-when"), dates(viewer).exact(*time));
    }
    facts
        .fact(t.get("proof-hash"), Markup::code(proof.hash))
        .text(t.get("proof-tree"), format::number(proof.tree.size))
        .fact(t.get("proof-root"), Markup::code(proof.tree.root))
        .into()
}

fn step_table(viewer: &Viewer, proof: &Proof) -> Markup {
    let t = words(viewer);
    let row = |(number, step): (u64, &Step)| {
        let side = if step.left { "proof-left" } else { "proof-right" };
        let root = (step.result == proof.tree.root && number == proof.steps.len() as u64)
            .then(|| Badge::new(Tone::Good, t.get("proof-root")).into());
        Row(vec![
            Markup::text(number),
            Markup::text(t.get(side)),
            Short::new(step.neighbour).into(),
            Markup::lines([Short::new(step.result).into()].into_iter().chain(root)),
        ])
    };
    Table {
        caption: t.get("proof-steps-caption").into(),
        columns: vec![
            Column::new(t.get("proof-step")),
            Column::new(t.get("proof-side")),
            Column::new(t.get("proof-with")),
            Column::new(t.get("proof-result")),
        ],
        rows: (1..).zip(&proof.steps).map(row).collect(),
        empty: Empty::new(Icon::Good, t.get("proof-none"), ""),
        paging: None,
    }
    .into()
}

/// `POST /console/ledger/fsck`: derives everything that the log stores from its entries again.
pub(super) async fn check(node: Shared, viewer: Viewer, fields: Fields) -> Answer<Response> {
    let other = fields.get("log");
    let found = node.ledger.fsck(other.unwrap_or(ACTS)).await?;
    let difference = found.difference.as_ref().map(ToString::to_string);
    let counts = [found.leaves, found.tiles, found.checkpoints];
    let page = checked(&viewer, other, counts, difference.as_deref());
    Ok(page.answer(&viewer))
}

fn checked(viewer: &Viewer, other: Option<&str>, counts: [u64; 3], difference: Option<&str>) -> Page {
    let t = words(viewer);
    let notice = match difference {
        None => Notice::new(Tone::Good, t.get("fsck-good")),
        Some(_) => Notice::new(Tone::Bad, t.get("fsck-bad")),
    };
    let [leaves, tiles, checkpoints] = counts.map(format::number);
    let facts = Facts::new()
        .known(t.get("fsck-log"), other.map(Markup::code))
        .known(t.get("fsck-difference"), difference.map(Markup::text))
        .text(t.get("fsck-leaves"), leaves)
        .text(t.get("fsck-tiles"), tiles)
        .text(t.get("fsck-checkpoints"), checkpoints);
    let named = |before: &str| other.map_or_else(String::new, |log| format!("{before}{log}"));
    let body = Markup::from(Section::new("", facts).card()).and(Command::new(
        viewer,
        &format!("log fsck{}", named(" --log ")),
        "POST",
        &format!("/api/v1/log/fsck{}", named("?log=")),
        None,
    ));
    Page::new(t.get("fsck-title"), body)
        .lead(t.get("fsck-lead"))
        .below(t.get("ledger-title"), LEDGER)
        .notice(notice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::evidence::tests::{holds, viewer};
    use corridor_base::Lang;
    use corridor_proof::merkle::{Leaves, prove_inclusion, root};
    use proptest::prelude::*;

    fn leaf(number: u64) -> Leaf {
        Leaf { number, entry: format!("<b>entry {number}</b>").into_bytes() }
    }

    #[test]
    fn entries_are_listed_with_what_this_build_cannot_read() {
        let check = |sheet: &Sheet, expect: &[&str]| {
            for lang in Lang::ALL {
                let viewer = viewer(*lang);
                let html = page(&viewer, sheet).html(&viewer);
                holds(&html, expect);
                assert!(!html.contains("<b>"), "an entry became markup");
            }
        };
        let leaves: Vec<Leaf> = (0..3).rev().map(leaf).collect();
        check(&Sheet { leaves, next: Some(7), began: true, lost: false }, &["proof?leaf=2", "before=7"]);
        check(&Sheet { leaves: vec![], next: None, began: false, lost: false }, &["class=\"empty\""]);
        check(
            &Sheet { leaves: vec![], next: None, began: false, lost: true },
            &["class=\"empty\"", "log lost"],
        );
    }

    #[test]
    fn a_place_is_read_as_people_type_it() {
        let check = |typed: &str, expect: Result<Option<u64>, ErrorCode>| {
            assert_eq!(place("leaf", Some(typed)).map_err(|p| p.code()), expect, "{typed}");
        };
        check("", Ok(None));
        check(" 1,234 ", Ok(Some(1234)));
        check("-1", Err(ErrorCode::Malformed));
        check("99999999999999999999", Err(ErrorCode::Malformed));
        check("<script>", Err(ErrorCode::Malformed));
    }

    #[test]
    fn what_the_whole_check_found_is_said() {
        let check = |other: Option<&str>, difference: Option<&str>, expect: &[&str]| {
            for lang in Lang::ALL {
                let viewer = viewer(*lang);
                holds(&checked(&viewer, other, [1234, 5, 6], difference).html(&viewer), expect);
            }
        };
        check(None, None, &["notice good", "1,234", "corridor log fsck"]);
        check(None, Some("<tile 1>"), &["notice bad", "&lt;tile 1&gt;"]);
        check(Some("notices"), None, &["<code>notices</code>", "</span> notices</code>", "fsck?log=notices"]);
    }

    proptest! {
        /// The steps that are shown are those that lead to the root, for every leaf of every tree.
        #[test]
        fn the_steps_lead_to_the_root(size in 1u64..200, at in 0u64..200) {
            let at = at % size;
            let hashes: Vec<Digest> = (0..size).map(|i| leaf_hash(&leaf(i).entry)).collect();
            let proof = prove_inclusion(at, size, &mut Leaves(&hashes)).unwrap();
            let hash = leaf_hash(&leaf(at).entry);
            let found = steps(at, size, hash, &proof);
            prop_assert_eq!(found.len(), proof.len());
            prop_assert_eq!(found.last().map_or(hash, |step| step.result), root(&hashes));
        }
    }
}
